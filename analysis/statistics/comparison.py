"""Is one figure different from another, and which of many differences are more than chance: two-sample comparisons
and false-discovery control.

Every comparison is "this minus (or over) the reference"; NaN where one side has nothing to compare. Refuses counts
that cannot be.
Sources: Newcombe 1998 (method 10); score interval of a ratio of Poisson rates; Benjamini & Hochberg 1995.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import CONFIDENCE, normal_quantile, wilson

Floats = NDArray[np.float64]


class Comparison(NamedTuple):
    """A difference (or ratio), its interval, and the two-sided p-value of "no difference"; arrays of one shape."""

    value: Floats
    low: Floats
    high: Floats
    p: Floats


def compare_proportions(
    k: ArrayLike, n: ArrayLike, *, k0: ArrayLike, n0: ArrayLike, confidence: float = CONFIDENCE
) -> Comparison:
    """k/n − k0/n0 (−1 … 1) with Newcombe's hybrid score interval; p of the pooled score test."""
    here, there = wilson(k, n, confidence=confidence), wilson(k0, n0, confidence=confidence)
    value = here.value - there.value
    low = value - np.hypot(here.value - here.low, there.high - there.value)
    high = value + np.hypot(here.high - here.value, there.value - there.low)
    trials, trials0 = np.asarray(n, dtype=float), np.asarray(n0, dtype=float)
    known = np.isfinite(value)
    base, base0 = np.where(known, trials, 1.0), np.where(known, trials0, 1.0)
    pooled = (np.where(known, k, 0.0) + np.where(known, k0, 0.0)) / (base + base0)
    return Comparison(value, low, high, _two_sided(value, np.sqrt(pooled * (1 - pooled) * (1 / base + 1 / base0))))


def compare_rates(
    k: ArrayLike,
    exposure: ArrayLike,
    *,
    k0: ArrayLike,
    exposure0: ArrayLike,
    dispersion: ArrayLike = 1.0,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """The ratio of two rates (1 = equal) with its score interval; p of the score test. high is infinite where the
    reference has no event.

    dispersion : variance over mean of such counts, at least 1; it widens the interval as if there were so many fewer
        events.
    """
    phi = np.maximum(np.asarray(dispersion, dtype=float), 1.0)
    parts = np.broadcast_arrays(*(np.asarray(part, dtype=float) for part in (k, exposure, k0, exposure0)), phi)
    events, base, events0, base0 = (part.astype(float) for part in parts[:4])
    if np.any(events < 0) or np.any(events0 < 0):
        raise ValueError("events must not be negative")
    known = (base > 0) & (base0 > 0) & np.isfinite(events) & np.isfinite(events0) & (events + events0 > 0)
    a, b = np.where(known, events, 1.0) / parts[4], np.where(known, events0, 1.0) / parts[4]
    scale = np.where(known, base0, 1.0) / np.where(known, base, 1.0)
    low, high = _score_ratio(a, b, normal_quantile(confidence))
    share = 1 / (1 + scale)
    p = _two_sided(a - (a + b) * share, np.sqrt((a + b) * share * (1 - share)))
    value = np.where(b > 0, a / np.where(b > 0, b, 1.0), np.inf)
    return Comparison(*(np.where(known, part, np.nan) for part in (value * scale, low * scale, high * scale, p)))


def compare_estimates(
    value: ArrayLike,
    se: ArrayLike,
    *,
    value0: ArrayLike,
    se0: ArrayLike,
    log: bool = False,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Two independent estimates by their standard errors: the difference, or with log=True the ratio (positive
    figures such as durations).

    NaN where an estimate or its error is missing, or, for ratios, not positive.
    """
    here, error, there, error0 = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (value, se, value0, se0))
    )
    known = np.isfinite(here) & np.isfinite(error) & np.isfinite(there) & np.isfinite(error0)
    if log:
        known = known & (here > 0) & (there > 0)
        safe, safe0 = np.where(known, here, 1.0), np.where(known, there, 1.0)
        change, spread = np.log(safe) - np.log(safe0), np.hypot(error / safe, error0 / safe0)
    else:
        change, spread = here - there, np.hypot(error, error0)
    reach = normal_quantile(confidence) * spread
    p = _two_sided(np.where(known, change, np.nan), np.where(known, spread, np.nan))
    parts = [np.exp(part) if log else part for part in (change, change - reach, change + reach)]
    return Comparison(*(np.where(known, part, np.nan) for part in (*parts, p)))


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjusted p-values (q): the smallest false-discovery rate at which each comparison would be reported; shaped as p.

    The family is everything the run compares, not one chart. NaN p-values are no comparison: they stay NaN and do not
    count.
    """
    given = np.asarray(p, dtype=float)
    flat = given.ravel()
    if np.any((flat < 0) | (flat > 1)):
        raise ValueError("p-values must lie in 0..1")
    present = np.flatnonzero(np.isfinite(flat))
    order = present[np.argsort(flat[present], kind="stable")]
    scaled = flat[order] * order.size / np.arange(1, order.size + 1)
    adjusted = np.full(flat.shape, np.nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted.reshape(given.shape)


def _score_ratio(a: Floats, b: Floats, z: float) -> tuple[Floats, Floats]:
    """Roots r of (a − r b)² = z² r (a + b); for b = 0 the upper one is infinite."""
    total = a + b
    half = a * b + z * z * total / 2
    root = np.sqrt(np.maximum(half**2 - (a * b) ** 2, 0.0))
    low = np.where(half + root > 0, a**2 / np.where(half + root > 0, half + root, 1.0), 0.0)
    return low, np.where(b > 0, (half + root) / np.where(b > 0, b, 1.0) ** 2, np.inf)


def _two_sided(difference: Floats, se: Floats) -> Floats:
    """2·P(Z > |difference/se|); equal figures without any spread do not differ (1), unequal ones do (0)."""
    spread = np.where(se > 0, se, 1.0)
    score = np.where(se > 0, np.abs(difference) / spread, np.where(difference == 0, 0.0, np.inf))
    return np.where(np.isfinite(difference) & np.isfinite(se), 2 * special.ndtr(-score), np.nan)
