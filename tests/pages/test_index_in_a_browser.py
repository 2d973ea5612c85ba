"""The index of a large business in a real browser: sixty units with long names, new findings and failures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.reporting.index import index_page
from analysis.reporting.records import Entry, Failed
from tests.pages.looking import SCREENS, look
from tests.reporting.test_index import TITLE, _entry, _finding, _kpi

NAME = {
    "en": "{} Regional Service and Spare Parts Distribution Centre for Household and Commercial Appliances",
    "zh": "{}家用及商用电器区域售后服务与备件配送中心（含周边县市特约服务网点）",
}
FAILED = Failed("2025-07-01T00:00:00Z", "error", "cell 3 raised", 3, 1, 1.0, 1, TITLE, NAME)


def _entries(units: int) -> list[Entry]:
    drawn = [
        _entry("2025-06", [_finding(since="2025-03")], [_kpi(signal="worsening")]),
        *(_entry("2025-06", [], [_kpi(False)]) for _ in range(2)),
        *(_entry("2025-06", []) for _ in range(10)),
    ]
    made = []
    for unit in range(units):
        named = {language: name.format(unit) for language, name in NAME.items()}
        for place, entry in enumerate(drawn):
            assert entry.published is not None
            published = replace(entry.published, unit_name=named)
            failed = replace(FAILED, unit_name=named) if (unit, place) == (7, 4) else None
            made.append(Entry(f"report_{place:02d}", f"U{unit:02d}", "2025-06", published, failed))
    return made


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("index")
    for language in ("en", "zh"):
        page = index_page(
            _entries(60), language, period="2025-06", periods=["2025-06"], languages=("en", "zh"), reports=(),
            folder=("2025-06",),
        )  # fmt: skip
        (folder / f"{language}.html").write_text(page, encoding="utf-8")
    return {language: folder / f"{language}.html" for language in ("en", "zh")}


def test_sixty_units_with_long_names_keep_every_budget(indexes: dict[str, Path], browser: Any):
    assert look(browser, indexes["zh"], width=390, scheme="dark").faults == ("1 scripts",)


@pytest.mark.prove  # axe-core takes ten seconds for a page of three thousand elements
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_sixty_units_with_long_names_keep_every_budget_on_every_screen(
    language: str, width: int, scheme: str, indexes: dict[str, Path], browser: Any, axe: Any
):
    seen = look(browser, indexes[language], width=width, scheme=scheme, axe=axe)
    assert (seen.faults, seen.asked, seen.violations) == (("1 scripts",), (), ())


def test_on_a_phone_each_units_name_its_line_and_its_first_marks_are_in_sight(indexes: dict[str, Path], browser: Any):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(indexes["en"].as_uri())
    row = page.locator(".glance tbody tr").first
    for part in ("th a", "td.line .spark", "td:nth-child(3) a.mark", "td:nth-child(4) a.mark"):
        box = row.locator(part).bounding_box()
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= 390, part
    page.locator(".overview .scroll").evaluate("region => region.scrollLeft = 400")
    assert row.locator("th a").bounding_box()["x"] >= 0, "the name stays while the marks scroll"
    page.close()


def test_the_search_finds_reports_that_are_not_listed_and_a_link_unfolds_a_unit(indexes: dict[str, Path], browser: Any):
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    page.goto(indexes["en"].as_uri())
    told, rows = page.locator("form.find output"), page.locator(".glance tbody tr:visible")
    for asked, reports, units in (("report_12", 60, 60), ("u07 report_12", 1, 1), ("nothing like it", 0, 0)):
        page.locator("form.find input").fill(asked)
        assert told.inner_text() == f"{reports} of 780 reports"
        assert rows.count() == units
    page.locator("form.find input").fill("")
    for state, reports in (("behind", 1), ("new", 60), ("misses", 120), ("improving", 0)):
        page.locator("form.find select").select_option(state)
        assert told.inner_text() == f"{reports} of 780 reports"
    page.locator("form.find select").select_option("")
    unit = page.locator("details#unit-U05")
    assert unit.get_attribute("open") is None
    page.locator("#row-unit-U05 th a").click()
    assert unit.get_attribute("open") is not None
    page.close()
