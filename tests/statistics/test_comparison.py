"""Comparisons and false-discovery control against published values and statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep
from statsmodels.stats.rates import confint_poisson_2indep, test_poisson_2indep

from analysis.statistics.comparison import (
    benjamini_hochberg,
    compare_estimates,
    compare_proportions,
    compare_rates,
)

PROPORTION_TEST, RATE_TEST = test_proportions_2indep, test_poisson_2indep
del test_proportions_2indep, test_poisson_2indep

# Benjamini & Hochberg 1995, section 4.1: fifteen p-values of a thrombolysis trial
BH_1995 = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.7590,
    1.0,
]


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_differences_of_proportions_give_the_table_of_newcombe_1998(counts, low, high):
    """Newcombe 1998, Statistics in Medicine 17, 873–890, table II, method 10."""
    k, n, k0, n0 = counts
    found = compare_proportions(k, n, k0=k0, n0=n0)
    assert float(found.low) == pytest.approx(low, abs=6e-5)
    assert float(found.high) == pytest.approx(high, abs=6e-5)


def test_proportions_agree_with_statsmodels():
    low, high = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    found = compare_proportions([56], [70], k0=[48], n0=[80])
    assert (found.low[0], found.high[0]) == pytest.approx((low, high))
    assert found.p[0] == pytest.approx(PROPORTION_TEST(56, 70, 48, 80, method="score", correction=False).pvalue)


def test_rates_agree_with_statsmodels_score_interval_and_test():
    low, high = confint_poisson_2indep(60, 514.8, 30, 543.9, method="score", compare="ratio")
    found = compare_rates(60, 514.8, k0=30, exposure0=543.9)
    assert float(found.value) == pytest.approx((60 / 514.8) / (30 / 543.9))
    assert (float(found.low), float(found.high)) == pytest.approx((low, high), rel=1e-6)
    assert float(found.p) == pytest.approx(RATE_TEST(60, 514.8, 30, 543.9, method="score").pvalue)


def test_a_rate_without_an_event_on_one_side_still_has_a_bound():
    none_before = compare_rates(5, 100, k0=0, exposure0=100)
    assert np.isinf(none_before.value)
    assert none_before.low > 1
    none_after = compare_rates(0, 100, k0=8, exposure0=100)
    assert none_after.value == none_after.low == 0
    assert 0 < none_after.high < 1
    nothing = compare_rates([0, 3], [10, 0], k0=[0, 3], exposure0=[10, 10])
    assert np.isnan(np.array(nothing)).all()


def test_overdispersed_rates_need_a_larger_difference():
    assert compare_rates(60, 500, k0=30, exposure0=500, dispersion=3).p > compare_rates(60, 500, k0=30, exposure0=500).p


def test_estimates_compare_by_difference_and_by_ratio():
    difference = compare_estimates(8.0, 0.3, value0=7.0, se0=0.4)
    assert (float(difference.value), float(difference.low)) == pytest.approx((1.0, 1 - 1.959964 * 0.5), abs=1e-6)
    ratio = compare_estimates(8.0, 0.08, value0=4.0, se0=0.04, log=True)
    assert float(ratio.value) == pytest.approx(2.0)
    assert float(ratio.low) == pytest.approx(2 * np.exp(-1.959964 * 0.01 * np.sqrt(2)), rel=1e-6)
    assert np.isnan(compare_estimates([1.0, np.nan], [np.nan, 1.0], value0=1.0, se0=0.1).p).all()
    assert np.isnan(compare_estimates(0.0, 0.1, value0=1.0, se0=0.1, log=True).value)


def test_two_sides_without_records_do_not_compare():
    found = compare_proportions([0, 3], [0, 10], k0=[5, 0], n0=[10, 0])
    assert np.isnan(np.array(found)).all()


def test_equal_certainties_do_not_differ():
    assert compare_proportions(10, 10, k0=20, n0=20).p == 1


def test_benjamini_hochberg_rejects_four_where_bonferroni_rejects_three():
    """Benjamini & Hochberg 1995: four rejected at 0.05, Bonferroni three; R's p.adjust gives the adjusted values."""
    q = benjamini_hochberg(BH_1995)
    assert (q <= 0.05).sum() == 4
    assert (np.array(BH_1995) * 15 <= 0.05).sum() == 3
    assert q[:5].tolist() == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603])


def test_missing_p_values_do_not_spoil_the_others():
    """statsmodels gives NaN for all of them; ours counts only what was compared, in any order."""
    p = np.array([0.04, np.nan, 0.0005, 0.9, np.nan, 0.02])
    q = benjamini_hochberg(p)
    assert np.isnan(q[[1, 4]]).all()
    known = [0, 2, 3, 5]
    np.testing.assert_allclose(q[known], multipletests(p[known], method="fdr_bh")[1])
    assert benjamini_hochberg([]).size == 0
    assert benjamini_hochberg(p.reshape(2, 3)).shape == (2, 3)


def test_a_p_value_above_one_is_refused():
    with pytest.raises(ValueError, match="p-values must lie in"):
        benjamini_hochberg([0.1, 1.2])
