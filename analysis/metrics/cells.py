"""Records as integer arrays, and the cells (unit × period × segment) that they fall into.

A cell's number is reckoned from period, unit and segment, so that any breakdown is one arithmetic expression over the
same records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.metrics.figures import NO_BREAKDOWN, Coded, Figures, Floats, Ints, code, figures

RECORDS_A_CELL = 8  # on average: with fewer, nothing is saved by adding up first


@dataclass(frozen=True)
class Records:
    """N records: their period's number, their unit, the segments they belong to, and the query's numeric columns."""

    period: Ints
    unit: Coded
    segments: dict[str, Coded]
    columns: dict[str, NDArray]

    @property
    def size(self) -> int:
        """How many records there are."""
        return self.period.size


@dataclass(frozen=True)
class Cells:
    """The cells of N records for one breakdown, on the level of the units or of the whole company.

    records : what they are cells of; segment : the segment of each record. Cell numbers lie below `count`; the cells of
    units are numbered so that those of the company follow from them (`of_units`).
    """

    records: Records
    segment: Coded
    breakdown: str
    first_period: int
    periods: int
    whole_company: bool

    @property
    def units(self) -> NDArray[np.object_]:
        """The units by their codes."""
        return self.records.unit.labels

    @property
    def segments(self) -> NDArray[np.object_]:
        """The segments by their codes."""
        return self.segment.labels

    @property
    def count(self) -> int:
        """How many cells there are, empty ones included."""
        return self.periods * (1 if self.whole_company else self.units.size) * self.segments.size

    @cached_property
    def of_record(self) -> Ints:
        """(N,) the cell of each record."""
        return self.of(np.arange(self.records.size))

    def of(self, rows: Ints) -> Ints:
        """The cell of some of the records."""
        cell = self.records.period[rows] - self.first_period
        if not self.whole_company:
            cell = cell * self.units.size + self.records.unit.codes[rows]
        return cell * self.segments.size + self.segment.codes[rows] if self.breakdown else cell

    def of_units(self, cells: Ints) -> Ints:
        """The company's cell of cells of units."""
        rest, segment = np.divmod(cells, self.segments.size)
        return rest // self.units.size * self.segments.size + segment

    def figures(self, cells: Ints, *, reason: NDArray[np.object_] | None = None, **numbers: Floats) -> Figures:
        """The numbers of the cells with these numbers; both levels share their labels."""
        rest, segment = np.divmod(cells, self.segments.size)
        period, unit = (
            (rest, np.full_like(rest, self.units.size)) if self.whole_company else np.divmod(rest, self.units.size)
        )
        named = Coded(unit, np.append(self.units, ALL_UNITS))
        return figures(
            named, period + self.first_period, self.breakdown, Coded(segment, self.segments), reason=reason, **numbers
        )


def read_records(con: duckdb.DuckDBPyConnection, sql: str, *, breakdowns: Sequence[str]) -> Records:
    """Run a query that gives business_unit, period, the breakdowns and numeric columns: a missing whole number becomes
    −1, a missing fraction NaN."""
    table = con.sql(sql).to_arrow_table()
    texts = {"business_unit", *breakdowns}
    numbers = {name: _numbers(table.column(name)) for name in table.column_names if name not in texts}
    period = numbers.pop("period")
    segments = {name: code(table.column(name)) for name in breakdowns}
    return Records(period, code(table.column("business_unit")), segments, numbers)


def assign_cells(records: Records, breakdown: str, *, whole_company: bool) -> Cells:
    """The cell of each record: by unit or over all units, for one breakdown or (`""`) none."""
    none = Coded(np.zeros(1, dtype=np.int64), np.array([NO_BREAKDOWN], dtype=object))
    segment = records.segments[breakdown] if breakdown else none
    first = int(records.period.min()) if records.size else 0
    periods = int(records.period.max()) - first + 1 if records.size else 0
    return Cells(records, segment, breakdown, first, periods, whole_company)


def few_together(segments: Mapping[str, int], *, cells: int, records: int) -> tuple[str, ...]:
    """The breakdowns of few segments: those whose combinations, by unit and period, are so few that figures of each
    breakdown are cheaper to add up from them than from the records.

    Parameters
    ----------
    segments : breakdown -> how many segments it has
    cells : units times periods
    """
    together, combinations = [], cells
    for name, count in sorted(segments.items(), key=lambda item: (item[1], item[0])):
        combinations *= max(count, 1)
        if RECORDS_A_CELL * combinations > records:
            break
        together.append(name)
    return tuple(together)


def _numbers(column: pa.ChunkedArray) -> NDArray:
    if pa.types.is_boolean(column.type):
        return pc.fill_null(column, False).to_numpy().astype(bool)
    if pa.types.is_floating(column.type):
        return pc.fill_null(column, float("nan")).to_numpy()
    return pc.fill_null(column, -1).to_numpy().astype(np.int64)
