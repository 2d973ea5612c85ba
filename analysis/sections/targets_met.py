"""The targets of the period: which are met, which are missed, how sure that is; and what twelve months together say."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, table
from analysis.presentation.language import Text, both, plain
from analysis.presentation.target_count import count_targets
from analysis.presentation.target_verdicts import beyond_chance, target_verdict
from analysis.presentation.telling import tell_estimate, tell_period, tell_value
from analysis.sections.target_years import say_target_years
from analysis.sections.wording import said

if TYPE_CHECKING:
    from analysis.report import Report

TARGETS_SHOWN = 9


def targets_met(report: "Report") -> Block:
    """The metrics with a target, those missed beyond chance first: value, interval, target, and whether it is met."""
    told = count_targets(report.kpi_rows, report.catalogue)
    unjudged = both("{few} more cannot be judged: too few records.", few=str(told.few))
    if not told.judged and told.few:
        return Note(both("No target can be judged: too few records"), unjudged, languages=report.languages)
    if not told.judged:
        return Note.missing(["targets"], title=both("No targets are set for this unit"), languages=report.languages)
    rows = [*sorted(told.missed, key=beyond_chance, reverse=True), *sorted(told.met, key=beyond_chance)]
    met, missed = told.met, told.missed
    title = both(
        "Targets met: {met} of {all} ({met_sure}); missed: {missed} ({missed_sure})",
        met=str(len(met)),
        all=str(len(rows)),
        met_sure=_how_many_sure(met),
        missed=str(len(missed)),
        missed_sure=_how_many_sure(missed),
    )
    frame = pd.DataFrame([_target_row(report, row) for row in rows])
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "value": Column(both("Value"), kind="text"),
        "interval": Column(both("95% interval"), kind="text"),
        "target": Column(both("Target"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    about = both(
        "Targets valid in {period} · {unit} · within chance: a month like this may meet or miss it by luck alone; "
        "within the usual swings: the interval leaves the target out, but months usually swing that much; "
        "a hint: they do not, which among so many figures may still be luck; as usual: month after month it is so",
        period=tell_period(report.period),
        unit=report.unit_name,
    )
    shown = table(
        frame, columns=columns, caption=title, rows_shown=TARGETS_SHOWN, name="targets", languages=report.languages
    )
    beside = said(say_target_years(report), unjudged if told.few else None)
    more = (Sentences(beside, languages=report.languages),) if beside else ()
    return report.section(headline=title, subtitle=about, parts=(*more, shown))


def _how_many_sure(rows: Sequence[Mapping[str, Any]]) -> Text:
    sure = sum(map(beyond_chance, rows))
    return both("{n} beyond chance", n=str(sure)) if sure else both("none beyond chance")


def _target_row(report: "Report", row: Mapping[str, Any]) -> dict[str, Text]:
    card = report.catalogue[row["metric"]]
    value, interval = tell_estimate(row["value"], row["low"], row["high"], card.unit)
    return {
        "metric": card.name,
        "value": value,
        "interval": interval,
        "target": tell_value(row["target"], card.unit),
        "verdict": target_verdict(row) or plain("–"),
    }
