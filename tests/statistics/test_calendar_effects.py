"""Working days and moving festivals per month."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.calendar_effects import calendar_regressors, moving_festivals

SPRING_FESTIVAL = {2023: ("2023-01-21", 7), 2024: ("2024-02-10", 8), 2025: ("2025-01-28", 8)}


@pytest.fixture
def calendar():
    """Three years with a Spring Festival that moves, a National Day that does not, and a sale on 18 June."""
    dates = pd.date_range("2023-01-01", "2025-12-31", freq="D")
    columns = {"date": dates, "is_workday": dates.day_of_week < 5, "holiday": "", "event": ""}
    frame = pd.DataFrame(columns)
    for first, days in SPRING_FESTIVAL.values():
        span = frame["date"].isin(pd.date_range(first, periods=days))
        frame.loc[span, ["is_workday", "event"]] = [False, "Spring Festival"]
    national = (frame["date"].dt.month == 10) & (frame["date"].dt.day <= 7)
    frame.loc[national, "holiday"] = "National Day"
    frame.loc[national, "is_workday"] = False
    frame.loc[(frame["date"].dt.month == 6) & (frame["date"].dt.day == 18), "event"] = "618"
    return frame.assign(event=frame["event"].replace("", None))


def test_only_festivals_that_move_between_months_are_counted(calendar):
    assert moving_festivals(calendar) == ["Spring Festival"]
    found = calendar_regressors(calendar, pd.period_range("2023-01", "2025-12", freq="M"))
    days = found["festival_days"]
    assert days[days > 0].rename(index=str).to_dict() == {"2023-01": 7, "2024-02": 8, "2025-01": 4, "2025-02": 4}


def test_working_days_are_those_of_the_calendar(calendar):
    found = calendar_regressors(calendar, pd.period_range("2024-01", "2024-12", freq="M"))
    assert found.loc[pd.Period("2024-03", "M"), "workdays"] == np.busday_count("2024-03-01", "2024-04-01")
    assert found.loc[pd.Period("2024-10", "M"), "workdays"] == np.busday_count("2024-10-08", "2024-11-01")


def test_a_month_covered_in_part_is_missing_and_not_short(calendar):
    found = calendar_regressors(
        calendar[calendar["date"] < "2025-12-10"], pd.period_range("2025-10", "2026-01", freq="M")
    )
    assert found["workdays"].isna().tolist() == [False, False, True, True]


def test_quarters_are_summed(calendar):
    found = calendar_regressors(calendar, pd.period_range("2023Q1", "2025Q4", freq="Q"))
    assert found["workdays"].iloc[0] == np.busday_count("2023-01-01", "2023-04-01") - 5


def test_a_holiday_that_is_only_a_yes_has_no_name(calendar):
    yes_no = calendar.assign(holiday=calendar["holiday"] != "", event=None)
    assert moving_festivals(yes_no) == []
    assert list(calendar_regressors(yes_no, pd.period_range("2023-01", "2025-12", freq="M"))) == ["workdays"]


def test_without_a_calendar_there_are_no_regressors(calendar):
    months = pd.period_range("2023-01", "2025-12", freq="M")
    for none in (None, calendar.iloc[:0]):
        found = calendar_regressors(none, months)
        assert found.shape == (36, 0)
        assert found.index.equals(months)


def test_repeated_dates_are_refused(calendar):
    with pytest.raises(ValueError, match=r"calendar.date must be unique: 1 dates repeat"):
        calendar_regressors(pd.concat([calendar, calendar.iloc[:1]]), pd.period_range("2023-01", periods=3, freq="M"))
