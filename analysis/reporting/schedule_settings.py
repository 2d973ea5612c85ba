"""The `schedule:` of params/suite.yml: which reports are owed when. Read strictly; every mistake is a line.

schedule:
  timezone: Asia/Shanghai     # months begin, and hours are read, in this zone
  calendar: china             # working days: china (holidays, days worked to make up) or weekdays
  groups:
    monthly:
      every: month            # month, quarter, year; or week: the last complete month, what is new of it once a week
      workday: 3              # of the month after the period (or of the week); or `day: 5`, for weeks `weekday: monday`
      hour: 8
      reports: every          # names; a report named in one group is left out of groups of the same kind with `every`
      business_units: every
      wait_days: 5            # how long late data are waited for
      late: skip              # then: skip, or partial (render what is there, and say so on the page)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from analysis.faults import UserFault, did_you_mean
from analysis.reporting.workdays import CALENDARS

GRAINS = ("month", "quarter", "year", "week")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LATE = ("skip", "partial")
PLACE = "suite.yml: schedule"


@dataclass(frozen=True)
class Group:
    """Reports that are owed together.

    Parameters
    ----------
    every : month, quarter, year or week
    on : "day", "workday" or "weekday", of which `number` is meant (Monday is 1)
    hour : of that day, in the schedule's zone
    reports, business_units : names; empty for every one
    wait_days : how long after it is due late data are waited for
    late : what then becomes of it: skip or partial
    """

    name: str
    every: str
    on: str
    number: int
    hour: int = 8
    reports: tuple[str, ...] = ()
    business_units: tuple[str, ...] = ()
    wait_days: int = 5
    late: str = "skip"


@dataclass(frozen=True)
class Schedule:
    """What is owed when.

    Parameters
    ----------
    catch_up_days : what fell due longer ago than this is left to `backfill`
    settle_minutes : a source that changed less than this ago is still growing
    correct_for_days : how long after its due time a period is looked at again when the source changes
    """

    timezone: ZoneInfo
    groups: tuple[Group, ...]
    calendar: str = "weekdays"
    catch_up_days: int = 62
    settle_minutes: int = 10
    correct_for_days: int = 31


def parse_schedule(given: Any) -> Schedule:
    """The schedule that a mapping of suite.yml means.

    Raises
    ------
    UserFault : one line per mistake, with the nearest right name
    """
    if not isinstance(given, dict):
        raise UserFault(f"{PLACE} must be a mapping with timezone and groups, got {given!r}")
    groups = given.get("groups")
    values, faults = _checked({name: value for name, value in given.items() if name != "groups"}, _SCHEDULE, PLACE)
    if "timezone" not in given:
        faults.append(f"{PLACE}: timezone is missing, such as Asia/Shanghai")
    if not isinstance(groups, dict) or not groups:
        faults.append(f"{PLACE}: groups must map names to what is owed when, got {groups!r}")
        groups = {}
    made = []
    for name, group in groups.items():
        own, wrong = _group(str(name), group)
        faults += wrong
        made += [own] if own else []
    faults += _named_twice(made)
    if faults:
        raise UserFault(faults)
    return Schedule(groups=tuple(made), **values)


def _group(name: str, given: Any) -> tuple[Group | None, list[str]]:
    place = f"{PLACE}: groups: {name}"
    if not isinstance(given, dict):
        return None, [f"{place} must be a mapping, got {given!r}"]
    values, faults = _checked(given, _GROUP, place)
    if faults:
        return None, faults
    if "every" not in values:
        return None, [f"{place}: every is missing; one of {', '.join(GRAINS)}"]
    days = [on for on in ("day", "workday", "weekday") if on in values]
    fitting = ("workday", "weekday") if values["every"] == "week" else ("day", "workday")
    if len(days) != 1 or days[0] not in fitting:
        told = ", ".join(days) or "none"
        return None, [f"{place}: a {values['every']} takes exactly one of {' and '.join(fitting)}, got {told}"]
    if values["every"] == "week" and values[days[0]] > len(WEEKDAYS):
        return None, [f"{place}: {days[0]} must be at most 7 in a week, got {values[days[0]]}"]
    return Group(name, on=days[0], number=values.pop(days[0]), **values), []


def _named_twice(groups: list[Group]) -> list[str]:
    """A report that two groups of the same kind name for the same units would be owed twice."""
    faults = []
    for position, one in enumerate(groups):
        for other in groups[:position]:
            shared = sorted(set(one.reports) & set(other.reports)) if one.reports or other.reports else ["every"]
            apart = one.business_units and other.business_units
            units = not apart or set(one.business_units) & set(other.business_units)
            if one.every == other.every and shared and units:
                faults.append(
                    f"{PLACE}: groups: {other.name} and {one.name} both owe {shared[0]} every {one.every}; "
                    "name it in one of them"
                )
    return faults


def _checked(given: Mapping[Any, Any], rules: Mapping[str, Callable[[Any], Any]], place: str) -> tuple[Any, list[str]]:
    values, faults = {}, []
    for name, value in given.items():
        if name not in rules:
            faults.append(f"{place}: unknown key {name!r}{did_you_mean(str(name), [*rules, 'groups'])}")
            continue
        try:
            values[name] = rules[name](value)
        except ValueError as fault:
            faults.append(f"{place}: {name} {fault}, got {value!r}")
    return values, faults


def _zone(value: Any) -> ZoneInfo:
    if not isinstance(value, str) or value not in available_timezones():
        near = did_you_mean(str(value), available_timezones())
        raise ValueError(f"must be a time zone such as Asia/Shanghai{near}")
    return ZoneInfo(value)


def _among(words: tuple[str, ...]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}{did_you_mean(str(value), words)}")
        return str(value)

    return check


def _between(least: int, most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def _weekday(value: Any) -> int:
    return WEEKDAYS.index(_among(WEEKDAYS)(value)) + 1


def _names(value: Any) -> tuple[str, ...]:
    if value == "every":
        return ()
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list) or not value or not all(isinstance(part, str) and part for part in value):
        raise ValueError("must be a list of names, or every")
    return tuple(dict.fromkeys(value))


_SCHEDULE: Mapping[str, Callable[[Any], Any]] = {
    "timezone": _zone,
    "calendar": _among(tuple(CALENDARS)),
    "catch_up_days": _between(1, 400),
    "settle_minutes": _between(0, 1440),
    "correct_for_days": _between(0, 400),
}
_GROUP: Mapping[str, Callable[[Any], Any]] = {
    "every": _among(GRAINS),
    "day": _between(1, 31),
    "workday": _between(1, 20),
    "weekday": _weekday,
    "hour": _between(0, 23),
    "reports": _names,
    "business_units": _names,
    "wait_days": _between(0, 60),
    "late": _among(LATE),
}
