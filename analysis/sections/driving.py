"""What goes with satisfaction, and where to begin: each aspect's part in the differences between customers beside how
well it is scored. Association, never effect.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import Side, chart_pairs
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_count, tell_interval, tell_span, tell_value
from analysis.sections.grading import say_unreliable
from analysis.sections.pooling import pool
from analysis.sections.segments import intervals, recent
from analysis.sections.wording import capital, said
from analysis.statistics.intervals import normal_quantile

if TYPE_CHECKING:
    from analysis.report import Report

SHARE, EXPLAINED, ODDS, TOP2, GAP = (
    "csat_driver_share",
    "csat_drivers_explained",
    "csat_driver_odds",
    "aspect_top2_share",
    "expectation_gap",
)
BREAKDOWN = "aspect"
FALSE_ALARMS = 0.05
HALO = 70.0  # per cent of the differences explained from which on aspects mostly say the same thing


def driving(report: "Report") -> Block:
    """A section with each aspect's part in the differences of the overall score and its own share of satisfied
    answers, those first where there is most to gain.
    """
    missing = report.lacks("driving", *report.run.missing.get(SHARE, []))
    title = both("What goes with satisfaction")
    if missing is not None:
        return missing
    told = _told(report)
    if told.empty:
        return Note(
            title,
            both("It takes at least ten complete answers for each aspect, and answers that differ."),
            languages=report.languages,
        )
    headline = _headline(report, told)
    about = both(
        "Part of each aspect in the differences of satisfaction; share scoring it 4–5 · {span} · {unit} · n = {n}",
        span=tell_span(told.attrs["first"], told.attrs["last"]),
        unit=report.unit_name,
        n=tell_count(told["answers"].iloc[0]),
    )
    labels = text_column(capital(report.segment_name(BREAKDOWN, segment)) for segment in told["segment"])
    figure = chart_pairs(
        told.assign(label=labels),
        left=Side("part", both("part in the differences"), "%", reference=100 / len(told)),
        right=Side("good", both("satisfied with it"), "%", reference=float(told.attrs["overall"])),
        title=headline,
        name="driving",
        description=about,
        table=_table(report, told, about),
        languages=report.languages,
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences(_sentences(report, told), languages=report.languages)),
    )


def _told(report: "Report") -> pd.DataFrame:
    """One row per aspect: its part and its share of satisfied scores, with their intervals and odds, most to gain
    first.
    """
    parts = report.segments(SHARE, BREAKDOWN)
    scores = recent(report.segments(TOP2, BREAKDOWN))
    if parts.empty or scores.empty:
        return pd.DataFrame()
    parts = parts[parts["period"] == parts["period"].max()]
    good = pool(scores, report.catalogue[TOP2])
    told = parts[["segment", "value", "low", "high", "n"]].merge(
        good[["segment", "value", "low", "high"]], on="segment", suffixes=("", "_good")
    )
    names = {"value": "part", "low": "part_low", "high": "part_high", "n": "answers"}
    names |= {"value_good": "good", "low_good": "good_low", "high_good": "good_high"}
    odds = report.segments(ODDS, BREAKDOWN).set_index("segment")[["value", "low", "high"]].add_prefix("odds_")
    told = told.rename(columns=names).merge(odds, how="left", left_on="segment", right_index=True)
    told["gain"] = told["part"] * (100 - told["good"]) / 100
    told = told.sort_values("gain", ascending=False).reset_index(drop=True)
    told.attrs |= {
        "first": scores["period"].min(),
        "last": scores["period"].max(),
        "overall": 100 * good["numerator"].sum() / good["denominator"].sum(),
    }
    return told


def _headline(report: "Report", told: pd.DataFrame) -> Text:
    """The aspect whose part is beyond an even one, if any; else that none stands apart, and where most is to gain."""
    even, gain = 100 / len(told), _gain(report, told)
    above = told[_above(told, even)].sort_values("part", ascending=False)
    if above.empty:
        below = told[_below(told, even)].sort_values("part")
        if below.empty:
            return both("No aspect's part is beyond an even one; {gain}", gain=gain)
        least = below.iloc[0]
        return both(
            "No aspect leads; {least} goes least with satisfaction ({part} of the differences, {interval}); {gain}",
            least=report.segment_name(BREAKDOWN, least["segment"]),
            gain=gain,
            part=tell_value(least["part"], "%"),
            interval=tell_interval(least["part_low"], least["part_high"], "%"),
        )
    top = above.iloc[0]
    name = report.segment_name(BREAKDOWN, top["segment"])
    figures = {"part": tell_value(top["part"], "%"), "interval": tell_interval(top["part_low"], top["part_high"], "%")}
    if top["segment"] == told["segment"].iloc[0] and not _tied(told):
        return both(
            "{aspect} goes most with satisfaction ({part} of the differences, {interval}) and has most to gain",
            aspect=capital(name),
            **figures,
        )
    return both(
        "{aspect} goes most with satisfaction ({part} of the differences, {interval}); {gain}",
        aspect=capital(name),
        gain=gain,
        **figures,
    )


def _gain(report: "Report", told: pd.DataFrame) -> Text:
    """Which aspect has most to gain, and how many others have as much for all that can be told."""
    first, tied = report.segment_name(BREAKDOWN, told["segment"].iloc[0]), _tied(told)
    if not tied:
        return both("{aspect} has most to gain", aspect=first)
    if tied == 1:
        return both("{aspect} has most to gain, though not surely more than one other", aspect=first)
    return both("{aspect} has most to gain, though not surely more than {n} others", aspect=first, n=str(tied))


def _tied(told: pd.DataFrame) -> int:
    """How many other aspects have as much to gain as the first, allowing for the errors of their parts and of their
    shares of satisfied scores (first order; the aspects of one questionnaire taken as independent)."""
    part, good = ((told[f"{name}_high"] - told[f"{name}_low"]) / (2 * normal_quantile()) for name in ("part", "good"))
    error = ((100 - told["good"]) * part / 100) ** 2 + (told["part"] * good / 100) ** 2
    apart = (told["gain"].iloc[0] - told["gain"]) > normal_quantile() * (error + error.iloc[0]) ** 0.5
    return int((~apart).sum()) - 1


def _above(told: pd.DataFrame, even: float) -> pd.Series:
    """Whose part is more than an even one beyond chance, allowing for how many aspects are compared."""
    return _distance(told, even) > normal_quantile(1 - FALSE_ALARMS / len(told))


def _below(told: pd.DataFrame, even: float) -> pd.Series:
    """Whose part is less than an even one beyond chance, allowed for alike."""
    return _distance(told, even) < -normal_quantile(1 - FALSE_ALARMS / len(told))


def _distance(told: pd.DataFrame, even: float) -> pd.Series:
    """By how many of its errors each part lies from an even one."""
    error = (told["part_high"] - told["part_low"]) / (2 * normal_quantile())
    return (told["part"] - even) / error


def _sentences(report: "Report", told: pd.DataFrame) -> tuple[Text, ...]:
    nature = both("Association, not effect: raising an aspect need not raise the whole as much.")
    explained = report.kpi(EXPLAINED)
    halo = None
    if explained is not None and not is_missing(explained["value"]):
        value = tell_value(explained["value"], "%")
        halo = (
            both(
                "Together they account for {value} of the differences: customers score all aspects much alike, "
                "so that the parts lie close to each other.",
                value=value,
            )
            if explained["value"] >= HALO
            else both("Together they account for {value} of the differences; the rest was not asked.", value=value)
        )
    apart = None
    if not _above(told, 100 / len(told)).any() and told["part_low"].max() > told["part_high"].min():
        apart = both(
            "Some of the parts' intervals do not meet: among {n} aspects two may lie that far apart by chance.",
            n=str(len(told)),
        )
    expected, unreliable = _expected(report), say_unreliable(report, GAP)
    if expected is not None and unreliable is not None:
        expected = join([expected, unreliable], {"en": " ", "zh": ""})
    return said(apart, halo, expected, nature)


def _expected(report: "Report") -> Text | None:
    """Whether customers got more or less than they had expected, over twelve months."""
    rows = recent(report.series(GAP).assign(segment="all"))
    if rows.empty:
        return None
    gap = pool(rows, report.catalogue[GAP]).iloc[0]
    if is_missing(gap["low"]):
        return None
    interval = tell_interval(gap["low"], gap["high"], "score")
    value = tell_value(abs(gap["value"]), "score")
    if gap["high"] < 0:
        return both(
            "Customers got less than they had expected, by {value} of 5 points ({interval}).",
            value=value,
            interval=interval,
        )
    if gap["low"] > 0:
        return both(
            "Customers got more than they had expected, by {value} of 5 points ({interval}).",
            value=value,
            interval=interval,
        )
    return both("Customers got what they had expected, chance allowed for ({interval} points).", interval=interval)


def _table(report: "Report", told: pd.DataFrame, caption: Text) -> Table:
    frame = told.assign(
        label=text_column(capital(report.segment_name(BREAKDOWN, segment)) for segment in told["segment"]),
        part_interval=intervals(told.rename(columns={"part_low": "low", "part_high": "high"})),
        odds_interval=intervals(told.rename(columns={"odds_low": "low", "odds_high": "high"})),
    )
    columns = {
        "label": Column(both("Aspect"), kind="text"),
        "part": Column(both("Part in the differences"), "%"),
        "part_interval": Column(both("95% interval"), kind="text"),
        "good": Column(both("Satisfied with it"), "%"),
    }
    if told["odds_value"].notna().any():
        columns |= {
            "odds_value": Column(both("Odds of a better overall score per point")),
            "odds_interval": Column(both("95% interval of the odds"), kind="text"),
        }
    note = both("In order of what there is to gain: the part times the share not satisfied.")
    return table(frame, columns=columns, caption=caption, note=note, name="driving-table", languages=report.languages)
