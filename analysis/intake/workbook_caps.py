"""How large a workbook may grow before it is opened: its parts unpacked, and the rectangle its cells span.

A reader makes room for the whole rectangle, so that two cells far apart in a file of 5 KB would take the machine's
memory. Refuses both; opens no sheet.
"""

import re
import zipfile
import zlib
from pathlib import Path

from analysis.faults import UserFault
from analysis.intake.unpacking import CHUNK, check_proportions

LARGEST_WORKBOOK = 4 * 1024**3
MOST_CELLS = 100_000_000
_SHEET = re.compile(r"^xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})(\d{1,7})"')
_TAIL = 200  # longer than a cell's opening tag up to its place


def check_extent(path: Path) -> None:
    """Refuse a workbook that would not fit into memory when opened.

    Raises
    ------
    UserFault : unpacks out of all proportion or to more than the cap; a sheet whose cells span too many.
    """
    check_proportions(path)
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as book:
            unpacked = sum(info.file_size for info in book.infolist())
            if unpacked > LARGEST_WORKBOOK:
                raise UserFault(
                    f"{path.name}: unpacks to {unpacked / 1024**3:.1f} GiB, a workbook of at most "
                    f"{LARGEST_WORKBOOK / 1024**3:.0f} GiB is read; save its sheets as .csv"
                )
            for info in book.infolist():
                if _SHEET.match(info.filename):
                    _check_sheet(book, info, path.name)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError) as fault:
        raise UserFault(f"{path.name}: not a readable workbook ({fault}); save it again as .xlsx or .csv") from fault


def _check_sheet(book: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
    columns: set[bytes] = set()
    last_row, tail = 0, b""
    with book.open(info) as sheet:
        while chunk := sheet.read(CHUNK):
            found = _CELL.findall(tail + chunk)
            columns.update(column for column, _ in found)
            last_row = max((last_row, *(int(row) for _, row in found)))
            tail = chunk[-_TAIL:]
    width = max(map(_number, columns), default=0)
    if last_row * width > MOST_CELLS:
        raise UserFault(
            f"{name}: {info.filename} spans {last_row:,} rows and {width:,} columns, far more than it can hold; "
            "delete the empty rows and columns to the right and below, or save the sheet as .csv"
        )


def _number(column: bytes) -> int:
    """A column's place: A is 1, AA 27."""
    place = 0
    for letter in column:
        place = place * 26 + letter - 64
    return place
