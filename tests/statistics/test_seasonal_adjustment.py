"""Seasonal adjustment of many series: what it takes out, what it leaves in, and that a month does not judge itself."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.month_design import fourier_pairs, month_design, months_per_period
from analysis.statistics.seasonal_adjustment import seasonally_adjust


def months(count, start="2022-01"):
    return pd.period_range(start, periods=count, freq="M")


def wave(index, size=0.25):
    return size * np.sin(2 * np.pi * (index.month.to_numpy() - 1) / 12 + 1)


def rates(series, count, *, seed=1, size=0.25):
    rng = np.random.default_rng(seed)
    exposure = rng.uniform(800, 1_200, (series, count))
    events = rng.poisson(exposure * 0.04 * np.exp(wave(months(count), size)))
    return events / exposure, exposure


@pytest.mark.parametrize("kind", ["duration", "rate", "count", "level", "share"])
def test_the_season_comes_out_and_the_level_stays(kind):
    index = months(48)
    rng = np.random.default_rng(2)
    noise = 0.05 * rng.standard_normal((50, 48))
    values = {"level": 5 + wave(index) + noise, "share": 1 / (1 + np.exp(-(1 + wave(index) + noise)))}.get(
        kind, 40 * np.exp(wave(index) + noise)
    )
    result = seasonally_adjust(values, index, kind=kind, weights=np.full(48, 500.0) if kind == "share" else None)
    assert np.abs(np.corrcoef(result.adjusted.mean(axis=0), wave(index))[0, 1]) < 0.5
    assert result.adjusted.std() < 0.5 * values.std()
    assert result.adjusted.mean() == pytest.approx(values.mean(), rel=0.02)
    assert result.pairs.tolist() == [1] * 50


def test_a_month_is_judged_by_a_season_it_had_no_part_in():
    """Taking the month out by hand gives the same effect: exactly for least squares, within 0.2 % for counts."""
    index = months(40)
    rng = np.random.default_rng(3)
    durations = 5 * np.exp(wave(index) + 0.1 * rng.standard_normal(40))
    value, exposure = rates(1, 40)
    for kind, series, weights, tolerance in (
        ("duration", durations, None, 0.01),
        ("rate", value[0], exposure[0], 0.002),
    ):
        effect = seasonally_adjust(series, index, kind=kind, weights=weights).effect
        for month in (0, 17, 39):
            without = series.copy()
            without[month] = np.nan
            by_hand = seasonally_adjust(without, index, kind=kind, weights=weights).effect[month]
            assert effect[month] == pytest.approx(by_hand, rel=tolerance)


def test_a_wild_last_month_shows_in_full():
    index = months(36)
    values = 5 * np.exp(wave(index))
    values[-1] *= 3
    result = seasonally_adjust(values, index, kind="duration")
    assert result.adjusted[-1] / np.median(result.adjusted[:-1]) == pytest.approx(3, rel=0.1)
    assert result.expected[-1] == pytest.approx(values[-1] / 3, rel=0.1)


def test_below_two_years_only_a_level_is_taken():
    value, exposure = rates(3, 23)
    result = seasonally_adjust(value, months(23), kind="rate", weights=exposure)
    np.testing.assert_array_equal(result.adjusted, value)
    assert (result.effect == 1).all()
    assert result.pairs.tolist() == [0, 0, 0]
    others = np.delete(np.arange(23), 5)
    ratio = (value * exposure)[0, others].sum() / exposure[0, others].sum()
    assert result.expected[0, 5] == pytest.approx(ratio)


def test_observed_months_count_and_missing_ones_do_not():
    values = 5 * np.exp(wave(months(60)) + 0.05 * np.random.default_rng(4).standard_normal(60))
    holed = values.copy()
    holed[10:50] = np.nan
    both = seasonally_adjust(np.stack([values, holed]), months(60), kind="duration")
    assert both.pairs.tolist() == [2, 0]
    few = values.copy()
    few[[4, 30]] = np.nan
    result = seasonally_adjust(few, months(60), kind="duration")
    assert result.pairs.tolist() == [1]
    assert np.isnan(result.adjusted[[4, 30]]).all()
    assert np.isfinite(np.delete(result.adjusted, [4, 30])).all()
    assert np.isfinite(result.expected).all()


def test_a_trend_stays_in_and_is_not_taken_for_a_season():
    index = months(36)
    rising = 5 * np.exp(0.02 * np.arange(36))
    result = seasonally_adjust(rising, index, kind="duration")
    np.testing.assert_allclose(result.adjusted, rising, rtol=0.01)


def test_a_moving_festival_comes_out_with_its_regressor():
    index = months(60, "2021-01")
    festival = np.isin(index.astype(str), ["2021-02", "2022-02", "2023-01", "2024-02", "2025-01"]).astype(float)
    rng = np.random.default_rng(5)
    values = 5 * np.exp(wave(index, 0.1) + 0.4 * festival + 0.04 * rng.standard_normal((200, 60)))
    without = seasonally_adjust(values, index, kind="duration")
    with_festival = seasonally_adjust(values, index, kind="duration", regressors=festival[:, None])
    assert with_festival.adjusted.std() < 0.6 * without.adjusted.std()
    assert np.median(with_festival.effect[:, festival > 0]) > 1.3


def test_values_in_per_cent_and_per_thousand_keep_their_unit():
    value, exposure = rates(4, 36)
    per_one = seasonally_adjust(value, months(36), kind="rate", weights=exposure)
    per_thousand = seasonally_adjust(1_000 * value, months(36), kind="rate", weights=exposure, per=1_000)
    np.testing.assert_allclose(per_thousand.adjusted, 1_000 * per_one.adjusted)
    np.testing.assert_allclose(per_thousand.effect, per_one.effect)


def test_months_without_any_event_and_perfect_shares_stay_what_they_are():
    zero = seasonally_adjust(np.zeros(36), months(36), kind="rate", weights=np.full(36, 200.0))
    assert (zero.adjusted == 0).all()
    assert (zero.expected == 0).all()
    full = seasonally_adjust(np.ones(36), months(36), kind="share", weights=np.full(36, 200.0))
    assert (full.adjusted == 1).all()
    one = np.zeros(36)
    one[4] = 1 / 200
    assert np.isfinite(seasonally_adjust(one, months(36), kind="rate", weights=np.full(36, 200.0)).adjusted).all()


def test_a_constant_series_and_one_without_figures_pass_through():
    constant = seasonally_adjust(np.full(40, 3.0), months(40), kind="level")
    assert (constant.adjusted == 3).all()
    nothing = seasonally_adjust(np.full(40, np.nan), months(40), kind="duration")
    assert np.isnan(nothing.adjusted).all()


def test_months_without_exposure_have_no_part():
    value, exposure = rates(1, 40)
    exposure[0, 7] = 0
    value[0, 7] = 0
    with_gap = seasonally_adjust(value, months(40), kind="rate", weights=exposure)
    value[0, 7] = np.nan
    assert with_gap.effect[0, 8] == seasonally_adjust(value, months(40), kind="rate", weights=exposure).effect[0, 8]


def test_thousands_of_series_in_one_pass_equal_each_alone():
    value, exposure = rates(500, 36)
    together = seasonally_adjust(value, months(36), kind="rate", weights=exposure)
    for row in (0, 250, 499):
        alone = seasonally_adjust(value[row], months(36), kind="rate", weights=exposure[row])
        np.testing.assert_allclose(together.adjusted[row], alone.adjusted, rtol=1e-7)
    assert alone.adjusted.shape == (36,)


def test_quarters_have_a_season_too():
    index = pd.period_range("2018Q1", periods=16, freq="Q")
    values = 10 + np.tile([1.0, -1.0, 0.5, -0.5], 4) + 0.1 * np.random.default_rng(6).standard_normal(16)
    result = seasonally_adjust(values, index, kind="level")
    assert result.pairs.tolist() == [2]
    assert result.adjusted.std() < 0.4 * values.std()
    years = seasonally_adjust(np.arange(30.0), pd.period_range("1995", periods=30, freq="Y"), kind="level")
    assert years.pairs.tolist() == [0]


@pytest.mark.parametrize(
    ("values", "index", "arguments", "rule"),
    [
        (np.ones(3), months(4), {"kind": "level"}, r"values have shape \(1, 3\) for 4 months"),
        (np.arange(30.0), months(30)[::-1], {"kind": "level"}, "must be in order"),
        (np.array([86.0, 87.0]), months(2), {"kind": "share"}, "give per=100"),
        (np.array([-1.0, 2.0]), months(2), {"kind": "rate"}, "must not be negative"),
        (np.array([np.inf, 2.0]), months(2), {"kind": "level"}, "must be finite or NaN"),
        (np.ones(2), months(2), {"kind": "ratio"}, "kind must be one of"),
    ],
)
def test_what_cannot_be_adjusted_is_refused_by_name(values, index, arguments, rule):
    with pytest.raises(ValueError, match=rule):
        seasonally_adjust(values, index, **arguments)


def test_the_design_names_its_columns_and_drops_what_does_not_vary():
    index = months(36)
    terms = pd.DataFrame({"workdays": np.arange(36) % 5 + 18.0, "festival_days": 0.0}, index=index)
    terms.iloc[3, 0] = np.nan
    design = month_design(index, pairs=2, regressors=terms)
    assert design.names == ("level", "trend", "sin1", "cos1", "sin2", "cos2", "workdays")
    assert design.seasonal.tolist() == [False, False] + [True] * 5
    assert design.columns[3, 6] == pytest.approx(0)
    assert design.columns[:, 6].std() == pytest.approx(1)


def test_length_decides_the_fourier_pairs():
    assert [fourier_pairs(count) for count in (0, 23, 24, 59, 60, 120)] == [0, 0, 1, 1, 2, 2]
    assert months_per_period(pd.period_range("2024Q1", periods=2, freq="Q")) == 3
    with pytest.raises(ValueError, match="months, quarters or years"):
        months_per_period(pd.period_range("2024-01-01", periods=2, freq="D"))
    with pytest.raises(TypeError, match="must be a PeriodIndex, not list"):
        month_design(["2024-01"], pairs=0)
    with pytest.raises(ValueError, match="2 rows for 3 months"):
        month_design(months(3), pairs=0, regressors=np.ones((2, 1)))
