"""A score in the form of GB/T 27922 from what the data hold: points earned ÷ points of the items concerned × 100, by
the company's own weights.

What nobody has answered is not scored: neither 0 nor full. It is no certification, and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.metrics.scorecard import Scorecard, ScoreItem
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.telling import tell_estimate, tell_interval, tell_value
from analysis.sections.gaps import pooled_year
from analysis.sections.pooling import Z
from analysis.sections.wording import said

if TYPE_CHECKING:
    from analysis.report import Report

GRADED_FROM = 80.0  # per cent of the weight that must be answered before a level is named
WEAK = 70.0


@dataclass(frozen=True)
class Answer:
    """One item with its points (0 to 100, None: not scored) and their standard error; `shown` is the figure behind."""

    item: ScoreItem
    points: float | None
    error: float
    shown: Text
    reason: Text | None = None


@dataclass(frozen=True)
class Score:
    """The score with its interval (0 to 100), and the per cent of the weight that was answered."""

    value: float
    low: float
    high: float
    answered: float


def scorecard(report: "Report") -> Block:
    """The score, item by item, with what is not scored."""
    card = report.run.scorecard
    title = both("Score in the form of GB/T 27922")
    if card is None or not card.items:
        reason = both("No scorecard is declared: params/scorecard.yml says which items count, and how much.")
        return Note(title, reason, languages=report.languages)
    answers = [answer(report, item) for item in card.items if item.weight > 0]
    score = sum_up(answers, card)
    if score is None:
        return Note(title, both("Not one of the items can be scored from these data."), languages=report.languages)
    scored = [each for each in answers if each.points is not None]
    headline = both(
        "{score} of 100 points ({interval}), from {n} of {all} items with {share} of the weight",
        score=tell_value(round(score.value, 1), ""),
        interval=tell_interval(score.low, score.high, ""),
        n=str(len(scored)),
        all=str(len(answers)),
        share=tell_value(score.answered, "%"),
    )
    figure = chart_intervals(
        _drawn(scored),
        title=headline,
        description=title,
        name="scorecard",
        label_room=225.0,
        table=_table(report, answers, title),
        languages=report.languages,
    )
    about = both(
        "{title}: points earned ÷ points of the items concerned × 100 · weights of params/scorecard.yml · {unit}",
        title=title,
        unit=report.unit_name,
    )
    notes = said(
        _level(score), _unanswered(answers), both("No certification: assessors look at documents and at the site.")
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(notes, languages=report.languages))
    )


def answer(report: "Report", item: ScoreItem) -> Answer:
    """The points of an item: from its metric over twelve months or those there are (else the newest period), or as
    given by hand; none where the records are too few."""
    if item.metric is None:
        if item.points is None:
            return Answer(item, None, 0.0, plain("–"), both("nobody has assessed it"))
        return Answer(item, float(item.points), 0.0, both("assessed by hand"))
    if item.metric not in report.catalogue:
        return Answer(item, None, 0.0, plain("–"), both("the catalogue has no such metric"))
    row, year = report.kpi(item.metric), pooled_year(report, item.metric, whole=False)
    figure: Mapping[str, Any] | None = year or row
    if figure is None or is_missing(figure["value"]):
        return Answer(item, None, 0.0, plain("–"), both("the data cannot tell it"))
    if not is_missing(figure["n"]) and figure["n"] < report.catalogue[item.metric].minimum_n:
        return Answer(item, None, 0.0, plain("–"), both("too few records"))
    value = float(figure["value"])
    ends = [np.nan if is_missing(figure[end]) else float(figure[end]) for end in ("low", "high")]
    points = [points_of(item, each) for each in (value, *ends)]
    error = abs(points[2] - points[1]) / (2 * Z) if np.isfinite(points[1:]).all() else 0.0
    shown, _ = tell_estimate(value, None, None, report.catalogue[item.metric].unit)
    return Answer(item, points[0], error, shown)


def points_of(item: ScoreItem, value: float) -> float:
    """Points from 0 to 100: none at `none_at`, all at `full_at` and beyond, in proportion between them."""
    assert item.none_at is not None
    assert item.full_at is not None
    return float(np.clip(100 * (value - item.none_at) / (item.full_at - item.none_at), 0, 100))


def sum_up(answers: list[Answer], card: Scorecard) -> Score | None:
    """The score over the items that were answered; None where none was."""
    scored = [each for each in answers if each.points is not None]
    weight = sum(each.item.weight for each in scored)
    if not weight:
        return None
    value = sum(each.item.weight * float(each.points or 0) for each in scored) / weight
    reach = Z * float(np.sqrt(sum((each.item.weight * each.error) ** 2 for each in scored))) / weight
    extra = (1.0 if card.merit else 0.0) - card.deductions
    low, mid, high = (float(np.clip(part + extra, 0, 100)) for part in (value - reach, value, value + reach))
    return Score(mid, low, high, 100 * weight / sum(each.item.weight for each in answers))


def _level(score: Score) -> Text:
    """The level that the score would stand for, as certifiers publish the bounds; only where enough is answered."""
    if score.answered < GRADED_FROM:
        return both(
            "Too little of the weight is answered ({share}) to name a level.", share=tell_value(score.answered, "%")
        )
    named = {name["en"]: name for name in (_level_of(part) for part in (score.low, score.value, score.high))}
    if len(named) > 1:
        return both(
            "The interval spans several levels: {levels}.", levels=join(named.values(), {"en": ", ", "zh": "、"})
        )
    return both("As a level this would be: {level}.", level=next(iter(named.values())))


def _level_of(score: float) -> Text:
    if score >= 95:
        return both("five stars (from 95)")
    if score >= 90:
        return both("four stars (from 90)")
    if score >= 80:
        return both("three stars (from 80)")
    return both("standard met (from 70)") if score >= 70 else both("standard not met (below 70)")


def _unanswered(answers: list[Answer]) -> Text | None:
    open_items = [each.item.name for each in answers if each.points is None]
    if not open_items:
        return None
    names = join(open_items, {"en": "; ", "zh": "；"})
    return both("Not scored, and not counted as 0 ({n}): {names}.", n=str(len(open_items)), names=names)


def _drawn(scored: list[Answer]) -> pd.DataFrame:
    ordered = sorted(scored, key=lambda each: float(each.points or 0), reverse=True)
    points = np.array([float(each.points or 0) for each in ordered])
    errors = np.array([each.error for each in ordered])
    return pd.DataFrame(
        {
            "label": text_column(each.item.name for each in ordered),
            "value": points,
            "low": np.clip(points - Z * errors, 0, 100),
            "high": np.clip(points + Z * errors, 0, 100),
            "tone": ["bad" if point < WEAK else "flat" for point in points],
        }
    )


def _table(report: "Report", answers: list[Answer], caption: Text) -> Table:
    frame = pd.DataFrame(
        {
            "item": text_column(each.item.name for each in answers),
            "weight": [each.item.weight for each in answers],
            "figure": text_column(each.shown for each in answers),
            "rule": text_column(_rule(report, each.item) for each in answers),
            "points": text_column(
                each.reason or plain("–") if each.points is None else tell_value(round(each.points), "")
                for each in answers
            ),
        }
    )
    columns = {
        "item": Column(both("Item"), kind="text"),
        "weight": Column(both("Weight"), "n"),
        "figure": Column(both("Figure"), kind="text"),
        "rule": Column(both("No points at … all points at"), kind="text"),
        "points": Column(both("Points of 100"), kind="text"),
    }
    return table(frame, columns=columns, caption=caption, rows_shown=20, name="scorecard", languages=report.languages)


def _rule(report: "Report", item: ScoreItem) -> Text:
    if item.metric is None:
        return both("assessed by hand")
    unit = report.catalogue[item.metric].unit if item.metric in report.catalogue else ""
    return join([tell_value(item.none_at, unit), tell_value(item.full_at, unit)], " … ")
