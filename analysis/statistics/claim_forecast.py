"""Counts to come from units at risk: what the ages of the units give, set to the season and to the recent level, with
an interval for chance, over-dispersion and the level's own uncertainty.

Refuses nothing; a month without anybody at risk has nothing to come.
Sources: Meeker & Escobar 1998, chapter 12 (prediction of returns by the conditional probabilities of their ages);
quasi-Poisson regression with harmonics; negative binomial interval of a new count.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.statistics.intervals import CONFIDENCE

Floats = NDArray[np.float64]

ROUNDS = 30
RIDGE = 1e-6
SEASON_MONTHS = 36  # that the season rests on
PARAMETERS = 6  # level, two pairs of harmonics, one for the lives


class Coming(NamedTuple):
    """A count to come, its interval and standard error."""

    value: float
    low: float
    high: float
    se: float


def fit_season(events: ArrayLike, base: ArrayLike, month: ArrayLike) -> Floats:
    """Twelve factors, one for each month of the year (January first), that the events show beyond what the base gives.

    Poisson regression on log base with two pairs of harmonics from 24 months on, one pair from 18; no season (ones)
    below that or with few events. The factors are 1 on average over the year.

    events, base : (T,) one for each month. month : (T,) 0 … 11.
    """
    count, offset, number = (np.asarray(part, dtype=float) for part in (events, base, month))
    known = (offset > 0) & np.isfinite(count)
    pairs = _pairs(int(known.sum()), float(count[known].sum()))
    if not pairs:
        return np.ones(12)
    coefficients = _poisson(count[known], np.log(offset[known]), _waves(number[known], pairs))
    factors = np.exp(_waves(np.arange(12.0), pairs)[:, 1:] @ coefficients[1:])
    return factors / factors.mean()


def count_to_come(expected: float, *, events: float, dispersion: float, confidence: float = CONFIDENCE) -> Coming:
    """A new count of that expectation, which rests on so many past events; negative binomial, exact at small counts."""
    if not expected > 0:
        return Coming(0.0, 0.0, 0.0, 0.0)
    phi = max(dispersion, 1.0)
    variance = phi * (expected * (1 + PARAMETERS / SEASON_MONTHS) + expected**2 / max(events, 1.0))
    tail = (1 - confidence) / 2
    if variance <= expected * (1 + 1e-9):
        low, high = stats.poisson.ppf([tail, 1 - tail], expected)
    else:
        size = expected**2 / (variance - expected)
        low, high = stats.nbinom.ppf([tail, 1 - tail], size, expected / variance)
    return Coming(expected, float(low), float(high), float(np.sqrt(variance)))


def measure_scatter(events: ArrayLike, expected: ArrayLike) -> float:
    """Pearson's χ² of monthly counts around what season, level and ages gave, per degree of freedom; at least 1."""
    count, mean = np.asarray(events, dtype=float), np.asarray(expected, dtype=float)
    told = mean > 0
    degrees = int(told.sum()) - PARAMETERS
    return 1.0 if degrees < 3 else max(1.0, float(((count[told] - mean[told]) ** 2 / mean[told]).sum() / degrees))


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> tuple[int, int]:
    """How many past intervals held what then happened, and of how many; those not yet known do not count."""
    happened, below, above = (np.asarray(part, dtype=float) for part in (actual, low, high))
    known = np.isfinite(happened) & np.isfinite(below) & np.isfinite(above)
    return int(((happened >= below) & (happened <= above))[known].sum()), int(known.sum())


def _pairs(months: int, events: float) -> int:
    pairs = 2 if months >= 24 else 1 if months >= 18 else 0
    return pairs if events >= 10 * pairs else 0


def _waves(month: Floats, pairs: int) -> Floats:
    turn = 2 * np.pi * np.asarray(month, dtype=float) / 12
    columns = [wave(order * turn) for order in range(1, pairs + 1) for wave in (np.sin, np.cos)]
    return np.column_stack([np.ones(turn.size), *columns])


def _poisson(count: Floats, offset: Floats, design: Floats) -> Floats:
    """Poisson regression by iteratively reweighted least squares."""
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = np.log(max(count.sum(), 0.5) / np.exp(offset).sum())
    for _ in range(ROUNDS):
        mean = np.exp(np.clip(offset + design @ coefficients, -50, 50))
        weighed = design * mean[:, None]
        step = np.linalg.solve(design.T @ weighed + RIDGE * np.eye(design.shape[1]), design.T @ (count - mean))
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-10:
            break
    return coefficients
