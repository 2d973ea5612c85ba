"""Periods as numbers, names and SQL agree with each other and with the calendar."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.metrics.periods import Periods

GRAINS = ("month", "quarter", "year")


@pytest.mark.parametrize(
    ("grain", "moment", "key", "start"),
    [
        ("month", "2025-12-31 23:59:59", "2025-12", "2025-12-01"),
        ("month", "2026-01-01 00:00:00", "2026-01", "2026-01-01"),
        ("quarter", "2025-06-30 23:59:59", "2025-Q2", "2025-04-01"),
        ("quarter", "2025-10-01 00:00:00", "2025-Q4", "2025-10-01"),
        ("year", "2024-02-29 12:00:00", "2024", "2024-01-01"),
    ],
)
def test_a_moment_lies_in_the_period_that_has_begun(grain: str, moment: str, key: str, start: str):
    periods = Periods(grain, pd.Timestamp("2026-07-05"))  # type: ignore[arg-type]
    number = np.array([periods.number(pd.Timestamp(moment))])
    assert periods.keys(number) == [key]
    assert str(periods.starts(number)[0]) == start


@pytest.mark.parametrize("grain", GRAINS)
def test_sql_and_python_number_periods_alike(grain: str):
    periods = Periods(grain, pd.Timestamp("2026-07-05"))  # type: ignore[arg-type]
    moments = pd.date_range("1999-12-31", "2030-01-02", freq="17D")
    with duckdb.connect() as con:
        for macro in periods.sql_macros():
            con.execute(macro)
        found = con.execute(
            "SELECT period_of(t), period_start(period_of(t)) FROM range(?::TIMESTAMP, ?, INTERVAL 17 DAY) x(t)",
            [moments[0], moments[-1] + pd.Timedelta(days=1)],
        ).fetchall()
    assert [number for number, _ in found] == [periods.number(moment) for moment in moments]
    starts = periods.starts(np.array([number for number, _ in found]))
    assert [pd.Timestamp(start) for _, start in found] == [pd.Timestamp(start) for start in starts]


@pytest.mark.parametrize(
    ("grain", "cutoff", "last"),
    [
        ("month", "2026-07-05 23:59:59", "2026-06"),
        ("month", "2026-06-30 23:59:59", "2026-06"),
        ("month", "2026-07-01 00:00:00", "2026-06"),
        ("month", "2026-06-30 23:58:59", "2026-05"),
        ("quarter", "2026-07-05 23:59:59", "2026-Q2"),
        ("quarter", "2026-05-31 23:59:59", "2026-Q1"),
        ("year", "2026-07-05 23:59:59", "2025"),
    ],
)
def test_the_newest_complete_period_ends_at_most_a_minute_after_the_cutoff(grain: str, cutoff: str, last: str):
    periods = Periods(grain, pd.Timestamp(cutoff))  # type: ignore[arg-type]
    assert periods.keys(np.array([periods.last])) == [last]


def test_a_window_that_crosses_a_leap_day_and_a_year_has_its_days():
    periods = Periods("month", pd.Timestamp("2024-03-01"))
    january = np.array([periods.number(pd.Timestamp("2024-01-15"))])
    assert periods.mature(january, 29).tolist() == [True]  # 1 February + 29 days = 1 March 2024
    assert periods.mature(january, 30).tolist() == [False]
