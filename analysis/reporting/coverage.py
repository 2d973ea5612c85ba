"""The page docs/coverage.md: every area, metric, method, system and case that the mission names, and what answers it.

`python -m analysis.reporting.coverage` writes it from docs/coverage.yml. `faults_of` names every entry that points at
nothing: a section, metric, function or page that does not exist. Judges nothing of what a section says.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.presentation.language import pick
from analysis.reporting.parameters import PROJECT

SOURCE = PROJECT / "docs" / "coverage.yml"
PAGE = PROJECT / "docs" / "coverage.md"
STATISTICS = PROJECT / "analysis" / "statistics"
REPORTS = (
    "summary", "satisfaction", "product_quality", "service_cost", "repair_cycle", "service_quality", "loyalty",
    "process", "complaints", "channels", "workforce", "benchmarks", "data_quality",
)  # fmt: skip
PARTS = {
    "areas": "Areas of analysis",
    "metrics": "Metrics",
    "methods": "Methods",
    "systems": "Systems and products",
    "cases": "Cases",
}
ANSWERS = ("sections", "metrics", "statistics", "pages", "no_data")
HEAD = """# What is covered, and where

<!-- Written by `python -m analysis.reporting.coverage` from docs/coverage.yml; change that file, not this page. -->

Every area, metric, method, system and case that after-sales analysis is asked for, and what answers it: the section of
a report (notebook and cell), the metrics measured (`docs/reference/metrics.md`), the statistics behind, or why no data
can.
"""


@dataclass(frozen=True)
class Row:
    """One thing that is asked for, and its answers."""

    part: str
    id: str
    subject: str
    sections: tuple[str, ...]
    metrics: tuple[str, ...]
    statistics: tuple[str, ...]
    pages: tuple[str, ...]
    no_data: str


def read_rows(source: Path = SOURCE) -> list[Row]:
    """All rows in their order.

    Raises
    ------
    ValueError : an entry has a field that is none, or no subject
    """
    told: Mapping[str, Mapping[str, Any]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    odd = [name for name in told if name not in PARTS]
    odd += [
        f"{key}.{f}" for part in told.values() for key, e in part.items() for f in e if f not in (*ANSWERS, "subject")
    ]
    if odd:
        raise ValueError(f"{source.name}: unknown {', '.join(odd)}")
    return [_row(part, name, entry) for part in told for name, entry in told[part].items()]


def faults_of(rows: list[Row], catalogue: Catalogue, *, project: Path = PROJECT) -> list[str]:
    """What the entries name and does not exist, one line each; an entry without an answer too.

    While reports are still missing as a whole, what they will hold cannot be checked and counts as there.
    """
    cells = {file.stem: set(_cells(file)) for file in (project / "notebooks").glob("*.ipynb")}
    whole = set(REPORTS) <= set(cells)
    found = []
    for row in rows:
        lines = [f"no section {name}" for name in row.sections if not _has_cell(name, cells)]
        lines += [f"no metric {name}" for name in row.metrics if whole and name not in catalogue]
        lines += [f"no statistics {name}" for name in row.statistics if whole and not _has_function(name)]
        lines += [f"no page {name}" for name in row.pages if not (project / name).exists()]
        lines += [] if any(getattr(row, name) for name in ANSWERS) else ["no answer and no reason why not"]
        found += [f"{row.id}: {line}" for line in lines]
    return found


def write_page(rows: list[Row], catalogue: Catalogue) -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for part, title in PARTS.items():
        body = [f"\n## {title}\n", "| | what is asked for | answered by | what no data can show |", "|---|---|---|---|"]
        body += [_line(row, catalogue) for row in rows if row.part == part]
        parts.append("\n".join(body) + "\n")
    return "".join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(write_page(read_rows(), read_catalogue()), encoding="utf-8")


def _row(part: str, name: str, entry: Mapping[str, Any]) -> Row:
    lists = {key: tuple(entry.get(key) or ()) for key in ANSWERS if key != "no_data"}
    return Row(part, name, entry["subject"], **lists, no_data=entry.get("no_data") or "")


def _cells(notebook: Path) -> Iterator[str]:
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        yield cell["id"]


def _has_cell(name: str, cells: Mapping[str, set[str]]) -> bool:
    report, _, cell = name.partition("#")
    return cell in cells[report] if report in cells else report in REPORTS


def _has_function(name: str) -> bool:
    module, _, function = name.partition(".")
    file = STATISTICS / f"{module}.py"
    if not file.is_file():
        return False
    return not function or bool(re.search(rf"^def {re.escape(function)}\b", file.read_text(encoding="utf-8"), re.M))


def _line(row: Row, catalogue: Catalogue) -> str:
    answers = [
        "; ".join(_sections(row.sections)),
        ", ".join(_metric(name, catalogue) for name in row.metrics),
        ", ".join(f"`statistics.{name}`" for name in row.statistics),
        ", ".join(f"[{name}](../{name})" for name in row.pages),
    ]
    return f"| {row.id} | {row.subject} | {'<br>'.join(part for part in answers if part) or '–'} | {row.no_data} |"


def _sections(names: tuple[str, ...]) -> Iterator[str]:
    """Report by report, a link to its notebook where it is there already, and the cells that answer."""
    by_report: dict[str, list[str]] = {}
    for report, _, cell in (name.partition("#") for name in names):
        by_report.setdefault(report, []).append(cell)
    for report, cells in by_report.items():
        notebook = f"notebooks/{report}.ipynb"
        linked = f"[{report}](../{notebook})" if (PROJECT / notebook).is_file() else f"{report} (not there yet)"
        yield f"{linked}: {', '.join(cells)}"


def _metric(name: str, catalogue: Catalogue) -> str:
    return f"{pick(catalogue[name].name, 'en')} (`{name}`)" if name in catalogue else f"`{name}`"


if __name__ == "__main__":
    main()
