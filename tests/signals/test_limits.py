"""Control limits and what they say of the newest month."""

import numpy as np
import pandas as pd
import pytest

from analysis.signals.judging import judge
from analysis.signals.limits import months_of_intervention
from analysis.signals.panel import read_panels
from analysis.statistics.control_charts import p_prime


def _one(world, metric, months, **context):
    return judge(read_panels(world.frame(), world.cards, last=world.months(months)[-1]), **context)[metric]


def test_limits_of_shares_agree_with_laneys_p_prime_where_there_is_no_season_to_take_out(make_world):
    world = make_world(60)
    world.share("late", np.full((6, 22), 0.3), 2500, spread=0.1)
    one = _one(world, "late", 22)
    drawn, back = one.chart, one.panel.scaled.scale.inverse
    for row in range(6):
        k, n = (one.panel.figures[name][row] for name in ("numerator", "denominator"))
        laney = p_prime(k, n, baseline=np.arange(22) < 21)
        level_only = np.sqrt(1 + 1 / 22) * np.sqrt((1 + one.search.rho[row]) / (1 - one.search.rho[row]))
        reach = (back(drawn.high[row, -1]) - back(drawn.centre[row, -1])) / level_only
        assert reach == pytest.approx(100 * (laney.high[-1] - laney.centre[-1]), rel=0.12)
        assert back(drawn.centre[row, -1]) == pytest.approx(100 * laney.centre[-1], rel=0.02)


def test_limits_breathe_with_the_number_of_records(make_world):
    world = make_world(61)
    n = np.full((1, 36), 4000)
    n[0, 30] = 250
    world.share("late", np.full((1, 36), 0.2), n)
    drawn = _one(world, "late", 36).chart
    width = drawn.high[0] - drawn.low[0]
    assert width[30] == pytest.approx(4 * width[29], rel=0.01)


def test_the_month_that_is_judged_sets_neither_centre_nor_spread_nor_season(make_world):
    def last_month(factor):
        world = make_world(62)
        truth = np.full((1, 36), 3.0) * world.season(36)
        truth[0, -1] *= factor
        world.duration("cycle", truth, 400)
        return _one(world, "cycle", 36)

    usual, loud = last_month(1.0), last_month(3.0)
    assert loud.chart.centre[0, -1] == pytest.approx(usual.chart.centre[0, -1], abs=1e-6)
    assert loud.chart.season[0, -1] == pytest.approx(usual.chart.season[0, -1], abs=1e-2)
    assert (usual.newest.side[0], loud.newest.side[0]) == (0, 1)


def test_a_proven_recent_change_does_not_become_its_own_yardstick(make_world):
    world = make_world(63)
    truth = np.full((12, 36), 3.0)
    truth[2, 30:] *= 1.6
    world.duration("cycle", truth, 400)
    one = _one(world, "cycle", 36)
    assert not one.chart.baseline[2, 30:].any()
    assert np.exp(one.chart.centre[2, -1]) == pytest.approx(3.0, rel=0.05)
    assert one.newest.side.tolist() == [0, 0, 1] + [0] * 9


def test_the_baseline_moves_at_an_intervention_once_a_year_has_followed(make_world):
    world = make_world(64)
    truth = np.full((3, 40), 3.0)
    truth[:, 22:] *= 0.7
    world.duration("cycle", truth, 400)
    recorded = pd.DataFrame(
        {"business_unit": ["U001", "*"], "started_on": ["2023-11-01", "2025-03-01"], "metrics": ["backlog; cycle"] * 2}
    )
    one = _one(world, "cycle", 40, interventions=recorded)
    assert months_of_intervention(recorded, one.panel) == {"U001": 22}
    assert np.flatnonzero(one.chart.baseline[1])[0] == 22
    assert np.flatnonzero(one.chart.baseline[0])[0] == 15


def test_eight_months_on_one_side_are_seen_and_a_hole_neither_breaks_nor_lengthens_them(make_world):
    world = make_world(65)
    frame = world.count("orders", np.full((1, 30), 400.0))
    value = np.where(np.arange(30) < 21, 400 - 15 * (-1.0) ** np.arange(30), 440.0)
    value[25] = np.nan
    world.rows[0] = frame.assign(value=value, numerator=value, n=value)
    drawn = _one(world, "orders", 30).chart
    assert drawn.runs[0, -1] == 8
    assert drawn.out[0, -1]
    assert not drawn.out[0, 27]


def test_no_limits_below_six_months(make_world):
    world = make_world(66)
    world.duration("cycle", np.full((2, 5), 3.0), 400)
    one = _one(world, "cycle", 5)
    assert np.isnan(one.chart.centre).all()
    assert np.isnan(one.newest.p).all()
