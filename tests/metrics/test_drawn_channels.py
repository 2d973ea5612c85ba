"""Channel metrics on a few contacts drawn here; the working stands in the comment beside the number."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

CUTOFF = "2025-08-01"
Tables = dict[str, pd.DataFrame]
Rows = Callable[..., pd.DataFrame]


def contacts(text: str, **constants: Any) -> pd.DataFrame:
    """Contacts from a drawing: `at` in hours from 2 June, `-` is empty."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame(
        [[None if cell == "-" else cell for cell in line] for line in lines], columns=head, dtype=object
    )
    frame["started_at"] = pd.Timestamp("2025-06-02") + pd.to_timedelta(frame.pop("at").astype(float), unit="h")
    for flag in ("resolved", "transferred", "abandoned", "remote_eligible"):
        if flag in frame:
            frame[flag] = frame[flag].map({"yes": True, "no": False, None: None})
    frame["interaction_id"] = [f"N{n}" for n in range(len(frame))]
    return frame.assign(business_unit="A", **constants)


def order(number: int, submitted: str, completed: str | None, **more: Any) -> dict[str, Any]:
    row = {"work_order_id": f"W{number}", "business_unit": "A", "submitted_at": submitted, "completed_at": completed}
    return row | {"status": "completed" if completed else "open", "work_order_type": "repair"} | more


def june(rows: pd.DataFrame) -> pd.Series:
    return rows.loc[("A", "2025-06")]


def test_a_session_is_deflected_when_no_contact_with_a_person_follows_within_48_hours(rows: Rows):
    # a calls after 47 h: not deflected. b calls after 49 h: deflected. c only asks the bot: deflected. One is nameless,
    # e files an order by the session: both left out. f files an order after 1 h by itself: not deflected. 2 of 4.
    given = contacts("""
        at channel customer_id handled_by work_order_id
        0  web     a           self       -
        47 phone   a           human      -
        0  web     b           self       -
        49 phone   b           human      -
        0  web     c           self       -
        1  bot     c           bot        -
        0  web     -           self       -
        0  app     e           self       W1
        0  web     f           self       -
    """)
    orders = pd.DataFrame(
        [order(1, "2025-06-02 00:10", None, customer_id="e"), order(2, "2025-06-02 01:00", None, customer_id="f")]
    )
    found = june(rows({"interactions": given, "work_orders": orders}, "self_service_deflection_rate", cutoff=CUTOFF))
    assert (found["value"], found["n"]) == (50, 4)


def test_a_call_by_another_customer_or_in_another_unit_does_not_count_against_self_service(rows: Rows):
    given = contacts("""
        at channel customer_id
        0  web     a
        1  phone   b
    """)
    elsewhere = given.iloc[1:].assign(business_unit="B", customer_id="a", interaction_id="NB")
    found = june(rows({"interactions": pd.concat([given, elsewhere])}, "self_service_deflection_rate", cutoff=CUTOFF))
    assert found["value"] == 100


def test_sessions_whose_48_hours_have_not_passed_are_not_yet_judged(rows: Rows):
    given = contacts("""
        at  channel customer_id
        0   web     a
        23  web     b
        24  phone   c
    """)
    found = june(rows({"interactions": given}, "self_service_deflection_rate", cutoff="2025-07-01"))
    assert found["n"] == 2
    late = contacts("""
        at  channel customer_id
        0   web     a
        24  phone   c
        690 web     b
    """)  # the cut-off is 696 hours after 2 June: the second session has been watched for 6 hours
    found = june(rows({"interactions": late}, "self_service_deflection_rate", cutoff="2025-07-01"))
    assert (found["n"], found["immature_share"]) == (1, 0.5)


def test_a_bot_that_hands_over_or_sends_the_customer_to_the_telephone_contains_nothing(rows: Rows):
    given = contacts("""
        at channel customer_id handled_by transferred
        0  bot     a           bot        no
        0  bot     b           bot        yes
        0  bot     c           bot        no
        5  phone   c           human      no
    """)
    found = june(rows({"interactions": given}, "bot_containment_rate", cutoff=CUTOFF))
    assert (found["value"], found["n"]) == (pytest.approx(100 / 3), 3)


def test_an_issue_has_changed_channel_when_two_served_it_within_a_fortnight(rows: Rows):
    # i: telephone and chat. j: telephone twice. k: e-mail after 15 days does not count. A nameless contact is its own.
    given = contacts("""
        at  channel issue_id
        0   phone   i
        2   chat    i
        0   phone   j
        2   phone   j
        0   phone   k
        361 email   k
        0   store   -
    """)
    found = june(rows({"interactions": given}, "channel_switch_rate", cutoff=CUTOFF))
    assert (found["value"], found["n"]) == (25, 4)
    assert june(rows({"interactions": given}, "contacts_per_issue", cutoff=CUTOFF))["value"] == 6 / 4


def test_without_an_issue_the_order_ties_contacts_together(rows: Rows):
    given = contacts("""
        at channel work_order_id
        0  phone   W1
        2  chat    W1
    """)
    orders = pd.DataFrame([order(1, "2025-06-02", None)])
    found = june(rows({"interactions": given, "work_orders": orders}, "channel_switch_rate", cutoff=CUTOFF))
    assert (found["value"], found["n"]) == (100, 1)


def test_remote_resolution_among_the_eligible_and_among_all(rows: Rows):
    # W1 remote and eligible, W2 on site and eligible, W3 remote without a mark, W4 an installation
    given = contacts("""
        at channel work_order_id remote_eligible
        0  phone   W1            yes
        0  phone   W2            no
        1  chat    W2            yes
        0  phone   W3            no
    """)
    modes = {1: "remote", 2: "onsite", 3: "remote"}
    orders = [
        order(n, "2025-06-02", "2025-06-05", service_mode=mode, visits=int(mode == "onsite"))
        for n, mode in modes.items()
    ]
    orders.append(order(4, "2025-06-02", "2025-06-05", service_mode="onsite", visits=1, work_order_type="install"))
    tables = {"interactions": given, "work_orders": pd.DataFrame(orders)}
    assert june(rows(tables, "remote_resolution_rate", cutoff=CUTOFF))["value"] == 50
    assert june(rows(tables, "remote_resolution_rate_all", cutoff=CUTOFF))["value"] == pytest.approx(200 / 3)
    assert june(rows(tables, "visits_per_order", cutoff=CUTOFF))["value"] == 0.5


def test_without_a_service_mode_an_order_that_nobody_went_to_is_remote(rows: Rows):
    orders = pd.DataFrame(
        [
            order(1, "2025-06-02", "2025-06-05", visits=0),
            order(2, "2025-06-02", "2025-06-05", visits=1),
            order(3, "2025-06-02", "2025-06-05", visits=None),
        ]
    )
    found = june(rows({"work_orders": orders}, "remote_resolution_rate_all", cutoff=CUTOFF))
    assert (found["value"], found["n"]) == (50, 2)


def test_a_misdialled_call_is_no_abandoned_one_and_an_abandoned_one_is_not_answered(rows: Rows):
    # 3 s and gone: left out. 40 s and gone: abandoned. Answered after 10, 30 and 90 s. A chat is no call.
    given = contacts("""
        at channel abandoned wait_seconds
        0  phone   yes       3
        0  phone   yes       40
        0  phone   no        10
        0  phone   no        30
        0  phone   no        90
        0  chat    yes       99
    """).astype({"wait_seconds": "int64"})
    tables = {"interactions": given}
    assert june(rows(tables, "abandonment_rate", cutoff=CUTOFF))["value"] == 25
    assert june(rows(tables, "answered_within_30s_share", cutoff=CUTOFF))["value"] == 50
    assert june(rows(tables, "speed_of_answer_median", cutoff=CUTOFF))["value"] == 30
    assert june(rows(tables, "speed_of_answer_p90", cutoff=CUTOFF))["value"] == 90


def test_a_question_without_an_answer_yet_waits_and_is_not_dropped(rows: Rows):
    given = contacts("""
        at channel
        0  community
        0  community
        0  community
        0  community
    """)
    answered = [pd.Timestamp("2025-06-03"), pd.Timestamp("2025-06-04"), pd.Timestamp("2025-06-12"), pd.NaT]
    given = given.assign(accepted_answer_at=answered, first_reply_at=answered)
    assert june(rows({"interactions": given}, "community_answer_rate_72h", cutoff=CUTOFF))["value"] == pytest.approx(50)


def test_channels_at_equal_work(measured: Callable[..., Any]):
    # W1 to W5 easy, W6 to W10 hard. The telephone: 4 of 5 easy ones, 1 of 5 hard ones. Chat: 5 of 5 easy ones only.
    rows = [("phone", n, n <= 4 or n == 6) for n in range(1, 11)] + [("chat", n, True) for n in range(1, 6)]
    given = pd.DataFrame(rows, columns=["channel", "n", "resolved"])
    given = given.assign(
        interaction_id=[f"N{n}" for n in range(len(given))], business_unit="A",
        work_order_id="W" + given["n"].astype(str), started_at=pd.Timestamp("2025-06-02"),
    )  # fmt: skip
    orders = pd.DataFrame([order(n, "2025-06-02", None, fault_code="easy" if n <= 5 else "hard") for n in range(1, 11)])
    tables = {"interactions": given, "work_orders": orders}
    found = measured(tables, ["contact_resolution_standardised"], cutoff="2025-07-01").read(business_unit="A")
    found = found.set_index("segment")
    # all work: 10 easy, 5 hard contacts
    assert found.loc["phone", "value"] == pytest.approx(100 * (10 * 0.8 + 5 * 0.2) / 15)
    assert found.loc["phone", "numerator"] == 50
    assert (found.loc["chat", "value"], found.loc["chat", "denominator"]) == (100, pytest.approx(1000 / 15))


def test_contacts_a_week_count_from_the_first_one_on(measured: Callable[..., Any]):
    # two Mondays at 9:00 in the four weeks from 2 to 30 June: half a contact a week
    given = contacts("""
        at  channel
        9   phone
        177 phone
        10  bot
    """)
    found = measured({"interactions": given}, ["contacts_by_hour"], cutoff="2025-07-01").read(business_unit="A")
    slots = found.set_index("segment")["value"].to_dict()
    weeks = (pd.Timestamp("2025-07-01") - pd.Timestamp("2025-06-02 09:00")) / pd.Timedelta(days=7)
    assert slots == pytest.approx({"1-08": 2 / weeks, "": 2 / weeks})


def test_one_contact_breaks_nothing(measured: Callable[..., Any]):
    given = contacts("""
        at channel
        0  bot
    """)
    found = measured({"interactions": given}, None, cutoff="2025-07-01").read()
    assert len(found[found["metric"] == "interactions_received"])
    assert not np.isinf(found["value"]).any()
