"""Metrics of loyalty on tables small enough to work out by eye; the working stands in the comment beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Rows = Callable[..., pd.DataFrame]
CUTOFF = "2026-01-01"


def drawn(text: str, **constants: Any) -> pd.DataFrame:
    """A table from its drawing: the first line names the columns, `-` is empty."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    cells = [[None if cell == "-" else cell for cell in line] for line in lines]
    return pd.DataFrame(cells, columns=head, dtype=object).assign(business_unit="A", **constants)


def purchases(text: str) -> pd.DataFrame:
    """Purchases from customer and day."""
    frame = drawn(text)
    frame["revenue"] = frame.get("revenue", 100.0)
    frame["revenue"] = frame["revenue"].astype(float)
    return frame.assign(purchase_id=[f"P{number}" for number in range(len(frame))])


def test_who_has_not_been_watched_for_the_window_is_censored_and_not_lost(rows: Rows):
    # a returns after 31 days, b never (watched for 365 and more), c bought again the same day: that is one purchase
    table = purchases("""
        customer_id purchased_at
        a           2024-03-01
        a           2024-04-01
        b           2024-03-05
        c           2024-03-09
        c           2024-03-09
    """)
    found = rows({"purchases": table}, "repurchase_rate_365d", cutoff=CUTOFF).loc[("A", "2024-03")]
    assert (found["value"], found["n"]) == (pytest.approx(100 / 3), 3)


def test_a_purchase_that_was_refunded_whole_is_none(rows: Rows):
    table = purchases("""
        customer_id purchased_at
        a           2024-03-01
        a           2024-04-01
        b           2024-03-05
    """)
    back = drawn("return_id purchase_id requested_at refund\nR1 P1 2024-04-03 100", kind="return")
    back["refund"] = back["refund"].astype(float)
    found = rows({"purchases": table, "returns": back}, "repurchase_rate_365d", cutoff=CUTOFF)
    assert found.loc[("A", "2024-03"), "value"] == 0


def test_customers_who_came_before_the_data_are_not_new_ones(rows: Rows):
    table = purchases("""
        customer_id purchased_at
        old         2024-03-01
        new         2024-03-02
        new         2024-05-02
    """)
    customers = drawn("customer_id first_purchase_on\nold 2019-01-01\nnew 2024-03-02")
    tables = {"purchases": table, "customers": customers}
    found = rows(tables, "second_purchase_rate_365d", cutoff=CUTOFF).loc[("A", "2024-03")]
    assert (found["value"], found["n"]) == (100, 1)


def test_retention_counts_the_tenth_to_twelfth_month_and_nothing_before(rows: Rows):
    # a: again after 300 days; b: after 100 days only; c asks for service after 280 days; d: after 400 days
    table = purchases("""
        customer_id purchased_at
        a           2024-01-01
        a           2024-10-27
        b           2024-01-01
        b           2024-04-10
        c           2024-01-01
        d           2024-01-01
        d           2025-02-04
    """)
    work = drawn("work_order_id customer_id submitted_at\nW1 c 2024-10-07", status="open")
    found = rows({"purchases": table, "work_orders": work}, "retention_rate_12m", cutoff=CUTOFF)
    row = found.loc[("A", "2024-01")]
    assert (row["numerator"], row["denominator"]) == (2, 4)


def test_silence_is_dated_by_the_day_it_reached_its_limit(rows: Rows):
    # gaps 40, 40, 40: G = 40. a is silent from 2024-03-21 on: G is reached on 2024-04-30; b goes on. z came once; half
    # a year and 40 days after that is 11 March.
    table = purchases("""
        customer_id purchased_at
        z           2023-08-01
        a           2024-01-01
        a           2024-02-10
        a           2024-03-21
        b           2024-01-01
        b           2024-02-10
    """)
    table = pd.concat([table, purchases("customer_id purchased_at\nb 2024-03-21\nb 2024-04-30")], ignore_index=True)
    table["purchase_id"] = [f"P{number}" for number in range(len(table))]
    assert rows({"purchases": table}, "silence_limit_days", cutoff="2024-06-01").loc[("A", "2024-05"), "value"] == 40
    found = rows({"purchases": table}, "churn_rate", cutoff="2024-06-01")
    assert found.loc[("A", "2024-04"), ["numerator", "denominator"]].tolist() == [1, 2]
    assert found.loc[("A", "2024-05"), ["numerator", "denominator"]].tolist() == [0, 1]
    assert ("A", "2024-03") not in found.index  # until then longer gaps could not have been seen


def test_silence_is_told_only_once_purchases_and_requests_have_both_been_watched_long_enough(rows: Rows):
    # gaps of 40 days, so half a year and 40 days are awaited: purchases from 2024-01-01 may be told from September on,
    # with requests from 2024-02-10 beside them from October on
    days = pd.date_range("2024-01-01", "2024-11-16", freq="40D").strftime("%Y-%m-%d")
    visits = "\n".join(f"{customer} {day}" for customer in "ab" for day in days)
    table = purchases(f"customer_id purchased_at\n{visits}")
    work = drawn("work_order_id customer_id submitted_at status\nW1 b 2024-02-10 open\nW2 b 2024-03-21 open")
    found = rows({"purchases": table, "work_orders": work}, "churn_rate", cutoff="2024-12-01")
    assert ("A", "2024-09") not in found.index  # without the requests it would be there
    assert found.loc[("A", "2024-10"), "denominator"] == 2
    alone = rows({"purchases": table}, "churn_rate", cutoff="2024-12-01")
    assert ("A", "2024-09") in alone.index


def test_a_running_contract_keeps_a_silent_customer(rows: Rows):
    table = purchases("""
        customer_id purchased_at
        z           2023-07-01
        a           2024-01-01
        a           2024-02-10
        b           2024-01-01
        b           2024-02-10
    """)
    contract = drawn("contract_id customer_id start_on end_on\nC1 a 2024-02-01 2025-01-31")
    found = rows({"purchases": table, "contracts": contract}, "churn_rate", cutoff="2024-06-01")
    assert found.loc[("A", "2024-03"), ["numerator", "denominator"]].tolist() == [1, 2]


def test_a_contract_that_does_not_say_so_is_renewed_by_the_next_one(rows: Rows):
    table = drawn("""
        contract_id customer_id start_on   end_on
        C0          d           2022-12-01 2023-12-02
        C1          a           2023-02-01 2024-01-31
        C2          a           2024-02-15 2025-01-31
        C3          b           2023-02-01 2024-01-31
        C4          c           2023-02-01 2024-01-31
        C5          c           2024-06-01 2025-05-31
    """)
    row = rows({"contracts": table}, "contract_churn_rate", cutoff="2025-01-01").loc[("A", "2024-01")]
    assert (row["numerator"], row["denominator"]) == (2, 3)


def test_points_are_positive_however_they_are_signed_and_nothing_issued_is_no_rate(rows: Rows):
    customers = drawn("customer_id\na")
    table = pd.DataFrame(
        {
            "transaction_id": ["T1", "T2", "T3"],
            "customer_id": "a",
            "at": pd.to_datetime(["2024-01-05", "2024-01-20", "2024-02-03"]),
            "kind": ["issue", "redeem", "redeem"],
            "points": [200.0, -50.0, 30.0],
            "business_unit": "A",
        }
    )
    tables = {"customers": customers, "loyalty_transactions": table}
    found = rows(tables, "points_redemption_rate", cutoff="2024-03-01")
    assert found.loc[("A", "2024-01"), "value"] == 25
    assert np.isnan(found["value"].get(("A", "2024-02"), np.nan))


def test_a_repeat_of_the_same_repair_is_no_sign_of_loyalty_but_of_bad_service(measured: Callable[..., Any]):
    # a: the same unit again after 20 days, then nothing; b: another unit after 100 days; c: nothing
    work = drawn("""
        work_order_id customer_id serial_no submitted_at completed_at
        W1            a           s1        2024-01-02   2024-01-03
        W2            a           s1        2024-01-23   2024-02-10
        W3            b           s2        2024-01-02   2024-01-03
        W4            b           s3        2024-04-12   2024-04-13
        W5            c           s4        2024-01-02   2024-01-03
    """)
    work = work.assign(status="completed", work_order_type="repair")
    found = measured({"work_orders": work}, ["post_service_churn_rate"], cutoff=CUTOFF).read(business_unit="A")
    month = found[found["period"] == "2024-01"].set_index("segment")
    assert month.loc["", ["numerator", "denominator"]].tolist() == [2, 3]
    assert month.loc["bad_service", ["numerator", "denominator"]].tolist() == [1, 1]
    assert month.loc["good_service", ["numerator", "denominator"]].tolist() == [1, 2]


def test_a_lifetime_value_is_not_told_of_few_customers(rows: Rows):
    table = purchases("customer_id purchased_at\na 2024-01-01\na 2024-02-01\nb 2024-01-05")
    found = rows({"purchases": table}, "customer_lifetime_value", cutoff="2025-12-01")
    assert np.isnan(found.loc[("A", "2025-11"), "value"])
    assert found.loc[("A", "2025-11"), "reason"] == "too few"
