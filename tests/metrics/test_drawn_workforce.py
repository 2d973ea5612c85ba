"""The workforce's metrics on tables small enough to work out by eye; the working stands beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Rows = Callable[..., pd.DataFrame]
CUTOFF = "2025-07-01"


def drawn(text: str, **constants: Any) -> pd.DataFrame:
    """A table from its drawing: the first line names the columns, `-` is empty, `T` stands between day and time."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame(
        [[None if cell == "-" else cell for cell in line] for line in lines], columns=head, dtype=object
    )
    return frame.assign(**constants)


def orders(text: str, **constants: Any) -> pd.DataFrame:
    """Completed repairs on site from a drawing, of unit A unless it says else."""
    frame = drawn(text)
    given = {
        "business_unit": "A",
        "status": "completed",
        "work_order_type": "repair",
        "service_mode": "onsite",
    } | constants
    return frame.assign(**{name: value for name, value in given.items() if name not in frame})


def day_sheets(text: str) -> pd.DataFrame:
    frame = drawn(text, business_unit="A")
    hours = [name for name in frame if name.endswith("_hours")]
    return frame.assign(**{name: frame[name].astype(float) for name in hours})


def technicians(text: str) -> pd.DataFrame:
    frame = drawn(text)
    return frame.assign(business_unit=frame.get("business_unit", "A"))


def value(rows: Rows, tables: dict[str, pd.DataFrame], metric: str, period: str = "2025-06", **options: Any) -> Any:
    return rows(tables, metric, cutoff=CUTOFF, **options).loc[("A", period), "value"]


WORK = orders("""
    work_order_id submitted_at completed_at technician_id
    W1            2025-06-01   2025-06-02   T1
    W2            2025-06-03   2025-06-04   T1
    W3            2025-06-05   2025-06-06   T2
""")


def test_utilisation_is_a_ratio_of_sums_and_training_is_not_productive(rows: Rows):
    # (2 + 4) + (1 + 3 + 1) productive of 8 + 8 paid: 11 / 16 = 68.75 %; the 3 hours of training are paid only.
    sheets = day_sheets("""
        technician_id date       paid_hours travel_hours onsite_hours remote_hours training_hours
        T1            2025-06-02 8          2            4            -            0
        T2            2025-06-06 8          1            3            1            3
    """)
    assert value(rows, {"technician_time": sheets, "work_orders": WORK}, "technician_utilisation") == pytest.approx(
        68.75
    )


def test_a_day_whose_hours_nobody_recorded_is_unknown_not_idle(rows: Rows):
    sheets = day_sheets("""
        technician_id date       paid_hours travel_hours onsite_hours remote_hours
        T1            2025-06-02 8          2            4            0
        T2            2025-06-06 8          -            -            -
    """)
    tables = {"technician_time": sheets, "work_orders": WORK}
    assert value(rows, tables, "technician_utilisation") == pytest.approx(75)
    assert value(rows, tables, "technician_days_worked") == 2
    assert value(rows, tables, "orders_per_technician_day") == pytest.approx(1.5)


def test_installations_count_for_more_where_they_take_longer(rows: Rows):
    # Visits: repairs 1 h each, installations 3 h each; mean over four orders 2 h. Weights 0.5 and 1.5.
    # Unit B, two repairs on one day: 1.0 standard orders. Unit A, two installations: 3.0. Both plainly 2.
    work = orders("""
        work_order_id business_unit work_order_type submitted_at completed_at technician_id
        R1            B             repair          2025-06-01   2025-06-02   T2
        R2            B             repair          2025-06-01   2025-06-02   T2
        I1            A             install         2025-06-01   2025-06-02   T1
        I2            A             install         2025-06-01   2025-06-02   T1
    """)
    visits = drawn("""
        visit_id work_order_id business_unit arrived_at       left_at
        V1       R1            B             2025-06-02T08:00 2025-06-02T09:00
        V2       R2            B             2025-06-02T10:00 2025-06-02T11:00
        V3       I1            A             2025-06-02T08:00 2025-06-02T11:00
        V4       I2            A             2025-06-02T12:00 2025-06-02T15:00
    """)
    sheets = drawn("""
        technician_id business_unit date       paid_hours
        T1            A             2025-06-02 8
        T2            B             2025-06-02 8
    """).assign(paid_hours=8.0)
    tables = {"work_orders": work, "visits": visits, "technician_time": sheets}
    found = rows(tables, "orders_per_technician_day_adjusted", cutoff=CUTOFF)
    assert found.loc[("A", "2025-06"), "value"] == pytest.approx(3.0)
    assert found.loc[("B", "2025-06"), "value"] == pytest.approx(1.0)
    assert found.loc[("all", "2025-06"), "value"] == pytest.approx(2.0)
    plain = rows(tables, "orders_per_technician_day", cutoff=CUTOFF)
    assert plain.loc[("A", "2025-06"), "value"] == plain.loc[("B", "2025-06"), "value"] == pytest.approx(2.0)


def test_a_certificate_counts_for_its_line_and_for_24_months(rows: Rows):
    # June 2025: T1 serves pumps with a certificate of June 2024, T2 with one of May 2023 (24 months are over), T3 with
    # none: 1 of 3; by orders 2 of 4. Fans: nobody was ever certified for them, so that they are left out.
    work = orders("""
        work_order_id product_id submitted_at completed_at technician_id
        W1            P1         2025-06-01   2025-06-02   T1
        W2            P1         2025-06-01   2025-06-03   T1
        W3            P1         2025-06-01   2025-06-02   T2
        W4            P1         2025-06-01   2025-06-02   T3
        W5            P2         2025-06-01   2025-06-02   T3
    """)
    training = drawn("""
        training_id technician_id finished_on certifies_product_line
        E1          T1            2024-06-10  Pumps
        E2          T2            2023-05-10  pumps
    """, business_unit="A")  # fmt: skip
    products = pd.DataFrame({"product_id": ["P1", "P2"], "product_line": ["pumps", "fans"]})
    tables = {"work_orders": work, "training": training, "products": products}
    assert value(rows, tables, "certified_coverage") == pytest.approx(100 / 3)
    assert value(rows, tables, "certified_work_share") == pytest.approx(50)


def test_months_before_the_courses_are_known_have_no_coverage(rows: Rows):
    # The first certificate is of January 2025: not before December 2026 would 24 months of courses be known.
    training = drawn("""
        training_id technician_id finished_on certifies_product_line
        E1          T1            2025-01-10  pumps
    """, business_unit="A")  # fmt: skip
    products = pd.DataFrame({"product_id": ["P1"], "product_line": ["pumps"]})
    tables = {"work_orders": WORK.assign(product_id="P1"), "training": training, "products": products}
    assert rows(tables, "certified_coverage", cutoff=CUTOFF)["value"].isna().all()


def test_turnover_divides_leavers_by_the_time_people_were_there(rows: Rows):
    # Twelve months to the end of June 2025. T1 all of them, T2 left on 1 January 2025 after six, T3 joined on 1 April:
    # three. T4 left before; T5 leaves after the cut-off: twelve more, no leaver. 1 leaver ÷ 33 months × 12.
    people = technicians("""
        technician_id hired_on   left_on
        T1            2020-01-01 -
        T2            2020-01-01 2025-01-01
        T3            2025-04-01 -
        T4            2020-01-01 2024-03-01
        T5            2020-01-01 2025-08-01
    """)
    tables = {"technicians": people, "work_orders": WORK}
    found = rows(tables, "technician_turnover", cutoff=CUTOFF).loc[("A", "2025-06")]
    assert found["value"] == pytest.approx(100 * 12 / 33)
    assert (found["numerator"], found["denominator"]) == (1, pytest.approx(33))
    assert found["low"] < found["value"] < found["high"]
    assert value(rows, tables, "staff_in_post") == 3


def test_a_part_still_awaited_is_open_not_late_for_ever(rows: Rows):
    # Four lines: at hand at once; after 2 days; after 4 days; not yet after 1 day. At hand 1 of 4.
    # Waits 2, 4 and 1+ days: of the two watched longer, half have it after 2 days.
    usage = drawn("""
        work_order_id part_id quantity requested_at     available_at
        W1            P1      1        2025-06-02T08:00 2025-06-02T08:00
        W1            P2      2        2025-06-02T08:00 2025-06-04T08:00
        W2            P1      1        2025-06-04T08:00 2025-06-08T08:00
        W3            P1      1        2025-06-30T00:00 -
    """, business_unit="A").assign(quantity=[1.0, 2.0, 1.0, 1.0])  # fmt: skip
    work = WORK.assign(
        completed_at=["2025-06-20", "2025-06-20", None],
        submitted_at=["2025-06-01", "2025-06-03", "2025-06-29"],
        status=["completed", "completed", "open"],
    )
    tables = {"parts_usage": usage, "work_orders": work}
    assert value(rows, tables, "parts_first_fill_rate") == pytest.approx(25)
    assert value(rows, tables, "parts_wait_median") == pytest.approx(2)
    assert value(rows, tables, "parts_requested") == pytest.approx(5)


def test_a_line_without_a_time_of_asking_is_not_a_part_at_hand(rows: Rows):
    usage = drawn("""
        work_order_id part_id requested_at     available_at
        W1            P1      2025-06-02T08:00 2025-06-02T08:00
        W2            P1      -                -
    """, business_unit="A").assign(quantity=1.0)  # fmt: skip
    tables = {"parts_usage": usage, "work_orders": WORK}
    assert value(rows, tables, "parts_first_fill_rate") == pytest.approx(100)
    assert value(rows, tables, "parts_requested") == pytest.approx(2)


def test_five_months_of_orders_give_no_forecast_but_its_reason(rows: Rows):
    days = pd.date_range("2025-02-01", "2025-06-30", freq="D").astype(str)
    work = pd.DataFrame({"work_order_id": [f"W{n}" for n in range(len(days))], "submitted_at": days, "status": "open"})
    found = rows({"work_orders": work.assign(business_unit="A")}, "order_forecast", cutoff=CUTOFF).loc[("A", "2025-06")]
    assert np.isnan(found["value"])
    assert found["reason"] == "history too short"


def test_steady_orders_are_expected_to_stay_and_a_unit_that_opened_midway_loses_that_month(rows: Rows):
    # Unit A: 30 orders every month; unit B opens on 20 May 2024 with 10 a week.
    months = pd.date_range("2023-07-01", "2025-06-01", freq="MS")
    old = pd.DataFrame({"submitted_at": np.repeat(months, 30), "business_unit": "A"})
    new = pd.DataFrame(
        {"submitted_at": np.repeat(pd.date_range("2024-05-20", "2025-06-30", freq="7D"), 10), "business_unit": "B"}
    )
    work = pd.concat([old, new], ignore_index=True)
    work = work.assign(work_order_id=[f"W{n}" for n in range(len(work))], status="open")
    found = rows({"work_orders": work}, "order_forecast", cutoff=CUTOFF)
    assert found.loc[("A", "2025-06"), "value"] == pytest.approx(90, abs=0.5)
    assert found.loc[("B", "2025-06"), "value"] == pytest.approx(130, rel=0.15)
