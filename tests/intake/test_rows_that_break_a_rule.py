"""Faults I7, I8: what is refused, with which reason, and that everything adds up."""

import pandas as pd
import pytest

from analysis.faults import UserFault

META = "data_cutoff_at,timezone,currency\n2024-02-01T00:00:00,Asia/Shanghai,CNY\n"
HEAD = "work_order_id,business_unit,submitted_at,status,handled_at,arrived_at,completed_at\n"
GOOD = "".join(f"G{n},U01,2024-01-0{1 + n % 9} 08:00,open,,,\n" for n in range(40))


def reasons(store, table="work_orders"):
    return store.manifest["tables"][table]["reasons"]


def test_every_row_is_kept_dropped_or_refused_and_the_counts_add_up(load):
    store = load(
        {
            "meta.csv": META,
            "work_orders.csv": HEAD
            + GOOD
            + "A,U01,2024-01-05 08:00,completed,,2024-01-06 09:00,2024-01-06 08:00\n"  # completed before arrived
            + "B,U01,2024-01-05 08:00,completed,2024-01-05 07:00,,2024-01-06 08:00\n"  # handled before submitted
            + "C,U02,2024-02-05 08:00,open,,,\n"  # after the cut-off
            + "D,U02,2024-01-05 08:00,completed,,,\n"  # no completion time
            + "E,U02,1970-01-01 00:00,open,,,\n"  # the zero of a system clock
            + "G1,U01,2024-01-02 08:00,open,,,\n",  # exactly the same again
        }
    )
    entry = store.manifest["tables"]["work_orders"]

    assert reasons(store) == {
        "completed before arrived": 1,
        "handled before submitted": 1,
        "submitted after the cut-off": 1,
        "status completed without a completion time": 1,
        "submitted is a placeholder, not a real time": 1,
    }
    assert entry["read"] == 46
    assert entry["read"] == entry["rows"] + entry["quarantined"] + entry["duplicates_dropped"] + entry["left_out"]
    assert entry["duplicates_dropped"] == 1
    assert entry["by_unit"]["U02"] == {
        "rows": 0,
        "quarantined": 3,
        "duplicates_dropped": 0,
        "reasons": {
            "status completed without a completion time": 1,
            "submitted after the cut-off": 1,
            "submitted is a placeholder, not a real time": 1,
        },
    }
    assert (
        sum(unit["rows"] for unit in entry["by_unit"].values())
        == entry["rows"]
        == len(store.records("work_orders", "all"))
    )


def test_the_nearest_earlier_time_is_named_when_several_are_out_of_order(load):
    row = "A,U01,2024-01-05 08:00,completed,2024-01-09 08:00,2024-01-08 08:00,2024-01-07 08:00\n"
    store = load({"meta.csv": META, "work_orders.csv": HEAD + GOOD + row})

    assert set(reasons(store)) == {"arrived before handled", "completed before arrived"}


def test_no_time_between_two_steps_is_kept_and_said(load):
    rows = "A,U01,2024-01-05 08:00,completed,,,2024-01-05 08:00\nB,U01,2024-01-05,completed,,,2024-01-05\n"
    store = load({"meta.csv": META, "work_orders.csv": HEAD + rows})

    assert len(store.records("work_orders", "U01")) == 2
    assert "work_orders: submitted and completed bear the same time in 1 rows; kept" in store.manifest["notes"]


def test_a_day_without_a_clock_is_not_held_before_the_hour_of_the_same_day(load):
    rows = (
        "A,U01,2024-01-05 14:30,completed,2024-01-05,2024-01-05,2024-01-05\n"
        "B,U01,2024-01-05 14:30,completed,2024-01-05,2024-01-06 09:00,2024-01-06\n"
        "C,U01,2024-01-05 14:30,completed,,,2024-01-07\n"
        "D,U01,2024-01-05 14:30,completed,,,2024-01-04\n"  # the day before: wrong, as it was
    )
    store = load({"meta.csv": META, "work_orders.csv": HEAD + GOOD + rows})
    found = store.records("work_orders", "U01").set_index("work_order_id").loc[["A", "B", "C"]]
    times = found[["handled_at", "arrived_at", "completed_at"]].apply(lambda column: column.dt.strftime("%d %H:%M"))
    times = times.fillna("")

    assert reasons(store) == {"completed before submitted": 1}
    assert times.values.tolist() == [
        ["05 14:30", "05 14:30", "05 14:30"],
        ["05 14:30", "06 09:00", "06 09:00"],
        ["", "", "07 00:00"],
    ]


def test_a_story_of_more_than_ten_years_is_refused(load):
    row = "A,U01,2003-01-05 08:00,completed,,,2024-01-07 08:00\n"
    store = load({"meta.csv": META, "work_orders.csv": HEAD + GOOD + row})

    assert reasons(store) == {"more than ten years from first to last time": 1}


def test_due_times_and_windows_may_lie_after_the_cutoff(load):
    text = "work_order_id,business_unit,submitted_at,status,resolution_due_at\nA,U01,2024-01-30,open,2024-06-01\n"
    store = load({"meta.csv": META, "work_orders.csv": text})

    assert store.manifest["tables"]["work_orders"]["quarantined"] == 0


def test_quarantine_keeps_the_source_row_as_text_with_file_and_line(load):
    store = load({"meta.csv": META, "work_orders.csv": HEAD + GOOD + " A ,U01,05.01.2024,open,,,\n"})
    row = store.quarantine("work_orders").iloc[0]

    assert (row["_file"], row["_line"], row["_business_unit"]) == ("work_orders.csv", 42, "U01")
    assert row["_reasons"] == "submitted_at is not a time as declared"
    assert (row["work_order_id"], row["submitted_at"]) == (" A ", "05.01.2024")


def test_lines_are_counted_in_the_file_though_a_field_holds_line_ends(load):
    complaints = (
        "complaint_id,business_unit,received_at,category,text\n"
        + 'C1,U01,2024-01-01,noise,"first\nsecond\nthird"\n'
        + "\n"
        + "".join(f"K{n},U01,2024-01-01,noise,\n" for n in range(10))
        + "C2,U01,soon,noise,\n"
    )
    refused = load({"meta.csv": META, "complaints.csv": complaints}).quarantine("complaints")

    assert refused["_line"].tolist() == [16]
    assert complaints.splitlines()[16 - 1].startswith("C2")


def test_of_two_rows_with_one_key_the_later_record_stands(load):
    text = (
        "work_order_id,business_unit,submitted_at,status,priority,recorded_at\n"
        "A,U01,2024-01-01,open,P1,2024-01-02 10:00\n"
        "A,U01,2024-01-01,open,P2,2024-01-03 10:00\n"
        "A,U01,2024-01-01,open,P3,\n"
        "B,U01,2024-01-01,open,P1,2024-01-03 10:00\n"
    )
    store = load({"meta.csv": META, "work_orders.csv": text})
    kept = store.records("work_orders", "U01", columns=["work_order_id", "priority"]).sort_values("work_order_id")

    assert kept.to_numpy().tolist() == [["A", "P2"], ["B", "P1"]]
    assert reasons(store) == {"replaced by a later record of the same key": 2}


def test_of_two_rows_with_one_key_neither_stands_when_nothing_settles_it(load):
    rows = "A,U01,2024-01-01,open,,,\nA,U02,2024-01-01,open,,,\n"
    store = load({"meta.csv": META, "work_orders.csv": HEAD + GOOD + rows})

    assert reasons(store) == {"same key as another row that says otherwise": 2}
    assert "A" not in set(store.records("work_orders", "all")["work_order_id"])
    assert store.quarantine("work_orders")["business_unit"].tolist() == ["U01", "U02"]


def test_a_row_that_breaks_a_rule_does_not_outlive_a_good_one_of_its_key(load):
    text = (
        "work_order_id,business_unit,submitted_at,status,completed_at,recorded_at\n"
        "A,U01,2024-01-01,open,,2024-01-02\n"
        "A,U01,2024-01-05,completed,2024-01-04,2024-01-06\n"
    )
    store = load(
        {"meta.csv": META, "work_orders.csv": text + "".join(f"G{n},U01,2024-01-01,open,,\n" for n in range(9))}
    )

    assert store.records("work_orders", "U01").set_index("work_order_id").loc["A", "status"] == "open"
    assert reasons(store) == {"completed before submitted": 1}


def test_rows_replaced_by_later_ones_do_not_count_towards_the_limit(load):
    versions = "".join(f"A,U01,2024-01-01,open,P{n},2024-01-{n:02d}\n" for n in range(1, 31))
    store = load(
        {
            "meta.csv": META,
            "work_orders.csv": "work_order_id,business_unit,submitted_at,status,priority,recorded_at\n" + versions,
        }
    )

    assert store.records("work_orders", "U01")["priority"].tolist() == ["P30"]


def test_more_than_a_fifth_refused_is_an_error_that_shows_an_example(load):
    rows = "".join(f"A{n},U01,10/11/2023,open,,,\n" for n in range(11))
    with pytest.raises(UserFault) as fault:
        load({"meta.csv": META, "work_orders.csv": HEAD + GOOD + rows})

    assert "22% of 51 rows break a rule, the limit is 20%" in fault.value.lines[0]
    assert (
        "submitted_at is not a time as declared in 11 rows, first in work_orders.csv row 41, such as '10/11/2023'"
        in fault.value.lines[1]
    )


def test_the_limit_can_be_raised_in_the_mapping(load):
    rows = "".join(f"A{n},U01,10/11/2023,open,,,\n" for n in range(11))
    mapping = "quarantine_limit: 0.5\ntables:\n  work_orders: {from: work_orders}\n"
    store = load({"work_orders.csv": HEAD + GOOD + rows}, mapping=mapping)

    assert store.manifest["tables"]["work_orders"]["rows"] == 40


def test_scores_stay_within_their_scale(load):
    surveys = (
        "survey_id,business_unit,instrument,sent_at,answered_at,score,scale_min,scale_max\n"
        "S1,U01,csat5,2024-01-01,2024-01-02,5,1,5\n"
        "S2,U01,csat5,2024-01-01,2024-01-02,6,1,5\n"
        "S3,U01,nps,2024-01-01,2024-01-02,11,,\n"
        "S4,U01,nps,2024-01-01,,,,\n"
        "S5,U01,nps,2024-01-01,2024-01-02,,,\n"
        "S6,U01,nps,2024-01-01,2024-01-02,nan,,\n"
    )
    store = load({"meta.csv": META, "surveys.csv": surveys})

    assert set(store.records("surveys", "U01")["survey_id"]) == {"S1", "S4"}
    assert reasons(store, "surveys")["score outside its scale"] == 3  # NaN compares as the largest number
    assert reasons(store, "surveys")["answered without a score"] == 1
    assert reasons(store, "surveys")["score is not finite"] == 1


def test_rows_of_children_take_the_unit_of_their_parent_and_orphans_are_counted(load):
    store = load(
        {
            "meta.csv": META,
            "work_orders.csv": HEAD + "A,U01,2024-01-01,open,,,\nB,U02,2024-01-01,open,,,\n",
            "visits.csv": "visit_id,work_order_id,arrived_at\n"
            "V1,A,2024-01-02\nV2,B,2024-01-02\nV3,Z,2024-01-02\nV4,B,bad\n",
        }
    )
    entry = store.manifest["tables"]["visits"]

    assert store.records("visits", "U02")["visit_id"].tolist() == ["V2"]
    assert store.records("visits", "unknown")["visit_id"].tolist() == ["V3"]
    assert entry["orphans"] == {"work_order_id": 1}
    assert entry["by_unit"]["U02"]["quarantined"] == 1
    assert "unknown" not in store.business_units  # an orphan makes no unit


def test_test_orders_and_known_duplicates_stay_and_are_counted(load):
    text = "work_order_id,business_unit,submitted_at,status,is_test,is_duplicate\n"
    text += "A,U01,2024-01-01,open,是,no\nB,U01,2024-01-01,open,0,1\n"
    store = load({"meta.csv": META, "work_orders.csv": text})

    assert store.manifest["tables"]["work_orders"]["excluded"] == {"is_test": 1, "is_duplicate": 1}


def test_a_value_outside_an_optional_list_is_kept_and_noted(load):
    text = "work_order_id,business_unit,submitted_at,status,work_order_type\nA,U01,2024-01-01,open,upgrade\n"
    store = load({"meta.csv": META, "work_orders.csv": text})

    assert store.records("work_orders", "U01")["work_order_type"].tolist() == ["upgrade"]
    assert any("work_orders.work_order_type holds values outside" in note for note in store.manifest["notes"])


def test_without_meta_the_cutoff_is_midnight_after_the_newest_event(load):
    store = load({"work_orders.csv": HEAD + "A,U01,2024-01-01 08:00,completed,,,2024-01-03 09:30\n"})

    assert store.cutoff == pd.Timestamp("2024-01-04")
    assert store.manifest["cutoff_from"] == "newest event"


def test_without_meta_an_event_in_the_future_is_refused_and_does_not_move_the_cutoff(load):
    store = load({"work_orders.csv": HEAD + GOOD + "A,U01,2099-01-01,open,,,\n"})

    assert store.cutoff == pd.Timestamp("2024-01-10")
    assert reasons(store) == {"submitted after the cut-off": 1}
