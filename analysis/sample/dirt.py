"""The dirty rows of the sample: small declared shares of rows are broken in known ways, so that loading has
something to find.

Each kind of dirt touches its own rows of the clean table, drawn per unit and month; no row is broken twice on purpose.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.sample.days import DAY
from analysis.sample.plan import Plan
from analysis.sample.randomness import generator
from analysis.sample.writing import Columns, take_rows

Rows = Mapping[str, Any]


@dataclass(frozen=True)
class Dirt:
    """A kind of dirt: which table, which share of its rows, and what is wrong with them."""

    table: str
    kind: str
    share: float
    text: str


DIRT = (
    Dirt("work_orders", "identical duplicate", 0.0010, "the row stands twice"),
    Dirt("work_orders", "conflicting key", 0.0006, "the id again with another priority, mostly entered later"),
    Dirt("work_orders", "completed before arrived", 0.0008, "completed three hours before the arrival"),
    Dirt("work_orders", "future timestamp", 0.0004, "submitted more than a year after the cut-off"),
    Dirt("work_orders", "unknown customer", 0.0015, "a customer who is not in the customers table"),
    Dirt("work_orders", "status disagrees", 0.0006, "status completed without a completion time"),
    Dirt("complaints", "identical duplicate", 0.002, "the row stands twice"),
    Dirt("complaints", "resolved before received", 0.0015, "resolved a day before it was received"),
    Dirt("surveys", "score outside scale", 0.001, "a score of 11, whatever the instrument"),
    Dirt("costs", "negative amount", 0.0004, "an amount below zero that is no reversal"),
)


def soiled(plan: Plan, table: str, unit: int, month: int, columns: Columns) -> Columns:
    """The rows of a table with its dirt; the clean columns are left as they are."""
    rows: Rows = columns
    size = len(next(iter(columns.values())))
    rng = generator(plan.seed, f"dirt {table}", unit, month)
    uniform = rng.random(size)
    edge = 0.0
    copies: list[tuple[np.ndarray, Callable[[Rows], Rows]]] = []
    for kind in (entry for entry in DIRT if entry.table == table):
        hit = (uniform >= edge) & (uniform < edge + kind.share)
        edge += kind.share
        if kind.kind in _COPIES:
            copies.append((np.flatnonzero(hit), _COPIES[kind.kind]))
        else:
            rows = _BREAKS[kind.kind](rows, hit)
    return _with_copies(rows, copies)


def _with_copies(rows: Rows, copies: list[tuple[np.ndarray, Callable[[Rows], Rows]]]) -> Rows:
    parts = [rows, *(change(take_rows(rows, index)) for index, change in copies if len(index))]
    if len(parts) == 1:
        return rows
    return {name: _joined([part[name] for part in parts]) for name in rows}


def _joined(arrays: list[Any]) -> Any:
    return pa.concat_arrays(arrays) if isinstance(arrays[0], pa.Array) else np.concatenate(arrays)


def _replaced(text: pa.Array, hit: np.ndarray, value: str) -> pa.Array:
    return pc.if_else(pa.array(hit), value, text)


def _conflicting(rows: Rows) -> Rows:
    size = len(rows["submitted_at"])
    return {
        **rows,
        "priority": pa.array(["urgent"] * size),
        "channel": pa.array(["store"] * size),
        "recorded_at": rows["recorded_at"] + np.where(rows["recorded_at"] % 4 == 0, 0, 3600),
    }


def _completed_early(rows: Rows, hit: np.ndarray) -> Rows:
    hit = hit & np.isfinite(rows["arrived_at"]) & np.isfinite(rows["completed_at"])
    return {**rows, "completed_at": np.where(hit, rows["arrived_at"] - 3 * 3600, rows["completed_at"])}


def _in_future(rows: Rows, hit: np.ndarray) -> Rows:
    stamps = [name for name in rows if name.endswith("_at") and name not in ("submitted_at", "recorded_at")]
    moved = {name: np.where(hit, np.nan, rows[name]) for name in stamps}
    return {
        **rows,
        **moved,
        "submitted_at": np.where(hit, rows["submitted_at"] + 5 * 366 * DAY, rows["submitted_at"]),
        "status": _replaced(rows["status"], hit, "open"),
    }


def _unknown_customer(rows: Rows, hit: np.ndarray) -> Rows:
    return {**rows, "customer_id": _replaced(rows["customer_id"], hit, "C00-9999999")}


def _status_disagrees(rows: Rows, hit: np.ndarray) -> Rows:
    hit = hit & np.isfinite(rows["completed_at"])
    return {**rows, "completed_at": np.where(hit, np.nan, rows["completed_at"])}


def _resolved_early(rows: Rows, hit: np.ndarray) -> Rows:
    hit = hit & np.isfinite(rows["resolved_at"])
    return {**rows, "resolved_at": np.where(hit, rows["received_at"] - DAY, rows["resolved_at"])}


def _bad_score(rows: Rows, hit: np.ndarray) -> Rows:
    return {**rows, "score": np.where(hit & np.isfinite(rows["score"]), 11.0, rows["score"])}


def _negative(rows: Rows, hit: np.ndarray) -> Rows:
    return {**rows, "amount": np.where(hit, -np.abs(rows["amount"]), rows["amount"])}


_COPIES: Mapping[str, Callable[[Rows], Rows]] = {
    "identical duplicate": lambda rows: rows,
    "conflicting key": _conflicting,
}
_BREAKS: Mapping[str, Callable[[Rows, np.ndarray], Rows]] = {
    "completed before arrived": _completed_early,
    "future timestamp": _in_future,
    "unknown customer": _unknown_customer,
    "status disagrees": _status_disagrees,
    "resolved before received": _resolved_early,
    "score outside scale": _bad_score,
    "negative amount": _negative,
}
