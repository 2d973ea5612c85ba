"""The reading side of the store: the canonical tables as intake left them, whole in DuckDB or one business unit at a
time.

Refuses a folder that is not a finished store of this schema. Writes nothing; a connection reaches the store's folder
and nothing else. Libraries are imported by what reads with them: a run that finds nothing to do reads no record.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from analysis.data_model import ALL_UNITS, Table, empty_table_sql, read_tables
from analysis.data_model.needs import Need, alternatives
from analysis.faults import UserFault

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

SCHEMA = "after-sales-store/1"
MANIFEST = "manifest.json"
EXCLUDED = "excluded_rows"
EXCLUDED_COLUMNS = {
    "table_name": "VARCHAR",
    "business_unit": "VARCHAR",
    "kind": "VARCHAR",
    "reasons": "VARCHAR",
    "happened_at": "TIMESTAMP",
}
QUARANTINE_COLUMNS = ("_file", "_line", "_business_unit", "_reasons")
THREADS = 2
MEMORY_LIMIT = "2GiB"
NEVER = 0  # below how many rows a join to the next moment compares each with each: DuckDB's guess of how many is wrong


@dataclass(frozen=True)
class Store:
    """A finished store: `<path>/manifest.json`, `<path>/tables/<table>/…`, `<path>/quarantine/<table>.parquet` (rows
    refused, whole) and `<path>/excluded/<table>.parquet` (rows refused or repeated, narrow)."""

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What intake wrote down: cut-off, units, rows read, kept and refused by reason, sources, notes.

        Raises
        ------
        UserFault : there is no finished store at `path`, or it was written under another schema.
        """
        file = self.path / MANIFEST
        if not file.is_file():
            raise UserFault(f"{self.path}: no store here (no {MANIFEST}); run intake first")
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if manifest.get("schema") != SCHEMA:
            raise UserFault(
                f"{file}: schema {manifest.get('schema')!r}, this version reads {SCHEMA!r}; run intake again"
            )
        return manifest

    @cached_property
    def cutoff(self) -> "pd.Timestamp":
        """The moment after which nothing is known; naive local time."""
        import pandas as pd

        return pd.Timestamp(self.manifest["data_cutoff_at"])

    @cached_property
    def business_units(self) -> list[str]:
        """The units that have rows, in the order of their ids."""
        return sorted(unit["business_unit"] for unit in self.manifest["business_units"] if any(unit["rows"].values()))

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables the source gave, also those without a row, in the order of the data model."""
        return {name: table for name, table in read_tables().items() if name in self.manifest["tables"]}

    def has(self, table: str, *columns: str) -> bool:
        """Whether the source gave the table, and each of these columns of it.

        A column that every row leaves empty counts as given; a column the source does not have is all NULL in the store
        and does not count.
        """
        entry = self.manifest["tables"].get(table)
        return entry is not None and set(columns) <= self._given(table)

    def missing(self, needs: Iterable[str]) -> list[str]:
        """Those of `needs` ("parts_usage", "work_orders.fault_code", "returns.kind=exchange") that the source did not
        give, in their order; one with alternatives ("a|b") only where it gave none of them.
        """
        return [need for need in needs if not any(self._meets(part) for part in alternatives(need))]

    def connect(self, *, memory_limit: str = MEMORY_LIMIT, threads: int = THREADS) -> "duckdb.DuckDBPyConnection":
        """An in-memory DuckDB connection with one view per table the source gave, locked to the store's folder.

        Every canonical column is there, NULL where the source has none. `business_unit` is VARCHAR. The view
        `excluded_rows` (EXCLUDED_COLUMNS) has a row for each row that was not stored: kind `refused` with its reasons
        joined by "; ", or `duplicate`. Close it after use.
        """
        import duckdb

        connection = duckdb.connect(
            config={
                "threads": threads,
                "memory_limit": memory_limit,
                "python_enable_replacements": False,
                "asof_loop_join_threshold": NEVER,
            }
        )
        connection.execute(f"SET temp_directory = {_literal(self.path / 'tmp')}")
        connection.execute(f"SET allowed_directories = [{_literal(self.path)}]")
        connection.execute("SET enable_external_access = false")
        for name, table in self.tables.items():
            connection.execute(f'CREATE VIEW "{name}" AS {table_sql(self.path, table, self._given(name))}')
        connection.execute(f"CREATE VIEW {EXCLUDED} AS {excluded_sql(self.path)}")
        connection.execute("SET lock_configuration = true")
        return connection

    def records(self, table: str, business_unit: str, *, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """The rows of one business unit (`all`: of every unit), read from that unit's folder only.

        Parameters
        ----------
        table : a canonical table; one the source did not give has no rows but all its columns.
        business_unit : an id, or `all`. A table that is not kept by unit gives the same rows to every unit.
        columns : the columns wanted, in that order; None = all of the data model.

        Returns
        -------
        One row per record, in no particular order; text as str, times and dates as datetime64 without zone.
        """
        import pyarrow as pa

        declared = read_tables()[table]
        wanted = list(columns) if columns is not None else [column.name for column in declared.stored]
        parts = [self._part(declared, folder, unit, wanted) for folder, unit in self._folders(declared, business_unit)]
        schema = pa.schema([(name, _arrow_type(declared.column(name).type)) for name in wanted])
        whole = pa.concat_tables([schema.empty_table(), *(part.cast(schema) for part in parts)])
        return whole.to_pandas(date_as_object=False)

    def quarantine(self, table: str) -> "pd.DataFrame":
        """The rows intake refused: QUARANTINE_COLUMNS and every source column as text; empty when there are none."""
        import pandas as pd

        file = self.path / "quarantine" / f"{table}.parquet"
        return pd.read_parquet(file) if file.is_file() else pd.DataFrame(columns=list(QUARANTINE_COLUMNS))

    def _meets(self, need: Need) -> bool:
        given = self.has(need.table, *([need.column] if need.column else []))
        return given and (not need.sign or self._has_kind(need))

    def _has_kind(self, need: Need) -> bool:
        """Whether any record, of any unit and time, is of the kind; a scan, so that each is asked for once."""
        if need not in self._kinds:
            import duckdb

            records = table_sql(self.path, self.tables[need.table], self._given(need.table))
            with duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY_LIMIT}) as con:
                self._kinds[need] = bool(con.execute(need.query(records)).fetchall())
        return self._kinds[need]

    @cached_property
    def _kinds(self) -> dict[Need, bool]:
        return {}

    def _given(self, table: str) -> set[str]:
        given = set(self.manifest["tables"][table]["columns"])
        return given | {"business_unit"} if read_tables()[table].parent else given

    def _folders(self, table: Table, business_unit: str) -> list[tuple[Path, str]]:
        folder = self.path / "tables" / table.name
        if not table.partitioned:
            return [(folder, ALL_UNITS)] if folder.is_dir() else []
        found = [
            (part, unquote(part.name.split("=", maxsplit=1)[1])) for part in sorted(folder.glob("business_unit=*"))
        ]
        return [(part, unit) for part, unit in found if business_unit in (ALL_UNITS, unit)]

    def _part(self, table: Table, folder: Path, unit: str, wanted: list[str]) -> "pa.Table":
        import pyarrow as pa
        import pyarrow.dataset as pads

        filed = self._given(table.name) - ({"business_unit"} if table.partitioned else set())
        files = sorted(str(file) for file in folder.glob("*.parquet"))
        part = pads.dataset(files, format="parquet").to_table(columns=[name for name in wanted if name in filed])
        for name in wanted:
            if table.partitioned and name == "business_unit":
                part = part.append_column(name, pa.array([unit] * part.num_rows, pa.string()))
            elif name not in filed:
                part = part.append_column(name, pa.nulls(part.num_rows, _arrow_type(table.column(name).type)))
        return part.select(wanted)


def table_sql(store: Path, table: Table, given: Collection[str]) -> str:
    """A SELECT over a stored table with all its columns, those the source did not give (they are not filed) as NULL."""
    folder = store / "tables" / table.name
    if not any(folder.rglob("*.parquet")):
        return empty_table_sql(table)
    filed = {*given, "business_unit"} if table.partitioned else set(given)
    columns = ", ".join(
        f'"{column.name}"' if column.name in filed else f'CAST(NULL AS {column.sql_type}) AS "{column.name}"'
        for column in table.stored
    )
    return f"SELECT {columns} FROM {files_sql(store, table)}"


def files_sql(store: Path, table: Table) -> str:
    """The FROM item that reads the files of a stored table as they are, its business unit included."""
    folder = store / "tables" / table.name
    if not table.partitioned:
        return f"read_parquet({_literal(folder / 'data.parquet')})"
    options = "hive_partitioning = true, hive_types = {'business_unit': VARCHAR}"
    return f"read_parquet({_literal(folder / '*' / '*.parquet')}, {options})"


def excluded_sql(store: Path | None = None) -> str:
    """A SELECT over the rows that were not stored; without any row where there are none, or no store is named."""
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in EXCLUDED_COLUMNS.items())
    if store is not None and any((store / "excluded").glob("*.parquet")):
        return f"SELECT {columns} FROM read_parquet({_literal(store / 'excluded' / '*.parquet')})"
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in EXCLUDED_COLUMNS.items())
    return f"SELECT {nothing} WHERE false"


def _arrow_type(kind: str) -> "pa.DataType":
    import pyarrow as pa

    return {
        "str": pa.string(),
        "int": pa.int64(),
        "float": pa.float64(),
        "money": pa.float64(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us"),
    }[kind]


def _literal(value: Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"
