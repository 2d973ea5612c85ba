"""Effects within people and months: the published ones of Grunfeld's data, and what is refused."""

import numpy as np
import pytest
from statsmodels.datasets import grunfeld

from analysis.statistics.two_way_effects import two_way_slopes


def test_the_published_two_way_effects_of_grunfelds_investment():
    # Baltagi, Econometric Analysis of Panel Data (table 3.1 of several editions), 10 firms, 20 years, two-way within:
    # value 0.118, capital 0.358. American Steel is not among the ten.
    data = grunfeld.load_pandas().data
    data = data[data["firm"] != "American Steel"]
    found = two_way_slopes(data["invest"], data[["value", "capital"]], data["firm"], data["year"])
    assert found.value == pytest.approx([0.1177, 0.3579], abs=5e-5)
    assert (found.n, found.people) == (200, 10)


def test_levels_of_people_and_months_fall_out():
    person, period = np.repeat(np.arange(30), 12), np.tile(np.arange(12), 30)
    rng = np.random.default_rng(1)
    x = rng.integers(0, 2, 360)
    y = 3.0 * x + 10 * person + 5 * period
    assert two_way_slopes(y, x, person, period).value == pytest.approx([3.0])


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(2)
    person, period = np.repeat(np.arange(25), 20), np.tile(np.arange(20), 25)
    held = 0
    for _ in range(100):
        x = rng.integers(0, 2, 500)
        shared = np.repeat(rng.normal(0, 1, 25), 20) * (np.tile(np.arange(20), 25) / 20)
        found = two_way_slopes(0.5 * x + shared + rng.normal(0, 1, 500), x, person, period)
        held += found.low[0] <= 0.5 <= found.high[0]
    assert held >= 88


def test_what_never_moves_has_no_slope():
    person, period = np.repeat([0, 1, 2], 4), np.tile(np.arange(4), 3)
    constant = two_way_slopes(np.arange(12.0), (person == 0).astype(float), person, period)
    assert np.isnan(constant.value).all()
    one = two_way_slopes([1.0, 2.0], [0.0, 1.0], [0, 0], [0, 1])
    assert np.isnan(one.value).all()


def test_weights_count_records():
    person, period = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    x, y = np.array([0.0, 1, 0, 0]), np.array([0.0, 2, 0, 0])
    assert two_way_slopes(y, x, person, period, weight=[5, 5, 1, 1]).value == pytest.approx([2.0])
