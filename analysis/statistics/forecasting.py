"""The next months of a series with an interval, by the simplest method that its history warrants; it says which and
why.

Counts and rates of few events: Poisson or negative-binomial regression with a fading trend. All others, on the scale
of their kind: exponential smoothing from 12 months; the recent level below that. A season or calendar only where one
was found beyond chance. Fewer than 6 months: none. After a dated new level the months before it are moved onto it, so
that a forecast starts where the history now stands. A rise of less than two years may be a season's: it is not drawn
out, but the interval holds it. Intervals hold for a world that goes on as it did; no method knows
of a decision not yet taken.
Sources: Hyndman et al. 2008 (smoothing); Cleveland et al. 1990 (season); McCullagh & Nelder 1989 (counts); Pesaran &
Timmermann 2007 (forecasts after a break).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.count_model import CountFit, fit_counts
from analysis.statistics.damped_trend import smooth
from analysis.statistics.intervals import CONFIDENCE
from analysis.statistics.link_scale import Kind, exact_link, from_link
from analysis.statistics.month_design import SEASON_FROM, MonthDesign, fourier_pairs, month_design, months_ahead
from analysis.statistics.monthly_series import MonthlySeries, monthly_series
from analysis.statistics.seasons import season_ahead
from analysis.statistics.strength import regression_noise_quantiles, strength

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL_FROM, SMOOTHING_FROM = 6, 12
MANY_EVENTS = 100  # events a month from which a count is a measured figure like any other
COUNT_MONTHS = 36  # a rate of few events is read from its last three years
MOST_GAPS = 0.15
DAMPING = 0.9  # share of a month's rise that the next month keeps
CLEAR = 2.0  # standard errors from which a trend is believed
OF_A_LEVEL = 3  # observed months that every level needs before and after a dated change
DRAWS = 4_000
SEED = 20_240_615


@dataclass(frozen=True)
class Forecast:
    """period : the months ahead; value, low, high : (horizon,) in the unit of the metric, NaN where there is no
    forecast.

    method : none, constant, recent level, smoothing, smoothing with season, poisson, quasi-poisson or negative
        binomial.
    reason : why this one.
    """

    period: pd.PeriodIndex
    value: Floats
    low: Floats
    high: Floats
    method: str
    reason: str


def forecast(
    series: pd.Series,
    *,
    horizon: int,
    kind: Kind,
    events: ArrayLike | pd.Series | None = None,
    exposure: ArrayLike | pd.Series | None = None,
    exposure_ahead: ArrayLike | None = None,
    regressors: pd.DataFrame | None = None,
    new_levels: Sequence[pd.Period] = (),
    per: float = 1.0,
    confidence: float = CONFIDENCE,
) -> Forecast:
    """Forecast the `horizon` months after the last observed one.

    series, kind, events, exposure, per : as in `decompose`.
    exposure_ahead : (horizon,) exposure expected in the months ahead, by default the mean of the last twelve. The
        interval of a rate of few events is that of the figure the month will show, chance included.
    regressors : calendar terms; they should reach into the months ahead, which are otherwise taken to be average ones.
    new_levels : the first months of proven new levels; without effect where one of the levels that they bound was
        observed for fewer than 3 months.
    """
    if horizon < 1:
        raise ValueError(f"horizon must be at least 1, not {horizon}")
    checked = monthly_series(series, kind=kind, events=events, exposure=exposure, regressors=regressors, per=per)
    part = checked.without_ends()
    last = part.months[-1] if len(part.months) else checked.months.max()
    period = pd.period_range(last + 1, periods=horizon, freq="M")
    constant = part.constant()
    if part.observed < LEVEL_FROM:
        return _none(period, f"only {part.observed} months observed")
    if constant is not None and not (kind in ("rate", "count") and constant == 0):
        level = np.full(horizon, exact_link(constant, kind))
        return _on_link(period, "constant", "no variation", level, np.zeros(horizon), 0.0, kind, per)
    if kind in ("rate", "count") and part.counted and np.nanmedian(part.counts()[0]) < MANY_EVENTS:
        return _by_counts(part, period, exposure_ahead, _levels(part, new_levels), per, confidence)
    return _by_smoothing(part, period, _levels(part, new_levels), per, confidence)


def _by_smoothing(
    part: MonthlySeries, period: pd.PeriodIndex, level: Ints | None, per: float, confidence: float
) -> Forecast:
    gaps = 1 - part.observed / len(part.y)
    if part.observed < SMOOTHING_FROM or gaps > MOST_GAPS:
        few = f"{part.observed} months observed, smoothing needs {SMOOTHING_FROM}"
        reason = few if part.observed < SMOOTHING_FROM else f"{gaps:.0%} of the months are missing"
        return _recent_level(part, period, reason, per, confidence)
    moved, unsure = _on_new_level(part.y, level)
    season = season_ahead(replace(part, y=moved), len(period))
    rest = moved - season.inside
    known = np.flatnonzero(np.isfinite(rest))
    fit = smooth(np.interp(np.arange(rest.size), known, rest[known]))
    centre, error = fit.ahead(len(period))
    short = part.observed < SEASON_FROM  # a rise of less than two years may be a season's: the level holds, in the
    centre = np.full(len(period), fit.level) if short else centre  # interval alone is there room for the rise
    onwards = _long_run_slope(rest) * np.arange(1, len(period) + 1) - (centre - fit.level)
    centre, error = centre + (not short) * onwards / 2, np.hypot(np.hypot(error, unsure), onwards / 2)
    shape = "a level that follows the months" if fit.damping == 0 or short else "a trend that fades"
    method = "smoothing with season" if season.found else "smoothing"
    freedom = max(part.observed - 5 - season.fitted, 1)
    quantile = float(special.stdtrit(freedom, 0.5 + confidence / 2))
    spread = np.hypot(error * np.sqrt(max(part.observed - 5, 1) / freedom), season.error)
    return _on_link(
        period, method, f"{shape}; {season.reason}", centre + season.ahead + _pooled_less_mean(part, level), spread,
        quantile, part.kind, per,
    )  # fmt: skip


def _pooled_less_mean(part: MonthlySeries, level: Ints | None) -> float:
    """By how much the logit of a year's records together lies from the mean of its months' logits: of 27 answers a
    month the latter tells 83 % where all together are 81 %. Of a newer level its months alone."""
    if part.kind != "share" or not part.counted:
        return 0.0
    newest = np.isfinite(part.y) if level is None else np.isfinite(part.y) & (level == level.max())
    at = np.flatnonzero(newest)[-12:]
    events, size = (counted[at].sum() for counted in part.counts())
    return float(np.log((events + 0.5) / (size - events + 0.5)) - part.y[at].mean())


def _long_run_slope(rest: Floats) -> float:
    """The rise a month of the whole history. Smoothing lets it fade; that it goes on is as likely. A forecast lies
    midway, and allows for half the distance between the two (the Theta method's half slope, Assimakopoulos &
    Nikolopoulos 2000, Hyndman & Billah 2003)."""
    known = np.flatnonzero(np.isfinite(rest))
    return float(np.polyfit(known, rest[known], 1)[0])


def _recent_level(part: MonthlySeries, period: pd.PeriodIndex, reason: str, per: float, confidence: float) -> Forecast:
    recent = part.y[np.isfinite(part.y)][-12:]
    error = np.full(len(period), recent.std(ddof=1) * np.sqrt(1 + 1 / recent.size))
    quantile = float(special.stdtrit(recent.size - 1, 0.5 + confidence / 2))
    return _on_link(
        period, "recent level", reason, np.full(len(period), recent.mean()), error, quantile, part.kind, per
    )


def _by_counts(
    part: MonthlySeries,
    period: pd.PeriodIndex,
    exposure_ahead: ArrayLike | None,
    level: Ints | None,
    per: float,
    confidence: float,
) -> Forecast:
    recent = part.between(max(len(part.y) - COUNT_MONTHS, 0), len(part.y))
    events, exposure = recent.counts()
    known = np.isfinite(recent.y)
    usual = float(exposure[known][-12:].mean())
    ahead = (
        np.full(len(period), usual)
        if exposure_ahead is None
        else np.broadcast_to(np.asarray(exposure_ahead, dtype=float), len(period))
    )
    if not events[known].sum() > 0:
        return _no_event(period, float(exposure[known].sum()), ahead, per, confidence)
    design, x, x_ahead = _count_design(recent, period)
    level = None if level is None or np.ptp(level[-len(x) :]) == 0 else level[-len(x) :]
    if level is not None:  # a new level in place of a trend; levels between the first and the newest are left out
        ends = known & ((level == level.min()) | (level == level.max()))
        known = ends if events[ends].sum() > 0 else known
        x[:, 1], x_ahead[:, 1] = (level == level.max()).astype(float), 1.0
    fit = fit_counts(events[known], x[known], exposure=exposure[known])
    kept = _clear_columns(recent, design, x, fit)
    if not kept.all():
        x, x_ahead = x[:, kept], x_ahead[:, kept]
        fit = fit_counts(events[known], x[known], exposure=exposure[known])
    shape = "no clear trend" if not kept[1] else "a trend that fades" if level is None else "a new level"
    low, high = _count_interval(fit, x_ahead, ahead, confidence)
    if kept[1] and level is None and recent.observed < SEASON_FROM:  # a rise that may be a season's, as in smoothing
        shape, x_ahead = "a rise that may be a season's", np.where(np.arange(x.shape[1]) == 1, x[-1], x_ahead)
        holding = _count_interval(fit, x_ahead, ahead, confidence)
        low, high = np.minimum(low, holding[0]), np.maximum(high, holding[1])
    reason = f"fewer than {MANY_EVENTS} events a month; " + shape
    return Forecast(period, np.exp(x_ahead @ fit.coefficients) * per, low * per, high * per, fit.method, reason)


def _clear_columns(part: MonthlySeries, design: MonthDesign, x: Floats, fit: CountFit) -> NDArray[np.bool_]:
    """(P,) the level, the trend where it is clear, the season where `decompose` would find one, the calendar where its
    coefficients together are beyond chance."""
    known = np.isfinite(part.y)
    waves = np.array([name.startswith(("sin", "cos")) for name in design.names])
    calendar = design.seasonal & ~waves
    kept = ~design.seasonal
    kept[1] = abs(fit.coefficients[1]) > CLEAR * np.sqrt(fit.covariance[1, 1])
    if waves.any():
        noise, _ = regression_noise_quantiles(x[known], design.seasonal, ~design.seasonal)
        season, rest = x[:, waves] @ fit.coefficients[waves], part.y - x @ fit.coefficients
        kept[waves] = strength(season, rest) > noise
    if calendar.any():
        terms, inverse = fit.coefficients[calendar], np.linalg.pinv(fit.covariance[np.ix_(calendar, calendar)])
        wald = max(float(terms @ inverse @ terms), 0.0) / terms.size
        kept[calendar] = special.fdtrc(terms.size, max(known.sum() - len(kept), 1), wald) < 1 - CONFIDENCE
    return kept


def _levels(part: MonthlySeries, new_levels: Sequence[pd.Period]) -> Ints | None:
    """(T,) the number of each month's level; None without a new one, or with too few months of one."""
    inside = sorted(month for month in set(new_levels) if part.months[0] < month <= part.months[-1])
    level = np.searchsorted(np.array([month.ordinal for month in inside]), part.months.asi8, side="right")
    observed = np.bincount(level[np.isfinite(part.y)], minlength=len(inside) + 1)
    return level if inside and observed.min() >= OF_A_LEVEL else None


def _on_new_level(y: Floats, level: Ints | None) -> tuple[Floats, float]:
    """The months of earlier levels moved onto the newest one, and the standard error of the newest level's mean."""
    if level is None:
        return y, 0.0
    moved, newest = y.copy(), y[level == level.max()]
    newest = newest[np.isfinite(newest)]
    spread = [newest.var(ddof=1)]
    for each in range(int(level.max())):
        own = y[level == each]
        own = own[np.isfinite(own)][-12:]
        moved[level == each] += newest.mean() - own.mean()
        spread.append(own.var(ddof=1))
    return moved, float(np.sqrt(np.mean(spread) / newest.size))


def _count_design(part: MonthlySeries, period: pd.PeriodIndex) -> tuple[MonthDesign, Floats, Floats]:
    """Level, trend (fading after the last month), season from 24 months, calendar; for the months given and those
    ahead."""
    seasonal = part.observed >= SEASON_FROM
    together = months_ahead(part.months, len(period))
    design = month_design(
        together, pairs=fourier_pairs(part.observed), regressors=part.regressors if seasonal else None
    )
    columns, size = design.columns.copy(), len(part.months)
    place = np.arange(len(together), dtype=float)
    place[size:] = size - 1 + np.cumsum(DAMPING ** np.arange(1, len(period) + 1))
    columns[:, 1] = (place - place[:size].mean()) / max(size - 1, 1)
    return design, columns[:size], columns[size:]


def _count_interval(fit: CountFit, x: Floats, exposure: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Where the rate of each month ahead will lie: coefficients drawn from their errors, then counts drawn around
    their mean."""
    rng = np.random.default_rng(SEED)
    drawn = rng.multivariate_normal(fit.coefficients, fit.covariance, size=DRAWS, method="eigh")
    mean = np.exp(np.clip(drawn @ x.T, -30, 30)) * exposure
    clumps = fit.alpha * mean if fit.alpha > 0 else np.full_like(mean, max(fit.dispersion - 1, 0.0))
    spread = np.maximum(clumps, 1e-9)
    counts = rng.poisson(np.where(clumps > 1e-9, rng.gamma(np.maximum(mean / spread, 1e-12), spread), mean))
    tail = (1 - confidence) / 2
    low, high = np.quantile(counts / exposure, [tail, 1 - tail], axis=0)
    return low, high


def _no_event(period: pd.PeriodIndex, seen: float, ahead: Floats, per: float, confidence: float) -> Forecast:
    """After no event in all the exposure seen: 0, up to the count that a rate still compatible with that would reach
    by chance."""
    tail = (1 - confidence) / 2
    highest = -np.log(tail) / seen * ahead
    count = np.ceil(special.pdtrik(1 - tail, highest))
    return Forecast(
        period, np.zeros(len(period)), np.zeros(len(period)), count / ahead * per, "poisson", "no event in any month"
    )


def _on_link(
    period: pd.PeriodIndex,
    method: str,
    reason: str,
    centre: Floats,
    error: Floats,
    quantile: float,
    kind: str,
    per: float,
) -> Forecast:
    value, low, high = (from_link(centre + side * quantile * error, kind) * per for side in (0.0, -1.0, 1.0))
    return Forecast(period, value, low, high, method, reason)


def _none(period: pd.PeriodIndex, reason: str) -> Forecast:
    nothing = np.full(len(period), np.nan)
    return Forecast(period, nothing, nothing, nothing, "none", reason)
