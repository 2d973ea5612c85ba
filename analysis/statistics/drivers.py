"""What goes with a satisfied customer: how much of the differences in the overall score each aspect accounts for, and
how the odds of a better overall score go with it. Association, never effect.

Refuses to fit where the answers cannot carry it: then there is no result (None) instead of a fragile one.
Sources: Lindeman, Merenda & Gold 1980 as in Grömping 2006 (LMG shares, the Shapley value of R²); McCullagh 1980
(proportional odds).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import CONFIDENCE, normal_quantile

Floats = NDArray[np.float64]

MOST_DRIVERS = 12
ANSWERS_PER_DRIVER = 10
REPLICATES = 400
MOST_ANSWERS_FITTED = 4_000
NEWTON_STEPS = 60
CONVERGED, SMALL_STEP, HUGE, ROUNDING = 1e-10, 1e-6, 1e3, 1e-12


@dataclass(frozen=True)
class Shares:
    """The part of R² that each driver accounts for: `share` sums to 1; `low` and `high` of the bootstrap; `r2` of all
    together; `n` answers.
    """

    names: tuple[str, ...]
    share: Floats
    low: Floats
    high: Floats
    r2: float
    n: int


@dataclass(frozen=True)
class OrderedLogit:
    """Proportional odds: by how much one unit more of each driver multiplies the odds of a higher overall level
    (`odds`, with `low` and `high`), the others held equal.

    `coefficient`, `se` and `thresholds` stand on the log-odds scale; `log_likelihood` of the fit; `n` answers.
    """

    names: tuple[str, ...]
    coefficient: Floats
    se: Floats
    thresholds: Floats
    log_likelihood: float
    n: int

    @property
    def odds(self) -> Floats:
        return np.exp(self.coefficient)

    @property
    def low(self) -> Floats:
        return np.exp(self.coefficient - normal_quantile(CONFIDENCE) * self.se)

    @property
    def high(self) -> Floats:
        return np.exp(self.coefficient + normal_quantile(CONFIDENCE) * self.se)


def lmg_shares(correlation: ArrayLike) -> Floats:
    """How much of R² each driver adds, averaged over all orders in which the drivers can enter.

    Parameters
    ----------
    correlation : (…, 1 + drivers, 1 + drivers) correlations, the outcome first; at most 12 drivers

    Returns
    -------
    (…, drivers) parts of R², summing to it; NaN where a driver or the outcome does not vary
    """
    matrix = np.asarray(correlation, dtype=float)
    drivers = matrix.shape[-1] - 1
    if not 1 <= drivers <= MOST_DRIVERS:
        raise ValueError(f"between 1 and {MOST_DRIVERS} drivers can be shared out, got {drivers}")
    explained = _explained_by_subset(matrix)
    subsets = np.arange(2**drivers)
    sizes = np.array([int(subset).bit_count() for subset in subsets])
    factorial = np.cumprod([1.0, *np.arange(1, drivers + 1)])
    weight = factorial[sizes] * factorial[np.maximum(drivers - sizes - 1, 0)] / factorial[drivers]
    parts = np.empty((*matrix.shape[:-2], drivers))
    for driver in range(drivers):
        without = subsets[subsets & (1 << driver) == 0]
        gain = explained[..., without | (1 << driver)] - explained[..., without]
        parts[..., driver] = (gain * weight[without]).sum(axis=-1)
    return parts


def driver_shares(
    outcome: ArrayLike,
    drivers: pd.DataFrame,
    *,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    confidence: float = CONFIDENCE,
) -> Shares | None:
    """The LMG shares of a linear regression with percentile bootstrap intervals over the answers.

    Parameters
    ----------
    outcome, drivers : the overall score and the aspects of the same answers; only complete rows count
    rng : draws the bootstrap samples

    Returns
    -------
    Shares ; None with fewer than ten complete answers per driver, or where the outcome or a driver does not vary
    """
    table = np.column_stack([np.asarray(outcome, dtype=float), drivers.to_numpy(float)])
    table = table[np.isfinite(table).all(axis=1)]
    n, count = len(table), drivers.shape[1]
    if count == 0 or n < ANSWERS_PER_DRIVER * (count + 1) or (np.ptp(table, axis=0) == 0).any():
        return None
    parts = lmg_shares(np.corrcoef(table, rowvar=False))
    r2 = float(parts.sum())
    if not np.isfinite(r2) or r2 <= 0:
        return None
    drawn = lmg_shares(_resampled(table, rng, replicates))
    drawn = drawn / drawn.sum(axis=-1, keepdims=True)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail], axis=0)
    return Shares(tuple(drivers.columns), parts / r2, low, high, r2, n)


def ordered_logit(level: ArrayLike, drivers: pd.DataFrame) -> OrderedLogit | None:
    """The proportional-odds model of an ordered overall score on the aspects, by Newton's method.

    Of more than 4,000 complete answers the last 4,000 are fitted: give them in order of time.

    Returns
    -------
    OrderedLogit ; None with fewer than ten complete answers per driver, without two levels, where a driver does not
        vary, or where the answers separate the levels so that no finite fit exists
    """
    table = drivers.astype(float).assign(_level=np.asarray(level, dtype=float)).dropna().tail(MOST_ANSWERS_FITTED)
    outcome, predictors = table["_level"], table.drop(columns="_level")
    enough = len(table) >= ANSWERS_PER_DRIVER * (predictors.shape[1] + 1)
    if not enough or predictors.empty or outcome.nunique() < 2 or (predictors.nunique() < 2).any():
        return None
    levels, code = np.unique(outcome.to_numpy(), return_inverse=True)
    fitted = _fit_proportional_odds(code, predictors.to_numpy(float), len(levels) - 1)
    if fitted is None:
        return None
    parameters, errors, likelihood = fitted
    count = predictors.shape[1]
    return OrderedLogit(
        tuple(predictors.columns), parameters[:count], errors[:count], parameters[count:], likelihood, len(table)
    )


def _fit_proportional_odds(
    code: NDArray[np.intp], predictors: Floats, cuts: int
) -> tuple[Floats, Floats, float] | None:
    """Coefficients then cuts, their standard errors and the log-likelihood; None where no finite maximum is found.

    Newton's method with halved steps; the likelihood is concave (Pratt 1981).
    """
    below = np.cumsum(np.bincount(code, minlength=cuts + 1))[:-1] / len(code)
    parameters = np.r_[np.zeros(predictors.shape[1]), np.log(below / (1 - below))]
    upper = np.hstack([-predictors, np.eye(cuts + 1)[code][:, :cuts]])
    lower = np.hstack([-predictors, np.eye(cuts + 1)[np.maximum(code - 1, 0)][:, :cuts] * (code > 0)[:, None]])
    last, first = code == cuts, code == 0
    value, slope, curve = _odds_terms(parameters, upper, lower, first, last)
    for _ in range(NEWTON_STEPS):
        try:
            step = np.linalg.solve(curve, slope)
        except np.linalg.LinAlgError:
            return None
        # Judged by the promised gain: at the maximum the reached one is rounding, which differs by processor.
        if abs(float(slope @ step)) < CONVERGED and np.abs(step).max() < SMALL_STEP:
            break
        for size in 0.5 ** np.arange(12):
            tried = _odds_terms(parameters + size * step, upper, lower, first, last)
            if tried[0] >= value - ROUNDING * abs(value):
                break
        else:
            return None
        parameters, (value, slope, curve) = parameters + size * step, tried
    else:
        return None
    errors = np.sqrt(np.maximum(np.diag(np.linalg.pinv(curve)), 0.0))
    known = bool(np.isfinite(errors).all()) and bool((errors > 0).all()) and bool((errors < HUGE).all())
    return (parameters, errors, float(value)) if known else None


def _odds_terms(
    parameters: Floats, upper: Floats, lower: Floats, first: NDArray[np.bool_], last: NDArray[np.bool_]
) -> tuple[float, Floats, Floats]:
    """Log-likelihood, its slope and its negative curvature: each answer lies between the cut above and the one below
    it."""
    above = np.where(last, 1.0, special.expit(upper @ parameters))
    beneath = np.where(first, 0.0, special.expit(lower @ parameters))
    chance = above - beneath
    if (chance <= 0).any():
        return -np.inf, np.zeros_like(parameters), np.eye(len(parameters))
    a, b = above * (1 - above), beneath * (1 - beneath)
    down, up = a / chance, -b / chance
    twice = (a * (1 - 2 * above) / chance - down**2, -b * (1 - 2 * beneath) / chance - up**2, a * b / chance**2)
    mixed = (upper * twice[2][:, None]).T @ lower
    curve = -((upper * twice[0][:, None]).T @ upper + (lower * twice[1][:, None]).T @ lower + mixed + mixed.T)
    return float(np.log(chance).sum()), upper.T @ down + lower.T @ up, curve


def _explained_by_subset(matrix: Floats) -> Floats:
    """R² of every subset of the drivers, numbered by its bits: one batch of systems in which absent drivers are
    strangers to everything.
    """
    drivers = matrix.shape[-1] - 1
    with_outcome, among = matrix[..., 0, 1:], matrix[..., 1:, 1:]
    inside = (np.arange(2**drivers)[:, None] >> np.arange(drivers) & 1).astype(float)
    both_in = inside[:, :, None] * inside[:, None, :]
    systems = among[..., None, :, :] * both_in + np.eye(drivers) * (1 - inside)[:, None, :]
    right = with_outcome[..., None, :] * inside
    known = np.isfinite(systems).all(axis=(-1, -2)) & np.isfinite(right).all(axis=-1)
    safe = np.where(known[..., None, None], systems, np.eye(drivers))
    ridge = 1e-10 * np.eye(drivers)
    solved = np.linalg.solve(safe + ridge, np.where(known[..., None], right, 0.0)[..., None])[..., 0]
    return np.where(known, (solved * right).sum(axis=-1), np.nan)


def _resampled(table: Floats, rng: np.random.Generator, replicates: int) -> Floats:
    """Correlations of so many bootstrap samples: each answer weighs as often as it was drawn."""
    n = len(table)
    times = rng.multinomial(n, np.full(n, 1 / n), size=replicates).astype(float)
    centred = table - table.mean(axis=0)
    mean = times @ centred / n
    products = np.einsum("ij,ik->ijk", centred, centred).reshape(n, -1)
    covariance = (times @ products / n).reshape(replicates, table.shape[1], -1) - mean[:, :, None] * mean[:, None, :]
    spread = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return covariance / (spread[:, :, None] * spread[:, None, :])
