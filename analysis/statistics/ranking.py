"""How good a ranking was: whether those ranked high were those it happened to.

Sources: Hanley & McNeil 1982; DeLong, DeLong & Clarke-Pearson 1988 for the variance; Wilson 1927.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.statistics.intervals import Estimate, normal_quantile, wilson


class Lift(NamedTuple):
    """Share hit among the top of a ranking (`top`, with interval), among all (`all`), and how many times that is."""

    top: Estimate
    all: float
    times: float
    n: int


def area_under_curve(score: ArrayLike, hit: ArrayLike) -> Estimate:
    """The chance that one to whom it happened was ranked above one to whom it did not (0.5 is no use), with DeLong's
    interval on the logit. NaN where all or none were hit.

    score : (N,) higher = ranked more likely; ties count half. hit : (N,) whether it happened.
    """
    values, happened = np.asarray(score, float), np.asarray(hit, bool)
    n_hit, n_not = int(happened.sum()), int((~happened).sum())
    if not n_hit or not n_not:
        return Estimate(*(np.array(np.nan) for _ in range(4)))
    whole = stats.rankdata(values)
    among_hit = (whole[happened] - stats.rankdata(values[happened])) / n_not
    among_not = 1 - (whole[~happened] - stats.rankdata(values[~happened])) / n_hit
    area = float(among_hit.mean())
    if n_hit < 2 or n_not < 2 or not 0 < area < 1:
        return Estimate(np.array(area), *(np.array(np.nan) for _ in range(3)))
    se = float(np.sqrt(among_hit.var(ddof=1) / n_hit + among_not.var(ddof=1) / n_not))
    logit, reach = np.log(area / (1 - area)), normal_quantile() * se / (area * (1 - area))
    low, high = (1 / (1 + np.exp(-(logit + side * reach))) for side in (-1, 1))
    return Estimate(np.array(area), np.array(low), np.array(high), np.array(se))


def lift(score: ArrayLike, hit: ArrayLike, *, share: float = 0.1) -> Lift:
    """How many were hit among the `share` ranked highest, against all. Ties at the edge count by the order of rows."""
    values, happened = np.asarray(score, float), np.asarray(hit, bool)
    n = max(round(share * values.size), 1) if values.size else 0
    chosen = np.argsort(-values, kind="stable")[:n]
    overall = float(happened.mean()) if values.size else np.nan
    top = wilson(happened[chosen].sum(), n)
    return Lift(top, overall, float(top.value) / overall if overall else np.nan, n)
