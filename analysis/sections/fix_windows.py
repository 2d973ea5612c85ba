"""The whole curve of the first-time fix: how the rate falls with the window in which the fault must not come back."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences
from analysis.presentation.charts import chart_window
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_size, tell_span, tell_value
from analysis.sections.passing import in_passing
from analysis.sections.wording import said
from analysis.statistics.intervals import wilson

if TYPE_CHECKING:
    from analysis.report import Report

CARRIER, CURVE, RATE = "trouble_free_days_90d", "first_time_fix", "first_time_fix_rate"
LONGEST = 90
WINDOWS = (0.0, 7.0, 14.0, 30.0, 60.0, 90.0)
LEAST_MONTHS, MONTHS_JUDGED = 12, 24
PERIODS_A_YEAR = {"month": 12, "quarter": 4, "year": 1}


def fix_windows(report: "Report") -> Block:
    """A section with the share of repairs on site that hold, by days since completion, of the newest twelve months of
    which every order has been watched for 90 days.
    """
    missing = report.lacks("window", *report.run.missing.get(CARRIER, []))
    card = report.catalogue[RATE]
    title = both("First-time fix by length of the window")
    if missing is not None:
        return missing
    curve = pooled_curve(report)
    if curve.empty or curve["n"].iloc[0] < card.minimum_n:
        reason = both("The whole curve needs at least {n} repairs watched for 90 days.", n=str(card.minimum_n))
        return Note(title, reason, languages=report.languages)
    by_day = curve.set_index("time")["value"]
    headline = both(
        "{first} are done in one visit; {month} still hold after 30 days, {season} after 90",
        first=tell_value(by_day[0], "%"),
        month=tell_value(by_day[30], "%"),
        season=tell_value(by_day[LONGEST], "%"),
    )
    figure = chart_window(
        curve,
        title=headline,
        windows=WINDOWS,
        name="fix-windows",
        description=card.definition,
        languages=report.languages,
    )
    first, last = curve.attrs["months"]
    about = both(
        "Share fixed at the first visit and not back with the same fault, by days since completion; completed {span} ·"
        " {unit} · n = {n}",
        span=tell_span(first, last),
        unit=report.unit_name,
        n=tell_count(curve["n"].iloc[0]),
    )
    flattery = both(
        "A window of 7 days would claim {value}, {more} more than 30 days; only orders whose 90 days have passed are"
        " drawn.",
        value=tell_value(by_day[7], "%"),
        more=tell_size(by_day[7] - by_day[30], "%"),
    )
    parts = (figure, Sentences(said(flattery, *_came_back(report)), languages=report.languages))
    return report.section(headline=headline, subtitle=about, parts=parts)


def pooled_curve(report: "Report") -> pd.DataFrame:
    """time (days), value, low, high (per cent), n: the newest year's months whose orders were all watched for 90 days,
    added up by their orders. Within those months nothing is censored, so that the sum is a plain share. The months'
    span stands in `.attrs["months"]`; empty where there is none.
    """
    here = {"business_unit": report.business_unit}
    curves = report.run.rows("curves", metric=CURVE, **here)
    counts = report.run.rows("measurements", metric=CARRIER, breakdown="", grain=report.run.grain, **here)
    counts = counts[counts["n"] > 0].sort_values("period_start")
    latest = report.run.store.cutoff - pd.Timedelta(days=LONGEST)
    ended = [pd.Period(period.replace("-Q", "Q")).end_time <= latest for period in counts["period"]]
    counts = counts[np.array(ended, dtype=bool)].tail(PERIODS_A_YEAR[report.run.grain])
    rows = curves.merge(counts[["period", "n"]], on="period") if len(curves) else curves
    if rows.empty or rows["survival"].isna().all():
        return pd.DataFrame(columns=["time", "value", "low", "high", "n"])
    held = rows.assign(held=rows["survival"] * rows["n"]).groupby("time", as_index=False)[["held", "n"]].sum()
    told = wilson(held["held"], held["n"])
    curve = held.assign(value=100 * told.value, low=100 * told.low, high=100 * told.high)
    curve.attrs["months"] = (rows["period"].min(), rows["period"].max())
    return curve[["time", "value", "low", "high", "n"]]


def _came_back(report: "Report") -> tuple[Text, ...]:
    """What came back, in three figures: same fault, any fault, reopened."""
    return said(*(in_passing(report, metric, dated=True) for metric in ("repeat_repair_rate_30d", "reopen_rate")))


def spread_of_months(series: pd.DataFrame, *, minimum_n: int) -> tuple[float, float, int] | None:
    """How far the months of a share lie apart (standard deviation, in points), how far chance alone would put them, and
    how many they are; None below a year of months with enough records to judge.

    Source: chance alone is the binomial spread at the pooled share (Spiegelhalter 2005).
    """
    rows = series[series["mature"].astype(bool) & series["value"].notna() & (series["denominator"] > 0)]
    rows = rows.tail(MONTHS_JUDGED)
    if len(rows) < LEAST_MONTHS or rows["denominator"].median() < minimum_n:
        return None
    share = rows["numerator"].sum() / rows["denominator"].sum()
    sampling = np.sqrt(share * (1 - share) * (1 / rows["denominator"]).mean())
    return float(rows["value"].std(ddof=1)), float(100 * sampling), len(rows)
