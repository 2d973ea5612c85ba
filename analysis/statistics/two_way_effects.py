"""The slope of an outcome on something that changes within people over time, with everybody's own level and every
month's own level taken out.

Says what goes along with what within people; who was chosen, and when, is not random. Refuses a regressor that does not
move within people and months.
Sources: two-way fixed effects by alternating projections (Guimarães & Portugal 2010); errors clustered by person
(Arellano 1987).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import CONFIDENCE

Floats = NDArray[np.float64]

ROUNDS, TOLERANCE = 500, 1e-10
NO_VARIATION = 1e-9


@dataclass(frozen=True)
class Slopes:
    """value, low, high, se : (regressors,); n : observations; people : clusters."""

    value: Floats
    low: Floats
    high: Floats
    se: Floats
    n: int
    people: int


def two_way_slopes(
    outcome: ArrayLike,
    regressors: ArrayLike,
    person: ArrayLike,
    period: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> Slopes:
    """Weighted least squares with effects of person and period; errors clustered by person, t with people − 1.

    outcome, person, period, weight : (observations,); regressors : (observations,) or (observations, regressors)
    """
    y = np.asarray(outcome, dtype=float)
    x = np.asarray(regressors, dtype=float).reshape(len(y), -1)
    w = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
    groups = [np.unique(np.asarray(by), return_inverse=True)[1] for by in (person, period)]
    columns = _demeaned(np.column_stack([y, x]), groups, w)
    left, right = columns[:, 0], columns[:, 1:]
    inner = right.T @ (w[:, None] * right)
    people = int(groups[0].max()) + 1 if len(y) else 0
    if people < 2 or np.linalg.eigvalsh(inner)[0] <= NO_VARIATION * max(w.sum(), 1.0):
        nothing: Floats = np.full(x.shape[1], np.nan)
        return Slopes(nothing, nothing, nothing, nothing, len(y), people)
    value: Floats = np.asarray(np.linalg.solve(inner, right.T @ (w * left)), dtype=float)
    residual = left - right @ value
    scores = np.zeros((people, x.shape[1]))
    np.add.at(scores, groups[0], right * (w * residual)[:, None])
    bread = np.linalg.inv(inner)
    covariance = people / (people - 1) * bread @ (scores.T @ scores) @ bread
    se: Floats = np.sqrt(np.diag(covariance))
    reach = special.stdtrit(people - 1, 0.5 + confidence / 2) * se
    return Slopes(value, value - reach, value + reach, se, len(y), people)


def _demeaned(columns: Floats, groups: list[NDArray[np.intp]], weight: Floats) -> Floats:
    """The columns less the weighted means of their person and period, in turns until nothing moves."""
    out = columns - (weight[:, None] * columns).sum(axis=0) / weight.sum()
    totals = [np.bincount(group, weights=weight) for group in groups]
    for _ in range(ROUNDS):
        moved = 0.0
        for group, total in zip(groups, totals, strict=True):
            for number in range(out.shape[1]):
                mean = np.bincount(group, weights=weight * out[:, number], minlength=total.size) / total
                out[:, number] -= mean[group]
                moved = max(moved, float(np.abs(mean).max()))
        if moved < TOLERANCE * max(1.0, float(np.abs(out).max())):
            break
    return out
