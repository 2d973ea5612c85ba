"""A monthly series without its season and its calendar, each month judged by a season it had no part in.

For signals, where thousands of series are adjusted at once: a penalised regression on Fourier pairs and calendar
terms, in one pass over all series. A picture of trend and season is for `decomposition`. Refuses series of different
length and shares outside 0 … 1.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.batch_regression import Link, fit_penalised
from analysis.statistics.link_scale import Kind, check_values, shift
from analysis.statistics.month_design import MonthDesign, fourier_pairs, month_design, months_per_period

Floats = NDArray[np.float64]

LINKS: dict[str, Link] = {"duration": "identity", "level": "identity", "share": "logit", "rate": "log", "count": "log"}


@dataclass(frozen=True)
class Adjusted:
    """Seasonally adjusted series, shaped as the values given: (T,) or (S, T).

    adjusted : the values without season and calendar, NaN where missing.
    expected : what each month would show at the level of the others, with its own season and calendar.
    effect : what season and calendar do to each month: a factor for durations, rates and counts, a difference for
        levels, an odds ratio for shares. Estimated without the month itself.
    pairs : (S,) Fourier pairs used; 0 where the series is shorter than 24 months and only a level was taken.
    """

    adjusted: Floats
    expected: Floats
    effect: Floats
    pairs: NDArray[np.int64]


def seasonally_adjust(
    values: ArrayLike,
    months: pd.PeriodIndex,
    *,
    kind: Kind,
    regressors: pd.DataFrame | ArrayLike | None = None,
    weights: ArrayLike | None = None,
    per: float = 1.0,
) -> Adjusted:
    """Take season and calendar out of one series (T,) or of many over the same months (S, T).

    Parameters
    ----------
    values : in the unit of the metric; NaN months are allowed and stay NaN.
    months : the T periods, in order (monthly or quarterly).
    kind : duration (positive, judged by factors), share (a proportion), rate (events per exposure), count, level
        (anything, differences).
    regressors : (T, K) calendar terms, e.g. `calendar_regressors(calendar, months)`; scaled here.
    weights : denominators, shaped as values: trials of a share, exposure of a rate, records of a duration.
    per : what a unit of the metric stands for: 100 for a share in per cent, 1000 for a rate per 1,000.

    Method: quasi-Poisson (rates, counts), quasi-binomial (shares) or least-squares (log durations, levels) regression
    on level, trend, one Fourier pair (two from 60 observed months) and the calendar terms; the latter two penalised
    towards no effect. Each month's effect is that of the fit without it (one Newton step from the common fit, exact
    for least squares). Below 24 observed months: a level only.
    """
    table = np.atleast_2d(np.asarray(values, dtype=float)) / per
    base = _weights(weights, table)
    if table.ndim != 2 or table.shape[1] != len(months):
        raise ValueError(f"values have shape {table.shape} for {len(months)} months")
    check_values(table, kind)
    usable = np.isfinite(table) & (base > 0) & ((table > 0) if kind == "duration" else True)
    span = months_per_period(months)
    observed = usable.sum(axis=1) * span
    pairs = np.array([0 if span == 12 else fourier_pairs(int(count), quarterly=span == 3) for count in observed])
    effect = np.zeros_like(table)
    for count in np.unique(pairs[pairs > 0]):
        rows = pairs == count
        design = month_design(months, pairs=int(count), regressors=regressors)
        effect[rows] = _left_out_effects(table[rows], base[rows] * usable[rows], design, kind, weights is not None)
    adjusted = shift(table, -effect, kind)
    pooled = kind in ("share", "rate", "count")
    expected = shift(_mean_of_others(adjusted, base if pooled else np.ones_like(base)), effect, kind)
    shape = np.shape(values)
    size = effect * per if kind == "level" else np.exp(effect)
    return Adjusted((adjusted * per).reshape(shape), (expected * per).reshape(shape), size.reshape(shape), pairs)


def _weights(weights: ArrayLike | None, table: Floats) -> Floats:
    if weights is None:
        return np.ones_like(table)
    given = np.broadcast_to(np.asarray(weights, dtype=float), table.shape)
    return np.where(np.isfinite(given) & (given > 0), given, 0.0)


def _left_out_effects(table: Floats, base: Floats, design: MonthDesign, kind: str, counted: bool) -> Floats:
    """The seasonal and calendar part of each month on the link scale, from the fit without that month; (S, T)."""
    x, seasonal = design.columns, design.seasonal
    response = np.log(np.where(base > 0, table, 1.0)) if kind == "duration" else np.where(base > 0, table, 0.0)
    moves = (
        np.ptp(np.where(base > 0, response, response[np.arange(len(base)), base.argmax(axis=1)][:, None]), axis=1)
        > 1e-12
    )
    effect = np.zeros_like(table)
    if not moves.any():
        return effect
    fit = fit_penalised(
        response[moves], base[moves], x, shrunk=seasonal, link=LINKS[kind], floor=1.0 if counted else 0.0
    )
    left_out = fit.coefficients[:, None, :] - fit.influence
    effect[moves] = np.einsum("stp,tp->st", left_out[:, :, seasonal], x[:, seasonal])
    return effect


def _mean_of_others(adjusted: Floats, base: Floats) -> Floats:
    """The level each month is compared with: the mean of all others (ratio of sums where the base is a denominator)."""
    known = np.isfinite(adjusted) & (base > 0)
    weight, total = np.where(known, base, 0.0), np.where(known, base * np.where(known, adjusted, 0.0), 0.0)
    rest = weight.sum(axis=1, keepdims=True) - weight
    return np.where(rest > 0, (total.sum(axis=1, keepdims=True) - total) / np.where(rest > 0, rest, 1.0), np.nan)
