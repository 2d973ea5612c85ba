"""Process metrics on a few orders drawn here; the working stands in the comment beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

CUTOFF, DAY = "2025-08-01", "2025-06-02"
STAMPS = ("handled_at", "assigned_at", "arrived_at", "completed_at", "closed_at", "cancelled_at")
Tables = dict[str, pd.DataFrame]


def order(number: int, trail: str, mode: str = "onsite", **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An order of 2 June with its steps "created 0, handled 1, …" in hours, and the stamps that they give."""
    steps = [part.split() for part in trail.split(",")]
    at = [(step[0], pd.Timestamp(DAY) + pd.Timedelta(hours=float(step[1])), (step[2:] or [None])[0]) for step in steps]
    row: dict[str, Any] = {
        "work_order_id": f"W{number}",
        "business_unit": "A",
        "submitted_at": at[0][1],
        "service_mode": mode,
    }
    for name in STAMPS:
        known = [moment for event, moment, _ in at if f"{event}_at" == name]
        row[name] = known[0] if known else pd.NaT
    row["status"] = (
        "cancelled" if pd.notna(row["cancelled_at"]) else "completed" if pd.notna(row["completed_at"]) else "open"
    )
    events = [
        {
            "work_order_id": f"W{number}",
            "business_unit": "A",
            "seq": n,
            "event_at": moment,
            "event": event,
            "pause_reason": why,
        }
        for n, (event, moment, why) in enumerate(at)
    ]
    return row | more, events


def tables(*orders: tuple[dict[str, Any], list[dict[str, Any]]], log: bool = True) -> Tables:
    rows = {"work_orders": pd.DataFrame([row for row, _ in orders])}
    return rows | ({"work_order_events": pd.DataFrame([e for _, events in orders for e in events])} if log else {})


STRAIGHT = "created 0, handled 1, assigned 2, arrived 6, started 6, completed 8"


@pytest.fixture
def figures(measured: Callable[..., Any]) -> Callable[..., pd.DataFrame]:
    """`figures(tables, "stage_queue")`: the metric's rows of unit A, by segment in the newest measured month."""

    def read(given: Tables, metric: str, *, cutoff: str = CUTOFF) -> pd.DataFrame:
        rows = measured(given, [metric], cutoff=cutoff).read(metric=metric, business_unit="A")
        return rows[rows["value"].notna()].set_index("segment")

    return read


def june(rows: pd.DataFrame, segment: str = "") -> float:
    return rows[rows["period"] == "2025-06"].loc[segment, "value"]


def test_the_straight_way_conforms_and_each_detour_does_not(figures):
    # of six orders one went straight; one handed on, one reopened, one escalated, one never handled, one arrived twice
    given = tables(
        order(1, STRAIGHT),
        order(2, "created 0, handled 1, assigned 2, reassigned 3, arrived 6, started 6, completed 8"),
        order(3, f"{STRAIGHT}, reopened 30, completed 40"),
        order(4, "created 0, handled 1, assigned 2, escalated 3, arrived 6, started 6, completed 8"),
        order(5, "created 0, assigned 2, arrived 6, started 6, completed 8"),
        order(6, "created 0, handled 1, assigned 2, arrived 6, started 6, arrived 7, started 7, completed 8"),
    )
    assert june(figures(given, "conformance_rate")) == pytest.approx(100 / 6)
    told = figures(given, "deviation_share", cutoff="2025-07-01")
    assert told["value"].round(6).to_dict() == pytest.approx(
        {"": 500 / 6, "handed_on": 100 / 6, "went_back": 200 / 6, "escalated": 100 / 6, "without_handled": 100 / 6}
        | dict.fromkeys(("without_created", "without_assigned", "without_arrived", "without_started"), 0)
        | {"without_completed": 0}
    )


def test_turning_back_over_several_steps_is_one_loop_and_a_reopening_after_a_fortnight_is_none(figures):
    # 1: reopened and assigned anew: one loop. 2: reopened after 15 days: none.
    # 3: started thrice: steps back with none forward between them are one loop.
    given = tables(
        order(1, f"{STRAIGHT}, reopened 20, assigned 21, arrived 25, completed 26"),
        order(2, f"{STRAIGHT}, reopened 380, completed 390"),
        order(3, "created 0, handled 1, assigned 2, arrived 6, started 6, started 7, started 7.5, completed 8"),
    )
    assert june(figures(given, "rework_loops_per_order")) == pytest.approx(2 / 3)


def test_a_step_that_the_source_hardly_ever_records_cannot_be_missed(figures):
    bare = "created 0, assigned 2, arrived 6, started 6, completed 8"
    given = tables(order(1, bare), order(2, bare), order(3, STRAIGHT))
    assert june(figures(given, "conformance_rate")) == 100


def test_a_remote_order_needs_no_arrival(figures):
    given = tables(order(1, STRAIGHT), order(2, "created 0, handled 1, assigned 2, started 3, completed 4", "remote"))
    assert june(figures(given, "conformance_rate")) == 100


def test_without_recorded_steps_the_stamps_are_the_log(figures):
    given = tables(
        order(1, STRAIGHT), order(2, STRAIGHT), order(3, "created 0, assigned 2, arrived 6, completed 8"), log=False
    )
    assert june(figures(given, "conformance_rate")) == pytest.approx(200 / 3)
    steps = figures(given, "step_wait_median", cutoff="2025-07-01")
    assert steps.loc["created>handled", ["value", "n"]].tolist() == [1, 2]
    assert steps.loc["created>assigned", ["value", "n"]].tolist() == [2, 1]
    assert steps.loc["", "n"] == 3


def test_stamps_that_are_out_of_order_are_read_as_a_log_of_the_same_steps_would_be(figures):
    trails = [
        "created 0, handled 2, assigned 1, arrived 6, completed 8",  # handled after the assignment
        "created 0, handled 1, assigned 9, arrived 6, completed 8, closed 7",
        "created 0, handled 1, assigned 2, arrived 6, completed 8, closed 400",  # closed after the fortnight
        "created 0, handled 1, assigned 2, arrived 6, completed 8",
        "created 0, assigned 2, completed 8",
        "created 0, handled 1, cancelled 5",
    ]
    seq = ["created", "handled", "assigned", "arrived", "completed", "closed", "cancelled"]
    orders = [order(number, trail) for number, trail in enumerate(trails)]
    for _, events in orders:
        for event in events:
            event["seq"] = seq.index(event["event"])
    for metric in ("conformance_rate", "deviation_share"):
        logged, stamped = (figures(tables(*orders, log=log), metric) for log in (True, False))
        assert len(logged) > 0
        pd.testing.assert_frame_equal(logged, stamped)


def test_a_step_is_counted_as_often_as_it_was_taken_first_last_and_alone(figures):
    given = tables(
        order(1, STRAIGHT),
        order(2, "created 0, handled 1, assigned 2, reassigned 3, reassigned 5"),
        order(3, "created 0"),
    )
    steps = figures(given, "step_wait_median", cutoff="2025-07-01")
    assert steps.loc[["created", "handled", "reassigned", "completed"], "n"].tolist() == [3, 2, 2, 1]
    assert steps.loc["reassigned", "value"] == 4  # hours since the first step: 3 and 5


def test_hand_offs_are_those_the_order_carries_else_those_of_its_steps(figures):
    twice = "created 0, handled 1, assigned 2, reassigned 3, reassigned 4, arrived 6, started 6, completed 8"
    assert june(figures(tables(order(1, twice), order(2, STRAIGHT)), "handoffs_per_order")) == 1
    carried = tables(order(1, twice, reassignments=5), order(2, STRAIGHT, reassignments=0))
    assert june(figures(carried, "handoffs_per_order")) == 2.5


def test_the_stages_share_the_time_of_their_orders_and_a_remote_order_has_no_journey(figures):
    # on site: 1 h, 1 h, 4 h, 2 h; remote: 1 h, 1 h, 0, 2 h (from its assignment on it is repaired): of 12 h in all
    given = tables(order(1, STRAIGHT), order(2, "created 0, handled 1, assigned 2, started 2, completed 4", "remote"))
    shares = {name: june(figures(given, f"stage_share_{name}")) for name in ("request_handling", "dispatch")}
    assert shares == pytest.approx({"request_handling": 200 / 12, "dispatch": 200 / 12})
    assert june(figures(given, "stage_share_technician_response")) == pytest.approx(400 / 12)
    assert june(figures(given, "stage_share_repair")) == pytest.approx(400 / 12)


def test_an_open_order_waits_in_its_stage_and_a_stage_without_stamps_is_none(figures):
    given = tables(order(1, STRAIGHT), order(2, "created 0, handled 1, assigned 2"), order(3, "created 0"))
    now = figures(given, "stage_queue")
    now = now[(now["period"] == "2025-06") & now["breakdown"].isin(["", "stage"])]["value"].to_dict()
    assert now == {"": 2, "technician_response": 1, "request_handling": 1}
    deskless = tables(
        order(1, "created 0, handled 1, assigned 2, completed 9"), order(2, "created 0, handled 1, assigned 2")
    )
    now = figures(deskless, "stage_queue")
    now = now[(now["period"] == "2025-06") & now["breakdown"].isin(["", "stage"])]["value"].to_dict()
    assert now == {"": 1, "repair": 1}


def test_time_on_site_over_the_whole_time_and_waits_by_reason(figures):
    # 10 h from request to completion; on site from 6 to 10 h; 1.5 h wait for parts: at work 4 h, not on record 4.5 h
    trail = "created 0, handled 1, assigned 2, arrived 6, started 6, paused 7 parts, resumed 8.5, completed 10"
    given = tables(order(1, trail))
    start = pd.Timestamp(DAY)
    given["visits"] = pd.DataFrame(
        {"visit_id": ["V1"], "work_order_id": ["W1"], "business_unit": ["A"],
         "arrived_at": [start + pd.Timedelta(hours=6)], "left_at": [start + pd.Timedelta(hours=10)]}
    )  # fmt: skip
    assert june(figures(given, "flow_efficiency")) == pytest.approx(40)
    hours = figures(given, "cycle_hours_total")
    assert hours["value"].to_dict() == pytest.approx(
        {
            "": 10,
            "working": 4,
            "wait_parts": 1.5,
            "unrecorded": 4.5,
            "wait_customer": 0,
            "wait_approval": 0,
            "wait_other": 0,
        }
    )


def test_without_visits_the_work_is_from_its_start_less_the_waits_and_without_a_start_unknown(figures):
    trail = "created 0, handled 1, assigned 2, started 6, paused 7 parts, resumed 8.5, completed 10"
    assert june(figures(tables(order(1, trail)), "flow_efficiency")) == pytest.approx(25)
    assert figures(tables(order(1, "created 0, completed 10")), "flow_efficiency").empty


def test_a_visit_left_open_overnight_counts_twelve_hours(figures):
    given = tables(order(1, "created 0, handled 1, assigned 2, arrived 6, completed 46"))
    start = pd.Timestamp(DAY)
    given["visits"] = pd.DataFrame(
        {"visit_id": ["V1"], "work_order_id": ["W1"], "business_unit": ["A"],
         "arrived_at": [start + pd.Timedelta(hours=6)], "left_at": [start + pd.Timedelta(hours=46)]}
    )  # fmt: skip
    assert june(figures(given, "flow_efficiency")) == pytest.approx(100 * 12 / 46)


def test_an_hour_less_brings_in_the_order_that_was_half_an_hour_late(figures):
    # 72.5 h, of them 70.5 on the way: an hour less there and it is done within 3 days; of 2 orders that is 50 points.
    # An hour less in request handling (of which there was none to spare beyond 1 h) does the same.
    late = "created 0, handled 1, assigned 1.25, arrived 71.75, completed 72.5"
    given = tables(order(1, late), order(2, STRAIGHT))
    gain = figures(given, "hour_less_within_3d")["value"].to_dict()
    assert gain == {"": 50, "request_handling": 50, "dispatch": 0, "technician_response": 50, "repair": 50}
    mean = figures(given, "hour_less_mean")["value"].to_dict()
    assert mean["dispatch"] == pytest.approx((0.25 + 1) / 2)
    assert mean[""] == pytest.approx((1 + 0.25 + 1 + 0.75 + 4) / 2)


def test_a_cancelled_order_and_one_still_open_gain_nothing(figures):
    given = tables(
        order(1, "created 0, handled 1, cancelled 72.5"), order(2, "created 0, handled 1"), order(3, STRAIGHT)
    )
    assert figures(given, "hour_less_mean").loc["", "n"] == 2
    assert figures(given, "hour_less_within_3d").loc["", "value"] == 0


def test_a_stage_in_balance_keeps_little_s_law_and_one_that_holds_on_to_orders_does_not(figures):
    # five orders, ten days apart, each two days in repair: on average 5 × 2 days over the year, and λW says the same
    steady = [
        order(n, ", ".join(f"{step} {240 * n}" for step in ("created", "handled", "assigned", "arrived"))
              + f", completed {240 * n + 48}")
        for n in range(5)
    ]  # fmt: skip
    balanced = figures(tables(*steady), "littles_law_ratio")
    assert balanced.loc["repair", "value"] == pytest.approx(1)
    stuck = [
        order(10 + n, f"created {n * 24}, handled {n * 24}, assigned {n * 24}, arrived {n * 24}") for n in range(5)
    ]
    assert figures(tables(*steady, *stuck), "littles_law_ratio").loc["repair", "value"] > 4


def test_a_log_of_one_event_has_no_steps_and_no_error(figures):
    given = tables(order(1, "created 0"))
    for metric in ("step_wait_median", "path_cycle_median", "deviation_share", "hour_less_mean", "littles_law_ratio"):
        assert figures(given, metric).empty or not np.isnan(figures(given, metric)["value"]).any()
