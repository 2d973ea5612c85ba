"""Intervals against published values, against statsmodels, and at their edges."""

import numpy as np
import pytest
from statsmodels.stats.proportion import multinomial_proportions_confint, proportion_confint
from statsmodels.stats.rates import confint_poisson

from analysis.statistics.intervals import (
    mean_interval,
    multinomial,
    nps_interval,
    poisson_exact,
    quasi_poisson,
    ratio_interval,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_table_of_newcombe_1998(k, n, low, high):
    """Newcombe 1998, Statistics in Medicine 17, 857–872, table I, method 3."""
    found = wilson(k, n)
    assert float(found.low) == pytest.approx(low, abs=5e-5)
    assert float(found.high) == pytest.approx(high, abs=5e-5)


def test_wilson_agrees_with_statsmodels_on_a_grid():
    n = np.repeat(np.arange(1, 40), 40)
    k = np.minimum(np.tile(np.arange(40), 39), n)
    low, high = proportion_confint(k, n, method="wilson")
    found = wilson(k, n)
    np.testing.assert_allclose(found.low, low, atol=1e-12)
    np.testing.assert_allclose(found.high, high, atol=1e-12)


def test_no_trials_give_nan_and_no_warning():
    found = wilson([0, 3, 5], [0, 10, np.nan])
    assert np.isnan([part[[0, 2]] for part in found]).all()
    assert found.value[1] == pytest.approx(0.3)


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ValueError, match="successes must not exceed the trials"):
        wilson(5, 4)
    with pytest.raises(ValueError, match="must not be negative"):
        wilson(-1, 4)


def test_poisson_interval_is_the_exact_one():
    """Garwood 1936: 10 events in 1 unit, 4.795 to 18.39; none, 0 to 3.689 (Ulm 1990)."""
    found = poisson_exact([10, 0], [1, 1])
    assert found.low.tolist() == pytest.approx([4.795, 0], abs=5e-4)
    assert found.high.tolist() == pytest.approx([18.391, 3.689], abs=1e-3)
    low, high = confint_poisson(np.arange(1, 30), 7.0, method="exact-c")
    ours = poisson_exact(np.arange(1, 30), 7.0)
    np.testing.assert_allclose(ours.low, low)
    np.testing.assert_allclose(ours.high, high)


def test_zero_exposure_gives_nan():
    assert np.isnan(np.array(poisson_exact([0, 2], [0, np.nan]))).all()


def test_overdispersion_widens_a_rate_by_its_root_and_never_narrows_it():
    plain, wide = poisson_exact(400, 100), quasi_poisson(400, 100, dispersion=4.0)
    assert float(wide.value) == float(plain.value) == 4.0
    assert float(wide.high - wide.low) == pytest.approx(2 * float(plain.high - plain.low), rel=0.02)
    assert float(quasi_poisson(400, 100, dispersion=0.2).low) == float(plain.low)


def test_shares_of_classes_hold_together():
    """Goodman 1965 as statsmodels computes it; the counts are those of its documentation's source, Sison & Glaz
    1995."""
    counts = np.array([56, 72, 73, 59, 62, 87, 58])
    expected = multinomial_proportions_confint(counts, 0.05, method="goodman")
    found = multinomial(counts)
    np.testing.assert_allclose(np.column_stack([found.low, found.high]), expected, rtol=1e-9)
    assert np.isnan(multinomial([0, 0]).value).all()
    assert multinomial(np.ones((3, 2, 4))).value.shape == (3, 2, 4)


def test_a_mean_has_students_interval_and_one_answer_none():
    """Student's own sleep data 1908: mean 1.58, sd 1.23 of 10: 0.70 to 2.46."""
    found = mean_interval([1.58, 4.0, np.nan], [1.23, np.nan, 1.0], [10, 1, 0])
    assert found.low[0] == pytest.approx(0.700, abs=1e-3)
    assert found.high[0] == pytest.approx(2.460, abs=1e-3)
    assert found.value[1] == 4.0
    assert np.isnan(found.low[1])
    assert np.isnan(found.value[2])


def test_nps_has_the_adjusted_wald_interval():
    """50 % promoters, 30 % detractors of 400: plain Wald 20.0 [11.46, 28.54], adjusted [11.35, 28.35] (MeasuringU
    after Rocks 2016)."""
    found = nps_interval(200, 120, 400)
    assert float(found.value) == pytest.approx(20)
    assert float(found.low) == pytest.approx(11.35, abs=5e-3)
    assert float(found.high) == pytest.approx(28.35, abs=5e-3)


def test_nps_variance_is_that_of_plus_one_zero_minus_one_tickets():
    """A half promoters, a sixth detractors: mean 1/3, variance 5/9 per answer."""
    many = nps_interval(5e8, 1e9 / 6, 1e9)
    assert float(many.value) == pytest.approx(100 / 3)
    assert (float(many.se) / 100) ** 2 * 1e9 == pytest.approx(5 / 9)


def test_nps_keeps_to_its_range_and_to_possible_answers():
    all_happy = nps_interval(3, 0, 3)
    assert float(all_happy.high) <= 100
    assert float(all_happy.low) < 60
    assert np.isnan(np.array(nps_interval(0, 0, 0))).all()
    with pytest.raises(ValueError, match="must not exceed the answers"):
        nps_interval(3, 3, 5)


def test_a_wilson_interval_holds_what_it_promises():
    k = np.random.default_rng(1).binomial(40, 0.9, 20_000)
    found = wilson(k, 40)
    assert ((found.low <= 0.9) & (found.high >= 0.9)).mean() == pytest.approx(0.95, abs=0.02)


def test_an_amount_keeps_its_plain_interval_where_that_stays_above_nought_and_takes_the_log_one_where_not():
    low, high = ratio_interval([100.0, 505.0, 0.0, 1.0], [10.0, 495.0, 3.0, 50.0])
    assert (low[0], high[0]) == pytest.approx((100 - 19.59964, 100 + 19.59964))
    assert (low[1] * high[1], low[1]) == pytest.approx((505**2, 505 / np.exp(1.959964 * 495 / 505)), rel=1e-6)
    assert low[2:].tolist() == [0, 0]  # no log of nought; an error larger than the figure has no scale


def test_a_share_of_an_amount_takes_the_interval_of_its_log_odds_where_the_plain_one_leaves_its_bounds():
    low, high = ratio_interval([0.05, 0.95, 0.5, 0.97], [0.04, 0.04, 0.1, 0.1], share=True)
    assert 0 < low[0] < 0.05 < high[0] < 1
    assert (1 - high[1], 1 - low[1]) == pytest.approx((low[0], high[0]))  # the one is the other's mirror
    assert (low[2], high[2]) == pytest.approx((0.5 - 0.1959964, 0.5 + 0.1959964))
    assert (low[3], high[3]) == pytest.approx((0.97 - 0.1959964, 1))  # an error larger than the room left: cut


def test_the_log_interval_of_a_skewed_mean_holds_the_truth_nearly_as_often_as_it_promises():
    # costs as the log-normal of sigma 2 has them, 40 orders a month; the samples in which one order makes half the sum
    rng = np.random.default_rng(7)
    drawn = rng.lognormal(0.0, 2.0, (4_000, 40))
    value, se, truth = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / np.sqrt(40), np.exp(2.0)
    low, high = ratio_interval(value, se)
    crossed = value - 1.959964 * se < 0
    held = ((low <= truth) & (truth <= high))[crossed].mean()
    assert crossed.sum() > 100
    assert (low > 0).all()
    assert held > 0.92
