"""Shrinkage against Efron & Morris's baseball players, and its promise to be nearer the truth."""

import numpy as np
import pytest

from analysis.statistics.shrinkage import shrink_means, shrink_proportions, shrink_rates

# Efron & Morris 1977, Scientific American: 18 players of 1970, hits in their
# first 45 times at bat, and the average of the rest of the season
FIRST_45 = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])
SEASON = np.array(
    [
        0.346,
        0.298,
        0.276,
        0.222,
        0.273,
        0.270,
        0.263,
        0.210,
        0.269,
        0.230,
        0.264,
        0.256,
        0.303,
        0.264,
        0.226,
        0.285,
        0.316,
        0.200,
    ]
)


def test_baseball_players_shrink_as_james_and_stein_have_it():
    """Efron & Morris 1977: grand average 0.265, shrinking factor 0.212, Clemente 0.294."""
    average = FIRST_45 / 45
    grand = average.mean()
    found = shrink_means(average, np.full(18, np.sqrt(grand * (1 - grand) / 45)))
    assert found.common == pytest.approx(0.265, abs=5e-4)
    assert found.own_weight[0] == pytest.approx(0.212, abs=5e-4)
    assert found.value[0] == pytest.approx(0.294, abs=5e-4)
    assert ((found.value - SEASON) ** 2).sum() < 0.35 * ((average - SEASON) ** 2).sum()


def test_shrunk_proportions_are_nearer_the_truth_and_hold_their_interval():
    rng = np.random.default_rng(3)
    truth = rng.beta(40, 10, 400)
    n = rng.integers(5, 200, 400)
    k = rng.binomial(n, truth)
    found = shrink_proportions(k, n)
    assert found.common == pytest.approx(0.8, abs=0.01)
    assert ((found.value - truth) ** 2).mean() < 0.6 * ((k / n - truth) ** 2).mean()
    assert ((found.low <= truth) & (truth <= found.high)).mean() == pytest.approx(0.95, abs=0.03)
    np.testing.assert_allclose(found.own_weight, n / (n + 50), atol=0.12)


def test_shrunk_rates_are_nearer_the_truth_and_hold_their_interval():
    rng = np.random.default_rng(4)
    truth = rng.gamma(8, 0.05 / 8, 400)
    exposure = rng.uniform(20, 2_000, 400)
    k = rng.poisson(exposure * truth)
    found = shrink_rates(k, exposure)
    assert ((found.value - truth) ** 2).mean() < 0.5 * ((k / exposure - truth) ** 2).mean()
    assert ((found.low <= truth) & (truth <= found.high)).mean() == pytest.approx(0.95, abs=0.03)


def test_units_that_differ_by_chance_alone_all_get_the_common_figure():
    found = shrink_proportions([80, 82, 79, 81, 80], [100] * 5)
    assert not found.differ
    assert found.value.tolist() == pytest.approx([0.804] * 5)
    assert 0.76 < found.low[0] < 0.804 < found.high[0]
    assert not shrink_rates([50, 52, 49, 51], [100] * 4).differ
    assert not shrink_means([5.0, 5.01, 4.99, 5.0], [1.0] * 4).differ


def test_a_unit_without_records_gets_the_common_figure_and_the_widest_interval():
    rng = np.random.default_rng(5)
    k, n = rng.binomial(60, rng.beta(4, 4, 20)).astype(float), np.full(20, 60.0)
    found = shrink_proportions(np.append(k, 0), np.append(n, 0))
    assert found.value[-1] == pytest.approx(found.common)
    assert found.own_weight[-1] == 0
    width = found.high - found.low
    assert width[-1] == width.max()
    means = shrink_means([1.0, 5.0, 9.0, 3.0, np.nan], [0.5, 0.5, 0.5, 0.5, 0.5])
    assert means.value[-1] == pytest.approx(means.common)


def test_all_or_none_and_too_few_units_do_not_fail():
    assert shrink_proportions([0, 0, 0, 0], [10] * 4).value.tolist() == [0] * 4
    assert shrink_proportions([10, 10, 10, 10], [10] * 4).value.tolist() == [1] * 4
    assert shrink_rates([0, 0, 0, 0], [10] * 4).value.tolist() == [0] * 4
    assert not shrink_proportions([1, 9], [10, 10]).differ
    assert np.isnan(shrink_rates([0], [0]).common)


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ValueError, match="must not exceed"):
        shrink_proportions([5], [4])
    with pytest.raises(ValueError, match="must not be negative"):
        shrink_rates([-1], [4])


def test_units_are_drawn_towards_the_whole_that_is_given_and_not_towards_their_mean():
    # a large unit at 10 %, small ones around 40 %: the whole is 14 %, the mean of the units 34 %
    hits, trials = np.array([1000, 40, 38, 45, 42, 36]), np.array([10_000, 100, 100, 100, 100, 100])
    whole = hits.sum() / trials.sum()
    found, free = shrink_proportions(hits, trials, centre=whole), shrink_proportions(hits, trials)
    assert found.common == whole
    assert free.common > 0.3
    assert (np.abs(found.value - whole) <= np.abs(hits / trials - whole)).all()
    rates = shrink_rates(hits, trials, centre=whole)
    assert (np.abs(rates.value - whole) <= np.abs(hits / trials - whole)).all()


def test_towards_a_known_centre_steins_factor_spends_no_unit_on_it():
    """James and Stein 1961: towards a fixed point 1 − (k − 2)·V / Σ(x − centre)², where the errors are equal."""
    value, error, centre = np.array([1.0, 2.0, 3.5, 7.0, 9.0]), 1.2, 4.0
    found = shrink_means(value, np.full(5, error), centre=centre)
    factor = 1 - (5 - 2) * error**2 / ((value - centre) ** 2).sum()
    assert found.value == pytest.approx(centre + factor * (value - centre))
    alike = shrink_means(np.array([1.0, 1.1, 0.9, 1.0]), np.full(4, 2.0), centre=1.5)
    assert not alike.differ
    assert (alike.value == 1.5).all()
