"""A Dask scheduler and two workers on this machine, and a render through them: what `make cluster-demo` does.

`python -m analysis.reporting.cluster_demo [render's own selectors]`. It shows that a cluster works here before one is
set up for real; on one machine it is no faster than `--workers 2`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

from analysis.faults import UserFault
from analysis.reporting.command_line import main as run_command
from analysis.reporting.parameters import PROJECT

WORKERS = 2
START_SECONDS = 60


def main(selectors: Sequence[str]) -> int:
    """Render through a cluster of this machine's own, and end it; the exit code of `render`.

    Raises
    ------
    UserFault : the scheduler did not start
    """
    with ExitStack() as leaving:
        folder = Path(leaving.enter_context(tempfile.TemporaryDirectory(prefix="after-sales-cluster-")))
        file = folder / "scheduler.json"
        leaving.callback(_end, _start(file, "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show"))
        for _ in range(WORKERS):
            own = ("--nthreads", "1", "--host", "127.0.0.1", "--local-directory", str(folder))
            leaving.callback(_end, _start(file, "dask_worker", *own))
        address = _address(file)
        sys.stdout.write(f"cluster-demo: scheduler at {address}, {WORKERS} workers\n")
        sys.stdout.flush()
        return run_command(["render", "--cluster", address, *selectors])


def _start(file: Path, program: str, *settings: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", str(file), "--no-dashboard"]
    return subprocess.Popen([*command, *settings], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _address(file: Path) -> str:
    ends = monotonic() + START_SECONDS
    while monotonic() < ends:
        if file.is_file():
            return str(json.loads(file.read_text(encoding="utf-8"))["address"])
        sleep(0.1)
    raise UserFault(f"cluster-demo: no scheduler within {START_SECONDS} s; try `.venv/bin/dask scheduler` by hand")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
