"""Funnel limits against published values, and whether elevated units can hide one another."""

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.funnels import (
    exact_proportion_limits,
    exact_rate_limits,
    funnel_limits_estimates,
    funnel_limits_proportions,
    funnel_limits_rates,
    overdispersion,
)


def test_exact_poisson_limits_are_those_published():
    """Limits of observed/expected for 15, 20 and 30 expected events, as tested in R's FunnelPlotR."""
    low, _ = exact_rate_limits([15, 20, 30], 0.95)
    _, high = exact_rate_limits([15, 20, 30], 0.998)
    assert low.tolist() == pytest.approx([0.5596924, 0.6108260, 0.6746958], abs=5e-8)
    assert high.tolist() == pytest.approx([2.082907, 1.902094, 1.702771], abs=5e-7)


def test_providers_of_medpar_outside_the_exact_limits_and_after_overdispersion(published):
    """README of FunnelPlotR: of 54 providers 25 outside the 99.8 % limits, 9 once over-dispersion is allowed for.

    Its over-dispersion is the mean square of log scores without the lowest and highest tenth, computed here from the
    table.
    """
    units = published("medpar_units")
    observed, expected = units["observed"].to_numpy(float), units["expected"].to_numpy()
    assert len(units) == 54
    by_chance = funnel_limits_rates(observed, expected, centre=1.0, phi=1.0)
    assert np.abs(by_chance.outside).sum() == 25
    score = np.log(observed / expected) * np.sqrt(expected)
    low, high = np.quantile(score, [0.1, 0.9])
    kept = score[(score >= low) & (score <= high)]
    logs = (np.log(observed / expected), 1 / np.sqrt(expected))  # it draws logs; rates here are drawn by their roots
    dispersed = funnel_limits_estimates(*logs, centre=0.0, phi=float((kept**2).mean()))
    assert np.abs(dispersed.outside).sum() == 9
    assert dispersed.tau**2 == pytest.approx(0.02841, rel=0.1)


def test_exact_proportion_limits_are_clopper_pearson_at_whole_numbers():
    low, high = exact_proportion_limits([40], 0.25, 0.95)
    assert float(low[0]) == pytest.approx(stats.beta.ppf(0.025, 10, 31))
    assert float(high[0]) == pytest.approx(stats.beta.ppf(0.975, 11, 30))
    low, high = exact_proportion_limits([40, 0, np.nan], 0.0, 0.95)
    assert low[0] == 0
    assert high[0] > 0
    assert np.isnan(low[2])


def test_overdispersion_is_one_for_chance_and_scales_with_the_square():
    z = np.random.default_rng(1).standard_normal(4_000)
    assert overdispersion(z) == pytest.approx(1, abs=0.05)
    assert overdispersion(3 * z) == pytest.approx(9, abs=0.5)
    assert np.isnan(overdispersion([np.nan]))


def test_three_elevated_units_of_twelve_do_not_hide_each_other():
    """A plain mean square would be inflated by the very units that are looked for."""
    rng = np.random.default_rng(6)
    found = []
    for _ in range(200):
        exposure = np.full(12, 4_000.0)
        events = np.r_[300, 310, 290, rng.poisson(exposure[3:] * 0.05)]
        score = 2 * (np.sqrt(events) - np.sqrt(exposure * 0.05))
        assert (score**2).mean() > 5
        found.append(funnel_limits_rates(events, exposure, centre=0.05).outside)
    assert (np.array(found)[:, :3] == 1).mean() > 0.95
    assert np.abs(np.array(found)[:, 3:]).mean() < 0.02


def test_units_that_usually_differ_are_rarely_called_out():
    """Spread beyond chance of 20 %: nobody is an outlier, though chance limits would call out more than half."""
    rng = np.random.default_rng(7)
    calls, by_chance = [], []
    for _ in range(200):
        exposure = rng.uniform(5_000, 20_000, 12)
        events = rng.poisson(exposure * 0.05 * np.exp(0.2 * rng.standard_normal(12)))
        calls.append(np.abs(funnel_limits_rates(events, exposure).outside).mean())
        by_chance.append(np.abs(funnel_limits_rates(events, exposure, phi=1.0).outside).mean())
    assert np.mean(by_chance) > 0.4
    assert np.mean(calls) < 0.03


def test_quiet_units_are_rarely_called_out():
    rng = np.random.default_rng(7)
    calls = 0
    for _ in range(300):
        exposure = rng.uniform(500, 5_000, 12)
        calls += np.abs(funnel_limits_rates(rng.poisson(exposure * 0.04), exposure).outside).sum()
    assert calls / 300 / 12 < 0.01


def test_proportions_and_estimates_find_the_unit_that_was_moved():
    rng = np.random.default_rng(8)
    n = rng.integers(300, 900, 14)
    k = rng.binomial(n, np.r_[0.6, np.full(13, 0.85)])
    assert funnel_limits_proportions(k, n).outside.tolist() == [-1] + [0] * 13
    se = rng.uniform(0.2, 0.5, 14)
    value = 5 + se * rng.standard_normal(14) + np.r_[4.0, np.zeros(13)]
    found = funnel_limits_estimates(value, se)
    assert found.outside.tolist() == [1] + [0] * 13
    assert found.p[0] < 1e-4


def test_units_without_exposure_are_nan_and_few_units_use_chance_alone():
    found = funnel_limits_rates([5, 3, 0], [100, 0, 80])
    assert np.isnan(found.value[1])
    assert np.isnan(found.low_alarm[1])
    assert found.tau == 0
    assert found.outside[1] == 0
    everything_met = funnel_limits_proportions([10, 20, 30, 5, 8, 9], [10, 20, 30, 5, 8, 9])
    assert everything_met.outside.tolist() == [0] * 6


def test_limits_narrow_as_units_grow():
    found = funnel_limits_rates([10, 100, 1_000], [100, 1_000, 10_000])
    assert (np.diff(found.high_alarm - found.low_alarm) < 0).all()
    assert (found.low_alarm < found.low_warning).all()
    assert (found.high_alarm > found.high_warning).all()


def test_no_event_anywhere_puts_nobody_outside():
    found = funnel_limits_rates([0, 0, 0, 0, 0, 0], [10, 20, 30, 40, 50, 0])
    assert found.centre == 0
    assert found.outside.tolist() == [0] * 6
    assert found.high_alarm[:5].tolist() == [0] * 5
    assert np.isnan(found.value[5])


def test_no_event_among_a_few_expected_ones_is_not_impossible():
    # 4 expected, none came: Poisson's mid-p is 2 × e⁻⁴ / 2 = 0.018, where the root scale alone would say 0.00006.
    rates = funnel_limits_rates([0, 40, 41, 39, 40, 41], [4, 40, 40, 40, 41, 40], centre=1.0, phi=1.0)
    assert rates.p[0] == pytest.approx(np.exp(-4), rel=1e-6)
    # 40 orders at 10 %, none: 2 × 0.9⁴⁰ / 2 = 0.0148.
    shares = funnel_limits_proportions([0, 40, 41, 39, 40, 41], [40, 400, 400, 400, 410, 400], centre=0.1, phi=1.0)
    assert shares.p[0] == pytest.approx(0.9**40, rel=1e-6)


def test_units_of_few_events_do_not_widen_the_funnel_of_the_others():
    """Returns of 1.8 %: units of 20 to 200 sales often have none, which on the angle's scale looks far below all
    others. A unit of 1,063 sales with 6.7 % must not be taken for usual variety because of them."""
    rng = np.random.default_rng(9)
    sold = np.array([1_063, 9_000, 400] + [200] * 10 + [60] * 12 + [20] * 10)
    found, quiet = [], []
    for _ in range(60):
        usual = rng.binomial(sold, 0.018)
        quiet.append(np.abs(funnel_limits_proportions(usual, sold).outside).mean())
        high = np.r_[rng.binomial(1_063, 0.067), usual[1:]]
        found.append((funnel_limits_proportions(high, sold).outside[0], funnel_limits_rates(high, sold).outside[0]))
    assert np.mean(found, axis=0).min() > 0.95
    assert np.mean(quiet) < 0.005


def test_a_unit_further_out_than_another_is_not_drawn_further_in():
    """Twelve units of the sample: limits by logits put 364 of 417 outside and 165 of 232 inside, though the score that
    judges them, the angle's, has the second one further out."""
    n = np.array([417, 325, 232, 205, 204, 128, 112, 98, 72, 55, 29, 13])
    k = np.array([364, 264, 165, 162, 172, 102, 97, 77, 53, 43, 23, 12])
    found = funnel_limits_proportions(k, n)
    assert found.tau > 0
    assert found.z[2] < -found.z[0] < 0
    alarm = stats.norm.ppf(0.999)
    assert found.outside.tolist() == [int(np.sign(z)) * int(abs(z) > alarm) for z in found.z]
    rates = funnel_limits_rates([30, 41, 98, 38, 52, 29, 4, 44, 39, 41, 36, 9], [400.0] * 11 + [90.0])
    assert rates.tau > 0
    assert np.abs(rates.outside).sum() == 2
    assert rates.outside.tolist() == [int(np.sign(z)) * int(abs(z) > alarm) for z in rates.z]


def test_drawn_limits_have_the_score_of_their_level():
    rng = np.random.default_rng(9)
    n = rng.integers(8, 900, 14)
    k = rng.binomial(n, np.clip(0.9 + 0.05 * rng.standard_normal(14), 0, 1))
    found = funnel_limits_proportions(k, n, centre=0.9, phi=3.0)
    for limit, level in ((found.low_alarm, -stats.norm.ppf(0.999)), (found.high_warning, stats.norm.ppf(0.975))):
        again = funnel_limits_proportions(limit * n, n, centre=0.9, phi=3.0)
        inside = (limit > 1e-9) & (limit < 1 - 1e-9)
        assert again.z[inside] == pytest.approx(np.full(inside.sum(), level), abs=1e-6)
        assert np.isfinite(limit).all()
