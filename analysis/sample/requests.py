"""Who asks for service, for which appliance and when: the first orders of a unit and month, the failing batch,
installations, follow-ups.
"""

from dataclasses import dataclass, fields

import numpy as np

from analysis.sample.business import UNITS
from analysis.sample.days import CUTOFF_SECONDS, DAY, DAY_ZERO, MONTH_STARTS, month_number
from analysis.sample.fleet import Appliances, in_service_on, install_lag, retired_on, sale_month, sold_in, sold_on
from analysis.sample.plan import Plan, day_in_month, opening_month
from analysis.sample.products import FAULT_OFFSET, FAULT_WEIGHTS, FAULTS, LINES, PRODUCT_INDEX, PRODUCT_LINE
from analysis.sample.randomness import chance, generator
from analysis.sample.stories import BATCH_FAULT, BATCH_PRODUCT, BATCH_SOLD, batch_failures

KINDS = ("repair", "install", "maintenance", "inspection")
REPAIR, INSTALL, MAINTENANCE, INSPECTION = range(4)
KIND_SHARES = (0.81, 0.0, 0.12, 0.07)
EARLY_SHARE = 0.05
"""Share of the repairs that befall appliances sold in this month or the one before: early failures."""
HOUR_WEIGHTS = np.array(
    [
        0.2,
        0.1,
        0.1,
        0.1,
        0.1,
        0.3,
        0.8,
        2.0,
        5.5,
        8.0,
        8.5,
        7.5,
        5.0,
        5.5,
        7.0,
        7.2,
        6.8,
        6.0,
        5.5,
        6.2,
        6.5,
        5.0,
        2.6,
        0.9,
    ]
)
"""Requests by hour of the day: day-shaped, with an evening shoulder from the app."""


@dataclass(frozen=True)
class Requests:
    """Requests of one unit; one entry each. `fault` indexes FAULTS, `parent` the request repeated (by position),
    -1 is none.
    """

    product: np.ndarray
    serial: np.ndarray
    kind: np.ndarray
    fault: np.ndarray
    submitted: np.ndarray
    parent: np.ndarray
    in_batch: np.ndarray

    def take(self, rows: np.ndarray) -> "Requests":
        """Those requests only."""
        return Requests(*(getattr(self, field.name)[rows] for field in fields(self)))

    def join(self, other: "Requests") -> "Requests":
        """These requests, then the others."""
        return Requests(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


def draw_requests(plan: Plan, unit: int, month: int) -> Requests:
    """All requests of a unit that start in a month, follow-ups apart; installations of its sales may fall into the
    next month.
    """
    rng = generator(plan.seed, "requests", unit, month)
    wanted = (
        _failures(plan, unit, month, rng)
        .join(_batch_failures(plan, unit, month, rng))
        .join(_installs(plan, unit, month, rng))
    )
    return wanted.take(np.flatnonzero(wanted.submitted <= CUTOFF_SECONDS))


def time_of_day(rng: np.random.Generator, size: int) -> np.ndarray:
    """Seconds after midnight at which customers ask."""
    hour = np.searchsorted(np.cumsum(HOUR_WEIGHTS) / HOUR_WEIGHTS.sum(), rng.random(size), side="right")
    return np.floor((np.minimum(hour, 23) + rng.random(size)) * 3600)


def _failures(plan: Plan, unit: int, month: int, rng: np.random.Generator) -> Requests:
    counts = rng.poisson(plan.requests[unit, :, month])
    counts[plan.sold_before[unit, :, month] == 0] = 0
    product = np.repeat(np.arange(len(counts)), counts)
    line = PRODUCT_LINE[product]
    day = day_in_month(plan.request_days[unit], line, np.full(len(line), month), rng.random(len(line)))
    submitted = (day + DAY_ZERO) * DAY + time_of_day(rng, len(product))
    kind = rng.choice(len(KINDS), size=len(product), p=KIND_SHARES)
    serial = _appliances(plan, unit, month, product, submitted, kind, rng)
    return _requests(product, serial, kind, np.where(kind == REPAIR, _faults(line, rng), -1), submitted)


def _batch_failures(plan: Plan, unit: int, month: int, rng: np.random.Generator) -> Requests:
    product = PRODUCT_INDEX[BATCH_PRODUCT]
    first, last = (
        plan.sold_before[unit, product, month_number(edge) + step]
        for edge, step in zip(BATCH_SOLD, (0, 1), strict=True)
    )
    rate = batch_failures(month) * (5 / 31 if MONTH_STARTS[month] * DAY + 6 * DAY > CUTOFF_SECONDS else 1.0)
    count = rng.poisson((last - first) * rate) if month >= opening_month(UNITS[unit]) else 0
    day = day_in_month(
        plan.request_days[unit], np.full(count, PRODUCT_LINE[product]), np.full(count, month), rng.random(count)
    )
    serial = rng.integers(first, max(last, first + 1), count)
    fault = np.full(count, FAULTS.index(BATCH_FAULT))
    submitted = (day + DAY_ZERO) * DAY + time_of_day(rng, count)
    made = _requests(np.full(count, product), serial, np.full(count, REPAIR), fault, submitted)
    return Requests(
        made.product, made.serial, made.kind, made.fault, made.submitted, made.parent, np.ones(count, dtype=bool)
    )


def _installs(plan: Plan, unit: int, month: int, rng: np.random.Generator) -> Requests:
    sold = sold_in(plan, unit, month)
    wanted = (
        chance(plan.seed, "installs", unit, sold.product, sold.number) < plan.install_share[unit, sold.product, month]
    )
    which = Appliances(unit, sold.product[wanted], sold.number[wanted])
    day = sold_on(plan, which, np.full(len(which.number), month))
    submitted = (day + np.floor(0.7 * install_lag(plan, which))) * DAY + time_of_day(rng, len(day))
    count = len(day)
    return _requests(which.product, which.number, np.full(count, INSTALL), np.full(count, -1), submitted)


def _appliances(
    plan: Plan,
    unit: int,
    month: int,
    product: np.ndarray,
    submitted: np.ndarray,
    kind: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """A serial for each request: sold before the month and not yet scrapped; a few early failures of the newest
    sales.
    """
    high = plan.sold_before[unit, product, month]
    serial = np.floor(rng.random(len(product)) * high).astype("int64")
    for _ in range(3):
        gone = np.flatnonzero(_retired(plan, unit, product, serial) * DAY < submitted)
        serial[gone] = np.floor(rng.random(len(gone)) * high[gone]).astype("int64")
    low = plan.sold_before[unit, product, max(month - 1, 0)]
    newest = plan.sold_before[unit, product, month + 1]
    early = np.flatnonzero((kind == REPAIR) & (rng.random(len(product)) < EARLY_SHARE) & (newest > low))
    young = Appliances(
        unit, product[early], low[early] + np.floor(rng.random(len(early)) * (newest - low)[early]).astype("int64")
    )
    in_use = in_service_on(plan, young, sold_on(plan, young, sale_month(plan, young))) * DAY < submitted[early]
    serial[early[in_use]] = young.number[in_use]
    return serial


def _retired(plan: Plan, unit: int, product: np.ndarray, serial: np.ndarray) -> np.ndarray:
    which = Appliances(unit, product, serial)
    return retired_on(plan, which, MONTH_STARTS[sale_month(plan, which)] + 15)


def _faults(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    uniform, fault = rng.random(len(line)), np.zeros(len(line), dtype="int64")
    for value in np.unique(line):
        edges = np.cumsum(FAULT_WEIGHTS[: len(LINES[value].faults)])
        rows = line == value
        fault[rows] = FAULT_OFFSET[value] + np.searchsorted(edges / edges[-1], uniform[rows], side="right")
    return fault


def _requests(
    product: np.ndarray, serial: np.ndarray, kind: np.ndarray, fault: np.ndarray, submitted: np.ndarray
) -> Requests:
    nothing = np.full(len(product), -1)
    return Requests(product, serial, kind, fault, submitted, nothing, np.zeros(len(product), dtype=bool))
