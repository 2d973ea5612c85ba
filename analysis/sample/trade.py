"""Sales and what follows them: purchases, returns and exchanges, the loyalty programme and service contracts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.sample.business import UNITS
from analysis.sample.clock import OFFICE_HOURS, next_open
from analysis.sample.days import CUTOFF_SECONDS, DAY, FIRST_MONTH, day_number, month_tag
from analysis.sample.fleet import PRODUCT_IDS, customer_ids, first_purchase, owner, serial_numbers, sold_in, sold_on
from analysis.sample.orders import unit_column
from analysis.sample.people import referred, segment
from analysis.sample.plan import Plan
from analysis.sample.products import PRICE
from analysis.sample.randomness import chance, generator
from analysis.sample.requests import time_of_day
from analysis.sample.writing import Columns, identifiers, labels

CHANNELS, CHANNEL_SHARES = (
    ("marketplace", "store", "online shop", "live stream", "project"),
    (0.36, 0.28, 0.2, 0.11, 0.05),
)
RETURNED = 0.033
REASONS, REASON_SHARES = (
    ("not as expected", "defective", "damaged in transport", "wrong size", "changed mind"),
    (0.3, 0.27, 0.12, 0.13, 0.18),
)
RESULTS = ("defect", "no_fault", "damaged", "not_as_expected")
MEMBER_SHARE = 0.38
TIERS, TIER_SHARES = ("standard", "silver", "gold", "platinum"), (0.62, 0.24, 0.11, 0.03)
REWARDS, REWARD_SHARES = ("voucher", "free maintenance", "gift", "extended warranty"), (0.45, 0.28, 0.15, 0.12)
CONTRACT_SHARE = np.array([0.03, 0.12, 0.02, 0.12, 0.55])  # by segment
RENEWED = 0.72
TERMS = 7


@dataclass(frozen=True)
class Purchases:
    """The purchases of one unit and month."""

    unit: int
    month: int
    product: np.ndarray
    number: np.ndarray
    customer: np.ndarray
    moment: np.ndarray
    revenue: np.ndarray
    serial: pa.Array


@dataclass(frozen=True)
class Returns:
    """Returns and exchanges of a month's purchases; `received` is NaN until the parcel is back."""

    columns: Columns
    received: np.ndarray


def draw_purchases(plan: Plan, unit: int, month: int) -> Purchases:
    """One purchase for each appliance sold in the month."""
    rng = generator(plan.seed, "purchases", unit, month)
    which = sold_in(plan, unit, month)
    day = sold_on(plan, which, np.full(len(which.number), month))
    moment = day * DAY + time_of_day(rng, len(day))
    promotion = np.isin(day, _promotion_days())
    price = PRICE[which.product] * (1 - 0.01 * (month - FIRST_MONTH) / 12)
    paid = price * np.where(promotion, 0.86, 0.94) * np.exp(rng.normal(0, 0.04, len(day)))
    keep = np.flatnonzero(moment <= CUTOFF_SECONDS)
    customer = owner(plan, which, np.full(len(which.number), month))
    return Purchases(
        unit,
        month,
        which.product[keep],
        which.number[keep],
        customer[keep],
        moment[keep],
        np.round(paid[keep], 2),
        serial_numbers(which).take(pa.array(keep)),
    )


def purchase_rows(plan: Plan, bought: Purchases) -> Columns:
    """Rows of purchases; a referred customer's first purchase carries the code of the customer who sent them."""
    rng = generator(plan.seed, "purchase rows", bought.unit, bought.month)
    n = len(bought.number)
    came, by = referred(plan, bought.unit, bought.customer)
    return {
        "purchase_id": purchase_ids(bought.unit, bought.month, np.arange(n)),
        "customer_id": customer_ids(bought.unit, bought.customer),
        "business_unit": unit_column(bought.unit, n),
        "product_id": labels(PRODUCT_IDS, bought.product),
        "purchased_at": bought.moment,
        "quantity": np.ones(n),
        "revenue": bought.revenue,
        "margin": bought.revenue * (0.23 + 0.05 * rng.normal(0, 1, n)),
        "channel": labels(CHANNELS, rng.choice(len(CHANNELS), size=n, p=CHANNEL_SHARES)),
        "referral_code": customer_ids(bought.unit, by, ~came | (rng.random(n) < 0.5)),
        "personalised": rng.random(n) < 0.3,
    }


def draw_returns(plan: Plan, bought: Purchases) -> Returns:
    """Rows of returns: within sixty days of the purchase."""
    rng = generator(plan.seed, "returns", bought.unit, bought.month)
    chosen = np.flatnonzero(rng.random(len(bought.number)) < RETURNED)
    asked = bought.moment[chosen] + DAY * np.minimum(1 + rng.exponential(9.0, len(chosen)), 58)
    asked = next_open(asked, (7.0, 23.5), rng)
    chosen, asked = chosen[asked <= CUTOFF_SECONDS], asked[asked <= CUTOFF_SECONDS]
    n = len(chosen)
    reason = rng.choice(len(REASONS), size=n, p=REASON_SHARES)
    received = next_open(asked + DAY * (2 + rng.exponential(2.5, n)), OFFICE_HOURS, rng)
    inspected = next_open(received + DAY * (0.2 + rng.exponential(1.6, n)), OFFICE_HOURS, rng)
    exchange = rng.random(n) < np.where(reason == 1, 0.5, 0.2)
    refunded = np.where(
        exchange, np.nan, next_open(inspected + DAY * (0.5 + rng.exponential(1.5, n)), OFFICE_HOURS, rng)
    )
    found = rng.random(n)
    result = np.select([reason == 1, reason == 2], [np.where(found < 0.68, 0, 1), 2], np.where(found < 0.85, 3, 1))
    known = [np.where(moment <= CUTOFF_SECONDS, moment, np.nan) for moment in (received, inspected, refunded)]
    columns = {
        "return_id": return_ids(bought.unit, bought.month, np.arange(n)),
        "business_unit": unit_column(bought.unit, n),
        "kind": labels(("return", "exchange"), exchange.astype("int64")),
        "requested_at": asked,
        "purchase_id": purchase_ids(bought.unit, bought.month, chosen),
        "customer_id": customer_ids(bought.unit, bought.customer[chosen]),
        "product_id": labels(PRODUCT_IDS, bought.product[chosen]),
        "serial_no": bought.serial.take(pa.array(chosen)),
        "received_at": known[0],
        "inspected_at": known[1],
        "refunded_at": known[2],
        "reason": labels(REASONS, reason),
        "inspection_result": labels(RESULTS, np.where(np.isfinite(known[1]), result, -1)),
        "refund": np.where(np.isfinite(known[2]), bought.revenue[chosen], np.nan),
        "policy_version": labels(("2022", "2025"), (asked >= day_number("2025-01-01") * DAY).astype("int64")),
    }
    return Returns(columns, known[0])


def loyalty_rows(plan: Plan, bought: Purchases) -> Columns:
    """Rows of loyalty_transactions: points for purchases, and points spent some time later."""
    rng = generator(plan.seed, "loyalty", bought.unit, bought.month)
    member = np.flatnonzero(_joined_on(plan, bought.unit, bought.customer) * DAY <= bought.moment)
    spends = member[rng.random(len(member)) < 0.42]
    later = next_open(bought.moment[spends] + DAY * (3 + rng.exponential(70.0, len(spends))), (7.0, 23.5), rng)
    spends, later = spends[later <= CUTOFF_SECONDS], later[later <= CUTOFF_SECONDS]
    place = np.concatenate([member, spends])
    issue = np.arange(len(place)) < len(member)
    points = np.where(
        issue,
        np.round(bought.revenue[place] / 10),
        np.round(bought.revenue[place] / 10 * (0.4 + 0.6 * rng.random(len(place)))),
    )
    reward = rng.choice(len(REWARDS), size=len(place), p=REWARD_SHARES)
    return {
        "transaction_id": identifiers(
            f"L{UNITS[bought.unit].id[1:]}-{month_tag(bought.month)}-", np.arange(len(place)), width=6
        ),
        "customer_id": customer_ids(bought.unit, bought.customer[place]),
        "at": np.concatenate([bought.moment[member], later]),
        "kind": labels(("issue", "redeem"), (~issue).astype("int64")),
        "points": points,
        "reward_type": labels(REWARDS, np.where(issue, -1, reward)),
    }


def member_rows(plan: Plan, unit: int, customers: np.ndarray) -> Columns:
    """Rows of loyalty_members."""
    joined = _joined_on(plan, unit, customers)
    members = customers[np.isfinite(joined)]
    tier = np.searchsorted(np.cumsum(TIER_SHARES)[:-1], chance(plan.seed, "tier", unit, members), side="right")
    return {
        "customer_id": customer_ids(unit, members),
        "joined_on": joined[np.isfinite(joined)],
        "tier": labels(TIERS, tier),
    }


def contract_rows(plan: Plan, unit: int, customers: np.ndarray) -> Columns:
    """Rows of contracts: service contracts of a year each, renewed or not; one that still runs has no answer yet."""
    share = CONTRACT_SHARE[segment(plan, unit, customers)]
    holder = customers[chance(plan.seed, "contract", unit, customers) < share]
    first = np.maximum(_first_day(plan, unit, holder), day_number("2021-06-01"))
    start = np.floor(first + 900 * chance(plan.seed, "contract start", unit, holder))
    running = np.ones(len(holder), dtype=bool)
    parts: list[tuple[np.ndarray, ...]] = []
    for year in range(TERMS):
        begins = start + 365 * year
        on = np.flatnonzero(running & (begins <= CUTOFF_SECONDS // DAY))
        renews = chance(plan.seed, "renewal", unit, holder, year) < RENEWED
        parts.append((holder[on], begins[on], renews[on], np.full(len(on), year)))
        running &= renews
    who, begin, renewed, term = (np.concatenate(column) for column in zip(*parts, strict=True))
    over = begin + 364 <= CUTOFF_SECONDS // DAY
    return {
        "contract_id": identifiers(identifiers(f"Q{UNITS[unit].id[1:]}-", who, width=7), term + 1, width=2),
        "customer_id": customer_ids(unit, who),
        "business_unit": unit_column(unit, len(who)),
        "start_on": begin,
        "end_on": begin + 364,
        "renewed": pa.array(renewed, mask=~over),
    }


def purchase_ids(unit: int, month: int, number: np.ndarray) -> pa.Array:
    """Purchase ids such as B03-2602-000123."""
    return identifiers(f"B{UNITS[unit].id[1:]}-{month_tag(month)}-", number, width=6)


def return_ids(unit: int, month: int, number: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Return ids such as R03-2602-00012."""
    return identifiers(f"R{UNITS[unit].id[1:]}-{month_tag(month)}-", number, width=5, missing=missing)


def _first_day(plan: Plan, unit: int, customers: np.ndarray) -> np.ndarray:
    which, month = first_purchase(plan, unit, customers)
    return sold_on(plan, which, month)


def _joined_on(plan: Plan, unit: int, customers: np.ndarray) -> np.ndarray:
    """Day of joining the programme (it began in 2020), NaN for those who did not or not yet."""
    distinct, back = np.unique(customers, return_inverse=True)
    first = np.maximum(_first_day(plan, unit, distinct), day_number("2020-05-01"))
    joined = first + np.floor(400 * chance(plan.seed, "joined", unit, distinct) ** 3)
    is_member = (chance(plan.seed, "member", unit, distinct) < MEMBER_SHARE) & (joined <= CUTOFF_SECONDS // DAY)
    return np.where(is_member, joined, np.nan)[back]


def _promotion_days() -> np.ndarray:
    """Days since 1970 of the price campaigns around 618 and 11.11."""
    first = [(day_number(f"{year}-06-10"), day_number(f"{year}-11-05")) for year in range(2012, 2027)]
    return np.concatenate(
        [np.concatenate([np.arange(summer, summer + 9), np.arange(autumn, autumn + 7)]) for summer, autumn in first]
    )
