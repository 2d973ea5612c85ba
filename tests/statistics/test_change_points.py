"""Changes against the Nile, the simulated promise of their p-values, and their power."""

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.statistics.change_points import largest_change, largest_step, pooled_correlation


def test_the_nile_fell_after_1898():
    """strucchange, on Cobb 1978: break after observation 28 (1898), residual sum of squares 1597457.194."""
    flow = sm.datasets.nile.load_pandas().data["volume"].to_numpy(float)
    found = largest_step(flow)
    assert found.position[0] == 28
    before, after = flow[:28], flow[28:]
    assert ((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum() == pytest.approx(
        1597457.194, abs=5e-4
    )
    assert found.size[0] == pytest.approx(after.mean() - before.mean())
    assert found.p[0] < 1e-8
    assert largest_change(flow).kind[0] == "step"


def test_quiet_series_are_called_as_often_as_promised():
    quiet = np.random.default_rng(201).standard_normal((20_000, 36))
    p = largest_change(quiet).p
    for level in (0.5, 0.1, 0.01, 0.002, 0.0005):
        assert (p <= level).mean() == pytest.approx(level, rel=0.35)


def test_each_kind_of_change_is_named_and_placed():
    rng = np.random.default_rng(6)
    months = np.arange(36)
    table = rng.standard_normal((3, 36)) * 0.5
    table[0, 25:] += 3
    table[1, 10] += 6
    table[2] += months * 0.2
    found = largest_change(table)
    assert found.kind.tolist() == ["step", "point", "slope"]
    assert found.position.tolist() == [25, 10, 0]
    assert found.size == pytest.approx([3, 6, 7], abs=1)
    assert (found.p < 1e-6).all()


def test_a_step_of_four_standard_errors_is_found_nearly_always_at_the_runs_level():
    """statistics.md 2.7b: power 99 % for steps of four monthly standard deviations at p < 1e-4."""
    rng = np.random.default_rng(7)
    table = rng.standard_normal((300, 36))
    table[:, 28:] += 4
    found = largest_step(table)
    assert (found.p < 1e-4).mean() > 0.97
    assert (found.position == 28).mean() > 0.9


def test_missing_months_are_left_out_and_do_not_shift_the_position():
    values = np.random.default_rng(8).standard_normal(36) * 0.3
    values[20:] += 4
    values[[3, 19, 30]] = np.nan
    found = largest_step(values)
    assert found.position[0] in (19, 20)
    assert found.p[0] < 1e-8


def test_constant_and_short_series_have_no_change():
    constant = largest_change(np.full(20, 3.0))
    assert constant.p[0] == 1
    short = largest_change([1.0, 2.0, np.nan, 9.0])
    assert short.kind[0] == ""
    assert np.isnan(short.p[0])
    assert np.isnan(largest_change(np.full((1, 30), np.nan)).p[0])


def test_correlated_months_make_a_change_less_sure():
    values = np.random.default_rng(9).standard_normal(36)
    values[20:] += 2
    assert largest_change(values, correlation=0.4).p[0] > largest_change(values).p[0]


def test_the_pooled_correlation_is_corrected_for_what_the_season_takes_away():
    """Residuals of a season and a trend look uncorrelated at ρ = 0.1 …: the plain lag-one ratio is off by 0.15."""
    rng = np.random.default_rng(10)
    months = np.arange(36)
    design = np.column_stack([np.ones(36), months, np.sin(2 * np.pi * months / 12), np.cos(2 * np.pi * months / 12)])
    for rho in (0.0, 0.3, 0.6):
        noise = rng.standard_normal((1_500, 36))
        for month in range(1, 36):
            noise[:, month] = rho * noise[:, month - 1] + np.sqrt(1 - rho**2) * noise[:, month]
        residuals = noise - noise @ design @ np.linalg.pinv(design)
        plain = (residuals[:, 1:] * residuals[:, :-1]).sum() / (residuals**2).sum()
        assert pooled_correlation(residuals, design) == pytest.approx(rho, abs=0.04)
        assert plain < rho - 0.08


def test_too_little_for_a_correlation_gives_none():
    assert pooled_correlation(np.zeros((3, 36)), np.ones((36, 1))) == 0
    assert pooled_correlation([[1.0, -1.0, 1.0]], np.ones((3, 1))) == 0


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="not ramp"):
        largest_change(np.arange(20.0), kinds=("ramp",))
