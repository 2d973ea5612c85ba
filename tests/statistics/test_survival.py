"""Kaplan–Meier against R, against statsmodels, and against what its answers must mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.statistics.survival import kaplan_meier


def test_lung_agrees_with_r(published):
    """R survival::lung: survfit(Surv(time, status) ~ 1, conf.type="log-log"): median 310 (284, 361), S(365) 0.409242,
    standard error 0.0358236; restricted mean to 365 days 263.222."""
    lung = published("lung")
    curve = kaplan_meier(lung["time"], lung["died"])
    assert tuple(float(part[0]) for part in curve.quantile(0.5)) == (310.0, 284.0, 361.0)
    by_year = curve.probability_by(365)
    assert 1 - by_year.value[0] == pytest.approx(0.409242, abs=5e-7)
    assert by_year.se[0] == pytest.approx(0.0358236, abs=5e-8)
    assert curve.restricted_mean(365).value[0] == pytest.approx(263.222, abs=5e-4)


def test_the_error_of_a_restricted_mean_is_what_resampling_shows(published):
    lung = published("lung")
    time, died = lung["time"].to_numpy(), lung["died"].to_numpy()
    rng = np.random.default_rng(11)
    again = rng.integers(0, time.size, (1_000, time.size))
    means = kaplan_meier(time[again].ravel(), died[again].ravel(), group=np.repeat(np.arange(1_000), time.size))
    spread = means.restricted_mean(365).value.std()
    assert kaplan_meier(time, died).restricted_mean(365).se[0] == pytest.approx(spread, rel=0.08)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), entered_late=st.booleans())
def test_curves_agree_with_statsmodels_with_ties_and_delayed_entry(seed, entered_late):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 200))
    time = rng.integers(1, 30, n).astype(float)
    event = rng.random(n) < 0.7
    entry = np.where(rng.random(n) < 0.5, np.maximum(time - rng.integers(1, 30, n), 0.0), 0.0)
    entry = entry if entered_late else np.zeros(n)
    ours = kaplan_meier(time, event, entry=entry)
    theirs = SurvfuncRight(time, event.astype(int), entry=entry)
    steps = ours.events > 0
    if not ours.identified[0]:
        assert np.isnan(ours.quantile(0.5).value[0])
        return
    np.testing.assert_allclose(ours.time[steps], theirs.surv_times)
    np.testing.assert_allclose(ours.at_risk[steps], theirs.n_risk)
    np.testing.assert_allclose(ours.survival[steps], theirs.surv_prob, atol=1e-12)
    inside = ours.survival[steps] > 1e-9
    ours_se = ours.survival[steps] * np.sqrt(ours.hazard_variance[steps])
    np.testing.assert_allclose(ours_se[inside], theirs.surv_prob_se[inside], rtol=1e-9)


def test_quantiles_and_their_intervals_agree_with_statsmodels_where_no_level_is_met_exactly():
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(30), 83)
    time, event = rng.lognormal(1, 1, group.size), rng.random(group.size) < 0.75
    ours = kaplan_meier(time, event, group=group)
    for p in (0.25, 0.5):
        found = ours.quantile(p)
        for g in range(30):
            theirs = SurvfuncRight(time[group == g], event[group == g].astype(int))
            with np.errstate(divide="ignore", invalid="ignore"):
                low, high = theirs.quantile_ci(p)
            assert found.value[g] == theirs.quantile(p)
            assert found.low[g] == low
            assert found.high[g] == high or (np.isnan(found.high[g]) and np.isinf(high))


def test_a_quantile_is_the_first_time_at_which_the_level_is_reached():
    """Of 4 closed orders the median is the second, not the third: S(2) = 0.5 is half done."""
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).quantile(0.5).value[0] == 2


def test_many_groups_at_once_equal_each_alone():
    rng = np.random.default_rng(2)
    group = rng.integers(0, 40, 2_000)
    time, event = np.round(rng.lognormal(1, 1, 2_000), 1), rng.random(2_000) < 0.7
    together = kaplan_meier(time, event, group=group)
    for g in (0, 17, 39):
        alone = kaplan_meier(time[group == g], event[group == g])
        for both in zip(
            (*together.quantile(0.5), *together.probability_by(3), *together.restricted_mean(3)),
            (*alone.quantile(0.5), *alone.probability_by(3), *alone.restricted_mean(3)),
            strict=True,
        ):
            np.testing.assert_allclose(both[0][g], both[1][0], rtol=1e-9)


def test_a_weight_stands_for_so_many_equal_records():
    time, event, weight = np.array([1.0, 2, 2, 5]), np.array([1, 0, 1, 1]), np.array([3, 2, 1, 4])
    weighted = kaplan_meier(time, event, weight=weight)
    repeated = kaplan_meier(np.repeat(time, weight), np.repeat(event, weight))
    assert weighted.n[0] == 10
    np.testing.assert_allclose(weighted.survival, repeated.survival)
    np.testing.assert_allclose(weighted.probability_by(2).high, repeated.probability_by(2).high)


def test_open_orders_lengthen_the_median_and_counting_closed_ones_only_shortens_it():
    """Simulated truth: median 6. Orders of the last weeks are still open at the cut-off."""
    rng = np.random.default_rng(3)
    start = rng.uniform(0, 30, 20_000)
    need = 6 * np.exp(0.9 * rng.standard_normal(20_000))
    time, event = np.minimum(need, 30 - start), need <= 30 - start
    assert kaplan_meier(time, event).quantile(0.5).value[0] == pytest.approx(6, rel=0.03)
    assert np.median(time[event]) < 5


def test_forgetting_the_delayed_entry_of_old_orders_gives_a_biased_month():
    """metrics.md C4: what happened in one month, orders opened earlier included. True median 5."""
    rng = np.random.default_rng(4)
    start = rng.uniform(-120, 30, 60_000)
    end = start + 5 * np.exp(rng.standard_normal(60_000))
    entry, time, event = np.maximum(0, -start), np.minimum(end, 30) - start, end <= 30
    seen = time > entry
    assert kaplan_meier(time[seen], event[seen], entry=entry[seen]).quantile(0.5).value[0] == pytest.approx(5, rel=0.04)
    assert kaplan_meier(time[seen], event[seen]).quantile(0.5).value[0] > 6


def test_a_level_that_is_not_reached_is_nan_and_not_the_longest_time():
    quantile = kaplan_meier([1, 2, 9, 9, 9], [1, 1, 0, 0, 0]).quantile(0.5)
    assert np.isnan(quantile.value[0])
    assert np.isnan(quantile.high[0])


def test_beyond_the_longest_follow_up_nothing_is_known_unless_all_have_ended():
    still_open = kaplan_meier([1, 2, 3], [1, 1, 0])
    assert np.isnan(still_open.probability_by(4).value[0])
    assert np.isnan(still_open.restricted_mean(4).value[0])
    assert still_open.probability_by(3).value[0] == pytest.approx(2 / 3)
    all_done = kaplan_meier([1, 2, 3], [1, 1, 1])
    assert all_done.probability_by(4).value[0] == 1
    assert all_done.restricted_mean(4).value[0] == pytest.approx(2)


def test_without_any_event_the_interval_still_says_how_little_is_known():
    by_five = kaplan_meier([6, 6, 6, 6], [0, 0, 0, 0]).probability_by(5)
    assert by_five.value[0] == by_five.low[0] == 0
    assert 0.4 < by_five.high[0] < 0.6


def test_when_all_have_ended_the_interval_does_not_claim_certainty():
    at_once = kaplan_meier(np.ones(100), np.ones(100)).probability_by(2)
    assert at_once.value[0] == 1
    assert 0.95 < at_once.low[0] < 0.97
    few = kaplan_meier(np.arange(1, 6), np.ones(5)).probability_by(6)
    assert few.low[0] < 0.8


def test_a_group_without_records_is_nan_everywhere():
    curves = kaplan_meier([1, 2], [1, 1], group=[0, 2], groups=4)
    assert curves.n.tolist() == [1, 0, 1, 0]
    for part in (*curves.quantile(0.5), *curves.probability_by(1), *curves.restricted_mean(1), *curves.curve([0, 1])):
        assert np.isnan(part[[1, 3]]).all()


def test_no_record_at_all_gives_nan_for_every_group():
    curves = kaplan_meier([], [], groups=2)
    assert np.isnan(curves.quantile(0.9).value).all()
    assert np.isnan(curves.curve([0.0, 5.0]).survival).all()


def test_a_risk_set_that_runs_empty_and_fills_again_is_refused_an_answer():
    """One old order ends while it is the only one watched; later entries cannot bring the curve back from 0."""
    broken = kaplan_meier([1.0, 9.0, 8.0], [1, 1, 1], entry=[0.0, 4.0, 5.0])
    assert not broken.identified[0]
    assert np.isnan(broken.probability_by(9).value[0])


def test_a_curve_without_a_beginning_is_refused_an_answer():
    assert np.isnan(kaplan_meier([5.0, 6.0], [1, 1], entry=[2.0, 3.0]).quantile(0.5).value[0])


def test_the_curve_starts_at_one_and_its_band_encloses_it():
    rng = np.random.default_rng(8)
    curve = kaplan_meier(rng.exponential(5, 300), rng.random(300) < 0.8).curve(np.linspace(0, 12, 40))
    assert curve.survival[0, 0] == 1
    assert (np.diff(curve.survival[0]) <= 0).all()
    assert ((curve.low <= curve.survival) & (curve.survival <= curve.high)).all()


def test_the_cloglog_interval_holds_what_it_promises():
    rng = np.random.default_rng(10)
    group = np.repeat(np.arange(1_000), 60)
    need, watched = rng.exponential(5, group.size), rng.uniform(2, 20, group.size)
    found = kaplan_meier(np.minimum(need, watched), need <= watched, group=group).probability_by(4.0)
    truth = 1 - np.exp(-0.8)
    assert ((found.low <= truth) & (truth <= found.high)).mean() == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"time": [1, np.nan], "event": [1, 1]}, "time must be known"),
        ({"time": [1, -2], "event": [1, 1]}, "time must be known and not negative"),
        ({"time": [1, 2], "event": [1, 1], "entry": [0, 2]}, "entry must be known and before time"),
        ({"time": [1, 2], "event": [1, np.nan]}, "event must be a whole number"),
        ({"time": [1, 2], "event": [1, 1], "group": [0, 5], "groups": 2}, "group must lie in 0..1"),
        ({"time": [1, 2], "event": [1]}, "event has 1 values for 2 times"),
        ({"time": [1, 2], "event": [1, 1], "weight": [1, -1]}, "weight must be a finite number"),
    ],
)
def test_what_would_give_a_wrong_curve_is_refused_by_name(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        kaplan_meier(**arguments)


def test_a_quantile_outside_zero_and_one_is_refused():
    with pytest.raises(ValueError, match="p must lie between 0 and 1"):
        kaplan_meier([1], [1]).quantile(90)
