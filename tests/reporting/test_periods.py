"""Periods: which there are, which the data cover, and their neighbours."""

from datetime import datetime

import pytest

from analysis.faults import UserFault
from analysis.reporting.periods import earlier, last_complete, later, read_period, resolve

CUTOFF = datetime(2026, 7, 5, 23, 59, 59)


@pytest.mark.parametrize(
    ("cutoff", "last"),
    [
        (datetime(2026, 7, 5, 23, 59, 59), "2026-06"),
        (datetime(2026, 6, 30, 23, 59, 0), "2026-06"),
        (datetime(2026, 6, 30, 23, 58, 0), "2026-05"),
        (datetime(2026, 1, 1), "2025-12"),
        (datetime(2024, 2, 29, 23, 59, 59), "2024-02"),
    ],
)
def test_the_last_complete_month_ends_by_the_cut_off(cutoff: datetime, last: str) -> None:
    assert last_complete(cutoff).name == last


@pytest.mark.parametrize(
    ("name", "start", "end", "month"),
    [
        ("2025-12", datetime(2025, 12, 1), datetime(2026, 1, 1), "2025-12"),
        ("2025-Q4", datetime(2025, 10, 1), datetime(2026, 1, 1), "2025-12"),
        ("2025", datetime(2025, 1, 1), datetime(2026, 1, 1), "2025-12"),
    ],
)
def test_a_period_is_half_open(name: str, start: datetime, end: datetime, month: str) -> None:
    period = read_period(name)
    assert (period.start, period.end, period.last_month) == (start, end, month)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("2025-01", "2024-12", "2025-02"), ("2025-Q1", "2024-Q4", "2025-Q2"), ("2025", "2024", "2026")],
)
def test_neighbours_have_the_same_grain(name: str, before: str, after: str) -> None:
    assert (earlier(read_period(name)), later(read_period(name))) == (before, after)


@pytest.mark.parametrize("name", ["2025-13", "2025-Q5", "25-06", "2025-6", "June", "", "2025-06-01", "../2025"])
def test_anything_else_is_no_period(name: str) -> None:
    with pytest.raises(UserFault, match="is none of 2025-06, 2025-Q2, 2025 or last"):
        read_period(name)


def test_a_period_ahead_of_the_data_is_refused() -> None:
    with pytest.raises(
        UserFault,
        match="2026-08 lies ahead of the data, which end at 2026-07-05 23:59; the last complete month is 2026-06",
    ):
        resolve("2026-08", cutoff=CUTOFF)


@pytest.mark.parametrize("name", ["2026-07", "2026-Q3", "2026"])
def test_a_period_that_is_not_over_is_refused(name: str) -> None:
    with pytest.raises(UserFault, match=f"{name} is not over in the data"):
        resolve(name, cutoff=CUTOFF)


def test_a_period_before_the_data_is_refused() -> None:
    with pytest.raises(UserFault, match="2023-12 lies before the data, which begin on 2024-01-02"):
        resolve("2023-12", cutoff=CUTOFF, first_event=datetime(2024, 1, 2, 8))


def test_last_and_whole_periods_are_taken() -> None:
    assert [resolve(name, cutoff=CUTOFF).name for name in ("last", "2026-06", "2026-Q2", "2025")] == [
        "2026-06",
        "2026-06",
        "2026-Q2",
        "2025",
    ]
