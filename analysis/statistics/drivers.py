"""What goes with a satisfied customer: how much of the differences in the overall score each aspect accounts for, and
how the odds of a better overall score go with it. Association, never effect.

Refuses to fit where the answers cannot carry it: then there is no result (None) instead of a fragile one.
Sources: Lindeman, Merenda & Gold 1980 as in Grömping 2006 (LMG shares, the Shapley value of R²); McCullagh 1980
(proportional odds).
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.tools.sm_exceptions import ConvergenceWarning, HessianInversionWarning

from analysis.statistics.intervals import CONFIDENCE, normal_quantile

Floats = NDArray[np.float64]

MOST_DRIVERS = 12
ANSWERS_PER_DRIVER = 10
REPLICATES = 400
MOST_ANSWERS_FITTED = 4_000


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
    model = OrderedModel(pd.Series(pd.Categorical(outcome, ordered=True), index=table.index), predictors, distr="logit")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", HessianInversionWarning)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            fitted = model.fit(method="newton", disp=0, start_params=np.asarray(model.start_params, dtype=float))
            errors = np.asarray(fitted.bse)
        except (ConvergenceWarning, HessianInversionWarning, RuntimeWarning, np.linalg.LinAlgError):
            return None
    count = predictors.shape[1]
    parameters = np.asarray(fitted.params)
    if not (np.isfinite(parameters).all() and np.isfinite(errors[:count]).all()):
        return None
    thresholds = model.transform_threshold_params(parameters)[1:-1]
    return OrderedLogit(
        tuple(predictors.columns), parameters[:count], errors[:count], thresholds, float(fitted.llf), len(table)
    )


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
