"""Whether estimates with their standard errors lie further apart than chance alone would make them.

Refuses nothing: fewer than two known estimates have no spread to judge, and p is NaN.
Source: Cochran 1954, Q statistic.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


@dataclass(frozen=True)
class Heterogeneity:
    """q : weighted squared distances from the weighted mean; freedom : estimates − 1; p : chance of a larger q were all
    equal."""

    q: float
    freedom: int
    p: float


def heterogeneity(value: ArrayLike, se: ArrayLike) -> Heterogeneity:
    """Cochran's Q of estimates; those without a value or a positive error are left out."""
    figures, error = np.asarray(value, dtype=float), np.asarray(se, dtype=float)
    known = np.isfinite(figures) & (error > 0)
    figures, weight = figures[known], 1 / error[known] ** 2
    if figures.size < 2:
        return Heterogeneity(np.nan, 0, np.nan)
    q = float((weight * (figures - np.average(figures, weights=weight)) ** 2).sum())
    freedom = figures.size - 1
    return Heterogeneity(q, freedom, float(special.chdtrc(freedom, q)))
