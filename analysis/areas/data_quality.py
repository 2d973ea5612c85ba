"""The report on the data: whether what is recorded is complete, possible, unique, linked and timely, and how far each
figure of the other reports can be relied on.
"""

from dataclasses import replace

import pandas as pd

from analysis.presentation.blocks import Block, Column, KpiCards, Note, Section, Sentences, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_period, tell_span, tell_value
from analysis.report import Report
from analysis.sections.data_fields import breaks as breaks_section
from analysis.sections.data_fields import fields as fields_section
from analysis.sections.data_grades import grades as grades_section
from analysis.sections.data_refusals import refusals as refusals_section
from analysis.sections.data_rounding import rounding as rounding_section
from analysis.sections.data_unlocks import unlocks as unlocks_section
from analysis.sections.grading import twelve_months
from analysis.sections.passing import in_passing
from analysis.sections.segments import intervals
from analysis.sections.trend import trend as trend_section
from analysis.sections.wording import said
from analysis.statistics.intervals import wilson

CARDS = (
    "completeness",
    "linkage_rate",
    "time_order_error_rate",
    "quarantine_rate",
    "duplicate_rate",
    "entry_lag_p90",
    "midnight_share",
    "immature_share",
)
WEAK_LINK = 95.0
OWN = "data_quality"


def headline(report: Report) -> KpiCards:
    """The key figures: completeness, links, impossible times, refusals, duplicates, entry lag, what is undecided."""
    return report.cards([metric for metric in CARDS if report.tells(metric)])


def grades(report: Report) -> Block:
    """How far each figure of the other reports can be relied on, A to D, and what holds it back."""
    return grades_section(report)


def trend(report: Report) -> Block:
    """Completeness month by month against its usual range."""
    return trend_section(report, "completeness")


def fields(report: Report) -> Block:
    """Which fields are poorly filled, and which reports suffer from it."""
    return fields_section(report)


def breaks(report: Report) -> Block:
    """Fields that suddenly fill or empty, with their dates."""
    return breaks_section(report)


def validity(report: Report) -> Block:
    """Orders with impossible times, month by month, refused ones included; midnight times beside."""
    beside = (in_passing(report, metric) for metric in ("quarantine_rate", "midnight_share"))
    return trend_section(report, "time_order_error_rate", add=said(*beside))


def refusals(report: Report) -> Block:
    """What was refused when the data were read: by reason, by file, with examples."""
    return refusals_section(report)


def links(report: Report) -> Block:
    """Whether records lead to the record that they belong to, link by link; duplicates beside."""
    missing = report.lacks("links", *report.run.missing.get("linkage_rate", []))
    rows = report.segments("linkage_rate", "link")
    pooled = twelve_months(rows)
    pooled = pooled[pooled["denominator"] > 0].sort_values("value", kind="stable")
    title = both("Records whose reference is found, by link")
    if missing is not None or pooled.empty:
        return missing or Note.empty(title, languages=report.languages)
    share = wilson(pooled["numerator"], pooled["denominator"])
    pooled = pooled.assign(
        low=100 * share.low,
        high=100 * share.high,
        n=pooled["denominator"],
        label=text_column(report.segment_name("link", link) for link in pooled["segment"]),
        tone=["bad" if value < WEAK_LINK else "flat" for value in pooled["value"]],
    )
    weakest, newest = pooled.iloc[0], rows["period"].max()
    told = {"link": weakest["label"], "value": tell_value(weakest["value"], "%"), "n": tell_count(weakest["n"])}
    title_said = (
        both("Weakest link: {link}; {value} of {n} records lead where they belong", **told)
        if weakest["value"] < WEAK_LINK
        else both("All records lead where they belong")
        if weakest["value"] >= 100
        else both("Nearly all records lead where they belong; weakest: {link}, {value} of {n}", **told)
    )
    frame = pooled.assign(interval=intervals(pooled))[["label", "n", "value", "interval"]]
    columns = {
        "label": Column(both("Link"), kind="text"),
        "n": Column(both("Records that ought to lead there"), "n"),
        "value": Column(both("Linked"), "%"),
        "interval": Column(both("95% interval"), kind="text"),
    }
    figure = chart_intervals(
        pooled,
        title=title_said,
        unit="%",
        name="links",
        description=title,
        table=table(frame, columns=columns, caption=title, name="links", languages=report.languages),
        languages=report.languages,
    )
    first = str(pd.period_range(end=pd.Period(newest, freq="M"), periods=12, freq="M")[0])
    about = both("{title} · {span} · {unit}", title=title, span=tell_span(first, newest), unit=report.unit_name)
    bias = both("What is not linked is missing from every comparison that goes by the link, and rarely by chance.")
    lines = said(bias, in_passing(report, "duplicate_rate"))
    return report.section(
        headline=title_said, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def timeliness(report: Report) -> Block:
    """How late records are entered, and which figures are of an older month because their time has not passed."""
    section = trend_section(report, "entry_lag_p90", add=said(in_passing(report, "immature_share")))
    waiting = _waiting(report)
    if waiting is None or not isinstance(section, Section):
        return section
    return replace(section, parts=(*section.parts, waiting))


def rounding(report: Report) -> Block:
    """Round times and durations, and odd days: signs of entry by hand."""
    return rounding_section(report)


def unlocks(report: Report) -> Block:
    """What each missing table or column would unlock."""
    return unlocks_section(report)


def _waiting(report: Report) -> Block | None:
    """The metrics whose newest mature period is older than the report's, or of which records are still undecided."""
    rows = [
        row
        for row in report.kpi_rows
        if report.catalogue[row["metric"]].area != OWN
        and not is_missing(row["value"])
        and (row["value_period"] != report.period or (not is_missing(row["immature_share"]) and row["immature_share"]))
    ]
    if not rows:
        return None
    rows.sort(
        key=lambda row: (
            row["value_period"],
            -(report.catalogue[row["metric"]].follow_up_days or 0),
            -float(row["immature_share"] or 0),
        )
    )
    frame = pd.DataFrame(
        {
            "metric": text_column(report.catalogue[row["metric"]].name for row in rows),
            "period": [row["value_period"] for row in rows],
            "window": text_column(_window(report.catalogue[row["metric"]].follow_up_days) for row in rows),
            "immature": [100 * row["immature_share"] for row in rows],
        }
    )
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "period": Column(both("Newest period that can be read"), kind="period"),
        "window": Column(both("Has to be watched for"), kind="text"),
        "immature": Column(both("Records undecided"), "%"),
    }
    caption = both(
        "What cannot be read of {period} yet: {n} metrics, the longest wait first",
        period=tell_period(report.period),
        n=str(len(rows)),
    )
    return table(frame, columns=columns, caption=caption, rows_shown=8, name="maturity", languages=report.languages)


def _window(days: int) -> Text:
    return both("{n} days", n=str(days)) if days else both("until it ends")
