"""Hazard ratios against the published figure of the remission times of Gehan, and what may not be estimated.

Published: Cox 1972 / R survival's coxph on MASS::gehan: coefficient 1.5721 with Efron's ties.
"""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.proportional_hazards import dummies, hazard_ratios, proportionality

TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def gehan() -> tuple[list[int], list[int], pd.DataFrame]:
    trait = pd.DataFrame({"control": [0.0] * 21 + [1.0] * 21})
    return TREATED + CONTROL, RELAPSED + [1] * 21, trait


def test_the_published_coefficient_of_gehan_comes_out():
    found = hazard_ratios(*gehan())
    assert found is not None
    row = found.of("control")
    assert np.log(row["ratio"]) == pytest.approx(1.5721, abs=1e-4)
    assert row["low"] > 1
    assert (found.n, found.events) == (42, 30)


def test_strata_with_a_baseline_of_their_own_leave_a_common_ratio():
    rng = np.random.default_rng(2)
    n = 4_000
    unit, bad = rng.integers(0, 4, n), rng.integers(0, 2, n).astype(float)
    time = rng.exponential(1 / ((0.2 + unit) * 1.5**bad))
    found = hazard_ratios(time, np.ones(n), pd.DataFrame({"bad": bad}), strata=unit)
    assert found is not None
    assert found.of("bad")["ratio"] == pytest.approx(1.5, abs=0.15)


def test_a_trait_that_everybody_has_is_left_out_and_named():
    time, event, traits = gehan()
    found = hazard_ratios(time, event, traits.assign(everybody=1.0))
    assert found is not None
    assert found.left_out == ("everybody",)
    assert found.of("everybody") is None


def test_fewer_than_ten_events_a_trait_give_nothing():
    time, event, traits = gehan()
    many = traits.assign(**{f"t{place}": np.arange(42) % (place + 2) == 0 for place in range(3)}).astype(float)
    assert hazard_ratios(time, event, many) is None


def test_negative_times_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        hazard_ratios([-1.0], [1], pd.DataFrame({"a": [1.0]}))


def test_dummies_leave_out_the_most_frequent_value_and_keep_the_unknown():
    found = dummies(pd.Series(["a", "b", "a", None]), prefix="line")
    assert list(found) == ["line=b", "line=unknown"]
    assert found.sum().tolist() == [1, 1]


def test_a_ratio_that_changes_with_time_is_noticed():
    rng = np.random.default_rng(3)
    n = 6_000
    bad = rng.integers(0, 2, n)
    early = rng.exponential(1 / np.where(bad, 2.0, 1.0))
    late = 0.5 + rng.exponential(1 / np.where(bad, 0.5, 1.0))
    time = np.where(early < 0.5, early, late)
    before, after, p = proportionality(time, np.ones(n), bad, at=0.5)
    assert before > 1.5
    assert after < 0.75
    assert p < 1e-6
