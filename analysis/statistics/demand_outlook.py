"""How much work comes in the next months: a forecast by month, totals over several months with one interval for the
sum, and how such forecasts did in the past.

The interval of a total is not the sum of the monthly bounds: months err partly together, partly each for itself. Paths
are drawn in which they do, and summed. Refuses fewer months than `forecasting.forecast` does: all NaN then.
Sources: error structure of exponential smoothing, Hyndman et al. 2008, ch. 6; backtest as in `forecast_backtest`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.forecast_backtest import Made, Tried, roll, tried, widen
from analysis.statistics.forecasting import SEED, Forecast, forecast
from analysis.statistics.intervals import CONFIDENCE, normal_quantile

Floats = NDArray[np.float64]

HORIZONS = (3, 12)
DRAWS = 4_000
FULL_HISTORY, SHORT_HISTORY = 24, 12
ORIGINS_WANTED = 12
COUNTED = ("poisson", "quasi-poisson", "negative binomial")
MONTHS_IN_LEVEL = 12  # what "recent level" averages


@dataclass(frozen=True)
class Total:
    """The sum over the next `months` months; `tried`: how such totals did in the past."""

    months: int
    value: float
    low: float
    high: float
    tried: Tried


@dataclass(frozen=True)
class Outlook:
    """monthly : the months ahead, their intervals widened where the past asks for it; totals : months → their sum;
    tried : how the monthly intervals did; paths : (draws, months) futures that hang together."""

    monthly: Forecast
    totals: Mapping[int, Total]
    tried: Tried
    paths: Floats

    @property
    def known(self) -> bool:
        """Whether there is a forecast at all."""
        return bool(np.isfinite(self.monthly.value).all())


def outlook(
    series: pd.Series, *, horizons: Sequence[int] = HORIZONS, regressors: pd.DataFrame | None = None
) -> Outlook:
    """The outlook of a monthly count (orders, parts, hours of work).

    Parameters
    ----------
    series : figures on a monthly PeriodIndex, complete, not negative
    horizons : the months summed; the longest is also how far `monthly` reaches
    regressors : calendar terms by month, reaching into the months ahead where they are known
    """
    horizon, short = max(horizons), min(horizons)
    series = series.astype(float)
    made_at: dict[int, Forecast] = {}

    def made(history: pd.Series) -> Forecast:
        if len(history) not in made_at:
            made_at[len(history)] = _ahead(history, horizon, regressors)
        return made_at[len(history)]

    def monthly(history: pd.Series, months: int) -> Made:
        told = made(history)
        return told.value[:months], told.low[:months], told.high[:months]

    def total(history: pd.Series, months: int) -> Made:
        told = made(history)
        value, low, high = total_of(told.value[:months], draw_paths(told)[:, :months])
        return np.array([value]), np.array([low]), np.array([high])

    ahead = _ahead(series, horizon, regressors)
    steps = roll(series, monthly, horizon=short, total=False, first=_first(series, short))
    by_month = tried(steps)
    low, high = widen(ahead.value, ahead.low, ahead.high, by_month.widened)
    wide = Forecast(ahead.period, ahead.value, low, high, ahead.method, ahead.reason)
    paths = draw_paths(wide)
    totals = {}
    for months in horizons:
        done = tried(roll(series, total, horizon=months, total=True, first=_first(series, months)), steps=steps)
        value, lower, upper = total_of(ahead.value[:months], draw_paths(ahead)[:, :months])
        lower, upper = (float(end) for end in widen(value, lower, upper, done.widened))
        totals[months] = Total(months, value, lower, upper, done)
    return Outlook(wide, totals, by_month, paths)


def draw_paths(ahead: Forecast, *, draws: int = DRAWS) -> Floats:
    """Futures of (draws, months): each month spread as its interval says, and together with the others as its method
    says (`error_correlation`). NaN where there is no forecast."""
    size = len(ahead.value)
    if not np.isfinite(ahead.value).all():
        return np.full((draws, size), np.nan)
    rng = np.random.default_rng(SEED)
    if ahead.method in COUNTED:
        return _counted_paths(ahead, rng, draws)
    z = rng.multivariate_normal(np.zeros(size), error_correlation(ahead), size=draws, method="eigh")
    reach = normal_quantile(CONFIDENCE)
    half = np.where(z > 0, ahead.high - ahead.value, ahead.value - ahead.low) / reach
    return np.maximum(ahead.value + z * half, 0.0)


def _counted_paths(ahead: Forecast, rng: np.random.Generator, draws: int) -> Floats:
    """Counts by chance (Poisson) around a level that is uncertain for all months together: what the intervals have
    beyond chance is taken as shared, which is cautious."""
    if not ahead.value.any():
        level = rng.exponential(-1 / np.log((1 - CONFIDENCE) / 2), size=(draws, 1)) * ahead.high
        return rng.poisson(level).astype(float)
    spread = ((ahead.high - ahead.low) / (2 * normal_quantile(CONFIDENCE))) ** 2
    extra = float(np.mean(np.maximum(spread - ahead.value, 0.0) / np.maximum(ahead.value, 1e-9) ** 2))
    level = rng.gamma(1 / extra, extra, size=(draws, 1)) if extra > 1e-6 else np.ones((draws, 1))
    return rng.poisson(level * ahead.value).astype(float)


def total_of(value: Floats, paths: Floats, *, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Sum of the expected months, and the interval of the sum over the paths."""
    if not np.isfinite(value).all():
        return np.nan, np.nan, np.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(paths.sum(axis=1), [tail, 1 - tail])
    return float(value.sum()), float(min(low, value.sum())), float(max(high, value.sum()))


def error_correlation(ahead: Forecast) -> Floats:
    """How the errors of the months ahead go together, (months, months).

    Smoothing: the growth of the error from month to month tells how much of each month's surprise stays; recent level:
    the error of the level is shared.
    """
    size = len(ahead.value)
    if ahead.method.startswith("smoothing"):
        return _correlation_of_smoothing(np.log(np.maximum(ahead.high, 1e-9) / np.maximum(ahead.low, 1e-9)))
    shared = np.full(size, 1 / (MONTHS_IN_LEVEL + 1) if ahead.method == "recent level" else 0.0)
    found = np.sqrt(np.outer(shared, shared))
    np.fill_diagonal(found, 1.0)
    return found


def _correlation_of_smoothing(width: Floats) -> Floats:
    variance = width**2
    if not variance[0] > 0:
        return np.eye(width.size)
    stays = np.r_[1.0, np.sqrt(np.maximum(np.diff(variance), 0.0) / variance[0])]
    size = width.size
    weights = np.zeros((size, size))  # month h errs by the surprises of months 1 … h, each as far as it stays
    for month in range(size):
        weights[month, : month + 1] = stays[: month + 1][::-1]
    covariance = weights @ weights.T
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale)


def _ahead(series: pd.Series, months: int, regressors: pd.DataFrame | None) -> Forecast:
    known = series[series.notna()]
    if len(known) == 0:
        nothing = np.full(months, np.nan)
        period = pd.period_range(series.index[-1] + 1, periods=months, freq="M")
        return Forecast(period, nothing, nothing, nothing, "none", "no month observed")
    if regressors is not None:
        regressors = regressors.loc[: series.index[-1] + months]
    return forecast(series, horizon=months, kind="count", regressors=regressors)


def _first(series: pd.Series, horizon: int) -> int:
    """Months of history of the earliest trial: enough for a season, fewer where else there would be few trials."""
    return int(np.clip(len(series) - horizon - ORIGINS_WANTED + 1, SHORT_HISTORY, FULL_HISTORY))
