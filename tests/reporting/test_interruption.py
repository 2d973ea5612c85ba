"""What becomes of a run that is stopped from outside: its kernel goes too, and the next run finds the folder free."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from analysis.reporting.locking import lock

DRIVER = """
import runpy, sys
from pathlib import Path
if __name__ == "__main__":
    from analysis.reporting import command_line, commands
    from analysis.store import Store

    tiny, folder = runpy.run_path(sys.argv[1]), Path(sys.argv[2])
    commands.suite_steps = lambda: tiny["make_steps"](Store(folder / "made"))
    commands.read_suite = lambda params: tiny["make_suite"](folder, business_units=("U01",))
    sys.exit(command_line.main(sys.argv[3:]))
"""


@pytest.fixture(scope="module")
def project(tiny: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interrupted")
    tiny.write_store(folder / "made")
    tiny.write_notebook(folder / "notebooks", "waits", WAIT.format(fifo=str(folder / "kernel.pid")))
    os.mkfifo(folder / "kernel.pid")
    (folder / "driver.py").write_text(DRIVER)
    return folder


WAIT = "import os, time\nwith open({fifo!r}, 'w') as told:\n    told.write(str(os.getpid()))\ntime.sleep(600)"


def _start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        str(project / "driver.py"),
        str(Path(__file__).with_name("conftest.py")),
        str(project),
        *arguments,
    ]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )


def test_a_run_that_is_asked_to_stop_takes_its_kernel_along(project: Path) -> None:
    run, kernel = _started(project)
    second = _start(project)
    _, told = second.communicate(timeout=60)
    assert second.returncode == 3
    assert f"another run holds it (process {run.pid} since" in told
    run.terminate()
    _, told = run.communicate(timeout=60)
    assert (run.returncode, told.splitlines()[-1].split(";")[0]) == (130, "interrupted")
    assert psutil.wait_procs([kernel], timeout=30)[1] == []


def test_a_killed_run_takes_its_kernel_along_and_leaves_the_folder_free(project: Path) -> None:
    run, kernel = _started(project)
    run.kill()
    run.communicate(timeout=60)
    assert psutil.wait_procs([kernel], timeout=30)[1] == []
    with lock(project / "out" / ".after_sales" / "lock"):
        pass


def _started(project: Path) -> tuple[subprocess.Popen[str], psutil.Process]:
    """A run and its kernel, once the cell that waits runs: opening a pipe waits for its writer."""
    run = _start(project)
    return run, psutil.Process(int((project / "kernel.pid").read_text()))
