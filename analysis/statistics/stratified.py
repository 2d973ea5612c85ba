"""Two groups compared within strata, so that a different mix of work is no difference between them: the
Mantel–Haenszel difference of proportions, and the test of no association.

Sources: Mantel & Haenszel 1959, Cochran 1954; difference with the variance of Sato 1989, which holds for many thin
strata and for few thick ones; direct standardisation as in Breslow & Day 1987.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import CONFIDENCE, normal_quantile

Floats = NDArray[np.float64]


class StratifiedDifference(NamedTuple):
    """Difference of the proportions (−1 … 1) at the same mix, its interval and standard error, the p-value of no
    association (Cochran–Mantel–Haenszel), and how many records of each group stand in strata where both are.
    """

    value: float
    low: float
    high: float
    se: float
    p: float
    n: float
    n0: float


def stratified_difference(
    k: ArrayLike, n: ArrayLike, *, k0: ArrayLike, n0: ArrayLike, confidence: float = CONFIDENCE
) -> StratifiedDifference:
    """How much higher the proportion k/n is than k0/n0 at the same mix of strata.

    Parameters
    ----------
    k, n : successes and trials of the group by stratum; k0, n0 of the group that it is compared with. A stratum
        without one of the groups tells nothing and does not count.

    Returns
    -------
    StratifiedDifference ; all NaN where no stratum holds both groups
    """
    a, m, b, m0 = (np.asarray(part, dtype=float) for part in (k, n, k0, n0))
    if np.any(a > m) or np.any(b > m0) or np.any(np.minimum(a, b) < 0):
        raise ValueError("successes must lie between 0 and the trials")
    both = (m > 0) & (m0 > 0)
    a, m, b, m0 = a[both], m[both], b[both], m0[both]
    if not len(m):
        return StratifiedDifference(np.nan, np.nan, np.nan, np.nan, np.nan, 0.0, 0.0)
    total = m + m0
    weight = m * m0 / total
    value = float((weight * (a / m - b / m0)).sum() / weight.sum())
    variance = (value * _lean(a, m, b, m0, total).sum() + _spread(a, m, b, m0, total).sum()) / weight.sum() ** 2
    se = float(np.sqrt(max(variance, 0.0)))
    reach = normal_quantile(confidence) * se
    return StratifiedDifference(
        value,
        max(value - reach, -1.0),
        min(value + reach, 1.0),
        se,
        _p_of_no_association(a, m, b, m0),
        float(m.sum()),
        float(m0.sum()),
    )


def standardised_share(k: ArrayLike, n: ArrayLike, *, mix: ArrayLike) -> float:
    """The share that a group would have if its strata had the given mix (any positive weights); strata of the mix
    that the group lacks are left out of it. NaN without any.
    """
    a, m, weight = (np.asarray(part, dtype=float) for part in (k, n, mix))
    known = (m > 0) & (weight > 0)
    if not known.any():
        return float("nan")
    return float(np.average(a[known] / m[known], weights=weight[known]))


def _lean(a: Floats, m: Floats, b: Floats, m0: Floats, total: Floats) -> Floats:
    """Sato's P: the part of the variance that grows with the difference."""
    return (m**2 * b - m0**2 * a + m * m0 * (m0 - m) / 2) / total**2


def _spread(a: Floats, m: Floats, b: Floats, m0: Floats, total: Floats) -> Floats:
    """Sato's Q: the part of the variance that is there without any difference."""
    return (a * (m0 - b) + b * (m - a)) / (2 * total)


def _p_of_no_association(a: Floats, m: Floats, b: Floats, m0: Floats) -> float:
    total, events = m + m0, a + b
    variance = (m * m0 * events * (total - events) / (total**2 * np.maximum(total - 1, 1)))[total > 1].sum()
    if not variance:
        return 1.0
    surplus = float((a - m * events / total).sum())
    return float(2 * special.ndtr(-abs(surplus) / np.sqrt(variance)))
