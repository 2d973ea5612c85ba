"""Regression of counts with an exposure: Poisson, and negative binomial where the months vary more than Poisson allows.

Refuses months without exposure and series without any event: the likelihood has no answer there.
Sources: McCullagh & Nelder 1989; dispersion parameter chosen so that Pearson's statistic equals its degrees of freedom.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from statsmodels.genmod.families import NegativeBinomial, Poisson
from statsmodels.genmod.generalized_linear_model import GLM

Floats = NDArray[np.float64]

TOO_MUCH = 1.5  # Pearson's dispersion beyond which Poisson errors are too small


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
    poisson = GLM(events, design, family=Poisson(), exposure=exposure).fit()
    phi = float(poisson.pearson_chi2 / max(poisson.df_resid, 1))
    if phi > tolerated:
        alpha = _matching_alpha(events, design, exposure)
        if alpha is not None:
            fit = _negative_binomial(events, design, exposure, alpha)
            covariance, fitted = np.asarray(fit.cov_params()), np.asarray(fit.mu)
            return CountFit(
                np.asarray(fit.params), covariance, "negative binomial", phi, alpha, float(fit.deviance), fitted
            )
    covariance = np.asarray(poisson.cov_params()) * max(phi, 1.0)
    method = "poisson" if phi <= tolerated else "quasi-poisson"
    return CountFit(
        np.asarray(poisson.params), covariance, method, phi, 0.0, float(poisson.deviance), np.asarray(poisson.mu)
    )


def _matching_alpha(events: Floats, design: Floats, exposure: Floats) -> float | None:
    """The alpha at which the months vary as much as the negative binomial says; None where none does."""
    freedom = max(len(events) - design.shape[1], 1)

    def excess(log_alpha: float) -> float:
        fit = _negative_binomial(events, design, exposure, float(np.exp(log_alpha)))
        return float(fit.pearson_chi2 / freedom - 1)

    low, high = -12.0, 2.0
    if excess(low) * excess(high) >= 0:
        return None
    return float(np.exp(optimize.brentq(excess, low, high, xtol=1e-4)))


def _negative_binomial(events: Floats, design: Floats, exposure: Floats, alpha: float):  # type: ignore[no-untyped-def]
    return GLM(events, design, family=NegativeBinomial(alpha=alpha), exposure=exposure).fit(scale=1.0)
