"""The directly-follows relation and the dependency measure against the log of van der Aalst's book; main paths by eye.

Log and figures: W. van der Aalst, Process Mining: Data Science in Action, 2nd ed., Springer 2016, section 7.2.
"""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.process_mining import dependency, directly_follows, follows, main_paths

LOG = {"ae": 5, "abce": 10, "acbe": 10, "abe": 1, "ace": 1, "ade": 10, "adde": 2, "addde": 1}
FOLLOWS = {"ab": 11, "ac": 11, "ad": 13, "ae": 5, "bc": 10, "be": 11, "cb": 10, "ce": 11, "dd": 4, "de": 13}


def book_log() -> pd.DataFrame:
    traces = [trace for trace, times in LOG.items() for _ in range(times)]
    return pd.DataFrame(
        [(case, step, place) for case, trace in enumerate(traces) for place, step in enumerate(trace)],
        columns=["case", "activity", "moment"],
    )


def edges_of(log: pd.DataFrame) -> pd.DataFrame:
    return directly_follows(log["case"], log["activity"], log["moment"])


def test_the_book_s_log_gives_the_book_s_counts():
    edges = edges_of(book_log())
    assert dict(zip(edges["before"] + edges["after"], edges["count"], strict=True)) == FOLLOWS


def test_the_book_s_log_gives_the_book_s_dependencies():
    edges = edges_of(book_log())
    told = dict(zip(edges["before"] + edges["after"], dependency(edges), strict=True))
    assert told["ab"] == pytest.approx(0.92, abs=0.005)  # (11 − 0) / (11 + 0 + 1)
    assert told["dd"] == pytest.approx(0.80)  # 4 / (4 + 1)
    assert told["bc"] == 0  # as often one way as the other
    assert told["ae"] == pytest.approx(5 / 6)


def test_cases_may_lie_mixed_and_one_event_makes_no_pair():
    log = pd.DataFrame({"case": [1, 2, 1, 3], "activity": list("xxyx"), "moment": [0, 5, 7, 9]})
    edges = edges_of(log)
    assert edges[["before", "after", "count", "wait"]].to_numpy().tolist() == [["x", "y", 1, 7.0]]


def test_events_of_an_empty_log_follow_nothing():
    assert directly_follows([], [], []).empty
    assert directly_follows([1, 2], ["a", "b"], [0, 0]).empty


def test_groups_are_counted_apart():
    log = book_log()
    edges = directly_follows(log["case"], log["activity"], log["moment"], log["case"] % 2)
    both = edges.groupby(["before", "after"])["count"].sum()
    assert {a + b: n for (a, b), n in both.items()} == FOLLOWS
    assert set(edges["group"]) == {0, 1}


def test_the_wait_is_the_median_with_the_ranks_of_the_binomial():
    # ten pairs of 1 … 10 minutes: the median is 5.5; P(2 or more of 10 below it) ≥ 97.5 %: the 2nd to the 9th value
    case = np.repeat(np.arange(10), 2)
    moment = np.column_stack([np.zeros(10), np.arange(1, 11)]).ravel()
    edges = directly_follows(case, ["a", "b"] * 10, moment)
    assert edges[["wait", "wait_low", "wait_high"]].to_numpy().tolist() == [[5.5, 2.0, 9.0]]


def test_five_pairs_are_too_few_for_limits():
    edges = directly_follows(np.repeat(np.arange(5), 2), ["a", "b"] * 5, [0, 1] * 5)
    assert edges[["wait_low", "wait_high"]].isna().all(axis=None)


def test_the_limits_of_the_median_hold_what_they_promise():
    rng = np.random.default_rng(3)
    runs, n = 2_000, 25
    case, moment = np.arange(runs * n).repeat(2), np.zeros((runs * n, 2))
    moment[:, 1] = rng.lognormal(size=runs * n)
    edges = directly_follows(case, np.tile([0, 1], runs * n), moment.ravel(), np.repeat(np.arange(runs), 2 * n))
    held = (edges["wait_low"] <= 1) & (edges["wait_high"] >= 1)
    assert 0.94 <= held.mean() <= 0.98


def test_main_paths_are_the_frequent_ones_and_leave_no_step_without_a_way_in_or_out():
    edges = pd.DataFrame(
        [("a", "b", 100), ("b", "c", 90), ("b", "p", 9), ("p", "c", 8), ("a", "c", 1), ("c", "a", 1)],
        columns=["before", "after", "count"],
    )
    shown = main_paths(edges, cover=0.95)
    assert edges[shown][["before", "after"]].agg("".join, axis=1).tolist() == ["ab", "bc", "bp", "pc", "ca"]


def test_all_paths_are_shown_where_all_are_asked_for():
    edges = edges_of(book_log())
    assert main_paths(edges, cover=1.0).all()


def test_pairs_that_share_a_wait_may_be_counted_once() -> None:
    draw = np.random.default_rng(7)
    group, before, after, wait = (draw.integers(0, size, 500) for size in (3, 2, 4, 9))
    each = follows(group, before, after, wait / 7, np.ones(500, dtype=np.int64))
    alike, weight = np.unique(np.stack([group, before, after, wait]), axis=1, return_counts=True)
    pd.testing.assert_frame_equal(follows(*alike[:3], alike[3] / 7, weight), each, check_exact=True)
