"""Telling readers of what a run by hand has just published: `render --deliver`.

It hands over what `due` would have, and notes it in the same ledger and outbox, so that neither tells it again.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.faults import UserFault
from analysis.reporting.parameters import Suite

if TYPE_CHECKING:
    from analysis.delivery.items import Outcome
    from analysis.reporting.progress import Progress
    from analysis.reporting.render import Outcome as Rendered

UNTAKEN = ("queued", "refused", "unknown")


@dataclass
class Teller:
    """Tells of one run, while its output folder is held.

    Parameters
    ----------
    active : without it nobody is told, now; a later `due` does, of what it owes
    """

    suite: Suite
    active: bool
    outcomes: Sequence["Outcome"] = field(default=())

    def tell(self, rendered: "Rendered") -> None:
        """Hand over what readers and owners have not heard of the run's period, of the reports and units asked for."""
        if not self.active:
            return
        from analysis.delivery.deliver import deliver
        from analysis.reporting.to_tell import tell_period

        def by_settings(out: Path, items: Sequence[Any], *, now: datetime) -> Sequence["Outcome"]:
            return deliver(out, items, self.suite.delivery, now=now)

        self.outcomes = tell_period(
            self.suite.out, rendered.period, by_settings, now=datetime.now(UTC),
            wanted=lambda entry: entry.is_among(self.suite.business_units, self.suite.reports),
        )  # fmt: skip

    def say(self, progress: "Progress") -> list[dict[str, Any]]:
        """A line per message for people; the messages for machines."""
        from analysis.delivery.items import outcome_line

        if not progress.as_json:
            lines = [outcome_line(outcome) for outcome in self.outcomes]
            for line in lines or ["nobody is told: there is nothing that was not told before"]:
                progress.say(line)
        return [asdict(outcome) for outcome in self.outcomes]

    @property
    def untaken(self) -> bool:
        """Whether a message waits, was refused, or was perhaps taken."""
        return any(outcome.status in UNTAKEN for outcome in self.outcomes)


def check_recipients(suite: Suite, params: Path) -> None:
    """Refuse to deliver where nobody would hear of it.

    Raises
    ------
    UserFault : with the file that would name them
    """
    if suite.delivery.tells_nobody:
        raise UserFault(f"delivery: nobody is to be told; write {params / 'recipients.yml'} (docs/how-to/delivery.md)")
