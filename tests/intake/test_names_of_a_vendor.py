"""`sources:` and `extends:` of a mapping: a vendor's names for files and columns, in any language, as one."""

import pandas as pd
import pytest

from analysis.faults import UserFault

DESK = """
name: trial
sources:
  tickets:
    files: ["tickets*", "*工单*"]
    names:
      id: [Ticket Id, 工单编号]
      unit: [Department, 部门]
      created: [Created Time, 创建时间]
      solved: [Closed Time, 关闭时间]
      rank: [Priority, 优先级]
  visits_sheet:
    files: ["visits*"]
    optional: true
    names: {ticket: [Ticket], came: [Arrived]}
tables:
  work_orders:
    from: tickets
    columns:
      work_order_id: id
      business_unit: unit
      submitted_at: created
      completed_at: solved
      status: {sql: "CASE WHEN solved IS NULL THEN 'open' ELSE 'completed' END"}
      priority: rank
      escalated: {sql: "rank = 'P1'"}
  visits:
    select: "SELECT ticket || '-1' AS id, ticket AS nr, came FROM visits_sheet"
    columns: {visit_id: id, work_order_id: nr, arrived_at: came}
"""
ENGLISH = "createdTime,TICKET ID,department,Closed_Time,status\n2026-01-05 09:00,1,North,2026-01-06 10:00,x\n"
CHINESE = "工单编号,部门,创建时间（北京）,关闭时间,优先级\n2,华东,2026-02-01 09:00,,P1\n"


def orders(store):
    return store.records("work_orders", "all").set_index("work_order_id")


def test_headings_are_known_in_both_languages_whatever_their_case_blanks_and_brackets(load):
    store = load({"tickets_en.csv": ENGLISH, "导出工单.csv": CHINESE}, mapping=DESK)
    found = orders(store)

    assert found.loc["1", "completed_at"] == pd.Timestamp("2026-01-06 10:00")
    assert found.loc["2", ["business_unit", "status", "priority", "escalated"]].tolist() == ["华东", "open", "P1", True]
    assert found.loc["2", "submitted_at"] == pd.Timestamp("2026-02-01 09:00")


def test_a_column_the_export_lacks_is_not_given_rather_than_empty(load):
    store = load({"tickets.csv": ENGLISH}, mapping=DESK)

    assert store.missing(["work_orders.priority", "work_orders.escalated", "work_orders.completed_at", "visits"]) == [
        "work_orders.priority",
        "work_orders.escalated",
        "visits",
    ]


def test_a_file_of_any_name_is_known_by_its_headings(load):
    store = load({"export (3).csv": CHINESE}, mapping=DESK)

    assert orders(store).index.tolist() == ["2"]


def test_a_required_column_without_any_known_heading_is_a_fault_that_says_where_to_add_it(load):
    with pytest.raises(UserFault, match=r"none of the headings .* add the file's own to sources.tickets.names.created"):
        load({"tickets.csv": ENGLISH.replace("createdTime", "Begin")}, mapping=DESK)


def test_a_source_that_is_nowhere_is_a_fault_that_names_what_is_there(load):
    with pytest.raises(UserFault, match=r"no file called 'tickets\*' or .* .there are 'stock'"):
        load({"stock.csv": "a,b\n1,2\n"}, mapping=DESK)


def test_an_optional_source_is_joined_when_it_is_there(load):
    store = load({"tickets.csv": ENGLISH, "visits.csv": "Ticket,Arrived\n1,2026-01-06 08:00\n"}, mapping=DESK)

    assert store.records("visits", "North")["arrived_at"].tolist() == [pd.Timestamp("2026-01-06 08:00")]


def test_several_files_of_one_source_are_one_table_to_a_select(load):
    mapping = DESK.replace("from: tickets", "select: SELECT * FROM tickets WHERE id <> '9'")
    store = load({"tickets_1.csv": ENGLISH, "tickets_2.csv": CHINESE}, mapping=mapping)

    assert sorted(orders(store).index) == ["1", "2"]


def test_a_heading_that_is_another_column_s_name_does_not_take_its_place(load):
    store = load({"tickets.csv": ENGLISH.replace("department", "unit").replace("status", "Department")}, mapping=DESK)

    assert orders(store)["business_unit"].tolist() == ["x"]


def test_a_mapping_extends_another_and_replaces_only_what_it_names(tmp_path, load):
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "desk.yml").write_text(DESK, encoding="utf-8")
    own = """
name: mine
extends: desk
tables:
  visits:
  work_orders:
    columns:
      business_unit: {constant: HQ}
      escalated:
"""
    store = load({"tickets.csv": ENGLISH}, mapping=own)

    assert orders(store).loc["1", ["business_unit", "status"]].tolist() == ["HQ", "completed"]
    assert store.manifest["mapping"] == "mine"


def test_a_mapping_that_extends_itself_or_nothing_is_a_fault(load):
    with pytest.raises(UserFault, match=r"no mapping 'tral' beside it.*did you mean 'trial'"):
        load({"tickets.csv": ENGLISH}, mapping="name: a\nextends: tral\n")
    with pytest.raises(UserFault, match="extends itself"):
        load({"tickets.csv": ENGLISH}, mapping="name: a\nextends: trial\n")
