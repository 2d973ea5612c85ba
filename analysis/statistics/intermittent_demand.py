"""Demand that comes now and then: spare parts of which some months need none. Rates per month for many parts at once.

A plain average of a part's months is right on average but slow, and smoothing over zeros is right only just after a
demand. Sizes and the gaps between them are smoothed apart (Croston), corrected for the bias that division leaves (SBA);
TSB lets a part that nobody asks for any more fade away. Refuses negative demand; a part without any demand has rate 0.
Sources: Croston 1972; Syntetos & Boylan 2005 (SBA); Syntetos, Boylan & Croston 2005 (classes: gap 1.32, squared
variation 0.49); Teunter, Syntetos & Babai 2011 (TSB).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import CONFIDENCE

Floats = NDArray[np.float64]

WEIGHT = 0.1  # of the newest figure; 0.05 … 0.2 is usual
LONG_GAP, VARIED_SIZE = 1.32, 0.49
INTERMITTENT = ("intermittent", "lumpy")


@dataclass(frozen=True)
class Pattern:
    """gap : months from one month with demand to the next, on average (∞ without demand); variation : squared
    coefficient of variation of the sizes; kind : smooth, erratic, intermittent, lumpy, none."""

    gap: Floats
    variation: Floats
    kind: NDArray[np.object_]


def demand_pattern(demand: ArrayLike) -> Pattern:
    """How regular each part's demand is. demand : (months, parts)."""
    y = _checked(demand)
    asked = (y > 0).sum(axis=0)
    gap = np.where(asked > 0, len(y) / np.maximum(asked, 1), np.inf)
    mean = y.sum(axis=0) / np.maximum(asked, 1)
    spread = (np.where(y > 0, (y - mean) ** 2, 0.0)).sum(axis=0) / np.maximum(asked, 1)
    variation = np.where(mean > 0, spread / np.maximum(mean, 1e-12) ** 2, 0.0)
    rare, varied = gap >= LONG_GAP, variation >= VARIED_SIZE
    kind = np.select(
        [asked == 0, rare & varied, rare, varied], ["none", "lumpy", "intermittent", "erratic"], default="smooth"
    ).astype(object)
    return Pattern(gap, variation, kind)


def croston(demand: ArrayLike, *, weight: float = WEIGHT, corrected: bool = True) -> Floats:
    """Demand per month expected after the last one, (parts,). corrected : SBA, (1 − weight/2) · size / gap.

    Size and gap start at the first demand: its size, and the months up to it; both move only in months with demand.
    """
    y = _checked(demand)
    parts = y.shape[1]
    size, gap, waited = np.zeros(parts), np.ones(parts), np.zeros(parts)
    begun = np.zeros(parts, dtype=bool)
    for month in y:
        waited += 1
        asked = month > 0
        first = asked & ~begun
        later = asked & begun
        size = np.where(first, month, np.where(later, size + weight * (month - size), size))
        gap = np.where(first, waited, np.where(later, gap + weight * (waited - gap), gap))
        waited = np.where(asked, 0.0, waited)
        begun |= asked
    rate = np.where(begun, size / gap, 0.0)
    return rate * (1 - weight / 2) if corrected else rate


def tsb(demand: ArrayLike, *, weight: float = WEIGHT, chance_weight: float = WEIGHT) -> Floats:
    """Demand per month by Teunter, Syntetos and Babai: the chance of a demand moves every month, its size in months
    with demand, so that a part nobody asks for any more fades."""
    y = _checked(demand)
    asked = y > 0
    first = np.where(asked.any(axis=0), asked.argmax(axis=0), len(y))
    size = np.where(asked.any(axis=0), y[np.minimum(first, len(y) - 1), np.arange(y.shape[1])], 0.0)
    chance = np.where(asked.any(axis=0), 1 / (first + 1), 0.0)
    for number, month in enumerate(y):
        moving = number > first
        hit = asked[number]
        chance = np.where(moving, chance + chance_weight * (hit - chance), chance)
        size = np.where(moving & hit, size + weight * (month - size), size)
    return chance * size


def part_rates(demand: ArrayLike, *, weight: float = WEIGHT) -> Floats:
    """Demand per month of each part by the method its pattern asks for: SBA where it is intermittent or lumpy, TSB
    (which is exponential smoothing where every month has demand) else."""
    rare = np.isin(demand_pattern(demand).kind, INTERMITTENT)
    return np.where(rare, croston(demand, weight=weight), tsb(demand, weight=weight))


def need_over(
    demand: ArrayLike, rate: ArrayLike, months: int, *, level: float = (1 + CONFIDENCE) / 2
) -> tuple[Floats, Floats]:
    """What `months` months will take: expected, and the stock that is enough with the chance `level`.

    The spread is that of the part's own months around their mean (at least chance's), and the level is uncertain as a
    mean of so many months; the total follows a gamma distribution of that mean and variance.
    """
    y, rates = _checked(demand), np.asarray(rate, dtype=float)
    mean = rates * months
    own = y.mean(axis=0)
    clumped = np.maximum(y.var(axis=0, ddof=1) / np.maximum(own, 1e-12), 1.0) if len(y) > 1 else np.ones_like(own)
    variance = mean * clumped * (1 + months / len(y))
    shape = np.where(mean > 0, mean**2 / np.maximum(variance, 1e-12), 1.0)
    enough = special.gammaincinv(shape, level) * np.where(mean > 0, variance / np.maximum(mean, 1e-12), 0.0)
    return mean, np.ceil(enough - 1e-9)


def _checked(demand: ArrayLike) -> Floats:
    y = np.asarray(demand, dtype=float)
    if y.ndim != 2 or not len(y):
        raise ValueError("demand must be (months, parts), one month at least")
    if not np.isfinite(y).all() or (y < 0).any():
        raise ValueError("demand must be finite and not negative; a month without demand is 0")
    return y
