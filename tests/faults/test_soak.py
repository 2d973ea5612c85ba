"""A long run leaves nothing behind: memory of the runner and of the parent of kernels stays flat, and so do processes,
threads, open files and temporary files."""

import json
import subprocess
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

UNITS = 4  # three and the company
GROWTH_AT_MOST = 10  # MB from the first fifth of the reports to the last, of any process that lives through the run


def test_r8_forty_reports_leave_no_process_thread_file_or_memory_behind(soak: Callable[..., dict], witness):
    told = soak(notebooks=10, look_every=5)
    witness("R8", injected=told["injected"], happened=told["happened"])


@pytest.mark.prove
def test_r8_a_thousand_reports_leave_no_process_thread_file_or_memory_behind(soak: Callable[..., dict], witness):
    told = soak(notebooks=250, look_every=20)
    witness("R8", injected=told["injected"], happened=told["happened"])


@pytest.fixture
def soak(
    tiny: SimpleNamespace, tmp_path: Path, start_run: Any, settled: Any, marked: Any
) -> Callable[..., dict[str, str]]:
    """`soak(notebooks=10, look_every=5)`: render so many notebooks for four units and look at the processes."""

    def run(*, notebooks: int, look_every: int) -> dict[str, str]:
        tiny.write_store(tmp_path / "made")
        for number in range(notebooks):
            tiny.write_notebook(tmp_path / "notebooks", f"report{number:03d}", "value = [1] * 1000")
        (tmp_path / "settings.json").write_text(json.dumps({"workers": 2}), encoding="utf-8")
        temporary, mark = tmp_path / "tmp", uuid.uuid4().hex
        temporary.mkdir()
        runner = start_run(tmp_path, "render", "--json", **{marked.variable: mark, "TMPDIR": str(temporary)})
        looks = _look_on(runner, every=look_every)
        rest, faults = runner.communicate()
        assert runner.returncode == 0, faults
        total = notebooks * UNITS
        assert json.loads(rest.splitlines()[-1])["published"] == total
        assert settled(lambda: not marked(mark)), "a process of the run is still there"
        assert list(temporary.iterdir()) == [], "temporary files are left"
        kept = [look for look in looks if look.keys() == looks[0].keys()]
        assert len(kept) > 4
        told = {name: _growth([look[name] for look in kept]) for name in kept[-1]}
        assert max(growth["megabytes"] for growth in told.values()) < GROWTH_AT_MOST, told
        assert max(growth["files"] for growth in told.values()) <= 2, told
        assert max(growth["threads"] for growth in told.values()) <= 1, told
        shown = "; ".join(f"{name} {growth['megabytes']:+.1f} MB" for name, growth in told.items())
        return {
            "injected": f"{total} reports in one run through warm kernels, two at a time",
            "happened": f"all {total} published; private memory from the first fifth to the last: {shown}; no more "
            "threads and files open, no process and no temporary file left",
        }

    return run


def _look_on(runner: subprocess.Popen[str], *, every: int) -> list[dict[str, dict[str, float]]]:
    """What the runner, the parent of kernels and the workers hold, each time so many more reports are built."""
    looks, built = [], 0
    assert runner.stdout is not None
    for line in runner.stdout:
        told = json.loads(line)
        if told.get("event") == "report" and told["status"] == "built":
            built += 1
            if built % every == 0:
                with suppress(psutil.NoSuchProcess):  # a worker leaves when the last report is built
                    looks.append(_look(runner.pid))
        if told.get("event") == "report" and told["status"] == "published":
            break
    return looks


def _look(runner: int) -> dict[str, dict[str, float]]:
    """The processes that live through the whole run: neither kernels nor what multiprocessing keeps beside."""
    seen = {"runner": _held(psutil.Process(runner))}
    workers = 0
    for process in psutil.Process(runner).children():
        command = " ".join(process.cmdline())
        if "analysis.reporting.nursery" in command:
            seen["parent of kernels"] = _held(process)
        elif "spawn_main" in command:
            workers += 1
            seen[f"worker {workers}"] = _held(process)
    return seen


def _held(process: psutil.Process) -> dict[str, float]:
    return {
        "megabytes": process.memory_full_info().uss / 1e6,
        "threads": process.num_threads(),
        "files": process.num_fds(),
    }


def _growth(looks: list[dict[str, float]]) -> dict[str, float]:
    """From the first fifth to the last fifth of the looks: the medians' difference."""
    fifth = max(1, len(looks) // 5)
    first, last = looks[:fifth], looks[-fifth:]
    return {name: float(np.median([x[name] for x in last]) - np.median([x[name] for x in first])) for name in looks[0]}
