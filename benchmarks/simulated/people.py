"""Technicians, their days, training and incentives; audits of their work."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated.columns import DAY, days, ids, moments
from benchmarks.simulated.orders import TECHNICIAN_ORDERS
from benchmarks.simulated.products import LINES


def draw(drawn: Any, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """technicians, technician_time, training, incentives and quality_audits."""
    staff = _staff(drawn)
    return {
        "technicians": staff.drop(columns="_unit"),
        "technician_time": _time(drawn, staff, tables["calendar"]),
        "training": _training(drawn, staff),
        "incentives": _incentives(drawn, staff),
        "quality_audits": _audits(drawn, tables["work_orders"]),
    }


def _staff(drawn: Any) -> pd.DataFrame:
    business, rng = drawn.business, drawn.rng
    rows = [
        (unit * 1000 + number, unit)
        for unit, orders in enumerate(business.orders)
        for number in range(max(orders // TECHNICIAN_ORDERS, 3))
    ]
    code, unit = np.array(rows).T
    hired = drawn.starts[0] - rng.integers(100, 2500, len(code)) * DAY
    return pd.DataFrame(
        {
            "technician_id": ids("T", code), "business_unit": np.array(business.units)[unit], "hired_on": days(hired),
            "grade": rng.choice(["junior", "regular", "senior"], len(code)), "_unit": unit,
        }
    )  # fmt: skip


def _time(drawn: Any, staff: pd.DataFrame, calendar: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    dates = calendar["date"].to_numpy().astype("datetime64[D]")
    worked = dates[calendar["is_workday"].to_numpy() & (dates >= drawn.starts[0].astype("datetime64[s]"))]
    worked = worked[worked <= np.datetime64(int(drawn.business.cutoff), "s")]
    at = np.tile(np.arange(len(worked)), len(staff))
    who = np.repeat(np.arange(len(staff)), len(worked))
    growth = np.array(drawn.business.growth or (0.0,) * len(drawn.business.orders))[staff["_unit"]]
    left = (worked[-1] - worked).astype(int) / 30.44
    keep = rng.random(len(at)) < 0.9 * np.exp(-growth[who] * left[at])  # more days as the business grows
    at, who = at[keep], who[keep]
    busy = 8 * rng.beta(7, 3, len(at))
    return pd.DataFrame(
        {
            "technician_id": staff["technician_id"].to_numpy()[who], "date": worked[at].astype("datetime64[us]"),
            "paid_hours": 8.0, "travel_hours": (0.3 * busy).round(2), "onsite_hours": (0.65 * busy).round(2),
            "remote_hours": (0.05 * busy).round(2), "training_hours": 0.0,
        }
    )  # fmt: skip


def _training(drawn: Any, staff: pd.DataFrame) -> pd.DataFrame:
    rng, count = drawn.rng, 5 * len(staff)
    at = rng.integers(drawn.starts[0], drawn.business.cutoff, count)
    return pd.DataFrame(
        {
            "training_id": ids("E", np.arange(count)),
            "technician_id": staff["technician_id"].to_numpy()[rng.integers(0, len(staff), count)],
            "finished_on": days(at), "kind": "on_job", "topic": "course", "hours": rng.integers(4, 24, count),
            "certifies_product_line": rng.choice(LINES, count),
        }
    )  # fmt: skip


def _incentives(drawn: Any, staff: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    months = drawn.business.complete
    who, at = np.divmod(np.arange(len(staff) * len(months)), len(months))
    keep = rng.random(len(who)) < 0.3
    return pd.DataFrame(
        {
            "technician_id": staff["technician_id"].to_numpy()[who[keep]],
            "month": months.to_timestamp().to_numpy()[at[keep]], "kind": "material",
            "amount": rng.integers(200, 900, int(keep.sum())).astype(float),
        }
    )  # fmt: skip


def _audits(drawn: Any, orders: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    seen = orders[orders["completed_at"].notna() & (rng.random(len(orders)) < 0.06)]
    at = seen["_done"].to_numpy() + rng.integers(3600, 10 * DAY, len(seen))
    keep = at <= drawn.business.cutoff
    seen, at = seen[keep], at[keep]
    return pd.DataFrame(
        {
            "audit_id": ids("A", np.arange(len(at))), "business_unit": seen["business_unit"].to_numpy(),
            "work_order_id": seen["work_order_id"].to_numpy(), "audited_at": moments(at),
            "points": np.clip(rng.normal(90, 6, len(at)), 50, 100).round(), "applicable_points": 100.0,
            "critical_error": rng.random(len(at)) < 0.04,
        }
    )  # fmt: skip
