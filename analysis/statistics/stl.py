"""Trend, season and remainder by STL, with every trap of the method guarded; months may be missing.

The settings are R's, so that results can be compared: statsmodels' own differ. A periodic season repeats itself
exactly, an evolving one may drift over the years. Refuses fewer than three years, gaps in `fit_stl`, and windows that
are not odd whole numbers.
Source: Cleveland et al. 1990.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from statsmodels.tsa.seasonal import STL

Floats = NDArray[np.float64]

YEAR = 12
MINIMUM_MONTHS = 36  # up to 24 months STL fits perfectly, and F = 1 says nothing
FILLING_ROUNDS = 3
SEARCHES = 5
MOST_OUTLYING = 0.1
FAR_OUT = 3.5  # robust standard deviations from the fit beyond which a month does not shape trend and season


class Components(NamedTuple):
    """trend, seasonal, remainder : (T,) adding up to the series; outlying : (T,) months kept from shaping the other
    two."""

    trend: Floats
    seasonal: Floats
    remainder: Floats
    outlying: NDArray[np.bool_]


def fit_stl(y: Floats, *, window: int | None) -> Components:
    """STL of a complete monthly series in order. window : months-of-a-kind over which the season may drift (odd, ≥
    7), or None: periodic."""
    _check(y, window)
    smooth = 10 * y.size + 1 if window is None else window
    trend_window = _next_odd(1.5 * YEAR / (1 - 1.5 / smooth))
    fitted = STL(
        y,
        period=YEAR,
        seasonal=smooth,
        trend=trend_window,
        low_pass=_next_odd(YEAR),
        seasonal_deg=0,
        seasonal_jump=_jump(smooth),
        trend_jump=_jump(trend_window),
        low_pass_jump=_jump(_next_odd(YEAR)),
        robust=False,
    ).fit(inner_iter=2, outer_iter=0)
    seasonal, trend = np.asarray(fitted.seasonal), np.asarray(fitted.trend)
    if window is None:
        month = np.arange(y.size) % YEAR
        seasonal = (np.bincount(month, weights=seasonal) / np.bincount(month))[month]
    return Components(trend, seasonal, y - trend - seasonal, np.zeros(y.size, dtype=bool))


def fit_stl_with_gaps(y: Floats, *, window: int | None) -> Components:
    """STL of a series with missing and far-out months, which are filled with what trend and season give there, three
    times over.

    The first and last month must be present. Components are given for every month; the remainder is NaN where the
    month is missing.
    """
    missing = ~np.isfinite(y)
    outlying = np.zeros(y.size, dtype=bool)
    for _ in range(SEARCHES):
        found = fit_stl(_fill(y, missing | outlying, window), window=window)
        remainder = y - found.trend - found.seasonal
        far = _far_out(remainder, outlying)
        if (far == outlying).all() or far.mean() > MOST_OUTLYING:
            break
        outlying = far
    return Components(found.trend, found.seasonal, remainder, outlying)


def _far_out(remainder: Floats, already: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Months already set apart that are still far out, and of the others those nearly as far as the farthest: a wild
    month pulls its namesakes in other years the other way, which must not be taken for wild themselves."""
    distance = np.nan_to_num(np.abs(remainder - np.nanmedian(remainder)))
    limit = FAR_OUT * max(1.4826 * float(np.nanmedian(np.abs(remainder - np.nanmedian(remainder)))), 1e-12)
    farthest = distance[~already].max(initial=0.0)
    return (distance > limit) & (already | (distance >= farthest / 2))


def _fill(y: Floats, out: NDArray[np.bool_], window: int | None) -> Floats:
    if not out.any():
        return y
    filled = _interpolate(y, out)
    for _ in range(FILLING_ROUNDS):
        seasonal = fit_stl(filled, window=window).seasonal
        filled = np.where(out, _interpolate(y - seasonal, out) + seasonal, y)
    return filled


def _interpolate(y: Floats, out: NDArray[np.bool_]) -> Floats:
    places = np.arange(y.size)
    return np.where(out, np.interp(places, places[~out], y[~out]), y)


def _check(y: Floats, window: int | None) -> None:
    if y.ndim != 1 or y.size < MINIMUM_MONTHS:
        raise ValueError(f"STL needs {MINIMUM_MONTHS} months in one series, not {y.size}")
    if not np.isfinite(y).all():
        raise ValueError(f"STL takes no missing or infinite month, found {int((~np.isfinite(y)).sum())}")
    if window is not None and (window < 7 or window % 2 == 0):
        raise ValueError(f"the seasonal window must be odd and at least 7, not {window}")


def _next_odd(value: float) -> int:
    whole = int(np.ceil(value))
    return whole if whole % 2 else whole + 1


def _jump(window: int) -> int:
    return int(np.ceil(window / 10))
