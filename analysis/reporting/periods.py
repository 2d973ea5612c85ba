"""The period a report is about: a month, a quarter or a year, half open, in the data's own local time."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.faults import UserFault

LAST = "last"
FORMS = "2025-06, 2025-Q2, 2025 or last"
TOLERANCE = timedelta(minutes=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_FORM = re.compile(r"^(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2])|-Q(?P<quarter>[1-4]))?$")


@dataclass(frozen=True)
class Period:
    """A named stretch of time: `start` belongs to it, `end` does not."""

    name: str
    grain: str
    start: datetime
    end: datetime

    @property
    def last_month(self) -> str:
        """The newest month of the period, "2025-06" for 2025-Q2: signals are monthly."""
        return _month_name(self.end.year * 12 + self.end.month - 2)


def read_period(name: str) -> Period:
    """The period that a name means.

    Raises
    ------
    UserFault : for anything but a month, a quarter or a year

    Example
    -------
    >>> read_period("2025-Q2").start, read_period("2025-Q2").last_month
    (datetime.datetime(2025, 4, 1, 0, 0), '2025-06')
    """
    form = _FORM.match(name)
    if form is None:
        raise UserFault(f"period: {name!r} is none of {FORMS}")
    grain = "month" if form["month"] else "quarter" if form["quarter"] else "year"
    month = int(form["month"] or 3 * int(form["quarter"] or 1) - 2)
    first = int(form["year"]) * 12 + month - 1
    return Period(name, grain, _month_start(first), _month_start(first + _MONTHS[grain]))


def last_complete(cutoff: datetime) -> Period:
    """The last month that has ended by the data's cut-off; a cut-off one minute before midnight counts as midnight."""
    end = cutoff + TOLERANCE
    return read_period(_month_name(end.year * 12 + end.month - 2))


def resolve(name: str, *, cutoff: datetime, first_event: datetime | None = None) -> Period:
    """The period to report, which the data must cover whole.

    Parameters
    ----------
    cutoff : the data's cut-off, exclusive
    first_event : the oldest event of the data, where known

    Raises
    ------
    UserFault : when the period lies ahead, has not ended by the cut-off, or ended before the data begin
    """
    last = last_complete(cutoff)
    if name == LAST:
        return last
    period = read_period(name)
    if period.end > cutoff + TOLERANCE:
        state = "lies ahead of" if period.start >= cutoff else "is not over in"
        raise UserFault(
            f"period: {name} {state} the data, which end at {cutoff:%Y-%m-%d %H:%M}; "
            f"the last complete month is {last.name}"
        )
    if first_event is not None and period.end <= first_event:
        raise UserFault(f"period: {name} lies before the data, which begin on {first_event:%Y-%m-%d}")
    return period


def earlier(period: Period) -> str:
    """The name of the period before, of the same grain."""
    return _neighbour(period, -1)


def later(period: Period) -> str:
    """The name of the period after, of the same grain."""
    return _neighbour(period, 1)


def _neighbour(period: Period, steps: int) -> str:
    start = period.start.year * 12 + period.start.month - 1 + steps * _MONTHS[period.grain]
    year, month = divmod(start, 12)
    names = {"month": f"{year:04d}-{month + 1:02d}", "quarter": f"{year:04d}-Q{month // 3 + 1}", "year": f"{year:04d}"}
    return names[period.grain]


def _month_start(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1)


def _month_name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
