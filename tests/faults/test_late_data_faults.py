"""Faults of the records' arrival, and what becomes of published reports: late, partial, corrected, failed, the same."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analysis.faults import UserFault
from analysis.reporting import ledger, placing
from analysis.reporting import render as rendering
from analysis.reporting.decisions import read_decisions
from analysis.reporting.parameters import Keep
from analysis.reporting.plan import built_folder
from analysis.reporting.publish import verify
from analysis.reporting.render import render
from analysis.reporting.run_record import read_entries, read_entry

Witness = Callable[..., None]
MONTHLY = {"every": "month", "workday": 3, "hour": 8, "wait_days": 3}
WHOLE = "2026-07-02T00:00:00"
PLACE = {"period": "2026-06", "business_unit": "U01", "report": "cycle"}


@pytest.fixture
def make_world(tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def make(group: dict[str, Any] = MONTHLY, **about: Any) -> Any:
        world = tiny.World(tmp_path, catch_up_days=20, groups={"monthly": group}, **about)
        monkeypatch.setattr(rendering, "_build", world.build)
        return world

    return make


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def _states(world: Any) -> list[tuple[str, str | None]]:
    with ledger.reading(world.suite.out) as book:
        return [(one.state, one.reason) for one in read_decisions(book).values()]


def test_i1_missing_growing_and_late_records_are_waited_for_and_then_given_up_with_the_reason(
    make_world: Callable[..., Any], witness: Witness
) -> None:
    world = make_world()
    seen = []

    def call(moment: str) -> None:
        done = world.call(_at(moment))
        seen.append((done.waiting + done.skipped or [""])[0].partition("monthly 2026-06: ")[2])

    call("2026-07-03T08:00")
    world.bring("2026-06-20T00:00:00", at=_at("2026-07-03T08:55"))
    call("2026-07-03T09:00")
    read_before = world.intakes
    call("2026-07-03T10:00")
    call("2026-07-03T11:00")
    assert (read_before, world.intakes) == (0, 1), "read once, not again while the source stays as it is"
    call("2026-07-06T08:00")
    call("2026-07-06T09:00")
    assert seen == [
        "waiting: no files at data",
        "waiting: still growing: records.json changed at 2026-07-03 00:55 UTC",
        "waiting: the data end at 2026-06-20 00:00, before the end of 2026-06",
        "waiting: the data end at 2026-06-20 00:00, before the end of 2026-06",
        "skipped: the data end at 2026-06-20 00:00, before the end of 2026-06; waited until 2026-07-06 00:00 UTC",
        "",
    ]
    assert world.told() == ["skipped cycle all 2026-06 v0"]
    assert world.built == []
    world.bring(WHOLE, at=_at("2026-07-09T06:00"))
    call("2026-07-09T08:00")
    assert world.told()[1:] == ["published cycle U01 2026-06 v1", "published cycle U02 2026-06 v1"]
    witness(
        "I1",
        injected="no file on 3 July; a file 5 minutes old; a file that ends on 20 June, until the deadline of 6 July",
        happened="waiting with each reason, read once, skipped with the reason and told; published when it came",
    )


def test_i1_records_that_change_while_they_are_read_are_waited_for(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.bring(WHOLE, at=_at("2026-07-02T06:00"))
    real = world._intake

    def grows(source: str, **about: object) -> Any:
        store = real(source, **about)
        with (world.data / "more.csv").open("a") as file:
            file.write("x")
        os.utime(world.data / "more.csv", (_at("2026-07-02T06:00").timestamp(),) * 2)
        return store

    world._intake = grows
    done = world.call(_at("2026-07-03T08:00"))
    world._intake = real
    assert world.built == []
    assert world.call(_at("2026-07-03T09:00")).published == 2
    assert done.published == 0


def test_i2_partial_data_are_said_on_the_page_or_stop_the_run_by_rule(
    make_world: Callable[..., Any], tiny: SimpleNamespace, witness: Witness
) -> None:
    world = make_world({**MONTHLY, "late": "partial"})
    world.bring("2026-06-27T00:00:00", at=_at("2026-07-02T06:00"))
    world.call(_at("2026-07-03T08:00"))
    assert world.built == []
    world.call(_at("2026-07-06T08:00"))
    assert [state for state, _ in _states(world)] == ["partial"]
    page = (world.suite.out / "2026-06/U01/cycle.en.html").read_text()
    banner = "Partial data: the newest record is of 26 June 2026, the period ends on 30 June 2026."
    assert banner in page
    assert "数据不完整：最新记录为2026年6月26日" in (world.suite.out / "2026-06/U01/cycle.zh.html").read_text()
    assert banner in json.loads((world.suite.out / "2026-06/U01/cycle.en.json").read_text())["remarks"][0]["en"]
    world.bring(WHOLE, at=_at("2026-07-08T06:00"), U01_2026_06=2.5)
    world.call(_at("2026-07-08T08:00"))
    page = (world.suite.out / "2026-06/U01/cycle.en.html").read_text()
    assert "Partial data" not in page
    assert "Median 2.31 → 2.50\u00a0days" in page
    # declared whole, but the newest record is of 20 June
    world.bring(WHOLE, newest="2026-06-20T10:00:00", at=_at("2026-07-09T06:00"))
    by_hand = replace(world.suite, period="2026-06", out=world.folder / "by_hand", partial_data="banner")
    assert render(by_hand, steps=world.steps(), progress=tiny.Silent()).published == 2
    assert "newest record is of 20 June 2026" in (by_hand.out / "2026-06/U01/cycle.en.html").read_text()
    with pytest.raises(UserFault, match="the newest record is of 2026-06-20, before the last workday of 2026-06; wait"):
        render(replace(by_hand, partial_data="stop"), steps=world.steps(), progress=tiny.Silent(), force=True)
    witness(
        "I2",
        injected="data that end on 26 June until the deadline; a declared cut-off with a newest record of 20 June",
        happened="a banner in both languages and in the JSON, gone once whole data came; with `stop` nothing rendered",
    )


def test_i16_a_closed_month_corrected_later_is_a_new_version_that_says_what_changed(
    make_world: Callable[..., Any], witness: Witness
) -> None:
    world = make_world()
    out = world.suite.out
    world.bring(WHOLE, at=_at("2026-07-02T06:00"))
    world.call(_at("2026-07-03T08:00"))
    first = {name: (out / "2026-06/U01" / name).read_bytes() for name in ("cycle.en.json", "cycle.xlsx")}
    world.bring(WHOLE, at=_at("2026-07-10T06:00"), U01_2026_06=2.36)
    world.call(_at("2026-07-10T08:00"))
    assert world.told()[2:] == ["corrected cycle U01 2026-06 v2"], "U02's figures are the same: the same version"
    change = {"metric": "repair_cycle_median", "old": 2.31, "new": 2.36, "unit": "d", "card": True}
    named = {**change, "name": {"en": "Median", "zh": "中位数"}}
    assert list(world.items[-1].corrections) == [named]
    facts = json.loads((out / "2026-06/U01/cycle.en.json").read_text())
    assert (facts["version"], facts["corrections"]) == (2, [named])
    page, zh = ((out / f"2026-06/U01/cycle.{language}.html").read_text() for language in ("en", "zh"))
    assert "Version 2, corrected on " in page
    assert "Median 2.31 → 2.36\u00a0days" in page
    assert "第2版，" in zh
    assert "更正：中位数2.31 → 2.36天" in zh
    assert 'href="versions/1/cycle.en.html"' in page
    old = out / "2026-06/U01/versions/1"
    assert {name: (old / name).read_bytes() for name in first} == first
    retired = (old / "cycle.en.html").read_text()
    assert "This is version 1, replaced on " in retired
    assert 'href="../../cycle.en.html"' in retired
    assert 'href="cycle.en.ipynb"' in retired
    index = (out / "2026-06/index.html").read_text()
    assert 'href="U01/versions/1/cycle.en.html"' in index
    assert "Median 2.31 → 2.36\u00a0days" in index
    assert verify(out, read_entries(out)) == []
    with (old / "cycle.en.html").open("a") as page_kept:
        page_kept.write("<p>another word")
    assert [line.split(":")[0] for line in verify(out, read_entries(out))] == ["2026-06/U01/versions/1/cycle.en.html"]
    witness(
        "I16",
        injected="June's records of one unit corrected on 10 July",
        happened="version 2 of that unit alone: 2.31 → 2.36 days on page, index, JSON and in the mail's item; "
        "version 1 kept and linked both ways",
    )


def test_a_weekly_group_hears_once_a_week_of_what_is_new(make_world: Callable[..., Any]) -> None:
    world = make_world({"every": "week", "weekday": "monday", "hour": 8, "wait_days": 0})
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    for hour in range(7, 32):  # Monday, the sixth of July, and the day after
        world.call(_at("2026-07-06T00:00") + timedelta(hours=hour))
    assert world.told() == [  # the weeks before, which nobody was there to call in, were of May
        f"published cycle {unit} {month} v1" for month in ("2026-05", "2026-06") for unit in ("U01", "U02")
    ]
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-08T06:00"), U01_2026_06=2.5)
    for day in range(8, 13):
        world.call(_at(f"2026-07-{day:02d}T12:00"))
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-12T16:00"), U01_2026_06=2.6)
    assert len(world.items) == 4, "until the next Monday nothing is told"
    for day in (13, 14, 20, 21):
        world.call(_at(f"2026-07-{day:02d}T09:00"))
    assert world.told()[4:] == ["corrected cycle U01 2026-06 v2"]


def test_versions_beyond_those_kept_go_and_nothing_links_them(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.suite = replace(world.suite, keep=Keep(versions=2), business_units=("U01",))
    for day, value in enumerate((2.0, 2.1, 2.2, 2.3, 2.4), start=3):
        world.bring(WHOLE, at=_at(f"2026-07-0{day}T06:00"), U01_2026_06=value)
        world.call(_at(f"2026-07-0{day}T08:00"))
    home = world.suite.out / "2026-06"
    assert sorted(int(folder.name) for folder in (home / "U01" / "versions").iterdir()) == [3, 4]
    for page in home.rglob("*.html"):
        for link in page.read_text().split('href="')[1:]:
            target = link.split('"')[0]
            assert target.startswith("#") or (page.parent / target).exists(), f"{page}: {target}"
    records = world.suite.out / ".after_sales" / "versions" / "2026-06" / "U01"
    assert sorted(file.name for file in records.iterdir()) == ["cycle.3.json", "cycle.4.json"]


def test_r13_the_same_inputs_twice_are_rendered_once_and_the_same_facts_are_the_same_version(
    make_world: Callable[..., Any], tiny: SimpleNamespace, witness: Witness
) -> None:
    world = make_world()
    world.bring(WHOLE, at=_at("2026-07-02T06:00"))
    suite = replace(world.suite, period="2026-06")
    first = render(suite, steps=world.steps(), progress=tiny.Silent())
    page = (suite.out / "2026-06/U01/cycle.en.html").read_bytes()
    second = render(suite, steps=world.steps(), progress=tiny.Silent())
    assert (first.published, second.published, second.unchanged, len(world.built)) == (2, 0, 2, 2)
    forced = render(suite, steps=world.steps(), progress=tiny.Silent(), force=True)
    assert (forced.published, (suite.out / "2026-06/U01/cycle.en.html").read_bytes()) == (2, page)
    assert read_entry(suite.out, **PLACE).published.version == 1
    assert not (suite.out / "2026-06/U01/versions").exists()
    world.call(_at("2026-07-03T08:00"))
    world.call(_at("2026-07-03T09:00"))
    assert Counter(world.told()) == {"published cycle U01 2026-06 v1": 1, "published cycle U02 2026-06 v1": 1}
    witness(
        "R13",
        injected="the same inputs rendered twice, then by force, then by the schedule",
        happened="second run rendered nothing; forced, the page was byte-identical and stayed version 1; told once",
    )


def test_r14_one_of_the_units_fails_and_the_others_are_published(
    make_world: Callable[..., Any], witness: Witness
) -> None:
    world = make_world()
    world.bring(WHOLE, at=_at("2026-07-02T06:00"))
    world.call(_at("2026-07-03T08:00"))
    good = (world.suite.out / "2026-06/U01/cycle.en.html").read_bytes()
    world.bring(WHOLE, at=_at("2026-07-04T06:00"), U01_2026_06="fails", U02_2026_06=2.4)
    moments = ["2026-07-04T08:00", "2026-07-04T08:30", "2026-07-04T09:00", "2026-07-04T15:00", "2026-07-05T15:00",
               "2026-07-07T15:00"]  # fmt: skip
    tries = [len(world.call(_at(moment)).failed) for moment in moments]
    assert tries == [1, 0, 1, 1, 1, 0], "tried again after 1, 6 and 24 hours, then left to a hand or other data"
    assert (world.suite.out / "2026-06/U01/cycle.en.html").read_bytes() == good
    index = (world.suite.out / "2026-06/index.html").read_text()
    assert "ZeroDivisionError. The page of" in index
    assert 'href="U01/cycle.en.html"' in index
    assert Counter(world.told()[2:]) == {"corrected cycle U02 2026-06 v2": 1, "failed cycle U01 2026-06 v0": 1}
    assert [state for state, _ in _states(world)] == ["failed"]
    witness(
        "R14",
        injected="one of two units fails in five calls",
        happened="the other published; the index shows the failure beside the last good page, byte-identical; "
        "`due` reported 1 failed (exit 1); one alert",
    )


def test_r8_a_run_killed_at_any_moment_of_publishing_is_finished_by_the_next_call(
    make_world: Callable[..., Any], tiny: SimpleNamespace, witness: Witness
) -> None:
    world = make_world()
    world.bring(WHOLE, at=_at("2026-07-02T06:00"))
    kills = 0
    for value, step in enumerate(range(1, 20, 3), start=3):
        world.bring(WHOLE, at=_at("2026-07-02T06:00"), U01_2026_06=float(value))
        child = os.fork()
        if child == 0:
            _die_at(step)
            try:
                world.call(_at("2026-07-03T08:00"))
            finally:
                os._exit(0)
        kills += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        built = len(world.built)
        world.call(_at("2026-07-03T09:00"))
        facts = json.loads((world.suite.out / "2026-06/U01/cycle.en.json").read_text())
        assert facts["kpis"][0]["value"] == float(value)
        assert verify(world.suite.out, read_entries(world.suite.out)) == []
        assert not any((world.suite.out / ".after_sales" / "staging").iterdir())
        assert len(world.built) - built <= 2, "what was built before the kill is published, not built again"
        assert not any(built_folder(world.suite).glob("*")), "what was published is not kept as built"
    assert kills == 7
    assert max(Counter(world.told()).values()) == 1
    witness(
        "R8",
        injected=f"SIGKILL at {kills} moments of publishing (moves, syncs, ledger changes), each in a new version",
        happened="the next call finished each; every published file had its ledger's checksum; nothing was told twice",
    )


def _die_at(step: int) -> None:
    done = 0

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            nonlocal done
            done += 1
            if done == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        return run

    placing._finish = dying(placing._finish)
    placing._move_all = dying(placing._move_all)
    placing.sync_folder = dying(placing.sync_folder)
    placing._write_synced = dying(placing._write_synced)
    placing.write_record = dying(placing.write_record)
