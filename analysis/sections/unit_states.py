"""The company's units beside each other: their newest key figures, and whether they worsen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation import narrative
from analysis.presentation.blocks import Block, Column, table
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.lasting import is_out_unsure, say_unsure
from analysis.presentation.narrative_service import LIST, worsening_figures
from analysis.presentation.narrative_words import subject_inside
from analysis.presentation.telling import tell_period, tell_value
from analysis.sections.areas_at_a_glance import leading_figures
from analysis.sections.wording import column_unit

if TYPE_CHECKING:
    from analysis.report import Report

UNITS_AT_MOST = 20  # of sixty with long names no more go onto six sheets
STATE = ("repair_cycle_median", "first_time_fix_rate", "csat_top2_share", "complaints_per_1000_units",
         "cost_per_order", "resolution_sla_attainment", "complaints_received")  # fmt: skip
STATE_AT_MOST = 5


def unit_states(report: "Report") -> Block:
    """Every unit with its newest key figures and their verdicts; those with a worsening one first, then the largest."""
    metrics = [metric for metric in STATE if report.tells(metric)] or leading_figures(report)
    metrics = metrics[:STATE_AT_MOST]
    worsening = worsening_figures(report.run.rows("kpis"))
    rows = [_unit_row(report, unit, metrics, worsening.get(unit, [])) for unit in report.run.business_units]
    frame = pd.DataFrame(rows).sort_values(["worse", "orders", "records"], ascending=False)
    worse = int((frame["worse"] > 0).sum())
    title = both("No unit has a key figure that worsens beyond chance")
    if worse:
        title = both("Key figures worsen beyond chance in {n} of {all} units", n=str(worse), all=str(len(rows)))
    frame = frame.drop(columns=["worse", "records"])
    columns = {"unit": Column(both("Unit"), kind="text")} | {
        metric: Column(report.catalogue[metric].name, kind="text") for metric in metrics if metric in frame
    }
    if (frame["beside"] != plain("–")).any():
        columns["beside"] = Column(both("Worsening besides"), kind="text")
    columns |= {"orders": Column(both("Orders submitted"), "n")} if frame["orders"].notna().any() else {}
    about = both(
        "Newest mature figure and its verdict by unit, {period}; units with a worsening figure first",
        period=tell_period(report.period),
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(
            table(
                frame,
                columns=columns,
                caption=title,
                rows_shown=UNITS_AT_MOST,
                name="units",
                languages=report.languages,
            ),
        ),
    )


def _unit_row(report: "Report", unit: str, metrics: Sequence[str], worsening: Sequence[str]) -> dict[str, Any]:
    """A unit's figures of the columns; what worsens in it and has no column of its own stands beside them."""
    kpis = {str(row["metric"]): row for row in report.run.rows("kpis", business_unit=unit).to_dict("records")}
    cells = {metric: _state_cell(report, metric, kpis[metric]) for metric in metrics if metric in kpis}
    worse = {metric for metric in cells if kpis[metric]["signal"] == "worsening"} | set(worsening)
    beside = [_named_figure(report.catalogue[metric], kpis[metric]) for metric in worsening if metric not in cells]
    orders = kpis["orders_submitted"]["value"] if "orders_submitted" in kpis else float("nan")
    told = join(beside, LIST) if beside else plain("–")
    records = max((float(kpis[metric]["n"] or 0) for metric in cells if not is_missing(kpis[metric]["n"])), default=0.0)
    sizes = {"orders": orders, "records": records}
    return {"unit": report.run.unit_name(unit), **cells, "beside": told, "worse": len(worse), **sizes}


def _named_figure(card: Any, row: Mapping[Any, Any]) -> Text:
    return both("{name} {value}", name=subject_inside(card), value=tell_value(row["value"], column_unit(card)))


def _state_cell(report: "Report", metric: str, row: Mapping[Any, Any]) -> Text:
    card = report.catalogue[metric]
    if is_missing(row["value"]):
        return plain("–")
    if row["signal"] == "insufficient" and row["signal_reason"] == "records":
        return both("too few records")
    value = tell_value(row["value"], column_unit(card))
    verdict: Text = narrative.say_signal(row["signal"], reason=row["signal_reason"])
    if is_out_unsure(row):
        verdict = say_unsure(row)
    return both("{value} · {verdict}", value=value, verdict=verdict)
