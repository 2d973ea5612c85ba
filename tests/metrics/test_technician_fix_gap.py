"""First-time fix of technicians against the same work: people who work in more than one unit."""

from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest

from analysis.metrics.modelled.technician_fix_gap import measure
from analysis.metrics.periods import Periods


def test_a_technician_of_two_units_is_one_person_in_the_company():
    results = pd.DataFrame(
        [("A", "T1", 10, 9), ("B", "T1", 30, 18), ("B", "T2", 20, 15)],
        columns=["business_unit", "technician_id", "field_repairs", "first_fixes"],
    ).assign(product_line="L", fault_code="F", worked_in=pd.Timestamp("2026-06-01"))
    card = SimpleNamespace(how=SimpleNamespace(options={}))
    with duckdb.connect() as con:
        con.register("technician_results", results)
        rows = measure(con, card, periods=Periods("month", pd.Timestamp("2026-07-01")), units=["A", "B"])
    people = rows[rows["breakdown"] == "technician_id"].set_index(["business_unit", "segment"])
    assert people.index.is_unique
    usual = 42 / 60  # one kind of work: its rate borrows from itself
    assert people.loc[("all", "T1"), "n"] == 40
    assert people.loc[("all", "T1"), "value"] == pytest.approx(100 * (27 / 40 - usual))
    assert people.loc[("A", "T1"), "value"] == pytest.approx(100 * (9 / 10 - usual))
