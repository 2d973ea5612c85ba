"""The commands of a suite that runs by itself: due, backfill, schedule. Arguments in, lines and an exit code out."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.delivery.items import outcome_line
from analysis.faults import UserFault
from analysis.reporting import commands
from analysis.reporting import due as owing
from analysis.reporting.locking import Locked
from analysis.reporting.moments import read
from analysis.reporting.parameters import Suite

OK, REPORT_FAILED, MISTAKE = 0, 1, 2
SCHEDULERS = ("systemd", "cron", "airflow")
ONLY = ("missing", "failed", "all")
HELD_TOO_LONG = timedelta(hours=12)  # a run that holds the folder longer hangs; nobody else would say so


def add_due(parser: argparse.ArgumentParser) -> None:
    """The options of `due`."""
    parser.add_argument(
        "--now", metavar="ISO_TIME", help="work out what is owed at this moment, such as 2026-07-03T08:00"
    )


def due(asked: argparse.Namespace) -> int:
    """Render and deliver what the schedule owes and is not there yet."""
    from analysis.reporting.progress import Progress

    suite = commands.suite_of(asked)
    schedule = owing.schedule_of(suite)
    now = _moment(asked.now, suite) if asked.now else datetime.now(UTC)
    progress = Progress(as_json=getattr(asked, "json", False))
    try:
        done = owing.due(suite, now=now, steps=commands.suite_steps, progress=progress, deliver=_deliver(suite))
        if done.mistakes or not done.did_nothing:
            _tell_owners(suite, done.mistakes, progress, now=now)
    except Locked as fault:
        if fault.since and datetime.now(UTC) - read(fault.since) > HELD_TOO_LONG:
            _tell_owners(suite, fault.lines, progress, now=now)
        raise
    except UserFault as fault:
        _tell_owners(suite, fault.lines, progress, now=now)
        raise
    except Exception as fault:  # a fault of the suite itself: it ends the call, but not unheard
        line = f"due: stopped by {type(fault).__name__}, which the suite does not expect; its log says where"
        _tell_owners(suite, [line], progress, now=now)
        raise
    finally:
        progress.close()
    following = owing.next_owed(schedule, now=now)
    if progress.as_json:
        facts = {
            "published": done.published, "corrected": done.corrected, "failed": done.failed, "waiting": done.waiting,
            "skipped": done.skipped, "mistakes": done.mistakes, "delivered": [vars(one) for one in done.delivered],
            "next": {"group": following.group.name, "period": following.period, "at": following.due_at.isoformat()},
        }  # fmt: skip
        _print([json.dumps({"event": "due", **facts}, ensure_ascii=False)])
    else:
        for line in (*done.mistakes, *done.skipped, *done.waiting):
            progress.say(line)
        at = following.due_at.astimezone(schedule.timezone)
        what = "nothing was owed" if done.did_nothing else _sum(done)
        _print([f"{what}; next: {following.told()} at {at:%Y-%m-%d %H:%M %Z}"])
    return MISTAKE if done.mistakes else REPORT_FAILED if done.failed or done.skipped else OK


def add_backfill(parser: argparse.ArgumentParser) -> None:
    """The options of `backfill`."""
    parser.add_argument("--from", dest="first", required=True, metavar="P", help="first period, such as 2024-01")
    parser.add_argument("--to", dest="last", required=True, metavar="P", help="last period, of the same kind")
    parser.add_argument("--only", choices=ONLY, default="missing", help="missing (as given), failed, or all")
    parser.add_argument("--dry-run", action="store_true", help="say what would be rendered; render nothing")
    parser.add_argument("--deliver", action="store_true", help="tell readers too; by default nobody is told")


def backfill(asked: argparse.Namespace) -> int:
    """Render earlier periods; nobody is told unless asked for."""
    from analysis.reporting import backfill as filling
    from analysis.reporting.progress import Progress

    suite = commands.suite_of(asked)
    progress = Progress(as_json=getattr(asked, "json", False))
    now = datetime.now(UTC)
    periods = filling.periods_between(asked.first, asked.last)
    if asked.dry_run:
        lines = filling.would_render(
            suite, periods, only=asked.only, steps=commands.suite_steps(), progress=progress, now=now
        )
        return _print([*lines, f"{len(lines)} reports would be rendered"])
    try:
        done = filling.backfill(
            suite, periods, only=asked.only, steps=commands.suite_steps(), progress=progress, now=now,
            deliver=_deliver(suite) if asked.deliver else None,
        )  # fmt: skip
    finally:
        progress.close()
    for line in done.mistakes:
        progress.say(line)
    _print([f"{done.published} published, {done.unchanged} up to date, {len(done.failed)} failed", str(done.index)])
    return MISTAKE if done.mistakes else REPORT_FAILED if done.failed else OK


def add_schedule(parser: argparse.ArgumentParser) -> None:
    """The options of `schedule`."""
    parser.add_argument("--show", required=True, choices=SCHEDULERS, help="whose file to print")


def schedule(asked: argparse.Namespace) -> int:
    """Print the file to install, so that `due` is called every hour."""
    from analysis.reporting.schedule_files import show

    suite = commands.suite_of(asked)
    owing.schedule_of(suite)
    given = {name: getattr(asked, name) for name in ("params", "out") if hasattr(asked, name)}
    return _print([show(asked.show, suite, given=given)])


def _deliver(suite: Suite) -> Any:
    """Delivery by the suite's settings, imported when there is something to tell."""

    def deliver(out: Path, items: Sequence[Any], *, now: datetime) -> Sequence[Any]:
        from analysis.delivery.deliver import deliver as tell

        return tell(out, items, suite.delivery, now=now)

    return deliver


def _tell_owners(suite: Suite, lines: Sequence[str], progress: Any, *, now: datetime) -> None:
    """Tell the owners why nothing could be rendered, once; without lines a run went well. Never the call's own end."""
    if not suite.delivery.owners:
        return
    from analysis.delivery.run_trouble import tell_trouble

    try:
        said = [outcome_line(outcome) for outcome in tell_trouble(suite.out, lines, suite.delivery, now=now)]
    except UserFault as fault:
        said = list(fault.lines)
    if not progress.as_json:
        for line in said:
            progress.say(line)


def _moment(text: str, suite: Suite) -> datetime:
    """A moment with its zone; without one, in the schedule's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise UserFault(
            f"--now: must be a moment such as 2026-07-03T08:00 or 2026-07-03T00:00Z, got {text!r}"
        ) from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=owing.schedule_of(suite).timezone)


def _sum(done: owing.Due) -> str:
    sent = sum(one.status == "sent" for one in done.delivered)
    parts = [
        f"{done.published} published", f"{done.corrected} corrected", f"{len(done.failed)} failed",
        f"{len(done.skipped)} skipped", f"{sent} messages sent",
    ]  # fmt: skip
    return ", ".join(parts)


def _print(lines: Sequence[str]) -> int:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    return OK
