"""The rules of length, the arithmetic of the parts, and that every trap of §3 is answered with a reason."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.decomposition import decompose
from analysis.statistics.trend_lines import bending_trend, theil_sen


def months(count, start="2021-01"):
    return pd.period_range(start, periods=count, freq="M")


def seasonal(count, *, size=0.2, noise=0.05, slope=0.0, seed=1):
    index = months(count)
    wave = size * np.sin(2 * np.pi * (index.month.to_numpy() - 1) / 12)
    return pd.Series(
        5 * np.exp(wave + slope * np.arange(count) + noise * np.random.default_rng(seed).standard_normal(count)), index
    )


@pytest.mark.parametrize(
    ("count", "method"),
    [(4, "none"), (6, "trend only"), (23, "trend only"), (24, "regression"), (35, "regression"), (36, "stl periodic"),
     (59, "stl periodic"), (60, "stl evolving")],
)  # fmt: skip
def test_the_method_follows_the_length(count, method):
    parts = decompose(seasonal(count), kind="duration")
    assert parts.method == method
    assert str(count) in parts.reason


def test_below_two_years_no_season_is_claimed():
    parts = decompose(seasonal(20, size=0.5), kind="duration")
    assert not parts.seasonal_found
    assert parts.seasonal_strength == 0
    assert parts.seasonal_by_month.isna().all()
    assert (parts.seasonal == 1).all()


@pytest.mark.parametrize("count", [24, 40, 72])
def test_a_true_season_is_found_and_its_months_are_right(count):
    parts = decompose(seasonal(count), kind="duration")
    truth = np.exp(0.2 * np.sin(2 * np.pi * np.arange(12) / 12))
    assert parts.seasonal_found
    assert parts.seasonal_strength > parts.seasonal_noise_q95
    np.testing.assert_allclose(parts.seasonal_by_month, truth, atol=0.06)
    assert parts.seasonal_by_month.index.tolist() == list(range(1, 13))


@pytest.mark.parametrize("count", [30, 42, 66])
def test_noise_is_called_a_season_or_a_trend_about_once_in_twenty(count):
    found = [decompose(seasonal(count, size=0.0, seed=seed), kind="duration") for seed in range(60)]
    assert sum(parts.seasonal_found for parts in found) <= 9
    assert sum(parts.trend_found for parts in found) <= 9


def test_factors_multiply_and_differences_add_up_to_what_was_observed():
    for count in (10, 30, 50, 70):
        series = seasonal(count)
        factor = decompose(series, kind="duration")
        np.testing.assert_allclose(factor.trend * factor.seasonal * factor.calendar * factor.remainder, series)
        level = decompose(series, kind="level")
        assert level.scale == "difference"
        np.testing.assert_allclose(level.trend + level.seasonal + level.calendar + level.remainder, series)
        np.testing.assert_allclose(level.adjusted, series - level.seasonal - level.calendar)


def test_an_unsorted_series_gives_the_same_parts_as_a_sorted_one():
    series = seasonal(48)
    shuffled = decompose(series.sample(frac=1, random_state=3), kind="duration")
    pd.testing.assert_series_equal(shuffled.trend, decompose(series, kind="duration").trend)


def test_absent_and_nan_months_are_filled_for_the_fit_and_marked():
    series = seasonal(48)
    holed = series.drop(series.index[[5, 20]])
    holed.iloc[30] = np.nan
    parts = decompose(holed, kind="duration")
    assert parts.method == "stl periodic"
    assert parts.filled.sum() == 3
    assert parts.observed[parts.filled].isna().all()
    assert parts.trend.notna().all()
    whole = decompose(series, kind="duration")
    np.testing.assert_allclose(parts.trend, whole.trend, rtol=0.03)


def test_too_many_missing_months_are_not_filled_but_regressed():
    series = seasonal(48)
    series.iloc[5:15] = np.nan
    parts = decompose(series, kind="duration")
    assert parts.method == "regression"
    assert "21% of the months are missing" in parts.reason
    assert parts.trend.notna().all()


def test_missing_months_at_the_ends_stay_missing():
    series = seasonal(40)
    series.iloc[[0, 38, 39]] = np.nan
    parts = decompose(series, kind="duration")
    assert len(parts.trend) == 40
    assert parts.trend.iloc[[0, 38, 39]].isna().all()
    assert parts.provisional.tolist() == [False] * 32 + [True] * 6 + [False] * 2


def test_a_constant_series_says_no_variation():
    for kind, value in (("duration", 4.0), ("level", -2.0), ("share", 1.0), ("count", 7.0)):
        parts = decompose(pd.Series(value, months(40)), kind=kind)
        assert (parts.method, parts.reason) == ("none", "no variation")
        np.testing.assert_allclose(parts.trend, value)
        assert not parts.seasonal_found


def test_all_zero_counts_say_no_event_in_any_month():
    parts = decompose(pd.Series(0.0, months(40)), kind="rate", events=np.zeros(40), exposure=np.full(40, 30.0))
    assert (parts.method, parts.reason) == ("none", "no event in any month")
    assert (parts.trend == 0).all()
    assert (parts.adjusted == 0).all()


def test_months_without_exposure_are_missing_rates_and_not_zero():
    rng = np.random.default_rng(2)
    exposure = rng.integers(300, 500, 40).astype(float)
    events = rng.poisson(exposure * 0.05).astype(float)
    exposure[7] = events[7] = 0
    rate = pd.Series(np.divide(events, exposure, out=np.zeros(40), where=exposure > 0), months(40))
    parts = decompose(rate, kind="rate", events=events, exposure=exposure)
    assert np.isnan(parts.observed.iloc[7])
    assert parts.trend.mean() == pytest.approx(0.05, abs=0.005)


def test_small_rates_are_read_by_a_count_model_with_half_the_error_of_stl():
    """statistics.md 2.4: 36 months of about 20 events, ±20 % season: GLM with one pair 0.067, STL 0.167."""
    rng = np.random.default_rng(4)
    truth = 0.2 * np.sin(2 * np.pi * np.arange(12) / 12)
    wave = np.tile(truth, 3)
    errors = {"rate": [], "duration": []}
    for _ in range(25):
        exposure = rng.uniform(900, 1_100, 36)
        events = rng.poisson(exposure * 0.02 * np.exp(wave)).astype(float) + 0.0
        rate = pd.Series(1_000 * events / exposure, months(36))
        for kind, counts in (("rate", {"events": events, "exposure": exposure}), ("duration", {})):
            parts = decompose(rate.where(rate > 0), kind=kind, per=1_000 if counts else 1, **counts)
            errors[kind].append(np.mean((np.log(parts.seasonal_by_month) - truth) ** 2))
    count_error, stl_error = (np.sqrt(np.mean(errors[kind])) for kind in ("rate", "duration"))
    assert count_error < 0.09
    assert count_error < 0.6 * stl_error


def test_clumped_counts_are_told_apart():
    rng = np.random.default_rng(5)
    clumped = decompose(pd.Series(rng.negative_binomial(2, 0.1, 48).astype(float), months(48)), kind="count")
    assert clumped.method == "negative binomial"
    assert decompose(pd.Series(rng.poisson(20, 48).astype(float), months(48)), kind="count").method == "poisson"


def test_a_festival_that_moves_is_told_from_the_season():
    """A factor of 1.5 in the month of the Spring Festival, which is January in three years and February in two."""
    index = months(60)
    festival = pd.Series(0.0, index)
    festival[["2021-02", "2022-02", "2023-01", "2024-02", "2025-01"]] = 7.0
    series = seasonal(60, size=0.1, noise=0.03) * np.exp(0.4 * festival / 7)
    with_calendar = decompose(series, kind="duration", regressors=festival.to_frame("festival_days"))
    without = decompose(series, kind="duration")
    assert with_calendar.calendar[festival > 0].mean() / with_calendar.calendar[festival == 0].mean() == pytest.approx(
        1.5, abs=0.12
    )
    assert np.log(with_calendar.remainder).std() < 0.7 * np.log(without.remainder).std()


def test_shares_are_taken_apart_on_log_odds_and_told_as_differences():
    rng = np.random.default_rng(6)
    n = rng.integers(400, 600, 48).astype(float)
    wave = 0.4 * np.sin(2 * np.pi * np.arange(48) / 12)
    k = rng.binomial(n.astype(int), 1 / (1 + np.exp(-(1.7 + wave)))).astype(float)
    parts = decompose(pd.Series(100 * k / n, months(48)), kind="share", events=k, exposure=n, per=100)
    assert parts.scale == "difference"
    assert parts.seasonal_found
    assert parts.seasonal_by_month.max() == pytest.approx(4.7, abs=1.5)
    assert ((parts.adjusted > 0) & (parts.adjusted < 100)).all()
    assert parts.trend.mean() == pytest.approx(84.5, abs=1)


def test_a_money_rate_is_not_taken_for_a_count():
    series = seasonal(48) * 40
    parts = decompose(series, kind="rate", events=series.to_numpy() * 17.3, exposure=np.full(48, 17.3))
    assert parts.method == "stl periodic"


def test_the_series_of_the_caller_is_left_as_it_was():
    series = seasonal(40)
    kept = series.copy(deep=True)
    decompose(series, kind="duration")
    pd.testing.assert_series_equal(series, kept)


@pytest.mark.parametrize(
    ("series", "arguments", "rule"),
    [
        (
            pd.Series([1.0, 2.0], pd.period_range("2024Q1", periods=2, freq="Q")),
            {"kind": "level"},
            "needs a monthly PeriodIndex",
        ),
        (pd.Series([1.0, 2.0]), {"kind": "level"}, "needs a monthly PeriodIndex"),
        (
            pd.Series([1.0, 2.0], pd.PeriodIndex(["2024-01", "2024-01"], freq="M")),
            {"kind": "level"},
            "must not repeat: 2024-01",
        ),
        (pd.Series([1.0, -2.0], months(2)), {"kind": "duration"}, "must not be negative"),
        (pd.Series([86.0, 87.0], months(2)), {"kind": "share"}, "give per=100"),
        (pd.Series([0.0, 2.0], months(2)), {"kind": "rate"}, "a rate of 0 tells nothing without"),
        (pd.Series([1.0, np.inf], months(2)), {"kind": "level"}, "must be finite or NaN"),
        (pd.Series([1.0, 2.0], months(2)), {"kind": "ratio"}, "kind must be one of"),
    ],
)
def test_what_cannot_be_decomposed_is_refused_by_name(series, arguments, rule):
    with pytest.raises(ValueError, match=rule):
        decompose(series, **arguments)


def test_an_empty_series_has_no_parts_and_no_error():
    parts = decompose(pd.Series([], index=pd.PeriodIndex([], freq="M"), dtype=float), kind="level")
    assert parts.method == "none"
    assert parts.reason == "only 0 months observed"


def test_theil_sen_is_not_turned_by_a_wild_month():
    line = 2 + 0.5 * np.arange(12.0)
    wild = line.copy()
    wild[3] = 90
    wild[8] = np.nan
    np.testing.assert_allclose(theil_sen(wild), line, atol=0.05)


def test_a_bending_trend_bends_once_a_year_and_not_near_its_ends():
    assert [bending_trend(count).shape[1] for count in (12, 17, 24, 30, 36, 42, 60)] == [1, 1, 2, 3, 3, 4, 5]
