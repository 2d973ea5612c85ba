"""What may lead a page: news, not what holds every month, and not a mere count where its rate is known."""

from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis import news
from analysis.areas import process, summary
from analysis.metrics.cards import read_catalogue
from analysis.news import Told
from analysis.presentation.language import plain

REPORTS = ("summary", "process", "complaints", "satisfaction", "service_quality", "benchmarks")


def found(kind: str, metric: str) -> dict[str, Any]:
    return {"kind": kind, "metric": metric}


@pytest.mark.parametrize(
    ("kind", "metric", "news"),
    [
        ("level_shift", "complaints_per_1000_units", True),
        ("level_shift", "complaints_received", False),  # the rate is known: more customers complain more often
        ("level_shift", "orders_submitted", True),  # demand has no rate in its area
        ("concentration", "complaints_received", True),
        ("bottleneck", "stage_mean_repair", False),
        ("seasonality", "orders_submitted", False),
    ],
)
def test_a_count_leads_a_page_only_where_no_rate_is_known(sample_report, kind, metric, news):
    assert sample_report("complaints", "all").is_news(found(kind, metric)) is news


CALM = ("No figure surely outside", "Nothing new in", "No change large enough", "Service is steady")


def headed(report: Any, area: str, told: tuple[Told, ...] | None = None) -> str:
    module = import_module(f"analysis.areas.{area}")
    own = module.told(report) if told is None and hasattr(module, "told") else told or ()
    return report.header(module.headline(report), own).headline["en"]


@pytest.fixture
def quiet(sample_report: Callable[..., Any]) -> Callable[..., Any]:
    """`quiet("process", "U03", backlog="worsening")`: a page on which nothing else is news."""

    def open_quiet(name: str, unit: str, **signals: str) -> Any:
        report = sample_report(name, unit)
        report.run.__dict__["findings"] = []
        rows = [
            {**row, "signal": signals.get(row["metric"], "steady"), "signal_reason": None, "chart": None}
            for row in report.kpi_rows
        ]
        report.__dict__["kpi_rows"] = rows
        return report

    return open_quiet


def test_a_page_on_which_nothing_is_news_says_so(quiet: Callable[..., Any]):
    assert headed(quiet("process", "U03"), "process", ()).startswith(CALM)


def test_a_worsening_card_heads_its_page_whatever_area_the_figure_is_of(quiet: Callable[..., Any]):
    report = quiet("process", "U03", backlog="worsening")
    assert "backlog" not in report.metrics
    assert headed(report, "process", ()).startswith("Backlog outside the usual range, for the worse")
    points = [point["en"] for point in report.header(process.headline(report)).points]
    assert any(point.startswith("Backlog outside the usual range") for point in points)


def test_a_worsening_card_keeps_the_summary_from_calling_service_steady(quiet: Callable[..., Any]):
    report = quiet("summary", "U03", cost_per_order="worsening")
    shown = summary.headline(report)
    assert "cost_per_order" in {card.metric for card in shown.cards}
    assert report.header(shown).headline["en"].startswith("Service is worsening: cost per order")


def test_an_unfavourable_finding_goes_before_steady_on_the_summary(quiet: Callable[..., Any]):
    report = quiet("summary", "U03")
    report.run.__dict__["findings"] = [grave("U03", good=False)]
    said = report.header(summary.headline(report)).headline["en"]
    assert said.startswith("Monthly complaints per 1,000 units in service rose")
    assert "; otherwise no key figure of service worsens: " in said


def test_what_a_section_tells_for_the_worse_heads_a_page_that_is_calm_else(quiet: Callable[..., Any]):
    fell = Told({"en": "CSAT fell", "zh": "下降"}, {"en": "CSAT fell.", "zh": "下降。"}, good=False)
    rose = Told({"en": "CSAT rose", "zh": "上升"}, {"en": "CSAT rose.", "zh": "上升。"}, good=True)
    assert headed(quiet("satisfaction", "all"), "satisfaction", (rose, fell)) == "CSAT fell"
    assert headed(quiet("satisfaction", "all"), "satisfaction", (rose,)) == "CSAT rose"
    worse = quiet("satisfaction", "all", csat_top2_share="worsening")
    assert "for the worse" in headed(worse, "satisfaction", (rose, fell)), "a card's signal before a section's"


def test_on_the_companys_page_the_gravest_news_of_a_unit_goes_before_calm(quiet: Callable[..., Any]):
    report = quiet("complaints", "all")
    report.run.__dict__["findings"] = [grave("U02", good=True), grave("U03", good=False)]
    said = headed(report, "complaints", ())
    assert said.startswith(report.run.unit_name("U03")["en"] + ": ")
    assert "complaints per 1,000 units" in said
    own = quiet("complaints", "U01")
    own.run.__dict__["findings"] = [grave("U03", good=False)]
    assert headed(own, "complaints", ()).startswith(CALM), "a unit's page does not tell of another"


def test_a_finding_for_the_worse_goes_before_one_for_the_better_where_cards_worsen(quiet: Callable[..., Any]):
    report = quiet("complaints", "U03", complaints_per_1000_units="worsening")
    report.run.__dict__["findings"] = [grave("U03", good=True, metric="complaint_resolution_7d")]
    assert "for the worse" in headed(report, "complaints", ())


@pytest.mark.parametrize("metric", ["survey_answers", "part_lines_used"])
def test_how_much_was_written_down_is_no_news_of_quality(quiet: Callable[..., Any], metric: str):
    area = {"survey_answers": "satisfaction", "part_lines_used": "product_quality"}[metric]
    report = quiet(area, "U03")
    report.run.__dict__["findings"] = [grave("U03", good=None, metric=metric)]
    header = report.header(import_module(f"analysis.areas.{area}").headline(report))
    name = report.catalogue[metric].name["en"].lower()
    assert not [said for said in (header.headline, *header.points) if name in said["en"].lower()]


@pytest.mark.prove
def test_no_page_of_the_sample_is_calm_where_a_card_worsens_or_a_section_tells_worse(sample_report):
    for name in REPORTS:
        area = import_module(f"analysis.areas.{name}")
        for unit in ("all", "U09"):
            report = sample_report(name, unit)
            cards = area.headline(report)
            told = area.told(report) if hasattr(area, "told") else ()
            worse = [card for card in cards.cards if card.signal == "worsening"]
            if worse or any(one is not None and not one.good for one in told):
                assert not report.header(cards, told).headline["en"].startswith(CALM), (name, unit)


def grave(unit: str, *, good: bool | None, metric: str = "complaints_per_1000_units") -> dict[str, Any]:
    return {
        "kind": "level_shift", "metric": metric, "business_unit": unit, "segment": {}, "since": "2026-03",
        "direction": "up", "good": good, "q_value": 0.001,
        "effect": {"value": 1.0, "low": 0.6, "high": 1.4, "unit": "ratio"},
        "values": {"before": 0.75, "after": 1.5, "worth": True, "until": None, "as_of": "2026-06"},
    }  # fmt: skip


def test_a_batch_that_fails_beyond_doubt_is_news_of_the_summary_too(quiet: Callable[..., Any]):
    report = quiet("summary", "U03")
    cluster = {
        "metric": "fault_cluster_excess", "breakdown": "fault_cluster", "segment": "batch=B1;fault_code=F1",
        "period": report.period, "value": 9.0, "low": 4.0, "high": 16.0, "numerator": 9.0, "denominator": 1.0, "n": 7,
    }  # fmt: skip
    report.__dict__["segments"] = lambda metric, breakdown: pd.DataFrame([cluster])
    assert headed(report, "summary").startswith("Batch B1, fault F1: 9 times the repairs to be expected")
    assert any("batch b1" in point["en"].lower() for point in report.header(summary.headline(report)).points)
    assert "unfavourable ones: 1" in summary.changes(report).headline["en"]
    cluster["low"] = 0.8
    assert headed(report, "summary").startswith(CALM)


def test_a_quiet_page_on_repairs_does_not_deny_the_orders_that_it_tells_of(monkeypatch: pytest.MonkeyPatch):
    found = grave("U03", good=None, metric="orders_submitted") | {"q_value": 0.001}
    monkeypatch.setattr(news, "findings", lambda *_, **__: [found])
    catalogue = read_catalogue()
    row = {"metric": "repair_cycle_median", "value": 2.2, "low": 2.0, "high": 2.5, "signal": "steady", "n": 300}
    report = SimpleNamespace(
        name="repair_cycle", kpi_rows=[row], metrics=(row["metric"], "orders_submitted"), catalogue=catalogue,
        areas_with_rates=set(), unit_name=plain("North"),
    )  # fmt: skip
    assert news._quiet(report)["en"].endswith(", the number of orders aside")
    monkeypatch.setattr(news, "findings", lambda *_, **__: [])
    assert not news._quiet(report)["en"].endswith("apart")
