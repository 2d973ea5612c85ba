"""A field that fills or empties is dated; a field that wavers is left alone."""

import numpy as np
import pytest

from analysis.statistics.recording_breaks import find_breaks

N = np.full((1, 24), 50.0)


def test_a_field_that_empties_is_dated_to_its_first_month():
    found = find_breaks(np.where(np.arange(24) < 15, 49, 5)[None, :], N)
    assert (found.found[0], found.start[0], found.stop[0]) == (True, 15, 24)
    assert found.outside[0] == pytest.approx(0.98)
    assert found.inside[0] == pytest.approx(0.10)


def test_a_field_that_begins_to_be_filled_has_its_stretch_at_the_end():
    found = find_breaks(np.where(np.arange(24) < 10, 0, 50)[None, :], N)
    assert (found.found[0], found.start[0], found.stop[0]) == (True, 10, 24)


def test_a_single_lost_month_is_found_with_both_its_ends():
    filled = np.full((1, 24), 48.0)
    filled[0, 7] = 2
    found = find_breaks(filled, N)
    assert (found.found[0], found.start[0], found.stop[0]) == (True, 7, 8)


def test_months_that_waver_more_than_chance_are_no_break():
    rng = np.random.default_rng(1)
    shares = rng.beta(7, 3, size=(200, 24))
    found = find_breaks(rng.binomial(50, shares), np.full((200, 24), 50))
    assert found.found.mean() < 0.02


def test_chance_alone_hardly_ever_breaks():
    rng = np.random.default_rng(2)
    assert not find_breaks(rng.binomial(60, 0.5, size=(500, 36)), np.full((500, 36), 60)).found.any()


def test_a_small_difference_does_not_matter_however_sure_it_is():
    filled = np.where(np.arange(24) < 12, 9_900, 9_000)[None, :]
    assert not find_breaks(filled, np.full((1, 24), 10_000)).found[0]


def test_months_without_any_record_say_nothing_and_too_few_months_are_not_searched():
    assert not find_breaks(np.zeros((2, 24)), np.zeros((2, 24))).found.any()
    assert not find_breaks([[50, 0]], [[50, 50]]).found.any()
    assert not find_breaks([[50]], [[50]]).found.any()


def test_more_filled_than_expected_is_refused():
    with pytest.raises(ValueError, match="filled <= expected"):
        find_breaks([[2]], [[1]])
