"""Where money is lost: repeat orders, goodwill and further visits, as a share of the cost and over time."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_stages
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_interval, tell_span, tell_value
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.trend import MONTHS_SHOWN
from analysis.sections.wording import capital, said, say_state

if TYPE_CHECKING:
    from analysis.report import Report

COST, SHARE, REWORK = "poor_service_cost", "poor_service_cost_share", "rework_cost_share"
PARTS = ("repeat_order", "further_visits", "goodwill")


def poor_service(report: "Report") -> Block:
    """A section on what service pays for not having succeeded at once."""
    missing = report.lacks("cost of poor service", *report.run.missing.get(COST, []))
    title = both("Cost of poor service")
    rows = report.segments(COST, "poor_service_part")
    shares = recent(report.series(SHARE).assign(segment="all"))
    if missing is not None or rows.empty or shares.empty:
        return missing or Note.empty(title, languages=report.languages)
    card = report.catalogue[SHARE]
    whole = pool(shares, card).iloc[0]
    year = rows[rows["period"].isin(shares["period"])]
    amounts = year.groupby(year["segment"].astype(str))["value"].sum()
    span = tell_span(str(shares["period"].min()), str(shares["period"].max()))
    headline = capital(_headline(report, whole, amounts, span))
    months = report.series(COST).iloc[-MONTHS_SHOWN:]
    share = report.series(SHARE)
    nothing = months[months["period"].isin(share.loc[share["value"].eq(0), "period"])]
    shown = _every_part(rows[rows["period"].isin(months["period"])], nothing)
    shown = shown.assign(order=shown["segment"].astype(str).map({part: place for place, part in enumerate(PARTS)}))
    shown = shown.sort_values(["period_start", "order"], kind="stable")
    figure = chart_stages(
        shown.assign(
            stage=text_column(capital(report.segment_name("poor_service_part", str(p))) for p in shown["segment"])
        ),
        title=headline,
        unit=report.catalogue[COST].unit,
        name="poor-service",
        description=report.catalogue[COST].definition,
        languages=report.languages,
    )
    about = both(
        "{name} by month · {span} · {unit}",
        name=report.catalogue[COST].name,
        span=tell_span(shown["period"].iloc[0], shown["period"].iloc[-1]),
        unit=report.unit_name,
    )
    state = report.kpi(SHARE)
    newest = None if state is None else both("{state}.", state=say_state(state, card))
    bound = both("Not all of it can be saved: some second visits bring a part that nobody could carry.")
    lines = said(newest, _rework(report), bound)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _every_part(rows: pd.DataFrame, nothing: pd.DataFrame) -> pd.DataFrame:
    """Every part in every month: one that a month's bookings do not know cost nothing then, as none did in the months
    of `nothing`, whose costs are known and hold no poor service.
    """
    keys = ["period", "period_start"]
    months, parts = (
        pd.concat([rows[keys], nothing[keys]]).drop_duplicates(),
        pd.DataFrame({"segment": rows["segment"].astype(str).unique()}),
    )
    whole = months.merge(parts, how="cross").merge(rows.astype({"segment": str}), how="left", on=[*keys, "segment"])
    return whole.assign(value=whole["value"].fillna(0.0))


def _rework(report: "Report") -> Text | None:
    """The narrower figure: repeat orders and goodwill alone, over the same twelve months."""
    rows = recent(report.series(REWORK).assign(segment="all"))
    if rows.empty:
        return None
    whole = pool(rows, report.catalogue[REWORK]).iloc[0]
    if pd.isna(whole["low"]) or pd.isna(whole["high"]):
        return both(
            "Repeat orders and goodwill alone, over these months: {share}.", share=tell_value(whole["value"], "%")
        )
    return both(
        "Repeat orders and goodwill alone, over these months: {share} ({interval}).",
        share=tell_value(whole["value"], "%"),
        interval=tell_interval(max(whole["low"], 0.0), min(whole["high"], 100.0), "%"),
    )


def _headline(report: "Report", whole: pd.Series, amounts: pd.Series, span: Text) -> Text:
    unit = report.catalogue[COST].unit
    if amounts.sum() <= 0:
        return both("No repeat order, further visit or goodwill was paid for in {span}", span=span)
    told = both(
        "{share} of the cost of {span} went into poor service: {amount}, above all {part}",
        share=tell_value(whole["value"], "%"),
        amount=tell_value(amounts.sum(), unit),
        span=span,
        part=report.segment_name("poor_service_part", str(amounts.idxmax())),
    )
    if pd.isna(whole["low"]) or pd.isna(whole["high"]):
        return told
    return both(
        "{share} ({interval}) of the cost of {span} went into poor service: {amount}, above all {part}",
        share=tell_value(whole["value"], "%"),
        interval=tell_interval(max(whole["low"], 0.0), min(whole["high"], 100.0), "%"),
        amount=tell_value(amounts.sum(), unit),
        span=span,
        part=report.segment_name("poor_service_part", str(amounts.idxmax())),
    )
