"""Every metric of the catalogue re-computed in plain pandas and statsmodels on a random business: each unit, the
company, each month, quarter.

The second way reads the tables as they are and shares no code with the first: loops and masks, SurvfuncRight for the
curves.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.metrics.cards import read_catalogue
from tests.second_way.minute_clock import with_working_times

AREAS = ("repair_cycle", "complaints")
OTHERS = Path(__file__).parents[1] / "second_way"
CUTOFF = pd.Timestamp("2025-07-05 23:59:59")
DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)

Frame = pd.DataFrame
Answer = float | None


class Books:
    """The tables of one unit (or all), prepared the way a careful analyst would."""

    def __init__(self, tables: dict[str, Frame], unit: str) -> None:
        self.tables = {
            name: t[t["business_unit"] == unit] if unit != "all" and "business_unit" in t else t
            for name, t in tables.items()
        }
        w = self.tables["work_orders"]
        w = w[~w["is_test"] & ~w["is_duplicate"].fillna(False).astype(bool)].copy()
        last = w[["submitted_at", "handled_at", "assigned_at", "arrived_at"]].max(axis=1)
        w["cancelled_at"] = w["cancelled_at"].fillna(last.where(w["status"] == "cancelled"))
        w["left_at"] = w["completed_at"].fillna(w["cancelled_at"])
        policies = self.tables["sla_policies"].set_index("priority")
        for due, target in (
            ("response_due_at", "response_target_hours"),
            ("resolution_due_at", "resolution_target_hours"),
        ):
            w[due] = w[due].fillna(w["submitted_at"] + pd.to_timedelta(w["priority"].map(policies[target]), unit="h"))
        self.orders = with_working_times(w, self.tables["calendar"], CUTOFF)
        q = self.tables["complaints"].copy()
        q["settled_at"] = q["resolved_at"].fillna(q["closed_at"])
        self.complaints = q

    @cached_property
    def with_waits(self) -> Frame:
        """The orders with what their events tell."""
        return waits(self)


def during(frame: Frame, column: str, p0: pd.Timestamp, p1: pd.Timestamp) -> Frame:
    return frame[(frame[column] >= p0) & (frame[column] < p1)]


def spells(frame: Frame, start: str, end: str, until: str | None) -> tuple[np.ndarray, np.ndarray]:
    frame = frame[frame[start].notna()]
    stop = frame[end].fillna(frame[until] if until else pd.NaT).fillna(CUTOFF)
    minutes = ((stop - frame[start]).dt.total_seconds() / 60).round().to_numpy()
    running = frame[end].isna() & (frame[until].isna() if until else True)
    return minutes, frame[end].notna().to_numpy().astype(int) - running.to_numpy().astype(int)


def known_to(horizon: float, minutes: np.ndarray, ended: np.ndarray, still_open: np.ndarray) -> bool:
    """Somebody is followed so long, all have ended, or the last ones left (cancelled, none is still running: −1) when
    no more than 5 % were undecided."""
    last = still_open[-1] if len(still_open) else 1.0
    return minutes.max() >= horizon or last < 1e-9 or (last <= 0.05 + 1e-9 and not (ended < 0).any())


def curve(minutes: np.ndarray, ended: np.ndarray, entry: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    if not (ended > 0).any():
        return np.array([]), np.array([])
    found = SurvfuncRight(minutes, (ended > 0).astype(int), entry=entry)
    return found.surv_times, found.surv_prob


def quantile(minutes: np.ndarray, ended: np.ndarray, p: float, entry: np.ndarray | None = None) -> Answer:
    times, still_open = curve(minutes, ended, entry)
    reached = times[still_open <= 1 - p + 1e-9]
    return float(reached[0]) if len(reached) else None


def share_by(minutes: np.ndarray, ended: np.ndarray, days: float, entry: np.ndarray | None = None) -> Answer:
    times, still_open = curve(minutes, ended, entry)
    if not known_to(days * 1440, minutes, ended if entry is None else -np.ones(1), still_open):
        return None
    before = still_open[times <= days * 1440]
    return 100 * (1 - before[-1]) if len(before) else 0.0


def mean_within(minutes: np.ndarray, ended: np.ndarray, days: float) -> Answer:
    """Area under the curve, rectangle by rectangle."""
    times, still_open = curve(minutes, ended)
    horizon = days * 1440
    if not known_to(horizon, minutes, ended, still_open):
        return None
    area, at, level = 0.0, 0.0, 1.0
    for time, after in zip(times, still_open, strict=True):
        if time > horizon:
            break
        area, at, level = area + level * (time - at), time, after
    return (area + level * (horizon - at)) / 1440


def cohort(
    table: str,
    start: str,
    end: str,
    until: str | None,
    statistic: Callable[..., Answer],
    at: float,
    scale: float,
    keep=None,
    time=None,
):
    """A duration metric: records of the period by `time`, timed from start to end."""

    def answer(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
        frame = during(getattr(books, table), time or start, p0, p1)
        frame = frame[keep(frame)] if keep is not None else frame
        minutes, ended = spells(frame, start, end, until)
        value = statistic(minutes, ended, at) if len(minutes) else None
        return None if value is None else value / scale

    return answer


def in_period(statistic: Callable[..., Answer], at: float, scale: float):
    """Every order open during the period enters at the age it had at P0 and is watched until P1."""

    def answer(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
        w = books.orders
        w = w[(w["submitted_at"] < p1) & ~(w["left_at"] < p0)]
        inside = w["left_at"] < p1
        stop = w["left_at"].where(inside, p1)
        minutes = ((stop - w["submitted_at"]).dt.total_seconds() / 60).round().to_numpy() - np.where(inside, 0, 1)
        entry = ((p0 - w["submitted_at"]).dt.total_seconds() / 60).clip(lower=0).to_numpy() - 1
        ended = (inside & w["completed_at"].notna()).to_numpy().astype(int)
        value = statistic(np.maximum(minutes, 0), ended, at, np.maximum(entry, -1))
        return None if value is None else value / scale

    return answer


def milestone(books: Books, name: str) -> pd.Series:
    """When an order passed handling, dispatch, arrival; a missing stamp before a known one is the milestone before
    it."""
    w = books.orders
    passed = w["submitted_at"]
    later = ["handled_at", "assigned_at", "arrived_at", "completed_at"]
    for position, stamp in enumerate(later):
        reached = w[later[position:]].notna().any(axis=1)
        passed = w[stamp].fillna(passed).where(reached)
        if stamp == name:
            return passed
    raise KeyError(name)


def stage(name: str, before: str | None):
    def answer(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
        w = books.orders.assign(to=milestone(books, name), since=milestone(books, before) if before else pd.NaT)
        chosen = during(w, "submitted_at", p0, p1)
        until_to = mean_within(*spells(chosen, "submitted_at", "to", "left_at"), 30)
        until_since = mean_within(*spells(chosen, "submitted_at", "since", "left_at"), 30) if before else 0.0
        return None if until_to is None or until_since is None else until_to - until_since

    return answer


def waits(books: Books) -> Frame:
    """Waiting minutes, first start and last resolution of each order, event by event."""
    found = []
    events = {
        order: steps.sort_values(["event_at", "seq"])
        for order, steps in books.tables["work_order_events"].groupby("work_order_id")
    }
    for order in books.orders.itertuples():
        waiting, settled, done_at, resolved_at = np.nan, pd.Timedelta(0), None, order.completed_at
        steps = events.get(order.work_order_id)
        if steps is not None:
            names, moments = steps["event"].tolist(), steps["event_at"].tolist()
            waiting = 0.0
            for name, at, following in zip(names, moments, [*moments[1:], pd.NaT], strict=True):
                if name == "paused" and at < order.completed_at:
                    waiting += (min(following, order.completed_at) - at) / pd.Timedelta(minutes=1)
                if name == "completed" and done_at is None:
                    done_at = at
                if name == "reopened":
                    settled, done_at = settled + (at - done_at), None
            resolved_at = done_at if done_at is not None else pd.NaT
        found.append((order.submitted_at + settled, resolved_at, waiting))
    extra = pd.DataFrame(found, columns=["begun_at", "resolved_at", "waiting"], index=books.orders.index)
    cancelled = books.orders["cancelled_at"].where(books.orders["completed_at"].isna())
    return books.orders.join(extra).assign(gone_at=cancelled, resolved_at=lambda w: pd.to_datetime(w["resolved_at"]))


def full_resolution(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    w = during(books.with_waits, "submitted_at", p0, p1)
    value = quantile(*spells(w, "begun_at", "resolved_at", "gone_at"), 0.5)
    return None if value is None else value / 1440


def waiting_share(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    w = during(books.with_waits, "completed_at", p0, p1).dropna(subset=["waiting"])
    total = ((w["completed_at"] - w["submitted_at"]) / pd.Timedelta(minutes=1)).sum()
    return 100 * w["waiting"].sum() / total if total else None


def sla(end: str, due: str):
    def answer(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
        w = during(books.orders, due, p0, p1)
        cancelled_before = w["completed_at"].isna() & (w["cancelled_at"] <= w[due])
        w = w[~(cancelled_before & (w["first_response_at"].isna() | (end == "completed_at")))]
        met = (w[end] <= w[due]) | (w["completed_at"] <= w[due])
        return 100 * met.mean() if len(w) else None

    return answer


def appointments(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    v = books.tables["visits"]
    v = v[v["work_order_id"].isin(books.orders["work_order_id"]) & v["window_start"].notna()]
    v = during(v, "window_end", p0, p1)
    return (
        100 * ((v["arrived_at"] >= v["window_start"]) & (v["arrived_at"] <= v["window_end"])).mean() if len(v) else None
    )


def open_ages(frame: Frame, start: str, end: str, p1: pd.Timestamp) -> np.ndarray:
    still = frame[(frame[start] < p1) & ~(frame[end] < p1)]
    return ((p1 - still[start]) / DAY).to_numpy()


def backlog(statistic: Callable[[np.ndarray], Answer]):
    return lambda books, p0, p1: statistic(open_ages(books.orders, "submitted_at", "left_at", p1))


def lower_quantile(p: float):
    return lambda ages: float(np.sort(ages)[int(np.ceil(p * len(ages) - 1e-9)) - 1]) if len(ages) else None


def over(days: float):
    return lambda ages: 100 * float((ages > days).mean()) if len(ages) else None


def count(table: str, column: str):
    return lambda books, p0, p1: float(len(during(getattr(books, table), column, p0, p1)))


def ratio_of(first: Callable[..., Answer], second: Callable[..., Answer], scale: float):
    def answer(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
        below = second(books, p0, p1)
        return scale * first(books, p0, p1) / below if below else None

    return answer


def per_unit_month(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    base = during(books.tables["installed_base_monthly"], "month", p0, p1)
    return 1000 * len(during(books.complaints, "received_at", p0, p1)) / base["units_in_service"].sum()


def per_100_orders(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    w = during(books.orders, "completed_at", p0, p1)
    w = w[w["completed_at"] + 30 * DAY <= CUTOFF]
    linked = books.tables["complaints"].merge(w[["work_order_id", "completed_at"]], on="work_order_id")
    return 100 * int((linked["received_at"] < linked["completed_at"] + 30 * DAY).sum()) / len(w) if len(w) else None


def complaining(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    since, complainants, active = p1 - pd.DateOffset(months=12), 0, 0
    for unit in sorted(set(books.orders["business_unit"])):
        seen = [
            t.loc[(t["business_unit"] == unit) & (t[at] >= since) & (t[at] < p1), "customer_id"]
            for t, at in (
                (books.orders, "submitted_at"),
                (books.tables["purchases"], "purchased_at"),
                (books.complaints, "received_at"),
            )
        ]
        active += pd.concat(seen).nunique()
        own = books.complaints[books.complaints["business_unit"] == unit]
        complainants += during(own, "received_at", p0, p1)["customer_id"].nunique()
    return 100 * complainants / active


def share_true(column: str):
    def answer(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
        known = during(books.complaints, "received_at", p0, p1)[column].dropna().astype(bool)
        return 100 * known.mean() if len(known) else None

    return answer


def closed_only(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    w = during(books.orders, "submitted_at", p0, p1).dropna(subset=["completed_at"])
    minutes = np.sort(((w["completed_at"] - w["submitted_at"]).dt.total_seconds() / 60).to_numpy())
    return minutes[(len(minutes) + 1) // 2 - 1] / 1440 if len(minutes) else None


def days_of_work(books: Books, p0: pd.Timestamp, p1: pd.Timestamp) -> Answer:
    completed = len(during(books.orders, "completed_at", p0, p1))
    return (
        len(open_ages(books.orders, "submitted_at", "left_at", p1)) / (completed / ((p1 - p0) / DAY))
        if completed
        else None
    )


def never_skipped(w: Frame) -> pd.Series:
    return w["handled_at"].notna() | w[["assigned_at", "arrived_at", "completed_at"]].isna().all(axis=1)


def to_be_assigned(w: Frame) -> pd.Series:
    return (w["assigned_at"].notna() | w[["arrived_at", "completed_at"]].isna().all(axis=1)) & (
        w["service_mode"] != "remote"
    )


def to_be_visited(w: Frame) -> pd.Series:
    return (w["arrived_at"].notna() | w["completed_at"].isna()) & (w["service_mode"] != "remote")


def worked(start: str, end: str, keep=None) -> Callable[[Books, pd.Timestamp, pd.Timestamp], Answer]:
    """The same on the clock of working hours: minutes of the calendar, counted."""
    return cohort(
        "orders", f"worked_{start}", f"worked_{end}", "worked_left_at", quantile, 0.5, 60, keep, "submitted_at"
    )


SUBMITTED, CYCLE = "submitted_at", ("orders", "submitted_at", "completed_at", "left_at")
COMPLAINT = ("complaints", "received_at", "settled_at", None)
SECOND_WAY: dict[str, Callable[[Books, pd.Timestamp, pd.Timestamp], Answer]] = {
    "orders_submitted": count("orders", SUBMITTED),
    "orders_completed": count("orders", "completed_at"),
    "orders_cancelled": count("orders", "cancelled_at"),
    "repair_cycle_median": cohort(*CYCLE, quantile, 0.5, 1440),
    "repair_cycle_p90": cohort(*CYCLE, quantile, 0.9, 1440),
    "repair_cycle_within_3d": cohort(*CYCLE, share_by, 3, 1),
    "repair_cycle_within_7d": cohort(*CYCLE, share_by, 7, 1),
    "repair_cycle_restricted_mean": cohort(*CYCLE, mean_within, 30, 1),
    "repair_cycle_median_in_period": in_period(lambda m, e, at, entry: quantile(m, e, at, entry), 0.5, 1440),
    "repair_cycle_p90_in_period": in_period(lambda m, e, at, entry: quantile(m, e, at, entry), 0.9, 1440),
    "repair_cycle_within_7d_in_period": in_period(lambda m, e, at, entry: share_by(m, e, at, entry), 7, 1),
    "repair_cycle_closed_only_median": closed_only,
    "stage_mean_request_handling": stage("handled_at", None),
    "stage_mean_dispatch": stage("assigned_at", "handled_at"),
    "stage_mean_technician_response": stage("arrived_at", "assigned_at"),
    "stage_mean_repair": stage("completed_at", "arrived_at"),
    "request_handling_time_median": cohort(
        "orders", SUBMITTED, "handled_at", "left_at", quantile, 0.5, 60, never_skipped
    ),
    "dispatch_time_median": cohort(
        "orders", "handled_at", "assigned_at", "left_at", quantile, 0.5, 60, to_be_assigned, SUBMITTED
    ),
    "technician_response_time_median": cohort(
        "orders", "assigned_at", "arrived_at", "left_at", quantile, 0.5, 60, to_be_visited, SUBMITTED
    ),
    "repair_time_median": cohort("orders", "arrived_at", "completed_at", "left_at", quantile, 0.5, 60, None, SUBMITTED),
    "closing_time_median": cohort("orders", "completed_at", "closed_at", None, quantile, 0.5, 60, None, SUBMITTED),
    "first_response_time_median": cohort("orders", SUBMITTED, "first_response_at", "left_at", quantile, 0.5, 60),
    "repair_cycle_business_median": worked("submitted_at", "completed_at"),
    "first_response_time_business_median": worked("submitted_at", "first_response_at"),
    "request_handling_time_business_median": worked("submitted_at", "handled_at", never_skipped),
    "technician_response_time_business_median": worked("assigned_at", "arrived_at", to_be_visited),
    "full_resolution_time_median": full_resolution,
    "waiting_share": waiting_share,
    "response_sla_attainment": sla("first_response_at", "response_due_at"),
    "resolution_sla_attainment": sla("completed_at", "resolution_due_at"),
    "appointment_kept_rate": appointments,
    "backlog": backlog(lambda ages: float(len(ages))),
    "backlog_age_median": backlog(lower_quantile(0.5)),
    "backlog_age_p90": backlog(lower_quantile(0.9)),
    "backlog_over_7d_share": backlog(over(7)),
    "backlog_over_15d_share": backlog(over(15)),
    "backlog_over_30d_share": backlog(over(30)),
    "clearance_ratio": ratio_of(count("orders", "completed_at"), count("orders", SUBMITTED), 100),
    "days_of_work": days_of_work,
    "complaints_received": count("complaints", "received_at"),
    "complaints_per_1000_units": per_unit_month,
    "complaints_per_100_orders": per_100_orders,
    "complaints_per_100_orders_in_period": ratio_of(
        count("complaints", "received_at"), count("orders", "completed_at"), 100
    ),
    "complaining_customer_rate": complaining,
    "complaint_resolution_7d": cohort(*COMPLAINT, share_by, 7, 1),
    "complaint_resolution_15d": cohort(*COMPLAINT, share_by, 15, 1),
    "complaint_resolution_30d": cohort(*COMPLAINT, share_by, 30, 1),
    "complaint_resolution_time_median": cohort(*COMPLAINT, quantile, 0.5, 1440),
    "complaint_first_reply_time_median": cohort(
        "complaints", "received_at", "first_reply_at", "settled_at", quantile, 0.5, 60
    ),
    "external_complaint_share": share_true("is_external"),
    "complaint_upheld_share": share_true("is_justified"),
    "complaints_open": lambda books, p0, p1: float(len(open_ages(books.complaints, "received_at", "settled_at", p1))),
}
BY_SEGMENT_ONLY = {"complaint_mix_share"}


def test_every_metric_of_the_catalogue_has_a_second_way():
    """Here those of repair cycle and complaints; each other area has a file of its own that asks the same of itself."""
    cards = read_catalogue()
    assert set(SECOND_WAY) | BY_SEGMENT_ONLY == {card.id for card in cards.values() if card.area in AREAS}
    others = {card.area for card in cards.values()} - set(AREAS)
    assert {path.stem.removeprefix("test_") for path in OTHERS.glob("test_*.py")} >= others


@pytest.fixture(scope="module")
def books(business: dict[str, Frame]) -> dict[str, Books]:
    return {unit: Books(business, unit) for unit in ("A", "B", "all")}


@pytest.fixture(scope="module")
def figures(business_measured: dict[str, Frame]) -> dict[tuple[str, str], Frame]:
    """Rows without breakdown by grain and metric, indexed by unit and period."""
    found = {}
    for grain, rows in business_measured.items():
        for metric, own in rows[rows["breakdown"] == ""].groupby("metric", observed=True):
            found[grain, str(metric)] = own.set_index(["business_unit", "period"])
    return found


@pytest.mark.parametrize("grain", ["month", "quarter"])
@pytest.mark.parametrize("metric", SECOND_WAY)
def test_the_metric_agrees_with_the_second_way(metric: str, grain: str, books: Any, figures: Any):
    periods = (
        pd.period_range("2025-01", "2025-06", freq="M")
        if grain == "month"
        else pd.period_range("2025Q1", "2025Q2", freq="Q")
    )
    for unit in books:
        for period in periods:
            key = (unit, str(period) if grain == "month" else str(period).replace("Q", "-Q"))
            expected = SECOND_WAY[metric](books[unit], period.start_time, (period + 1).start_time)
            found = figures[grain, metric].loc[key]
            if expected is None:
                assert np.isnan(found["value"]), key
                assert found["reason"], key
            else:
                assert found["value"] == pytest.approx(expected, rel=1e-9, abs=1e-9), key
                assert pd.isna(found["reason"]), key


def test_the_share_of_each_complaint_category_agrees_with_value_counts(business: Any, business_measured: Any):
    rows = business_measured["month"]
    rows = rows[
        (rows["metric"] == "complaint_mix_share") & (rows["breakdown"] == "category") & (rows["business_unit"] == "A")
    ]
    q = business["complaints"][business["complaints"]["business_unit"] == "A"]
    for period, part in q.groupby(q["received_at"].dt.strftime("%Y-%m")):
        if period <= "2025-06":
            found = rows[rows["period"] == period].set_index("segment")["value"]
            expected = 100 * part["category"].value_counts(normalize=True)
            assert found.loc[expected.index].to_dict() == pytest.approx(expected.to_dict())
            assert found.sum() == pytest.approx(100)
