"""How a metric has developed: the newest figure against its own usual range, last year, the other units and its
target.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Sentences
from analysis.presentation.charts import chart_trend
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.target_verdicts import has_few_records
from analysis.presentation.telling import tell_count, tell_span
from analysis.sections.withheld import note_of_none
from analysis.sections.wording import capital, said, say_change, say_state, say_target

if TYPE_CHECKING:
    from analysis.report import Report

MONTHS_SHOWN = 37
LIMITS_AT_MOST = 3.0  # times the largest month: limits of months with few records must not flatten the line
MONTHS_OF_A_SEASON = 24
ADDS_UP = ("duration", "ratio", "count")  # kinds whose records are others in every month


def trend(report: "Report", metric: str, *, add: tuple[Text, ...] = (), peers: bool = True) -> Block:
    """A section that answers "how is it, and has it changed?" for one metric.

    Parameters
    ----------
    report : the report in hand
    metric : an id of the catalogue
    add : further sentences of the area, shown after the comparisons
    peers : whether to set it beside the median of the other units; not where the page has all units' month in a
        funnel, which allows for the size of each and must not be told a second verdict
    """
    missing = report.lacks(metric, *report.run.missing.get(metric, []))
    row, history = report.kpi(metric), report.series(metric).tail(MONTHS_SHOWN)
    if missing is not None or row is None or history["value"].notna().sum() == 0:
        return missing or note_of_none(report, metric, report.catalogue[metric].name)
    card = report.catalogue[metric]
    headline, few = capital(say_state(row, card)), has_few_records(row)
    figure = chart_trend(
        history,
        title=headline,
        unit=card.unit,
        better=card.better,
        limits=None if few else _limits(report, metric, history),
        name=metric,
        target=None if is_missing(row.get("target")) else float(row["target"]),
        description=card.definition,
        languages=report.languages,
    )
    others = ("year_ago", "previous", "peers") if peers else ("year_ago", "previous")
    compared = (*(say_change(row, card, versus) for versus in others), say_target(row, card))
    lines = (*(() if few else said(*compared)), *add)[:4]
    return report.section(
        headline=headline,
        subtitle=subtitle(report, metric, history),
        parts=(figure, Sentences(lines, languages=report.languages)),
    )


def subtitle(report: "Report", metric: str, rows: pd.DataFrame) -> Text:
    """Measure, unit, span and population: what stands small under a section's headline."""
    card = report.catalogue[metric]
    measure = {"d": both("{name} (days)", name=card.name), "h": both("{name} (hours)", name=card.name)}
    known = rows[rows["value"].notna()] if rows["value"].notna().any() else rows
    about = both(
        "{measure} · {span} · {unit_name}",
        measure=measure.get(card.unit, card.name),
        span=tell_span(known["period"].iloc[0], known["period"].iloc[-1]),
        unit_name=report.unit_name,
    )
    if card.kind not in ADDS_UP:
        return about
    return both("{about} · n = {n}", about=about, n=tell_count(known["n"].sum()))


def _limits(report: "Report", metric: str, history: pd.DataFrame) -> pd.DataFrame | None:
    limits = report.adjusted(metric)
    limits = limits[limits["period_start"].isin(history["period_start"])]
    if limits.empty:
        return None
    ceiling = LIMITS_AT_MOST * float(history["value"].max())
    if len(limits) < MONTHS_OF_A_SEASON and "adjusted" in limits:  # no season can be known, so none is taken out
        limits = limits.drop(columns="adjusted")
    return limits.assign(high=limits["high"].clip(upper=max(ceiling, float(limits["centre"].max()))))
