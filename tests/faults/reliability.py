"""The fault table as a page: its rows, the tests that show them, and what those tests saw. It runs no test."""

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "reliability.md"
NOT_SHOWN = "**not shown**"
TOLD_AT_MOST = 600
HEAD = """# What the suite survives

Each row is a fault that was really put in, by a test of `tests/faults/`, and what happened then. Generated from a run
of those tests by `make reliability`; do not edit. A row that no passed test bore witness of reads "not shown".
"""


@dataclass(frozen=True)
class Row:
    """One row of the fault table."""

    id: str
    group: str
    fault: str
    expected: str


@dataclass(frozen=True)
class Seen:
    """What one passed test saw of a row."""

    row: str
    injected: str
    happened: str
    test: str


def read_rows() -> list[Row]:
    """The rows of rows.yml, in their order."""
    told = yaml.safe_load((HERE / "rows.yml").read_text(encoding="utf-8"))
    return [Row(name, **row) for name, row in told.items()]


def read_seen(file: Path) -> list[Seen]:
    """What a run with FAULTS_SEEN left, each witness once, the newest word of it."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    told = [Seen(**json.loads(line)) for line in lines]
    return list({(seen.row, seen.test, seen.injected): seen for seen in told}.values())


def witnesses_in_code(files: Iterable[Path]) -> dict[str, set[str]]:
    """Row → the tests that call `witness` with its id, read from the source."""
    found: dict[str, set[str]] = {}
    for file in files:
        for test in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                for row in _witnessed(test):
                    found.setdefault(row, set()).add(f"{file.name}::{test.name}")
    return found


def render_page(rows: Sequence[Row], seen: Sequence[Seen]) -> str:
    """The page, one table per group of faults."""
    by_row: dict[str, list[Seen]] = {row.id: [] for row in rows}
    for one in sorted(seen, key=lambda one: (one.test, one.injected)):
        by_row.setdefault(one.row, []).append(one)
    shown = sum(bool(by_row[row.id]) for row in rows)
    parts = [HEAD, f"{shown} of {len(rows)} rows are shown.\n"]
    for group in dict.fromkeys(row.group for row in rows):
        parts.append(
            f"## {group}\n\n| # | fault | expected | injected | what happened | test |\n|---|---|---|---|---|---|"
        )
        parts += [line for row in rows if row.group == group for line in _lines(row, by_row[row.id])]
        parts.append("")
    return "\n".join(parts)


def rows_not_shown(page: str) -> set[str]:
    """The rows that a page says are not shown."""
    return {found[1] for found in re.finditer(rf"^\| ([A-Z]\d+) \|.*{re.escape(NOT_SHOWN)}", page, re.MULTILINE)}


def rows_on(page: str) -> list[str]:
    """The rows of a page, in its order."""
    return re.findall(r"^\| ([A-Z]\d+) \|", page, re.MULTILINE)


def _lines(row: Row, seen: Sequence[Seen]) -> list[str]:
    if not seen:
        return [f"| {row.id} | {_cell(row.fault)} | {_cell(row.expected)} | {NOT_SHOWN} | | |"]
    first = f"| {row.id} | {_cell(row.fault)} | {_cell(row.expected)} |"
    return [
        f"{first if number == 0 else '| | | |'} {_cell(one.injected)} | {_cell(one.happened)} | {_test(one.test)} |"
        for number, one in enumerate(seen)
    ]


def _witnessed(test: ast.FunctionDef) -> set[str]:
    calls = (node for node in ast.walk(test) if isinstance(node, ast.Call))
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "witness"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def _cell(text: Mapping[str, str] | str) -> str:
    """A text that stays inside its cell, shows no markup, and names no folder of the machine it was made on."""
    line = re.sub(r"\s+", " ", re.sub(r"(?:/[\w.+-]+)*/pytest-[\w-]+(?:/[\w.+-]+)*|/tmp/[\w./+-]+", "…", str(text)))
    line = line if len(line) <= TOLD_AT_MOST else line[: TOLD_AT_MOST - 1] + "…"
    return line.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*").strip()


def _test(name: str) -> str:
    return f"`{name.split('/')[-1]}`"
