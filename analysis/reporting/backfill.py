"""Earlier periods rendered on request, oldest first; each period stands by itself, so that a stop loses nothing."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.faults import UserFault
from analysis.reporting import ledger
from analysis.reporting.orders import Order
from analysis.reporting.parameters import Suite
from analysis.reporting.periods import Period, later, read_period, resolve
from analysis.reporting.plan import choose_units, read_reports, unit_names
from analysis.reporting.prepare import take_in
from analysis.reporting.records import Entry
from analysis.reporting.render import check_before, hold, render_period
from analysis.reporting.to_tell import Deliver, tell_period

AT_MOST = 240
Wanted = Callable[[str, str, str], bool]


@dataclass
class Filled:
    """What a backfill did."""

    index: Path
    published: int = 0
    unchanged: int = 0
    failed: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def periods_between(first: str, last: str) -> list[str]:
    """The periods from the first to the last, both included.

    Raises
    ------
    UserFault : they are not of one kind, or in the wrong order

    Example
    -------
    >>> periods_between("2025-11", "2026-01")
    ['2025-11', '2025-12', '2026-01']
    """
    begin, end = read_period(first), read_period(last)
    if begin.grain != end.grain:
        raise UserFault(f"--from {first} is a {begin.grain}, --to {last} a {end.grain}; both must be of one kind")
    if end.start < begin.start:
        raise UserFault(f"--from {first} lies after --to {last}")
    found = [first]
    while found[-1] != last:
        found.append(later(read_period(found[-1])))
        if len(found) > AT_MOST:
            raise UserFault(f"--from {first} --to {last}: at most {AT_MOST} periods at once")
    return found


def would_render(
    suite: Suite, periods: Sequence[str], *, only: str, steps: Any, progress: Any, now: datetime
) -> list[str]:
    """One line per report that would be looked at; nothing is measured or written."""
    notebooks = read_reports(suite)
    store = take_in(suite, steps=steps, report_progress=progress.step)
    names = unit_names(store.manifest)
    units = choose_units(suite.business_units, names)
    lines = []
    for name in periods:
        _checked(name, store, now)
        wanted = _wanted(suite.out, name, only)
        lines += [f"{report} · {unit} · {name}" for unit in units for report in notebooks if wanted(name, unit, report)]
    return lines


def backfill(
    suite: Suite, periods: Sequence[str], *, only: str, steps: Any, progress: Any, now: datetime,
    deliver: Deliver | None = None,
) -> Filled:  # fmt: skip
    """Render the periods' reports that are asked for.

    Parameters
    ----------
    only : "missing" (nothing published), "failed" (the last attempt failed), or "all" (what changed is made anew)
    deliver : tells readers of what is published; without it they will not hear of it from `due` either

    Raises
    ------
    UserFault : a period that is not over, or lies outside the data; nothing is rendered then
    """
    notebooks = check_before(suite)
    done = Filled(suite.out / "index.html")
    with hold(suite, progress=progress) as held:
        store = take_in(suite, steps=steps, report_progress=progress.step)
        for name in periods:
            _checked(name, store, now)
        units = choose_units(suite.business_units, unit_names(store.manifest))
        for name in periods:
            wanted = _wanted(suite.out, name, only)
            if not any(wanted(name, unit, report) for unit in units for report in notebooks):
                continue  # nothing to measure for

            def choose(order: Order, wanted: Wanted = wanted) -> bool:
                return wanted(order.period, order.business_unit, order.report)

            progress.say(f"{name}:")
            outcome = render_period(
                replace(suite, period=name), notebooks, held, steps=steps, progress=progress, choose=choose,
                command="backfill",
            )  # fmt: skip
            done.published += outcome.published
            done.unchanged += outcome.unchanged
            done.failed += outcome.failed

            def rendered(entry: Entry, units: Collection[str] = units, wanted: Wanted = wanted) -> bool:
                own = entry.business_unit in units and entry.report in notebooks
                return own and wanted(entry.period, entry.business_unit, entry.report)

            tell_period(suite.out, name, deliver, now=now, wanted=rendered)
    return done


def _checked(name: str, store: Any, now: datetime) -> Period:
    """The period, which must be over by the clock as well as in the data."""
    first = store.manifest.get("first_event_at")
    period = resolve(
        name, cutoff=store.cutoff.to_pydatetime(), first_event=datetime.fromisoformat(first) if first else None
    )
    if period.end.date() > now.date():
        raise UserFault(f"period: {name} ends after today, {now:%Y-%m-%d}; set the clock, or choose an earlier one")
    return period


def _wanted(out: Path, period: str, only: str) -> Wanted:
    with ledger.reading(out) as book:
        known = {(entry.period, entry.business_unit, entry.report): entry for entry in book.entries(period)}

    def wanted(of: str, unit: str, report: str) -> bool:
        entry = known.get((of, unit, report))
        if only == "missing":
            return entry is None or entry.published is None
        return only == "all" or (entry is not None and entry.failed is not None)

    return wanted
