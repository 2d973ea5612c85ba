"""What the schedule owes now: occasions against decisions and the source as it looks. Decides; does nothing.

Cheap enough for every hour: it knows neither pandas nor the records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.reporting.decisions import FAILED, FINAL, SKIPPED, WAITING, Decision
from analysis.reporting.moments import read, told
from analysis.reporting.occasions import Occasion, occasions
from analysis.reporting.periods import TOLERANCE, read_period
from analysis.reporting.reach import falls_short
from analysis.reporting.schedule_settings import Group, Schedule
from analysis.reporting.source_state import Look

RENDER, RENDER_PARTIAL, READ, DECIDE, NOTHING = "render", "render partial", "read", "decide", "nothing"
RETRY_AFTER_HOURS = (1, 6, 24)
UNREADABLE = "cannot be read: "


@dataclass(frozen=True)
class Step:
    """What is to be done about one occasion.

    Parameters
    ----------
    what : render, render partial, read (the source must be read to know), decide (write `decision` down) or nothing
    decision : the one to write down, or the one that stands
    """

    occasion: Occasion
    what: str
    decision: Decision | None = None


def steps_now(
    schedule: Schedule, decisions: Mapping[tuple[str, str], Decision], look: Look, reach: str | None, *, now: datetime
) -> list[Step]:
    """One step per occasion that fell due within the horizon, oldest first.

    Parameters
    ----------
    reach : how far the source of this signature reaches: a moment, why it cannot be read, or None where unknown
    """
    found = []
    for occasion in occasions(schedule, until=now):
        standing = decisions.get((occasion.group.name, occasion.name))
        if standing is not None and not standing.holds(now):
            standing = None
        found.append(_step(occasion, standing, look, reach, schedule, now))
    return found


def lateness(occasion: Occasion, reach: str, schedule: Schedule) -> str | None:
    """Why data that reach so far do not do for an occasion, or None where they do."""
    if reach.startswith(UNREADABLE):
        return reach
    period, end = read_period(occasion.period), datetime.fromisoformat(reach.split(" ")[0])
    if end + TOLERANCE < period.end:
        return f"the data end at {end:%Y-%m-%d %H:%M}, before the end of {period.name}"
    newest = datetime.fromisoformat(reach.split(" ")[-1])
    if falls_short(newest, period, calendar=schedule.calendar):
        return f"the newest record is of {newest:%Y-%m-%d}, before the last workday of {period.name}"
    return None


def decided(
    occasion: Occasion, state: str, *, now: datetime, look: Look, reason: str | None = None, attempts: int = 0
) -> Decision:
    """A decision of this moment; a failed one is tried again later, a few times."""
    again = None
    if state == FAILED and attempts <= len(RETRY_AFTER_HOURS):
        again = told(now + timedelta(hours=RETRY_AFTER_HOURS[attempts - 1]))
    return Decision(
        occasion.group.name, occasion.name, occasion.period, state, told(now), reason, attempts, again, look.signature,
        told=state not in (SKIPPED,),
    )  # fmt: skip


def reports_of(group: Group, schedule: Schedule, reports: Sequence[str]) -> tuple[str, ...]:
    """The reports that a group owes: those it names, or all that no group of its kind names."""
    if group.reports:
        return group.reports
    taken = {name for other in schedule.groups if other.every == group.every for name in other.reports}
    return tuple(name for name in reports if name not in taken)


def is_of(group: Group, business_unit: str, unit_name: Mapping[str, str]) -> bool:
    """Whether a unit is the group's, by its id or its name in any language."""
    wanted = {name.casefold() for name in group.business_units}
    return not wanted or bool(wanted & {business_unit.casefold(), *(name.casefold() for name in unit_name.values())})


def _step(
    occasion: Occasion, standing: Decision | None, look: Look, reach: str | None, schedule: Schedule, now: datetime
) -> Step:
    settled = standing if standing is not None and standing.state in FINAL | {FAILED} else None
    if settled is not None and not _again(occasion, settled, look, schedule, now):
        return Step(occasion, NOTHING, settled)
    late = look.trouble
    if late is None and reach is None:
        return Step(occasion, READ, standing)
    if late is None and reach is not None:
        late = lateness(occasion, reach, schedule)
    if late is None:
        return Step(occasion, RENDER, standing)
    if settled is not None:
        return Step(occasion, NOTHING, settled)  # other data came, and these do not do either
    if now < occasion.deadline:
        waiting = decided(occasion, WAITING, now=now, look=look, reason=late)
        same = standing is not None and standing.reason == late
        return Step(occasion, NOTHING if same else DECIDE, standing if same else waiting)
    if occasion.group.late == "partial" and look.signature and not (reach or "").startswith(UNREADABLE):
        return Step(occasion, RENDER_PARTIAL, standing)
    reason = f"{late}; waited until {occasion.deadline:%Y-%m-%d %H:%M} UTC"
    return Step(occasion, DECIDE, decided(occasion, SKIPPED, now=now, look=look, reason=reason))


def _again(occasion: Occasion, standing: Decision, look: Look, schedule: Schedule, now: datetime) -> bool:
    """Whether something decided is looked at again: a try is due, or the source changed while corrections are taken.

    A weekly group hears once a week: what is corrected after its day waits for the next week's.
    """
    changed = look.trouble is None and look.signature != standing.seen
    if occasion.group.every == "week" and standing.state != FAILED:
        changed = False
    if changed and now < occasion.due_at + timedelta(days=schedule.correct_for_days):
        return True
    return bool(standing.next_try_at and read(standing.next_try_at) <= now)
