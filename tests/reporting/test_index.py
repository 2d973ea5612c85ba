"""The page where a reader starts: what is new, where targets are missed, what is not up to date."""

import re
from dataclasses import replace
from typing import Any

import pytest

from analysis.reporting.glance import at_a_glance, card_signals
from analysis.reporting.index import index_page
from analysis.reporting.run_record import Entry, Failed, Published

NAMES = {"en": "East", "zh": "华东"}
TITLE = {"en": "Repair cycle", "zh": "维修周期"}


def _finding(metric: str = "repair_cycle_median", since: str | None = "2025-03", **others: Any) -> dict[str, Any]:
    text = {"en": f"East: {metric} rose.", "zh": f"华东：{metric} 上升。"}
    told = {"kind": "level_shift", "metric": metric, "business_unit": "U01", "segment": {}, "direction": "up"}
    return {**told, "since": since, "good": False, "text": text, **others}


def _kpi(target_met: bool | None = None, *, significant: bool = True, **others: Any) -> dict[str, Any]:
    changes = [{"versus": "target", "value": 1.0, "low": 0.5, "high": 1.5, "significant": significant}]
    series = {"values": [2.0, 2.1, 2.0, 2.2, 2.1, 2.3]}
    told = {"metric": "repair_cycle_median", "name": TITLE, "unit": "d", "value": 2.3, "value_period": "2025-06"}
    return {**told, "signal": "steady", "better": "lower", "card": True, "target_met": target_met, "changes": changes,
            "series": series, **others}  # fmt: skip


def _entry(period: str, findings: list[dict[str, Any]], kpis: list[dict[str, Any]] | None = None) -> Entry:
    record = {"period": period, "kpis": [_kpi()] if kpis is None else kpis, "findings": findings}
    moment = f"{period}-28T00:00:00Z"
    published = Published(
        key="k", published_at=moment, generated_at=moment, seconds=1.0, title=TITLE, unit_name=NAMES,
        headline={"en": "It takes longer", "zh": "变长"}, signals=card_signals(record), languages=("en", "zh"),
        data_cutoff_at=moment, files={}, glance=at_a_glance(record),
    )  # fmt: skip
    return Entry("repair_cycle", "U01", period, published)


def _of(entry: Entry, **changes: Any) -> Entry:
    """The same report under another name or unit."""
    return replace(entry, **changes)


def _page(entries: list[Entry], before: list[Entry] | None = None, language: str = "en") -> str:
    return index_page(
        entries, language, period="2025-06", periods=["2025-06"], languages=("en", "zh"), reports=("repair_cycle",),
        folder=("2025-06",), before=before or (),
    )  # fmt: skip


def test_a_finding_of_the_period_before_is_not_new():
    now = _entry("2025-06", [_finding(), _finding("backlog")])
    page = _page([now], before=[_entry("2025-05", [_finding()])])
    assert "New since the period before" in page
    assert "backlog rose." in page
    assert "repair_cycle_median rose." not in page


def test_without_a_period_before_what_began_of_late_is_told():
    page = _page([_entry("2025-06", [_finding(since="2025-02"), _finding("backlog", since="2024-08")])])
    assert "Begun in the last six months" in page
    assert "repair_cycle_median rose." in page
    assert "backlog rose." not in page, "ten months ago is not news"


def test_a_unit_is_named_once_before_its_finding_in_both_languages():
    entry = _entry("2025-06", [_finding()])
    assert "</a> repair_cycle_median rose." in _page([entry])
    assert "</a> repair_cycle_median 上升。" in _page([entry], language="zh")


def test_seasons_and_bottlenecks_are_no_news():
    page = _page([_entry("2025-06", [_finding(kind="seasonality"), _finding(kind="bottleneck")])])
    assert "Begun in the last six months" not in page


@pytest.mark.parametrize(
    ("met", "significant", "marked"), [(False, True, True), (False, False, False), (True, True, False)]
)
def test_a_target_is_marked_as_missed_only_beyond_chance(met: bool, significant: bool, marked: bool):
    page = _page([_entry("2025-06", [], [_kpi(met, significant=significant)])])
    assert ("Repair cycle · steady · misses a target" in page) is marked


def test_the_line_beside_a_unit_is_that_of_its_median_repair_cycle_where_it_has_one():
    other = _kpi(metric="cost_per_order", name={"en": "Cost", "zh": "成本"})
    assert at_a_glance({"period": "2025-06", "kpis": [other, _kpi()]})["line"]["metric"] == "repair_cycle_median"
    assert at_a_glance({"period": "2025-06", "kpis": [other]})["line"]["metric"] == "cost_per_order"
    assert at_a_glance({"period": "2025-06", "kpis": [_kpi(series={"values": [1.0, None]})]})["line"] is None


def test_a_report_that_failed_is_marked_in_the_table_and_found_by_the_filter():
    sound = _entry("2025-06", [])
    failed = Failed("2025-07-01T00:00:00Z", "error", "cell 3 raised", 3, 1, 1.0, 1, TITLE, NAMES)
    page = _page([Entry("repair_cycle", "U01", "2025-06", sound.published, failed)])
    assert 'class="failed-mark"' in page
    assert 'data-state="steady behind"' in page
    assert "<li>East · Repair cycle: Failed on 1 July 2025" in page
    assert "The page of 28 June 2025 is shown." in page


def test_a_record_of_an_older_suite_without_a_glance_still_has_its_place():
    old = Published(
        key="k", published_at="2025-06-28T00:00:00Z", generated_at="", seconds=1.0, title=TITLE, unit_name=NAMES,
        headline=None, signals={}, languages=("en",), data_cutoff_at=None, files={},
    )  # fmt: skip
    assert "repair_cycle.en.html" in _page([Entry("repair_cycle", "U01", "2025-06", old)])


def test_a_cell_says_that_its_report_found_something_new_and_whether_it_is_bad():
    page = _page([_entry("2025-06", [_finding(since="2025-02")])])
    assert 'class="mark steady new bad"' in page
    assert "Repair cycle · steady · new finding" in page
    assert ">new finding</option>" in page
    assert "mark steady new" not in _page([_entry("2025-06", [_finding(since="2024-02")])])


def test_what_the_company_s_summary_found_stands_at_the_top():
    summary = _of(_entry("2025-06", []), report="summary", business_unit="all")
    page = _page([summary, _of(summary, business_unit="U01")])
    assert page.count('<p class="lede"><a href="2025-06/all/summary.en.html">East</a> It takes longer</p>') == 1
    assert '<p class="lede">' not in _page([_entry("2025-06", [])])


def test_the_figures_beside_the_units_have_one_precision_and_the_unit_in_the_header():
    entries = [_of(_entry("2025-06", [], [_kpi(value=value)]), business_unit=unit)
               for unit, value in (("U01", 2.2), ("U02", 2.384), ("U03", 10.0))]  # fmt: skip
    page = _page(entries)
    assert re.findall(r"</svg> <span>([^<]*)</span>", page) == ["2.2", "2.4", "10.0"]
    assert '<th scope="col">Repair cycle <span class="unit">days</span></th>' in page


def _many(units: int, worsening: int) -> list[Entry]:
    """So many units with thirteen reports each, of which so many worsen."""
    sound, bad = _entry("2025-06", []), _entry("2025-06", [_finding(since=None)], [_kpi(signal="worsening")])
    return [
        _of(bad if unit * 13 + place < worsening else sound, business_unit=f"U{unit:03d}", report=f"report_{place:02d}")
        for unit in range(units)
        for place in range(13)
    ]


def test_sixty_units_with_all_reports_keep_the_budgets_of_a_page():
    page = _page(_many(60, worsening=200))
    assert len(page.encode()) < 300_000
    assert len(re.findall(r"<[a-z]", page)) < 3_000
    assert page.count('class="mark ') == 60 * 13, "the table has every report"
    assert page.count('<li class="report-entry') == 80, "the list has those that ask most for a look"


def test_of_very_many_reports_those_that_ask_for_a_look_are_listed_and_the_others_are_linked():
    failed = Failed("2025-07-01T00:00:00Z", "error", "cell 3 raised", 3, 1, 1.0, 1, TITLE, NAMES)
    entries = _many(30, worsening=2)
    entries[100] = replace(entries[100], failed=failed)
    page = _page(entries)
    assert re.findall(r'data-id="unit-(\w+/\w+)"', page) == ["U000/report_00", "U000/report_01", "U007/report_09"]
    assert page.count("11 more, in the table above") == 1
    assert '<a href="#unit-U000">' in page
    assert '<a href="2025-06/U003/report_00.en.html">East</a>' in page, "a unit without a list leads to its first page"


def test_a_report_whose_replaced_versions_are_kept_is_always_listed():
    entries = _many(30, worsening=0)
    older = {("2025-06", "U004", "report_03"): (entries[0].published,)}
    page = index_page(
        entries, "en", period="2025-06", periods=["2025-06"], languages=("en", "zh"), reports=(), folder=("2025-06",),
        older=older,
    )  # fmt: skip
    assert re.findall(r'data-id="unit-(\w+/\w+)"', page) == ["U004/report_03"]
    assert 'href="2025-06/U004/versions/1/report_03.en.html"' in page


def test_of_many_failures_the_first_are_told_and_the_others_counted():
    failed = Failed("2025-07-01T00:00:00Z", "error", "cell 3 raised", 3, 1, 1.0, 1, TITLE, NAMES)
    page = _page([replace(entry, failed=failed) for entry in _many(1, worsening=0)])
    assert page.count("<li>East · Repair cycle: Failed") == 6
    assert "and 7 more, marked ✕ in the table" in page
    assert page.count('class="failed-mark"') == 13
