"""A season carried into the months ahead, where the history shows one beyond chance.

Refuses nothing; without a season, or below 24 observed months, the effects are 0 and say so.
Source: as `decomposition`: one Fourier pair below 36 months, STL from there.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.batch_regression import fit_penalised
from analysis.statistics.month_design import SEASON_FROM, fourier_pairs, month_design, months_ahead
from analysis.statistics.monthly_series import MonthlySeries
from analysis.statistics.stl import MINIMUM_MONTHS, fit_stl_with_gaps
from analysis.statistics.strength import regression_noise_quantiles, stl_noise_quantiles, strength

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SeasonAhead:
    """inside : (T,) effect of season and calendar in the months given; ahead : (horizon,) in those to come; error :
    (horizon,) its standard error. All on the link scale. found : whether there is a season beyond chance; reason : in
    words. fitted : how many coefficients it took from the months."""

    inside: Floats
    ahead: Floats
    error: Floats
    found: bool
    reason: str
    fitted: int


def season_ahead(part: MonthlySeries, horizon: int) -> SeasonAhead:
    """Season and calendar of a series without ends missing, and what they will be in the `horizon` months after."""
    size = len(part.y)
    if part.observed < SEASON_FROM:
        reason = f"{part.observed} months observed, a season needs {SEASON_FROM}"
        return SeasonAhead(np.zeros(size), np.zeros(horizon), np.zeros(horizon), False, reason, 0)
    together = months_ahead(part.months, horizon)
    calendar, fourier, error, found = _regression(part, together)
    if size >= MINIMUM_MONTHS:
        components = fit_stl_with_gaps(part.y - calendar[:size], window=None)
        found = strength(components.seasonal, components.remainder) > stl_noise_quantiles(size, None)[0]
        by_month = pd.Series(components.seasonal, index=part.months.month).groupby(level=0).last()
        fourier = np.asarray(by_month.reindex(together.month), dtype=float)
        years = part.observed / 12
        error[:] = np.nanstd(components.remainder) / np.sqrt(years)
    fitted = (11 if size >= MINIMUM_MONTHS else 2) if found else 0
    reason = "a season beyond chance" if found else "no season beyond chance"
    effect = calendar + (fourier if found else 0.0)
    return SeasonAhead(effect[:size], effect[size:], error if found else np.zeros(horizon), found, reason, fitted)


def _regression(part: MonthlySeries, together: pd.PeriodIndex) -> tuple[Floats, Floats, Floats, bool]:
    """Calendar and Fourier effects over all months, the error of the latter ahead, and whether the Fourier season is
    beyond chance."""
    size = len(part.y)
    design = month_design(together, pairs=fourier_pairs(part.observed), regressors=part.regressors)
    x, known = design.columns, np.isfinite(part.y)
    base = known.astype(float)[None]
    fit = fit_penalised(
        np.where(known, part.y, 0.0)[None], base, x[:size], shrunk=design.seasonal, link="identity", floor=0.0
    )
    beta = fit.coefficients[0]
    waves = np.array([name.startswith(("sin", "cos")) for name in design.names])
    terms = design.seasonal & ~waves
    fourier, calendar = x[:, waves] @ beta[waves], x[:, terms] @ beta[terms]
    remainder = part.y - x[:size] @ beta
    noise, _ = regression_noise_quantiles(x[:size][known], waves, ~design.seasonal)
    covariance = np.linalg.pinv(x[:size][known].T @ x[:size][known])[np.ix_(waves, waves)] * fit.dispersion[0]
    ahead = x[size:][:, waves]
    error = np.sqrt(np.einsum("hp,pq,hq->h", ahead, covariance, ahead))
    return calendar, fourier, error, strength(fourier[:size], remainder) > noise
