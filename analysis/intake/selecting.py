"""Tables of a mapping that are one SELECT: the source's files as DuckDB tables, and the SELECT's result as rows to be
typed and checked.

The SELECT was checked before (`locked_sql`) and runs on the locked connection. Refuses an empty file, which has no
columns to select from, and a SELECT that DuckDB cannot run, with DuckDB's own words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from analysis.faults import UserFault
from analysis.intake.folding_sql import folding_sql, left_out_sql, unnamed_sql
from analysis.intake.mapping import SourceMapping, TableRule
from analysis.intake.quoting import identifier
from analysis.intake.rejects import Reject, read_rejects
from analysis.intake.sources import Origin, scan_sql

UNNAMED_SHOWN = 5


@dataclass(frozen=True)
class SourceTable:
    """A file as a DuckDB table of text, `_row` being the row's place in the file; its rows and its unreadable lines."""

    origin: Origin
    rows: int
    rejects: tuple[Reject, ...]


def load_source_table(origin: Origin, connection: duckdb.DuckDBPyConnection, *, number: int) -> SourceTable:
    """Read one file, the `number`th of the source, into the DuckDB table named after its stem.

    Raises
    ------
    UserFault : the file is empty.
    """
    if not origin.columns:
        raise UserFault(f"{origin.name}: empty, not even a header; a SELECT needs its columns")
    table, rejects = identifier(origin.stem), f"rejects_source_{number}"
    scan = scan_sql(origin, rejects=rejects)
    before = _rows_of(table, connection)
    rows_sql = f"SELECT row_number() OVER () + {before or 0} AS _row, * FROM {scan}"
    if before is None:
        connection.execute(f"CREATE TABLE {table} AS {rows_sql}")
    else:  # several files of one source, which need not have all columns alike
        for name in origin.columns:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {identifier(name)} VARCHAR")
        connection.execute(f"INSERT INTO {table} BY NAME {rows_sql}")
    rows = (_rows_of(table, connection) or 0) - (before or 0)
    found = tuple(read_rejects(connection, rejects, origin=origin))
    return SourceTable(origin, rows + len(found), found)


def select_rows(
    rule: TableRule, parts: Sequence[Origin], connection: duckdb.DuckDBPyConnection, *, mapping: SourceMapping
) -> tuple[str, Origin]:
    """Run a table's SELECT, or its fold; returns the DuckDB table that holds its result, and the result described as an
    origin, with notes on what a fold left out.

    Raises
    ------
    UserFault : DuckDB refuses the SELECT or fails in it; a fold by a column that is not there; too many rows of a log
        that no fold can place.
    """
    name = f"selected {rule.table}"
    place = f"{mapping.name}: tables.{rule.table}"
    notes: tuple[str, ...] = ()
    sql = rule.select
    try:
        if rule.fold is not None:
            if len(parts) > 1:
                raise UserFault(f"{place}: {len(parts)} files fit {rule.fold.stem!r}; a log is folded from one")
            sql = folding_sql(rule.fold, parts[0].columns)
            notes = _left_out(rule, parts[0], connection, mapping)
        connection.execute(f"CREATE TABLE {identifier(name)} AS SELECT * FROM ({sql}\n)")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as fault:
        raise UserFault(f"{place}.select: {str(fault).splitlines()[0]}") from fault
    columns = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {identifier(name)}").fetchall()}
    files = ", ".join(part.name for part in parts)
    absent = _without_values(name, columns, connection) if any(part.absent for part in parts) else frozenset()
    return name, Origin(
        f"SELECT over {files}", rule.table, parts[0].path, "select", columns, notes=notes, absent=absent
    )


def make_empty(source: str, columns: Iterable[str], connection: duckdb.DuckDBPyConnection) -> None:
    """An optional source that is not there, as a table without rows, so that a SELECT may join it."""
    given = "".join(f", {identifier(name)} VARCHAR" for name in columns)
    connection.execute(f"CREATE TABLE {identifier(source)} (_row BIGINT{given})")


def _rows_of(table: str, connection: duckdb.DuckDBPyConnection) -> int | None:
    name = table[1:-1].replace('""', '"')
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = $1", [name]).fetchall():
        return None
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _without_values(table: str, columns: Iterable[str], connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The columns of a SELECT's result that hold nothing, when its source lacks columns that the mapping names: they
    are not given, rather than given without values."""
    names = list(columns)
    counts = connection.execute(
        f"SELECT {', '.join(f'count({identifier(n)})' for n in names)} FROM {identifier(table)}"
    )
    return frozenset(name for name, count in zip(names, counts.fetchall()[0], strict=True) if not count)


def _left_out(
    rule: TableRule, log: Origin, connection: duckdb.DuckDBPyConnection, mapping: SourceMapping
) -> tuple[str, ...]:
    """What a fold leaves out of a log, in words; too much of it is a fault."""
    fold = rule.fold
    if fold is None:
        return ()
    rows, bad, example, twice = connection.execute(left_out_sql(fold, log.columns)).fetchall()[0]
    limit = mapping.quarantine_limit if rule.quarantine_limit is None else rule.quarantine_limit
    such = f", such as {example!r}" if example is not None else ""
    told = f"{log.name}: {bad:,} of {rows:,} rows have no case or no time that can be read{such}"
    if bad > limit * rows:
        raise UserFault(f"{told}; say how times are written: `time: {{column: {fold.time}, format: …}}`")
    notes = [f"{told}; left out of {rule.table}"] if bad else []
    notes += [f"{log.name}: {twice:,} rows stand twice and count once in {rule.table}"] if twice else []
    if fold.names is not None:
        unnamed = connection.execute(unnamed_sql(fold)).fetchall()
        notes += [
            f"{log.name}: step {step!r} ({count:,} rows) is named by no rule; left out of {rule.table}"
            for step, count in unnamed[:UNNAMED_SHOWN]
        ]
    return tuple(notes)
