"""A process read from its event log: which step follows which, how one-directional that is, and which steps are the
main paths.

Works on arrays; knows no tables. Refuses arrays of different lengths.
Sources: van der Aalst, Process Mining, 2nd ed. 2016, ch. 7 (directly-follows relation, dependency measure after
Weijters & van der Aalst 2003); the interval of a median by order statistics (David & Nagaraja 2003, ch. 7).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

EDGES = ["group", "before", "after", "count", "wait", "wait_low", "wait_high"]
TAIL = 0.025


def directly_follows(
    case: ArrayLike, activity: ArrayLike, moment: ArrayLike, group: ArrayLike | None = None
) -> pd.DataFrame:
    """How often one activity comes directly after another in the same case, and the median time between the two.

    Parameters
    ----------
    case, activity, moment : (N,) one entry an event, in the order in which the events of a case happened; the events
        of a case need not stand together
    group : (N,) counts are told apart by it (a business unit); by default everything is one group, 0

    Returns
    -------
    A row a group and pair: EDGES; the wait in the unit of `moment`, its limits NaN with fewer than six pairs.
    """
    cases, steps, moments = np.asarray(case), np.asarray(activity), np.asarray(moment)
    groups = np.zeros(cases.size, dtype=np.int64) if group is None else np.asarray(group)
    if not (cases[1:] >= cases[:-1]).all():
        order = np.argsort(cases, kind="stable")
        cases, steps, moments, groups = (part[order] for part in (cases, steps, moments, groups))
    same = cases[1:] == cases[:-1]
    wait = np.diff(moments)[same]
    return follows(groups[:-1][same], steps[:-1][same], steps[1:][same], wait, np.ones(wait.size, dtype=np.int64))


def follows(group: NDArray, before: NDArray, after: NDArray, wait: NDArray, weight: NDArray) -> pd.DataFrame:
    """The same from pairs of activities that were found elsewhere: those that share a wait may be counted once.

    Parameters
    ----------
    group, before, after, wait : (P,) one entry a pair; weight : (P,) how many there are of it, whole numbers
    """
    if not wait.size:
        return pd.DataFrame(columns=EDGES)
    order = np.lexsort((wait, _ranks(after), _ranks(before), _ranks(group)))
    columns = {"group": group[order], "before": before[order], "after": after[order]}
    first = np.flatnonzero(
        np.logical_or.reduce([np.append(True, values[1:] != values[:-1]) for values in columns.values()])
    )
    edges = pd.DataFrame({name: values[first] for name, values in columns.items()})
    return edges.assign(**_medians(wait[order].astype(float), weight[order], first))[EDGES]


def _ranks(values: NDArray) -> NDArray:
    """Numbers in the order of the values."""
    return values if values.dtype.kind in "iuf" else pd.factorize(values, sort=True)[0]


def dependency(edges: pd.DataFrame) -> pd.Series:
    """How sure one activity leads to the other and not the other way round: near 1 always in this direction, near 0
    both ways alike, near −1 the other way. Of an activity after itself: how settled that repetition is.

    (|a>b| − |b>a|) / (|a>b| + |b>a| + 1), and |a>a| / (|a>a| + 1).

    Parameters
    ----------
    edges : before, after, count of one group; one row a pair
    """
    count = edges["count"].to_numpy(float)
    there = {(a, b): n for a, b, n in zip(edges["before"], edges["after"], count, strict=True)}
    back = np.array([there.get((b, a), 0.0) for a, b in zip(edges["before"], edges["after"], strict=True)])
    itself = (edges["before"] == edges["after"]).to_numpy()
    return pd.Series(np.where(itself, count / (count + 1), (count - back) / (count + back + 1)), index=edges.index)


def main_paths(edges: pd.DataFrame, *, cover: float) -> pd.Series:
    """Which steps to draw: the most frequent ones until they make up `cover` of all, and among the activities that they
    touch the most frequent way into each and out of each, so that none hangs in the air.

    Parameters
    ----------
    edges : before, after, count of one group
    cover : share of all steps, 0 … 1
    """
    order = edges["count"].sort_values(ascending=False, kind="stable")
    total = order.sum()
    before = order.cumsum() - order
    shown = pd.Series(False, index=edges.index)
    shown[order.index[(before < cover * total).to_numpy()]] = True
    touched = set(edges.loc[shown, "before"]) | set(edges.loc[shown, "after"])
    moves = edges[edges["before"] != edges["after"]].sort_values("count", ascending=False, kind="stable")
    among = moves[moves["before"].isin(touched) & moves["after"].isin(touched)]
    for side in ("before", "after"):
        shown[among.drop_duplicates(side).index] = True
    return shown


def _medians(waits: np.ndarray, weight: np.ndarray, first: np.ndarray) -> dict[str, np.ndarray]:
    """How many, median and its 95 % limits of each run of sorted waits; `first` is where each run begins."""
    reached = np.cumsum(weight)
    start, count = reached[first] - weight[first], np.add.reduceat(weight, first)

    def at(place: np.ndarray) -> np.ndarray:
        return waits[np.searchsorted(reached, start + place, side="right")]

    rank = stats.binom.ppf(TAIL, count, 0.5).astype(int)  # P(fewer than rank below the median) ≤ 2.5 %
    known = rank >= 1
    return {
        "count": count,
        "wait": (at((count - 1) // 2) + at(count // 2)) / 2,
        "wait_low": np.where(known, at(np.maximum(rank, 1) - 1), np.nan),
        "wait_high": np.where(known, at(count - np.maximum(rank, 1)), np.nan),
    }
