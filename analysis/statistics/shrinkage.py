"""Figures of small units drawn towards those of all units, as far as their few records warrant; the honest basis of a
ranking.

Towards the `centre` that is given, the figure of all records together, where a reader is told so; else towards the mean
of the units' common distribution, in which a unit counts the same whatever its size.

Refuses to find differences that are not there: where the likelihood wants the units equal, `differ` is False and all
get the common figure.
Sources: beta-binomial and gamma-Poisson empirical Bayes by maximum likelihood; Morris 1983 for normal estimates
(James–Stein when the errors are equal).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from analysis.statistics.intervals import CONFIDENCE, Estimate, normal_quantile, poisson_exact, wilson

Floats = NDArray[np.float64]

STRONGEST = 12.0  # log of the prior's weight beyond which the units do not differ: more than 160,000 records' worth
MINIMUM_UNITS = 4


@dataclass(frozen=True)
class Shrunk:
    """value, low, high : (units,) in the unit of the figure; a unit without records gets the common figure.

    own_weight : (units,) share of the unit's own figure in it, 0 … 1. common : what it is drawn to. differ : whether
        units differ at all.
    """

    value: Floats
    low: Floats
    high: Floats
    own_weight: Floats
    common: float
    differ: bool


def shrink_proportions(
    k: ArrayLike, n: ArrayLike, *, centre: float | None = None, confidence: float = CONFIDENCE
) -> Shrunk:
    """Proportions k/n (0 … 1) under a common beta distribution of the units, of mean `centre` where it is given."""
    successes, trials = _counts(k, n)
    if np.any(successes > trials):
        raise ValueError("successes must not exceed the trials")

    def likelihood(mean: float, strength: float) -> float:
        a, b = mean * strength, (1 - mean) * strength
        return float((special.betaln(successes + a, trials - successes + b) - special.betaln(a, b)).sum())

    common = _safe_ratio(successes.sum(), trials.sum()) if centre is None else centre
    scales = (special.expit, special.logit)
    fitted = _maximise(likelihood, common, trials, scales, fixed=centre is not None) if 0 < common < 1 else None
    if fitted is None:
        return _all_alike(wilson(successes.sum(), trials.sum(), confidence=confidence), trials.size, centre)
    mean, strength = fitted
    a, b = successes + mean * strength, trials - successes + (1 - mean) * strength
    tail = (1 - confidence) / 2
    low, high = special.betaincinv(a, b, tail), special.betaincinv(a, b, 1 - tail)
    return Shrunk(a / (a + b), low, high, trials / (trials + strength), mean, True)


def shrink_rates(
    k: ArrayLike, exposure: ArrayLike, *, centre: float | None = None, confidence: float = CONFIDENCE
) -> Shrunk:
    """Rates k/exposure under a common gamma distribution of the units, of mean `centre` where it is given."""
    events, base = _counts(k, exposure)

    def likelihood(mean: float, strength: float) -> float:
        shape = mean * strength
        terms = special.gammaln(events + shape) - special.gammaln(shape) + shape * np.log(strength)
        return float((terms - (events + shape) * np.log(base + strength)).sum())

    common = _safe_ratio(events.sum(), base.sum()) if centre is None else centre
    fitted = _maximise(likelihood, common, base, (np.exp, np.log), fixed=centre is not None) if common > 0 else None
    if fitted is None:
        return _all_alike(poisson_exact(events.sum(), base.sum(), confidence=confidence), base.size, centre)
    mean, strength = fitted
    shape, scale = events + mean * strength, base + strength
    tail = (1 - confidence) / 2
    low, high = special.gammaincinv(shape, tail) / scale, special.gammaincinv(shape, 1 - tail) / scale
    return Shrunk(shape / scale, low, high, base / scale, mean, True)


def shrink_means(
    value: ArrayLike, se: ArrayLike, *, centre: float | None = None, confidence: float = CONFIDENCE
) -> Shrunk:
    """Estimates with standard errors under a common normal distribution of the units; at least 4 units, else all
    alike. With a `centre` given, no unit is spent on estimating it: Stein's factor is (units − 2) / units."""
    figures, error = np.asarray(value, dtype=float), np.asarray(se, dtype=float)
    known = np.isfinite(figures) & (error > 0)
    units = int(known.sum())
    if units < MINIMUM_UNITS:
        weight = np.where(known, 1 / np.where(known, error, 1.0) ** 2, 0.0)
        pooled = _safe_ratio((weight * np.where(known, figures, 0.0)).sum(), weight.sum())
        reach = normal_quantile(confidence) * _safe_ratio(1.0, weight.sum()) ** 0.5
        return _all_alike(
            Estimate(*map(np.asarray, (pooled, pooled - reach, pooled + reach, reach))), figures.size, centre
        )
    variance = np.where(known, error, 1.0) ** 2
    between = _paule_mandel(figures[known], variance[known], centre)
    weight = np.where(known, 1 / (variance + between), 0.0)
    common = float((weight * np.where(known, figures, 0.0)).sum() / weight.sum()) if centre is None else centre
    spent = 1 if centre is None else 0  # the common figure, where the units themselves must give it
    drawn = np.where(
        known & (between > 0), (units - 2 - spent) / (units - spent) * variance / (variance + between), 1.0
    )
    told = common + (1 - drawn) * (np.where(known, figures, common) - common)
    own_error = np.where(known, variance * (1 - drawn), between)
    spread = own_error + drawn**2 / weight.sum()
    reach = normal_quantile(confidence) * np.sqrt(spread)
    return Shrunk(told, told - reach, told + reach, 1 - drawn, common, between > 0)


def _maximise(
    likelihood: Callable[[float, float], float],
    common: float,
    base: Floats,
    scales: tuple[Callable[[float], float], Callable[[float], float]],
    *,
    fixed: bool,
) -> tuple[float, float] | None:
    """Mean and strength of the prior, or None where ever stronger priors fit ever better (the units do not differ).

    `scales`: from the unbounded scale and to it; `fixed`: the mean is `common`, and only the strength is sought.
    """
    back, forward = scales
    known = base[base > 0]
    if known.size < MINIMUM_UNITS:
        return None
    ceiling = np.log(known.mean()) + STRONGEST

    def loss(point: Floats) -> float:
        strength = np.exp(min(point[1], ceiling))
        return -likelihood(common if fixed else float(back(point[0])), float(strength))

    middle = forward(common)
    starts = [np.array([middle, np.log(known.mean()) + shift]) for shift in (-2.0, 0.0, 3.0)]
    fits = [
        optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000})
        for start in starts
    ]
    best = min(fits, key=lambda fit: fit.fun)
    gain = loss(np.array([middle, ceiling])) - best.fun
    if best.x[1] >= ceiling - 1 or gain < 1e-6:
        return None
    return (common if fixed else float(back(best.x[0]))), float(np.exp(best.x[1]))


def _paule_mandel(figures: Floats, variance: Floats, centre: float | None) -> float:
    """τ² at which the weighted squared distances from their mean come to units − 1, or from a given centre to the
    number of units; 0 where they are fewer than that already."""

    def excess(between: float) -> float:
        weight = 1 / (variance + between)
        mean = (weight * figures).sum() / weight.sum() if centre is None else centre
        return float((weight * (figures - mean) ** 2).sum() - (figures.size - (centre is None)))

    if excess(0.0) <= 0:
        return 0.0
    farthest = np.ptp(figures if centre is None else np.append(figures, centre))
    return float(optimize.brentq(excess, 0.0, farthest**2 * figures.size + variance.max(), xtol=1e-14, rtol=1e-12))


def _all_alike(pooled: Estimate, units: int, centre: float | None) -> Shrunk:
    common = float(pooled.value) if centre is None else centre
    ends = np.fmin(pooled.low, common), np.fmax(pooled.high, common)
    value, low, high = (np.full(units, float(part)) for part in (common, *ends))
    return Shrunk(value, low, high, np.zeros(units), common, False)


def _counts(k: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    events, base = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    known = np.isfinite(events) & np.isfinite(base) & (base > 0)
    if np.any(events[known] < 0):
        raise ValueError("counts must not be negative")
    return np.where(known, events, 0.0), np.where(known, base, 0.0)


def _safe_ratio(total: float, base: float) -> float:
    return float(total / base) if base > 0 else np.nan
