"""Where the time of orders lies: the queue of each stage, and time at work against waiting."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_stages
from analysis.presentation.language import Text, both, join
from analysis.presentation.naming import stage_name
from analysis.presentation.telling import tell_count, tell_period, tell_span, tell_value
from analysis.sections.long_orders import long_orders
from analysis.sections.passing import in_passing
from analysis.sections.stage_table import LAW, month_of_shares, shares_of_time, stage_table
from analysis.sections.stages import STAGES
from analysis.sections.trend import MONTHS_SHOWN
from analysis.sections.wording import capital, is_out_unsure, said
from analysis.statistics.control_charts import xmr

if TYPE_CHECKING:
    from analysis.report import Report

QUEUE, HOURS = "stage_queue", "cycle_hours_total"
BALANCED = 0.10
FEW_ORDERS = 3.0  # fewer orders more or less, on average, are nothing that is stuck
BASELINE_MONTHS, FEWEST_MONTHS = 24, 12
FELT = 5  # orders: a queue longer by fewer is no news
PARTS = ("working", "wait_customer", "wait_parts", "wait_approval", "wait_other", "unrecorded")
HOURS_PER_DAY = 24.0


def bottleneck(report: "Report") -> Block:
    """A section on which stage takes the time, whether its queue grows, and whether Little's law holds in it."""
    rows = report.segments(QUEUE, "stage")
    missing = report.lacks("bottleneck", *report.run.missing.get(QUEUE, []))
    if missing is not None or rows.empty:
        return missing or _no_queue(report)
    queues = _queues(report, rows)
    title = capital(_bottleneck_headline(report, queues))
    about = both(
        "Orders in each stage at the end of the month, open ones included, {span} · {unit}",
        span=tell_span(str(queues.index[0]), str(queues.index[-1])),
        unit=report.unit_name,
    )
    long = queues.rename_axis(index="period").reset_index().melt("period", var_name="stage")
    figure = chart_stages(
        long.assign(stage=text_column(capital(stage_name(stage)) for stage in long["stage"])),
        title=title,
        unit="n",
        name="queues",
        description=report.catalogue[QUEUE].definition,
        languages=report.languages,
    )
    headed = _headed_queue(report, queues)
    lines = Sentences(said(_growing(queues, headed), _law(report)), languages=report.languages)
    return report.section(headline=title, subtitle=about, parts=(figure, lines, stage_table(report, queues)))


def waiting(report: "Report") -> Block:
    """A section on time at work against recorded waits and time of which nothing is recorded, month by month."""
    missing = report.lacks("waiting", *report.run.missing.get(HOURS, []))
    rows = report.segments(HOURS, "time_part")
    rows = rows[rows["value"].notna() & (rows["n"] > 0)]
    if missing is not None or rows.empty or not rows["value"].sum() > 0:
        return missing or Note.empty(both("Time at work and waiting"), languages=report.languages)
    rows = rows.assign(days=rows["value"] / rows["n"] / HOURS_PER_DAY)
    rows = rows[rows["period"].isin(sorted(rows["period"].unique())[-MONTHS_SHOWN:])]
    newest = rows[rows["period"] == rows["period"].max()].set_index("segment")
    shares = (100 * newest["value"] / newest["value"].sum()).reindex(PARTS).fillna(0.0)
    waits = shares[[part for part in PARTS if part.startswith("wait")]]
    title = _waiting_headline(shares, waits, float(newest["days"].sum()), str(rows["period"].max()))
    about = both(
        "Mean days per completed order by what they went to, {span} · {unit}",
        span=tell_span(rows["period"].min(), rows["period"].max()),
        unit=report.unit_name,
    )
    kept = [part for part in PARTS if rows.loc[rows["segment"] == part, "value"].sum() > 0]
    drawn = rows[rows["segment"].isin(kept)].assign(place=lambda part: part["segment"].map(kept.index))
    drawn = drawn.sort_values(["period_start", "place"], kind="stable")
    figure = chart_stages(
        drawn.assign(
            stage=text_column(capital(report.segment_name("time_part", part)) for part in drawn["segment"]),
            value=drawn["days"],
        ),
        title=title,
        unit="d",
        name="waiting",
        highlight=capital(report.segment_name("time_part", _largest_wait(waits)))["en"] if waits.max() > 0 else None,
        description=report.catalogue[HOURS].definition,
        languages=report.languages,
    )
    caution = both(
        "Time of which nothing is recorded holds nights, journeys and queues: no one is at work then, nor "
        "waiting by name."
    )
    few = long_orders(report, str(rows["period"].max()))
    lines = said(few, in_passing(report, "flow_efficiency", dated=True), caution)
    return report.section(headline=title, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages)))


def _no_queue(report: "Report") -> Note:
    title = both("Orders waiting in each stage")
    if report.series(QUEUE)["value"].notna().any():
        reason = both("No order was left in the process at the end of any month.")
        return Note(title, reason, languages=report.languages)
    return Note.empty(title, languages=report.languages)


def _queues(report: "Report", rows: pd.DataFrame) -> pd.DataFrame:
    """Orders by month end and stage; a stage that no order is in counts none, one that the data do not tell apart is
    left out.
    """
    months = report.series(QUEUE).dropna(subset=["value"])["period"].iloc[-MONTHS_SHOWN:]
    wide = rows.pivot_table(index="period", columns="segment", values="value", aggfunc="sum")
    return wide.reindex(
        index=months, columns=[stage for stage in STAGES if stage in wide or report.tells(f"stage_share_{stage}")]
    ).fillna(0.0)


def _grown(queues: pd.DataFrame) -> list[str]:
    """The stages whose newest queue is the longest of all months shown and above the upper limit of those before
    (individuals and moving range).
    """
    past, newest = queues.iloc[:-1].tail(BASELINE_MONTHS), queues.iloc[-1]
    if len(past) < FEWEST_MONTHS:
        return []
    before = {}
    for stage in map(str, queues):
        usual = float(xmr(past[stage].to_numpy()).high[-1])
        before[stage] = max(float(queues[stage].iloc[:-1].max()), usual)
    return [stage for stage in before if newest[stage] > before[stage] and newest[stage] >= past[stage].mean() + FELT]


def _bottleneck_headline(report: "Report", queues: pd.DataFrame) -> Text:
    known, grown = shares_of_time(report), _grown(queues)
    if not known:
        fullest = str(queues.iloc[-1].idxmax())
        return both(
            "Most orders wait in the stage {stage}: {n} at the end of {period}",
            stage=stage_name(fullest),
            n=tell_count(queues.iloc[-1].max()),
            period=tell_period(str(queues.index[-1])),
        )
    largest = max(known, key=lambda stage: known[stage])
    facts: dict[str, Text | str] = {"stage": stage_name(largest), "share": tell_value(known[largest], "%")}
    facts |= {"period": tell_period(month_of_shares(report))}
    past = queues.iloc[:-1].tail(BASELINE_MONTHS)
    if len(past) < FEWEST_MONTHS:
        return both("{stage} takes {share} of the time of the orders of {period}", **facts)
    if not grown and (report.kpi("backlog") or {}).get("signal") == "worsening":
        return both(
            "{stage} takes {share} of the time of the orders of {period}; all open orders together are above their "
            "usual range, no single stage's queue is the longest so far",
            **facts,
        )
    if not grown:
        return both(
            "{stage} takes {share} of the time of the orders of {period}; no stage's queue is longer than chance "
            "allows",
            **facts,
        )
    named = _headed_queue(report, queues) or grown[0]
    facts |= {"months": str(len(queues)), "n": tell_count(queues.iloc[-1][named])}
    facts |= {"usual": tell_count(round(past[named].mean()))}
    told = both(
        "{stage} takes {share} of the time of the orders of {period}; the queue that is the longest in {months} "
        "months is {other}: {n}, usually {usual}",
        other=stage_name(named),
        **facts,
    )
    if named == largest:
        told = both(
            "{stage} takes {share} of the time of the orders of {period}, and its queue is the longest in {months} "
            "months: {n}, usually {usual}",
            **facts,
        )
    return _as_all_open_orders(report, told)


def _as_all_open_orders(report: "Report", told: Text) -> Text:
    """A long queue with what the signals say of all open orders, as the report on the repair cycle says it too: a
    stage's queue is judged by its own past alone, they allow for season and for all that is watched."""
    row = report.kpi("backlog")
    if row is None or row["signal"] != "steady":
        return told
    if is_out_unsure(row):
        return both("{told}; all open orders together are outside their usual range, not yet sure", told=told)
    return both("{told}; all open orders together are within their usual range", told=told)


def _headed_queue(report: "Report", queues: pd.DataFrame) -> str | None:
    """The stage whose long queue the headline tells; None where it tells none."""
    known, grown = shares_of_time(report), _grown(queues)
    if not grown or not known:
        return None
    largest = max(known, key=lambda stage: known[stage])
    return largest if largest in grown else grown[0]


def _growing(queues: pd.DataFrame, headed: str | None = None) -> Text | None:
    """The stages whose queue is the longest so far, but for the one that the headline tells already."""
    past = queues.iloc[:-1].tail(BASELINE_MONTHS)
    if len(past) < FEWEST_MONTHS:
        return both("Too few months to say whether a queue is longer than usual.")
    grown = [stage for stage in _grown(queues) if stage != headed]
    if not grown:
        return None
    each_stage = [
        both(
            "{stage} {n}, usually {usual}",
            stage=stage_name(stage),
            n=tell_count(queues.iloc[-1][stage]),
            usual=tell_count(round(past[stage].mean())),
        )
        for stage in grown
    ]
    queues_told = join(each_stage, {"en": "; ", "zh": "；"})
    if headed is not None:
        return both("The longest so far besides: {queues}.", queues=queues_told)
    return both("The longest queues so far: {queues}.", queues=queues_told)


def _law(report: "Report") -> Text | None:
    """Whether what stands in the stages is what arrivals and times make it; where not, why."""
    rows = report.segments(LAW, "stage")
    rows = rows[(rows["period"] == report.period) & rows["value"].notna()]
    if rows.empty:
        return None
    apart = (rows["numerator"] - rows["denominator"]).abs()
    off = rows[((rows["value"] - 1).abs() > BALANCED) & (apart >= FEW_ORDERS)]
    if off.empty:
        return both(
            "In every stage stand as many orders as arrivals and the times of finished work explain, within 10% or "
            "three orders: no stage is jammed. Single orders may still be old; the report on the repair cycle gives "
            "open orders by age."
        )
    top = off.iloc[(off["numerator"] - off["denominator"]).abs().to_numpy().argmax()]
    facts = {
        "stage": stage_name(top["segment"]),
        "held": tell_value(top["numerator"], "n"),
        "expected": tell_value(top["denominator"], "n"),
    }
    if top["value"] > 1:
        return both(
            "In {stage} {held} orders stood on average; the times of finished work would explain {expected}: the "
            "others came in and have not got out.",
            **facts,
        )
    return both(
        "In {stage} {held} orders stood on average; the times of finished work would explain {expected}: old orders "
        "were worked off.",
        **facts,
    )


def _largest_wait(waits: pd.Series) -> str:
    return str(waits.idxmax())


def _waiting_headline(shares: pd.Series, waits: pd.Series, days: float, period: str) -> Text:
    facts = {
        "days": tell_value(days, "d"),
        "period": tell_period(period),
        "waiting": tell_value(float(waits.sum()), "%"),
        "working": tell_value(days * HOURS_PER_DAY * float(shares["working"]) / 100, "h"),
    }
    if not shares["working"] > 0:
        return both(
            "Of {days} per order completed in {period}, {waiting} are recorded waits; time at work is not recorded",
            **facts,
        )
    return both(
        "Of {days} per order completed in {period}, {working} are time at work and {waiting} recorded waits",
        **facts,
    )
