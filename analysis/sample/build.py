"""The whole sample: every table, unit by unit and month by month, the same bytes for the same arguments."""

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np

from analysis.data_model import read_tables
from analysis.faults import UserFault, did_you_mean
from analysis.sample.business import UNIT_INDEX, business_unit_rows
from analysis.sample.complaints import complaint_rows, draw_complaints, goodwill
from analysis.sample.contacts import interaction_rows
from analysis.sample.days import CUTOFF_SECONDS, DAY, calendar_rows
from analysis.sample.dirt import soiled
from analysis.sample.fleet import installed_unit_rows, monthly_rows
from analysis.sample.money import cost_rows, draw_claims, paid_by_month, reserve_rows
from analysis.sample.orders import draw_orders, work_order_rows
from analysis.sample.parts import draw_parts, stock_rows
from analysis.sample.people import customer_rows
from analysis.sample.plan import MONTHS, Plan, make_plan
from analysis.sample.products import PRODUCTS, product_rows
from analysis.sample.quality import audit_rows, issue_rows
from analysis.sample.satisfaction import survey_rows
from analysis.sample.standards import benchmark_rows, intervention_rows, sla_policy_rows, target_rows
from analysis.sample.technicians import Technicians, make_technicians
from analysis.sample.trade import (
    Returns,
    contract_rows,
    draw_purchases,
    draw_returns,
    loyalty_rows,
    member_rows,
    purchase_rows,
)
from analysis.sample.trail import event_rows, visit_rows
from analysis.sample.workforce import incentive_rows, technician_rows, time_rows, training_rows
from analysis.sample.writing import Columns, Tables

FORMATS = ("csv", "parquet")
SMALLEST, LARGEST = 200, 10_000_000
ROWS_AT_ONCE = 200_000
FROM_ORDERS = (
    "work_orders",
    "complaints",
    "surveys",
    "costs",
    "work_order_events",
    "visits",
    "interactions",
    "parts_usage",
    "warranty_claims",
    "technician_time",
    "quality_audits",
    "warranty_reserve",
)
"""Tables that need the orders to be drawn."""


def write_sample(
    out: Path,
    *,
    seed: int = 7,
    work_orders: int = 60_000,
    format: str = "csv",
    tables: Collection[str] | None = None,
    business_units: Collection[str] | None = None,
) -> None:
    """Write a believable after-sales business of an appliance maker, with planted stories and a few dirty rows.

    Parameters
    ----------
    out : folder for `<table>.csv` or `<table>.parquet`; made when missing, files of the same name are replaced.
    seed : the same arguments give the same bytes; another seed gives another business of the same kind.
    work_orders : how many orders, within some 2 % (200 to 10 million); all other tables follow in proportion.
    format : "csv" (UTF-8, ISO dates) or "parquet".
    tables, business_units : only these; their rows are the same as in the whole sample.

    Raises
    ------
    UserFault : the format, the size, a table or a business unit is none the sample knows.
    """
    _check(work_orders, format, tables, business_units)
    plan = make_plan(seed, work_orders)
    with Tables(Path(out), form=format, only=None if tables is None else frozenset(tables)) as files:
        _write_facts(plan, files)
        for unit in (
            number for unit_id, number in UNIT_INDEX.items() if business_units is None or unit_id in business_units
        ):
            _write_base(plan, unit, files)
            _write_months(plan, unit, files)


def _check(work_orders: int, form: str, tables: Collection[str] | None, business_units: Collection[str] | None) -> None:
    lines = []
    if form not in FORMATS:
        lines.append(f"sample: format must be one of {', '.join(FORMATS)}, got {form!r}")
    if not SMALLEST <= work_orders <= LARGEST:
        lines.append(f"sample: work_orders must lie between {SMALLEST} and {LARGEST:,}, got {work_orders:,}")
    for kind, asked, known in (("table", tables, read_tables()), ("business unit", business_units, UNIT_INDEX)):
        unknown = sorted(set(asked or ()) - set(known))
        lines += [f"sample: unknown {kind} {name!r}{did_you_mean(name, known)}" for name in unknown]
    if lines:
        raise UserFault(lines)


def _write_facts(plan: Plan, files: Tables) -> None:
    meta = {
        "data_cutoff_at": np.array([CUTOFF_SECONDS]),
        "timezone": ["Asia/Shanghai"],
        "currency": ["CNY"],
        "note": ["Invented data of an appliance maker; timestamps are local time of the business unit"],
    }
    files.append("meta", lambda: meta)
    files.append("business_units", business_unit_rows)
    files.append("calendar", calendar_rows)
    files.append("products", product_rows)
    files.append("targets", target_rows)
    files.append("benchmarks", benchmark_rows)
    files.append("interventions", intervention_rows)
    files.append("sla_policies", sla_policy_rows)
    files.append("quality_issues", partial(issue_rows, plan))


def _write_base(plan: Plan, unit: int, files: Tables) -> None:
    """Customers, appliances and the monthly count of appliances in service."""
    customers = int(plan.customers_before[unit, -1])
    for first in range(0, customers, ROWS_AT_ONCE):
        numbers = np.arange(first, min(first + ROWS_AT_ONCE, customers))
        files.append("customers", partial(customer_rows, plan, unit, numbers))
        files.append("loyalty_members", partial(member_rows, plan, unit, numbers))
        files.append("contracts", partial(contract_rows, plan, unit, numbers))
    if files.wants("installed_units", "installed_base_monthly"):
        for product in range(len(PRODUCTS)):
            _write_appliances(plan, unit, product, files)


def _write_appliances(plan: Plan, unit: int, product: int, files: Tables) -> None:
    days: list[tuple[np.ndarray, np.ndarray]] = [(np.zeros(0), np.zeros(0))]
    total = int(plan.sold_before[unit, product, -1])
    for first in range(0, total, ROWS_AT_ONCE):
        numbers = np.arange(first, min(first + ROWS_AT_ONCE, total))
        rows = installed_unit_rows(plan, unit, product, numbers, CUTOFF_SECONDS // DAY)
        files.append("installed_units", partial(dict, rows))
        days.append((rows["in_service_on"], rows["retired_on"]))
    started, gone = (np.concatenate([pair[side] for pair in days]) for side in (0, 1))
    files.append("installed_base_monthly", partial(monthly_rows, plan, unit, product, started, gone))


def _write_months(plan: Plan, unit: int, files: Tables) -> None:
    """Everything that happens in a unit, month by month."""
    staff = make_technicians(plan, unit)
    files.append("technicians", partial(technician_rows, staff))
    files.append("training", partial(training_rows, plan, staff))
    files.append("incentives", partial(incentive_rows, plan, staff))
    revenue, paid = np.zeros(MONTHS), np.zeros(MONTHS)
    for month in plan.months(unit):
        bought = draw_purchases(plan, unit, month)
        returns = draw_returns(plan, bought)
        revenue[month] = bought.revenue.sum()
        files.append("purchases", partial(purchase_rows, plan, bought))
        files.append("returns", partial(dict, returns.columns))
        files.append("loyalty_transactions", partial(loyalty_rows, plan, bought))
        files.append("parts_stock", partial(stock_rows, plan, unit, month))
        if files.wants(*FROM_ORDERS):
            paid += _write_service(plan, staff, month, returns, files)
    files.append("warranty_reserve", partial(reserve_rows, unit, plan.months(unit), revenue, paid))


def _write_service(plan: Plan, staff: Technicians, month: int, returns: Returns, files: Tables) -> np.ndarray:
    """The orders of a month and all that hangs on them; returns the warranty claims paid, by month."""
    orders = draw_orders(plan, staff, month)
    complaints = draw_complaints(plan, orders)
    parts = draw_parts(plan, orders)
    claims = draw_claims(plan, orders, parts)

    def soil(table: str, rows: Callable[[], Columns]) -> None:
        files.append(table, lambda: soiled(plan, table, staff.unit, month, rows()))

    soil("work_orders", partial(work_order_rows, plan, orders))
    soil("complaints", partial(complaint_rows, plan, orders, complaints))
    soil("surveys", partial(survey_rows, plan, orders, complaints))
    soil("costs", partial(cost_rows, plan, orders, parts, goodwill(complaints, len(orders)), returns))
    files.append("work_order_events", partial(event_rows, plan, orders))
    files.append("visits", partial(visit_rows, plan, orders))
    files.append("interactions", partial(interaction_rows, plan, orders))
    files.append("parts_usage", partial(parts.rows, orders))
    files.append("warranty_claims", partial(dict, claims.columns))
    files.append("technician_time", partial(time_rows, plan, staff, orders))
    files.append("quality_audits", partial(audit_rows, plan, orders))
    return paid_by_month(claims)
