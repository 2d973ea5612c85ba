"""Which of all a unit's figures moved: those that left what is usual for them, surely or perhaps, then those unlike a
year ago; the rest stands in the workbook.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation import narrative
from analysis.presentation.blocks import Block, Column, Note, Sentences, table
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, plain
from analysis.presentation.lasting import is_out_unsure, say_unsure
from analysis.presentation.telling import tell_change, tell_count, tell_estimate, tell_period
from analysis.sections.wording import change_against

if TYPE_CHECKING:
    from analysis.report import Report

METRICS_SHOWN = 12
STEADY = 3
MOVED = ("worsening", "improving", "unusual")


def moved_figures(report: "Report") -> Block:
    """The unit's figures that left their usual range or level, surely or perhaps, or that differ from a year ago beyond
    chance; how many did not."""
    rows: list[tuple[int, dict[str, Any]]] = []
    said: set[str] = set()
    for row in report.kpi_rows:
        card = report.catalogue.get(row["metric"])
        if card is None or is_missing(row["value"]):
            continue
        change = change_against(row, "year_ago")
        value, interval = tell_estimate(row["value"], row["low"], row["high"], card.unit)
        told = {
            "metric": card.name,
            "value": value,
            "interval": interval,
            "change": plain("–") if change is None else tell_change(change["value"], card.unit),
            "verdict": _verdict(row),
            "n": row["n"] if card.unit != "money" else None,
        }
        rows.append((_rank(row), told))
        said.add(row["metric"])
    if not rows:
        return Note.empty(both("State of the unit"), languages=report.languages)
    title = _headline([row for row in report.kpi_rows if row["metric"] in said])
    changed = [row for rank, row in sorted(rows, key=lambda ranked: ranked[0]) if rank < STEADY]
    about = both(
        "Figures that left their usual range or level, surely or perhaps, then those that differ from a year ago "
        "beyond chance · {unit}, up to {period}",
        unit=report.unit_name,
        period=tell_period(report.period),
    )
    if not changed:
        none = Sentences([both("All figures stand in the workbook.")], languages=report.languages)
        return report.section(headline=title, subtitle=about, parts=(none,))
    frame = pd.DataFrame(changed)
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "value": Column(both("Value"), kind="text"),
        "interval": Column(both("95% interval"), kind="text"),
        "change": Column(both("Against a year ago"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
        "n": Column(both("n"), "n"),
    }
    whole = table(
        frame, columns=columns, caption=title, rows_shown=METRICS_SHOWN, name="metrics", languages=report.languages
    )
    return report.section(headline=title, subtitle=about, parts=(whole,))


def _headline(rows: list[dict[str, Any]]) -> Text:
    """Of how many figures something can be said, how many of these left their usual range, how many perhaps did, and
    for how many there is too little to say."""
    few = sum(row["signal"] == "insufficient" for row in rows)
    moved = sum(row["signal"] in MOVED for row in rows)
    unsure = sum(map(is_out_unsure, rows))
    state = both("none surely left its usual range or level")
    if moved == 1:
        state = both("1 left its usual range or level")
    elif moved:
        state = both("{n} left their usual range or level", n=str(moved))
    if unsure:
        state = both("{state} ({unsure} perhaps, not yet sure)", state=state, unsure=str(unsure))
    counts = {"all": tell_count(len(rows)), "judged": tell_count(len(rows) - few), "few": tell_count(few)}
    return both(
        "Of {all} figures {judged} can be judged: {state}; for {few} there is too little to say", state=state, **counts
    )


def _rank(row: Mapping[str, Any]) -> int:
    """What is shown first: what left what is usual for it, what perhaps did, then what differs from a year ago beyond
    chance."""
    if row["signal"] in MOVED:
        return 0
    if row["signal"] == "insufficient":
        return STEADY
    if is_out_unsure(row):
        return 1
    change = change_against(row, "year_ago")
    return 2 if change is not None and change.get("significant") else STEADY


def _verdict(row: Mapping[str, Any]) -> Text:
    return say_unsure(row) if is_out_unsure(row) else narrative.say_signal(row["signal"], reason=row["signal_reason"])
