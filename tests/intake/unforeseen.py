"""What it takes to draw a source that nobody prepared the suite for, and to say what is true of it."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROWS = 120
BEGIN = datetime(2025, 1, 3, 8, 7)
COLUMNS = {
    "work_orders": ("business_unit", "submitted_at", "completed_at", "status"),
    "complaints": ("business_unit", "received_at", "end"),
    "surveys": ("score", "scale_min", "scale_max"),
    "interactions": ("started_at",),
}


@dataclass(frozen=True)
class Case:
    """One thing that happened: its number, its unit of two, when it began, when it ended (every sixth has not)."""

    n: int
    begin: datetime
    end: datetime | None

    @property
    def status(self) -> str:
        """completed or open."""
        return "completed" if self.end else "open"

    def either(self, *values: Any) -> Any:
        """One of the values, in turn."""
        return values[self.n % len(values)]


@dataclass(frozen=True)
class Source:
    """One file, and what is true of its rows: `true` gives key and values of COLUMNS (None: whatever it is).

    `more` are further files. `asked`: words of the question that is to be asked instead of reading it. `aside`: rows
    that cannot be true. `off`: hours by which all times may be off together, where no zone is told. `total`: table,
    column, sum.
    """

    file: str
    head: str | Sequence[Sequence[Any]]
    row: Callable[[Case], Sequence[Any] | Iterable[Sequence[Any]]]
    true: Callable[[Case], tuple[Any, ...] | None]
    table: str = "work_orders"
    delimiter: str = ","
    encoding: str = "utf-8"
    asked: str = ""
    aside: int = 0
    off: int = 0
    total: tuple[str, str, float] | None = None
    rows: int = ROWS
    more: Mapping[str, Sequence[Sequence[Any]]] = field(default_factory=dict)

    def draw(self, folder: Path) -> dict[str, tuple[Any, ...]]:
        """Write the files; key → true values."""
        heads = [self.head.split(self.delimiter)] if isinstance(self.head, str) else self.head
        rows: list[Sequence[Any]] = []
        for case in cases(self.rows):
            given = list(self.row(case))
            rows += given if given and isinstance(given[0], list) else [given]
        _write(folder / self.file, [*heads, *rows], self)
        for name, lines in self.more.items():
            _write(folder / name, lines, self)
        found = (self.true(case) for case in cases(self.rows))
        return {str(key): values for key, *values in filter(None, found)}  # type: ignore[misc]


def cases(rows: int) -> Iterator[Case]:
    """Things that happened over 500 days, by day and by night."""
    for n in range(rows):
        begin = BEGIN + timedelta(minutes=n * 500 * 1440 // rows + n * 37 % 700)
        yield Case(n, begin, begin + timedelta(minutes=9 + n * 211 % 7000) if n % 6 else None)


def written(moment: datetime | None, how: str, nothing: str = "") -> str:
    """A moment as a source writes it."""
    return moment.strftime(how) if moment else nothing


def day(moment: datetime | None) -> datetime | None:
    """Its day alone."""
    return moment and datetime(moment.year, moment.month, moment.day)


def _write(file: Path, lines: Iterable[Sequence[Any]], source: Source) -> None:
    with file.open("w", encoding=source.encoding, newline="") as stream:
        csv.writer(stream, delimiter=source.delimiter).writerows(lines)
