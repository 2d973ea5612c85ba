"""Days on which far more, or far fewer, records happened than the days around them let expect: batch entries, lost
days, holidays.

A day is compared with the same weekdays of the weeks around it, so that neither the week's rhythm nor a season makes it
stand out. It says that a day is odd, never why.
Source: Anscombe (1948) for the square root of counts; median absolute deviation for the usual spread (Hampel 1974);
Benjamini and Hochberg over all days.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.comparison import benjamini_hochberg

Floats = NDArray[np.float64]

WEEKS_EACH_SIDE = 6
FEWEST_DAYS = 56
CHANCE = 0.01
MAD_TO_SIGMA = 1.4826
WEEK = 7


@dataclass(frozen=True)
class OutlyingDays:
    """N days in order. expected : the usual number (median of the same weekdays around). q : after the control of
    false discoveries, NaN where nothing can be expected. outlying : −1, 0 or +1.
    """

    expected: Floats
    q: Floats
    outlying: NDArray[np.int64]


def find_outlying_days(counts: ArrayLike) -> OutlyingDays:
    """Look at a gapless series of daily counts, (N,), oldest first; a day without a record counts 0.

    Fewer than 56 days, and days whose weekday usually has fewer than one record, are not judged.
    """
    values = np.asarray(counts, dtype=float)
    if (values < 0).any():
        raise ValueError("counts must not be negative")
    if len(values) < FEWEST_DAYS:
        blank = np.full(len(values), np.nan)
        return OutlyingDays(blank, blank, np.zeros(len(values), dtype=np.int64))
    expected = _usual(values)
    distance = 2 * (np.sqrt(values + 0.375) - np.sqrt(expected + 0.375))
    judged = np.isfinite(expected) & (expected >= 1)
    centre = np.median(distance[judged]) if judged.any() else 0.0
    spread = max(MAD_TO_SIGMA * float(np.median(np.abs(distance[judged] - centre))) if judged.any() else 1.0, 1.0)
    p = np.where(judged, 2 * special.ndtr(-np.abs(distance - centre) / spread), np.nan)
    q = benjamini_hochberg(p)
    out = np.where(np.nan_to_num(q, nan=1.0) < CHANCE, np.sign(distance), 0)
    return OutlyingDays(expected, q, out.astype(np.int64))


def _usual(values: Floats) -> Floats:
    """The median of the same weekdays up to six weeks before and after, the day itself left out."""
    around = []
    for weeks in range(1, WEEKS_EACH_SIDE + 1):
        away = WEEK * weeks
        blank = np.full(min(away, len(values)), np.nan)
        around += [np.concatenate([blank, values[:-away]]), np.concatenate([values[away:], blank])]
    return np.nanmedian(np.array(around), axis=0)
