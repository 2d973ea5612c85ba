"""One notebook in one kernel: papermill's engine with time limits per cell and report, and nothing left running.

It judges nothing: what a cell raised, or what became of the kernel, leaves here as an exception for `execute` to name.
"""

import os
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.iorw import write_ipynb

from analysis.reporting import warm_kernels
from analysis.reporting.parameters import Limits
from analysis.reporting.process_watch import MEGABYTE, ProcessWatch

ENGINE = "after-sales"
START_SECONDS = 60
RUNNING: set["Watch"] = set()


@dataclass(eq=False)
class Watch:
    """What the engine sees while a notebook runs: which cell was sent last, and the kernel's process."""

    limits: Limits
    started: float = field(default_factory=monotonic)
    cell_index: int | None = None
    kernel_pid: int | None = None
    family: ProcessWatch | None = None

    def seconds_left(self, _cell: NotebookNode | None = None) -> float:
        """How long the next cell may take: its own limit or what the report has left, whichever is less."""
        return max(0.1, min(self.limits.cell_seconds, self.limits.report_seconds - (monotonic() - self.started)))

    @property
    def report_is_over(self) -> bool:
        """Whether the report's own limit has passed."""
        return monotonic() - self.started >= self.limits.report_seconds

    def kernel_started(self, pid: int | None) -> None:
        """Remember the kernel, so that it and its children can be ended, also when this process is told to leave."""
        self.kernel_pid = pid
        RUNNING.add(self)
        if pid is not None:
            self.family = ProcessWatch(pid, self.limits.report_megabytes * MEGABYTE, end=self._kill)
            self.family.start()

    def cell_sent(self, cell_index: int) -> None:
        """Remember the cell that runs now."""
        self.cell_index = cell_index

    def end_kernel(self) -> None:
        """Kill the kernel and whatever it started."""
        if self.family is not None:
            self.family.stop()
        self._kill()
        self.kernel_pid = None
        RUNNING.discard(self)

    @property
    def peak_megabytes(self) -> int | None:
        """The most that the kernel and its children were seen to hold; None when they were never looked at."""
        return round(self.family.peak / MEGABYTE) if self.family and self.family.peak else None

    @property
    def over_memory(self) -> bool:
        """Whether the kernel was ended for the memory it held."""
        return self.family is not None and self.family.over

    def _kill(self) -> None:
        """The kernel's process group at once, and those of its descendants that left it."""
        pid = self.kernel_pid
        if pid is None or self.family is None:
            return
        below = self.family.below()
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(pid, signal.SIGKILL)
        for each in below:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)


class ReportEngine(Engine):
    """Papermill's engine for one report. Registered as "after-sales"."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        watch: Watch,
        environment: Mapping[str, str],
        nursery: str | None = None,
        **_: object,
    ) -> None:
        """Run every cell in a kernel of its own, a warm one where there is a `nursery`; on any end but a cell's own
        error, keep the notebook as far as it came."""
        with tempfile.TemporaryDirectory(prefix="asr-") as folder:
            manager = _manager(kernel_name, Path(folder))
            warm_kernels.use(manager, nursery)
            client = PapermillNotebookClient(
                nb_man,
                km=manager,
                timeout_func=watch.seconds_left,
                startup_timeout=START_SECONDS,
                shutdown_kernel="immediate",
                extra_arguments=["--HistoryManager.enabled=False", f"--IPKernelApp.ipython_dir={folder}"],
                on_notebook_start=lambda notebook: watch.kernel_started(getattr(manager.provisioner, "pid", None)),
                on_cell_execute=lambda cell, cell_index: watch.cell_sent(cell_index),
            )
            client.owns_km = True
            try:
                client.execute(env=dict(environment))
            except BaseException:
                write_ipynb(nb_man.nb, nb_man.nb.metadata.papermill["output_path"])
                raise
            finally:
                watch.end_kernel()


def register() -> None:
    """Make the engine known to papermill by name."""
    papermill_engines.register(ENGINE, ReportEngine)


def _manager(kernel_name: str, folder: Path) -> AsyncKernelManager:
    """A kernel that is talked to through files of a private folder: two kernels can never race for a port."""
    if os.name == "nt":
        return AsyncKernelManager(kernel_name=kernel_name)
    return AsyncKernelManager(kernel_name=kernel_name, transport="ipc", connection_file=str(folder / "k.json"))
