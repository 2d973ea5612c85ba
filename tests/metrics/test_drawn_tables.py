"""Metrics on tables small enough to work out by eye; the working stands in the comment beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Rows = Callable[..., pd.DataFrame]


def drawn(text: str, **constants: Any) -> pd.DataFrame:
    """A table from its drawing: the first line names the columns, `-` is empty, `T` stands between day and time."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame(
        [[None if cell == "-" else cell for cell in line] for line in lines], columns=head, dtype=object
    )
    return frame.assign(**constants)


def orders(text: str, unit: str = "A") -> pd.DataFrame:
    """Work orders from a drawing without ids, unit and status."""
    frame = drawn(text)
    for name in ("completed_at", "cancelled_at"):
        frame[name] = frame.get(name)
    status = np.select(
        [frame["completed_at"].notna(), frame["cancelled_at"].notna()], ["completed", "cancelled"], "open"
    )
    frame["business_unit"] = frame.get("business_unit", unit)
    frame["status"] = frame.get("status", status)
    return frame.assign(work_order_id=[f"W{number}" for number in range(len(frame))])


def complaints(text: str, **constants: Any) -> pd.DataFrame:
    frame = drawn(text, category="delay", **constants)
    frame["business_unit"] = frame.get("business_unit", "A")
    return frame.assign(complaint_id=[f"Q{number}" for number in range(len(frame))])


# -- open, cancelled, not reached -------------------------------------------------------------------------------------


def test_an_open_order_is_censored_not_dropped(rows: Rows):
    # Days: 1, 2, 4 completed, two open at the cut-off (after 10 and 9 days).
    # S(1) = 4/5, S(2) = 3/5, S(4) = 2/5: the median is 4 d; of the closed ones alone it would be 2 d.
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-02
        2025-06-01   2025-06-03
        2025-06-01   2025-06-05
        2025-06-21   -
        2025-06-22   -
    """)
    tables = {"work_orders": table}
    assert rows(tables, "repair_cycle_median", cutoff="2025-07-01").loc[("A", "2025-06"), "value"] == 4
    assert rows(tables, "repair_cycle_closed_only_median", cutoff="2025-07-01").loc[("A", "2025-06"), "value"] == 2


def test_a_cancelled_order_is_censored_when_it_left(rows: Rows):
    # Days: 1 completed, 2 cancelled, 3 completed, 3 completed. S(1) = 3/4; at 3 two of two end: S(3) = 0. P(≤ 3) =
    # 100 %.
    # Counted as never completed the cancelled one would give P(≤ 3) = 75 %; the median is 3 either way.
    table = orders("""
        submitted_at completed_at cancelled_at
        2025-06-01   2025-06-02   -
        2025-06-01   -            2025-06-03
        2025-06-01   2025-06-04   -
        2025-06-01   2025-06-04   -
    """)
    within = rows({"work_orders": table}, "repair_cycle_within_3d", cutoff="2025-07-10").loc[("A", "2025-06")]
    assert within["value"] == 100
    assert within["n"] == 4


def test_a_cancelled_order_without_its_time_left_at_its_last_stamp_and_is_no_backlog(rows: Rows):
    table = orders("""
        submitted_at handled_at completed_at status
        2025-06-01   2025-06-02 -            cancelled
        2025-06-01   -          -            open
    """)
    assert rows({"work_orders": table}, "backlog", cutoff="2025-07-10").loc[("A", "2025-06"), "value"] == 1


def test_a_median_that_is_not_reached_is_null_with_its_reason(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-02
        2025-06-20   -
        2025-06-20   -
    """)
    found = rows({"work_orders": table}, "repair_cycle_median", cutoff="2025-07-01").loc[("A", "2025-06")]
    assert np.isnan(found["value"])
    assert found["reason"] == "not reached"
    assert found["n"] == 3
    assert found["immature_share"] == pytest.approx(2 / 3)


def test_orders_without_any_completion_give_no_median_and_no_error(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-06-01   -
    """)
    found = rows({"work_orders": table}, "repair_cycle_median", cutoff="2025-07-01").loc[("all", "2025-06")]
    assert np.isnan(found["value"])
    assert found["reason"] == "not reached"


# -- the period view --------------------------------------------------------------------------------------------------


def test_the_period_view_takes_old_orders_in_at_the_age_they_had(rows: Rows):
    # June, in days since submission: from when to when each is watched, and how it ends.
    #   submitted 22 May, done 3 June: from 10 to 12      submitted  1 June, done  3 June: from 0 to 2
    #   submitted 22 May, open:        from 10 to 40      submitted 11 June, done 15 June: from 0 to 4
    # At 2 one of two ends: S = 1/2, the median is 2 d. Were the old ones taken for watched all along, it would be
    # S(2) = 3/4 and S(4) = 1/2: 4 d. Nobody is watched between 4 and 10: the curve ends there, nine in ten is unknown.
    table = orders("""
        submitted_at completed_at
        2025-05-22   2025-06-03
        2025-05-22   -
        2025-06-01   2025-06-03
        2025-06-11   2025-06-15
    """)
    june, tables = ("A", "2025-06"), {"work_orders": table}
    median = rows(tables, "repair_cycle_median_in_period", cutoff="2025-07-10").loc[june]
    assert median[["value", "n"]].tolist() == [2, 4]
    p90 = rows(tables, "repair_cycle_p90_in_period", cutoff="2025-07-10").loc[june]
    assert np.isnan(p90["value"])
    assert p90["reason"] == "not reached"


def test_the_period_view_gives_the_pace_of_the_period(rows: Rows):
    # At risk at 2 d: the orders of 1, 11 and 21 June (that of 29 May is watched from 3 d on): S(2) = 2/3. At 4 d those
    # of 11 and 21 June and 29 May, one ends: S(4) = 2/3 · 2/3 = 4/9: the median is 4 d.
    table = orders("""
        submitted_at completed_at
        2025-05-29   -
        2025-06-01   2025-06-03
        2025-06-11   2025-06-15
        2025-06-21   -
    """)
    found = rows({"work_orders": table}, "repair_cycle_median_in_period", cutoff="2025-07-10")
    assert found.loc[("A", "2025-06"), "value"] == 4


# -- months are half-open in local time -------------------------------------------------------------------------------


def test_midnight_belongs_to_the_month_it_begins(rows: Rows):
    table = orders("""
        submitted_at        completed_at
        2025-05-01T00:00:00 2025-05-01T00:00:00
        2025-05-31T23:59:59 2025-06-30T23:59:59
        2025-06-01T00:00:00 2025-07-01T00:00:00
    """)
    tables = {"work_orders": table}
    submitted = rows(tables, "orders_submitted", cutoff="2025-08-01")["value"]
    completed = rows(tables, "orders_completed", cutoff="2025-08-01")["value"]
    backlog = rows(tables, "backlog", cutoff="2025-08-01")["value"]
    assert submitted["A"].to_dict() == {"2025-05": 2, "2025-06": 1, "2025-07": 0}
    assert completed["A"].to_dict() == {"2025-05": 1, "2025-06": 1, "2025-07": 1}
    assert backlog["A"].to_dict() == {"2025-05": 1, "2025-06": 1, "2025-07": 0}


def test_an_order_completed_at_the_stroke_of_the_month_is_seen_by_one_period_view_only(rows: Rows):
    table = orders("""
        submitted_at        completed_at
        2025-06-29          2025-07-01
        2025-06-28          -
        2025-07-01          -
    """)
    found = rows({"work_orders": table}, "repair_cycle_within_7d_in_period", cutoff="2025-08-01")
    # June: nothing ends (watched at most 3 days: 7 days are not reached). July: at age 2 d one of two ends (28 June
    # enters at 3 d): P(≤ 7 d) = 50 %.
    assert found.loc[("A", "2025-06"), "reason"] == "window not passed"
    assert found.loc[("A", "2025-07"), "value"] == 50


def test_a_period_counts_when_it_ends_within_a_minute_of_the_cutoff(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-06
        2025-07-05   -
    """)
    tables = {"work_orders": table}
    assert list(rows(tables, "orders_submitted", cutoff="2025-07-31 23:59:00")["value"]["A"].index) == [
        "2025-06",
        "2025-07",
    ]
    assert list(rows(tables, "orders_submitted", cutoff="2025-07-31 23:58:00")["value"]["A"].index) == ["2025-06"]


# -- stages -----------------------------------------------------------------------------------------------------------

STAGES = ("request_handling", "dispatch", "technician_response", "repair")


def test_stages_add_up_to_the_restricted_mean_whatever_stamps_are_missing(measured: Callable[..., Any]):
    # Days:      handled  assigned  arrived  completed
    # onsite        1        2         5        6
    # remote        1        –         –        4        dispatch and response are 0, repair begins at handling
    # no handling   –        3         3        5        handling is 0
    # long          2       10        29       40        repair counts up to day 30
    table = orders("""
        submitted_at handled_at assigned_at arrived_at completed_at
        2025-03-01   2025-03-02 2025-03-03  2025-03-06 2025-03-07
        2025-03-01   2025-03-02 -           -          2025-03-05
        2025-03-01   -          2025-03-04  2025-03-04 2025-03-06
        2025-03-01   2025-03-03 2025-03-11  2025-03-30 2025-04-10
    """)
    metrics = [f"stage_mean_{stage}" for stage in STAGES]
    found = measured({"work_orders": table}, [*metrics, "repair_cycle_restricted_mean"], cutoff="2025-06-01").read()
    march = found[(found["business_unit"] == "A") & (found["period"] == "2025-03")].set_index("metric")["value"]
    # means over 4: handling (1+1+0+2)/4 = 1; dispatch (1+0+3+8)/4 = 3; response (3+0+0+19)/4 = 5.5; repair
    # (1+3+2+1)/4 = 1.75
    assert march[metrics].tolist() == pytest.approx([1, 3, 5.5, 1.75], abs=1e-9)
    # whole: (6 + 4 + 5 + 30)/4 = 11.25
    assert march["repair_cycle_restricted_mean"] == pytest.approx(11.25, abs=1e-9)
    assert march[metrics].sum() == pytest.approx(march["repair_cycle_restricted_mean"], abs=1e-9)


def test_a_stage_whose_stamp_the_data_do_not_have_is_part_of_the_next(measured: Callable[..., Any]):
    # Handled after 1 and 3 days, completed after 5 and 7; nothing is known in between: 2 + 4 = 6 days.
    table = orders("""
        submitted_at handled_at completed_at
        2025-03-01   2025-03-02 2025-03-06
        2025-03-01   2025-03-04 2025-03-08
    """)
    names = [*(f"stage_mean_{stage}" for stage in STAGES), "repair_cycle_restricted_mean"]
    found = measured({"work_orders": table}, names, cutoff="2025-06-01").read(business_unit="A", period="2025-03")
    values = found[found["breakdown"] == ""].set_index("metric")["value"].to_dict()
    assert values == {"stage_mean_request_handling": 2, "stage_mean_repair": 4, "repair_cycle_restricted_mean": 6}


def test_stages_of_the_random_business_add_up_in_every_cell(business_measured: dict[str, pd.DataFrame]):
    for found in business_measured.values():
        wide = found.pivot_table(
            index=["business_unit", "period", "breakdown", "segment"], columns="metric", values="value"
        )
        parts = wide[[f"stage_mean_{stage}" for stage in STAGES]]
        known = parts.notna().all(axis=1) & wide["repair_cycle_restricted_mean"].notna()
        assert known.sum() > 20
        difference = parts.sum(axis=1) - wide["repair_cycle_restricted_mean"]
        assert difference[known].abs().max() < 1e-9


def test_a_stage_with_a_missing_middle_stamp_is_left_out_not_zero(rows: Rows):
    # Handled after 2 h; the second was never marked as handled although it was completed; the third still waits (10 h).
    table = orders("""
        submitted_at        handled_at          completed_at
        2025-05-01T10:00:00 2025-05-01T12:00:00 -
        2025-06-30T10:00:00 2025-06-30T12:00:00 -
        2025-06-30T10:00:00 -                   2025-06-30T20:00:00
        2025-06-30T14:00:00 -                   -
    """)
    found = rows({"work_orders": table}, "request_handling_time_median", cutoff="2025-07-01").loc[("A", "2025-06")]
    assert found["n"] == 2  # the completed one without a stamp is bad data, the waiting one is not
    assert found["value"] == 2


# -- ratios, promises, waits ------------------------------------------------------------------------------------------


def test_a_total_is_the_ratio_of_sums_not_the_mean_of_ratios(rows: Rows):
    # A: 1 of 1 kept (100 %), B: 1 of 3 (33 %). The company: 2 of 4 = 50 %, not (100 + 33)/2.
    table = orders("""
        submitted_at completed_at resolution_due_at business_unit
        2025-06-01   2025-06-02   2025-06-05        A
        2025-06-01   2025-06-02   2025-06-05        B
        2025-06-01   2025-06-09   2025-06-05        B
        2025-06-01   -            2025-06-05        B
    """)
    found = rows({"work_orders": table}, "resolution_sla_attainment", cutoff="2025-07-01")
    assert found.loc[("all", "2025-06"), ["value", "numerator", "denominator", "n"]].tolist() == [50, 2, 4, 4]
    assert found.loc[("B", "2025-06"), "value"] == pytest.approx(100 / 3)


def test_sla_counts_open_breaches_and_leaves_out_what_is_not_yet_due_or_was_cancelled_before(rows: Rows):
    table = orders("""
        submitted_at completed_at cancelled_at resolution_due_at
        2025-06-01   2025-06-04   -            2025-06-05
        2025-06-01   -            -            2025-06-05
        2025-06-01   -            2025-06-03   2025-06-05
        2025-06-01   -            2025-06-09   2025-06-05
        2025-06-29   -            -            2025-07-20
    """)
    # met 1; breached: the open one and the one cancelled too late; left out: cancelled in time, not yet due → 1 of 3
    found = rows({"work_orders": table}, "resolution_sla_attainment", cutoff="2025-07-02").loc[("A", "2025-06")]
    assert found[["numerator", "denominator"]].tolist() == [1, 3]


def test_an_order_without_a_due_time_takes_the_policy_of_its_priority(rows: Rows):
    table = orders("""
        submitted_at completed_at priority
        2025-06-01   2025-06-02   high
        2025-06-01   2025-06-04   high
        2025-06-01   2025-06-04   low
    """)
    policies = drawn("""
        policy_id priority clock
        S1        high     calendar
    """).assign(response_target_hours=4.0, resolution_target_hours=48.0)
    found = rows({"work_orders": table, "sla_policies": policies}, "resolution_sla_attainment", cutoff="2025-07-01")
    # due after 48 h: 1 day is in time, 3 days are not; no policy for low: no promise → 1 of 2
    assert found.loc[("A", "2025-06"), ["numerator", "denominator"]].tolist() == [1, 2]


def test_a_policy_without_a_priority_is_for_orders_that_have_no_policy_of_their_own(rows: Rows):
    table = orders("""
        submitted_at completed_at priority
        2025-06-01   2025-06-04   high
        2025-06-01   2025-06-04   low
        2025-06-01   2025-06-04   -
    """)
    policies = drawn("""
        policy_id priority
        S1        high
        S2        -
    """).assign(response_target_hours=4.0, resolution_target_hours=[96.0, 48.0])
    found = rows({"work_orders": table, "sla_policies": policies}, "resolution_sla_attainment", cutoff="2025-07-01")
    assert found.loc[("A", "2025-06"), ["numerator", "denominator"]].tolist() == [1, 3]


def test_a_promise_in_business_hours_passes_over_nights_and_days_off(rows: Rows):
    # Open 9 to 17 on Friday 6 and Monday 9 June. Eight business hours are due:
    #   submitted Friday 15:00 → 2 h on Friday, 6 h on Monday: due Monday 15:00, completed 14:59, kept
    #   submitted Friday 20:00 → after hours: due Monday 17:00, completed 17:01, broken
    #   submitted Saturday     → due Monday 17:00, completed then, kept
    table = orders("""
        submitted_at        completed_at        priority
        2025-06-01T00:00:00 -                   none
        2025-06-06T15:00:00 2025-06-09T14:59:00 high
        2025-06-06T20:00:00 2025-06-09T17:01:00 high
        2025-06-07T11:00:00 2025-06-09T17:00:00 high
    """)
    policies = drawn("""
        policy_id priority clock
        S1        high     business
    """).assign(response_target_hours=4.0, resolution_target_hours=8.0)
    calendar = drawn("""
        date       is_workday opens_at closes_at
        2025-06-05 yes        09:00    17:00
        2025-06-06 yes        09:00    17:00
        2025-06-07 no         10:00    12:00
        2025-06-08 no         -        -
        2025-06-09 yes        09:00    17:00
        2025-06-10 yes        09:00    17:00
    """).assign(is_workday=lambda days: days["is_workday"] == "yes")
    tables = {"work_orders": table, "sla_policies": policies, "calendar": calendar}
    found = rows(tables, "resolution_sla_attainment", cutoff="2025-07-01").loc[("A", "2025-06")]
    assert found[["numerator", "denominator"]].tolist() == [2, 3]


def test_waiting_share_is_minutes_over_minutes(rows: Rows):
    # W0: 4 days, 3 of them paused. W1: 4 days without a pause. W2 has no recorded steps: unknown, not zero. 3/8 =
    # 37.5 %.
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-05
        2025-06-01   2025-06-05
        2025-06-01   2025-06-05
    """)
    events = drawn("""
        work_order_id seq event_at   event
        W0            1   2025-06-01 created
        W0            2   2025-06-02 paused
        W0            3   2025-06-05 completed
        W1            1   2025-06-01 created
    """, business_unit="A").astype({"seq": int})  # fmt: skip
    found = rows({"work_orders": table, "work_order_events": events}, "waiting_share", cutoff="2025-07-01")
    assert found.loc[("A", "2025-06"), ["value", "n"]].tolist() == [37.5, 2]


def test_a_reopened_order_is_resolved_when_it_is_completed_for_the_last_time(rows: Rows):
    # Completed on day 2, reopened on day 5, completed on day 7: 7 days less the 3 in which it counted as done = 4 days.
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-03
    """)
    events = drawn("""
        work_order_id seq event_at   event
        W0            1   2025-06-03 completed
        W0            2   2025-06-06 reopened
        W0            3   2025-06-08 completed
        W0            4   2025-06-09 closed
    """, business_unit="A").astype({"seq": int})  # fmt: skip
    found = rows(
        {"work_orders": table, "work_order_events": events}, "full_resolution_time_median", cutoff="2025-07-01"
    )
    assert found.loc[("A", "2025-06"), "value"] == 4


def test_an_appointment_is_kept_inside_its_window_only(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-02
    """)
    visits = drawn("""
        visit_id window_start        window_end          arrived_at
        V1       2025-06-02T08:00:00 2025-06-02T10:00:00 2025-06-02T10:00:00
        V2       2025-06-03T08:00:00 2025-06-03T10:00:00 2025-06-03T07:59:00
        V3       2025-06-04T08:00:00 2025-06-04T10:00:00 2025-06-04T11:00:00
        V4       -                   -                   2025-06-05T08:00:00
    """, work_order_id="W0", business_unit="A")  # fmt: skip
    found = rows({"work_orders": table, "visits": visits}, "appointment_kept_rate", cutoff="2025-07-01")
    assert found.loc[("A", "2025-06"), ["numerator", "denominator"]].tolist() == [1, 3]


# -- backlog ----------------------------------------------------------------------------------------------------------


def test_backlog_counts_what_was_open_then_by_age(measured: Callable[..., Any]):
    # Ages at the end of June: 29, 10, 1 days; the fourth was done before, the fifth came after.
    table = orders("""
        submitted_at completed_at
        2025-06-02   2025-07-03
        2025-06-21   -
        2025-06-30   -
        2025-06-02   2025-06-30
        2025-07-01   -
    """)
    names = ["backlog", "backlog_age_median", "backlog_over_7d_share", "backlog_over_15d_share"]
    found = measured({"work_orders": table}, names, cutoff="2025-07-10").read(period="2025-06", business_unit="A")
    whole = found[found["breakdown"] == ""].set_index("metric")["value"]
    assert whole[names].tolist() == pytest.approx([3, 10, 200 / 3, 100 / 3])
    bands = found[found["breakdown"] == "age_bucket"].set_index("segment")["value"]
    assert bands.to_dict() == {"0-3": 1, "7-15": 1, "15-30": 1}


def test_clearance_may_exceed_a_hundred_percent_and_days_of_work_use_the_month_s_days(measured: Callable[..., Any]):
    # June: 1 submitted, 2 completed → 200 %. Open at its end: 1; 2 in 30 days → 15 days of work.
    table = orders("""
        submitted_at completed_at
        2025-05-02   2025-06-03
        2025-05-02   2025-06-04
        2025-06-21   -
    """)
    names = ["orders_submitted", "orders_completed", "backlog", "clearance_ratio", "days_of_work"]
    found = measured({"work_orders": table}, names, cutoff="2025-07-10").read(
        period="2025-06", business_unit="A", breakdown=""
    )
    values = found.set_index("metric")["value"]
    assert values["clearance_ratio"] == 200
    assert values["days_of_work"] == 15


# -- exposure ---------------------------------------------------------------------------------------------------------


def base(text: str) -> pd.DataFrame:
    return drawn(text, business_unit="A").astype({"units_in_service": int})


def test_a_month_without_complaints_under_a_known_exposure_is_a_rate_of_zero(rows: Rows):
    table = complaints("""
        received_at product_id
        2025-04-05  P1
        2025-06-05  P1
    """)
    months = base("""
        product_id month      units_in_service
        P1         2025-04-01 500
        P1         2025-05-01 500
        P1         2025-06-01 250
    """)
    found = rows(
        {"complaints": table, "installed_base_monthly": months}, "complaints_per_1000_units", cutoff="2025-07-01"
    )
    assert found.loc["A", "value"].to_dict() == {"2025-04": 2, "2025-05": 0, "2025-06": 4}
    assert found.loc[("A", "2025-05"), "low"] == 0
    assert found.loc[("A", "2025-05"), "high"] == pytest.approx(1000 * 3.688879 / 500, rel=1e-6)  # Garwood for 0 events


def test_a_month_without_a_known_exposure_has_no_rate_and_no_zero(rows: Rows):
    table = complaints("""
        received_at product_id
        2025-05-05  P1
        2025-06-05  P1
    """)
    months = base("""
        product_id month      units_in_service
        P1         2025-06-01 100
    """)
    found = rows(
        {"complaints": table, "installed_base_monthly": months}, "complaints_per_1000_units", cutoff="2025-07-01"
    )
    assert np.isnan(found.loc[("A", "2025-05"), "value"])
    assert found.loc[("A", "2025-05"), "reason"] == "no exposure"
    assert found.loc[("A", "2025-06"), "value"] == 10


def test_zero_units_in_service_is_no_exposure(rows: Rows):
    table = complaints("""
        received_at product_id
        2025-06-05  P1
    """)
    months = base("""
        product_id month      units_in_service
        P1         2025-06-01 0
    """)
    found = rows(
        {"complaints": table, "installed_base_monthly": months}, "complaints_per_1000_units", cutoff="2025-07-01"
    )
    assert np.isnan(found.loc[("A", "2025-06"), "value"])


def test_the_company_s_rate_leaves_out_units_whose_exposure_is_unknown(rows: Rows):
    # A: 1 complaint on 100 units; B: 5 complaints, no base known. The company: 1 on 100 = 10 per 1,000, not 60.
    table = complaints("""
        received_at business_unit
        2025-06-05  A
        2025-06-05  B
        2025-06-06  B
        2025-06-07  B
        2025-06-08  B
        2025-06-09  B
    """)
    months = base("""
        product_id month      units_in_service
        P1         2025-06-01 100
    """)
    found = rows(
        {"complaints": table, "installed_base_monthly": months}, "complaints_per_1000_units", cutoff="2025-07-01"
    )
    assert found.loc[("all", "2025-06"), "value"] == 10
    assert found.loc[("B", "2025-06"), "reason"] == "no exposure"


def test_a_quarter_s_rate_is_per_unit_and_month_too(rows: Rows):
    # 3 + 0 + 3 complaints on 100 units for three months: 6 ÷ 300 unit-months = 20 per 1,000 a month.
    table = complaints("""
        received_at
        2025-04-05
        2025-04-06
        2025-04-07
        2025-06-05
        2025-06-06
        2025-06-07
    """)
    months = base("""
        product_id month      units_in_service
        P1         2025-04-01 100
        P1         2025-05-01 100
        P1         2025-06-01 100
    """)
    tables = {"complaints": table, "installed_base_monthly": months}
    found = rows(tables, "complaints_per_1000_units", cutoff="2025-07-01", grain="quarter")
    assert found.loc[("A", "2025-Q2"), ["value", "denominator"]].tolist() == [20, 300]


def test_units_in_service_are_the_mean_over_the_days_of_the_month_when_only_serial_numbers_are_known(rows: Rows):
    # June has 30 days: S1 in service all month = 1; S2 from the 16th = 15/30; S3 until the 10th (retired on the 11th)
    # = 10/30; S4 was never put into service. 1 + 0.5 + 1/3 = 11/6. One complaint: 1000 ÷ (11/6) = 545.45 per 1,000.
    units = drawn("""
        serial_no in_service_on retired_on
        S1        2025-01-01    -
        S2        2025-06-16    -
        S3        2025-01-01    2025-06-11
        S4        -             -
    """, business_unit="A", product_id="P1")  # fmt: skip
    table = complaints("""
        received_at
        2025-06-05
    """)
    found = rows({"complaints": table, "installed_units": units}, "complaints_per_1000_units", cutoff="2025-07-01")
    assert found.loc[("A", "2025-06"), "denominator"] == pytest.approx(11 / 6)
    assert found.loc[("A", "2025-06"), "value"] == pytest.approx(6000 / 11)


def test_a_customer_who_complains_twice_counts_once_among_the_active(rows: Rows):
    # Active in the twelve months to the end of June 2025: C1, C2 (orders), C3 (complaint). C4's order is older. C1
    # complained twice, C3 once: 2 of 3.
    table = orders("""
        submitted_at customer_id
        2025-06-01   C1
        2024-07-01   C2
        2024-06-30   C4
    """)
    said = complaints("""
        received_at customer_id
        2025-06-05  C1
        2025-06-25  C1
        2025-06-25  C3
    """)
    found = rows({"work_orders": table, "complaints": said}, "complaining_customer_rate", cutoff="2025-07-01")
    assert found.loc[("A", "2025-06"), ["numerator", "denominator"]].tolist() == [2, 3]


# -- follow-up and maturity -------------------------------------------------------------------------------------------


def test_a_follow_up_metric_uses_records_only_whose_window_has_passed(rows: Rows):
    # Cut-off 10 July: orders completed up to 10 June have had their 30 days. W0 (complaint after 3 days) and W1 count,
    # W2 (completed on 20 June, complaint after 1 day) must wait: 1 complaint on 2 orders, a third not yet mature.
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-02
        2025-06-01   2025-06-03
        2025-06-01   2025-06-20
    """)
    said = complaints("""
        received_at work_order_id
        2025-06-05  W0
        2025-06-21  W2
        2025-07-09  W0
    """)
    found = rows({"work_orders": table, "complaints": said}, "complaints_per_100_orders", cutoff="2025-07-10").loc[
        ("A", "2025-06")
    ]
    assert found[["numerator", "denominator", "value"]].tolist() == [1, 2, 50]
    assert found["immature_share"] == pytest.approx(1 / 3)
    assert not found["mature"]


def test_a_period_of_which_no_window_has_passed_has_no_value_but_its_reason(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-06-25   2025-06-26
    """)
    said = complaints("""
        received_at work_order_id
        2025-06-27  W0
    """)
    found = rows({"work_orders": table, "complaints": said}, "complaints_per_100_orders", cutoff="2025-07-10").loc[
        ("A", "2025-06")
    ]
    assert np.isnan(found["value"])
    assert np.isnan(found["numerator"])
    assert found["reason"] == "window not passed"
    assert found["immature_share"] == 1


def test_a_share_of_counted_records_is_mature_when_the_whole_window_of_the_whole_period_has_passed(rows: Rows):
    tables = {
        "work_orders": orders("""
            submitted_at completed_at
            2025-05-05   2025-05-06
            2025-06-05   2025-06-06
        """),
        "complaints": complaints("""
            received_at work_order_id
            2025-05-07  W0
        """),
    }
    found = rows(tables, "complaints_per_100_orders", cutoff="2025-07-30 23:58:00")["mature"]["A"]
    assert found.to_dict() == {"2025-05": True, "2025-06": False}
    found = rows(tables, "complaints_per_100_orders", cutoff="2025-07-30 23:59:59")["mature"]["A"]
    assert found.to_dict() == {"2025-05": True, "2025-06": True}


def test_a_share_with_open_records_censored_is_mature_when_half_of_the_period_was_watched_for_the_window(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-05-05   2025-05-06
        2025-06-05   2025-06-06
    """)
    # half of June is over on 16 June 00:00; 15 days later is 1 July 00:00
    found = rows({"work_orders": table}, "repair_cycle_within_7d", cutoff="2025-06-30 23:59:59")["mature"]["A"]
    assert found.to_dict() == {"2025-05": True, "2025-06": True}
    found = rows({"work_orders": table}, "repair_cycle_restricted_mean", cutoff="2025-07-15 23:58:00")["mature"]["A"]
    assert found.to_dict() == {"2025-05": True, "2025-06": False}
    found = rows({"work_orders": table}, "repair_cycle_restricted_mean", cutoff="2025-07-15 23:59:59")["mature"]["A"]
    assert found.to_dict() == {"2025-05": True, "2025-06": True}


def test_a_curve_that_ends_in_a_cancellation_is_known_only_where_almost_nothing_is_undecided(rows: Rows):
    # n orders of 1 May: all completed after a day but the last, cancelled after two. S stays 1/n from then on: 30 days
    # hold 1 + 29/n days on average for n = 20 (5 % undecided); for n = 10 (10 %) nothing is said.
    def mean(n: int) -> float:
        stamps = {"completed_at": ["2025-05-02"] * (n - 1) + [None], "cancelled_at": [None] * (n - 1) + ["2025-05-03"]}
        table = pd.DataFrame({"submitted_at": ["2025-05-01"] * n} | stamps).apply(pd.to_datetime)
        table = table.assign(work_order_id=[f"W{i}" for i in range(n)], business_unit="A")
        table["status"] = np.where(table["completed_at"].notna(), "completed", "cancelled")
        found = rows({"work_orders": table}, "repair_cycle_restricted_mean", cutoff="2025-08-01")
        return float(found.loc[("A", "2025-05"), "value"])

    assert mean(20) == pytest.approx(1 + 29 / 20)
    assert np.isnan(mean(10))


# -- what is not there ------------------------------------------------------------------------------------------------


def test_test_and_duplicate_orders_are_left_out(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-06-01   2025-06-02
        2025-06-01   2025-06-02
        2025-06-01   2025-06-02
    """).assign(is_test=[True, False, None], is_duplicate=[None, True, None])
    assert rows({"work_orders": table}, "orders_submitted", cutoff="2025-07-01").loc[("A", "2025-06"), "value"] == 1


def test_a_count_is_zero_between_a_unit_s_records_and_absent_before_its_first(rows: Rows):
    table = orders("""
        submitted_at business_unit
        2025-03-01   A
        2025-05-01   A
        2025-05-01   B
    """)
    found = rows({"work_orders": table}, "orders_submitted", cutoff="2025-07-01")
    assert found.loc["A", "value"].to_dict() == {"2025-03": 1, "2025-04": 0, "2025-05": 1, "2025-06": 0}
    assert found.loc[("B", "2025-06"), "value"] == 0
    assert np.isnan(found.loc[("B", "2025-04"), "value"])
    assert found.loc[("B", "2025-04"), "reason"] == "no records"


def test_a_month_without_records_has_no_median_and_says_so(rows: Rows):
    table = orders("""
        submitted_at completed_at
        2025-04-01   2025-04-02
        2025-06-01   2025-06-02
    """)
    found = rows({"work_orders": table}, "repair_cycle_median", cutoff="2025-07-01").loc[("A", "2025-05")]
    assert np.isnan(found["value"])
    assert found[["reason", "n"]].tolist() == ["no records", 0]


def test_a_first_month_that_the_data_enter_midway_is_left_out(rows: Rows):
    days = pd.date_range("2025-04-20", "2025-06-30", freq="6h")
    table = pd.DataFrame(
        {
            "work_order_id": [f"W{i}" for i in range(len(days))],
            "business_unit": "A",
            "submitted_at": days,
            "status": "open",
        }
    )
    assert list(rows({"work_orders": table}, "orders_submitted", cutoff="2025-07-01").loc["A"].index) == [
        "2025-05",
        "2025-06",
    ]


def test_one_mistyped_date_long_ago_does_not_make_decades_of_zeros(rows: Rows):
    table = orders("""
        submitted_at
        1999-06-05
        2025-05-01
        2025-06-01
    """)
    found = rows({"work_orders": table}, "orders_submitted", cutoff="2025-07-01").loc["A", "value"]
    assert found.to_dict() == {"1999-06": 1, "2025-05": 1, "2025-06": 1}
