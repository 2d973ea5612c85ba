"""The data model as data: complete, free of contradictions, the same as its page."""

from pathlib import Path

import duckdb
import pytest

from analysis.data_model import SQL_TYPE, Table, empty_table_sql, read_stamps, read_tables
from analysis.data_model.reference import reference_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "data_model.md"
TABLES = read_tables()


def test_every_table_of_the_design_is_declared():
    assert set(TABLES) == {
        "meta",
        "business_units",
        "calendar",
        "products",
        "customers",
        "installed_units",
        "installed_base_monthly",
        "purchases",
        "work_orders",
        "work_order_events",
        "visits",
        "complaints",
        "surveys",
        "returns",
        "warranty_claims",
        "quality_issues",
        "costs",
        "parts_usage",
        "parts_stock",
        "technicians",
        "technician_time",
        "training",
        "incentives",
        "quality_audits",
        "interactions",
        "loyalty_members",
        "loyalty_transactions",
        "contracts",
        "warranty_reserve",
        "targets",
        "benchmarks",
        "interventions",
        "sla_policies",
    }


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_rule_and_type_is_sql_that_duckdb_understands(table: Table):
    for rule in table.rules:
        duckdb.execute(f"SELECT {rule.sql} FROM ({empty_table_sql(table)})")
    found = duckdb.execute(f"DESCRIBE {empty_table_sql(table)}").fetchall()
    assert [(name, kind) for name, kind, *_ in found] == [(column.name, column.sql_type) for column in table.stored]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_text_stands_in_both_languages(table: Table):
    texts = [table.title, *(rule.reason for rule in table.rules)]
    assert all(set(text) == {"en", "zh"} and all(text.values()) for text in texts)
    assert all(any("一" <= ch <= "鿿" for ch in text["zh"]) for text in texts)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_time_in_an_order_or_before_a_cutoff_has_a_name_in_both_languages(table: Table):
    assert set(table.order) <= set(read_stamps())


def test_the_order_of_a_work_order_is_that_of_the_design():
    assert TABLES["work_orders"].order == (
        "submitted_at",
        "handled_at",
        "assigned_at",
        "arrived_at",
        "completed_at",
        "closed_at",
    )


def test_due_times_windows_and_ends_are_no_events():
    no_events = {
        "response_due_at",
        "resolution_due_at",
        "window_start",
        "window_end",
        "warranty_end_on",
        "end_on",
        "retired_on",
        "left_on",
    }
    assert not [
        column.name
        for table in TABLES.values()
        for column in table.columns
        if column.event and column.name in no_events
    ]


def test_children_take_their_unit_from_their_parent_and_are_kept_by_unit():
    children = {name: table.parent[0] for name, table in TABLES.items() if table.parent}

    assert children == {
        "work_order_events": "work_orders",
        "visits": "work_orders",
        "parts_usage": "work_orders",
        "technician_time": "technicians",
        "training": "technicians",
        "incentives": "technicians",
        "loyalty_members": "customers",
        "loyalty_transactions": "customers",
    }
    assert all(TABLES[name].partitioned and TABLES[name].has("business_unit") for name in children)


def test_tables_about_the_suite_are_kept_whole():
    whole = {"meta", "calendar", "products", "business_units", "targets", "benchmarks", "interventions", "sla_policies"}
    assert {name for name, table in TABLES.items() if not table.partitioned} == whole


def test_every_table_takes_its_origin_and_when_it_was_entered():
    assert all(table.has("source_system") and table.has("recorded_at") for table in TABLES.values())


def test_an_unknown_column_is_a_programming_error():
    with pytest.raises(KeyError, match="work_orders has no column 'mood'"):
        TABLES["work_orders"].column("mood")


def test_types_are_those_of_the_store():
    assert set(SQL_TYPE) == {"str", "int", "float", "money", "bool", "date", "datetime"}


def test_the_reference_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference_page(), "run: python -m analysis.data_model"
