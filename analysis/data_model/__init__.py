"""The canonical tables as data: columns, keys, order of timestamps, rules, parents.

Refuses a declaration that contradicts itself (a key, rule or order that names no column). Reads no data and knows no
file but its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

SQL_TYPE: Mapping[str, str] = MappingProxyType(
    {
        "str": "VARCHAR",
        "int": "BIGINT",
        "float": "DOUBLE",
        "money": "DOUBLE",
        "bool": "BOOLEAN",
        "date": "DATE",
        "datetime": "TIMESTAMP",
    }
)
NEEDS = ("R", "r", "o")
UNKNOWN_UNIT = "unknown"
ALL_UNITS = "all"
WHOLE_TABLES = frozenset({"business_units", "targets", "benchmarks", "interventions", "sla_policies"})
NO_REFERENCES = ("business_unit", "date", "issue_id")
Text = dict[str, str]


@dataclass(frozen=True)
class Column:
    """One column: its type, how much it is needed, and what it may hold."""

    name: str
    type: str
    need: str
    allowed: tuple[str, ...] = ()
    event: bool = False
    month: bool = False
    may_be_empty: bool = True
    minimum: float | None = None
    maximum: float | None = None
    note: str = ""

    @property
    def sql_type(self) -> str:
        """The type of the column in the store, as DuckDB writes it."""
        return SQL_TYPE[self.type]


@dataclass(frozen=True)
class Rule:
    """What a row may not be: `sql` is true for a row that breaks the rule, `needs` the columns the source must give for
    it to count.
    """

    reason: Text
    sql: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One canonical table. `columns` is what a source may give; `stored` is what the store holds."""

    name: str
    title: Text
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    parent: tuple[str, str] | None = None
    time_column: str | None = None
    note: str = ""
    references: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        return (
            next(column for column in self.stored if column.name == name) if self.has(name) else _no_column(self, name)
        )

    def has(self, name: str) -> bool:
        """Whether the store's table has a column of that name."""
        return any(column.name == name for column in self.stored)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The store's columns: a child without a business unit of its own carries its parent's."""
        own = any(column.name == "business_unit" for column in self.columns)
        return self.columns if own or not self.parent else (*self.columns, Column("business_unit", "str", "o"))

    @property
    def partitioned(self) -> bool:
        """Whether the store keeps the table in one folder per business unit."""
        return self.name not in WHOLE_TABLES and any(column.name == "business_unit" for column in self.stored)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which the table is unusable."""
        return tuple(column.name for column in self.columns if column.need == "R")


@cache
def read_tables() -> dict[str, Table]:
    """All canonical tables by name, in the order of their declaration.

    Returns
    -------
    The tables of tables.yml; treat the dictionary as read-only, it is cached.

    Raises
    ------
    ValueError : the declaration contradicts itself (a programming error, not a user's).
    """
    declared = _declaration()
    tables = {name: _table(name, entry, declared["every_table"]) for name, entry in declared["tables"].items()}
    keys = {table.key[0]: table.name for table in tables.values() if len(table.key) == 1 and not table.parent}
    linked = {name: _with_references(table, keys) for name, table in tables.items()}
    faults = [fault for table in linked.values() for fault in _contradictions(table, linked)]
    if faults:
        raise ValueError("\n".join(faults))
    return linked


@cache
def read_stamps() -> dict[str, Text]:
    """How reasons name a timestamp: {"completed_at": {"en": "completed", "zh": "完工"}, …}."""
    return _declaration()["stamps"]


def empty_table_sql(table: Table) -> str:
    """A SELECT that has the stored columns of `table` with their types and no row: for dry runs and for a table without
    rows.
    """
    columns = ", ".join(f'CAST(NULL AS {column.sql_type}) AS "{column.name}"' for column in table.stored)
    return f"SELECT {columns} WHERE false"


@cache
def _declaration() -> dict[str, Any]:
    text = files("analysis.data_model").joinpath("tables.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _table(name: str, entry: Mapping[str, Any], every_table: Mapping[str, Any]) -> Table:
    free = set(entry.get("may_be_empty", ()))
    columns = tuple(_column(column, spec, free) for column, spec in {**entry["columns"], **every_table}.items())
    parent = entry.get("parent")
    names = [column.name for column in columns]
    return Table(
        name=name,
        title=entry["title"],
        key=tuple(entry.get("key", ())),
        columns=columns,
        order=tuple(entry.get("order", ())),
        rules=tuple(_rule(rule, names) for rule in entry.get("rules", ())),
        parent=(parent["table"], parent["by"]) if parent else None,
        time_column=entry.get("time"),
        note=entry.get("note", ""),
    )


def _column(name: str, spec: str | Mapping[str, Any], may_be_empty: set[str]) -> Column:
    given: Mapping[str, Any] = {"is": spec} if isinstance(spec, str) else spec
    need, kind, *marks = given["is"].split()
    return Column(
        name=name,
        type=kind,
        need=need,
        allowed=tuple(given.get("allowed", ())),
        event="event" in marks,
        month="month" in marks,
        may_be_empty=need != "R" or name in may_be_empty,
        minimum=given.get("minimum"),
        maximum=given.get("maximum"),
        note=given.get("note", ""),
    )


def _rule(entry: Mapping[str, Any], columns: list[str]) -> Rule:
    without_text = re.sub(r"'[^']*'", "''", entry["broken_if"])
    words = set(re.findall(r"\w+", without_text))
    needs = tuple(entry.get("needs", [name for name in columns if name in words]))
    return Rule(reason=entry["reason"], sql=entry["broken_if"], needs=needs)


def _with_references(table: Table, keys: Mapping[str, str]) -> Table:
    own = {column.name for column in table.columns}
    found = {column: keys[column] for column in own & keys.keys() if keys[column] != table.name}
    for column in NO_REFERENCES:
        found.pop(column, None)
    if "parent_work_order_id" in own:
        found["parent_work_order_id"] = "work_orders"
    return Table(**{**table.__dict__, "references": MappingProxyType(dict(sorted(found.items())))})


def _contradictions(table: Table, tables: Mapping[str, Table]) -> list[str]:
    names = {column.name for column in table.columns}
    used = {*table.key, *table.order, *([table.time_column] if table.time_column else [])}
    used |= {name for rule in table.rules for name in rule.needs}
    faults = [f"tables.yml: {table.name} names no column {name!r}" for name in sorted(used - names)]
    faults += [
        f"tables.yml: {table.name}.{c.name}: unknown type {c.type!r}" for c in table.columns if c.type not in SQL_TYPE
    ]
    faults += [
        f"tables.yml: {table.name}.{c.name}: unknown need {c.need!r}" for c in table.columns if c.need not in NEEDS
    ]
    if table.parent and (table.parent[0] not in tables or table.parent[1] not in names):
        faults.append(f"tables.yml: {table.name}: unknown parent {table.parent}")
    return faults


def _no_column(table: Table, name: str) -> Column:
    raise KeyError(f"{table.name} has no column {name!r}")
