"""How many ended for which reason by a time, where one reason keeps the others from happening: cancelled or completed.

Refuses causes beyond those named. A cancelled order is neither completed nor still open; censoring it would answer
for a world in which none is cancelled.
Sources: Aalen & Johansen 1978; standard error as in Marubini & Valsecchi 1995.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.intervals import CONFIDENCE, normal_quantile
from analysis.statistics.risk_sets import RiskSets, check_durations, count_risk_sets, cumulate_within, sum_by_group
from analysis.statistics.survival import TIE, hazard_variance, product_limit

Floats = NDArray[np.float64]


class Incidence(NamedTuple):
    """P(ended by t for this cause), (G, causes) each; column 0 is cause 1. NaN where nobody is followed up to t."""

    value: Floats
    low: Floats
    high: Floats
    se: Floats


def cumulative_incidence(
    time: ArrayLike,
    cause: ArrayLike,
    t: ArrayLike,
    *,
    group: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    groups: int | None = None,
    causes: int | None = None,
    confidence: float = CONFIDENCE,
) -> Incidence:
    """The share of records that ended for each cause by t, where ending for one keeps the others from happening
    (cancelled, completed).

    cause : (N,) 0 still open, 1 … causes. t : scalar or (G,). Cohort view only: there is no delayed entry here.
        Censoring a cancelled order instead would answer for a world in which none is cancelled. Standard error as in
        Marubini & Valsecchi 1995.
    """
    sets = count_risk_sets(check_durations(time, cause, group=group, weight=weight, groups=groups))
    events = _pad_causes(sets.events, causes)
    survival = product_limit(events.sum(axis=1), sets)
    first = np.r_[True, sets.group[1:] != sets.group[:-1]][: survival.size]
    before = np.where(first, 1.0, np.r_[1.0, survival][: survival.size])
    horizon = np.broadcast_to(np.asarray(t, dtype=float), sets.n.shape)
    within = sets.time <= horizon[sets.group]
    done = np.zeros(sets.n.size, dtype=bool)
    done[sets.group[within & (survival <= TIE)]] = True
    known = ((horizon <= sets.last_time) | done) & (horizon >= 0)
    columns = [_incidence(events, column, before, within, sets) for column in range(events.shape[1])]
    value, se = (np.where(known[:, None], np.column_stack(part), np.nan) for part in zip(*columns, strict=True))
    reach = normal_quantile(confidence) * se
    return Incidence(value, np.maximum(value - reach, 0.0), np.minimum(value + reach, 1.0), se)


def _pad_causes(events: Floats, causes: int | None) -> Floats:
    missing = (causes or events.shape[1]) - events.shape[1]
    if missing < 0:
        raise ValueError(f"cause must lie in 0..{causes}, found {events.shape[1]}")
    return np.pad(events, ((0, 0), (0, missing)))


def _incidence(
    events: Floats, column: int, before: Floats, within: NDArray[np.bool_], sets: RiskSets
) -> tuple[Floats, Floats]:
    groups, n, all_causes, own = sets.n.size, sets.at_risk, events.sum(axis=1), events[:, column]
    steps = np.where(within, before * own / n, 0.0)
    reached = cumulate_within(steps, sets.group)
    final = sum_by_group(steps, sets.group, groups)
    ahead = final[sets.group] - reached
    terms = np.where(ahead > 0, ahead**2 * np.nan_to_num(hazard_variance(all_causes, n), posinf=0.0), 0.0)
    terms += before**2 * (n - own) * own / n**3 - 2 * ahead * before * own / n**2
    variance = sum_by_group(np.where(within, terms, 0.0), sets.group, groups)
    return final, np.sqrt(np.maximum(variance, 0.0))
