"""Ways of asking beside each other at the same mix of work: how people were asked, never how well they were served."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import fmt_change, fmt_value
from analysis.presentation.language import Text, both, each
from analysis.presentation.telling import tell_interval, tell_span
from analysis.sections.pooling import parts, pool
from analysis.sections.segments import MONTHS_POOLED, UNNAMED, intervals, recent
from analysis.sections.wording import capital, said
from analysis.statistics.mix import kitagawa

if TYPE_CHECKING:
    from analysis.report import Report

SHARE, GAP, RESPONSE = "csat_top2_share", "csat_method_gap", "survey_response_rate"
BREAKDOWN = "method"


def asking(report: "Report") -> Block:
    """A section with the share of satisfied customers by way of asking, and the difference that stays at the same mix
    of work.
    """
    missing = report.lacks("asking", *report.run.missing.get(GAP, []))
    rows, title = recent(report.segments(SHARE, BREAKDOWN)), both("Ways of asking beside each other")
    if missing is not None or rows.empty:
        return missing or Note.empty(title, languages=report.languages)
    shares = pool(rows, report.catalogue[SHARE])
    if len(shares) < 2:
        only = both(
            "Only one way of asking has enough answers to compare: {method}.",
            method=report.segment_name(BREAKDOWN, shares["segment"].iloc[0]),
        )
        return Note(title, only, languages=report.languages)
    told = _told(report, shares)
    headline = capital(_headline(report, told))
    if told["gap"].isna().all():
        return Note(title, headline, languages=report.languages)
    about = both(
        "Share of satisfied customers by way of asking, {span} · {unit}",
        span=tell_span(rows["period"].min(), rows["period"].max()),
        unit=report.unit_name,
    )
    labels = text_column(capital(report.segment_name(BREAKDOWN, segment)) for segment in told["segment"])
    figure = chart_intervals(
        told.assign(label=labels),
        title=headline,
        unit="%",
        name="asking",
        description=about,
        table=_table(report, told, about),
        languages=report.languages,
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences(_sentences(report), languages=report.languages)),
    )


def _told(report: "Report", shares: pd.DataFrame) -> pd.DataFrame:
    """Share by method with its gap at the same mix (NaN for the one compared with) and its response rate."""
    gaps = report.segments(GAP, BREAKDOWN)
    gaps = gaps[gaps["period"] == gaps["period"].max()].set_index("segment") if len(gaps) else gaps
    told = shares.assign(gap=np.nan, gap_low=np.nan, gap_high=np.nan, response=np.nan)
    for source, target in (("value", "gap"), ("low", "gap_low"), ("high", "gap_high")):
        if len(gaps):
            told[target] = told["segment"].map(gaps[source].astype(float))
    answered = recent(report.segments(RESPONSE, BREAKDOWN))
    if len(answered):
        rates = pool(answered, report.catalogue[RESPONSE]).set_index("segment")["value"]
        told["response"] = told["segment"].map(rates)
    return told


def _headline(report: "Report", told: pd.DataFrame) -> Text:
    known = told[told["gap"].notna()]
    if known.empty:
        return both("Too few answers to compare the ways of asking at the same work")
    sure = known[(known["gap_low"] > 0) | (known["gap_high"] < 0)]
    if sure.empty:
        return both("At the same work the ways of asking find the same satisfaction, chance allowed for")
    top = sure.iloc[int(sure["gap"].abs().to_numpy().argmax())]
    least, most = sorted(abs(float(top[end])) for end in ("gap_low", "gap_high"))
    said_of = {
        "method": report.segment_name(BREAKDOWN, top["segment"]),
        "other": report.segment_name(BREAKDOWN, _reference(told)),
        "size": each(lambda language: fmt_value(abs(top["gap"]), "pp", language, decimals=1)),
        "interval": tell_interval(least, most, "pp"),
    }
    if top["gap"] > 0:
        return both("{method}: {size} more satisfied answers than by {other} for the same work ({interval})", **said_of)
    return both("{method}: {size} fewer satisfied answers than by {other} for the same work ({interval})", **said_of)


def _reference(told: pd.DataFrame) -> str:
    """The method that the others are compared with: the questionnaire, else the one that has most answers."""
    among = told[told["gap"].isna()]
    chosen = among[among["segment"] == "questionnaire"]
    return str((chosen if len(chosen) else among)["segment"].iloc[0])


def _sentences(report: "Report") -> tuple[Text, ...]:
    nature = both("It says how people were asked and who was reached, not how well they were served.")
    mixed = _moved(report) or both(
        "More answers by another way of asking move the satisfaction of the whole; compare months of the same ways."
    )
    return said(nature, mixed)


def _moved(report: "Report") -> Text | None:
    """By how much the mix of ways of asking moved the whole against the twelve months before; None without those."""
    card, known = report.catalogue[SHARE], report.segments(SHARE, BREAKDOWN)
    now = recent(known)
    months = pd.period_range(end=pd.Period(now["period"].max(), freq="M"), periods=MONTHS_POOLED, freq="M")
    before = known[known["period"].isin((months - MONTHS_POOLED).astype(str)) & ~known["segment"].isin(UNNAMED)]
    if before["period"].nunique() < MONTHS_POOLED or before["n"].sum() < card.minimum_n:
        return None
    moved = float(kitagawa(parts(before, card), parts(now, card))["mix_effect"].sum())
    return both(
        "Against the twelve months before, another mix of ways of asking alone has moved the whole by {size}.",
        size=each(lambda language: fmt_change(moved, "%", language, decimals=1)),
    )


def _table(report: "Report", told: pd.DataFrame, caption: Text) -> Table:
    reference = _reference(told)
    ends = [tell_interval(low, high, "") for low, high in zip(told["gap_low"], told["gap_high"], strict=True)]
    frame = told.assign(
        label=text_column(capital(report.segment_name(BREAKDOWN, segment)) for segment in told["segment"]),
        interval=intervals(told),
        gap_interval=text_column(
            end if known else (both("compared with") if segment == reference else both("too few"))
            for end, known, segment in zip(ends, told["gap"].notna(), told["segment"], strict=True)
        ),
    )
    columns = {
        "label": Column(both("Way of asking"), kind="text"),
        "n": Column(both("Answers"), "n"),
        "response": Column(both("Response rate"), "%"),
        "value": Column(both("Satisfied"), "%"),
        "interval": Column(both("95% interval"), kind="text"),
        "gap": Column(both("At the same work"), "%", kind="change"),
        "gap_interval": Column(both("95% interval of the difference"), kind="text"),
    }
    return table(frame, columns=columns, caption=caption, name="asking-table", languages=report.languages)
