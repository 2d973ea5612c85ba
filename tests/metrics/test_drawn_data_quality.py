"""Figures on the data, on tables small enough to count by eye."""

import duckdb
import pandas as pd
import pytest
import yaml

from analysis.data_model import empty_table_sql, read_tables
from analysis.data_model.reasons import TOO_LONG, before
from analysis.metrics.expected import read_expected
from analysis.metrics.periods import Periods

CUTOFF = "2025-07-01"


def orders(lines: str) -> pd.DataFrame:
    """number unit submitted completed serial fault customer, "-" for what is not there."""
    names = ("work_order_id", "business_unit", "submitted_at", "completed_at", "serial_no", "fault_code", "customer_id")
    rows = [dict(zip(names, line.split(), strict=True)) for line in lines.strip().splitlines()]
    frame = pd.DataFrame(rows).replace("-", None)
    for stamp in ("submitted_at", "completed_at"):
        frame[stamp] = pd.to_datetime(frame[stamp])
    done = frame["completed_at"].notna()
    return frame.assign(status=done.map({True: "completed", False: "open"}), work_order_type="repair")


WORK = orders("""
    1  A  2025-06-02T09:10  2025-06-03T10:00  S1  E1       C1
    2  A  2025-06-02T14:00  2025-06-04T10:00  S1  E1       C2
    3  A  2025-06-05T00:00  2025-06-06T00:00  S2  unknown  C9
    4  A  2025-06-07T08:00  -                 S3  -        -
    5  B  2025-06-09T08:00  2025-06-09T09:00  S4  E2       C1
    6  B  2025-05-09T08:00  2025-05-19T09:00  S4  E2       C1
""")


@pytest.fixture
def figure(measured):
    """`figure("completeness", "A", breakdown="field", segment="work_orders.fault_code")` for June 2025."""

    def of(metric, unit="all", *, tables=None, period="2025-06", breakdown="", segment=""):
        found = measured(tables or {"work_orders": WORK}, [metric], cutoff=CUTOFF).read(metric=metric)
        rows = found[
            found["business_unit"].eq(unit) & found["period"].eq(period)
            & found["breakdown"].eq(breakdown) & found["segment"].eq(segment)
        ]  # fmt: skip
        assert len(rows) == 1, rows
        return rows.iloc[0]

    return of


def test_a_fault_code_that_says_unknown_is_not_filled(figure):
    row = figure("completeness", "A", breakdown="field", segment="work_orders.fault_code")
    assert (row["numerator"], row["denominator"], row["value"]) == (2, 4, 50)


def test_a_field_that_no_record_fills_is_absent_and_not_empty(measured):
    rows = measured({"work_orders": WORK}, ["completeness"], cutoff=CUTOFF).read(metric="completeness")
    assert "work_orders.technician_id" not in set(rows["segment"])
    assert "work_orders.serial_no" in set(rows["segment"])


def test_completeness_is_fields_over_fields_not_a_mean_of_shares(figure):
    """Unit A in June: serial 4/4, fault 2/4, customer 3/4, type 4/4; completed orders ask for no more here."""
    row = figure("completeness", "A")
    assert (row["numerator"], row["denominator"]) == (13, 16)


def test_the_second_order_of_a_unit_with_the_same_fault_on_the_same_day_is_a_duplicate(figure):
    row = figure("duplicate_rate", "A")
    assert (row["numerator"], row["denominator"]) == (1, 4)
    assert figure("duplicate_rate", "B")["numerator"] == 0  # a month later is a repeat repair


def test_days_without_a_time_are_counted_stamp_by_stamp(figure):
    row = figure("midnight_share", "A")
    assert (row["numerator"], row["denominator"]) == (2, 7)


def test_a_reference_that_leads_nowhere_is_not_linked_nor_is_a_missing_one(figure):
    customers = pd.DataFrame({"customer_id": ["C1", "C2"], "business_unit": ["A", "A"]})
    tables = {"work_orders": WORK, "customers": customers}
    row = figure("linkage_rate", "A", tables=tables, breakdown="link", segment="order_customer")
    assert (row["numerator"], row["denominator"]) == (2, 4)


def test_a_link_to_a_table_that_is_not_there_is_no_link(measured):
    rows = measured({"work_orders": WORK}, ["linkage_rate"], cutoff=CUTOFF).read(metric="linkage_rate")
    assert rows.empty


def test_the_lag_runs_from_the_last_thing_told_before_the_entry(figure):
    entered = WORK.assign(recorded_at=WORK["submitted_at"] + pd.Timedelta(days=1.5))
    entered.loc[4, "recorded_at"] = pd.Timestamp("2025-06-10T09:00")  # a day after completion
    row = figure("entry_lag_p90", "B", tables={"work_orders": entered})
    assert (row["value"], row["n"]) == (pytest.approx(1.0), 1)
    # order 1 was completed a day after submission, entered half a day later; order 2 only submitted by its entry
    lags = figure("entry_lag_p90", "A", tables={"work_orders": entered})
    assert (lags["value"], lags["n"]) == (pytest.approx(1.5), 4)


def test_only_the_newest_period_is_undecided(measured):
    rows = measured({"work_orders": WORK}, ["immature_share"], cutoff=CUTOFF).read(metric="immature_share")
    whole = rows[rows["breakdown"].eq("") & rows["business_unit"].eq("all")]
    assert whole[["period", "numerator", "denominator"]].to_numpy().tolist() == [["2025-06", 1, 5]]


def test_the_words_that_mark_a_refusal_as_one_of_order_are_those_of_intake():
    sql = "SELECT reasons LIKE '% before %' OR reasons LIKE '%from first to last time%' FROM (SELECT $1 AS reasons)"
    with duckdb.connect() as con:
        for reason in (before("completed_at", "arrived_at"), TOO_LONG):
            assert con.execute(sql, [reason["en"]]).fetchone() == (True,)


def test_every_expectation_can_be_asked_of_its_table():
    with duckdb.connect() as con:
        for macro in Periods("month", pd.Timestamp(CUTOFF)).sql_macros():
            con.execute(macro)
        for entry in (*read_expected().fields, *read_expected().links):
            table = empty_table_sql(read_tables()[entry.table])
            con.execute(f"SELECT count(*) FILTER ({entry.when}) FROM ({table})")
            assert set(entry.name) == {"en", "zh"}


def test_a_declaration_that_names_no_column_is_refused(tmp_path):
    file = tmp_path / "expected.yml"
    name = {"en": "x", "zh": "x"}
    wrong = {"fields": {"work_orders": {"serialno": {"name": name}}}, "links": {}, "placeholders": []}
    file.write_text(yaml.safe_dump(wrong))
    with pytest.raises(ValueError, match=r"work_orders\.serialno"):
        read_expected(file)
