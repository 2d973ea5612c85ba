"""The sample run's records and what was measured of them, and `Books`: the records as a careful analyst would lay them
out.

Nothing here shares code with analysis.metrics: the store's records, masks, loops, statsmodels for the curves.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.measure import Measurements, measure
from analysis.store import Store
from tests.second_way.minute_clock import with_working_times

TABLES = ("work_orders", "complaints", "visits", "work_order_events", "purchases", "installed_base_monthly", "products")
OTHER_GRAINS = ("complaints_received", "complaints_per_1000_units", "complaints_per_100_orders", "orders_submitted",
                "complaining_customer_rate", "resolution_sla_attainment", "repair_cycle_median", "orders_completed",
                "repair_cycle_median_in_period", "backlog", "days_of_work", "clearance_ratio")  # fmt: skip
FEW_GRAINS = ("quarter", "year")
SEGMENT_MONTHS = ("2024-02", "2025-07")
KEPT = "(breakdown == '' and business_unit in @UNITS) or (business_unit == 'all' and period in @SEGMENT_MONTHS)"
UNITS = ("all", "U01", "U06", "U11")
MINUTE, DAY = pd.Timedelta(minutes=1), pd.Timedelta(days=1)
Frame = pd.DataFrame


def bounded(value: float, se: float, *, most: float = 0) -> tuple[float, float]:
    """Ends of a figure that cannot be below 0, nor above `most` where there is one: plain where they stay inside; else
    by the error of its log (or log odds); cut where there is no log, or the error is larger than the figure."""
    low, high, wide = value - 1.959963984540054 * se, value + 1.959963984540054 * se, 1.959963984540054 * se
    if value < 0 or (most and value > most) or (low >= 0 and not (most and high > most)):
        return low, high
    if most and 0 < value < most and se < (1 - 1e-9) * min(value, most - value):
        odds, spread = value / (most - value), np.exp(wide * most / value / (most - value))
        return most * odds / spread / (1 + odds / spread), most * odds * spread / (1 + odds * spread)
    if not most and value > 0 and se < (1 - 1e-9) * value:
        return value / np.exp(wide / value), value * np.exp(wide / value)
    return max(low, 0.0), min(high, most) if most else high


@dataclass(frozen=True)
class Curve:
    """Durations in days, whether each ended with the event, and the age at which each came under observation."""

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray | None = None

    @property
    def n(self) -> int:
        return len(self.time)

    @property
    def watched_until(self) -> float:
        """The age at which, with delayed entry, nobody is left under observation although older ones follow: the curve
        ends there, and that its last record ended there says nothing of the others."""
        ages = np.unique(self.time) if self.entry is not None else []
        gone = (age for age in ages if (self.entry > age).any() and not ((self.entry <= age) & (self.time > age)).any())
        return float(next(gone, np.inf))

    def fitted(self) -> SurvfuncRight:
        return SurvfuncRight(self.time, self.event, entry=self.entry)

    def quantile(self, p: float, *, per_day: float = 1) -> dict[str, float]:
        """The smallest time by which the share p has ended, with the log-log interval of Brookmeyer and Crowley."""
        if not self.n or not self.event.any():
            return {"value": np.nan, "n": self.n}
        found = self.fitted()
        ended = np.flatnonzero(found.surv_prob <= 1 - p + 1e-9)  # exactly the share p counts as reached
        if not len(ended) or found.surv_times[ended[0]] >= self.watched_until:
            return {"value": np.nan, "n": self.n}
        answer = {"value": found.surv_times[ended[0]] * per_day, "n": self.n}
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = found.quantile_ci(p, method="cloglog")
        inner = found.surv_times[(found.surv_prob > 1e-12) & (found.surv_prob < 1)]
        if len(inner) and not np.isnan(answer["value"]):
            if not (np.isnan(low) and inner[0] == 0):  # statsmodels tells no low end where it is the first moment, 0
                answer["low"] = float(low) * per_day
            if high <= inner[-1]:  # the log-log interval says nothing of the moment when all have ended
                answer["high"] = float(high) * per_day
        return answer

    def by(self, days: float) -> dict[str, float]:
        """The share ended by then in per cent; nothing where everybody left before and some had not ended."""
        found = self.fitted() if self.n and self.event.any() else None
        reached = 0 if found is None else int(np.searchsorted(found.surv_times, days, "right"))
        survival = float(found.surv_prob[reached - 1]) if reached else 1.0
        if self.watched_until < days or not self.n or (survival > 1e-12 and self.time.max() < days):
            return {"value": np.nan, "n": self.n}
        answer = {"value": 100 * (1 - survival), "n": self.n}
        if reached and 1e-12 < survival < 1:
            se = found.surv_prob_se[reached - 1]
            spread = 1.959963984540054 * se / (survival * np.log(survival))  # negative: log S < 0
            answer["low"], answer["high"] = (100 * (1 - survival ** np.exp(sign * spread)) for sign in (1, -1))
            answer["low"], answer["high"] = sorted((answer["low"], answer["high"]))
        return answer

    def restricted_mean(self, tau: float) -> dict[str, float]:
        """The area under the curve up to tau, by hand: a sum of rectangles."""
        if not self.n:
            return {"value": np.nan, "n": 0}
        area, survival, reached = 0.0, 1.0, 0.0
        for at in np.unique(self.time[self.event & (self.time <= tau)]):
            area += survival * (at - reached)
            survival *= 1 - (self.event & (self.time == at)).sum() / (self.time >= at).sum()
            reached = at
        known = survival == 0 or self.time.max() >= tau
        return {"value": area + survival * (tau - reached) if known else np.nan, "n": self.n}


@dataclass(frozen=True)
class Period:
    """A half-open period [begin, end)."""

    name: str
    begin: pd.Timestamp
    end: pd.Timestamp

    @property
    def days(self) -> int:
        return (self.end - self.begin).days

    @property
    def months(self) -> list[pd.Timestamp]:
        return list(pd.date_range(self.begin, self.end - DAY, freq="MS"))

    def holds(self, moments: pd.Series) -> pd.Series:
        return (moments >= self.begin) & (moments < self.end)


@dataclass(frozen=True)
class Books:
    """The records of one unit (or `all`), of one segment when asked."""

    cutoff: pd.Timestamp
    orders: Frame
    complaints: Frame
    visits: Frame
    base: Frame
    seen: Frame

    def only(self, column: str, segment: str) -> "Books":
        def kept(frame: Frame) -> Frame:
            return frame[frame[column].eq(segment)] if column in frame else frame.iloc[:0]

        parts = {name: kept(getattr(self, name)) for name in ("orders", "complaints", "visits", "base", "seen")}
        return Books(self.cutoff, **parts)

    def cohort(self, frame: Frame, start: str, end: str, until: str | None, *, closed_only: bool = False) -> Curve:
        """From start to end; what is still open counts until it left without the end, or until the cut-off."""
        frame = frame[frame[start].notna()]
        event = frame[end].notna()
        if closed_only:
            frame, event = frame[event], event[event]
        stop = frame[end].fillna(frame[until] if until else pd.NaT).fillna(self.cutoff)
        return Curve(in_days(stop - frame[start]), event.to_numpy())

    def in_period(self, period: Period) -> Curve:
        """Repair cycles under observation within the period: delayed entry (C4), rows with time > entry.

        The period is half-open and time goes in minutes: who completes in the first minute of it was at risk, so that
        the last age before the period is the entry, and the last age within it the end of those still open.
        """
        o = self.orders
        stop = o["completed_at"].fillna(o["left_at"]).clip(upper=period.end).fillna(period.end)
        entry = in_days((period.begin - o["submitted_at"]).clip(lower=pd.Timedelta(0)))
        time = in_days(stop - o["submitted_at"])
        event = (o["completed_at"] < period.end).to_numpy()
        time = np.maximum(np.where(stop >= period.end, time - STEP, time), 0)
        entry = entry - STEP
        kept = (time > entry) & (o["submitted_at"] < period.end).to_numpy()
        return Curve(time[kept], event[kept], entry[kept])

    def open_ages(self, frame: Frame, start: str, left: str, period: Period) -> np.ndarray:
        still = (frame[start] < period.end) & ~(frame[left] <= period.end)
        return in_days(period.end - frame.loc[still, start])


STEP = 1 / 1440  # a minute in days


def in_days(spans: pd.Series) -> np.ndarray:
    """Calendar time in whole minutes (the catalogue's convention), as days."""
    return np.floor(spans / MINUTE + 0.5).to_numpy(dtype=float) / 1440


def _whole(store: Store) -> Books:
    t = {name: store.records(name, "all") for name in TABLES}
    customers = store.records("customers", "all").set_index("customer_id")
    serials = store.records("installed_units", "all").set_index("serial_no")
    lines = t["products"].set_index("product_id")["product_line"]
    o = _orders(t["work_orders"], customers, serials, lines)
    o = o.join(_steps(t["work_order_events"], o), on="work_order_id")
    o = with_working_times(o, store.records("calendar", "all"), store.cutoff)
    q = t["complaints"].assign(settled_at=lambda q: q["resolved_at"].fillna(q["closed_at"]))
    q["product_line"], q["region"] = q["product_id"].map(lines), q["customer_id"].map(customers["region"])
    about = ["business_unit", "product_line", "work_order_type", "priority", "region"]
    v = t["visits"].drop(columns="business_unit").merge(o[["work_order_id", *about]], on="work_order_id")
    base = t["installed_base_monthly"].assign(product_line=lambda b: b["product_id"].map(lines))
    seen = pd.concat(
        [part.rename(columns={column: "at"})[["business_unit", "customer_id", "at"]] for part, column in
         ((o, "submitted_at"), (t["purchases"], "purchased_at"), (q, "received_at"))]
    ).dropna()  # fmt: skip
    linked = q.merge(o[["work_order_id", "completed_at"]], on="work_order_id")
    linked = linked[linked["received_at"] <= linked["completed_at"] + 30 * DAY]
    o["linked_complaints"] = o["work_order_id"].map(linked["work_order_id"].value_counts()).fillna(0)
    frames = {"orders": o, "complaints": q, "visits": v, "base": base, "seen": seen}
    return Books(store.cutoff, **frames)


def _orders(w: Frame, customers: Frame, serials: Frame, lines: pd.Series) -> Frame:
    o = w[~(w["is_test"].fillna(False).astype(bool) | w["is_duplicate"].fillna(False).astype(bool))].copy()
    o["left_at"] = o["completed_at"].fillna(o["cancelled_at"])
    a, r, c = (o[name].notna() for name in ("assigned_at", "arrived_at", "completed_at"))
    o["handling"] = o["handled_at"].fillna(o["submitted_at"].where(a | r | c))
    o["dispatch"] = o["assigned_at"].fillna(o["handling"].where(r | c))
    o["arrival"] = o["arrived_at"].fillna(o["dispatch"].where(c))
    o["product_line"] = o["product_id"].fillna(o["serial_no"].map(serials["product_id"])).map(lines)
    o["region"] = o["customer_id"].map(customers["region"])
    assert o[["response_due_at", "resolution_due_at"]].notna().all(axis=None), "the sample gives every due time"
    return o


def _steps(events: Frame, orders: Frame) -> Frame:
    """By order, walking through its steps: its time in pause before the completion, when it was resolved for the last
    time, and for how long it had been resolved before it was reopened."""
    done = orders.set_index("work_order_id")["completed_at"].to_dict()
    walked = {}
    for order, steps in events.sort_values(["work_order_id", "event_at", "seq"]).groupby("work_order_id"):
        if order in done:
            walked[order] = _walk(zip(steps["event"], steps["event_at"], strict=True), done[order])
    found = pd.DataFrame.from_dict(walked, orient="index", columns=["waited", "resolved_at", "rested"])
    return found.astype({"resolved_at": "datetime64[us]", "rested": "timedelta64[us]", "waited": "timedelta64[us]"})


def _walk(steps: Any, completed: pd.Timestamp) -> tuple[pd.Timedelta, pd.Timestamp, pd.Timedelta]:
    waited = rested = pd.Timedelta(0)
    paused = resolved = pd.NaT
    for event, at in steps:
        if event == "paused" and pd.isna(paused):
            paused = at
        elif event in ("resumed", "completed", "cancelled", "closed") and pd.notna(paused):
            waited += max(min(at, completed) - paused, pd.Timedelta(0)) if pd.notna(completed) else at - paused
            paused = pd.NaT
        if event in ("completed", "closed") and pd.isna(resolved):
            resolved = at
        elif event == "reopened" and pd.notna(resolved):
            rested, resolved = rested + (at - resolved), pd.NaT
    return waited, resolved, rested


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue()


@pytest.fixture(scope="session")
def store(sample_run: Path) -> Store:
    return Store(Path(json.loads((sample_run / "run_data.json").read_text(encoding="utf-8"))["store"]))


@pytest.fixture(scope="session")
def books(store: Store) -> Callable[..., Books]:
    """`books("U01")`, `books("TV", "product_line")`, `books("all")`: laid out once."""
    whole = _whole(store)
    part = cache(lambda column, value: whole.only(column, value))
    return lambda value, column="business_unit": whole if value == "all" else part(column, value)


@pytest.fixture(scope="session")
def measurements(store: Store, catalogue: Catalogue, once: Callable[..., Path]) -> dict[str, Measurements]:
    """Every metric by month as the sample run measured it, before anything was hidden; some by quarter and year,
    measured once for all files of this folder."""
    few = Catalogue({name: catalogue[name] for name in OTHER_GRAINS})

    def make(folder: Path) -> Path:
        for grain in FEW_GRAINS:
            measure(store, few, grain=grain, out=folder / grain)
        return folder

    folder = once("second_way_measured", make)
    (by_month,) = (store.path.parent / "measured").iterdir()
    return {"month": Measurements(by_month)} | {grain: Measurements(folder / grain) for grain in FEW_GRAINS}


@pytest.fixture(scope="session")
def of_area(measurements: dict[str, Measurements], catalogue: Catalogue) -> Callable[[str], Frame]:
    """`of_area("loyalty")`: every row of an area's metrics by month."""
    whole = cache(measurements["month"].read)

    def read(area: str) -> Frame:
        return whole()[whole()["metric"].isin([card.id for card in catalogue.of_area(area)])].copy()

    return read


@pytest.fixture(scope="session")
def measured(measurements: dict[str, Measurements]) -> Callable[..., Frame]:
    """`measured("backlog", "quarter")`: the rows of a metric."""
    tables = {
        grain: dict(list(run.read().query(KEPT).groupby("metric", observed=True)))
        for grain, run in measurements.items()
    }
    return lambda metric, grain="month": tables[grain][metric]


@pytest.fixture(scope="session")
def period() -> Callable[[str], Period]:
    """`period("2025-06")`, `period("2025-Q1")`, `period("2025")`."""

    def of(name: str) -> Period:
        found = pd.Period(name.replace("-Q", "Q"))
        return Period(name, found.start_time, (found + 1).start_time)

    return of


@pytest.fixture(scope="session")
def differences() -> Callable[[str, dict[str, float], Frame], list[str]]:
    """What a measured row says and the second way does not: one line per figure that differs by more than 1e-9."""

    def between(where: str, expected: dict[str, float], rows: Frame) -> list[str]:
        if len(rows) != 1:
            there_is_nothing = not rows.shape[0] and not expected.get("n") and not expected["value"] > 0
            return [] if there_is_nothing else [f"{where}: {len(rows)} rows, expected {expected}"]
        found = rows.iloc[0]
        return [
            f"{where}: {name} {found[name]!r}, second way {value!r} (reason {found['reason']!r}, n {found['n']})"
            for name, value in expected.items()
            if not np.isclose(float(found[name]), float(value), rtol=1e-9, atol=1e-9, equal_nan=True)
        ]

    return between
