"""The workbook read back as Excel stores it: texts stay texts, numbers numbers, dates dates."""

import re
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.reporting.workbook import sheet_names, write_workbook

RECORD: dict[str, Any] = {
    "kpis": [{"metric": "m", "value": 86.3, "n": 412, "target_met": True, "reason": None}],
    "findings": [{"kind": "trend", "metric": "m", "segment": {"stage": "repair"}, "text": {"en": "up", "zh": "上升"}}],
    "data_quality": [{"table": "work_orders", "rows": 9, "quarantined": 1, "reasons": {"late": 1}}],
    "missing": [{"section": "sla", "needs": "work_orders.due_at|sla_policies"}],
}
DANGEROUS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "http://x.y", "0123", "1e5", "=1+1"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    rows = [[text, number, "2026-06-30"] for number, text in enumerate(DANGEROUS)]
    tables = {"by stage": {"columns": ["text", "number", "day"], "rows": [*rows, [None, None, None]]}}
    file = tmp_path / "book.xlsx"
    write_workbook(
        file,
        RECORD,
        tables,
        definitions={"m": {"name": {"en": "Met", "zh": "达标"}, "unit": "%"}, "other": {"name": "x"}},
        provenance=[("data", "abc")],
    )
    return file


def test_texts_never_become_formulas_or_links(book: Path) -> None:
    with zipfile.ZipFile(book) as parts:
        content = {name: parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels"))}
    assert not any("<f>" in text or "hyperlink" in text for text in content.values())
    texts = pd.read_excel(book, sheet_name="by stage", engine="calamine")["text"].tolist()
    assert texts[:4] == DANGEROUS[:4]


def test_what_a_section_lacks_is_written_in_words(book: Path) -> None:
    lacking = pd.read_excel(book, sheet_name="missing", engine="calamine")
    assert lacking["needs"].tolist() == ["work_orders.due_at or sla_policies"]


def test_numbers_dates_and_gaps_keep_their_types(book: Path) -> None:
    sheet = pd.read_excel(book, sheet_name="by stage", engine="calamine")
    assert sheet["number"].tolist()[:3] == [0, 1, 2]
    assert sheet["day"].dtype.kind == "M"
    assert sheet["text"].tolist()[6] == "0123"
    assert sheet.isna().iloc[-1].all() if len(sheet) > len(DANGEROUS) else True


def test_metrics_definitions_and_provenance_have_their_sheets(book: Path) -> None:
    sheets = pd.read_excel(book, sheet_name=None, engine="calamine")
    assert list(sheets) == ["metrics", "findings", "by stage", "data quality", "missing", "definitions", "provenance"]
    assert sheets["definitions"].to_dict("records") == [{"metric": "m", "name": "Met / 达标", "unit": "%"}]
    assert sheets["provenance"].to_dict("records") == [{"what": "data", "value": "abc"}]
    assert sheets["findings"]["text"].tolist() == ["up / 上升"]
    assert sheets["metrics"]["value"].tolist() == [86.3]


def test_the_same_tables_give_the_same_bytes(book: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    write_workbook(again, RECORD, {}, definitions={}, provenance=[])
    first = again.read_bytes()
    write_workbook(again, RECORD, {}, definitions={}, provenance=[])
    assert again.read_bytes() == first


def test_sheet_names_are_what_excel_takes() -> None:
    long = "how long it takes by product family"
    names = sheet_names([long, long, "A/B", "a\\b", "[x]*?:", "", "History", "维修"])
    assert names[0] == long[:31]
    assert names[1] == long[:27] + " (2)"
    assert names[2:4] == ["A B", "a b (2)"]
    assert names[-1] == "维修"
    assert all(0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)
    assert len({name.casefold() for name in names}) == len(names)
