"""What the manifest says about one stored table: rows, reasons, per unit; orphans, flags, values outside their list.

Computed from the stored Parquet and the refused rows, not from memory of the load, so that it is a second count of it.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from analysis.data_model import UNKNOWN_UNIT, Table, Text, read_tables
from analysis.data_model import reasons as reason
from analysis.intake.checks import checks_of
from analysis.intake.loading import Loaded
from analysis.intake.quarantine import refused_sql
from analysis.intake.quoting import identifier, literal
from analysis.intake.thinning import table_thinning
from analysis.store import files_sql

FLAGS = ("is_test", "is_duplicate")
UNLISTED_SHOWN = 5


@dataclass(frozen=True)
class Tally:
    """The manifest's entry of one table, the zh texts of its reasons, its notes, and its first and newest event."""

    entry: dict[str, Any]
    reasons: dict[str, Text] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    first_event: datetime | None = None
    newest_event: datetime | None = None


def tally_table(
    loaded: Loaded, connection: duckdb.DuckDBPyConnection, *, store: Path, parent: str | None, cutoff: datetime
) -> Tally:
    """Count one table right after it was loaded; `excluded` is still its own.

    Raises
    ------
    AssertionError : the stored rows and the rows left over from the load differ.
    """
    table, given = loaded.bound.table, loaded.bound.given
    present = any((store / "tables" / table.name).rglob("*.parquet"))
    files = files_sql(store, table) if present else None
    by_unit = _by_unit(loaded, connection, files, parent)
    stored = _scalar(connection, f"SELECT count(*) FROM {files}") if files else 0
    if stored != loaded.rows:
        raise AssertionError(f"{table.name}: {stored} rows stored, {loaded.rows} expected")
    reasons = Counter(_refused_reasons(connection))
    reasons.update(reason.unreadable(reject.error)["en"] for reject in loaded.rejects)
    entry = {
        "columns": list(given),
        "from_columns": _from_columns(loaded),
        "read": loaded.read,
        "rows": loaded.rows,
        "duplicates_dropped": loaded.duplicates,
        "quarantined": loaded.quarantined,
        "left_out": loaded.left_out,
        "reasons": dict(reasons.most_common()),
        "by_unit": by_unit,
        "orphans": {},
        "excluded": {
            flag: _scalar(connection, f"SELECT count(*) FROM {files} WHERE {flag}") if files else 0
            for flag in FLAGS
            if flag in given
        },
    }
    texts = {text["en"]: text for text in _texts(loaded, cutoff)}
    notes = (*_unlisted(table, given, files, connection), *_same_time(table, given, files, connection))
    dated = _dated_by(table, given)
    thin = table_thinning(dated, files, connection, cutoff=cutoff) if files and dated else None
    if thin is not None:
        entry["thins_out"] = thin.facts
        notes = (*notes, f"{table.name}: {thin.note}")
    first, newest = _events(table, given, files, connection)
    return Tally(entry, {key: texts[key] for key in reasons}, notes, first, newest)


def count_orphans(
    tables: Collection[Table], given: dict[str, tuple[str, ...]], connection: duckdb.DuckDBPyConnection, *, store: Path
) -> dict[str, dict[str, int]]:
    """Rows whose reference leads nowhere: table → column → rows. Only for references to tables the source gives."""
    stored = {table.name: table for table in tables if any((store / "tables" / table.name).rglob("*.parquet"))}
    found: dict[str, dict[str, int]] = {}
    for table in stored.values():
        for column, other in table.references.items():
            if other not in stored or column not in given[table.name]:
                continue
            key = identifier(read_tables()[other].key[0])
            sql = f"""
                SELECT count(*) FROM {files_sql(store, table)} r WHERE {identifier(column)} IS NOT NULL
                AND NOT EXISTS (
                    SELECT 1 FROM {files_sql(store, stored[other])} o WHERE o.{key} = r.{identifier(column)})"""
            lost = _scalar(connection, sql)
            if lost:
                found.setdefault(table.name, {})[column] = lost
    return found


def _from_columns(loaded: Loaded) -> dict[str, str]:
    """Canonical column → the source's column it was read from, where the two differ."""
    return {
        column.column.name: column.rule.column
        for origin in loaded.bound.origins
        for column in origin.columns
        if column.rule.column is not None and column.rule.column != column.column.name
    }


def _by_unit(
    loaded: Loaded, connection: duckdb.DuckDBPyConnection, files: str | None, parent: str | None
) -> dict[str, dict[str, Any]]:
    if not loaded.bound.table.partitioned:
        return {}
    found: dict[str, dict[str, Any]] = {}

    def of(unit: str) -> dict[str, Any]:
        return found.setdefault(unit, {"rows": 0, "quarantined": 0, "duplicates_dropped": 0, "reasons": {}})

    for unit, rows in _rows(connection, f"SELECT business_unit, count(*) FROM {files} GROUP BY 1") if files else []:
        of(unit)["rows"] = rows
    refused = refused_sql(parent)
    for unit, rows in _rows(connection, f"SELECT of_unit, count(*) FROM ({refused}) GROUP BY 1"):
        of(unit)["quarantined"] = rows
    split = f"SELECT of_unit, unnest(string_split(reasons, chr(31))) AS reason FROM ({refused})"
    for unit, text, rows in _rows(
        connection, f"SELECT of_unit, reason, count(*) FROM ({split}) GROUP BY 1, 2 ORDER BY 3 DESC, 2"
    ):
        of(unit)["reasons"][text] = rows
    again = refused.replace("kind = 'refused'", "kind = 'duplicate'")
    for unit, rows in _rows(connection, f"SELECT of_unit, count(*) FROM ({again}) GROUP BY 1"):
        of(unit)["duplicates_dropped"] = rows
    if loaded.rejects:
        entry = of(UNKNOWN_UNIT)
        entry["quarantined"] += len(loaded.rejects)
        for text, rows in Counter(reason.unreadable(reject.error)["en"] for reject in loaded.rejects).items():
            entry["reasons"][text] = rows
    return dict(sorted(found.items()))


def _refused_reasons(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    sql = """
        SELECT reason, count(*)
        FROM (SELECT unnest(string_split(reasons, chr(31))) AS reason FROM excluded WHERE kind = 'refused')
        GROUP BY 1 ORDER BY 2 DESC, 1"""
    return dict(_rows(connection, sql))


def _texts(loaded: Loaded, cutoff: datetime) -> list[Text]:
    checks = checks_of(loaded.bound.table, loaded.bound.given, cutoff=cutoff)
    errors = [reason.unreadable(reject.error) for reject in loaded.rejects]
    return [*(check.reason for check in checks), reason.SUPERSEDED, reason.CONFLICT, *errors]


def _events(
    table: Table, given: Collection[str], files: str | None, connection: duckdb.DuckDBPyConnection
) -> tuple[datetime | None, datetime | None]:
    events, dated = _event_columns(table, given), _dated_by(table, given)
    if not files or dated is None:
        return None, None
    first = identifier(dated)
    newest = ", ".join(f"max(CAST({identifier(name)} AS TIMESTAMP))" for name in events)
    row = connection.execute(f"SELECT min(CAST({first} AS TIMESTAMP)), greatest({newest}) FROM {files}").fetchall()[0]
    return row[0], row[1]


def _event_columns(table: Table, given: Collection[str]) -> list[str]:
    return [column.name for column in table.columns if column.event and column.name in given]


def _dated_by(table: Table, given: Collection[str]) -> str | None:
    """The column that dates a table's records; none where they are no events."""
    events = _event_columns(table, given)
    if not events or table.name == "calendar":
        return None
    return table.time_column if table.time_column in events else events[0]


def _unlisted(
    table: Table, given: Collection[str], files: str | None, connection: duckdb.DuckDBPyConnection
) -> list[str]:
    notes = []
    for column in table.columns if files else ():
        if not column.allowed or column.need == "R" or column.name not in given:
            continue
        name, listed = identifier(column.name), ", ".join(map(literal, column.allowed))
        rows = _rows(
            connection,
            f"SELECT {name}, count(*) FROM {files} WHERE {name} NOT IN ({listed}) GROUP BY 1 ORDER BY 2 DESC, 1",
        )
        if rows:
            named = ", ".join(f"{value} ({count:,})" for value, count in rows[:UNLISTED_SHOWN]) + (
                " …" if len(rows) > UNLISTED_SHOWN else ""
            )
            notes.append(
                f"{table.name}.{column.name} holds values outside {', '.join(column.allowed)}, "
                f"kept as they stand: {named}"
            )
    return notes


def _same_time(
    table: Table, given: Collection[str], files: str | None, connection: duckdb.DuckDBPyConnection
) -> list[str]:
    """Steps that bear the very time of the first one: possible, but often entered afterwards. Days without a time are
    no such case.
    """
    chain = [name for name in table.order if name in given and table.column(name).event]
    if not files or len(chain) < 2:
        return []
    first = identifier(chain[0])
    counts = ", ".join(
        f"count(*) FILTER ({identifier(name)} = {first} AND CAST({first} AS TIME) <> TIME '00:00:00')"
        for name in chain[1:]
    )
    row = connection.execute(f"SELECT {counts} FROM {files}").fetchall()[0]
    return [
        f"{table.name}: {reason.name_of(chain[0])['en']} and {reason.name_of(name)['en']} bear the same time "
        f"in {count:,} rows; kept"
        for name, count in zip(chain[1:], row, strict=True)
        if count
    ]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return connection.execute(sql).fetchall()


def _scalar(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])
