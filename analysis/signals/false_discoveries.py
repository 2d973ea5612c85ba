"""Benjamini–Hochberg over everything a run compares, whatever the number of places the p-values come from."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.comparison import benjamini_hochberg

Floats = NDArray[np.float64]


def surviving(parts: Iterable[Sequence[float] | Floats], *, rate: float) -> list[tuple[NDArray[np.bool_], Floats]]:
    """Per part which of its p-values survive when all parts are controlled together, and their q-values.

    Parameters
    ----------
    parts : p-values by the place they come from; NaN for what could not be compared
    rate : the share of false ones among those called that is accepted
    """
    arrays = [np.asarray(part, dtype=float) for part in parts]
    q = benjamini_hochberg(np.concatenate(arrays)) if arrays else np.empty(0)
    split = np.split(q, np.cumsum([len(part) for part in arrays])[:-1]) if arrays else []
    return [(np.nan_to_num(part, nan=2.0) <= rate, part) for part in split]
