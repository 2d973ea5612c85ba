"""Names and texts as DuckDB's SQL takes them, so that nothing that a source holds is ever read as SQL."""

from collections.abc import Iterable
from pathlib import Path


def identifier(name: str) -> str:
    """A column's or table's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text, or a path, as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Texts as a list of literals in SQL."""
    return ", ".join(map(literal, texts))
