import numpy as np
import pytest

from analysis.signals.false_discoveries import surviving, surviving_twice

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


def test_a_look_survives_only_among_all_of_the_run_and_among_its_own_kind():
    mostly_true = [[1e-9] * 40]
    quiet = [[0.004, *np.linspace(0.02, 1, 40)]]
    alone = surviving(quiet, rate=0.05)
    together = surviving(mostly_true + quiet, rate=0.05)
    assert not alone[0][0].any()
    assert together[1][0][0]  # pooled alone, forty true ones lend theirs to the quiet kind
    [[(kept, _)], [(sure, q)]] = surviving_twice([mostly_true, quiet], rate=0.05)
    assert kept.all()
    assert not sure.any()
    assert (q >= alone[0][1]).all()


def test_a_lone_small_p_among_many_kinds_of_look_does_not_survive_the_run():
    many = [[np.linspace(0.01, 1, 500)] for _ in range(4)]
    [[(kept, q)], *_] = surviving_twice([[[1e-4]], *many], rate=0.01)
    assert surviving([[1e-4]], rate=0.01)[0][0].all()
    assert not kept.any()
    assert q[0] == pytest.approx(1e-4 * 2001)
