"""Figures that follow from finer sums and tallies are those that the records give by themselves."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.metrics import cells

CUTOFF = "2025-07-05 23:59:59"
METRICS = [
    *("orders_submitted", "conformance_rate", "visits_per_order", "stage_share_repair"),  # counted and summed
    *("repair_cycle_median", "repair_cycle_within_7d", "stage_mean_dispatch"),  # read off curves
    *("repair_cycle_median_in_period", "backlog", "backlog_over_7d_share"),
]
CELL = ["metric", "business_unit", "period", "breakdown", "segment"]
EXACT = ["n", "numerator", "denominator", "reason", "mature", "immature_share"]
ESTIMATED = ["value", "low", "high", "se"]


@pytest.fixture
def told(measured: Callable[..., Any], business: dict[str, pd.DataFrame]) -> Callable[[], pd.DataFrame]:
    """All figures of METRICS of the random business, in order of their cells."""
    return lambda: measured(business, METRICS, cutoff=CUTOFF).read().sort_values(CELL, ignore_index=True)


def test_figures_added_up_from_all_breakdowns_together_are_those_of_each_by_itself(
    told: Callable[[], pd.DataFrame], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cells, "RECORDS_A_CELL", 0)  # everything is few enough to go together
    together = told()
    monkeypatch.setattr(cells, "RECORDS_A_CELL", 10**9)  # nothing is
    apart = told()

    assert set(together["metric"]) == set(METRICS)
    assert together["breakdown"].nunique() > 5
    pd.testing.assert_frame_equal(together[CELL + EXACT], apart[CELL + EXACT])
    for name in ESTIMATED:
        np.testing.assert_allclose(together[name], apart[name], rtol=1e-12)


def test_a_breakdown_of_which_every_record_says_the_same_has_the_figures_of_the_whole(
    measured: Callable[..., Any], business: dict[str, pd.DataFrame]
):
    alike = business["work_orders"].assign(channel="phone", priority="normal", service_mode="onsite")
    rows = measured({**business, "work_orders": alike}, METRICS, cutoff=CUTOFF).read()
    cell = ["metric", "business_unit", "period"]
    whole = rows[(rows["breakdown"] == "") & (rows["n"] > 0)].set_index(cell)[ESTIMATED]
    for name in ("channel", "priority", "service_mode"):
        part = rows[rows["breakdown"] == name].set_index(cell)
        assert part["segment"].nunique() == 1
        pd.testing.assert_frame_equal(part[ESTIMATED], whole.reindex(part.index), rtol=1e-12)


def test_few_segments_go_together_until_their_combinations_are_nearly_as_many_as_the_records():
    segments = {"fault_code": 90, "priority": 3, "service_mode": 2}

    assert cells.few_together(segments, cells=10, records=8 * 10 * 2 * 3) == ("service_mode", "priority")
    assert cells.few_together(segments, cells=10, records=8 * 10 * 2 * 3 - 1) == ("service_mode",)
    assert cells.few_together(segments, cells=10, records=80) == ()
