"""Tables of a mapping that are one SELECT: the source's files as DuckDB tables, and the SELECT's result as rows to be
typed and checked.

The SELECT was checked before (`locked_sql`) and runs on the locked connection. Refuses an empty file, which has no
columns to select from, and a SELECT that DuckDB cannot run, with DuckDB's own words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from analysis.faults import UserFault
from analysis.intake.folding_sql import folding_sql, left_out_sql, unnamed_sql
from analysis.intake.mapping import SourceMapping, TableRule
from analysis.intake.parsing import identifier
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
    connection.execute(f"CREATE TABLE {table} AS SELECT row_number() OVER () AS _row, * FROM {scan}")
    rows = int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
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
    return name, Origin(f"SELECT over {files}", rule.table, parts[0].path, "select", columns, notes=notes)


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
