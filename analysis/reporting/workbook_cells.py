"""One sheet of a workbook: each column's values stored as what they are, numbers, dates and texts, never a formula."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

WIDEST, NARROWEST, MEASURED_ROWS = 60, 10, 200
DAY, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
# how a column of fractions is displayed, by its largest value; what is stored keeps every digit
_DISPLAYED = ((100, "#,##0.0"), (1, "#,##0.00"), (0.001, "0.0000"))
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T00:00:00)?")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?")

Table = Mapping[str, Any]


class Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})

    def number(self, pattern: str) -> Format:
        """The format of that number pattern."""
        if pattern not in self._made:
            self._made[pattern] = self._book.add_format({"num_format": pattern})
        return self._made[pattern]


def write_sheet(sheet: Worksheet, table: Table, formats: Formats) -> None:
    """Write {"columns", "rows"} under a heading row that stays in sight."""
    for position, column in enumerate(table["columns"]):
        values = [row[position] for row in table["rows"]]
        pattern = _pattern(values)
        sheet.write_string(0, position, text_of(column), formats.head)
        for number, value in enumerate(values, start=1):
            _write_cell(sheet, number, position, value, pattern, formats)
        longest = max((len(text_of(value)) for value in [column, *values[:MEASURED_ROWS]]), default=0)
        dated = len(MOMENT) if pattern == MOMENT else len(DAY) if pattern == DAY else longest
        sheet.set_column(position, position, min(WIDEST, max(NARROWEST, dated + 2)))
    sheet.freeze_panes(1, 0)


def text_of(value: Any) -> str:
    """A value as text of a cell: both languages one after the other, nothing that Excel cannot store."""
    if isinstance(value, Mapping):
        if set(value) <= {"en", "zh"}:
            value = " / ".join(dict.fromkeys(map(str, value.values())))
        else:
            value = "; ".join(f"{name}: {part}" for name, part in value.items())
    return _CONTROLS.sub("", str(value))[:32_767]


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, pattern: str, formats: Formats) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, formats.number(pattern) if pattern else None)
    elif value is None or not (said := text_of(value)):
        return
    elif pattern in (DAY, MOMENT):
        sheet.write_datetime(row, column, datetime.fromisoformat(value), formats.number(pattern))
    else:
        sheet.write_string(row, column, said)


def _pattern(values: Sequence[Any]) -> str:
    """How a column's values are displayed: days, moments, fractions; empty where Excel's own way will do."""
    there = [value for value in values if value is not None and value != ""]
    texts = [value for value in there if isinstance(value, str)]
    if texts and len(texts) == len(there):
        return next((name for name, kind in ((DAY, _DAY), (MOMENT, _MOMENT)) if all(map(kind.fullmatch, texts))), "")
    numbers = [abs(value) for value in there if isinstance(value, int | float) and not isinstance(value, bool)]
    if all(math.floor(number) == number for number in numbers):
        return ""
    return next((pattern for least, pattern in _DISPLAYED if max(numbers) >= least), "")
