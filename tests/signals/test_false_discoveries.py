import numpy as np

from analysis.signals.false_discoveries import surviving

BENJAMINI_HOCHBERG_1995 = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_the_fifteen_p_values_of_benjamini_and_hochberg_1995_give_four_whatever_their_division():
    parts = [BENJAMINI_HOCHBERG_1995[:2], BENJAMINI_HOCHBERG_1995[2:11], BENJAMINI_HOCHBERG_1995[11:]]
    survived = surviving(parts, rate=0.05)
    assert [int(kept.sum()) for kept, _ in survived] == [2, 2, 0]
    assert np.round(survived[0][1], 4).tolist() == [0.0015, 0.003]


def test_what_could_not_be_compared_does_not_count_and_does_not_survive():
    [(kept, q)] = surviving([[0.01, np.nan, 0.04]], rate=0.05)
    assert kept.tolist() == [True, False, True]
    assert np.isnan(q[1])


def test_a_run_without_comparisons_has_no_survivors():
    assert surviving([], rate=0.05) == []
