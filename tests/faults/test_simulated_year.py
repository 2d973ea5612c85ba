"""Months of hourly calls with downtime, late data, a correction and a clock change: each report is published once per
period, each message handed over once. A quarter in `make test`, a year in `make prove`.
"""

import json
import resource
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analysis.delivery.deliver import deliver
from analysis.delivery.outbox import read_outcomes
from analysis.reporting import render as rendering
from analysis.reporting.publish import verify
from analysis.reporting.run_record import read_entries

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
GROUPS = {
    "monthly": {"every": "month", "workday": 3, "hour": 8, "wait_days": 5, "reports": ["cycle"]},
    # 29 March 2026, 02:00 does not exist; in other months it does
    "costs": {"every": "month", "day": 29, "hour": 2, "reports": ["costs"]},
    "quarterly": {"every": "quarter", "day": 10, "hour": 6, "reports": ["cycle"]},
}
UNITS = ("U01", "U02")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def _live(world: Any, first: datetime, last: datetime, events: dict[datetime, Callable[[], None]]) -> dict[str, Any]:
    """Call every hour from the first moment to the last but while the host is down; events come at their moments."""
    now, calls, idle, idle_seconds, mails_before = first.astimezone(UTC), 0, 0, 0.0, 0
    waiting = dict(sorted((moment.astimezone(UTC), event) for moment, event in events.items()))
    while now < last:
        while waiting and next(iter(waiting)) <= now:
            waiting.pop(next(iter(waiting)))()
        if not _at("2026-05-02T00:00") <= now < _at("2026-05-20T15:30"):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
            done = world.call(now)
            calls += 1
            if done.did_nothing and len(world.items) == mails_before:
                idle += 1
                idle_seconds += resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
            mails_before = len(world.items)
        now += HOUR
    return {"calls": calls, "idle": idle, "ms": 1000 * idle_seconds / idle}


def _deliveries(world: Any, months: list[tuple[int, int]], late: dict[str, str]) -> dict[datetime, Callable[[], None]]:
    """Each month's records come on the second of the next at 05:40, or late."""
    events: dict[datetime, Callable[[], None]] = {}
    for year, month in months:
        cutoff = f"{year}-{month:02d}-01T00:00:00"
        moment = _at(late.get(f"{year}-{month:02d}", f"{year}-{month:02d}-02T05:40"))

        def bring(cutoff: str = cutoff, moment: datetime = moment) -> None:
            world.bring(cutoff, at=moment, **world.figures)

        events[moment] = bring
    return events


def _correct(world: Any, moment: datetime, name: str, value: float) -> Callable[[], None]:
    def correct() -> None:
        world.figures[name] = value
        cutoff = json.loads((world.data / "records.json").read_text())["cutoff"]
        world.bring(cutoff, at=moment, **world.figures)

    return correct


@pytest.fixture
def world(tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: Any, post_office: Any) -> Any:
    """A project with a reader of each unit and an owner, and a real mail server."""
    made = tiny.World(
        tmp_path, reports=("cycle", "costs"), timezone="Europe/Berlin", calendar="weekdays", catch_up_days=40,
        groups=GROUPS,
    )  # fmt: skip
    monkeypatch.setattr(rendering, "_build", made.build)
    made.figures, made.letters, made.post_office = {}, set(), post_office
    people = {name: {"address": f"{name}@example.com", "language": "en"} for name in ("u01", "u02", "ops")}
    settings = drawn.settings(
        post_office.port, {"people": people, "units": {"U01": ["u01"], "U02": ["u02"]}, "owners": ["ops"]}
    )
    keep = made.deliver

    def send(out: Path, items: list[Any], *, now: datetime) -> Any:
        keep(out, items, now=now)
        made.letters |= {(now, _reader(one), one.period, one.status) for one in items}
        return deliver(out, items, settings, now=now)

    made.deliver = send
    return made


def _reader(item: Any) -> str:
    return "ops@example.com" if item.status == "skipped" else f"{item.business_unit.lower()}@example.com"


def _check_mails(world: Any) -> int:
    """Each reader got one mail of what fell due together, the owner one of each thing given up; how many in all."""
    mails = world.post_office.messages
    assert Counter(mail["To"] for mail in mails) == Counter(reader for _, reader, _, _ in world.letters)
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert sum(mail["Subject"].startswith("Corrected: ") for mail in mails) == 1
    assert read_outcomes(world.suite.out) == []
    return len(mails)


def test_a_quarter_of_hourly_calls_publishes_and_tells_each_report_once(world: Any) -> None:
    late = {"2026-04": "2026-04-07T09:20"}
    events = _deliveries(world, [(2026, month) for month in (2, 3, 4, 5)], late)
    fixed = _at("2026-04-15T11:10")
    events[fixed] = _correct(world, fixed, "U01_2026_03", 2.44)
    seen = _live(world, _at("2026-03-01T00:00"), _at("2026-06-01T00:00"), events)
    months = ["2026-01", "2026-02", "2026-03"]
    _once_each(world, cycle=[*months, "2026-04", "2026-Q1"], costs=["2025-12", *months, "2026-04"])
    assert seen["calls"] == 2207 - 448  # one hour less in March, 18 days and 15 hours down
    assert seen["idle"] > seen["calls"] - 20
    assert _check_mails(world) == len(world.letters) > 18
    assert verify(world.suite.out, read_entries(world.suite.out)) == []


@pytest.mark.prove
def test_a_year_of_hourly_calls_publishes_and_tells_each_report_once(world: Any, witness: Callable[..., None]) -> None:
    late = {"2026-04": "2026-04-07T09:20", "2026-08": "2026-08-20T09:20"}  # July's after its deadline
    events = _deliveries(world, [(2025, 12), *((2026, month) for month in range(1, 13))], late)
    fixed = _at("2026-04-15T11:10")
    events[fixed] = _correct(world, fixed, "U01_2026_03", 2.44)
    seen = _live(world, _at("2026-01-01T00:00"), _at("2027-01-01T00:00"), events)
    months = [f"2026-{month:02d}" for month in range(1, 12)]
    quarters = ["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]
    _once_each(
        world,
        cycle=["2025-11", "2025-12", *months, *quarters],
        costs=["2025-10", "2025-11", "2025-12", *months],
        skipped=["2026-07"],
    )
    assert seen["calls"] == 8760 - 448
    assert verify(world.suite.out, read_entries(world.suite.out)) == []
    mails, published = _check_mails(world), len(world.told())
    sys.stdout.write(
        f"{seen['calls']} calls, {seen['idle']} of them idle, {seen['ms']:.1f} ms CPU each; {published} told, {mails} "
        "mails\n"
    )
    witness(
        "S1",
        injected=f"{seen['calls']} hourly calls over 2026: 18 days down in May, March's data late, July's past their "
        "deadline, a correction in April, both clock changes in Berlin",
        happened=f"each report published once per period and told once, one correction; {mails} mails at a real "
        f"server, none twice; {seen['idle']} calls did nothing, {seen['ms']:.1f} ms CPU each",
    )


def _once_each(world: Any, *, cycle: list[str], costs: list[str], skipped: Sequence[str] = ()) -> None:
    """Every report of every unit and period told once, and the one correction of each report of U01."""
    told = Counter(world.told())
    wanted = {f"published cycle {unit} {period} v1" for unit in UNITS for period in cycle}
    wanted |= {f"published costs {unit} {period} v1" for unit in UNITS for period in costs}
    wanted |= {"corrected cycle U01 2026-03 v2"}
    wanted |= {f"skipped cycle all {period} v0" for period in skipped}
    assert set(told) ^ wanted == set()
    assert set(told.values()) == {1}
