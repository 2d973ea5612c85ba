"""Excel and OpenDocument workbooks to delimited text, one file per sheet.

Only stored values are read: no formula is computed, no macro run, no link followed. Refuses a damaged or protected
workbook.
"""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from analysis.faults import UserFault
from analysis.intake.unpacking import check_proportions

Cell = int | float | str | bool | time | date | datetime | timedelta


def sheet_names(path: Path) -> list[str]:
    """The names of the sheets that hold anything.

    Raises
    ------
    UserFault : not a readable workbook, or one that unpacks out of all proportion.
    """
    check_proportions(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            return [name for name in book.sheet_names if book.get_sheet_by_name(name).height > 0]
    except (CalamineError, OSError, ValueError) as fault:
        raise UserFault(f"{path.name}: not a readable workbook ({fault}); save it again as .xlsx or .csv") from fault


def write_sheet(path: Path, sheet: str, *, to: Path) -> int:
    """Write one sheet as comma-separated UTF-8 text, row by row, a blank row as a blank line; returns how many blank
    rows stand above.
    """
    with CalamineWorkbook.from_path(path) as book, to.open("w", encoding="utf-8", newline="") as target:
        content = book.get_sheet_by_name(sheet)
        writer = csv.writer(target, lineterminator="\n")
        for row in content.iter_rows():
            cells = [_text(cell) for cell in row]
            writer.writerow(cells if any(cells) else [])
        return content.start[0] if content.start else 0


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
