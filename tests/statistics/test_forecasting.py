"""Forecasts: the method and its reason, a public series held back, and intervals that hold what they promise."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from analysis.statistics.damped_trend import smooth, smooth_damped, smooth_level
from analysis.statistics.forecasting import forecast


def months(count, start="2021-01"):
    return pd.period_range(start, periods=count, freq="M")


def wave(index, size=0.2):
    return size * np.sin(2 * np.pi * (index.month.to_numpy() - 1) / 12)


def test_the_last_year_of_the_airline_passengers(monthly):
    passengers = monthly("air_passengers")
    found = forecast(pd.Series(passengers[:132], months(132, "1949-01")), horizon=12, kind="duration")
    assert found.method == "smoothing with season"
    assert found.period[0] == pd.Period("1960-01", "M")
    assert np.abs(found.value / passengers[132:] - 1).mean() < 0.06
    assert ((found.low <= passengers[132:]) & (passengers[132:] <= found.high)).mean() >= 11 / 12


@pytest.mark.parametrize("seed", range(4))
def test_smoothing_reaches_the_likelihood_of_statsmodels(seed):
    rng = np.random.default_rng(seed)
    y = 20 + np.cumsum(0.4 * rng.standard_normal(48)) + rng.standard_normal(48)
    level = ETSModel(pd.Series(y, months(48)), error="add").fit(disp=0)
    ours = smooth_level(y, least=1e-4)
    assert ours.sse <= level.sse * (1 + 1e-6)
    np.testing.assert_allclose(ours.ahead(3)[0], level.forecast(3), rtol=1e-3)
    theirs = level.get_prediction(start=48, end=50).summary_frame(alpha=0.05)
    half_width = 1.959964 * ours.ahead(3)[1] * np.sqrt(46 / 48)
    np.testing.assert_allclose(half_width, (theirs["pi_upper"] - theirs["pi_lower"]) / 2, rtol=5e-3)


def test_a_trend_is_kept_only_where_it_earns_its_parameters():
    rng = np.random.default_rng(5)
    flat, rising = rng.standard_normal(40), np.arange(40.0) + rng.standard_normal(40)
    assert smooth(flat).damping == 0
    assert smooth(rising).damping > 0
    assert smooth_damped(rising).ahead(3)[0][0] > 39
    centre, error = smooth(rising).ahead(60)
    assert (np.diff(np.diff(centre)) < 0).all()
    assert (np.diff(error) >= 0).all()


def test_a_level_always_follows_the_newest_months_a_little():
    y = np.r_[np.tile([10.0, 12.0], 15), np.tile([13.0, 15.0], 3)] + np.random.default_rng(1).standard_normal(36)
    assert smooth_level(y).level_weight >= 0.1
    assert smooth_level(y).ahead(1)[0][0] > y.mean() + 0.5


def test_a_forecast_starts_on_the_level_that_was_dated():
    rng = np.random.default_rng(3)
    days = np.exp(np.log(np.r_[np.full(31, 3.0), np.full(5, 4.5)]) + 0.08 * rng.standard_normal(36))
    series, since = pd.Series(days, months(36)), months(36)[31]
    known = forecast(series, horizon=3, kind="duration", new_levels=[since])
    assert known.value[0] == pytest.approx(4.5, rel=0.06)
    assert known.low[0] > 3.0
    assert forecast(series, horizon=3, kind="duration").low[0] < known.low[0]  # not told, it allows for a way back
    episode = pd.Series(np.r_[days[:25], days[31:], days[25:31]], months(36))
    back = forecast(episode, horizon=1, kind="duration", new_levels=[months(36)[25], months(36)[30]])
    assert back.value[0] == pytest.approx(3.0, rel=0.06)
    assert back.high[0] < 4.2
    too_new = forecast(series, horizon=3, kind="duration", new_levels=[months(36)[34]])
    np.testing.assert_array_equal(too_new.value, forecast(series, horizon=3, kind="duration").value)


def test_counts_of_few_events_start_on_the_dated_level_and_keep_no_season_of_chance():
    rng = np.random.default_rng(4)
    counts = rng.poisson(np.r_[np.full(31, 20.0), np.full(5, 40.0)]).astype(float)
    found = forecast(pd.Series(counts, months(36)), horizon=12, kind="count", new_levels=[months(36)[31]])
    assert found.reason == "fewer than 100 events a month; a new level"
    np.testing.assert_allclose(found.value, counts[31:].mean(), rtol=0.05)
    assert np.ptp(found.value) < 1e-9  # no month of the year differs from another beyond chance
    seasonal = rng.poisson(30 * np.exp(wave(months(36), 0.6))).astype(float)
    assert np.ptp(forecast(pd.Series(seasonal, months(36)), horizon=12, kind="count").value) > 15


def test_smoothing_refuses_gaps_and_short_series():
    with pytest.raises(ValueError, match="needs 10 months without a gap"):
        smooth(np.arange(9.0))
    with pytest.raises(ValueError, match="needs 10 months without a gap"):
        smooth(np.r_[np.arange(20.0), np.nan])


def simulated(kind, count, rng):
    index = months(count + 6)
    if kind == "rate":
        exposure = rng.integers(200, 300, count + 6).astype(float)
        events = rng.poisson(exposure * 0.06 * np.exp(wave(index)) * rng.gamma(20, 1 / 20, count + 6)).astype(float)
        counts = {
            "events": events[:count],
            "exposure": exposure[:count],
            "exposure_ahead": exposure[count:],
            "per": 1_000,
        }
        return 1_000 * events / exposure, counts
    if kind == "share":
        n = rng.integers(200, 300, count + 6)
        k = rng.binomial(n, 0.85 + 0.05 * wave(index, 1))
        return 100 * k / n, {"events": k[:count].astype(float), "exposure": n[:count].astype(float), "per": 100}
    drift = 0.03 * np.cumsum(rng.standard_normal(count + 6))
    return 5 * np.exp(wave(index) + drift + 0.1 * rng.standard_normal(count + 6)), {}


@pytest.mark.parametrize(
    ("kind", "count", "methods"),
    [
        ("duration", 9, {"recent level"}),
        ("duration", 30, {"smoothing with season", "smoothing"}),
        ("duration", 48, {"smoothing with season", "smoothing"}),
        ("rate", 20, {"poisson", "negative binomial"}),
        ("rate", 36, {"poisson", "negative binomial"}),
        ("share", 40, {"smoothing with season", "smoothing"}),
    ],
)
def test_intervals_hold_nearly_what_they_promise(kind, count, methods):
    rng = np.random.default_rng(7)
    inside, used = [], set()
    for _ in range(15):
        values, arguments = simulated(kind, count, rng)
        found = forecast(pd.Series(values[:count], months(count)), horizon=6, kind=kind, **arguments)
        inside.append((found.low <= values[count:]) & (values[count:] <= found.high))
        used.add(found.method)
    assert used <= methods
    assert np.mean(inside) > 0.86


def test_too_few_months_give_no_forecast_and_say_so():
    found = forecast(pd.Series([1.0, 2, 3], months(3)), horizon=2, kind="level")
    assert (found.method, found.reason) == ("none", "only 3 months observed")
    assert np.isnan(found.value).all()
    assert found.period.astype(str).tolist() == ["2021-04", "2021-05"]


def test_a_constant_series_stays_and_claims_no_more():
    found = forecast(pd.Series(100.0, months(30)), horizon=3, kind="share", per=100)
    assert found.method == "constant"
    assert found.value.tolist() == found.low.tolist() == [100.0] * 3


def test_after_no_event_the_interval_still_allows_for_some():
    counts = {"events": np.zeros(30), "exposure": np.full(30, 50.0)}
    found = forecast(pd.Series(0.0, months(30)), horizon=3, kind="rate", per=1_000, **counts)
    assert found.reason == "no event in any month"
    assert found.value.tolist() == [0] * 3
    assert found.high.tolist() == [20.0] * 3


def test_a_forecast_repeats_itself():
    values, arguments = simulated("rate", 36, np.random.default_rng(8))
    first, second = (
        forecast(pd.Series(values[:36], months(36)), horizon=6, kind="rate", **arguments) for _ in range(2)
    )
    np.testing.assert_array_equal(first.high, second.high)


def test_missing_months_are_bridged_and_many_fall_back_to_the_recent_level():
    values, _ = simulated("duration", 48, np.random.default_rng(9))
    series = pd.Series(values[:48], months(48))
    few, many = series.copy(), series.copy()
    few.iloc[[4, 20]] = np.nan
    many.iloc[5:15] = np.nan
    assert forecast(few, horizon=3, kind="duration").method.startswith("smoothing")
    found = forecast(many, horizon=3, kind="duration")
    assert (found.method, found.reason) == ("recent level", "21% of the months are missing")


def test_the_forecast_begins_after_the_last_observed_month():
    series = pd.Series(np.arange(20.0), months(20))
    series.iloc[18:] = np.nan
    assert forecast(series, horizon=1, kind="level").period[0] == pd.Period("2022-07", "M")


def test_a_festival_ahead_is_foreseen():
    index = months(49)
    festival = pd.DataFrame({"festival_days": 0.0}, index=index)
    festival.loc[["2021-02", "2022-02", "2023-01", "2024-02", "2025-01"], "festival_days"] = 7.0
    rng = np.random.default_rng(10)
    values = pd.Series(5 * np.exp(0.5 * festival["festival_days"] / 7 + 0.05 * rng.standard_normal(49)), index)
    known = forecast(values.iloc[:48], horizon=1, kind="duration", regressors=festival)
    assert known.value[0] == pytest.approx(5 * np.exp(0.5), rel=0.2)


def test_a_horizon_of_nothing_is_refused():
    with pytest.raises(ValueError, match="horizon must be at least 1, not 0"):
        forecast(pd.Series(np.arange(20.0), months(20)), horizon=0, kind="level")


def test_the_slope_that_the_smoothing_tells_is_the_one_scipy_would_reckon(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(7)
    series = [rng.normal(size=30).cumsum() + level for level in (0.0, 50.0)] + [np.full(20, 3.0)]
    told = [smooth(y) for y in series]
    plain = optimize.minimize

    def by_scipy(loss, start, *, jac, method, bounds):  # type: ignore[no-untyped-def]
        assert jac
        return plain(lambda point: loss(point)[0], start, method=method, bounds=bounds)

    monkeypatch.setattr(optimize, "minimize", by_scipy)
    assert [smooth(y) for y in series] == told
