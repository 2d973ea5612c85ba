"""Values that lie far above their group although the group itself is skewed: distance from the median on the log scale.

Costs are skewed to the right, so that mean and standard deviation are moved by the very values that are looked for.
Median and MAD are not, and on the log scale a skewed cost is near enough to symmetric. Refuses nothing; groups too
small to know their own spread give NaN.

Source: Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers: modified z-score, named where it exceeds 3.5.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

NAMED_FROM = 3.5
CONSISTENT = 1.482602218505602
"""MAD × this estimates the standard deviation of a normal distribution."""
FEWEST = 20


def robust_scores(values: ArrayLike) -> Floats:
    """(value − median) ÷ (1.4826 · MAD) of each value; NaN where the MAD is 0 or nothing is known.

    values : (N,); NaN where unknown
    """
    figures = np.asarray(values, dtype=float)
    known = figures[np.isfinite(figures)]
    if not len(known):
        return np.full(figures.shape, np.nan)
    centre = np.median(known)
    spread = CONSISTENT * np.median(np.abs(known - centre))
    return (figures - centre) / spread if spread > 0 else np.full(figures.shape, np.nan)


def log_scores(amounts: ArrayLike, groups: ArrayLike) -> Floats:
    """Robust scores of the logarithms within each group; NaN for amounts that are not positive and for small groups.

    amounts, groups : (N,); groups of fewer than 20 positive amounts do not know their spread
    """
    figures, labels = np.asarray(amounts, dtype=float), np.asarray(groups, dtype=object)
    logs = np.log(np.where(figures > 0, figures, np.nan))
    scores = np.full(figures.shape, np.nan)
    for label in set(labels.tolist()):
        here = labels == label
        if np.isfinite(logs[here]).sum() >= FEWEST:
            scores[here] = robust_scores(logs[here])
    return scores
