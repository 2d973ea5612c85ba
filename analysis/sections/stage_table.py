"""The stages side by side: the time that one and the same month's orders spent in each, and the queue of each.

Every column says its month: the time is of orders that have been followed for 30 days, the queue of the newest month's
end.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Column, Table, table
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import both
from analysis.presentation.naming import stage_name
from analysis.presentation.telling import tell_period
from analysis.sections.stages import STAGES, stage_parts
from analysis.sections.wording import capital

if TYPE_CHECKING:
    from analysis.report import Report

LAW = "littles_law_ratio"
MINUTES_PER_DAY = 1440.0


def stage_table(report: "Report", queues: pd.DataFrame) -> Table:
    """Share and days of one and the same group of orders, so that the one follows from the other, beside the queues;
    each column says its month.
    """
    law = report.segments(LAW, "stage")
    law = law[law["period"] == report.period].set_index("segment")
    before = str(queues.index[-13]) if len(queues) > 12 else None
    rows, parts, of = [], stage_parts(report), shares_of_time(report)
    for stage in map(str, queues):
        row = None if len(parts) else report.kpi(f"stage_share_{stage}")
        spent = figure_of(row, "numerator") / figure_of(row, "n") / MINUTES_PER_DAY
        rows.append(
            {
                "stage": capital(stage_name(stage)),
                "share": of.get(stage, np.nan),
                "days": parts["days"].get(stage, np.nan) if len(parts) else spent,
                "queue": queues.iloc[-1][stage],
                "year_ago": queues.loc[before, stage] if before else np.nan,
                "held": law["numerator"].get(stage, np.nan),
                "expected": law["denominator"].get(stage, np.nan),
            }
        )
    frame = pd.DataFrame(rows)
    columns = {
        "stage": Column(both("Stage"), kind="text"),
        "share": Column(both("Share of the time"), "%"),
        "days": Column(both("Time per order"), "d"),
        "queue": Column(both("Queue at the end of {period}", period=tell_period(str(queues.index[-1]))), "n"),
        "year_ago": Column(both("Queue at the end of {period}", period=tell_period(before or "")), "n"),
        "held": Column(both("On average in the year"), "n"),
        "expected": Column(both("Explained by arrivals × time"), "n"),
    }
    if before is None:
        del columns["year_ago"]
    caption, note = both("The stages: their queue"), None
    if frame["share"].isna().all():
        columns = {name: column for name, column in columns.items() if name not in ("share", "days")}
    else:
        note = both("Shares of all time spent, that of cancelled orders until they left.")
        if len(parts):
            note = both(
                "Parts of the mean cycle, as the report on the repair cycle tells them: a cancelled order counts as "
                "still open when it was called off."
            )
        caption = both(
            "The stages: the time of the orders submitted in {period} (first 30 days of each), and the queue",
            period=tell_period(month_of_shares(report)),
        )
    total = {
        name: round(frame[name].sum(min_count=len(frame)), 6)
        for name in columns
        if name not in ("stage", "held", "expected")
    }
    return table(
        frame[list(columns)],
        columns=columns,
        caption=caption,
        note=note,
        total=total,
        name="stages-flow",
        languages=report.languages,
    )


def shares_of_time(report: "Report") -> dict[str, float]:
    """Stage → per cent of the mean cycle; where the stages' means are unknown, of all time spent."""
    parts = stage_parts(report)
    if len(parts):
        return {str(stage): float(share) for stage, share in parts["share"].items()}
    shares = {stage: figure_of(report.kpi(f"stage_share_{stage}"), "value") for stage in STAGES}
    return {stage: share for stage, share in shares.items() if not np.isnan(share)}


def month_of_shares(report: "Report") -> str:
    """The month whose orders the shares are of: the newest one followed for 30 days, older than the queues' own."""
    parts = stage_parts(report)
    if len(parts):
        return str(parts["period"].iloc[0])
    rows = (report.kpi(f"stage_share_{stage}") for stage in STAGES)
    return str(next(row["value_period"] for row in rows if row is not None and not is_missing(row["value"])))


def figure_of(row: Mapping[str, Any] | None, name: str) -> float:
    """A number of a key figure's row; NaN where there is none."""
    return np.nan if row is None or is_missing(row.get(name)) else float(row[name])
