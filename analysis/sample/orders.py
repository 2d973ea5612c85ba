"""The orders of one business unit and month, as known at the data cut-off, with everything the other tables need
to know of them.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.sample.business import UNITS
from analysis.sample.clock import HOUR
from analysis.sample.days import CUTOFF_SECONDS, DAY, month_tag
from analysis.sample.fleet import Appliances, customer_ids, owner, sale_month, serial_numbers, sold_on, warranty_end_on
from analysis.sample.plan import KNOWN_FROM, KNOWN_UNTIL, MONTHS, Plan
from analysis.sample.products import FAULTS, PRODUCTS
from analysis.sample.randomness import generator
from analysis.sample.requests import KINDS, REPAIR, Requests, draw_requests, time_of_day
from analysis.sample.stages import (
    MODES,
    PRIORITIES,
    REMOTE,
    RESOLUTION_TARGET_HOURS,
    RESPONSE_TARGET_HOURS,
    Stages,
    run_stages,
)
from analysis.sample.technicians import Technicians, technician_ids
from analysis.sample.writing import Columns, identifiers, labels

CHANNELS = ("phone", "app", "wechat", "web", "store", "e-mail")
CHANNEL_SHARES = {
    "Mainland China": (0.33, 0.26, 0.27, 0.06, 0.07, 0.01),
    "Overseas": (0.42, 0.14, 0.05, 0.2, 0.04, 0.15),
}
STATUSES = ("open", "completed", "cancelled")
OPEN, COMPLETED, CANCELLED = range(3)
RESOLUTIONS = ("fixed", "replaced", "no_fault", "installed", "serviced", "customer_advised")
FOLLOW_UP = 0.068
"""Share of completed repairs that are followed by another order for the same fault."""
FOLLOW_UP_DAYS = 15.0
STAMPS = (
    "handled",
    "assigned",
    "arrived",
    "completed",
    "closed",
    "cancelled",
    "first_response",
    "reopened",
    "completed_again",
)


@dataclass(frozen=True)
class Orders:
    """Orders of one unit and month, numbered from 0. `course` is cut off at the data cut-off; `cycle_days` knows
    the whole course.
    """

    unit: int
    month: int
    asked: Requests
    course: Stages
    customer: np.ndarray
    technician: np.ndarray
    skill: np.ndarray
    in_warranty: np.ndarray
    status: np.ndarray
    escalated: np.ndarray
    cycle_days: np.ndarray
    parent: np.ndarray

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def done(self) -> np.ndarray:
        """Positions of the completed orders."""
        return np.flatnonzero(self.status == COMPLETED)

    def ids(self, rows: np.ndarray | None = None) -> pa.Array:
        """Order ids such as U03-2602-000123."""
        return order_ids(self.unit, self.month, np.arange(len(self)) if rows is None else rows)

    def customers(self, rows: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
        """Customer ids of the orders at those positions."""
        return customer_ids(self.unit, self.customer[rows], missing)

    def products(self, rows: np.ndarray) -> pa.Array:
        """Product ids of the orders at those positions."""
        return labels([product.id for product in PRODUCTS], self.asked.product[rows])

    def serials(self, rows: np.ndarray) -> pa.Array:
        """Serial numbers of the orders at those positions."""
        return serial_numbers(Appliances(self.unit, self.asked.product[rows], self.asked.serial[rows]))


def draw_orders(plan: Plan, staff: Technicians, month: int) -> Orders:
    """All orders that begin in a month, and their follow-ups."""
    rng = generator(plan.seed, "orders", staff.unit, month)
    daily = plan.requests[staff.unit].sum(axis=0) / (KNOWN_UNTIL - KNOWN_FROM)[:MONTHS]
    usual = daily[max(month - 11, plan.months(staff.unit)[0]) : month + 1].mean()
    load = daily[month] / usual if usual > 0 else 1.0
    first = _serve(plan, staff, month, draw_requests(plan, staff.unit, month), float(load), rng)
    return _joined(first, _serve(plan, staff, month, _follow_ups(first, rng), float(load), rng))


def order_ids(unit: int, month: int, number: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Order ids such as U03-2602-000123."""
    return identifiers(f"{UNITS[unit].id}-{month_tag(month)}-", number, width=6, missing=missing)


def at(values: np.ndarray, place: np.ndarray, missing: float) -> np.ndarray:
    """The values at those positions; position -1, "no order", has the value for missing."""
    return np.append(values, missing)[place]


def unit_column(unit: int, size: int) -> pa.Array:
    """The business unit, in every row."""
    return labels([UNITS[unit].id], np.zeros(size, dtype="int64"))


def work_order_rows(plan: Plan, orders: Orders) -> Columns:
    """Rows of work_orders, clean."""
    rng = generator(plan.seed, "order rows", orders.unit, orders.month)
    asked, course, n = orders.asked, orders.course, len(orders)
    every = np.arange(n)
    shares = CHANNEL_SHARES[UNITS[orders.unit].parent]
    stamps = {
        f"{name}_at": getattr(course, name)
        for name in ("handled", "assigned", "arrived", "completed", "closed", "cancelled", "first_response")
    }
    visited = np.where(orders.status == COMPLETED, course.visits, np.where(np.isnan(course.arrived), 0, 1))
    return {
        "work_order_id": orders.ids(),
        "business_unit": unit_column(orders.unit, n),
        "submitted_at": asked.submitted,
        "status": labels(STATUSES, orders.status),
        **stamps,
        "response_due_at": asked.submitted + HOUR * RESPONSE_TARGET_HOURS[course.priority],
        "resolution_due_at": asked.submitted + HOUR * RESOLUTION_TARGET_HOURS[course.priority],
        "work_order_type": labels(KINDS, asked.kind),
        "service_mode": labels(MODES, course.mode),
        "channel": labels(CHANNELS, rng.choice(len(CHANNELS), size=n, p=shares)),
        "priority": labels(PRIORITIES, course.priority),
        "customer_id": orders.customers(every),
        "serial_no": orders.serials(every),
        "product_id": orders.products(every),
        "fault_code": labels(FAULTS, np.where(rng.random(n) < 0.015, -1, asked.fault)),
        "technician_id": technician_ids(orders.unit, orders.technician, np.isnan(course.assigned)),
        "resolution_code": labels(RESOLUTIONS, _resolution(orders, rng)),
        "visits": np.where(course.mode == 0, visited, 0),
        "reassignments": np.where(np.isnan(course.assigned), 0, course.reassignments),
        "reopens": np.isfinite(course.reopened).astype("int64"),
        "escalated": orders.escalated,
        "in_warranty": orders.in_warranty,
        "is_test": rng.random(n) < 0.002,
        "is_duplicate": rng.random(n) < 0.001,
        "parent_work_order_id": order_ids(
            orders.unit, orders.month, np.maximum(orders.parent, 0), (orders.parent < 0) | (rng.random(n) < 0.35)
        ),
        "source_system": labels(("CRM", "APP"), (rng.random(n) < 0.3).astype("int64")),
        "recorded_at": np.minimum(
            np.floor(_last_stamp(orders) + 60 + HOUR * 3 * rng.exponential(1.0, n) ** 2), CUTOFF_SECONDS
        ),
    }


def _serve(
    plan: Plan, staff: Technicians, month: int, asked: Requests, load: float, rng: np.random.Generator
) -> Orders:
    unit, n = staff.unit, len(asked.product)
    which = Appliances(unit, asked.product, asked.serial)
    sold_month = sale_month(plan, which)
    sold = sold_on(plan, which, sold_month)
    in_warranty = asked.submitted < (warranty_end_on(asked.product, sold) + 1) * DAY
    technician = rng.choice(staff.at_work(month), size=n)
    skill = staff.skill[technician]
    full = run_stages(asked, UNITS[unit], month=month, load=load, skill=skill, in_warranty=in_warranty, rng=rng)
    course, status = _known(full)
    cycle = (np.minimum(full.completed, CUTOFF_SECONDS) - asked.submitted) / DAY
    escalated = rng.random(n) < 0.008 + 0.14 * (cycle > 7) + 0.2 * (cycle > 20)
    return Orders(
        unit,
        month,
        asked,
        course,
        owner(plan, which, sold_month),
        technician,
        skill,
        in_warranty,
        status,
        escalated,
        cycle,
        asked.parent,
    )


def _known(full: Stages) -> tuple[Stages, np.ndarray]:
    """The course as known at the cut-off: cancelled orders stop there, later stamps are not known yet."""
    end = np.where(np.isnan(full.cancelled), np.inf, full.cancelled)
    known = {
        name: np.where(getattr(full, name) <= np.minimum(CUTOFF_SECONDS, end), getattr(full, name), np.nan)
        for name in STAMPS
    }
    known["first_response"] = np.where(
        full.first_response <= np.minimum(CUTOFF_SECONDS, end), full.first_response, np.nan
    )
    cancelled = np.isfinite(known["cancelled"])
    known["closed"] = np.where(cancelled, known["cancelled"], known["closed"])
    status = np.where(cancelled, CANCELLED, np.where(np.isfinite(known["completed"]), COMPLETED, OPEN))
    return replace(full, **known), status


def _follow_ups(first: Orders, rng: np.random.Generator) -> Requests:
    """The same fault again: asked for again some days after the completion."""
    rate = np.clip(FOLLOW_UP - 0.018 * first.skill - 0.02 * UNITS[first.unit].fix, 0.01, 0.2)
    rate = np.where(first.asked.in_batch, 0.16, np.where(first.course.mode == REMOTE, rate * 1.3, rate))
    chosen = np.flatnonzero(
        (first.status == COMPLETED) & (first.asked.kind == REPAIR) & (rng.random(len(first)) < rate)
    )
    after = np.floor(first.course.completed[chosen] / DAY) + 1 + np.floor(rng.exponential(FOLLOW_UP_DAYS, len(chosen)))
    again = replace(first.asked.take(chosen), submitted=after * DAY + time_of_day(rng, len(chosen)), parent=chosen)
    return again.take(np.flatnonzero(again.submitted <= CUTOFF_SECONDS))


def _joined(first: Orders, second: Orders) -> Orders:
    both: dict[str, Any] = {
        field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)])
        for field in fields(Orders)
        if isinstance(getattr(first, field.name), np.ndarray)
    }
    course = Stages(
        *(np.concatenate([getattr(first.course, f.name), getattr(second.course, f.name)]) for f in fields(Stages))
    )
    return replace(first, **both, asked=first.asked.join(second.asked), course=course)


def _resolution(orders: Orders, rng: np.random.Generator) -> np.ndarray:
    kind, uniform = orders.asked.kind, rng.random(len(orders))
    repaired = np.where(orders.course.needs_part, 1, np.where(uniform < 0.09, 2, np.where(uniform < 0.17, 5, 0)))
    code = np.where(kind == REPAIR, repaired, np.where(kind == 1, 3, 4))
    return np.where(orders.status == COMPLETED, code, -1)


def _last_stamp(orders: Orders) -> np.ndarray:
    stamps = np.stack(
        [
            orders.asked.submitted,
            *(
                getattr(orders.course, name)
                for name in ("handled", "assigned", "arrived", "completed", "closed", "cancelled")
            ),
        ]
    )
    return np.nanmax(stamps, axis=0)
