"""Count regression against MASS::ships, and its traps."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels
from statsmodels.genmod.families import NegativeBinomial, Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from analysis.statistics.count_model import _fit, fit_counts


def test_ships_agree_with_r():
    """McCullagh & Nelder 1989, section 6.3 (R MASS::ships, glm with log-service offset): coefficients, deviance
    38.69505 on 25, φ 1.691010."""
    ships = pd.read_csv(Path(statsmodels.__file__).parent / "discrete/tests/results/ships.csv")
    ships = ships[ships["service"] > 0]
    kinds = [(ships["ship"] == kind).astype(float) for kind in (2, 3, 4, 5)]
    design = np.column_stack([np.ones(len(ships)), *kinds, ships[["co_65_69", "co_70_74", "co_75_79", "op_75_79"]]])
    events, service = ships["accident"].to_numpy(float), ships["service"].to_numpy(float)
    fit = fit_counts(events, design, exposure=service, tolerated=np.inf)
    expected = [-6.405902, -0.543344, -0.687402, -0.075961, 0.325579, 0.697140, 0.818427, 0.453427, 0.384467]
    assert fit.coefficients.tolist() == pytest.approx(expected, abs=5e-7)
    assert fit.deviance == pytest.approx(38.69505, abs=5e-6)
    assert fit.dispersion == pytest.approx(1.691010, abs=5e-6)
    assert fit_counts(events, design, exposure=service).method == "negative binomial"


def test_clumped_counts_get_the_negative_binomial_that_made_them():
    rng = np.random.default_rng(1)
    exposure = rng.uniform(200, 400, 600)
    wave = np.sin(2 * np.pi * np.arange(600) / 12)
    mean = exposure * 0.05 * np.exp(0.2 * wave)
    fit = fit_counts(
        rng.poisson(mean * rng.gamma(4, 1 / 4, 600)).astype(float),
        np.column_stack([np.ones(600), wave]),
        exposure=exposure,
    )
    assert fit.method == "negative binomial"
    assert fit.alpha == pytest.approx(0.25, abs=0.05)
    assert fit.coefficients.tolist() == pytest.approx([np.log(0.05), 0.2], abs=0.08)


def test_plain_counts_stay_poisson():
    rng = np.random.default_rng(2)
    fit = fit_counts(rng.poisson(20, 60).astype(float), np.ones((60, 1)), exposure=np.ones(60))
    assert fit.method == "poisson"
    assert fit.alpha == 0
    assert fit.covariance[0, 0] == pytest.approx(1 / fit.fitted.sum() * max(fit.dispersion, 1))


def test_wider_errors_stand_in_where_no_negative_binomial_fits():
    """Money, not counts: variance far beyond any negative binomial of these means."""
    rng = np.random.default_rng(3)
    events = rng.exponential(1, 40) ** 8
    fit = fit_counts(events, np.ones((40, 1)), exposure=np.ones(40))
    assert fit.method == "quasi-poisson"
    assert np.sqrt(fit.covariance[0, 0]) > 0.2


def test_no_event_and_no_exposure_are_refused_by_name():
    with pytest.raises(ValueError, match="no event in any month"):
        fit_counts(np.zeros(5), np.ones((5, 1)), exposure=np.ones(5))
    with pytest.raises(ValueError, match="exposure above 0, 2 have none"):
        fit_counts(np.ones(3), np.ones((3, 1)), exposure=np.array([1.0, 0.0, np.nan]))


@pytest.mark.parametrize("alpha", [0.0, 0.02, 0.7])
@pytest.mark.parametrize("events_a_month", [0.3, 4.0, 300.0])
def test_every_fit_is_that_of_statsmodels(alpha: float, events_a_month: float):
    rng = np.random.default_rng(7)
    month, exposure = np.arange(48), rng.uniform(0.5, 2.0, 48)
    season = [np.sin(np.pi * month / 6), np.cos(np.pi * month / 6)]
    design = np.column_stack([np.ones(48), month / 48, *season, month == 20])
    events = rng.poisson(events_a_month * exposure * (rng.gamma(2.0, 0.5, 48) if alpha else 1.0)).astype(float)
    events[20] = 0.0  # a month whose own column no event ever fell in
    ours = _fit(events, design, exposure, alpha)
    family = NegativeBinomial(alpha=alpha) if alpha else Poisson()
    theirs = GLM(events, design, family=family, exposure=exposure).fit(scale=1.0)
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-6)
    assert ours.covariance() == pytest.approx(theirs.cov_params(), rel=1e-5, abs=1e-12)
    assert ours.fitted == pytest.approx(theirs.mu, rel=1e-8, abs=1e-9)
    assert ours.deviance == pytest.approx(theirs.deviance, abs=1e-6)
    assert ours.pearson(events) == pytest.approx(theirs.pearson_chi2, rel=1e-8)
