"""Build orders on the machines of a Dask cluster: the same orders, the same build, the same outcomes as on this one.

Every machine must see the output folder, the prepared data and this project (docs/how-to/cluster.md); that is tried on
each worker before anything is built. Dask hands a report whose worker is lost to another one.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from analysis.faults import UserFault
from analysis.reporting import failures
from analysis.reporting.failures import WORTH_A_RETRY, Failure, one_line
from analysis.reporting.orders import Built, Order
from analysis.reporting.parameters import PROJECT
from analysis.reporting.workers import ATTEMPTS, not_made, with_attempts

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 15
WORKER_SECONDS = 60
LOOK_SECONDS = 1.0


class _Lost(Exception):
    """The cluster cannot go on: its scheduler, or its last worker, is gone."""


def build_on_cluster(orders: Sequence[Order], *, address: str, on_start: Callable[[Order], None]) -> Iterator[Built]:
    """Each order's outcome as it comes, as `build_all` gives it.

    Parameters
    ----------
    address : of the scheduler, such as tcp://host:8786
    on_start : told each order that is handed over; at most as many at a time as the workers have threads

    Raises
    ------
    UserFault : no scheduler there, no worker, or a worker with other code or without the folders of this run
    """
    from analysis.reporting.cluster_worker import build_there

    waiting = [(order, 1) for order in reversed(orders)]
    running: dict[Future, tuple[Order, int]] = {}
    with _cluster(address, orders[0]) as client:
        try:
            while waiting or running:
                while waiting and len(running) < max(1, sum(client.nthreads().values())):
                    order, attempt = waiting.pop()
                    on_start(order)
                    running[client.submit(build_there, order, pure=False)] = (order, attempt)
                for future in _finished(client, running, address):
                    order, attempt = running.pop(future)
                    built = _outcome(future, order)
                    if built.failure and built.failure.kind in WORTH_A_RETRY and attempt < ATTEMPTS:
                        waiting.append((order, attempt + 1))
                    else:
                        yield with_attempts(built, attempt)
        except _Lost as fault:
            failure = Failure(failures.WORKER_DIED, f"{fault}; run again, what is built is kept")
            for order, _ in (*running.values(), *reversed(waiting)):
                yield Built(order, 0.0, failure)


@contextmanager
def _cluster(address: str, order: Order) -> Iterator["Client"]:
    """A cluster that was looked over, with a parent of warm kernels in each of its workers."""
    from distributed import Client

    from analysis.reporting.cluster_worker import PLUGIN, WarmKernels

    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError) as fault:
        raise UserFault(
            f"cluster: no scheduler answers at {address} ({one_line(str(fault))}); start one with `dask scheduler`, "
            "or leave --cluster out to render on this machine"
        ) from fault
    with client:
        _check_workers(client, address, order)
        client.register_plugin(WarmKernels(order.run), name=PLUGIN)
        try:
            yield client
        finally:
            with suppress(OSError, TimeoutError, ValueError):  # a scheduler that is gone has no workers to tell
                client.unregister_worker_plugin(PLUGIN)


def _check_workers(client: "Client", address: str, order: Order) -> None:
    """Refuse a cluster whose machines would not make what this one makes.

    Raises
    ------
    UserFault : one line per worker and fault
    """
    from analysis.reporting.cluster_worker import Sight, look

    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError as fault:
        raise UserFault(
            f"cluster: the scheduler at {address} has no worker; start some with `dask worker {address} --nthreads 1`"
        ) from fault
    built = order.folder.parent
    built.mkdir(parents=True, exist_ok=True)
    here, faults = look(order.run, built), []
    for worker, there in client.run(look, order.run, built, on_error="return").items():
        place = f"cluster: worker {worker}"
        if not isinstance(there, Sight):
            faults.append(
                f"{place}: cannot run this project ({one_line(repr(there))}); start it from the .venv of {PROJECT.name}"
            )
            continue
        if there.code != here.code:
            faults.append(
                f"{place}: its code or packages in {there.project} are not those of this machine; bring it to the "
                "same commit, run `make .venv/ready` there and restart it"
            )
        if not there.run:
            faults.append(f"{place}: does not see the prepared data {order.run}; share that folder at the same path")
        if not there.built:
            faults.append(f"{place}: cannot write into {built}; share that folder at the same path")
    if faults:
        raise UserFault(faults)


def _finished(client: "Client", running: dict["Future", tuple[Order, int]], address: str) -> list["Future"]:
    """The futures that are done, at least one.

    Raises
    ------
    _Lost : the scheduler is gone, or for a minute there has been no worker
    """
    from distributed import wait
    from distributed.client import FuturesCancelledError

    alone_since = None
    while True:
        try:
            return list(wait(list(running), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if client.status != "running":
                raise _Lost(f"the scheduler at {address} was lost") from None
            if client.nthreads():
                alone_since = None
            elif monotonic() - (alone_since := alone_since or monotonic()) > WORKER_SECONDS:
                raise _Lost(f"the cluster at {address} has had no worker for {WORKER_SECONDS} s") from None
        except (FuturesCancelledError, OSError):
            raise _Lost(f"the scheduler at {address} was lost") from None


def _outcome(future: "Future", order: Order) -> Built:
    from distributed import KilledWorker

    fault = future.exception()
    if isinstance(fault, KilledWorker):
        reason = "the workers that built it died, one after another (killed, or out of memory)"
        return Built(order, 0.0, Failure(failures.MEMORY, reason))
    return not_made(order, fault) if fault is not None else future.result()
