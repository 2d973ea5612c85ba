"""What service costs: per order, per return, and what is shared out by month; warranty claims and the reserve for
them.
"""

from dataclasses import dataclass

import numpy as np

from analysis.sample.business import UNITS
from analysis.sample.days import CUTOFF_SECONDS, DAY, FIRST_MONTH, MONTH_STARTS, month_of, month_tag
from analysis.sample.orders import Orders, order_ids, unit_column
from analysis.sample.parts import UsedParts
from analysis.sample.plan import MONTHS, Plan
from analysis.sample.products import PRODUCTS
from analysis.sample.randomness import generator
from analysis.sample.requests import INSTALL, REPAIR
from analysis.sample.stages import REMOTE
from analysis.sample.trade import Returns, return_ids
from analysis.sample.writing import Columns, identifiers, labels

COST_TYPES = (
    "labour",
    "parts",
    "consumables",
    "transport",
    "warehouse",
    "technical_support",
    "return_handling",
    "training",
    "goodwill",
    "other",
)
(LABOUR, PARTS, CONSUMABLES, TRANSPORT, WAREHOUSE, SUPPORT, RETURNS, TRAINING, GOODWILL, OTHER) = range(len(COST_TYPES))
HOURLY_RATE = 46.0
ALLOCATED = {WAREHOUSE: 9.0, SUPPORT: 7.5, TRAINING: 3.0, OTHER: 2.5}  # CNY per completed order, shared out by month
PAY_RISE = 0.03
CLAIMED = 0.85
"""Share of the repairs under warranty that are claimed."""
ACCRUAL = 0.016
"""Accrual for the warranty, as a share of revenue."""


@dataclass(frozen=True)
class Claims:
    """Warranty claims of a month's orders, and when they were paid."""

    columns: Columns
    paid: np.ndarray
    amount: np.ndarray


def cost_rows(plan: Plan, orders: Orders, parts: UsedParts, goodwill: np.ndarray, returns: Returns) -> Columns:
    """Rows of costs of a month: direct ones in the month of the service, shared ones at its end.

    goodwill : compensation paid for complaints about each order, in CNY.
    """
    rng = generator(plan.seed, "costs", orders.unit, orders.month)
    done, unit = orders.done, UNITS[orders.unit]
    hours = _hours(orders, done, rng)
    rise = (1 + PAY_RISE) ** ((orders.month - FIRST_MONTH) / 12) * unit.cost
    remote = orders.course.mode[done] == REMOTE
    parts_cost = parts.cost_per_order(len(orders))[done]
    visits = np.maximum(orders.course.visits[done], 1)
    transport = np.where(remote, 0.0, 17.0 * rise * visits * np.exp(rng.normal(0, 0.35, len(done))))
    consumables = np.where(remote | (rng.random(len(done)) < 0.4), 0.0, np.exp(rng.normal(2.3, 0.6, len(done))))
    kinds = (
        (LABOUR, hours * HOURLY_RATE * rise),
        (PARTS, parts_cost),
        (CONSUMABLES, consumables),
        (TRANSPORT, transport),
        (GOODWILL, goodwill[done]),
    )
    place = np.concatenate([done[amount > 0] for _, amount in kinds])
    amount = np.concatenate([amount[amount > 0] for _, amount in kinds])
    kind = np.concatenate([np.full(int((amount > 0).sum()), code) for code, amount in kinds])
    worked = np.concatenate([np.where(code == LABOUR, hours, np.nan)[amount > 0] for code, amount in kinds])
    return _rows(orders, (place, amount, kind, worked), _shared(orders, rise, rng), _handling(returns, rise, rng))


def draw_claims(plan: Plan, orders: Orders, parts: UsedParts) -> Claims:
    """Rows of warranty_claims: repairs under warranty, what the supplier owes and what came back."""
    rng = generator(plan.seed, "claims", orders.unit, orders.month)
    wanted = (
        (orders.status == 1) & orders.in_warranty & (orders.asked.kind == REPAIR) & (rng.random(len(orders)) < CLAIMED)
    )
    place = np.flatnonzero(wanted)
    claimed = orders.course.completed[place] + DAY * (0.5 + 5 * rng.random(len(place)))
    place, claimed = place[claimed <= CUTOFF_SECONDS], claimed[claimed <= CUTOFF_SECONDS]
    n = len(place)
    amount = np.round(
        parts.cost_per_order(len(orders))[place] + 55.0 * UNITS[orders.unit].cost * np.exp(rng.normal(0, 0.25, n)), 2
    )
    rejected = rng.random(n) < 0.03
    paid = np.where(rejected, np.nan, claimed + DAY * (18 + 45 * rng.random(n)))
    paid = np.where(paid <= CUTOFF_SECONDS, np.floor(paid), np.nan)
    owed = np.where((rng.random(n) < 0.36) & ~rejected, np.round(amount * 0.8, 2), 0.0)
    back = claimed + DAY * (60 + 120 * rng.random(n)) <= CUTOFF_SECONDS
    recovered = np.where(back & (rng.random(n) < 0.82), owed * np.where(rng.random(n) < 0.8, 1.0, 0.5), 0.0)
    columns = {
        "claim_id": identifiers(f"G{UNITS[orders.unit].id[1:]}-{month_tag(orders.month)}-", np.arange(n), width=6),
        "business_unit": unit_column(orders.unit, n),
        "claimed_at": np.floor(claimed),
        "work_order_id": orders.ids(place),
        "serial_no": orders.serials(place),
        "product_id": orders.products(place),
        "paid_at": paid,
        "amount": amount,
        "supplier_recoverable": owed,
        "recovered": recovered,
        "status": labels(("open", "paid", "rejected"), np.where(rejected, 2, np.isfinite(paid).astype("int64"))),
    }
    return Claims(columns, paid, amount)


def reserve_rows(unit: int, months: range, revenue: np.ndarray, paid: np.ndarray) -> Columns:
    """Rows of warranty_reserve: accrued from the month's revenue, used by the claims paid in it. Complete months
    only.
    """
    month = np.array([number for number in months if MONTH_STARTS[number + 1] * DAY <= CUTOFF_SECONDS])
    accrual = revenue[month] * ACCRUAL
    opening = paid[month[-12:]].mean() * 7 if len(month) else 0.0
    return {
        "business_unit": unit_column(unit, len(month)),
        "month": MONTH_STARTS[month],
        "accrual": accrual,
        "claims_paid": paid[month],
        "balance": np.maximum(opening + np.cumsum(accrual - paid[month]), 0.0),
    }


def paid_by_month(claims: Claims) -> np.ndarray:
    """Claims paid in each month of the axis."""
    known = np.isfinite(claims.paid)
    month = month_of(claims.paid[known] // DAY)
    return np.bincount(np.minimum(month, MONTHS - 1), weights=claims.amount[known], minlength=MONTHS)


def _hours(orders: Orders, done: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Paid hours of an order: travel and work of all its visits."""
    course, kind = orders.course, orders.asked.kind[done]
    per_visit = np.where(kind == INSTALL, 1.9, np.where(kind == REPAIR, 1.55, 1.1)) * np.exp(
        rng.normal(0, 0.35, len(done))
    )
    per_visit = per_visit * np.exp(-0.08 * orders.skill[done])
    return np.round(np.where(course.mode[done] == REMOTE, 0.45, per_visit * np.maximum(course.visits[done], 1)), 2)


def _shared(orders: Orders, rise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    kinds = np.array(list(ALLOCATED))
    base = np.array(list(ALLOCATED.values())) * len(orders.done) * rise
    day = min(MONTH_STARTS[orders.month + 1] - 1, CUTOFF_SECONDS // DAY)
    return kinds, base * np.exp(rng.normal(0, 0.06, len(kinds))), float(day)


def _handling(returns: Returns, rise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.flatnonzero(np.isfinite(returns.received))
    return rows, 38.0 * rise * np.exp(rng.normal(0, 0.4, len(rows))), returns.received[rows] // DAY


def _rows(orders: Orders, direct: tuple[np.ndarray, ...], shared: tuple, handling: tuple) -> Columns:
    place, amount, kind, worked = direct
    (shared_kind, shared_amount, day), (returned, handled, handled_day) = shared, handling
    n, m, k = len(place), len(shared_kind), len(returned)
    order = np.concatenate([place, np.full(m + k, -1)])
    back = np.concatenate([np.full(n + m, -1), returned])
    incurred = np.concatenate([orders.course.completed[place] // DAY, np.full(m, day), handled_day])
    product = np.concatenate([orders.asked.product[place], np.full(m + k, -1)])
    hours = np.concatenate([worked, np.full(m + k, np.nan)])
    return {
        "cost_id": identifiers(
            f"F{UNITS[orders.unit].id[1:]}-{month_tag(orders.month)}-", np.arange(n + m + k), width=7
        ),
        "business_unit": unit_column(orders.unit, n + m + k),
        "incurred_on": incurred,
        "cost_type": labels(COST_TYPES, np.concatenate([kind, shared_kind, np.full(k, RETURNS)])),
        "amount": np.concatenate([amount, shared_amount, handled]),
        "work_order_id": order_ids(orders.unit, orders.month, np.maximum(order, 0), order < 0),
        "return_id": return_ids(orders.unit, orders.month, np.maximum(back, 0), back < 0),
        "product_id": labels([entry.id for entry in PRODUCTS], product),
        "hours": hours,
        "is_allocated": np.arange(n + m + k) >= n,
    }
