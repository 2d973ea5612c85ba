"""What lies ahead, what goes with satisfaction, why units differ, and what growth is no news."""

import numpy as np
import pandas as pd
import pytest

from analysis.signals import evaluate

MONTHS = 40
LAST = "2025-04"


def _evaluate(world, frame=None, **context):
    return evaluate(world.frame() if frame is None else frame, world.cards, period=LAST, **context)


def _targets(metric, target):
    return pd.DataFrame([{"business_unit": "*", "metric": metric, "from_month": "2022-01", "target": target}])


def _rising(world, months_of_rise=12, size=0.04):
    truth = 2.0 * np.ones((8, MONTHS))
    truth[3, -months_of_rise:] *= np.exp(size * np.arange(1, months_of_rise + 1))
    world.duration("cycle_median", truth, 600, spread=0.01)
    return float(truth[3, -1])


def test_a_trend_that_will_cost_a_target_is_told_before_it_does(make_world):
    world = make_world(61)
    newest = _rising(world)
    target = 1.05 * newest
    found = _evaluate(world, targets=_targets("cycle_median", target)).findings
    (risk,) = [one for one in found if one["kind"] == "forecast_risk"]
    assert (risk["business_unit"], risk["direction"], risk["good"]) == ("U003", "up", False)
    assert risk["values"]["expected"] > target > risk["values"]["value"]
    assert risk["values"]["period"] in ("2025-05", "2025-06", "2025-07")
    assert risk["effect"]["low"] < risk["effect"]["value"] < risk["effect"]["high"]
    assert risk["q_value"] <= 0.01


@pytest.mark.parametrize("share", [0.9, 1.6])
def test_a_target_missed_already_or_far_away_is_no_risk(make_world, share):
    world = make_world(61)
    target = share * _rising(world)
    kinds = {one["kind"] for one in _evaluate(world, targets=_targets("cycle_median", target)).findings}
    assert "trend" in kinds
    assert "forecast_risk" not in kinds


def _shares(world, make_card, parts, answers):
    """Rows of the aspects' parts in one unit and month, as the measure writes them."""
    world.duration("cycle_median", 2.0 * np.ones((2, MONTHS)), 500)
    world.cards["csat_driver_share"] = make_card("csat_driver_share", judged=False)
    frame = world.frame()
    rows = [
        frame.iloc[[-1]].assign(metric="csat_driver_share", breakdown="aspect", segment=name, value=value, n=answers,
                                low=value - error, high=value + error, period=LAST)
        for name, (value, error) in parts.items()
    ]  # fmt: skip
    return pd.concat([frame, *rows], ignore_index=True)


def test_the_aspect_that_stands_out_is_the_driver(make_world, make_card):
    world = make_world(62)
    frame = _shares(world, make_card, {"attitude": (15, 4), "response_speed": (48, 5), "reliability": (12, 4)}, 700)
    (found,) = [one for one in _evaluate(world, frame).findings if one["kind"] == "driver"]
    assert found["segment"] == {"aspect": "response_speed"}
    assert (found["effect"]["value"], found["values"]["next_aspect"]) == (48, "attitude")


def test_aspects_that_cannot_be_told_apart_name_no_driver(make_world, make_card):
    world = make_world(62)
    frame = _shares(world, make_card, {"attitude": (22, 9), "response_speed": (28, 9), "reliability": (20, 9)}, 90)
    assert not [one for one in _evaluate(world, frame).findings if one["kind"] == "driver"]


def _apart(world, share, rate):
    """Ten units of two product lines; the sixth has `share` of the slow one and `rate` times everyone's rates."""
    units = np.ones((10, MONTHS))
    slow_share, factor = 0.2 * units, units.copy()
    slow_share[5], factor[5] = share, rate
    n = np.stack([2000 * (1 - slow_share), 2000 * slow_share], axis=1).round()
    k = world.rng.binomial(n.astype(int), np.stack([0.10 * factor, 0.40 * factor], axis=1))
    world.share("late_share", 0.1 * units, 2000)
    whole, total = k.sum(axis=1), n.sum(axis=1)
    world.rows[-1] = world.rows[-1].assign(
        numerator=whole.ravel(), denominator=total.ravel(), value=(100 * whole / total).ravel()
    )
    world.segments("late_share", "product_line", k, ["Fast", "Slow"], denominator=n)
    (found,) = [one for one in _evaluate(world).findings if one["kind"] == "unit_outlier"]
    return found


def test_a_unit_that_lies_apart_for_its_mix_is_told_so(make_world):
    found = _apart(make_world(63), 0.6, 1.0)
    gap = found["values"]["gap"]
    assert (found["business_unit"], gap["kind"], gap["segment"]) == ("U005", "mix", "Slow")
    assert gap["rate_total"] + gap["mix_total"] == pytest.approx(gap["value"] - gap["peers"])
    assert sum(part["rate"] + part["mix"] for part in gap["waterfall"]) == pytest.approx(gap["value"] - gap["peers"])
    assert gap["share_of_gap"] == pytest.approx(1.0, abs=0.1)


def test_a_unit_that_lies_apart_for_its_own_figures_is_not_told_a_mix(make_world):
    gap = _apart(make_world(64), 0.2, 1.7)["values"].get("gap")
    assert gap is None or gap["kind"] == "rate"


def test_steady_growth_of_a_volume_is_no_news_but_a_break_in_it_is(make_world):
    world = make_world(65)
    truth = 400 * np.exp(0.012 * np.arange(MONTHS)) * np.ones((12, 1)) * world.season(MONTHS, 0.15)
    truth[7, -6:] *= 1.5
    world.count("orders_submitted", truth, spread=0.03)
    signals = _evaluate(world)
    (found,) = [one for one in signals.findings if one["kind"] in ("level_shift", "trend", "outlier")]
    assert (found["business_unit"], found["direction"]) == ("U007", "up")
    assert found["since"] in ("2024-10", "2024-11", "2024-12")
    quiet = signals.kpis[signals.kpis["business_unit"] != "U007"]
    assert set(quiet["signal"]) == {"steady"}


def test_a_large_segment_that_fails_does_not_raise_its_own_yardstick(make_world):
    world = make_world(66)
    k = world.rng.poisson(np.array([120, 60, 60])[None, :, None] * np.ones((2, 3, MONTHS)))
    k[0, 0, -4:] = world.rng.poisson(240, 4)
    world.count("faults_reported", np.ones((2, MONTHS)))
    world.rows[-1] = world.rows[-1].assign(value=k.sum(axis=1).ravel().astype(float), numerator=k.sum(axis=1).ravel())
    world.segments("faults_reported", "product_id", k, ["P1", "P2", "P3"])
    (found,) = [one for one in _evaluate(world).findings if one["kind"] == "concentration"]
    assert (found["segment"], found["business_unit"]) == ({"product_id": "P1"}, "U000")
    assert found["values"]["count"] / found["values"]["expected"] == pytest.approx(2.0, abs=0.25)
