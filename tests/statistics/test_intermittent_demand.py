"""Parts that months go by without: the published formulas by hand, what they promise, and what they refuse."""

import numpy as np
import pytest

from analysis.statistics.intermittent_demand import croston, demand_pattern, need_over, part_rates, tsb

SERIES = np.array([[0.0], [0.0], [6.0], [0.0], [3.0], [0.0], [0.0], [4.0]])


def test_croston_smooths_sizes_and_gaps_apart():
    # Croston 1972, weight 0.2. Start: size 6, gap 3. Demand 3 after 2 months: size
    # 6 + 0.2·(3 − 6) = 5.4, gap 3 + 0.2·(2 − 3) = 2.8. Demand 4 after 3: size
    # 5.4 + 0.2·(4 − 5.4) = 5.12, gap 2.8 + 0.2·(3 − 2.8) = 2.84. Rate 5.12 / 2.84.
    assert croston(SERIES, weight=0.2, corrected=False) == pytest.approx([5.12 / 2.84])


def test_the_correction_of_syntetos_and_boylan_takes_half_the_weight_off():
    # Syntetos & Boylan 2005: (1 − α/2) · size / gap
    assert croston(SERIES, weight=0.2) == pytest.approx([0.9 * 5.12 / 2.84])


def test_croston_is_biased_upwards_and_its_correction_much_less():
    # Syntetos & Boylan 2005: demand of size 1 with chance p = 0.25 is 0.25 a month. Croston expects
    # p·(1 + w/(2 − w)·(1 − p)) = 0.2599 with w = 0.1, the correction (1 − w/2) of that, 0.2469.
    rng = np.random.default_rng(3)
    demand = (rng.random((400, 4_000)) < 0.25).astype(float)
    plain, corrected = (croston(demand, weight=0.1, corrected=on).mean() for on in (False, True))
    assert plain == pytest.approx(0.2599, abs=0.0025)
    assert corrected == pytest.approx(0.2469, abs=0.0025)


def test_a_part_nobody_asks_for_any_more_fades_with_tsb_and_never_with_croston():
    # Teunter, Syntetos & Babai 2011: the chance moves in months without demand too: 1, 0.9, 0.81 … × size 5
    demand = np.array([[5.0], *[[0.0]] * 20])
    assert tsb(demand, chance_weight=0.1) == pytest.approx([5 * 0.9**20])
    assert croston(demand, corrected=False) == pytest.approx([5.0])


def test_patterns_have_the_published_borders():
    # Syntetos, Boylan & Croston 2005: gap 1.32 months, squared variation of sizes 0.49
    demand = np.array([[1, 1, 1, 0, 0], [1, 9, 0, 0, 0], [1, 1, 0, 9, 0], [1, 1, 1, 1, 0], [1, 1, 0, 0, 0.0]])
    assert list(demand_pattern(demand).kind) == ["smooth", "erratic", "intermittent", "lumpy", "none"]
    assert part_rates(demand)[-1] == 0


def test_enough_stock_is_what_chance_asks_for_not_the_mean():
    # Steady chance demand of 2 a month: three months take 6; enough in 97.5 of 100 cases is the Poisson 11.
    # The spread is never taken to be less than chance's and the mean is uncertain, so that it errs on the
    # side of stock.
    rng = np.random.default_rng(5)
    past, future = rng.poisson(2.0, (36, 500)), rng.poisson(2.0, (3, 500)).sum(axis=0)
    mean, enough = need_over(past, past.mean(axis=0), 3)
    assert mean.mean() == pytest.approx(6, abs=0.1)
    assert 0.965 <= (future <= enough).mean() <= 0.995
    assert 10 < enough.mean() < 14


def test_what_is_no_demand_is_refused():
    with pytest.raises(ValueError, match="not negative"):
        croston([[1.0], [-1.0]])
    with pytest.raises(ValueError, match="0"):
        part_rates([[1.0], [np.nan]])
    with pytest.raises(ValueError, match="one month"):
        demand_pattern(np.zeros((0, 3)))
