"""Event logs and histories folded into orders and their steps by declared rules, without a SELECT."""

import pandas as pd
import pytest

from analysis.faults import UserFault

LOG = """ticket,what,who,at,branch
T1,Created,web,2024-03-01 08:00:00,U01
T1,Assigned,anna,2024-03-01 09:00:00,U01
T1,Solved,anna,2024-03-02 10:00:00,U01
T1,Assigned,bert,2024-03-03 09:00:00,U02
T1,Solved,bert,2024-03-04 12:00:00,U02
T1,Solved,bert,2024-03-04 12:00:00,U02
T2,Assigned,anna,2024-03-05 09:00:00,U01
T2,Created,web,2024-03-05 08:00:00,U01
T2,Bumped,robot,2024-03-05 09:30:00,U01
T2,Solved,anna,2024-05-01 00:00:00,U01
"""
MAPPING = """
meta: {data_cutoff_at: "2024-03-31T23:59:59"}
tables:
  work_orders:
    fold:
      from: log
      case: ticket
      time: at
      step: what
      until: "2024-04-01 00:00:00"
      first: {submitted: Created, assigned: Assigned}
      last: {solved: Solved}
      loops: {reopens: {step: Assigned, after: Solved}}
      changes: {handed_over: {of: who, at: Assigned}}
      newest: [branch]
      at_last: {solver: {of: who, at: Solved}}
    columns:
      work_order_id: case
      business_unit: branch
      submitted_at: submitted
      assigned_at: assigned
      completed_at: solved
      technician_id: solver
      reopens: reopens
      reassignments: handed_over
      status: {sql: "CASE last_step WHEN 'Solved' THEN 'completed' ELSE 'open' END"}
  work_order_events:
    steps:
      from: log
      case: ticket
      time: at
      step: what
      until: "2024-04-01 00:00:00"
      names:
        Created: created
        Assigned: {first: assigned, again: reassigned, after: {Solved: reopened}}
        Solved: completed
      keep: [who]
    columns: {work_order_id: case, seq: seq, event_at: moment, event: event, actor: who}
"""


def test_a_log_becomes_one_row_per_case_with_its_loops_counted(load):
    store = load({"log.csv": LOG}, mapping=MAPPING)
    orders = store.records("work_orders", "all").set_index("work_order_id")

    assert orders.loc["T1", "submitted_at"] == pd.Timestamp("2024-03-01 08:00")
    assert orders.loc["T1", "assigned_at"] == pd.Timestamp("2024-03-01 09:00")
    assert orders.loc["T1", "completed_at"] == pd.Timestamp("2024-03-04 12:00")  # the last time it was solved
    assert orders.loc["T1", ["reopens", "reassignments", "business_unit", "status"]].tolist() == [
        1,
        1,
        "U02",
        "completed",
    ]
    assert orders.loc["T2", ["reopens", "reassignments", "business_unit", "status"]].tolist() == [0, 0, "U01", "open"]
    assert orders.loc["T1", "technician_id"] == "bert"
    assert pd.isna(orders.loc["T2", "completed_at"])  # it was solved only after the declared end


def test_the_steps_of_a_log_are_named_in_order_and_what_no_rule_names_is_said(load):
    store = load({"log.csv": LOG}, mapping=MAPPING)
    events = store.records("work_order_events", "all").sort_values(["work_order_id", "seq"])

    assert events[events["work_order_id"] == "T1"]["event"].tolist() == [
        "created", "assigned", "completed", "reopened", "completed",
    ]  # fmt: skip
    assert events[events["work_order_id"] == "T2"]["event"].tolist() == ["created", "assigned"]
    notes = store.manifest["notes"]
    assert "log.csv: step 'Bumped' (1 rows) is named by no rule; left out of work_order_events" in notes
    assert "log.csv: 1 rows stand twice and count once in work_orders" in notes


def test_a_history_with_one_row_per_update_counts_a_state_only_when_it_is_entered(load):
    history = (
        "number,version,changed,state,note\n"
        "I1,0,01/03/2024 08:00,New,a\n"
        "I1,10,02/03/2024 08:00,Resolved,b\n"
        "I1,2,01/03/2024 09:00,Active,c\n"
        "I1,3,01/03/2024 09:00,Active,d\n"  # an update that changes no state
        "I1,11,03/03/2024 08:00,Active,e\n"
        "I1,12,04/03/2024 08:00,Resolved,f\n"
        "I1,13,05/03/2024 08:00,Resolved,g\n"  # nor this one
    )
    mapping = """
meta: {data_cutoff_at: "2024-03-31T23:59:59"}
tables:
  work_orders:
    fold:
      from: history
      case: number
      time: {column: changed, format: "%d/%m/%Y %H:%M"}
      step: state
      version: version
      only_changes: true
      first: {opened: "*", started: Active}
      last: {resolved: Resolved}
      loops: {reopens: {step: Active, after: Resolved, directly: true}}
      newest: [note]
    columns:
      work_order_id: case
      business_unit: {constant: U01}
      submitted_at: {column: opened, format: "%d/%m/%Y %H:%M"}
      handled_at: {column: started, format: "%d/%m/%Y %H:%M"}
      completed_at: {column: resolved, format: "%d/%m/%Y %H:%M"}
      reopens: reopens
      resolution_code: note
      status: {constant: completed}
"""
    order = load({"history.csv": history}, mapping=mapping).records("work_orders", "U01").iloc[0]

    assert order["handled_at"] == pd.Timestamp("2024-03-01 09:00")
    assert order["completed_at"] == pd.Timestamp("2024-03-04 08:00")  # entered on the 4th, updated again on the 5th
    assert order["reopens"] == 1
    assert order["resolution_code"] == "g"


def test_times_of_a_log_that_cannot_be_read_are_an_error_or_said(load):
    with pytest.raises(UserFault, match=r"10 of 10 rows have no case or no time .* such as '01\.03\.2024"):
        load({"log.csv": LOG.replace("2024-03-0", "01.03.2024 ").replace("2024-05-01", "01.03.2024")}, mapping=MAPPING)
    store = load({"log.csv": LOG + "T3,Created,web,soon,U01\n"}, mapping=MAPPING)

    assert any(
        "1 of 11 rows have no case or no time that can be read, such as 'soon'" in n for n in store.manifest["notes"]
    )


def test_mistakes_in_a_fold_are_told_with_the_nearest_names(load):
    with pytest.raises(UserFault, match=r"log: no column 'wath' to fold by; did you mean 'what'"):
        load({"log.csv": LOG}, mapping=MAPPING.replace("step: what", "step: wath"))
    with pytest.raises(UserFault, match=r"unknown key 'frist'; did you mean 'first'\?"):
        load({"log.csv": LOG}, mapping=MAPPING.replace("first: {submitted", "frist: {submitted"))
    with pytest.raises(UserFault, match=r"nothing in the source is called 'log'; did you mean 'logs'\?"):
        load({"logs.csv": LOG}, mapping=MAPPING)
