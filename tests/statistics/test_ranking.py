"""How good a ranking was: the area under the curve by counting pairs, and lift."""

import numpy as np
import pytest

from analysis.statistics.ranking import area_under_curve, lift


def test_the_area_is_the_share_of_pairs_in_the_right_order_ties_counting_half():
    score, hit = [0.9, 0.8, 0.5, 0.5, 0.1], [1, 0, 1, 0, 0]
    # pairs (hit, not): 0.9 beats 0.8, 0.5, 0.1; 0.5 loses to 0.8, ties with 0.5, beats 0.1: 4.5 of 6
    assert float(area_under_curve(score, hit).value) == pytest.approx(4.5 / 6)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(300):
        hit = rng.random(400) < 0.3
        found = area_under_curve(rng.normal(hit * 0.6, 1), hit)
        inside += found.low <= 0.6643 <= found.high  # Φ(0.6 / √2)
    assert 0.92 <= inside / 300 <= 0.98


def test_without_both_kinds_there_is_no_area():
    assert np.isnan(area_under_curve([1, 2], [1, 1]).value)
    assert np.isnan(area_under_curve([], []).value)


def test_lift_is_the_share_hit_at_the_top_over_that_of_all():
    score, hit = np.arange(100)[::-1], np.arange(100) < 20
    found = lift(score, hit)
    assert (float(found.top.value), found.all, found.times, found.n) == (1.0, 0.2, pytest.approx(5.0), 10)
