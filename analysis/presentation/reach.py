"""How far beside its figures a line's limits may stand, in charts and on cards alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def within_reach(limits: ArrayLike, figures: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """The limits, those far from all figures moved to within the figures' own span of them: a month of very few records
    has limits so wide that on their scale every line is flat.
    """
    numbers = np.concatenate([np.ravel(np.asarray(one, float)) for one in figures])
    numbers = numbers[np.isfinite(numbers)]
    wanted = np.asarray(limits, float)
    span = float(numbers.max() - numbers.min()) if len(numbers) else 0.0
    return np.clip(wanted, numbers.min() - span, numbers.max() + span) if span else wanted
