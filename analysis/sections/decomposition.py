"""What of a metric is trend, what season, what chance, and what comes next: decomposition and forecast, with an
honest "cannot be told".
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.presentation.blocks import Block, Note, Sentences
from analysis.presentation.charts import chart_decomposition, chart_forecast
from analysis.presentation.formatting import common_decimals, month_name
from analysis.presentation.language import Text, both, each, join
from analysis.presentation.telling import (
    tell_change,
    tell_ends_of_change,
    tell_interval,
    tell_move,
    tell_period,
    tell_value,
)
from analysis.sections.new_level import lags_behind, new_levels, new_year
from analysis.sections.pooling import family
from analysis.sections.trend import subtitle
from analysis.sections.withheld import note_of_none
from analysis.sections.wording import said, say_difference
from analysis.sections.yearly import Moved
from analysis.statistics.calendar_effects import calendar_regressors
from analysis.statistics.decomposition import Decomposition, decompose
from analysis.statistics.forecasting import Forecast, forecast
from analysis.statistics.link_scale import Kind

if TYPE_CHECKING:
    from analysis.report import Report

HORIZON = 3
MONTHS_NEEDED, MONTHS_FOR_A_TREND = 24, 2
HARDLY = 0.01  # of the level: a trend that small over a year is no news, however sure
NO_SEASON = ("none", "trend only")
SIGNED = ("score", "points", "pp", "%")
"""Units whose months are taken apart as they are: a score's or a balance's season is a difference, not a factor."""


def decomposition(report: "Report", metric: str) -> Block:
    """A section with the parts of the series and its forecast for the next three months.

    Parameters
    ----------
    report : the report in hand
    metric : an id of the catalogue; only months whose follow-up has passed take part
    """
    missing = report.lacks(metric, *report.run.missing.get(metric, []))
    months = report.series(metric)
    rows = months[months["mature"].astype(bool) & months["value"].notna()]
    card = report.catalogue[metric]
    if missing is not None or rows.empty:
        return missing or note_of_none(report, metric, card.name)
    parts, year = decompose_rows(report, rows, card), new_year(report, card)
    ahead, started = forecast_rows(report, rows, card, year=year)
    headline = _headline(parts, card, year)
    figures: tuple[Block, Block] = (
        Note(headline, both("Too few months for a trend."), languages=report.languages)
        if parts.trend.notna().sum() < MONTHS_FOR_A_TREND
        else chart_decomposition(
            _drawn(parts, reasons=months.set_index("period").get("reason")),
            scale=parts.scale,
            title=headline,
            unit=card.unit,
            name=f"{metric}-parts",
            description=join(said(_method(parts), _strength(parts)), {"en": " ", "zh": ""}),
            languages=report.languages,
        ),
        _forecast_figure(report, rows, ahead, card),
    )
    sentences = said(_season(parts, card), _calendar(parts), _ahead(ahead, card, year if started else None))
    return report.section(
        headline=headline,
        subtitle=subtitle(report, metric, rows),
        parts=(*figures, Sentences(sentences, languages=report.languages)),
    )


def decompose_rows(report: "Report", rows: pd.DataFrame, card: MetricCard) -> Decomposition:
    """The decomposition of measured months, with the company's calendar where there is one."""
    months = pd.PeriodIndex(rows["period"], freq="M")
    series = pd.Series(rows["value"].to_numpy(float), index=months)
    return decompose(
        series, kind=_kind(rows, card), regressors=_regressors(report, months), per=_per(card), **_counts(rows, card)
    )


def forecast_rows(
    report: "Report", rows: pd.DataFrame, card: MetricCard, *, year: Moved | None = None
) -> tuple[Forecast, bool]:
    """The next months of the metric with their intervals, or the reason why none can be given; and whether the forecast
    had to be started on the level of the last `year`, which it would else have left behind.
    """
    months = pd.PeriodIndex(rows["period"], freq="M")
    series = pd.Series(rows["value"].to_numpy(float), index=months)
    ahead = pd.period_range(months.min(), months.max() + HORIZON, freq="M")
    known: dict[str, Any] = {"horizon": HORIZON, "kind": _kind(rows, card), "per": _per(card), **_counts(rows, card)}
    known["regressors"] = _regressors(report, ahead)
    found = forecast(series, new_levels=new_levels(report, card), **known)
    if year is None or not lags_behind(found, year):
        return found, False
    return forecast(series, new_levels=[year.since], **known), True


def _kind(rows: pd.DataFrame, card: MetricCard) -> Kind:
    """What the months are to the statistics: a share, events per exposure, a positive size (time, money) or a level."""
    if card.kind in ("count", "snapshot"):
        return "count"
    kind = family(rows, card)
    if kind != "mean":
        return "rate" if card.unit not in ("%", "d", "h") and kind == "share" else kind
    sizes = card.unit not in SIGNED and bool((rows["value"].dropna() > 0).all())
    return "duration" if sizes else "level"


def _per(card: MetricCard) -> float:
    return scale_of(card.unit, getattr(card.how, "times", 1.0))


def _counts(rows: pd.DataFrame, card: MetricCard) -> dict[str, Any]:
    if _kind(rows, card) not in ("rate", "share") or rows[["numerator", "denominator"]].isna().any().any():
        return {}
    return {"events": rows["numerator"].to_numpy(float), "exposure": rows["denominator"].to_numpy(float)}


def _regressors(report: "Report", months: pd.PeriodIndex) -> pd.DataFrame | None:
    if not report.run.store.has("calendar"):
        return None
    calendar = report.run.store.records("calendar", "all")
    known = pd.PeriodIndex(pd.to_datetime(calendar["date"]), freq="M").unique()
    return calendar_regressors(calendar, months) if months.isin(known).all() else None


def _headline(parts: Decomposition, card: MetricCard, year: Moved | None = None) -> Text:
    if parts.method in NO_SEASON and _observed(parts) >= MONTHS_NEEDED:
        return both("Every month much the same: there is nothing to take apart")
    if parts.method in NO_SEASON:
        return both(
            "Season and chance cannot be told apart yet: {n} of the 24 months that it needs", n=str(_observed(parts))
        )
    change, low = _yearly_change(parts)
    trend = both("no trend beyond chance")
    if year is not None:
        trend = both(
            "no steady trend, but the last 12 months together lie {change} ({interval}) from the 12 before",
            change=tell_move(
                say_difference(year.change, card.unit, common_decimals([year.change, year.low, year.high]))
            ),
            interval=tell_ends_of_change(year.low, year.high, card.unit),
        )
    if parts.trend_found and low is not None and abs(change) < HARDLY:
        trend = both("the level of the last 12 months hardly moved")
    elif parts.trend_found and low is not None:
        trend = both("trend {change} over the last 12 months", change=tell_move(_tell_trend(change, low, card)))
    if not parts.seasonal_found:
        return both("No season beyond chance; {trend}", trend=trend)
    return both("Season peaks in {month}; {trend}", month=_month(_peak(parts)), trend=trend)


def _tell_trend(change: float, level: float, card: MetricCard) -> Text:
    """The trend's change from its level of a year before: of a share in points, since per cent of per cent misleads."""
    return tell_change(change * level, "%") if card.unit == "%" else tell_change(change, card.unit, relative=True)


def _peak(parts: Decomposition) -> int:
    by_month = parts.seasonal_by_month
    return int(by_month.index[int(by_month.argmax())])


def _drawn(parts: Decomposition, *, reasons: pd.Series | None = None) -> pd.DataFrame:
    """Observed, trend, season and, apart from it, the calendar, as the chart shows them: the headline names the month
    in which the season's column is highest. `reasons` by month: why one was not observed."""
    frame = pd.DataFrame({"observed": parts.observed, "trend": parts.trend, "provisional": parts.provisional})
    frame = frame if parts.method in NO_SEASON else frame.assign(seasonal=parts.seasonal)
    neutral = 1.0 if parts.scale == "factor" else 0.0
    moved = parts.method not in NO_SEASON and bool((parts.calendar.dropna() != neutral).any())
    frame = frame.assign(calendar=parts.calendar) if moved else frame
    told = frame.rename_axis("period").reset_index().assign(period=lambda drawn: drawn["period"].astype(str))
    return told if reasons is None else told.assign(reason=told["period"].map(reasons))


def _yearly_change(parts: Decomposition) -> tuple[float, float | None]:
    trend = parts.trend.dropna()
    if len(trend) < 13 or trend.iloc[-13] == 0:
        return np.nan, None
    return trend.iloc[-1] / trend.iloc[-13] - 1, trend.iloc[-13]


def _season(parts: Decomposition, card: MetricCard) -> Text | None:
    if not parts.seasonal_found:
        return (
            both(
                "The ups and downs of the calendar months are no larger than chance would make them; "
                "they are not read as a season."
            )
            if parts.method not in NO_SEASON
            else None
        )
    by_month = parts.seasonal_by_month
    top, bottom = _peak(parts), int(by_month.index[int(by_month.argmin())])
    if parts.scale == "factor":
        high, low = (
            tell_change(by_month[top] - 1, card.unit, relative=True),
            tell_change(by_month[bottom] - 1, card.unit, relative=True),
        )
    else:
        high, low = tell_change(by_month[top], card.unit), tell_change(by_month[bottom], card.unit)
    return both(
        "In a usual year {top} stands {high} and {bottom} {low} against the trend: that is season, not performance.",
        top=_month(top),
        high=high,
        bottom=_month(bottom),
        low=low,
    )


def _strength(parts: Decomposition) -> Text | None:
    if parts.method in NO_SEASON:
        return None
    return both(
        "Seasonal strength {strength}; pure chance reaches {noise} in one case of twenty. The "
        "last six months of the trend are provisional.",
        strength=tell_value(round(parts.seasonal_strength, 2), "ratio"),
        noise=tell_value(round(parts.seasonal_noise_q95, 2), "ratio"),
    )


def _calendar(parts: Decomposition) -> Text | None:
    effect = parts.calendar.dropna()
    neutral = 1.0 if parts.scale == "factor" else 0.0
    if effect.empty or (effect - neutral).abs().max() < 0.02:
        return None
    at = (effect - neutral).abs().idxmax()
    if not parts.seasonal_found:  # of months that differ by chance none "mattered most"
        return both("Working days and the moving Spring Festival are taken out as well.")
    return both(
        "Working days and the moving Spring Festival are taken out apart from the season; "
        "they mattered most in {month}.",
        month=tell_period(str(at)),
    )


def _ahead(ahead: Forecast, card: MetricCard, year: Moved | None = None) -> Text | None:
    if np.isnan(ahead.value).all():
        return None
    first = ahead.period[0]
    if year is not None:
        return both(
            "Expected for {period}: {value} (95% interval {interval}), from the level of the last 12 months, which "
            "differs from that of the 12 before.",
            period=tell_period(str(first)),
            value=tell_value(ahead.value[0], card.unit),
            interval=tell_interval(ahead.low[0], ahead.high[0], card.unit),
        )
    return both(
        "Expected for {period}: {value} (95% interval {interval}).",
        period=tell_period(str(first)),
        value=tell_value(ahead.value[0], card.unit),
        interval=tell_interval(ahead.low[0], ahead.high[0], card.unit),
    )


def _forecast_figure(report: "Report", rows: pd.DataFrame, ahead: Forecast, card: MetricCard) -> Block:
    title = both("What comes next if nothing changes")
    if np.isnan(ahead.value).all():
        return Note(title, both("No forecast can be given: too few months are observed."), languages=report.languages)
    coming = pd.DataFrame(
        {"period": [str(period) for period in ahead.period], "value": ahead.value, "low": ahead.low, "high": ahead.high}
    )
    return chart_forecast(
        rows.tail(24),
        forecast=coming,
        title=title,
        unit=card.unit,
        name=f"{card.id}-forecast",
        description=card.definition,
        languages=report.languages,
    )


def _observed(parts: Decomposition) -> int:
    return int((parts.observed.notna() & ~parts.filled.astype(bool)).sum())


def _method(parts: Decomposition) -> Text:
    """How the parts were found, for readers of the chart's description."""
    said_by_method = {
        "none": both("No decomposition: too few months, or no variation."),
        "trend only": both("A robust straight trend (Theil–Sen); a season needs 24 months."),
        "regression": both("Regression on one yearly wave and the working calendar."),
        "stl periodic": both("STL (Cleveland et al. 1990) with one season for all years."),
        "stl evolving": both("STL (Cleveland et al. 1990) with a season that may drift."),
    }
    return said_by_method.get(
        parts.method,
        both(
            "Poisson regression of the counts on trend, yearly wave and working calendar, with the exposure as offset."
        ),
    )


def _month(number: int) -> Text:
    return each(lambda language: month_name(number, language))
