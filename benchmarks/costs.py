"""What a command costs: CPU and wall seconds of it and of everything it started, orphans included, and its peak memory.

A kernel that is forked by one process and asked for by another is still its descendant: the measuring process takes
the place of a parent that left (Linux), so that nothing a lane started goes uncounted.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
MIB = 1024**2
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, or KiB
_ORPHANS_END = 10.0
_TOLD = 2000


@dataclass(frozen=True)
class Cost:
    """What something took.

    Parameters
    ----------
    cpu, wall : seconds; CPU of the process and of all it started
    peak_mib : the most that one of its processes held; of the whole tree where it was watched
    """

    cpu: float = 0.0
    wall: float = 0.0
    peak_mib: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu + other.cpu, self.wall + other.wall, max(self.peak_mib, other.peak_mib))


def cost_of(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    watch: "Watch | None" = None,
    aloud: bool = False,
) -> tuple[Cost, str]:
    """What a command costs, run from the project's folder, and what it printed.

    Parameters
    ----------
    environment : beside this process's own
    watch : looks at the command's processes while they run
    aloud : what it says beside its results is heard while it runs

    Raises
    ------
    SystemExit : the command failed, with the end of what it said
    """
    adopt_orphans()
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            list(command), cwd=ROOT, env=_environment(environment or {}), stdout=printed, stderr=None if aloud else said
        )
        if watch is not None:
            watch.begin(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        if watch is not None:
            watch.end()
        cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss * _RSS_UNIT / MIB
        cpu += _orphans()
        printed.seek(0)
        said.seek(0)
        if process.returncode:
            told = (printed.read() + said.read())[-_TOLD:]
            raise SystemExit(f"{' '.join(command)} failed ({process.returncode}):\n{told}")
        return Cost(cpu, wall, max(peak, watch.peak_mib if watch else 0.0)), printed.read()


def adopt_orphans() -> None:
    """Have processes whose parent leaves become children of this one, so that their CPU is counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's own with one thread for linear algebra, and compiled modules kept, as on a user's machine: else
    every new interpreter compiles the suite again."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**own, **ONE_THREAD, **more}


def _orphans() -> float:
    """CPU seconds of what the command left behind; it is waited for, for a while."""
    cpu, until = 0.0, time.monotonic() + _ORPHANS_END
    while time.monotonic() < until:
        try:
            pid, _, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if pid:
            cpu += used.ru_utime + used.ru_stime
        else:
            time.sleep(0.01)
    return cpu


class Watch:
    """Looks at a process and all below it every `seconds`; subclasses say what is seen in them."""

    def __init__(self, seconds: float = 0.2) -> None:
        self.peak_mib = 0.0
        self._seconds = seconds
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, pid: int) -> None:
        """Look from now on."""
        self._thread = threading.Thread(target=self._look, args=(pid,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def see(self, pids: Sequence[int]) -> None:
        """Note the memory of the tree: resident, pages that are shared counted once for each process."""
        self.peak_mib = max(self.peak_mib, sum(resident_mib(pid) for pid in pids))

    def _look(self, pid: int) -> None:
        while not self._over.wait(self._seconds):
            self.see([pid, *descendants(pid)])


def descendants(pid: int) -> list[int]:
    """All processes below one, as /proc tells them; none where there is no /proc."""
    below: dict[int, list[int]] = {}
    for each, parent in _parents():
        below.setdefault(parent, []).append(each)
    found, waiting = [], [pid]
    while waiting:
        children = below.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def resident_mib(pid: int) -> float:
    """What a process holds in memory; 0 when it has gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB
    except (OSError, IndexError, ValueError):
        return 0.0


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            yield int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
