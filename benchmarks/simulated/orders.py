"""Work orders from request to closing, their visits and events: the stages' times, who comes back, what nobody works
on.
"""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated.columns import DAY, NEVER, ids, moments, until, when
from benchmarks.simulated.effects import STAGES
from benchmarks.simulated.products import (
    BAD_BATCH,
    BAD_PRODUCT,
    FAULTS_A_LINE,
    LINE_OF,
    LINES,
    PRODUCTS,
    SHARES,
    SLOW_LINE,
    seconds_of,
)

STAGE_DAYS = {"request_handling": 0.12, "dispatch": 0.45, "technician_response": 0.9, "repair": 0.35, "closing": 0.3}
STAGE_SCATTER = {"request_handling": 0.8, "dispatch": 0.7, "technician_response": 0.65, "repair": 0.8, "closing": 0.9}
SLOWNESS = {"Boiler": 1.0, "Cooler": 0.9, SLOW_LINE: 2.0}
FIX_RATE, COMES_BACK = 0.86, 0.5
BAD_BATCH_HAZARD = 0.25
TECHNICIAN_ORDERS = 55
PRIORITY_PACE = np.array([1.0, 1.0, 0.7])


def draw(drawn: Any, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """work_orders, visits, work_order_events and sla_policies."""
    frame = _requests(drawn, tables["installed_units"])
    frame = _worked(drawn, frame)
    frame = _returning(drawn, frame)
    drawn.truth["orders_submitted"] = _submitted(frame, drawn.shape)
    work_orders = _canonical(drawn, frame)
    done = work_orders[work_orders["completed_at"].notna()]
    return {
        "work_orders": work_orders,
        "visits": _visits(drawn, done),
        "work_order_events": _events(work_orders),
        "sla_policies": pd.DataFrame(
            {
                "policy_id": ["P1", "P2"], "priority": ["normal", "urgent"], "response_target_hours": [8.0, 2.0],
                "resolution_target_hours": [120.0, 72.0], "clock": "calendar",
            }
        ),
    }  # fmt: skip


def _requests(drawn: Any, serials: pd.DataFrame) -> pd.DataFrame:
    """Who asks when for what: orders follow the installed base, the season and the festival."""
    business, rng = drawn.business, drawn.rng
    units, months = drawn.shape
    growth = np.array(business.growth or (0.0,) * units)[:, None]
    rise = np.exp(growth * (np.arange(months) - months / 2))
    expected = np.array(business.orders)[:, None] * rise
    volume = drawn.level(1.0, season=2.5, festival_pull=-1.0, between=0.0)
    counts = rng.poisson(expected * volume)
    unit, month, at = when(rng, counts, drawn.starts)
    product = _products_of(drawn, unit, month)
    frame = pd.DataFrame({"unit": unit, "month": month, "at": at, "product": product})
    frame["serial"] = _owned(rng, serials, unit, product, at)
    extra = [_from_bad_batch(drawn, serials, effect) for effect in business.effects if effect.kind == "batch"]
    frame = pd.concat([frame, *extra], ignore_index=True).sort_values(["unit", "at"], ignore_index=True)
    line = LINE_OF[frame["product"]]
    weight = np.array([0.4, 0.3, 0.2, 0.1])
    frame["fault"] = line * FAULTS_A_LINE + rng.choice(FAULTS_A_LINE, len(frame), p=weight)
    frame["kind"] = rng.choice(["repair", "install", "maintenance"], len(frame), p=[0.82, 0.1, 0.08])
    is_bad = frame["bad"].fillna(False).astype(bool) if "bad" in frame else pd.Series(False, index=frame.index)
    frame.loc[is_bad, ["fault", "kind"]] = [LINE_OF[BAD_PRODUCT] * FAULTS_A_LINE + 2, "repair"]
    return frame[["unit", "month", "at", "product", "serial", "fault", "kind"]].assign(parent=-1)


def _products_of(drawn: Any, unit: np.ndarray, month: np.ndarray) -> np.ndarray:
    """A product per order; a mix shift takes its points from all others for the slow line's."""
    rng = drawn.rng
    tilt = np.exp(0.1 * rng.standard_normal((len(drawn.business.orders), len(PRODUCTS))))
    share = SHARES * tilt
    share /= share.sum(axis=1, keepdims=True)
    slow = LINES.index(SLOW_LINE) == LINE_OF
    own = share[:, None, :].repeat(drawn.shape[1], axis=1)
    before = own[:, :, slow].sum(axis=2)
    after = np.clip(before + drawn.planted.slow_share, 0, 0.95)
    factor = np.where(slow, (after / before)[:, :, None], ((1 - after) / (1 - before))[:, :, None])
    edges = (own * factor).cumsum(axis=2)
    return (rng.random(len(unit))[:, None] > edges[unit, month]).sum(axis=1).clip(0, len(PRODUCTS) - 1)


def _owned(rng: np.random.Generator, serials: pd.DataFrame, unit: np.ndarray, product: np.ndarray, at: np.ndarray):
    """The row of an installed serial of that unit and product that is in service by then."""
    since = seconds_of(serials["in_service_on"])
    owner, kind = serials["_unit"].to_numpy(), serials["product_id"].map(PRODUCTS.index).to_numpy()
    order = np.lexsort((since, kind, owner))
    key = owner[order] * len(PRODUCTS) + kind[order]
    gone = seconds_of(serials["retired_on"])
    good = serials["batch"].to_numpy()[order] != BAD_BATCH
    order, key = order[good], key[good]
    wanted = unit * len(PRODUCTS) + product
    first, last = np.searchsorted(key, wanted), np.searchsorted(key, wanted, side="right")
    found = np.empty(len(unit), dtype="int64")
    for group in np.unique(wanted):
        mine = np.flatnonzero(wanted == group)
        pool = order[first[mine[0]] : last[mine[0]]]
        ready = np.maximum(np.searchsorted(since[pool], at[mine]), 1)
        found[mine] = pool[(rng.random(len(mine)) * ready).astype("int64")]
        for _ in range(20):
            dead = np.flatnonzero((gone[found[mine]] != NEVER) & (gone[found[mine]] < at[mine]))
            found[mine[dead]] = pool[(rng.random(len(dead)) * ready[dead]).astype("int64")]
    return found


def _from_bad_batch(drawn: Any, serials: pd.DataFrame, effect: Any) -> pd.DataFrame:
    """The further orders of a failing batch's serials."""
    pool = np.flatnonzero((serials["batch"] == BAD_BATCH).to_numpy() & (serials["_unit"] == effect.unit).to_numpy())
    counts = np.zeros(drawn.shape, dtype="int64")
    hit = BAD_BATCH_HAZARD * effect.size * effect.runs(drawn.shape[1])
    counts[effect.unit] = drawn.rng.poisson(len(pool) * hit)
    unit, month, at = when(drawn.rng, counts, drawn.starts)
    serial = pool[drawn.rng.integers(0, len(pool), len(unit))]
    return pd.DataFrame({"unit": unit, "month": month, "at": at, "product": BAD_PRODUCT, "serial": serial, "bad": True})


def _worked(drawn: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """The moments of handling, assignment, arrival, completion and closing."""
    rng, count = drawn.rng, len(frame)
    unit, month = frame["unit"].to_numpy(), frame["month"].to_numpy()
    urgent = rng.choice(3, count, p=[0.5, 0.3, 0.2])
    slow = np.array([SLOWNESS[line] for line in LINES])[LINE_OF[frame["product"]]] * PRIORITY_PACE[urgent]
    found = {"priority": urgent, "channel": rng.choice(4, count, p=[0.5, 0.2, 0.2, 0.1])}
    clock = frame["at"].to_numpy().copy()
    stuck = rng.random(count) < drawn.planted.neglected[unit, month]
    for stage, name in zip(
        (*STAGES, "closing"), ("handled", "assigned", "arrived", "completed", "closed"), strict=True
    ):
        usual = _usual(drawn, stage)[unit, month]
        pace = slow if stage in ("technician_response", "repair") else 1.0
        spent = usual * pace * np.exp(STAGE_SCATTER[stage] * rng.standard_normal(count))
        if stage == "dispatch":
            spent = np.where(stuck, spent + rng.uniform(120, 400, count), spent)
        clock = clock + np.maximum(spent * DAY, 60).astype("int64")
        found[name] = clock
    gone = (rng.random(count) < 0.03) & ~stuck
    found["cancelled"] = np.where(gone, frame["at"] + (rng.exponential(0.8, count) * DAY).astype("int64") + 600, NEVER)
    return frame.assign(**found)


def _usual(drawn: Any, stage: str) -> np.ndarray:
    planted = drawn.planted.stage.get(stage, 1.0)
    found = drawn.level(STAGE_DAYS[stage], festival_pull=1.0) * planted
    drawn.truth[f"usual_{stage}"] = found
    return found


def _returning(drawn: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """First-time fix: what fails takes a second visit, or comes back as another order for the same fault."""
    rng = drawn.rng
    fix = drawn.level(FIX_RATE / (1 - FIX_RATE))
    share = fix / (1 + fix) - drawn.planted.fix_points / 100
    fails = rng.random(len(frame)) >= share[frame["unit"], frame["month"]]
    fails &= (frame["kind"] == "repair").to_numpy() & (frame["cancelled"] == NEVER).to_numpy()
    again = fails & (rng.random(len(frame)) < COMES_BACK)
    frame = frame.assign(visits=1 + (fails & ~again))
    back = frame[again].copy()
    shift = back["completed"] + (rng.uniform(1, 24, len(back)) * DAY).astype("int64") - back["at"]
    for name in ("at", "handled", "assigned", "arrived", "completed", "closed"):
        back[name] = back[name] + shift
    back["month"] = np.searchsorted(drawn.starts, back["at"], side="right") - 1
    back = back.assign(parent=back.index, visits=1)[back["month"] < drawn.shape[1]]
    return pd.concat([frame, back], ignore_index=True)


def _submitted(frame: pd.DataFrame, shape: tuple[int, int]) -> np.ndarray:
    """(units, months) all orders asked for, those of a failing batch and those that come back included: what a
    forecast of orders is about."""
    counts = np.zeros(shape, dtype="int64")
    np.add.at(counts, (frame["unit"].to_numpy(), frame["month"].to_numpy()), 1)
    return counts


def _canonical(drawn: Any, frame: pd.DataFrame) -> pd.DataFrame:
    business, rng = drawn.business, drawn.rng
    cutoff = business.cutoff
    frame = frame[frame["at"] <= cutoff].copy()
    cancelled = until(frame["cancelled"].to_numpy(), cutoff)
    gone = cancelled != NEVER
    stamp = {
        name: np.where(gone & (frame[name] > cancelled), NEVER, until(frame[name].to_numpy(), cutoff))
        for name in ("handled", "assigned", "arrived", "completed", "closed")
    }
    done = gone & (stamp["completed"] != NEVER)
    gone, cancelled = gone & ~done, np.where(done, NEVER, cancelled)
    stamp["closed"] = np.where(gone, cancelled, stamp["closed"])
    count, index = len(frame), frame.index.to_numpy()
    status = np.where(gone, "cancelled", np.where(stamp["completed"] != NEVER, "completed", "open"))
    answered = until(
        frame["at"] + ((frame["handled"] - frame["at"]) * rng.uniform(0.2, 1, count)).astype("int64"), cutoff
    )
    unit, fault = frame["unit"].to_numpy(), frame["fault"].to_numpy()
    posts = np.maximum(np.array(business.orders)[unit] // TECHNICIAN_ORDERS, 3)
    priority = np.array(["normal", "normal", "urgent"])[frame["priority"]]
    remote = rng.random(count) < 0.08
    return pd.DataFrame(
        {
            "work_order_id": ids("W", index), "business_unit": np.array(business.units)[unit],
            "submitted_at": moments(frame["at"]), "status": status,
            **{f"{name}_at": moments(seconds) for name, seconds in stamp.items()},
            "cancelled_at": moments(cancelled), "first_response_at": moments(answered),
            "response_due_at": moments(frame["at"] + np.where(priority == "urgent", 2, 8) * 3600),
            "resolution_due_at": moments(frame["at"] + np.where(priority == "urgent", 3, 5) * DAY),
            "work_order_type": frame["kind"].to_numpy(), "service_mode": np.where(remote, "remote", "onsite"),
            "channel": np.array(["phone", "app", "web", "store"])[frame["channel"]], "priority": priority,
            "customer_id": ids("C", frame["serial"].to_numpy()), "serial_no": ids("S", frame["serial"].to_numpy()),
            "product_id": np.array(PRODUCTS)[frame["product"]], "fault_code": ids("F", fault),
            "technician_id": ids("T", unit * 1000 + rng.integers(0, 1_000_000, count) % posts),
            "resolution_code": rng.choice(["fixed", "replaced", "no_fault"], count, p=[0.7, 0.22, 0.08]),
            "visits": np.where(remote, 0, frame["visits"]), "reassignments": rng.poisson(0.15, count),
            "reopens": (rng.random(count) < 0.02).astype(int), "escalated": rng.random(count) < 0.03,
            "in_warranty": rng.random(count) < 0.6,
            "parent_work_order_id": ids("W", frame["parent"]).where((frame["parent"] >= 0).to_numpy()),
            "_unit": unit, "_month": frame["month"].to_numpy(), "_done": stamp["completed"],
        }
    ).reset_index(drop=True)  # fmt: skip


def _visits(drawn: Any, done: pd.DataFrame) -> pd.DataFrame:
    rng = drawn.rng
    seen = done[(done["visits"] > 0) & done["arrived_at"].notna()]
    twice = seen[seen["visits"] > 1]
    rows = pd.concat([seen, twice], ignore_index=True)
    second = np.arange(len(rows)) >= len(seen)
    stay = (rows["completed_at"] - rows["arrived_at"]).to_numpy()
    arrived = rows["arrived_at"].to_numpy() + np.where(second, stay // 2, np.timedelta64(0, "us"))
    left = rows["arrived_at"].to_numpy() + np.where(second, stay, np.minimum(stay // 3, np.timedelta64(3, "h")))
    slip = (rng.normal(0, 70, len(rows)) * 60e6).astype("timedelta64[us]")
    return pd.DataFrame(
        {
            "visit_id": ids("V", np.arange(len(rows))), "work_order_id": rows["work_order_id"],
            "technician_id": rows["technician_id"], "window_start": arrived - np.timedelta64(60, "m") + slip,
            "window_end": arrived + np.timedelta64(60, "m") + slip, "arrived_at": arrived, "left_at": left,
            "outcome": "completed", "travel_minutes": rng.gamma(4, 8, len(rows)).round(1),
        }
    )  # fmt: skip


def _events(orders: pd.DataFrame) -> pd.DataFrame:
    """One event per moment of an order."""
    names = ("submitted", "handled", "assigned", "arrived", "completed", "closed", "cancelled")
    parts = []
    for seq, name in enumerate(names, 1):
        known = orders[orders[f"{name}_at"].notna()]
        event = "created" if name == "submitted" else name
        parts.append(
            pd.DataFrame(
                {
                    "work_order_id": known["work_order_id"],
                    "seq": seq,
                    "event_at": known[f"{name}_at"],
                    "event": event,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
