"""What the silent might have said: answers weighted by how unlikely such customers were to answer, and the bounds that
hold whatever the silent think.

Weighting repairs only what the known traits explain; the bounds need no belief and are wide for it. Refuses nothing:
where there is nobody to weigh, the figures are NaN.
Sources: Horvitz & Thompson 1952 with the ratio form of Hájek 1971 (inverse propensity weights); Manski 1990 (bounds);
Firth 1993 in spirit: a weak ridge keeps propensities off 0 and 1.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import CONFIDENCE, wilson

Floats = NDArray[np.float64]

RIDGE = 0.1
STEPS_AT_MOST = 50
TOLERANCE = 1e-9
HEAVIEST = 10.0


class Bounds(NamedTuple):
    """Worst and best case (0 … 1): every silent customer dissatisfied, or every one satisfied; `low` and `high` add
    the chance in who was asked.
    """

    worst: Floats
    best: Floats
    low: Floats
    high: Floats


class Weighted(NamedTuple):
    """A weighted share (0 … 1), its interval and standard error, and how many equal answers would be as sure."""

    value: float
    low: float
    high: float
    se: float
    effective_n: float


def response_propensities(
    traits: pd.DataFrame, answered: ArrayLike, invited: ArrayLike, *, ridge: float = RIDGE
) -> Floats:
    """The probability to answer of each kind of invitation, by a logistic regression on its traits.

    Parameters
    ----------
    traits : one row per kind of invitation, one categorical column per trait; each category gets its own effect
    answered, invited : how many of each kind answered, and were invited
    ridge : penalty that draws the effects of the categories (not the level) towards none

    Returns
    -------
    (kinds,) propensities strictly between 0 and 1; NaN where nobody was invited at all or nobody, or everybody,
    answered
    """
    k, n = np.asarray(answered, dtype=float), np.asarray(invited, dtype=float)
    if not 0 < k.sum() < n.sum():
        return np.full(len(traits), np.nan)
    design = _design(traits)
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 0.0
    effects = np.zeros(design.shape[1])
    effects[0] = special.logit(k.sum() / n.sum())
    for _ in range(STEPS_AT_MOST):
        p = special.expit(design @ effects)
        slope = design.T @ (k - n * p) - penalty * effects
        curve = (design * (n * p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve + TOLERANCE * np.eye(len(effects)), slope)
        effects = effects + step
        if np.abs(step).max() < TOLERANCE:
            break
    return special.expit(design @ effects)


def inverse_weights(propensity: ArrayLike) -> Floats:
    """One over the propensity; none heavier than ten times the median weight."""
    weight = 1 / np.asarray(propensity, dtype=float)
    known = np.isfinite(weight)
    return np.minimum(weight, HEAVIEST * float(np.median(weight[known]))) if known.any() else weight


def weighted_share(
    satisfied: ArrayLike, answers: ArrayLike, weight: ArrayLike, *, confidence: float = CONFIDENCE
) -> Weighted:
    """The share of satisfied customers with every answer weighing as given, with the linearised interval.

    Parameters
    ----------
    satisfied, answers, weight : counts of each kind of answer and the weight of one; all NaN for no answers. The
        interval takes the weights as known, which makes it slightly too wide rather than too narrow.
    """
    k, n, w = (np.asarray(part, dtype=float) for part in (satisfied, answers, weight))
    kept = (n > 0) & np.isfinite(w)
    k, n, w = k[kept], n[kept], w[kept]
    total, count = float((w * n).sum()), float(n.sum())
    if not count:
        return Weighted(np.nan, np.nan, np.nan, np.nan, 0.0)
    value = float((w * k).sum()) / total
    effective = total**2 / float((w**2 * n).sum())
    if count < 2:
        return Weighted(value, np.nan, np.nan, np.nan, effective)
    squares = float((w**2 * (k * (1 - value) ** 2 + (n - k) * value**2)).sum())
    se = float(np.sqrt(squares * count / (count - 1))) / total
    told = wilson(value * effective, effective, confidence=confidence)
    return Weighted(value, float(told.low), float(told.high), se, effective)


def worst_and_best(
    satisfied: ArrayLike, answered: ArrayLike, invited: ArrayLike, *, confidence: float = CONFIDENCE
) -> Bounds:
    """The share of satisfied customers among all invited if every silent one were dissatisfied, and if every one
    were satisfied.
    """
    k, a, n = (np.asarray(part, dtype=float) for part in (satisfied, answered, invited))
    worst, best = wilson(k, n, confidence=confidence), wilson(k + n - a, n, confidence=confidence)
    return Bounds(worst.value, best.value, worst.low, best.high)


def _design(traits: pd.DataFrame) -> Floats:
    """A column of ones and one column for every category but the most frequent of its trait."""
    columns = [np.ones(len(traits))]
    for name in traits:
        values = traits[name].astype(str)
        for category in values.value_counts().index[1:]:
            columns.append((values == category).to_numpy(float))
    return np.column_stack(columns)
