"""The reading side: what a unit asks for is its own, what the source did not give is NULL and said, and nothing outside
is reached.
"""

import json

import duckdb
import pandas as pd
import pytest

from analysis.data_model import read_tables
from analysis.faults import UserFault
from analysis.intake import intake
from analysis.store import Store

ORDERS = """work_order_id,business_unit,submitted_at,status,visits,in_warranty
A,U01,2024-01-01 08:00,open,1,true
B,U02,2024-01-02 08:00,open,,
C,U02,2024-01-03 08:00,open,3,false
"""
SLA = "policy_id,priority,response_target_hours,resolution_target_hours,clock\nS1,P1,1,8,business\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("store")
    source = folder / "source"
    source.mkdir()
    (source / "work_orders.csv").write_text(ORDERS)
    (source / "sla_policies.csv").write_text(SLA)
    (source / "visits.csv").write_text("visit_id,work_order_id,arrived_at\nV1,C,2024-01-03 09:00\n")
    return intake(str(source), mapping=None, params=folder, store_root=folder / "stores")


def test_records_are_those_of_the_unit_with_every_column_of_the_model(store):
    rows = store.records("work_orders", "U02").sort_values("work_order_id")

    assert list(rows.columns) == [column.name for column in read_tables()["work_orders"].stored]
    assert rows["work_order_id"].tolist() == ["B", "C"]
    assert rows["completed_at"].isna().all()
    assert str(rows["completed_at"].dtype).startswith("datetime64")
    assert rows["submitted_at"].tolist() == [pd.Timestamp("2024-01-02 08:00"), pd.Timestamp("2024-01-03 08:00")]


def test_columns_come_in_the_order_asked_for(store):
    rows = store.records("work_orders", "U01", columns=["business_unit", "fault_code", "work_order_id"])

    assert list(rows.columns) == ["business_unit", "fault_code", "work_order_id"]
    assert rows["business_unit"].tolist() == ["U01"]


def test_a_child_carries_the_unit_of_its_parent(store):
    assert store.records("visits", "U02", columns=["visit_id", "business_unit"]).to_numpy().tolist() == [["V1", "U02"]]
    assert store.has("visits", "business_unit")


def test_a_table_that_is_not_kept_by_unit_is_the_same_for_all(store):
    assert store.records("sla_policies", "U01").equals(store.records("sla_policies", "all"))


def test_a_table_the_source_did_not_give_has_columns_and_no_rows(store):
    rows = store.records("surveys", "U01")

    assert rows.empty
    assert "score" in rows.columns
    assert not store.has("surveys")


def test_what_is_missing_is_named_in_the_order_asked(store):
    needs = ["parts_usage", "work_orders.visits", "work_orders.fault_code", "work_orders", "surveys.score"]

    assert store.missing(needs) == ["parts_usage", "work_orders.fault_code", "surveys.score"]


def test_duckdb_and_pyarrow_read_the_same(store):
    with store.connect() as connection:
        found = connection.execute("SELECT * FROM work_orders ORDER BY work_order_id").df()
        kinds = dict(
            connection.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'work_orders'"
            ).fetchall()
        )
    rows = store.records("work_orders", "all").sort_values("work_order_id", ignore_index=True)

    assert kinds == {column.name: column.sql_type for column in read_tables()["work_orders"].stored}
    for column in ("work_order_id", "business_unit", "submitted_at"):
        assert found[column].tolist() == rows[column].tolist()
    assert list(found.columns) == list(rows.columns)


def test_a_join_to_the_next_moment_never_compares_each_with_each(store):
    """Customers who come again and again made 200,000 orders take a hundred times as long as they should."""
    with store.connect() as connection:
        for name, rows in (("a", 50), ("b", 5000)):
            connection.execute(f"CREATE TABLE {name} AS SELECT i % 5 AS who, i AS moment FROM range({rows}) AS r(i)")
        asked = "SELECT * FROM a ASOF JOIN b ON a.who = b.who AND b.moment > a.moment"
        ((_, plan),) = connection.execute(f"EXPLAIN {asked}").fetchall()
    assert "Asof Join" in plan
    assert "Nested Loop" not in plan


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SET enable_external_access = true",
        "COPY work_orders TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
    ],
)
def test_a_connection_reaches_the_store_and_nothing_else(store, sql):
    with store.connect() as connection, pytest.raises(duckdb.Error, match=r"disabled|locked|Cannot"):
        connection.execute(sql)


def test_a_local_variable_is_no_table(store):
    frame = pd.DataFrame({"a": [1]})
    with store.connect() as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT * FROM frame")
    assert len(frame) == 1


def test_units_are_those_with_rows(store):
    assert store.business_units == ["U01", "U02"]
    assert store.cutoff == pd.Timestamp("2024-01-04")
    assert list(store.tables) == ["work_orders", "visits", "sla_policies"]


def test_quarantine_is_empty_and_has_its_columns_when_nothing_was_refused(store):
    assert list(store.quarantine("work_orders").columns) == ["_file", "_line", "_business_unit", "_reasons"]


def test_a_folder_that_is_no_store_is_refused(tmp_path):
    with pytest.raises(UserFault, match="no store here"):
        _ = Store(tmp_path).manifest
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": "after-sales-store/0"}))
    with pytest.raises(UserFault, match="run intake again"):
        _ = Store(tmp_path).manifest


def test_the_manifest_is_strict_json_with_the_agreed_keys(store):
    text = (store.path / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text, parse_constant=lambda name: pytest.fail(name))

    assert {
        "schema",
        "fingerprint",
        "data_cutoff_at",
        "cutoff_from",
        "timezone",
        "currency",
        "note",
        "first_event_at",
        "business_units",
        "tables",
        "sources",
        "notes",
    } <= set(manifest)
    assert set(manifest["tables"]["work_orders"]) == {
        "columns",
        "from_columns",
        "read",
        "rows",
        "duplicates_dropped",
        "quarantined",
        "left_out",
        "reasons",
        "by_unit",
        "orphans",
        "excluded",
    }
    assert set(manifest["sources"][0]) == {"file", "bytes", "sha256", "rows"}


@pytest.fixture(scope="module")
def soiled(tmp_path_factory) -> Store:
    """Two good orders of five rows: one repeated identically, one completed before it was submitted, one undated."""
    folder = tmp_path_factory.mktemp("soiled")
    source = folder / "source"
    source.mkdir()
    (source / "work_orders.csv").write_text(
        "work_order_id,business_unit,submitted_at,status,completed_at\n"
        "A,U01,2024-01-01 08:00,completed,2024-01-02 08:00\n"
        "A,U01,2024-01-01 08:00,completed,2024-01-02 08:00\n"
        "B,U02,2024-02-03 08:00,completed,2024-02-02 08:00\n"
        "C,U02,when it rained,open,\n"
        "D,U02,2024-01-03 08:00,open,\n"
    )
    (source / "visits.csv").write_text(
        "visit_id,work_order_id,arrived_at,left_at\nV1,D,2024-01-04 09:00,2024-01-04 08:00\n"
        "V2,D,2024-01-04 09:00,2024-01-04 10:00\n"
    )
    return intake(str(source), mapping=None, params=folder, store_root=folder / "stores")


def test_rows_that_were_not_stored_are_there_to_be_counted_with_unit_time_and_reason(soiled):
    with soiled.connect() as connection:
        rows = connection.execute("SELECT * FROM excluded_rows ORDER BY table_name, kind, happened_at").fetchall()

    assert rows == [
        ("visits", "U02", "refused", "left before arrived", pd.Timestamp("2024-01-04 09:00")),
        ("work_orders", "U01", "duplicate", None, pd.Timestamp("2024-01-01 08:00")),
        ("work_orders", "U02", "refused", "completed before submitted", pd.Timestamp("2024-02-03 08:00")),
        ("work_orders", "U02", "refused", "submitted_at is not a time as declared", None),
    ]


def test_a_store_that_refused_nothing_has_no_excluded_rows(store):
    with store.connect() as connection:
        assert connection.execute("SELECT count(*) FROM excluded_rows").fetchall() == [(0,)]
