"""Which days are worked: Monday to Friday, or China's calendar with its holidays and the days worked to make up."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta

IsWorkday = Callable[[date], bool]


def is_weekday(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5


def is_chinese_workday(day: date) -> bool:
    """As the State Council's yearly notice has it; Monday to Friday in years that the installed calendar lacks."""
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return is_weekday(day)


CALENDARS: Mapping[str, IsWorkday] = {"china": is_chinese_workday, "weekdays": is_weekday}


def knows(calendar: str, year: int) -> bool:
    """Whether the calendar holds the year's holidays: announced each November, they come with a newer library."""
    if calendar != "china":
        return True
    from chinese_calendar.constants import holidays

    return min(holidays).year <= year <= max(holidays).year


def day_of_month(year: int, month: int, number: int) -> date:
    """The month's day of that number, or its last day where it has fewer."""
    return date(year, month, min(number, monthrange(year, month)[1]))


def workday_from(first: date, number: int, *, last: date, calendar: str) -> date:
    """The workday of that number from `first` on; `last` where there are fewer up to it."""
    is_workday, day, found = CALENDARS[calendar], first, 0
    while day < last:
        found += is_workday(day)
        if found == number:
            return day
        day += timedelta(days=1)
    return last


def last_workday(first: date, end: date, *, calendar: str) -> date:
    """The last day worked in [first, end), or `first` where none is."""
    day = end - timedelta(days=1)
    while day > first and not CALENDARS[calendar](day):
        day -= timedelta(days=1)
    return day
