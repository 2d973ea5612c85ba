"""Whipple's index: 100 without rounding, 500 when every fifth value takes all; the United Nations' classes."""

import numpy as np
import pytest

from analysis.statistics.heaping import measure_heaping


def test_every_minute_as_common_as_the_others_gives_100():
    assert measure_heaping(np.arange(600), every=5).index == pytest.approx(100)
    assert measure_heaping(np.arange(600), every=5).rating == "highly accurate"


def test_all_on_every_fifth_value_gives_500_as_hobbs_2004_defines_the_upper_end():
    found = measure_heaping(np.arange(0, 600, 5), every=5)
    assert (found.index, found.rating, found.excess) == (500, "very rough", 1.0)


@pytest.mark.parametrize(
    ("round_ones", "index", "rating"),
    [(208, 104, "highly accurate"), (216, 108, "fairly accurate"), (240, 120, "approximate"), (300, 150, "rough"),
     (360, 180, "very rough")],
)  # fmt: skip
def test_the_classes_of_the_united_nations(round_ones, index, rating):
    values = [5] * round_ones + [7] * (1000 - round_ones)
    found = measure_heaping(values, every=5)
    assert found.index == pytest.approx(index)
    assert found.low < index < found.high
    assert found.rating == rating


def test_too_few_values_have_an_index_but_no_class_and_none_have_neither():
    assert measure_heaping([5, 10], every=5).rating is None
    assert np.isnan(measure_heaping([np.nan], every=5).index)


def test_the_excess_is_the_share_that_was_rounded():
    rng = np.random.default_rng(3)
    values = rng.integers(0, 60, 40_000)
    rounded = np.where(rng.random(40_000) < 0.3, values // 15 * 15, values)
    assert measure_heaping(rounded, every=15).excess == pytest.approx(0.3, abs=0.01)
