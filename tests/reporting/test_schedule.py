"""When reports fall due: days and workdays, short months, turns of the year, zones and clock changes; and mistakes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from analysis.faults import UserFault
from analysis.reporting.occasions import next_occasion, occasions
from analysis.reporting.schedule_settings import Schedule, parse_schedule
from analysis.reporting.workdays import knows


def _schedule(zone: str = "Asia/Shanghai", calendar: str = "china", days: int = 62, **group: Any) -> Schedule:
    return parse_schedule(
        {"timezone": zone, "calendar": calendar, "catch_up_days": days, "groups": {"g": {"hour": 8, **group}}}
    )


def _due(schedule: Schedule, until: str) -> list[str]:
    moment = datetime.fromisoformat(until).replace(tzinfo=UTC)
    return [f"{one.name} {one.due_at:%Y-%m-%dT%H:%M}Z" for one in occasions(schedule, until=moment)]


@pytest.mark.parametrize(
    ("group", "until", "due"),
    [
        ({"every": "month", "day": 31}, "2026-03-31T00:00", ["2025-12 2026-01-31T00:00Z",
            "2026-01 2026-02-28T00:00Z", "2026-02 2026-03-31T00:00Z"]),
        ({"every": "month", "day": 29}, "2028-02-29T12:00", ["2027-12 2028-01-29T00:00Z", "2028-01 2028-02-29T00:00Z"]),
        ({"every": "month", "day": 1, "hour": 0}, "2025-12-31T16:00", ["2025-10 2025-10-31T16:00Z",
            "2025-11 2025-11-30T16:00Z", "2025-12 2025-12-31T16:00Z"]),
        ({"every": "month", "day": 1, "hour": 0}, "2025-12-31T15:59", ["2025-10 2025-10-31T16:00Z",
            "2025-11 2025-11-30T16:00Z"]),
        # 1 to 7 October are holidays, 10 October (a Saturday) is worked to make up for one
        ({"every": "month", "workday": 3}, "2026-10-12T00:00", ["2026-08 2026-09-03T00:00Z",
            "2026-09 2026-10-10T00:00Z"]),
        ({"every": "quarter", "day": 15}, "2026-07-15T00:00", ["2026-Q2 2026-07-15T00:00Z"]),
        ({"every": "quarter", "workday": 20}, "2026-11-01T00:00", ["2026-Q3 2026-10-31T00:00Z"]),
        ({"every": "year", "day": 20}, "2026-02-01T00:00", ["2025 2026-01-20T00:00Z"]),
    ],
)  # fmt: skip
def test_what_fell_due_up_to_a_moment(group: dict[str, Any], until: str, due: list[str]) -> None:
    assert _due(_schedule(**group), until) == due


def test_weekends_alone_make_another_third_workday() -> None:
    assert _due(_schedule(calendar="weekdays", days=20, every="month", workday=3), "2026-10-12T00:00") == [
        "2026-09 2026-10-05T00:00Z"
    ]


def test_a_week_looks_at_the_last_complete_month_again() -> None:
    schedule = _schedule(days=14, every="week", weekday="wednesday")
    found = occasions(schedule, until=datetime(2026, 7, 8, 0, tzinfo=UTC))
    assert [(one.name, one.period) for one in found] == [("2026-W27", "2026-06"), ("2026-W28", "2026-06")]
    assert found[0].told() == "g 2026-W27 (2026-06)"
    golden = _schedule(days=6, every="week", workday=1)
    assert _due(golden, "2026-10-08T12:00") == ["2026-W41 2026-10-08T00:00Z"]


@pytest.mark.parametrize(
    ("zone", "hour", "day", "until", "due"),
    [
        ("Europe/Berlin", 2, 29, "2026-03-29T12:00", "2026-02 2026-03-29T01:00Z"),  # 02:00 is skipped: 03:00 CEST
        ("Europe/Berlin", 2, 25, "2026-10-25T12:00", "2026-09 2026-10-25T00:00Z"),  # 02:00 comes twice: the first
        ("America/New_York", 1, 1, "2026-11-01T23:00", "2026-10 2026-11-01T05:00Z"),
        ("Pacific/Apia", 0, 1, "2026-06-30T11:00", "2026-06 2026-06-30T11:00Z"),
    ],
)  # fmt: skip
def test_an_hour_that_the_clocks_skip_or_repeat_is_due_once(
    zone: str, hour: int, day: int, until: str, due: str
) -> None:
    assert _due(_schedule(zone=zone, every="month", day=day, hour=hour, days=3), until) == [due]


def test_the_next_occasion_and_its_deadline() -> None:
    schedule = _schedule(every="month", workday=3, wait_days=5)
    one = next_occasion(schedule.groups[0], schedule, after=datetime(2026, 7, 3, 0, tzinfo=UTC))
    assert (one.period, str(one.due_at), str(one.deadline)) == (
        "2026-07", "2026-08-05 00:00:00+00:00", "2026-08-10 00:00:00+00:00",
    )  # fmt: skip


def test_the_calendar_says_which_years_it_knows() -> None:
    assert (knows("china", 2026), knows("china", 2099), knows("weekdays", 2099)) == (True, False, True)


def test_every_mistake_in_a_schedule_is_a_line() -> None:
    with pytest.raises(UserFault) as fault:
        parse_schedule(
            {
                "timezone": "Asia/Shangai",
                "calender": "china",
                "settle_minutes": -1,
                "groups": {
                    "a": {"evry": "month"},
                    "b": {"every": "month", "day": 1, "workday": 1},
                    "c": {"every": "week", "day": 1},
                    "d": {"every": "month", "day": 32, "late": "partail"},
                    "e": {"every": "month", "day": 1},
                    "f": {"every": "month", "day": 2},
                    "g": {"every": "quarter", "day": 1, "reports": ["summary"]},
                    "h": {"every": "quarter", "day": 1, "reports": "summary, channels", "business_units": ["U01"]},
                    "i": 7,
                },
            }
        )
    s = "suite.yml: schedule: "
    lines = list(fault.value.lines)
    assert lines.pop(0).startswith(s + "timezone must be a time zone such as Asia/Shanghai; did you mean 'Asia/Sha")
    assert lines == [
        s + "unknown key 'calender'; did you mean 'calendar'?",
        s + "settle_minutes must be a whole number from 0 to 1440, got -1",
        s + "groups: a: unknown key 'evry'; did you mean 'every'?",
        s + "groups: b: a month takes exactly one of day and workday, got day, workday",
        s + "groups: c: a week takes exactly one of workday and weekday, got day",
        s + "groups: d: day must be a whole number from 1 to 31, got 32",
        s + "groups: d: late must be one of skip, partial; did you mean 'partial'?, got 'partail'",
        s + "groups: i must be a mapping, got 7",
        s + "groups: e and f both owe every every month; name it in one of them",
        s + "groups: g and h both owe summary every quarter; name it in one of them",
    ]
    for given in ([], {"groups": {}}):
        with pytest.raises(UserFault):
            parse_schedule(given)
