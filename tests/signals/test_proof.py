"""Quiet businesses stay quiet, planted changes are found: the promises of signals, on simulated measurements."""

import numpy as np
import pytest

from analysis.signals import evaluate
from analysis.signals.effects import SINGLE
from analysis.signals.judging import judge
from analysis.signals.panel import read_panels

NEWS = {
    "level_shift", "trend", "outlier", "unit_outlier", "mix_effect", "rate_effect", "concentration", "censoring",
}  # fmt: skip
UNITS, MONTHS = 12, 42


def _quiet(world, metrics, rho):
    for number in range(metrics):
        n = world.rng.integers(60, 2500, (UNITS, 1))
        unit = np.exp(0.08 * world.rng.standard_normal((UNITS, 1)))
        level = unit * world.season(MONTHS, 0.15)
        world.duration(f"cycle_{number}_median", 3 * level, n, spread=0.05, rho=rho)
        world.share(f"late_{number}_share", np.clip(0.15 * level, 0, 0.9), n, spread=0.1)
        world.rate(f"complaints_{number}_rate", 12 * level, 8 * n, spread=0.1)
        world.count(f"orders_{number}", n * level, spread=0.05)


@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_quiet_units_are_quiet(make_world, rho):
    world = make_world(20 + int(10 * rho))
    _quiet(world, 8, rho)
    signals = evaluate(world.frame(), world.cards, period=str(world.months(MONTHS)[-1]))
    news = [found for found in signals.findings if found["kind"] in NEWS]
    loud = ~signals.kpis["signal"].isin(["steady", "insufficient"])
    assert len(signals.kpis) == 4 * 8 * UNITS
    assert len(news) / UNITS <= 0.3
    assert loud.mean() <= 0.03
    assert (signals.kpis["signal"] == "steady").mean() > 0.95


def test_quiet_comparisons_are_not_called_significant_and_their_intervals_hold_zero(make_world, read_changes):
    world = make_world(31)
    _quiet(world, 8, 0.0)
    changes = read_changes(evaluate(world.frame(), world.cards, period=str(world.months(MONTHS)[-1])).kpis)
    past = changes[changes["versus"] == "year_ago"]
    covered = ((past["low"] <= 0) & (past["high"] >= 0)).mean()
    assert past["significant"].mean() <= 0.005
    assert 0.93 <= covered <= 0.99


@pytest.mark.parametrize("start", [12, 24, 31])
def test_steps_of_four_monthly_standard_errors_are_found_and_dated(make_world, start):
    world = make_world(40 + start)
    planted = {}
    for number in range(40):
        n = world.rng.integers(60, 2500, (UNITS, 1))
        error = np.sqrt((1.2533 * 0.8) ** 2 / n + 0.03**2)
        level = 3 * np.ones((UNITS, 36)) * world.season(36, 0.1)
        for unit in np.flatnonzero(world.rng.random(UNITS) < 0.1):
            planted[f"cycle_{number}", int(unit)] = world.rng.choice([-1, 1])
            level[unit, start:] *= np.exp(4.2 * error[unit, 0] * planted[f"cycle_{number}", int(unit)])
        world.duration(f"cycle_{number}", level, n, spread=0.03)
    judged = judge(read_panels(world.frame(), world.cards, last=world.months(36)[-1]))
    found = {
        (metric, effect.row): effect
        for metric, one in judged.items()
        for effect in one.effects
        if effect.shape != SINGLE and np.sign(effect.size) == planted.get((metric, effect.row))
    }
    dated = [abs(effect.start - start) <= 1 for effect in found.values()]
    false = sum((metric, effect.row) not in planted for metric, one in judged.items() for effect in one.effects)
    assert len(found) >= 0.95 * len(planted)
    assert np.mean(dated) >= 0.8
    assert false / UNITS <= 0.3


def test_a_planted_shift_makes_its_card_worsening_and_no_other(make_world):
    world = make_world(50)
    _quiet(world, 6, 0.0)
    truth = 3 * np.ones((UNITS, MONTHS))
    truth[5, -5:] *= 1.5
    world.duration("dispatch_time_median", truth, 400, spread=0.03)
    kpis = evaluate(world.frame(), world.cards, period=str(world.months(MONTHS)[-1])).kpis
    loud = kpis[~kpis["signal"].isin(["steady", "insufficient"])]
    assert loud[["metric", "business_unit", "signal"]].to_numpy().tolist() == [
        ["dispatch_time_median", "U005", "worsening"]
    ]
