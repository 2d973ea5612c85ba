"""Recency, frequency, monetary value: even parts whatever the ties, and where customers moved."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.customer_classes import CLASSES, classify, movement, quintiles


def test_ties_do_not_break_the_parts_and_are_cut_by_the_other_values():
    often = pd.Series([1] * 10)
    much = pd.Series(range(10))
    parts = quintiles(often, much)
    assert np.bincount(parts).tolist() == [0, 2, 2, 2, 2, 2]
    assert parts.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_the_order_of_the_rows_decides_nothing_that_a_value_decides():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"r": rng.integers(1, 700, 300), "f": rng.integers(1, 4, 300), "m": rng.gamma(2, 100, 300)})
    shuffled = frame.sample(frac=1, random_state=2)
    one = classify(frame["r"], frame["f"], frame["m"])["class"].to_numpy()
    other = classify(shuffled["r"], shuffled["f"], shuffled["m"])["class"].to_numpy()
    assert one[shuffled.index].tolist() == other.tolist()


def test_who_bought_lately_often_and_much_is_a_champion_and_the_reverse_dormant():
    found = classify(np.arange(10, 110, 10), np.arange(10, 0, -1), np.arange(100, 0, -10))
    assert found["class"].iloc[0] == "champions"
    assert found["class"].iloc[-1] == "dormant"
    assert set(found["class"]) <= set(CLASSES)


def test_few_customers_and_none_are_no_error():
    assert classify([5], [1], [10]).shape == (1, 4)
    assert len(classify([], [], [])) == 0


def test_movement_shares_add_up_and_who_is_not_there_any_more_is_gone():
    before = pd.Series({"a": "champions", "b": "champions", "c": "dormant"})
    now = pd.Series({"a": "champions", "d": "loyal"})
    moved = movement(before, now)
    assert moved.loc["champions"].to_dict() == {"champions": 0.5, "gone": 0.5}
    assert moved.sum(axis=1).tolist() == [pytest.approx(1)] * 2
