"""Row R8: the runner is killed, again and again, at moments drawn by lot; what readers see stays whole every time.

Whole means: every published file is, byte for byte, one that a run wrote as a whole; nothing is lost; the next call
makes exactly what is missing, and nothing of the killed run goes on.
"""

import json
import random
import re
import signal
import subprocess
import time
import uuid
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analysis.reporting.parameters import Limits
from analysis.reporting.plan import built_folder
from analysis.reporting.publish import verify
from analysis.reporting.run_record import read_entries

CELL = """
with open({log!r}, "a") as log:
    log.write(f"{{business_unit}} {name} {version}\\n")
text = "{name} of version {version} " * 2000
note = {{"kind": "note", "html": {{"en": f"<p>{{text}}</p>"}}}}
display({{"application/vnd.after-sales.block+json": note}}, raw=True)
"""
MARK = "PYTHONMARKEDRUN"  # the `marked` fixture's own
UNITS = 4  # three and the company


def test_r8_a_run_asked_to_end_takes_its_kernels_along(project: Any, start_run, settled, marked, witness):
    made = project(reports=1)
    made.write(version=1, cell="import time\ntime.sleep(600)")
    run, mark = made.start(start_run)
    assert settled(lambda: made.executions(1) > 0)
    run.send_signal(signal.SIGTERM)
    told = run.communicate(timeout=60)[1]
    assert (run.returncode, told.splitlines()[-1].split(";")[0]) == (130, "interrupted")
    assert settled(lambda: not marked(mark))
    witness(
        "R8",
        injected="SIGTERM to the runner while cells run",
        happened="exit code 130, 'interrupted; what is built is kept, the next run goes on from there'; no process "
        "left",
    )


def test_r8_a_run_killed_once_loses_nothing_and_goes_on_where_it_was(project: Any, start_run, settled, marked, witness):
    made = project(reports=2, units=("U01", "U02"))
    told = _kill_again_and_again(made, start_run, settled, marked, kills=1, seed=7)
    witness("R8", **told)


@pytest.mark.prove
def test_r8_a_run_killed_three_times_loses_nothing_and_goes_on_where_it_was(
    project: Any, start_run, settled, marked, witness
):
    told = _kill_again_and_again(project(reports=3), start_run, settled, marked, kills=3, seed=7)
    witness("R8", **told)


@pytest.mark.prove
def test_r8_a_run_of_100_reports_killed_twenty_times_loses_nothing(project: Any, start_run, settled, marked, witness):
    told = _kill_again_and_again(project(reports=25), start_run, settled, marked, kills=20, seed=20261122)
    witness("R8", **told)


def _kill_again_and_again(
    made: Any, start_run: Any, settled: Any, marked: Any, *, kills: int, seed: int
) -> dict[str, str]:
    """Publish everything once, then change every report and kill the run that renders it, until `kills` are done."""
    lot, total = random.Random(seed), made.total
    version, seconds, at, building = 1, made.publish(start_run, version=1), [], 0
    made.write(version := 2)
    whole = made.published()
    while len(at) < kills:
        before = made.executions(version)
        rest = total - made.done(version)
        run, mark = made.start(start_run)
        moment = made.wait_for_a_moment(lot, run, version=version, seconds=seconds)
        alive = run.poll() is None  # a run that ended just before was not killed, and is not counted
        run.kill()
        run.communicate(timeout=60)
        assert settled(lambda mark=mark: not marked(mark)), "a process of the killed run goes on"
        assert made.executions(version) - before <= rest, "a report that was done was made again"
        made.check_whole(whole, version)
        done, published = made.done(version), made.done(version, published=True)
        if alive:
            building += done < total
            at.append(f"{moment} ({done} of {total} built, {published} of them published)")
        if published == total:
            whole = made.published()
            made.write(version := version + 1)
    rest, before = total - made.done(version), made.executions(version)
    outcome = made.finish(start_run)
    assert (outcome["published"], outcome["failed"]) == (total - outcome["unchanged"], [])
    assert made.executions(version) - before == rest, "the next call did not make exactly the rest"
    assert made.done(version, published=True) == total
    made.check_nothing_left()
    return {
        "injected": f"SIGKILL of the runner at {kills} moments of runs of {total} reports drawn by lot, {building} of "
        f"them while reports were built: " + "; ".join(at[:6]) + (" …" if kills > 6 else ""),
        "happened": f"after every kill each of the {total * 7} published files was whole and byte-identical to one "
        f"that a run had written as a whole, none was missing, and no process was left; the next call made exactly "
        f"the {rest} reports that were missing; staging empty, checksums right",
    }


@pytest.fixture
def project(tiny: SimpleNamespace, tmp_path: Path) -> Callable[..., "_Project"]:
    """`project(reports=3)`: so many notebooks for three units and the company, or the units given."""
    tiny.write_store(tmp_path / "made")
    return partial(_Project, tiny, tmp_path)


class _Project:
    """A project whose reports say which version they are, and log every execution."""

    def __init__(self, tiny: SimpleNamespace, folder: Path, reports: int, units: tuple[str, ...] = ()) -> None:
        self.tiny, self.folder, self.names = tiny, folder, [f"report{number:02d}" for number in range(reports)]
        self.log, self.total = folder / "executions", reports * (len(units) or UNITS)
        self.suite = tiny.make_suite(folder, workers=2, business_units=units)
        limits = {"cell_seconds": 300, "report_seconds": 600, "free_megabytes": 1}
        assert Limits(**limits)
        (folder / "settings.json").write_text(
            json.dumps({"workers": 2, "limits": limits, "business_units": units}), encoding="utf-8"
        )
        self.log.touch()

    def write(self, version: int, cell: str = "pass") -> None:
        for name in self.names:
            body = CELL.format(log=str(self.log), name=name, version=version)
            self.tiny.write_notebook(self.folder / "notebooks", name, body, cell)

    def start(self, start_run: Any) -> tuple[subprocess.Popen[str], str]:
        mark = uuid.uuid4().hex
        return start_run(self.folder, "render", "--json", **{MARK: mark}), mark

    def finish(self, start_run: Any) -> dict[str, Any]:
        run, _ = self.start(start_run)
        told, faults = run.communicate()
        assert run.returncode == 0, faults
        return json.loads(told.splitlines()[-1])

    def publish(self, start_run: Any, *, version: int) -> float:
        """Everything of a version, published by a run that nobody disturbs; how many seconds that took."""
        self.write(version)
        began = time.monotonic()
        assert self.finish(start_run)["published"] == self.total
        return time.monotonic() - began

    def published(self) -> dict[str, bytes]:
        """Every published file, by place."""
        files = (file for name in self.names for file in self.suite.out.glob(f"2026-06/*/{name}.*"))
        kept = {
            str(file.relative_to(self.suite.out)): file.read_bytes() for file in files if file.parent.name != "failed"
        }
        return kept

    def executions(self, version: int) -> int:
        return sum(line.endswith(f" {version}") for line in self.log.read_text().splitlines())

    def done(self, version: int, *, published: bool = False) -> int:
        """Reports of this version that are published with their record, or built as a whole and waiting."""
        keys = {entry.published.key: entry for entry in read_entries(self.suite.out) if entry.published}
        there = {key for key, entry in keys.items() if self._version_of(entry) == version}
        waiting = {file.parent.name for file in built_folder(self.suite).glob("[!.]*/built.json")}
        # a run that was killed between a publication and its clearing up leaves what is published waiting too
        return len(there if published else there | {key for key in waiting - keys.keys() if self._is_of(key, version)})

    def _is_of(self, key: str, version: int) -> bool:
        """Whether a built report that waits is of this version; False where it was published just now."""
        try:
            page = next((built_folder(self.suite) / key).glob("*.en.html")).read_text(encoding="utf-8")
        except (StopIteration, FileNotFoundError):
            return False
        return f"of version {version} " in page

    def _version_of(self, entry: Any) -> int:
        folder = next(self.suite.out.glob(f"2026-06/{_folder(entry.business_unit)}"))
        page = (folder / f"{entry.report}.en.html").read_text(encoding="utf-8")
        digest = entry.published.files[f"{entry.report}.en.html"]
        found = re.search(r"of version (\d+) ", page)
        assert found is not None
        return int(found[1]) if _digest(page) == digest else 0

    def wait_for_a_moment(self, lot: random.Random, run: subprocess.Popen[str], *, version: int, seconds: float) -> str:
        """Wait for a moment drawn by lot: a share of the time a run takes, or so many reports built or published."""
        kind, done = lot.choice(["time", "built", "publishing"]), self.done(version)
        if kind == "time":
            share = lot.random()
            left = max(1 - done / self.total, 0.2)
            _until(run, time.monotonic() + share * left * seconds, lambda: False)
            return f"after {share:.0%} of the time left"
        if kind == "built" and done < self.total:
            many = lot.randint(done + 1, self.total)
            _until(run, time.monotonic() + seconds * 3, lambda: self.done(version) >= many)
            return f"at {many} built"
        many = lot.randint(1, self.total - self.done(version, published=True))
        changed = self.published()
        _until(run, time.monotonic() + seconds * 3, lambda: self._replaced(changed) >= many)
        return f"at {many} more published"

    def _replaced(self, before: dict[str, bytes]) -> int:
        pages = [name for name in before if name.endswith(".en.html")]
        return sum((self.suite.out / name).read_bytes() != before[name] for name in pages)

    def check_whole(self, whole: dict[str, bytes], version: int) -> None:
        """Every file of before is there, byte-identical or the new version's own, and no file is half."""
        now = self.published()
        assert now.keys() == whole.keys(), "a published file was lost"
        changed = [name for name, content in now.items() if content != whole[name]]
        for name in changed:
            _check_file(self.suite.out / name, now[name], version)

    def check_nothing_left(self) -> None:
        assert verify(self.suite.out, read_entries(self.suite.out)) == []
        left = [*(self.suite.out / ".after_sales" / "staging").glob("*"), *built_folder(self.suite).glob("*")]
        assert left == []
        assert not list(self.suite.out.rglob(".*.[0-9]*"))


def _until(run: subprocess.Popen[str], ends: float, condition: Callable[[], bool]) -> None:
    while time.monotonic() < ends and run.poll() is None and not condition():
        time.sleep(0.005)


def _check_file(file: Path, content: bytes, version: int) -> None:
    if file.suffix == ".html":
        assert content.rstrip().endswith(b"</html>")
        assert f"of version {version} ".encode() in content
    elif file.suffix == ".xlsx":
        assert zipfile.ZipFile(file).testzip() is None
    else:
        json.loads(content)


def _folder(unit: str) -> str:
    from analysis.reporting.folders import unit_folder

    return unit_folder(unit)


def _digest(page: str) -> str:
    import hashlib

    return hashlib.sha256(page.encode()).hexdigest()
