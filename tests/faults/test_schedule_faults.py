"""Faults of the schedule, each put in and looked at: downtime, clocks, two schedulers, stale locks, late data."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analysis.faults import UserFault
from analysis.reporting import backfill as filling
from analysis.reporting import command_line, commands, ledger, locking, moments
from analysis.reporting import render as rendering
from analysis.reporting.decisions import read_decisions
from analysis.reporting.locking import Locked, lock
from analysis.reporting.occasions import occasions
from analysis.reporting.run_record import read_entries
from analysis.reporting.schedule_settings import parse_schedule

Witness = Callable[..., None]
HOUR = timedelta(hours=1)
MONTHLY = {"every": "month", "workday": 3, "hour": 8, "wait_days": 5}


@pytest.fixture
def make_world(tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def make(**about: Any) -> Any:
        world = tiny.World(tmp_path, **about)
        monkeypatch.setattr(rendering, "_build", world.build)
        return world

    return make


def _at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def _hours(first: datetime, last: datetime) -> Iterator[datetime]:
    now = first.astimezone(UTC)
    while now < last:
        yield now
        now += HOUR


def test_s1_a_host_that_was_down_at_the_due_time_catches_up_once(
    make_world: Callable[..., Any], witness: Witness
) -> None:
    world = make_world(groups={"monthly": MONTHLY})
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    down_until = _at("2026-07-19T11:00")
    for now in _hours(down_until, down_until + 48 * HOUR):
        world.call(now)
    assert world.told() == [
        "published cycle U01 2026-05 v1", "published cycle U02 2026-05 v1",
        "published cycle U01 2026-06 v1", "published cycle U02 2026-06 v1",
    ]  # fmt: skip
    assert len(world.built) == 4
    witness(
        "S1",
        injected="host down from before 3 July 08:00 to 19 July 11:00, then called hourly for two days",
        happened="May and June of both units published and told once each, in the first call; 47 calls did nothing",
    )


def test_s2_one_run_per_logical_period_over_clock_changes_short_months_and_midnight(
    make_world: Callable[..., Any], witness: Witness
) -> None:
    zone, local = "Europe/Berlin", ZoneInfo("Europe/Berlin")
    groups = {"early": ("cycle", 25), "late": ("costs", 31), "spring": ("parts", 29)}
    world = make_world(
        timezone=zone, calendar="weekdays", reports=("cycle", "costs", "parts"), catch_up_days=5,
        groups={name: {"every": "month", "day": day, "hour": 2, "reports": [report]}
                for name, (report, day) in groups.items()},
    )  # fmt: skip
    world.bring("2026-12-01T00:00:00", at=_at("2025-01-01T00:00"))
    seen = {}
    # 31 January, the end of a February of 28 days, the nights when the clocks go forward and back
    for day in ("2026-01-30", "2026-02-27", "2026-03-28", "2026-10-24"):
        for now in _hours(_at(f"{day}T20:00", zone), _at(f"{day}T20:00", zone) + 12 * HOUR):
            before = len(world.built)
            world.call(now)
            for told in world.built[before:]:
                seen.setdefault(told, []).append(f"{now.astimezone(local):%m-%d %H:%M %Z}")
    owed = {told.replace(" · U01", ""): moments for told, moments in seen.items() if "U01" in told}
    assert owed["costs · 2025-12"] == ["01-31 02:00 CET"]
    assert owed["costs · 2026-01"] == owed["parts · 2026-01"] == ["02-28 02:00 CET"]
    assert owed["parts · 2026-02"] == ["03-29 03:00 CEST"], "02:00 does not exist that night"
    assert owed["cycle · 2026-09"] == ["10-25 02:00 CEST"], "02:00 comes twice that night"
    assert max(Counter(world.told()).values()) == max(map(len, seen.values())) == 1
    assert _first_owed_at_midnight() == ["15:00Z nothing", "16:00Z 2026-06"]
    witness(
        "S2",
        injected="hourly calls over 31 January, 28 February, both nights when the clocks change, and local midnight",
        happened="each period once: at 02:00, at 03:00 where 02:00 is skipped, at the first 02:00 where it comes twice",
    )


def _first_owed_at_midnight() -> list[str]:
    """When June is first owed in Shanghai by a group that is due at 00:00 of the first."""
    group = {"every": "month", "day": 1, "hour": 0}
    schedule = parse_schedule({"timezone": "Asia/Shanghai", "catch_up_days": 1, "groups": {"g": group}})
    found = []
    for hour in (15, 16):
        owed = [one.name for one in occasions(schedule, until=datetime(2026, 6, 30, hour, tzinfo=UTC))]
        found.append(f"{hour}:00Z {owed[0] if owed else 'nothing'}")
    return found


HOLD = """
import sys, time
from pathlib import Path
from analysis.reporting.locking import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def _holder(file: Path, *prefix: str) -> subprocess.Popen[str]:
    held = subprocess.Popen(
        [*prefix, sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert held.stdout.readline() == "held\n"
    return held


def test_s3_a_second_scheduler_says_that_another_run_holds_the_folder_and_leaves(
    make_world: Callable[..., Any], witness: Witness
) -> None:
    world = make_world(catch_up_days=30, groups={"monthly": MONTHLY})
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    file = world.suite.out / ".after_sales" / "lock"
    first = _holder(file)
    try:
        with pytest.raises(Locked) as told:
            world.call(_at("2026-07-03T08:00"))
        assert f"another run holds it (process {first.pid} since" in told.value.lines[0]
        assert world.built == []
    finally:
        first.kill()
        first.communicate()
    world.call(_at("2026-07-03T09:00"))
    assert len(world.built) == 2
    witness(
        "S3",
        injected="a second process held the output folder's lock while `due` was called",
        happened="the call named the holder and raised Locked (exit 3), nothing was built; an hour later all was",
    )


def test_s3_a_run_that_hangs_for_half_a_day_is_told_to_the_owner_once(
    make_world: Callable[..., Any], drawn: Any, post_office: Any, monkeypatch: pytest.MonkeyPatch, witness: Witness
) -> None:
    world = make_world(groups={"monthly": MONTHLY})
    world.suite = replace(world.suite, delivery=drawn.settings(post_office.port))
    monkeypatch.setattr(commands, "suite_steps", world.steps)
    monkeypatch.setattr(commands, "read_suite", lambda params: world.suite)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    with lock(world.suite.out / ".after_sales" / "lock") as held:
        codes = []
        for hours in (1, 11, 13, 14):
            about = json.loads(held.claim.read_text())
            about["since"] = moments.told(datetime.now(UTC) - timedelta(hours=hours))
            held.claim.write_text(json.dumps(about))
            codes.append(command_line.main(["due", "--now", f"2026-07-03T{8 + hours:02d}:00"]))
    (mail,) = post_office.messages
    assert codes == [3, 3, 3, 3]
    assert (mail["To"], "another run holds it (process" in mail["Subject"]) == ("ops@example.com", True)
    witness(
        "S3",
        injected="a run that hangs and holds the folder, called against after 1, 11, 13 and 14 hours",
        happened="exit code 3 each time; 1 mail to the owner, after 13 hours",
    )


def test_s4_a_stale_lock_frees_itself_on_this_machine_and_across_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, witness: Witness
) -> None:
    file = tmp_path / "hidden" / "lock"
    dead = _holder(file)
    os.kill(dead.pid, signal.SIGKILL)
    dead.communicate()
    claim = file.with_name("lock.json")
    assert json.loads(claim.read_text())["process"] == dead.pid
    with lock(file) as held:
        held.check()
    assert not claim.exists()
    # another machine's claim: its process cannot be seen from here, its heart can
    file.unlink()
    elsewhere = {"host": "other", "boot": "another boot", "process": 7, "since": "2026-07-03T00:00:00Z", "token": "t"}
    claim.write_text(json.dumps(elsewhere))
    with pytest.raises(Locked, match="process 7 on other since"), lock(file):
        pass
    silent = time.time() - locking.STALE_AFTER_SECONDS - 1
    os.utime(claim, (silent, silent))
    monkeypatch.setattr(locking, "BEAT_SECONDS", 0.01)
    with lock(file) as held:
        os.utime(claim, (silent, silent))
        while claim.stat().st_mtime < silent + 1:
            time.sleep(0.005)
        claim.write_text(json.dumps(elsewhere))
        with pytest.raises(Locked, match="this run was thought dead, and process 7 on other"):
            held.check()
    assert json.loads(claim.read_text()) == elsewhere, "another's claim is left alone"
    assert [left.name for left in file.parent.iterdir() if left.name.startswith(".")] == []
    witness(
        "S4",
        injected="a holder killed with SIGKILL; another host's claim, fresh, then silent for 181 s; a claim taken over",
        happened="taken over at once; refused while its heart beat, then taken over; the run noticed and stopped",
    )


def test_s5_backfill_of_24_periods_takes_missing_failed_or_all_and_tells_nobody(
    make_world: Callable[..., Any], tiny: SimpleNamespace, witness: Witness
) -> None:
    world = make_world(groups={"monthly": MONTHLY})
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"), U01_2025_03="fails")
    periods, now = filling.periods_between("2024-07", "2026-06"), _at("2026-07-20T10:00")

    def fill(only: str, deliver: Any = None) -> filling.Filled:
        return filling.backfill(
            world.suite, periods, only=only, steps=world.steps(), progress=tiny.Silent(), now=now, deliver=deliver
        )

    lines = filling.would_render(
        world.suite, periods, only="missing", steps=world.steps(), progress=tiny.Silent(), now=now
    )
    assert (len(periods), len(lines), lines[0], world.suite.out.exists()) == (24, 48, "cycle · U01 · 2024-07", False)
    first = fill("missing")
    assert (first.published, len(first.failed)) == (47, 1)
    assert fill("missing").failed == first.failed
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    before = len(world.built)
    mended = fill("failed")
    assert (mended.published, world.built[before:]) == (1, ["cycle · U01 · 2025-03"])
    assert (fill("all").published, fill("missing").published) == (23, 0)  # U01's records are others than before
    assert world.items == []
    world.call(now)
    assert world.items == [], "what a backfill published is not told by `due` either"
    with pytest.raises(UserFault, match="is not over in the data"):
        filling.backfill(world.suite, ["2026-07"], only="all", steps=world.steps(), progress=tiny.Silent(), now=now)
    with pytest.raises(UserFault, match="ends after today"):
        filling.backfill(
            world.suite,
            ["2026-06"],
            only="all",
            steps=world.steps(),
            progress=tiny.Silent(),
            now=_at("2026-06-15T00:00"),
        )
    witness(
        "S5",
        injected="24 periods of two units, one report failing; then mended",
        happened="dry run named 48, wrote nothing; 47 published, 1 failed; `failed` rendered that one; no mail",
    )


def test_s6_a_clock_that_jumps_ahead_and_back_neither_loses_nor_doubles_a_period(
    make_world: Callable[..., Any], witness: Witness
) -> None:
    world = make_world(catch_up_days=30, groups={"monthly": MONTHLY})
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    world.call(_at("2026-07-03T08:00"))
    world.call(_at("2026-08-28T08:00"))  # eight weeks ahead: July looks late beyond its deadline
    with ledger.reading(world.suite.out) as book:
        states = {one.period: one.state for one in read_decisions(book).values()}
    assert states == {"2026-06": "done", "2026-07": "skipped"}
    assert [entry.period for entry in read_entries(world.suite.out)] == ["2026-06"] * 2
    for now in _hours(_at("2026-07-03T09:00"), _at("2026-07-04T09:00")):
        assert world.call(now).did_nothing
    world.bring("2026-08-02T00:00:00", at=_at("2026-08-02T06:00"))
    for now in _hours(_at("2026-08-05T07:00"), _at("2026-08-05T20:00")):
        world.call(now)
    published = Counter(line for line in world.told() if line.startswith("published"))
    assert set(published.values()) == {1}
    assert sum("2026-07" in line for line in published) == 2
    witness(
        "S6",
        injected="the clock eight weeks ahead for one call, then right again",
        happened="no future period rendered; what was given up in the future was void, July published once",
    )
