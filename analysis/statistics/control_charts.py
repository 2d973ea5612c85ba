"""Is this month one like the others? Limits within which a stable process stays, and the two rules that tell when it
did not.

Points are taken as given: season and calendar come out first (signals/season.py). Missing points stay missing.
Refuses nothing but shapes that do not fit; fewer than MINIMUM_POINTS give no limits, fewer than FIRM_POINTS give
provisional ones.
Sources: Shewhart's charts as in Montgomery, Introduction to Statistical Quality Control; Laney 2002 for p′ and u′;
Western Electric 1956.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SPAN_TO_SIGMA = 1.128  # d2 of two normal values as charted everywhere: mean absolute difference of neighbours per sigma
MINIMUM_POINTS = 6
FIRM_POINTS = 12
RUN_LENGTH = 8


@dataclass(frozen=True)
class Limits:
    """centre, low, high, sigma : (T,) in the unit of the points, NaN where there are too few points or no denominator.

    spread_ratio : Laney's sigma_z, how many times wider the points lie than chance alone would have it (1 for an XmR
        chart).
    points : how many the limits rest on. provisional : fewer than 12.
    """

    centre: Floats
    low: Floats
    high: Floats
    sigma: Floats
    spread_ratio: float
    points: int
    provisional: bool


@dataclass(frozen=True)
class RuleHits:
    """beyond : (T,) outside the limits; run_of_eight : (T,) the eighth or later point in a row on one side; side :
    (T,) −1, 0, 1."""

    beyond: Flags
    run_of_eight: Flags
    side: NDArray[np.int64]


def xmr(values: ArrayLike, *, baseline: ArrayLike | None = None, widen: float = 1.0) -> Limits:
    """Individuals and moving range: mean ± 3 × mean moving range / 1.128.

    values : (T,), NaN where missing; the moving range is taken between neighbours that are present.
    baseline : (T,) True for the points that set the limits (all by default); freeze it, and move it only at a
        recorded intervention.
    widen : factor on sigma for months that resemble their neighbours, √((1+ρ)/(1−ρ)).
    """
    points = np.asarray(values, dtype=float)
    settled = points[_baseline(points, baseline)]
    enough = settled.size >= MINIMUM_POINTS
    centre = settled.mean() if enough else np.nan
    sigma = _sigma_from_spans(settled) * widen if enough else np.nan
    low, high = centre - 3 * sigma, centre + 3 * sigma
    middle, lower, upper, spread = (np.full(points.shape, level, dtype=float) for level in (centre, low, high, sigma))
    return Limits(middle, lower, upper, spread, 1.0, settled.size, settled.size < FIRM_POINTS)


def p_prime(
    k: ArrayLike, n: ArrayLike, *, baseline: ArrayLike | None = None, laney: bool = True, widen: float = 1.0
) -> Limits:
    """Limits for proportions k/n (0 … 1) that breathe with n; Laney's p′, or the plain p chart with laney=False.

    Plain p limits shrink with n until every month is "out"; p′ measures how much the months really vary and scales
    the limits by it. A spread ratio below 1 is kept, as Laney has it. Limits are cut at 0 and 1.
    """
    successes, trials = _counts(k, n)
    used = _baseline(successes / trials, baseline)
    centre = _ratio(successes[used].sum(), trials[used].sum())
    return _attribute_limits(
        successes / trials, centre, np.sqrt(centre * (1 - centre) / trials), used, laney, widen, ceiling=1.0
    )


def u_prime(
    k: ArrayLike, exposure: ArrayLike, *, baseline: ArrayLike | None = None, laney: bool = True, widen: float = 1.0
) -> Limits:
    """Limits for rates k/exposure that breathe with the exposure; Laney's u′, or the plain u chart with laney=False.
    Cut at 0.

    A c chart is u with an exposure of 1.
    """
    events, base = _counts(k, exposure)
    used = _baseline(events / base, baseline)
    centre = _ratio(events[used].sum(), base[used].sum())
    return _attribute_limits(events / base, centre, np.sqrt(centre / base), used, laney, widen, ceiling=np.inf)


def rules(values: ArrayLike, limits: Limits) -> RuleHits:
    """The two rules that keep their promise on monthly figures: one point beyond three sigma, eight in a row on one
    side.

    A missing point neither extends nor breaks a run; a point on the centre breaks it.
    """
    points = np.asarray(values, dtype=float)
    side = _side(points, limits.centre)
    beyond = (points > limits.high + _slack(limits)) | (points < limits.low - _slack(limits))
    run = np.zeros(points.size, dtype=bool)
    present = np.flatnonzero(np.isfinite(points) & np.isfinite(limits.centre))
    run[present] = _run_lengths(side[present]) >= RUN_LENGTH
    return RuleHits(beyond, run, side)


def western_electric(values: ArrayLike, limits: Limits) -> NDArray[np.bool_]:
    """The four Western Electric rules, (T, 4), for reference only: on 36 monthly points they cry wolf too often to
    act upon.

    1: beyond 3 sigma. 2: two of three beyond 2 sigma on one side. 3: four of five beyond 1 sigma on one side. 4:
    eight on one side. A hit is marked at the point that completes it, which lies beyond the line itself.
    """
    score = (np.asarray(values, dtype=float) - limits.centre) / limits.sigma
    columns = [np.abs(score) > 3]
    for line, needed, window in ((2, 2, 3), (1, 4, 5), (0, RUN_LENGTH, RUN_LENGTH)):
        above, below = (_windowed(sign * score > line, needed, window) for sign in (1, -1))
        columns.append(above | below)
    return np.column_stack(columns)


def _windowed(beyond: Flags, needed: int, window: int) -> Flags:
    return beyond & (np.convolve(beyond, np.ones(window))[: beyond.size] >= needed)


def _attribute_limits(
    share: Floats, centre: float, chance: Floats, used: Flags, laney: bool, widen: float, *, ceiling: float
) -> Limits:
    points = int(used.sum())
    enough = points >= MINIMUM_POINTS
    informative = used & (chance > 0)
    score = (share[informative] - centre) / chance[informative]
    ratio = _sigma_from_spans(score) if laney and score.size > 1 else 1.0
    sigma = np.where(enough & np.isfinite(share), chance * ratio * widen, np.nan)
    middle = np.where(np.isfinite(sigma), centre, np.nan)
    low, high = np.maximum(middle - 3 * sigma, 0.0), np.minimum(middle + 3 * sigma, ceiling)
    return Limits(middle, low, high, sigma, ratio, points, points < FIRM_POINTS)


def _counts(k: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Events and denominators, both NaN where the denominator is 0 or anything is missing: a month without records is
    a gap, not a 0."""
    events, base = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    known = np.isfinite(events) & np.isfinite(base) & (base > 0)
    return np.where(known, events, np.nan), np.where(known, base, np.nan)


def _baseline(points: Floats, baseline: ArrayLike | None) -> Flags:
    chosen = np.ones(points.shape, dtype=bool) if baseline is None else np.asarray(baseline, dtype=bool)
    if chosen.shape != points.shape:
        raise ValueError(f"baseline has shape {chosen.shape}, the points {points.shape}")
    return chosen & np.isfinite(points)


def _sigma_from_spans(points: Floats) -> float:
    return float(np.abs(np.diff(points)).mean() / SPAN_TO_SIGMA)


def _ratio(total: float, base: float) -> float:
    return total / base if base > 0 else np.nan


def _slack(limits: Limits) -> Floats:
    """Rounding must not put a constant series outside limits that equal it."""
    return 1e-9 * np.maximum(np.abs(limits.centre), 1e-12)


def _side(points: Floats, centre: Floats) -> NDArray[np.int64]:
    distance = points - centre
    off_centre = np.abs(distance) > 1e-9 * np.maximum(np.abs(centre), 1e-12)
    return np.where(off_centre & np.isfinite(distance), np.sign(np.nan_to_num(distance)), 0.0).astype(np.int64)


def _run_lengths(side: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many points in a row, up to and with each, lie on the side of that point; 0 on the centre."""
    if not side.size:
        return side
    begins = np.r_[True, side[1:] != side[:-1]]
    started = np.maximum.accumulate(np.where(begins, np.arange(side.size), 0))
    return np.where(side == 0, 0, np.arange(side.size) - started + 1)
