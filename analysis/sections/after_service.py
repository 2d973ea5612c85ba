"""Whether service matters for loyalty: customers lost after a good and after a bad service, plain and with like
compared with like.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_change, tell_interval, tell_span, tell_value
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.wording import capital, said
from analysis.statistics.comparison import compare_proportions

if TYPE_CHECKING:
    from analysis.report import Report

LOST, RATIO, SPLIT = "post_service_churn_rate", "post_service_hazard_ratio", "service_experience"
MONTHS = 24
FEWEST = 30
SURE = 2.58  # standard errors from alike: every unit is looked at, so 95 % would be news in one of twenty by luck


def after_service(report: "Report") -> Block:
    """Share lost in the year after a good and after a bad service, their difference, and the hazard ratio of buying
    again with product, customer and age held equal.
    """
    card = report.catalogue[LOST]
    missing = report.lacks("after service", *report.run.missing.get(LOST, []))
    if missing is not None:
        return missing
    rows = recent(report.segments(LOST, SPLIT), months=MONTHS)
    pooled = pool(rows, card).set_index("segment") if len(rows) else pd.DataFrame()
    if not {"good_service", "bad_service"} <= set(pooled.index) or pooled["n"].min() < FEWEST:
        needs = both(
            "This needs {n} customers after a good and as many after a bad service, a year ago or longer.",
            n=str(FEWEST),
        )
        return Note(card.name, needs, languages=report.languages)
    good, bad = (pooled.loc[[kind]].iloc[0] for kind in ("good_service", "bad_service"))
    gap = compare_proportions(bad["numerator"], bad["denominator"], k0=good["numerator"], n0=good["denominator"])
    headline = _headline(bad, good, gap)
    drawn = pooled.loc[["good_service", "bad_service"]].reset_index()
    names = {"good_service": both("after good service"), "bad_service": both("after bad service")}
    figure = chart_intervals(
        drawn.assign(label=text_column(capital(names[name]) for name in drawn["segment"]), tone=["good", "bad"]),
        title=headline,
        description=card.definition,
        unit="%",
        name="after-service",
        languages=report.languages,
    )
    lines = said(
        both(
            "Good and bad are told by what was known thirty days after the service, and the year is counted from "
            "there: nobody looks loyal "
            "for having had to wait."
        ),
        _say_ratio(report.kpi(RATIO), report.catalogue[RATIO]),
        both(
            "Lost means neither a purchase nor a request within the year: a machine that runs well asks for nothing, "
            "and who gets bad service is not drawn by lot."
        ),
    )
    about = both(
        "{name}, by how the first service of each customer went, services of {span} · {unit}",
        name=card.name,
        span=tell_span(rows["period"].min(), rows["period"].max()),
        unit=report.unit_name,
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _headline(bad: pd.Series, good: pd.Series, gap: Any) -> Text:
    figures = {
        "bad": tell_value(float(bad["value"]), "%"),
        "good": tell_value(float(good["value"]), "%"),
        "gap": tell_change(100 * float(gap.value), "%", decimals=1),
        "interval": tell_interval(100 * float(gap.low), 100 * float(gap.high), "pp"),
    }
    if gap.low > 0:
        return both("After bad service {bad} are lost, after good service {good}: {gap} ({interval})", **figures)
    if gap.high < 0:
        return both(
            "After bad service {bad} are lost, after good service {good}: {gap} ({interval}), against expectation",
            **figures,
        )
    return both(
        "After bad service {bad} are lost, after good service {good}: no more than chance explains ({interval})",
        **figures,
    )


def _say_ratio(row: Mapping[str, Any] | None, card: MetricCard) -> Text:
    if row is None or is_missing(row["value"]):
        return both("Too few purchases after services to hold product, customer and age equal.")
    figures = {
        "value": tell_value(row["value"], card.unit),
        "interval": tell_interval(row["low"], row["high"], card.unit),
    }
    if row["low"] <= 1 <= row["high"]:
        return both(
            "With product line, segment, age and earlier purchases held equal, no difference in how soon customers buy "
            "again can be told "
            "(hazard ratio {value}, {interval}; 1 is alike).",
            **figures,
        )
    if _errors_from_one(row) < SURE:
        return both(
            "With product line, segment, age and earlier purchases held equal, customers seem to buy again at another "
            "pace after bad service (hazard ratio {value}, {interval}; 1 is alike): a hint, as one unit in twenty "
            "shows by luck.",
            **figures,
        )
    if row["value"] < 1:
        return both(
            "With product line, segment, age and earlier purchases held equal, customers buy again more slowly after "
            "bad service "
            "(hazard ratio {value}, {interval}; 1 is alike).",
            **figures,
        )
    return both(
        "With product line, segment, age and earlier purchases held equal, customers buy again faster after bad "
        "service "
        "(hazard ratio {value}, {interval}; 1 is alike).",
        **figures,
    )


def _errors_from_one(row: Mapping[str, Any]) -> float:
    """How many standard errors the hazard ratio lies from 1, on its logarithm, from its 95 % interval."""
    error = math.log(row["high"] / row["low"]) / (2 * 1.96)
    return abs(math.log(row["value"])) / error if error > 0 else math.inf
