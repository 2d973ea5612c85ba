"""Metrics of product quality on tables small enough to work out by eye; the working stands beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Rows = Callable[..., pd.DataFrame]
Measured = Callable[..., Any]


def drawn(text: str, key: str, **constants: Any) -> pd.DataFrame:
    """A table from its drawing: the first line names the columns, `-` is empty; ids are numbered."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    cells = [[None if cell == "-" else cell for cell in line] for line in lines]
    frame = pd.DataFrame(cells, columns=head, dtype=object)
    missing = {name: value for name, value in {"business_unit": "A", **constants}.items() if name not in frame}
    frame = frame.assign(**missing)
    return frame if key in frame else frame.assign(**{key: [f"{key[0]}{n}" for n in range(len(frame))]})


def repairs(text: str, **constants: Any) -> pd.DataFrame:
    frame = drawn(text, "work_order_id", **{"work_order_type": "repair", **constants})
    return frame.assign(status="completed" if "completed_at" in frame else "open")


def units(text: str, **constants: Any) -> pd.DataFrame:
    return drawn(text, "serial_no", **{"product_id": "P1", **constants})


def test_a_month_of_repairs_is_told_as_a_year_of_a_hundred_units(rows: Rows):
    # June: 3 first repairs of 100 units in service for 30 of 365 days: 3 / (100 × 30/365) × 100 = 36.5 a year.
    orders = repairs("""
        submitted_at product_id
        2025-06-02   P1
        2025-06-10   P1
        2025-06-20   P1
    """)
    base = drawn("product_id month units_in_service\nP1 2025-06-01 100", "month").astype({"units_in_service": int})
    tables = {"work_orders": orders, "installed_base_monthly": base}
    found = rows(tables, "repairs_per_100_units", cutoff="2025-07-01").loc[("A", "2025-06")]
    assert found["value"] == pytest.approx(36.5)
    assert found["denominator"] == pytest.approx(100 * 30 / 365)


def test_only_the_first_repair_of_a_fault_counts_and_only_repairs_do(rows: Rows):
    # 1 repair; the same fault again after 9 days: a repeat; another fault: 1; again after 40 days: a new failure: 1;
    # a follow-up of another order, an installation and a maintenance: none. June 2, July 1.
    orders = repairs(
        """
        submitted_at serial_no fault_code parent_work_order_id work_order_type
        2025-06-01   S1        E1         -                    repair
        2025-06-10   S1        E1         -                    repair
        2025-06-11   S1        E2         -                    repair
        2025-07-20   S1        E1         -                    repair
        2025-06-12   S2        E1         W9                   repair
        2025-06-13   S3        -          -                    install
        2025-06-14   S4        -          -                    maintenance
    """
    )
    found = rows({"work_orders": orders}, "faults_reported", cutoff="2025-08-01")["value"]
    assert (found["A", "2025-06"], found["A", "2025-07"]) == (2, 1)


SOLD = """
    serial_no sold_on    batch
    S0        2024-11-15 B1
    S1        2025-01-10 B1
    S2        2025-01-20 B1
    S3        2025-01-25 B2
    S4        2025-05-01 B2
"""
ORDERS = """
    submitted_at serial_no fault_code
    2025-01-01   -         E1
    2025-01-30   S0        E1
    2025-02-05   S1        E1
    2025-03-20   S2        E1
    2025-06-30   S3        E1
    2025-05-05   S4        E1
"""


def test_claims_at_three_months_take_units_that_reached_them_and_were_watched_from_their_sale(rows: Rows):
    # Data begin on 1 January. S0 was sold before: no cohort. January's three: S1 (26 days) and S2 (59) claimed within
    # 91 days, S3 after 156: 2 of 3. May's S4 claimed at once, but has not reached 91 days by 5 July: no figure.
    tables = {"installed_units": units(SOLD), "work_orders": repairs(ORDERS)}
    found = rows(tables, "claims_per_1000_at_3_months", cutoff="2025-07-05")
    assert found.loc[("A", "2025-01"), "value"] == pytest.approx(1000 * 2 / 3)
    assert found.loc[("A", "2025-01"), "n"] == 3
    assert ("A", "2024-11") not in found.index
    assert found.loc[("A", "2025-05"), ["n", "reason"]].tolist() == [0, "window not passed"]


def test_warranty_claims_go_before_repairs_where_the_data_have_them(rows: Rows):
    claims = drawn("claimed_at serial_no amount\n2025-02-10 S3 100", "claim_id").astype({"amount": float})
    tables = {"installed_units": units(SOLD), "work_orders": repairs(ORDERS), "warranty_claims": claims}
    found = rows(tables, "claims_per_1000_at_3_months", cutoff="2025-07-05")
    assert found.loc[("A", "2025-01"), "value"] == pytest.approx(1000 / 3)


def test_an_early_failure_is_one_within_thirty_days_of_the_sale(rows: Rows):
    # S1 after 26 days: yes; S2 after 59: no; S3 after 156: no. One of three.
    tables = {"installed_units": units(SOLD), "work_orders": repairs(ORDERS)}
    found = rows(tables, "early_failure_rate_30d", cutoff="2025-07-05")
    assert found.loc[("A", "2025-01"), "value"] == pytest.approx(100 / 3)


def test_the_nevada_chart_is_blank_until_the_youngest_unit_has_the_age(measured: Measured):
    # January's cohort ends on 31 January: by 5 July all of it is 5 months old, so 1, 2 and 3 months are known, 6 not.
    # S1 claimed after 26 days: 1 of 3 within a month (30 days), S2 after 59: 2 of 3 within two months (61).
    tables = {"installed_units": units(SOLD), "work_orders": repairs(ORDERS)}
    found = measured(tables, ["claims_by_months_in_service"], cutoff="2025-07-05").read(business_unit="A")
    january = found[found["period"] == "2025-01"].set_index("segment")["value"]
    assert january.to_dict() == pytest.approx({"01": 1000 / 3, "02": 2000 / 3, "03": 2000 / 3})
    assert sorted(found.loc[found["period"] == "2025-05", "segment"]) == ["01"]


def test_a_batch_is_set_against_its_own_units(measured: Measured):
    # June has 30 days. B1: S0, S1, S2 in service, no repair in June. B2: S3 and S4, one repair (30 June).
    # B2: 1 / (2 × 30/365) × 100.
    tables = {"installed_units": units(SOLD), "work_orders": repairs(ORDERS)}
    found = measured(tables, ["repairs_per_100_units"], cutoff="2025-07-05").read(business_unit="A", breakdown="batch")
    june = found[found["period"] == "2025-06"].set_index("segment")
    assert june.loc["B2", "value"] == pytest.approx(100 / (2 * 30 / 365))
    assert june.loc["B1", "value"] == 0
    assert june["denominator"].sum() == pytest.approx(5 * 30 / 365)


PURCHASES = """
    purchase_id purchased_at
    b1          2025-02-01
    b2          2025-02-02
    b3          2025-02-03
    b4          2025-02-04
    b5          2025-01-05
"""
RETURNS = """
    requested_at kind     purchase_id reason  refunded_at inspected_at inspection_result
    2025-02-01   return   b1          changed 2025-02-11  2025-02-08   no_fault
    2025-03-01   exchange b2          defect  -           2025-03-10   defect
    2025-06-01   return   b3          defect  2025-06-05  2025-06-03   defect
    2025-02-20   return   b5          changed -           -            -
"""


def back() -> dict[str, pd.DataFrame]:
    bought = drawn(PURCHASES, "purchase_id", customer_id="C", revenue=100.0)
    return {"purchases": bought, "returns": drawn(RETURNS, "return_id")}


def test_returns_and_exchanges_belong_to_the_month_of_sale_and_to_sixty_days(rows: Rows):
    # February's four: b1 returned at once, b2 exchanged, b3 after 118 days: too late, b4 kept. January's b5 was bought
    # before the first return that the data know: it belongs to no cohort.
    returned = rows(back(), "return_rate_60d", cutoff="2025-07-01")
    assert returned.loc[("A", "2025-02"), "value"] == 25
    assert ("A", "2025-01") not in returned.index
    assert rows(back(), "exchange_rate_60d", cutoff="2025-07-01").loc[("A", "2025-02"), "value"] == 25
    assert rows(back(), "returns_received", cutoff="2025-07-01").loc[("A", "2025-02"), "value"] == 2


def test_a_refund_still_awaited_is_censored_and_an_exchange_waits_for_none(rows: Rows):
    # February: b1 refunded after 10 days, b5 not yet: half by 10 days. The exchange of March is no refund at all.
    found = rows(back(), "refund_time_median", cutoff="2025-07-01")
    assert found.loc[("A", "2025-02"), ["value", "n"]].tolist() == [10, 2]
    assert found.loc[("A", "2025-03"), "n"] == 0


def test_returns_without_purchases_go_by_the_day_the_unit_was_sold(rows: Rows):
    tables = {
        "installed_units": units("serial_no sold_on\nS1 2025-02-01\nS2 2025-02-09"),
        "returns": drawn("requested_at kind serial_no\n2025-02-01 return S1", "return_id"),
    }
    assert rows(tables, "return_rate_60d", cutoff="2025-07-01").loc[("A", "2025-02"), "value"] == 50


def test_nothing_found_counts_repairs_and_inspected_returns_by_the_day_of_the_finding(rows: Rows):
    # February: the return of b1 (no fault), a repair with a fault found: 1 of 2. June: one return with a defect.
    orders = repairs("submitted_at completed_at resolution_code\n2025-02-01 2025-02-03 fixed")
    found = rows({**back(), "work_orders": orders}, "no_fault_found_rate", cutoff="2025-07-01")["value"]
    assert (found["A", "2025-02"], found["A", "2025-06"]) == (50, 0)


def test_resolutions_in_other_words_do_not_say_that_a_fault_was_found(rows: Rows):
    orders = repairs("submitted_at completed_at resolution_code\n2025-02-01 2025-02-03 closed_by_agent")
    found = rows({"work_orders": orders}, "no_fault_found_rate", cutoff="2025-07-01")
    assert found.empty or found["value"].isna().all()


AGAIN = """
    submitted_at completed_at serial_no fault_code
    2025-01-02   2025-01-05   S1        E1
    2025-02-10   2025-02-12   S1        E1
    2025-01-03   2025-01-06   S2        E1
    2025-01-20   2025-01-21   S2        E2
    2025-01-04   2025-01-07   S3        E1
    2025-01-05   2025-01-08   -         E1
"""


def test_the_same_fault_again_is_the_same_unit_and_the_same_fault(rows: Rows):
    # January, with serial and fault: S1 E1 (again after 36 days), S2 E1, S2 E2, S3 E1: 1 of 4 within 90 days. The
    # order without a serial number cannot be told and is left out.
    found = rows({"work_orders": repairs(AGAIN)}, "same_fault_recurrence_rate_90d", cutoff="2025-07-01")
    assert found.loc[("A", "2025-01"), ["value", "n"]].tolist() == [25, 4]


def test_a_repair_whose_ninety_days_have_not_passed_is_no_cure_yet(rows: Rows):
    # By 1 February nobody has come back: 0 of those watched, but nobody was watched for 90 days: no figure.
    found = rows(
        {"work_orders": repairs(AGAIN.rsplit("2025-02-10", 1)[0])},
        "same_fault_recurrence_rate_90d",
        cutoff="2025-02-01",
    )
    assert np.isnan(found.loc[("A", "2025-01"), "value"])


def test_a_quality_issue_still_open_is_counted_as_open(rows: Rows):
    issues = drawn(
        """
        opened_at  closed_at
        2025-05-01 2025-05-11
        2025-05-02 -
        2025-05-03 -
    """,
        "issue_id",
    )
    assert (
        rows({"quality_issues": issues}, "quality_issues_open", cutoff="2025-07-01").loc[("A", "2025-06"), "value"] == 2
    )
    found = rows({"quality_issues": issues}, "corrective_action_time_median", cutoff="2025-07-01")
    assert found.loc[("A", "2025-05"), "reason"] == "not reached"


def test_parts_returned_in_good_order_are_no_replacement(rows: Rows):
    orders = repairs("work_order_id submitted_at product_id\nw0 2025-06-02 P1")
    parts = pd.DataFrame(
        {"work_order_id": ["w0", "w0"], "part_id": ["X", "Y"], "quantity": [3.0, 1.0], "returned_good": [1, 1],
         "business_unit": "A", "requested_at": "2025-06-03"}
    )  # fmt: skip
    base = drawn("product_id month units_in_service\nP1 2025-06-01 100", "month").astype({"units_in_service": int})
    tables = {"work_orders": orders, "parts_usage": parts, "installed_base_monthly": base}
    assert rows(tables, "part_replacements_per_1000", cutoff="2025-07-01").loc[("A", "2025-06"), "value"] == 20
    assert rows(tables, "part_lines_used", cutoff="2025-07-01").loc[("A", "2025-06"), "value"] == 1


def test_the_three_most_frequent_faults_are_chosen_unit_by_unit(measured: Measured):
    # A: E1 ×3, E2 ×2, E3, E4: 6 of 7. B: E5 alone: 1 of 1. All: E1 3, E2 2, one of the others: 6 of 8.
    faults = ["E1"] * 3 + ["E2"] * 2 + ["E3", "E4", "E5"]
    orders = pd.DataFrame(
        {"work_order_id": [f"w{n}" for n in range(8)], "business_unit": ["A"] * 7 + ["B"], "status": "open",
         "submitted_at": "2025-06-02", "work_order_type": "repair", "fault_code": faults}
    )  # fmt: skip
    found = measured({"work_orders": orders}, ["fault_concentration_top3"], cutoff="2025-07-01").read(breakdown="")
    shares = found.set_index("business_unit")["value"].to_dict()
    assert shares == pytest.approx({"A": 100 * 6 / 7, "B": 100.0, "all": 75.0})
