"""Contacts by telephone, chat and self-service, and the purchases, returns and contracts of the customers."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated.columns import DAY, NEVER, days, ids, moments, until, when
from benchmarks.simulated.products import seconds_of

CONTACTS_PER_ORDER = 0.7
SALES_PER_ORDER = 0.3
BUYS_AGAIN = 0.18


def draw(drawn: Any, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """interactions, purchases, returns, contracts and loyalty tables."""
    purchases = _purchases(drawn, tables["customers"])
    members = _members(drawn, tables["customers"])
    return {
        "interactions": _interactions(drawn, tables["work_orders"]),
        "purchases": purchases.drop(columns="_at"),
        "returns": _returns(drawn, purchases),
        "contracts": _contracts(drawn, tables["customers"]),
        "loyalty_members": members,
        "loyalty_transactions": _points(drawn, members),
    }


def _interactions(drawn: Any, orders: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    share = drawn.level(CONTACTS_PER_ORDER)[orders["_unit"], orders["_month"]]
    asked = orders[rng.random(len(orders)) < np.clip(share, 0, 1)]
    count = len(asked)
    at = seconds_of(asked["submitted_at"]) - rng.integers(60, 7200, count)
    kind = rng.choice(["phone", "chat", "app", "bot"], count, p=[0.5, 0.2, 0.15, 0.15])
    by = np.where(kind == "bot", "bot", np.where(kind == "app", "self", "human"))
    waited = rng.gamma(1.2, 18, count).round()
    spent = rng.gamma(3, 90, count).round()
    good = drawn.level(3.0)[asked["_unit"], asked["_month"]]
    gone = (kind == "phone") & (rng.random(count) < 0.05)
    return pd.DataFrame(
        {
            "interaction_id": ids("I", np.arange(count)), "business_unit": asked["business_unit"].to_numpy(),
            "started_at": moments(at), "channel": kind, "customer_id": asked["customer_id"].to_numpy(),
            "work_order_id": asked["work_order_id"].to_numpy(),
            "issue_id": "H" + asked["work_order_id"].to_numpy().astype(object),
            "ended_at": moments(at + (waited + spent).astype("int64")),
            "first_reply_at": moments(at + waited.astype("int64")), "handled_by": by,
            "resolved": rng.random(count) < good / (1 + good), "transferred": rng.random(count) < 0.1,
            "abandoned": gone, "remote_eligible": rng.random(count) < 0.4, "wait_seconds": waited,
            "handle_seconds": spent, "cost": np.where(by == "human", rng.gamma(9, 1.6, count), 0.8).round(2),
        }
    )  # fmt: skip


def _purchases(drawn: Any, customers: pd.DataFrame) -> pd.DataFrame:
    """Half of the sales to new customers, who buy again at some time or never."""
    rng, business = drawn.rng, drawn.business
    first = seconds_of(customers["first_purchase_on"])
    begin = drawn.starts[0] - 400 * DAY
    known = np.flatnonzero((first >= begin) & (rng.random(len(first)) < 0.6))
    again = known[rng.random(len(known)) < BUYS_AGAIN]
    who = np.concatenate([known, again])
    at = np.concatenate([first[known], first[again] + (rng.uniform(20, 700, len(again)) * DAY).astype("int64")])
    keep = at <= business.cutoff - DAY
    who, at = who[keep], at[keep] + rng.integers(8 * 3600, 20 * 3600, int(keep.sum()))
    count = len(who)
    revenue = np.exp(rng.normal(7.7, 0.5, count)).round(2)
    return pd.DataFrame(
        {
            "purchase_id": ids("B", np.arange(count)), "customer_id": customers["customer_id"].to_numpy()[who],
            "business_unit": customers["business_unit"].to_numpy()[who], "purchased_at": moments(at),
            "quantity": 1, "revenue": revenue, "margin": (revenue * rng.uniform(0.1, 0.3, count)).round(2),
            "channel": rng.choice(["store", "online"], count), "personalised": rng.random(count) < 0.2, "_at": at,
        }
    )  # fmt: skip


def _returns(drawn: Any, purchases: pd.DataFrame) -> pd.DataFrame:
    rng, business = drawn.rng, drawn.business
    back = purchases[rng.random(len(purchases)) < 0.05]
    count = len(back)
    at = back["_at"].to_numpy() + (rng.uniform(1, 50, count) * DAY).astype("int64")
    received = until(at + (rng.uniform(1, 6, count) * DAY).astype("int64"), business.cutoff)
    refunded = until(at + (rng.uniform(7, 15, count) * DAY).astype("int64"), business.cutoff)
    kind = rng.choice(["return", "exchange"], count, p=[0.7, 0.3])
    frame = pd.DataFrame(
        {
            "return_id": ids("R", np.arange(count)), "business_unit": back["business_unit"].to_numpy(), "kind": kind,
            "requested_at": moments(at), "purchase_id": back["purchase_id"].to_numpy(),
            "customer_id": back["customer_id"].to_numpy(), "received_at": moments(received),
            "refunded_at": moments(np.where(kind == "return", refunded, NEVER)),
            "reason": rng.choice(["changed mind", "damaged", "defect"], count),
            "refund": np.where(kind == "return", back["revenue"].to_numpy(), np.nan),
        }
    )  # fmt: skip
    return frame[at <= business.cutoff]


def _contracts(drawn: Any, customers: pd.DataFrame) -> pd.DataFrame:
    rng, business = drawn.rng, drawn.business
    held = customers[rng.random(len(customers)) < 0.25]
    count = len(held)
    start = (drawn.starts[0] + rng.uniform(-300, len(drawn.starts) * 30, count) * DAY).astype("int64")
    end = start + 364 * DAY
    keep = start <= business.cutoff
    return pd.DataFrame(
        {
            "contract_id": ids("Z", np.arange(count)), "customer_id": held["customer_id"].to_numpy(),
            "business_unit": held["business_unit"].to_numpy(), "start_on": days(start), "end_on": days(end),
            "renewed": rng.random(count) < 0.8,
        }
    )[keep]  # fmt: skip


def _members(drawn: Any, customers: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    held = customers[rng.random(len(customers)) < 0.2]
    joined = seconds_of(held["first_purchase_on"]) + rng.integers(0, 200, len(held)) * DAY
    keep = joined <= drawn.business.cutoff
    return pd.DataFrame(
        {
            "customer_id": held["customer_id"].to_numpy(),
            "joined_on": days(joined),
            "tier": "standard",
            "_joined": joined,
        }
    )[keep].drop(columns="_joined")


def _points(drawn: Any, members: pd.DataFrame) -> pd.DataFrame:
    rng, count = drawn.rng, 4 * len(members)
    who = rng.integers(0, len(members), count)
    at = rng.integers(drawn.starts[0], drawn.business.cutoff, count)
    joined = seconds_of(members["joined_on"])[who]
    at = np.maximum(at, np.minimum(joined + DAY, drawn.business.cutoff))
    kind = rng.choice(["issue", "redeem"], count, p=[0.7, 0.3])
    return pd.DataFrame(
        {
            "transaction_id": ids("L", np.arange(count)), "customer_id": members["customer_id"].to_numpy()[who],
            "at": moments(at), "kind": kind, "points": rng.integers(50, 400, count),
        }
    )  # fmt: skip


__all__ = ["draw", "when"]
