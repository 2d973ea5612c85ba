"""How much work comes in the next months: a forecast by month, totals over several months with one interval for the
sum, and how such forecasts did in the past.

The interval of a total is not the sum of the monthly bounds: months err partly together, partly each for itself. Paths
are drawn in which they do, and summed. Where "as a year before, with the growth since" was nearer to what came than
the model, in trials on the past, it is the forecast: a model has to earn its keep. Refuses fewer months than
`forecasting.forecast` does: all NaN then.
Sources: error structure of exponential smoothing, Hyndman et al. 2008, ch. 6; backtest as in `forecast_backtest`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.forecast_backtest import FEWEST_TRIALS, Made, Tried, roll, tried, widen
from analysis.statistics.forecasting import SEED, Forecast, forecast
from analysis.statistics.intervals import CONFIDENCE, normal_quantile

Floats = NDArray[np.float64]

Maker = Callable[[pd.Series, int, pd.DataFrame | None], Forecast]

HORIZONS = (3, 12)
DRAWS = 4_000
FULL_HISTORY, SHORT_HISTORY = 24, 12
ORIGINS_WANTED = 12
YEAR_RULE, YEAR_RULE_FROM, SHARED_BY_YEAR_RULE = "as a year before", 24, 0.3
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
    forecasters = {"model": _ahead, "last year": _as_last_year}
    trials = {name: _Trials(series, make, regressors, horizon, short) for name, make in forecasters.items()}
    better = trials["last year"].error < trials["model"].error
    chosen = trials["last year" if better else "model"]
    ahead = chosen.made(series)
    by_month = tried(chosen.steps)
    low, high = widen(ahead.value, ahead.low, ahead.high, by_month.widened)
    wide = Forecast(ahead.period, ahead.value, low, high, ahead.method, ahead.reason)
    paths = draw_paths(wide)
    totals = {}
    for months in horizons:
        done = tried(chosen.totals(months), steps=chosen.steps)
        value, lower, upper = total_of(ahead.value[:months], draw_paths(ahead)[:, :months])
        # months that err all together err as their bounds together: more than that a sum cannot
        lower, upper = max(lower, float(ahead.low[:months].sum())), min(upper, float(ahead.high[:months].sum()))
        lower, upper = (float(end) for end in widen(value, lower, upper, done.widened))
        totals[months] = Total(months, value, lower, upper, done)
    return Outlook(wide, totals, by_month, paths)


class _Trials:
    """One way to forecast, made again at earlier months: each origin is forecast once, whatever is summed of it."""

    def __init__(self, series: pd.Series, make: Maker, regressors: pd.DataFrame | None, horizon: int, short: int):
        self.series, self.make, self.regressors, self.horizon = series, make, regressors, horizon
        self.made_at: dict[int, Forecast] = {}
        self.paths_at: dict[int, Floats] = {}
        self.steps = roll(series, self._monthly, horizon=short, total=False, first=_first(series, short))

    @property
    def error(self) -> float:
        """Mean absolute error by month; infinite where nothing could be tried or a forecast is lacking."""
        enough = len(self.steps) and self.steps["origin"].nunique() >= FEWEST_TRIALS
        if not enough or self.steps["value"].isna().any():
            return np.inf
        return float((self.steps["actual"] - self.steps["value"]).abs().mean())

    def made(self, history: pd.Series) -> Forecast:
        """The forecast after a history."""
        if len(history) not in self.made_at:
            self.made_at[len(history)] = self.make(history, self.horizon, self.regressors)
        return self.made_at[len(history)]

    def totals(self, months: int) -> pd.DataFrame:
        """Past forecasts of the sum over `months`."""
        return roll(self.series, self._total, horizon=months, total=True, first=_first(self.series, months))

    def _monthly(self, history: pd.Series, months: int) -> Made:
        told = self.made(history)
        return told.value[:months], told.low[:months], told.high[:months]

    def _total(self, history: pd.Series, months: int) -> Made:
        told = self.made(history)
        if len(history) not in self.paths_at:
            self.paths_at[len(history)] = draw_paths(told)
        value, low, high = total_of(told.value[:months], self.paths_at[len(history)][:, :months])
        return np.array([value]), np.array([low]), np.array([high])


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
    the error of the level is shared; as a year before: a part, that of the growth.
    """
    size = len(ahead.value)
    if ahead.method.startswith("smoothing"):
        return _correlation_of_smoothing(np.log(np.maximum(ahead.high, 1e-9) / np.maximum(ahead.low, 1e-9)))
    shared = np.full(size, 1 / (MONTHS_IN_LEVEL + 1) if ahead.method == "recent level" else 0.0)
    if ahead.method == YEAR_RULE:
        shared = np.full(size, SHARED_BY_YEAR_RULE)
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


def _as_last_year(series: pd.Series, months: int, regressors: pd.DataFrame | None) -> Forecast:
    """Each month as in the year before, times the growth of the last twelve months on the twelve before; the error is
    that of the same rule inside the history. None below 24 months; `regressors` play no part."""
    del regressors
    y = np.log(series.to_numpy(dtype=float) + 0.5)
    period = pd.period_range(series.index[-1] + 1, periods=months, freq="M")
    if len(y) < YEAR_RULE_FROM or not np.isfinite(y).all():
        nothing = np.full(months, np.nan)
        return Forecast(period, nothing, nothing, nothing, "none", f"fewer than {YEAR_RULE_FROM} months")
    past = series.to_numpy(dtype=float)
    growth = np.log((past[-12:].sum() + 0.5) / (past[-24:-12].sum() + 0.5))
    centre = np.resize(y[-12:], months) + growth * (1 + np.arange(months) // 12)
    off = y[12:] - y[:-12]
    error = float(np.sqrt(((off - off.mean()) ** 2).sum() / max(off.size - 2, 1) * (1 + 1 / 12)))
    reach = normal_quantile(CONFIDENCE) * error
    value, low, high = (np.maximum(np.exp(centre + side) - 0.5, 0.0) for side in (0.0, -reach, reach))
    return Forecast(period, value, low, high, YEAR_RULE, "nearer to what came than the model, in the past")


def _first(series: pd.Series, horizon: int) -> int:
    """Months of history of the earliest trial: enough for a season, fewer where else there would be few trials."""
    return int(np.clip(len(series) - horizon - ORIGINS_WANTED + 1, SHORT_HISTORY, FULL_HISTORY))
