"""Service quality on tables small enough to work out by eye; the working stands in the comment beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Rows = Callable[..., pd.DataFrame]


def orders(text: str) -> pd.DataFrame:
    """Repairs on site of unit A from a drawing: `-` is empty; completed unless it has no completion; one visit."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame([[None if c == "-" else c for c in line] for line in lines], columns=head, dtype=object)
    given: dict[str, Any] = {
        "work_order_id": [f"W{number}" for number in range(len(frame))],
        "business_unit": "A",
        "serial_no": None,
        "customer_id": None,
        "product_id": None,
        "fault_code": "E1",
        "visits": 1,
        "work_order_type": "repair",
        "service_mode": "onsite",
    }
    for name, value in given.items():
        if name not in frame:
            frame[name] = value
    frame["visits"] = pd.to_numeric(frame["visits"])
    return frame.assign(status=np.where(frame["completed_at"].isna(), "open", "completed"))


ELSEWHERE = {"work_order_id": "Z", "business_unit": "B", "serial_no": "Z", "visits": 2, "service_mode": "onsite",
             "submitted_at": "2025-05-01", "completed_at": "2025-05-02", "status": "completed"}  # fmt: skip


def of_june(rows: Rows, table: pd.DataFrame, metric: str, *, cutoff: str = "2025-12-01", **others: Any) -> pd.Series:
    """Unit A's June, in a source that knows second visits: one was made in unit B."""
    table = pd.concat([table, pd.DataFrame([ELSEWHERE])], ignore_index=True)
    return rows({"work_orders": table, **others}, metric, cutoff=cutoff).loc[("A", "2025-06")]


# -- first-time fix ----------------------------------------------------------------------------------------------------


def test_first_time_fix_takes_one_visit_and_no_return_of_the_fault_within_the_window(rows: Rows):
    # Five field repairs completed in June: S1 holds; S2 comes back after 10 days with the same fault; S3 after 10 days
    # with another; S4 took two visits; S5 comes back after 40 days. Fixed: S1, S3, S5 = 3 of 5; within 7 days S2 too.
    table = orders("""
        serial_no submitted_at completed_at fault_code visits
        S1        2025-06-01   2025-06-02   E1         1
        S2        2025-06-01   2025-06-02   E1         1
        S2        2025-06-12   2025-07-02   E1         1
        S3        2025-06-01   2025-06-02   E1         1
        S3        2025-06-12   2025-07-02   E2         1
        S4        2025-06-01   2025-06-02   E1         2
        S5        2025-06-01   2025-06-02   E1         1
        S5        2025-07-12   2025-07-13   E1         1
    """)
    assert of_june(rows, table, "first_time_fix_rate")["value"] == pytest.approx(60)
    assert of_june(rows, table, "first_time_fix_rate")["n"] == 5
    assert of_june(rows, table, "first_time_fix_rate_7d")["value"] == pytest.approx(80)
    assert of_june(rows, table, "single_visit_rate")["value"] == pytest.approx(80)


def test_installs_inspections_maintenance_remote_and_workshop_orders_are_no_field_repairs(rows: Rows):
    # One field repair that holds; the five others would halve the rate, and as sequels spoil it.
    table = orders("""
        serial_no submitted_at completed_at work_order_type service_mode visits
        S1        2025-06-01   2025-06-02   repair          onsite       1
        S1        2025-06-05   2025-06-06   inspection      onsite       3
        S1        2025-06-07   2025-06-08   maintenance     onsite       3
        S1        2025-06-09   2025-06-10   install         onsite       3
        S2        2025-06-01   2025-06-02   repair          remote       0
        S3        2025-06-01   2025-06-02   repair          depot        0
    """)
    row = of_june(rows, table, "first_time_fix_rate")
    assert (row["value"], row["n"]) == (100, 1)
    assert of_june(rows, table, "repeat_repair_rate_30d")["n"] == 3


def test_an_order_submitted_before_the_completion_is_no_return(rows: Rows):
    # The second order was asked for while the first was open: two orders at once, not a failed repair.
    table = orders("""
        serial_no submitted_at completed_at
        S1        2025-06-01   2025-06-10
        S1        2025-06-05   2025-06-06
    """)
    # W1 completed on the 6th: no later submission. W0 completed on the 10th: none either.
    assert of_june(rows, table, "first_time_fix_rate")["value"] == 100


def test_an_order_closed_and_created_anew_in_the_same_second_is_a_return_but_never_its_own(rows: Rows):
    # W0 is followed at its very completion by W1; W1 was completed when it was submitted and must not find itself.
    table = orders("""
        serial_no submitted_at completed_at
        S1        2025-06-01   2025-06-10
        S1        2025-06-10   2025-06-10
    """)
    row = of_june(rows, table, "repeat_repair_rate_30d")
    assert (row["numerator"], row["n"]) == (1, 2)


def test_without_serial_number_the_customers_orders_for_the_product_are_linked(rows: Rows):
    # C1/P1: the first has no serial, the second has: linked. C2/P1 and C2/P2: another product. S7 and S8: the same
    # customer and product, but two appliances by their numbers: not linked.
    table = orders("""
        serial_no customer_id product_id submitted_at completed_at
        -         C1          P1         2025-06-01   2025-06-02
        S5        C1          P1         2025-06-12   2025-07-02
        -         C2          P1         2025-06-01   2025-06-02
        -         C2          P2         2025-06-12   2025-07-02
        S7        C3          P1         2025-06-01   2025-06-02
        S8        C3          P1         2025-06-12   2025-07-02
    """)
    row = of_june(rows, table, "any_repeat_repair_rate_30d")
    assert (row["numerator"], row["n"]) == (1, 3)


def test_an_unnamed_fault_spoils_the_fix_but_is_no_proven_repeat(rows: Rows):
    table = orders("""
        serial_no submitted_at completed_at fault_code
        S1        2025-06-01   2025-06-02   E1
        S1        2025-06-12   2025-07-02   -
    """)
    assert of_june(rows, table, "first_time_fix_rate")["value"] == 0
    assert of_june(rows, table, "repeat_repair_rate_30d")["value"] == 0
    assert of_june(rows, table, "any_repeat_repair_rate_30d")["value"] == 100


def test_an_order_that_names_its_parent_is_a_repeat_whatever_its_number_and_fault(rows: Rows):
    table = orders("""
        serial_no submitted_at completed_at fault_code parent_work_order_id
        S1        2025-06-01   2025-06-02   E1         -
        -         2025-06-12   2025-07-02   E2         W0
    """)
    assert of_june(rows, table, "repeat_repair_rate_30d")["value"] == 100


def test_a_return_to_another_unit_counts_against_the_one_that_repaired(rows: Rows):
    table = orders("""
        serial_no business_unit submitted_at completed_at
        S1        A             2025-06-01   2025-06-02
        S1        B             2025-06-12   2025-07-02
    """)
    assert of_june(rows, table, "repeat_repair_rate_30d")["value"] == 100


def test_orders_whose_window_has_not_passed_wait_outside(rows: Rows):
    # Cut-off 10 July: the order of 2 June has its 30 days, the one of 20 June has not, though it came back already.
    table = orders("""
        serial_no submitted_at completed_at
        S1        2025-06-01   2025-06-02
        S2        2025-06-19   2025-06-20
        S2        2025-06-25   2025-07-02
    """)
    row = of_june(rows, table, "first_time_fix_rate", cutoff="2025-07-10")
    assert (row["value"], row["n"], row["immature_share"]) == (100, 1, 0.5)


def test_days_without_trouble_count_nought_for_a_second_visit(rows: Rows):
    # S1 holds: 90 of 90 days; S2 comes back after 30 days: 30; S3 took two visits: 0. Mean 40.
    table = orders("""
        serial_no submitted_at completed_at visits
        S1        2025-06-01   2025-06-02   1
        S2        2025-06-01   2025-06-02   1
        S2        2025-07-02   2025-07-03   1
        S3        2025-06-01   2025-06-02   2
    """)
    assert of_june(rows, table, "trouble_free_days_90d")["value"] == pytest.approx(40)


# -- reopened, resolved ------------------------------------------------------------------------------------------------


def test_reopened_within_the_window_counts_and_later_does_not(rows: Rows):
    table = orders("""
        serial_no submitted_at completed_at
        S1        2025-06-01   2025-06-02
        S2        2025-06-01   2025-06-02
        S3        2025-06-01   2025-06-02
    """)
    events = pd.DataFrame(
        [
            ("W0", 1, "2025-06-05", "reopened"),
            ("W1", 1, "2025-07-20", "reopened"),
            ("W2", 1, "2025-06-02", "completed"),
        ],
        columns=["work_order_id", "seq", "event_at", "event"],
    ).assign(business_unit="A")
    row = of_june(rows, table, "reopen_rate", work_order_events=events)
    assert (row["numerator"], row["n"]) == (1, 3)


def test_where_only_a_count_of_reopenings_is_given_each_counts(rows: Rows):
    table = orders("""
        serial_no submitted_at completed_at reopens
        S1        2025-06-01   2025-06-02   2
        S2        2025-06-01   2025-06-02   0
        S3        2025-06-01   2025-06-02   -
    """)
    table["reopens"] = pd.to_numeric(table["reopens"])
    row = of_june(rows, table, "reopen_rate")
    assert (row["numerator"], row["n"]) == (1, 2)  # the third one is unknown, not 0


def test_an_install_is_no_problem_to_be_resolved(rows: Rows):
    table = orders("""
        serial_no submitted_at completed_at work_order_type
        S1        2025-06-01   2025-06-20   repair
        S2        2025-06-01   2025-06-02   install
    """)
    row = of_june(rows, table, "resolution_rate_7d")
    assert (row["value"], row["n"]) == (0, 1)


# -- first contact -----------------------------------------------------------------------------------------------------


def contacts(text: str) -> pd.DataFrame:
    head, *lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame([[None if c == "-" else c for c in line] for line in lines], columns=head, dtype=object)
    for name in ("resolved", "abandoned"):
        if name in frame:
            frame[name] = frame[name].map({"yes": True, "no": False})
    return frame.assign(
        interaction_id=[f"N{number}" for number in range(len(frame))], business_unit="A", channel="phone"
    )


def test_first_contact_resolution_knows_return_calls_visits_and_queues(rows: Rows):
    # I1 settled. I2 called again after 3 days: not. I3 called again after 10 days: settled. I4 not resolved. I5: given
    # up in the queue first, settled in the second call: settled. I6 led to a visit: not. I7 only a bot: none. 3 of 6.
    interactions = contacts("""
        issue_id started_at resolved abandoned handled_by work_order_id
        I1       2025-06-01 yes      no        human      -
        I2       2025-06-01 yes      no        human      -
        I2       2025-06-04 yes      no        human      -
        I3       2025-06-01 yes      no        human      -
        I3       2025-06-11 yes      no        human      -
        I4       2025-06-01 no       no        human      -
        I5       2025-06-01 no       yes       human      -
        I5       2025-06-02 yes      no        human      -
        I6       2025-06-01 yes      no        human      W0
        I7       2025-06-01 yes      no        bot        -
    """)
    table = orders("""
        serial_no submitted_at completed_at
        S1        2025-06-01   2025-06-02
    """)
    row = of_june(rows, table, "first_contact_resolution_rate", interactions=interactions)
    assert (row["numerator"], row["n"]) == (3, 6)
    row = of_june(rows, table, "first_contact_resolution_rate_no_visit", interactions=interactions)
    assert (row["numerator"], row["n"]) == (3, 5)


# -- audits and attitude -----------------------------------------------------------------------------------------------


def test_the_score_sums_points_over_applicable_ones_instead_of_averaging_scores(rows: Rows):
    # 90 of 100 and 5 of 10: 95 of 110 = 86.36; the mean of the two scores would be 70. The third has nothing to win.
    audits = pd.DataFrame(
        {
            "audit_id": ["D1", "D2", "D3"],
            "business_unit": "A",
            "audited_at": "2025-06-10",
            "points": [90.0, 5.0, 0.0],
            "applicable_points": [100.0, 10.0, 0.0],
            "critical_error": [False, True, True],
            "work_order_id": ["W0", None, None],
        }
    )
    table = orders("""
        serial_no submitted_at completed_at
        S1        2025-06-01   2025-06-02
        S2        2025-06-01   2025-06-02
    """)
    assert of_june(rows, table, "service_standard_score", quality_audits=audits)["value"] == pytest.approx(9500 / 110)
    assert of_june(rows, table, "critical_error_rate", quality_audits=audits)["value"] == pytest.approx(50)
    assert of_june(rows, table, "audit_coverage", quality_audits=audits)["value"] == pytest.approx(50)


def test_attitude_complaints_are_told_by_their_category_in_either_language(rows: Rows):
    complaints = pd.DataFrame(
        {
            "complaint_id": [f"Q{number}" for number in range(5)],
            "business_unit": "A",
            "received_at": ["2025-06-03", "2025-06-03", "2025-06-03", "2025-08-03", "2025-06-03"],
            "work_order_id": ["W0", "W0", "W1", "W1", None],
            "category": ["Staff attitude", "delay", "服务态度", "attitude", "attitude"],
        }
    )
    table = orders("""
        serial_no submitted_at completed_at
        S1        2025-06-01   2025-06-02
        S2        2025-06-01   2025-06-02
    """)
    # W0 one, W1 one (the one of August comes after its 30 days), the one without an order is not linked: 2 of 2 orders.
    row = of_june(rows, table, "attitude_complaints_per_1000_orders", complaints=complaints)
    assert (row["numerator"], row["value"]) == (2, 1000)


def test_a_customer_who_asks_every_few_days_for_one_product_tells_of_no_appliance(rows: Rows):
    """A help desk's monitor with 209 incidents of one kind in a month made its site the one with 90.7% repeat
    repairs, "worse than elsewhere beyond chance"."""
    # June: a monitor's thirteen orders without serial number; C1's order, which comes back; S1's, which holds although
    # the monitor's S1 has its product too. Told: C1 and S1, one of two.
    lines = [f"-  C9 P1 2025-06-{day:02d} 2025-06-{day + 1:02d}" for day in range(2, 28, 2)]
    lines += ["-  C1 P1 2025-06-01 2025-06-02", "-  C1 P1 2025-06-10 2025-07-02", "S1 C9 P1 2025-06-03 2025-06-04"]
    table = orders("\n".join(["serial_no customer_id product_id submitted_at completed_at", *lines]))
    told = of_june(rows, table, "repeat_repair_rate_30d")
    assert (told["value"], told["n"]) == (pytest.approx(50), 2)
    assert of_june(rows, table, "first_time_fix_rate")["n"] == 2

    # Twelve in a year are a household with a bad appliance: each but the last came back.
    year = table.iloc[[0] * 12].assign(
        work_order_id=[f"Y{month}" for month in range(12)],
        submitted_at=[f"2025-06-{2 * month + 1:02d}" for month in range(12)],
        completed_at=[f"2025-06-{2 * month + 2:02d}" for month in range(12)],
    )
    told = of_june(rows, year, "repeat_repair_rate_30d")
    assert (told["value"], told["n"]) == (pytest.approx(100 * 11 / 12), 12)
