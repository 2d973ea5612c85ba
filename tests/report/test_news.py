"""What may lead a page: news, not what holds every month, and not a mere count where its rate is known."""

from typing import Any

import pytest


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


def test_a_quiet_summary_leads_with_the_repair_cycle_where_it_can_be_judged(sample_report):
    reports = [sample_report("summary", unit) for unit in ("U01", "U02", "U04", "U06", "U08", "U10")]
    quiet = [
        report
        for report in reports
        if report.kpi("repair_cycle_median")["signal"] == "steady"
        and not any(report.is_news(each) for each in report.findings())
        and set(report.kpis["signal"]) <= {"steady", "insufficient"}
    ]
    assert quiet, "none of these units is quiet: choose others"
    for report in quiet:
        assert "repair cycle" in report.headline["en"].lower()
        assert "维修周期" in report.headline["zh"]
