"""The measured tables: declared in tables/tables.yml, one SELECT each in tables/*.sql, built once on a connection to
the store.

Refuses nothing of its own: what the data lack is there as a table without rows, and `missing_needs` says what that is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from analysis.data_model import empty_table_sql, read_tables

FOLDER = Path(__file__).with_name("tables")
LacksNeeds = Callable[[Iterable[str]], list[str]]


@dataclass(frozen=True)
class MeasuredTable:
    """One measured table: the canonical tables it reads, the measured ones it follows, and its breakdowns with what
    each needs."""

    name: str
    kind: str
    reads: tuple[str, ...]
    after: tuple[str, ...]
    breakdowns: Mapping[str, tuple[str, ...]]
    sql: str


@cache
def read_measured_tables() -> dict[str, MeasuredTable]:
    """All measured tables by name, in an order in which each can be built."""
    declared = yaml.safe_load((FOLDER / "tables.yml").read_text(encoding="utf-8"))
    return {name: _measured_table(name, entry) for name, entry in declared.items()}


def build_tables(
    con: duckdb.DuckDBPyConnection, names: Iterable[str], *, present: Iterable[str], macros: Iterable[str]
) -> None:
    """Create the named measured tables, and those they follow, as temporary tables of the connection.

    Parameters
    ----------
    con : holds one view per canonical table that is `present`
    names : the measured tables that some card asks for
    macros : `Periods.sql_macros()`: what the statements call
    """
    for macro in macros:
        con.execute(macro)
    chosen = _with_predecessors(names)
    there = set(present)
    for canonical in sorted({table for name in chosen for table in read_measured_tables()[name].reads} - there):
        con.execute(f"CREATE TEMP VIEW {canonical} AS {empty_table_sql(read_tables()[canonical])}")
    for name in chosen:
        con.execute(f"CREATE TEMP TABLE {name} AS {read_measured_tables()[name].sql}")


def missing_needs(needs: Iterable[str], lacks: LacksNeeds) -> list[str]:
    """Which of the needs the data do not meet; an alternative ("a|b") is met by any of its parts.

    `lacks` tells for plain needs ("table" or "table.column") which are not there, as `Store.missing` does.
    """
    return [need for need in needs if len(lacks(need.split("|"))) == len(need.split("|"))]


def usable_breakdowns(table: MeasuredTable, lacks: LacksNeeds) -> tuple[str, ...]:
    """The breakdowns of a measured table whose columns the data give."""
    return tuple(name for name, needs in table.breakdowns.items() if not missing_needs(needs, lacks))


def _measured_table(name: str, entry: Mapping[str, Any]) -> MeasuredTable:
    lists: dict[str, Any] = {key: tuple(entry.get(key) or ()) for key in ("reads", "after")}
    breakdowns = {key: tuple(needs) for key, needs in (entry.get("breakdowns") or {}).items()}
    return MeasuredTable(
        name,
        str(entry["kind"]),
        **lists,
        breakdowns=breakdowns,
        sql=(FOLDER / f"{name}.sql").read_text(encoding="utf-8"),
    )


def _with_predecessors(names: Iterable[str]) -> list[str]:
    tables = read_measured_tables()
    wanted, found = list(names), set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        wanted += [before for before in tables[name].after if before not in found]
    return [name for name in tables if name in found]
