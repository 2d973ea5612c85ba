"""What a treatment did: published differences, planted effects, and the trap of sending those with bad months."""

import numpy as np
import pytest

from analysis.statistics.staggered_differences import staggered_effect


def test_the_published_difference_of_card_and_krueger():
    # Card & Krueger 1994, table 3: full-time jobs a restaurant, New Jersey 20.44 → 21.03, Pennsylvania
    # 23.33 → 21.17; the difference of the differences is 2.76 (2.75 from the rounded means).
    means = np.array([[20.44, 0.0, 21.03], [23.33, 0.0, 21.17]])
    base = np.ones_like(means)
    treated = np.array([[False, True, False], [False, False, False]])
    found = staggered_effect(means, base, treated, window=1)
    assert found.difference.value == pytest.approx(2.76, abs=0.011)
    assert found.naive.value == pytest.approx(0.59)
    assert found.difference.dates == 1


def panel(rng: np.random.Generator, *, effect: float, people: int = 120, months: int = 40, orders: int = 30):
    """People of different level in months of different level; everybody is treated once, at a date drawn by lot."""
    level = 0.7 + rng.normal(0, 0.05, (people, 1)) + 0.05 * np.sin(np.arange(months) / 3)
    date = rng.integers(8, months - 8, people)
    treated = np.zeros((people, months), dtype=bool)
    treated[np.arange(people), date] = True
    after = np.arange(months) > date[:, None]
    return (
        rng.binomial(orders, np.clip(level + effect * after, 0, 1)).astype(float),
        np.full((people, months), orders),
        treated,
    )


def test_a_planted_effect_is_found_with_an_interval_that_holds_it():
    rng = np.random.default_rng(1)
    runs = [staggered_effect(*panel(rng, effect=0.06)) for _ in range(14)]
    assert np.mean([run.difference.value for run in runs]) == pytest.approx(0.06, abs=0.006)
    assert np.mean([run.difference.low <= 0.06 <= run.difference.high for run in runs]) >= 0.85
    assert np.mean([run.placebo.low <= 0 <= run.placebo.high for run in runs]) >= 0.85


def test_no_effect_is_rarely_called_one_even_with_few_people():
    rng = np.random.default_rng(2)
    runs = [staggered_effect(*panel(rng, effect=0.0, people=16), draws=200).difference for _ in range(80)]
    assert np.mean([run.low > 0 or run.high < 0 for run in runs]) <= 0.1


def test_a_common_rise_is_no_effect_though_the_plain_change_says_so():
    rng = np.random.default_rng(3)
    top, base, treated = panel(rng, effect=0.0)
    rise = np.linspace(0, 0.45, top.shape[1])
    found = staggered_effect(0.5 * top + base * rise, base, treated)
    assert found.naive.low > 0
    assert found.difference.low < 0 < found.difference.high


def test_those_sent_after_bad_months_seem_to_profit_and_the_checks_show_it():
    # Nobody's level ever changes; who is sent is who just had bad months: they come back by themselves.
    rng = np.random.default_rng(4)
    people, months, orders = 200, 40, 12
    top = rng.binomial(orders, 0.8, (people, months)).astype(float)
    base = np.full((people, months), orders)
    recent = np.stack([top[:, at - 3 : at].sum(axis=1) for at in range(10, 34)], axis=1)
    treated = np.zeros((people, months), dtype=bool)
    treated[np.arange(people), 10 + recent.argmin(axis=1)] = True
    found = staggered_effect(top, base, treated)
    assert found.difference.low > 0
    assert found.gap_before.high < 0
    assert found.placebo.high < 0


def test_somebody_treated_again_in_the_window_counts_neither_way():
    base = np.ones((3, 7))
    top = np.array([[0, 0, 0, 0, 1, 1, 1], [0.5] * 7, [0.2] * 7])
    twice = np.zeros((3, 7), dtype=bool)
    twice[0, [3, 5]] = True
    assert np.isnan(staggered_effect(top, base, twice, window=3).difference.value)
    once = twice.copy()
    once[0, 5] = False
    once[2, 4] = True  # the third person is treated within the window: no comparison for the first
    assert staggered_effect(top, base, once, window=2).difference.dates == 2


def test_nobody_to_compare_with_gives_no_figure():
    base = np.ones((2, 7))
    treated = np.zeros((2, 7), dtype=bool)
    treated[:, 3] = True
    found = staggered_effect(base * 0.5, base, treated)
    assert np.isnan(found.difference.value)
    assert found.difference.dates == 0
    nobody = staggered_effect(base, base, np.zeros((2, 7), dtype=bool))
    assert np.isnan(nobody.difference.value)


def test_a_window_of_no_month_is_refused():
    with pytest.raises(ValueError, match="window"):
        staggered_effect(np.ones((1, 3)), np.ones((1, 3)), np.zeros((1, 3), dtype=bool), window=0)
