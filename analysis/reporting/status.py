"""What `status` tells, out of the ledger: what ran, when, how long, what failed and why, what is stale, what is
waiting, what is owed next.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from analysis.reporting import due, ledger
from analysis.reporting.decisions import DONE, FAILED, PARTIAL, SKIPPED, WAITING
from analysis.reporting.moments import read
from analysis.reporting.owed import NOTHING, Step
from analysis.reporting.parameters import Suite
from analysis.reporting.records import Entry
from analysis.reporting.workdays import knows


def status_facts(suite: Suite, entries: Sequence[Entry], period: str | None) -> Iterator[dict[str, Any]]:
    """Every report's state, and every occasion that is not simply done, for machines."""
    for entry in entries:
        published, failed = entry.published, entry.failed
        yield {
            "report": entry.report,
            "business_unit": entry.business_unit,
            "period": entry.period,
            "status": entry.status,
            "version": published.version if published else None,
            "published_at": published.published_at if published else None,
            "seconds": failed.seconds if failed else published.seconds if published else None,
            "failed_at": failed.failed_at if failed else None,
            "reason": failed.reason if failed else None,
        }
    for step in _occasions(suite, period):
        decision = step.decision
        yield {
            "group": step.occasion.group.name,
            "occasion": step.occasion.name,
            "period": step.occasion.period,
            "due_at": step.occasion.due_at.isoformat(),
            "status": _state(step),
            "reason": decision.reason if decision else None,
        }


def status_lines(suite: Suite, entries: Sequence[Entry], period: str | None) -> Iterator[str]:
    """By period: its last run, then each report that failed, is stale or was corrected; then the schedule."""
    with ledger.reading(suite.out) as book:
        runs, announced = book.runs(period), book.announced()
    if not entries:
        yield f"no reports in {suite.out}"
    for name in sorted({entry.period for entry in entries}, reverse=True):
        own = [entry for entry in entries if entry.period == name]
        counts = {state: sum(entry.status == state for entry in own) for state in ("published", "stale", "failed")}
        corrected = sum(entry.published is not None and entry.published.version > 1 for entry in own)
        told = [f"{n} {state}" for state, n in counts.items() if n] + ([f"{corrected} corrected"] if corrected else [])
        last = next((run for run in runs if run["period"] == name), None)
        when = f" (last run {last['started_at']}, {last['seconds']} s)" if last else ""
        yield f"{name}: {', '.join(told)}{when}"
        yield from (_failure(entry) for entry in own if entry.failed)
    for entry, _ in announced:
        place = f"{entry.report} · {entry.business_unit} · {entry.period}"
        yield f"  {place}: being published, or cut short; the next run finishes it"
    yield from _schedule(suite, period)


def _failure(entry: Entry) -> str:
    failed = entry.failed
    if failed is None:
        return ""
    since = f"; the page of {entry.published.published_at} stands" if entry.published else ""
    return f"  {entry.report} · {entry.business_unit}: {entry.status} since {failed.failed_at}: {failed.reason}{since}"


def _schedule(suite: Suite, period: str | None) -> Iterator[str]:
    schedule = suite.schedule
    if schedule is None:
        return
    for step in _occasions(suite, period):
        decision = step.decision
        again = f"; tried again at {decision.next_try_at}" if decision and decision.next_try_at else ""
        reason = f": {decision.reason}" if decision and decision.reason else ""
        yield f"{step.occasion.told()}: {_state(step)}{reason}{again}"
    if period is None:
        now = datetime.now(UTC)
        following = due.next_owed(schedule, now=now)
        at = following.due_at.astimezone(schedule.timezone)
        yield f"next: {following.told()} at {at:%Y-%m-%d %H:%M %Z}"
        if not knows(schedule.calendar, at.year):
            yield f"note: the calendar of {at.year} is not known yet; Monday to Friday count; update chinesecalendar"


def _occasions(suite: Suite, period: str | None) -> list[Step]:
    """What the schedule owed within its horizon and is not simply done."""
    if suite.schedule is None:
        return []
    found = due.standing(suite, suite.schedule, now=datetime.now(UTC))
    with ledger.reading(suite.out) as book:
        entries = book.entries(period)
    return [
        step
        for step in found
        if (period is None or step.occasion.period == period)
        and _state(step) not in (DONE, "")
        and not _is_mended(step, entries)
    ]


def _is_mended(step: Step, entries: Sequence[Entry]) -> bool:
    """Whether what the schedule gave up as failed was published since, by hand, and nothing of its period fails."""
    if _state(step) != FAILED or step.decision is None:
        return False
    own = [entry for entry in entries if entry.period == step.occasion.period]
    decided_at = read(step.decision.decided_at)
    since = any(entry.published and read(entry.published.published_at) >= decided_at for entry in own)
    return since and not any(entry.failed for entry in own)


def _state(step: Step) -> str:
    known = (WAITING, SKIPPED, FAILED, PARTIAL, DONE)
    if step.what == NOTHING and step.decision:
        return step.decision.state
    if step.decision and step.decision.state in known:
        return f"{step.decision.state}, to be looked at again"
    return "owed"
