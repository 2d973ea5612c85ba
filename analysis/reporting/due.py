"""`due`: work out what the schedule owes, render and deliver what is missing, exactly once per logical period.

Safe to call every hour, from several schedulers and machines: whoever finds nothing owed leaves at once; whoever finds
something takes the output folder's lock and looks again. What is written down is written after what it speaks of.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from analysis.delivery.outbox import read_outcomes
from analysis.faults import UserFault, did_you_mean
from analysis.reporting import ledger, owed
from analysis.reporting.decisions import (
    DONE,
    FAILED,
    PARTIAL,
    Decision,
    mark_told,
    read_decisions,
    read_reach,
    write_decision,
    write_reach,
)
from analysis.reporting.moments import told
from analysis.reporting.occasions import Occasion, next_occasion
from analysis.reporting.owed import Step, decided, is_of, reports_of, steps_now
from analysis.reporting.parameters import Suite
from analysis.reporting.schedule_settings import Schedule
from analysis.reporting.source_state import Look, look_at
from analysis.reporting.to_tell import Deliver, ToTell, is_busy, to_tell

SOURCE = "records"


@dataclass
class Due:
    """What one call did, in lines; `mistakes` are what the user must put right."""

    published: int = 0
    corrected: int = 0
    failed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    delivered: list[Any] = field(default_factory=list)

    @property
    def did_nothing(self) -> bool:
        """Whether there was nothing to render, to decide or to tell."""
        return not (self.published or self.corrected or self.failed or self.skipped or self.mistakes or self.delivered)


def due(suite: Suite, *, now: datetime, steps: Callable[[], Any], progress: Any, deliver: Deliver) -> Due:
    """Do what is owed at a moment.

    Parameters
    ----------
    steps : gives the steps before any report; called only when something has to be read
    deliver : takes the output folder and items, gives outcomes; called only when there is something to tell

    Raises
    ------
    UserFault : there is no schedule, or it names a report that is none
    Locked : another run holds the output folder
    """
    schedule = schedule_of(suite)
    look, found = _look(suite, schedule, now)
    if all(step.what == owed.NOTHING for step in found) and not to_tell(suite, schedule, now=now).anything:
        again = deliver(suite.out, (), now=now) if read_outcomes(suite.out, statuses=("queued",)) else ()
        return _said(Due(delivered=[*again]), found)
    from analysis.reporting.render import check_before, hold

    notebooks = check_before(suite)
    _check_reports(schedule, notebooks)
    suite, done = replace(suite, reports=tuple(notebooks)), Due()
    with hold(suite, progress=progress) as held:
        look, found = _look(suite, schedule, now)
        if any(step.what == owed.READ for step in found):
            _read_source(suite, look, steps(), progress, done, schedule, now=now)
            look, found = _look(suite, schedule, now)
        _decide(suite, [step.decision for step in found if step.what == owed.DECIDE and step.decision])
        by_period: dict[tuple[str, bool], list[Step]] = {}
        for step in found:
            if step.what in (owed.RENDER, owed.RENDER_PARTIAL):
                by_period.setdefault((step.occasion.period, step.what == owed.RENDER_PARTIAL), []).append(step)
        for (period, partial), own in by_period.items():
            work = Work(replace(suite, period=period, partial=partial), schedule, look, tuple(own), now)
            _render(work, notebooks, held, steps=steps(), progress=progress, done=done)
        _tell(suite, to_tell(suite, schedule, now=now), done, deliver=deliver, now=now)
    return _said(done, found)


@dataclass(frozen=True)
class Work:
    """The steps of one period that are rendered together."""

    suite: Suite
    schedule: Schedule
    look: Look
    steps: tuple[Step, ...]
    now: datetime


def schedule_of(suite: Suite) -> Schedule:
    """The suite's schedule.

    Raises
    ------
    UserFault : it has none
    """
    if suite.schedule is None:
        raise UserFault("suite.yml: there is no schedule, so nothing is ever owed; see docs/how-to/run-by-itself.md")
    return suite.schedule


def next_owed(schedule: Schedule, *, now: datetime) -> Occasion:
    """What falls due next."""
    return min((next_occasion(group, schedule, after=now) for group in schedule.groups), key=lambda one: one.due_at)


def standing(suite: Suite, schedule: Schedule, *, now: datetime) -> list[Step]:
    """Where every occasion within the horizon stands, for `status`."""
    return _look(suite, schedule, now)[1]


def _look(suite: Suite, schedule: Schedule, now: datetime) -> tuple[Look, list[Step]]:
    look = look_at(suite, now=now, settle=timedelta(minutes=schedule.settle_minutes))
    with ledger.reading(suite.out) as book:
        decisions, reach = read_decisions(book), read_reach(book, SOURCE, look.signature)
    return look, steps_now(schedule, decisions, look, reach, now=now)


def _check_reports(schedule: Schedule, notebooks: Mapping[str, Any]) -> None:
    faults = [
        f"suite.yml: schedule: groups: {group.name}: no report {name!r} in reports{did_you_mean(name, notebooks)}"
        for group in schedule.groups
        for name in group.reports
        if name not in notebooks
    ]
    if faults:
        raise UserFault(faults)


def _read_source(
    suite: Suite, look: Look, steps: Any, progress: Any, done: Due, schedule: Schedule, *, now: datetime
) -> None:
    """Take the records in and remember how far they reach; what cannot be read is waited for like what is late."""
    from analysis.reporting.prepare import take_in
    from analysis.reporting.reach import reaches

    try:
        manifest = take_in(suite, steps=steps, report_progress=progress.step).manifest
        reach = f"{manifest['data_cutoff_at']} {reaches(manifest).isoformat()}"
    except UserFault as fault:
        reach = f"{owed.UNREADABLE}{fault.lines[0]}"
        done.mistakes += fault.lines
    after = look_at(suite, now=now, settle=timedelta(minutes=schedule.settle_minutes))
    if after.signature != look.signature:
        reach = f"{owed.UNREADABLE}it changed while it was read"
    with ledger.writing(suite.out) as book:
        write_reach(book, SOURCE, look.signature, reach, now=told(now))


def _decide(suite: Suite, decisions: Sequence[Decision]) -> None:
    if decisions:
        with ledger.writing(suite.out) as book:
            for decision in decisions:
                write_decision(book, decision)


def _render(work: Work, notebooks: Mapping[str, Any], held: Any, *, steps: Any, progress: Any, done: Due) -> None:
    """Render what the steps of one period owe, then write down what became of each."""
    from analysis.reporting.render import render_period

    groups = [step.occasion.group for step in work.steps]
    names = {group.name: reports_of(group, work.schedule, tuple(notebooks)) for group in groups}

    def wanted(order: Any) -> bool:
        return any(
            order.report in names[group.name] and is_of(group, order.business_unit, order.unit_name) for group in groups
        )

    try:
        outcome = render_period(
            work.suite, notebooks, held, steps=steps, progress=progress, choose=wanted, command="due"
        )
    except UserFault as fault:
        done.mistakes += fault.lines
        _decide(work.suite, [_failed(step, work, fault.lines[0]) for step in work.steps])
        return
    done.failed += outcome.failed
    with ledger.reading(work.suite.out) as book:
        entries = [entry for entry in book.entries(work.suite.period) if entry.failed]
    decisions = []
    for step in work.steps:
        group = step.occasion.group
        behind = [e for e in entries if e.report in names[group.name] and is_of(group, e.business_unit, e.unit_name)]
        if behind:
            reason = f"{len(behind)} reports failed, such as {behind[0].report} · {behind[0].business_unit}"
            decisions.append(_failed(step, work, reason))
        else:
            state = PARTIAL if work.suite.partial else DONE
            decisions.append(decided(step.occasion, state, now=work.now, look=work.look))
    _decide(work.suite, decisions)


def _failed(step: Step, work: Work, reason: str) -> Decision:
    before = step.decision.attempts if step.decision and step.decision.seen == work.look.signature else 0
    return decided(step.occasion, FAILED, now=work.now, look=work.look, reason=reason, attempts=before + 1)


def _tell(suite: Suite, what: ToTell, done: Due, *, deliver: Deliver, now: datetime) -> None:
    """Hand over what is untold, then note that it was: a crash between the two hands it over again, and the outbox
    knows it."""
    items = what.items(suite.out)
    done.published += sum(item.status == "published" for item in items)
    done.corrected += sum(item.status == "corrected" for item in items)
    done.skipped += [f"{one.name} {one.occasion}: skipped: {one.reason}" for one in what.skipped]
    if not what.anything:
        return
    outcomes = deliver(suite.out, items, now=now) if items else ()
    done.delivered += outcomes
    if not is_busy(outcomes):
        with ledger.writing(suite.out) as book:
            mark_told(book, [entry for entry, _ in what.entries])
            for decision in what.skipped:
                write_decision(book, replace(decision, told=True))


def _said(done: Due, steps: Sequence[Step]) -> Due:
    done.waiting += [
        f"{step.occasion.told()}: waiting: {step.decision.reason}"
        for step in steps
        if step.decision and step.decision.state == "waiting" and step.what in (owed.NOTHING, owed.DECIDE)
    ]
    return done
