"""Forecasts of demand: totals with one interval, tried on the past, and the rule that a model has to beat."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.demand_outlook import YEAR_RULE, draw_paths, error_correlation, outlook, total_of
from analysis.statistics.forecast_backtest import mase, roll, tried, widen, widening
from analysis.statistics.forecasting import Forecast

MONTHS = pd.period_range("2023-01", periods=42, freq="M")


def made(value: list[float], low: list[float], high: list[float], method: str) -> Forecast:
    parts = (np.array(part, dtype=float) for part in (value, low, high))
    return Forecast(pd.period_range("2026-07", periods=len(value), freq="M"), *parts, method, "")


def test_origins_know_nothing_of_what_came_after():
    series = pd.Series(np.arange(20.0), index=pd.period_range("2025-01", periods=20, freq="M"))
    seen: list[int] = []

    def last(history: pd.Series, months: int):
        seen.append(len(history))
        return (np.full(months, history.iloc[-1]),) * 3

    rows = roll(series, last, horizon=3, total=False, first=12)
    assert seen == list(range(12, 18))
    assert list(rows["actual"] - rows["value"]) == [1, 2, 3] * 6
    total = roll(series, lambda history, months: (np.array([history.iloc[-1] * months]),) * 3, horizon=3, total=True)
    assert list(total["actual"] - total["value"]) == [6.0] * 6


def test_the_scaled_error_is_that_of_hyndman_and_koehler():
    # 2006: error ÷ mean |y_t − y_(t−12)| of the history known then; a rise of 1 a month differs by 12.
    series = pd.Series(np.arange(30.0), index=pd.period_range("2024-01", periods=30, freq="M"))
    rows = roll(series, lambda h, m: (np.full(m, h.iloc[-1]),) * 3, horizon=2, total=False, first=13)
    assert mase(rows) == pytest.approx(1.5 / 12)


def test_an_interval_that_fails_the_past_is_widened_by_the_conformal_quantile():
    # 20 forecasts of 0 ± 1; what came lay 0.15 … 2.4 off: the ⌈21 · 0.95⌉ = 20th score is the largest, 2.4.
    rows = pd.DataFrame({"actual": np.linspace(0.15, 2.4, 20), "value": 0.0, "low": -1.0, "high": 1.0, "scale": 1.0})
    assert widening(rows) == pytest.approx(2.4)
    done = tried(rows)
    assert (done.tested, done.held) == (20, 8)
    low, high = widen([10.0], [8.0], [13.0], 2.0)
    assert (low[0], high[0]) == (6.0, 16.0)
    assert widen([1.0], [0.5], [2.0], 3.0)[0][0] == 0.0


def test_an_interval_that_held_as_promised_stays():
    rows = pd.DataFrame({"actual": 0.5, "value": 0.0, "low": -1.0, "high": 1.0, "scale": 1.0}, index=range(20))
    assert widening(rows) == 1.0
    assert widening(rows.head(3).assign(actual=5.0)) == 1.0  # too few trials to judge


def test_the_interval_of_a_total_is_narrower_than_the_sum_of_the_bounds_and_wider_than_independence():
    # A local level (Hyndman et al. 2008): σ = 0.1, a share a = 0.5 of each surprise stays. The sum
    # over 3 months by hand: month h errs by e_h + a·(e_1 … e_(h−1)): in the sum e1, e2, e3 count
    # 1 + 2a, 1 + a and 1 times.
    width = np.exp(1.959964 * 0.1 * np.sqrt([1, 1.25, 1.5]))
    ahead = made([100, 100, 100], list(100 / width), list(100 * width), "smoothing")
    paths = draw_paths(ahead, draws=60_000)
    by_hand = 100 * 0.1 * np.sqrt(2.0**2 + 1.5**2 + 1)
    assert paths.sum(axis=1).std() == pytest.approx(by_hand, rel=0.05)
    value, low, high = total_of(ahead.value, paths)
    assert value == 300
    assert high - low < (ahead.high - ahead.low).sum()
    assert high - low > np.sqrt(((ahead.high - ahead.low) ** 2).sum())
    assert np.diag(error_correlation(ahead)) == pytest.approx(1.0)


def test_counts_share_their_uncertain_level():
    narrow = made([20] * 12, [12] * 12, [29] * 12, "poisson")  # about chance alone: ±1.96·√20
    wide = made([20] * 12, [6] * 12, [38] * 12, "negative binomial")
    spread = [np.diff(total_of(each.value, draw_paths(each))[1:])[0] for each in (narrow, wide)]
    assert spread[0] == pytest.approx(2 * 1.96 * np.sqrt(240), rel=0.15)
    assert spread[1] > 2 * spread[0]


def test_after_no_event_nothing_is_expected_but_something_is_possible():
    value, low, high = total_of(np.zeros(3), draw_paths(made([0] * 3, [0] * 3, [1] * 3, "poisson")))
    assert (value, low) == (0, 0)
    assert high > 0


def test_totals_of_quiet_seasonal_demand_hold_what_comes():
    rng = np.random.default_rng(11)
    wave = 1 + 0.35 * np.sin(np.arange(54) / 12 * 2 * np.pi)
    held, runs = 0, 12
    for _ in range(runs):
        everything = rng.poisson(80 * wave).astype(float)
        found = outlook(pd.Series(everything[:42], index=MONTHS)).totals[3]
        held += found.low <= everything[42:45].sum() <= found.high
    assert held >= 0.85 * runs


def test_a_model_that_loses_to_the_year_before_gives_way_to_it():
    # A pattern by month of the year without any smooth wave, twice the size in the second year and the third.
    pattern = np.array([9, 1, 7, 2, 8, 1, 9, 2, 6, 1, 8, 3]) * 100.0
    series = pd.Series(np.r_[pattern, pattern * 1.2, pattern * 1.44, (pattern * 1.728)[:6]], index=MONTHS)
    found = outlook(series)
    assert found.monthly.method == YEAR_RULE
    assert found.totals[3].value == pytest.approx((pattern * 1.44)[6:9].sum() * 1.2, rel=0.02)


def test_too_short_a_history_gives_no_forecast_and_no_trial():
    found = outlook(pd.Series([5.0, 6, 4], index=MONTHS[:3]))
    assert not found.known
    assert np.isnan(found.totals[12].value)
    assert np.isnan(found.totals[3].tried.coverage)
    short = outlook(pd.Series(np.full(10, 7.0) + np.arange(10) % 3, index=MONTHS[:10]))
    assert short.known
    assert short.totals[3].tried.tested == 0
