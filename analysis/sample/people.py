"""Customers: one row for each, consistent with the appliances they own."""

import numpy as np

from analysis.sample.business import UNITS
from analysis.sample.fleet import customer_ids, first_purchase, sold_on
from analysis.sample.orders import unit_column
from analysis.sample.plan import Plan
from analysis.sample.randomness import chance, generator, pick
from analysis.sample.writing import Columns, labels

SEGMENTS, SEGMENT_SHARES = (
    ("household", "vip", "young renter", "small business", "property manager"),
    (0.62, 0.09, 0.16, 0.09, 0.04),
)
CUSTOMER_TYPES = ("consumer", "business")
ACQUIRED_VIA, ACQUIRED_SHARES = (
    ("store", "online shop", "marketplace", "referral", "project", "campaign"),
    (30, 24, 24, 11, 4, 7),
)
CITIES = {
    "U01": ("上海", "南京", "苏州", "杭州", "宁波", "合肥"),
    "U02": ("广州", "深圳", "佛山", "东莞", "福州", "厦门"),
    "U03": ("北京", "天津", "石家庄", "太原"),
    "U04": ("武汉", "长沙", "郑州", "南昌"),
    "U05": ("成都", "重庆", "昆明", "贵阳"),
    "U06": ("沈阳", "大连", "长春", "哈尔滨"),
    "U07": ("西安", "兰州", "乌鲁木齐", "银川", "西宁"),
    "U08": ("华东", "华南", "华北", "西南", "其他"),
    "U09": ("济南", "青岛", "烟台", "临沂"),
    "U10": ("香港島", "九龍", "新界"),
    "U11": ("Germany", "France", "Poland", "United Arab Emirates", "South Africa"),
    "U12": ("海口", "三亚", "儋州"),
}
REFERRED_SHARE = 0.11
REFERRED_VIA = ACQUIRED_VIA.index("referral")


def referred(plan: Plan, unit: int, customer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each customer came by referral, and the number of the customer who sent them (an earlier, rather
    recent one).
    """
    came = (chance(plan.seed, "acquired", unit, customer) < REFERRED_SHARE) & (customer > 20)
    by = np.floor((customer - 10) * chance(plan.seed, "referrer", unit, customer) ** 0.4).astype("int64")
    return came, np.maximum(by, 0)


def segment(plan: Plan, unit: int, customer: np.ndarray) -> np.ndarray:
    """Index into SEGMENTS."""
    return pick(np.array(SEGMENT_SHARES), chance(plan.seed, "segment", unit, customer))


def customer_rows(plan: Plan, unit: int, customer: np.ndarray) -> Columns:
    """Rows of the customers of those numbers."""
    rng = generator(plan.seed, "customers", unit, int(customer[0]))
    which, month = first_purchase(plan, unit, customer)
    kind = segment(plan, unit, customer)
    came, by = referred(plan, unit, customer)
    others = np.array([share for place, share in enumerate(ACQUIRED_SHARES) if place != REFERRED_VIA], dtype=float)
    via = pick(others, rng.random(len(customer)))
    via = np.where(came, REFERRED_VIA, via + (via >= REFERRED_VIA))
    cities = CITIES[UNITS[unit].id]
    weight = np.arange(len(cities), 0, -1, dtype=float)
    born = np.where(kind == 2, rng.normal(1998, 3.5, len(customer)), rng.normal(1980, 12, len(customer)))
    unknown = (kind >= 3) | (rng.random(len(customer)) < 0.25)
    return {
        "customer_id": customer_ids(unit, customer),
        "business_unit": unit_column(unit, len(customer)),
        "segment": labels(SEGMENTS, kind),
        "customer_type": labels(CUSTOMER_TYPES, (kind >= 3).astype("int64")),
        "region": labels(cities, pick(weight, rng.random(len(customer)))),
        "first_purchase_on": sold_on(plan, which, month),
        "acquired_via": labels(ACQUIRED_VIA, via),
        "referred_by": customer_ids(unit, by, ~came),
        "birth_year": np.where(unknown, np.nan, np.clip(np.floor(born), 1938, 2007)),
    }
