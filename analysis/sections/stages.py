"""Which stage takes the time: the mean cycle (first 30 days) as the sum of its stages, which means allow and medians
do not.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_stages
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.naming import stage_name
from analysis.presentation.telling import tell_change, tell_period, tell_value
from analysis.sections.trend import MONTHS_SHOWN, subtitle
from analysis.sections.wording import capital, change_against, said

if TYPE_CHECKING:
    from analysis.report import Report

STAGES = ("request_handling", "dispatch", "technician_response", "repair")
ADDITIVE = "repair_cycle_restricted_mean"
_MEDIANS = {
    "request_handling": "request_handling_time_median",
    "dispatch": "dispatch_time_median",
    "technician_response": "technician_response_time_median",
    "repair": "repair_time_median",
}


def stages(report: "Report") -> Block:
    """The mean cycle (first 30 days) as the sum of its four stages: the parts add up exactly, because means do and
    medians do not.
    """
    rows = pd.concat([report.series(f"stage_mean_{stage}").assign(stage=stage) for stage in STAGES])
    missing = report.lacks(
        "stages",
        "work_orders.handled_at",
        "work_orders.assigned_at",
        "work_orders.arrived_at",
        "work_orders.completed_at",
    )
    if missing is not None or rows["value"].notna().sum() == 0:
        return missing or Note.empty(both("Stages of the repair cycle"), languages=report.languages)
    complete = rows[rows["mature"].astype(bool)].groupby("period")["value"].count()
    rows = rows[rows["period"].isin(complete[complete == len(STAGES)].index[-MONTHS_SHOWN:])]
    if rows.empty:
        return Note.empty(both("Stages of the repair cycle"), languages=report.languages)
    whole = report.series(ADDITIVE)
    newest = rows[rows["period"] == rows["period"].max()].set_index("stage")["value"]
    largest = str(newest.idxmax())
    period = str(rows["period"].max())
    title = both(
        "{stage} takes {share} of the cycle in {period}: {value} of {total}",
        stage=capital(stage_name(largest)),
        period=tell_period(period),
        share=tell_value(100 * newest[largest] / newest.sum(), "%"),
        value=tell_value(newest[largest], "d"),
        total=tell_value(newest.sum(), "d"),
    )
    names = text_column(capital(stage_name(stage)) for stage in rows["stage"])
    drawn = rows.assign(stage=names).sort_values("period_start", kind="stable")
    figure = chart_stages(
        drawn,
        title=title,
        unit="d",
        name="stages",
        description=report.catalogue[ADDITIVE].definition,
        languages=report.languages,
    )
    base = both("A cancelled order counts as still open when it was called off.")
    closing = report.kpi("closing_time_median")
    apart = (
        None
        if closing is None or is_missing(closing["value"])
        else both(
            "Closing follows after the repair and stands apart: median {value}.",
            value=tell_value(closing["value"], report.catalogue["closing_time_median"].unit),
        )
    )
    return report.section(
        headline=title,
        subtitle=subtitle(report, ADDITIVE, whole[whole["period"].isin(rows["period"])]),
        parts=(
            figure,
            Sentences(said(_slower_stage(report), apart, base), languages=report.languages),
            _stage_table(report),
        ),
    )


def stage_parts(report: "Report") -> pd.DataFrame:
    """Each stage's days and per cent of the mean cycle and the month of the orders they are of, indexed by stage: the
    one estimate by which every report tells the stages' shares. Empty where a stage's mean is unknown."""
    rows = {stage: report.kpi(f"stage_mean_{stage}") for stage in STAGES}
    days = pd.Series({stage: _figure(row, "value") for stage, row in rows.items()})
    if days.isna().any() or not days.sum() > 0:
        return pd.DataFrame(columns=["days", "share", "period"])
    months = [str(row["value_period"]) for row in rows.values() if row is not None]
    return pd.DataFrame({"days": days, "share": 100 * days / days.sum(), "period": min(months)})


def _slower_stage(report: "Report") -> Text | None:
    """The stage that explains most of the change against a year ago, where the change of that stage is more than
    chance.
    """
    found, compared, about = [], False, report.period
    for stage in STAGES:
        row = report.kpi(f"stage_mean_{stage}")
        change = None if row is None else change_against(row, "year_ago")
        if row is not None and change is not None and not is_missing(change.get("value")):
            compared, about = True, row["value_period"]
            found += [(abs(change["value"]), stage, change["value"])] if change.get("significant") else []
    if not compared:
        return None
    if not found:
        return both(
            "In {period} alone no stage differs from a year ago by more than chance explains.",
            period=tell_period(about),
        )
    _, stage, value = max(found)
    return both(
        "Against a year ago {stage} changed most: {change}.", stage=stage_name(stage), change=tell_change(value, "d")
    )


def _stage_table(report: "Report") -> Table:
    rows = []
    means = [report.kpi(f"stage_mean_{stage}") for stage in STAGES]
    medians = [report.kpi(_MEDIANS[stage]) for stage in STAGES]
    for stage, mean, median in zip(STAGES, means, medians, strict=True):
        rows.append(
            {
                "stage": capital(stage_name(stage)),
                "mean": _figure(mean, "value"),
                "year_ago": _figure(mean, "year_ago"),
                "median": _figure(median, "value"),
                "n": _figure(median, "n"),
            }
        )
    frame = pd.DataFrame(rows)
    median_unit = report.catalogue[_MEDIANS["repair"]].unit
    months = [
        next((row["value_period"] for row in kpis if row is not None), report.period) for kpis in (means, medians)
    ]
    columns = {
        "stage": Column(both("Stage"), kind="text"),
        "mean": Column(both("Part of the mean cycle, {period}", period=tell_period(months[0])), "d"),
        "year_ago": Column(both("A year ago"), "d"),
        "median": Column(both("Median of those who reach it, {period}", period=tell_period(months[1])), median_unit),
        "n": Column(both("n"), "n"),
    }
    total = {"mean": frame["mean"].sum(), "year_ago": frame["year_ago"].sum(min_count=len(frame))}
    return table(
        frame,
        columns=columns,
        caption=both("The stages of the repair cycle"),
        total=total,
        name="stages-table",
        languages=report.languages,
    )


def _figure(row: Mapping[str, Any] | None, name: str) -> float:
    return np.nan if row is None or is_missing(row.get(name)) else float(row[name])
