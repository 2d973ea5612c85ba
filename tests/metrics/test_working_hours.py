"""Business hours: working time between two moments, and deadlines on a clock that stops, against minutes counted one by
one.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.metrics.periods import Periods
from analysis.metrics.tables import build_tables

FIRST, CUTOFF = date(2026, 1, 1), datetime(2026, 4, 30, 18, 30)
MINUTE = timedelta(minutes=1)
FESTIVAL = {date(2026, 2, 15) + timedelta(days=n) for n in range(9)}  # Spring Festival 2026, as announced
MAKE_UP = {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28)}


def calendar() -> pd.DataFrame:
    """China's calendar of early 2026: make-up Saturdays work, one day is shortened, one is worked round the clock."""
    days = [FIRST + timedelta(days=n) for n in range(500)]
    works = [day in MAKE_UP or (day.weekday() < 5 and day not in FESTIVAL) for day in days]
    frame = pd.DataFrame({"date": days, "is_workday": works, "opens_at": "08:30", "closes_at": "18:00"})
    frame.loc[frame["date"] == date(2026, 2, 14), "closes_at"] = "12:00"
    frame.loc[frame["date"] == date(2026, 3, 18), ["opens_at", "closes_at"]] = None
    return frame


def worked_minutes() -> np.ndarray:
    """For every minute since the first day, whether it is worked: counted off the calendar, row by row."""
    flags = np.zeros(500 * 1440, dtype=np.int64)
    for number, row in enumerate(calendar().itertuples()):
        if row.is_workday:
            opens, closes = (
                (int(text[:2]) * 60 + int(text[3:])) if isinstance(text, str) else default
                for text, default in ((row.opens_at, 0), (row.closes_at, 1440))
            )
            flags[number * 1440 + opens : number * 1440 + closes] = 1
    return flags


WORKED = worked_minutes()


def place(moment: datetime) -> int:
    return int((moment - datetime.combine(FIRST, datetime.min.time())) / MINUTE)


def counted(start: datetime, end: datetime) -> int:
    """Working minutes from one moment to another, minute by minute."""
    return int(WORKED[place(start) : place(end)].sum())


def counted_deadline(
    start: datetime, minutes: int, pauses: list[tuple[datetime, datetime | None]], *, business: bool
) -> datetime | None:
    """Walk on from `start` until so many minutes are used up, none of them in a pause; None while a pause lasts."""
    at, left = start, minutes
    while True:
        stopped = next((p for p in pauses if p[0] <= at and (p[1] is None or at < p[1])), None)
        if stopped is not None and stopped[1] is None:
            return None
        runs = stopped is None and (WORKED[place(at)] == 1 if business else True)
        if runs and left == 0:
            return at
        at, left = at + MINUTE, left - runs
        if not business and left == 0 and not any(p[0] <= at and (p[1] is None or at < p[1]) for p in pauses):
            return at
        if business and left == 0 and runs:
            return at


def moments(count: int, *, seed: int) -> list[datetime]:
    chosen = random.Random(seed)
    return [datetime(2026, 1, 2) + chosen.randrange(115 * 1440) * MINUTE for _ in range(count)]


@pytest.fixture
def table_of(write_store: Callable) -> Callable[..., pd.DataFrame]:
    """`table_of({"work_orders": …}, "working_times")`: a measured table of drawn records."""

    def build(tables: dict[str, pd.DataFrame], name: str) -> pd.DataFrame:
        store = write_store(tables, cutoff=CUTOFF.isoformat())
        with store.connect() as con:
            build_tables(con, [name], present=store.tables, macros=Periods("month", pd.Timestamp(CUTOFF)).sql_macros())
            return con.execute(f"SELECT * FROM {name}").df().set_index("work_order_id")

    return build


def test_working_time_is_what_counting_minute_by_minute_gives(table_of):
    starts, ends = moments(400, seed=1), moments(400, seed=2)
    pairs = [(min(a, b), max(a, b)) for a, b in zip(starts, ends, strict=True)]
    pairs += [
        (datetime(2026, 2, 13, 17, 59), datetime(2026, 2, 14, 12, 0)),
        (datetime(2026, 2, 15), datetime(2026, 2, 23, 23, 59)),
    ]
    pairs += [
        (datetime(2026, 3, 17, 18, 0), datetime(2026, 3, 19, 8, 30)),
        (datetime(2026, 1, 3, 9), datetime(2026, 1, 4, 9)),
    ]
    orders = pd.DataFrame(
        {
            "work_order_id": [f"W{n}" for n in range(len(pairs))],
            "business_unit": "A",
            "submitted_at": [a for a, _ in pairs],
            "completed_at": [b if n % 7 else None for n, (_, b) in enumerate(pairs)],
            "status": ["completed" if n % 7 else "open" for n in range(len(pairs))],
        }
    )
    found = table_of({"work_orders": orders, "calendar": calendar()}, "working_times")
    ends_or_cutoff = found["working_completed_at"].fillna(pd.Timestamp(CUTOFF))
    told = (ends_or_cutoff - found["working_submitted_at"]) / pd.Timedelta(minutes=1)
    expected = [counted(a, b if n % 7 else CUTOFF) for n, (a, b) in enumerate(pairs)]

    assert told.loc[orders["work_order_id"]].tolist() == expected
    assert told["W402"] == 9.5 * 60 * 0 + 24 * 60  # 18 March has no hours: worked round the clock
    assert expected[401] == 0  # the whole festival


def test_an_order_that_leaves_the_calendar_has_no_working_time(table_of):
    orders = pd.DataFrame(
        {
            "work_order_id": ["old", "new"],
            "business_unit": "A",
            "submitted_at": [datetime(2025, 12, 31, 12), datetime(2026, 1, 5, 12)],
            "status": "open",
        }
    )
    assert table_of({"work_orders": orders, "calendar": calendar()}, "working_times").index.tolist() == ["new"]


@pytest.mark.parametrize("clock", ["business", "calendar"])
def test_a_deadline_moves_on_by_the_pauses_its_policy_stops_for(table_of, clock):
    chosen = random.Random(3)
    starts, targets, steps, pauses = moments(120, seed=4), [], [], []
    for number, start in enumerate(starts):
        targets.append(chosen.choice([4, 8, 24]))
        stops, at = [], start
        for _ in range(chosen.randrange(4)):
            began = at + chosen.randrange(1, 3000) * MINUTE
            ended = began + chosen.randrange(1, 4000) * MINUTE + timedelta(days=200) * (chosen.random() < 0.1)
            stops.append((began, ended if ended <= CUTOFF else None))
            at = ended
            if ended > CUTOFF:
                break
        stops = [stop for stop in stops if stop[0] <= CUTOFF]
        pauses.append(stops)
        rows = [(began, "paused", "customer") for began, _ in stops] + [(e, "resumed", None) for _, e in stops if e]
        rows += [(start + 30 * MINUTE, "paused", "parts"), (start + 31 * MINUTE, "resumed", None)] * (not stops)
        steps += [
            {"work_order_id": f"W{number}", "seq": n, "event_at": moment, "event": event, "pause_reason": reason}
            for n, (moment, event, reason) in enumerate(sorted(rows, key=lambda row: row[0]), start=1)
        ]
    orders = pd.DataFrame(
        {
            "work_order_id": [f"W{n}" for n in range(len(starts))],
            "business_unit": "A",
            "submitted_at": starts,
            "status": "open",
            "priority": [str(hours) for hours in targets],
        }
    )
    policies = pd.DataFrame(
        {
            "policy_id": ["a", "b", "c"],
            "priority": ["4", "8", "24"],
            "response_target_hours": 1.0,
            "resolution_target_hours": [4.0, 8.0, 24.0],
            "clock": clock,
            "stops_for": "customer; approval",
        }
    )
    tables = {
        "work_orders": orders,
        "work_order_events": pd.DataFrame(steps).assign(business_unit="A"),
        "sla_policies": policies,
        "calendar": calendar(),
    }
    due = table_of(tables, "orders")["resolution_due_at"].loc[orders["work_order_id"]]
    expected = [
        counted_deadline(start, 60 * hours, stops, business=clock == "business")
        for start, hours, stops in zip(starts, targets, pauses, strict=True)
    ]

    assert [None if pd.isna(moment) else moment.to_pydatetime() for moment in due] == expected
    assert sum(moment is None for moment in expected) > 0
    assert sum(bool(stops) for stops in pauses) > 60


def test_both_clocks_are_measured_side_by_side(rows):
    # Friday 30 January 2026 17:00 → Monday 2 February 10:00: 65 hours by the calendar, 1 + 1.5 working hours.
    order = {"work_order_id": "W0", "business_unit": "A", "status": "completed"}
    stamps = {"submitted_at": datetime(2026, 1, 30, 17), "completed_at": datetime(2026, 2, 2, 10)}
    other = {"work_order_id": "W1", "business_unit": "B", "status": "open", "submitted_at": datetime(2026, 1, 1)}
    tables = {"work_orders": pd.DataFrame([order | stamps, other]), "calendar": calendar()}
    metrics = {"repair_cycle_median": 65 / 24, "repair_cycle_business_median": 2.5}
    for metric, value in metrics.items():
        found = rows(tables, metric, cutoff=CUTOFF.isoformat()).loc[("A", "2026-01"), "value"]
        assert found == pytest.approx(value)


def test_a_figure_in_working_hours_says_that_it_needs_a_calendar():
    cards = [card for card in read_catalogue().values() if "_business_" in card.id]

    assert len(cards) == 4
    assert all("calendar" in card.needs and not card.judged for card in cards)
