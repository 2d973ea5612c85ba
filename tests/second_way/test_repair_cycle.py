"""Every metric of the repair cycle a second way: plain pandas on the store's records, SurvfuncRight for the curves."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.metrics.cards import read_catalogue

Answer = dict[str, float]
AREA = "repair_cycle"
UNITS = ("all", "U01", "U06", "U11")
MONTHS = ("2023-01", "2024-05", "2025-01", "2025-02", "2026-06")  # first, before the season, the festival (two), last
SEGMENT_MONTHS = ("2024-02", "2025-07")
LEFT_OUT = [("resolution_sla_attainment", "2023-01")]  # nothing was due on its first days: "entered midway", left out
LATER_GRAINS = ("2023-Q1", "2025-Q1", "2026-Q2", "2023", "2025")
Z = stats.norm.ppf(0.975)


def wilson(k: float, n: float) -> tuple[float, float]:
    """Wilson 1927, in per cent."""
    centre, spread = k + Z**2 / 2, Z * np.sqrt(k * (n - k) / n + Z**2 / 4)
    return 100 * (centre - spread) / (n + Z**2), 100 * (centre + spread) / (n + Z**2)


def share(met: Any, of: int) -> Answer:
    if not of:
        return {"value": np.nan, "n": 0}
    low, high = wilson(met, of)
    return {"value": 100 * met / of, "numerator": met, "denominator": of, "n": of, "low": low, "high": high}


def count(column: str) -> Callable[..., Answer]:
    def way(b: Any, p: Any) -> Answer:
        n = int(p.holds(b.orders[column]).sum())
        return {"value": n, "n": n}

    return way


def submitted(b: Any, p: Any) -> pd.DataFrame:
    return b.orders[p.holds(b.orders["submitted_at"])]


def cycle(b: Any, p: Any, **options: Any) -> Any:
    return b.cohort(submitted(b, p), "submitted_at", "completed_at", "left_at", **options)


def stage(reached: str, before: str | None) -> Callable[..., Answer]:
    """The restricted mean to a milestone less the one to the milestone before."""

    def way(b: Any, p: Any) -> Answer:
        o = submitted(b, p)
        means = [
            b.cohort(o, "submitted_at", name, "left_at").restricted_mean(30)["value"]
            for name in (reached, before)
            if name
        ]
        return {"value": means[0] - sum(means[1:]), "n": len(o)}

    return way


def median_hours(
    start: str, end: str, until: str | None, left_out: Callable[[pd.DataFrame], Any]
) -> Callable[..., Answer]:
    def way(b: Any, p: Any) -> Answer:
        o = submitted(b, p)
        return b.cohort(o[~left_out(o)], start, end, until).quantile(0.5, per_day=24)

    return way


def no_handling_but_a_later_stamp(o: pd.DataFrame) -> Any:
    return o["handled_at"].isna() & o[["assigned_at", "arrived_at", "completed_at"]].notna().any(axis=1)


def remote_or_no_dispatch_but_a_later_stamp(o: pd.DataFrame) -> Any:
    skipped = o["assigned_at"].isna() & o[["arrived_at", "completed_at"]].notna().any(axis=1)
    return skipped | o["service_mode"].eq("remote")


def remote_or_completed_without_arrival(o: pd.DataFrame) -> Any:
    return (o["arrived_at"].isna() & o["completed_at"].notna()) | o["service_mode"].eq("remote")


def nothing(o: pd.DataFrame) -> Any:
    return pd.Series(False, index=o.index)


def full_resolution(b: Any, p: Any) -> Answer:
    o = submitted(b, p)
    rested = o["rested"].fillna(pd.Timedelta(0))
    o = o.assign(
        began_at=o["submitted_at"] + rested, ended_at=o["resolved_at"].where(o["rested"].notna(), o["completed_at"])
    )
    return b.cohort(o, "began_at", "ended_at", "cancelled_at").quantile(0.5)


def waiting(b: Any, p: Any) -> Answer:
    o = b.orders[p.holds(b.orders["completed_at"]) & b.orders["waited"].notna()]
    waited = o["waited"].dt.total_seconds() / 60
    whole = (o["completed_at"] - o["submitted_at"]).dt.total_seconds() / 60
    n = len(o)
    ratio = waited.sum() / whole.sum() if n else np.nan
    se = np.sqrt(n / (n - 1) * ((waited - ratio * whole) ** 2).sum()) / whole.sum() if n > 1 else np.nan
    answer = {"value": 100 * ratio, "numerator": waited.sum(), "denominator": whole.sum(), "n": n}
    told = {**answer, "se": 100 * se} if se > 0 else answer  # orders that are all alike say nothing of how they vary
    return told if n else {"value": np.nan, "n": 0}


def response_sla(b: Any, p: Any) -> Answer:
    o = b.orders[p.holds(b.orders["response_due_at"])]
    silent = o["cancelled_at"].notna() & (o["cancelled_at"] <= o["response_due_at"]) & o["first_response_at"].isna()
    o = o[~silent]
    met = (o["first_response_at"] <= o["response_due_at"]) | (o["completed_at"] <= o["response_due_at"])
    return share(int(met.sum()), len(o))


def resolution_sla(b: Any, p: Any) -> Answer:
    o = b.orders[p.holds(b.orders["resolution_due_at"])]
    o = o[~(o["cancelled_at"] <= o["resolution_due_at"])]
    return share(int((o["completed_at"] <= o["resolution_due_at"]).sum()), len(o))


def appointments(b: Any, p: Any) -> Answer:
    v = b.visits[p.holds(b.visits["window_end"]) & b.visits["window_start"].notna()]
    return share(int(v["arrived_at"].between(v["window_start"], v["window_end"]).sum()), len(v))


def ages(b: Any, p: Any) -> np.ndarray:
    return np.sort(b.open_ages(b.orders, "submitted_at", "left_at", p))


def age_quantile(level: float) -> Callable[..., Answer]:
    """The age that the share `level` of the open orders does not exceed: the smallest such age there is."""

    def way(b: Any, p: Any) -> Answer:
        a = ages(b, p)
        return {"value": float(a[int(np.ceil(level * len(a) - 1e-12)) - 1]) if len(a) else np.nan, "n": len(a)}

    return way


def older_than(days: float) -> Callable[..., Answer]:
    """Nothing before the records reach back so many days: none could be so old."""

    def way(b: Any, p: Any) -> Answer:
        if p.end - b.orders["submitted_at"].min() < pd.Timedelta(days=days):
            return {"value": np.nan, "n": 0}
        return share(int((ages(b, p) > days).sum()), len(ages(b, p)))

    return way


def backlog(b: Any, p: Any) -> Answer:
    return {"value": len(ages(b, p)), "n": len(ages(b, p))}


def clearance(b: Any, p: Any) -> Answer:
    done, new = (int(p.holds(b.orders[c]).sum()) for c in ("completed_at", "submitted_at"))
    low, high = (np.nan, np.nan) if not new or not done else (x / (100 - x) for x in wilson(done, done + new))
    answer = {"value": 100 * done / new if new else np.nan, "numerator": done, "denominator": new, "n": new}
    return {**answer, "low": 100 * low, "high": 100 * high} if new and done else answer


def days_of_work(b: Any, p: Any) -> Answer:
    done, left = int(p.holds(b.orders["completed_at"]).sum()), len(ages(b, p))
    if not done:
        return {"value": np.nan}
    most, least = stats.chi2.ppf(0.975, 2 * done + 2) / 2, stats.chi2.ppf(0.025, 2 * done) / 2  # Garwood 1936
    found = {"value": left * p.days / done, "numerator": left, "denominator": done / p.days, "n": done}
    return {**found, "low": left * p.days / most, "high": left * p.days / least}


WAYS: dict[str, Callable[..., Answer]] = {
    "orders_submitted": count("submitted_at"),
    "orders_completed": count("completed_at"),
    "orders_cancelled": count("cancelled_at"),
    "repair_cycle_median": lambda b, p: cycle(b, p).quantile(0.5),
    "repair_cycle_p90": lambda b, p: cycle(b, p).quantile(0.9),
    "repair_cycle_within_3d": lambda b, p: cycle(b, p).by(3),
    "repair_cycle_within_7d": lambda b, p: cycle(b, p).by(7),
    "repair_cycle_restricted_mean": lambda b, p: cycle(b, p).restricted_mean(30),
    "repair_cycle_median_in_period": lambda b, p: b.in_period(p).quantile(0.5),
    "repair_cycle_p90_in_period": lambda b, p: b.in_period(p).quantile(0.9),
    "repair_cycle_within_7d_in_period": lambda b, p: b.in_period(p).by(7),
    "repair_cycle_closed_only_median": lambda b, p: cycle(b, p, closed_only=True).quantile(0.5),
    "stage_mean_request_handling": stage("handling", None),
    "stage_mean_dispatch": stage("dispatch", "handling"),
    "stage_mean_technician_response": stage("arrival", "dispatch"),
    "stage_mean_repair": stage("completed_at", "arrival"),
    "request_handling_time_median": median_hours(
        "submitted_at", "handled_at", "left_at", no_handling_but_a_later_stamp
    ),
    "dispatch_time_median": median_hours(
        "handled_at", "assigned_at", "left_at", remote_or_no_dispatch_but_a_later_stamp
    ),
    "technician_response_time_median": median_hours(
        "assigned_at", "arrived_at", "left_at", remote_or_completed_without_arrival
    ),
    "repair_time_median": median_hours("arrived_at", "completed_at", "left_at", nothing),
    "closing_time_median": median_hours("completed_at", "closed_at", None, nothing),
    "first_response_time_median": median_hours("submitted_at", "first_response_at", "left_at", nothing),
    "repair_cycle_business_median": median_hours(
        "worked_submitted_at", "worked_completed_at", "worked_left_at", nothing
    ),
    "first_response_time_business_median": median_hours(
        "worked_submitted_at", "worked_first_response_at", "worked_left_at", nothing
    ),
    "request_handling_time_business_median": median_hours(
        "worked_submitted_at", "worked_handled_at", "worked_left_at", no_handling_but_a_later_stamp
    ),
    "technician_response_time_business_median": median_hours(
        "worked_assigned_at", "worked_arrived_at", "worked_left_at", remote_or_completed_without_arrival
    ),
    "full_resolution_time_median": full_resolution,
    "waiting_share": waiting,
    "response_sla_attainment": response_sla,
    "resolution_sla_attainment": resolution_sla,
    "appointment_kept_rate": appointments,
    "backlog": backlog,
    "backlog_age_median": age_quantile(0.5),
    "backlog_age_p90": age_quantile(0.9),
    "backlog_over_7d_share": older_than(7),
    "backlog_over_15d_share": older_than(15),
    "backlog_over_30d_share": older_than(30),
    "clearance_ratio": clearance,
    "days_of_work": days_of_work,
}
OF_THE_AREA = [card.id for card in read_catalogue().of_area(AREA)]


@pytest.mark.parametrize("metric", OF_THE_AREA)
def test_a_second_way_comes_to_the_same_by_unit_and_month(metric, books, measured, period, differences):
    assert metric in WAYS, f"{metric} has no second way"
    rows = measured(metric)
    found = [
        line
        for unit in UNITS
        for month in MONTHS
        if (metric, month) not in LEFT_OUT
        for line in differences(
            f"{unit} {month}",
            WAYS[metric](books(unit), period(month)),
            rows[rows["business_unit"].eq(unit) & rows["period"].eq(month) & rows["breakdown"].eq("")],
        )
    ]
    assert not found, "\n" + "\n".join(found)


def test_a_share_over_thirty_days_is_withheld_before_the_records_are_so_old(books, measured, period):
    rows = measured("backlog_over_30d_share")
    rows = rows[rows["breakdown"].eq("")].set_index(["business_unit", "period"])["value"]
    withheld = {}
    for unit, month in product(UNITS, ("2023-01", "2023-02", "2023-03")):
        if not len(ages(books(unit), period(month))):
            continue
        known = period(month).end - books(unit).orders["submitted_at"].min()
        withheld[unit, month] = known < pd.Timedelta(days=30)
        assert np.isnan(rows.get((unit, month), np.nan)) == withheld[unit, month], (unit, month, known)
    assert set(withheld.values()) == {True, False}


@pytest.mark.parametrize("metric", OF_THE_AREA)
def test_a_second_way_comes_to_the_same_by_segment(metric, catalogue, books, measured, period, differences):
    breakdown = next(b for b in catalogue[metric].breakdowns if b != "fault_code")
    rows, whole = measured(metric), books("all")
    found = [
        line
        for segment in whole.orders[breakdown].dropna().unique()
        for month in SEGMENT_MONTHS
        for line in differences(
            f"{segment} {month}",
            WAYS[metric](books(segment, breakdown), period(month)),
            rows[
                rows["business_unit"].eq("all")
                & rows["period"].eq(month)
                & rows["segment"].eq(segment)
                & rows["breakdown"].eq(breakdown)
            ],
        )
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "metric", ["resolution_sla_attainment", "repair_cycle_median", "repair_cycle_median_in_period", "backlog",
               "clearance_ratio", "days_of_work", "orders_completed"]
)  # fmt: skip
def test_a_second_way_comes_to_the_same_by_quarter_and_year(metric, books, measured, period, differences):
    found = []
    for name in LATER_GRAINS if metric != "resolution_sla_attainment" else LATER_GRAINS[1:3]:
        rows = measured(metric, "quarter" if "Q" in name else "year")
        for unit in UNITS:
            row = rows[rows["business_unit"].eq(unit) & rows["period"].eq(name) & rows["breakdown"].eq("")]
            found += differences(f"{unit} {name}", WAYS[metric](books(unit), period(name)), row)
    assert not found, "\n" + "\n".join(found)
