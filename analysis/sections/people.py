"""Technicians beside each other, drawn towards their common figure; how many leave, and how long they have been there.

Nobody is ranked: a technician is named as standing out only beyond chance and the usual spread, after allowing for how
many are compared.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals, chart_trend
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, plain
from analysis.presentation.telling import tell_count, tell_interval, tell_size, tell_span, tell_value
from analysis.sections.fewest import PEOPLE, too_few_people
from analysis.sections.segments import FALSE_DISCOVERIES, intervals, say_verdict
from analysis.sections.trend import MONTHS_SHOWN
from analysis.sections.wording import capital, said
from analysis.statistics.comparison import benjamini_hochberg
from analysis.statistics.funnels import funnel_limits_estimates
from analysis.statistics.heterogeneity import heterogeneity
from analysis.statistics.shrinkage import shrink_means

if TYPE_CHECKING:
    from analysis.report import Report

GAP = "technician_fix_gap"
TURNOVER = "technician_turnover"
PEOPLE_SHOWN = 16
FEWEST_PEOPLE = 2
NEW_UNTIL_YEARS = 1.0
WIDEST = 50.0  # percentage points: an interval wider than this leaves nothing of a rate


def technicians(report: "Report") -> Block:
    """A section with each technician's first-time fix against the same work elsewhere, shrunk."""
    missing = report.lacks("technicians", *report.run.missing.get(GAP, []))
    rows = report.segments(GAP, "technician_id")
    rows = rows[(rows["period"] == report.period) & (rows["se"] > 0)].reset_index(drop=True)
    title = both("First-time fix of technicians against the same work elsewhere")
    if missing is not None or len(rows) < FEWEST_PEOPLE:
        reason = both("A comparison needs at least two technicians with repairs on site.")
        return missing or Note(title, reason, languages=report.languages)
    card = report.catalogue[GAP]
    common = float(np.average(rows["value"], weights=rows["n"]))
    shrunk = shrink_means(rows["value"], rows["se"], centre=common)
    funnel = funnel_limits_estimates(rows["value"], rows["se"], centre=common)
    known = rows["n"] >= card.minimum_n
    few_people = too_few_people(report, PEOPLE, known)
    enough = known & (few_people is None)
    q = benjamini_hochberg(np.where(enough, funnel.p, np.nan))
    beyond = np.where(np.nan_to_num(q, nan=1.0) < FALSE_DISCOVERIES, np.sign(rows["value"] - funnel.centre), 0)
    judged = rows.assign(
        shrunk=shrunk.value,
        low_s=shrunk.low,
        high_s=shrunk.high,
        outside=beyond.astype(int),
        enough=enough,
    )
    shown = judged.loc[judged["outside"].eq(0).sort_values(kind="stable").index].sort_values(
        ["outside", "n"], key=lambda column: column.abs() if column.name == "outside" else column, ascending=False
    )
    drawn = shown.head(max(PEOPLE_SHOWN, int((judged["outside"] != 0).sum()))).sort_values("segment")
    differ = heterogeneity(rows["value"], rows["se"]).p < FALSE_DISCOVERIES
    headline = capital(few_people or _compared(judged, differ=differ, spread=float(funnel.tau)))
    if few_people is not None:
        return _not_compared(report, judged, title=title, headline=headline)
    tones = {1: "good", 0: "flat", -1: "bad"}
    figure = chart_intervals(
        drawn.assign(
            label=text_column(plain(person) for person in drawn["segment"]),
            value=drawn["shrunk"],
            low=drawn["low_s"],
            high=drawn["high_s"],
            tone=[tones[side] for side in drawn["outside"]],
        )[["label", "value", "low", "high", "n", "tone"]],
        title=headline,
        unit="pp",
        reference=float(shrunk.common),
        reference_label=both("together"),
        name="technicians",
        description=title,
        table=_people_table(report, judged),
        languages=report.languages,
    )
    about = both(
        "{title}, last 12 months, drawn towards the common figure; {shown} of {all} in the order of their ids",
        title=title,
        shown=str(len(drawn)),
        all=str(len(judged)),
    )
    work = both(
        "The mix of product lines and faults is taken out; the age of appliances and distance are not. No basis "
        "for pay."
    )
    plainly = _plain_spread(judged)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(said(plainly, work), languages=report.languages))
    )


def _not_compared(report: "Report", judged: pd.DataFrame, *, title: Text, headline: Text) -> Block:
    """The plain figures of so few people that the common figure is mostly their own: no chart, nothing drawn together,
    no verdict."""
    work = both("Each figure stands with its own interval; among so few nobody is held against the others.")
    parts = (_people_table(report, judged, compared=False), Sentences((work,), languages=report.languages))
    return report.section(headline=headline, subtitle=both("{title}, last 12 months", title=title), parts=parts)


def _compared(judged: pd.DataFrame, *, differ: bool, spread: float) -> Text:
    out = int((judged["outside"] != 0).sum())
    if out == 1:
        return both("One of {all} technicians differs from the others beyond chance", all=str(len(judged)))
    if out:
        return both("{n} of {all} technicians differ from the others beyond chance", n=str(out), all=str(len(judged)))
    if not differ or not spread > 0:
        return both("No difference between technicians beyond chance")
    return both(
        "Technicians differ by more than chance (typically by {spread}), but nobody stands apart from the rest",
        spread=tell_size(spread, "pp"),
    )


def _plain_spread(judged: pd.DataFrame) -> Text | None:
    if len(judged) < 4:
        return None
    return both(
        "The plain figures lie {plain} apart from lowest to highest; drawn towards the common figure, as their "
        "few records "
        "warrant, {shrunk}.",
        plain=tell_size(float(np.ptp(judged["value"])), "pp"),
        shrunk=tell_size(float(np.ptp(judged["shrunk"])), "pp"),
    )


def _people_table(report: "Report", judged: pd.DataFrame, *, compared: bool = True) -> Table:
    frame = judged.sort_values("segment").assign(
        label=lambda part: part["segment"],
        interval=lambda part: intervals(part),
        verdict=lambda part: text_column(
            say_verdict(side, enough) if compared else both("not compared")
            for side, enough in zip(part["outside"], part["enough"], strict=True)
        ),
    )[["label", "n", "value", "interval", "shrunk", "verdict"]]
    columns = {
        "label": Column(both("Technician")),
        "n": Column(both("n"), "n"),
        "value": Column(both("Plain"), "pp"),
        "interval": Column(both("95% interval"), kind="text"),
        "shrunk": Column(both("Drawn towards the common figure"), "pp"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    if not compared:
        frame = frame.drop(columns=["shrunk"])
        columns.pop("shrunk")
    caption = both("First-time fix of technicians against the same work elsewhere")
    return table(frame, columns=columns, caption=caption, name="technicians", languages=report.languages)


# -- turnover and tenure ----------------------------------------------------------------------------------------------


def staff(report: "Report") -> Block:
    """A section with the technicians in post by month, how many left in a year, and how long they have been there."""
    missing = report.lacks("staff", *report.run.missing.get(TURNOVER, []))
    posts = report.series("staff_in_post").tail(MONTHS_SHOWN) if missing is None else pd.DataFrame()
    left = report.kpi(TURNOVER)
    if missing is not None or posts.empty or posts["value"].notna().sum() == 0:
        return missing or Note.empty(both("Technicians in post"), languages=report.languages)
    headline = capital(_left(left))
    figure = chart_trend(
        posts,
        title=headline,
        unit="n",
        better="none",
        name="staff",
        description=report.catalogue["staff_in_post"].definition,
        languages=report.languages,
    )
    about = both(
        "Technicians in post at the end of the month, {span} · {unit_name}",
        span=tell_span(*posts.loc[posts["value"].notna(), "period"].iloc[[0, -1]]),
        unit_name=report.unit_name,
    )
    absence = both(
        "Time sheets tell who worked, not who was planned and absent: absence cannot be told from these data."
    )
    lines = said(_change_in_post(posts), _tenure(report), absence)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _left(row: Mapping[str, Any] | None) -> Text:
    if row is None or is_missing(row["value"]):
        return both("How many technicians leave cannot be told")
    told = {
        "n": tell_count(row["numerator"]),
        "value": tell_value(row["value"], "%"),
        "interval": tell_interval(row["low"], row["high"], "%"),
    }
    if row["low"] is None or is_missing(row["high"]) or row["high"] - row["low"] > WIDEST:
        if not row["numerator"] > 0:
            return both("Nobody left in twelve months; too few people for a rate")
        if row["numerator"] == 1:
            return both("One technician left in twelve months; too few people for a rate")
        return both("{n} technicians left in twelve months; too few people for a rate", n=told["n"])
    if row["numerator"] == 1:
        return both(
            "One technician left in twelve months: {value} a year, anything between {interval} by chance", **told
        )
    return both("{n} technicians left in twelve months: {value} a year, anything between {interval} by chance", **told)


def _change_in_post(posts: pd.DataFrame) -> Text | None:
    known = posts.dropna(subset=["value"])
    if len(known) < 13:
        return None
    change = known["value"].iloc[-1] - known["value"].iloc[-13]
    return both(
        "In post now: {now}, a year ago {before}.",
        now=tell_count(known["value"].iloc[-1]),
        before=tell_count(known["value"].iloc[-1] - change),
    )


def _tenure(report: "Report") -> Text | None:
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    rows = report.records("technicians", ["hired_on", "left_on"])
    there = rows[(rows["hired_on"] <= end) & ~(rows["left_on"] <= end)]
    if there.empty:
        return None
    years = (end - there["hired_on"]).dt.days / 365.25
    half, new = tell_value(round(float(years.median()), 1), "ratio"), int((years < NEW_UNTIL_YEARS).sum())
    if not new:
        return both("Half of them have been there {years} years or longer; nobody less than one year.", years=half)
    return both(
        "Half of them have been there {years} years or longer; {new} of {all} less than one year.",
        years=half,
        new=tell_count(new),
        all=tell_count(len(there)),
    )
