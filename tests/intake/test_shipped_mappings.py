"""The mappings in params/mappings, each on a few rows as its owner publishes them."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.intake import intake
from analysis.intake.mapping import read_mapping

MAPPINGS = Path(__file__).resolve().parents[2] / "params" / "mappings"


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yml")), ids=lambda path: path.stem)
def test_every_shipped_mapping_is_sound_and_bears_its_file_s_name(path):
    assert read_mapping(path).name == path.stem


def loaded(tmp_path, mapping, name, text):
    source = tmp_path / "source"
    source.mkdir()
    (source / name).write_text(text, encoding="utf-8")
    return intake(str(source), mapping=MAPPINGS / f"{mapping}.yml", params=tmp_path, store_root=tmp_path / "stores")


def row_of(store, order, table="work_orders"):
    return store.records(table, "all").set_index("work_order_id").loc[order]


def test_boston_cases_closed_before_they_were_opened_are_refused(tmp_path):
    head = (
        "CASE_ENQUIRY_ID,OPEN_DT,TARGET_DT,CLOSED_DT,OnTime_Status,CASE_STATUS,CLOSURE_KIND,SUBJECT,REASON,TYPE,QUEUE,"
        "Department,pwd_district,neighborhood,Source\n"
    )
    tail = "Public Works Department,Street Lights,Street Light Outages,Q,PWDx,1B,Roxbury,Constituent Call\n"
    text = head + (
        "1,01/05/2015 12:25:23 AM,01/16/2015 08:30:00 AM,01/05/2015 04:17:43 PM,ONTIME,Closed,"
        f"Duplicate of Existing Case,{tail}"
        f"2,06/05/2015 09:00:02 AM,,06/05/2015 09:00:00 AM,ONTIME,Closed,,{tail}"
        f"3,12/05/2015 09:00:00 AM,,,ONTIME,Open,,{tail}"
        f"4,12/06/2015 09:00:00 AM,,,ONTIME,Open,,{tail}"
        f"5,12/07/2015 09:00:00 AM,,,ONTIME,Open,,{tail}"
    )
    store = loaded(tmp_path, "boston311", "boston311_2015.csv", text)
    first = row_of(store, "1")

    assert store.manifest["tables"]["work_orders"]["reasons"] == {"completed before submitted": 1}
    assert (first["submitted_at"], first["completed_at"]) == (
        pd.Timestamp("2015-01-05 00:25:23"),
        pd.Timestamp("2015-01-05 16:17:43"),
    )
    assert first["resolution_due_at"] == pd.Timestamp("2015-01-16 08:30")
    assert (first["is_duplicate"], row_of(store, "3")["is_duplicate"]) == (True, False)
    assert store.manifest["business_units"][0]["name"] == {"en": "Public Works", "zh": "公共工程局"}
    assert store.records("products", "all")[["product_id", "product_line"]].to_numpy().tolist() == [
        ["Street Lights", "Public Works Department"]
    ]


def test_help_desk_tickets_are_folded_as_they_stood_at_the_cutoff(tmp_path):
    head = (
        "concept:name,lifecycle:transition,org:resource,time:timestamp,Activity,Resource,case:concept:name,case:variant,"
        "case:variant-index,case:creator\n"
    )
    events = [
        ("A", "Assign seriousness", "Value 1", "2013-01-07 08:00:00"),
        ("A", "Take in charge ticket", "Value 1", "2013-01-07 09:00:00"),
        ("A", "Take in charge ticket", "Value 1", "2013-01-07 09:00:00"),  # twice in the log
        ("A", "Wait", "Value 1", "2013-01-08 09:00:00"),
        ("A", "Take in charge ticket", "Value 2", "2013-01-09 09:00:00"),
        ("A", "Resolve ticket", "Value 2", "2013-01-10 09:00:00"),
        ("A", "Take in charge ticket", "Value 2", "2013-01-11 09:00:00"),  # came back
        ("A", "Resolve ticket", "Value 3", "2013-01-14 09:00:00"),
        ("A", "Closed", "Value 5", "2013-01-29 09:00:00"),
        ("B", "Assign seriousness", "Value 1", "2013-10-30 08:00:00"),
        ("B", "Resolve ticket", "Value 1", "2013-11-04 08:00:00"),  # after the cut-off
        ("B", "Closed", "Value 5", "2013-11-19 08:00:00"),
        ("C", "Assign seriousness", "Value 1", "2013-11-20 08:00:00"),  # opened after the cut-off
        ("D", "Assign seriousness", "Value 1", "2013-01-04 09:00:00"),  # never resolved, and told of no more
        ("D", "Wait", "Value 1", "2013-02-07 15:00:00"),
        ("E", "Resolve ticket", "Value 1", "2011-05-18 08:00:00"),  # resolved, then only looked at again
        ("E", "VERIFIED", "Value 1", "2011-06-08 17:00:00"),
    ]
    text = head + "".join(
        f"{what},complete,{who},{at}+00:00,{what},{who},{ticket},V,1,F\n" for ticket, what, who, at in events
    )
    store = loaded(tmp_path, "helpdesk", "helpdesk.csv", text)
    done, open_ = row_of(store, "A"), row_of(store, "B")
    steps = row_of(store, "A", "work_order_events").sort_values("seq")

    assert set(store.records("work_orders", "HELPDESK")["work_order_id"]) == {"A", "B", "D", "E"}
    dropped = row_of(store, "D")
    assert (dropped["status"], dropped["cancelled_at"]) == ("cancelled", pd.Timestamp("2013-02-07 16:00"))
    assert row_of(store, "E")["completed_at"] == pd.Timestamp("2011-05-18 10:00")
    assert (done["submitted_at"], done["assigned_at"]) == (
        pd.Timestamp("2013-01-07 09:00"),
        pd.Timestamp("2013-01-07 10:00"),
    )
    assert (done["completed_at"], done["closed_at"]) == (
        pd.Timestamp("2013-01-14 10:00"),
        pd.Timestamp("2013-01-29 10:00"),
    )
    assert (done["technician_id"], done["reopens"], done["reassignments"]) == ("Value 3", 1, 1)
    assert (open_["status"], pd.isna(open_["completed_at"])) == ("open", True)
    assert steps["event"].tolist() == [
        "handled",
        "assigned",
        "paused",
        "resumed",
        "completed",
        "reopened",
        "completed",
        "closed",
    ]


def test_incidents_are_folded_as_they_stood_at_the_cutoff(tmp_path):
    head = (
        "number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,made_sla,caller_id,opened_by,opened_at,sys_created_by,"
        "sys_created_at,sys_updated_by,sys_updated_at,contact_type,location,category,subcategory,u_symptom,cmdb_ci,impact,urgency,priority,"
        "assignment_group,assigned_to,knowledge,u_priority_confirmation,notify,problem_id,rfc,vendor,caused_by,closed_code,resolved_by,"
        "resolved_at,closed_at\n"
    )

    def update(
        number, state, version, at, *, person="?", place="Location 1", resolved="?", closed="?", opened="1/3/2016 08:00"
    ):
        return (
            f"{number},{state},true,{version // 2},{version // 3},{version},true,Caller 1,O,{opened},C,?,U,{at},Phone,"
            f"{place},Category 1,?,?,?,2,2,"
            f"3 - Moderate,Group 1,{person},false,false,No,?,?,?,?,code 1,Resolved by 1,{resolved},{closed}\n"
        )

    ends = {"resolved": "3/3/2016 09:00", "closed": "8/3/2016 09:00"}
    late = {"resolved": "20/5/2016 09:00", "closed": "25/5/2016 09:00"}
    text = head + "".join(
        [
            update("INC1", "New", 0, "1/3/2016 08:05", **ends),
            update("INC1", "Active", 1, "1/3/2016 09:00", person="P1", **ends),
            update("INC1", "Awaiting User Info", 2, "1/3/2016 10:00", person="P1", **ends),
            update("INC1", "Active", 3, "2/3/2016 10:00", person="P1", **ends),
            update("INC1", "Resolved", 4, "3/3/2016 09:00", person="P1", **ends),
            update("INC1", "Closed", 5, "8/3/2016 09:00", person="P1", **ends),
            update("INC2", "New", 0, "2/5/2016 08:05", opened="2/5/2016 08:00", place="?", **late),
            update("INC2", "Resolved", 1, "20/5/2016 09:00", opened="2/5/2016 08:00", place="?", **late),
            update("INC3", "New", 0, "13/5/2016 08:05", opened="13/5/2016 08:00", **late),
        ]
    )
    store = loaded(tmp_path, "servicenow_incidents", "incident_event_log.csv", text)
    done, open_ = row_of(store, "INC1"), row_of(store, "INC2")
    steps = row_of(store, "INC1", "work_order_events").sort_values("seq")

    assert set(store.records("work_orders", "all")["work_order_id"]) == {"INC1", "INC2"}
    assert done[["business_unit", "status", "technician_id", "resolution_code"]].tolist() == [
        "Other locations",
        "completed",
        "Resolved by 1",
        "code 1",
    ]
    assert [
        done[f"{name}_at"] for name in ("submitted", "handled", "assigned", "first_response", "completed", "closed")
    ] == [
        pd.Timestamp(text)
        for text in (
            "2016-03-01 08:00",
            "2016-03-01 08:05",
            "2016-03-01 09:00",
            "2016-03-01 09:00",
            "2016-03-03 09:00",
            "2016-03-08 09:00",
        )
    ]
    assert (done["reassignments"], done["reopens"]) == (2, 1)
    assert pd.isna(done["fault_code"])  # `?`
    assert open_[["business_unit", "status"]].tolist() == ["unknown", "open"]
    assert pd.isna(open_["completed_at"])
    assert steps["event"].tolist() == ["created", "started", "paused", "resumed", "completed", "closed"]
    assert steps["pause_reason"].tolist()[2] == "customer"


def test_bank_complaints_have_one_time_and_short_units(tmp_path):
    head = (
        '"Complaint ID",Submitted via,Date submitted,Date received,State,Product,Sub-product,Issue,Sub-issue,'
        "Company public response,Company response to consumer,Timely response?\n"
    )
    text = (
        head
        + '1,Web,2021-10-24,2021-10-27,NY,"Payday loan, title loan, or personal loan",Payday loan,Fees,,,In progress,\n'
    )
    store = loaded(tmp_path, "cfpb_complaints", "complaints.csv", text)
    row = store.records("complaints", "Personal loans").iloc[0]

    assert (row["received_at"], row["is_external"]) == (pd.Timestamp("2021-10-27"), True)
    assert store.missing(["complaints.resolved_at", "complaints.category"]) == ["complaints.resolved_at"]
