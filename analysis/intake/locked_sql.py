"""SQL that a mapping may hold: one expression over a row, or one SELECT over the source, checked before it meets data.

Refuses everything else: several statements, COPY, ATTACH, PRAGMA, functions that read files or tables, functions whose
result depends on the day or on chance, tables that are not part of the source. The connection it later runs on is
locked as well (`lock`); this check is the first of two walls and the one that can say what is wrong.
"""

import json
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from analysis.faults import did_you_mean
from analysis.intake.quoting import literal

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
_SOURCES = frozenset(
    {"EMPTY", "EMPTY_FROM", "BASE_TABLE", "JOIN", "SUBQUERY", "EXPRESSION_LIST", "TABLE_FUNCTION", "CTE"}
)
_OUTSIDE = (
    "getenv",
    "getvariable",
    "query",
    "query_table",
    "nextval",
    "currval",
    "write_log",
    "current_",
    "pg_",
    "has_",
    "version",
    "error",
)
_CLOCK = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "today"})


def faults_of_expression(sql: str) -> list[str]:
    """What is wrong with `sql` as an expression over one row's columns; empty when it may be used. Column names are
    checked later.
    """
    tree, faults = _parse(f"SELECT ({sql}\n)")
    if faults:
        return faults
    node = tree["statements"][0]["node"]
    plain = (
        node.get("type") == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and node["from_table"]["type"] in ("EMPTY", "EMPTY_FROM")
    )
    clauses = ("where_clause", "having", "qualify", "sample", "group_expressions", "modifiers")
    if not plain or any(node.get(clause) for clause in clauses) or node["cte_map"]["map"]:
        return ["is not one plain expression"]
    if any(part.get("class") == "SUBQUERY" for part in _walk(tree)):
        return ["holds a query inside an expression; use `select:` for the table instead"]
    return _faults_of_functions(tree)


def faults_of_select(sql: str, sources: Collection[str]) -> list[str]:
    """What is wrong with `sql` as the one SELECT of a table over the source's files, named by their stems; empty when
    it may be used.
    """
    tree, faults = _parse(f"SELECT * FROM ({sql}\n)")
    if faults:
        return faults
    known = {name.casefold() for name in (*sources, *_cte_names(tree))}
    for part in _walk(tree):
        kind = part.get("type")
        if kind == "BASE_TABLE":
            name = part.get("table_name", "")
            if part.get("schema_name") or part.get("catalog_name") or name.casefold() not in known:
                faults.append(
                    f"unknown table {name!r}: only the source's files may be read{did_you_mean(name, sources)}"
                )
        elif kind == "TABLE_FUNCTION" and _function_name(part.get("function", {})) not in _TABLE_FUNCTIONS:
            faults.append(f"function {_function_name(part.get('function', {}))!r} is not allowed in FROM")
        elif "sample" in part and "alias" in part and kind not in _SOURCES:
            faults.append(f"{kind} is not allowed")
        if part.get("sample"):
            faults.append("a sample is drawn by chance and is not allowed")
    return faults + _faults_of_functions(tree)


def lock(connection: duckdb.DuckDBPyConnection, *, files: Collection[Path], folder: Path) -> None:
    """Let the connection reach `files` and `folder` and nothing else, for good."""
    paths = ", ".join(literal(file) for file in sorted(files))
    connection.execute(f"SET allowed_paths = [{paths}]")
    connection.execute(f"SET allowed_directories = [{literal(folder)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _parse(sql: str) -> tuple[dict[str, Any], list[str]]:
    with duckdb.connect(config={"python_enable_replacements": False}) as connection:
        row = connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchall()[0]
    tree = json.loads(row[0])
    if tree["error"]:
        return {}, [tree["error_message"].splitlines()[0]]
    if len(tree["statements"]) != 1:
        return {}, [f"holds {len(tree['statements'])} statements, one SELECT is allowed"]
    return tree, []


def _faults_of_functions(tree: dict[str, Any]) -> list[str]:
    used = {_function_name(part) for part in _walk(tree) if part.get("class") in ("FUNCTION", "WINDOW")} - {""}
    steady = _steady_functions()
    faults = []
    for name in sorted(used):
        if name not in steady:
            faults.append(
                f"function {name!r} is not allowed"
                if name in _all_functions()
                else f"unknown function {name!r}{did_you_mean(name, steady)}"
            )
    names = {
        part["column_names"][-1].casefold()
        for part in _walk(tree)
        if part.get("class") == "COLUMN_REF" and part.get("column_names")
    }
    return faults + [f"{name!r} depends on the day it runs and is not allowed" for name in sorted(names & _CLOCK)]


@cache
def _steady_functions() -> frozenset[str]:
    """Functions whose result depends on their arguments only. Operators are functions to the parser, so they are listed
    here too.
    """
    windows = [
        "row_number",
        "rank",
        "dense_rank",
        "percent_rank",
        "cume_dist",
        "ntile",
        "lag",
        "lead",
        "first_value",
        "last_value",
        "nth_value",
        "fill",
    ]
    steady = _functions(
        "function_type IN ('scalar', 'aggregate', 'macro') AND coalesce(stability, 'CONSISTENT') = 'CONSISTENT'"
    )
    return frozenset({name for name in steady if not name.startswith(_OUTSIDE)} | _TABLE_FUNCTIONS | {*windows})


@cache
def _all_functions() -> frozenset[str]:
    return _functions("true")


def _functions(condition: str) -> frozenset[str]:
    with duckdb.connect(config={"python_enable_replacements": False}) as connection:
        rows = connection.execute(
            f"SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE {condition}"
        ).fetchall()
    return frozenset(row[0] for row in rows)


def _function_name(part: dict[str, Any]) -> str:
    qualified = part.get("qualified_name") or {}
    path = qualified.get("path") or []
    name = part.get("function_name") or (path[-1] if path else "")
    return str(name).casefold()


def _cte_names(tree: dict[str, Any]) -> list[str]:
    return [
        entry["key"]
        for part in _walk(tree)
        if isinstance(part.get("cte_map"), dict)
        for entry in part["cte_map"]["map"]
    ]


def _walk(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _walk(value)
    elif isinstance(part, list):
        for value in part:
            yield from _walk(value)
