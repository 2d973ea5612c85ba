"""What goes with satisfaction: LMG shares and the ordered logit against published values."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels
from scipy import special

from analysis.statistics import drivers
from analysis.statistics.drivers import driver_shares, lmg_shares, ordered_logit

UCLA = Path(statsmodels.__file__).parent / "miscmodels" / "tests" / "results" / "ologit_ucla.csv"
ORDER = ["unlikely", "somewhat likely", "very likely"]


@pytest.fixture(scope="module")
def swiss(published) -> np.ndarray:
    """Fertility, then five drivers, of 47 provinces: R's `swiss` (Mosteller & Tukey 1977)."""
    return published("swiss").to_numpy(float)


@pytest.fixture(scope="module")
def ucla() -> pd.DataFrame:
    """Will they apply to graduate school? The data of UCLA's page on ordered logistic regression."""
    frame = pd.read_csv(UCLA)
    return frame.assign(level=frame["apply"].map({name: place for place, name in enumerate(ORDER)}))


def answers(n: int, *, seed: int = 5) -> tuple[np.ndarray, pd.DataFrame]:
    """An overall score made of two of three aspects, the first twice as strongly."""
    rng = np.random.default_rng(seed)
    aspects = pd.DataFrame(rng.integers(1, 6, (n, 3)).astype(float), columns=["speed", "attitude", "price"])
    felt = 0.8 * aspects["speed"] + 0.4 * aspects["attitude"] + rng.logistic(0, 0.5, n)
    return np.digitize(felt, [1.8, 2.8, 3.8, 4.8]) + 1.0, aspects


def test_lmg_shares_are_those_that_relaimpo_publishes_for_swiss(swiss: np.ndarray):
    """Grömping 2006, Relative Importance for Linear Regression in R: the package relaimpo, J. Stat. Softw. 17(1)."""
    parts = lmg_shares(np.corrcoef(swiss, rowvar=False))
    published = [0.05709122, 0.17117303, 0.26013468, 0.10557015, 0.11276592]
    np.testing.assert_allclose(parts, published, atol=5e-9)
    assert parts.sum() == pytest.approx(0.7067350, abs=1e-7)


def test_lmg_shares_are_the_mean_gain_over_all_orders_of_entry(swiss: np.ndarray):
    """The definition word by word: every order, each driver's gain in R² by least squares."""
    outcome, drivers = swiss[:, 0], swiss[:, 1:4]

    def explained(chosen: tuple[int, ...]) -> float:
        design = np.column_stack([np.ones(len(outcome)), *(drivers[:, c] for c in chosen)])
        left = outcome - design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
        return float(1 - left.var() / outcome.var())

    gains = np.zeros(3)
    orders = list(permutations(range(3)))
    for order in orders:
        for place, driver in enumerate(order):
            gains[driver] += explained(order[: place + 1]) - explained(order[:place])
    parts = lmg_shares(np.corrcoef(swiss[:, :4], rowvar=False))
    np.testing.assert_allclose(parts, gains / len(orders), atol=1e-8)


def test_drivers_that_say_the_same_share_alike():
    rng = np.random.default_rng(1)
    common = rng.normal(size=500)
    table = np.column_stack([common + rng.normal(size=500) / 3, common, common])
    first, second = lmg_shares(np.corrcoef(table, rowvar=False))
    assert first == pytest.approx(second, rel=1e-6)


def test_the_stronger_driver_has_the_larger_part_and_a_stranger_nearly_none():
    score, aspects = answers(1_500)
    found = driver_shares(score, aspects, rng=np.random.default_rng(0))
    assert found.share.sum() == pytest.approx(1)
    assert found.share[0] > found.share[1] > found.share[2]
    assert found.low[0] > found.high[1], "the intervals of the two tell them apart"
    assert found.high[2] < 0.02
    assert ((found.low <= found.share) & (found.share <= found.high)).all()


def test_bootstrap_intervals_hold_the_true_parts_about_as_often_as_they_say():
    score, aspects = answers(60_000, seed=9)
    truth = lmg_shares(np.corrcoef(np.column_stack([score, aspects]), rowvar=False))
    truth = truth / truth.sum()
    hits = []
    for run in range(80):
        drawn = np.random.default_rng(run).choice(len(score), 250, replace=False)
        found = driver_shares(score[drawn], aspects.iloc[drawn], rng=np.random.default_rng(run), replicates=200)
        hits.append((found.low[:2] <= truth[:2]) & (truth[:2] <= found.high[:2]))
    assert np.mean(hits) > 0.87, "95 % promised; a percentile bootstrap of 250 answers keeps nearly that"


def test_answers_with_a_hole_do_not_count_and_the_callers_frame_is_left_alone():
    score, aspects = answers(400)
    holed = aspects.copy()
    holed.iloc[:100, 1] = np.nan
    before = holed.copy()
    found = driver_shares(score, holed, rng=np.random.default_rng(0))
    assert found.n == 300
    pd.testing.assert_frame_equal(holed, before)


@pytest.mark.parametrize("case", ["few answers", "an aspect that never differs", "one overall score", "no aspects"])
def test_where_the_answers_cannot_carry_it_there_is_no_result(case: str):
    score, aspects = answers(25 if case == "few answers" else 200)
    if case == "an aspect that never differs":
        aspects = aspects.assign(price=4.0)
    if case == "one overall score":
        score = np.full(len(score), 5.0)
    if case == "no aspects":
        aspects = aspects[[]]
    assert driver_shares(score, aspects, rng=np.random.default_rng(0)) is None
    assert ordered_logit(score, aspects) is None


def test_the_ordered_logit_is_that_of_uclas_page(ucla: pd.DataFrame):
    """OARC Stats, UCLA: Ordinal Logistic Regression, R Data Analysis Examples (polr; its own digits are rougher)."""
    found = ordered_logit(ucla["level"], ucla[["pared", "public", "gpa"]])
    np.testing.assert_allclose(found.coefficient, [1.04769, -0.05879, 0.61594], atol=3e-4)
    np.testing.assert_allclose(found.thresholds, [2.20391, 4.29936], atol=1e-3)
    assert -2 * found.log_likelihood == pytest.approx(717.0249, abs=5e-5)
    np.testing.assert_allclose(found.se, [0.2658, 0.2979, 0.2606], atol=2e-3)
    np.testing.assert_allclose(found.odds, np.exp([1.047664, -0.058683, 0.615746]), rtol=1e-5)
    below = special.expit(found.thresholds - ucla[["pared", "public", "gpa"]].to_numpy()[0] @ found.coefficient)
    np.testing.assert_allclose(np.diff([0, *below, 1]), [0.5488, 0.3593, 0.0918], atol=1e-4)


def test_the_odds_do_not_hang_on_how_a_processor_rounds(ucla: pd.DataFrame, monkeypatch: pytest.MonkeyPatch):
    """The likelihood off by as much as other orders of summing make it; one processor's rounding lost the figure."""
    exact, rng = drivers._odds_terms, np.random.default_rng(5)

    def rounded(*given):
        value, *rest = exact(*given)
        return (value * (1 + rng.uniform(-4e-13, 4e-13)), *rest)

    plain = ordered_logit(ucla["level"], ucla[["pared", "public", "gpa"]])
    monkeypatch.setattr(drivers, "_odds_terms", rounded)
    for _ in range(50):
        found = ordered_logit(ucla["level"], ucla[["pared", "public", "gpa"]])
        assert found is not None, "a figure that one computer tells and another does not"
        np.testing.assert_allclose(found.coefficient, plain.coefficient, atol=1e-6)


def test_levels_that_an_aspect_separates_have_no_finite_odds():
    aspects = pd.DataFrame({"a": np.repeat([1.0, 2.0, 3.0, 4.0], 30), "b": np.tile([1.0, 2.0], 60)})
    assert ordered_logit(np.repeat([1.0, 1.0, 2.0, 2.0], 30), aspects) is None


def test_more_than_twelve_drivers_are_refused_by_number():
    with pytest.raises(ValueError, match="between 1 and 12 drivers can be shared out, got 13"):
        lmg_shares(np.eye(14))
