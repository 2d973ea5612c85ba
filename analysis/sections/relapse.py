"""Whether a repair cures: how many units come back with the same fault, how often nothing is found, and how long known
quality issues stay open.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences
from analysis.presentation.charts import chart_rising
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_interval, tell_period, tell_value
from analysis.sections.enough import can_name
from analysis.sections.passing import in_passing
from analysis.sections.wording import said
from analysis.statistics.intervals import wilson
from analysis.statistics.survival import kaplan_meier

if TYPE_CHECKING:
    from analysis.report import Report

CURVE = "same_fault_recurrence_by_days"
NOTHING_FOUND = "no_fault_found_rate"
SHOWN = 90.0
FEWEST_ISSUES = 5
DAY = 86_400.0  # seconds
FIRST_PART = 1 / 3  # of the time watched


def relapse(report: "Report") -> Block:
    """A section with the share of repairs that came back with the same fault by days since the repair."""
    missing = report.lacks("same fault again", *report.run.missing.get(CURVE, []))
    row = report.kpi(CURVE)
    rows = report.segments(CURVE, "days")
    rows = rows[rows["period"] == report.period]
    if missing is not None or row is None or is_missing(row["value"]) or len(rows) < 2:
        return missing or Note.empty(report.catalogue[CURVE].name, languages=report.languages)
    value, interval = tell_value(row["value"], "%"), tell_interval(row["low"], row["high"], "%")
    headline = both(
        "{value} of the repairs come back with the same fault within 90 days ({interval})",
        value=value,
        interval=interval,
    )
    if row["n"] < report.catalogue[CURVE].minimum_n:
        headline = both("Too few repairs to say how many come back with the same fault: {n}", n=tell_count(row["n"]))
    about = both(
        "Repairs of the twelve months to {period} reported again with the same fault on the same unit, by days "
        "since the repair · {unit} · n = {n}",
        period=tell_period(report.period),
        unit=report.unit_name,
        n=tell_count(row["n"]),
    )
    curve = rows.assign(time=rows["segment"].astype(str).astype(float))[["time", "value", "low", "high"]]
    figure = chart_rising(
        curve,
        title=headline,
        unit="%",
        time_unit="d",
        mark=SHOWN,
        since=both("days since the repair"),
        name="relapse",
        description=about,
        languages=report.languages,
    )
    lines = said(_half(curve, float(row["n"])), in_passing(report, NOTHING_FOUND), _issues(report))
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _half(curve: pd.DataFrame, watched: float) -> Text | None:
    """By when half of those that come back within the watched time have done so, and what that says: many soon after
    the repair point to it, but only more than an even spread over the time would bring there by chance.

    Parameters
    ----------
    watched : how many repairs the curve is of
    """
    last, end = curve["value"].iloc[-1], float(curve["time"].iloc[-1])
    if not last > 0:
        return None
    times, values = np.r_[0.0, curve["time"]], np.r_[0.0, curve["value"]]
    half = float(np.interp(last / 2, values, times))
    back = round(watched * last / 100)
    soon = wilson([back * float(np.interp(end * FIRST_PART, times, values)) / last], [back])
    told: dict[str, Text | str] = {"end": str(int(end)), "half": str(round(half)), "n": tell_count(back)}
    if soon.low[0] > FIRST_PART:
        return both(
            "Half of the {n} that come back within {end} days do so within {half} days, which points to the repair "
            "rather than to age.",
            **told,
        )
    if not can_name(back):
        return both(
            "Half of the {n} that come back within {end} days do so within {half} days; so few could be spread like "
            "that by chance.",
            **told,
        )
    return both(
        "They come back spread over the whole time, half of the {n} within {half} days, which points to chance and age "
        "rather than to the repair.",
        **told,
    )


def _issues(report: "Report") -> Text | None:
    """How long quality issues stay open, open ones counted as open."""
    if not report.run.store.has("quality_issues"):
        return None
    issues = report.records("quality_issues", ["opened_at", "closed_at"]).dropna(subset=["opened_at"])
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    issues = issues[issues["opened_at"] <= end]
    if len(issues) < FEWEST_ISSUES:
        return None
    closed = (issues["closed_at"] <= end).to_numpy()
    until = issues["closed_at"].where(closed, end)
    fitted = kaplan_meier((until - issues["opened_at"]).to_numpy("timedelta64[s]").astype(float) / DAY, closed)
    median = fitted.quantile(0.5)
    value, low, high = (float(part[0]) for part in (median.value, median.low, median.high))
    still = int((~closed).sum())
    if is_missing(value):
        return both(
            "Quality issues: {open} of {n} are still open, too many to give a median.",
            open=str(still),
            n=str(len(issues)),
        )
    said_so = (
        tell_value(value, "d")
        if is_missing(low) or is_missing(high)
        else both("{value} ({interval})", value=tell_value(value, "d"), interval=tell_interval(low, high, "d"))
    )
    if not still:
        return both(
            "Half of the quality issues were closed within {value}; all {n} are closed.",
            value=said_so,
            n=str(len(issues)),
        )
    return both(
        "Half of the quality issues are closed within {value}; {open} of {n} are open.",
        value=said_so,
        open=str(still),
        n=str(len(issues)),
    )
