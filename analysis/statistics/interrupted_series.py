"""The change of one series at a measure, from its own past alone: segmented regression with season and first-order
autocorrelation.

Weaker than a comparison with units without the measure: what happened to all of them at the same time counts as its
effect.
Sources: Wagner, Soumerai, Zhang & Ross-Degnan 2002 (J. Clin. Pharm. Ther. 27, 299: step and slope); Prais & Winsten
1954 (Cowles Commission 383: first-order autocorrelation).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.intervention_effects import (
    HIGHEST_CORRELATION,
    LEAST_AFTER,
    LEAST_BEFORE,
    Fit,
    MeasuredEffect,
    Window,
    calibrated,
    unusual_start,
    why_not,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TRIED = np.linspace(-0.4, 0.9, 27)
ROUNDING = 1e-10


def interrupted_series(
    y: ArrayLike, span: Window, *, background: ArrayLike | None = None, weights: ArrayLike | None = None
) -> MeasuredEffect:
    """The change of one series at a measure, from its own past alone: level, slope, season, step and change of slope,
    by generalised least squares with first-order autocorrelation.

    The effect is the mean over the months after of what step and change of slope add to the course before. Placebo
    dates are all dates at which both sides would lie wholly before the measure.

    Parameters
    ----------
    y : (months,) on a scale where changes add; NaN where unknown
    span : the months before and after
    background : (months, k) season and calendar, without the level; columns of zeros are left out
    weights : (months,) inverse variances; 0 where a month may not be used

    Raises
    ------
    ValueError : too few months on one side
    """
    series = np.asarray(y, dtype=float)
    weight = np.isfinite(series).astype(float) if weights is None else np.where(np.isfinite(series), weights, 0.0)
    if lacks := why_not(weight > 0, span):
        raise ValueError(f"too few months {lacks} the measure")
    season = np.zeros((len(series), 0)) if background is None else np.asarray(background, dtype=float)
    fitted = _segmented(series, weight, season, span)
    first, length = int(span.before[0]), len(span.after)
    dates = range(first + LEAST_BEFORE, int(span.before[-1]) + 2 - LEAST_AFTER)
    placebos = []
    for date in dates:
        trial = Window(np.arange(first, date), np.arange(date, min(date + length, int(span.before[-1]) + 1)))
        if why_not(weight > 0, trial) is None:
            found = _segmented(series, weight, season, trial)
            placebos.append(found.size / found.se if found.se > 0 else 0.0)
    return calibrated(fitted, np.asarray(placebos), degrees=fitted.degrees)


def _segmented(series: Floats, weight: Floats, season: Floats, span: Window) -> Fit:
    used = np.r_[span.before, span.after]
    used = used[weight[used] > 0]
    after = np.isin(used, span.after).astype(float)
    since = np.where(after > 0, used - span.after[0], 0.0)
    terms = season[used]
    kept = terms[:, np.ptp(terms, axis=0) > 1e-9] if terms.size else terms
    time = (used - used.mean()) / 12.0
    x = np.column_stack([np.ones(len(used)), time, after, since, kept])
    beta, covariance, degrees = _prais_winsten(series[used], x, weight[used], used)
    mean_since = float(since[after > 0].mean())
    add = np.zeros(x.shape[1])
    add[2], add[3] = 1.0, mean_since
    size = float(add @ beta)
    size = size if abs(size) > ROUNDING * float(np.abs(series[used]).max()) else 0.0
    before = used[after == 0]
    residual = series[used][after == 0] - x[after == 0] @ beta
    return Fit(
        size, float(np.sqrt(max(float(add @ covariance @ add), 0.0))), degrees, len(before), int(after.sum()),
        float(beta[2]), float(beta[3]), 1.0, unusual_start(residual),
    )  # fmt: skip


def _prais_winsten(y: Floats, x: Floats, weight: Floats, at: NDArray[np.int64]) -> tuple[Floats, Floats, float]:
    """Coefficients, covariance and degrees of freedom with first-order autocorrelation across the given months.

    The autocorrelation is the one that leaves, after this fit, what the residuals of least squares show; short series
    otherwise look less correlated than they are. Correlated months are worth fewer degrees of freedom.
    """
    scale = np.sqrt(weight / weight.mean())
    yw, xw = y * scale, x * scale[:, None]
    next_to = np.diff(at) == 1
    maker = np.eye(len(yw)) - xw @ np.linalg.pinv(xw)
    residual = maker @ yw
    residual = np.where(np.abs(residual) > ROUNDING * np.abs(yw).max(initial=0.0), residual, 0.0)
    bottom = float(residual @ residual)
    measured = float((residual[1:] * residual[:-1])[next_to].sum()) / bottom if bottom > 0 else 0.0
    rho = min(max(_uncorrected(measured, maker, next_to, at), 0.0), HIGHEST_CORRELATION)
    ys, xs = _whiten(yw, xw, rho, next_to)
    inverse = np.linalg.pinv(xs)
    beta = inverse @ ys
    degrees = float(len(y) - np.linalg.matrix_rank(xw))
    left = ys - xs @ beta
    left = np.where(np.abs(left) > ROUNDING * np.abs(yw).max(initial=0.0), left, 0.0)
    spread = float(left @ left) / max(degrees, 1.0)
    return beta, spread * inverse @ inverse.T, max(degrees * (1 - rho) / (1 + rho), 1.0)


def _uncorrected(measured: float, maker: Floats, next_to: Flags, at: NDArray[np.int64]) -> float:
    """The autocorrelation of the months of which this fit is expected to leave what was measured in its residuals."""
    lag = np.abs(np.subtract.outer(at, at))
    pairs = np.flatnonzero(next_to)
    left = []
    for rho in TRIED:
        spread = maker @ (rho**lag) @ maker
        left.append(float(spread[pairs, pairs + 1].sum() / np.trace(spread)))
    return float(np.interp(measured, np.maximum.accumulate(left), TRIED))


def _whiten(y: Floats, x: Floats, rho: float, next_to: Flags) -> tuple[Floats, Floats]:
    """A month after a gap begins anew, as the first one does."""
    root = np.sqrt(1 - rho**2)
    follows = np.r_[False, next_to]
    before = np.r_[0, np.arange(len(y) - 1)]
    ys = np.where(follows, y - rho * y[before], root * y)
    xs = np.where(follows[:, None], x - rho * x[before], root * x)
    return ys, xs
