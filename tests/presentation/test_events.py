"""One event is told once: several findings of the same thing are one, and a section's news is the summary's too."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from analysis import news
from analysis.eventful import untold, with_rows
from analysis.metrics.cards import read_catalogue
from analysis.presentation import narrative
from analysis.presentation.events import told_once
from analysis.presentation.language import plain
from analysis.presentation.told import Told
from analysis.sections import units
from analysis.sections.area_news import WATCHED, area_told, told_by_areas
from analysis.sections.areas_at_a_glance import AREAS, _areas_headline

CATALOGUE = read_catalogue()


def stands_out(metric: str, since: str, **values: Any) -> dict[str, Any]:
    found = {
        "kind": "concentration", "metric": metric, "business_unit": "U05", "since": since, "direction": "up",
        "segment": {"product_line": "water heater"}, "good": False, "q_value": 0.0001,
        "effect": {"value": 1.6, "low": 1.3, "high": 2.0, "unit": "ratio"},
        "values": {"months": 9, "since_before": False, "as_of": "2026-06", **values},
    }  # fmt: skip
    return found


ORDERS = stands_out("orders_submitted", "2025-10", count=508.0, expected=196.0)
REPAIRS = stands_out("repairs_per_100_units", "2025-10", count=235.0, expected=80.0, value=31.6, usual=10.7)
CLAIMS = stands_out("claims_per_1000_at_3_months", "2025-09", count=40.0, expected=5.0, value=172.0, usual=19.0)


def say(found: Any, *, with_unit: bool = False) -> dict[str, str]:
    return narrative.say_finding(found, CATALOGUE, (lambda unit: plain(unit)) if with_unit else None)


def test_three_views_of_one_product_line_that_fails_are_one_event_led_by_the_rate():
    (event,) = told_once([ORDERS, REPAIRS, CLAIMS])
    assert event["metric"] == "repairs_per_100_units"
    said = say(event)
    assert said["en"].count("Product line water heater stands out") == 1
    assert "The same shows in: 508 orders submitted up to June 2026 where" in said["en"]
    assert "172 where its past and the other segments give 19 (units sold in September 2025 – " in said["en"]
    assert "同一情况也见于：截至2026年6月" in said["zh"]
    assert "same shows" not in narrative.say_finding(event, CATALOGUE, short=True)["en"]


@pytest.mark.parametrize(
    "other",
    [
        {**CLAIMS, "segment": {"product_line": "washing machine"}},
        {**CLAIMS, "business_unit": "U06"},
        {**CLAIMS, "since": "2025-05"},
        {**CLAIMS, "kind": "level_shift"},
    ],
)
def test_another_segment_unit_time_or_kind_is_another_event(other: dict[str, Any]):
    assert len(told_once([REPAIRS, other])) == 2


def test_a_number_of_records_names_the_month_up_to_which_it_counts():
    assert "508 orders submitted up to June 2026 where" in say(ORDERS)["en"]
    whole_year = {**ORDERS, "values": {**ORDERS["values"], "months": 12, "since_before": True}}
    assert "over July 2025 – June 2026: 508 orders submitted where" in say(whole_year)["en"]


def waits(kind: str, metric: str, since: str | None, **values: Any) -> dict[str, Any]:
    return {
        "kind": kind, "metric": metric, "business_unit": "U09", "since": since, "direction": "up", "segment": {},
        "good": False, "q_value": 0.0001, "effect": {"value": 1.0, "low": 0.5, "high": 2.0, "unit": "ratio"},
        "values": {"until": None, "as_of": "2026-06", **values},
    }  # fmt: skip


LYING = waits("trend", "backlog", "2026-03", before=7.0, after=94.0)
LATE = waits("target_missed", "repair_cycle_median", None, value=3.67, target=2.0, missed=6, period="2026-06")
SLOW = waits("level_shift", "repair_cycle_within_7d", "2026-03", before=94.1, after=62.5)
BROKEN = waits("level_shift", "resolution_sla_attainment", "2026-02", before=85.2, after=61.9)
ALSO_BROKEN = waits(
    "target_missed", "resolution_sla_attainment", None, value=54.6, target=82.0, missed=6, period="2026-06"
)


def test_orders_that_lie_are_one_event_in_backlog_waiting_times_and_promises():
    (event,) = told_once([LYING, LATE, SLOW, BROKEN, ALSO_BROKEN])
    said = {language: words.replace("\xa0", " ") for language, words in say(event).items()}
    assert said["en"].startswith("Backlog kept rising from March 2026 on")
    assert said["en"].endswith(
        "The same shows in: median repair cycle 3.67 days, target 2 days; completed within 7 days 62.5% instead of "
        "94.1%; resolution SLA attainment 61.9% instead of 85.2%."
    )
    assert said["zh"].endswith("解决SLA达成率61.9%（此前85.2%）。")


@pytest.mark.parametrize(
    "other",
    [
        {**LATE, "values": {**LATE["values"], "missed": 35}},  # missed for years: not what began in March
        {**SLOW, "business_unit": "U03"},
        {**SLOW, "good": True},
        {**SLOW, "values": {**SLOW["values"], "until": "2026-05"}},
        {**SLOW, "metric": "csat_top2_share"},
    ],
)
def test_another_unit_time_or_figure_is_not_the_same_waiting(other: dict[str, Any]):
    assert len(told_once([LYING, other])) == 2


def worse(metric: str, value: float) -> dict[str, Any]:
    return {"metric": metric, "value": value, "value_period": "2026-06", "signal": "worsening", "chart": None}


def test_figures_that_worsen_with_the_backlog_are_its_views_and_no_points_of_their_own():
    rows = [worse("repair_cycle_within_7d", 56.6), worse("days_of_work", 52.9), worse("csat_top2_share", 60.0)]
    events, moved = with_rows(told_once([LYING]), rows, CATALOGUE)
    said = say(events[0])["en"].replace("\xa0", " ")
    assert said.endswith(
        "The same shows in: completed within 7 days 56.6% in June 2026; days of work in the backlog 52.9 days in "
        "June 2026."
    )
    assert [one["en"][:9] for one in moved] == ["Satisfied"]


def test_three_windows_of_one_figure_that_worsen_are_one_point():
    rows = [worse(f"resolution_rate_{days}d", 50.0 + days) for days in (7, 15, 30)]
    events, (point,) = with_rows([], rows, CATALOGUE)
    assert events == []
    assert point["en"].startswith("Problems resolved within 7 days outside the usual range")
    assert "The same shows in: problems resolved within 15 days 65% in June 2026; problems" in point["en"]


def test_a_unit_that_lies_apart_by_what_its_event_tells_is_not_told_beside_it():
    apart = Told(plain("U09 apart"), plain("U09 apart."), good=False, metric="repair_cycle_within_7d", units=("U09",))
    event = told_once([LYING, SLOW])
    assert untold([apart], event, "all") == []
    assert untold([replace(apart, units=("U09", "U03"))], event, "all") != []
    assert untold([replace(apart, units=())], event, "U09") == []
    assert untold([replace(apart, metric="")], event, "U09") != []


def page(findings: list[dict[str, Any]], rows: list[dict[str, Any]] | None = None) -> Any:
    report = SimpleNamespace(
        name="summary", business_unit="U05", is_company=False, catalogue=CATALOGUE, metrics=tuple(CATALOGUE),
        period="2026-06", run=SimpleNamespace(findings=findings), kpi_rows=rows or [], areas_with_rates=set(), say=say,
        segment_name=lambda _, segment: plain(segment),
    )  # fmt: skip
    report.segments = lambda *_: news.pd.DataFrame(columns=["value", "period", "segment", "numerator", "denominator"])
    return report


FELL = Told(plain("CSAT fell"), plain("CSAT fell."), good=False, metric="csat_top2_share")


def test_what_heads_the_satisfaction_report_is_counted_on_the_summary_under_satisfaction():
    items = news.summary_news(page([ORDERS, REPAIRS, CLAIMS]), (FELL,))
    assert [(item.area, item.said["en"][:9]) for item in items] == [
        ("product_quality", "Product l"),
        ("satisfaction", "CSAT fell"),
    ]


def test_a_figure_of_which_a_finding_tells_is_not_told_by_a_section_again():
    assert len(news.summary_news(page([{**REPAIRS, "metric": "csat_top2_share"}]), (FELL,))) == 1


def test_a_batch_is_not_told_again_beside_its_own_cluster(monkeypatch: pytest.MonkeyPatch):
    batch = {**REPAIRS, "segment": {"batch": "B7"}}
    cluster = Told(plain("Batch B7 fails"), plain("Batch B7 fails."), good=False, metric="fault_cluster_excess")
    monkeypatch.setattr(news, "_clusters", lambda _: [("product_id=P1;batch=B7;fault_code=F1", cluster)])
    (item,) = news.summary_news(page([batch]))
    assert item.said["en"].startswith("Batch B7 fails. The same shows in: repairs per 100 units")
    assert len(news.summary_news(page([{**REPAIRS, "segment": {"batch": "B8"}}]))) == 2


def test_no_finding_is_lost_between_the_main_points_and_those_that_follow():
    many = [{**REPAIRS, "since": f"20{year}-01", "segment": {"product_line": str(year)}} for year in range(10, 19)]
    report = page(many)
    points = news.points(report, (), ())
    after = [item.said for item in news.summary_news(report)[news.POINTS_OF_SUMMARY :]]
    assert len(points) + len(after) == 9
    shown_next = news.summary_news(report, (FELL,))[news.POINTS_OF_SUMMARY]
    assert shown_next.said["en"] == "CSAT fell.", "ahead of the findings that stand only in the workbook"
    assert len(points) <= news.POINTS_AT_MOST


def test_every_area_with_news_of_its_own_has_a_row_on_the_summary():
    assert set(WATCHED) <= set(AREAS)
    for area, about in WATCHED.items():
        assert {CATALOGUE[metric].area for metric in about.metrics} == {area}, area


def test_steady_leading_figures_do_not_hide_the_news_of_their_areas():
    steady = [{"signal": "steady"}] * 3
    assert _areas_headline(steady, 11, 0)["en"].startswith("No leading figure is surely outside its usual range, of 3")
    told = _areas_headline(steady, 11, 4)
    assert told["en"].startswith("News for the worse in 4 of 11 areas; no leading figure is surely outside")
    assert told["zh"].startswith("11个领域中有4个出现不利情况；")
    some = _areas_headline([*steady, {"signal": "worsening"}], 11, 0)
    assert some["en"] == "Leading figures worse than usual: 1, better: 0, of 4 areas that can be judged"


def test_the_summary_tells_what_the_areas_tell(monkeypatch: pytest.MonkeyPatch):
    from analysis.sections import area_news

    monkeypatch.setattr(area_news, "year_told", lambda *_: FELL)
    monkeypatch.setattr(area_news, "years_told", lambda *_: None)
    monkeypatch.setattr(area_news, "units_told", lambda _, metric: None)
    monkeypatch.setattr(area_news, "years_missed", lambda _: None)
    monkeypatch.setattr(area_news, "year_alone", lambda *_: None)
    report = SimpleNamespace(tells=lambda _: True, kpi=lambda _: None)
    assert area_told(report, "satisfaction") == (FELL, None, None, None)
    assert told_by_areas(report) == (FELL,)


def test_a_cost_is_told_as_high_and_not_as_bad():
    cost, share = CATALOGUE["cost_per_order"], CATALOGUE["csat_top2_share"]
    assert (units.is_cost(cost), units.is_cost(share)) == (True, False)
    assert units._apart(cost, 2, 0, 12)["zh"] == "12个单位中，2个明显高于其他单位"
    assert units._apart(share, 2, 0, 12)["en"].startswith("Worse than the others")
