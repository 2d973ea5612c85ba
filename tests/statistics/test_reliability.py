"""The Weibull life against published values and against lives whose truth is known."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.reliability import fit_weibull, fit_weibull_grouped

# Bearing cages (Abernethy, Breneman, Medlin & Reinman 1983; Meeker & Escobar 1998, appendix table C.1 and example
# 8.16): hours at which six failed, and hours reached by those still running, with how many of them.
FAILED = (230, 334, 423, 990, 1009, 1510)
RUNNING = {
    50: 288, 150: 148, 250: 124, 350: 111, 450: 106, 550: 99, 650: 110, 750: 114, 850: 119, 950: 127, 1050: 123,
    1150: 93, 1250: 47, 1350: 41, 1450: 27, 1550: 11, 1650: 6, 1850: 1, 2050: 2,
}  # fmt: skip


def bearing_cages() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hours = np.array([*FAILED, *RUNNING], dtype=float)
    return hours, np.arange(hours.size) < len(FAILED), np.array([1] * len(FAILED) + [*RUNNING.values()], dtype=float)


def test_bearing_cages_agree_with_meeker_and_escobar_and_with_survreg():
    """Example 8.16: β 2.035, B10 3903 h. R survreg: 2.035319, 11792.178, log-likelihood −76.436896."""
    hours, failed, count = bearing_cages()
    assert count.sum() == 1703
    life = fit_weibull(hours, failed, weight=count)
    assert life.shape == pytest.approx(2.035319, abs=5e-6)
    assert life.scale == pytest.approx(11792.178, abs=0.05)
    assert life.log_likelihood == pytest.approx(-76.436896, abs=5e-6)
    assert float(life.age_by(0.1).value) == pytest.approx(3903.1, abs=0.1)


def test_the_errors_of_bearing_cages_are_those_of_the_observed_information():
    """The second derivatives written out by hand, in (log scale, log shape)."""
    hours, failed, count = bearing_cages()
    life = fit_weibull(hours, failed, weight=count)
    z = life.shape * np.log(hours / life.scale)
    hazard = count * np.exp(z)
    scale_scale = -(life.shape**2) * hazard.sum()
    shape_shape = (count * failed * z).sum() - (hazard * z * (1 + z)).sum()
    scale_shape = -life.shape * (count * failed).sum() + life.shape * (hazard * (1 + z)).sum()
    by_hand = np.linalg.inv(-np.array([[scale_scale, scale_shape], [scale_shape, shape_shape]]))
    assert life.covariance == pytest.approx(by_hand, rel=1e-4)


def test_rows_that_stand_for_many_units_are_those_units_one_by_one():
    hours, failed, count = bearing_cages()
    one_by_one = fit_weibull(np.repeat(hours, count.astype(int)), np.repeat(failed, count.astype(int)))
    together = fit_weibull(hours, failed, weight=count)
    assert (one_by_one.shape, one_by_one.scale) == pytest.approx((together.shape, together.scale), rel=1e-6)


def test_without_censoring_it_is_what_scipy_finds():
    lives = stats.weibull_min.rvs(1.4, scale=30, size=400, random_state=np.random.default_rng(3))
    shape, _, scale = stats.weibull_min.fit(lives, floc=0)
    life = fit_weibull(lives, np.ones(lives.size, dtype=bool))
    assert (life.shape, life.scale) == pytest.approx((shape, scale), rel=1e-3)


def old_units_watched_late(seed: int) -> tuple[np.ndarray, ...]:
    """Units of shape 1.8 and scale 100 that came under observation at an age of 0 to 120, watched for 40."""
    rng = np.random.default_rng(seed)
    life, entry = 100 * rng.weibull(1.8, 20_000), rng.uniform(0, 120, 20_000)
    life, entry = life[life > entry], entry[life > entry]
    return np.minimum(life, entry + 40), life <= entry + 40, entry


def test_units_that_came_under_observation_late_do_not_look_more_durable():
    age, failed, entry = old_units_watched_late(0)
    life = fit_weibull(age, failed, entry=entry)
    assert (life.shape, life.scale) == pytest.approx((1.8, 100), rel=0.03)
    forgotten = fit_weibull(age, failed)
    assert forgotten.scale > 120  # what leaving the entry out would claim


def test_grouped_ages_give_nearly_the_life_of_the_units_themselves():
    age, failed, entry = old_units_watched_late(1)
    edges = np.arange(0.0, 161.0, 2.0)
    watched = [np.clip(np.minimum(age, high) - np.maximum(entry, low), 0, None).sum() / 2
               for low, high in pairwise(edges)]  # fmt: skip
    deaths, _ = np.histogram(age[failed], edges)
    grouped = fit_weibull_grouped(edges[:-1], edges[1:], watched, deaths)
    exact = fit_weibull(age, failed, entry=entry)
    assert (grouped.shape, grouped.scale) == pytest.approx((exact.shape, exact.scale), rel=0.01)
    assert np.sqrt(np.diag(grouped.covariance)) == pytest.approx(np.sqrt(np.diag(exact.covariance)), rel=0.25)


def test_the_interval_of_what_fails_by_an_age_holds_the_truth_as_often_as_it_says():
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        life = 50 * rng.weibull(1.3, 300)
        found = fit_weibull(np.minimum(life, 30), life <= 30).failed_by(24)
        held += float(found.low) <= 1 - np.exp(-((24 / 50) ** 1.3)) <= float(found.high)
    assert 181 <= held <= 199  # 95 % of 200, three standard errors about it


def test_the_chance_of_the_coming_month_is_the_conditional_one():
    life = fit_weibull(*bearing_cages()[:2], weight=bearing_cages()[2])
    reached, end = 1000.0, 1500.0
    f = [1 - np.exp(-((age / life.scale) ** life.shape)) for age in (reached, end)]
    assert float(life.chance_between(reached, end)) == pytest.approx((f[1] - f[0]) / (1 - f[0]))


def test_scattered_failures_widen_the_interval():
    start, end = np.arange(30.0), np.arange(1.0, 31.0)
    even = np.full(30, 20.0)
    uneven = np.where(np.arange(30) % 2, 36.0, 4.0)
    narrow, wide = (fit_weibull_grouped(start, end, np.full(30, 1000.0), k).shape_interval() for k in (even, uneven))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_two_failures_give_no_life():
    assert fit_weibull([5, 9, 12], [True, True, False]) is None
    assert fit_weibull_grouped([0, 1], [1, 2], [10, 10], [1, 1]) is None


def test_failures_at_one_age_only_give_no_life():
    assert fit_weibull([7.0, 7.0, 7.0, 7.0], [True] * 4) is None


@pytest.mark.parametrize(("age", "entry"), [(0.0, 0.0), (3.0, 3.0), (3.0, -1.0), (float("nan"), 0.0)])
def test_ages_that_cannot_be_are_refused(age, entry):
    with pytest.raises(ValueError, match="ages must be positive"):
        fit_weibull([age, 4.0, 5.0], [True, True, True], entry=[entry, 0.0, 0.0])
