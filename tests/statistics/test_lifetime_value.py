"""BG/NBD and Gamma-Gamma against the published CDNOW figures, and on customers drawn from the models themselves.

Published: Fader, Hardie & Lee 2005, "Counting your customers the easy way", table 2, and "Implementing the BG/NBD model
for customer base analysis in Excel" (E[Y(39) | 2, 30.43, 38.86] = 1.226); Fader & Hardie 2013, "The Gamma-Gamma model".
"""

import numpy as np
import pytest

from analysis.statistics.lifetime_value import (
    conditional_purchases,
    conditional_value,
    delta_se,
    discounted_purchases,
    expected_counts,
    expected_purchases,
    fit_buying,
    fit_value,
    mean_value,
    probability_alive,
    probability_of_purchase,
)

CDNOW = (0.243, 4.414, 0.793, 2.426)  # as printed
CDNOW_FITTED = (0.242593, 4.413532, 0.792886, 2.425754)  # the same maximum, with more digits
GAMMA_GAMMA = (6.25, 3.74, 15.44)


def drawn(seed: int, n: int, r: float, alpha: float, a: float, b: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, t_x and T of customers who buy and leave as the model says."""
    rng = np.random.default_rng(seed)
    rate, leave, age = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n), rng.uniform(26, 104, n)
    x, last, now, there = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    while there.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-12))
        buys = there & (now < age)
        x[buys] += 1
        last[buys] = now[buys]
        there = buys & (rng.random(n) > leave)
    return x, last, age


def test_the_published_conditional_expectation_of_cdnow_comes_out():
    assert conditional_purchases(CDNOW, 39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=5e-4)


def test_the_published_expected_purchases_of_a_new_customer_come_out():
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    found = expected_purchases(CDNOW_FITTED, [0.1429, 1, 3, 31.8571, 32, 78])
    assert found == pytest.approx(published, abs=5e-4)


def test_the_published_mean_of_gamma_gamma_comes_out():
    assert mean_value(GAMMA_GAMMA) == pytest.approx(6.25 * 15.44 / 2.74)
    assert mean_value((6.25, 0.9, 15.44)) == np.inf


def test_parameters_come_back_from_customers_drawn_from_the_model():
    true = (0.8, 20.0, 0.9, 2.5)
    model = fit_buying(*drawn(3, 40_000, *true))
    assert model is not None
    error = np.abs(np.log(model.parameters / np.array(true))) / np.sqrt(np.diag(model.covariance))
    assert (error < 3).all()
    assert (np.sqrt(np.diag(model.covariance)) < 0.2).all()


def test_rows_with_weights_are_the_same_as_customers_one_by_one():
    x, last, age = (np.round(part) for part in drawn(4, 3_000, 0.8, 20.0, 0.9, 2.5))
    last = np.minimum(last, age) * (x > 0)
    rows, count = np.unique(np.column_stack([x, last, age]), axis=0, return_counts=True)
    one, other = fit_buying(x, last, age), fit_buying(*rows.T, weight=count)
    assert one is not None
    assert other is not None
    assert one.parameters == pytest.approx(other.parameters, rel=1e-6)
    assert one.log_likelihood == pytest.approx(other.log_likelihood)


def test_the_unit_of_time_changes_no_forecast():
    x, last, age = drawn(5, 5_000, 0.8, 20.0, 0.9, 2.5)
    weeks, days = fit_buying(x, last, age), fit_buying(x, 7 * last, 7 * age)
    assert weeks is not None
    assert days is not None
    assert expected_purchases(days.parameters, 7 * 52) == pytest.approx(
        expected_purchases(weeks.parameters, 52), rel=1e-4
    )
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - x.sum() * np.log(7), rel=1e-6)


def test_a_forecast_hits_what_the_same_customers_then_do_and_its_interval_holds_the_truth():
    true = (0.8, 20.0, 0.9, 2.5)
    model = fit_buying(*drawn(6, 8_000, *true))
    assert model is not None
    value = float(expected_purchases(model.parameters, 52))
    se = delta_se(lambda p: float(expected_purchases(p, 52)), model)
    assert abs(value - float(expected_purchases(true, 52))) < 3 * se
    assert 0 < se < 0.1 * value


def test_expected_counts_add_up_to_the_customers_and_fit_those_drawn():
    x, _, age = drawn(7, 20_000, 0.8, 20.0, 0.9, 2.5)
    counts = expected_counts((0.8, 20.0, 0.9, 2.5), age, np.ones(len(age)), 5)
    seen = np.bincount(np.minimum(x, 5).astype(int), minlength=6)
    assert counts.sum() == pytest.approx(len(x))
    assert (np.abs(counts - seen) < 4 * np.sqrt(counts)).all()


def test_a_probability_of_purchase_is_kept_by_those_drawn():
    # the past up to half of the age is all that is known; whoever has a repeat purchase by then is asked about
    rng = np.random.default_rng(8)
    n, half = 60_000, 40.0
    rate, leave = rng.gamma(0.8, 1 / 20.0, n), rng.beta(0.9, 2.5, n)
    known, recent, later, now, there = np.zeros(n), np.zeros(n), np.zeros(n, bool), np.zeros(n), np.ones(n, bool)
    while there.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-12))
        buys = there & (now < half + 26)
        known[buys & (now < half)] += 1
        recent = np.where(buys & (now < half), now, recent)
        later |= buys & (now >= half)
        there = buys & (rng.random(n) > leave)
    told = probability_of_purchase((0.8, 20.0, 0.9, 2.5), 26, known, recent, np.full(n, half))
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.7)):
        chosen = (told >= low) & (told < high)
        assert later[chosen].mean() == pytest.approx(told[chosen].mean(), abs=4 * 0.5 / np.sqrt(chosen.sum()))


def test_a_customer_without_a_repeat_purchase_counts_as_there_and_one_long_silent_as_gone():
    assert probability_alive(CDNOW, 0, 0, 38.86) == 1
    assert probability_alive(CDNOW, 20, 10, 38.86) < 0.01


def test_discounting_takes_off_and_none_takes_off_nothing():
    plain = discounted_purchases(CDNOW, steps=36, step=4.345, rate=0.0)
    assert plain == pytest.approx(float(expected_purchases(CDNOW, 36 * 4.345)))
    assert discounted_purchases(CDNOW, steps=36, step=4.345, rate=0.01) < plain


def test_gamma_gamma_comes_back_and_draws_customers_towards_everybody():
    rng = np.random.default_rng(1)
    n, (p, q, gamma) = 20_000, GAMMA_GAMMA
    x, nu = rng.integers(1, 9, n), rng.gamma(q, 1 / gamma, n)
    z = rng.gamma(p * x, 1 / (nu * x))
    model = fit_value(x, z)
    assert model is not None
    error = np.abs(np.log(model.parameters / np.array(GAMMA_GAMMA))) / np.sqrt(np.diag(model.covariance))
    assert (error < 3).all()
    own = conditional_value(model.parameters, [0, 1, 100], [np.nan, 100.0, 100.0])
    assert own[0] == pytest.approx(model.mean)
    assert model.mean < own[1] < own[2] < 100


def test_too_few_repeat_buyers_give_no_model_and_impossible_summaries_are_refused():
    assert fit_buying(np.zeros(500), np.zeros(500), np.full(500, 50.0)) is None
    assert fit_buying([], [], []) is None
    assert fit_value(np.ones(10), np.ones(10)) is None
    with pytest.raises(ValueError, match="t_x"):
        fit_buying([1], [60], [50])
    with pytest.raises(ValueError, match="without a repeat"):
        fit_buying([0], [5], [50])
