"""The working days and hours that a company declares (params/calendars/*.yml), as the canonical table `calendar`.

Chinese holidays and make-up working days come from the library chinesecalendar for the years it knows; other years
have their weekends and the days the file lists, and the data's notes say so. Refuses a file that says a day twice,
hours that end before they begin, and words it does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from analysis.faults import UserFault, did_you_mean
from analysis.intake.strict_yaml import read_yaml

FOLDER = "calendars"
LONGEST = 30  # years before the newest event: a slip of the pen makes no table of a century
_TOP = ("description", "holidays", "weekend", "opens_at", "closes_at", "days")
_DAY = ("works", "opens_at", "closes_at", "holiday", "event")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOLIDAYS = ("china", "none")


@dataclass(frozen=True)
class BusinessCalendar:
    """What a calendar file declares; `days` holds what differs from the week and the holidays."""

    name: str
    chinese: bool
    weekend: frozenset[int]
    hours: tuple[str | None, str | None]
    days: Mapping[date, Mapping[str, Any]]


@dataclass(frozen=True)
class CalendarDays:
    """Rows of the canonical table, column by column, and the years whose holidays are not known."""

    columns: Mapping[str, list[Any]]
    unknown_years: tuple[int, ...]


def calendar_file(name: str | None, *, params: Path, mapping: Path | None) -> Path | None:
    """The file of the calendar that a mapping names: of the parameters, else of the folder the mapping lies in.

    Raises
    ------
    UserFault : there is no such calendar.
    """
    if name is None:
        return None
    folders = [params / FOLDER, *([mapping.resolve().parent.parent / FOLDER] if mapping else [])]
    known = {file.stem: file for folder in reversed(folders) for file in folder.glob("*.yml")}
    if name not in known:
        raise UserFault(f"meta.calendar: no calendar {name!r} in {params / FOLDER}{did_you_mean(name, known)}")
    return known[name]


def read_calendar(path: Path) -> BusinessCalendar:
    """The calendar a file declares.

    Raises
    ------
    UserFault : all its mistakes at once.
    """
    content, place = read_yaml(path), f"{FOLDER}/{path.name}"
    faults = [f"{place}: unknown key {key!r}{did_you_mean(str(key), _TOP)}" for key in content if key not in _TOP]
    holidays = content.get("holidays", "none")
    if holidays not in _HOLIDAYS:
        faults.append(f"{place}: holidays: {holidays!r} is neither china nor none")
    weekend = content.get("weekend", ["saturday", "sunday"]) or []
    faults += [
        f"{place}: weekend: {day!r} is no day of the week{did_you_mean(str(day), _WEEK)}"
        for day in weekend
        if day not in _WEEK
    ]
    hours = _hours(content, place, faults)
    days: dict[date, Mapping[str, Any]] = {}
    for day, entry in (content.get("days") or {}).items():
        moment = _day(day, place, faults)
        if moment is not None and isinstance(entry, dict):
            faults += [f"{place}: days.{day}: unknown key {key!r}" for key in entry if key not in _DAY]
            _hours(entry, f"{place}: days.{day}", faults)
            days[moment] = entry
        elif moment is not None:
            faults.append(f"{place}: days.{day}: expected {{works: true}} or {{works: false}}, found {entry!r}")
    if faults:
        raise UserFault(faults)
    return BusinessCalendar(
        path.stem, holidays == "china", frozenset(_WEEK.index(str(day)) for day in weekend), hours, days
    )


def calendar_days(calendar: BusinessCalendar, *, first: date, last: date) -> CalendarDays:
    """Every day from the beginning of the first one's year to the end of the year after the last one's.

    Parameters
    ----------
    first, last : the days of the oldest and the newest event of the data; due times may lie beyond.
    """
    begin, end = date(max(first.year, last.year - LONGEST), 1, 1), date(last.year + 1, 12, 31)
    holidays, known_years = _chinese_days(begin, end) if calendar.chinese else ({}, set())
    columns: dict[str, list[Any]] = {
        name: [] for name in ("date", "is_workday", "opens_at", "closes_at", "holiday", "event")
    }
    for number in range((end - begin).days + 1):
        day = begin + timedelta(days=number)
        off, name = holidays.get(day, (day.weekday() in calendar.weekend, None))
        own = calendar.days.get(day, {})
        works = bool(own.get("works", not off))
        columns["date"].append(day)
        columns["is_workday"].append(works)
        columns["opens_at"].append(own.get("opens_at", calendar.hours[0]))
        columns["closes_at"].append(own.get("closes_at", calendar.hours[1]))
        columns["holiday"].append(own.get("holiday", name if not works else None))
        columns["event"].append(own.get("event", name if name == "Spring Festival" else None))
    listed = {day.year for day in calendar.days}
    years = range(begin.year, last.year + 1)
    lacking = tuple(year for year in years if calendar.chinese and year not in known_years | listed)
    return CalendarDays(columns, lacking)


def _chinese_days(begin: date, end: date) -> tuple[dict[date, tuple[bool, str | None]], set[int]]:
    """Day → (off, name of the festival) for the years that the library knows, and these years."""
    from chinese_calendar import get_holiday_detail

    found: dict[date, tuple[bool, str | None]] = {}
    years = set()
    for year in range(begin.year, end.year + 1):
        day = date(year, 1, 1)
        try:
            while day.year == year:
                off, name = get_holiday_detail(day)
                found[day] = (off, name)
                day += timedelta(days=1)
            years.add(year)
        except NotImplementedError:  # how the library says that it does not know a year
            continue
    return found, years


def _hours(entry: Mapping[str, Any], place: str, faults: list[str]) -> tuple[str | None, str | None]:
    texts = []
    for key in ("opens_at", "closes_at"):
        value = entry.get(key)
        try:
            texts.append(None if value is None else time.fromisoformat(str(value)).isoformat("minutes"))
        except ValueError:
            faults.append(f'{place}: {key}: {value!r} is no time of day; write it as "09:00", in quotes')
            texts.append(None)
    opens, closes = texts
    if opens is not None and closes is not None and closes <= opens:
        faults.append(f"{place}: closes at {closes}, which is not after {opens}; a night shift needs two days")
    return opens, closes


def _day(day: Any, place: str, faults: list[str]) -> date | None:
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(str(day))
    except ValueError:
        faults.append(f"{place}: days: {day!r} is no day; write it as 2027-02-08")
        return None
