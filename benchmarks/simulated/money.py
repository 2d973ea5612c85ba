"""What service costs: bookings, parts, warranty claims and reserve, stock, quality issues, targets and benchmarks."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated.columns import DAY, NEVER, days, ids, moments, until
from benchmarks.simulated.products import PRODUCTS

PARTS = tuple(f"PART-{number:02d}" for number in range(12))


def draw(drawn: Any, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """costs, parts_usage, warranty_claims, warranty_reserve, parts_stock, quality_issues, targets and benchmarks."""
    orders = tables["work_orders"]
    done = orders[orders["completed_at"].notna()].reset_index(drop=True)
    parts = _parts(drawn, done)
    return {
        "costs": _costs(drawn, done),
        "parts_usage": parts,
        "warranty_claims": _claims(drawn, done),
        "warranty_reserve": _reserve(drawn),
        "parts_stock": _stock(drawn),
        "quality_issues": _issues(drawn),
        "targets": _targets(drawn),
    }


def _costs(drawn: Any, done: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    pieces = []
    for kind, share, mean, scatter in (
        ("labour", 1.0, 120.0, 0.5),
        ("parts", 0.45, 180.0, 0.8),
        ("transport", 0.6, 25.0, 0.4),
    ):
        some = done[rng.random(len(done)) < share]
        usual = drawn.level(mean, season=0.3)[some["_unit"], some["_month"]]
        amount = usual * np.exp(scatter * rng.standard_normal(len(some)))
        hours = np.where(kind == "labour", amount / 60, np.nan)
        pieces.append(
            pd.DataFrame(
                {
                    "business_unit": some["business_unit"],
                    "incurred_on": days(some["_done"]),
                    "cost_type": kind,
                    "amount": amount.round(2),
                    "work_order_id": some["work_order_id"],
                    "product_id": some["product_id"],
                    "hours": hours,
                }
            )
        )
    pieces.append(_overheads(drawn))
    frame = pd.concat(pieces, ignore_index=True)
    return frame.assign(cost_id=ids("X", np.arange(len(frame))))


def _overheads(drawn: Any) -> pd.DataFrame:
    business = drawn.business
    months = business.complete
    units = len(business.orders)
    amount = drawn.level(1.0, season=0.2)[:, : len(months)] * np.array(business.orders)[:, None] * 12
    return pd.DataFrame(
        {
            "business_unit": np.repeat(business.units, len(months)),
            "incurred_on": np.tile(months.to_timestamp().to_numpy() + np.timedelta64(14, "D"), units),
            "cost_type": "warehouse", "amount": amount.ravel().round(2), "is_allocated": True,
        }
    )  # fmt: skip


def _parts(drawn: Any, done: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    some = done[(rng.random(len(done)) < 0.4) & done["arrived_at"].notna().to_numpy()]
    count = len(some)
    price = 20 + 15 * np.arange(len(PARTS))
    which = rng.choice(len(PARTS), count)
    asked = some["arrived_at"].to_numpy()
    at_hand = rng.random(count) < 0.8
    wait = (rng.gamma(2, 1.0, count) * 86_400e6).astype("timedelta64[us]")
    return pd.DataFrame(
        {
            "work_order_id": some["work_order_id"].to_numpy(), "part_id": np.array(PARTS)[which],
            "quantity": 1 + (rng.random(count) < 0.15),
            "unit_cost": (price[which] * rng.uniform(0.9, 1.1, count)).round(2), "requested_at": asked,
            "available_at": np.where(at_hand, asked, np.minimum(asked + wait, some["completed_at"])),
            "supplier": np.array(["S1", "S2", "S3"])[which % 3], "returned_good": 0,
        }
    )  # fmt: skip


def _claims(drawn: Any, done: pd.DataFrame) -> pd.DataFrame:
    rng, cutoff = drawn.rng, drawn.business.cutoff
    some = done[rng.random(len(done)) < 0.25]
    at = some["_done"].to_numpy() + rng.integers(DAY, 10 * DAY, len(some))
    some, at = some[at <= cutoff], at[at <= cutoff]
    count = len(some)
    amount = rng.gamma(3, 40, count).round(2)
    owed = np.where(rng.random(count) < 0.4, amount, 0.0)
    paid = until(at + rng.integers(10 * DAY, 50 * DAY, count), cutoff)
    return pd.DataFrame(
        {
            "claim_id": ids("G", np.arange(count)), "business_unit": some["business_unit"].to_numpy(),
            "claimed_at": moments(at), "work_order_id": some["work_order_id"].to_numpy(),
            "serial_no": some["serial_no"].to_numpy(), "product_id": some["product_id"].to_numpy(),
            "paid_at": moments(paid), "amount": amount, "supplier_recoverable": owed,
            "recovered": np.where(rng.random(count) < 0.7, owed, 0.0),
            "status": np.where(paid == NEVER, "open", "paid"),
        }
    )  # fmt: skip


def _reserve(drawn: Any) -> pd.DataFrame:
    business = drawn.business
    months = business.complete.to_timestamp()
    volume = np.array(business.orders)[:, None] * 25.0
    accrual = drawn.level(1.0, season=0.2)[:, : len(months)] * volume
    paid = drawn.level(1.0, season=0.2)[:, : len(months)] * volume * 0.97
    return pd.DataFrame(
        {
            "business_unit": np.repeat(business.units, len(months)), "month": np.tile(months, len(business.units)),
            "accrual": accrual.ravel().round(2), "claims_paid": paid.ravel().round(2),
            "balance": (10 * volume + (accrual - paid).cumsum(axis=1)).ravel().round(2),
        }
    )  # fmt: skip


def _stock(drawn: Any) -> pd.DataFrame:
    business, rng = drawn.business, drawn.rng
    months = business.complete.to_timestamp().to_numpy()
    grid = pd.MultiIndex.from_product([PARTS, business.units, months], names=["part_id", "business_unit", "month"])
    frame = grid.to_frame(index=False)
    quantity = rng.poisson(40, len(frame))
    moved = frame["month"] - pd.to_timedelta(rng.integers(0, 240, len(frame)), unit="D")
    return frame.assign(quantity=quantity, value=(quantity * 60.0), last_moved_on=moved)


def _issues(drawn: Any) -> pd.DataFrame:
    business, rng = drawn.business, drawn.rng
    count = len(business.orders) * business.months // 3
    at = rng.integers(drawn.starts[0], business.cutoff, count)
    closed = until(at + (rng.gamma(3, 12, count) * DAY).astype("int64"), business.cutoff)
    return pd.DataFrame(
        {
            "issue_id": ids("J", np.arange(count)), "opened_at": moments(at), "closed_at": moments(closed),
            "business_unit": rng.choice(business.units, count), "product_id": rng.choice(PRODUCTS, count),
        }
    )  # fmt: skip


def _targets(drawn: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "business_unit": "*", "metric": ["repair_cycle_median", "first_time_fix_rate", "csat_top2_share"],
            "from_month": str(drawn.business.calendar[0]), "target": [2.6, 80.0, 70.0],
        }
    )  # fmt: skip
