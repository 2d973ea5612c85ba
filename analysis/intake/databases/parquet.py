"""Extracts as Parquet files: written from batches, merged with what changed, put in place only when they differ.

Works in bounded memory, in DuckDB where rows have to be compared. Refuses a column or a key that stands twice.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.faults import UserFault
from analysis.intake.databases.rules import Query
from analysis.intake.quoting import identifier, literal

DELETED = "is deleted on the server"
MEMORY_LIMIT = "192MiB"
GROUP_ROWS = 100_000
GROUP_BYTES = 16 * 1024**2


def merge(path: Path, delta: Path, query: Query, staged: Path) -> int | None:
    """The old rows whose key did not come again, and the new ones that are not deleted; None where columns differ."""
    before, after = pq.read_schema(path), pq.read_schema(delta)
    names = [name for name in after.names if name != DELETED]
    if [before.field(name).type if name in before.names else None for name in names] != [
        after.field(name).type for name in names
    ] or len(names) != len(before.names):
        return None
    same = " AND ".join(f"d.{identifier(column)} IS NOT DISTINCT FROM o.{identifier(column)}" for column in query.key)
    keys, columns = ", ".join(map(identifier, query.key)), ", ".join(map(identifier, names))
    alive = f"WHERE {identifier(DELETED)}::VARCHAR = '0'" if query.deleted_when else ""
    with _duckdb(path.parent) as connection:
        twice = connection.execute(
            f"SELECT 1 FROM {_file(delta)} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"
        ).fetchall()
        if twice:
            return None
        connection.execute(f"""
            COPY (
                SELECT {columns} FROM {_file(path)} o WHERE NOT EXISTS (SELECT 1 FROM {_file(delta)} d WHERE {same})
                UNION ALL SELECT {columns} FROM {_file(delta)} {alive})
            TO {literal(staged)} (FORMAT parquet, ROW_GROUP_SIZE {GROUP_ROWS})""")
    return pq.ParquetFile(staged).metadata.num_rows


def write(batches: Iterable[pa.RecordBatch], path: Path, name: str) -> int:
    """Batches to a Parquet file in groups of bounded size; returns the rows."""
    writer: pq.ParquetWriter | None = None
    waiting: list[pa.RecordBatch] = []
    rows = 0
    try:
        for batch in batches:
            if writer is None:
                _check_names(batch.schema.names, name)
                writer = pq.ParquetWriter(path, batch.schema.remove_metadata(), compression="zstd")
            waiting.append(pa.RecordBatch.from_arrays(batch.columns, schema=writer.schema))
            rows += batch.num_rows
            if sum(w.num_rows for w in waiting) >= GROUP_ROWS or sum(w.nbytes for w in waiting) >= GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting = []
        if writer is None:
            raise UserFault(f"{name}: the query gave no columns")
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    finally:
        if writer is not None:
            writer.close()
    return rows


def _check_names(names: list[str], name: str) -> None:
    folded = [column.casefold() for column in names]
    twice = sorted({column for column in names if folded.count(column.casefold()) > 1})
    if twice:
        raise UserFault(f"{name}: column {twice[0]!r} stands twice in the query's result; name one of them with AS")


def check_key(path: Path, query: Query, name: str) -> None:
    """Make sure that the columns by which changed rows replace older ones name each row once.

    Raises
    ------
    UserFault : with a key that stands twice; the extract is removed, since nothing can be told apart in it
    """
    keys = ", ".join(map(identifier, query.key))
    with _duckdb(path.parent) as connection:
        sql = f"SELECT {keys}, count(*) FROM {_file(path)} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"
        found = connection.execute(sql).fetchall()
    if found:
        path.unlink(missing_ok=True)
        shown = ", ".join(map(str, found[0][:-1]))
        raise UserFault(
            f"database.queries.{name}: key {' + '.join(query.key)} = {shown!r} stands {found[0][-1]} times; "
            "name the columns that are unique, or leave the watermark out"
        )


def put_in_place(staged: Path, path: Path) -> None:
    """Put the new file in place, unless it is the same: what stays untouched need not be read again."""
    if path.is_file() and path.stat().st_size == staged.stat().st_size and _digest(path) == _digest(staged):
        staged.unlink()
        return
    os.replace(staged, path)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "threads": 2,
        "temp_directory": str(folder / "tmp"),
        "python_enable_replacements": False,
    }
    return duckdb.connect(config=config)


def _file(path: Path) -> str:
    return f"read_parquet({literal(path)})"
