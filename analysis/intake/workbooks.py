"""Excel and OpenDocument workbooks to delimited text, one file per sheet, as people keep them.

Titles above the headings and rows of totals are left out and said; a cell merged over several rows stands in each of
them. Only stored values are read: no formula is computed, no macro run, no link followed. Refuses a damaged or
protected workbook, and one that would grow out of all proportion.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from analysis.faults import UserFault
from analysis.intake.workbook_caps import check_extent

Cell = int | float | str | bool | time | date | datetime | timedelta
Merged = tuple[tuple[int, int], tuple[int, int]]
LOOKED_AT = 30  # rows in which the headings are looked for
TITLE_CELLS = 2  # a row with at most so many filled cells above a wider table is a title, a date, a note
WIDE = 4
TOTALS = re.compile(r"^(合计|总计|小计|共计|累计|总和|(grand )?total|sub-?total|sum)s?[:：]?$", re.IGNORECASE)
TOTALS_TOLD = 5


@dataclass(frozen=True)
class SheetText:
    """A sheet as text: rows that stand above its first line, and what was done to it, in words."""

    above: int
    notes: tuple[str, ...]


def sheet_names(path: Path) -> list[str]:
    """The names of the sheets that hold anything.

    Raises
    ------
    UserFault : not a readable workbook, or one that unpacks out of all proportion.
    """
    check_extent(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            return [name for name in book.sheet_names if book.get_sheet_by_name(name).height > 0]
    except (CalamineError, OSError, ValueError) as fault:
        raise UserFault(f"{path.name}: not a readable workbook ({fault}); save it again as .xlsx or .csv") from fault


def write_sheet(path: Path, sheet: str, *, to: Path, header_row: int | None, header_rows: int | None) -> SheetText:
    """Write one sheet as comma-separated UTF-8 text, headings first; a row left out below them is a blank line.

    Parameters
    ----------
    header_row, header_rows : where the headings stand, as the spreadsheet counts, and in how many rows; None: below
        what looks like titles, and in two rows where a heading is merged over several columns.
    """
    with CalamineWorkbook.from_path(path) as book, to.open("w", encoding="utf-8", newline="") as target:
        content = book.get_sheet_by_name(sheet)
        first = content.start[0] if content.start else 0
        rows = _filled(content, first)
        start = list(islice(rows, max(LOOKED_AT, (header_row or 0) + (header_rows or 2))))
        above = _titles(start) if header_row is None else max(header_row - 1 - first, 0)
        header_rows = header_rows or (1 if header_row is not None else _heading_rows(content, first + above, start))
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(_headings(start[above : above + header_rows]))
        totals = []
        below = chain(start[above + header_rows :], rows)
        for number, cells in enumerate(below, start=first + above + header_rows + 1):
            if _is_total(cells):
                totals.append(number)
            writer.writerow([] if _is_total(cells) or not any(cells) else cells)
    return SheetText(first + above + header_rows - 1, tuple(_notes(first, above, header_rows, totals)))


def _notes(first: int, above: int, header_rows: int, totals: Sequence[int]) -> Iterator[str]:
    row = first + above + 1
    rows = f"row {row}" if header_rows == 1 else f"rows {row} to {row + header_rows - 1}"
    if above or header_rows > 1:
        yield f"headings taken from {rows}" + (f"; {above} rows above left out" if above else "")
    if totals:
        more = "" if len(totals) <= TOTALS_TOLD else " …"
        told = ", ".join(map(str, totals[:TOTALS_TOLD])) + more
        yield f"{len(totals)} rows of totals left out (row {told})"


def _filled(content: CalamineSheet, first: int) -> Iterator[list[str]]:
    """The rows as text, a cell merged over several rows repeated in each."""
    left = content.start[1] if content.start else 0
    upright = [span for span in _merged(content) if span[0][0] < span[1][0]]
    at_row: dict[int, list[Merged]] = {}
    for span in upright:
        at_row.setdefault(span[0][0], []).append(span)
    held: dict[int, tuple[int, str]] = {}  # column → last row, value
    for row, values in enumerate(content.iter_rows(), start=first):
        cells = [_text(value) for value in values]
        for column, (last, value) in list(held.items()):
            if row > last:
                del held[column]
            elif 0 <= column - left < len(cells) and not cells[column - left]:
                cells[column - left] = value
        for (_, column), (last, _) in at_row.get(row, ()):
            if 0 <= column - left < len(cells):
                held[column] = (last, cells[column - left])
        yield cells


def _merged(content: CalamineSheet) -> Iterable[Merged]:
    return content.merged_cell_ranges or ()


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """How many rows stand above the headings: those with a cell or two while the table below is wider."""
    widest = max((sum(map(bool, cells)) for cells in rows), default=0)
    if widest < WIDE:
        return next((place for place, cells in enumerate(rows) if any(cells)), 0)
    return next(place for place, cells in enumerate(rows) if sum(map(bool, cells)) > TITLE_CELLS)


def _heading_rows(content: CalamineSheet, row: int, start: Sequence[Sequence[str]]) -> int:
    """Two where a cell of the row of headings is merged over some of the columns, with a heading below each; else
    one."""
    width = max(map(len, start), default=0)
    spans = [(first[1], last[1]) for first, last in _merged(content) if first[0] == last[0] == row]
    grouped = [(left, right) for left, right in spans if left < right and right - left + 1 < width]
    return 2 if grouped else 1


def _headings(rows: Sequence[Sequence[str]]) -> list[str]:
    """One heading per column; of several rows joined, a heading over several columns said with each of them."""
    if len(rows) <= 1:
        rows = rows or [[]]
        return [_one_line(cell) for cell in rows[0]]
    spread = [_spread(row) if place < len(rows) - 1 else list(row) for place, row in enumerate(rows)]
    names = []
    for parts in zip(*spread, strict=True):
        told = dict.fromkeys(_one_line(part) for part in parts if part)
        names.append(" ".join(told))
    return names


def _spread(row: Sequence[str]) -> list[str]:
    """A row of headings with those of several columns repeated to the right."""
    out: list[str] = []
    for cell in row:
        out.append(cell or (out[-1] if out else ""))
    return out


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def _is_total(cells: Sequence[str]) -> bool:
    first = next((cell for cell in cells if cell), "")
    return bool(TOTALS.match("".join(first.split()) if not first.isascii() else first.strip()))


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell.total_seconds() / 86_400)
    return str(cell)
