"""What a report is refused for, each fault put in by hand."""

from typing import Any

import pytest

from analysis.reporting.gates import check_page, check_record, check_tables
from analysis.reporting.parameters import Limits

GOOD = "<!doctype html><html><head><style>p{x:y}</style></head><body><h1>x</h1>{}</body></html>"
RECORD: dict[str, Any] = {
    "schema": "after-sales-report/1", "report": "r", "business_unit": "U1", "period": "2026-06",
    "kpis": [{"metric": "m", "value": 1.0, "signal": "steady"}], "findings": [], "data_quality": [], "missing": [],
}  # fmt: skip


def _page(body: str) -> str:
    return GOOD.replace("{}", body)


@pytest.mark.parametrize(
    "body",
    [
        '<a href="../U02/x.en.html">x</a><a href="#a">y</a><img src="data:image/png;base64,eA==">',
        "a &lt;script&gt; told",
        '<svg xmlns="http://www.w3.org/2000/svg"><path fill="url(#a)"/></svg>',
        '<p title="see http://x.y">x</p>',
    ],
)
def test_a_sound_page_passes(body: str) -> None:
    assert check_page(_page(body), Limits()) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<script>1</script>", "the page has a <script>"),
        ("<SCRIPT src=x>", "the page has a <script>"),
        ("<iframe></iframe>", "the page has a <iframe>"),
        ('<p title=">" onclick="x()">', "the page has a handler onclick"),
        ('<img src="https://x.y/z.png">', "the page links outside: src='https://x.y/z.png'"),
        ('<a href=" javascript:x()">', "the page links outside: href=' javascript:x()'"),
        ("<a href='//x.y'>", "the page links outside: href='//x.y'"),
        ('<a href="file:///etc/passwd">', "the page links outside: href='file:///etc/passwd'"),
        ('<p style="background:url(http://x.y)">', "a style of the page loads an address"),
        ("<style>@import 'x.css';</style>", "a style of the page loads an address"),
        ("<h1>second</h1>", "the page has 2 first-level headings, not one; `report.header()` gives it"),
    ],
)
def test_a_page_that_asks_for_more_than_itself_is_refused(body: str, fault: str) -> None:
    assert check_page(_page(body), Limits()) == [fault]


def test_a_page_that_is_too_large_is_refused() -> None:
    assert check_page(_page("x" * 2000), Limits(page_kilobytes=1)) == [
        "the page has 2 KB, at most 1 (limits.page_kilobytes of suite.yml)"
    ]


def test_a_page_cut_short_is_refused() -> None:
    assert check_page(_page("x")[:-9], Limits()) == ["the page is not whole"]


def test_a_sound_record_passes() -> None:
    assert check_record(RECORD, report="r", business_unit="U1", period="2026-06") == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"kpis": [{"metric": "m", "value": float("nan")}]}, "not strict JSON"),
        ({"business_unit": "U2"}, "the record's business_unit is 'U2', not 'U1'"),
        ({"schema": "x"}, "the record's schema is 'x', not 'after-sales-report/1'"),
        ({"findings": None}, "the record's findings is no list"),
        ({"kpis": [{"metric": "m", "value": None}]}, "m of the record has no value and no reason"),
        ({"kpis": [{"metric": "m", "value": 1, "signal": "better"}]}, "m of the record has the signal 'better'"),
        ({"findings": [{"business_unit": "U2"}]}, "a finding of the record is about another unit, 'U2'"),
    ],
)
def test_a_record_that_breaks_the_contract_is_refused(change: dict[str, Any], fault: str) -> None:
    found = check_record({**RECORD, **change}, report="r", business_unit="U1", period="2026-06")
    assert len(found) == 1
    assert fault in found[0]


def test_a_units_workbook_holds_no_other_units_rows() -> None:
    tables = {"orders": {"columns": ["business_unit", "n"], "rows": [["U1", 1], ["U2", 2], ["all", 3]]}}
    assert check_tables(tables, business_unit="U1") == ["sheet 'orders' holds rows of 1 other units"]
    assert check_tables(tables, business_unit="all") == []
