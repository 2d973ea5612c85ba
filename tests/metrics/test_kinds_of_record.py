"""What a source never has is unknown, not zero; drawn as sources that keep only some kinds of record."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.data_model.needs import unmet
from analysis.faults import UserFault
from analysis.metrics.cards import read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.metrics.measure import find_missing
from analysis.store import Store

Rows = Callable[..., pd.DataFrame]
WriteStore = Callable[..., Store]
CUTOFF = "2025-09-01"


def drawn(text: str, key: str, **constants: Any) -> pd.DataFrame:
    """A table from its drawing: the first line names the columns, `-` is empty; ids are numbered."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    cells = [[None if cell == "-" else cell for cell in line] for line in lines]
    frame = pd.DataFrame(cells, columns=head, dtype=object)
    frame = frame.assign(**{"business_unit": "A", **constants, **frame})
    return frame if key in frame else frame.assign(**{key: [f"{key[0]}{n}" for n in range(len(frame))]})


def lacking(store: Store, *metrics: str) -> dict[str, list[str]]:
    """What the store lacks for each of the metrics; nothing where it can be measured."""
    missing = find_missing(store, read_catalogue())
    return {metric: missing.get(metric, []) for metric in metrics}


SALES = "purchase_id purchased_at\nP1 2025-06-02\nP2 2025-06-03\nP3 2025-06-04"
SOLD: dict[str, Any] = {"customer_id": "C1", "revenue": 10.0, "product_id": "X"}


def test_a_source_without_exchanges_has_no_exchange_rate_but_a_return_rate(write_store: WriteStore):
    back = drawn("purchase_id requested_at\nP1 2025-06-09", "return_id", kind="return")
    store = write_store({"purchases": drawn(SALES, "purchase_id", **SOLD), "returns": back}, cutoff=CUTOFF)
    told = lacking(store, "exchange_rate_60d", "return_rate_60d")
    assert told == {"exchange_rate_60d": ["returns.kind=exchange"], "return_rate_60d": []}


def test_one_exchange_anywhere_makes_the_others_a_true_zero(rows: Rows):
    # B exchanged something once, in August: A's June has 3 sales and no exchange, which is 0 %.
    back = drawn(
        "purchase_id requested_at kind business_unit\nP1 2025-06-01 return A\nP9 2025-08-09 exchange B", "return_id"
    )
    sales = drawn(SALES + "\nP9 2025-08-01", "purchase_id", **SOLD)
    sales.loc[sales["purchase_id"] == "P9", "business_unit"] = "B"
    found = rows({"purchases": sales, "returns": back}, "exchange_rate_60d", cutoff="2025-12-01")
    assert found.loc[("A", "2025-06"), ["value", "n"]].tolist() == [0.0, 3.0]


def ledger(*kinds: str) -> dict[str, pd.DataFrame]:
    orders = drawn(
        "work_order_id submitted_at completed_at\nW1 2025-06-01 2025-06-02", "work_order_id", status="completed"
    )
    lines = "\n".join(f"2025-06-02 {kind} 10" for kind in kinds)
    booked = drawn(f"incurred_on cost_type amount\n{lines}", "cost_id", work_order_id="W1").astype({"amount": float})
    return {"work_orders": orders, "costs": booked}


@pytest.mark.parametrize(
    ("metric", "kind", "needs"),
    [
        ("labour_cost_per_order", "labour", "costs.cost_type=labour"),
        ("parts_cost_per_order", "parts", "parts_usage.unit_cost=*|costs.cost_type=parts"),
        ("logistics_cost_per_order", "warehouse", "costs.cost_type=transport,warehouse"),
    ],
)
def test_a_ledger_that_books_no_such_cost_does_not_say_that_an_order_costs_none(
    write_store: WriteStore, rows: Rows, metric: str, kind: str, needs: str
):
    assert lacking(write_store(ledger("other"), cutoff=CUTOFF), metric) == {metric: [needs]}
    assert rows(ledger("other", kind), metric, cutoff=CUTOFF).loc[("A", "2025-06"), "value"] == 10


def test_a_ledger_where_all_hangs_on_orders_knows_no_shared_costs(write_store: WriteStore):
    store = write_store(ledger("other"), cutoff=CUTOFF)
    assert lacking(store, "shared_cost", "direct_order_cost") == {
        "shared_cost": ["costs.work_order_id=null"],
        "direct_order_cost": [],
    }


def test_flags_that_are_the_same_in_every_record_tell_nothing_apart(write_store: WriteStore):
    # Every complaint of a regulator's list is external; every order of the export stands at 0 reopens, none escalated.
    complaints = drawn("received_at\n2025-06-01\n2025-06-02", "complaint_id", category="x", is_external=True)
    complaints = complaints.assign(is_justified=[True, False])
    orders = drawn("submitted_at completed_at\n2025-06-01 2025-06-02", "work_order_id", status="completed", reopens=0)
    store = write_store({"complaints": complaints, "work_orders": orders.assign(escalated=False)}, cutoff=CUTOFF)
    told = lacking(store, "external_complaint_share", "complaint_upheld_share", "escalation_rate", "reopen_rate")
    assert told == {
        "external_complaint_share": ["complaints.is_external#2"],
        "complaint_upheld_share": [],
        "escalation_rate": ["work_orders.escalated#2"],
        "reopen_rate": ["work_orders.reopens>0|work_order_events.event=reopened"],
    }


def test_a_list_of_answers_alone_has_no_response_rate(write_store: WriteStore):
    answers = drawn("sent_at answered_at\n2025-06-01 2025-06-02", "survey_id", instrument="csat5", score=4.0)
    assert lacking(write_store({"surveys": answers}, cutoff=CUTOFF), "survey_response_rate", "csat_top2_share") == {
        "survey_response_rate": ["surveys.answered_at=null"],
        "csat_top2_share": [],
    }


def test_an_invitation_without_an_answer_makes_a_response_rate(write_store: WriteStore):
    asked = drawn("sent_at answered_at\n2025-06-01 2025-06-02\n2025-06-01 -", "survey_id", instrument="csat5")
    store = write_store({"surveys": asked.assign(score=[4.0, None])}, cutoff=CUTOFF)
    assert lacking(store, "survey_response_rate") == {"survey_response_rate": []}


def test_a_log_of_one_channel_knows_no_change_of_channel_and_no_self_service(write_store: WriteStore):
    calls = drawn("started_at\n2025-06-01\n2025-06-02", "interaction_id", channel="phone", issue_id="I1")
    calls = calls.assign(customer_id="C1", abandoned=False, wait_seconds=10, resolved=True)
    told = lacking(
        write_store({"interactions": calls}, cutoff=CUTOFF),
        "channel_switch_rate", "abandonment_rate", "contact_resolution_rate", "self_service_ratio",
        "assisted_customers",
    )  # fmt: skip
    assert told == {
        "channel_switch_rate": ["interactions.channel#2"],
        "abandonment_rate": ["interactions.abandoned=true"],
        "contact_resolution_rate": ["interactions.resolved#2"],
        "self_service_ratio": ["interactions.handled_by=self|interactions.channel=app,web"],
        "assisted_customers": [],
    }


def test_sessions_of_a_web_site_alone_deflect_nothing(write_store: WriteStore):
    # Nobody turned to a person, as far as this source can see: it sees no person.
    visits = drawn("started_at\n2025-06-01", "interaction_id", channel="web", customer_id="C1")
    store = write_store({"interactions": visits}, cutoff=CUTOFF)
    assert lacking(store, "self_service_deflection_rate")["self_service_deflection_rate"] != []


def test_who_lacks_the_table_is_asked_for_the_table_and_not_for_its_values():
    held = {"work_orders"}

    def lacks(needs: Any) -> list[str]:
        return [need for need in needs if not any(part.split(".")[0] in held for part in need.split("|"))]

    assert unmet(["returns.purchase_id", "returns.kind=exchange"], lacks) == ["returns.purchase_id"]
    only_table = lambda needs: [need for need in needs if "." in need]  # noqa: E731 - the table is there, no column
    both_columns = ["returns.purchase_id", "returns.kind"]
    assert unmet(["returns.purchase_id", "returns.kind=exchange"], only_table) == both_columns
    assert unmet(["complaints.is_justified=true", "complaints.is_justified#2"], lacks) == ["complaints.is_justified"]


@pytest.mark.parametrize(
    ("need", "met"),
    [
        ("returns.kind=return", True), ("returns.kind=exchange", False), ("returns.kind=exchange,return", True),
        ("returns.reason=*", True), ("returns.customer_id=*", False), ("returns.reason=null", True),
        ("returns.kind=null", False), ("returns.refund>5", True), ("returns.refund>10", False),
        ("returns.reason~OAK", True), ("returns.reason~elm", False), ("returns.reason#2", True),
        ("returns.kind#2", False), ("returns.kind=exchange|returns.refund>5", True), ("costs.cost_type=labour", False),
    ],
)  # fmt: skip
def test_a_store_tells_which_kinds_of_record_it_holds(write_store: WriteStore, need: str, met: bool):
    back = drawn("requested_at reason\n2025-06-01 Oak\n2025-06-02 it's\n2025-06-03 -", "return_id", kind="return")
    store = write_store({"returns": back.assign(refund=10.0, customer_id=None)}, cutoff=CUTOFF)
    assert store.missing([need]) == ([] if met else [need])


def test_a_kind_that_no_source_can_have_is_refused(tmp_path: Path):
    own = tmp_path / "metrics.yml"
    text = "{en: Exchanges, zh: 换货}"
    own.write_text(
        f"""
metrics:
- {{id: exchanges, number: x, name: {text}, kind: count, unit: n, better: none, minimum_n: 1, view: event,
    worth_acting_on: {{relative: 0.1}}, table: return_cases, time: requested_at, definition: {text}, why: {text},
    caveats: {text}, source: x, reviewed_on: 2026-01-01, needs: [returns.kind=exchanges, returns.reason>3]}}
""",
        encoding="utf-8",
    )
    with pytest.raises(UserFault) as fault:
        check_catalogue(read_catalogue(own))
    assert "returns.kind is never 'exchanges'; did you mean 'exchange'?" in str(fault.value)
    assert "compares returns.reason, which is str, with a number" in str(fault.value)


def calls(days: int) -> pd.DataFrame:
    """Forty customers who call every three weeks until one in four of them stops, in a log of so many days."""
    first = pd.Timestamp("2025-01-01")
    made = [
        (f"C{who}", first + pd.Timedelta(days=day))
        for who in range(40)
        for day in range(who % 21, days - (60 if who % 4 == 0 else 0), 21)
    ]
    frame = pd.DataFrame(made, columns=["customer_id", "submitted_at"])
    return frame.assign(business_unit="A", status="open", work_order_id=[f"W{n}" for n in range(len(frame))])


def test_ten_weeks_of_a_log_do_not_say_who_fell_silent(rows: Rows):
    found = rows({"work_orders": calls(75)}, "churn_rate", cutoff="2025-03-17")
    assert found.empty or found["value"].isna().all()


def test_who_fell_silent_is_told_once_gaps_and_half_a_year_before_them_have_been_seen(rows: Rows):
    # Gaps are 21 days, so 31 days of silence count; half a year and 31 days after 1 January is 3 August.
    found = rows({"work_orders": calls(330)}, "churn_rate", cutoff="2025-11-27").loc["A"].dropna(subset=["value"])
    assert found.index.min() == "2025-09"
    assert found["numerator"].sum() == 10


def test_the_first_weeks_of_a_log_have_no_share_of_orders_open_for_thirty_days(rows: Rows):
    # An order a day that stays open. A's log begins on 1 June: at the end of June 30 days are known, and none is older;
    # at the end of July the 31 orders of June and 1 July … are 61, of which those of 1 June to 30 June 24:00 are older.
    # B's begins on 10 July: at the end of July nobody can know of 30 days, at the end of August 23 of 53 are older.
    days = pd.DataFrame({"submitted_at": pd.date_range("2025-06-01", "2025-08-31"), "status": "open"})
    given = pd.concat([days.assign(business_unit="A"), days.iloc[39:].assign(business_unit="B")], ignore_index=True)
    given = given.assign(work_order_id=[f"W{n}" for n in range(len(given))], completed_at=None)
    found = rows({"work_orders": given}, "backlog_over_30d_share", cutoff="2025-09-01")
    told = found["value"].dropna()
    assert told.loc[("A", "2025-06")] == 0
    assert found.loc[("A", "2025-07"), ["numerator", "denominator"]].tolist() == [31, 61]
    assert ("B", "2025-07") not in told.index
    assert found.loc[("B", "2025-08"), ["numerator", "denominator"]].tolist() == [23, 53]


def test_orders_of_which_only_the_receipt_is_known_are_counted_and_nothing_else_is_told(write_store: WriteStore):
    orders = drawn("submitted_at\n2025-06-01\n2025-06-02", "work_order_id", status="unknown", customer_id="C1")
    booked = drawn("work_order_id incurred_on\nw0 2025-06-03", "cost_id", cost_type="parts", amount=10.0)
    store = write_store({"work_orders": orders, "costs": booked}, cutoff=CUTOFF)
    ended = ["work_orders.completed_at|work_orders.closed_at"]
    told = lacking(store, "orders_submitted", "orders_completed", "repair_cycle_median", "backlog", "cost_per_order")

    assert told == {
        "orders_submitted": [], "orders_completed": ended, "repair_cycle_median": ended, "backlog": ended,
        "cost_per_order": [f"{ended[0]}|work_orders.status=completed"],
    }  # fmt: skip
