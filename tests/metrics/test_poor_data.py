"""One row, nothing but nulls, no rows, tables that lack: a metric either has its figure or its reason, and nothing
fails."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.metrics.long_shape import CURVES, MEASUREMENTS
from analysis.metrics.measure import find_missing

Measured = Callable[..., Any]

ONE_ORDER = pd.DataFrame(
    {
        "work_order_id": ["W1"],
        "business_unit": ["A"],
        "submitted_at": ["2025-06-03"],
        "status": ["completed"],
        "completed_at": ["2025-06-05"],
        "closed_at": ["2025-06-05"],
    }
)


def test_the_whole_catalogue_can_be_measured_on_one_order(measured: Measured):
    found = measured({"work_orders": ONE_ORDER}, cutoff="2025-07-31").read(
        business_unit="A", period="2025-06", breakdown=""
    )
    values = found.set_index("metric")["value"]
    assert values["repair_cycle_median"] == 2
    assert values["backlog"] == 0
    assert values["orders_submitted"] == 1


def test_an_order_with_nothing_but_its_required_fields_gives_reasons_not_errors(measured: Measured):
    table = ONE_ORDER.assign(status="open", **dict.fromkeys(("handled_at", "completed_at", "first_response_at")))
    found = measured({"work_orders": table}, cutoff="2025-07-31").read(business_unit="A", breakdown="")
    assert found.loc[found["value"].isna(), "reason"].notna().all()


def test_an_empty_table_gives_no_rows_and_files_of_the_right_shape(measured: Measured):
    result = measured({"work_orders": ONE_ORDER.iloc[:0]}, cutoff="2025-07-31")
    assert len(result.read()) == 0
    assert list(result.read().columns) == MEASUREMENTS.names
    assert list(result.curves().columns) == CURVES.names


def test_a_value_is_missing_exactly_where_there_is_a_reason(business_measured: dict[str, pd.DataFrame]):
    for found in business_measured.values():
        assert (found["value"].isna() == found["reason"].notna()).all()
        assert not np.isinf(found[["value", "low", "high", "se", "numerator", "denominator"]]).any(axis=None)


def test_what_the_data_lack_is_named_for_each_metric(measured: Measured):
    result = measured({"work_orders": ONE_ORDER}, cutoff="2025-07-31")
    missing = json.loads((result.folder / "missing.json").read_text())
    assert missing["request_handling_time_median"] == ["work_orders.handled_at"]
    assert missing["complaints_per_1000_units"] == ["complaints", "installed_base_monthly|installed_units"]
    assert missing["complaints_per_100_orders_in_period"] == ["complaints"]  # what its parts lack
    assert "repair_cycle_median" not in missing
    assert set(result.read()["metric"]).isdisjoint(missing)


def test_either_of_two_alternatives_is_enough(write_store: Callable[..., Any]):
    store = write_store(
        {"work_orders": ONE_ORDER[["work_order_id", "business_unit", "submitted_at", "status", "closed_at"]]},
        cutoff="2025-07-31",
    )
    assert "repair_cycle_median" not in find_missing(store, read_catalogue())


def test_a_breakdown_without_its_columns_is_not_measured(measured: Measured):
    found = measured({"work_orders": ONE_ORDER}, ["orders_submitted"], cutoff="2025-07-31").read()
    assert set(found["breakdown"]) == {""}


def test_a_segment_that_a_record_does_not_name_is_unknown(measured: Measured):
    table = pd.concat([ONE_ORDER, ONE_ORDER.assign(work_order_id="W2")]).assign(priority=["high", None])
    found = measured({"work_orders": table}, ["orders_submitted"], cutoff="2025-07-31").read(
        breakdown="priority", business_unit="A"
    )
    assert dict(zip(found["segment"], found["value"], strict=True)) == {"high": 1, "unknown": 1}


def test_hostile_ids_of_units_and_segments_stay_text(measured: Measured):
    unit = "x' OR '1'='1'; DROP TABLE orders --/../{x}"
    table = ONE_ORDER.assign(business_unit=unit, priority="<script>'; SELECT 1")
    found = measured({"work_orders": table}, ["orders_submitted"], cutoff="2025-07-31").read(business_unit=unit)
    assert set(found["segment"]) == {"", "<script>'; SELECT 1"}


def test_measuring_twice_gives_the_same_bytes(business: Any, measured: Measured):
    names = ["repair_cycle_median", "backlog", "response_sla_attainment", "complaints_per_1000_units"]
    results = [measured(business, names, cutoff="2025-07-05 23:59:59").folder for _ in range(2)]
    for file in ("measurements.parquet", "curves.parquet", "missing.json"):
        assert (results[0] / file).read_bytes() == (results[1] / file).read_bytes()


@pytest.mark.parametrize("breakdown", ["product_line", "channel", "technician_id"])
def test_segments_of_a_count_add_up_to_the_whole(breakdown: str, business_measured: dict[str, pd.DataFrame]):
    found = business_measured["month"]
    counts = found[found["metric"] == "orders_submitted"]
    whole = counts[counts["breakdown"] == ""].set_index(["business_unit", "period"])["value"]
    parts = counts[counts["breakdown"] == breakdown].groupby(["business_unit", "period"])["value"].sum()
    assert parts.to_dict() == whole.to_dict()


def test_units_of_a_count_add_up_to_the_company(business_measured: dict[str, pd.DataFrame]):
    found = business_measured["month"]
    counts = found[
        found["metric"].isin(["orders_submitted", "backlog", "complaints_received"]) & (found["breakdown"] == "")
    ]
    wide = counts.pivot_table(index=["metric", "period"], columns="business_unit", values="value")
    assert (wide["A"] + wide["B"]).to_dict() == wide["all"].to_dict()


def test_no_two_rows_are_about_the_same_cell(business_measured: dict[str, pd.DataFrame]):
    for found in business_measured.values():
        assert not found.duplicated(["metric", "business_unit", "period", "breakdown", "segment"]).any()


def test_an_interval_holds_its_value(business_measured: dict[str, pd.DataFrame]):
    found = business_measured["month"].dropna(subset=["low", "value"])
    assert (found["low"] <= found["value"] + 1e-9).all()
    assert (found["high"].fillna(np.inf) >= found["value"] - 1e-9).all()
