"""Intervals of differences as far as a metric's scale allows them: no share lies below nought or above a hundred.

A bound that goes beyond what is possible is set to its end; the difference itself is never touched.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RANGES = {"share": (0.0, 100.0), "rate": (0.0, np.inf), "log": (0.0, np.inf)}
POINTS = (-100.0, 100.0)
NEARLY = 0.01  # of the whole range


def possible_gap(low: Floats, high: Floats, reference: Floats, *, scaled: Any, unit: str, exact: bool) -> list[Floats]:
    """The interval of figure − reference within what it can be.

    Parameters
    ----------
    scaled : the panel's scale, which says whether the figure is a share or cannot be negative
    exact : whether the reference is known exactly, as a target is; else it could lie anywhere in the range itself
    """
    least, most = POINTS if unit == "points" else RANGES.get(scaled.scale.name, (-np.inf, np.inf))
    known = np.nan_to_num(reference)
    inside = (known >= least) & (known <= most)  # a target beyond the scale says nothing of its ends
    ends = (
        (least - known, most - known)
        if exact
        else (np.full_like(known, least - most), np.full_like(known, most - least))
    )
    return [np.where(inside, np.clip(side, *ends), side) for side in (low, high)]


def holds_all(low: Floats, high: Floats, reference: Floats, *, scaled: Any, unit: str) -> NDArray[np.bool_]:
    """Whether an interval of figure − known reference holds everything that there can be, and so says nothing."""
    least, most = POINTS if unit == "points" else RANGES.get(scaled.scale.name, (-np.inf, np.inf))
    if not np.isfinite(most):
        return np.zeros(len(low), dtype=bool)
    hair = NEARLY * (most - least)
    return (low <= least - reference + hair) & (high >= most - reference - hair)
