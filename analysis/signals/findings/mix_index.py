"""Whether the mix itself has moved: what a figure would have been in each month had only the shares of its segments
changed, the newest three months against the same three a year before.

Judged by its own history: how far the index usually moves within a year, and by what sampling gives at least. So a
shift of the mix is seen long before the figure, with all its other noise, has moved beyond chance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.signals.chance import t_tail
from analysis.signals.findings.segments import Segments
from analysis.signals.noise import DEGREES_A_UNIT

Floats = NDArray[np.float64]

WINDOW = 3
BACK = 12
LEAST_PAST = 9
TO_SIGMA = 1.4826
LEAST_UNITS, OWN_SHARE = 4, 1 / 3


@dataclass(frozen=True)
class Moved:
    """How far the mix has moved a figure, (units,) each: the chance of it in a quiet business, and the size in the
    card's unit."""

    p: Floats
    size: Floats


def moved(segments: Segments) -> Moved:
    """The move of every unit's mix along one breakdown; NaN where the history is too short to tell.

    Parameters
    ----------
    segments : (units, segments, months), the newest month last; at least 15 months are needed to compare, 24 to judge
    """
    weight, rate = _weights(segments), _usual_rates(segments)
    total = weight.sum(axis=1)
    share = np.divide(weight, total[:, None, :], out=np.zeros_like(weight), where=total[:, None, :] > 0)
    index = np.where(total > 0, (share * rate[:, :, None]).sum(axis=1), np.nan)
    spread = np.where(total > 0, (share * rate[:, :, None] ** 2).sum(axis=1) - index**2, np.nan)
    records = np.where(total > 0, np.nansum(segments.n, axis=1), np.nan)
    sampling = np.maximum(spread, 0.0) / np.maximum(records, 1.0)
    months = index.shape[1]
    nothing = np.full(len(index), np.nan)
    if months < WINDOW + BACK:
        return Moved(nothing, nothing)
    now, then = slice(months - WINDOW, None), slice(months - WINDOW - BACK, months - BACK)
    size = index[:, now].mean(axis=1) - index[:, then].mean(axis=1)
    floor = (sampling[:, now].sum(axis=1) + sampling[:, then].sum(axis=1)) / WINDOW**2
    usual, degrees = _usual_move(index[:, : months - WINDOW - BACK // 2], sampling[:, : months - WINDOW - BACK // 2])
    error = np.sqrt(floor * np.maximum(usual, 1.0))
    known = np.isfinite(size) & np.isfinite(error) & (error > 0) & (degrees >= LEAST_PAST)
    t = np.where(known, size / np.where(known, error, 1.0), 0.0)
    return Moved(np.where(known, t_tail(t, np.maximum(degrees, 1.0)), np.nan), size)


def _usual_move(index: Floats, sampling: Floats) -> tuple[Floats, Floats]:
    """(units,) how much more the index of quiet months differs from a year before than sampling gives, and how many
    degrees of freedom that is worth. The median keeps an older shift from passing for usual; a unit's own pairs are
    few, so that two thirds of the answer is what the units have in common.
    """
    if index.shape[1] <= BACK:
        return np.full(len(index), np.nan), np.zeros(len(index))
    step = index[:, BACK:] - index[:, :-BACK]
    chance = sampling[:, BACK:] + sampling[:, :-BACK]
    known = np.isfinite(step) & (chance > 0)
    ratio = np.where(known, np.abs(step) / np.sqrt(np.where(known, chance, 1.0)), np.nan)
    told = known.sum(axis=1)
    middle = np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in ratio])
    own = (TO_SIGMA * middle) ** 2
    telling = told >= LEAST_PAST
    if telling.sum() < LEAST_UNITS:
        return own, told.astype(float)
    mixed = OWN_SHARE * own + (1 - OWN_SHARE) * float(np.median(own[telling]))
    return mixed, np.where(telling, told + DEGREES_A_UNIT * (telling.sum() - 1), told).astype(float)


def _weights(segments: Segments) -> Floats:
    weight = np.where(np.isfinite(segments.denominator), segments.denominator, segments.n)
    return np.nan_to_num(np.where(np.isfinite(segments.value), weight, 0.0))


def _usual_rates(segments: Segments) -> Floats:
    """(units, segments) each segment's figure over all the months that are read: fixed, so that only shares move."""
    weight = _weights(segments)
    total = weight.sum(axis=2)
    return np.divide(
        (np.nan_to_num(segments.value) * weight).sum(axis=2), total, out=np.zeros_like(total), where=total > 0
    )
