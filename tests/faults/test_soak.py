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

import psutil
import pytest

UNITS = 4  # three and the company
# from the first half of a run to the second, of any process that lives through it: what one report holds at a time may
# show as a difference, what every report leaves would be many times that in a run of 1,000
GROWTH_AT_MOST = {"megabytes": 10, "threads": 4, "files": 15}


def test_r8_twelve_reports_leave_no_process_thread_file_or_memory_behind(soak: Callable[..., dict], witness):
    told = soak(notebooks=3, look_every=1)
    witness("R8", injected=told["injected"], happened=told["happened"])


@pytest.mark.prove
def test_r8_a_thousand_reports_leave_no_process_thread_file_or_memory_behind(soak: Callable[..., dict], witness):
    told = soak(notebooks=250, look_every=20)
    witness("R8", injected=told["injected"], happened=told["happened"])


@pytest.fixture
def soak(
    tiny: SimpleNamespace, tmp_path: Path, start_run: Any, settled: Any, marked: Any
) -> Callable[..., dict[str, str]]:
    """`soak(notebooks=3, look_every=1)`: render so many notebooks for four units and look at the processes."""

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
        for name, most in GROWTH_AT_MOST.items():
            assert max(growth[name] for growth in told.values()) < most, told
        shown = "; ".join(f"{name} {growth['megabytes']:+.1f} MB" for name, growth in told.items())
        return {
            "injected": f"{total} reports in one run through warm kernels, two at a time",
            "happened": f"all {total} published; resident memory from the first half to the second: {shown}; "
            "threads and open files within what one report holds; no process and no temporary file left",
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
        elif "multiprocessing.forkserver" in command:
            for worker in process.children():
                workers += 1
                seen[f"worker {workers}"] = _held(worker)
    return seen


def _held(process: psutil.Process) -> dict[str, float]:
    return {
        "megabytes": process.memory_info().rss / 1e6,  # private memory would fall while kernels share it
        "threads": process.num_threads(),
        "files": process.num_fds(),
    }


def _growth(looks: list[dict[str, float]]) -> dict[str, float]:
    """From the first half of the looks to the second: the least of each, so that work in hand does not count."""
    half = len(looks) // 2
    return {name: min(x[name] for x in looks[half:]) - min(x[name] for x in looks[:half]) for name in looks[0]}
