"""What an hour less in each stage would bring: re-computed on what happened, and called arithmetic."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.naming import stage_name
from analysis.presentation.telling import tell_count, tell_interval, tell_value
from analysis.sections.stages import STAGES
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

GAINS = ("hour_less_within_7d", "hour_less_within_3d", "hour_less_mean")
FELT = 0.5  # percentage points: below, the share within 3 days tells the stages apart better


def hour_less(report: "Report") -> Block:
    """A section on what an hour less in each stage would bring, re-computed: arithmetic, and called that."""
    missing = report.lacks("an hour less", *report.run.missing.get(GAINS[0], []))
    found = {metric: _by_stage(report, metric) for metric in GAINS}
    within = next((m for m in GAINS[:2] if found[m]["value"].max() >= FELT), _next_best(found))
    rows = found[within].sort_values("value", ascending=False)
    if missing is not None or rows.empty or not rows["value"].max() > 0:
        return missing or Note.empty(both("What an hour less in each stage would bring"), languages=report.languages)
    days, mean = report.catalogue[within].how.options["at"], within == GAINS[2]
    title = capital(_gain_headline(rows, None if mean else days))
    facts: dict[str, Text | str] = {"days": str(days), "unit": report.unit_name, "n": tell_count(rows["n"].max())}
    about = (
        both(
            "Hours by which the mean time within {days} days would fall, re-computed on the orders of twelve "
            "months · {unit} "
            "· n = {n}",
            **facts,
        )
        if mean
        else both(
            "Percentage points by which the share completed within {days} days would rise, re-computed on "
            "the orders of "
            "twelve months · {unit} · n = {n}",
            **facts,
        )
    )
    figure = chart_intervals(
        rows.assign(label=text_column(capital(stage_name(stage)) for stage in rows["segment"])),
        title=title,
        unit="h" if mean else "pp",
        name="hour-less",
        description=report.catalogue[within].definition,
        table=_gain_table(report, found),
        languages=report.languages,
    )
    caution = both(
        "Arithmetic on what happened, not a promise: the hour saved may be waited for in the next stage, and "
        "a shorter queue "
        "may save more than the hour."
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(figure, Sentences(said(_all_stages(report), caution), languages=report.languages)),
    )


def _by_stage(report: "Report", metric: str) -> pd.DataFrame:
    rows = report.segments(metric, "stage")
    return rows[(rows["period"] == report.period) & rows["value"].notna() & rows["segment"].isin(STAGES)]


def _next_best(found: Mapping[str, pd.DataFrame]) -> str:
    """The share within 3 days where an hour changes it at all, else the mean, which it always changes."""
    return GAINS[1] if found[GAINS[1]]["value"].max() > 0 else GAINS[2]


def _gain_headline(rows: pd.DataFrame, days: int | None) -> Text:
    """In which stage an hour would count most, or which of them tie within their intervals; `days` None: in hours off
    the mean.
    """
    first = rows.iloc[0]
    level = np.inf if is_missing(first["low"]) else first["low"]
    tie = rows["high"].fillna(np.inf) >= min(level, first["value"])
    tied, less = rows[tie], rows[~tie]
    facts: dict[str, Text | str] = {
        "stage": stage_name(first["segment"]),
        "gain": tell_value(first["value"], "h" if days is None else "pp"),
        "range": tell_interval(tied["value"].min(), tied["value"].max(), "h" if days is None else "pp"),
        "stages": _listed(tied),
        "others": _listed(less),
        "days": str(days),
    }
    if tied["value"].round(2).nunique() == 1:
        facts["range"] = facts["gain"]
    if days is None:
        none = both("An hour less in any stage brings no order within 3 or 7 days")
        if len(tied) == 1:
            return both("{none}; in {stage} it takes most off the mean: {gain}", none=none, **facts)
        return both(
            "{none}; off the mean it takes {range}, with no sure difference between {stages}", none=none, **facts
        )
    if len(tied) == 1:
        return both("An hour less in {stage} would bring most: {gain} more orders within {days} days", **facts)
    if less.empty:
        return both(
            "The stages tie: an hour less in any one of them would bring {range} within {days} days, and the intervals "
            "overlap",
            **facts,
        )
    return both(
        "{stages} tie: an hour less in any of them would bring {range} within {days} days; less in {others}",
        **facts,
    )


def _listed(rows: pd.DataFrame) -> Text:
    """The stages of the rows in the order in which an order passes them."""
    names = [stage_name(stage) for stage in STAGES if stage in set(rows["segment"])]
    return join(names, {"en": ", ", "zh": "、"})


def _all_stages(report: "Report") -> Text | None:
    told = []
    for metric in GAINS:
        row = report.series(metric)
        row = row[(row["period"] == report.period) & row["value"].notna()]
        if row.empty:
            return None
        unit = "pp" if report.catalogue[metric].unit == "%" else "h"
        low, high = row["low"].iloc[0], row["high"].iloc[0]
        known = not is_missing(low) and not is_missing(high)
        value = tell_value(row["value"].iloc[0], unit)
        told.append(
            both("{value} ({interval})", value=value, interval=tell_interval(low, high, unit)) if known else value
        )
    return both(
        "An hour less in all four stages: {week} within 7 days, {three} within 3 days, {mean} off the mean "
        "within 30 days.",
        week=told[0],
        three=told[1],
        mean=told[2],
    )


def _gain_table(report: "Report", found: Mapping[str, pd.DataFrame]) -> Table:
    rows = []
    for stage in STAGES:
        row: dict[str, Any] = {"stage": capital(stage_name(stage))}
        for metric in GAINS:
            one = found[metric][found[metric]["segment"] == stage]
            row[metric] = one["value"].iloc[0] if len(one) else np.nan
        rows.append(row)
    columns = {
        "stage": Column(both("Stage"), kind="text"),
        GAINS[1]: Column(both("Within 3 days"), "pp", decimals=2),
        GAINS[0]: Column(both("Within 7 days"), "pp", decimals=2),
        GAINS[2]: Column(both("Off the mean within 30 days"), "h", decimals=2),
    }
    return table(
        pd.DataFrame(rows),
        columns=columns,
        caption=both("What an hour less in one stage would bring"),
        name="hour-less",
        languages=report.languages,
    )
