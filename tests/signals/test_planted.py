"""The proof of the signals on simulated businesses: short here, whole under `make prove` (and in docs/evidence.md)."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.evidence import joined, page
from benchmarks.planted import judge_planted, prove, run_business
from benchmarks.scenarios import planted_business, quiet_business
from benchmarks.scoring import STRONG, STRONG_ELSE, is_right, summarise, tell_quiet
from benchmarks.simulated import Business, Effect, simulate
from benchmarks.simulated.levels import Quiet

LEAN = (
    "work_order_events", "visits", "interactions", "costs", "parts_usage", "warranty_claims", "purchases", "returns",
    "loyalty_members", "loyalty_transactions", "technician_time", "training", "incentives", "quality_audits",
    "warranty_reserve", "parts_stock", "quality_issues", "contracts", "customers", "surveys", "complaints",
    "installed_units", "installed_base_monthly", "technicians",
)  # fmt: skip
MONTHS = 30
STAGE = Effect("stage", 0, 2.0, MONTHS - 5, 5, "dispatch")
FIX = Effect("first_time_fix", 1, 20.0, MONTHS - 7, MONTHS)


def _business(**changes):
    small = Business(
        5, (250, 250, 240, 260), months=MONTHS, growth=(0.004,) * 4, effects=(STAGE, FIX), quiet=Quiet(wander=0.02),
        without=LEAN,
    )  # fmt: skip
    return replace(small, **changes)


def test_planted_effects_are_found_through_the_real_pipeline_and_quiet_units_stay_quiet(tmp_path):
    run = run_business(_business(), tmp_path)
    stage, fix = judge_planted(run)
    assert stage["errors"] >= STRONG_ELSE
    assert stage["found"]
    assert stage["months_off"] <= 1
    assert fix["found"]
    calm = tell_quiet(run)
    assert [one["unit"] for one in calm] == ["N02", "N03"]
    assert sum(len(one["findings"]) for one in calm) <= 1
    assert sum(one["loud"] for one in calm) <= 0.03 * sum(one["cards"] for one in calm) + 1


def test_the_simulation_does_what_it_is_told():
    without, planted = (simulate(_business(effects=effects)).tables["work_orders"] for effects in ((), (STAGE, FIX)))

    def usual(orders, unit, months):
        own = orders[(orders["business_unit"] == unit) & orders["assigned_at"].notna()]
        month = own["submitted_at"].dt.to_period("M").astype(str)
        waited = (own["assigned_at"] - own["handled_at"])[month.isin(months)]
        return waited.median().total_seconds()

    newest = [str(month) for month in _business().complete[-5:]]
    before = [str(month) for month in _business().complete[:-5]]
    ratio = {
        unit: usual(planted, unit, newest) / usual(planted, unit, before)
        / (usual(without, unit, newest) / usual(without, unit, before))
        for unit in ("N00", "N02")
    }  # fmt: skip
    assert ratio["N00"] == pytest.approx(2.0, rel=0.15)
    assert ratio["N02"] == pytest.approx(1.0, rel=0.15)


def test_the_truth_of_orders_to_come_counts_those_that_come_back():
    simulated = simulate(_business(effects=()))
    orders, months = simulated.tables["work_orders"], _business().calendar
    asked = orders["submitted_at"].dt.to_period("M")
    for unit, truth in zip(_business().units, simulated.truth["orders_submitted"], strict=True):
        counts = asked[orders["business_unit"] == unit].value_counts().reindex(months, fill_value=0)
        complete = len(_business().complete)
        assert counts.to_numpy()[:complete].tolist() == truth[:complete].tolist()
        assert (truth[complete:] > 0).all()


def test_two_simulations_of_one_seed_are_alike_and_of_two_are_not():
    first, again, other = (simulate(_business(seed=seed)).tables["work_orders"] for seed in (5, 5, 6))
    assert first.equals(again)
    assert not first["submitted_at"].equals(other["submitted_at"])


def test_nothing_is_known_after_the_cut_off_and_stamps_are_in_order():
    business = _business(without=())
    tables = simulate(business).tables
    for name, frame in tables.items():
        for column in frame.select_dtypes("datetime"):
            if column not in ("window_start", "window_end", "warranty_end_on", "response_due_at", "resolution_due_at",
                              "end_on", "date", "data_cutoff_at"):  # fmt: skip
                latest = frame[column].max()
                assert latest is None or not latest.timestamp() > business.cutoff, (name, column)
    orders = tables["work_orders"]
    stamps = ["submitted_at", "handled_at", "assigned_at", "arrived_at", "completed_at", "closed_at"]
    for earlier, later in pairwise(stamps):
        both = orders[orders[earlier].notna() & orders[later].notna()]
        assert (both[earlier] <= both[later]).all()


@pytest.mark.parametrize(
    ("changed", "right"),
    [
        ({}, True),
        ({"metric": "stage_mean_repair"}, False),
        ({"metric": "repair_cycle_median"}, False),
        ({"metric": "repair_cycle_median", "segment": {"stage": "dispatch"}}, True),
        ({"good": True}, False),
        ({"kind": "outlier"}, False),
    ],
)
def test_only_the_right_metric_direction_and_segment_count_as_found(changed, right):
    found = {"kind": "level_shift", "metric": "dispatch_time_median", "segment": {}, "direction": "up", "good": False}
    assert is_right(STAGE, found | changed) is right


def test_the_summary_counts_what_was_promised_apart_from_the_rest_and_makes_a_page():
    one = {"kind": "stage", "size": 1.5, "errors": 5.0, "found": True, "months_off": 1}
    planted = [
        one,
        one | {"found": False, "months_off": None},
        one | {"errors": 1.0, "found": False, "months_off": None},
    ]
    quiet = [{"business": "quiet", "unit": "N00", "findings": [["trend", "m", "{}"]], "cards": 50, "loud": 1}]
    covered = [{"kind": "rate", "held": 95, "of": 100}]
    told = summarise(planted, quiet, covered)
    assert told["promised_all"][0] | {"all": "all"} == {
        "all": "all", "planted": 2, "found": 0.5, "dated": 1.0, "standard_errors": 5.0,
    }  # fmt: skip
    assert told["quiet"][0]["loud_cards_share"] == 0.02
    assert STRONG["complaint_spike"] == 6
    text = page({"seeds": [1], "cpu_seconds": 3.0, "summary": json.loads(json.dumps(told, allow_nan=False))})
    assert "| all | 2 | 50% | 100% |" in text


def test_seeds_run_one_by_one_make_one_page():
    one = {"kind": "stage", "size": 1.5, "errors": 5.0, "found": True, "months_off": 1}
    calm = {"business": "quiet", "unit": "N00", "findings": [], "cards": 50, "loud": 0}
    runs = [
        {
            "seeds": [seed], "cpu_seconds": 2.0, "planted": [one | {"found": seed == 1}], "quiet": [calm],
            "coverage": [{"kind": "rate", "held": 90 + seed, "of": 100}],
        }
        for seed in (1, 2)
    ]  # fmt: skip
    together = joined(runs)
    assert (together["seeds"], together["cpu_seconds"]) == ([1, 2], 4.0)
    assert together["summary"]["promised_all"][0]["found"] == 0.5
    assert together["summary"]["coverage"][0]["covered"] == 183 / 200
    assert "| rate | 91.5% | 86.8% to 94.6% | 200 |" in page(together)


def test_no_two_seeds_are_alike():
    businesses = [planted_business(seed) for seed in range(8)] + [quiet_business(seed) for seed in range(8)]
    assert len({business.months for business in businesses}) > 1
    assert len({business.quiet for business in businesses}) > 8
    assert all(not quiet_business(seed).effects for seed in range(3))
    assert {effect.kind for effect in planted_business(1).effects} >= {"stage", "mix", "batch", "complaint_spike"}
    assert np.min([min(business.orders) for business in businesses]) >= 240


@pytest.mark.prove
def test_three_seeds_keep_the_promise(tmp_path):
    told = prove([1, 2, 3], tmp_path)["summary"]
    [every] = told["promised_all"]
    [calm] = [one for one in told["quiet"] if one["business"] == "quiet"]
    assert every["found"] >= 0.95
    assert every["dated"] >= 0.8
    assert calm["findings_per_unit"] <= 0.3
    assert calm["loud_cards_share"] <= 0.03
    assert {one["kind"] for one in told["coverage"]} == {"KM median", "proportion", "rate", "forecast"}
    for one in told["coverage"]:  # 93 to 97 %, as far as so many intervals tell
        assert min(one["high"], 0.97) >= max(one["low"], 0.93), one
