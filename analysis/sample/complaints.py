"""Complaints: most grow out of an order that went badly, some out of the product alone; planted stories put their
factor on them.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.sample.business import UNITS
from analysis.sample.clock import DESK_HOURS, HOUR, OFFICE_HOURS, next_open
from analysis.sample.days import CUTOFF_MONTH, CUTOFF_SECONDS, DAY, DAY_ZERO, month_of, month_tag
from analysis.sample.fleet import Appliances, customer_ids, owner, sale_month, serial_numbers
from analysis.sample.orders import Orders, at, order_ids, unit_column
from analysis.sample.phrases import complaint_texts
from analysis.sample.plan import Plan, day_in_month
from analysis.sample.products import PRODUCT_LINE, PRODUCTS
from analysis.sample.randomness import generator
from analysis.sample.requests import INSTALL, time_of_day
from analysis.sample.stories import complaint_factors
from analysis.sample.writing import Columns, identifiers, labels

CATEGORIES = (
    "slow response",
    "repeat fault",
    "attitude",
    "cost dispute",
    "parts wait",
    "installation quality",
    "product quality",
    "missed appointment",
    "wrong information",
    "damage during service",
)
(SLOW, REPEAT, ATTITUDE, COST, PARTS, INSTALLATION, QUALITY, MISSED, INFORMATION, DAMAGE) = range(len(CATEGORIES))
CHANNELS, CHANNEL_SHARES = ("phone", "app", "wechat", "e-mail", "store", "social"), (0.42, 0.2, 0.22, 0.05, 0.05, 0.06)
EXTERNAL, EXTERNAL_SHARES = ("12315", "consumer association", "media", "complaint platform"), (0.55, 0.12, 0.06, 0.27)
SEVERITIES = ("low", "medium", "high")
PER_ORDER = 0.031
"""Complaints per order that went smoothly."""
PER_UNIT_MONTH = 0.0002
"""Complaints per appliance in service and month that belong to no order."""


@dataclass(frozen=True)
class Complaints:
    """Complaints of one unit that start from the orders and the base of one month. `order` is a position, -1 for
    none.
    """

    unit: int
    month: int
    order: np.ndarray
    product: np.ndarray
    serial: np.ndarray
    customer: np.ndarray
    received: np.ndarray
    category: np.ndarray
    external: np.ndarray
    justified: np.ndarray
    first_reply: np.ndarray
    resolved: np.ndarray
    closed: np.ndarray
    compensation: np.ndarray

    def __len__(self) -> int:
        return len(self.order)

    def ids(self) -> pa.Array:
        """Complaint ids such as K03-2602-00012."""
        return complaint_ids(self.unit, self.month, np.arange(len(self)))


def complaint_ids(unit: int, month: int, number: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Complaint ids such as K03-2602-00012."""
    return identifiers(f"K{UNITS[unit].id[1:]}-{month_tag(month)}-", number, width=5, missing=missing)


def draw_complaints(plan: Plan, orders: Orders) -> Complaints:
    """Complaints about a month's orders and, apart from them, about the appliances in service."""
    rng = generator(plan.seed, "complaints", orders.unit, orders.month)
    factors = complaint_factors(UNITS[orders.unit].id) * UNITS[orders.unit].complaints
    linked, received = _about_orders(orders, factors.max(), rng)
    product, serial, moment = _about_products(plan, orders, factors, rng)
    received = np.concatenate([received, moment])
    keep = _thinned(received, len(linked), factors, rng)
    n_linked = int((keep < len(linked)).sum())
    order = np.concatenate([linked, np.full(len(moment), -1)])[keep]
    product = np.concatenate([orders.asked.product[linked], product])[keep]
    serial = np.concatenate([orders.asked.serial[linked], serial])[keep]
    which = Appliances(orders.unit, product, serial)
    customer = owner(plan, which, sale_month(plan, which))
    category = np.concatenate(
        [_category(orders, order[:n_linked], rng), _about_product_category(len(keep) - n_linked, rng)]
    )
    return _handled(orders, (order, product, serial, customer), received[keep], category, rng)


def complaint_rows(plan: Plan, orders: Orders, drawn: Complaints) -> Columns:
    """Rows of complaints, clean."""
    rng = generator(plan.seed, "complaint rows", drawn.unit, drawn.month)
    n = len(drawn)
    channel = rng.choice(len(CHANNELS), size=n, p=CHANNEL_SHARES)
    outside = len(CHANNELS) + rng.choice(len(EXTERNAL), size=n, p=EXTERNAL_SHARES)
    severity = np.minimum((rng.random(n) < 0.45).astype("int64") + drawn.external + (drawn.category == DAMAGE), 2)
    days = np.clip(at(orders.cycle_days, drawn.order, 4.0) + 1, 2, 60)
    return {
        "complaint_id": drawn.ids(),
        "business_unit": unit_column(drawn.unit, n),
        "received_at": drawn.received,
        "work_order_id": order_ids(drawn.unit, drawn.month, np.maximum(drawn.order, 0), drawn.order < 0),
        "customer_id": customer_ids(drawn.unit, drawn.customer),
        "product_id": labels([product.id for product in PRODUCTS], drawn.product),
        "serial_no": serial_numbers(Appliances(drawn.unit, drawn.product, drawn.serial), rng.random(n) < 0.15),
        "category": labels(CATEGORIES, drawn.category),
        "severity": labels(SEVERITIES, severity),
        "channel": labels(CHANNELS + EXTERNAL, np.where(drawn.external, outside, channel)),
        "is_justified": drawn.justified,
        "is_external": drawn.external,
        "first_reply_at": drawn.first_reply,
        "resolved_at": drawn.resolved,
        "closed_at": drawn.closed,
        "compensation": drawn.compensation,
        "text": complaint_texts(
            CATEGORIES, drawn.category, PRODUCT_LINE[drawn.product], days, UNITS[drawn.unit].parent, rng
        ),
        "source_system": labels(["CRM"], np.zeros(n, dtype="int64")),
        "recorded_at": np.minimum(
            np.floor(drawn.received + 60 + HOUR * 4 * rng.exponential(1.0, n) ** 2), CUTOFF_SECONDS
        ),
    }


def goodwill(drawn: Complaints, size: int) -> np.ndarray:
    """Compensation paid for complaints about each order of the month, in CNY."""
    linked = drawn.order >= 0
    return np.bincount(drawn.order[linked], weights=np.nan_to_num(drawn.compensation[linked]), minlength=size)


def _about_orders(orders: Orders, most: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions of orders complained about, at the highest factor of the unit, and when."""
    course, cycle = orders.course, orders.cycle_days
    rate = PER_ORDER * (1 + 1.6 * (cycle > 5) + 2.5 * (cycle > 12)) * (1 + 1.8 * (orders.parent >= 0))
    rate = (
        rate
        * (1 + 1.5 * np.isfinite(course.reopened))
        * (1 + 0.8 * (course.parts_wait > 0))
        * (1 + 1.6 * orders.asked.in_batch)
    )
    rate = rate * np.exp(-0.18 * orders.skill) * np.where(orders.status == 2, 0.7, 1.0)
    about = np.flatnonzero(rng.random(len(orders)) < np.minimum(rate * most, 0.9))
    days = cycle[about]
    impatient = rng.random(len(about)) < np.where(days > 4, 0.75, 0.2)
    wait = np.where(impatient, days * (0.35 + 0.65 * rng.random(len(about))), days + rng.exponential(6.0, len(about)))
    moment = np.floor((orders.asked.submitted[about] + wait * DAY) / DAY) * DAY + time_of_day(rng, len(about))
    return about, np.maximum(moment, orders.asked.submitted[about] + 1800)


def _about_products(
    plan: Plan, orders: Orders, factors: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    base = plan.in_service[orders.unit, :, orders.month] * (5 / 31 if orders.month == CUTOFF_MONTH else 1.0)
    counts = rng.poisson(base * PER_UNIT_MONTH * factors.max())
    counts[plan.sold_before[orders.unit, :, orders.month] == 0] = 0
    product = np.repeat(np.arange(len(counts)), counts)
    serial = np.floor(rng.random(len(product)) * plan.sold_before[orders.unit, product, orders.month]).astype("int64")
    line, uniform = PRODUCT_LINE[product], rng.random(len(product))
    day = day_in_month(plan.request_days[orders.unit], line, np.full(len(line), orders.month), uniform)
    return product, serial, (day + DAY_ZERO) * DAY + time_of_day(rng, len(product))


def _thinned(received: np.ndarray, linked: int, factors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Positions that stay: each with the factor of the month it was received in, against the highest one."""
    month = np.minimum(month_of(received // DAY), len(factors) - 1)
    stays = (rng.random(len(received)) < factors[month] / factors.max()) & (received <= CUTOFF_SECONDS)
    return np.flatnonzero(stays)


def _category(orders: Orders, order: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What it is about, by what went wrong with the order."""
    course, cycle = orders.course, orders.cycle_days[order]
    weight = np.tile(np.array([1.2, 0.7, 1.0, 1.1, 0.3, 0.15, 1.1, 0.7, 0.6, 0.35]), (len(order), 1))
    weight[:, SLOW] += 5.0 * (cycle > 5)
    weight[:, REPEAT] += 7.0 * ((orders.parent[order] >= 0) | np.isfinite(course.reopened[order]))
    weight[:, PARTS] += 4.0 * (course.parts_wait[order] > 0)
    weight[:, INSTALLATION] += 6.0 * (orders.asked.kind[order] == INSTALL)
    weight[:, COST] += 2.0 * ~orders.in_warranty[order]
    weight[:, QUALITY] += 6.0 * orders.asked.in_batch[order]
    weight[:, MISSED] += 1.5 * (course.customer_wait[order] > 0)
    edges = np.cumsum(weight, axis=1)
    return (rng.random((len(order), 1)) * edges[:, -1:] > edges).sum(axis=1)


def _about_product_category(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice([QUALITY, COST, INFORMATION, SLOW, ATTITUDE], size=size, p=[0.5, 0.15, 0.17, 0.1, 0.08])


def _handled(
    orders: Orders, about: tuple[np.ndarray, ...], received: np.ndarray, category: np.ndarray, rng: np.random.Generator
) -> Complaints:
    n = len(received)
    order, product, serial, customer = about
    external = rng.random(n) < np.where(category == COST, 0.08, 0.035)
    justified = rng.random(n) < np.array([0.75, 0.85, 0.6, 0.35, 0.8, 0.7, 0.55, 0.85, 0.65, 0.75])[category]
    reply = next_open(received + HOUR * np.exp(rng.normal(np.log(4.0), 1.1, n)), DESK_HOURS, rng)
    slow = np.where(external, 1.7, 1.0) * np.where(justified, 1.0, 0.8) * np.where(category == PARTS, 1.5, 1.0)
    resolved = next_open(reply + DAY * 3.2 * slow * np.exp(rng.normal(0, 0.95, n)), OFFICE_HOURS, rng)
    closed = next_open(resolved + DAY * np.exp(rng.normal(0.3, 0.6, n)), OFFICE_HOURS, rng)
    reply, resolved, closed = (
        np.where(moment <= CUTOFF_SECONDS, moment, np.nan) for moment in (reply, resolved, closed)
    )
    paid = justified & np.isfinite(resolved) & (rng.random(n) < 0.32)
    return Complaints(
        unit=orders.unit,
        month=orders.month,
        order=order,
        product=product,
        serial=serial,
        customer=customer,
        received=received,
        category=category,
        external=external,
        justified=justified,
        first_reply=reply,
        resolved=resolved,
        closed=closed,
        compensation=np.where(paid, np.round(np.exp(rng.normal(4.9, 0.7, n)) / 10) * 10, np.nan),
    )
