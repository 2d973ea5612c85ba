"""Whether a text is one plain SQL expression over the columns of a row. Refuses statements, subqueries, files,
aggregates, comments.

The text is parsed, never run: DuckDB's own parser gives the tree, and every node of it must be of a kind known to be
harmless.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from analysis.faults import did_you_mean

FORBIDDEN = (";", "--", "/*")
CLOCK = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "today", "now"}
)  # read as columns by the parser, and as the day of the run by the database
NODES = frozenset(
    {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "FUNCTION", "CASE", "CAST", "TYPE", "BETWEEN"}
)
FUNCTIONS = frozenset(
    {
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "||",
        "~~",
        "!~~",
        "~~*",
        "!~~*",
        "abs",
        "ceil",
        "concat",
        "contains",
        "cutoff",
        "date_diff",
        "date_part",
        "date_trunc",
        "day",
        "dayofweek",
        "ends_with",
        "epoch",
        "floor",
        "greatest",
        "hour",
        "isodow",
        "least",
        "length",
        "lower",
        "month",
        "nullif",
        "quarter",
        "round",
        "starts_with",
        "to_days",
        "to_hours",
        "to_minutes",
        "to_months",
        "to_seconds",
        "trim",
        "trunc",
        "upper",
        "year",
    }
)


def find_faults(expression: object, con: duckdb.DuckDBPyConnection) -> list[str]:
    """Why the expression is refused, in words that complete "…: "; empty when it is one plain expression."""
    if not isinstance(expression, str) or not expression.strip():
        return [f"must be an SQL expression, got {expression!r}"]
    found = [mark for mark in FORBIDDEN if mark in expression]
    if found:
        return [f"must be one plain expression without {found[0]!r}, got {expression!r}"]
    tree = _parse(f"SELECT {expression}", con)
    if isinstance(tree, str):
        return [f"is no SQL expression ({tree}): {expression!r}"]
    if not _is_one_item(tree):
        return [f"must be one plain expression, no statement or subquery, got {expression!r}"]
    return sorted(set(_forbidden_nodes(tree["node"]["select_list"][0])))


def columns_of(expression: str, con: duckdb.DuckDBPyConnection) -> set[str]:
    """The columns a plain expression speaks of."""
    tree = _parse(f"SELECT {expression}", con)
    if isinstance(tree, str):
        raise ValueError(tree)
    return {node["column_names"][-1] for node in _nodes(tree) if node.get("class") == "COLUMN_REF"}


def _parse(statement: str, con: duckdb.DuckDBPyConnection) -> dict[str, Any] | str:
    """The tree of the only statement, or what is wrong with it."""
    ((text,),) = con.execute("SELECT json_serialize_sql(?::VARCHAR)", [statement]).fetchall()
    parsed = json.loads(text)
    if parsed.get("error"):
        return str(parsed.get("error_message", "cannot be parsed")).splitlines()[0]
    statements = parsed.get("statements", [])
    return statements[0] if len(statements) == 1 else "more than one statement"


def _is_one_item(tree: dict[str, Any]) -> bool:
    node = tree["node"]
    plain = (
        node.get("type") == "SELECT_NODE" and len(node["select_list"]) == 1 and node["from_table"]["type"] == "EMPTY"
    )
    clauses = ("where_clause", "group_expressions", "group_sets", "having", "qualify", "sample", "modifiers")
    with_queries = (node.get("cte_map") or {}).get("map")
    return (
        plain
        and not any(node.get(clause) for clause in clauses)
        and not with_queries
        and not node["select_list"][0].get("alias")
    )


def _forbidden_nodes(tree: Any) -> Iterator[str]:
    for node in _nodes(tree):
        kind = node["class"]
        named = str(node["column_names"][-1]).lower() if kind == "COLUMN_REF" else ""
        if named in CLOCK:
            yield f"{named!r} depends on the day of the run and is not allowed; cutoff() is where the data end"
        if kind not in NODES:
            yield f"{kind.lower().replace('_', ' ')} is not allowed in an expression"
        name = node.get("function_name")
        if kind == "FUNCTION" and (node.get("schema") or node.get("catalog")):
            yield f"the function {name!r} must be named without a schema"
        elif kind == "FUNCTION" and name not in FUNCTIONS:
            yield f"the function {name!r} is not allowed in an expression{did_you_mean(str(name), FUNCTIONS)}"


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if "class" in tree and "type" in tree:
            yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
