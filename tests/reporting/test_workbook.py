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
    "findings": [
        {
            "kind": "trend",
            "metric": "m",
            "segment": {"stage": "repair"},
            "text": {"en": "up", "zh": "上升"},
            "effect": {"value": 1.5, "low": None, "high": 2.5, "unit": "d"},
        }
    ],
    "data_quality": [{"table": "work_orders", "rows": 9, "quarantined": 1, "reasons": {"late": 1}}],
    "missing": [{"section": "sla", "needs": "work_orders.due_at|sla_policies"}],
}
DANGEROUS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "http://x.y", "0123", "1e5", "=1+1"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    moments = ["2026-06-30T09:18:47", "2026-06-30T00:00:00"]
    rows = [
        [text, number, "2026-06-30", "2026-06-01T00:00:00", moments[number % 2], number / 7, ""]
        for number, text in enumerate(DANGEROUS)
    ]
    by_stage = {
        "title": {"en": "Repair takes longest", "zh": "维修最慢"},
        "columns": ["text", "number", "day", "month", "moment", "share", "empty"],
        "rows": [*rows, [None] * 7],
    }
    tables = {"by stage": by_stage}
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
    lacking = pd.read_excel(book, sheet_name="missing 缺失", engine="calamine")
    assert lacking["needs"].tolist() == ["work_orders.due_at or sla_policies"]


def test_numbers_dates_and_gaps_keep_their_types(book: Path) -> None:
    sheet = pd.read_excel(book, sheet_name="by stage", engine="calamine")
    assert sheet["number"].tolist()[:3] == [0, 1, 2]
    assert all(sheet[name].dtype.kind == "M" for name in ("day", "month", "moment"))
    assert sheet["moment"].tolist()[0] == pd.Timestamp("2026-06-30 09:18:47")
    assert sheet["share"].tolist()[1] == pytest.approx(1 / 7, rel=1e-15), "what is displayed shorter is stored whole"
    assert sheet["empty"].isna().all(), "an empty text is an empty cell"
    assert sheet["text"].tolist()[6] == "0123"


def test_every_sheet_is_named_in_both_languages_and_the_first_one_says_what_they_show(book: Path) -> None:
    sheets = pd.read_excel(book, sheet_name=None, engine="calamine")
    assert list(sheets) == [
        "contents 目录", "metrics 指标", "findings 发现", "by stage", "data quality 数据质量", "missing 缺失",
        "definitions 定义", "provenance 来源",
    ]  # fmt: skip
    contents = sheets["contents 目录"]
    assert contents.iloc[:, 0].tolist() == list(sheets)[1:]
    assert contents.iloc[2].tolist() == ["by stage", "Repair takes longest", "维修最慢", len(DANGEROUS) + 1]
    assert contents.iloc[1].tolist() == ["findings 发现", "What was found beyond chance", "超出随机波动的发现", 1]


def test_metrics_definitions_and_provenance_have_their_sheets(book: Path) -> None:
    sheets = {name.split()[0]: sheet for name, sheet in pd.read_excel(book, sheet_name=None, engine="calamine").items()}
    assert sheets["definitions"].to_dict("records") == [{"metric": "m", "name": "Met / 达标", "unit": "%"}]
    assert sheets["provenance"].to_dict("records") == [{"what": "data", "value": "abc"}]
    assert sheets["findings"]["text"].tolist() == ["up / 上升"]
    assert sheets["findings"][["effect_value", "effect_high"]].to_numpy().tolist() == [[1.5, 2.5]]
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
