"""How large the largest of many looks is by chance: the simulated null of the biggest |t| over steps, episodes,
ramps and single months.

Simulated once per length of history and season with a fixed seed; what is kept is the number of independent looks
that the many overlapping
ones amount to, so that the far tail is Student's t times that number.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

Floats = NDArray[np.float64]

SEED = 20_250_601
DRAWS = 20_000
BLOCK = 5_000
TAIL = 0.01
LEAST_SIDE = 3
LEAST_RAMP = 4
LONGEST_EPISODE = 12  # months; what lasts longer is a new level, and then another
GRID = (0.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)  # further degrees for which looks are counted


def looks(months: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every look that is taken at a series of so many months.

    Returns
    -------
    (months, looks) columns; (looks,) their kind 0 step, 1 single month, 2 ramp, 3 episode; (looks,) the month each
    begins with, and the first month after it (the number of months for what goes on). Steps leave at least 3 months on
    each side, episodes last 3 to 12 months with at least 3 after them, ramps last at least 4 (the first begins with
    the first month: a plain trend).
    """
    at = np.arange(months)
    steps = np.arange(LEAST_SIDE, months - LEAST_SIDE + 1)
    ramps = np.arange(0, max(months - LEAST_RAMP + 1, 0))
    begin, end = (each.ravel() for each in np.meshgrid(steps, steps, indexing="ij"))
    lasts = (end - begin >= LEAST_SIDE) & (end - begin <= LONGEST_EPISODE)
    begin, end = begin[lasts], end[lasts]
    columns = np.concatenate(
        [
            (at[:, None] >= steps[None, :]).astype(float),
            np.eye(months),
            np.maximum(at[:, None] - ramps[None, :] + 1, 0) / max(months, 1),
            ((at[:, None] >= begin[None, :]) & (at[:, None] < end[None, :])).astype(float),
        ],
        axis=1,
    )
    kind = np.repeat([0, 1, 2, 3], [len(steps), months, len(ramps), len(begin)])
    stop = np.concatenate([np.full(len(steps), months), at + 1, np.full(len(ramps), months), end])
    return columns, kind, np.concatenate([steps, at, ramps, begin]), stop


def p_of_largest(t: Floats | float, *, months: int, regressors: int, further: float = 0.0) -> Floats:
    """How often pure noise of so many months shows a largest |t| at least as big.

    Parameters
    ----------
    t : the largest |t| over all looks
    months : months with a value
    regressors : columns of the background in use (level, season, calendar, earlier finds)
    further : degrees of freedom that the variance owes to other units
    """
    effective = independent_looks(months, regressors, min(GRID, key=lambda each: abs(each - further)))
    single = 2 * stdtr(months - regressors - 1 + further, -np.abs(np.asarray(t, dtype=float)))
    return np.clip(effective * single, 0.0, 1.0)


def t_tail(t: Floats, degrees: Floats | float) -> Floats:
    """Two-sided p-value of Student's t."""
    return np.clip(2 * stdtr(np.maximum(degrees, 1), -np.abs(np.asarray(t, dtype=float))), 0.0, 1.0)


@lru_cache(maxsize=1024)
def independent_looks(months: int, regressors: int, further: float = 0.0) -> float:
    """How many independent looks the many overlapping ones amount to, where one quiet series in a hundred exceeds.

    Parameters
    ----------
    further : degrees of freedom that the variance owes to other units: the surer the variance, the fewer
    """
    sizes = null_of_largest(months, regressors, further)
    edge = float(sizes[int((1 - TAIL) * DRAWS)])
    return TAIL / float(2 * stdtr(months - regressors - 1 + further, -edge))


def null_of_largest(months: int, regressors: int, further: float = 0.0) -> Floats:
    """(draws,) the largest |t| of quiet series, sorted; simulated with a fixed seed."""
    best, rest = _largest_looks(months, regressors)
    shared = np.random.default_rng((SEED, 2)).chisquare(further, DRAWS) if further > 0 else 0.0
    return np.sort(np.sqrt(best * (months - regressors - 1 + further) / (rest + shared)))


@lru_cache(maxsize=256)
def _largest_looks(months: int, regressors: int) -> tuple[Floats, Floats]:
    """(draws,) the sum of squares that the largest look takes of a quiet series, and what it leaves."""
    rng = np.random.default_rng((SEED, months, regressors))
    columns, _, _, _ = looks(months)
    maker = _residual_maker(months, regressors)
    projected = maker @ columns
    length = np.einsum("tm,tm->m", projected, projected)
    useful = length > 1e-9
    directions = projected[:, useful] / np.sqrt(length[useful])
    largest, left = np.empty(DRAWS), np.empty(DRAWS)
    for start in range(0, DRAWS, BLOCK):
        noise = rng.standard_normal((BLOCK, months)) @ maker
        best = ((noise @ directions) ** 2).max(axis=1)
        largest[start : start + BLOCK], left[start : start + BLOCK] = best, (noise**2).sum(axis=1) - best
    return largest, left


def _residual_maker(months: int, regressors: int) -> Floats:
    """Projection off level, Fourier pairs and as many further columns as the count asks for (a fixed noise stands
    for the calendar)."""
    at = np.arange(months)
    waves = [wave(2 * np.pi * k * at / 12) for k in (1, 2) for wave in (np.cos, np.sin)]
    season = waves[: 2 if regressors <= 5 else 4] if regressors >= 3 else []
    others = np.random.default_rng((SEED, 1)).standard_normal((max(regressors - 1 - len(season), 0), months))
    columns = np.column_stack([np.ones(months), *season, *others])[:, :regressors]
    return np.eye(months) - columns @ np.linalg.pinv(columns)
