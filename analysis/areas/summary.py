"""The summary: what changed beyond chance, whether targets are met, the state of every unit, and how good the data
are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data_model import read_tables
from analysis.presentation import narrative
from analysis.presentation.blocks import Block, Column, KpiCards, Note, Sentences, table, text_column
from analysis.presentation.charts import chart_small_multiples
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, plain
from analysis.presentation.telling import tell_change, tell_count, tell_estimate, tell_period, tell_value
from analysis.report import COMPANY, Report
from analysis.sections.areas_at_a_glance import LEADS, areas_at_a_glance
from analysis.sections.demand import demand as demand_section
from analysis.sections.measures import measures as measures_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.wording import change_against, column_unit

CARDS = (
    "csat_top2_share",
    "repair_cycle_median",
    "first_time_fix_rate",
    "resolution_sla_attainment",
    "complaints_per_1000_units",
    "repairs_per_100_units",
    "cost_per_order",
    "repurchase_rate_365d",
    "complaints_per_100_orders",
    "complaint_resolution_7d",
    "backlog_over_30d_share",
    "orders_submitted",
)
CARDS_SHOWN = 8
STATE = ("repair_cycle_median", "first_time_fix_rate", "csat_top2_share", "complaints_per_1000_units",
         "cost_per_order", "resolution_sla_attainment", "complaints_received")  # fmt: skip
STATE_AT_MOST = 5
FINDINGS_SAID = 8


def headline(report: Report) -> KpiCards:
    """The key figures over all areas that the data can tell."""
    return report.cards([metric for metric in CARDS if report.tells(metric)][:CARDS_SHOWN])


def areas(report: Report) -> Block:
    """How good the service is, area by area, on one table."""
    return areas_at_a_glance(report)


def changes(report: Report) -> Block:
    """The news of the unit over all areas, gravest first; the company's page adds those of its units."""
    findings = [found for found in report.findings() if report.is_news(found)]
    if report.is_company:
        findings = [found for found in report.run.findings if report.is_news(found)]
    title = _changes_headline(report, findings)
    about = both(
        "News of {period}, gravest first; each kind is controlled for false discoveries among all units and metrics",
        period=tell_period(report.period),
    )
    if not findings:
        return report.section(headline=title, subtitle=about, parts=())
    said = [report.say(found, with_unit=report.is_company) for found in findings]
    frame = pd.DataFrame(
        {
            "finding": text_column(said),
            "unit": text_column(report.run.unit_name(found["business_unit"]) for found in findings),
            "metric": text_column(report.catalogue[found["metric"]].name for found in findings),
        }
    )
    columns = {
        "finding": Column(both("Finding"), kind="text"),
        "unit": Column(both("Unit"), kind="text"),
        "metric": Column(both("Metric"), kind="text"),
    }
    whole = table(frame, columns=columns, caption=title, rows_shown=30, name="findings", languages=report.languages)
    parts = (Sentences(said[:FINDINGS_SAID], languages=report.languages),) if not report.is_company else (whole,)
    return report.section(headline=title, subtitle=about, parts=parts)


def targets(report: Report) -> Block:
    """Every metric with a target: value, interval, target, and whether it is met."""
    rows = [row for row in report.kpi_rows if not is_missing(row["target"]) and not is_missing(row["value"])]
    if not rows:
        return Note.missing(["targets"], title=both("No targets are set for this unit"), languages=report.languages)
    met = sum(bool(row["target_met"]) for row in rows)
    title = both("Targets met: {met} of {all}", met=str(met), all=str(len(rows)))
    frame = pd.DataFrame([_target_row(report, row) for row in rows])
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "value": Column(both("Value"), kind="text"),
        "interval": Column(both("95% interval"), kind="text"),
        "target": Column(both("Target"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    about = both("Targets valid in {period} · {unit}", period=tell_period(report.period), unit=report.unit_name)
    return report.section(
        headline=title,
        subtitle=about,
        parts=(
            table(frame, columns=columns, caption=title, rows_shown=30, name="targets", languages=report.languages),
        ),
    )


def state(report: Report) -> Block:
    """For the company: every unit's key figures with their verdicts. For a unit: all its metrics."""
    return _units_table(report) if report.is_company else _metrics_table(report)


def development(report: Report) -> Block:
    """The median repair cycle of every unit on one scale; on a unit's page its own development."""
    metric = (
        "repair_cycle_median"
        if report.tells("repair_cycle_median")
        else next((m for m in LEADS if report.tells(m)), LEADS[0])
    )
    if not report.is_company:
        return trend_section(report, metric)
    rows = pd.concat([_panel(report, metric, unit) for unit in report.run.business_units])
    if rows["value"].notna().sum() == 0:
        return Note.empty(report.catalogue[metric].name, languages=report.languages)
    recent = rows[rows["period"].isin(sorted(rows["period"].unique())[-24:])]
    title = both("{name}: all units on one scale", name=report.catalogue[metric].name)
    figure = chart_small_multiples(
        recent,
        title=title,
        unit=report.catalogue[metric].unit,
        name="development",
        description=report.catalogue[metric].definition,
        languages=report.languages,
    )
    return report.section(headline=title, subtitle=both("Month by month, the last 24 months"), parts=(figure,))


def measures(report: Report) -> Block:
    """The improvement measures of this unit, in whatever area, and what they did."""
    return measures_section(report)


def demand(report: Report) -> Block:
    """Orders, parts and staff that the coming months will ask for, with the record of such forecasts."""
    return demand_section(report)


def quality(report: Report) -> Block:
    """Rows read, kept and set aside by table: what the figures rest on."""
    entries, tables = report.run.store.manifest["tables"], read_tables()
    counts = {
        name: entry if report.is_company else entry.get("by_unit", {}).get(report.business_unit)
        for name, entry in entries.items()
    }
    rows = [
        {
            "table": tables[name].title if name in tables else plain(name),
            "rows": told["rows"],
            "aside": told["quarantined"],
            "repeated": told.get("duplicates_dropped", 0),
            "share": 100 * told["quarantined"] / (told["rows"] + told["quarantined"]),
        }
        for name, told in sorted(counts.items())
        if told is not None and told["rows"] + told["quarantined"] > 0
    ]
    frame = pd.DataFrame(rows, columns=["table", "rows", "aside", "repeated", "share"]).sort_values(
        "share", ascending=False
    )
    share = 100 * frame["aside"].sum() / max(1, (frame["rows"] + frame["aside"]).sum())
    frame = frame.assign(table=text_column(frame["table"]))
    title = (
        both("{share} of the records are set aside as faulty", share=tell_value(share, "%"))
        if share
        else both("No record had to be set aside")
    )
    columns = {
        "table": Column(both("Table"), kind="text"),
        "rows": Column(both("Records used"), "n"),
        "aside": Column(both("Set aside"), "n"),
        "repeated": Column(both("Repeated, counted once"), "n"),
        "share": Column(both("Share set aside"), "%", decimals=1),
    }
    about = both("Records by table as of the cut-off; the reasons stand under the definitions")
    return report.section(
        headline=title,
        subtitle=about,
        parts=(table(frame, columns=columns, caption=title, name="data quality", languages=report.languages),),
    )


def _changes_headline(report: Report, findings: Sequence[Mapping[str, Any]]) -> Text:
    if not findings:
        judged = any(row["signal"] != "insufficient" for row in report.kpi_rows)
        nothing, unknown = (
            both("Nothing changed beyond what chance explains"),
            both("Too few records to say what changed"),
        )
        return nothing if judged else unknown
    bad = sum(1 for found in findings if found.get("good") is False)
    if report.is_company:
        touched = len({found["business_unit"] for found in findings} - {COMPANY})
        return both(
            "Findings: {n}, unfavourable ones: {bad}; units concerned: {units} of {all}",
            n=str(len(findings)),
            units=str(touched),
            all=str(len(report.run.business_units)),
            bad=str(bad),
        )
    return both("Findings: {n}, unfavourable ones: {bad}", n=str(len(findings)), bad=str(bad))


def _target_row(report: Report, row: Mapping[str, Any]) -> dict[str, Text]:
    card = report.catalogue[row["metric"]]
    value, interval = tell_estimate(row["value"], row["low"], row["high"], card.unit)
    return {
        "metric": card.name,
        "value": value,
        "interval": interval,
        "target": tell_value(row["target"], card.unit),
        "verdict": both("met") if row["target_met"] else both("missed"),
    }


def _units_table(report: Report) -> Block:
    metrics = [metric for metric in STATE if report.tells(metric)][:STATE_AT_MOST]
    rows = [_unit_row(report, unit, metrics) for unit in report.run.business_units]
    frame = pd.DataFrame(rows).sort_values(["worse", "orders"], ascending=False)
    worsening = int((frame["worse"] > 0).sum())
    title = both("No unit has a key figure that worsens beyond chance")
    if worsening:
        title = both("Key figures worsen beyond chance in {n} of {all} units", n=str(worsening), all=str(len(rows)))
    frame = frame.drop(columns=["worse"])
    columns = {"unit": Column(both("Unit"), kind="text")} | {
        metric: Column(report.catalogue[metric].name, kind="text") for metric in metrics if metric in frame
    }
    columns |= {"orders": Column(both("Orders submitted"), "n")} if frame["orders"].notna().any() else {}
    about = both(
        "Newest mature figure and its verdict by unit, {period}; units with a worsening figure first",
        period=tell_period(report.period),
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(table(frame, columns=columns, caption=title, rows_shown=40, name="units", languages=report.languages),),
    )


def _unit_row(report: Report, unit: str, metrics: Sequence[str]) -> dict[str, Any]:
    kpis = {str(row["metric"]): row for row in report.run.rows("kpis", business_unit=unit).to_dict("records")}
    cells = {metric: _state_cell(report, metric, kpis[metric]) for metric in metrics if metric in kpis}
    worse = sum(1 for metric in cells if kpis[metric]["signal"] == "worsening")
    orders = kpis["orders_submitted"]["value"] if "orders_submitted" in kpis else float("nan")
    return {"unit": report.run.unit_name(unit), **cells, "worse": worse, "orders": orders}


def _panel(report: Report, metric: str, unit: str) -> pd.DataFrame:
    rows = report.series(metric, business_unit=unit)
    return rows.assign(panel=text_column([report.run.unit_name(unit)] * len(rows)))


def _state_cell(report: Report, metric: str, row: Mapping[Any, Any]) -> Text:
    card = report.catalogue[metric]
    if is_missing(row["value"]):
        return plain("–")
    value = tell_value(row["value"], column_unit(card))
    return both("{value} · {verdict}", value=value, verdict=narrative.say_signal(row["signal"]))


def _metrics_table(report: Report) -> Block:
    rows = []
    for row in report.kpi_rows:
        card = report.catalogue.get(row["metric"])
        if card is None or is_missing(row["value"]):
            continue
        change = change_against(row, "year_ago")
        value, interval = tell_estimate(row["value"], row["low"], row["high"], card.unit)
        rows.append(
            {
                "metric": card.name,
                "value": value,
                "interval": interval,
                "change": plain("–") if change is None else tell_change(change["value"], card.unit),
                "verdict": narrative.say_signal(row["signal"]),
                "n": row["n"],
            }
        )
    if not rows:
        return Note.empty(both("State of the unit"), languages=report.languages)
    frame = pd.DataFrame(rows)
    title = both("All figures with their verdicts: {n}", n=tell_count(len(rows)))
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "value": Column(both("Value"), kind="text"),
        "interval": Column(both("95% interval"), kind="text"),
        "change": Column(both("Against a year ago"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
        "n": Column(both("n"), "n"),
    }
    about = both(
        "All metrics of {unit}, newest mature figure as of {period}",
        unit=report.unit_name,
        period=tell_period(report.period),
    )
    whole = table(frame, columns=columns, caption=title, rows_shown=60, name="metrics", languages=report.languages)
    return report.section(headline=title, subtitle=about, parts=(whole,))
