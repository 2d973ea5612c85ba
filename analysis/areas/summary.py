"""The summary: what changed beyond chance, whether targets are met, the state of every unit, and how good the data
are.
"""

from collections.abc import Sequence

import pandas as pd

from analysis.data_model import ALL_UNITS, read_tables
from analysis.news import POINTS_OF_SUMMARY, summary_news
from analysis.presentation.blocks import Block, Column, KpiCards, Sentences, table, text_column
from analysis.presentation.language import Text, both, plain
from analysis.presentation.telling import tell_period, tell_value
from analysis.presentation.told import Item, Told
from analysis.report import Report
from analysis.sections.area_news import told_by_areas
from analysis.sections.areas_at_a_glance import areas_at_a_glance
from analysis.sections.demand import demand as demand_section
from analysis.sections.measures import measures as measures_section
from analysis.sections.moved_figures import moved_figures
from analysis.sections.targets_met import targets_met
from analysis.sections.unit_states import unit_states

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
FINDINGS_SAID = 6


def headline(report: Report) -> KpiCards:
    """The key figures over all areas that the data can tell."""
    return report.cards([metric for metric in CARDS if report.tells(metric)][:CARDS_SHOWN])


def told(report: Report) -> tuple[Told, ...]:
    """What the sections of the areas' own reports tell: it is news here too."""
    return report.once("told by areas", lambda: told_by_areas(report))


def areas(report: Report) -> Block:
    """How good the service is, area by area, on one table."""
    return areas_at_a_glance(report, summary_news(report, told(report)))


def changes(report: Report) -> Block:
    """The further news of the unit, after those of the main points; the company's page adds those of its units."""
    news = summary_news(report, told(report))
    title = _changes_headline(report, news)
    about = both(
        "As of {period}, beyond what chance explains among all units and figures; one of each unit and area first",
        period=tell_period(report.period),
    )
    further = news[POINTS_OF_SUMMARY:]
    if not further:
        said = (both("All of them stand among the main points."),) if news else ()
        return report.section(headline=title, subtitle=about, parts=(Sentences(said, languages=report.languages),))
    if not report.is_company:
        parts: tuple[Block, ...] = (
            Sentences([one.said for one in further[:FINDINGS_SAID]], languages=report.languages),
        )
        return report.section(headline=title, subtitle=about, parts=parts)
    frame = pd.DataFrame(
        {
            "unit": text_column(report.run.unit_name(one.business_unit) for one in further),
            "finding": text_column(one.said for one in further),
        }
    )
    columns = {"unit": Column(both("Unit"), kind="text"), "finding": Column(both("Finding"), kind="text")}
    whole = table(
        frame,
        columns=columns,
        caption=both("Further findings, after those of the main points"),
        rows_shown=FINDINGS_SAID,
        name="findings",
        languages=report.languages,
    )
    return report.section(headline=title, subtitle=about, parts=(whole,))


def targets(report: Report) -> Block:
    """The metrics with a target, those missed beyond chance first: value, interval, target, and whether it is met."""
    return targets_met(report)


def state(report: Report) -> Block:
    """For the company: every unit's key figures with their verdicts. For a unit: all its metrics."""
    return unit_states(report) if report.is_company else moved_figures(report)


def measures(report: Report) -> Block:
    """The improvement measures of this unit, in whatever area, and what they did."""
    return measures_section(report, with_figure=False)


def demand(report: Report) -> Block:
    """Orders, parts and staff that the coming months will ask for, with the record of such forecasts."""
    return demand_section(report, ("orders", "staff"), brief=True)


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
    about = both(
        "Records by table as of the cut-off; the reasons stand at the end of the page under “Known problems of the "
        "data”"
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(
            table(
                frame,
                columns=columns,
                caption=title,
                rows_shown=min(12, max(1, int((frame["aside"] + frame["repeated"] > 0).sum()))),
                name="data quality",
                languages=report.languages,
            ),
        ),
    )


def _changes_headline(report: Report, news: Sequence[Item]) -> Text:
    if not news:
        judged = any(row["signal"] != "insufficient" for row in report.kpi_rows)
        nothing = both("Nothing changed beyond what chance explains")
        return nothing if judged else both("Too few records to say what changed")
    counts = {"n": str(len(news)), "bad": str(sum(one.good is False for one in news))}
    if report.is_company:
        touched = len({unit for one in news for unit in (one.business_unit, *one.units)} - {ALL_UNITS})
        return both(
            "Findings: {n}, unfavourable ones: {bad}; units concerned: {units} of {all}",
            units=str(touched),
            all=str(len(report.run.business_units)),
            **counts,
        )
    return both("Findings: {n}, unfavourable ones: {bad}", **counts)
