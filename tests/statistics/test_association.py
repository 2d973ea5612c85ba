"""Correlations and ratios of changes against published values and their defining equations."""

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.association import correlation_interval, fieller, pearson, spearman


@pytest.mark.parametrize(
    ("r", "n", "low", "high"),
    [
        (0.56, 60, 0.3568, 0.7126),  # statology.org, "Fisher Z transformation": height and weight of 60 residents
        (0.50, 50, 0.2574879, 0.6832563),  # small-s.science, "correlation": conf.int.rho(.50, 50) in R
        (0.684848, 10, 0.097071, 0.918445),  # Cross Validated 18887, the same formula in Python
    ],
)
def test_the_interval_of_a_correlation_is_fishers(r: float, n: int, low: float, high: float):
    assert correlation_interval(r, n) == pytest.approx((low, high), abs=2e-4)


def test_ranks_have_the_wider_interval_of_bonett_and_wright():
    low, high = correlation_interval(0.5, 28, ranks=True)
    reach = 1.959964 * np.sqrt(1.125 / 25)  # 1 + r²/2 over n − 3
    assert (np.arctanh(high) - np.arctanh(low)) / 2 == pytest.approx(reach, rel=1e-6)


def test_correlations_are_those_of_scipy_and_missing_pairs_are_left_out():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(2, 20))
    with_holes = np.append(x, [np.nan, 9.0]), np.append(y, [3.0, np.nan])
    assert pearson(*with_holes).value == pytest.approx(stats.pearsonr(x, y).statistic)
    assert spearman(*with_holes).value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert pearson(*with_holes).n == 20


def test_one_far_off_unit_makes_a_linear_correlation_and_no_rank_correlation():
    x = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 100.0])
    y = np.array([5, 3, 6, 2, 5, 4, 6, 3, 4, 90.0])
    assert pearson(x, y).is_sure
    assert not spearman(x, y).is_sure


def test_units_that_do_not_differ_or_are_too_few_have_no_correlation():
    assert spearman([1, 2, 3], [1, 2, 3]) is None
    assert spearman([5, 5, 5, 5], [1, 2, 3, 4]) is None


def test_the_ends_of_fiellers_interval_solve_its_defining_equation():
    z = stats.norm.ppf(0.975)
    a, a_se, b, b_se = 12.0, 3.0, 4.0, 0.9
    ratio, low, high = fieller(a, a_se, b, b_se)
    assert ratio == 3
    for end in (low, high):
        assert abs(a - end * b) == pytest.approx(z * np.hypot(a_se, end * b_se))


def test_fiellers_interval_covers_the_true_ratio_nineteen_times_in_twenty():
    rng = np.random.default_rng(11)
    found = [fieller(10 + rng.normal(), 1.0, 5 + rng.normal(), 1.0) for _ in range(2_000)]
    hit = np.mean([one is not None and one[1] <= 2 <= one[2] for one in found])
    assert 0.93 < hit < 0.97


def test_a_divisor_that_may_be_zero_gives_no_ratio():
    assert fieller(5.0, 1.0, 1.0, 0.6) is None
    assert fieller(5.0, 1.0, 0.0, 0.1) is None
    assert fieller(5.0, np.nan, 3.0, 0.1) is None
