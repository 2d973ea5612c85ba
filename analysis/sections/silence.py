"""Who did not answer: the share of satisfied customers as those who answered tell it, weighted for those who did not,
and in the worst and the best case.
"""

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from analysis.metrics.small_cells import with_kept_parts
from analysis.presentation.blocks import Block, Note, Sentences
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_interval, tell_size, tell_span, tell_value
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.withheld import note_of_none
from analysis.sections.wording import said
from analysis.statistics.intervals import Estimate, wilson
from analysis.statistics.nonresponse import Bounds, worst_and_best

if TYPE_CHECKING:
    from analysis.report import Report

WORST, BEST, WEIGHTED, RESPONSE = "csat_worst_case", "csat_best_case", "csat_weighted", "survey_response_rate"
FEWEST = 30  # answers
TELLING = 0.5  # of a percentage point


class _Asked(NamedTuple):
    """Invitations of the months pooled: how many, how many answered, how many of those are satisfied."""

    invited: float
    answered: float
    satisfied: float
    span: Text


def silence(report: "Report") -> Block:
    """A section that sets the plain share of satisfied customers beside the weighted one and the bounds, invitations
    of the last twelve months whose fourteen days have passed.
    """
    missing = report.lacks("silence", *report.run.missing.get(WORST, []))
    asked = _asked(report)
    if missing is not None or asked is None or asked.answered == 0:
        return missing or note_of_none(report, WORST, both("Who did not answer"))
    plain, bounds = wilson(asked.satisfied, asked.answered), worst_and_best(*asked[2::-1])
    weighted = _pooled(report, WEIGHTED)
    headline = _headline(asked, plain, bounds)
    if asked.answered < FEWEST:
        return Note(both("Who did not answer"), headline, languages=report.languages)
    about = both(
        "Share of satisfied customers by day of invitation, {span} · {unit} · {answered} of {invited} invitations to "
        "the satisfaction question answered within 14 days",
        span=asked.span,
        unit=report.unit_name,
        answered=tell_count(asked.answered),
        invited=tell_count(asked.invited),
    )
    figure = chart_intervals(
        _rows(plain, bounds, weighted),
        title=headline,
        unit="%",
        name="silence",
        description=about,
        languages=report.languages,
    )
    sentences = said(_weighed(plain, weighted), _nature(asked), _by_method(report))
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(sentences[:3], languages=report.languages))
    )


def _asked(report: "Report") -> _Asked | None:
    worst, best = (recent(report.series(metric).assign(segment="all")) for metric in (WORST, BEST))
    if worst.empty or best.empty:
        return None
    worst, best = with_kept_parts(worst), with_kept_parts(best)  # a month too small to be told counts among twelve
    invited, satisfied = float(worst["denominator"].sum()), float(worst["numerator"].sum())
    silent = float(best["numerator"].sum()) - satisfied
    return _Asked(invited, invited - silent, satisfied, tell_span(worst["period"].min(), worst["period"].max()))


def _pooled(report: "Report", metric: str) -> pd.Series | None:
    rows = recent(report.series(metric).assign(segment="all"))
    return None if rows.empty else pool(rows, report.catalogue[metric]).iloc[0]


def _rows(plain: Estimate, bounds: Bounds, weighted: pd.Series | None) -> pd.DataFrame:
    rows = [(both("those who answered"), *(100 * float(part) for part in plain[:3]))]
    if weighted is not None:
        rows.append((both("weighted for the silent"), weighted["value"], weighted["low"], weighted["high"]))
    worst, low, best, high = (100 * float(getattr(bounds, name)) for name in ("worst", "low", "best", "high"))
    rows.append((both("all silent satisfied"), best, best, high))
    rows.append((both("all silent dissatisfied"), worst, low, worst))
    return pd.DataFrame(rows, columns=["label", "value", "low", "high"])


def _headline(asked: _Asked, plain: Estimate, bounds: Bounds) -> Text:
    if asked.answered < FEWEST:
        return both("Too few answers to speak for all: {n}", n=tell_count(asked.answered))
    if asked.answered == asked.invited:
        return both(
            "Everybody asked has answered: {value} are satisfied", value=tell_value(100 * float(plain.value), "%")
        )
    return both(
        "{rate} answered the satisfaction question, {value} of them satisfied; of all asked it is at least {worst} and "
        "at most {best}",
        rate=tell_value(100 * asked.answered / asked.invited, "%"),
        value=tell_value(100 * float(plain.value), "%"),
        worst=tell_value(100 * float(bounds.worst), "%"),
        best=tell_value(100 * float(bounds.best), "%"),
    )


def _weighed(plain: Estimate, weighted: pd.Series | None) -> Text | None:
    """What weighting changes; a shift inside the plain interval is said to be small."""
    if weighted is None or is_missing(weighted["value"]):
        return None
    shift = weighted["value"] - 100 * float(plain.value)
    figures = {"value": tell_value(weighted["value"], "%"), "size": tell_size(shift, "%")}
    if abs(shift) < TELLING:
        return both("Weighted for the kinds of customers who answer less often it stays {value}.", **figures)
    interval = tell_interval(weighted["low"], weighted["high"], "%")
    if shift < 0:
        return both(
            "Weighted for the kinds of customers who answer less often it is {value} ({interval}), {size} lower.",
            interval=interval,
            **figures,
        )
    return both(
        "Weighted for the kinds of customers who answer less often it is {value} ({interval}), {size} higher.",
        interval=interval,
        **figures,
    )


def _nature(asked: _Asked) -> Text | None:
    if asked.answered == asked.invited:
        return None
    return both(
        "Weights repair only what work, channel, region, product and method explain, "
        "not that the delighted and the angry answer more readily."
    )


def _by_method(report: "Report") -> Text | None:
    """The ways of asking that are answered most and least, where they differ beyond chance."""
    rows = recent(report.segments(RESPONSE, "method"))
    if rows["segment"].nunique() < 2:
        return None
    pooled = pool(rows, report.catalogue[RESPONSE])
    pooled = pooled[pooled["n"] >= FEWEST].sort_values("value")
    if len(pooled) < 2 or pooled.iloc[0]["high"] >= pooled.iloc[-1]["low"]:
        return None
    least, most = pooled.iloc[0], pooled.iloc[-1]
    return both(
        "Of all invitations answered most: {most} ({most_rate}); least: {least} ({least_rate}).",
        most=report.segment_name("method", most["segment"]),
        most_rate=tell_value(most["value"], "%"),
        least=report.segment_name("method", least["segment"]),
        least_rate=tell_value(least["value"], "%"),
    )
