"""Kitagawa and Das Gupta against the published decompositions, and their exact sums."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.mix import das_gupta, kitagawa

AGES = [
    "15-19",
    "20-24",
    "25-29",
    "30-34",
    "35-39",
    "40-44",
    "45-49",
    "50-54",
    "55-59",
    "60-64",
    "65-69",
    "70-74",
    "75+",
]
SIZE_1970 = [12.9, 10.9, 9.5, 8.0, 7.8, 8.4, 8.6, 7.8, 7.0, 5.9, 4.7, 3.6, 4.9]
SIZE_1985 = [10.1, 11.2, 11.6, 10.9, 9.4, 7.7, 6.3, 6.0, 6.3, 5.9, 5.1, 4.0, 5.5]
RATE_1970 = [1.9, 25.8, 45.7, 49.6, 51.2, 51.6, 51.8, 54.9, 58.7, 60.4, 62.8, 66.6, 66.8]
RATE_1985 = [2.2, 24.3, 45.8, 52.5, 56.1, 55.6, 56.0, 57.4, 57.2, 61.2, 63.9, 68.6, 72.2]


def period(size, rate, names=AGES):
    return pd.DataFrame({"segment": names, "numerator": np.array(size) * rate, "denominator": size})


def test_headship_rates_of_the_united_states():
    """Das Gupta 1993, example 5.1: 44.7268 → 47.6940, of which age structure 1.2269 and rates 1.7403."""
    effects = kitagawa(period(SIZE_1970, RATE_1970), period(SIZE_1985, RATE_1985))
    assert effects["mix_effect"].sum() == pytest.approx(1.2269, abs=5e-5)
    assert effects["rate_effect"].sum() == pytest.approx(1.7403, abs=5e-5)
    assert effects["segment"].tolist() == AGES


def test_birth_rates_of_austria_and_chile_have_three_factors():
    """Das Gupta 1993, example 2.2."""
    effects = das_gupta(
        {"births": 51.78746, "of_women": 0.45919, "women": 0.52638},
        {"births": 84.90502, "of_women": 0.75756, "women": 0.51065},
    )
    assert list(effects.values()) == pytest.approx([10.4340333, 10.5608476, -0.6670084], abs=5e-7)


def test_non_marital_births_have_four_factors():
    """Das Gupta 1993, example 2.3."""
    effects = das_gupta(
        {"a": 25.3, "b": 0.214, "c": 0.279, "d": 0.949}, {"a": 32.7, "b": 0.290, "c": 0.473, "d": 0.986}
    )
    assert list(effects.values()) == pytest.approx([0.6889411, 0.8125381, 1.3829055, 0.1047547], abs=5e-7)


def test_birth_rates_of_taiwan_have_vector_factors():
    """Das Gupta 1993, example 4.3: 1960 → 1970 in seven age groups."""
    year_1960 = {
        "births": [393, 407, 369, 274, 184, 90, 16],
        "married": [0.122, 0.622, 0.903, 0.930, 0.916, 0.873, 0.800],
        "women": [0.043, 0.041, 0.036, 0.032, 0.026, 0.020, 0.018],
    }
    year_1970 = {
        "births": [488, 452, 338, 156, 63, 22, 3],
        "married": [0.082, 0.527, 0.866, 0.941, 0.942, 0.923, 0.876],
        "women": [0.058, 0.038, 0.032, 0.030, 0.026, 0.023, 0.019],
    }
    effects = das_gupta(year_1960, year_1970)
    assert list(effects.values()) == pytest.approx([-7.285632, -2.720633, -1.565181], abs=5e-7)


def test_kitagawa_is_das_gupta_with_two_factors():
    share = {year: np.array(size) / sum(size) for year, size in ((0, SIZE_1970), (1, SIZE_1985))}
    both = das_gupta({"share": share[0], "rate": RATE_1970}, {"share": share[1], "rate": RATE_1985})
    effects = kitagawa(period(SIZE_1970, RATE_1970), period(SIZE_1985, RATE_1985))
    assert both["share"] == pytest.approx(effects["mix_effect"].sum())
    assert both["rate"] == pytest.approx(effects["rate_effect"].sum())


def test_effects_of_random_segments_sum_to_the_change_exactly():
    rng = np.random.default_rng(1)
    for _ in range(50):
        names = [f"s{i}" for i in range(8)]
        before = period(rng.uniform(0, 50, 6), rng.uniform(0, 9, 6), names[:6])
        after = period(rng.uniform(0, 50, 6), rng.uniform(0, 9, 6), names[2:])
        effects = kitagawa(before, after)
        change = (
            after["numerator"].sum() / after["denominator"].sum()
            - before["numerator"].sum() / before["denominator"].sum()
        )
        assert effects[["rate_effect", "mix_effect"]].sum().sum() == pytest.approx(change, abs=1e-12)


def test_a_segment_that_is_new_or_gone_is_mix_alone():
    before = period([50, 50], [2.0, 4.0], ["old", "both"])
    after = period([50, 50], [4.0, 9.0], ["both", "new"])
    effects = kitagawa(before, after).set_index("segment")
    assert effects.loc[["old", "new"], "rate_effect"].tolist() == [0, 0]
    assert effects["mix_effect"].sum() == pytest.approx(6.5 - 3.0)


def test_equal_mixes_leave_rates_alone_and_equal_rates_leave_mix_alone():
    assert kitagawa(period([3, 7], [1, 2], ["a", "b"]), period([30, 70], [2, 5], ["a", "b"]))[
        "mix_effect"
    ].abs().max() == pytest.approx(0)
    assert kitagawa(period([3, 7], [1, 2], ["a", "b"]), period([7, 3], [1, 2], ["a", "b"]))[
        "rate_effect"
    ].abs().max() == pytest.approx(0)


def test_frames_of_the_caller_are_left_as_they_were():
    before = period([3, 7], [1, 2], ["a", "b"])
    kept = before.copy(deep=True)
    kitagawa(before, period([5, 5], [1, 3], ["a", "b"]))
    pd.testing.assert_frame_equal(before, kept)


def test_repeated_segments_and_empty_periods_are_refused():
    with pytest.raises(ValueError, match="a segment must have one row, these have more: a"):
        kitagawa(period([1, 2], [1, 1], ["a", "a"]), period([1, 2], [1, 1], ["a", "b"]))
    with pytest.raises(ValueError, match="must add up to more than 0"):
        kitagawa(period([0.0], [1], ["a"]), period([1], [1], ["a"]))
    with pytest.raises(ValueError, match="the same factors"):
        das_gupta({"a": 1}, {"b": 1})
