"""Whether a catalogue can be measured at all: every expression of every card is tried on empty tables before any data
are touched.

Refuses what is no plain expression, what names no table, column or breakdown, what has the wrong type, and needs that
are left undeclared. The connection it uses has external access off and its configuration locked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from analysis.data_model import Column, empty_table_sql, read_tables
from analysis.data_model.needs import ANY, EMPTY, Need, alternatives
from analysis.faults import UserFault, did_you_mean
from analysis.metrics.cards import Catalogue, MetricCard
from analysis.metrics.kinds import Derived, Modelled, Rate
from analysis.metrics.modelled import find_model
from analysis.metrics.periods import Periods
from analysis.metrics.plain_expressions import columns_of, find_faults
from analysis.metrics.snapshots import AGE_BUCKET
from analysis.metrics.tables import MeasuredTable, build_tables, read_measured_tables

MOMENTS = ("TIMESTAMP", "DATE")
NUMBERS = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
FIELDS = {
    "time": MOMENTS,
    "start": MOMENTS,
    "end": MOMENTS,
    "until": MOMENTS,
    "after": MOMENTS,
    "where": ("BOOLEAN",),
    "numerator": NUMBERS,
    "denominator": NUMBERS,
    "amount": NUMBERS,
    "distinct": (),
}
GUARDS = ("where", "until")  # fields that work as they should when a column they mention is empty
ANY_DAY = pd.Timestamp("2025-01-01")


@dataclass(frozen=True)
class _Bench:
    """Empty tables to try expressions on, and the columns of the measured ones."""

    con: duckdb.DuckDBPyConnection
    columns: Mapping[str, tuple[str, ...]]


def check_catalogue(catalogue: Catalogue) -> None:
    """Try every card on empty tables.

    Raises
    ------
    UserFault : one line per fault: metric, field, rule, value
    """
    with duckdb.connect(
        config={"threads": 1, "enable_external_access": False, "python_enable_replacements": False}
    ) as con:
        con.execute("SET lock_configuration = true")
        bench = _set_up(con, {card.table for card in catalogue.values()} & set(read_measured_tables()))
        faults = [
            f"metric {card.id!r}: {line}" for card in catalogue.values() for line in _faults_of(card, catalogue, bench)
        ]
    if faults:
        raise UserFault(faults)


def _set_up(con: duckdb.DuckDBPyConnection, names: Iterable[str | None]) -> _Bench:
    wanted = sorted(str(name) for name in names)
    for name, table in read_tables().items():
        con.execute(f'CREATE VIEW "{name}" AS {empty_table_sql(table)}')
    build_tables(con, wanted, present=read_tables(), macros=Periods("month", ANY_DAY).sql_macros())
    described = {name: con.execute(f"DESCRIBE {name}").fetchall() for name in wanted}
    return _Bench(con, {name: tuple(row[0] for row in rows) for name, rows in described.items()})


def _faults_of(card: MetricCard, catalogue: Catalogue, bench: _Bench) -> Iterator[str]:
    yield from _wrong_needs(card)
    if isinstance(card.how, Derived):
        yield from _wrong_breakdowns(card, {name for part in card.how.of for name in catalogue[part].breakdowns})
        return
    if isinstance(card.how, Modelled):
        yield from _wrong_model(card)
        return
    tables = {name: table for name, table in read_measured_tables().items() if table.kind == "records"}
    table = tables.get(str(card.table))
    if table is None:
        yield f"there is no measured table {card.table!r}{did_you_mean(str(card.table), tables)}"
        return
    yield from _wrong_breakdowns(card, {*table.breakdowns, *([AGE_BUCKET] if card.kind == "snapshot" else [])})
    yield from _wrong_exposure(card)
    for field, allowed in FIELDS.items():
        expression = getattr(card.how, field, None)
        if expression is not None:
            yield from _wrong_expression(card, table, field, expression, allowed, bench)


def _wrong_expression(
    card: MetricCard, table: MeasuredTable, field: str, expression: object, allowed: tuple[str, ...], bench: _Bench
) -> Iterator[str]:
    faults = find_faults(expression, bench.con)
    if faults:
        yield from (f"{field!r} {fault}" for fault in faults)
        return
    text = str(expression)
    try:
        found = bench.con.execute(f"DESCRIBE SELECT ({text}) AS tried FROM {table.name}").fetchall()[0][1]
    except duckdb.Error as error:
        yield f"{field!r} {_unknown_column(text, table, bench) or str(error).splitlines()[0]}"
        return
    if allowed and not found.startswith(allowed):
        yield f"{field!r} must give {' or '.join(allowed).lower()}, but {text!r} gives {found.lower()}"
    elif field not in GUARDS:
        yield from _undeclared_needs(card, table, field, columns_of(text, bench.con))


def _unknown_column(expression: str, table: MeasuredTable, bench: _Bench) -> str | None:
    columns = bench.columns[table.name]
    unknown = sorted(columns_of(expression, bench.con) - set(columns))
    return f"names no column of {table.name}: {unknown[0]!r}{did_you_mean(unknown[0], columns)}" if unknown else None


def _undeclared_needs(card: MetricCard, table: MeasuredTable, field: str, used: Iterable[str]) -> Iterator[str]:
    """A column that a source need not give must be among the needs, or a metric of nothing would be measured."""
    base = read_tables()[table.reads[0]]
    declared = {part.bare for need in card.needs for part in alternatives(need)} - {table.name}
    for column in sorted(set(used)):
        name = f"{base.name}.{column}"
        if base.has(column) and base.column(column).need != "R" and name not in declared:
            yield f"{field!r} uses {name}, which 'needs' does not name; add it there"


def _wrong_needs(card: MetricCard) -> Iterator[str]:
    tables = read_tables()
    for part in (part for need in card.needs for part in alternatives(need)):
        if part.table not in tables:
            yield f"'needs' names no table of the data model: {part.bare!r}{did_you_mean(part.table, tables)}"
        elif part.column and not tables[part.table].has(part.column):
            names = [c.name for c in tables[part.table].stored]
            yield f"'needs' names no column of {part.table}: {part.bare!r}{did_you_mean(part.column, names)}"
        elif part.sign:
            yield from _wrong_kind(part, tables[part.table].column(part.column))


def _wrong_kind(need: Need, column: Column) -> Iterator[str]:
    """A kind of record that no source can have would leave its metric unmeasured for ever."""
    if need.sign == ">" and column.type not in ("int", "float", "money"):
        yield f"'needs' compares {need.bare}, which is {column.type}, with a number"
    values = [] if need.sign != "=" or need.value in (ANY, EMPTY) else need.value.split(",")
    allowed = ("true", "false") if column.type == "bool" else column.allowed
    for value in values:
        if allowed and value not in allowed:
            yield f"'needs': {need.bare} is never {value!r}{did_you_mean(value, allowed)}"


def _wrong_model(card: MetricCard) -> Iterator[str]:
    known = read_measured_tables()
    for name in card.how.tables:
        if name not in known:
            yield f"'tables' names no measured table: {name!r}{did_you_mean(name, known)}"
    try:
        find_model(card.how.function)
    except UserFault as fault:
        yield str(fault)


def _wrong_breakdowns(card: MetricCard, allowed: set[str]) -> Iterator[str]:
    for name in sorted(set(card.breakdowns) - allowed):
        yield f"there is no breakdown {name!r} here{did_you_mean(name, allowed)}; known: {', '.join(sorted(allowed))}"


def _wrong_exposure(card: MetricCard) -> Iterator[str]:
    how: Any = card.how
    if not isinstance(how, Rate) or how.exposure is None:
        return
    exposures = {name: table for name, table in read_measured_tables().items() if table.kind == "exposure"}
    if how.exposure not in exposures:
        yield f"there is no exposure {how.exposure!r}; known: {', '.join(sorted(exposures))}"
    else:
        yield from _wrong_breakdowns(card, set(exposures[how.exposure].breakdowns))
