"""The trail an order leaves: its events in order of time, and the visits with their appointment windows."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.sample.clock import HOUR
from analysis.sample.days import CUTOFF_SECONDS, DAY
from analysis.sample.orders import CANCELLED, Orders
from analysis.sample.plan import Plan
from analysis.sample.randomness import generator
from analysis.sample.stages import DEPOT, ONSITE, REMOTE
from analysis.sample.technicians import technician_ids
from analysis.sample.writing import Columns, labels

PAUSES = ("customer", "parts", "approval")
ACTORS = ("customer", "service desk", "dispatcher", "technician", "system")
FORGOTTEN = 0.012
"""Share of the handled, departed and started events that nobody recorded."""
OUTCOMES = ("completed", "part needed", "second visit needed", "customer absent")


class _Kind(NamedTuple):
    name: str
    moment: np.ndarray
    actor: int
    pause: int = -1


def event_rows(plan: Plan, orders: Orders) -> Columns:
    """Rows of work_order_events: per order numbered from 1 in order of time."""
    rng = generator(plan.seed, "events", orders.unit, orders.month)
    kinds = _kinds(orders, rng)
    end = np.where(orders.status == CANCELLED, orders.course.cancelled, CUTOFF_SECONDS)
    moment = np.stack([np.floor(kind.moment) for kind in kinds])
    known = moment <= end[None, :]
    rank, place = np.nonzero(known)
    when = moment[rank, place]
    order = np.lexsort((rank, when, place))
    rank, place, when = rank[order], place[order], when[order]
    first = np.searchsorted(place, np.arange(len(orders)))
    return {
        "work_order_id": orders.ids(place),
        "seq": np.arange(len(place)) - first[place] + 1,
        "event_at": when,
        "event": labels([kind.name for kind in kinds], rank),
        "pause_reason": labels(PAUSES, np.array([kind.pause for kind in kinds])[rank]),
        "actor": labels(ACTORS, np.array([kind.actor for kind in kinds])[rank]),
    }


def visit_rows(plan: Plan, orders: Orders) -> Columns:
    """Rows of visits: every arrival of a technician at a customer, with the window that was promised."""
    rng = generator(plan.seed, "visits", orders.unit, orders.month)
    course = orders.course
    went = np.flatnonzero((course.mode == ONSITE) & np.isfinite(course.arrived))
    done = np.isfinite(course.completed[went])
    count = np.where(done, course.visits[went], 1)
    place = np.repeat(went, count)
    number = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    last = number == np.repeat(count, count) - 1
    finished = last & np.repeat(done, count)
    arrived = _arrivals(orders, place, number, np.repeat(count, count), rng)
    left = np.where(finished, course.completed[place], arrived + HOUR * (0.4 + 0.8 * rng.random(len(place))))
    start, end = _windows(arrived, rng)
    waits_for_part = course.parts_wait[place] > 0
    outcome = np.where(finished, 0, np.where(waits_for_part, 1, np.where(rng.random(len(place)) < 0.15, 3, 2)))
    return {
        "visit_id": pc.binary_join_element_wise(
            "V", orders.ids(place), labels([f"-{step}" for step in range(1, 9)], number), ""
        ),
        "work_order_id": orders.ids(place),
        "technician_id": technician_ids(orders.unit, orders.technician[place]),
        "window_start": start,
        "window_end": end,
        "arrived_at": arrived,
        "left_at": np.where(left <= CUTOFF_SECONDS, np.floor(left), np.nan),
        "outcome": _nothing_after_cutoff(labels(OUTCOMES, outcome), left),
        "travel_minutes": np.round(np.exp(rng.normal(3.35, 0.5, len(place)))),
    }


def pauses(orders: Orders) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """When each wait began and ended, by reason: seconds since 1970, NaN where there was none or it is not over."""
    course = orders.course
    inside = np.where(course.mode == DEPOT, 4 * HOUR, 0.3 * HOUR)
    latest = np.where(np.isnan(course.completed), np.inf, course.completed - 300)
    approval = np.where(course.approval_wait > 0, np.minimum(course.arrived + inside, latest), np.nan)
    approved = np.minimum(approval + course.approval_wait, latest)
    parts = np.where(
        course.parts_wait > 0, np.minimum(np.fmax(course.arrived + inside, approved + 600), latest), np.nan
    )
    later = np.where((course.customer_wait > 0) & (course.mode != REMOTE), course.assigned + 0.25 * HOUR, np.nan)
    departs = np.where(np.isnan(course.arrived), np.inf, course.arrived - 2 * HOUR)
    return {
        "customer": (later, np.maximum(later, np.minimum(later + course.customer_wait, departs))),
        "approval": (approval, approved),
        "parts": (parts, np.maximum(parts, np.minimum(parts + course.parts_wait, latest))),
    }


def _kinds(orders: Orders, rng: np.random.Generator) -> list[_Kind]:
    """Every kind of event with its moment per order; the order of the list settles equal moments."""
    course, asked, n = orders.course, orders.asked, len(orders)
    begins = np.where(course.mode == REMOTE, course.assigned, course.arrived)
    travelled = np.where(
        course.mode == ONSITE,
        np.maximum(course.arrived - 60 * np.exp(rng.normal(3.35, 0.5, n)), course.assigned),
        np.nan,
    )
    until = np.where(np.isnan(course.arrived), course.assigned + DAY, course.arrived)
    share = np.sort(rng.random((3, n)), axis=0) * 0.5
    moved = [
        np.where(course.reassignments > k, course.assigned + share[k] * (until - course.assigned), np.nan)
        for k in range(3)
    ]
    escalated = np.where(
        orders.escalated, asked.submitted + (0.5 + 0.3 * rng.random(n)) * orders.cycle_days * DAY, np.nan
    )
    waits = [
        _Kind(name, moment, 3, PAUSES.index(reason))
        for reason, pair in pauses(orders).items()
        for name, moment in zip(("paused", "resumed"), pair, strict=True)
    ]
    return [
        _Kind("created", asked.submitted, 0),
        _Kind("handled", _forgetting(course.handled, rng), 1),
        _Kind("assigned", course.assigned, 2),
        *(_Kind("reassigned", moment, 2) for moment in moved),
        _Kind("departed", _forgetting(travelled, rng), 3),
        _Kind("arrived", course.arrived, 3),
        _Kind("started", _forgetting(begins + 240, rng) if n else begins, 3),
        *waits,
        _Kind("completed", course.completed, 3),
        _Kind("reopened", course.reopened, 0),
        _Kind("completed", course.completed_again, 3),
        _Kind("escalated", escalated, 4),
        _Kind("closed", np.where(orders.status == CANCELLED, np.nan, course.closed), 1),
        _Kind("cancelled", course.cancelled, 0),
    ]


def _forgetting(moment: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(len(moment)) < FORGOTTEN, np.nan, moment)


def _arrivals(
    orders: Orders, place: np.ndarray, number: np.ndarray, count: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """First arrival as in the order, the last one shortly before completion, others between them."""
    course = orders.course
    first = course.arrived[place]
    last = np.maximum(np.nan_to_num(course.completed[place]) - HOUR * (0.5 + rng.random(len(place))), first)
    between = first + (last - first) * number / np.maximum(count - 1, 1)
    return np.floor(np.where(number == 0, first, between))


def _windows(arrived: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A window of two hours (half day for some) on the half hour, kept by nine visits of ten."""
    length = np.where(rng.random(len(arrived)) < 0.7, 2.0, 4.0) * HOUR
    miss = rng.random(len(arrived))
    shift = np.where(
        miss < 0.075, length + HOUR * (0.3 + 2 * rng.random(len(arrived))), rng.random(len(arrived)) * 0.8 * length
    )
    shift = np.where(miss > 0.985, -HOUR * (0.6 + rng.random(len(arrived))), shift)
    start = np.round((arrived - shift) / 1800) * 1800
    return start, start + length


def _nothing_after_cutoff(text: pa.Array, moment: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(moment <= CUTOFF_SECONDS), text, pa.scalar(None, pa.string()))
