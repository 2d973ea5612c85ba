"""When something falls due: a group's occasions up to a moment, each with its logical period. Pure arithmetic.

Months begin at midnight in the schedule's zone; an hour that the clocks skip is the one they go on to, an hour that
they repeat is its first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from analysis.reporting.periods import Period, earlier, later, read_period
from analysis.reporting.schedule_settings import Group, Schedule
from analysis.reporting.workdays import day_of_month, workday_from

LONGEST_DELAY = timedelta(days=33)


@dataclass(frozen=True)
class Occasion:
    """One thing owed: a group's reports of one period.

    Parameters
    ----------
    name : the logical period, 2026-06 or 2026-Q2; for weekly groups the week, 2026-W27
    period : what the reports are about
    due_at, deadline : moments in UTC; late data are waited for until the deadline
    """

    group: Group
    name: str
    period: str
    due_at: datetime
    deadline: datetime

    def told(self) -> str:
        """ "monthly 2026-06", or "weekly 2026-W27 (2026-06)"."""
        return f"{self.group.name} {self.name}" + ("" if self.name == self.period else f" ({self.period})")


def occasions(schedule: Schedule, *, until: datetime, since: datetime | None = None) -> list[Occasion]:
    """Everything that fell due in (since, until], oldest first.

    Parameters
    ----------
    since : by default the schedule's horizon before `until`
    """
    after = since or until - timedelta(days=schedule.catch_up_days)
    found = [
        one for group in schedule.groups for one in _backwards(group, schedule, until) if after < one.due_at <= until
    ]
    return sorted(found, key=lambda one: (one.due_at, one.group.name))


def next_occasion(group: Group, schedule: Schedule, *, after: datetime) -> Occasion:
    """The group's first occasion after a moment."""
    ahead = after + timedelta(days=800 if group.every == "year" else 200)
    due = [one for one in _backwards(group, schedule, ahead, back_to=after) if one.due_at > after]
    return min(due, key=lambda one: one.due_at)


def _backwards(
    group: Group, schedule: Schedule, until: datetime, *, back_to: datetime | None = None
) -> Iterator[Occasion]:
    """Occasions from the newest that can be due at `until`, back to the horizon and a little further."""
    oldest = (back_to or until - timedelta(days=schedule.catch_up_days)) - LONGEST_DELAY
    local = until.astimezone(schedule.timezone)
    if group.every == "week":
        monday = local.date() - timedelta(days=local.weekday())
        while _moment(schedule, monday, 0) > oldest:
            yield _weekly(group, schedule, monday)
            monday -= timedelta(days=7)
        return
    period = _holding(local.date(), group.every)
    while _moment(schedule, period.end.date(), 0) > oldest:
        yield _after_period(group, schedule, period)
        period = read_period(earlier(period))


def _holding(day: date, grain: str) -> Period:
    names = {"month": f"{day:%Y-%m}", "quarter": f"{day.year}-Q{(day.month + 2) // 3}", "year": f"{day.year}"}
    return read_period(names[grain])


def _after_period(group: Group, schedule: Schedule, period: Period) -> Occasion:
    """Owed on a day of the month that follows the period."""
    first = period.end.date()
    last = read_period(later(read_period(f"{first - timedelta(days=1):%Y-%m}"))).end.date() - timedelta(days=1)
    if group.on == "day":
        day = day_of_month(first.year, first.month, group.number)
    else:
        day = workday_from(first, group.number, last=last, calendar=schedule.calendar)
    return _occasion(group, schedule, period.name, period.name, day)


def _weekly(group: Group, schedule: Schedule, monday: date) -> Occasion:
    sunday = monday + timedelta(days=6)
    if group.on == "weekday":
        day = monday + timedelta(days=group.number - 1)
    else:
        day = workday_from(monday, group.number, last=sunday, calendar=schedule.calendar)
    year, week, _ = monday.isocalendar()
    return _occasion(group, schedule, f"{year}-W{week:02d}", earlier(_holding(day, "month")), day)


def _occasion(group: Group, schedule: Schedule, name: str, period: str, day: date) -> Occasion:
    deadline = _moment(schedule, day + timedelta(days=group.wait_days), group.hour)
    return Occasion(group, name, period, _moment(schedule, day, group.hour), deadline)


def _moment(schedule: Schedule, day: date, hour: int) -> datetime:
    """A local hour as a moment in UTC."""
    return datetime.combine(day, time(hour), tzinfo=schedule.timezone).astimezone(UTC)
