"""Weights for those who did not answer, and bounds that need no belief."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.statistics.nonresponse import inverse_weights, response_propensities, weighted_share, worst_and_best


def kinds(seed: int = 3) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    traits = pd.DataFrame({"work": rng.choice(["repair", "install"], 200), "region": rng.choice(list("NES"), 200)})
    invited = rng.integers(5, 60, 200)
    chance = np.where(traits["work"] == "repair", 0.2, 0.5) * np.where(traits["region"] == "N", 0.6, 1.0)
    return traits, rng.binomial(invited, chance), invited


def test_propensities_without_penalty_are_those_of_a_logistic_regression():
    traits, answered, invited = kinds()
    design = sm.add_constant(pd.get_dummies(traits, drop_first=True).astype(float))
    fitted = sm.GLM(np.column_stack([answered, invited - answered]), design, family=sm.families.Binomial()).fit()
    found = response_propensities(traits, answered, invited, ridge=0.0)
    np.testing.assert_allclose(found, fitted.fittedvalues, atol=1e-9)


def test_a_kind_that_always_answered_keeps_a_propensity_below_one():
    traits = pd.DataFrame({"method": ["phone", "mail"]})
    phone, mail = response_propensities(traits, [40, 20], [40, 100])
    assert 0.9 < phone < 1
    assert mail == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("answered", [[0, 0], [30, 50]])
def test_where_nobody_or_everybody_answers_there_is_nothing_to_learn(answered: list[int]):
    assert np.isnan(response_propensities(pd.DataFrame({"a": ["x", "y"]}), answered, [30, 50])).all()


def test_weights_give_back_the_truth_where_the_traits_explain_the_silence():
    """1,000 repairs, 60 % satisfied, 10 % answer; 1,000 installations, 90 % satisfied, 40 % answer: 75 % in truth,
    84 % among the answers.
    """
    answered, satisfied = np.array([100.0, 400.0]), np.array([60.0, 360.0])
    propensity = response_propensities(pd.DataFrame({"work": ["repair", "install"]}), answered, [1000, 1000], ridge=0)
    found = weighted_share(satisfied, answered, inverse_weights(propensity))
    assert satisfied.sum() / answered.sum() == pytest.approx(0.84)
    assert found.value == pytest.approx(0.75, abs=1e-6)
    assert found.low < 0.75 < found.high
    assert found.effective_n < 500


def test_weights_cannot_repair_that_the_angry_answer_more_readily():
    """The same work, 80 % satisfied; the dissatisfied answer twice as often: 66.7 % among the answers, weighted too."""
    found = weighted_share([160.0], [240.0], inverse_weights([0.24]))
    assert found.value == pytest.approx(2 / 3)


def test_equal_weights_are_the_plain_share_with_wilsons_interval():
    found = weighted_share([81.0], [263.0], [1.0])
    assert found.value == pytest.approx(81 / 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998, method 3
    assert found.effective_n == pytest.approx(263)


def test_the_interval_of_a_weighted_share_keeps_its_promise():
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(400):
        work = rng.random(1_000) < 0.5
        happy = rng.random(1_000) < np.where(work, 0.9, 0.6)
        answers = rng.random(1_000) < np.where(work, 0.4, 0.15)
        frame = pd.DataFrame({"work": work, "happy": happy, "answers": answers})
        cells = frame.groupby("work").agg(invited=("answers", "size"), answered=("answers", "sum")).reset_index()
        satisfied = frame[frame["answers"]].groupby("work")["happy"].sum().to_numpy(float)
        weight = inverse_weights(response_propensities(cells[["work"]], cells["answered"], cells["invited"]))
        found = weighted_share(satisfied, cells["answered"], weight)
        hits += found.low <= 0.75 <= found.high
    assert 0.92 <= hits / 400 <= 0.995


def test_no_weight_is_heavier_than_ten_times_the_median():
    assert inverse_weights([0.5, 0.5, 0.5, 0.001]).tolist() == [2.0, 2.0, 2.0, 20.0]


def test_without_answers_there_is_no_share_and_one_answer_has_no_interval():
    assert np.isnan(weighted_share([0.0], [0.0], [2.0]).value)
    alone = weighted_share([1.0], [1.0], [3.0])
    assert (alone.value, np.isnan(alone.low)) == (1.0, True)


def test_the_bounds_hold_whatever_the_silent_think():
    """Manski 1990: 170 satisfied of 200 answers of 1,000 asked."""
    found = worst_and_best(170, 200, 1000)
    assert (float(found.worst), float(found.best)) == (0.17, 0.97)
    assert found.low < 0.17 < 0.97 < found.high
    for silent_satisfied in range(0, 801, 100):
        assert found.worst <= (170 + silent_satisfied) / 1000 <= found.best


def test_where_everybody_answers_the_bounds_meet_in_the_plain_share():
    found = worst_and_best(80, 100, 100)
    assert found.worst == found.best == 0.8
