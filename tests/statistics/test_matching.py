"""Comparing those who chose with others like them."""

import numpy as np
import pytest

from analysis.statistics.matching import compare_within


def test_a_difference_that_lies_between_the_strata_only_disappears_within_them():
    rng = np.random.default_rng(1)
    n = 20_000
    loyal = rng.random(n) < 0.4
    joins = rng.random(n) < np.where(loyal, 0.6, 0.1)
    buys = rng.random(n) < np.where(loyal, 0.5, 0.1)
    found = compare_within(buys, joins, loyal)
    assert float(found.raw.value) > 0.2
    assert found.matched.low < 0 < found.matched.high


def test_an_effect_within_the_strata_comes_back_weighted_by_those_who_chose():
    # stratum a: treated 2 of 4, others 1 of 4; stratum b: treated 2 of 2, others 0 of 2: (4 · 0.25 + 2 · 1) / 6 = 0.5
    outcome = [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]
    treated = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0]
    stratum = list("aaaaaaaabbbb")
    found = compare_within(outcome, treated, stratum)
    assert float(found.matched.value) == pytest.approx(0.5)
    assert (found.treated, found.compared, found.others) == (6, 6, 6)


def test_those_without_anybody_like_them_are_not_compared_and_counted():
    found = compare_within([1, 0, 1, 0, 1, 1], [1, 1, 0, 0, 1, 1], list("aaaabb"))
    assert (found.treated, found.compared) == (4, 2)
    nobody = compare_within([1, 0], [1, 0], ["a", "b"])
    assert np.isnan(nobody.matched.value)
    assert nobody.compared == 0
