"""Trends that need no season: the line through the medians of all slopes, and a line that may bend once a year.

Refuses nothing: callers make sure there are at least two months.
Sources: Theil 1950, Sen 1968.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MONTHS_PER_BEND = 12


def theil_sen(y: Floats) -> Floats:
    """The line with the median of all pairwise slopes and the median level, at every month; NaN months take no part.
    One wild month does not turn it."""
    known = np.flatnonzero(np.isfinite(y))
    first, second = np.triu_indices(known.size, k=1)
    slope = float(np.median((y[known[second]] - y[known[first]]) / (known[second] - known[first])))
    level = float(np.median(y[known] - slope * known))
    return np.asarray(level + slope * np.arange(y.size), dtype=float)


def bending_trend(months: int) -> Floats:
    """Columns (months, K) of a line from 0 to 1 that may bend every twelve months, no bend within half a year of
    either end."""
    place = np.arange(months) / max(months - 1, 1)
    bends = [bend for bend in range(MONTHS_PER_BEND, months, MONTHS_PER_BEND) if months - bend >= MONTHS_PER_BEND / 2]
    return np.column_stack([place, *(np.maximum(place - bend / max(months - 1, 1), 0.0) for bend in bends)])
