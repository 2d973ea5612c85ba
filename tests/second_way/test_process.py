"""Every metric of the process a second way: each order's steps walked one by one in plain Python, sums by pandas."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.metrics.cards import read_catalogue

AREA, NEWEST = "process", "2026-06"
UNITS = ("all", "U01", "U09", "U12")
MONTHS = ("2024-05", "2025-02", "2026-05", "2026-06")
CASES = [(unit, month) for unit in UNITS for month in MONTHS]
PLACE = {"created": 1, "reopened": 1.5, "handled": 2, "assigned": 3, "departed": 4, "arrived": 5, "started": 6,
         "completed": 7, "closed": 8}  # fmt: skip
NORM = {"onsite": ["created", "handled", "assigned", "arrived", "started", "completed"],
        "depot": ["created", "handled", "assigned", "arrived", "started", "completed"],
        "remote": ["created", "handled", "assigned", "started", "completed"]}  # fmt: skip
STAGES = ("request_handling", "dispatch", "technician_response", "repair")
DAY, YEAR_ENDS = pd.Timedelta(days=1), pd.Timestamp("2026-07-01")
Frame = pd.DataFrame


@pytest.fixture(scope="module")
def found(of_area: Callable[[str], Frame]) -> Frame:
    """What the catalogue's process metrics measure on the sample, by month."""
    return of_area(AREA)


@pytest.fixture(scope="module")
def value(found: Frame) -> Callable[..., pd.Series]:
    """`value("conformance_rate", "U01", "2026-05", "handoffs=1")`: one row, or None."""

    def of(metric: str, unit: str, month: str, part: str = "") -> pd.Series | None:
        breakdown, _, segment = part.partition("=")
        rows = found[(found["metric"] == metric) & (found["business_unit"] == unit) & (found["period"] == month)]
        rows = rows[(rows["breakdown"] == breakdown) & (rows["segment"] == segment)]
        assert len(rows) <= 1
        return rows.iloc[0] if len(rows) else None

    return of


@pytest.fixture(scope="module")
def orders(books: Any, store: Any) -> Frame:
    """The orders, each walked through its steps."""
    o = books("all").orders.copy()
    steps = store.records("work_order_events", "all").sort_values(["work_order_id", "event_at", "seq"])
    trails = {k: list(zip(g["event"], g["event_at"], g["pause_reason"], strict=True)) for k, g in
              steps.groupby("work_order_id")}  # fmt: skip
    o["trail"] = [trails.get(key, []) for key in o["work_order_id"]]
    o["loops"] = [_loops(_early(t, done)) for t, done in zip(o["trail"], o["completed_at"], strict=True)]
    o["missing"] = [
        set(NORM[mode]) - {e for e, _, _ in trail} for mode, trail in zip(o["service_mode"], o["trail"], strict=True)
    ]
    o["conforms"] = (
        o["missing"].map(len).eq(0) & o["loops"].eq(0) & o["reassignments"].eq(0) & ~o["escalated"].astype(bool)
    )
    o["elapsed"] = (o["completed_at"] - o["submitted_at"]) / pd.Timedelta(minutes=1)
    visits = store.records("visits", "all").merge(o[["work_order_id", "completed_at"]], on="work_order_id")
    visits = visits[visits["left_at"].notna() & (visits["arrived_at"] <= visits["completed_at"])]
    spent = (visits[["left_at", "completed_at"]].min(axis=1) - visits["arrived_at"]) / pd.Timedelta(minutes=1)
    o["touch"] = o["work_order_id"].map(spent.clip(0, 720).groupby(visits["work_order_id"]).sum())
    o["touch"] = o[["touch", "elapsed"]].min(axis=1).where(o["touch"].notna())
    return o.join(_stages(o, books("all").cutoff))


def _early(trail: list, done: pd.Timestamp) -> list:
    return [step for step in trail if pd.isna(done) or step[1] <= done + 14 * DAY]


def _loops(trail: list) -> int:
    """How often the order turns back to a place it has passed; turning further back in one go is one loop."""
    places = [PLACE[event] for event, _, _ in trail if event in PLACE]
    back = [after <= before for before, after in pairwise(places)]
    return sum(turn and not before for before, turn in pairwise([False, *back]))


def _stages(o: Frame, cutoff: pd.Timestamp) -> Frame:
    """Minutes in each stage within 30 days, an order at a time."""
    rows = []
    for order in o.itertuples():
        marks = [order.handling, order.dispatch, order.dispatch if order.service_mode == "remote" else order.arrival]
        ends = [mark if pd.notna(mark) else order.left_at for mark in [*marks, order.left_at]]
        upto = [
            min((cutoff if pd.isna(end) else end) - order.submitted_at, 30 * DAY) / pd.Timedelta(minutes=1)
            for end in ends
        ]
        rows.append([b - a for a, b in pairwise([0.0, *upto])])
    return pd.DataFrame(rows, columns=[f"in_{stage}" for stage in STAGES], index=o.index)


def of_unit(o: Frame, unit: str) -> Frame:
    return o if unit == "all" else o[o["business_unit"] == unit]


def within(moments: pd.Series, month: str) -> pd.Series:
    return moments.dt.strftime("%Y-%m") == month


def wilson(k: float, n: float) -> tuple[float, float]:
    told = stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
    return 100 * told.low, 100 * told.high


def the_year(moments: pd.Series) -> pd.Series:
    return (moments >= YEAR_ENDS - pd.DateOffset(years=1)) & (moments < YEAR_ENDS)


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_conformance_steps_back_and_hand_offs(unit, month, orders, value, store):
    done = of_unit(orders, unit)[lambda o: within(o["completed_at"], month)]
    ripe = done[done["completed_at"] + 14 * DAY <= store.cutoff]
    for metric, over, what in (
        ("conformance_rate", ripe, 100 * ripe["conforms"]),
        ("rework_loops_per_order", ripe, ripe["loops"]),
        ("handoffs_per_order", done, done["reassignments"]),
        ("handoffs_2plus_share", done, 100 * done["reassignments"].ge(2)),
    ):
        row = value(metric, unit, month)
        assert (row["n"] if row is not None else 0) == len(over)
        if len(over):
            assert row["value"] == pytest.approx(what.mean(), abs=1e-9), metric
    if len(ripe):
        row = value("conformance_rate", unit, month)
        assert (row["low"], row["high"]) == pytest.approx(wilson(ripe["conforms"].sum(), len(ripe)))


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_cancellations_and_flow_efficiency(unit, month, orders, value):
    mine = of_unit(orders, unit)
    left = mine[within(mine["left_at"], month)]
    if len(left):
        assert value("cancellation_rate", unit, month)["value"] == pytest.approx(
            100 * left["completed_at"].isna().mean()
        )
    done = mine[within(mine["completed_at"], month) & mine["touch"].notna()]
    if len(done):
        row = value("flow_efficiency", unit, month)
        assert row["value"] == pytest.approx(100 * done["touch"].sum() / done["elapsed"].sum())
        assert row["n"] == len(done)


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_the_stages_shares_of_the_time_add_up(unit, month, orders, value, store):
    ripe = of_unit(orders, unit)[
        lambda o: within(o["submitted_at"], month) & (o["submitted_at"] + 30 * DAY <= store.cutoff)
    ]
    times = ripe[[f"in_{stage}" for stage in STAGES]].sum()
    shares = {stage: value(f"stage_share_{stage}", unit, month) for stage in STAGES}
    if not len(ripe):
        assert all(row is None or np.isnan(row["value"]) for row in shares.values())
        return
    assert sum(row["value"] for row in shares.values()) == pytest.approx(100)
    for stage, row in shares.items():
        assert row["value"] == pytest.approx(100 * times[f"in_{stage}"] / times.sum())


@pytest.mark.parametrize("unit", UNITS)
def test_the_queue_of_each_stage_at_the_end_of_the_month(unit, orders, value):
    for month in MONTHS:
        end, queue = pd.Period(month).end_time.ceil("s"), Counter()
        for order in of_unit(orders, unit).itertuples():
            if order.submitted_at >= end or (pd.notna(order.left_at) and order.left_at < end):
                continue
            marks = [
                order.handling,
                order.dispatch,
                order.dispatch if order.service_mode == "remote" else order.arrival,
            ]
            queue[STAGES[sum(pd.notna(mark) and mark < end for mark in marks)]] += 1
        row = value("stage_queue", unit, month)
        assert (
            0 if row is None else np.nan_to_num(row["value"])
        ) == queue.total()  # none before the unit's first order
        for stage in STAGES:
            row = value("stage_queue", unit, month, f"stage={stage}")
            assert (0 if row is None else row["value"]) == queue[stage], (month, stage)


@pytest.mark.parametrize("unit", UNITS)
def test_where_the_hours_went(unit, orders, value):
    for month in MONTHS:
        spent = Counter()
        done = of_unit(orders, unit)[lambda o: within(o["completed_at"], month) & (o["trail"].map(len) > 0)]  # noqa: B023
        for order in done.itertuples():
            waits, since, reason = Counter(), None, None
            for event, at, why in order.trail:
                if event in ("paused", "resumed", "completed", "closed", "cancelled") and since is not None:
                    waits[reason] += max((min(at, order.completed_at) - since) / pd.Timedelta(hours=1), 0)
                    since = None
                if event == "paused":
                    since, reason = at, f"wait_{why}"
            working = 0 if pd.isna(order.touch) else min(order.touch, order.elapsed - 60 * waits.total()) / 60
            spent.update(waits)
            spent["working"] += working
            spent["unrecorded"] += order.elapsed / 60 - waits.total() - working
        for part in ("working", "wait_customer", "wait_parts", "wait_approval", "unrecorded"):
            row = value("cycle_hours_total", unit, month, f"time_part={part}")
            assert (0 if row is None else row["value"]) == pytest.approx(spent[part], abs=1e-6), (month, part)


@pytest.mark.parametrize("unit", UNITS)
def test_the_map_counts_every_pair_of_steps_and_gives_its_median(unit, orders, found, store):
    waits: dict[str, list[float]] = {}
    mine = of_unit(orders, unit)[lambda o: the_year(o["submitted_at"])]
    for trail in mine["trail"]:
        for (before, at, _), (after, then, _) in pairwise(step for step in trail if step[1] <= store.cutoff):
            waits.setdefault(f"{before}>{after}", []).append((then - at) / pd.Timedelta(hours=1))
    rows = found[(found["metric"] == "step_wait_median") & (found["business_unit"] == unit)]
    edges = rows[rows["breakdown"] == "step"].set_index("segment")
    assert edges["n"].to_dict() == {pair: len(times) for pair, times in waits.items()}
    assert edges["value"].to_dict() == pytest.approx({pair: np.median(times) for pair, times in waits.items()})
    assert rows.loc[rows["breakdown"] == "", "n"].item() == (mine["trail"].map(len) > 0).sum()
    taken = pd.Series([event for trail in mine["trail"] for event, at, _ in trail if at <= store.cutoff])
    visits = rows[rows["breakdown"] == "activity"].set_index("segment")["n"]
    assert visits.to_dict() == taken.value_counts().to_dict()


@pytest.mark.parametrize("unit", UNITS)
def test_the_ways_orders_took(unit, orders, found):
    quiet = {"departed", "started", "resumed", "escalated", "closed"}
    done = of_unit(orders, unit)[lambda o: the_year(o["completed_at"]) & (o["trail"].map(len) > 0)]
    ways = pd.Series([">".join(e for e, _, _ in _early(t, c) if e not in quiet) for t, c in
                      zip(done["trail"], done["completed_at"], strict=True)], index=done.index)  # fmt: skip
    rows = found[(found["metric"] == "path_cycle_median") & (found["business_unit"] == unit)]
    named = rows[(rows["breakdown"] == "path") & (rows["segment"] != "other")].set_index("segment")
    counts = ways.value_counts()
    assert sorted(named["n"], reverse=True) == counts.head(6).to_list()
    for way, row in named.iterrows():
        ranked = np.sort(done.loc[ways == way, "elapsed"]) / 1440
        assert row["n"] == counts[way]
        assert row["value"] == pytest.approx(ranked[int(np.ceil(len(ranked) / 2)) - 1])
    assert rows.loc[rows["breakdown"] == "path", "n"].sum() == len(done)


@pytest.mark.parametrize("unit", UNITS)
def test_how_orders_deviate(unit, orders, value, store):
    done = of_unit(orders, unit)[lambda o: the_year(o["completed_at"]) & (o["completed_at"] + 14 * DAY <= store.cutoff)]
    kinds = {"": ~done["conforms"], "deviation=handed_on": done["reassignments"] > 0,
             "deviation=went_back": done["loops"] > 0, "deviation=escalated": done["escalated"].astype(bool),
             "deviation=without_handled": done["missing"].map(lambda missing: "handled" in missing)}  # fmt: skip
    for kind, flag in kinds.items():
        row = value("deviation_share", unit, NEWEST, kind)
        assert row["value"] == pytest.approx(100 * flag.mean())
        assert (row["low"], row["high"]) == pytest.approx(wilson(flag.sum(), len(flag)))


@pytest.mark.parametrize("unit", UNITS)
def test_littles_law_by_counting_the_orders_in_each_stage_hour_by_hour(unit, orders, value):
    begins = YEAR_ENDS - pd.DateOffset(years=1)
    grid = pd.date_range(begins, YEAR_ENDS, freq="h", inclusive="left") + pd.Timedelta(minutes=30)
    mine = of_unit(orders, unit)
    arrival = mine["arrival"].where(mine["service_mode"] != "remote", mine["dispatch"])
    marks = [mine["submitted_at"], mine["handling"], mine["dispatch"], arrival, mine["left_at"]]
    for stage, enters, passes in zip(STAGES, marks[:-1], marks[1:], strict=True):
        leaves = passes.fillna(mine["left_at"])
        kept = enters.notna() & ((leaves > enters) | leaves.isna())
        into, out = enters[kept], leaves[kept]
        held = np.searchsorted(np.sort(into), grid) - np.searchsorted(np.sort(out.dropna()), grid)
        gone = (out >= begins) & (out < YEAR_ENDS)
        arrivals = ((into >= begins) & (into < YEAR_ENDS)).sum() / 365
        row = value("littles_law_ratio", unit, NEWEST, f"stage={stage}")
        if not gone.any():
            continue
        assert row["denominator"] == pytest.approx(arrivals * ((out - into)[gone] / DAY).mean())
        assert row["numerator"] == pytest.approx(held.mean(), rel=0.03, abs=0.02)
        assert row["value"] == pytest.approx(row["numerator"] / row["denominator"])


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("stage", ["", *STAGES])
def test_what_an_hour_less_would_bring(unit, stage, orders, value, store):
    last = store.cutoff - 30 * DAY
    mine = of_unit(orders, unit)[
        lambda o: (o["submitted_at"] <= last) & (o["submitted_at"] > last - pd.DateOffset(years=1))
    ]
    mine = mine[mine["completed_at"].notna() | mine["left_at"].isna()]
    days = (mine["completed_at"].fillna(store.cutoff) - mine["submitted_at"]) / DAY
    saved = sum(mine[f"in_{name}"].clip(upper=60) for name in STAGES if stage in ("", name)) / 1440
    sooner = days - saved.where(mine["completed_at"].notna(), 0)
    part = f"stage={stage}" if stage else ""
    for metric, limit in (("hour_less_within_3d", 3), ("hour_less_within_7d", 7)):
        gain = 100 * (sooner.le(limit).mean() - days.le(limit).mean())
        assert value(metric, unit, NEWEST, part)["value"] == pytest.approx(gain, abs=1e-9)
    gain = 24 * (days.clip(upper=30).mean() - sooner.clip(upper=30).mean())
    row = value("hour_less_mean", unit, NEWEST, part)
    assert row["value"] == pytest.approx(gain)
    assert row["low"] <= row["value"] <= row["high"]


@pytest.mark.parametrize("unit", UNITS)
def test_completed_within_seven_days_by_hand_offs(unit, orders, value, books):
    mine = of_unit(orders, unit)[lambda o: the_year(o["submitted_at"])]
    for label, part in mine.groupby(mine["reassignments"].map(lambda n: "3+" if n >= 3 else str(n))):
        expected = books("all").cohort(part, "submitted_at", "completed_at", "left_at").by(7)
        row = value("within_7d_by_handoffs", unit, NEWEST, f"handoffs={label}")
        assert row["n"] == len(part)
        assert row["value"] == pytest.approx(expected["value"], nan_ok=True)


def test_no_metric_of_the_process_is_without_a_second_way():
    walked = {
        "conformance_rate", "rework_loops_per_order", "handoffs_per_order", "handoffs_2plus_share", "deviation_share",
              "cancellation_rate", "flow_efficiency", "stage_queue", "cycle_hours_total", "step_wait_median",
              "path_cycle_median", "littles_law_ratio", "hour_less_within_3d", "hour_less_within_7d", "hour_less_mean",
              "within_7d_by_handoffs", *(f"stage_share_{stage}" for stage in STAGES)}  # fmt: skip
    assert {card.id for card in read_catalogue().of_area(AREA)} == walked
