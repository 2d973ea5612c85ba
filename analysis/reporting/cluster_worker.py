"""What runs in a worker of a Dask cluster: a look at what it sees, a parent for warm kernels, one report's build.

Imported by a worker when it is handed the first of these, so that a worker needs nothing but the project's `.venv`.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from distributed import WorkerPlugin, get_worker
from distributed.worker import Worker

from analysis.reporting.build import build
from analysis.reporting.fingerprints import of_code, of_values, versions
from analysis.reporting.kernel_parent import kernel_environment, nursery
from analysis.reporting.orders import Built, Order
from analysis.reporting.parameters import PROJECT

PLUGIN = "after-sales-warm-kernels"


@dataclass(frozen=True)
class Sight:
    """What one machine sees of a run.

    Parameters
    ----------
    code : hash of the project's code and of the packages that can change a figure
    run : whether the prepared data are there
    built : whether the folder of built reports takes files
    """

    project: str
    code: str
    run: bool
    built: bool


def look(run: Path, built: Path) -> Sight:
    """What this machine sees of the prepared data and of the folder that reports are built in."""
    return Sight(str(PROJECT), of_values(of_code(""), versions()), run.is_dir(), os.access(built, os.W_OK))


def build_there(order: Order) -> Built:
    """The same build as on one machine, in a warm kernel where this worker has a parent for them."""
    kernels = get_worker().plugins.get(PLUGIN)
    return build(order, kernels.address if isinstance(kernels, WarmKernels) else None)


class WarmKernels(WorkerPlugin):  # type: ignore[misc]
    """The parent of warm kernels, in each worker for as long as a run lasts.

    Parameters
    ----------
    run : folder of the prepared data, which the kernels' environment names
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self.address: str | None = None
        self._ending: ExitStack | None = None

    def setup(self, worker: Worker) -> None:
        """Start the parent."""
        self._ending = ExitStack()
        self.address = self._ending.enter_context(nursery(kernel_environment(self.run, PROJECT), project=PROJECT))

    def teardown(self, worker: Worker) -> None:
        """End the parent, and with it every kernel that it forked."""
        if self._ending is not None:
            self._ending.close()
