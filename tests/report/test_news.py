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
