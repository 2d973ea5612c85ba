"""What delivery is given and what it gives back: published reports in, outcomes per recipient out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Status = Literal["published", "corrected", "failed", "skipped"]
Sent = Literal["sent", "queued", "unknown", "refused", "skipped", "dry_run"]


@dataclass(frozen=True)
class Item:
    """One report of one unit and period, as the ledger knows it after publishing.

    Parameters
    ----------
    version : 1 for the first publication, one more for each that changed figures
    status : "corrected" is a version above 1; "failed" and "skipped" have a reason and no new page
    folder : where its published files stand, `<out>/<period>/<unit's folder>`
    languages : of the published pages, the first one being the suite's own
    reason : why it failed or was skipped, in one line; None otherwise
    corrections : of a corrected version, the figures that changed: metric, old, new, unit
    """

    report: str
    business_unit: str
    period: str
    version: int
    status: Status
    folder: Path
    languages: tuple[str, ...]
    reason: str | None = None
    corrections: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of one message.

    Parameters
    ----------
    target : an address, or a chat target's name; never its URL
    what : "summary", "correction", "failure" or "alert", with the unit and the period
    status : "queued" is tried again by a later call; "unknown" was perhaps accepted and is never sent again by itself;
        "skipped" was not to be sent by its own rule, or had been sent before
    reason : why, in one line that holds no secret; None where it was sent
    """

    target: str
    what: str
    status: Sent
    reason: str | None = None


def outcome_line(outcome: Outcome) -> str:
    """What became of one message, for people."""
    reason = f" ({outcome.reason})" if outcome.reason else ""
    return f"{outcome.what} → {outcome.target}: {outcome.status.replace('_', ' ')}{reason}"
