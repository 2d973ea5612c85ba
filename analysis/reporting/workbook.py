"""The tables behind a page as one Excel file: each on its sheet, numbers as numbers, texts never as formulas."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

NAME_AT_MOST = 31
WIDEST = 60
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f']")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_KPI_COLUMNS = (
    "metric", "value", "low", "high", "n", "unit", "better", "numerator", "denominator", "immature_share", "previous",
    "year_ago", "peers", "target", "target_met", "value_period", "reason", "signal",
)  # fmt: skip
_FINDING_COLUMNS = (
    "kind",
    "metric",
    "business_unit",
    "segment",
    "since",
    "direction",
    "good",
    "effect",
    "q_value",
    "text",
)
Table = Mapping[str, Sequence[Any]]


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
    tables : sheet name → {"columns", "rows"}, in the order of the page
    definitions : metric → its card's texts; those of the record's metrics are written
    provenance : label and value of what the figures were made from
    """
    sheets = {
        "metrics": _table(record["kpis"], _KPI_COLUMNS),
        "findings": _table(record["findings"], _FINDING_COLUMNS),
        **tables,
        "data quality": _table(record["data_quality"], ("table", "rows", "quarantined", "reasons")),
        "missing": _table([_either(row) for row in record["missing"]], ("section", "needs")),
        "definitions": _definitions(definitions, [kpi["metric"] for kpi in record["kpis"]]),
        "provenance": {"columns": ["what", "value"], "rows": [list(fact) for fact in provenance]},
    }
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(str(file), options) as book:
        book.set_properties({"created": _EPOCH})
        bold, day = (
            book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            book.add_format({"num_format": "yyyy-mm-dd"}),
        )
        for name, table in zip(sheet_names(sheets), sheets.values(), strict=True):
            _write(book.add_worksheet(name), table, bold=bold, day=day)


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


def _write(sheet: Worksheet, table: Table, *, bold: Format, day: Format) -> None:
    columns, rows = list(table["columns"]), list(table["rows"])
    for position, column in enumerate(columns):
        sheet.write_string(0, position, _text(column), bold)
        values = [row[position] for row in rows]
        dates = (
            bool(values)
            and all(value is None or (isinstance(value, str) and _DAY.match(value)) for value in values)
            and any(values)
        )
        for number, value in enumerate(values, start=1):
            _write_cell(sheet, number, position, value, day if dates else None)
        sheet.set_column(
            position, position, min(WIDEST, max([10, *(len(_text(v)) + 2 for v in [column, *values[:200]])]))
        )
    sheet.freeze_panes(1, 0)


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, day: Format | None) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif day is not None:
        sheet.write_datetime(row, column, datetime.combine(date.fromisoformat(value), datetime.min.time()), day)
    else:
        sheet.write_string(row, column, _text(value))


def _table(entries: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, Any]:
    return {"columns": list(columns), "rows": [[entry.get(column) for column in columns] for entry in entries]}


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


def _text(value: Any) -> str:
    """A value as text of a cell: both languages one after the other, nothing that Excel cannot store."""
    if isinstance(value, Mapping):
        parts = (
            [str(part) for part in value.values()]
            if set(value) <= {"en", "zh"}
            else [f"{name}: {part}" for name, part in value.items()]
        )
        value = " / ".join(parts) if set(value) <= {"en", "zh"} else "; ".join(parts)
    return _CONTROLS.sub("", str(value))[:32_767]
