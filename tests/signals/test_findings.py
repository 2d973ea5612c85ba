"""Findings beyond a unit's own past: peers, mix, segments, stages, open work, targets; each told once."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.small_cells import TOO_FEW_PEOPLE
from analysis.signals import evaluate
from analysis.signals.findings.between_units import middle_of, stand
from analysis.signals.findings.collect import tell_once_by_segment
from analysis.signals.findings.families import family_of, stage_of
from analysis.signals.findings.mix import leading_mix, split, split_between
from analysis.signals.findings.mix_index import moved
from analysis.signals.findings.segments import read_segments
from analysis.signals.panel import read_panels
from analysis.statistics.mix import kitagawa

MONTHS = 36


def _found(world, *kinds, **context):
    signals = evaluate(world.frame(), world.cards, period=str(world.months(MONTHS)[-1]), **context)
    return [found for found in signals.findings if found["kind"] in kinds]


# -- units ------------------------------------------------------------------------------------------------------------


def test_a_unit_far_above_its_peers_is_found_with_a_cautious_estimate(make_world):
    world = make_world(90)
    unit = np.exp(0.05 * world.rng.standard_normal((12, 1)))
    unit[6] *= 1.7
    world.rate("complaints", 6.0 * unit * np.ones((12, MONTHS)), 6000)
    (found,) = _found(world, "unit_outlier")
    assert (found["business_unit"], found["direction"], found["good"]) == ("U006", "up", False)
    assert found["values"]["peers"] < found["values"]["shrunk"] < found["values"]["value"]


def test_three_elevated_units_do_not_hide_each_other():
    level = np.array([0.0, 0.1, -0.1, 0.05, -0.05, 0.08, -0.08, 0.02, -0.02, 3.0, 3.1, 2.9])
    funnel = stand(level, np.full(12, 0.05))
    assert (funnel.p[9:] < 1e-4).all()
    assert (funnel.p[:9] > 0.01).all()


def test_the_usual_spread_of_units_is_estimated_without_bias_when_none_stands_out():
    rng = np.random.default_rng(1)
    spread = [middle_of(rng.standard_normal(12), np.zeros(12))[1] ** 2 for _ in range(600)]
    assert np.mean(spread) == pytest.approx(1.0, abs=0.08)


def test_units_that_merely_differ_as_units_do_are_rarely_outside(make_world):
    rng = np.random.default_rng(2)
    p = np.concatenate([stand(rng.standard_normal(12), np.full(12, 0.3)).p for _ in range(300)])
    assert (p < 0.001).mean() <= 0.002
    assert (p < 0.05).mean() <= 0.065


def test_five_units_are_too_few_for_a_funnel():
    assert np.isnan(stand(np.arange(5.0), np.ones(5)).p).all()


# -- rate and mix -----------------------------------------------------------------------------------------------------


def _two_lines(world, *, share_after=0.3, slow_after=0.5):
    """A ratio over two product lines, 20 % of them slow; the last six months change share or rate in unit U002."""
    n = np.full((8, 2, MONTHS), 0)
    n[:, 0], n[:, 1] = 1600, 400
    rate = np.broadcast_to(np.array([0.1, 0.5])[None, :, None], n.shape).copy()
    n[2, 1, -6:] = int(2000 * share_after)
    n[2, 0, -6:] = 2000 - int(2000 * share_after)
    rate[2, 1, -6:] = slow_after
    k = world.rng.binomial(n, rate)
    total = world.share("late", np.full((8, MONTHS), 0.18), 2000)
    whole = k.sum(axis=1).ravel()
    world.rows[-1] = total.assign(numerator=whole, denominator=2000, n=2000, value=whole / 20)
    world.segments("late", "product_line", k, ["fast", "slow"], denominator=n)


def test_a_change_from_other_shares_is_a_mix_effect(make_world):
    world = make_world(91)
    _two_lines(world, share_after=0.5)
    (found,) = _found(world, "mix_effect", "rate_effect")
    assert (found["kind"], found["business_unit"], found["segment"]) == ("mix_effect", "U002", {"product_line": "slow"})
    assert found["values"]["segment_share_before"] == pytest.approx(20)
    assert found["values"]["segment_share_after"] == pytest.approx(50)
    assert found["effect"]["value"] == pytest.approx(12, abs=1.5)


def test_a_change_of_one_segments_own_rate_is_a_rate_effect(make_world):
    world = make_world(92)
    _two_lines(world, share_after=0.2, slow_after=0.8)
    (found,) = _found(world, "mix_effect", "rate_effect")
    assert (found["kind"], found["segment"]) == ("rate_effect", {"product_line": "slow"})
    assert found["values"]["share_of_change"] == pytest.approx(1, abs=0.15)


def test_where_nothing_changed_nothing_is_split(make_world):
    world = make_world(93)
    _two_lines(world, share_after=0.2)
    assert _found(world, "mix_effect", "rate_effect") == []


def test_the_split_is_kitagawas_and_adds_up(make_world):
    world = make_world(94)
    _two_lines(world, share_after=0.4, slow_after=0.6)
    panels = read_panels(world.frame().query("breakdown == ''"), world.cards, last=world.months(MONTHS)[-1])
    (segments,) = read_segments(world.frame(), panels, metrics=["late"], months=MONTHS)
    ours = split(segments, 2)
    windows = [slice(-15, -12), slice(-3, None)]
    before, after = (
        pd.DataFrame(
            {
                "segment": segments.names,
                "numerator": segments.numerator[2][:, months].sum(axis=1),
                "denominator": segments.denominator[2][:, months].sum(axis=1),
            }
        )
        for months in windows
    )
    published = kitagawa(before, after)
    assert ours.rate == pytest.approx(100 * published["rate_effect"].to_numpy())
    assert ours.mix == pytest.approx(100 * published["mix_effect"].to_numpy())
    assert (ours.rate + ours.mix).sum() == pytest.approx(ours.after - ours.before)


def test_a_withheld_segment_makes_no_other_mix(make_world):
    """What is left of a month in which one line is withheld for few people is not the month's mix."""
    world = make_world(95)
    _two_lines(world, share_after=0.2)
    newest = [str(month) for month in world.months(MONTHS)[-3:]]
    slow = world.rows[-1]
    few = slow["period"].isin(newest) & (slow["business_unit"] == "U002")
    figures = ["value", "low", "high", "se", "numerator", "denominator", "n"]
    world.rows[-1] = slow.assign(
        **{name: slow[name].astype(float).mask(few) for name in figures},
        reason=slow["reason"].astype(object).mask(few, TOO_FEW_PEOPLE),
    )
    panels = read_panels(world.frame().query("breakdown == ''"), world.cards, last=world.months(MONTHS)[-1])
    (segments,) = read_segments(world.frame(), panels, metrics=["late"], months=MONTHS)
    assert split(segments, 2) is None
    assert np.isnan(moved(segments).p[2])
    assert split(segments, 3) is not None


# -- segments that stand out ------------------------------------------------------------------------------------------


def _faults(world, growth):
    mean = np.full((6, 5, MONTHS), 40.0) * world.season(MONTHS, 0.3)
    mean[3, 1, -4:] *= growth
    k = world.rng.poisson(mean)
    block = world.count("orders_submitted", np.full((6, MONTHS), 200.0))
    whole = k.sum(axis=1).ravel()
    world.rows[-1] = block.assign(value=whole, numerator=whole, n=whole)
    world.segments("orders_submitted", "fault_code", k, ["F1", "F2", "F3", "F4", "unknown"])


def test_a_fault_whose_share_rises_is_found_since_its_month(make_world):
    world = make_world(95)
    _faults(world, 2.5)
    (found,) = _found(world, "concentration")
    assert (found["business_unit"], found["segment"]) == ("U003", {"fault_code": "F2"})
    assert abs(pd.Period(found["since"]).ordinal - world.months(MONTHS)[-4].ordinal) <= 1
    assert found["effect"]["low"] < 2.5 - 1 < found["effect"]["high"]
    assert found["values"]["share_before"] == pytest.approx(20, abs=1.5)


def test_growth_and_season_that_all_faults_share_are_no_concentration(make_world):
    world = make_world(96)
    _faults(world, 1.0)
    assert _found(world, "concentration") == []


def _products(world, *, failing):
    """Complaints of three products; P3 is new and sells ten times as well after two years, and fails if it shall."""
    exposure = np.full((8, 3, MONTHS), 40_000.0)
    exposure[:, 2] = np.where(np.arange(MONTHS) < 24, 4_000.0, 40_000.0)
    rate = np.full(exposure.shape, 0.5)
    if failing:
        rate[5, 2, -5:] *= 3
    k = world.rng.poisson(rate * exposure / 1000)
    total = world.rate("complaints_per_1000_units", np.full((8, MONTHS), 0.5), exposure.sum(axis=1))
    whole, base = k.sum(axis=1).ravel(), exposure.sum(axis=1).ravel()
    world.rows[-1] = total.assign(numerator=whole, denominator=base, n=base, value=1000 * whole / base)
    world.segments("complaints_per_1000_units", "product_id", k, ["P1", "P2", "P3"], denominator=exposure)
    counts = world.count("complaints_received", np.full((8, MONTHS), 50.0))
    world.rows[-1] = counts.assign(numerator=whole, value=whole.astype(float), n=whole)
    world.segments("complaints_received", "product_id", k, ["P1", "P2", "P3"])


def test_a_product_that_sells_well_does_not_pass_for_one_that_fails(make_world):
    world = make_world(103)
    _products(world, failing=False)
    assert _found(world, "concentration") == []


def test_a_product_that_fails_is_told_by_its_rate(make_world):
    world = make_world(104)
    _products(world, failing=True)
    (found,) = _found(world, "concentration")
    assert (found["metric"], found["segment"]) == ("complaints_per_1000_units", {"product_id": "P3"})
    assert (found["business_unit"], found["good"]) == ("U005", False)
    assert found["values"]["usual"] < found["values"]["value"]


def _orders_and_repairs(world, *, failing):
    """Orders of three products and their repairs per unit in service; P3 sells three times as well after two years, and
    fails more than twice as often in the last five months if it shall."""
    exposure = np.full((8, 3, MONTHS), 400.0)
    exposure[:, 2] = np.where(np.arange(MONTHS) < 24, 200.0, 600.0)
    rate = np.full(exposure.shape, 12.0)
    if failing:
        rate[5, 2, -5:] *= 2.5
    repairs = world.rng.poisson(rate * exposure / 100)
    orders = repairs + world.rng.poisson(0.05 * exposure)  # installed and maintained, too
    total = world.rate("repairs_per_100_units", np.full((8, MONTHS), 12.0), exposure.sum(axis=1))
    k, base = repairs.sum(axis=1).ravel(), exposure.sum(axis=1).ravel()
    world.rows[-1] = total.assign(numerator=k, denominator=base, n=base, value=100 * k / base)
    world.segments("repairs_per_100_units", "product_id", repairs, ["P1", "P2", "P3"], denominator=exposure)
    counts = world.count("orders_submitted", np.full((8, MONTHS), 200.0))
    whole = orders.sum(axis=1).ravel()
    world.rows[-1] = counts.assign(numerator=whole, value=whole.astype(float), n=whole)
    world.segments("orders_submitted", "product_id", orders, ["P1", "P2", "P3"])


def test_orders_of_a_product_that_sells_well_are_no_finding_where_its_units_in_service_are_known(make_world):
    world = make_world(105)
    _orders_and_repairs(world, failing=False)
    assert _found(world, "concentration") == []


def test_a_product_that_fails_is_told_by_its_repairs_per_unit_alone(make_world):
    world = make_world(106)
    _orders_and_repairs(world, failing=True)
    (found,) = _found(world, "concentration")
    assert (found["metric"], found["segment"]) == ("repairs_per_100_units", {"product_id": "P3"})


def test_a_product_explains_the_rise_of_its_line(make_card):
    def finding(segment, low, high, weight):
        effect = {"value": (low + high) / 2, "low": low, "high": high, "unit": "ratio"}
        base = {"kind": "concentration", "metric": "orders_submitted", "business_unit": "U1", "since": "2024-01"}
        return base | {"segment": segment, "effect": effect, "weight": weight}

    line, product, fault = (
        finding({"product_line": "washers"}, 0.3, 0.6, 30.0),
        finding({"product_id": "P8"}, 1.2, 1.6, 24.0),
        finding({"fault_code": "E2"}, 0.9, 2.0, 9.0),
    )
    kept = tell_once_by_segment([fault, line, product], {"orders_submitted": make_card("orders_submitted")})
    assert [one["segment"] for one in kept] == [{"product_id": "P8"}]


def test_a_part_that_a_failing_batch_uses_up_is_told_with_the_batch_unless_it_rises_by_more(make_card):
    def finding(metric, segment, low, high, weight, unit="U1"):
        effect = {"value": (low + high) / 2, "low": low, "high": high, "unit": "ratio"}
        base = {"kind": "concentration", "metric": metric, "business_unit": unit, "since": "2026-01"}
        return base | {"segment": segment, "effect": effect, "weight": weight}

    cards = {metric: make_card(metric) for metric in ("repairs_per_100_units", "part_lines_used")}
    batch = finding("repairs_per_100_units", {"batch": "B25"}, 4.0, 8.0, 19.0)
    part = finding("part_lines_used", {"part_id": "PT-02"}, 0.7, 1.6, 12.0)
    elsewhere = finding("part_lines_used", {"part_id": "PT-02"}, 0.7, 1.6, 2.0, unit="U2")
    steeper = finding("part_lines_used", {"part_id": "PT-07"}, 9.0, 20.0, 12.0)
    kept = tell_once_by_segment([part, batch, elsewhere, steeper], cards)
    assert {(one["business_unit"], *one["segment"].values()) for one in kept} == {
        ("U1", "B25"),
        ("U2", "PT-02"),
        ("U1", "PT-07"),
    }


# -- stages, open work, targets, families -----------------------------------------------------------------------------


def _cycle_with_stages(world):
    response = np.full((8, MONTHS), 1.5)
    response[5, -6:] *= 1.8
    rest = np.full((8, MONTHS), 1.0)
    world.duration("repair_cycle_median", response + rest, 900)
    world.duration("repair_cycle_p90", 3 * (response + rest), 900)
    world.duration("stage_mean_dispatch", rest, 900)
    world.duration("stage_mean_technician_response", response, 900)
    world.duration("technician_response_time_median", 20 * response, 900)


def test_a_slower_cycle_is_told_once_with_the_stage_that_explains_it(make_world):
    world = make_world(97)
    _cycle_with_stages(world)
    (found,) = _found(world, "level_shift", "trend", "outlier")
    assert (found["metric"], found["business_unit"]) == ("repair_cycle_median", "U005")
    assert found["segment"] == {"stage": "technician_response"}
    assert found["values"]["stage_share"] > 80


def test_three_months_of_a_stage_are_the_mean_of_their_orders_not_of_their_means(make_world):
    world = make_world(97)
    response, rest = np.full((8, MONTHS), 2.0), np.full((8, MONTHS), 1.0)
    response[:, -1] = 8.0
    orders = np.full((8, MONTHS), 900.0)
    orders[:, -1] = 100.0
    for metric, days in (("stage_mean_technician_response", response), ("stage_mean_dispatch", rest)):
        block = world.duration(metric, days, 900)
        world.rows[-1] = block.assign(value=days.ravel(), n=orders.ravel())
    found = _found(world, "bottleneck")[0]
    assert found["values"]["mean"] == pytest.approx((2 * 900 * 2 + 8 * 100) / 1900)
    assert found["values"]["total"] == pytest.approx(found["values"]["mean"] + 1)


def test_every_unit_has_its_bottleneck(make_world):
    world = make_world(98)
    _cycle_with_stages(world)
    bottlenecks = _found(world, "bottleneck")
    assert {found["segment"]["stage"] for found in bottlenecks} == {"technician_response"}
    assert len(bottlenecks) == 8


def test_a_bottleneck_is_told_of_the_months_that_have_orders(make_world):
    """A log that begins in March was told of January to March."""
    world = make_world(98)
    for metric, days in (("stage_mean_technician_response", 3.0), ("stage_mean_dispatch", 1.0)):
        truth = np.full((3, MONTHS), days)
        block = world.duration(metric, truth, 900)
        orders = np.full((3, MONTHS), 900.0)
        orders[:, :-1] = 0.0
        world.rows[-1] = block.assign(value=np.where(orders > 0, truth, np.nan).ravel(), n=orders.ravel())
    assert {found["values"]["months"] for found in _found(world, "bottleneck")} <= {1}


def test_where_arrivals_are_unknown_the_repair_itself_is_not_called_the_bottleneck(make_world):
    """A help desk without arrivals: all from the assignment to the completion was "the repair itself"."""
    world = make_world(98)
    for metric, days in (("stage_mean_dispatch", 1.0), ("stage_mean_repair", 4.0)):
        world.duration(metric, np.full((3, MONTHS), days), 900)
    assert _found(world, "bottleneck") == []


def test_closed_only_figures_that_look_too_good_are_named(make_world):
    how = {"start": "submitted_at", "end": "completed_at", "statistic": "quantile", "at": 0.5, "table": "work_orders"}
    world = make_world(99)
    truth = np.full((6, MONTHS), 3.0)
    truth[2, -4:] = 5.0
    world.duration("repair_cycle_median", truth, 900, how=SimpleNamespace(**how, closed_only=False))
    world.duration(
        "repair_cycle_closed_only_median", np.full((6, MONTHS), 3.0), 900, how=SimpleNamespace(**how, closed_only=True)
    )
    (found,) = _found(world, "censoring")
    assert (found["metric"], found["business_unit"]) == ("repair_cycle_median", "U002")
    assert found["values"]["closed_only"] < found["values"]["value"]


def test_a_target_missed_beyond_chance_is_found_and_one_missed_by_chance_is_not(make_world):
    world = make_world(100)
    truth = np.full((6, MONTHS), 3.0)
    truth[4] = 3.9
    world.duration("cycle", truth, 900)
    targets = pd.DataFrame({"business_unit": ["*"], "metric": ["cycle"], "from_month": ["2022-01"], "target": [3.0]})
    (found,) = _found(world, "target_missed", targets=targets)
    assert found["business_unit"] == "U004"
    assert found["values"]["missed"] == MONTHS


def test_months_of_a_few_records_are_no_misses_in_a_row(make_world):
    """A backlog of many orders misses its target; months before it held 7, too few to miss anything."""
    world = make_world(101)
    truth = np.full((6, MONTHS), 0.1)
    truth[3] = 0.45
    n = np.full(truth.shape, 400)
    n[3, -9:-3] = 7
    world.share("old", truth, n, minimum_n=30)
    targets = pd.DataFrame({"business_unit": ["*"], "metric": ["old"], "from_month": ["2022-01"], "target": [12.0]})
    (found,) = [one for one in _found(world, "target_missed", targets=targets) if one["business_unit"] == "U003"]
    assert found["values"]["missed"] == 3


@pytest.mark.parametrize(
    ("metric", "family"),
    [
        ("repair_cycle_median", "repair_cycle"),
        ("repair_cycle_within_7d_in_period", "repair_cycle"),
        ("resolution_rate_7d", "repair_cycle"),
        ("backlog_over_30d_share", "backlog"),
        ("stage_mean_technician_response", "stage:technician_response"),
        ("technician_response_time_median", "stage:technician_response"),
        ("complaints_received", "complaints"),
        ("first_time_fix_rate_7d", "first_time_fix"),
    ],
)
def test_siblings_belong_to_one_family(metric, family):
    assert family_of(metric) == family


def test_only_stages_are_stages():
    assert stage_of("stage_mean_repair") == "repair"
    assert stage_of("repair_cycle_median") is None


def test_the_season_is_found_with_its_peak(make_world):
    world = make_world(101)
    world.count("orders_submitted", 900 * np.ones((8, MONTHS)) * world.season(MONTHS, 0.25))
    found = _found(world, "seasonality")
    assert len(found) == 8
    assert {one["values"]["peak_month"] for one in found} <= {3, 4, 5}


def test_what_weighs_most_comes_first(make_world):
    world = make_world(102)
    truth = np.full((8, MONTHS), 3.0)
    truth[:2, -5:] *= 1.6
    n = np.full((8, MONTHS), 300)
    n[1] = 4000
    world.duration("cycle", truth, n)
    found = _found(world, "level_shift")
    assert [one["business_unit"] for one in found] == ["U001", "U000"]


def test_without_a_change_no_mix_is_its_cause():
    sides = (np.array([20.0, 80.0]), np.array([100.0, 100.0])), (np.array([60.0, 40.0]), np.array([100.0, 100.0]))
    parts = split_between(*sides, [200.0, 200.0])
    assert parts is not None
    assert parts.after == parts.before
    assert leading_mix(SimpleNamespace(breakdown="product_line", names=("a", "b")), parts) is None
