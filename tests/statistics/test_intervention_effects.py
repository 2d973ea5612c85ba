"""The effect of a measure: published examples, a second way, how often chance is called an effect, what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.statistics.interrupted_series import interrupted_series
from analysis.statistics.intervention_effects import Window, difference_in_differences, why_not, window

PUBLISHED = Path(__file__).with_name("published")
MONTHS, UNITS = 42, 12
SPAN = window(MONTHS, 27, 28)
MEASURE = 28


def noise(rng: np.random.Generator, rho: float = 0.0) -> np.ndarray:
    """(units, months) of standard deviation 1, each unit at its own level, all with one season and one drift."""
    white = rng.standard_normal((UNITS, MONTHS + 20))
    y = white.copy()
    for month in range(1, y.shape[1]):
        y[:, month] = rho * y[:, month - 1] + np.sqrt(1 - rho**2) * white[:, month]
    season = 2 * np.sin(2 * np.pi * np.arange(MONTHS) / 12) + 0.1 * np.arange(MONTHS)
    return y[:, 20:] + season + rng.normal(0, 5, (UNITS, 1))


# -- published ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cigarettes() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / "cigarette_sales.csv", index_col="State")


def test_proposition_99_has_the_published_difference_in_differences(cigarettes: pd.DataFrame):
    # Arkhangelsky, Athey, Hirshberg, Imbens & Wager 2021 (Am. Econ. Rev. 111, 4088), table 1: DiD −27.3 (s.e. 17.7).
    row = list(cigarettes.index).index("California")
    span = Window(np.arange(19), np.arange(19, 31))  # 1970–1988, 1989–2000
    found = difference_in_differences(cigarettes.to_numpy(), row, span, controls=range(39))
    assert found.size == pytest.approx(-27.349, abs=5e-4)
    assert 12 < found.se < 20
    assert found.placebo_p > 0.05
    # Abadie et al. 2010 drop this comparison because California was drifting away before: it must be noticed.
    assert found.earlier_trend_p < 0.01


@pytest.mark.parametrize(("seat", "published"), [("drivers", -0.23), ("front", -0.30)])
def test_seat_belts_saved_those_who_had_to_wear_them_by_about_the_published_share(seat: str, published: float):
    # Harvey & Durbin 1986 (J. R. Stat. Soc. A 149, 187): −23 % drivers, −30 % front seat, +3 % rear seat. Theirs is a
    # structural model with a step alone; ours has a step and a slope, of which the step is the one to compare.
    found = seat_belts(seat)
    assert np.expm1(found.step) == pytest.approx(published, abs=0.02)
    assert found.p < 1e-4
    assert found.placebo_p < 0.05


def test_seat_belts_did_nothing_for_those_who_need_not_wear_them():
    found = seat_belts("rear")
    assert np.expm1(found.low) < 0.03 < np.expm1(found.high)
    assert found.p > 0.2


def seat_belts(seat: str) -> Any:
    """Log of casualties, five years before the law and 23 months after, with the season of five Fourier pairs."""
    rows = pd.read_csv(PUBLISHED / "seat_belts.csv")
    angle = 2 * np.pi * (pd.PeriodIndex(rows["month"], freq="M").month.to_numpy() - 1) / 12
    season = np.column_stack([wave(pair * angle) for pair in range(1, 6) for wave in (np.sin, np.cos)])
    law = int((rows["month"] == "1983-02").argmax())
    span = Window(np.arange(law - 60, law), np.arange(law, len(rows)))
    return interrupted_series(np.log(rows[seat].to_numpy(float)), span, background=season)


# -- a second way ------------------------------------------------------------------------------------------------------


def test_differences_in_differences_are_the_regression_on_unit_and_month_effects():
    y = noise(np.random.default_rng(3))
    span = Window(np.arange(28), np.arange(28, MONTHS))
    found = difference_in_differences(y, 4, span, controls=range(UNITS))
    long = pd.DataFrame({"y": y.ravel()})
    long["unit"], long["month"] = np.repeat(np.arange(UNITS), MONTHS), np.tile(np.arange(MONTHS), UNITS)
    long["treated"] = ((long["unit"] == 4) & (long["month"] >= 28)).astype(int)
    fitted = smf.ols("y ~ treated + C(unit) + C(month)", long).fit()
    assert found.size == pytest.approx(fitted.params["treated"], abs=1e-9)


def test_an_interrupted_series_without_autocorrelation_is_ordinary_segmented_regression():
    # Residuals that alternate have no positive autocorrelation: the model of Wagner et al. 2002 by least squares.
    at = np.arange(36)
    y = 10 + 0.05 * at + 2.0 * (at >= 24) + 0.1 * np.where(at >= 24, at - 24, 0) + 0.3 * (-1.0) ** at
    found = interrupted_series(y, Window(np.arange(24), np.arange(24, 36)))
    frame = pd.DataFrame({"y": y, "t": at, "after": (at >= 24) * 1.0, "since": np.where(at >= 24, at - 24, 0)})
    fitted = smf.ols("y ~ t + after + since", frame).fit()
    assert found.step == pytest.approx(fitted.params["after"], abs=1e-9)
    assert found.slope == pytest.approx(fitted.params["since"], abs=1e-9)
    assert found.size == pytest.approx(fitted.params["after"] + 5.5 * fitted.params["since"], abs=1e-9)


def test_an_interrupted_series_finds_step_and_slope_that_were_put_in():
    rng = np.random.default_rng(5)
    at = np.arange(36)
    y = 3 + 0.02 * at - 1.0 * (at >= 24) - 0.1 * np.where(at >= 24, at - 24, 0) + 0.05 * rng.standard_normal(36)
    found = interrupted_series(y, Window(np.arange(24), np.arange(24, 36)))
    assert found.step == pytest.approx(-1, abs=0.15)
    assert found.slope == pytest.approx(-0.1, abs=0.02)


# -- chance ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_units_without_an_effect_are_called_no_more_often_than_promised(rho: float):
    rng = np.random.default_rng(11)
    found = [difference_in_differences(noise(rng, rho), 0, SPAN, controls=range(UNITS)) for _ in range(300)]
    p = np.array([one.p for one in found])
    assert (p < 0.05).mean() <= 0.075
    assert (p < 0.001).mean() <= 0.007
    covered = np.mean([one.low <= 0 <= one.high for one in found])
    assert covered >= 0.925


def test_an_interval_covers_the_effect_that_was_put_in_and_finds_it():
    """An effect of three monthly standard deviations is about six standard errors here."""
    rng = np.random.default_rng(12)
    found = []
    for _ in range(200):
        y = noise(rng, 0.3)
        y[0, MEASURE:] += 3.0
        found.append(difference_in_differences(y, 0, SPAN, controls=range(UNITS)))
    assert np.mean([one.low <= 3.0 <= one.high for one in found]) >= 0.92
    assert np.mean([one.p < 0.01 for one in found]) > 0.95


@pytest.mark.prove
def test_an_interrupted_series_with_autocorrelation_keeps_its_promise():
    rng = np.random.default_rng(13)
    p = []
    for _ in range(60):
        for y in noise(rng, 0.4)[:5] - (2 * np.sin(2 * np.pi * np.arange(MONTHS) / 12)):
            p.append(interrupted_series(y, SPAN).p)
    assert np.mean(np.array(p) < 0.05) <= 0.09


def test_noisier_units_do_not_lend_their_spread_to_a_quiet_one_and_the_other_way_round():
    """Placebos are studentised: a small noisy unit is no yardstick for a large quiet one (Ferman & Pinto 2019)."""
    rng = np.random.default_rng(14)
    called = 0
    for _ in range(200):
        y = rng.standard_normal((UNITS, MONTHS))
        y[0] *= 5
        called += difference_in_differences(y, 0, SPAN, controls=range(UNITS)).p < 0.05
    assert called / 200 <= 0.08


def test_what_happened_to_every_unit_is_no_effect_but_looks_like_one_from_the_own_past_alone():
    rng = np.random.default_rng(15)
    y = 0.3 * rng.standard_normal((UNITS, MONTHS))
    y[:, MEASURE:] += 3.0
    assert difference_in_differences(y, 0, SPAN, controls=range(UNITS)).p > 0.01
    assert interrupted_series(y[0], SPAN).p < 0.01


def test_unusual_months_before_are_told_since_what_follows_them_may_be_the_way_back():
    rng = np.random.default_rng(16)
    y = 0.3 * rng.standard_normal((UNITS, MONTHS))
    y[0, MEASURE - 3 : MEASURE] += 2.0
    assert difference_in_differences(y, 0, SPAN, controls=range(UNITS)).start > 2


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "lacks"),
    [(5, 12, "before"), (6, 3, None), (12, 2, "after"), (0, 12, "before"), (12, 0, "after")],
)
def test_six_months_before_and_three_after_are_needed(before: int, after: int, lacks: str | None):
    usable = np.ones(before + after)
    span = window(before + after, before - 1, before)
    assert why_not(usable, span) == lacks
    if lacks:
        with pytest.raises(ValueError, match=f"too few months {lacks}"):
            interrupted_series(np.arange(before + after) * 1.0, span)


def test_months_without_a_figure_do_not_count():
    usable = np.ones(MONTHS)
    usable[SPAN.before[:-5]] = 0
    assert why_not(usable, SPAN) == "before"


def test_fewer_than_four_units_without_the_measure_are_refused():
    y = noise(np.random.default_rng(1))
    with pytest.raises(ValueError, match="at least 4 units without the measure, got 3"):
        difference_in_differences(y, 0, SPAN, controls=[1, 2, 3])


def test_gaps_and_units_that_opened_late_do_not_disturb():
    y = noise(np.random.default_rng(2))
    y[0, MEASURE:] += 8
    y[1, :30] = np.nan  # too short: no control
    y[2, 10] = y[0, 20] = np.nan
    found = difference_in_differences(y, 0, SPAN, controls=range(UNITS))
    assert found.before == 23
    assert found.size == pytest.approx(8, abs=1.5)


def test_the_callers_arrays_stay_as_they_are():
    y = noise(np.random.default_rng(4))
    kept = y.copy()
    difference_in_differences(y, 0, SPAN, controls=range(UNITS))
    interrupted_series(y[0], SPAN)
    assert (y == kept).all()


def test_a_constant_series_shows_no_effect_and_no_nan():
    found = interrupted_series(np.ones(MONTHS), SPAN)
    assert (found.size, found.p) == (pytest.approx(0, abs=1e-9), pytest.approx(1, abs=1e-6))
    found = difference_in_differences(np.ones((UNITS, MONTHS)), 0, SPAN, controls=range(UNITS))
    assert (found.size, found.p) == (0, 1)
