"""A report's kernel and its children, watched from outside: what they hold in memory, and who they are.

Counted is the proportional share (PSS): pages that warm kernels share with their parent count once among them, not
once each. It judges nothing: a kernel that was ended for its memory is told by `over` and `peak`. Children are
remembered, since one that left the kernel's session is nobody's child once the kernel has gone.
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MEGABYTE = 1_000_000
LOOKS_EVERY = 0.1
GROWTH_WORTH_A_LOOK = 16 * MEGABYTE  # the proportional share costs milliseconds to read, the resident size nothing
BACKSTOP_TIMES, BACKSTOP_MORE = 2, 2_000 * MEGABYTE
PROC = Path("/proc")


@dataclass(eq=False)
class ProcessWatch:
    """Looks at a process and its descendants until told to stop; calls `end` once they hold more than `limit`.

    Parameters
    ----------
    pid : the kernel
    limit : bytes of the kernel and its descendants together
    end : ends them
    """

    pid: int
    limit: int
    end: Callable[[], None]
    peak: int = 0
    over: bool = False
    _born: dict[int, float] = field(default_factory=dict, repr=False)
    _stopped: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Begin to look, and set the system's own limit far above as a backstop for one giant allocation."""
        set_backstop(self.pid, self.limit)
        self._thread = threading.Thread(target=self._look_on, name=f"memory of {self.pid}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def below(self) -> list[int]:
        """The descendants that are alive now, those seen before that have lost their parent among them."""
        self._look()
        return [pid for pid, born in list(self._born.items()) if _born(pid) == born]

    def _look(self) -> list[int]:
        found = descendants(self.pid)
        for pid in found:
            if pid not in self._born and (born := _born(pid)) is not None:
                self._born[pid] = born
        return found

    def _look_on(self) -> None:
        seen = 0
        while True:
            family = [self.pid, *self._look()]
            resident = sum(map(resident_size, family))
            if resident > seen + GROWTH_WORTH_A_LOOK or resident > self.limit:
                seen = max(seen, resident)
                self.peak = max(self.peak, sum(map(proportional_size, family)))
            if self.peak > self.limit:
                self.over = True
                self.end()
                return
            if self._stopped.wait(LOOKS_EVERY):
                return


def descendants(pid: int) -> list[int]:
    """The processes below a process, whichever session they are in."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = _children(waiting.pop())
        found += below
        waiting += below
    return found


def resident_size(pid: int) -> int:
    """Bytes in memory, shared ones included; 0 when the process has ended."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def proportional_size(pid: int) -> int:
    """Bytes in memory, each shared page divided among those that share it; the resident size where there is none."""
    try:
        told = (PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return resident_size(pid)
    shares = [line.split()[1] for line in told.splitlines() if line.startswith("Pss:")]
    return int(shares[0]) * 1024 if shares else resident_size(pid)


def set_backstop(pid: int, limit: int) -> None:
    """Have the system refuse a process, and its children, private memory far beyond the limit: an allocation faster
    than any look fails inside the notebook instead of taking the machine down."""
    if sys.platform != "linux":
        return
    import resource

    with suppress(OSError, ValueError):
        told = (PROC / str(pid) / "status").read_text(encoding="ascii")
        taken = next((int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("VmData:")), 0)
        most = taken + BACKSTOP_TIMES * limit + BACKSTOP_MORE
        _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, hard))


def _born(pid: int) -> float | None:
    """When a process began, which tells it from a later one of the same number; None when it has ended."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def _children(pid: int) -> list[int]:
    tasks = PROC / str(pid) / "task"
    try:
        told = [(tasks / task / "children").read_text(encoding="ascii") for task in os.listdir(tasks)]
    except OSError:
        return _children_by_parent(pid)
    return [int(child) for line in told for child in line.split()]


def _children_by_parent(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []
