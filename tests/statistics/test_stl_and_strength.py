"""STL against R, strengths against the published ones, and every trap of the method."""

import numpy as np
import pytest

from analysis.statistics.stl import fit_stl, fit_stl_with_gaps
from analysis.statistics.strength import noise_quantiles, regression_noise_quantiles, stl_noise_quantiles, strength


def test_stl_of_co2_equals_r(monthly):
    """R tests/Examples/stats-Ex.Rout.save, summary(stl(log(co2), s.window = 21)): minimum, quartiles and maximum."""
    found = fit_stl(np.log(monthly("co2")), window=21)
    quarters = [0, 25, 50, 75, 100]
    assert np.percentile(found.seasonal, quarters).tolist() == pytest.approx(
        [-9.939103e-03, -4.536535e-03, 8.777611e-04, 4.997747e-03, 9.114691e-03], abs=5e-10
    )
    assert np.percentile(found.trend, quarters).tolist() == pytest.approx(
        [5.753541, 5.778556, 5.815125, 5.859806, 5.898750], abs=5e-7
    )
    assert found.remainder.min() == pytest.approx(-2.255405e-03, abs=5e-9)
    assert found.remainder.max() == pytest.approx(1.939626e-03, abs=5e-9)


@pytest.mark.parametrize(
    ("name", "trend", "season"), [("air_passengers", 0.990955, 0.940672), ("us_accident_deaths", 0.802457, 0.944794)]
)
def test_strengths_are_those_of_tsfeatures(monthly, name, trend, season):
    """README of R tsfeatures (0.991, 0.802) and R forecast::mstl, seasonal window 11."""
    found = fit_stl(monthly(name), window=11)
    assert strength(found.trend, found.remainder) == pytest.approx(trend, abs=5e-7)
    assert strength(found.seasonal, found.remainder) == pytest.approx(season, abs=5e-7)


@pytest.mark.parametrize(
    ("months", "season", "trend"), [(36, 0.54, 0.33), (48, 0.45, None), (60, 0.37, 0.25), (120, 0.17, None)]
)
def test_noise_quantiles_are_those_simulated_in_the_design(months, season, trend):
    """statistics.md 2.1, periodic STL on white noise, 95 % quantiles."""
    found = stl_noise_quantiles(months, None)
    assert found[0] == pytest.approx(season, abs=0.03)
    if trend is not None:
        assert found[1] == pytest.approx(trend, abs=0.03)
    assert stl_noise_quantiles(months, None) == found


def test_noise_is_called_a_season_in_one_case_of_twenty():
    limit, _ = stl_noise_quantiles(42, None)
    rng = np.random.default_rng(12)
    parts = [fit_stl(rng.standard_normal(42), window=None) for _ in range(400)]
    assert np.mean([strength(part.seasonal, part.remainder) > limit for part in parts]) == pytest.approx(0.05, abs=0.03)


def test_a_regression_has_its_own_noise_quantile():
    months = np.arange(30)
    design = np.column_stack([np.ones(30), months, np.sin(np.pi * months / 6), np.cos(np.pi * months / 6)])
    wave = np.array([False, False, True, True])
    season, _ = regression_noise_quantiles(design, wave, ~wave)
    strengths = []
    for noise in np.random.default_rng(13).standard_normal((500, 30)):
        beta = np.linalg.lstsq(design, noise, rcond=None)[0]
        strengths.append(strength(design[:, wave] @ beta[wave], noise - design @ beta))
    assert np.quantile(strengths, 0.95) == pytest.approx(season, abs=0.04)
    assert noise_quantiles(np.zeros((30, 30)), np.zeros((30, 30))) == (0.0, 0.0)


def test_a_periodic_season_repeats_and_parts_add_up(monthly):
    y = np.log(monthly("air_passengers"))[:53]
    found = fit_stl(y, window=None)
    np.testing.assert_allclose(found.seasonal[12:], found.seasonal[:-12])
    np.testing.assert_allclose(found.trend + found.seasonal + found.remainder, y)


@pytest.mark.parametrize("months", [8, 12, 24, 25, 35])
def test_short_series_are_refused_since_stl_would_fit_them_perfectly(months):
    with pytest.raises(ValueError, match=f"needs 36 months in one series, not {months}"):
        fit_stl(np.random.default_rng(1).standard_normal(months), window=None)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_a_missing_or_infinite_month_is_refused_since_stl_would_return_nothing_but_nan(bad):
    y = np.arange(40.0)
    y[7] = bad
    with pytest.raises(ValueError, match="takes no missing or infinite month, found 1"):
        fit_stl(y, window=None)


@pytest.mark.parametrize("window", [8, 5])
def test_an_even_or_small_window_is_refused(window):
    with pytest.raises(ValueError, match="must be odd and at least 7"):
        fit_stl(np.arange(40.0), window=window)


def test_missing_months_are_filled_near_the_truth(monthly):
    """statistics.md 2.3: three months taken out of log(AirPassengers); R na.interp is off by up to 0.045, linear by
    0.09."""
    y = np.log(monthly("air_passengers"))
    gone = [30, 31, 90]
    holed = y.copy()
    holed[gone] = np.nan
    found = fit_stl_with_gaps(holed, window=13)
    assert np.abs((found.trend + found.seasonal - y)[gone]).max() < 0.05
    assert np.isnan(found.remainder[gone]).all()
    assert np.isfinite(found.trend).all()


def test_one_wild_month_does_not_bend_the_season(monthly):
    y = np.log(monthly("air_passengers"))[:48]
    wild = y.copy()
    wild[20] += 1.0
    found, plain, quiet = fit_stl_with_gaps(wild, window=None), fit_stl(wild, window=None), fit_stl(y, window=None)
    assert found.outlying[20]
    assert found.outlying.sum() <= 3
    assert found.remainder[20] == pytest.approx(1.0, abs=0.05)
    assert np.abs(found.seasonal - quiet.seasonal).max() < 0.2 * np.abs(plain.seasonal - quiet.seasonal).max()


def test_nothing_varies_and_no_strength_is_found():
    assert strength(np.zeros(40), np.zeros(40)) == 0
    assert strength(np.full(40, np.nan), np.zeros(40)) == 0
