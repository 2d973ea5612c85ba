"""What has still to be told: reports of periods that are owed by now, and what was skipped; as delivery takes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.data_model import ALL_UNITS
from analysis.reporting import ledger, telling
from analysis.reporting.decisions import SKIPPED, Decision, mark_told, read_decisions, untold
from analysis.reporting.folders import report_folder
from analysis.reporting.occasions import occasions
from analysis.reporting.owed import is_of, reports_of
from analysis.reporting.parameters import Suite
from analysis.reporting.records import Entry
from analysis.reporting.schedule_settings import Group, Schedule

if TYPE_CHECKING:
    from analysis.delivery.items import Item

BUSY = "delivery"  # what an outcome is named after where another delivery held the outbox
Deliver = Callable[..., Sequence[Any]]


@dataclass(frozen=True)
class ToTell:
    """What nobody has heard of yet.

    Parameters
    ----------
    entries : reports, each with whether readers have heard of an earlier version
    skipped : occasions that were given up, each with its group and the reports it owed
    """

    entries: tuple[tuple[Entry, bool], ...]
    skipped: tuple[Decision, ...]
    groups: tuple[tuple[Group, tuple[str, ...]], ...]

    @property
    def anything(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.entries or self.skipped)

    def items(self, out: Path) -> list["Item"]:
        """All of it as delivery takes it."""
        told = [item_of(out, entry, corrected) for entry, corrected in self.entries]
        return told + [item for decision in self.skipped for item in self._skipped(out, decision)]

    def _skipped(self, out: Path, decision: Decision) -> list["Item"]:
        from analysis.delivery.items import Item

        return [
            Item(report, unit, decision.period, 0, "skipped", report_folder(out, decision.period, unit), (),
                 decision.reason)
            for group, reports in self.groups
            if group.name == decision.name
            for report in reports
            for unit in group.business_units or (ALL_UNITS,)
        ]  # fmt: skip


def to_tell(suite: Suite, schedule: Schedule, *, now: datetime) -> ToTell:
    """What is published, failed or skipped, owed by now, and not yet told."""
    active = occasions(schedule, until=now)
    with ledger.reading(suite.out) as book:
        found = untold(book, {one.period for one in active})
        skipped = [
            one for one in read_decisions(book).values() if one.state == SKIPPED and not one.told and one.holds(now)
        ]
    reports = tuple(suite.reports) or tuple(dict.fromkeys(entry.report for entry, _ in found))
    groups = tuple((group, reports_of(group, schedule, reports)) for group in schedule.groups)
    owing = {(one.period, one.group.name) for one in active}
    entries = tuple(
        (entry, corrected)
        for entry, corrected in found
        if any(
            (entry.period, group.name) in owing
            and entry.report in own
            and is_of(group, entry.business_unit, entry.unit_name)
            for group, own in groups
        )
    )
    return ToTell(entries, tuple(skipped), groups)


def tell_period(
    out: Path, period: str, deliver: Deliver | None, *, now: datetime, wanted: Callable[[Entry], bool] = lambda _: True
) -> Sequence[Any]:
    """Hand over what nobody has heard of one period, owed or not, then note that it was; the outcomes.

    Parameters
    ----------
    deliver : None where nobody is to hear of it, neither now nor from a later `due`
    wanted : whether an entry is told at all; what is not stays untold
    """
    with ledger.reading(out) as book:
        found = [(entry, corrected) for entry, corrected in untold(book, [period]) if wanted(entry)]
    if not found:
        return ()
    outcomes = deliver(out, [item_of(out, entry, corrected) for entry, corrected in found], now=now) if deliver else ()
    if not is_busy(outcomes):
        with ledger.writing(out) as book:
            mark_told(book, [entry for entry, _ in found])
    return outcomes


def is_busy(outcomes: Sequence[Any]) -> bool:
    """Whether nothing was handed over, since another delivery was under way: it has still to be told."""
    return any(outcome.what == BUSY for outcome in outcomes)


def item_of(out: Path, entry: Entry, corrected: bool) -> "Item":
    """A report as delivery takes it.

    Parameters
    ----------
    corrected : readers have heard of an earlier version; who has not, gets a later one as the first
    """
    item = telling.item_of(out, entry)
    return item if corrected or item.status != "corrected" else replace(item, status="published", corrections=())
