"""Whether people are at work on the days on which work comes in: orders per technician by day of the week.

Compares shares, so that the level does not matter. Names a day only when it lies beyond chance and beyond a tenth.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both
from analysis.presentation.naming import segment_name
from analysis.presentation.telling import tell_span, tell_value
from analysis.sections.segments import recent
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FEWEST_ORDERS = 200
Z95, Z_OF_SEVEN = 1.959964, 2.690110  # the latter: one in twenty over seven days
WORTH_NAMING = 0.1


def week(report: "Report") -> Block:
    """A section with the orders that come in per technician at work, by day of the week, over the last year."""
    title = both("Orders coming in per technician at work, by day of the week")
    missing = report.lacks("week", "technician_time", "work_orders.submitted_at")
    worked = recent(report.segments("technician_days_worked", "weekday"))
    if missing is not None or worked.empty:
        return missing or Note.empty(title, languages=report.languages)
    months = pd.PeriodIndex(worked["period"].unique(), freq="M")
    days = worked.groupby("segment")["value"].sum().reindex(DAYS).fillna(0.0)
    orders = _orders(report, months)
    if orders.sum() < FEWEST_ORDERS or days.sum() <= 0:
        reason = both("Too few orders to compare the days of the week: {n} of 200.", n=str(int(orders.sum())))
        return Note(title, reason, languages=report.languages)
    rows = _compared(orders, days)
    headline = capital(_headline(rows))
    figure = chart_intervals(
        rows.assign(label=text_column(capital(segment_name("weekday", day)) for day in rows["segment"])),
        title=headline,
        unit="ratio",
        reference=1.0,
        reference_label=both("average day"),
        log=True,
        name="week",
        description=title,
        languages=report.languages,
    )
    about = both(
        "{title} ÷ that of an average day, {span} · {unit_name}",
        title=title,
        span=tell_span(str(months.min()), str(months.max())),
        unit_name=report.unit_name,
    )
    idle = days[days == 0].index
    nobody = None
    if len(idle):
        nobody = both("Nobody is recorded at work on {n} days of the week; they are left out.", n=str(len(idle)))
    note = both(
        "An order that comes in on a quiet day is not always worked on that day: read it as pressure, not as delay."
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(said(nobody, note), languages=report.languages))
    )


def _orders(report: "Report", months: pd.PeriodIndex) -> pd.Series:
    """Orders submitted by day of the week in those months, tests and duplicates left out."""
    rows = report.records("work_orders", ["submitted_at", "is_test", "is_duplicate"])
    left_out = rows[["is_test", "is_duplicate"]].fillna(False).astype(bool).any(axis=1)
    at = rows.loc[~left_out, "submitted_at"].dropna()
    at = at[(at >= months.min().start_time) & (at <= months.max().end_time)]
    return at.dt.day_name().value_counts().reindex(DAYS).fillna(0.0)


def _compared(orders: pd.Series, days: pd.Series) -> pd.DataFrame:
    """Share of orders ÷ share of technician-days by day, with the interval of a ratio of two counts."""
    kept = days[(days > 0) & (orders > 0)].index
    value = (orders / orders[kept].sum())[kept] / (days / days[kept].sum())[kept]
    se = np.sqrt(1 / orders[kept] + 1 / days[kept])
    log = np.log(value.to_numpy(float))
    beyond = (np.abs(log) > Z_OF_SEVEN * se) & ((value - 1).abs() > WORTH_NAMING)
    tone = np.where(beyond, np.where(value > 1, "bad", "flat"), "ink")
    frame = pd.DataFrame({"value": value, "low": np.exp(log - Z95 * se), "high": np.exp(log + Z95 * se), "tone": tone})
    return frame.assign(beyond=beyond).rename_axis("segment").reset_index()


def _headline(rows: pd.DataFrame) -> Text:
    out = rows[rows["beyond"]]
    if out.empty:
        return both("On no day is work out of step with the people there, beyond chance")
    ranked = rows.sort_values("value").to_dict("records")
    least, most = ranked[0], ranked[-1]
    more = {"day": segment_name("weekday", most["segment"]), "more": tell_value(100 * (most["value"] - 1), "%")}
    less = {"other": segment_name("weekday", least["segment"]), "less": tell_value(100 * (1 - least["value"]), "%")}
    if not most["beyond"]:
        return both("On {other} {less} fewer orders per technician come in than on an average day", **less)
    if not least["beyond"]:
        return both("On {day} {more} more orders per technician come in than on an average day", **more)
    return both(
        "Orders coming in per technician: on {day} {more} more, on {other} {less} fewer than on an average day",
        **more,
        **less,
    )
