"""The tables behind a page as one Excel file: a list of its sheets, each table on its own, definitions, provenance.

Sheets are named in both languages where the name is ours; a table's sheet has the name of its part of the page, and
the first sheet says what that part is called there, in both.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from analysis.presentation.language import LANGUAGES, Text, both
from analysis.reporting.workbook_cells import Formats, Table, text_of, write_sheet

NAME_AT_MOST = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f']")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_KPI_COLUMNS = (
    "metric", "value", "low", "high", "n", "unit", "better", "numerator", "denominator", "immature_share", "previous",
    "year_ago", "peers", "target", "target_met", "value_period", "reason", "signal",
)  # fmt: skip
_EFFECT = ("value", "low", "high", "unit")
_FINDING_COLUMNS = (
    "kind", "metric", "business_unit", "segment", "since", "direction", "good", *(f"effect_{end}" for end in _EFFECT),
    "q_value", "text",
)  # fmt: skip


def write_workbook(
    file: Path,
    record: Mapping[str, Any],
    tables: Mapping[str, Table],
    *,
    definitions: Mapping[str, Mapping[str, Any]],
    provenance: Iterable[tuple[str, str]],
) -> None:
    """Write the workbook of a report.

    Parameters
    ----------
    record : the report's facts, whose metrics and findings have sheets of their own
    tables : sheet name → {"columns", "rows"} and the "title" on the page, in the order of the page
    definitions : metric → its card's texts; those of the record's metrics are written
    provenance : label and value of what the figures were made from
    """
    sheets: dict[str, Table] = {
        "metrics": _table(record["kpis"], _KPI_COLUMNS),
        "findings": _table([_flat(found) for found in record["findings"]], _FINDING_COLUMNS),
        **tables,
        "data quality": _table(record["data_quality"], ("table", "rows", "quarantined", "reasons")),
        "missing": _table([_either(row) for row in record["missing"]], ("section", "needs")),
        "definitions": _definitions(definitions, [kpi["metric"] for kpi in record["kpis"]]),
        "provenance": {"columns": ["what", "value"], "rows": [list(fact) for fact in provenance]},
    }
    first, *names = sheet_names(_bilingual(name) for name in ("contents", *sheets))
    everything: dict[str, Table] = {first: _contents(dict(zip(names, sheets.items(), strict=True)))}
    everything |= dict(zip(names, sheets.values(), strict=True))
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(str(file), options) as book:
        about = " · ".join(text_of(record[part]) for part in ("report", "unit_name", "period") if part in record)
        book.set_properties({"created": _EPOCH, "title": about})
        formats = Formats(book)
        for name, table in everything.items():
            write_sheet(book.add_worksheet(name), table, formats)


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Names that Excel takes: at most 31 characters, none of []:*?/\\, no two alike in any case."""
    taken: list[str] = []
    for name in wanted:
        plain = _FORBIDDEN.sub(" ", str(name)).strip() or "table"
        candidate, number = plain[:NAME_AT_MOST], 1
        while candidate.casefold() in {other.casefold() for other in taken} or candidate.casefold() == "history":
            number += 1
            tail = f" ({number})"
            candidate = plain[: NAME_AT_MOST - len(tail)] + tail
        taken.append(candidate)
    return taken


def _table(entries: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, Any]:
    return {"columns": list(columns), "rows": [[entry.get(column) for column in columns] for entry in entries]}


@cache
def _own() -> Mapping[str, tuple[Text, Text]]:
    """The sheets that every workbook may have: their names and what they show."""
    return {
        "contents": (both("contents"), both("What each sheet shows")),
        "metrics": (both("metrics"), both("Every metric of this report, as measured")),
        "findings": (both("findings"), both("What was found beyond chance")),
        "sentences": (both("sentences"), both("What the page says in words")),
        "data quality": (both("data quality"), both("Records kept and set aside, by table")),
        "missing": (both("missing"), both("What the data lack, and what it would need")),
        "definitions": (both("definitions"), both("What each metric means")),
        "provenance": (both("provenance"), both("What the figures were made from")),
    }


def _bilingual(name: str) -> str:
    return " ".join(_own()[name][0].values()) if name in _own() else name


def _contents(sheets: Mapping[str, tuple[str, Table]]) -> dict[str, Any]:
    """Each sheet with what it shows in both languages: its own words, or the title of its part of the page."""
    rows = []
    for name, (own, table) in sheets.items():
        said = table.get("title") or (_own()[own][1] if own in _own() else {})
        rows.append([name, *(said.get(language) for language in LANGUAGES), len(table["rows"])])
    what, count = both("what it shows"), both("rows")
    return {"columns": [both("sheet"), *what.values(), count], "rows": rows}


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """A finding with each number of its effect in a column."""
    effect = found.get("effect") or {}
    return {**found, **{f"effect_{end}": effect.get(end) for end in _EFFECT}}


def _either(lacking: Mapping[str, Any]) -> dict[str, Any]:
    """What a section lacks, its alternatives in words."""
    return {**lacking, "needs": str(lacking["needs"]).replace("|", " or ")}


def _definitions(cards: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> dict[str, Any]:
    told = {metric: cards[metric] for metric in metrics if metric in cards}
    columns = list(dict.fromkeys(name for card in told.values() for name in card))
    return {
        "columns": ["metric", *columns],
        "rows": [[metric, *(card.get(name) for name in columns)] for metric, card in told.items()],
    }
