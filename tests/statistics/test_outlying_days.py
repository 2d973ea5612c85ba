"""Odd days are found whatever the week's rhythm and the season; ordinary ones are left alone."""

import numpy as np

from analysis.statistics.outlying_days import find_outlying_days


def year(seed: int = 0) -> np.ndarray:
    """364 days: a busy week, a quiet weekend, a summer peak."""
    rng = np.random.default_rng(seed)
    rhythm = np.tile([40, 38, 36, 36, 40, 15, 8], 52)
    return rng.poisson(rhythm * (1 + 0.4 * np.sin(np.arange(364) / 364 * 2 * np.pi)))


def test_a_day_of_batch_entry_and_a_lost_day_are_found():
    counts = year()
    counts[200], counts[100] = 160, 0
    found = find_outlying_days(counts)
    assert found.outlying[200] == 1
    assert found.outlying[100] == -1
    assert abs(found.expected[100] - 40) < 20


def test_neither_weekends_nor_the_season_stand_out():
    flagged = [np.abs(find_outlying_days(year(seed)).outlying).sum() for seed in range(1, 41)]
    assert np.mean(np.array(flagged) > 0) < 0.1


def test_a_usually_empty_weekday_and_a_short_series_are_not_judged():
    assert not find_outlying_days(np.tile([20, 20, 20, 20, 20, 0, 0], 12)).outlying.any()
    assert not find_outlying_days(np.arange(30)).outlying.any()
