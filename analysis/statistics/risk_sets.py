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
    entries = np.broadcast_to(-np.inf, (size,)) if entry is None else _floats("entry", entry, size)
    count = (int(memberships.max()) + 1 if size else 1) if groups is None else groups
    _refuse("time must be known and not negative", ~(times >= 0) | np.isinf(times))
    _refuse("event must be 0 (open) or a positive cause", causes < 0)
    _refuse(f"group must lie in 0..{count - 1}", (memberships < 0) | (memberships >= count))
    _refuse("weight must be a finite number and not negative", ~(weights >= 0) | np.isinf(weights))
    if entry is not None:
        entries = np.where(entries <= 0, -np.inf, entries)
        _refuse("entry must be known and before time", ~(entries < times))
    kept = weights > 0
    if kept.all():
        return Durations(times, causes, memberships, weights, entries, count)
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
    n, moments, times = sum_by_group(weight, group, records.groups), group[first], time[first]
    start = np.searchsorted(moments, np.arange(records.groups + 1))
    return RiskSets(
        group=moments,
        time=times,
        at_risk=np.maximum(np.round(n[moments] - cumulate_within(leaving, moments) + leaving, 9), 0.0),
        events=np.column_stack(events),
        start=start,
        n=n,
        last_time=np.where(start[1:] > start[:-1], np.append(times, np.nan)[start[1:] - 1], np.nan),
        identified=n > 0,
    )


def _with_late_entry(records: Durations) -> RiskSets:
    """Who is at risk at a moment: all that entered before it less all that left before it."""
    exit_key, entry_key = _keys(records)
    order = np.argsort(exit_key)
    keys, cause, weight = exit_key[order], records.cause[order], records.weight[order]
    first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]][: keys.size])
    causes = range(1, max(int(cause.max(initial=0)), 1) + 1)
    leaving, *events = [np.add.reduceat(part, first) for part in (weight, *(weight * (cause == one) for one in causes))]
    by_entry = np.argsort(entry_key)
    entered = np.r_[0.0, np.cumsum(records.weight[by_entry])]
    before = entered[np.searchsorted(entry_key, keys[first], side="left", sorter=by_entry)]
    # All that entered has left by a group's end, so that one running total serves every group and starts each at 0.
    at_risk = np.maximum(np.round(before - (np.cumsum(leaving) - leaving), 9), 0.0)
    group, time = records.group[order][first], records.time[order][first]
    last_time = _last_times(records)
    return RiskSets(
        group=group,
        time=time,
        at_risk=at_risk,
        events=np.column_stack(events),
        start=np.searchsorted(group, np.arange(records.groups + 1)),
        n=sum_by_group(records.weight, records.group, records.groups),
        last_time=last_time,
        identified=_identified(records, group, at_risk - leaving, time, last_time),
    )


def _keys(records: Durations) -> tuple[Ints, Ints]:
    """Exits and entries as whole numbers in order of group and moment; times that are whole already are their own."""
    begun = np.maximum(records.entry, -1.0)
    if (records.time == np.rint(records.time)).all() and (begun == np.rint(begun)).all():
        exits, entries = records.time.astype(np.int64), begun.astype(np.int64)
    else:
        rank = np.unique(np.concatenate([records.time, begun]), return_inverse=True)[1].astype(np.int64)
        exits, entries = rank[: records.time.size], rank[records.time.size :]
    width = int(exits.max(initial=0)) + 2
    return records.group * width + exits + 1, records.group * width + entries + 1


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


def _identified(records: Durations, group: Ints, staying: Floats, time: Floats, last_time: Floats) -> NDArray[np.bool_]:
    begun = np.zeros(records.groups, dtype=bool)
    begun[records.group[np.isneginf(records.entry)]] = True
    refills = (staying <= 0) & (time < last_time[group])
    begun[group[refills]] = False
    return begun


def _last_times(records: Durations) -> Floats:
    last = np.full(records.groups, -np.inf)
    np.maximum.at(last, records.group, records.time)
    return np.where(np.isneginf(last), np.nan, last)


def _integers(name: str, values: ArrayLike, size: int) -> Ints:
    given = np.asarray(values)
    if given.dtype.kind in "biu" and given.size == size:
        return given.ravel().astype(np.int64, copy=False)
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
