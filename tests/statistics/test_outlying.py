"""Robust scores against a published example, and what skewed costs must and must not do."""

import numpy as np
import pytest

from analysis.statistics.outlying import NAMED_FROM, log_scores, robust_scores


def test_the_scores_of_leys_and_others_are_reproduced():
    # Leys et al. 2013, J. Exp. Soc. Psychol. 49: 764–766: median 7, MAD 5.1891; only 1000 lies out.
    values = np.array([1, 3, 3, 6, 8, 10, 10, 1000.0])
    scores = robust_scores(values)
    assert (values - 7) / scores == pytest.approx(5.1891, abs=1e-4)
    assert (np.abs(scores) > 3).tolist() == [False] * 7 + [True]


def test_a_hundred_huge_costs_do_not_hide_each_other():
    rng = np.random.default_rng(3)
    costs = np.concatenate([np.exp(rng.normal(4, 0.4, 900)), np.full(100, 3_000.0)])
    scores = log_scores(costs, np.repeat("repair", 1_000))
    assert (scores[900:] > NAMED_FROM).all()
    plain = (costs - costs.mean()) / costs.std()
    assert (plain[900:] < NAMED_FROM).all()  # mean and standard deviation are moved by what they look for


def test_log_normal_costs_are_seldom_named():
    rng = np.random.default_rng(5)
    scores = log_scores(np.exp(rng.normal(4, 0.8, 20_000)), np.repeat("a", 20_000))
    assert (scores > NAMED_FROM).mean() < 0.0006  # 0.00023 in theory


def test_each_kind_is_judged_by_its_own_kind():
    rng = np.random.default_rng(8)
    cheap, dear = np.exp(rng.normal(2, 0.2, 50)), np.exp(rng.normal(6, 0.2, 50))
    kinds = np.repeat(["remote", "on site"], 50)
    assert (log_scores(np.concatenate([cheap, dear]), kinds) < NAMED_FROM).all()


def test_what_has_no_logarithm_no_company_or_no_spread_has_no_score():
    amounts = np.array([*range(1, 31), 0.0, -5.0, np.nan], dtype=float)
    scores = log_scores(amounts, np.repeat("a", 33))
    assert np.isfinite(scores[:30]).all()
    assert np.isnan(scores[30:]).all()
    assert np.isnan(log_scores([5.0] * 10, ["few"] * 10)).all()
    assert np.isnan(log_scores([5.0] * 40, ["same"] * 40)).all()
