"""What the calendar does to a month apart from its place in the year: working days, and festivals that move between
months.

Spring Festival falls in January one year and in February the next, so that no fixed season can carry it; National Day
stays in October, so that the season does. Which festivals move is read from the calendar itself. Refuses a calendar
whose dates repeat.
"""

import numpy as np
import pandas as pd

MOVES_BY = 0.1  # a festival moves when a calendar month's share of its days differs by more than this between two years


def calendar_regressors(calendar: pd.DataFrame | None, months: pd.PeriodIndex) -> pd.DataFrame:
    """Working days and days of moving festivals, a row for each period of `months` (columns workdays, festival_days;
    float).

    calendar : frame(date, is_workday, event and/or holiday), one row a day; None or no rows gives a frame without
        columns. A period that the calendar covers in part only is NaN, since half a count would read as a short month.
        festival_days is left out where no festival moves between months in the calendar given.
    """
    if calendar is None or calendar.empty:
        return pd.DataFrame(index=months)
    dates = pd.to_datetime(calendar["date"])
    if dates.duplicated().any():
        raise ValueError(f"calendar.date must be unique: {int(dates.duplicated().sum())} dates repeat")
    period = pd.PeriodIndex(dates, freq=months.freq)
    days = pd.DataFrame(
        {
            "days": 1.0,
            "workdays": calendar["is_workday"].astype(float).to_numpy(),
            "festival_days": _on_moving_festival(_festival_names(calendar), dates).to_numpy(dtype=float),
        }
    )
    sums = days.groupby(period).sum().reindex(months)
    length = pd.Series((months.end_time.normalize() - months.start_time).days + 1, index=months)
    complete = sums.where(sums["days"] == length)[["workdays", "festival_days"]]
    return complete.loc[:, complete.nunique() > 1]


def moving_festivals(calendar: pd.DataFrame) -> list[str]:
    """The names of the festivals that do not keep to the same calendar months from year to year."""
    dates = pd.to_datetime(calendar["date"])
    names = _festival_names(calendar)
    return sorted(names[_on_moving_festival(names, dates)].unique())


def _festival_names(calendar: pd.DataFrame) -> pd.Series:
    """The event's name, else the holiday's; empty on ordinary days and where the holiday is only a yes."""
    names = pd.Series("", index=calendar.index, dtype=object)
    for column in ("holiday", "event"):
        if column in calendar.columns and not pd.api.types.is_bool_dtype(calendar[column]):
            given = calendar[column].astype(object).where(calendar[column].notna(), "").astype(str).str.strip()
            names = given.where(given != "", names)
    return names


def _on_moving_festival(names: pd.Series, dates: pd.Series) -> pd.Series:
    named = names != ""
    counts = pd.crosstab([names[named], dates[named].dt.year], dates[named].dt.month)
    if counts.empty:
        return pd.Series(False, index=names.index)
    shares = counts.div(counts.sum(axis=1), axis=0)
    drift = shares.groupby(level=0).agg(np.ptp).max(axis=1)
    return names.isin(drift.index[drift > MOVES_BY])
