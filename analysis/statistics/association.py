"""How far two figures go together, and one change per unit of another: both with how sure.

Neither is a cause. Refuses fewer than four pairs, of which no interval can be given.
Sources: Fisher 1921 (interval of a correlation); Bonett & Wright 2000 (its width for ranks); Fieller 1954 (interval of
a ratio of two estimates).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

CONFIDENCE = 0.95
FEWEST = 4


@dataclass(frozen=True)
class Association:
    """A correlation with its interval; `n` pairs."""

    value: float
    low: float
    high: float
    n: int

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def pearson(x: ArrayLike, y: ArrayLike) -> Association | None:
    """The linear correlation of the known pairs with Fisher's interval; None where it has none."""
    return _association(x, y, ranks=False)


def spearman(x: ArrayLike, y: ArrayLike) -> Association | None:
    """The correlation of the ranks of the known pairs, which a single far-off pair cannot make; None where it has
    none.
    """
    return _association(x, y, ranks=True)


def correlation_interval(value: float, n: int, *, ranks: bool = False) -> tuple[float, float]:
    """The 95 % interval of a correlation of n ≥ 4 pairs; wider for a correlation of ranks."""
    wider = 1 + value**2 / 2 if ranks else 1.0
    reach = stats.norm.ppf(0.5 + CONFIDENCE / 2) * np.sqrt(wider / (n - 3))
    middle = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    return float(np.tanh(middle - reach)), float(np.tanh(middle + reach))


def fieller(change: float, change_se: float, per: float, per_se: float) -> tuple[float, float, float] | None:
    """Change ÷ per with its interval, both estimates being independent; None where the divisor may be zero.

    change, per : estimates, such as the change of a cost and of a quality figure; change_se, per_se : standard errors
    """
    z = stats.norm.ppf(0.5 + CONFIDENCE / 2)
    g = (z * per_se / per) ** 2 if per else np.inf
    if not np.isfinite([change, change_se, per, per_se]).all() or g >= 1:
        return None
    ratio = change / per
    spread = z / abs(per) * np.sqrt(change_se**2 * (1 - g) + (ratio * per_se) ** 2)
    return float(ratio), float((ratio - spread) / (1 - g)), float((ratio + spread) / (1 - g))


def _association(x: ArrayLike, y: ArrayLike, *, ranks: bool) -> Association | None:
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    known = np.isfinite(first) & np.isfinite(second)
    first, second, n = first[known], second[known], int(known.sum())
    if ranks:
        first, second = stats.rankdata(first), stats.rankdata(second)
    if n < FEWEST or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    value = float(np.corrcoef(first, second)[0, 1])
    return Association(value, *correlation_interval(value, n, ranks=ranks), n)
