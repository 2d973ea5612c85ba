"""One function per command: settings from the arguments, the work, its exit code. The work itself is elsewhere, and
imported by the command that does it: a call that finds nothing to do should cost nothing.
"""

import argparse
import json
import sys
import webbrowser
from collections.abc import Iterable
from dataclasses import replace

from analysis.delivery.items import outcome_line
from analysis.delivery.outbox import read_outcomes
from analysis.faults import UserFault
from analysis.reporting.folders import report_folder
from analysis.reporting.parameters import PARAMS, Suite, checked_languages, override, read_suite
from analysis.reporting.pdf import find_browser, print_pages
from analysis.reporting.progress import Progress
from analysis.reporting.run_record import Entry, read_entries
from analysis.reporting.steps import suite_steps
from analysis.reporting.teller import Teller, check_recipients

OK, REPORT_FAILED, MISTAKE = 0, 1, 2


def suite_of(asked: argparse.Namespace) -> Suite:
    """The settings of params/suite.yml with what the command line replaces.

    Raises
    ------
    UserFault : for a language or anything else that cannot be
    """
    suite = read_suite(getattr(asked, "params", PARAMS))
    given = {
        "period": getattr(asked, "period", None),
        "business_units": _names(getattr(asked, "business_unit", None)),
        "reports": _names(getattr(asked, "report", None)),
        "languages": _languages(getattr(asked, "language", None)),
        "data": getattr(asked, "data", None),
        "mapping": getattr(asked, "mapping", None),
        "out": asked.out.resolve() if hasattr(asked, "out") else None,
        "workers": getattr(asked, "workers", None),
        "cluster": getattr(asked, "cluster", None),
    }
    if given["data"] is not None and given["mapping"] is None:
        suite = replace(suite, mapping=None)
    return override(suite, given)


def render(asked: argparse.Namespace) -> int:
    """The main job; its last line names the index page."""
    from analysis.reporting.render import render as render_reports

    suite, progress = suite_of(asked), Progress(as_json=getattr(asked, "json", False))
    if asked.deliver and asked.dry_run:
        raise UserFault("--deliver: a dry run renders nothing that could be told; `deliver --dry-run DIR` writes mails")
    if asked.deliver:
        check_recipients(suite, getattr(asked, "params", PARAMS))
    teller = Teller(suite, active=asked.deliver)
    if asked.dry_run:
        return _dry_run(suite, progress, force=asked.force)
    browser = find_browser() if asked.pdf else None
    try:
        outcome = render_reports(suite, steps=suite_steps(), progress=progress, force=asked.force, after=teller.tell)
    finally:
        progress.close()
    told = f"{outcome.published} published, {outcome.unchanged} up to date, {len(outcome.failed)} failed"
    if not progress.as_json:
        progress.say(told)
    unprinted = _print_pages(suite, outcome.period, browser, progress) if browser else []
    facts = {
        "published": outcome.published,
        "unchanged": outcome.unchanged,
        "failed": [*outcome.failed, *unprinted],
        "index": str(outcome.index),
    }
    if asked.deliver:
        facts["delivered"] = teller.say(progress)
    progress.end(facts, str(outcome.index))
    return REPORT_FAILED if facts["failed"] or teller.untaken else OK


def sample(asked: argparse.Namespace) -> int:
    """Write the sample business."""
    suite_steps().write_sample(asked.out, seed=asked.seed, work_orders=asked.work_orders, format=asked.format)
    return _print([str(asked.out)])


def map(asked: argparse.Namespace) -> int:
    """What a source holds, what maps to what, what is missing; a mapping to edit."""
    from analysis.reporting.map_source import map as look_and_propose

    return look_and_propose(asked)


def check(asked: argparse.Namespace) -> int:
    """Everything but the reports themselves; notes do not make it fail."""
    from analysis.reporting import checkup

    suite, progress = replace(suite_of(asked), by_hand=True), Progress(as_json=getattr(asked, "json", False))
    found = checkup.check(suite, steps=suite_steps(), progress=progress)
    _print([*found.notes, *found.facts])
    if found.faults:
        raise UserFault(found.faults)
    return OK


def status(asked: argparse.Namespace) -> int:
    """What is published, what failed and why, by period, newest first; what is waiting and what is owed next."""
    from analysis.reporting import status as told

    suite, period = suite_of(asked), getattr(asked, "period", None)
    entries = _asked_for(suite, period)
    if getattr(asked, "json", False):
        return _print(json.dumps(facts, ensure_ascii=False) for facts in told.status_facts(suite, entries, period))
    return _print([*told.status_lines(suite, entries, period), *_undelivered(suite)])


def preview(asked: argparse.Namespace) -> int:
    """One report of one unit into the store's preview folder, opened where there is a screen."""
    from analysis.reporting.render import render as render_reports
    from analysis.reporting.tried import without_tries

    suite = suite_of(asked)
    units = suite.business_units if hasattr(asked, "business_unit") else ("all",)
    suite = replace(
        suite, reports=(asked.name,), business_units=units[:1], out=getattr(asked, "out", suite.store / "preview"),
        by_hand=True,
    )  # fmt: skip
    suite, left_out = without_tries(suite, asked.name)
    progress = Progress()
    outcome = render_reports(suite, steps=suite_steps(), progress=progress, force=False)
    if left_out:
        progress.say(left_out)
    entry = max(
        (entry for entry in read_entries(suite.out) if entry.report == asked.name and entry.published),
        key=lambda entry: entry.published.published_at if entry.published else "",
        default=None,
    )
    if outcome.failed or entry is None:
        return REPORT_FAILED
    page = report_folder(suite.out, entry.period, entry.business_unit) / f"{entry.report}.{suite.languages[0]}.html"
    if sys.stdout.isatty():
        webbrowser.open(page.as_uri())
    return _print([str(page)])


def verify(asked: argparse.Namespace) -> int:
    """Published files against their checksums, and whether what was signed off still stands; --sign signs a period."""
    from analysis.reporting.index_state import pages_changed
    from analysis.reporting.publish import verify as changed_files
    from analysis.reporting.sign_off import check_sign_offs, sign_off

    out = suite_of(asked).out
    entries = read_entries(out)
    if getattr(asked, "sign", None) is not None:
        newest = max((entry.period for entry in entries), default="")
        return _print([str(sign_off(out, entries, period=getattr(asked, "period", newest), name=asked.sign))])
    changed = [*changed_files(out, entries), *pages_changed(out)]
    files = sum(len(entry.published.files) for entry in entries if entry.published)
    stands, fallen = check_sign_offs(out, entries)
    _print(changed or [f"{files} files of {len(entries)} reports are as published"])
    _print([*stands, *fallen])
    return REPORT_FAILED if changed or fallen else OK


def doctor(asked: argparse.Namespace) -> int:
    """What this machine lacks, and what to do about each."""
    from analysis.reporting import checkup

    lines, sound = checkup.doctor(suite_of(asked))
    _print(lines)
    return OK if sound else MISTAKE


def _undelivered(suite: Suite) -> list[str]:
    """What waits to be sent, was refused, or was perhaps sent."""
    try:
        return [f"not delivered: {outcome_line(outcome)}" for outcome in read_outcomes(suite.out)]
    except UserFault as fault:
        return list(fault.lines)


def _dry_run(suite: Suite, progress: Progress, *, force: bool) -> int:
    from analysis.reporting.plan import make_plan, read_reports
    from analysis.reporting.prepare import look_ahead
    from analysis.reporting.render import split

    notebooks = read_reports(suite)
    prepared = look_ahead(suite, steps=suite_steps(), report_progress=progress.step)
    work = split(suite.out, make_plan(suite, prepared, notebooks), force=force)
    states = [("up to date", work.unchanged), ("to publish", work.kept), ("to render", work.to_build)]
    if progress.as_json:
        told = [
            json.dumps(
                {"report": o.report, "business_unit": o.business_unit, "period": o.period, "status": state},
                ensure_ascii=False,
            )
            for state, orders in states
            for o in orders
        ]
        return _print(told)
    lines = [f"{order.told()}: {state}" for state, orders in states for order in orders]
    return _print([*lines, f"{len(work.to_build)} of {len(lines)} would be rendered"])


def _print_pages(suite: Suite, period: str, browser: str, progress: Progress) -> list[str]:
    entries = _asked_for(suite, period)
    printed, faults = print_pages(suite.out, entries, browser=browser)
    if not progress.as_json:
        progress.say(f"{len(printed)} pages printed as PDF, {len(faults)} not")
    return faults


def _asked_for(suite: Suite, period: str | None) -> list[Entry]:
    return [entry for entry in read_entries(suite.out, period) if entry.is_among(suite.business_units, suite.reports)]


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def _languages(text: str | None) -> tuple[str, ...] | None:
    try:
        return None if text is None else checked_languages(text)
    except ValueError as fault:
        raise UserFault(f"--language: {fault}, got {text!r}") from fault


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    return OK
