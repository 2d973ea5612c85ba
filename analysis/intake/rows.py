"""The SQL of a table's rows: read from each origin, typed, checked. The same rows are asked for twice: for facts about
them, and to be stored.

Every row is known by its origin's place ("row:file") and its place in it ("row:number"), so that what the first pass
finds out can be applied in the second, and a refused row can be pointed to. Reads nothing itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from analysis.data_model import UNKNOWN_UNIT, Column
from analysis.intake.binding import BoundColumn, BoundOrigin, BoundTable
from analysis.intake.checks import checks_of, reasons_sql
from analysis.intake.days import days_within
from analysis.intake.parsing import lacks_offset, names_offset, typed_value, value_before_parsing
from analysis.intake.quoting import identifier, literal
from analysis.intake.sources import scan_sql

PLACE = '"row:file", "row:number"'


@dataclass(frozen=True)
class Clock:
    """What times are read against: the moment after which nothing is known, and the zone to which offsets are turned
    (None: none declared).
    """

    cutoff: datetime
    timezone: str | None


def facts_sql(bound: BoundTable, clock: Clock, *, rejects: str) -> str:
    """One narrow row per source row: place, hash of its values, key, unit, when recorded, when it happened, reasons
    against it, its source text if refused.

    `unit` is the parent's key where the table takes its unit from a parent. `rejects` is the prefix of the tables for
    unreadable lines.
    """
    return "\nUNION ALL\n".join(_facts_of_origin(bound, place, clock, rejects) for place in range(len(bound.origins)))


def stored_sql(bound: BoundTable, clock: Clock) -> str:
    """The typed rows with every column of the table, NULL where no origin gives it, and their place."""
    return "\nUNION ALL\n".join(_stored_of_origin(bound, place, clock) for place in range(len(bound.origins)))


def source_text_sql(bound: BoundTable, *, among: str) -> str:
    """The source rows whose places are in the query `among`, as they stand: place, and a list of all columns."""
    parts = []
    for place, origin in enumerate(bound.origins):
        rows = f"({_numbered(origin, place)}) SEMI JOIN ({among}) USING ({PLACE})"
        parts.append(f"SELECT {PLACE}, {_source_text(origin, prefix='')} AS source FROM {rows}")
    return "\nUNION ALL\n".join(parts)


def rejects_name(prefix: str, place: int) -> str:
    """The table that takes the unreadable lines of the origin at `place`."""
    return f"{prefix}_{place}"


def _facts_of_origin(bound: BoundTable, place: int, clock: Clock, rejects: str) -> str:
    origin, table = bound.origins[place], bound.table
    present = {column.column.name for column in origin.columns}
    checks = checks_of(table, present, cutoff=clock.cutoff)
    values = ", ".join(identifier(column.name) for column in table.columns if column.name in bound.given)
    key = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in table.key) or "''"
    has_unit = any(column.name == "business_unit" for column in table.columns)
    unit = "business_unit" if has_unit else table.parent[1] if table.parent else ""
    unit_text = f"CAST({identifier(unit)} AS VARCHAR)" if unit in bound.given else "CAST(NULL AS VARCHAR)"
    moment = f"CAST({identifier(table.time_column)} AS TIMESTAMP)" if table.time_column else "CAST(NULL AS TIMESTAMP)"
    return f"""SELECT {PLACE}, hash({values}) AS same, concat_ws(chr(31), {key}) AS key,
    {unit_text} AS unit, "recorded_at" AS recorded, {moment} AS moment,
    reasons, CASE WHEN reasons IS NOT NULL THEN {_source_text(origin, prefix="src:")} END AS source,
    {_bits(origin, names_offset)} AS offset_bits
FROM (SELECT *, {reasons_sql(checks)} AS reasons FROM ({_typed(bound, place, clock, rejects)}))"""


def _stored_of_origin(bound: BoundTable, place: int, clock: Clock) -> str:
    columns = [identifier(column.name) for column in bound.table.columns if column.name != "business_unit"]
    if any(column.name == "business_unit" for column in bound.table.columns):
        columns.append(f'coalesce("business_unit", {literal(UNKNOWN_UNIT)}) AS "business_unit"')
    return f"SELECT {PLACE}, {', '.join(columns)} FROM ({_typed(bound, place, clock, None)})"


def _typed(bound: BoundTable, place: int, clock: Clock, rejects: str | None) -> str:
    """Place, source columns ("src:…"), values before parsing ("raw:…") and every canonical column, typed."""
    origin = bound.origins[place]
    before = {column.column.name: _before_parsing(column, origin) for column in origin.columns}
    formats = {column.column.name: column.rule.formats for column in origin.columns}
    typed = [
        f"{_typed_column(column, before[column.name][1], formats[column.name], clock)} AS {identifier(column.name)}"
        if column.name in before
        else f"CAST(NULL AS {column.sql_type}) AS {identifier(column.name)}"
        for column in bound.table.columns
    ]
    copies = [f"{identifier(name)} AS {identifier('src:' + name)}" for name in origin.origin.columns]
    texts = [f"{text} AS {identifier('raw:' + name)}" for name, (text, _) in before.items()]
    where = f" WHERE ({origin.where}\n)" if origin.where else ""
    source = f"SELECT {', '.join([PLACE, *copies, *texts])} FROM ({_numbered(origin, place, rejects=rejects)}){where}"
    rows = f"SELECT *, {', '.join(typed)} FROM ({source})"
    within = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in days_within(bound.table, before).items())
    return f"SELECT * REPLACE ({within}) FROM ({rows})" if within else rows


def _numbered(origin: BoundOrigin, place: int, *, rejects: str | None = None) -> str:
    if origin.table is not None:
        return f'SELECT {place} AS "row:file", rowid + 1 AS "row:number", * FROM {identifier(origin.table)}'
    scan = scan_sql(origin.origin, rejects=rejects_name(rejects, place) if rejects else None)
    return f'SELECT {place} AS "row:file", row_number() OVER () AS "row:number", * FROM {scan}'


def _before_parsing(column: BoundColumn, origin: BoundOrigin) -> tuple[str, str]:
    return value_before_parsing(column.expression, column.type, column.rule, spaces=origin.origin.spaces)


def _typed_column(column: Column, source_type: str, formats: tuple[str, ...], clock: Clock) -> str:
    before = identifier("raw:" + column.name)
    return typed_value(before, source_type, column, formats=formats, timezone=clock.timezone)


def _source_text(origin: BoundOrigin, *, prefix: str) -> str:
    names = ", ".join(f"CAST({identifier(prefix + name)} AS VARCHAR)" for name in origin.origin.columns)
    return f"CAST([{names}] AS VARCHAR[])"


def _bits(origin: BoundOrigin, condition: Callable[[str, str, tuple[str, ...]], str]) -> str:
    bits = ["0"]
    for place, column in enumerate(timed_columns(origin)):
        before, kind = identifier("raw:" + column.column.name), _before_parsing(column, origin)[1]
        bits.append(f"CASE WHEN {condition(before, kind, column.rule.formats)} THEN {1 << place} ELSE 0 END")
    return f"CAST({' + '.join(bits)} AS BIGINT)"


def without_offset_sql(bound: BoundTable, place: int, clock: Clock) -> str:
    """One number for the origin at `place`: a bit for each of its timed columns in which a time stands without an
    offset.
    """
    bits = _bits(bound.origins[place], lacks_offset)
    return f"SELECT bit_or({bits}) FROM ({_typed(bound, place, clock, None)})"


def timed_columns(origin: BoundOrigin) -> list[BoundColumn]:
    """The columns of an origin that hold times of day, in the order of the bits."""
    return [column for column in origin.columns if column.column.type in ("date", "datetime")]
