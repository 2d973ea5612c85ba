"""Whether times and durations were read off a clock or rounded by hand: how often they fall on round values.

The index is 100 where round values are as common as chance makes them, and grows with rounding: 500 when all times
stand on one of every fifth value. Refuses nothing; too few values have no class.
Source: Whipple's index as in United Nations, Demographic Yearbook 1962, and Hobbs in Siegel and Swanson (2004), The
Methods and Materials of Demography, chapter 7, where ages ending in 0 or 5 are counted against one in five; its classes
(below 105 highly accurate, 110 fairly accurate, 125 approximate, 175 rough, beyond very rough).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.statistics.intervals import wilson

CLASSES = ((105.0, "highly accurate"), (110.0, "fairly accurate"), (125.0, "approximate"), (175.0, "rough"))
WORST = "very rough"
FEWEST = 100


@dataclass(frozen=True)
class Heaping:
    """How round some values are.

    n : values. round_share : share of them on a round value. expected : the share that chance makes. index : 100 ×
    round_share ÷ expected, with its 95 % interval. rating : the class of the index; None for fewer than 100 values.
    """

    n: int
    round_share: float
    expected: float
    index: float
    low: float
    high: float
    rating: str | None

    @property
    def excess(self) -> float:
        """The share of values that must have been rounded for the round ones to be so many (0 … 1)."""
        return max(0.0, (self.round_share - self.expected) / (1 - self.expected)) if self.expected < 1 else 0.0


def measure_heaping(values: ArrayLike, *, every: int) -> Heaping:
    """How often whole numbers (minutes of the hour, minutes of a duration, ages) are multiples of `every`.

    values : whole numbers; NaN are left out, fractions cut off.
    """
    if every < 2:
        raise ValueError(f"every must be 2 or more, got {every}")
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)].astype(np.int64)
    n, expected = len(known), 1 / every
    hits = int((known % every == 0).sum())
    share = wilson(hits, n)
    value, low, high = (100 * float(part) / expected for part in (share.value, share.low, share.high))
    return Heaping(n, float(share.value), expected, value, low, high, _rating(value) if n >= FEWEST else None)


def _rating(index: float) -> str:
    return next((name for bound, name in CLASSES if index < bound), WORST)
