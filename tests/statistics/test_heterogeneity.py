"""Cochran's Q against the published one, and what it says of chance alone."""

import numpy as np
import pytest

from analysis.statistics.heterogeneity import heterogeneity

BCG = np.array(
    [
        (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
        (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
    ],
    dtype=float,
)  # fmt: skip


def test_the_published_q_of_the_bcg_trials():
    # Colditz et al. 1994, log risk ratios of 13 trials: Q = 152.233 (metafor, Viechtbauer 2010)
    a, b, c, d = BCG.T
    found = heterogeneity(np.log((a / (a + b)) / (c / (c + d))), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)))
    assert found.q == pytest.approx(152.233, abs=1e-3)
    assert found.freedom == 12
    assert found.p < 1e-4


def test_chance_alone_is_called_a_difference_one_time_in_twenty():
    rng = np.random.default_rng(1)
    called = [heterogeneity(rng.normal(0, 1, 24), np.ones(24)).p < 0.05 for _ in range(1000)]
    assert np.mean(called) == pytest.approx(0.05, abs=0.02)


def test_one_estimate_has_no_spread():
    assert np.isnan(heterogeneity([1.0, np.nan, 2.0], [0.5, 0.5, 0.0]).p)
