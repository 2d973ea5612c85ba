"""The command `deliver`: what is published or failed of a period goes to those who asked for it, by hand.

`due` does the same by itself. Whoever was told of a version is not told again, so that calling it twice is harmless.
"""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from analysis.delivery.items import Item, outcome_line
from analysis.faults import UserFault
from analysis.reporting.commands import suite_of
from analysis.reporting.folders import report_folder
from analysis.reporting.parameters import PARAMS
from analysis.reporting.run_record import Entry, read_entries
from analysis.reporting.teller import UNTAKEN, check_recipients

OK, REPORT_FAILED = 0, 1


def add_deliver(parser: argparse.ArgumentParser) -> None:
    """The options of `deliver`."""
    parser.add_argument(
        "--dry-run", type=Path, metavar="DIR", default=None, help="write what would be sent there; send nothing"
    )


def deliver(asked: argparse.Namespace) -> int:
    """Tell readers and owners of a period's reports, and try again what waits; 1 where a message was not taken."""
    from analysis.delivery.deliver import deliver as tell  # other commands need none of what it imports

    suite = suite_of(asked)
    check_recipients(suite, getattr(asked, "params", PARAMS))
    entries = [entry for entry in read_entries(suite.out) if entry.is_among(suite.business_units, suite.reports)]
    period = suite.period if hasattr(asked, "period") and suite.period != "last" else _newest(entries)
    items = [item_of(suite.out, entry) for entry in entries if entry.period == period]
    if not items:
        raise UserFault(f"deliver: no reports of {period or 'any period'} in {suite.out}; render them first")
    dry_run = asked.dry_run.resolve() if asked.dry_run else None
    outcomes = tell(suite.out, items, suite.delivery, now=datetime.now(UTC), dry_run=dry_run)
    for outcome in outcomes:
        said = (
            json.dumps(asdict(outcome), ensure_ascii=False) if getattr(asked, "json", False) else outcome_line(outcome)
        )
        sys.stdout.write(f"{said}\n")
    return REPORT_FAILED if any(outcome.status in UNTAKEN for outcome in outcomes) else OK


def item_of(out: Path, entry: Entry) -> Item:
    """A report as delivery takes it; a failed one has no page to tell of, whatever stands from before."""
    folder = report_folder(out, entry.period, entry.business_unit)
    if entry.failed is not None or entry.published is None:
        reason = entry.failed.reason if entry.failed else None
        return Item(entry.report, entry.business_unit, entry.period, 0, "failed", folder, (), reason)
    version = int(getattr(entry.published, "version", 1))  # older records count none
    return Item(
        entry.report, entry.business_unit, entry.period, version, "published" if version == 1 else "corrected", folder,
        entry.published.languages, corrections=tuple(getattr(entry.published, "corrections", ())),
    )  # fmt: skip


def _newest(entries: list[Entry]) -> str:
    """The period that was published or tried last."""
    moments = {(entry.failed.failed_at if entry.failed else entry.published.published_at, entry.period)  # type: ignore[union-attr]
               for entry in entries}  # fmt: skip
    return max(moments, default=("", ""))[1]
