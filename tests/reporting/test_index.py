"""The page where a reader starts: what is new, where targets are missed, what is not up to date."""

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
    assert "The page of 28 June 2025 is shown." in page


def test_a_record_of_an_older_suite_without_a_glance_still_has_its_place():
    old = Published(
        key="k", published_at="2025-06-28T00:00:00Z", generated_at="", seconds=1.0, title=TITLE, unit_name=NAMES,
        headline=None, signals={}, languages=("en",), data_cutoff_at=None, files={},
    )  # fmt: skip
    assert "repair_cycle.en.html" in _page([Entry("repair_cycle", "U01", "2025-06", old)])
