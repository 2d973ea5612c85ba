"""How strong a trend or a season is, beside how strong pure chance makes it look on so short a series.

F = max(0, 1 − var(remainder) / var(component + remainder)) is badly biased upwards on short series: white noise of 36
months shows a "seasonal strength" of 0.35 on average. A season is called one only above the noise quantile, never
above a fixed number.
Source: Wang, Smith & Hyndman 2006 for F; the noise quantiles are simulated here with a fixed seed.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.stl import fit_stl

Floats = NDArray[np.float64]

DRAWS = 2_000
SEED = 20_240_601


def strength(component: Floats, remainder: Floats) -> float:
    """F of a component, 0 … 1, over the months where both are known; 0 where nothing varies."""
    known = np.isfinite(component) & np.isfinite(remainder)
    total = float(np.var(component[known] + remainder[known])) if known.any() else 0.0
    return max(0.0, 1 - float(np.var(remainder[known])) / total) if total > 1e-24 else 0.0


def stl_noise_quantiles(months: int, window: int | None) -> tuple[float, float]:
    """(seasonal, trend) strength that STL finds in white noise of this length in one case of twenty."""
    return _stl_noise(months, window)


@lru_cache(maxsize=128)
def _stl_noise(months: int, window: int | None) -> tuple[float, float]:
    """STL without robustness is linear in the series, so that one matrix stands for all draws."""
    unit = [fit_stl(column, window=window) for column in np.eye(months)]
    return noise_quantiles(np.array([part.seasonal for part in unit]), np.array([part.trend for part in unit]))


def regression_noise_quantiles(
    design: Floats, seasonal: NDArray[np.bool_], trend: NDArray[np.bool_]
) -> tuple[float, float]:
    """(seasonal, trend) noise quantiles of a regression on `design` (T, P) whose columns are marked as season or
    trend. Every unit's series of the same months has the same design."""
    marks = np.asarray(seasonal, dtype=bool).tobytes(), np.asarray(trend, dtype=bool).tobytes()
    return _regression_noise(np.asarray(design, dtype=float).tobytes(), design.shape, *marks)


@lru_cache(maxsize=128)
def _regression_noise(design: bytes, shape: tuple[int, ...], seasonal: bytes, trend: bytes) -> tuple[float, float]:
    x = np.frombuffer(design).reshape(shape)
    season, line = (np.frombuffer(marks, dtype=bool) for marks in (seasonal, trend))
    solve = np.linalg.pinv(x)
    return noise_quantiles((x[:, season] @ solve[season]).T, (x[:, line] @ solve[line]).T)


def noise_quantiles(seasonal_map: Floats, trend_map: Floats, *, level: float = 0.95) -> tuple[float, float]:
    """The `level` quantile of both strengths over white noise; maps : (T, T), row i what a unit in month i
    contributes everywhere."""
    noise = np.random.default_rng([SEED, len(seasonal_map)]).standard_normal((DRAWS, len(seasonal_map)))
    seasonal, trend = noise @ seasonal_map, noise @ trend_map
    remainder = noise - seasonal - trend
    return _strength_quantile(seasonal, remainder, level), _strength_quantile(trend, remainder, level)


def _strength_quantile(component: Floats, remainder: Floats, level: float) -> float:
    ratio = np.asarray(remainder.var(axis=1) / (component + remainder).var(axis=1))
    return float(np.quantile(np.maximum(0.0, 1 - ratio), level))
