"""A mapping meets its source: which file, column or expression each canonical column really comes from.

Refuses a mapping or a header that does not fit, with every fault at once and the nearest names; a required column that
is missing, a source column that does not exist, an expression that DuckDB cannot bind. Reads no rows.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import duckdb

from analysis.data_model import Column, Table, read_tables
from analysis.faults import UserFault, did_you_mean
from analysis.intake.locked_sql import faults_of_select
from analysis.intake.mapping import ColumnRule, SourceMapping, TableRule
from analysis.intake.naming import named_in
from analysis.intake.quoting import identifier
from analysis.intake.sources import Content, Origin


@dataclass(frozen=True)
class BoundColumn:
    """One canonical column of one origin: the SQL over its row, that SQL's type, and how the mapping reads it."""

    column: Column
    expression: str
    type: str
    rule: ColumnRule


@dataclass(frozen=True)
class BoundOrigin:
    """One file, or the result of a SELECT (`table`), that gives rows to a canonical table."""

    origin: Origin
    columns: tuple[BoundColumn, ...]
    where: str | None
    table: str | None = None


@dataclass(frozen=True)
class BoundTable:
    """A canonical table and all the origins of its rows."""

    table: Table
    origins: tuple[BoundOrigin, ...]
    limit: float
    notes: tuple[str, ...] = ()
    rule_limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def given(self) -> tuple[str, ...]:
        """The canonical columns that at least one origin gives, in the order of the data model."""
        named = {bound.column.name for origin in self.origins for bound in origin.columns}
        return tuple(column.name for column in self.table.columns if column.name in named)


def contents_for(
    rule: TableRule, contents: Sequence[Content], *, mapping: str, optional: Collection[str] = ()
) -> list[Content]:
    """The contents a table is read from: those whose stem fits `from:`, or those a SELECT names. A SELECT may name
    `optional` sources that are not there.

    Raises
    ------
    UserFault : no content fits, or the SELECT is not one plain SELECT over the source's stems.
    """
    stems = [content.stem for content in contents]
    place = f"{mapping}: tables.{rule.table}" if mapping else rule.table
    if rule.select is not None:
        faults = [f"{place}.select: {fault}" for fault in faults_of_select(rule.select, [*stems, *optional])]
        if faults:
            raise UserFault(faults)
        return [content for content in contents if named_in(rule.select, [content.stem])]
    stem = rule.fold.stem if rule.fold is not None else rule.stem or ""
    wanted = stem.casefold()
    found = [content for content in contents if fnmatchcase(content.stem.casefold(), wanted)]
    if not found:
        raise UserFault(f"{place}.from: nothing in the source is called {stem!r}{did_you_mean(stem, stems)}")
    return found


def bind_table(
    rule: TableRule,
    origins: Sequence[Origin],
    *,
    mapping: SourceMapping,
    connection: duckdb.DuckDBPyConnection,
    selected: str | None = None,
) -> BoundTable:
    """Bind one table's rule to its opened origins, empty files left aside; `selected` names the DuckDB table that holds
    the SELECT's result.

    Raises
    ------
    UserFault : all faults of the table at once.
    """
    table = read_tables()[rule.table]
    faults: list[str] = []
    notes: list[str] = []
    bound = []
    for origin in (origin for origin in origins if origin.columns):
        place = f"{mapping.name}: tables.{rule.table}" if mapping.name else origin.name
        rules = dict(rule.columns) if rule.columns is not None else _same_names(table, origin, notes)
        columns = tuple(
            column
            for name, spec in rules.items()
            if (column := _bind(table.column(name), spec, origin, place, connection, faults)) is not None
        )
        faults += _missing(table, rules, origin, place)
        faults += _faults_of_where(rule, origin, place, connection)
        bound.append(BoundOrigin(origin, columns, None if rule.is_query else rule.where, selected))
    if faults:
        raise UserFault(list(dict.fromkeys(faults)))
    limit = mapping.quarantine_limit if rule.quarantine_limit is None else rule.quarantine_limit
    return BoundTable(table, tuple(bound), limit, tuple(notes))


def _same_names(table: Table, origin: Origin, notes: list[str]) -> dict[str, ColumnRule]:
    known = {column.name for column in table.columns}
    by_fold = {name.casefold(): name for name in origin.columns}
    extra = [name for name in origin.columns if name.casefold() not in known]
    for name in extra:
        notes.append(
            f"{origin.name}: column {name!r} is not part of {table.name}"
            f"{did_you_mean(name, known - by_fold.keys())}; left out"
        )
    return {name.name: ColumnRule(column=by_fold[name.name]) for name in table.columns if name.name in by_fold}


def _missing(table: Table, rules: Mapping[str, ColumnRule], origin: Origin, place: str) -> list[str]:
    lacking = [name for name in table.required if name not in rules]
    unused = set(origin.columns) - {rule.column for rule in rules.values()}
    return [
        f"{place}: required column {name!r} of {table.name} is missing{did_you_mean(name, unused)}" for name in lacking
    ]


def _bind(
    column: Column,
    rule: ColumnRule,
    origin: Origin,
    place: str,
    connection: duckdb.DuckDBPyConnection,
    faults: list[str],
) -> BoundColumn | None:
    if column.need != "R" and _is_absent(rule, origin):
        return None
    if rule.constant is not None:
        return BoundColumn(column, "'" + rule.constant.replace("'", "''") + "'", "VARCHAR", rule)
    if rule.column is not None:
        names = {name.casefold(): name for name in origin.columns}
        found = rule.column if rule.column in origin.columns else names.get(rule.column.casefold())
        if found is None:
            faults.append(
                f"{place}.columns.{column.name}: {origin.name} has no column {rule.column!r}"
                f"{did_you_mean(rule.column, origin.columns)}"
            )
            return None
        if found in origin.absent and origin.form != "select":
            faults.append(
                f"{place}.columns.{column.name}: {origin.name} has none of the headings that sources names for "
                f"{found!r}; add the file's own to sources.{origin.stem}.names.{found}, or give the column otherwise"
            )
            return None
        return BoundColumn(column, identifier(found), origin.columns[found], rule)
    if rule.sql is None:
        return None
    kind, fault = _type_of(rule.sql, origin, connection)
    if fault:
        faults.append(f"{place}.columns.{column.name}.sql: {fault}")
        return None
    return BoundColumn(column, f"({rule.sql}\n)", kind, rule)


def _is_absent(rule: ColumnRule, origin: Origin) -> bool:
    """Whether the source has none of the columns that the rule reads, though the mapping names them."""
    if not origin.absent:
        return False
    read = named_in(rule.sql, origin.columns) if rule.sql else [rule.column] if rule.column else []
    return bool(read) and all(name in origin.absent for name in read)


def _faults_of_where(rule: TableRule, origin: Origin, place: str, connection: duckdb.DuckDBPyConnection) -> list[str]:
    if rule.where is None or rule.is_query:
        return []
    kind, fault = _type_of(rule.where, origin, connection)
    if not fault and kind != "BOOLEAN":
        fault = f"is {kind}, not true or false"
    return [f"{place}.where: {fault}"] if fault else []


def _type_of(expression: str, origin: Origin, connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in origin.columns.items())
    try:
        row = connection.execute(f"DESCRIBE SELECT ({expression}\n) AS value FROM (SELECT {columns})").fetchall()[0]
    except duckdb.Error as fault:
        text = str(fault).splitlines()[0]
        unknown = re.search(r'column "?([^"]+?)"? not found', text)
        return "", text + (did_you_mean(unknown.group(1), origin.columns) if unknown else "")
    return str(row[1]), ""
