"""The measured tables: what the catalogue's expressions may speak of. Declared in tables/*.yml, one SELECT each in
tables/<name>.sql over canonical tables and other measured ones, built once on a connection to the store. They exist so
that a link between records, an end stamp or an exclusion is decided once.

    reads        canonical tables (one that the data lack is there without rows); every statement may read the
                 store's `excluded_rows` too
    kind         records: has business_unit, a time column and breakdowns; exposure: business_unit, month, units and
                 breakdowns; lookup: neither, for other statements only
    after        measured tables that the statement reads
    view         true: not stored but worked out where it is read; for a few more columns beside an order's own
    breakdowns   name -> what the data must give for it ("table.column", alternatives joined by "|"); the column of
                 that name holds the segment, 'unknown' where the record does not say

Refuses nothing of its own: what the data lack is there as a table without rows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import yaml

from analysis.data_model import empty_table_sql, read_tables
from analysis.data_model.needs import unmet
from analysis.store import EXCLUDED, excluded_sql

FOLDER = Path(__file__).with_name("tables")
LacksNeeds = Callable[[Iterable[str]], list[str]]


@dataclass(frozen=True)
class MeasuredTable:
    """One measured table: the canonical tables it reads, the measured ones it follows, whether it is a view only, and
    its breakdowns with what each needs."""

    name: str
    kind: str
    reads: tuple[str, ...]
    after: tuple[str, ...]
    breakdowns: Mapping[str, tuple[str, ...]]
    sql: str
    view: bool = False


@cache
def read_measured_tables() -> dict[str, MeasuredTable]:
    """All measured tables by name, in an order in which each can be built."""
    declared: dict[str, Mapping[str, Any]] = {}
    for file in sorted(FOLDER.glob("*.yml")):
        found = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if twice := sorted(set(found) & set(declared)):
            raise ValueError(f"tables/{file.name}: {', '.join(twice)} is declared in another file already")
        declared |= found
    follows = {name: set(entry.get("after") or ()) for name, entry in declared.items()}
    return {name: _measured_table(name, declared[name]) for name in TopologicalSorter(follows).static_order()}


def build_tables(
    con: duckdb.DuckDBPyConnection,
    names: Iterable[str],
    *,
    present: Iterable[str],
    macros: Iterable[str],
    into: str | None = None,
) -> None:
    """Create the named measured tables, and those they follow, as temporary tables of the connection.

    Parameters
    ----------
    con : holds one view per canonical table that is `present`
    names : the measured tables that some card asks for
    macros : `Periods.sql_macros()`: what the statements call
    into : an attached database in which they are kept instead, each under its own name as a temporary view
    """
    for macro in macros:
        con.execute(macro)
    chosen = _with_predecessors(names)
    there = set(present)
    for canonical in sorted({table for name in chosen for table in read_measured_tables()[name].reads} - there):
        con.execute(f"CREATE TEMP VIEW {canonical} AS {empty_table_sql(read_tables()[canonical])}")
    if not con.execute(f"SELECT 1 FROM duckdb_views() WHERE view_name = '{EXCLUDED}'").fetchall():
        con.execute(f"CREATE TEMP VIEW {EXCLUDED} AS {excluded_sql()}")
    for name in chosen:
        table = read_measured_tables()[name]
        if table.view or into is None:
            con.execute(f"CREATE TEMP {'VIEW' if table.view else 'TABLE'} {name} AS {table.sql}")
        else:
            con.execute(f"CREATE TABLE {into}.{name} AS {table.sql}")
            con.execute(f"CREATE TEMP VIEW {name} AS FROM {into}.{name}")


def usable_breakdowns(table: MeasuredTable, lacks: LacksNeeds) -> tuple[str, ...]:
    """The breakdowns of a measured table whose columns the data give."""
    return tuple(name for name, needs in table.breakdowns.items() if not unmet(needs, lacks))


def _measured_table(name: str, entry: Mapping[str, Any]) -> MeasuredTable:
    lists: dict[str, Any] = {key: tuple(entry.get(key) or ()) for key in ("reads", "after")}
    breakdowns = {key: tuple(needs) for key, needs in (entry.get("breakdowns") or {}).items()}
    return MeasuredTable(
        name,
        str(entry["kind"]),
        **lists,
        breakdowns=breakdowns,
        sql=(FOLDER / f"{name}.sql").read_text(encoding="utf-8"),
        view=bool(entry.get("view", False)),
    )


def _with_predecessors(names: Iterable[str]) -> list[str]:
    tables = read_measured_tables()
    wanted, found = list(names), set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        wanted += [before for before in tables[name].after if before not in found]
    return [name for name in tables if name in found]
