"""Rendered pages in a real browser: nothing is fetched, nothing runs, nothing sticks out, on a desk, a phone, paper."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.reporting.pdf import find_browser, is_print_of
from tests.pages.budgets import SHEETS_AT_MOST, beyond_budget, sheets
from tests.pages.looking import SCREENS, SHORT, stumbles

PERIOD, UNIT = "2026-06", "U03"
REPORTS = ("complaints", "repair_cycle", "summary")
EVERY = (*REPORTS, "satisfaction", "product_quality", "service_cost", "service_quality", "loyalty", "process",
         "channels", "workforce", "benchmarks", "data_quality")  # fmt: skip
UNITS = ("all", UNIT, "U05", "U09")
LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def out(rendered: Callable[..., Path], sample_run: Path) -> Path:
    return rendered("few", REPORTS, (UNIT,), "--pdf", store=sample_run.parents[1])


@pytest.mark.parametrize(("report", "language"), [("complaints", "zh"), ("repair_cycle", "en"), ("summary", "zh")])
def test_a_page_keeps_every_budget(report: str, language: str, out: Path, browser: Any, axe: Any):
    file = out / PERIOD / UNIT / f"{report}.{language}.html"
    assert stumbles(browser, axe, file, SHORT) == []
    assert sheets(browser, file) <= SHEETS_AT_MOST


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_index_keeps_every_budget_but_paper(language: str, out: Path, browser: Any, axe: Any):
    name = "index.html" if language == "en" else f"index.{language}.html"
    assert [line for line in stumbles(browser, axe, out / name, SHORT) if not line.endswith("1 scripts")] == []


@pytest.mark.prove
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("report", EVERY)
def test_every_report_keeps_every_budget(report: str, unit: str, rendered: Callable[..., Path], browser: Any, axe: Any):
    folder = rendered("every", EVERY, UNITS) / PERIOD / unit
    pages = [folder / f"{report}.{language}.html" for language in LANGUAGES]
    screens = SCREENS if unit in UNITS[:2] else SHORT
    assert beyond_budget(browser, axe, pages, screens) == []


@pytest.mark.prove  # of few reports `make test` shows it too: row X1 of the table of faults
def test_hostile_texts_stand_on_the_page_as_text(rendered: Callable[..., Path], browser: Any):
    page = browser.new_page()
    page.goto((rendered("every", EVERY, UNITS) / PERIOD / UNIT / "complaints.en.html").as_uri())
    assert "document.title" in page.inner_text("body"), "the customers' words are shown, as words"
    assert page.title() not in ("owned", "1")
    page.close()


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(out: Path, browser: Any):
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    page.goto((out / PERIOD / UNIT / "repair_cycle.en.html").as_uri())
    reachable = page.locator("a[href]:visible, summary:visible, [tabindex='0']:visible").count()
    stops = []
    for _ in range(reachable + 5):
        page.keyboard.press("Tab")
        at = page.evaluate(
            """() => { const at = document.activeElement;
            const box = at.getBoundingClientRect(), style = getComputedStyle(at);
            return at === document.body ? null : [at.tagName, Math.round(box.top + scrollY),
            style.outlineStyle !== "none" || style.boxShadow !== "none"]; }"""
        )
        if at is None:
            break
        stops.append(at)
    page.keyboard.press("Tab")
    assert stops[0][0] == "A", "the link that skips to the report comes first"
    assert len(stops) >= reachable
    assert all(shows for *_, shows in stops), "each stop shows a focus ring"
    page.close()


def test_a_page_is_printed_as_a_tagged_pdf_with_its_chinese(out: Path):
    from pypdf import PdfReader

    folder = out / PERIOD / UNIT
    for report in REPORTS:
        pdf = PdfReader(folder / f"{report}.zh.pdf")
        text = "".join(page.extract_text() for page in pdf.pages)
        assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"], "tagged, for readers who listen"
        assert len(pdf.pages) <= SHEETS_AT_MOST
        # Some fonts draw 月 and its radical ⽉ with one glyph, and the PDF names the radical; readers fold the two.
        assert "2026年6月" in "".join(unicodedata.normalize("NFKC", text).split())


def test_a_pdf_knows_the_page_it_was_printed_from(out: Path):
    import hashlib

    page = out / PERIOD / UNIT / "summary.en.html"
    pdf = page.with_suffix(".pdf")
    assert is_print_of(pdf, hashlib.sha256(page.read_bytes()).hexdigest().encode())
    assert not is_print_of(pdf, hashlib.sha256(b"a corrected page").hexdigest().encode())


def test_without_a_browser_the_pdf_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch):
    from analysis.faults import UserFault

    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserFault, match="no Chromium on this machine"):
        find_browser()


def test_the_index_finds_reports_by_words_and_state_and_reads_without_script(out: Path, browser: Any):
    address = (out / "index.html").as_uri()
    page = browser.new_page()
    page.goto(address)
    every = page.locator(".report-entry").count()
    page.locator("details.unit-reports").first.evaluate("home => home.open = true")
    page.locator("form.find input").fill("repair_cycle")
    assert page.locator(".report-entry:visible").count() == 1
    assert page.locator("form.find output").inner_text() == f"1 of {every} reports"
    page.locator("form.find input").fill("")
    page.locator("form.find select").select_option("behind")
    assert page.locator(".report-entry:visible").count() == 0, "no report has failed"
    page.close()
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(address)
    assert not plain.locator("form.find").is_visible(), "no search is offered where none can work"
    assert plain.locator(".glance a.mark").count() == every
    plain.close()


def test_no_script_but_the_search_runs_on_the_index(out: Path, browser: Any, tmp_path: Path):
    text = (out / "index.html").read_text(encoding="utf-8")
    changed = tmp_path / "index.html"
    changed.write_text(text.replace("</body>", '<script>document.title="owned"</script></body>'), encoding="utf-8")
    page = browser.new_page()
    page.goto(changed.as_uri())
    assert page.title() != "owned"
    assert page.locator("form.find").is_visible(), "the search itself is allowed by its hash"
    page.close()
