"""Comparisons with the past, the target and the other units."""

import numpy as np
import pandas as pd
import pytest

from analysis.signals import evaluate


def _kpis(world, months, **context):
    signals = evaluate(world.frame(), world.cards, period=str(world.months(months)[-1]), **context)
    return signals.kpis.set_index(["metric", "business_unit"])


def _change(changes, unit, versus, metric="cycle"):
    rows = changes[(changes["metric"] == metric) & (changes["business_unit"] == unit) & (changes["versus"] == versus)]
    return rows.iloc[0]


def test_a_change_is_the_difference_of_the_figures_that_are_shown(make_world, read_changes):
    world = make_world(70)
    world.share("late", np.full((5, 30), 0.2), 700)
    kpis = _kpis(world, 30)
    changes = read_changes(kpis.reset_index())
    for row in changes.itertuples():
        shown = kpis.loc[("late", row.business_unit)]
        assert row.value == pytest.approx(shown["value"] - shown[row.versus])
        assert row.low <= row.value <= row.high


def test_a_real_change_against_last_year_is_significant_and_a_seasonal_one_against_last_month_is_not(
    make_world, read_changes
):
    world = make_world(71)
    truth = 10.0 * np.ones((12, 42)) * np.exp(0.5 * np.sin(2 * np.pi * np.arange(42) / 12))
    truth[4, -3:] *= 1.8
    world.rate("cycle", truth, 12_000)
    changes = read_changes(_kpis(world, 42).reset_index())
    assert _change(changes, "U004", "year_ago").significant
    previous = changes[(changes["versus"] == "previous") & (changes["business_unit"] != "U004")]
    assert not previous["significant"].any()
    assert previous["value"].mean() < -1
    assert abs(previous["adjusted"].mean()) < 0.5 * abs(previous["value"].mean())


def test_peers_are_the_median_of_the_other_units_and_the_company_has_none(make_world):
    world = make_world(72)
    frame = world.duration("cycle", np.full((5, 30), 3.0), 400)
    renamed = frame["business_unit"].replace("U004", "all")
    world.rows[0] = frame.assign(business_unit=renamed)
    kpis = _kpis(world, 30)
    others = [kpis.loc[("cycle", unit), "value"] for unit in ("U001", "U002", "U003")]
    assert kpis.loc[("cycle", "U000"), "peers"] == pytest.approx(np.median(others))
    assert np.isnan(kpis.loc[("cycle", "all"), "peers"])


def test_a_change_too_small_to_act_on_says_so(make_world, read_changes):
    world = make_world(73)
    truth = np.full((12, 36), 10.0)
    truth[3, -8:] *= 1.03
    world.duration("cycle", truth, 400_000, worth_acting_on={"relative": 0.1})
    kpis = _kpis(world, 36)
    change = _change(read_changes(kpis.reset_index()), "U003", "year_ago")
    assert change.significant
    assert not change.worth
    assert kpis.loc[("cycle", "U003"), "signal"] == "steady"


def test_the_units_own_target_goes_before_the_general_one_and_the_newest_before_older_ones(make_world):
    world = make_world(74)
    world.duration("cycle", np.full((2, 30), 3.0), 2000)
    targets = pd.DataFrame(
        {
            "business_unit": ["*", "*", "*", "U001"],
            "metric": ["cycle"] * 4,
            "from_month": ["2022-01", "2023-01", "2030-01", "2022-06"],
            "target": [9.0, 2.0, 1.0, 4.0],
        }
    )
    kpis = _kpis(world, 30, targets=targets)
    assert kpis["target"].tolist() == [2.0, 4.0]
    assert kpis["target_met"].tolist() == [False, True]
    assert kpis["assurance"].tolist() == ["misses", "hits"]


def test_assurance_never_says_hits_while_the_newest_figure_misses(make_world):
    world = make_world(75)
    truth = np.full((6, 36), 3.0)
    truth[:, -1] = 5.0
    world.duration("cycle", truth, 5000)
    targets = pd.DataFrame({"business_unit": ["*"], "metric": ["cycle"], "from_month": ["2022-01"], "target": [4.0]})
    kpis = _kpis(world, 36, targets=targets)
    assert set(kpis["assurance"]) == {"varies"}
    assert not kpis["target_met"].any()


def test_eight_misses_in_a_row_are_no_now_this_now_that(make_world):
    """Few records make limits so wide that they straddle the target; the months themselves say it plainly."""
    world = make_world(76)
    world.duration("cycle", np.full((1, 36), 3.0), 40)
    kpis = {
        target: _kpis(
            world,
            36,
            targets=pd.DataFrame(
                {"business_unit": ["*"], "metric": ["cycle"], "from_month": ["2022-01"], "target": [target]}
            ),
        ).iloc[0]
        for target in (1.5, 6.0, 3.0)
    }
    assert [kpis[target]["assurance"] for target in (1.5, 6.0, 3.0)] == ["misses", "hits", "varies"]
