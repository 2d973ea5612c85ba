"""What was done, and did it help? Every recorded improvement measure on the report's figures, with its effect and how
sure it is, also where nothing can be said.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_trend
from analysis.presentation.language import LANGUAGES, Text, Value, both
from analysis.presentation.masking import mask_text
from analysis.presentation.naming import measure_kind_name, name_by_language
from analysis.presentation.narrative_words import say_effect, say_effect_interval, subject
from analysis.presentation.telling import tell_move, tell_period, tell_value
from analysis.sections.trend import MONTHS_SHOWN
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

PROVEN, HINT, NOTHING = "proven", "hint", "nothing"
FEWEST_OTHERS = 4
NOTE_SHOWN = 90
ROWS_SHOWN, ROWS_BESIDE_OTHERS = 12, 5
ORDER = {PROVEN: 0, HINT: 1, NOTHING: 2}

Row = Mapping[str, Any]


def measures(report: "Report", *, with_figure: bool = True) -> Block:
    """A section on the improvement measures about this report's figures: the unit's, on the company's page all units'.

    Each is compared with the units that had no such measure, or where all had it with the unit's own past; the table
    names the method. A one-line note where none is recorded.

    with_figure : whether the most certain measure is drawn
    """
    missing = report.lacks("measures", "interventions")
    if missing is not None:
        return missing
    rows = _rows(report)
    if not rows:
        return Note(
            both("Improvement measures"),
            both("No improvement measure on these figures is recorded."),
            languages=report.languages,
        )
    headline = _headline(report, rows)
    about = both(
        "Improvement measures on the figures of this report · {unit} · effect: mean of up to 12 months after, against"
        " up to 24 before",
        unit=report.unit_name,
    )
    caption = both("Improvement measures on the figures of this report")
    parts = [
        _figure(report, rows) if with_figure else None,
        _table(report, rows, caption, rows_shown=ROWS_SHOWN if with_figure else ROWS_BESIDE_OTHERS),
        Sentences(_sentences(rows), languages=report.languages),
    ]
    return report.section(headline=headline, subtitle=about, parts=tuple(part for part in parts if part is not None))


def _rows(report: "Report") -> list[Row]:
    """The measures to show: the most certain first, then the newest; a measure that every unit had stands once on the
    company's page."""
    about = set(report.metrics)
    mine = [row for row in report.run.measures if row["metric"] in about and _is_mine(report, row)]
    for row in mine:
        report.kpi(row["metric"])  # its definition belongs on the page
    newest = sorted(mine, key=lambda row: row["started_on"], reverse=True)
    return sorted(newest, key=lambda row: ORDER.get(row["status"], len(ORDER)))


def _is_mine(report: "Report", row: Row) -> bool:
    if not report.is_company:
        return bool(row["business_unit"] == report.business_unit)
    return bool(row["scope"] != "*" or row["business_unit"] == ALL_UNITS)


def _headline(report: "Report", rows: Sequence[Row]) -> Text:
    proven = [row for row in rows if row["status"] == PROVEN]
    if len(proven) == 1:
        row = proven[0]
        told = both(
            "{metric} after the measure of {month}: {effect}, more than chance explains",
            metric=capital(subject(report.catalogue[row["metric"]])),
            month=tell_period(row["started_on"][:7]),
            effect=tell_move(say_effect(row["effect"])),
        )
        return _of_unit(report, row, told)
    if proven:
        return both("{n} of {all} measures show an effect beyond chance", n=str(len(proven)), all=str(len(rows)))
    if any(row["status"] in ORDER for row in rows):
        return both("No measure shows an effect beyond chance")
    return both("Whether the measures helped cannot be told")


def _of_unit(report: "Report", row: Row, told: Text) -> Text:
    """With the unit's name in front on the company's page, where the measure is one unit's."""
    if not report.is_company or row["business_unit"] == ALL_UNITS:
        return told
    return both("{unit}: {told}", unit=report.run.unit_name(row["business_unit"]), told=told)


def _figure(report: "Report", rows: Sequence[Row]) -> Block | None:
    """The figure of the most certain measure with the middle of the other units behind it; none on nothing."""
    row = rows[0]
    if row["status"] not in (PROVEN, HINT) or row["business_unit"] == ALL_UNITS:
        return None
    card, unit = report.catalogue[row["metric"]], row["business_unit"]
    history = report.series(row["metric"], business_unit=unit).tail(MONTHS_SHOWN)
    title = both(
        "{metric}: the measure began in {month}",
        metric=capital(subject(card)),
        month=tell_period(row["started_on"][:7]),
    )
    return chart_trend(
        history,
        title=_of_unit(report, row, title),
        unit=card.unit,
        better=card.better,
        peers=_others(report, row, history),
        name=f"{row['metric']}-measure",
        description=card.definition,
        languages=report.languages,
    )


def _others(report: "Report", row: Row, history: pd.DataFrame) -> pd.DataFrame | None:
    every = report.run.rows("measurements", metric=row["metric"], breakdown="", grain="month")
    others = every[~every["business_unit"].isin([ALL_UNITS, row["business_unit"]]) & every["value"].notna()]
    others = others[others["period"].isin(history["period"])]
    if others["business_unit"].nunique() < FEWEST_OTHERS:
        return None
    spread = others.groupby("period_start")["value"].quantile(np.array([0.25, 0.5, 0.75])).unstack()
    return spread.set_axis(["low", "mid", "high"], axis=1).reset_index()


def _table(report: "Report", rows: Sequence[Row], caption: Text, *, rows_shown: int) -> Table:
    frame = pd.DataFrame(
        {
            "what": text_column(_what(row) for row in rows),
            "started_on": [row["started_on"] for row in rows],
            "unit": text_column(report.run.unit_name(row["business_unit"]) for row in rows),
            "metric": text_column(capital(report.catalogue[row["metric"]].name) for row in rows),
            "levels": text_column(_cells(rows, lambda row: _levels(report, row))),
            "effect": text_column(_cells(rows, _effect)),
            "method": text_column(_cells(rows, _method)),
            "verdict": text_column(_verdict(row) for row in rows),
        }
    )
    columns = {
        "what": Column(both("Measure")),
        "started_on": Column(both("Began on"), kind="date"),
        "unit": Column(both("Unit"), kind="text"),
        "metric": Column(both("Measured figure"), kind="text"),
        "levels": Column(both("Before → after"), kind="text"),
        "effect": Column(both("Effect (95% interval)"), kind="text"),
        "method": Column(both("Compared with"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    if not report.is_company:
        del columns["unit"]
    apart = both("Season and trend are taken out of the effect: it is not the difference of before and after.")
    return table(
        frame,
        columns=columns,
        caption=caption,
        rows_shown=rows_shown,
        note=apart if frame["effect"].notna().any() else None,
        name="measures",
        languages=report.languages,
    )


def _cells(rows: Sequence[Row], say: Callable[[Row], Text | None]) -> Iterator[Any]:
    """One cell per row; None, which the table shows as not available, where there is nothing to say."""
    return (say(row) for row in rows)


def _what(row: Row) -> Text:
    kind = capital(measure_kind_name(row["kind"])) if row["kind"] else both("Measure")
    if not row["note"]:
        return kind
    told = name_by_language(str(row["note"]))
    masked = {language: mask_text(told[language], language) for language in LANGUAGES}
    note = {
        name: text if len(text) <= NOTE_SHOWN else text[:NOTE_SHOWN].rstrip() + " …" for name, text in masked.items()
    }
    return both("{kind}: {note}", kind=kind, note=note)


def _levels(report: "Report", row: Row) -> Text | None:
    if row["effect"] is None:
        return None
    unit = report.catalogue[row["metric"]].unit
    return both(
        "{before} → {after}",
        before=tell_value(row["values"]["before"], unit),
        after=tell_value(row["values"]["after"], unit),
    )


def _effect(row: Row) -> Text | None:
    if row["effect"] is None:
        return None
    interval = say_effect_interval(row["effect"])
    told: Value = say_effect(row["effect"])
    return both("{value} ({interval})", value=told, interval=interval) if interval is not None else told  # type: ignore[return-value]


def _method(row: Row) -> Text | None:
    if row["method"] is None:
        return None
    if row["method"] == "other_units":
        return both("{n} units without it, same months", n=str(row["values"]["controls"]))
    return both("its own past: no units without it")


def _verdict(row: Row) -> Text:
    if row["status"] == PROVEN:
        return {True: both("helped"), False: both("made it worse"), None: both("changed it")}[row["good"]]
    if row["status"] == HINT and row["values"]["earlier_trend"]:
        return both("cannot be told: it was drifting before")
    return {
        HINT: both("a hint, not yet sure"),
        NOTHING: both("no effect beyond chance"),
    }.get(row["status"], _cannot(row["reason"]))


def _cannot(reason: str | None) -> Text:
    return {
        "before": both("cannot be told: fewer than 6 months before it"),
        "after": both("cannot be told: fewer than 3 months after it"),
    }.get(str(reason), both("cannot be told: the data do not give this figure"))


def _sentences(rows: Sequence[Row]) -> tuple[Text, ...]:
    tested = [row for row in rows if row["status"] in ORDER]
    if not tested:
        return ()
    surprising = [
        row for row in tested if row["status"] in (PROVEN, HINT) and row["values"]["bad_start"] and row["good"]
    ]
    regression = (
        both("The months before were unusually bad: part of the gain may be the way back to usual.")
        if surprising
        else None
    )
    own = (
        both("Compared with its own past, whatever happened to everyone at that time counts as the measure's effect.")
        if any(row["method"] == "own_past" for row in tested)
        else None
    )
    return said(
        both(
            "Beyond chance means: larger than at units and dates without the measure, all measures of the run allowed"
            " for. Other changes in the unit at the same time cannot be told apart from it."
        ),
        regression,
        own,
    )
