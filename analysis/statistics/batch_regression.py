"""One small regression fitted to thousands of series at once: penalised quasi-likelihood with a shared design, and
what each point changes.

For series that are too many for a model object each. Refuses nothing: its callers check; rows without any weight give
NaN.
Source: iteratively reweighted least squares (McCullagh & Nelder 1989); deletion of one point by one Newton step
(Pregibon 1981).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Link = Literal["identity", "log", "logit"]

EFFECT_SPREAD = (
    0.5  # a season of ±50 % is usual, one of ±100 % is not: what the penalty holds likely, on the log or logit scale
)
TREND_SPREAD = 3.0
PILOT = 1e-3
ROUNDS = 30
CONVERGED = 1e-9
LARGEST_STEP = 2.0
LARGEST_PREDICTOR = 30.0


@dataclass(frozen=True)
class BatchFit:
    """coefficients : (S, P). influence : (S, T, P) what each point adds to them (the fit without it = coefficients −
    influence).

    dispersion : (S,) Pearson's; the residual variance for the identity link.
    """

    coefficients: Floats
    influence: Floats
    dispersion: Floats


@dataclass(frozen=True)
class _State:
    beta: Floats
    weight: Floats
    residual: Floats
    hessian: Floats


def fit_penalised(
    response: Floats, base: Floats, x: Floats, *, shrunk: NDArray[np.bool_], link: Link, floor: float
) -> BatchFit:
    """Fit `response` (S, T) on `x` (T, P), column 0 the intercept, each point with the prior weight `base` (S, T; 0 =
    not there).

    shrunk : (P,) columns held towards 0 with a spread of EFFECT_SPREAD (of the series' own standard deviation for the
        identity link when that is larger); the rest of the slopes loosely, the intercept not at all. floor : least
        dispersion to assume (1 for counted things).
    """
    mean = (base * response).sum(axis=1) / base.sum(axis=1)
    scale = (
        np.sqrt((base * (response - mean[:, None]) ** 2).sum(axis=1) / base.sum(axis=1))
        if link == "identity"
        else np.ones(len(mean))
    )
    start = np.zeros((len(mean), x.shape[1]))
    start[:, 0] = _predictor(mean, link)
    information = (base * _slope(start[:, :1], link)).sum(axis=1)
    looseness = np.where(shrunk, 1.0, (EFFECT_SPREAD / TREND_SPREAD) ** 2) * (np.arange(x.shape[1]) > 0)
    pilot = _newton(response, base, x, start, PILOT * information[:, None] * looseness, link)
    dispersion = np.maximum(_dispersion(pilot, base, x, link), floor)
    spread = EFFECT_SPREAD * (np.maximum(scale / EFFECT_SPREAD, 1.0) if link == "identity" else scale)
    final = _newton(response, base, x, pilot.beta, (dispersion / spread**2)[:, None] * looseness, link)
    return BatchFit(final.beta, _influence(final, x), dispersion)


def _newton(response: Floats, base: Floats, x: Floats, start: Floats, penalty: Floats, link: Link) -> _State:
    series, width = start.shape
    squares = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    beta = start
    for _ in range(ROUNDS):
        eta = np.clip(beta @ x.T, -LARGEST_PREDICTOR, LARGEST_PREDICTOR) if link != "identity" else beta @ x.T
        slope = _slope(eta, link)
        weight, residual = base * slope, (response - _mean(eta, link)) / slope
        hessian = (weight @ squares).reshape(series, width, width) + penalty[:, :, None] * np.eye(width)
        hessian += 1e-10 * np.trace(hessian, axis1=1, axis2=2)[:, None, None] * np.eye(width)
        score = (weight * residual) @ x - penalty * beta
        step = np.linalg.solve(hessian, score[:, :, None])[:, :, 0]
        if link != "identity":
            step = np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        if np.abs(step).max() < CONVERGED * max(1.0, float(np.abs(beta).max())):
            break
        beta = beta + step
    return _State(beta, weight, residual, hessian)


def _influence(state: _State, x: Floats) -> Floats:
    projected = np.linalg.solve(state.hessian, np.broadcast_to(x.T, (len(state.beta), *x.T.shape))).transpose(0, 2, 1)
    leverage = state.weight * np.einsum("stp,tp->st", projected, x)
    return projected * (state.weight * state.residual / np.maximum(1 - leverage, 1e-9))[:, :, None]


def _dispersion(state: _State, base: Floats, x: Floats, link: Link) -> Floats:
    freedom = np.maximum((base > 0).sum(axis=1) - x.shape[1], 1)
    return (state.weight * state.residual**2).sum(axis=1) / freedom


def _predictor(mean: Floats, link: Link) -> Floats:
    if link == "identity":
        return mean
    return np.log(mean) if link == "log" else np.log(mean / (1 - mean))


def _mean(eta: Floats, link: Link) -> Floats:
    if link == "identity":
        return eta
    return np.exp(eta) if link == "log" else 1 / (1 + np.exp(-eta))


def _slope(eta: Floats, link: Link) -> Floats:
    if link == "identity":
        return np.ones_like(eta)
    return np.exp(eta) if link == "log" else _mean(eta, link) * (1 - _mean(eta, link))
