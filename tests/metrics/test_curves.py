"""The curves of the reports: share still open by age, and what closed records alone would claim."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.metrics import measure as measuring

ORDERS = pd.DataFrame(
    {
        "work_order_id": ["W1", "W2", "W3", "W4"],
        "business_unit": "A",
        "submitted_at": pd.to_datetime(["2025-06-01", "2025-06-01", "2025-06-01", "2025-06-11"]),
        "completed_at": pd.to_datetime(["2025-06-02", "2025-06-03", None, None]),
        "status": ["completed", "completed", "open", "open"],
    }
)


def test_a_curve_counts_open_orders_and_shows_what_closed_ones_would_claim(measured: Callable[..., Any]):
    # Two of four end after 1 and 2 days, two are open: 3/4 and 1/2 are still open then. Of the closed ones: 1/2 and 0.
    result = measured({"work_orders": ORDERS}, ["repair_cycle_median"], cutoff="2025-07-01")
    curve = result.curves()
    own = curve[curve["business_unit"] == "A"].set_index("time")
    assert set(curve["metric"]) == {"repair_cycle"}
    assert own.loc[[0, 0.5, 1, 1.5, 2, 10], "survival"].tolist() == pytest.approx([1, 1, 0.75, 0.75, 0.5, 0.5])
    assert own.loc[[0, 0.5, 1, 1.5, 2, 10], "naive"].tolist() == pytest.approx([1, 1, 0.5, 0.5, 0, 0])
    assert own.index.max() == 30
    assert (own["low"] <= own["survival"]).all()


def test_only_the_newest_periods_have_curves(measured: Callable[..., Any]):
    days = pd.date_range("2022-01-01", "2025-06-30", freq="5D")
    ids = [f"W{i}" for i in range(len(days))]
    many = pd.DataFrame({"work_order_id": ids, "business_unit": "A", "submitted_at": days})
    many = many.assign(completed_at=days + pd.Timedelta(days=1), status="completed")
    curve = measured({"work_orders": many}, ["repair_cycle_median"], cutoff="2025-07-01").curves()
    assert sorted(curve["period"].unique())[0] == "2023-07"
    assert curve["period"].nunique() == measuring.CURVE_PERIODS == 24


def test_the_figures_are_the_same_when_the_periods_are_read_in_small_stretches(
    business: Any, measured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    names = [
        *(
            "repair_cycle_median",
            "repair_cycle_within_7d_in_period",
            "stage_mean_repair",
            "backlog",
            "orders_submitted",
        ),
        *("complaints_per_1000_units", "complaining_customer_rate", "waiting_share"),
    ]
    whole = measured(business, names, cutoff="2025-07-05 23:59:59").read()
    monkeypatch.setattr(measuring, "RECORDS_AT_ONCE", 1)
    pd.testing.assert_frame_equal(measured(business, names, cutoff="2025-07-05 23:59:59").read(), whole)
