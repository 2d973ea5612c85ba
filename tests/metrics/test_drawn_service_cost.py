"""Costs on tables small enough to work out by eye; the working stands in the comment beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Rows = Callable[..., pd.DataFrame]
CUTOFF = "2025-07-20"
JUNE = ("A", "2025-06")


def drawn(text: str, **constants: Any) -> pd.DataFrame:
    """A table from its drawing: the first line names the columns, `-` is empty."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame([[None if cell == "-" else cell for cell in line] for line in lines], columns=head)
    for name in ("amount", "quantity", "unit_cost", "cost", "value", "score", "visits", "hours", "revenue"):
        if name in frame:
            frame[name] = pd.to_numeric(frame[name])
    return frame.assign(**constants)


def orders(text: str) -> pd.DataFrame:
    frame = drawn(text, business_unit="A")
    done = frame["completed_at"].notna()
    return frame.assign(status=np.where(done, "completed", "open"), work_order_type=frame.get("type", "repair"))


def costs(text: str, **constants: Any) -> pd.DataFrame:
    frame = drawn(text, business_unit="A", **constants)
    frame["incurred_on"] = frame.get("incurred_on", "2025-06-15")
    frame["work_order_id"] = frame.get("work_order_id")
    return frame.assign(cost_id=[f"K{number}" for number in range(len(frame))])


TWO_ORDERS = """
    work_order_id submitted_at completed_at serial_no
    W1            2025-06-01   2025-06-02   S1
    W2            2025-06-03   2025-06-05   S2
"""


# -- what an order costs ----------------------------------------------------------------------------------------------


def test_shared_costs_are_spread_evenly_over_the_orders_of_the_month(rows: Rows):
    # W1 100 + 20 booked, W2 60; shared 90 over two orders: 165 and 105. Mean 135. The return's 500 is no order's.
    tables = {
        "work_orders": orders(TWO_ORDERS),
        "costs": costs("""
            cost_type       amount work_order_id return_id
            labour          100    W1            -
            parts           20     W1            -
            labour          60     W2            -
            warehouse       90     -             -
            return_handling 500    -             R1
        """),
    }
    found = rows(tables, "cost_per_order", cutoff=CUTOFF).loc[JUNE]
    assert found["value"] == 135
    assert found["n"] == 2
    # the interval of a mean: sd of (165, 105) = 42.43, se 30
    assert found["high"] == pytest.approx(135 + 1.959964 * 30, rel=1e-6)
    assert rows(tables, "after_sales_cost", cutoff=CUTOFF).loc[JUNE, "value"] == 770
    assert rows(tables, "return_cost", cutoff=CUTOFF).loc[JUNE, "value"] == 500


def test_an_order_without_a_booking_has_no_known_cost_and_not_0(rows: Rows):
    # W2 has none: the mean is W1's 100 + 80 / 2 = 140 and not (140 + 40) / 2; shared costs still count both orders.
    tables = {
        "work_orders": orders(TWO_ORDERS),
        "costs": costs("""
            cost_type amount work_order_id
            labour    100    W1
            warehouse 80     -
        """),
    }
    found = rows(tables, "cost_per_order", cutoff=CUTOFF).loc[JUNE]
    assert (found["value"], found["n"]) == (140, 1)
    assert rows(tables, "cost_recorded_share", cutoff=CUTOFF).loc[JUNE, "value"] == 50


def test_a_ledger_that_books_nothing_on_orders_still_gives_a_mean_cost(rows: Rows):
    tables = {
        "work_orders": orders(TWO_ORDERS),
        "costs": costs("""
            cost_type amount
            labour    300
            warehouse 100
        """),
    }
    assert rows(tables, "cost_per_order", cutoff=CUTOFF).loc[JUNE, "value"] == 200


def test_an_invoice_that_comes_a_month_late_belongs_to_its_order(rows: Rows):
    # By the month of the service 100 fall into June and 50 into July; the order of June cost 150.
    tables = {
        "work_orders": orders(TWO_ORDERS.replace("W2", "W9")),
        "costs": costs("""
            cost_type amount work_order_id incurred_on
            labour    100    W1            2025-06-02
            parts     50     W1            2025-07-03
        """),
    }
    assert rows(tables, "cost_per_order", cutoff="2025-08-02").loc[JUNE, "value"] == 150
    total = rows(tables, "after_sales_cost", cutoff="2025-08-02")["value"]
    assert (total["A", "2025-06"], total["A", "2025-07"]) == (100, 50)


def test_orders_before_the_first_booking_have_no_cost_and_no_recorded_share(rows: Rows):
    early = orders("""
        work_order_id submitted_at completed_at
        W0            2025-05-01   2025-05-02
        W1            2025-06-01   2025-06-02
    """)
    tables = {"work_orders": early, "costs": costs("cost_type amount work_order_id\nlabour 100 W1")}
    found = rows(tables, "cost_recorded_share", cutoff=CUTOFF)
    assert found.loc[JUNE, "value"] == 100
    assert ("A", "2025-05") not in found.dropna(subset=["value"]).index


def test_an_order_completed_without_a_moment_is_dated_by_its_last_booking(rows: Rows):
    # W1 is done, nobody says when; booked on 20 May and 3 June: an order of June at 100 + 50. W2 is open: no cost.
    work = drawn("""
        work_order_id submitted_at status
        W1            2025-05-01   completed
        W2            2025-05-02   open
    """, business_unit="A")  # fmt: skip
    booked = costs("""
        cost_type amount work_order_id incurred_on
        labour    100    W1            2025-05-20
        parts     50     W1            2025-06-03
        labour    70     W2            2025-06-04
    """)
    found = rows({"work_orders": work, "costs": booked}, "cost_per_order", cutoff=CUTOFF)
    assert found.loc[JUNE, "value"] == 150
    assert found.loc[JUNE, "n"] == 1


def test_one_dear_order_moves_the_mean_and_not_the_median(rows: Rows):
    work = "work_order_id submitted_at completed_at\n" + "\n".join(f"W{n} 2025-06-01 2025-06-02" for n in range(5))
    booked = "cost_type amount work_order_id\n" + "\n".join(
        f"labour {amount} W{n}" for n, amount in enumerate([10, 20, 30, 40, 900])
    )
    tables = {"work_orders": orders(work), "costs": costs(booked)}
    assert rows(tables, "cost_per_order", cutoff=CUTOFF).loc[JUNE, "value"] == 200
    assert rows(tables, "cost_per_order_median", cutoff=CUTOFF).loc[JUNE, "value"] == 30
    assert rows(tables, "cost_per_order_p90", cutoff=CUTOFF).loc[JUNE, "value"] == 900


def test_good_parts_that_come_back_cost_nothing(rows: Rows):
    # W1 used 3 and gave 1 back: 2 × 40; W2 gave all back; over two repairs: 40 each. The installation is no repair.
    work = orders("""
        work_order_id submitted_at completed_at type
        W1            2025-06-01   2025-06-02   repair
        W2            2025-06-03   2025-06-05   repair
        W3            2025-06-03   2025-06-05   install
    """)
    used = drawn(
        """
        work_order_id part_id quantity unit_cost returned_good
        W1            P1      3        40        1
        W2            P2      1        90        1
        W3            P1      5        40        0
        """,
        business_unit="A",
    ).astype({"returned_good": int})
    booked = costs("cost_type amount work_order_id\nlabour 10 W1\nlabour 10 W2\nlabour 10 W3")
    tables = {"work_orders": work, "costs": booked, "parts_usage": used}
    assert rows(tables, "parts_cost_per_order", cutoff=CUTOFF).loc[JUNE, "value"] == 40


# -- where money is lost ----------------------------------------------------------------------------------------------


def rework(
    second_submitted: str, *, serial: str = "S1", kind: str = "repair", fault: str = "F1", parent: str = "-"
) -> dict[str, pd.DataFrame]:
    work = orders(f"""
        work_order_id submitted_at        completed_at serial_no type    fault_code parent_work_order_id
        W1            2025-05-01          2025-05-10   S1        repair  F1         -
        W2            {second_submitted}  2025-06-12   {serial}  {kind}  {fault}    {parent}
    """)
    booked = costs("""
        cost_type amount work_order_id incurred_on
        labour    100    W1            2025-05-10
        labour    60     W2            2025-06-12
        goodwill  15     W2            2025-06-12
        training  25     -             2025-06-12
    """)
    return {"work_orders": work, "costs": booked}


def test_the_cost_of_the_order_that_came_back_and_goodwill_are_rework(rows: Rows):
    # June: 60 of the second order + 15 goodwill of 100 in all; goodwill counts once.
    found = rows(rework("2025-06-08"), "rework_cost_share", cutoff=CUTOFF)
    assert found.loc[JUNE, "value"] == pytest.approx(75)
    assert found.loc[("A", "2025-05"), "value"] == 0


@pytest.mark.parametrize(
    ("story", "tables"),
    [
        ("31 days later", rework("2025-06-10")),
        ("another appliance", rework("2025-06-08", serial="S7")),
        ("a maintenance", rework("2025-06-08", kind="maintenance")),
        ("another fault", rework("2025-06-08", fault="F2")),
        ("a fault that is not known", rework("2025-06-08", fault="-")),
    ],
)
def test_what_does_not_come_back_is_no_rework(rows: Rows, story: str, tables: dict[str, pd.DataFrame]):
    assert rows(tables, "rework_cost_share", cutoff=CUTOFF).loc[JUNE, "value"] == pytest.approx(15), story


def test_an_order_that_names_the_first_as_its_parent_came_back_whatever_its_fault(rows: Rows):
    tables = rework("2025-06-08", fault="F2", parent="W1")
    assert rows(tables, "rework_cost_share", cutoff=CUTOFF).loc[JUNE, "value"] == pytest.approx(75)


def test_thirty_days_to_the_day_still_count(rows: Rows):
    # completed 10 May 00:00: 9 June 00:00 is 30 days later and no longer within; 8 June is
    assert rows(rework("2025-06-09"), "rework_cost_share", cutoff=CUTOFF).loc[JUNE, "value"] == pytest.approx(15)


def test_second_visits_cost_their_part_of_labour_and_transport(rows: Rows):
    # W1: three visits, labour 90 and transport 30: two thirds of 120 = 80. Its part of 50 is no visit. W2 one visit.
    work = orders(TWO_ORDERS).assign(visits=[3, 1], fault_code="F1")
    booked = costs("""
        cost_type amount work_order_id
        labour    90     W1
        transport 30     W1
        parts     50     W1
        labour    40     W2
    """)
    apart = costs("cost_type amount\ngoodwill 1").assign(business_unit="B", cost_id="B1")  # the ledger knows goodwill
    tables = {"work_orders": work, "costs": pd.concat([booked, apart], ignore_index=True)}
    assert rows(tables, "poor_service_cost", cutoff=CUTOFF).loc[JUNE, "value"] == pytest.approx(80)
    share = rows(tables, "poor_service_cost_share", cutoff=CUTOFF).loc[JUNE]
    assert share["value"] == pytest.approx(100 * 80 / 210)
    assert share["n"] == 2  # orders, not bookings


# -- against appliances, revenue, answers -----------------------------------------------------------------------------


def test_cost_per_appliance_is_a_year_s_worth(rows: Rows):
    base = pd.DataFrame(
        {"business_unit": "A", "product_id": ["P1", "P2"], "month": "2025-06-01", "units_in_service": [150, 50]}
    )
    booked = costs("cost_type amount\nlabour 1000")
    found = rows({"costs": booked, "installed_base_monthly": base}, "cost_per_unit_in_service", cutoff=CUTOFF)
    assert found.loc[JUNE, "value"] == 12 * 1000 / 200


def test_cost_against_revenue_needs_revenue(rows: Rows):
    booked = costs("cost_type amount incurred_on\nlabour 30 2025-05-03\nlabour 50 2025-06-03")
    sold = drawn("purchase_id revenue purchased_at\nB1 1000 2025-06-10", business_unit="A", customer_id="C1")
    found = rows({"costs": booked, "purchases": sold}, "after_sales_cost_ratio", cutoff=CUTOFF)
    assert found.loc[JUNE, "value"] == 5
    assert ("A", "2025-05") not in found.dropna(subset=["value"]).index


def test_a_satisfied_answer_bears_the_cost_of_the_unsatisfied_ones(rows: Rows):
    # Answers on W1 (5) and W2 (2): 100 + 60 over one satisfied. W2's newest answer counts, not its first.
    asked = drawn(
        """
        survey_id work_order_id sent_at    answered_at score
        V1        W1            2025-06-06 2025-06-07  5
        V2        W2            2025-06-06 2025-06-07  4
        V3        W2            2025-06-08 2025-06-09  2
        """,
        business_unit="A",
        instrument="csat5",
    )
    booked = costs("cost_type amount work_order_id\nlabour 100 W1\nlabour 60 W2")
    tables = {"work_orders": orders(TWO_ORDERS), "costs": booked, "surveys": asked}
    assert rows(tables, "cost_per_satisfied_answer", cutoff=CUTOFF).loc[JUNE, "value"] == 160


# -- contacts and self-service ----------------------------------------------------------------------------------------

CONTACTS = """
    interaction_id started_at       channel handled_by cost customer_id issue_id resolved abandoned
    N1             2025-06-02T09:00 phone   human      10   C1          -        -        -
    N2             2025-06-02T10:00 phone   human      20   C9          -        -        true
    N3             2025-06-03T09:00 web     self       1    C2          -        true     -
    N4             2025-06-05T08:00 phone   human      10   C2          -        -        -
    N5             2025-06-03T09:00 bot     bot        2    C3          -        false    -
    N6             2025-06-10T09:00 web     self       1    C4          -        true     -
    N7             2025-06-11T08:00 phone   human      10   C4          -        -        -
    N8             2025-06-12T09:00 web     self       1    -           -        true     -
    N9             2025-06-13T09:00 web     self       1    -           I1       true     -
"""


def contacts() -> pd.DataFrame:
    frame = drawn(CONTACTS, business_unit="A")
    started = pd.to_datetime(frame["started_at"])
    flags = {name: frame[name].map({"true": True, "false": False}) for name in ("resolved", "abandoned")}
    return frame.assign(started_at=started, **flags)


def test_a_contact_costs_what_people_handled_and_abandoned_calls_are_left_out(rows: Rows):
    found = rows({"interactions": contacts()}, "cost_per_contact", cutoff=CUTOFF).loc[JUNE]
    assert (found["value"], found["n"]) == (10, 3)


def test_a_session_saves_unless_its_customer_comes_to_a_person_within_two_days(rows: Rows):
    # Mean contact 10. N3: C2 called 47 hours later, no saving. N6: C4 called next day, none. N5 saves 8; N9 saves 9
    # (its issue never came); N8 names nobody: unknown. In all 17; cautious nothing (N5 unresolved, N9 unnamed);
    # generous counts all five: 9 + 8 + 9 + 9 + 9 = 44.
    tables = {"interactions": contacts()}
    saved = {name: rows(tables, f"deflection_saving{name}", cutoff=CUTOFF) for name in ("", "_cautious", "_generous")}
    assert saved[""].loc[JUNE, "value"] == 17
    assert np.isnan(saved["_cautious"].loc[JUNE, "value"])
    assert saved["_generous"].loc[JUNE, "value"] == 44


# -- warranty and parts -----------------------------------------------------------------------------------------------


def test_recovery_counts_claims_whose_180_days_have_passed(rows: Rows):
    claims = drawn(
        """
        claim_id claimed_at amount
        G1       2025-01-05 100
        G2       2025-01-06 100
        G3       2025-01-20 100
        """,
        business_unit="A",
    ).assign(supplier_recoverable=[80.0, 0.0, 80.0], recovered=[60.0, 0.0, 0.0], paid_at=None)
    found = rows({"warranty_claims": claims}, "supplier_recovery_rate", cutoff="2025-07-10").loc[("A", "2025-01")]
    assert found["value"] == 75  # G1 alone: G2 owes nothing, G3 is too young
    assert found["immature_share"] == 0.5
    assert not found["mature"]


def test_slow_stock_is_what_lay_for_180_days_and_an_unknown_date_is_left_out(rows: Rows):
    stock = drawn(
        """
        part_id value last_moved_on
        P1      300   2025-01-01
        P2      100   2025-01-02
        P3      600   2025-06-20
        P4      999   -
        """,
        business_unit="A",
        month="2025-06-01",
        quantity=1,
    )
    # to 30 June: P1 180 days, P2 179: 300 of 1,000
    assert rows({"parts_stock": stock}, "slow_parts_share", cutoff=CUTOFF).loc[JUNE, "value"] == 30


def twelve(value: float, *, months: int = 12) -> pd.DataFrame:
    when = pd.date_range(end="2025-06-01", periods=months, freq="MS")
    return pd.DataFrame({"business_unit": "A", "part_id": "P1", "month": when, "quantity": 1, "value": value})


def test_parts_turn_over_as_often_as_a_year_s_use_holds_the_mean_stock(rows: Rows):
    # 400 used in July 2024, 200 in June 2025; stock 150 all along: 4 times. Use before and after the year is outside.
    used = drawn(
        """
        work_order_id part_id quantity unit_cost requested_at
        W0            P1      1        5000      2024-06-30
        W1            P1      4        100       2024-07-03
        W2            P1      2        100       2025-06-30
        W3            P1      1        7000      2025-07-01
        """,
        business_unit="A",
    )
    tables = {"parts_stock": twelve(150), "parts_usage": used}
    found = rows(tables, "parts_turnover", cutoff=CUTOFF)
    assert found.loc[JUNE, "value"] == 4
    assert found.loc[("all", "2025-06"), "value"] == 4


def test_a_turnover_without_twelve_months_is_unknown_with_its_reason(rows: Rows):
    used = drawn("work_order_id part_id quantity unit_cost requested_at\nW1 P1 1 9 2024-01-03", business_unit="A")
    tables = {"parts_stock": twelve(150, months=11), "parts_usage": used}
    found = rows(tables, "parts_turnover", cutoff=CUTOFF).loc[JUNE]
    assert np.isnan(found["value"])
    assert found["reason"] == "twelve months are not known"


def test_the_reserve_lasts_as_many_months_as_its_balance_holds_mean_claims(rows: Rows):
    reserve = twelve(0).drop(columns=["part_id", "quantity", "value"])
    reserve = reserve.assign(accrual=100.0, claims_paid=[0.0, 240.0] * 6, balance=np.arange(100, 1300, 100.0))
    found = rows({"warranty_reserve": reserve}, "warranty_reserve_months", cutoff=CUTOFF).loc[JUNE]
    assert found["value"] == 1200 / 120


def test_nothing_of_it_is_measured_without_its_tables(measured: Callable[..., Any]):
    found = measured({"work_orders": orders(TWO_ORDERS)}, cutoff=CUTOFF)
    lacking = found.missing()
    assert lacking["cost_per_order"] == ["costs"]
    assert "purchases" in lacking["after_sales_cost_ratio"]
    assert "interactions.cost" in lacking["cost_per_contact"]


def test_the_interval_of_a_mean_cost_does_not_reach_below_nought_be_it_that_a_booking_corrects_another(rows: Rows):
    # 10 and 1000: mean 505, error 495. 505 ± 1.96 × 495 would begin at −465; by logs 505 ×/÷ exp(1.96 × 495/505).
    booked = costs("cost_type amount work_order_id\nlabour 10 W1\nlabour 1000 W2")
    found = rows({"work_orders": orders(TWO_ORDERS), "costs": booked}, "cost_per_order", cutoff=CUTOFF).loc[JUNE]
    assert found["value"] == 505
    assert (found["low"], found["high"]) == pytest.approx((505 / 6.82883, 505 * 6.82883), rel=1e-5)
    corrected = booked.assign(amount=[-5, 1000])  # mean 497.5, error 502.5: larger than the figure, no scale holds it
    found = rows({"work_orders": orders(TWO_ORDERS), "costs": corrected}, "cost_per_order", cutoff=CUTOFF).loc[JUNE]
    assert found["low"] == 0
