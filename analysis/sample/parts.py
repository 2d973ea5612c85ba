"""Spare parts: which ones a repair takes, when they were at hand, and what lies in stock."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.sample.business import UNITS
from analysis.sample.days import CUTOFF_SECONDS, DAY, FIRST_MONTH, MONTH_STARTS
from analysis.sample.orders import Orders, unit_column
from analysis.sample.plan import Plan
from analysis.sample.products import FAULT_OFFSET, LINES, PRODUCT_LINE
from analysis.sample.randomness import chance, generator
from analysis.sample.trail import pauses
from analysis.sample.writing import Columns, labels

PREFIX = ("AC", "RF", "WM", "WH", "TV", "SA")
PARTS_PER_LINE = 7
PART_IDS = tuple(f"{prefix}-PT-{number:02d}" for prefix in PREFIX for number in range(1, PARTS_PER_LINE + 1))
OBSOLETE_PER_LINE = 2
OBSOLETE_IDS = tuple(
    f"{prefix}-PT-{PARTS_PER_LINE + number:02d}" for prefix in PREFIX for number in range(1, OBSOLETE_PER_LINE + 1)
)
"""Parts of models that nobody brings in any more: no repair takes one, so that what lies still has truly not moved."""
HELD = 0.48  # of the units still have such a part
# fmt: off
UNIT_COST = np.array([
    46.0, 118.0, 420.0, 62.0, 28.0, 165.0, 88.0,  # air conditioner: in the order of its faults, as in the other rows
    210.0, 24.0, 38.0, 45.0, 52.0, 130.0, 95.0,
    32.0, 58.0, 76.0, 145.0, 40.0, 120.0, 66.0,
    48.0, 72.0, 85.0, 54.0, 132.0, 30.0, 60.0,
    155.0, 98.0, 175.0, 42.0, 18.0, 210.0, 64.0,
    34.0, 90.0, 26.0, 20.0, 48.0, 15.0, 22.0,
])
# fmt: on
SUPPLIERS = ("Meizhi", "Jiaxi", "Weiling", "Ruimei", "Huaxing", "Kangjia", "Lingda")
MONTHLY_USE_SHARE = np.tile([0.26, 0.2, 0.16, 0.13, 0.11, 0.08, 0.06], len(LINES))


@dataclass(frozen=True)
class UsedParts:
    """The parts lines of a month's orders; `place` is the order's position. A part still on its way has no
    `available`.
    """

    place: np.ndarray
    part: np.ndarray
    quantity: np.ndarray
    unit_cost: np.ndarray
    requested: np.ndarray
    available: np.ndarray
    returned: np.ndarray

    def rows(self, orders: Orders) -> Columns:
        """Rows of parts_usage."""
        return {
            "work_order_id": orders.ids(self.place),
            "part_id": labels(PART_IDS, self.part),
            "quantity": self.quantity,
            "unit_cost": self.unit_cost,
            "requested_at": self.requested,
            "available_at": self.available,
            "supplier": labels(SUPPLIERS, self.part % len(SUPPLIERS)),
            "returned_good": self.returned,
        }

    def cost_per_order(self, size: int) -> np.ndarray:
        """Cost of the parts of each order, parts returned unused left out."""
        used = self.returned == 0
        return np.bincount(self.place[used], weights=(self.quantity * self.unit_cost)[used], minlength=size)


def draw_parts(plan: Plan, orders: Orders) -> UsedParts:
    """One line for each repair that takes a part, a second one for some; a part that was not at hand is awaited."""
    rng = generator(plan.seed, "parts", orders.unit, orders.month)
    start, ready = pauses(orders)["parts"]
    waits = np.isfinite(start)
    requested = np.floor(np.where(waits, start, orders.course.arrived + 900))
    available = np.floor(np.where(waits, ready, requested))
    begun = orders.course.needs_part & (requested <= CUTOFF_SECONDS)
    first = np.flatnonzero(begun)
    second = np.flatnonzero(begun & (rng.random(len(orders)) < 0.14))
    place = np.concatenate([first, second])
    line = PRODUCT_LINE[orders.asked.product[place]]
    usual = np.maximum(orders.asked.fault[place] - FAULT_OFFSET[line], 0)
    other = rng.integers(0, PARTS_PER_LINE, len(place))
    step = np.where(np.arange(len(place)) < len(first), 0, 1 + other % (PARTS_PER_LINE - 1))
    number = np.where(
        (step == 0) & ~np.isin(place, second) & (rng.random(len(place)) < 0.25), other, (usual + step) % PARTS_PER_LINE
    )
    part = line * PARTS_PER_LINE + number
    drift = UNITS[orders.unit].cost ** 0.3 * (1 + 0.02 * (orders.month - FIRST_MONTH) / 12)
    cost = np.round(UNIT_COST[part] * drift * np.exp(rng.normal(0, 0.05, len(place))), 2)
    return UsedParts(
        place,
        part,
        1.0 + (rng.random(len(place)) < 0.08),
        cost,
        requested[place],
        np.where(available <= CUTOFF_SECONDS, available, np.nan)[place],
        (rng.random(len(place)) < 0.03).astype("int64"),
    )


def stock_rows(plan: Plan, unit: int, month: int) -> Columns:
    """Rows of parts_stock at the end of a month: some months of need, and parts of old models that have lain for
    long."""
    if month >= len(MONTH_STARTS) - 1 or MONTH_STARTS[month + 1] * DAY > CUTOFF_SECONDS:
        return {"part_id": pa.array([], pa.string())}
    part = np.arange(len(PART_IDS))
    repairs = np.array([plan.requests[unit, line == PRODUCT_LINE, month].sum() * 0.3 for line in range(len(LINES))])
    need = np.repeat(repairs, PARTS_PER_LINE) * MONTHLY_USE_SHARE
    cover = 1.6 + 1.8 * chance(plan.seed, "cover", unit, part) + 0.8 * chance(plan.seed, "cover now", unit, part, month)
    moved = 20 * chance(plan.seed, "moved", unit, part, month) / (0.2 + need)
    old = np.arange(len(OBSOLETE_IDS))
    old = old[chance(plan.seed, "slow part", unit, old) < HELD]
    line = old // OBSOLETE_PER_LINE
    quantity = np.concatenate([np.ceil(need * cover), np.ceil(repairs[line] * 0.15) + 2])
    idle = np.concatenate([moved, 200 + 300 * chance(plan.seed, "idle", unit, old)])
    cost = np.concatenate([UNIT_COST, UNIT_COST.reshape(len(LINES), -1).mean(axis=1).round()[line]])
    end = MONTH_STARTS[month + 1] - 1
    return {
        "part_id": labels(PART_IDS + OBSOLETE_IDS, np.concatenate([part, len(PART_IDS) + old])),
        "business_unit": unit_column(unit, len(quantity)),
        "month": np.full(len(quantity), MONTH_STARTS[month]),
        "quantity": quantity,
        "value": quantity * cost,
        "last_moved_on": np.floor(end - np.minimum(idle, 600)),
    }
