"""The search for what changed in a metric's months: the largest step, episode, ramp or single month of every unit,
again and again. An episode, a level that held for some months and is over, is told as the two steps that bound it.

It finds and dates; whether a find survives the control of false discoveries over the whole run is decided by its
caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.signals.chance import LEAST_RAMP, LEAST_SIDE, looks, p_of_largest
from analysis.signals.count_tail import exact_score
from analysis.signals.noise import Prior, correlation, inflation, inflation_of_looks, prior_of
from analysis.signals.panel import Panel
from analysis.signals.scales import RATE
from analysis.signals.season import Background, Fit, fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

STEP, SINGLE, RAMP, EPISODE = 0, 1, 2, 3
ROUNDS = 4
GO_ON = 1e-3
MONTHS_TO_SEARCH = 24
DEGREES_TO_SEARCH = 6
DEVIANCE_95 = 3.84
RAMP_LEADS_BY, RAMP_LEADS_SHARE, BRIEF_RAMP = 2.0, 0.15, 9
EPISODE_LEADS_BY = 4.0


@dataclass(frozen=True)
class Effect:
    """One thing that happened to one unit's series.

    Parameters
    ----------
    row : the unit's row in the panel
    shape : STEP (a new level), SINGLE (one month) or RAMP (a slope that begins)
    start : column of the first month of the new level, of the single month, of the slope's first month
    earliest, latest : columns between which a step's first month lies with about 95 % confidence
    p : chance of so large an effect anywhere in a quiet series of this length
    size, error : the effect on the metric's scale (for a ramp: per history) and its standard error, months'
        resemblance allowed for
    """

    row: int
    shape: int
    start: int
    earliest: int
    latest: int
    p: float
    size: float
    error: float


@dataclass(frozen=True)
class Search:
    """What the search of one panel found, and how noisy its months are.

    Parameters
    ----------
    effects : all finds, strongest first per unit; each unit that could be searched has at least one, most of them
        mere noise
    rho : (units,) lag-1 correlation
    prior : what the units have in common in variance
    """

    effects: tuple[Effect, ...]
    rho: Floats
    prior: Prior


def search(panel: Panel, base: Background) -> Search:
    """Find the largest looks of every unit, up to four in turn, each with the earlier ones taken out.

    Parameters
    ----------
    panel : a metric's months on their scale
    base : what a month would be without news

    Units with fewer than 24 months are not searched, since their season cannot be told from a change; nor are
    those of
    whose last twelve months most have fewer records than the card asks for.
    """
    told = base.degrees >= DEGREES_TO_SEARCH
    rows = told & (panel.usable.sum(axis=1) >= MONTHS_TO_SEARCH)
    rows &= (panel.ample & panel.usable)[:, -12:].sum(axis=1) >= 6
    rho = correlation(panel, base, fit(base, panel.scaled.y), told, robust=True)
    strong = [e for e in _round(panel, base, rows, rho, Prior(base.floor, 0.0), ()) if e.p < GO_ON]
    calm = fit(base, panel.scaled.y, columns_of(panel, strong))
    taken = np.bincount([e.row for e in strong], minlength=len(rows)) * 2
    rho = correlation(panel, base, calm, told)
    prior = prior_of(base, calm, base.degrees - taken, rows)
    found: list[Effect] = []
    still = rows
    for _ in range(ROUNDS):
        new = _round(panel, base, still, rho, prior, [e for e in found if e.p < GO_ON])
        found += new
        still = np.zeros_like(rows)
        still[[e.row for e in new if e.p < GO_ON]] = True
        if not still.any():
            break
    return Search(tuple(found), rho, prior)


def columns_of(panel: Panel, effects: Sequence[Effect], *, newest: bool = False) -> Floats | None:
    """The effects as regressors (units, months, m), each in its own unit's row; `newest` adds one that takes the
    last month out."""
    per_row = [[e for e in effects if e.row == row] for row in range(len(panel.units))]
    most = max((len(row) for row in per_row), default=0)
    if not most and not newest:
        return None
    months = len(panel.months)
    columns = np.zeros((len(panel.units), months, most + newest))
    for row, own in enumerate(per_row):
        for number, effect in enumerate(own):
            columns[row, :, number] = shape_of(effect.shape, effect.start, months)
    if newest:
        taken = [any(e.shape == SINGLE and e.start == months - 1 for e in own) for own in per_row]
        columns[~np.array(taken), -1, -1] = 1.0
    return columns * panel.usable[:, :, None]


def shape_of(shape: int, start: int, months: int) -> Floats:
    """(months,) a step of 1 from `start` on, a single 1, or a ramp that rises by 1 per history from `start` on."""
    at = np.arange(months)
    if shape == STEP:
        return (at >= start).astype(float)
    if shape == SINGLE:
        return (at == start).astype(float)
    return np.maximum(at - start + 1, 0) / months


def refit(panel: Panel, base: Background, effects: Sequence[Effect], found: Search) -> list[Effect]:
    """The effects' sizes and errors when estimated together, per unit: what one takes is not counted again in
    another."""
    columns = columns_of(panel, effects)
    if columns is None:
        return []
    result = fit(base, panel.scaled.y, columns)
    degrees = base.degrees - (np.abs(columns).max(axis=1) > 0).sum(axis=1)
    variance = _moderated(result.rss, degrees, found.prior, base.floor)
    offset = base.columns.shape[2]
    seen: dict[int, int] = {}
    refitted = []
    for effect in effects:
        at = offset + seen.get(effect.row, 0)
        seen[effect.row] = seen.get(effect.row, 0) + 1
        error = np.sqrt(variance[effect.row] * max(result.covariance[effect.row, at, at], 0.0))
        widened = error if effect.shape == SINGLE else error * inflation(found.rho[effect.row])
        refitted.append(replace(effect, size=float(result.coefficients[effect.row, at]), error=float(widened)))
    return refitted


@dataclass(frozen=True)
class _Looks:
    """All looks at all units in one round: (units, looks) |t| and size; (looks,) kind, first month and first month
    after; (units,) degrees."""

    t: Floats
    size: Floats
    kind: Ints
    start: Ints
    stop: Ints
    regressors: Ints


def _round(
    panel: Panel, base: Background, rows: Flags, rho: Floats, prior: Prior, known: Sequence[Effect]
) -> list[Effect]:
    """Every unit's largest look, with the known effects taken out."""
    seen = _look(panel, base, rho, prior, known)
    best = _choose(seen.t, seen.kind, seen.start)
    return [
        effect
        for row in np.flatnonzero(rows)
        for effect in _bounds(_effect(panel, seen, int(row), int(best[row]), prior.degrees), seen, int(best[row]))
    ]


def _look(panel: Panel, base: Background, rho: Floats, prior: Prior, known: Sequence[Effect]) -> _Looks:
    columns, kind, start, stop = looks(len(panel.months))
    extra = columns_of(panel, known)
    result = fit(base, panel.scaled.y, extra)
    used = np.zeros(len(rho), dtype=int) if extra is None else (np.abs(extra).max(axis=1) > 0).sum(axis=1)
    top, length = _projections(base, result, extra, columns)
    allowed = _allowed(panel, kind, columns) & (length > 1e-9 * np.maximum(length.max(axis=1, keepdims=True), 1e-300))
    gain = np.where(allowed, top**2 / np.where(allowed, length, 1.0), 0.0)
    degrees = np.maximum(base.degrees - used - 1, 1)[:, None]
    shared = Prior(prior.variance[:, None], prior.degrees)
    variance = _moderated(result.rss[:, None] - gain, degrees, shared, base.floor[:, None])
    solid = allowed & (variance > 1e-12 * np.maximum(result.rss[:, None], 1e-300))
    widened = inflation_of_looks(base, result, extra, columns, rho)
    t = np.sqrt(np.where(solid, gain / np.where(solid, variance, 1.0), 0.0)) / widened
    size = np.where(allowed, top / np.where(allowed, length, 1.0), 0.0)
    return _Looks(t, size, kind, start, stop, panel.usable.sum(axis=1) - base.degrees + used)


def _effect(panel: Panel, seen: _Looks, row: int, look: int, further: float) -> Effect:
    t, size, at = float(seen.t[row, look]), float(seen.size[row, look]), int(seen.start[look])
    months, regressors = int(panel.usable[row].sum()), int(seen.regressors[row])
    sampling = panel.scaled.s[row, at]
    counted = seen.kind[look] == SINGLE and panel.scaled.scale is RATE and sampling > 0 and t > 0
    surprise = exact_score(panel.scaled.y[row, at], sampling, size, abs(size) / t) if counted else t
    p = float(p_of_largest(surprise, months=months, regressors=regressors, further=further))
    alike = (seen.kind == seen.kind[look]) & (t**2 - seen.t[row] ** 2 <= DEVIANCE_95)
    rivals = seen.start[alike]
    earliest, latest = int(rivals.min(initial=at)), int(rivals.max(initial=at))
    return Effect(row, int(seen.kind[look]), at, earliest, latest, p, size, abs(size) / t if t > 0 else 0.0)


def _bounds(effect: Effect, seen: _Looks, look: int) -> list[Effect]:
    """The effect itself; of an episode its first month and the return after it, as the steps that they are."""
    if effect.shape != EPISODE:
        return [effect]
    t, end = seen.t[effect.row], int(seen.stop[look])
    alike = (seen.kind == EPISODE) & (t[look] ** 2 - t**2 <= DEVIANCE_95)
    ends = seen.stop[alike]
    back = replace(
        effect, shape=STEP, start=end, size=-effect.size, earliest=int(ends.min(initial=end)),
        latest=int(ends.max(initial=end)),
    )  # fmt: skip
    return [replace(effect, shape=STEP), back]


def _choose(t: Floats, kind: Ints, start: Ints) -> Ints:
    """Each unit's largest look; an episode, or a ramp, above all a brief one, only where it explains clearly more than
    the best step, which is the simpler story.
    """
    best = t.argmax(axis=1)
    steps = np.where(kind[None, :] == STEP, t, 0.0)
    step = steps.argmax(axis=1)
    rows = np.arange(len(t))
    lead = t[rows, best] ** 2 - steps[rows, step] ** 2
    brief = start[best] > start[kind == RAMP].max(initial=0) - BRIEF_RAMP
    close = (kind[best] == RAMP) & (lead < np.where(brief, RAMP_LEADS_SHARE * t[rows, best] ** 2, RAMP_LEADS_BY))
    close |= (kind[best] == EPISODE) & (lead < EPISODE_LEADS_BY)
    return np.where(close, step, best)


def _projections(base: Background, result: Fit, extra: Floats | None, columns: Floats) -> tuple[Floats, Floats]:
    """(units, looks) the looks' products with the residuals, and their squared lengths off the background."""
    regressors = base.columns if extra is None else np.concatenate([base.columns, extra], axis=2)
    top = (base.weights * result.residuals) @ columns
    across = np.einsum("ut,utp,tm->upm", base.weights, regressors, columns, optimize=True)
    length = base.weights @ columns**2 - np.einsum("upm,upq,uqm->um", across, result.covariance, across, optimize=True)
    return top, length


def _allowed(panel: Panel, kind: Ints, columns: Floats) -> Flags:
    inside = panel.usable.astype(float) @ (columns > 0)
    outside = panel.usable.sum(axis=1, keepdims=True) - inside
    step = ((kind == STEP) | (kind == EPISODE))[None, :] & (inside >= LEAST_SIDE) & (outside >= LEAST_SIDE)
    ramp = (kind == RAMP)[None, :] & (inside >= LEAST_RAMP)
    single = (kind == SINGLE)[None, :] & ((panel.usable & panel.ample).astype(float) @ (columns > 0) >= 1)
    return step | ramp | single


def _moderated(rss: Floats, degrees: Floats, prior: Prior, floor: Floats) -> Floats:
    """Residual variance, shrunk to what the metric's units have in common, never below what sampling alone leaves."""
    own = np.maximum(rss, 0.0) + prior.degrees * prior.variance
    return np.maximum(own / np.maximum(degrees + prior.degrees, 1), floor)
