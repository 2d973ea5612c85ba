"""The one shape of every result, and the writer of it: one row for a metric, unit, period and segment.

Figures become rows: periods get their names, empty periods of a covered unit their zero or their reason, maturity its
mark.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.coverage import Coverage
from analysis.metrics.figures import CELL, NO_BREAKDOWN, Coded, Figures, code, figures_of, reason_where
from analysis.metrics.kinds import Count, Snapshot
from analysis.metrics.periods import PeriodRange, Periods

NO_RECORDS = "no records"
SORTING_MEMORY = "512MiB"
UNSORTED = ".unsorted"
TEXT = pa.dictionary(pa.int32(), pa.string())
MEASUREMENTS = pa.schema(
    {
        **dict.fromkeys(("metric", "business_unit", "grain", "period"), TEXT),
        "period_start": pa.date32(),
        **dict.fromkeys(("breakdown", "segment"), TEXT),
        **dict.fromkeys(("numerator", "denominator"), pa.float64()),
        "n": pa.int64(),
        **dict.fromkeys(("value", "low", "high", "se", "immature_share"), pa.float64()),
        "mature": pa.bool_(),
        "reason": TEXT,
    }
)
CURVES = pa.schema(
    {
        **dict.fromkeys(("metric", "business_unit", "period"), TEXT),
        **dict.fromkeys(("time", "survival", "low", "high", "naive"), pa.float64()),
    }
)
ORDER = {
    "measurements": "business_unit, breakdown <> '', metric, breakdown, segment, period_start",
    "curves": "business_unit, metric, period, time",
}


def complete(
    card: MetricCard, parts: Sequence[Figures], *, units: Sequence[str], coverage: Coverage, last_period: int
) -> Figures:
    """A card's figures without breakdown and one cell more for each period of a unit that has none: zero for a count,
    else null with its reason.

    A period that the data enter midway is dropped; nothing before a unit's first record counts as zero.
    """
    known = [part for part in (drop_partial(part, coverage, last_period) for part in parts) if len(part)]
    there = pd.concat([part.frame() for part in known], ignore_index=True) if known else None
    periods = range(coverage.filled_from, last_period + 1)
    grid = pd.MultiIndex.from_product([[*units, ALL_UNITS], periods], names=CELL[:2])
    missing = grid if there is None else grid.difference(pd.MultiIndex.from_frame(there[CELL[:2]]))
    holes = missing.to_frame(index=False).astype({"business_unit": object, "period": "int64"})
    begun = holes["period"] >= holes["business_unit"].map(coverage.first).astype(float)
    zero = (begun & _counts_records(card)).to_numpy()
    empty = holes.assign(
        segment=NO_BREAKDOWN, n=0.0, value=np.where(zero, 0.0, np.nan), reason=reason_where(~zero, NO_RECORDS)
    )
    return figures_of(empty if there is None else pd.concat([there, empty], ignore_index=True), NO_BREAKDOWN)


def drop_partial(figures: Figures, coverage: Coverage, last_period: int) -> Figures:
    """The figures of complete periods."""
    whole = PeriodRange(coverage.first_complete, last_period)
    return figures.where((figures.period >= whole.first) & (figures.period <= whole.last))


def to_rows(card: MetricCard, figures: Figures, periods: Periods) -> pa.Table:
    """Figures as rows of the long shape."""
    numbers, position = np.unique(figures.period, return_inverse=True)
    size = len(figures)
    columns = {
        "metric": _constant(card.id, size),
        "business_unit": _text(figures.unit),
        "grain": _constant(periods.grain, size),
        "period": _text(Coded(position, np.array(periods.keys(numbers), dtype=object))),
        "period_start": pa.array(periods.starts(numbers)[position], pa.date32()),
        "breakdown": _constant(figures.breakdown, size),
        "segment": _text(figures.segment),
        "mature": pa.array(
            periods.mature(numbers, card.follow_up_days, censored=card.kind == "duration")[position], pa.bool_()
        ),
        "reason": pa.array(figures.reason, pa.string()).dictionary_encode(),
        "n": pa.array(np.rint(np.nan_to_num(figures.n)).astype(np.int64)),
    }
    numeric = [name for name in MEASUREMENTS.names if name not in columns]
    columns |= {name: pa.array(getattr(figures, name), pa.float64(), from_pandas=True) for name in numeric}
    return pa.table([columns[name] for name in MEASUREMENTS.names], schema=MEASUREMENTS)


def to_curve_rows(curves: pd.DataFrame, periods: Periods) -> pa.Table:
    """Survival curves as rows of curves.parquet."""
    numbers, position = np.unique(curves["period"].to_numpy(), return_inverse=True)
    texts = {name: _text(code(curves[name])) for name in ("metric", "business_unit")}
    texts["period"] = _text(Coded(position, np.array(periods.keys(numbers), dtype=object)))
    columns = [
        texts[name] if name in texts else pa.array(curves[name].to_numpy(float), pa.float64(), from_pandas=True)
        for name in CURVES.names
    ]
    return pa.table(columns, schema=CURVES)


def collect_rows(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write rows down as they come, so that they are never all in memory; `sort_rows` makes the file of them."""
    with pq.ParquetWriter(path.with_suffix(UNSORTED), schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def sort_rows(path: Path) -> None:
    """Sort what was collected so that a reader of one unit touches few row groups, and put the Parquet file in place at
    once."""
    unsorted, staged = path.with_suffix(UNSORTED), path.with_suffix(".staged")
    with duckdb.connect(config={"threads": 2, "memory_limit": SORTING_MEMORY}) as con:
        con.execute("SET temp_directory = $1", [str(path.with_suffix(".tmp"))])
        found = con.read_parquet(str(unsorted)).order(ORDER[path.stem])
        found.write_parquet(str(staged), compression="zstd", row_group_size=20480)
    unsorted.unlink()
    os.replace(staged, path)


def _counts_records(card: MetricCard) -> bool:
    return isinstance(card.how, Count) or (isinstance(card.how, Snapshot) and card.how.statistic == "count")


def _constant(text: str, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, dtype=np.int32)), pa.array([text], pa.string()))


def _text(column: Coded) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(column.codes.astype(np.int32)), pa.array(column.labels, pa.string()))
