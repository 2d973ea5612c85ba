"""Column dictionaries to files: one growing CSV or Parquet file per table, in bounded memory.

It refuses a column the table does not have; a column that is not given is written empty.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from analysis.data_model import Table, read_tables

Columns = Mapping[str, Any]
"""Column name → array. Text: pyarrow string array; datetime: seconds since 1970 as float; date: days; missing is
NaN or null.
"""

ROWS_HELD = 50_000
WITH_ENTRY_TIME = frozenset({"work_orders", "complaints"})
"""Tables that also carry source_system and recorded_at, which every table may have."""
ARROW_TYPE = {
    "str": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "money": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("s"),
}


def labels(values: Sequence[str | None], index: np.ndarray) -> pa.Array:
    """Text by position: values[index]; a negative index is missing."""
    return _texts(tuple(values)).take(pa.array(index, mask=index < 0))


@cache
def _texts(values: tuple[str | None, ...]) -> pa.Array:
    return pa.array(values, pa.string())


def identifiers(
    prefix: str | pa.Array, numbers: np.ndarray, *, width: int, missing: np.ndarray | None = None
) -> pa.Array:
    """Names such as "C-U03-0000123": a prefix and a number of fixed width; missing where the mask is true."""
    digits = pc.utf8_lpad(pc.cast(pa.array(np.asarray(numbers, dtype="int64"), mask=missing), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def take_rows(columns: Columns, rows: np.ndarray) -> dict[str, Any]:
    """Those rows of every column."""
    return {
        name: values.take(pa.array(rows)) if isinstance(values, pa.Array) else np.asarray(values)[rows]
        for name, values in columns.items()
    }


class Tables:
    """The open files of one sample. Use it as a context manager; tables that never got a row are written with
    their header.
    """

    def __init__(self, folder: Path, *, form: str, only: frozenset[str] | None = None) -> None:
        self._folder = folder
        self._form = form
        self.names = frozenset(read_tables()) if only is None else only
        self._files: dict[str, Any] = {}
        self._held: dict[str, list[pa.Table]] = {}
        self._rows_held: dict[str, int] = {}

    def __enter__(self) -> "Tables":
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in sorted(self.names):
            if kind is None:
                self._flush(name)
            if name in self._files:
                self._files[name].close()

    def wants(self, *names: str) -> bool:
        """Whether this sample has any of those tables."""
        return not self.names.isdisjoint(names)

    def append(self, name: str, make: Callable[[], Columns]) -> None:
        """Add rows to a table; they are not even made when this sample leaves the table out."""
        if name not in self.names:
            return
        rows = arrow_table(name, make())
        self._held.setdefault(name, []).append(rows)
        self._rows_held[name] = self._rows_held.get(name, 0) + rows.num_rows
        if self._rows_held[name] >= ROWS_HELD:
            self._flush(name)

    def _flush(self, name: str) -> None:
        parts = self._held.pop(name, [])
        self._rows_held.pop(name, None)
        table = pa.concat_tables(parts) if parts else arrow_table(name, {}).slice(0, 0)
        if name not in self._files:
            self._files[name] = _open(self._folder / f"{name}.{self._form}", table.schema, form=self._form)
        if table.num_rows:
            self._files[name].write_table(table)


def arrow_table(name: str, columns: Columns) -> pa.Table:
    """The rows in the table's own columns and types."""
    kinds = written_columns(read_tables()[name])
    unknown = sorted(set(columns) - set(kinds))
    if unknown:
        raise KeyError(f"{name}: not a column of the data model: {', '.join(unknown)}")
    rows = max((len(values) for values in columns.values()), default=1)
    arrays = [
        _typed(columns[column], kind) if column in columns else pa.nulls(rows, ARROW_TYPE[kind])
        for column, kind in kinds.items()
    ]
    return pa.table(arrays, schema=pa.schema([(column, ARROW_TYPE[kind]) for column, kind in kinds.items()]))


def written_columns(table: Table) -> dict[str, str]:
    """The columns the sample writes of a table, and their types."""
    left_out = () if table.name in WITH_ENTRY_TIME else ("source_system", "recorded_at")
    return {column.name: column.type for column in table.columns if column.name not in left_out}


def _typed(values: Any, kind: str) -> pa.Array:
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values if values.type == ARROW_TYPE[kind] else values.cast(ARROW_TYPE[kind])
    if isinstance(values, list):
        return pa.array(values, ARROW_TYPE[kind])
    array = np.asarray(values)
    if kind in ("str", "bool"):
        return pa.array(array, ARROW_TYPE[kind])
    missing = ~np.isfinite(array) if array.dtype.kind == "f" else None
    if kind in ("float", "money"):
        return pa.array(np.round(array.astype("float64"), 2), pa.float64(), mask=missing)
    whole = np.rint(array if missing is None else np.where(missing, 0, array)).astype("int64")
    if kind == "int":
        return pa.array(whole, pa.int64(), mask=missing)
    unit = "datetime64[D]" if kind == "date" else "datetime64[s]"
    return pa.array(whole.astype(unit), ARROW_TYPE[kind], mask=missing)


def _open(path: Path, schema: pa.Schema, *, form: str) -> Any:
    if form == "parquet":
        return pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
    return pyarrow.csv.CSVWriter(path, schema, write_options=pyarrow.csv.WriteOptions(quoting_style="needed"))
