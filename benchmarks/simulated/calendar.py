"""Months, days and the Spring Festival of the simulated years."""

import numpy as np
import pandas as pd

FESTIVAL = {
    2018: "02-16", 2019: "02-05", 2020: "01-25", 2021: "02-12", 2022: "02-01", 2023: "01-22", 2024: "02-10",
    2025: "01-29", 2026: "02-17",
}  # fmt: skip
FESTIVAL_DAYS = 8
NATIONAL_DAYS = 7


def month_starts(months: pd.PeriodIndex) -> np.ndarray:
    """(months + 1,) seconds since 1970 at which each month begins, and the end of the last."""
    starts = (months.append(months[-1:] + 1)).to_timestamp()
    return starts.to_numpy().astype("datetime64[s]").astype("int64")


def festival_days(months: pd.PeriodIndex) -> np.ndarray:
    """(months,) days of the Spring Festival in each month."""
    days = calendar_table(months)
    held = days[days["holiday"] == "Spring Festival"]
    return pd.PeriodIndex(held["date"], freq="M").value_counts().reindex(months, fill_value=0).to_numpy(dtype=float)


def calendar_table(months: pd.PeriodIndex) -> pd.DataFrame:
    """The canonical calendar of whole years."""
    dates = pd.date_range(f"{months[0].year}-01-01", f"{months[-1].year}-12-31", freq="D")
    holiday = np.full(len(dates), None, dtype=object)
    for year, day in FESTIVAL.items():
        first = pd.Timestamp(f"{year}-{day}") - pd.Timedelta(days=1)
        holiday[(dates >= first) & (dates < first + pd.Timedelta(days=FESTIVAL_DAYS))] = "Spring Festival"
    holiday[(dates.month == 10) & (dates.day <= NATIONAL_DAYS)] = "National Day"
    workday = (dates.day_of_week < 5) & pd.isna(holiday)
    return pd.DataFrame({"date": dates, "is_workday": workday, "holiday": holiday})
