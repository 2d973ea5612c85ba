"""Every metric of service quality a second way: loops over appliances and issues, plain pandas, SurvfuncRight."""

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.metrics.cards import read_catalogue
from analysis.store import Store

Answer = dict[str, float]
Frame = pd.DataFrame
AREA = "service_quality"
UNITS = ("all", "U01", "U06", "U11")
MONTHS = ("2023-02", "2024-05", "2025-02", "2026-03", "2026-05", "2026-06")
SEGMENT_MONTHS = ("2024-02", "2025-07")
Z = stats.norm.ppf(0.975)
DAY = pd.Timedelta(days=1)


def wilson(k: float, n: float) -> tuple[float, float]:
    centre, spread = k + Z**2 / 2, Z * np.sqrt(k * (n - k) / n + Z**2 / 4)
    return (centre - spread) / (n + Z**2), (centre + spread) / (n + Z**2)


def share(marks: pd.Series) -> Answer:
    k, n = int(marks.sum()), len(marks)
    if not n:
        return {"value": np.nan, "n": 0}
    low, high = wilson(k, n)
    return {"value": 100 * k / n, "numerator": k, "denominator": n, "n": n, "low": 100 * low, "high": 100 * high}


@pytest.fixture(scope="session")
def service(store: Store, books: Callable[..., Any]) -> Callable[[str, str], dict[str, Frame]]:
    """`service("U01")`, `service("TV", "product_line")`: completed orders with what followed, issues, audits."""
    whole = _lay_out(store, books("all").orders)

    @cache
    def part(value: str, column: str) -> dict[str, Frame]:
        if value == "all":
            return whole
        return {name: f[f[column].eq(value)] if column in f else f.iloc[:0] for name, f in whole.items()}

    return lambda value, column="business_unit": part(value, column)


def _lay_out(store: Store, orders: Frame) -> dict[str, Frame]:
    o = orders.copy()
    o["is_repair"] = o["work_order_type"].isna() | o["work_order_type"].eq("repair")
    next_any, next_same, next_related = _sequels(o)
    o["next_any"], o["next_same"], o["next_related"] = (
        o["work_order_id"].map(found) for found in (next_any, next_same, next_related)
    )
    events = store.records("work_order_events", "all").merge(o[["work_order_id", "completed_at"]], on="work_order_id")
    back = events[events["event"].eq("reopened") & (events["event_at"] >= events["completed_at"])]
    o["reopened_at"] = o["work_order_id"].map(back.groupby("work_order_id")["event_at"].min())
    waits = events[events["event"].eq("paused") & events["pause_reason"].eq("parts")]
    waited = set(waits.loc[waits["event_at"] < waits["completed_at"], "work_order_id"])
    o["parts_wait"] = np.where(o["work_order_id"].isin(waited), "waited", "no wait")
    o["is_field"] = o["is_repair"] & ~o["service_mode"].isin(["remote", "depot"]) & (o["visits"] >= 1)
    o["not_fixed_at"] = o["next_related"].where(~(o["visits"] > 1), o["completed_at"])
    complaints = store.records("complaints", "all").merge(o[["work_order_id", "completed_at"]], on="work_order_id")
    rude = complaints[
        complaints["category"].str.contains("attitude")
        & (complaints["received_at"] < complaints["completed_at"] + 30 * DAY)
    ]
    o["rude"] = o["work_order_id"].map(rude["work_order_id"].value_counts()).fillna(0)
    audits = store.records("quality_audits", "all")
    o["audited_at"] = o["work_order_id"].map(audits.groupby("work_order_id")["audited_at"].min())
    about = [name for name in ("product_line", "technician_id", "region") if name in o]
    audits = audits.merge(o[["work_order_id", *about]], on="work_order_id", how="left")
    return {"orders": o, "audits": audits, "issues": _issues(store, o)}


def _sequels(o: Frame) -> tuple[dict, dict, dict]:
    """By order: when an order for a fault of the same appliance came next; any fault, the same, the same or unnamed."""
    faulty = o[o["is_repair"]]
    by_serial, by_child = defaultdict(list), defaultdict(list)
    for row in faulty.itertuples():
        assert isinstance(row.serial_no, str), "the sample gives every serial number"
        by_serial[row.serial_no].append(row)
        if isinstance(row.parent_work_order_id, str):
            by_child[row.parent_work_order_id].append(row)
    found: tuple[dict, dict, dict] = ({}, {}, {})
    for row in o[o["completed_at"].notna()].itertuples():
        later = [
            other
            for other in (by_serial[row.serial_no] if row.is_repair else [])
            if other.submitted_at >= row.completed_at and other.work_order_id != row.work_order_id
        ]
        children = [other for other in by_child[row.work_order_id] if other.submitted_at >= row.completed_at]
        known = isinstance(row.fault_code, str)
        same = [other for other in later if known and other.fault_code == row.fault_code] + children
        unnamed = [other for other in later if not known or not isinstance(other.fault_code, str)]
        for place, group in zip(found, (later + children, same, same + unnamed), strict=True):
            if group:
                place[row.work_order_id] = min(other.submitted_at for other in group)
    return found


def _issues(store: Store, o: Frame) -> Frame:
    i = store.records("interactions", "all").sort_values("started_at", kind="stable")
    given = o.set_index("work_order_id")
    issues = []
    for (unit, _), contacts in i.groupby(["business_unit", i["issue_id"].fillna(i["work_order_id"])], sort=False):
        answered = contacts[contacts["handled_by"].eq("human") & ~contacts["abandoned"].fillna(False).astype(bool)]
        if not len(answered):
            continue
        first = answered.iloc[0]
        again = contacts[(contacts["started_at"] > first["started_at"])]["started_at"].min()
        order = contacts["work_order_id"].dropna()
        about = given.loc[order.iloc[0]] if len(order) and order.iloc[0] in given.index else None
        visited = about is not None and (
            about["service_mode"] in ("onsite", "depot") or pd.notna(about["arrived_at"]) or about["visits"] > 0
        )
        settled = (
            bool(first["resolved"])
            and not visited
            and not (pd.notna(again) and again < first["started_at"] + 7 * DAY)
            and not (about is not None and about["reopens"] > 0)
        )
        issues.append((unit, first["started_at"], first["channel"], visited, settled))
    return pd.DataFrame(issues, columns=["business_unit", "started_at", "channel", "visited", "settled"])


def done(s: dict[str, Frame], p: Any, days: int, cutoff: pd.Timestamp) -> Frame:
    o = s["orders"]
    return o[p.holds(o["completed_at"]) & (o["completed_at"] + days * DAY <= cutoff)]


def back_within(frame: Frame, column: str, days: int) -> pd.Series:
    return frame[column] < frame["completed_at"] + days * DAY


def first_time_fix(days: int) -> Callable[..., Answer]:
    def way(s: dict[str, Frame], p: Any, b: Any) -> Answer:
        o = done(s, p, days, b.cutoff)
        o = o[o["is_field"]]
        return share(o["visits"].eq(1) & ~back_within(o, "next_related", days))

    return way


def repeated(column: str, days: int) -> Callable[..., Answer]:
    def way(s: dict[str, Frame], p: Any, b: Any) -> Answer:
        o = done(s, p, days, b.cutoff)
        return share(back_within(o[o["is_repair"]], column, days))

    return way


def single_visit(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    o = done(s, p, 0, b.cutoff)
    return share(o.loc[o["is_field"], "visits"].eq(1))


def trouble_free(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    o = s["orders"]
    o = o[p.holds(o["completed_at"]) & o["is_field"]]
    return b.cohort(o, "completed_at", "not_fixed_at", None).restricted_mean(90)


def reopened(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    return share(back_within(done(s, p, 30, b.cutoff), "reopened_at", 30))


def resolved(days: int) -> Callable[..., Answer]:
    def way(s: dict[str, Frame], p: Any, b: Any) -> Answer:
        o = s["orders"]
        o = o[p.holds(o["submitted_at"]) & o["is_repair"]]
        return b.cohort(o, "submitted_at", "completed_at", "left_at").by(days)

    return way


def escalated(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    o = s["orders"]
    o = o[p.holds(o["submitted_at"]) & (o["submitted_at"] + 30 * DAY <= b.cutoff)]
    return share(o["escalated"].dropna().astype(bool))


def first_contact(only_without_visit: bool) -> Callable[..., Answer]:
    def way(s: dict[str, Frame], p: Any, b: Any) -> Answer:
        i = s["issues"]
        i = i[p.holds(i["started_at"]) & (i["started_at"] + 7 * DAY <= b.cutoff)]
        return share((i[~i["visited"].astype(bool)] if only_without_visit else i)["settled"])

    return way


def score(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    a = s["audits"]
    a = a[p.holds(a["audited_at"])]
    if not len(a):
        return {"value": np.nan, "n": 0}
    ratio = 100 * a["points"].sum() / a["applicable_points"].sum()
    answer = {"value": ratio, "n": len(a)}
    if len(a) > 1:  # linearised: the residuals 100·points − ratio·applicable add up to nought
        left = 100 * a["points"] - ratio * a["applicable_points"]
        se = np.sqrt(len(a) * left.var(ddof=1)) / a["applicable_points"].sum()
        answer |= {"low": ratio - Z * se, "high": ratio + Z * se}
    return answer


def critical(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    a = s["audits"]
    return share(a.loc[p.holds(a["audited_at"]), "critical_error"].dropna().astype(bool))


def audited(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    return share(back_within(done(s, p, 30, b.cutoff), "audited_at", 30))


def attitude(s: dict[str, Frame], p: Any, b: Any) -> Answer:
    o = done(s, p, 30, b.cutoff)
    k, n = o["rude"].sum(), len(o)
    if not n:
        return {"value": np.nan}
    low, high = (stats.chi2.ppf(0.025, 2 * k) / 2 if k else 0.0), stats.chi2.ppf(0.975, 2 * k + 2) / 2
    return {"value": 1000 * k / n, "numerator": k, "denominator": n, "low": 1000 * low / n, "high": 1000 * high / n}


WAYS: dict[str, Callable[..., Answer]] = {
    "first_time_fix_rate": first_time_fix(30),
    "first_time_fix_rate_7d": first_time_fix(7),
    "single_visit_rate": single_visit,
    "trouble_free_days_90d": trouble_free,
    "repeat_repair_rate_30d": repeated("next_same", 30),
    "repeat_repair_rate_90d": repeated("next_same", 90),
    "any_repeat_repair_rate_30d": repeated("next_any", 30),
    "any_repeat_repair_rate_90d": repeated("next_any", 90),
    "reopen_rate": reopened,
    "first_contact_resolution_rate": first_contact(only_without_visit=False),
    "first_contact_resolution_rate_no_visit": first_contact(only_without_visit=True),
    "resolution_rate_7d": resolved(7),
    "resolution_rate_15d": resolved(15),
    "resolution_rate_30d": resolved(30),
    "escalation_rate": escalated,
    "service_standard_score": score,
    "critical_error_rate": critical,
    "audit_coverage": audited,
    "attitude_complaints_per_1000_orders": attitude,
}
OF_THE_AREA = [card.id for card in read_catalogue().of_area(AREA)]


@pytest.mark.parametrize("metric", OF_THE_AREA)
def test_a_second_way_comes_to_the_same_by_unit_and_month(metric, books, service, measured, period, differences):
    assert metric in WAYS, f"{metric} has no second way"
    rows = measured(metric)
    found = [
        line
        for unit in UNITS
        for month in MONTHS
        for line in differences(
            f"{unit} {month}",
            WAYS[metric](service(unit), period(month), books("all")),
            rows[rows["business_unit"].eq(unit) & rows["period"].eq(month) & rows["breakdown"].eq("")],
        )
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("metric", "breakdown"),
    [
        ("first_time_fix_rate", "product_line"),
        ("first_time_fix_rate", "parts_wait"),
        ("repeat_repair_rate_30d", "service_mode"),
        ("resolution_rate_7d", "product_line"),
        ("first_contact_resolution_rate", "channel"),
        ("service_standard_score", "product_line"),
        ("attitude_complaints_per_1000_orders", "product_line"),
    ],
)
def test_a_second_way_comes_to_the_same_by_segment(metric, breakdown, books, service, measured, period, differences):
    rows, whole = measured(metric), service("all")
    source = next(frame for frame in (whole["orders"], whole["issues"]) if breakdown in frame)
    if metric.startswith("first_contact"):
        source = whole["issues"]
    found = [
        line
        for segment in source[breakdown].dropna().unique()
        for month in SEGMENT_MONTHS
        for line in differences(
            f"{segment} {month}",
            WAYS[metric](service(segment, breakdown), period(month), books("all")),
            rows[
                rows["business_unit"].eq("all")
                & rows["period"].eq(month)
                & rows["segment"].eq(segment)
                & rows["breakdown"].eq(breakdown)
            ],
        )
    ]
    assert not found, "\n" + "\n".join(found)


def test_the_sample_has_what_the_second_way_is_to_notice(service):
    """Repeats of the same fault, of another, unnamed faults, reopened and rude ones: else agreement shows nothing."""
    o = service("all")["orders"]
    done_ = o[o["completed_at"].notna() & o["is_repair"]]
    assert done_["next_same"].notna().sum() > 100
    assert (done_["next_any"].notna() & done_["next_same"].isna()).sum() > 30
    assert done_["fault_code"].isna().sum() > 20
    assert done_["reopened_at"].notna().sum() > 20
    assert done_["rude"].sum() > 5
