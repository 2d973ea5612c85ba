"""Tables a manager can read: a caption, units in the header, few rows, one precision per column, words for what is
missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.presentation.block import Nested, shown
from analysis.presentation.formatting import (
    SIGNIFICANT,
    common_decimals,
    fmt_change,
    fmt_date,
    fmt_number,
    fmt_period,
    is_missing,
    unit_label,
)
from analysis.presentation.language import LANGUAGES, Text, pick, words

UNBROKEN = 8  # characters of a word or two that stay on one line
ROWS_SHOWN = 12
SUPPRESSED, UNAVAILABLE = "[c]", "[x]"
POINT_DECIMALS = 1  # of changes in percentage points
KINDS = ("number", "change", "text", "period", "date")


@dataclass(frozen=True)
class Column:
    """How one column of a frame is shown.

    Parameters
    ----------
    label : the header; the unit is added to it.
    unit : of a number or a change ("d", "%", "n", "CNY" …).
    kind : number, change (signed), text, period ("2025-06") or date; by default number for numeric columns and text
        for others.
    decimals : fixed number of decimals; by default one precision for the whole column, three significant figures of
        its largest.
    """

    label: Text
    unit: str = ""
    kind: str | None = None
    decimals: int | None = None


@dataclass(frozen=True)
class Table(Nested):
    """A frame as a table; `.data` keeps every row, the page shows the first few. Make it with `table(…)`."""

    kind: ClassVar[str] = "table"
    frame: pd.DataFrame
    columns: Mapping[str, Column]
    caption: Text
    total: Mapping[str, Any] | None = None
    rows_shown: int = ROWS_SHOWN
    newest: bool = False
    note: Text | None = None
    name: str = field(default="", kw_only=True)

    @property
    def data(self) -> pd.DataFrame:
        return self.frame

    def html(self, language: str) -> str:
        return self.inside({}, 1, language)

    def inside(self, headline: Text, level: int, language: str) -> str:
        rows = self.frame.tail(self.rows_shown) if self.newest else self.frame.head(self.rows_shown)
        cells = {name: _cells(rows[name], column, language) for name, column in self.columns.items()}
        hidden = ' class="vh"' if headline == self.caption else ""
        caption = f"<caption{hidden}>{shown(self.caption, language)}</caption>"
        return (
            self._marks(cells, language)
            + f'<div class="scroll" tabindex="0" role="region" aria-label="{shown(self.caption, language)}">'
            + f"<table>{caption}"
            + f"<thead><tr>{''.join(self._header(name, language) for name in self.columns)}</tr></thead>"
            + f"<tbody>{self._body(cells, len(rows))}</tbody>{self._foot(language)}</table></div>"
            + self._remark(len(rows), language)
        )

    def _header(self, name: str, language: str) -> str:
        column = self.columns[name]
        unit = unit_label("pp" if (column.kind, column.unit) == ("change", "%") else column.unit, language)
        label = shown(column.label, language) + (f' <span class="unit">{shown(unit, language)}</span>' if unit else "")
        return f'<th scope="col"{self._aligned(name)}>{label}</th>'

    def _body(self, cells: Mapping[str, Sequence[str]], count: int) -> str:
        first = next(iter(self.columns))
        whole = {name: max(map(len, column), default=0) <= UNBROKEN for name, column in cells.items()}
        set_as = {name: self._aligned(name) or (' class="s"' if whole[name] else "") for name in cells}
        return "".join(
            "<tr>"
            + "".join(
                f'<th scope="row"{set_as[name]}>{cells[name][row]}</th>'
                if name == first
                else f"<td{set_as[name]}>{cells[name][row]}</td>"
                for name in self.columns
            )
            + "</tr>"
            for row in range(count)
        )

    def _foot(self, language: str) -> str:
        if self.total is None:
            return ""
        shares = {
            name: _cells(pd.Series([self.total.get(name)]), column, language, self.frame[name])
            for name, column in self.columns.items()
        }
        first, *others = self.columns
        label = shown(self.total[first], language) if first in self.total else words("Total", language)
        cells = "".join(f"<td{self._aligned(n)}>{shares[n][0] if n in self.total else ''}</td>" for n in others)
        return f'<tfoot><tr><th scope="row">{label}</th>{cells}</tr></tfoot>'

    def _aligned(self, name: str) -> str:
        return ' class="n"' if _kind(self.frame[name], self.columns[name]) in ("number", "change") else ""

    def _marks(self, cells: Mapping[str, Sequence[str]], language: str) -> str:
        present = {cell for column in cells.values() for cell in column}
        said = [words("[c] too few people to show", language)] if SUPPRESSED in present else []
        said += [words("[x] not available", language)] if UNAVAILABLE in present else []
        return f'<p class="marks">{" · ".join(said)}</p>' if said else ""

    def _remark(self, count: int, language: str) -> str:
        remarks = [pick(self.note, language)] if self.note else []
        if count < len(self.frame):
            remarks.append(
                words(
                    "{shown} of {all} rows; all of them are in the workbook.",
                    language,
                    shown=count,
                    all=len(self.frame),
                )
            )
        return f'<p class="remark">{shown(" ".join(remarks), language)}</p>' if remarks else ""


def text_column(texts: Iterable[Text]) -> NDArray[np.object_]:
    """Texts as a frame's column: one cell per Text, which pandas would otherwise take apart."""
    cells = list(texts)
    column = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        column[place] = cell
    return column


def table(
    frame: pd.DataFrame,
    *,
    columns: Mapping[str, Column],
    caption: Text,
    total: Mapping[str, Any] | None = None,
    rows_shown: int = ROWS_SHOWN,
    newest: bool = False,
    note: Text | None = None,
    name: str = "",
    languages: tuple[str, ...] = LANGUAGES,
) -> Table:
    """A table block.

    Parameters
    ----------
    frame : one row per row shown, in the order shown. Cells are numbers, strings, dates, Texts ({"en", "zh"}), "[c]"
        where a number is suppressed, or missing (shown as "[x]").
    columns : the frame's columns to show, in order; the first one names the row.
    caption : what the table holds: measure, period, population.
    total : the last row's cells by column, set apart; its first cell is "Total" unless given.
    rows_shown : rows on the page; the workbook has all.
    newest : show the last rows instead of the first, for a series in order of time.
    note : a remark under the table.
    name : the workbook's sheet.

    Raises
    ------
    KeyError : a column that the frame does not have.
    ValueError : an unknown kind of column.
    """
    unknown = [column for column in columns if column not in frame.columns]
    if unknown:
        raise KeyError(
            f"table {pick(caption, 'en')!r}: no column {', '.join(map(repr, unknown))}; "
            f"the frame has {', '.join(map(repr, frame.columns))}"
        )
    odd = [column.kind for column in columns.values() if column.kind not in (None, *KINDS)]
    if odd:
        raise ValueError(f"table {pick(caption, 'en')!r}: kind {odd[0]!r} is none of {', '.join(KINDS)}")
    return Table(frame, dict(columns), caption, total, rows_shown, newest, note, name=name, languages=languages)


def _kind(values: pd.Series, column: Column) -> str:
    if column.kind:
        return column.kind
    told = values[values.map(lambda cell: not isinstance(cell, str) or cell != SUPPRESSED)]
    told = told.infer_objects() if len(told) else told
    numeric = pd.api.types.is_numeric_dtype(told) and not pd.api.types.is_bool_dtype(told)
    return "number" if numeric or column.unit else "text"


def _change(value: float, places: int | None, language: str) -> str:
    """A signed figure; a change that its column's precision rounds away stands without a sign."""
    if places is not None and value and round(abs(value), places) == 0:
        return fmt_number(0.0, "n", language, decimals=places)
    return fmt_change(value, "n", language, decimals=places)


def _cells(values: pd.Series, column: Column, language: str, like: pd.Series | None = None) -> list[str]:
    kind = _kind(values if like is None else like, column)
    numbers = [
        value
        for value in (values if like is None else like)
        if isinstance(value, (int, float)) or hasattr(value, "dtype")
    ]
    places = column.decimals
    if places is None and kind in ("number", "change"):
        places = min(
            common_decimals(numbers), POINT_DECIMALS if (kind, column.unit) == ("change", "%") else SIGNIFICANT
        )
        if column.unit == "%" and any(not float(number).is_integer() for number in numbers if not is_missing(number)):
            places = max(places, POINT_DECIMALS)  # one share of 100 must not round the others past their intervals
    return [_cell(value, kind, column.unit, places, language) for value in values]


def _cell(value: Any, kind: str, unit: str, places: int | None, language: str) -> str:
    if isinstance(value, Mapping) or (isinstance(value, str) and kind in ("text", "number", "change")):
        return shown(value, language)
    if is_missing(value):
        return UNAVAILABLE
    if kind == "number":
        return shown(fmt_number(value, unit, language, decimals=places), language)
    if kind == "change":
        return shown(_change(value, places, language), language)
    if kind == "period":
        return shown(fmt_period(str(value), language), language)
    return shown(fmt_date(value, language) if kind == "date" else str(value), language)
