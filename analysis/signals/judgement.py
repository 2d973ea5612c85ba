"""What the newest month says: which rule of the control chart it breaks, on which side, by how much and how surely.

Three rules: beyond three sigma, eight on one side, and a proven change of the last twelve months whose level still
holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.signals.chance import t_tail
from analysis.signals.effects import GO_ON, RAMP, SINGLE, STEP, Effect
from analysis.signals.limits import LEAST_POINTS, RECENT, RUN, Chart
from analysis.signals.panel import Panel
from analysis.signals.scales import worth

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_BEFORE = 4
KINDS_OF_EVIDENCE = 3


@dataclass(frozen=True)
class Newest:
    """The newest month of one metric, (units,) each.

    Parameters
    ----------
    side : −1, 0, 1: the side of the centre on which a rule is broken, 0 where none is
    beyond : distance of what broke the rule from the centre, in the card's unit; NaN where the month cannot be judged
    worth : whether that is at least the smallest change worth acting on
    p : chance of such evidence in a quiet series; NaN where the month cannot be judged
    """

    side: NDArray[np.int64]
    beyond: Floats
    worth: Flags
    p: Floats


def judge_newest(panel: Panel, drawn: Chart, *, looked: Sequence[Effect], accepted: Sequence[Effect]) -> Newest:
    """Judge the last month of a panel.

    Parameters
    ----------
    drawn : its control chart
    looked : all finds of the search, whose own chance counts as evidence where they bear on the newest month
    accepted : those that survived the run's control
    """
    last, centre = drawn.adjusted[:, -1], drawn.centre[:, -1]
    judged = np.isfinite(last) & np.isfinite(centre)
    distance = np.where(judged, last - centre, 0.0)
    sign = np.sign(drawn.runs[:, -1]) * judged
    level, tail, lasting = _levels(panel, drawn, accepted, sign)
    far = judged & (np.abs(distance) > np.nan_to_num(drawn.high[:, -1] - centre, nan=np.inf)) & (sign != 0)
    ran = judged & (np.abs(drawn.runs[:, -1]) >= RUN)
    side = np.where(far | ran | lasting, sign, 0)
    back = panel.scaled.scale.inverse
    shown = np.where(lasting, back(level), np.where(far, back(last), back(tail)))
    beyond = np.where(judged, np.abs(shown - back(centre)), np.nan)
    least = worth(panel.card, back(centre))
    evidence = np.minimum(_alone(drawn, distance, judged), np.minimum(_run_p(drawn), _found_p(panel, looked, sign)))
    p = np.where(judged, np.minimum(KINDS_OF_EVIDENCE * evidence, 1.0), np.nan)
    return Newest(side.astype(np.int64), beyond, np.nan_to_num(beyond) >= np.nan_to_num(least, nan=np.inf), p)


def _alone(drawn: Chart, distance: Floats, judged: Flags) -> Floats:
    sigma = drawn.sigma[:, -1] * drawn.widen
    usable = judged & (np.nan_to_num(sigma) > 0)
    return np.where(usable, t_tail(distance / np.where(usable, sigma, 1.0), drawn.degrees), 1.0)


def _levels(panel: Panel, drawn: Chart, accepted: Sequence[Effect], sign: Floats) -> tuple[Floats, Floats, Flags]:
    """Mean since a recent proven change, mean of the last eight months, and whether such a change still holds."""
    level, tail = np.full(len(sign), np.nan), np.full(len(sign), np.nan)
    lasting = np.zeros(len(sign), dtype=bool)
    for row, months in enumerate(drawn.adjusted):
        known = months[np.isfinite(months)]
        tail[row] = known[-RUN:].mean() if len(known) else np.nan
    for effect in _standing(accepted):
        if (
            _bears(effect, drawn.adjusted.shape[1], RECENT)
            and effect.shape != SINGLE
            and np.sign(effect.size) == sign[effect.row]
        ):
            lasting[effect.row] = True
            since = (
                drawn.adjusted[effect.row, effect.start :] if effect.shape == STEP else drawn.adjusted[effect.row, -3:]
            )
            level[effect.row] = np.nanmean(since)
    return level, tail, lasting


def _standing(effects: Sequence[Effect]) -> list[Effect]:
    """The effects without the levels that later steps of the unit have mostly taken back: those are over."""
    steps = [effect for effect in effects if effect.shape == STEP and effect.p < GO_ON]

    def is_over(one: Effect) -> bool:
        later = sum(other.size for other in steps if other.row == one.row and other.start > one.start)
        return one.shape == STEP and later * np.sign(one.size) < -abs(one.size) / 2

    return [effect for effect in effects if not is_over(effect)]


def _bears(effect: Effect, months: int, within: int) -> bool:
    """Whether an effect still speaks about the newest month."""
    if effect.shape == SINGLE:
        return effect.start == months - 1
    return effect.shape == RAMP or effect.start >= months - within


def _found_p(panel: Panel, looked: Sequence[Effect], sign: Floats) -> Floats:
    p = np.ones(len(panel.units))
    for effect in _standing(looked):
        if _bears(effect, len(panel.months), RECENT) and np.sign(effect.size) == sign[effect.row]:
            p[effect.row] = min(p[effect.row], effect.p)
    return p


def _run_p(drawn: Chart) -> Floats:
    """Chance of the distance between the last eight months and the baseline before them."""
    p = np.ones(len(drawn.adjusted))
    for row, months in enumerate(drawn.adjusted):
        known = np.flatnonzero(np.isfinite(months))
        before = [month for month in known[:-RUN] if drawn.baseline[row, month]]
        if len(known) < RUN + LEAST_BEFORE or len(before) < LEAST_BEFORE or drawn.points[row] < LEAST_POINTS:
            continue
        sigma = np.median(drawn.sigma[row, known]) * drawn.widen[row] * np.sqrt(1 / RUN + 1 / len(before))
        if np.isfinite(sigma) and sigma > 0:
            p[row] = t_tail((months[known[-RUN:]].mean() - months[before].mean()) / sigma, drawn.degrees[row])
    return p
