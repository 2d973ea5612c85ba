"""Quality work: audits of orders against the service standard, and issues opened with the factories."""

import numpy as np

from analysis.sample.business import UNITS
from analysis.sample.clock import OFFICE_HOURS, next_open
from analysis.sample.days import CUTOFF_SECONDS, DAY, FIRST_MONTH, LAST_FULL_MONTH, MONTH_STARTS, day_number, month_tag
from analysis.sample.orders import Orders, unit_column
from analysis.sample.plan import Plan
from analysis.sample.products import LINES, PRODUCTS
from analysis.sample.randomness import generator
from analysis.sample.stories import BATCH_FAULT, BATCH_PRODUCT
from analysis.sample.writing import Columns, identifiers, labels

AUDITED = 0.035
APPLICABLE = (100.0, 95.0, 90.0, 80.0)
ISSUES = 46
CAUSES = ("supplier process", "design", "assembly", "transport packaging", "software", "installation manual")
ACTIONS = (
    "supplier corrective action",
    "design change",
    "work instruction changed",
    "stronger packaging",
    "software update",
    "training of installers",
)


def audit_rows(plan: Plan, orders: Orders) -> Columns:
    """Rows of quality_audits: a few completed orders scored against the service standard."""
    rng = generator(plan.seed, "audits", orders.unit, orders.month)
    place = orders.done[rng.random(len(orders.done)) < AUDITED]
    when = next_open(orders.course.completed[place] + DAY * (1 + 9 * rng.random(len(place))), OFFICE_HOURS, rng)
    place, when = place[when <= CUTOFF_SECONDS], when[when <= CUTOFF_SECONDS]
    n = len(place)
    applicable = rng.choice(APPLICABLE, size=n)
    lost = np.abs(rng.normal(0.075 - 0.015 * orders.skill[place], 0.05, n))
    critical = rng.random(n) < np.clip(0.022 - 0.008 * orders.skill[place], 0.003, 1)
    return {
        "audit_id": identifiers(f"D{UNITS[orders.unit].id[1:]}-{month_tag(orders.month)}-", np.arange(n), width=5),
        "business_unit": unit_column(orders.unit, n),
        "work_order_id": orders.ids(place),
        "audited_at": when,
        "points": np.floor(applicable * np.clip(1 - lost - 0.15 * critical, 0, 1)),
        "applicable_points": applicable,
        "critical_error": critical,
    }


def issue_rows(plan: Plan) -> Columns:
    """Rows of quality_issues: some four dozen, among them the failing batch, opened late and still open."""
    rng = generator(plan.seed, "issues")
    span = MONTH_STARTS[LAST_FULL_MONTH] - MONTH_STARTS[FIRST_MONTH]
    day = np.sort(MONTH_STARTS[FIRST_MONTH] + rng.integers(0, span, ISSUES))
    product = rng.integers(0, len(PRODUCTS), ISSUES)
    fault = [
        LINES[PRODUCTS[entry].line].faults[place]
        for entry, place in zip(product, rng.integers(0, 4, ISSUES), strict=True)
    ]
    opened = next_open((day + 0.6) * DAY, OFFICE_HOURS, rng)
    closed = next_open(opened + DAY * 52 * np.exp(rng.normal(0, 0.6, ISSUES)), OFFICE_HOURS, rng)
    closed = np.where(closed <= CUTOFF_SECONDS, closed, np.nan)
    where = np.where(rng.random(ISSUES) < 0.35, rng.integers(0, 11, ISSUES), -1)
    cause = rng.integers(0, len(CAUSES), ISSUES)
    return {
        "issue_id": identifiers("QI-", np.arange(1, ISSUES + 2), width=4),
        "opened_at": np.append(opened, day_number("2026-03-19") * DAY + 10.5 * 3600),
        "closed_at": np.append(closed, np.nan),
        "business_unit": labels([unit.id for unit in UNITS], np.append(where, -1)),
        "product_id": labels(
            [entry.id for entry in PRODUCTS], np.append(product, [entry.id for entry in PRODUCTS].index(BATCH_PRODUCT))
        ),
        "fault_code": [*fault, BATCH_FAULT],
        "root_cause": labels(CAUSES, np.append(cause, 0)),
        "action": labels(ACTIONS, np.append(np.where(np.isnan(closed), -1, cause), -1)),
    }
