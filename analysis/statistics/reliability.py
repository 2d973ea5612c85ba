"""How failures depend on age: the Weibull life with units still running, units that came under observation late, and
grouped ages.

The power-law intensity of repairable units with minimal repair has the same likelihood, so that a unit with several
repairs adds one event for each. Refuses ages that cannot be; too few failures give no fit, never a guess.
Sources: Meeker & Escobar 1998 (chapter 8; left truncation in chapter 11), Crow 1974.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from analysis.statistics.intervals import CONFIDENCE, Estimate, normal_quantile

Floats = NDArray[np.float64]

FEWEST_EVENTS = 3
SHAPES = (0.05, 30.0)  # where the shape is looked for
STEP = 1e-4


@dataclass(frozen=True)
class Weibull:
    """F(t) = 1 − exp(−(t/scale)^shape).

    shape, scale : maximum likelihood; shape < 1 early failures, 1 at any age alike, > 1 wear. covariance : of
        (log scale, log shape), over-dispersion in it. log_likelihood : at the maximum. events : failures it rests on.
    """

    shape: float
    scale: float
    covariance: Floats
    log_likelihood: float
    events: float

    def cumulative_hazard(self, age: ArrayLike) -> Floats:
        """H(t) = (t/scale)^shape: failures expected up to an age; 0 at and before 0."""
        return (np.maximum(np.asarray(age, dtype=float), 0.0) / self.scale) ** self.shape

    def chance_between(self, low: ArrayLike, high: ArrayLike) -> Floats:
        """The chance to fail before `high` of a unit that has reached `low`: (F(high) − F(low)) / (1 − F(low))."""
        return -np.expm1(-(self.cumulative_hazard(high) - self.cumulative_hazard(low)))

    def failed_by(self, age: float, *, confidence: float = CONFIDENCE) -> Estimate:
        """F(age) with its interval on the scale log H (se on the scale of F)."""
        power = self.shape * (np.log(age) - np.log(self.scale))  # log H
        spread = self._spread(np.array([-self.shape, power]))
        ends = power + np.array([0.0, -1.0, 1.0]) * normal_quantile(confidence) * spread
        value, low, high = -np.expm1(-np.exp(ends))
        return Estimate(*(np.asarray(part) for part in (value, low, high, np.exp(power - np.exp(power)) * spread)))

    def age_by(self, share: float, *, confidence: float = CONFIDENCE) -> Estimate:
        """The age by which a share has failed (0.1: the B10 life), with its interval on the log scale."""
        depth = np.log(-np.log1p(-share))
        value = np.log(self.scale) + depth / self.shape
        spread = self._spread(np.array([1.0, -depth / self.shape]))
        ends = np.exp(value + np.array([0.0, -1.0, 1.0]) * normal_quantile(confidence) * spread)
        return Estimate(*(np.asarray(part) for part in (*ends, np.exp(value) * spread)))

    def shape_interval(self, *, confidence: float = CONFIDENCE) -> Estimate:
        """The shape with its interval on the log scale."""
        spread = self._spread(np.array([0.0, 1.0]))
        ends = self.shape * np.exp(np.array([0.0, -1.0, 1.0]) * normal_quantile(confidence) * spread)
        return Estimate(*(np.asarray(part) for part in (*ends, self.shape * spread)))

    def _spread(self, gradient: Floats) -> float:
        return float(np.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0)))


def fit_weibull(
    time: ArrayLike, event: ArrayLike, *, entry: ArrayLike | None = None, weight: ArrayLike | None = None
) -> Weibull | None:
    """The Weibull life of units that failed, run on, or came under observation at an age above 0.

    Parameters
    ----------
    time : (N,) age at failure or when last seen, > 0. event : (N,) True where it failed then.
    entry : (N,) age at which the unit came under observation; left out, old units look more durable than they are.
    weight : (N,) units that share this row.

    Returns
    -------
    None with fewer than three failures, or where the likelihood has its maximum at no finite shape.
    """
    ages, failed = np.asarray(time, dtype=float), np.asarray(event, dtype=bool)
    count = np.ones(ages.size) if weight is None else np.asarray(weight, dtype=float)
    begun = np.zeros(ages.size) if entry is None else np.asarray(entry, dtype=float)
    if np.any(~(ages > 0)) or np.any(begun < 0) or np.any(begun >= ages):
        raise ValueError("ages must be positive, and each entry lie between 0 and its age")
    logs, failures = float((count * failed * np.log(ages)).sum()), float((count * failed).sum())

    def exposure(shape: float, unit: float) -> float:
        return float((count * ((ages / unit) ** shape - (begun / unit) ** shape)).sum())

    def likelihood(log_scale: float, log_shape: float) -> float:
        shape = np.exp(log_shape)
        density = failures * (log_shape - shape * log_scale) + (shape - 1) * logs
        return float(density - exposure(shape, np.exp(log_scale)))

    return _fitted(likelihood, exposure, failures, float(ages.max()))


def fit_weibull_grouped(
    start: ArrayLike, end: ArrayLike, units: ArrayLike, events: ArrayLike, *, dispersion: ArrayLike | None = None
) -> Weibull | None:
    """The same from sums: so many units watched from age `start` to `end`, so many failures among them.

    Parameters
    ----------
    start, end, units, events : (N,) ages, units at risk between them, failures (Poisson given the intensity).
    dispersion : variance over mean of the failures; measured from them (at least 1) by default.
    """
    low, high, risk, count = (np.asarray(part, dtype=float) for part in (start, end, units, events))
    if np.any(low < 0) or np.any(high <= low) or np.any(risk < 0) or np.any(count < 0):
        raise ValueError("ages must rise from 0, and neither units nor failures be negative")
    seen = risk > 0
    low, high, risk, count = low[seen], high[seen], risk[seen], count[seen]
    failures = float(count.sum())

    def exposure(shape: float, unit: float) -> float:
        return float((risk * ((high / unit) ** shape - (low / unit) ** shape)).sum())

    def likelihood(log_scale: float, log_shape: float) -> float:
        shape, unit = np.exp(log_shape), np.exp(log_scale)
        mean = risk * ((high / unit) ** shape - (low / unit) ** shape)
        return float((count * np.log(np.maximum(mean, 1e-300)) - mean).sum())

    def profile(shape: float) -> float:
        mean = risk * (high**shape - low**shape)
        return float((count * np.log(np.maximum(mean, 1e-300))).sum()) - failures * np.log(mean.sum())

    top = float(high.max()) if high.size else 1.0
    found = _fitted(likelihood, exposure, failures, top, profile=profile)
    if found is None:
        return None
    mean = risk * (found.cumulative_hazard(high) - found.cumulative_hazard(low))
    phi = float(dispersion) if dispersion is not None else _dispersion(count, mean)  # type: ignore[arg-type]
    return Weibull(found.shape, found.scale, found.covariance * phi, found.log_likelihood, failures)


def _fitted(likelihood, exposure, failures, top, *, profile=None) -> Weibull | None:  # type: ignore[no-untyped-def]
    """The maximum: over the shape alone, since the scale follows from it (failures = exposure(shape, scale))."""
    if failures < FEWEST_EVENTS:
        return None

    def log_scale(shape: float) -> float:
        return float(np.log(top) + np.log(exposure(shape, top) / failures) / shape)

    def loss(log_shape: float) -> float:
        if profile is not None:
            return -profile(np.exp(log_shape))
        return -likelihood(log_scale(np.exp(log_shape)), log_shape)

    bounds = tuple(np.log(SHAPES))
    best = optimize.minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    at = np.array([log_scale(np.exp(best.x)), best.x])
    if min(best.x - bounds[0], bounds[1] - best.x) < 0.01:
        return None
    information = -_curvature(likelihood, at)
    if not np.all(np.isfinite(information)) or np.any(np.linalg.eigvalsh(information) <= 0):
        return None
    return Weibull(
        float(np.exp(at[1])),
        float(np.exp(at[0])),
        np.linalg.inv(information).astype(float),
        likelihood(at[0], at[1]),
        failures,
    )


def _curvature(function, at: Floats) -> Floats:  # type: ignore[no-untyped-def]
    """Second differences of a function of two variables."""
    result = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            total = 0.0
            for one in (-1, 1):
                for other in (-1, 1):
                    moved = at.copy()
                    moved[i] += one * STEP
                    moved[j] += other * STEP
                    total += one * other * function(moved[0], moved[1])
            result[i, j] = total / (4 * STEP**2)
    return result


def _dispersion(count: Floats, mean: Floats) -> float:
    """Pearson's χ² over its degrees of freedom where at least one failure was expected, at least 1."""
    told = mean >= 1
    degrees = int(told.sum()) - 2
    return 1.0 if degrees < 3 else max(1.0, float(((count[told] - mean[told]) ** 2 / mean[told]).sum() / degrees))
