"""Exponential smoothing of a series without season: a level that follows the months, with or without a trend that
fades.

The simpler form is kept unless the trend earns its three further parameters (AICc). Refuses gaps and fewer than ten
months.
Sources: Gardner & McKenzie 1985; Hyndman et al. 2008, ETS(A,N,N) and ETS(A,Ad,N), intervals of their class 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]
Loss = Callable[..., float]
Bounds = tuple[tuple[float | None, float | None], ...]

STEP = 1e-8  # of a parameter, by which the slope is told
SMALLEST_SHARE = float(np.sqrt(np.finfo(float).eps))  # of one so large that STEP does not move it
MINIMUM_MONTHS = 10
BOUNDS = ((1e-4, 0.9999), (0.0, 0.5), (0.8, 0.98))  # of level, trend and damping, as usual in the field
LEAST_FOLLOWED = 0.1  # share of a month's error that a level without trend follows at least: one that never moves would
# forecast the mean of all years beside a picture whose newest year lies elsewhere, and it costs 5 % of the variance
STARTS = ((0.2, 0.05, 0.9), (0.6, 0.1, 0.95), (0.9, 0.01, 0.85))


@dataclass(frozen=True)
class Smoothed:
    """level_weight, trend_weight, damping : the parameters, the latter two 0 for a level alone. level, trend : states
    after the last month. sigma : standard deviation of the one-month error, over months minus parameters. sse, aicc :
    of the fit."""

    level_weight: float
    trend_weight: float
    damping: float
    level: float
    trend: float
    sigma: float
    sse: float
    aicc: float

    def ahead(self, horizon: int) -> tuple[Floats, Floats]:
        """Centre and standard error of each of the next `horizon` months."""
        fading = np.cumsum(self.damping ** np.arange(1, horizon + 1)) if self.damping else np.zeros(horizon)
        passed_on = self.level_weight + self.trend_weight * fading
        error = self.sigma * np.sqrt(1 + np.r_[0.0, np.cumsum(passed_on**2)[:-1]])
        return self.level + self.trend * fading, error


def smooth(y: Floats) -> Smoothed:
    """Fit both forms to a complete series in order and keep the better one."""
    if y.size < MINIMUM_MONTHS or not np.isfinite(y).all():
        raise ValueError(f"smoothing needs {MINIMUM_MONTHS} months without a gap")
    return min(smooth_level(y), smooth_damped(y), key=lambda fit: fit.aicc)


def smooth_level(y: Floats, *, least: float = LEAST_FOLLOWED) -> Smoothed:
    """ETS(A,N,N): the level moves by a share of each month's error, `least` at least."""

    months = y.tolist()

    def loss(weight: float, level: float) -> float:
        sse = 0.0
        for value in months:
            error = value - level
            sse += error * error
            level += weight * error
        return sse

    starts = [np.array([weight, y[:6].mean()]) for weight in (0.1, 0.5, 0.9)]
    best = _minimise(loss, starts, ((least, BOUNDS[0][1]), (None, None)))
    sse, level, _ = _run(months, best[0], 0.0, 0.0, best[1], 0.0)
    return _smoothed(y, (best[0], 0.0, 0.0), (level, 0.0), sse, parameters=2)


def smooth_damped(y: Floats) -> Smoothed:
    """ETS(A,Ad,N): besides the level a trend, of which each month keeps a share."""
    slope = float(np.polyfit(np.arange(min(y.size, 10)), y[:10], 1)[0])

    months = y.tolist()

    def loss(*point: float) -> float:
        return _run(months, *point)[0]

    starts = [np.array([*start, y[:3].mean(), slope]) for start in STARTS]
    best = _minimise(loss, starts, (*BOUNDS, (None, None), (None, None)))
    sse, level, trend = _run(months, *best)
    return _smoothed(y, (best[0], best[1], best[2]), (level, trend), sse, parameters=5)


def _run(
    months: Sequence[float], level_weight: float, trend_weight: float, damping: float, level: float, trend: float
) -> tuple[float, float, float]:
    sse = 0.0
    for value in months:
        trend *= damping
        error = value - level - trend
        sse += error * error
        level += trend + level_weight * error
        trend += trend_weight * error
    return sse, level, trend


def _minimise(loss: Loss, starts: list[Floats], bounds: Bounds) -> list[float]:
    found = [
        optimize.minimize(partial(_with_slope, loss, bounds), start, jac=True, method="L-BFGS-B", bounds=bounds)
        for start in starts
    ]
    return np.asarray(min(found, key=lambda fit: fit.fun).x).tolist()


def _with_slope(loss: Loss, bounds: Bounds, point: Floats) -> tuple[float, Floats]:
    """The loss and its slope by forward differences, backward where a bound is nearer than a step: what scipy reckons
    by itself, at a third of the cost, since it is asked for some hundred thousand times a run."""
    here = point.tolist()
    value = loss(*here)
    slope = []
    for place, (at, (_, highest)) in enumerate(zip(here, bounds, strict=True)):
        step = STEP if at + STEP != at else SMALLEST_SHARE * (1 if at >= 0 else -1) * max(1.0, abs(at))
        moved = at - step if highest is not None and at + step > highest else at + step
        slope.append((loss(*here[:place], moved, *here[place + 1 :]) - value) / (moved - at))
    return value, np.array(slope)


def _smoothed(
    y: Floats, weights: tuple[float, float, float], states: tuple[float, float], sse: float, *, parameters: int
) -> Smoothed:
    count = parameters + 1  # the variance too
    aicc = y.size * np.log(max(sse, 1e-300) / y.size) + 2 * count + 2 * count * (count + 1) / max(y.size - count - 1, 1)
    return Smoothed(
        *weights,
        float(states[0]),
        float(states[1]),
        float(np.sqrt(sse / max(y.size - parameters, 1))),
        float(sse),
        float(aicc),
    )
