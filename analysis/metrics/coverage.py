"""From which period on a table tells the truth about a business unit, so that an empty month is a zero and not a hole.

Nothing before a unit's first record is taken for zero, and a first period that the data enter only midway is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.periods import PER_YEAR, PeriodRange, Periods

ENTERED_LATE = 0.1  # share of the first period that passes without a record
DAILY_WORK = {"work_orders": "submitted_at", "complaints": "received_at"}
MEAN_GAPS = 10  # and how many times the usual distance between records that is


@dataclass(frozen=True)
class Coverage:
    """The first period of each unit and of the company (`all`), the first complete one, and the one from which on
    gaps are filled; and how many records each period holds."""

    first: Mapping[str, int]
    first_complete: int
    filled_from: int
    records: Mapping[int, int]

    def begun_by(self, beginnings: Mapping[str, int]) -> "Coverage":
        """The same, with units counted from the first record of their daily work where that is earlier."""
        earliest = {
            unit: min(self.first.get(unit, period), period) for unit, period in beginnings.items() if unit != ALL_UNITS
        }
        return replace(self, first={**self.first, **earliest})

    def ranges(self, *, last_period: int, at_most: int | None) -> Iterator[PeriodRange]:
        """The periods up to the last one in stretches of about so many records each, one period at least; all of them
        where no number is given."""
        begins, held = min(self.records), 0
        for period in sorted(self.records):
            if at_most is not None and held and held + self.records[period] > at_most:
                yield PeriodRange(begins, period - 1)
                begins, held = period, 0
            held += self.records[period]
        yield PeriodRange(begins, last_period)


def read_coverage(con: duckdb.DuckDBPyConnection, table: str, time: str, *, periods: Periods) -> Coverage | None:
    """The coverage of a measured table by one of its time columns; None where it holds no record up to the last
    complete period."""
    rows = con.execute(
        f"SELECT business_unit, period_of({time}) AS period, count(*) AS n, min({time}) AS first_at FROM {table} "
        f"WHERE ({time}) IS NOT NULL AND period_of({time}) <= {periods.last} GROUP BY ALL"
    ).df()
    if rows.empty:
        return None
    first = {str(unit): int(period) for unit, period in rows.groupby("business_unit")["period"].min().items()}
    counts = rows.groupby("period")["n"].sum().sort_index()
    first_complete = int(counts.index[0]) + _enters_late(rows["first_at"].min(), counts, periods)
    filled_from = max(_after_last_hole(counts, periods), first_complete)
    records = dict(zip(counts.index.astype(int).tolist(), counts.astype(int).tolist(), strict=True))
    return Coverage({**first, ALL_UNITS: min(first.values())}, first_complete, filled_from, records)


def read_beginnings(con: duckdb.DuckDBPyConnection, *, present: Iterable[str], periods: Periods) -> dict[str, int]:
    """Unit → the first period in which it has a record of its daily work (an order submitted, a complaint received).

    From then on a unit without a cancellation or complaint has none, instead of none that we know of.
    """
    sources = [
        f"SELECT business_unit, period_of({time}) AS period FROM {table} WHERE {time} IS NOT NULL"
        for table, time in DAILY_WORK.items()
        if table in present
    ]
    if not sources:
        return {}
    begun = f"SELECT business_unit, min(period) FROM ({' UNION ALL '.join(sources)})"
    rows = con.execute(f"{begun} WHERE period <= {periods.last} GROUP BY ALL").fetchall()
    return {unit: int(period) for unit, period in rows}


def _enters_late(first_at: pd.Timestamp, counts: pd.Series, periods: Periods) -> bool:
    number = int(counts.index[0])
    begins, ends = (pd.Timestamp(periods.starts(pd.Index([n]).to_numpy())[0]) for n in (number, number + 1))
    known_until = pd.Timestamp(periods.starts(pd.Index([int(counts.index[-1]) + 1]).to_numpy())[0])
    mean_gap = (known_until - first_at) / counts.sum()
    return first_at - begins > max(ENTERED_LATE * (ends - begins), MEAN_GAPS * mean_gap)


def _after_last_hole(counts: pd.Series, periods: Periods) -> int:
    """The first period after the last year without any record: a mistyped date long ago does not make decades of
    zeros."""
    numbers = counts.index.to_series()
    after_hole = numbers[numbers.diff() > PER_YEAR[periods.grain]]
    return int(after_hole.iloc[-1]) if len(after_hole) else int(numbers.iloc[0])
