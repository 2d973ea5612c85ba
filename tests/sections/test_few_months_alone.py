"""Where a month holds too few records: what heads the page is the year, or that not even the year tells."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.narrative import say_headline
from analysis.presentation.telling import tell_change, tell_move
from analysis.sections import area_news, cost_change, yearly
from analysis.sections.yearly import year_alone, year_on_year
from analysis.statistics.bills import Bill, split_bills

CATALOGUE = read_catalogue()
CSAT, NPS = "csat_top2_share", "nps_promoter_share"
MONTHS = [str(month) for month in pd.period_range("2024-07", "2026-06", freq="M")]


def report(answers: int, satisfied: int, *, months: int = 12, target: float | None = 85.0, **row: Any) -> Any:
    """A unit with so many answers and satisfied ones in each of its newest months."""
    rows = pd.DataFrame({"period": MONTHS[-months:], "mature": True, "segment": ""})
    rows = rows.assign(numerator=float(satisfied), denominator=float(answers), n=float(answers), se=1.0)
    rows = rows.assign(value=100.0 * satisfied / answers, low=0.0, high=100.0)
    kpi = {"metric": CSAT, "value": 100.0 * satisfied / answers, "n": float(answers), "target": target} | row
    return SimpleNamespace(
        catalogue=CATALOGUE,
        kpi_rows=[kpi],
        kpi=lambda metric: kpi if metric == CSAT else None,
        series=lambda metric: rows if metric == CSAT else rows.iloc[:0],
        tells=lambda metric: metric == CSAT,
    )


def test_a_page_of_six_answers_a_month_is_headed_by_the_year():
    told = year_alone(report(6, 5), (NPS, CSAT))
    assert told.headline["en"].startswith("Too few records in a month to judge; over twelve months ")
    assert "83.3% (73.1" in told.headline["en"]
    assert told.headline["zh"].startswith("单月记录太少，无法判断；近十二个月满意率（CSAT）为83.3%（")
    assert told.good is None, "it is no news"


def test_a_year_of_twelve_answers_tells_nothing_and_a_month_of_forty_needs_no_year():
    assert year_alone(report(1, 1), (CSAT,)).headline["zh"] == "记录太少，近十二个月合计也不足以判断"
    assert year_alone(report(40, 30), (CSAT,)) is None
    assert year_alone(report(6, 5), (NPS,)) is None, "the data tell none of the metrics"


@pytest.mark.parametrize(("signal", "said"), [("insufficient", "THE YEAR"), ("steady", "No figure surely outside")])
def test_the_year_heads_only_what_no_month_can_judge(signal: str, said: str):
    row = {"metric": CSAT, "value": 80.0, "low": 40.0, "high": 95.0, "n": 5, "signal": signal}
    row |= {"signal_reason": "records", "period": "2026-06", "value_period": "2026-06"}
    year = {"en": "THE YEAR", "zh": "全年"}
    assert say_headline([row], [], CATALOGUE, year=year)["en"].startswith(said)
    moved = {**row, "signal": "worsening"}
    assert "THE YEAR" not in say_headline([moved], [], CATALOGUE, year=year)["en"]


def test_the_year_is_the_last_that_an_area_tells_and_no_news_of_the_summary(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(area_news, "units_told", lambda _, metric, months: None)
    monkeypatch.setattr(area_news, "years_told", lambda *_: None)
    unit = report(6, 5)
    assert area_news.area_told(unit, "satisfaction")[-1].metric == CSAT
    monkeypatch.setattr(area_news, "WATCHED", {"satisfaction": area_news.WATCHED["satisfaction"]})
    assert area_news.told_by_areas(unit) == ()


def test_twelve_months_may_miss_a_target_surely_though_no_single_month_does(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(yearly, "say_unreliable", lambda *_: None)
    assert "target" not in year_on_year(report(10, 8), CSAT)["en"], "its interval reaches the target"
    sure = year_on_year(report(40, 30), CSAT)
    assert sure["en"].endswith("Over these months together the target of 85% is missed, beyond chance.")
    assert sure["zh"].endswith("这些月份合计未达到85%的目标，超出随机波动。")
    assert "target" not in year_on_year(report(40, 38), CSAT)["en"], "met"
    assert "target" not in year_on_year(report(40, 30, target=None), CSAT)["en"]
    assert "target" not in year_on_year(report(40, 30, months=3), CSAT)["en"], "three months do not show their swings"


def test_a_change_that_is_older_than_a_year_is_not_called_no_change():
    row = {"metric": "cost_per_order", "value": 166.0, "low": 156.0, "high": 176.0, "n": 517, "signal": "steady"}
    row |= {"period": "2026-06", "value_period": "2026-06"}
    values = {"as_of": "2026-06", "worth": True}
    rise = {"kind": "level_shift", "metric": "cost_per_order", "since": "2024-12", "good": False, "values": values}
    said = say_headline([row], [rise], CATALOGUE)
    assert said["en"].startswith("Nothing new in the last twelve months; cost per order ")
    assert said["zh"].startswith("近十二个月没有新变化；单均服务成本166（")
    assert say_headline([row], [], CATALOGUE)["en"].startswith("No figure surely outside its usual range")


def test_chinese_says_a_change_with_a_verb_and_english_with_its_sign():
    told = {value: tell_move(tell_change(value, "%")) for value in (2.5, -11.9, 0.0, 0.01)}
    assert [text["zh"] for text in told.values()] == ["上升2.5个百分点", "下降11.9个百分点", "持平", "上升0.01个百分点"]
    assert told[-11.9]["en"].startswith("−11.9")


def test_a_cost_that_hardly_moved_has_no_part_that_is_news():
    orders = pd.Series({"a": 100.0})
    was = Bill(orders, orders * 200.0, 500.0, 0.0, 0.0)
    split = split_bills(was, Bill(orders + 1, (orders + 1) * 198.5, 500.0, 0.0, 0.0))
    said = cost_change._headline(
        SimpleNamespace(catalogue=CATALOGUE), split, was, pd.PeriodIndex(MONTHS[-3:], freq="M")
    )
    assert said["en"].endswith("as a year ago (+0.24%): no part of it moved by 1.5% or more")
    assert "基本持平" in said["zh"]
