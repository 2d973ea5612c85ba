"""Who is under observation at each moment: the counts that Kaplan–Meier and cumulative incidence are computed from,
for many groups at once.

Refuses durations that are missing, negative or not after their entry: each would give a wrong curve without any error.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Durations:
    """Checked follow-up times of N records, each standing for `weight` records of its group.

    entry is −inf where a record was watched from its beginning; cause is 0 where the record is still open, 1, 2 … for
    what ended it.
    """

    time: Floats
    cause: Ints
    group: Ints
    weight: Floats
    entry: Floats
    groups: int


@dataclass(frozen=True)
class RiskSets:
    """The distinct moments at which a record ended or was last seen, group by group in order of time.

    group, time, at_risk : (M,); events : (M, causes); start : (G + 1,) so that group g owns the rows start[g]:start[g
        + 1];
    n, last_time : (G,) records and longest follow-up of each group (NaN for a group without records);
    identified : (G,) False where delayed entry leaves the curve without a beginning, or where the risk set ran empty
        and filled again.
    """

    group: Ints
    time: Floats
    at_risk: Floats
    events: Floats
    start: Ints
    n: Floats
    last_time: Floats
    identified: NDArray[np.bool_]


def check_durations(
    time: ArrayLike,
    cause: ArrayLike,
    *,
    group: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    groups: int | None = None,
) -> Durations:
    """The records as arrays of equal length, or a ValueError that names what is wrong with how many of them.

    time, entry : in any one unit, time ≥ 0 and entry < time; an entry of 0 or less means watched from the beginning.
    cause : 0 / False for still open, 1 / True (or 1, 2 …) for ended. group : integers 0 … groups − 1. weight :
        records at that row.
    """
    times = np.asarray(time, dtype=float).ravel()
    size = times.size
    causes = _integers("event", cause, size)
    memberships = np.zeros(size, dtype=np.int64) if group is None else _integers("group", group, size)
    weights = np.ones(size) if weight is None else _floats("weight", weight, size)
    entries = np.full(size, -np.inf) if entry is None else _floats("entry", entry, size)
    count = (int(memberships.max()) + 1 if size else 1) if groups is None else groups
    _refuse("time must be known and not negative", ~(times >= 0) | np.isinf(times))
    _refuse("event must be 0 (open) or a positive cause", causes < 0)
    _refuse(f"group must lie in 0..{count - 1}", (memberships < 0) | (memberships >= count))
    _refuse("weight must be a finite number and not negative", ~(weights >= 0) | np.isinf(weights))
    entries = np.where(entries <= 0, -np.inf, entries)
    _refuse("entry must be known and before time", ~(entries < times))
    kept = weights > 0
    return Durations(times[kept], causes[kept], memberships[kept], weights[kept], entries[kept], count)


def count_risk_sets(records: Durations) -> RiskSets:
    """At risk just before each moment, and events at it: entered before it (entry < t) and not ended before it (time
    ≥ t)."""
    return _with_late_entry(records) if np.isfinite(records.entry).any() else _without_late_entry(records)


def _without_late_entry(records: Durations) -> RiskSets:
    """All are watched from the beginning: who is at risk follows from who has left; rows in order need no sort."""
    group, time, cause, weight = records.group, records.time, records.cause, records.weight
    step, wait = np.diff(group), np.diff(time)
    if not ((step > 0) | ((step == 0) & (wait >= 0))).all():
        order = np.lexsort((time, group))
        group, time, cause, weight = group[order], time[order], cause[order], weight[order]
    first = np.flatnonzero(np.r_[True, (group[1:] != group[:-1]) | (time[1:] != time[:-1])][: time.size])
    causes = range(1, max(int(cause.max(initial=0)), 1) + 1)
    parts = [weight, *(weight * (cause == one) for one in causes)]
    leaving, *events = [np.add.reduceat(part, first) if first.size else part for part in parts]
    n, moments = sum_by_group(weight, group, records.groups), group[first]
    return RiskSets(
        group=moments,
        time=time[first],
        at_risk=np.maximum(np.round(n[moments] - cumulate_within(leaving, moments) + leaving, 9), 0.0),
        events=np.column_stack(events),
        start=np.searchsorted(moments, np.arange(records.groups + 1)),
        n=n,
        last_time=_last_times(records),
        identified=n > 0,
    )


def _with_late_entry(records: Durations) -> RiskSets:
    moments, rank = np.unique(np.concatenate([records.time, records.entry]), return_inverse=True)
    size = records.time.size
    width = moments.size + 1
    exit_key = records.group * width + rank[:size]
    entry_key = records.group * width + rank[size:]
    keys, where = np.unique(np.concatenate([exit_key, entry_key]), return_inverse=True)
    leaving = sum_by_group(records.weight, where[:size], keys.size)
    entering = sum_by_group(records.weight, where[size:], keys.size)
    causes = max(int(records.cause.max(initial=0)), 1)
    events = np.column_stack(
        [
            sum_by_group(records.weight * (records.cause == cause), where[:size], keys.size)
            for cause in range(1, causes + 1)
        ]
    )
    # All that entered has left by a group's end, so that one running total serves every group and starts each at 0.
    flow = np.cumsum(entering - leaving)
    at_risk = np.maximum(np.round(flow - entering + leaving, 9), 0.0)
    group, moment = keys // width, keys % width
    ended = leaving > 0
    identified = _identified(records, group, at_risk - leaving, leaving > 0, moments[moment])
    return RiskSets(
        group=group[ended],
        time=moments[moment][ended],
        at_risk=at_risk[ended],
        events=events[ended],
        start=np.searchsorted(group[ended], np.arange(records.groups + 1)),
        n=sum_by_group(records.weight, records.group, records.groups),
        last_time=_last_times(records),
        identified=identified,
    )


def cumulate_within(values: Floats, group: Ints) -> Floats:
    """Running total that starts anew with each group; rows in order of group."""
    total = np.cumsum(values)
    if not total.size:
        return total
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    before = np.repeat(total[first] - values[first], np.diff(np.r_[first, total.size]))
    return total - before


def sum_by_group(values: Floats, group: Ints, groups: int) -> Floats:
    """The sum of the values of each group 0 … groups − 1."""
    return np.bincount(group, weights=values, minlength=groups).astype(float)


def _identified(
    records: Durations, group: Ints, staying: Floats, leaves: NDArray[np.bool_], time: Floats
) -> NDArray[np.bool_]:
    begun = np.zeros(records.groups, dtype=bool)
    begun[records.group[np.isneginf(records.entry)]] = True
    emptied = leaves & (staying <= 0)
    refills = emptied & (time < _last_times(records)[group])
    begun[group[refills]] = False
    return begun


def _last_times(records: Durations) -> Floats:
    last = np.full(records.groups, -np.inf)
    np.maximum.at(last, records.group, records.time)
    return np.where(np.isneginf(last), np.nan, last)


def _integers(name: str, values: ArrayLike, size: int) -> Ints:
    numbers = _floats(name, values, size)
    _refuse(f"{name} must be a whole number", ~np.isfinite(numbers) | (numbers != np.rint(numbers)))
    return numbers.astype(np.int64)


def _floats(name: str, values: ArrayLike, size: int) -> Floats:
    numbers = np.asarray(values, dtype=float).ravel()
    if numbers.size != size:
        raise ValueError(f"{name} has {numbers.size} values for {size} times")
    return numbers


def _refuse(rule: str, broken: NDArray[np.bool_]) -> None:
    if broken.any():
        raise ValueError(
            f"{rule}: {int(broken.sum())} of {broken.size} records break this, first at row {int(np.argmax(broken))}"
        )
