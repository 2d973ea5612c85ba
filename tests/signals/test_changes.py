"""Comparisons with the past, the target and the other units."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

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


TARGET = {"business_unit": ["*"], "from_month": ["2022-01"]}


def _targets(metric, target):
    return pd.DataFrame({**TARGET, "metric": [metric], "target": [target]})


def test_a_share_within_days_that_is_mostly_all_of_them_has_a_gap_that_says_something(make_world, read_changes):
    """Months at 100 % have no standard error of their own: divided by the arcsine's slope there, the newest month's
    31 points below the others came with an interval from −100 to +73."""
    world = make_world(81)
    world.share("solved", np.full((5, 36), 0.995), 45, better="higher")
    frame = world.rows[0].copy()
    lost = (frame["business_unit"] == "U000") & (frame["period"] >= str(world.months(36)[-3]))
    frame.loc[lost, "value"] = 68.7
    k = np.round(frame["value"] / 100 * 45)
    told = proportion_confint(k, 45, method="wilson")
    frame["low"], frame["high"] = 100 * told[0], 100 * told[1]
    error = 100 * np.sqrt(k / 45 * (1 - k / 45) / 45)
    frame["se"] = error.where(error > 0)
    frame[["numerator", "denominator"]] = np.nan  # a share within T, as Kaplan and Meier tell it
    world.rows[0] = frame
    changes = read_changes(_kpis(world, 36, targets=_targets("solved", 95.0)).reset_index())
    own = frame[lost].iloc[-1]
    for versus, reference in (("year_ago", 100.0), ("peers", 100.0), ("target", 95.0)):
        gap = _change(changes, "U000", versus, metric="solved")
        assert gap.high < 0
        assert gap.high - gap.low < 60
        assert gap.low <= own["low"] - reference + 5
    assert not changes[changes["business_unit"] != "U000"]["significant"].any()


def test_a_gap_is_open_where_the_figure_is_and_never_narrower_than_it(make_world, read_changes):
    """Median 3.67 days, 95 % interval from 2.51 on: against a target of 2 the gap is at least 0.51."""
    world = make_world(82)
    world.duration("cycle", np.full((5, 36), 2.0), 60)
    frame = world.rows[0].copy()
    newest = frame.index[(frame["business_unit"] == "U001") & (frame["period"] == str(world.months(36)[-1]))]
    frame.loc[newest, ["value", "low", "high", "se"]] = [3.67, 2.51, np.nan, np.nan]
    world.rows[0] = frame
    kpis = _kpis(world, 36, targets=_targets("cycle", 2.0)).reset_index()
    changes = read_changes(kpis)
    gap = _change(changes, "U001", "target")
    assert gap.low == pytest.approx(0.51)
    assert pd.isna(gap.high)
    assert pd.isna(_change(changes, "U001", "year_ago").high)
    closed = changes[(changes["versus"] == "target") & (changes["business_unit"] != "U001")]
    shown = kpis.set_index("business_unit").loc[closed["business_unit"]]
    assert (closed["low"].to_numpy() <= shown["low"].to_numpy() - 2.0 + 1e-9).all()
    assert (closed["high"].to_numpy() >= shown["high"].to_numpy() - 2.0 - 1e-9).all()


def test_an_interval_that_leaves_nothing_out_gives_way_to_what_sampling_says(make_world, read_changes):
    """Five answers a month: their swings could be anything; the gap is then the figure's own interval less the
    target."""
    world = make_world(83)
    world.share("score", np.full((2, 12), 0.5), 5, better="higher")
    frame = world.rows[0].assign(numerator=np.nan, denominator=np.nan)
    frame["value"] = np.where(np.arange(len(frame)) % 2, -80.0, 80.0)
    frame["se"] = 37.0
    frame["low"], frame["high"] = (frame["value"] + side * 72 for side in (-1, 1))
    newest = frame["period"] == str(world.months(12)[-1])
    frame.loc[newest, ["value", "low", "high"]] = [-20.0, -93.0, 53.0]
    frame.loc[newest & (frame["business_unit"] == "U001"), ["low", "high"]] = [-50.0, 10.0]
    world.rows[0] = frame
    world.cards["score"] = replace(world.cards["score"], unit="points")
    changes = read_changes(_kpis(world, 12, targets=_targets("score", 35.0)).reset_index())
    gap = _change(changes, "U000", "target", metric="score")
    assert (gap.low, gap.high) == (-128.0, 18.0)
    assert not gap.significant
    apart = _change(changes, "U001", "target", metric="score")
    assert pd.isna(apart.low), "sampling alone would leave the target out, and of the swings nothing is known"
    assert pd.isna(apart.high)


def test_the_swings_of_the_months_are_told_apart_from_sampling(make_world, read_changes):
    """Thousands of records a month, so that two months' intervals do not meet, and months that swing by a fifth."""
    world = make_world(84)
    world.duration("cycle", np.full((8, 36), 3.0), 40_000, spread=0.2)
    changes = read_changes(_kpis(world, 36).reset_index())
    before = changes[changes["versus"] == "previous"]
    quiet = before[~before["significant"] & (before["low"] < 0) & (before["high"] > 0)]
    assert len(quiet) >= 6
    assert quiet["sampled"].sum() >= len(quiet) - 2
