"""The sample's calendar: days as numbers since 1970-01-01, months as numbers since 2012-01, festivals and how busy
each day is.

Public holidays and adjusted workdays of mainland China are those announced for 2023 to 2026; 2027 carries the
statutory days only.
"""

from datetime import date, timedelta
from functools import cache

import numpy as np

FIRST_DAY = np.datetime64("2012-01-01")  # sales history begins
LAST_DAY = np.datetime64("2027-12-31")
CUTOFF = np.datetime64("2026-07-05T23:59:59")
CUTOFF_SECONDS = float(CUTOFF.astype("int64"))
DAY = 86_400.0

DAY_ZERO = int(FIRST_DAY.astype("int64"))
DAYS = np.arange(DAY_ZERO, int(LAST_DAY.astype("int64")) + 1)
MONTH_LABELS = tuple(str(month) for month in np.arange("2012-01", "2027-01", dtype="datetime64[M]"))
MONTH_STARTS = np.arange("2012-01", "2027-02", dtype="datetime64[M]").astype("datetime64[D]").astype("int64")
"""First day of each month, as days since 1970-01-01; one more entry than MONTH_LABELS closes the last month."""
FIRST_MONTH = MONTH_LABELS.index("2023-01")
LAST_FULL_MONTH = MONTH_LABELS.index("2026-06")
CUTOFF_MONTH = MONTH_LABELS.index("2026-07")

NEW_YEAR = (
    "2017-01-28",
    "2018-02-16",
    "2019-02-05",
    "2020-01-25",
    "2021-02-12",
    "2022-02-01",
    "2023-01-22",
    "2024-02-10",
    "2025-01-29",
    "2026-02-17",
    "2027-02-06",
)
"""First day of the Spring Festival."""

HOLIDAYS = (
    ("New Year", ("2023-01-01..2023-01-02", "2024-01-01", "2025-01-01", "2026-01-01..2026-01-03", "2027-01-01")),
    (
        "Spring Festival",
        (
            "2023-01-21..2023-01-27",
            "2024-02-10..2024-02-17",
            "2025-01-28..2025-02-04",
            "2026-02-15..2026-02-23",
            "2027-02-05..2027-02-11",
        ),
    ),
    (
        "Qingming Festival",
        ("2023-04-05", "2024-04-04..2024-04-06", "2025-04-04..2025-04-06", "2026-04-04..2026-04-06", "2027-04-05"),
    ),
    (
        "Labour Day",
        (
            "2023-04-29..2023-05-03",
            "2024-05-01..2024-05-05",
            "2025-05-01..2025-05-05",
            "2026-05-01..2026-05-05",
            "2027-05-01..2027-05-02",
        ),
    ),
    (
        "Dragon Boat Festival",
        (
            "2023-06-22..2023-06-24",
            "2024-06-08..2024-06-10",
            "2025-05-31..2025-06-02",
            "2026-06-19..2026-06-21",
            "2027-06-09",
        ),
    ),
    ("Mid-Autumn Festival", ("2023-09-29", "2024-09-15..2024-09-17", "2026-09-25..2026-09-27", "2027-09-15")),
    (
        "National Day",
        (
            "2023-09-30..2023-10-06",
            "2024-10-01..2024-10-07",
            "2025-10-01..2025-10-08",
            "2026-10-01..2026-10-07",
            "2027-10-01..2027-10-03",
        ),
    ),
)
ADJUSTED_WORKDAYS = (
    "2023-01-28",
    "2023-01-29",
    "2023-04-23",
    "2023-05-06",
    "2023-06-25",
    "2023-10-07",
    "2023-10-08",
    "2024-02-04",
    "2024-02-18",
    "2024-04-07",
    "2024-04-28",
    "2024-05-11",
    "2024-09-14",
    "2024-09-29",
    "2024-10-12",
    "2025-01-26",
    "2025-02-08",
    "2025-04-27",
    "2025-09-28",
    "2025-10-11",
    "2026-01-04",
    "2026-02-14",
    "2026-02-28",
    "2026-05-09",
    "2026-09-20",
    "2026-10-10",
)
SALES_EVENTS = (("618", (6, 1), (6, 18)), ("11.11", (11, 1), (11, 11)))


@cache
def day_number(text: str) -> int:
    """Days since 1970-01-01 of an ISO date."""
    return int(np.datetime64(text).astype("datetime64[D]").astype("int64"))


def month_number(text: str) -> int:
    """Index of a month such as "2026-02" on the sample's time axis."""
    return MONTH_LABELS.index(text)


def month_tag(month: int) -> str:
    """The month within an id: "2602" for February 2026."""
    return MONTH_LABELS[month][2:4] + MONTH_LABELS[month][5:]


def month_of(days: np.ndarray) -> np.ndarray:
    """Index of the month that each day falls into."""
    return np.searchsorted(MONTH_STARTS, days, side="right") - 1


@cache
def days_from_new_year() -> np.ndarray:
    """For every day of the axis: distance in days to the nearest Spring Festival (negative before it)."""
    starts = np.array([day_number(text) for text in NEW_YEAR])
    distance = DAYS[:, None] - starts[None, :]
    return distance[np.arange(len(DAYS)), np.abs(distance).argmin(axis=1)]


@cache
def festival_weight(strength: float = 1.0) -> np.ndarray:
    """How many requests come in on each day because of the Spring Festival: 1 in an ordinary week, least in the
    festival week.
    """
    distance = days_from_new_year()
    quiet = np.select(
        [np.abs(distance - 1) <= 3, (distance >= -7) & (distance <= 9), (distance > 9) & (distance <= 16)],
        [0.70, 0.42, -0.14],
        0.0,
    )  # after the festival the postponed requests come in
    return 1.0 - strength * quiet


@cache
def festival_slowness(strength: float = 1.0) -> np.ndarray:
    """How much longer dispatch and travel take for requests of each day: 1 in an ordinary week, up to 1.9 around
    the festival.
    """
    distance = days_from_new_year()
    slow = np.select([(distance >= -6) & (distance <= 4), (distance >= -10) & (distance <= 10)], [0.9, 0.4], 0.0)
    return 1.0 + strength * slow


@cache
def closed_days(strength: float) -> np.ndarray:
    """Days without field service: the eve and the first three days of the Spring Festival, where it is kept at all."""
    distance = days_from_new_year()
    return (distance >= -1) & (distance <= 2) & (strength >= 0.5)


def weekday_weight() -> np.ndarray:
    """Requests by day of the week: busiest on Monday, quieter at the weekend."""
    return np.array([1.12, 1.05, 1.02, 1.0, 1.03, 0.92, 0.86])[(DAYS + 3) % 7]


def day_of_year() -> np.ndarray:
    """Position in the year of every day of the axis, 0 to 1."""
    years = DAYS.astype("datetime64[D]").astype("datetime64[Y]")
    start = years.astype("datetime64[D]").astype("int64")
    length = (years + 1).astype("datetime64[D]").astype("int64") - start
    return (DAYS - start) / length


def calendar_rows() -> dict[str, list]:
    """The calendar table: one row a day from 2023-01-01 to 2027-12-31."""
    holiday = _holiday_names()
    event = _event_names(holiday)
    adjusted = {date.fromisoformat(text) for text in ADJUSTED_WORKDAYS}
    days = _span(date(2023, 1, 1), date(2027, 12, 31))
    workday = [day in adjusted or (day.weekday() < 5 and day not in holiday) for day in days]
    return {
        "date": [(day - date(1970, 1, 1)).days for day in days],
        "is_workday": workday,
        "opens_at": ["08:30" if works else "09:00" for works in workday],
        "closes_at": ["18:00" if works else "17:00" for works in workday],
        "holiday": [holiday.get(day) for day in days],
        "event": [event.get(day) for day in days],
    }


def _holiday_names() -> dict[date, str]:
    named: dict[date, str] = {}
    for name, spans in HOLIDAYS:
        for span in spans:
            first, _, last = span.partition("..")
            named |= dict.fromkeys(_span(date.fromisoformat(first), date.fromisoformat(last or first)), name)
    return named


def _event_names(holiday: dict[date, str]) -> dict[date, str]:
    named = {day: name for day, name in holiday.items() if name == "Spring Festival"}
    for year in range(2023, 2028):
        for name, first, last in SALES_EVENTS:
            named |= dict.fromkeys(_span(date(year, *first), date(year, *last)), name)
    return named


def _span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
