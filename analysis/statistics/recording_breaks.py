"""When a field suddenly fills or empties: the stretch of periods in which the share of filled records differs most from
the rest.

A share that drifts or wavers is no break: it must differ by more than chance, over-dispersion and the search over all
stretches allow, and by enough to matter. Draws nothing and names no field.
Source: epidemic change-point alternative (Levin and Kline 1985) with the binomial likelihood ratio; quasi-likelihood
for over-dispersion with the F test that it asks for (McCullagh and Nelder 1989, section 4.5); Bonferroni over the
stretches tried.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST = 0.2
CHANCE = 0.001
FEWEST_PERIODS = 6
FEWEST_RECORDS = 20


@dataclass(frozen=True)
class Breaks:
    """The strongest break of each of F fields; arrays (F,).

    found : whether there is one at all. start, stop : first period inside the stretch, first one after it (T where it
        lasts to the end); a field that was different until some period and then changed has its stretch at the end.
    outside, inside : the share filled in the other periods and in the stretch (0 … 1). p : after Bonferroni.
    """

    found: NDArray[np.bool_]
    start: Ints
    stop: Ints
    outside: Floats
    inside: Floats
    p: Floats


def find_breaks(filled: ArrayLike, expected: ArrayLike) -> Breaks:
    """Search every field for its strongest break.

    filled, expected : (F, T) records with the field filled, and records that ought to have it, by period. Periods in
        which nothing is expected say nothing.
    """
    x, n = (np.atleast_2d(np.asarray(part, dtype=float)) for part in (filled, expected))
    if x.shape != n.shape or (x < 0).any() or (x > n).any():
        raise ValueError("filled and expected must have one shape (fields, periods) with 0 <= filled <= expected")
    periods = x.shape[1]
    starts, stops = (part.ravel() for part in np.meshgrid(np.arange(1, periods), np.arange(2, periods + 1)))
    kept = stops > starts
    starts, stops = starts[kept], stops[kept]
    if not len(starts):
        return _nothing(len(x))
    sums_x, sums_n = (np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (x, n))
    in_x, in_n = (sums[:, stops] - sums[:, starts] for sums in (sums_x, sums_n))
    out_x, out_n = x.sum(axis=1, keepdims=True) - in_x, n.sum(axis=1, keepdims=True) - in_n
    enough = (in_n >= FEWEST_RECORDS) & (out_n >= FEWEST_RECORDS)
    ratio = 2 * (
        _log_likelihood(in_x, in_n) + _log_likelihood(out_x, out_n) - _log_likelihood(in_x + out_x, in_n + out_n)
    )
    best = np.argmax(np.where(enough, ratio, -1.0), axis=1)
    rows = np.arange(len(x))
    start, stop = starts[best], stops[best]
    inside, outside = _share(in_x[rows, best], in_n[rows, best]), _share(out_x[rows, best], out_n[rows, best])
    spread = _dispersion(x, n, start, stop, inside, outside)
    degrees = np.maximum((n > 0).sum(axis=1) - 2, 1)
    p = np.minimum(special.fdtrc(1, degrees, np.maximum(ratio[rows, best], 0.0) / spread) * len(starts), 1.0)
    known = enough[rows, best] & ((n > 0).sum(axis=1) >= FEWEST_PERIODS)
    found = known & (p < CHANCE) & (np.abs(inside - outside) >= SMALLEST)
    return Breaks(found, start, stop, outside, inside, np.where(known, p, np.nan))


def _share(x: Floats, n: Floats) -> Floats:
    return x / np.where(n > 0, n, np.nan)


def _log_likelihood(x: Floats, n: Floats) -> Floats:
    p = x / np.where(n > 0, n, 1.0)
    return special.xlogy(x, p) + special.xlogy(n - x, 1 - p)


def _dispersion(x: Floats, n: Floats, start: Ints, stop: Ints, inside: Floats, outside: Floats) -> Floats:
    """Pearson's chi-square around the two shares over its degrees of freedom; at least 1."""
    place = np.arange(x.shape[1])
    within = (place >= start[:, None]) & (place < stop[:, None])
    p = np.where(within, inside[:, None], outside[:, None])
    variance = n * p * (1 - p)
    told = variance > 0
    score = np.where(told, (x - n * p) ** 2 / np.where(told, variance, 1.0), 0.0).sum(axis=1)
    return np.maximum(score / np.maximum(told.sum(axis=1) - 2, 1), 1.0)


def _nothing(fields: int) -> Breaks:
    blank, none = np.full(fields, np.nan), np.zeros(fields, dtype=np.int64)
    return Breaks(np.zeros(fields, dtype=bool), none, none, blank, blank, blank)
