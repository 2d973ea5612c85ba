"""How noisy a metric's months are once season and effects are out: their resemblance to neighbours, and their
variance.

Short series tell either only roughly, so each unit's own is shrunk towards what the metric's units have in common.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma

from analysis.data_model import ALL_UNITS
from analysis.signals.panel import Panel
from analysis.signals.season import Background, Fit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HIGHEST_CORRELATION = 0.85
OWN_SHARE = 1 / 3
DEGREES_A_UNIT = 5.0  # how far any unit's months may speak for another's spread
LEAST_UNITS = 4


@dataclass(frozen=True)
class Prior:
    """What the other units say of a unit's variance, as a number of further degrees of freedom.

    Parameters
    ----------
    variance : (units,) expected residual variance in weighted terms
    degrees : how many degrees of freedom that expectation is worth; 0 where units tell nothing of each other
    """

    variance: Floats
    degrees: float


def correlation(panel: Panel, base: Background, result: Fit, rows: Flags, *, robust: bool = False) -> Floats:
    """(units,) lag-1 correlation of the months after season and effects; corrected for what the fit itself takes out.

    Each unit's own is shrunk two thirds of the way to the metric's mean over units; `robust` takes the median over
    units for
    all. Never below 0.
    """
    standard = np.sqrt(base.weights) * result.residuals
    top, bottom = (standard[:, 1:] * standard[:, :-1]).sum(axis=1), (standard**2).sum(axis=1)
    own = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
    told = rows & np.isfinite(own)
    if not told.any():
        return np.zeros(len(rows))
    parts = told & (np.array(panel.units) != ALL_UNITS) if told.sum() > 1 else told
    pooled = np.median(own[parts]) if robust else np.mean(own[parts])
    mixed = np.where(told & (not robust), pooled + OWN_SHARE * (own - pooled), pooled)
    return np.clip(_uncorrect(mixed, base, int(np.argmax(base.degrees))), 0.0, HIGHEST_CORRELATION)


def inflation(rho: Floats | float) -> Floats:
    """By how much lag-1 correlation widens the standard error of a mean of months: √((1+ρ)/(1−ρ))."""
    return np.sqrt((1 + np.asarray(rho)) / (1 - np.asarray(rho)))


def inflation_of_looks(base: Background, result: Fit, extra: Floats | None, columns: Floats, rho: Floats) -> Floats:
    """(units, looks) by how much lag-1 correlation widens the standard error of each look, as it is estimated.

    `inflation` holds for a mean of endlessly many months; five months resemble each other less often than that. Exact
    for least squares under first-order correlation: the variance of the look's own direction, over what the residuals
    keep of the months' variance.

    Parameters
    ----------
    result, extra : the fit that the looks follow, and the columns it had beside the background
    columns : (months, looks)
    rho : (units,)
    """
    regressors = base.columns if extra is None else np.concatenate([base.columns, extra], axis=2)
    root = np.sqrt(base.weights)
    known = base.weights > 0
    x = regressors * root[:, :, None]
    back = x @ result.covariance
    looks = root[:, :, None] * columns[None, :, :]
    looks = looks - back @ (np.swapaxes(x, 1, 2) @ looks)
    at = np.arange(columns.shape[0])
    alike = np.asarray(rho)[:, None, None] ** np.abs(at[:, None] - at[None, :])
    alike = alike * known[:, :, None] * known[:, None, :]
    length = (looks**2).sum(axis=1)
    spread = np.divide((looks * (alike @ looks)).sum(axis=1), length, out=np.ones_like(length), where=length > 1e-12)
    degrees = known.sum(axis=1) - (np.abs(regressors).max(axis=1) > 0).sum(axis=1)
    kept = known.sum(axis=1) - (back * (alike @ x)).sum(axis=(1, 2))
    share = np.divide(kept, degrees, out=np.ones(len(kept)), where=degrees > 0)
    return np.sqrt(np.maximum(spread, 0.1) / np.clip(share, 0.1, 1.0)[:, None])


def prior_of(base: Background, result: Fit, degrees: Floats, rows: Flags) -> Prior:
    """The variance that a metric's units have in common, and how far it may be trusted for each.

    Parameters
    ----------
    result : fit with the strong effects out
    degrees : (units,) residual degrees of freedom of that fit
    rows : (units,) units that count

    The spread beyond sampling is taken to be alike between units; how much their variances scatter around what
    that gives
    decides the degrees. Source: Smyth (2004), Statist. Appl. Genet. Mol. Biol. 3, 3 (moderated t).
    """
    own = np.divide(result.rss, degrees, out=np.full(len(rows), np.nan), where=degrees > 0)
    told = rows & np.isfinite(own) & (own > 0) & (base.scale > 0)
    if told.sum() < LEAST_UNITS:
        return Prior(np.ones(len(rows)), 0.0)
    absolute = own * base.scale
    common = max(float(np.median((absolute - base.sampling)[told])), 0.0)
    expected = np.maximum(base.sampling + common, 1e-300) / np.where(base.scale > 0, base.scale, 1.0)
    ratio = np.log(own[told] / expected[told])
    shift, prior_degrees = _scatter(ratio, degrees[told], most=DEGREES_A_UNIT * float(told.sum()))
    return Prior(np.maximum(expected * np.exp(shift), base.floor), prior_degrees)


def _scatter(log_ratio: Floats, degrees: Floats, *, most: float) -> tuple[float, float]:
    """Mean shift and prior degrees of freedom of scaled F ratios, by their first two moments on the log scale."""
    centred = log_ratio - (polygamma(0, degrees / 2) - np.log(degrees / 2))
    surplus = float(np.var(centred, ddof=1) - np.mean(polygamma(1, degrees / 2)))
    prior_degrees = 2 * _inverse_trigamma(surplus) if surplus > 0 else np.inf
    prior_degrees = float(min(prior_degrees, most))
    return float(np.mean(centred) + polygamma(0, prior_degrees / 2) - np.log(prior_degrees / 2)), prior_degrees


def _inverse_trigamma(value: float) -> float:
    """x with trigamma(x) = value, by Newton's method on 1/trigamma."""
    x = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-10 * x:
            break
    return x


def _uncorrect(measured: Floats, base: Background, row: int) -> Floats:
    """The correlation that leaves, after this background's fit, the correlation that was measured."""
    known = base.weights[row] > 0
    columns = base.columns[row][known] * np.sqrt(base.weights[row][known])[:, None]
    maker = np.eye(int(known.sum())) - columns @ np.linalg.pinv(columns)
    lag = np.abs(np.subtract.outer(np.arange(len(maker)), np.arange(len(maker))))
    truth = np.linspace(-0.5, 0.95, 30)
    left = []
    for rho in truth:
        spread = maker @ (rho**lag) @ maker
        left.append(np.trace(spread, 1) / np.trace(spread))
    return np.interp(measured, np.maximum.accumulate(left), truth)
