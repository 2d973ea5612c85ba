"""Control limits of every unit's adjusted months.

Centre and spread come from the 24 months before the month that is judged (from a recorded intervention on, once 12
months have passed
since; up to a proven recent change, so that news does not become its own yardstick), the season from a fit that
does not see that
month. Spread: mean moving range / 1.128 of the standardised months (Laney 2002; XmR where the sampling error is
unknown), never below what
sampling alone gives, widened by √((1+ρ)/(1−ρ)) where months resemble their neighbours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals.effects import SINGLE, Effect, columns_of
from analysis.signals.noise import inflation
from analysis.signals.panel import Panel
from analysis.signals.season import Background, fit, part_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

BASELINE = 24
RECENT = 12
LEAST_POINTS = 6
FIRM_POINTS = 12
RUN = 8
SIGMAS = 3.0
SPAN_TO_SIGMA = 1.128
SPAN_EFFICIENCY = 0.62


@dataclass(frozen=True)
class Chart:
    """The control chart of one metric for all units, on the metric's scale.

    Parameters
    ----------
    adjusted, centre, low, high : (units, months); centre and limits are NaN below six points
    season : (units, months) season and calendar, which were taken out (of volumes their steady growth too)
    sigma : (units, months) standard deviation of one month
    widen : (units,) factor on sigma for resembling months and for the season's own uncertainty
    baseline : (units, months) the months that set centre and limits
    points : (units,) baseline months and, where it has a value, the newest
    degrees : (units,) degrees of freedom of sigma
    runs : (units, months) how many months in a row, up to each, lie on its side of the centre; negative below
    out : (units, months) beyond the limits or completing eight on one side
    """

    adjusted: Floats
    centre: Floats
    low: Floats
    high: Floats
    season: Floats
    sigma: Floats
    widen: Floats
    baseline: Flags
    points: Ints
    degrees: Floats
    runs: Ints
    out: Flags


def chart(
    panel: Panel,
    base: Background,
    accepted: Sequence[Effect],
    rho: Floats,
    *,
    interventions: Mapping[str, int] | None = None,
) -> Chart:
    """Draw the limits of a panel for the judgement of its last month.

    Parameters
    ----------
    accepted : effects that survived the run's control: they do not pass for season, and recent ones not for the
        usual level
    rho : (units,) lag-1 correlation
    interventions : unit → column of its last recorded intervention on this metric
    """
    known = panel.usable
    coefficients = fit(base, panel.scaled.y, columns_of(panel, accepted, newest=True)).coefficients
    season = part_of(base, coefficients, base.seasonal)
    adjusted = np.where(known, panel.scaled.y - season - part_of(base, coefficients, base.growing), np.nan)
    used = _baseline(panel, interventions or {}, accepted)
    error = _errors(panel)
    level = _mean(adjusted, used, 1 / error**2)
    spread = _spread(
        (adjusted - level[:, None]) / error, used, floored=np.asarray(np.isfinite(panel.scaled.s).any(axis=1))
    )
    sigma = spread[:, None] * error
    count = known.sum(axis=1)
    widen = inflation(rho) * np.sqrt(1 + (count - base.degrees) / np.maximum(count, 1))
    points = used.sum(axis=1) + known[:, -1]
    level = np.where((points >= LEAST_POINTS) & np.isfinite(spread), level, np.nan)
    centre = np.where(known, level[:, None], np.nan)
    reach = SIGMAS * sigma * widen[:, None]
    runs = _runs(adjusted - level[:, None], _slack(level))
    out = known & (
        (np.abs(np.nan_to_num(adjusted - centre)) > np.nan_to_num(reach, nan=np.inf) + _slack(level))
        | (np.abs(runs) >= RUN)
    )
    degrees = np.maximum(SPAN_EFFICIENCY * (used.sum(axis=1) - 1), 1.0)
    return Chart(
        adjusted, centre, centre - reach, centre + reach, season, sigma, widen, used, points, degrees, runs, out
    )


def months_of_intervention(interventions: pd.DataFrame | None, panel: Panel) -> dict[str, int]:
    """Unit → column of the newest recorded intervention on this metric that 12 usable months have followed.

    Parameters
    ----------
    interventions : columns business_unit (`*` or `all` for every unit), started_on, metrics (ids divided by `;`)
    """
    if interventions is None or not len(interventions):
        return {}
    found: dict[str, int] = {}
    for unit_named, started, metrics in interventions[["business_unit", "started_on", "metrics"]].itertuples(
        index=False
    ):
        if pd.isna(started) or panel.metric not in [name.strip() for name in str(metrics).split(";")]:
            continue
        at = pd.Period(pd.Timestamp(started), freq="M").ordinal - panel.months[0].ordinal
        for row, unit in enumerate(panel.units):
            if unit_named in (unit, "*", "all") and at >= 0 and panel.usable[row, at:-1].sum() >= FIRM_POINTS:
                found[unit] = max(at, found.get(unit, 0))
    return found


def _baseline(panel: Panel, interventions: Mapping[str, int], accepted: Sequence[Effect]) -> Flags:
    used = panel.usable.copy()
    newest = len(panel.months) - 1
    used[:, newest:] = False
    used[:, : max(newest - BASELINE, 0)] = False
    for row, unit in enumerate(panel.units):
        used[row, : interventions.get(unit, 0)] = False
    for effect in accepted:
        trial = used[effect.row].copy()
        trial[effect.start : effect.start + 1 if effect.shape == SINGLE else None] = False
        recent = effect.shape == SINGLE or effect.start >= newest - RECENT
        if recent and trial.sum() >= LEAST_POINTS:
            used[effect.row] = trial
    return used


def _errors(panel: Panel) -> Floats:
    """(units, months) relative sizes of the months' errors: their sampling errors, 1 where those are unknown."""
    s = panel.scaled.s
    known = np.isfinite(s)
    typical = np.array([np.median(row[mask]) if mask.any() else 1.0 for row, mask in zip(s, known, strict=True)])
    return np.where(known, np.where(known, s, 1.0), typical[:, None])


def _mean(values: Floats, used: Flags, weight: Floats) -> Floats:
    share = np.where(used, weight, 0.0)
    total = share.sum(axis=1)
    return np.divide(
        (share * np.where(used, values, 0.0)).sum(axis=1), total, out=np.full(len(values), np.nan), where=total > 0
    )


def _spread(score: Floats, used: Flags, *, floored: Flags) -> Floats:
    """(units,) mean moving range of the standardised months / 1.128."""
    pairs = used[:, 1:] & used[:, :-1]
    span = np.where(pairs, np.abs(np.diff(np.where(used, score, 0.0), axis=1)), 0.0).sum(axis=1)
    count = pairs.sum(axis=1)
    spread = np.divide(span / SPAN_TO_SIGMA, count, out=np.full(len(score), np.nan), where=count >= LEAST_POINTS - 3)
    return np.where(floored, np.maximum(spread, 1.0), spread)


def _runs(distance: Floats, slack: Floats) -> Ints:
    """Signed lengths of runs on one side; a missing month neither extends nor breaks one, a month on the centre
    breaks it."""
    side = np.where(np.abs(np.nan_to_num(distance)) > slack, np.sign(np.nan_to_num(distance)), 0.0)
    run, lengths = np.zeros(len(side)), np.zeros(side.shape)
    for month in range(side.shape[1]):
        here = side[:, month]
        run = np.where(np.isnan(distance[:, month]), run, np.where(here * run > 0, run + here, here))
        lengths[:, month] = run
    return lengths.astype(np.int64)


def _slack(level: Floats) -> Floats:
    """Rounding must not put a constant series beside a centre that equals it."""
    return 1e-9 * np.maximum(np.abs(np.nan_to_num(level)), 1e-9)[:, None]
