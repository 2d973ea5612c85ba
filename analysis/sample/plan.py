"""How much happens where and when: units sold, expected orders and technicians per business unit, product and month.

Everything here is expected volume, worked out once from the size and the seed; what really happens is drawn month
by month.
"""

from dataclasses import dataclass

import numpy as np

from analysis.sample.business import UNITS, Unit
from analysis.sample.days import (
    CUTOFF_MONTH,
    DAY_ZERO,
    FIRST_MONTH,
    MONTH_STARTS,
    day_number,
    festival_weight,
    month_number,
    month_of,
    weekday_weight,
)
from analysis.sample.products import LINES, PRODUCT_LINE, PRODUCTS, season_of_requests, season_of_sales
from analysis.sample.randomness import generator
from analysis.sample.stories import BATCH_PRODUCT, BATCH_SOLD, batch_failures, request_factors

MONTHS = CUTOFF_MONTH + 1
SOLD_PER_ORDER = 2.4
"""Units ever sold for each work order of the sample."""
CUSTOMERS_PER_ORDER = 0.72
REPEATED = 0.062
"""Share of follow-up orders among all orders, as measured; they come on top of the expected first orders."""
ORDERS_PER_TECHNICIAN_DAY = 3.2
NOISE = 0.035
KNOWN_FROM = MONTH_STARTS[:-1] - DAY_ZERO
KNOWN_UNTIL = np.minimum(MONTH_STARTS[1:] - DAY_ZERO, day_number("2026-07-06") - DAY_ZERO)
"""For every month: its first day and the day after its last known one, as positions on the day axis."""
PRODUCT_LIFE_YEARS = (13.0, 3.0)  # scale and shape of the Weibull life


@dataclass(frozen=True)
class Plan:
    """Expected volumes; axes are business unit, product, month (index on MONTH_LABELS).

    sold : units sold, whole numbers. sold_before[u, p, m] : sold before month m (one month more than `sold`).
    in_service : expected units in service in the middle of the month.
    requests : expected orders, installations and follow-ups apart. install_share : of the units sold, the share the
    unit itself installs.
    new_customers[u, m] : customers that buy for the first time. technicians[u] : posts.
    request_days[u][line], sales_days[line] : cumulated weight of every day of the axis, see `day_in_month`.
    """

    seed: int
    work_orders: int
    sold: np.ndarray
    sold_before: np.ndarray
    in_service: np.ndarray
    requests: np.ndarray
    install_share: np.ndarray
    new_customers: np.ndarray
    customers_before: np.ndarray
    technicians: np.ndarray
    request_days: np.ndarray
    sales_days: np.ndarray

    def months(self, unit: int) -> range:
        """Months in which a business unit works: from its opening, or from the beginning of the sample, to the
        cut-off.
        """
        return range(opening_month(UNITS[unit]), MONTHS)


def opening_month(unit: Unit) -> int:
    """The first month of a unit's orders in the sample."""
    opened = month_of(np.array([day_number(unit.opened)]))[0]
    return max(FIRST_MONTH, int(opened))


def make_plan(seed: int, work_orders: int) -> Plan:
    """The volumes of a sample of about that many work orders (within some 2 %)."""
    sales_weight = np.stack([_cumulated(season_of_sales(line)) for line in range(len(LINES))])
    sold = _units_sold(SOLD_PER_ORDER * work_orders, sales_weight)
    sold_before = np.concatenate([np.zeros_like(sold[:, :, :1]), sold.cumsum(axis=2)], axis=2)
    in_service = _in_service(sold)
    daily = _request_weights()
    day_weight = np.apply_along_axis(_cumulated, 2, daily)
    install_share = _install_share()
    first_orders = (
        work_orders * (1 - REPEATED) - (sold * install_share)[:, :, FIRST_MONTH:].sum() - _batch_repairs(sold)
    )
    requests = _requests(seed, in_service, day_weight, first_orders)
    new_customers = _new_customers(sold, CUSTOMERS_PER_ORDER * work_orders)
    technicians = np.maximum(
        3,
        np.ceil(
            requests[:, :, CUTOFF_MONTH - 12 : CUTOFF_MONTH].sum(axis=1).mean(axis=1)
            * 1.3
            / (ORDERS_PER_TECHNICIAN_DAY * 22)
        ),
    ).astype("int64")
    before = np.concatenate([np.zeros((len(UNITS), 1), "int64"), new_customers.cumsum(axis=1)], axis=1)
    return Plan(
        seed,
        work_orders,
        sold,
        sold_before,
        in_service,
        requests,
        install_share,
        new_customers,
        before,
        technicians,
        _stacked(day_weight),
        _stacked(sales_weight),
    )


def known_days(month: int) -> tuple[int, int]:
    """First day of the month and the day after its last one, as positions on the day axis; ended by the cut-off."""
    return int(KNOWN_FROM[month]), int(KNOWN_UNTIL[month])


def day_in_month(days: np.ndarray, line: np.ndarray, month: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """A day (position on the axis) of the month, drawn by the weights of the product line.

    days : `Plan.sales_days` or one unit's `Plan.request_days`: cumulated weights by line, line k running from k to
    k + 1.
    """
    first, last = KNOWN_FROM[month], KNOWN_UNTIL[month]
    low, high = days[line, first], days[line, last]
    day = np.searchsorted(days.ravel(), low + uniform * (high - low), side="right") - 1 - line * days.shape[1]
    return np.minimum(np.maximum(day, first), last - 1)


def _cumulated(weight: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(weight)])


def _month_sums(cumulated: np.ndarray) -> np.ndarray:
    return cumulated[..., KNOWN_UNTIL[:MONTHS]] - cumulated[..., KNOWN_FROM[:MONTHS]]


def _stacked(cumulated: np.ndarray) -> np.ndarray:
    return cumulated / cumulated[..., -1:] + np.arange(cumulated.shape[-2])[:, None]


def _units_sold(total: float, sales_weight: np.ndarray) -> np.ndarray:
    season = _month_sums(sales_weight)[PRODUCT_LINE]  # product × month
    years = (np.arange(MONTHS) - FIRST_MONTH) / 12
    launched = np.array([month_of(np.array([day_number(product.launched)]))[0] for product in PRODUCTS])
    on_sale = np.arange(MONTHS)[None, :] >= launched[:, None]
    share = np.array([product.share for product in PRODUCTS])
    expected = np.zeros((len(UNITS), len(PRODUCTS), MONTHS))
    for number, unit in enumerate(UNITS):
        growth = (1 + unit.sales_growth) ** years * (np.arange(MONTHS) >= month_number(unit.sales_from))
        expected[number] = unit.weight * share[:, None] * season * on_sale * growth
    scaled = np.cumsum(expected * (total / expected.sum()), axis=2)
    return np.diff(np.floor(scaled + 0.5), axis=2, prepend=0).astype("int64")


def _in_service(sold: np.ndarray) -> np.ndarray:
    scale, shape = PRODUCT_LIFE_YEARS
    alive = np.exp(-((np.arange(MONTHS) / 12 / scale) ** shape))
    alive[0] = 0.4  # sold half a month ago on average, and a little while until it is in use
    out = np.zeros(sold.shape)
    for age in range(MONTHS):
        out[:, :, age:] += sold[:, :, : MONTHS - age] * alive[age]
    return out


def _request_weights() -> np.ndarray:
    """Unit × line × day: how many requests a unit in service makes on the day, against the average day."""
    weekday = weekday_weight()
    return np.stack(
        [
            np.stack([season_of_requests(line, heat=unit.heat, heat_days=unit.heat_days) for line in range(len(LINES))])
            * festival_weight(unit.festival)
            * weekday
            for unit in UNITS
        ]
    )


def _install_share() -> np.ndarray:
    """Unit × product × month: share of units sold that the business unit itself installs, from its opening on."""
    share = np.zeros((len(UNITS), len(PRODUCTS), MONTHS))
    for number, unit in enumerate(UNITS):
        share[number, :, opening_month(unit) :] = np.array([LINES[line].install for line in PRODUCT_LINE])[:, None]
    return share


def _batch_repairs(sold: np.ndarray) -> float:
    product = [entry.id for entry in PRODUCTS].index(BATCH_PRODUCT)
    units = sold[:, product, month_number(BATCH_SOLD[0]) : month_number(BATCH_SOLD[1]) + 1].sum()
    return float(units * sum(batch_failures(month) for month in range(MONTHS)))


def _requests(seed: int, in_service: np.ndarray, day_weight: np.ndarray, total: float) -> np.ndarray:
    hazard = np.array([LINES[line].hazard for line in PRODUCT_LINE])
    season = _month_sums(day_weight)[:, PRODUCT_LINE, :]
    expected = in_service * hazard[None, :, None] * season
    for number, unit in enumerate(UNITS):
        expected[number, :, : opening_month(unit)] = 0.0
        noise = generator(seed, "volume", number).normal(0.0, NOISE, MONTHS)
        expected[number] *= np.exp(noise) * np.stack([request_factors(unit.id, line)[:MONTHS] for line in PRODUCT_LINE])
    return expected * (max(total, 1.0) / expected.sum())


def _new_customers(sold: np.ndarray, total: float) -> np.ndarray:
    units = sold.sum(axis=1)  # business unit × month
    share = total / units.sum()
    new = np.minimum(np.floor(np.cumsum(units * share, axis=1) + 0.5), np.cumsum(units, axis=1))
    new = np.diff(new, axis=1, prepend=0).astype("int64")
    first = (units > 0).argmax(axis=1)
    new[np.arange(len(new)), first] = np.maximum(new[np.arange(len(new)), first], 1)
    return np.minimum(new, units)
