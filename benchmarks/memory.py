"""What a worker and the kernel it renders with hold beyond the parent that all kernels share, while the suite runs."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.costs import Watch

_PARENT = "analysis.reporting.nursery"
_WORKERS = ("multiprocessing.forkserver", "multiprocessing.spawn")
_KIB = 1024


class FamilyWatch(Watch):
    """Beside the whole tree's memory: the most a worker held (its proportional share), and the most a kernel held that
    its parent does not (its private pages)."""

    def __init__(self) -> None:
        super().__init__(seconds=0.5)
        self.worker_mib = 0.0
        self.kernel_mib = 0.0

    def see(self, pids: Sequence[int]) -> None:
        """Note the largest worker and the largest kernel."""
        super().see(pids)
        workers = [pid for pid in pids if any(_is(pid, name) for name in _WORKERS)]
        kernels = [pid for pid in pids if _is(pid, _PARENT) and _is(_parent_of(pid), _PARENT)]
        self.worker_mib = max([self.worker_mib, *(_of(pid, "Pss") for pid in workers)])
        self.kernel_mib = max([self.kernel_mib, *(_of(pid, "Private_Clean", "Private_Dirty") for pid in kernels)])

    def told(self) -> dict[str, float]:
        """Worker, kernel and both in MiB."""
        both = self.worker_mib + self.kernel_mib
        return {
            "worker_pss_mib": round(self.worker_mib),
            "kernel_private_mib": round(self.kernel_mib),
            "worker_and_kernel_mib": round(both),
        }


def _is(pid: int, name: str) -> bool:
    try:
        return name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _parent_of(pid: int) -> int:
    """The process that forked it; 0 when it has gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _of(pid: int, *names: str) -> float:
    """Figures of /proc's summary of a process in MiB; 0 when it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    wanted = {f"{name}:" for name in names}
    return sum(int(line.split()[1]) for line in lines if line.split()[0] in wanted) / _KIB
