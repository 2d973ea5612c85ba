"""What those who chose something do more than others who were like them before: comparison within strata.

Treated and others are compared only inside a stratum, and the strata weigh by the treated: the difference is about
those who chose. What is not in the strata is not held equal: no proof of cause.
Source: Cochran 1968 (subclassification); variance as in stratified sampling.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.intervals import Estimate, normal_quantile


@dataclass(frozen=True)
class Matched:
    """`raw`: the plain difference of means; `matched`: within strata. treated: how many; compared: those of them that
    had somebody to be compared with; others: how many of those there were."""

    raw: Estimate
    matched: Estimate
    treated: int
    compared: int
    others: int


def compare_within(outcome: ArrayLike, treated: ArrayLike, stratum: ArrayLike, *, fewest: int = 2) -> Matched:
    """Mean outcome of the treated less that of the others, plain and within strata with `fewest` or more of each.

    outcome : (N,) numbers, a 0/1 outcome too; treated : (N,) booleans; stratum : (N,) labels. NaN where nothing can be
    compared.
    """
    y, t = np.asarray(outcome, float), np.asarray(treated, bool)
    _, codes = np.unique(np.asarray(stratum), return_inverse=True)
    strata = int(codes.max(initial=-1)) + 1
    n1, m1, v1 = _moments(y[t], codes[t], strata)
    n0, m0, v0 = _moments(y[~t], codes[~t], strata)
    use = (n1 >= fewest) & (n0 >= fewest)
    weight = np.where(use, n1, 0.0)
    total = weight.sum()
    if total == 0:
        return Matched(_plain(y, t), Estimate(*(np.array(np.nan) for _ in range(4))), int(t.sum()), 0, int((~t).sum()))
    share = weight[use] / total
    value = float(share @ (m1[use] - m0[use]))
    se = float(np.sqrt((share**2) @ (v1[use] / n1[use] + v0[use] / n0[use])))
    return Matched(_plain(y, t), _estimate(value, se), int(t.sum()), int(total), int(n0[use].sum()))


def _plain(y: NDArray[np.float64], t: NDArray[np.bool_]) -> Estimate:
    if t.sum() < 2 or (~t).sum() < 2:
        return Estimate(*(np.array(np.nan) for _ in range(4)))
    se = float(np.sqrt(y[t].var(ddof=1) / t.sum() + y[~t].var(ddof=1) / (~t).sum()))
    return _estimate(float(y[t].mean() - y[~t].mean()), se)


def _estimate(value: float, se: float) -> Estimate:
    reach = normal_quantile() * se
    return Estimate(np.array(value), np.array(value - reach), np.array(value + reach), np.array(se))


def _moments(
    y: NDArray[np.float64], codes: NDArray[np.int64], strata: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Size, mean and variance of each stratum."""
    n = np.bincount(codes, minlength=strata).astype(float)
    safe = np.where(n > 0, n, 1.0)
    mean = np.bincount(codes, weights=y, minlength=strata) / safe
    squares = np.bincount(codes, weights=(y - mean[codes]) ** 2, minlength=strata)
    return n, mean, squares / np.where(n > 1, n - 1, 1.0)
