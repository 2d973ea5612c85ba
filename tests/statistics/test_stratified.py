"""Two groups at the same mix: the Mantel–Haenszel difference against other software and the textbook."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis.statistics.stratified import standardised_share, stratified_difference

# deaths under tolbutamide and placebo, patients below 55 and above (UGDP 1970; Rothman & Greenland, chapter 15)
UGDP = {"k": [8, 22], "n": [106, 98], "k0": [5, 16], "n0": [120, 85]}


def test_the_difference_of_the_ugdp_trial_is_the_textbooks():
    """Rothman, Greenland & Lash 2008, Modern Epidemiology: 0.034 to 0.035 against a crude 0.045."""
    found = stratified_difference(**UGDP)
    assert found.value == pytest.approx(0.0349, abs=5e-5)
    assert found.value < 30 / 204 - 21 / 205


def test_its_standard_error_agrees_with_that_of_greenland_and_robins():
    """1985: Σ w² (pq/n + p₀q₀/n₀) ÷ (Σ w)². Sato's holds for thin strata too; with two thick ones both are near."""
    k, n, k0, n0 = (np.array(UGDP[name], float) for name in ("k", "n", "k0", "n0"))
    weight = n * n0 / (n + n0)
    variance = k * (n - k) / n**3 + k0 * (n0 - k0) / n0**3
    expected = np.sqrt((weight**2 * variance).sum()) / weight.sum()
    assert stratified_difference(**UGDP).se == pytest.approx(expected, rel=0.01)


def test_the_test_of_no_association_is_statsmodels():
    k, n, k0, n0 = (np.array(UGDP[name]) for name in ("k", "n", "k0", "n0"))
    tables = [np.array([[a, m - a], [b, m0 - b]]) for a, m, b, m0 in zip(k, n, k0, n0, strict=True)]
    expected = StratifiedTable(tables).test_null_odds(correction=False).pvalue
    assert stratified_difference(**UGDP).p == pytest.approx(expected)


def test_one_stratum_is_the_plain_difference():
    found = stratified_difference([70], [100], k0=[50], n0=[100])
    assert found.value == pytest.approx(0.2)
    assert found.se == pytest.approx(np.sqrt(0.21 / 100 + 0.25 / 100), rel=1e-9)


def test_a_different_mix_of_work_is_no_difference():
    """Within repairs both have 60 %, within installations both 90 %; one method was used for installations mostly."""
    found = stratified_difference([60, 810], [100, 900], k0=[540, 90], n0=[900, 100])
    assert pytest.approx(0.24) == 870 / 1000 - 630 / 1000
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.p == pytest.approx(1)


def test_the_interval_keeps_its_promise_with_many_thin_strata():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(500):
        level = rng.uniform(0.3, 0.8, 60)
        n, n0 = rng.integers(1, 4, 60), rng.integers(1, 6, 60)
        found = stratified_difference(rng.binomial(n, level + 0.1), n, k0=rng.binomial(n0, level), n0=n0)
        hits += found.low <= 0.1 <= found.high
    assert 0.93 <= hits / 500 <= 0.98


def test_strata_without_one_of_the_groups_tell_nothing():
    whole = stratified_difference([8, 22, 0], [106, 98, 0], k0=[5, 16, 40], n0=[120, 85, 50])
    assert whole == stratified_difference(**UGDP)
    assert np.isnan(stratified_difference([5], [10], k0=[0], n0=[0]).value)


def test_the_standardised_share_takes_the_mix_it_is_given():
    assert standardised_share([60, 90], [100, 100], mix=[1, 1]) == pytest.approx(0.75)
    assert standardised_share([60, 90], [100, 100], mix=[9, 1]) == pytest.approx(0.63)
    assert np.isnan(standardised_share([0], [0], mix=[1]))


def test_more_successes_than_trials_are_refused():
    with pytest.raises(ValueError, match="between 0 and the trials"):
        stratified_difference([11], [10], k0=[1], n0=[10])
