"""What every test of a fault leaves behind: what was injected and what happened, for docs/reliability.md.

`witness("R1", injected="…", happened="…")` is called at the end of a test, when what it says has been seen. With
FAULTS_SEEN=file each call adds a line of JSON there; otherwise nothing is written.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.delivery.conftest import certificate, drawn, locked_office, post_office, webhook  # noqa: F401 -- fixtures

# the tiny project of the tests of the runner: a store made by hand, steps that measure nothing, notebooks drawn there
tiny = runpy.run_path(str(Path(__file__).parents[1] / "reporting" / "conftest.py"))["tiny"]


@pytest.fixture
def witness(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`witness(row, injected=…, happened=…)`: this test saw the row of the fault table hold."""

    def record(row: str, *, injected: str, happened: str) -> None:
        seen = os.environ.get("FAULTS_SEEN")
        if not seen:
            return
        test = request.node.nodeid.partition("[")[0]
        line = json.dumps({"row": row, "injected": injected, "happened": happened, "test": test}, ensure_ascii=False)
        with Path(seen).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return record


@pytest.fixture(scope="session")
def start_run() -> Callable[..., subprocess.Popen[str]]:
    """`start_run(project, "render", "--json", MARK="1")`: the real command line on a tiny project, in its own process.

    Variables given by name are added to its environment.
    """

    def start(project: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("driver.py")), str(project), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **variables},
        )

    return start


@pytest.fixture(scope="session")
def settled() -> Callable[..., bool]:
    """`settled(condition)`: whether the condition came true before two minutes were over."""

    def wait(condition: Callable[[], bool], seconds: float = 120.0) -> bool:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if condition():
                return True
            time.sleep(0.02)
        return False

    return wait


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str, int], Path]]:
    """`small_disk("out", 16)`: a real file system of so many megabytes of its own, mounted for this test."""
    mounted: list[Path] = []

    def mount(name: str, megabytes: int) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            told = "no file system can be mounted here (needs root): a really full disk is not tried"
            pytest.skip(told)  # also in CI: a right to mount cannot be installed
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class _Marked:
    """The processes that carry a mark in their environment: kernels too, since variables of Python reach them."""

    variable = "PYTHONMARKEDRUN"

    def __call__(self, mark: str) -> list[int]:
        return [process.pid for process in psutil.process_iter() if self._carries(process, mark)]

    def _carries(self, process: psutil.Process, mark: str) -> bool:
        try:
            return process.pid != os.getpid() and process.environ().get(self.variable) == mark
        except psutil.Error:
            return False


@pytest.fixture(scope="session")
def marked() -> _Marked:
    """`marked(mark)`: the processes of a run that was started with `**{marked.variable: mark}` and are still there."""
    return _Marked()
