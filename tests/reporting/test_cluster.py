"""Reports handed to a Dask cluster: the same pages as made here, lost workers made good, a wrong cluster refused."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.faults import UserFault
from analysis.reporting import cluster as clusters
from analysis.reporting.parameters import PROJECT
from analysis.reporting.render import render

WAITS = """
from pathlib import Path
import psutil, time
if not Path({mark!r}).exists():
    Path({mark!r}).write_text(" ".join(str(one.pid) for one in psutil.Process().parents()))
    time.sleep(100)
"""


class Cluster:
    """A scheduler and its workers, as processes of this machine."""

    def __init__(self, folder: Path, leaving: ExitStack) -> None:
        self.file, self.leaving, self.workers = folder / "scheduler.json", leaving, []
        folder.mkdir(parents=True, exist_ok=True)
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--no-show")
        settles(self.file.is_file)
        self.address = json.loads(self.file.read_text())["address"]

    def add_worker(self, code: Path = PROJECT) -> subprocess.Popen:
        """One more worker, with one thread, of the project in `code`."""
        settings = (
            "--nthreads",
            "1",
            "--no-nanny",
            "--local-directory",
            str(self.file.parent),
            "--death-timeout",
            "60",
        )
        self.workers.append(self._start("dask_worker", *settings, code=code))
        return self.workers[-1]

    def _start(self, program: str, *settings: str, code: Path = PROJECT) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", str(self.file)]
        process = subprocess.Popen(
            [*command, "--no-dashboard", *settings], cwd=code, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(code), "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "60s"},
        )  # fmt: skip
        self.leaving.callback(_end, process)
        return process


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as leaving:
        yield Cluster(tmp_path / "cluster", leaving)


@pytest.fixture
def made(tiny: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    """A project of one sound and one failing notebook, not rendered yet."""
    tiny.write_notebook(tmp_path / "notebooks", "sound", "print('seen')")
    tiny.write_notebook(tmp_path / "notebooks", "raises", "1 / 0")
    suite = tiny.make_suite(tmp_path, business_units=("U01", "U02"))
    steps = tiny.make_steps(tiny.write_store(tmp_path / "made"))
    return SimpleNamespace(suite=suite, render=lambda given: render(given, steps=steps, progress=tiny.Silent()))


@pytest.mark.prove
def test_a_cluster_makes_the_pages_that_this_machine_makes(
    cluster: Cluster, made: SimpleNamespace, tmp_path: Path
) -> None:
    cluster.add_worker(), cluster.add_worker()
    here = made.render(made.suite)
    there = made.render(replace(made.suite, out=tmp_path / "there", cluster=cluster.address))

    assert (there.published, there.failed) == (here.published, here.failed)
    assert here.published == 2
    assert len(here.failed) == 2
    assert published(tmp_path / "there") == published(tmp_path / "out")


def test_an_address_without_a_scheduler_is_a_mistake_and_nothing_is_rendered(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 1)
    with pytest.raises(UserFault, match=r"cluster: no scheduler answers at tcp://127\.0\.0\.1:9 .*dask scheduler"):
        made.render(replace(made.suite, cluster="tcp://127.0.0.1:9"))
    assert not list(made.suite.out.rglob("*.html"))


@pytest.mark.prove
def test_a_scheduler_without_workers_is_a_mistake(
    cluster: Cluster, made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "WORKER_SECONDS", 1)
    with pytest.raises(UserFault, match="has no worker; start some with `dask worker tcp://"):
        made.render(replace(made.suite, cluster=cluster.address))


@pytest.mark.prove
def test_a_worker_of_another_version_is_refused_by_name(
    cluster: Cluster, made: SimpleNamespace, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(PROJECT / "analysis", other / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "analysis" / "store.py").open("a") as opened:
        opened.write("\n# changed\n")
    cluster.add_worker(code=other)
    with pytest.raises(UserFault, match=r"cluster: worker tcp://\S+: its code or packages in .*other are not those"):
        made.render(replace(made.suite, cluster=cluster.address))


@pytest.mark.prove
def test_a_report_whose_worker_is_killed_is_made_by_another(
    cluster: Cluster, made: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    tiny.write_notebook(tmp_path / "notebooks", "waits", WAITS.format(mark=str(mark)))
    workers = {process.pid: process for process in (cluster.add_worker(), cluster.add_worker())}
    suite = replace(made.suite, reports=("waits",), cluster=cluster.address)
    with meanwhile(lambda: _kill(workers, mark)):
        outcome = made.render(suite)

    assert (outcome.published, outcome.failed) == (2, ())
    assert sorted(process.poll() is None for process in workers.values()) == [False, True]


@pytest.mark.prove
def test_when_the_scheduler_is_lost_what_was_built_is_published_and_the_rest_is_told(
    cluster: Cluster, made: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    tiny.write_notebook(tmp_path / "notebooks", "waits", WAITS.format(mark=str(mark)))
    cluster.add_worker()
    suite = replace(made.suite, reports=("sound", "waits"), business_units=("U01",), cluster=cluster.address)
    with meanwhile(lambda: settles(mark.is_file) and _end(cluster.scheduler)):
        outcome = made.render(suite)

    assert len(outcome.failed) + outcome.published == 2
    assert all("the scheduler at" in line and "was lost; run again" in line for line in outcome.failed)
    assert made.render(replace(suite, cluster=None)).failed == ()


def published(out: Path) -> dict[str, str]:
    """Every page and JSON by its path in the output folder, without the times at which it was made."""
    files = [file for kind in ("html", "json") for file in out.glob(f"2*/U*/*.{kind}")]
    return {file.relative_to(out).as_posix(): _timeless(file.read_text(encoding="utf-8")) for file in files}


def _timeless(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    return re.sub(r'("seconds": |<dd>)\d+\.?\d*( s</dd>)?', "SECONDS", text)


@contextmanager
def meanwhile(does: Callable[[], object]) -> Iterator[None]:
    """What another thread does while the block runs; it must have come to its end."""
    thread = threading.Thread(target=does)
    thread.start()
    yield
    thread.join(240)
    assert not thread.is_alive()


def settles(condition: Callable[[], bool], seconds: float = 240.0) -> bool:
    """Whether the condition came true in time."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    raise AssertionError("it never came true")


def _kill(workers: dict[int, subprocess.Popen], mark: Path) -> None:
    """SIGKILL for the worker that builds the report that waits."""
    settles(lambda: mark.is_file() and mark.read_text() != "")
    (worker,) = {int(pid) for pid in mark.read_text().split()} & set(workers)
    os.kill(worker, signal.SIGKILL)
    workers[worker].wait()


def _end(process: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()
