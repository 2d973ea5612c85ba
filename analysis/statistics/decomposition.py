"""What of a monthly series is trend, what season and calendar, and what remains: for pictures, with the method that
its length warrants.

Rules of length: below 24 months a trend only; 24 to 35 (or with many gaps) regression on one Fourier pair; from 36
STL with a periodic season; from 60 one that may drift. Rates and counts: Poisson or negative-binomial regression at
any length from 24. Every answer says which method and why. Refuses repeated months and other than monthly periods.
Months are judged by the signals, which fit season and effects together (signals/season.py).
Sources: Cleveland et al. 1990; Wang, Smith & Hyndman 2006; Theil 1950 / Sen 1968.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.batch_regression import fit_penalised
from analysis.statistics.count_model import fit_counts
from analysis.statistics.link_scale import Kind, exact_link, from_link, shift
from analysis.statistics.month_design import SEASON_FROM, MonthDesign, fourier_pairs, month_design
from analysis.statistics.monthly_series import MonthlySeries, monthly_series
from analysis.statistics.stl import MINIMUM_MONTHS, YEAR, fit_stl_with_gaps
from analysis.statistics.strength import regression_noise_quantiles, stl_noise_quantiles, strength
from analysis.statistics.trend_lines import bending_trend, theil_sen

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TREND_FROM = 6  # observed months for a line
EVOLVING_FROM = 60
EVOLVING_WINDOW = 13
PROVISIONAL = 6  # last months of a trend that later months will still revise
MOST_GAPS = 0.15  # share of missing months up to which filling them for STL is fair


@dataclass(frozen=True)
class Decomposition:
    """A monthly series and its parts; all series share one full monthly index.

    method : none, trend only, regression, stl periodic, stl evolving, poisson, quasi-poisson or negative binomial.
    reason : why this one.
    scale : what `seasonal`, `calendar` and `remainder` are: "factor" (observed = trend × seasonal × calendar ×
        remainder) or "difference".
    observed, trend, adjusted : in the unit of the metric (for durations the trend of a median is a median).
    filled : missing months that were filled for the fit. outlying : months kept from shaping trend and season.
        provisional : the last six months of trend. seasonal_by_month : month 1 … 12 → its effect, the current one
            where the season drifts; NaN without a season.
    seasonal_strength, trend_strength : 0 … 1, beside what chance alone reaches in one case of twenty at this length;
        *_found : above that.
    """

    method: str
    reason: str
    scale: str
    observed: pd.Series
    trend: pd.Series
    seasonal: pd.Series
    calendar: pd.Series
    remainder: pd.Series
    adjusted: pd.Series
    filled: pd.Series
    outlying: pd.Series
    provisional: pd.Series
    seasonal_by_month: pd.Series
    seasonal_strength: float
    seasonal_noise_q95: float
    seasonal_found: bool
    trend_strength: float
    trend_noise_q95: float
    trend_found: bool


@dataclass(frozen=True)
class _Parts:
    """The parts on the link scale, over the months from the first to the last observed one."""

    method: str
    reason: str
    trend: Floats
    seasonal: Floats
    calendar: Floats
    outlying: Flags
    noise: tuple[float, float]


def decompose(
    series: pd.Series,
    *,
    kind: Kind,
    events: ArrayLike | pd.Series | None = None,
    exposure: ArrayLike | pd.Series | None = None,
    regressors: pd.DataFrame | None = None,
    per: float = 1.0,
) -> Decomposition:
    """Split a monthly series into trend, season, calendar and remainder.

    Parameters
    ----------
    series : values in the unit of the metric on a monthly PeriodIndex, in any order; absent and NaN months are
        missing, never 0.
    kind : duration, share, rate, count or level, as in `link_scale`.
    events, exposure : numerators and denominators, in the order of `series` or indexed like it; needed for rates,
        wished for shares.
    regressors : calendar terms on a monthly PeriodIndex (`calendar_regressors`).
    per : 100 for a share in per cent, 1000 for a rate per 1,000.

    Raises ValueError for repeated months, another frequency, figures that the kind cannot have, a rate of 0 without
    events and exposure.
    """
    given = monthly_series(series, kind=kind, events=events, exposure=exposure, regressors=regressors, per=per)
    part = given.without_ends()
    return _assemble(given, part, _choose(part), per)


def _choose(part: MonthlySeries) -> _Parts:
    nothing = np.zeros(len(part.y))
    quiet = np.zeros(len(part.y), dtype=bool)
    if part.observed < TREND_FROM:
        return _Parts(
            "none", f"only {part.observed} months observed", nothing * np.nan, nothing, nothing, quiet, (np.nan, np.nan)
        )
    constant = part.constant()
    if constant is not None:
        reason = "no event in any month" if part.kind in ("rate", "count") and constant == 0 else "no variation"
        return _Parts(
            "none", reason, nothing + exact_link(constant, part.kind), nothing, nothing, quiet, (np.nan, np.nan)
        )
    if part.observed < SEASON_FROM:
        reason = f"{part.observed} months observed, a season needs {SEASON_FROM}"
        return _Parts("trend only", reason, theil_sen(part.y), nothing, nothing, quiet, (np.nan, np.nan))
    if part.kind in ("rate", "count") and part.counted:
        return _by_counts(part)
    gaps = 1 - part.observed / len(part.y)
    if len(part.y) < MINIMUM_MONTHS:
        return _by_regression(part, f"{len(part.y)} months, STL needs {MINIMUM_MONTHS}")
    if gaps > MOST_GAPS:
        return _by_regression(part, f"{gaps:.0%} of the months are missing, too many to fill for STL")
    return _by_stl(part)


def _by_stl(part: MonthlySeries) -> _Parts:
    window = EVOLVING_WINDOW if part.observed >= EVOLVING_FROM else None
    calendar = _calendar_effect(part)
    found = fit_stl_with_gaps(part.y - calendar, window=window)
    level = found.seasonal[-YEAR:].mean()  # of the newest whole year: what is drawn is what is told by month
    method = "stl periodic" if window is None else "stl evolving"
    reason = f"{len(part.y)} months: " + ("one season for all years" if window is None else "a season that may drift")
    noise = stl_noise_quantiles(len(part.y), window)
    return _Parts(method, reason, found.trend + level, found.seasonal - level, calendar, found.outlying, noise)


def _by_regression(part: MonthlySeries, reason: str) -> _Parts:
    design, trend = _full_design(part)
    x = design.columns
    known = np.isfinite(part.y)
    base = np.where(known, 1.0, 0.0)[None]
    fit = fit_penalised(np.where(known, part.y, 0.0)[None], base, x, shrunk=design.seasonal, link="identity", floor=0.0)
    return _from_coefficients("regression", reason, fit.coefficients[0], design, trend, known)


def _by_counts(part: MonthlySeries) -> _Parts:
    events, exposure = part.counts()
    design, trend = _full_design(part)
    known = np.isfinite(part.y)
    fit = fit_counts(events[known], design.columns[known], exposure=exposure[known])
    reason = f"counts with exposure, variance {fit.dispersion:.1f} times that of Poisson"
    return _from_coefficients(fit.method, reason, fit.coefficients, design, trend, known)


def _from_coefficients(
    method: str, reason: str, beta: Floats, design: MonthDesign, trend: Flags, known: Flags
) -> _Parts:
    fourier = np.array([name.startswith(("sin", "cos")) for name in design.names])
    calendar = design.seasonal & ~fourier
    x = design.columns
    noise = regression_noise_quantiles(x[known], design.seasonal, trend)
    quiet = np.zeros(len(x), dtype=bool)
    line, season, terms = (x[:, columns] @ beta[columns] for columns in (trend, fourier, calendar))
    return _Parts(method, reason, line, season, terms, quiet, noise)


def _full_design(part: MonthlySeries) -> tuple[MonthDesign, Flags]:
    """Level, a trend that may bend once a year, season and calendar; and which columns are the trend (with the
    level)."""
    plain = month_design(part.months, pairs=fourier_pairs(part.observed), regressors=part.regressors)
    bends = bending_trend(len(part.months))
    columns = np.column_stack([plain.columns[:, :1], bends, plain.columns[:, 2:]])
    names = ("level", *(f"trend{place}" for place in range(bends.shape[1])), *plain.names[2:])
    seasonal = np.r_[np.zeros(1 + bends.shape[1], dtype=bool), np.ones(len(names) - 1 - bends.shape[1], dtype=bool)]
    return MonthDesign(columns, seasonal, names), ~seasonal


def _calendar_effect(part: MonthlySeries) -> Floats:
    """The calendar's part of y from a penalised regression beside trend and season; 0 without regressors."""
    design, _ = _full_design(part)
    calendar = design.seasonal & ~np.array([name.startswith(("sin", "cos")) for name in design.names])
    if not calendar.any():
        return np.zeros(len(part.y))
    known = np.isfinite(part.y)
    response, base = np.where(known, part.y, 0.0)[None], np.where(known, 1.0, 0.0)[None]
    fit = fit_penalised(response, base, design.columns, shrunk=design.seasonal, link="identity", floor=0.0)
    return np.asarray(design.columns[:, calendar] @ fit.coefficients[0][calendar])


def _assemble(given: MonthlySeries, part: MonthlySeries, parts: _Parts, per: float) -> Decomposition:
    season = parts.seasonal + parts.calendar
    fitted = from_link(parts.trend + season, part.kind)
    factor = part.kind in ("duration", "rate", "count")
    remainder = part.values / np.where(fitted > 0, fitted, np.nan) if factor else (part.values - fitted) * per
    link_remainder = part.y - parts.trend - season
    level = float(np.mean(parts.trend)) if np.isfinite(parts.trend).all() and len(part.y) else 0.0

    def effect(link: Floats) -> Floats:
        if factor:
            return np.exp(link)
        return (from_link(level + link, part.kind) - from_link(np.full(len(link), level), part.kind)) * per

    def spread(values: Floats) -> pd.Series:
        return pd.Series(values, index=part.months).reindex(given.months)

    def flags(marked: Flags) -> pd.Series:
        return pd.Series(marked, index=part.months).reindex(given.months, fill_value=False).astype(bool)

    has_season = parts.method not in ("none", "trend only")
    seasonal_strength = strength(parts.seasonal, link_remainder) if has_season else 0.0
    trend_strength = strength(parts.trend, link_remainder) if has_season else 0.0
    by_month = _by_month(parts.seasonal, part.months) if has_season else np.full(12, np.nan)
    return Decomposition(
        method=parts.method,
        reason=parts.reason,
        scale="factor" if factor else "difference",
        observed=pd.Series(given.values * per, index=given.months),
        trend=spread(from_link(parts.trend, part.kind) * per),
        seasonal=spread(effect(parts.seasonal)),
        calendar=spread(effect(parts.calendar)),
        remainder=spread(remainder),
        adjusted=spread(shift(part.values, -season, part.kind) * per),
        filled=flags(~np.isfinite(part.y) & parts.method.startswith("stl")),
        outlying=flags(parts.outlying),
        provisional=flags(np.arange(len(part.y)) >= len(part.y) - PROVISIONAL),
        seasonal_by_month=pd.Series(effect(by_month), index=pd.RangeIndex(1, 13, name="month")),
        seasonal_strength=seasonal_strength,
        seasonal_noise_q95=parts.noise[0],
        seasonal_found=bool(seasonal_strength > parts.noise[0]),
        trend_strength=trend_strength,
        trend_noise_q95=parts.noise[1],
        trend_found=bool(trend_strength > parts.noise[1]),
    )


def _by_month(seasonal: Floats, months: pd.PeriodIndex) -> Floats:
    """The season of the last twelve months, which need not average to nothing: centred here."""
    last = pd.Series(seasonal, index=months.month).iloc[-12:].reindex(range(1, 13)).to_numpy(dtype=float)
    return last - np.nanmean(last)
