"""The report on complaints: how often, about what, how well resolved, and what drives the change."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import pandas as pd

from analysis.presentation.blocks import Block, Column, KpiCards, Note, Sentences, table, text_column
from analysis.presentation.charts import chart_survival
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.masking import mask_text
from analysis.presentation.telling import tell_count, tell_estimate, tell_interval, tell_period, tell_value
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import WATCHED, area_told, watched
from analysis.sections.categories import categories as categories_section
from analysis.sections.categories import category_name
from analysis.sections.change import change as change_section
from analysis.sections.decomposition import decomposition as decomposition_section
from analysis.sections.measures import measures as measures_section
from analysis.sections.passing import in_passing
from analysis.sections.segments import segments as segments_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.wording import said

CARDS = (
    "complaints_per_1000_units",
    "complaints_per_100_orders",
    "complaints_received",
    "complaining_customer_rate",
    "complaint_resolution_7d",
    "complaint_resolution_time_median",
    "complaint_upheld_share",
    "external_complaint_share",
    "complaints_open",
)
CARDS_AT_MOST = 8
RATES = (*WATCHED["complaints"].metrics, "complaints_received")
RESOLUTION = "complaint_resolution_time_median"
FEWEST_TIMED = 8
VOICES_SHOWN, WORDS_SHOWN = 6, 220


def headline(report: Report) -> KpiCards:
    """The key figures: rates per units in service and per orders, volume, resolution, justified and external shares,
    open complaints.
    """
    return report.cards(list(islice(filter(report.tells, CARDS), CARDS_AT_MOST)))


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "complaints")


def trend(report: Report) -> Block:
    """The complaint rate month by month against its usual range; the count alone where no exposure is known."""
    rate = _rate(report)
    exposed = (
        None
        if rate != "complaints_received"
        else both(
            "No units in service and no orders are known: a count cannot tell more complaints from more customers."
        )
    )
    return trend_section(report, rate, add=said(exposed))


def decomposition(report: Report) -> Block:
    """Trend, season and what comes next, on the complaint rate with its exposure."""
    return decomposition_section(report, _rate(report))


def categories(report: Report) -> Block:
    """Complaints of the last 12 months by category, and which category's share has moved against the year before."""
    return categories_section(report)


def resolution(report: Report) -> Block:
    """Share resolved by days since receipt, open complaints counted as open, beside what resolved ones alone would
    claim.
    """
    curve, row = report.curve("complaint_resolution"), report.kpi("complaint_resolution_7d")
    missing = report.lacks("resolution", *report.run.missing.get(RESOLUTION, []))
    if missing is not None or curve.empty or row is None or is_missing(row["value"]):
        return missing or Note.empty(
            both("Share of complaints resolved by days since receipt"), languages=report.languages
        )
    median = report.kpi(RESOLUTION)
    title = _resolved(median, row)
    figure = chart_survival(
        curve,
        title=title,
        unit="d",
        name="resolution",
        since=both("days since receipt"),
        description=report.catalogue[RESOLUTION].definition,
        median=None if median is None else median["value"],
        languages=report.languages,
    )
    about = both(
        "Share of complaints resolved by days since receipt, received in {period} · {unit}",
        period=tell_period(report.period),
        unit=report.unit_name,
    )
    beside = ("complaint_resolution_7d", "complaint_resolution_30d", "complaint_first_reply_time_median")
    lines = said(*(in_passing(report, metric, dated=True) for metric in beside))
    return report.section(headline=title, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages)))


def escalation(report: Report) -> Block:
    """The share found justified and the share that went to a regulator or the media."""
    main = next(
        (metric for metric in ("external_complaint_share", "complaint_upheld_share") if report.tells(metric)),
        "external_complaint_share",
    )
    beside = "complaint_upheld_share" if main == "external_complaint_share" else "external_complaint_share"
    return trend_section(report, main, add=said(in_passing(report, beside)))


def change(report: Report) -> Block:
    """The change of the complaint rate against a year ago, split into rate and mix."""
    for metric in RATES[:3]:
        for breakdown in ("product_line", "fault_code", "channel"):
            if report.segments(metric, breakdown)["segment"].nunique() > 1:
                return change_section(report, metric, breakdown)
    needs = both("A split into rate and mix needs complaints linked to products or orders.")
    return Note(both("Rate or mix"), needs, languages=report.languages)


def segments(report: Report) -> Block:
    """Where complaints concentrate: rate by product, else by the breakdown the data have."""
    for metric in RATES[:3]:
        for breakdown in ("product_id", "product_line", "fault_code", "channel"):
            if report.segments(metric, breakdown)["segment"].nunique() > 1:
                return segments_section(report, metric, breakdown)
    needs = both("A rate by product needs complaints linked to products, and units in service or orders.")
    return Note(both("Where complaints concentrate"), needs, languages=report.languages)


def voices(report: Report) -> Block:
    """The newest complaints in the customers' own words, one for each of the most frequent categories; identifiers
    are masked.
    """
    missing = report.lacks("voices", "complaints.text")
    if missing is not None:
        return missing
    rows = report.records("complaints", ["received_at", "category", "text"])
    month = pd.Period(report.period.replace("-Q", "Q"))
    rows = rows[
        rows["text"].fillna("").str.strip().ne("") & rows["received_at"].between(month.start_time, month.end_time)
    ]
    if rows.empty:
        return Note.empty(both("Complaints in the customers' own words"), languages=report.languages)
    frequent = rows["category"].value_counts().index[:VOICES_SHOWN]
    newest = rows.sort_values("received_at", ascending=False).drop_duplicates("category")
    newest = newest[newest["category"].isin(frequent)]
    frame = newest.assign(
        category=text_column(category_name(report, name) for name in newest["category"]),
        text=text_column(_shortened(text) for text in newest["text"]),
    )
    title = both("The newest complaint of each frequent category, as written")
    columns = {
        "category": Column(both("Category"), kind="text"),
        "received_at": Column(both("Received"), kind="date"),
        "text": Column(both("In the customer's words"), kind="text"),
    }
    return report.section(
        headline=title,
        subtitle=both(
            "Names and numbers are masked; complaints with text in {period}: {n}",
            n=tell_count(len(rows)),
            period=tell_period(report.period),
        ),
        parts=(table(frame, columns=columns, caption=title, name="voices", languages=report.languages),),
    )


def units(report: Report) -> Block:
    """The complaint rate of this unit among all units over twelve months, in a funnel."""
    return units_section(report, watched(report, "complaints"))


def measures(report: Report) -> Block:
    """What was done about complaints, and whether it helped."""
    return measures_section(report)


def _rate(report: Report) -> str:
    return next((metric for metric in RATES if report.tells(metric)), RATES[-1])


def _resolved(median: Mapping[str, Any] | None, within: Mapping[str, Any]) -> Text:
    """The headline: how long half of the complaints take, or how many are settled within 7 days."""
    if within["n"] < FEWEST_TIMED:
        n, period = tell_count(within["n"]), tell_period(within["value_period"])
        return both("Too few complaints to say how fast they are settled: {n} in {period}", n=n, period=period)
    if median is not None and not is_missing(median["value"]):
        value, interval = tell_estimate(median["value"], median["low"], median["high"], "d")
        half = both(
            "Half of the complaints of {period} are settled within {value}",
            period=tell_period(median["value_period"]),
            value=value,
        )
        known = not is_missing(median["low"]) and not is_missing(median["high"])
        n = tell_count(median["n"])
        return both("{half} ({interval}, n = {n})", half=half, interval=interval, n=n) if known else half
    return both(
        "{value} of the complaints of {period} are settled within 7 days ({interval})",
        period=tell_period(within["value_period"]),
        value=tell_value(within["value"], "%"),
        interval=tell_interval(within["low"], within["high"], "%"),
    )


def _shortened(text: str) -> Text:
    """The customer's words with identifiers masked in each language's way, cut where they run long."""
    masked = {language: mask_text(str(text), language) for language in LANGUAGES}
    return {
        language: words if len(words) <= WORDS_SHOWN else words[:WORDS_SHOWN].rstrip() + " …"
        for language, words in masked.items()
    }
