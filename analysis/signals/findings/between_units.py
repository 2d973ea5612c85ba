"""Units outside what their peers' spread and chance allow, over the last twelve months; with the estimate a
cautious reader would use.

The usual spread between units is measured with the most extreme ones left out, since three elevated units would
otherwise hide each other.
It ranks nobody: a unit inside the funnel is never mentioned.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from analysis.data_model import ALL_UNITS
from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.families import family_of, primacy
from analysis.signals.findings.finding import Finding, effect_between, is_good, levels, make_finding, touched
from analysis.signals.judging import Judged
from analysis.signals.noise import inflation
from analysis.statistics.shrinkage import shrink_means

Floats = NDArray[np.float64]

MONTHS = 12
LEAST_MONTHS = 3
LEAST_UNITS = 6
TRIMMED = 0.25
LEAST_KEPT = 4
SEED = 20_250_602
DRAWS = 40_000
TAIL = 0.002


@dataclass(frozen=True)
class Funnel:
    """Where each unit stands among its peers, on the metric's scale, (units,) each; NaN for units that cannot be
    compared.

    Parameters
    ----------
    level, error : the unit's mean over the window and its standard error
    centre, spread : the peers' middle and their spread beyond chance
    p : chance of standing so far from the middle
    shrunk : the level that a cautious reader would use: drawn to the mean of all as far as chance explains the
        differences
    """

    level: Floats
    error: Floats
    centre: Floats
    spread: Floats
    p: Floats
    shrunk: Floats


def look_for_unit_outliers(judged: Mapping[str, Judged]) -> Looks:
    """Units that stand out among their peers beyond chance and the usual differences between units."""
    funnels = {metric: funnel_of(judged[metric]) for metric in _one_per_family(judged)}

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        for (metric, funnel), (kept, q) in zip(funnels.items(), verdicts, strict=True):
            for row in np.flatnonzero(kept):
                yield _told(judged[metric], funnel, int(row), float(q[row]))

    return Looks([funnel.p for funnel in funnels.values()], tell)


def funnel_of(one: Judged) -> Funnel:
    """The funnel of a metric over its last twelve mature months."""
    panel, base = one.panel, one.base
    window = np.zeros(panel.usable.shape, dtype=bool)
    window[:, -MONTHS:] = panel.usable[:, -MONTHS:]
    weight = np.where(window, base.weights, 0.0)
    total, count = weight.sum(axis=1), window.sum(axis=1)
    enough = (count >= LEAST_MONTHS) & (total > 0) & (np.array(panel.units) != ALL_UNITS)
    safe = np.where(total > 0, total, 1.0)
    level = (weight * np.where(window, panel.scaled.y, 0.0)).sum(axis=1) / safe
    variance = np.where(window, base.weights * (panel.scaled.y - level[:, None]) ** 2, 0.0).sum(axis=1) / np.maximum(
        count - 1, 1
    )
    error = np.sqrt(np.maximum(variance, base.floor) / safe) * inflation(one.search.rho)
    enough &= error > 0  # months that never differ leave nothing to judge a distance by
    return stand(np.where(enough, level, np.nan), np.where(enough, error, np.nan))


def stand(level: Floats, error: Floats) -> Funnel:
    """Each unit against the others, itself left out; nobody below six units.

    Parameters
    ----------
    level, error : (units,) on a scale where differences add; NaN for units that do not take part. A unit whose few
        records are all alike has an error of 0, which is no certainty: it does not take part either
    """
    known = np.isfinite(level) & np.isfinite(error) & (error > 0)
    centre, spread, p = (np.full(len(level), np.nan) for _ in range(3))
    if known.sum() >= LEAST_UNITS:
        for row in np.flatnonzero(known):
            others = known.copy()
            others[row] = False
            centre[row], spread[row] = middle_of(level[others], error[others])
        t = np.abs(level - centre) / np.sqrt(error**2 + spread**2 * (1 + 1 / (known.sum() - 1)))
        p[known] = _p_of_distance(t[known], int(known.sum()) - 1)
    return Funnel(level, error, centre, spread, p, shrink_means(level, error).value)


def middle_of(level: Floats, error: Floats) -> tuple[float, float]:
    """The middle of some units and their spread beyond chance, from the three quarters of them nearest to their
    median.

    The spread of what is left is widened to what it would be with all in, were the units normal.
    """
    centre, variance = (float(part[0]) for part in _middle(level[None, :]))
    return centre, float(np.sqrt(max(variance - float(np.median(error**2)), 0.0)))


def _middle(level: Floats) -> tuple[Floats, Floats]:
    """(rows,) middle and variance of each row's units (rows, units), from those nearest to the median."""
    units = level.shape[1]
    kept = max(units - int(TRIMMED * units), LEAST_KEPT)
    nearest = _nearest(level, kept)
    return nearest.mean(axis=1), nearest.var(axis=1, ddof=1) * _widening(units, kept)


def _nearest(level: Floats, kept: int) -> Floats:
    order = np.argsort(np.abs(level - np.median(level, axis=1, keepdims=True)), axis=1, kind="stable")[:, :kept]
    return np.take_along_axis(level, order, axis=1)


def _one_per_family(judged: Mapping[str, Judged]) -> list[str]:
    """The metrics whose units are compared: one of each family, since its siblings would tell the same again; no
    volumes."""
    comparable = [metric for metric, one in judged.items() if one.panel.card.unit != "n"]
    keys = primacy(comparable, {metric: judged[metric].panel.card for metric in judged})
    first: dict[str, str] = {}
    for metric in sorted(comparable, key=keys.__getitem__):
        first.setdefault(family_of(metric), metric)
    return list(first.values())


def _told(one: Judged, funnel: Funnel, row: int, q: float) -> Finding:
    panel = one.panel
    centre, size = float(funnel.centre[row]), float(funnel.level[row] - funnel.centre[row])
    told = effect_between(panel, centre, size, float(funnel.error[row]))
    direction = "up" if size > 0 else "down"
    good = is_good(direction, panel.card.better)
    values: dict[str, Any] = dict(levels(panel, centre, size))
    values |= {
        "value": values.pop("after"),
        "peers": values.pop("before"),
        "shrunk": float(panel.scaled.scale.inverse(np.array(funnel.shrunk[row]))),
        "units": int(np.isfinite(funnel.p).sum()),
        "months": int(panel.usable[row, -MONTHS:].sum()),
        "from": str(panel.months[max(len(panel.months) - MONTHS, 0)]),
        "as_of": str(panel.months[-1]),
    }
    weight = touched(panel, row, told, good=good, is_worth=bool(values["worth"]))
    return make_finding(
        "unit_outlier", panel, row, direction=direction, effect=told, q=q, weight=weight, values=values, good=good
    )


@lru_cache(maxsize=64)
def _widening(units: int, kept: int) -> float:
    """How much larger the variance of so many normal units is than that of those nearest to their median;
    simulated."""
    noise = np.random.default_rng((SEED, units, kept)).standard_normal((DRAWS // 4, units))
    return float(1 / _nearest(noise, kept).var(axis=1, ddof=1).mean())


def _p_of_distance(t: Floats, others: int) -> Floats:
    """Two-sided chance of a distance from peers whose spread is estimated: Student's t with the degrees that the
    simulation bears out."""
    return 2 * stdtr(_degrees(others), -np.abs(t))


@lru_cache(maxsize=64)
def _degrees(others: int) -> float:
    """Degrees of freedom at which Student's t gives the simulated 0.2 % tail of a unit among so many like it."""
    rng = np.random.default_rng((SEED, others))
    noise = rng.standard_normal((DRAWS, others))
    centre, variance = _middle(noise)
    t = np.sort(np.abs(rng.standard_normal(DRAWS) - centre) / np.sqrt(variance * (1 + 1 / others)))
    edge = t[int((1 - TAIL) * DRAWS)]
    grid = np.linspace(1.5, 40, 400)
    tails = 2 * stdtr(grid, -edge)
    return float(grid[np.argmin(np.abs(np.log(tails / TAIL)))])
