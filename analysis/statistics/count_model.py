"""Regression of counts with an exposure: Poisson, and negative binomial where the months vary more than Poisson allows.

Refuses months without exposure and series without any event: the likelihood has no answer there.
Sources: McCullagh & Nelder 1989; dispersion parameter chosen so that Pearson's statistic equals its degrees of freedom.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]

TOO_MUCH = 1.5  # Pearson's dispersion beyond which Poisson errors are too small
STEPS_AT_MOST, STILL = 100, 1e-8  # of the fit: the change of the deviance at which it ends
SMALLEST, HIGHEST_LINK = np.finfo(float).eps, 700.0  # counts that are expected stay numbers


@dataclass(frozen=True)
class CountFit:
    """coefficients : (P,) on the log scale; covariance : (P, P), already widened for over-dispersion.

    method : poisson, quasi-poisson or negative binomial. dispersion : Pearson's φ of the Poisson fit. alpha :
        variance = μ + alpha·μ² (0 unless negative binomial). deviance : of the fit kept. fitted : (T,) expected counts.
    """

    coefficients: Floats
    covariance: Floats
    method: str
    dispersion: float
    alpha: float
    deviance: float
    fitted: Floats


def fit_counts(events: Floats, design: Floats, *, exposure: Floats, tolerated: float = TOO_MUCH) -> CountFit:
    """Log-linear regression of `events` (T,) on `design` (T, P) with `exposure` (T,) as offset; NaN months must be
    left out before.

    tolerated : dispersion up to which Poisson is kept (its covariance times φ where φ > 1). Above it, negative
        binomial where its dispersion can be found, else Poisson with the wider errors (quasi-Poisson).
    """
    if not np.all(exposure > 0):
        raise ValueError(f"every month needs an exposure above 0, {int((~(exposure > 0)).sum())} have none")
    if not events.sum() > 0:
        raise ValueError("there is no event in any month")
    poisson = _fit(events, design, exposure)
    phi = poisson.pearson(events) / _freedom(design)
    if phi > tolerated:
        alpha = _matching_alpha(events, design, exposure)
        if alpha is not None:
            fit = _fit(events, design, exposure, alpha)
            return CountFit(
                fit.coefficients, fit.covariance(), "negative binomial", phi, alpha, fit.deviance, fit.fitted
            )
    method = "poisson" if phi <= tolerated else "quasi-poisson"
    covariance = poisson.covariance() * max(phi, 1.0)
    return CountFit(poisson.coefficients, covariance, method, phi, 0.0, poisson.deviance, poisson.fitted)


@dataclass(frozen=True)
class _Fitted:
    """One maximum of the likelihood. weighted : (T, P) the design times the roots of the last weights; alpha : as in
    `CountFit`."""

    coefficients: Floats
    weighted: Floats
    fitted: Floats
    alpha: float
    deviance: float

    def pearson(self, events: Floats) -> float:
        """Pearson's statistic: squared distance from what was expected, in variances."""
        seen = np.maximum(self.fitted, SMALLEST)
        return float(((events - self.fitted) ** 2 / (seen * (1 + self.alpha * seen))).sum())

    def covariance(self) -> Floats:
        """(P, P) of the coefficients, by the expected information."""
        inverse = np.linalg.pinv(self.weighted, rcond=1e-15)
        return inverse @ inverse.T


def _fit(events: Floats, design: Floats, exposure: Floats, alpha: float = 0.0) -> _Fitted:
    """Iteratively reweighted least squares on the log link, until the deviance stands still. The fits are many and
    small: this gives what statsmodels' GLM gives, step by step, in a fraction of its time."""
    offset, fitted = np.log(exposure), (events + events.mean()) / 2
    before, link = np.inf, np.log(fitted)
    for _ in range(STEPS_AT_MOST):
        seen = np.maximum(fitted, SMALLEST)  # keeps coefficients finite where no event ever fell
        variance = fitted if alpha == 0 else seen + alpha * seen**2
        root = seen / np.sqrt(variance)
        weighted = design * root[:, None]
        working = (link - offset + (events - fitted) / seen) * root
        coefficients = np.linalg.lstsq(weighted, working, rcond=-1)[0]
        link = design @ coefficients + offset
        fitted = np.exp(np.minimum(link, HIGHEST_LINK))
        deviance = _deviance(events, fitted, alpha)
        if abs(deviance - before) <= STILL:
            break
        before = deviance
    return _Fitted(coefficients, weighted, fitted, alpha, deviance)


def _deviance(events: Floats, fitted: Floats, alpha: float) -> float:
    fitted = np.maximum(fitted, SMALLEST)
    own = special.xlogy(events, events / fitted)
    if alpha == 0:
        return float(2 * (own - (events - fitted)).sum())
    return float(2 * (own - (events + 1 / alpha) * np.log1p(alpha * (events - fitted) / (1 + alpha * fitted))).sum())


def _freedom(design: Floats) -> int:
    return max(design.shape[0] - design.shape[1], 1)


def _matching_alpha(events: Floats, design: Floats, exposure: Floats) -> float | None:
    """The alpha at which the months vary as much as the negative binomial says; None where none does."""
    freedom = _freedom(design)

    def excess(log_alpha: float) -> float:
        return _fit(events, design, exposure, float(np.exp(log_alpha))).pearson(events) / freedom - 1

    low, high = -12.0, 2.0
    if excess(low) * excess(high) >= 0:
        return None
    return float(np.exp(optimize.brentq(excess, low, high, xtol=1e-4)))
