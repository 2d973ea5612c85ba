"""Every metric of the channels a second way: contacts walked customer by customer, sums by pandas."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.metrics.cards import read_catalogue

AREA, NEWEST = "channels", "2026-06"
UNITS = ("all", "U01", "U09", "U12")
MONTHS = ("2024-05", "2025-02", "2026-05", "2026-06")
CASES = [(unit, month) for unit in UNITS for month in MONTHS]
DAY, HOUR, YEAR_ENDS = pd.Timedelta(days=1), pd.Timedelta(hours=1), pd.Timestamp("2026-07-01")
ALONE = ("bot", "self")
Frame = pd.DataFrame


@pytest.fixture(scope="module")
def value(of_area: Callable[[str], Frame]) -> Callable[..., pd.Series]:
    """`value("abandonment_rate", "U01", "2026-05", "channel=app")`: one measured row, or None."""
    found = of_area(AREA)

    def of(metric: str, unit: str, month: str, part: str = "") -> pd.Series | None:
        breakdown, _, segment = part.partition("=")
        rows = found[(found["metric"] == metric) & (found["business_unit"] == unit) & (found["period"] == month)]
        rows = rows[(rows["breakdown"] == breakdown) & (rows["segment"] == segment)]
        assert len(rows) <= 1
        return rows.iloc[0] if len(rows) else None

    return of


@pytest.fixture(scope="module")
def contacts(store: Any, books: Any) -> Frame:
    """The interactions, each with the moment at which its customer next turned to a person."""
    c = store.records("interactions", "all")
    c["person"] = ~c["handled_by"].isin(ALONE) & c["channel"].ne("community")
    orders = books("all").orders[["business_unit", "customer_id", "submitted_at"]]
    called = c.loc[c["person"], ["business_unit", "customer_id", "started_at"]]
    turns = pd.concat([called, orders.rename(columns={"submitted_at": "started_at"})]).dropna()
    of_customer = {
        key: np.sort(part.to_numpy()) for key, part in turns.groupby(["business_unit", "customer_id"])["started_at"]
    }
    followed = []
    for unit, customer, at in zip(c["business_unit"], c["customer_id"], c["started_at"], strict=True):
        later = of_customer.get((unit, customer), np.array([], "datetime64[us]"))
        later = later[later > np.datetime64(at)]
        followed.append(bool(len(later)) and later[0] <= np.datetime64(at + 48 * HOUR))
    return c.assign(
        followed=followed,
        session=c["handled_by"].eq("self") & c["work_order_id"].isna() & c["channel"].ne("community"),
        about=c["issue_id"].fillna("order " + c["work_order_id"]).fillna("contact " + c["interaction_id"]),
    )


def of_unit(frame: Frame, unit: str) -> Frame:
    return frame if unit == "all" else frame[frame["business_unit"] == unit]


def within(moments: pd.Series, month: str) -> pd.Series:
    return moments.dt.strftime("%Y-%m") == month


def agrees(row: pd.Series | None, what: pd.Series, scale: float = 100) -> None:
    """A share or mean of records, with Wilson's interval where the records count 1 or 0."""
    what = what.astype(float)
    if not len(what):
        assert row is None or np.isnan(row["value"])
        return
    assert row["n"] == len(what)
    assert row["value"] == pytest.approx(scale * what.mean(), abs=1e-9)
    if scale == 100:
        told = stats.binomtest(int(what.sum()), len(what)).proportion_ci(method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((100 * told.low, 100 * told.high), abs=1e-7)


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_volumes_and_users(unit, month, contacts, value):
    c = of_unit(contacts, unit)[lambda c: within(c["started_at"], month)]
    counts = {
        "interactions_received": len(c),
        "contacts_with_a_person": c["person"].sum(),
        "self_service_users": c.loc[c["session"], "customer_id"].nunique(),
        "assisted_customers": c.loc[c["person"], "customer_id"].nunique(),
    }
    for metric, expected in counts.items():
        row = value(metric, unit, month)
        assert (0 if row is None else np.nan_to_num(row["value"])) == expected, metric
    if counts["assisted_customers"]:
        ratio = counts["self_service_users"] / counts["assisted_customers"]
        assert value("self_service_ratio", unit, month)["value"] == pytest.approx(ratio)


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_self_service_and_the_bot_followed_for_48_hours(unit, month, contacts, value, store):
    c = of_unit(contacts, unit)[lambda c: within(c["started_at"], month) & c["customer_id"].notna()]
    c = c[c["started_at"] + 2 * DAY <= store.cutoff]
    sessions, bots = c[c["session"]], c[c["handled_by"] == "bot"]
    agrees(value("self_service_deflection_rate", unit, month), ~sessions["followed"])
    agrees(value("self_service_solved_rate", unit, month), sessions["resolved"].astype(bool) & ~sessions["followed"])
    unsolved = sessions[~sessions["resolved"].astype(bool)]
    agrees(value("unsolved_contact_rate", unit, month), unsolved["followed"])
    agrees(value("bot_containment_rate", unit, month), ~bots["transferred"].astype(bool) & ~bots["followed"])


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_issues_over_channels_and_contacts(unit, month, contacts, value, store):
    issues = []
    for _, part in of_unit(contacts, unit).groupby(["business_unit", "about"]):
        first = part["started_at"].min()
        if first.strftime("%Y-%m") == month and first + 14 * DAY <= store.cutoff:
            early = part[part["started_at"] <= first + 14 * DAY]
            issues.append((len(early), early["channel"].nunique()))
    frame = pd.DataFrame(issues, columns=["contacts", "channels"])
    agrees(value("channel_switch_rate", unit, month), frame["channels"] >= 2)
    agrees(value("contacts_per_issue", unit, month), frame["contacts"], scale=1)


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_cases_solved_from_afar_and_visits(unit, month, contacts, value, books):
    done = of_unit(books("all").orders, unit)[lambda o: within(o["completed_at"], month)]
    eligible = set(contacts.loc[contacts["remote_eligible"].fillna(False).astype(bool), "work_order_id"].dropna())
    repairs = done[done["work_order_type"] == "repair"]
    marked = repairs[repairs["work_order_id"].isin(eligible)]
    agrees(value("remote_resolution_rate", unit, month), marked["service_mode"].eq("remote"))
    agrees(value("remote_resolution_rate_all", unit, month), repairs["service_mode"].eq("remote"))
    agrees(value("visits_per_order", unit, month), done["visits"].dropna(), scale=1)


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_calls(unit, month, contacts, value):
    calls = of_unit(contacts, unit)[lambda c: within(c["started_at"], month) & (c["channel"] == "phone")]
    gone, wait = calls["abandoned"].astype(bool), calls["wait_seconds"]
    offered = calls[~(gone & (wait < 5))]
    agrees(value("abandonment_rate", unit, month), offered["abandoned"].astype(bool))
    agrees(
        value("answered_within_30s_share", unit, month),
        (offered["wait_seconds"] <= 30) & ~offered["abandoned"].astype(bool),
    )
    waits = np.sort(wait[~gone].dropna())
    for metric, level in (("speed_of_answer_median", 0.5), ("speed_of_answer_p90", 0.9)):
        if len(waits):
            assert value(metric, unit, month)["value"] == waits[int(np.ceil(len(waits) * level)) - 1]


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_the_community_s_answers(unit, month, contacts, value, books):
    asked = of_unit(contacts, unit)[lambda c: within(c["started_at"], month) & (c["channel"] == "community")]
    if not len(asked):
        return
    curve = books("all").cohort(asked, "started_at", "accepted_answer_at", None)
    row = value("community_answer_rate_72h", unit, month)
    assert row["value"] == pytest.approx(curve.by(3)["value"], nan_ok=True)
    curve = books("all").cohort(asked, "started_at", "first_reply_at", None)
    row = value("community_first_reply_median", unit, month)
    assert row["value"] == pytest.approx(curve.quantile(0.5, per_day=24)["value"], nan_ok=True)


@pytest.mark.parametrize(("unit", "month"), CASES)
def test_resolved_contacts_and_first_responses(unit, month, contacts, value, books):
    c = of_unit(contacts, unit)[lambda c: within(c["started_at"], month)]
    agrees(value("contact_resolution_rate", unit, month), c["resolved"].dropna())
    o = of_unit(books("all").orders, unit)[lambda o: within(o["submitted_at"], month)]
    if len(o):
        curve = books("all").cohort(o, "submitted_at", "first_response_at", "left_at")
        row = value("first_response_within_4h", unit, month)
        assert row["value"] == pytest.approx(curve.by(240 / 1440)["value"], nan_ok=True)


@pytest.mark.parametrize("unit", UNITS)
def test_resolution_at_equal_work(unit, contacts, value, books):
    c = of_unit(contacts, unit)[
        lambda c: (c["started_at"] >= YEAR_ENDS - pd.DateOffset(years=1)) & (c["started_at"] < YEAR_ENDS)
    ]
    c = c[c["work_order_id"].notna() & c["resolved"].notna()]
    about = books("all").orders.set_index("work_order_id")[["product_line", "fault_code"]]
    c = c.join(about.fillna("unknown"), on="work_order_id").fillna({"product_line": "unknown", "fault_code": "unknown"})
    mix = c.groupby(["product_line", "fault_code"]).size()
    for channel, part in c.groupby("channel"):
        num = den = 0.0
        for stratum, these in part.groupby(["product_line", "fault_code"]):
            if len(these) >= 5:
                num, den = num + mix[stratum] * these["resolved"].astype(float).mean(), den + mix[stratum]
        row = value("contact_resolution_standardised", unit, NEWEST, f"channel={channel}")
        assert (row is None) == (den == 0)
        if den:
            assert row["value"] == pytest.approx(100 * num / den)
            assert row["numerator"] == pytest.approx(100 * part["resolved"].astype(float).mean())
            assert row["denominator"] == pytest.approx(100 * den / mix.sum())


@pytest.mark.parametrize("unit", UNITS)
def test_contacts_a_week_by_hour(unit, contacts, value):
    c = of_unit(contacts, unit)
    begins = YEAR_ENDS - pd.DateOffset(years=1)
    weeks = (YEAR_ENDS - max(begins, c["started_at"].min())) / (7 * DAY)
    year = c[c["person"] & (c["started_at"] >= begins) & (c["started_at"] < YEAR_ENDS)]
    assert value("contacts_by_hour", unit, NEWEST)["value"] == pytest.approx(len(year) / weeks)
    for day, hour in ((1, 8), (5, 10), (7, 22)):
        held = ((year["started_at"].dt.day_of_week == day - 1) & (year["started_at"].dt.hour // 2 * 2 == hour)).sum()
        row = value("contacts_by_hour", unit, NEWEST, f"hour_slot={day}-{hour:02d}")
        assert (0 if row is None else row["value"]) == pytest.approx(held / weeks)


def test_no_metric_of_the_channels_is_without_a_second_way():
    walked = {
        "interactions_received", "contacts_with_a_person", "self_service_users", "assisted_customers",
        "self_service_ratio",
        "self_service_deflection_rate", "self_service_solved_rate", "unsolved_contact_rate", "bot_containment_rate",
        "channel_switch_rate", "contacts_per_issue", "remote_resolution_rate", "remote_resolution_rate_all",
        "visits_per_order", "abandonment_rate", "answered_within_30s_share", "speed_of_answer_median",
        "speed_of_answer_p90", "community_answer_rate_72h", "community_first_reply_median", "contact_resolution_rate",
        "contact_resolution_standardised", "first_response_within_4h", "contacts_by_hour",
    }  # fmt: skip
    assert {card.id for card in read_catalogue().of_area(AREA)} == walked
