"""Every appliance ever sold: its dates, batch and owner are pure functions of its number, so any month can look
any of them up.

An appliance is (business unit, product, number in order of sale); a customer is (business unit, number in order of
first purchase).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.sample.business import UNITS
from analysis.sample.days import DAY_ZERO, MONTH_STARTS
from analysis.sample.plan import MONTHS, PRODUCT_LIFE_YEARS, Plan, day_in_month
from analysis.sample.products import LINES, PRODUCT_LINE, PRODUCTS, WARRANTY_MONTHS
from analysis.sample.randomness import chance
from analysis.sample.writing import identifiers, labels

_SPREAD = 7919  # a prime: spreads first-time buyers over the month's sales of all products
_RECENT = 1.3  # > 1: repeat buyers are rather recent customers

PRODUCT_IDS = tuple(product.id for product in PRODUCTS)
BATCHES = tuple(
    f"{product}-B{year % 100}S{half}" for product in PRODUCT_IDS for year in range(2012, 2027) for half in (1, 2)
)


@dataclass(frozen=True)
class Appliances:
    """Appliances of one business unit: product index and number in order of sale, one entry each."""

    unit: int
    product: np.ndarray
    number: np.ndarray


def sale_month(plan: Plan, which: Appliances) -> np.ndarray:
    """Month index in which each appliance was sold."""
    month = np.zeros(len(which.number), dtype="int64")
    for product in np.unique(which.product):
        rows = which.product == product
        month[rows] = np.searchsorted(plan.sold_before[which.unit, product], which.number[rows], side="right") - 1
    return month


def sold_on(plan: Plan, which: Appliances, month: np.ndarray) -> np.ndarray:
    """Day of sale (days since 1970), busiest at the sales events."""
    uniform = chance(plan.seed, "sold", which.unit, which.product, which.number)
    return day_in_month(plan.sales_days, PRODUCT_LINE[which.product], month, uniform) + DAY_ZERO


def install_lag(plan: Plan, which: Appliances) -> np.ndarray:
    """Days between sale and wish for installation: delivery takes its time, longest after the big sales events."""
    uniform = chance(plan.seed, "install", which.unit, which.product, which.number)
    return 1.0 + 14.0 * uniform**2.2


def in_service_on(plan: Plan, which: Appliances, sold: np.ndarray) -> np.ndarray:
    """Day of the first use."""
    needs_install = np.array([line.install for line in LINES])[PRODUCT_LINE[which.product]] > 0.1
    return sold + np.where(needs_install, np.floor(install_lag(plan, which)) + 2, 3)


def retired_on(plan: Plan, which: Appliances, in_service: np.ndarray) -> np.ndarray:
    """Day on which the appliance is scrapped; may lie after the data cut-off."""
    scale, shape = PRODUCT_LIFE_YEARS
    uniform = chance(plan.seed, "retired", which.unit, which.product, which.number)
    return np.floor(in_service + 365.25 * scale * (-np.log1p(-uniform)) ** (1 / shape))


def warranty_end_on(product: np.ndarray, sold: np.ndarray) -> np.ndarray:
    """Last day of the warranty: so many months after the sale."""
    day = sold.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    offset = (day - month.astype("datetime64[D]")).astype("int64")
    end = (month + WARRANTY_MONTHS[product]).astype("datetime64[D]").astype("int64")
    return end + np.minimum(offset, 27)


def owner(plan: Plan, which: Appliances, month: np.ndarray) -> np.ndarray:
    """Customer number of each appliance: a first-time buyer of its month, or one who has bought before."""
    unit = which.unit
    position = _position_in_month(plan, which, month)
    sold = plan.sold[unit].sum(axis=0)[month]
    turn = (position * _spread(sold) + 13) % np.maximum(sold, 1)
    new = plan.new_customers[unit, month]
    before = plan.customers_before[unit, month]
    uniform = chance(plan.seed, "owner", unit, which.product, which.number)
    earlier = before - 1 - np.floor(before * uniform**_RECENT).astype("int64")
    return np.where(turn < new, before + turn, np.maximum(earlier, 0))


def first_purchase(plan: Plan, unit: int, customer: np.ndarray) -> tuple[Appliances, np.ndarray]:
    """The appliance each customer bought first, and its month of sale: the inverse of `owner` for first-time buyers."""
    month = np.searchsorted(plan.customers_before[unit], customer, side="right") - 1
    turn = customer - plan.customers_before[unit, month]
    position = np.zeros(len(customer), dtype="int64")
    for value in np.unique(month):
        rows, sold = month == value, int(plan.sold[unit, :, value].sum())
        inverse = pow(int(_spread(np.array([sold]))[0]), -1, sold) if sold > 1 else 0
        position[rows] = ((turn[rows] - 13) * inverse) % max(sold, 1)
    edges = plan.sold[unit].cumsum(axis=0)[:, month]
    product = (position[None, :] >= edges).sum(axis=0)
    start = np.where(product > 0, edges[np.maximum(product - 1, 0), np.arange(len(month))], 0)
    return Appliances(unit, product, plan.sold_before[unit, product, month] + position - start), month


def sold_in(plan: Plan, unit: int, month: int) -> Appliances:
    """All appliances that a unit sold in a month."""
    counts = plan.sold[unit, :, month]
    product = np.repeat(np.arange(len(PRODUCTS)), counts)
    start = np.repeat(plan.sold_before[unit, :, month] - (np.cumsum(counts) - counts), counts)
    return Appliances(unit, product, start + np.arange(len(product)))


def batch(product: np.ndarray, sold: np.ndarray) -> np.ndarray:
    """Index into BATCHES: product and half-year of sale."""
    month = sold.astype("datetime64[D]").astype("datetime64[M]").astype("int64") + 1970 * 12
    return product * 30 + (month // 12 - 2012) * 2 + (month % 12 >= 6)


def serial_numbers(which: Appliances, missing: np.ndarray | None = None) -> pa.Array:
    """Serial numbers such as P08U03-0001234."""
    prefix = labels([f"{product}{UNITS[which.unit].id}-" for product in PRODUCT_IDS], which.product)
    return identifiers(prefix, which.number, width=7, missing=missing)


def customer_ids(unit: int, number: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Customer ids such as C03-0012345."""
    return identifiers(f"C{UNITS[unit].id[1:]}-", number, width=7, missing=missing)


def installed_unit_rows(plan: Plan, unit: int, product: int, numbers: np.ndarray, known_until: float) -> dict:
    """Rows of installed_units, and the days in service and of retirement for the monthly count."""
    which = Appliances(unit, np.full(len(numbers), product), numbers)
    month = sale_month(plan, which)
    sold = sold_on(plan, which, month)
    in_service = in_service_on(plan, which, sold)
    retired = retired_on(plan, which, in_service)
    made = sold - 15 - np.floor(110 * chance(plan.seed, "made", unit, which.product, numbers))
    return {
        "serial_no": serial_numbers(which),
        "product_id": labels(PRODUCT_IDS, which.product),
        "customer_id": customer_ids(unit, owner(plan, which, month)),
        "business_unit": labels([UNITS[unit].id], np.zeros(len(numbers), "int64")),
        "batch": labels(BATCHES, batch(which.product, sold)),
        "produced_on": made,
        "shipped_on": sold - 4 - np.floor(9 * chance(plan.seed, "shipped", unit, which.product, numbers)),
        "sold_on": sold,
        "in_service_on": np.where(in_service <= known_until, in_service, np.nan),
        "retired_on": np.where(retired <= known_until, retired, np.nan),
        "warranty_end_on": warranty_end_on(which.product, sold),
    }


def monthly_rows(plan: Plan, unit: int, product: int, in_service: np.ndarray, retired: np.ndarray) -> dict:
    """Rows of installed_base_monthly from the unit's opening on: in service on the last day of each month, and
    sold in it.
    """
    months = np.array(plan.months(unit))
    ends = np.minimum(MONTH_STARTS[months + 1], MONTH_STARTS[MONTHS - 1] + 5) - 1
    started = np.searchsorted(np.sort(in_service[np.isfinite(in_service)]), ends, side="right")
    gone = np.searchsorted(np.sort(retired[np.isfinite(retired)]), ends, side="right")
    return {
        "business_unit": labels([UNITS[unit].id], np.zeros(len(months), "int64")),
        "product_id": labels([PRODUCT_IDS[product]], np.zeros(len(months), "int64")),
        "month": MONTH_STARTS[months],
        "units_in_service": started - gone,
        "units_shipped": plan.sold[unit, product, months],
    }


def _position_in_month(plan: Plan, which: Appliances, month: np.ndarray) -> np.ndarray:
    before_product = (plan.sold[which.unit].cumsum(axis=0) - plan.sold[which.unit])[which.product, month]
    return before_product + which.number - plan.sold_before[which.unit, which.product, month]


def _spread(sold: np.ndarray) -> np.ndarray:
    return np.where(sold % _SPREAD == 0, 1, _SPREAD)
