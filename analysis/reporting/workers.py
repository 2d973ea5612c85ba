"""Build orders in parallel processes: at most so many at a time, each fault retried only where a retry can help.

A worker that dies takes nobody with it; when this process goes, its workers and their kernels go too. Workers are
forked from one process that has imported what they need, where there is fork.
"""

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import connection, forkserver
from multiprocessing.context import BaseContext
from types import FrameType

from analysis.reporting import failures
from analysis.reporting.failures import WORTH_A_RETRY, Failure, one_line, with_reason
from analysis.reporting.orders import Built, Order

ATTEMPTS = 2
PRELOADED = ("analysis.reporting.build",)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


def build_all(
    orders: Sequence[Order], *, workers: int, on_start: Callable[[Order], None], nursery: str | None = None
) -> Iterator[Built]:
    """Each order's outcome as it comes. A dead kernel or worker is tried once more; everything else fails at once.

    Parameters
    ----------
    workers : orders that run at the same time, each in a process of its own
    on_start : told each order that begins
    nursery : address of the parent of warm kernels; None for ordinary ones
    """
    waiting = [(order, 1) for order in reversed(orders)]
    running: dict[Future[Built], tuple[Order, int]] = {}
    pool = _pool(workers)
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                order, attempt = waiting.pop()
                on_start(order)
                running[pool.submit(_build, order, nursery)] = (order, attempt)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                done = set(running)
                pool.shutdown(wait=True, cancel_futures=True)
                pool = _pool(workers)
            for future in done:
                order, attempt = running.pop(future)
                built = _outcome(future, order)
                if built.failure and built.failure.kind in WORTH_A_RETRY and attempt < ATTEMPTS:
                    waiting.append((order, attempt + 1))
                else:
                    yield with_attempts(built, attempt)
    finally:
        _end(pool)


def with_attempts(built: Built, attempts: int) -> Built:
    """The outcome with how often it was tried; a failure says so when it was more than once."""
    if built.failure and attempts > 1:
        return replace(built, attempts=attempts, failure=with_reason(built.failure, f"{attempts} attempts"))
    return replace(built, attempts=attempts)


def not_made(order: Order, fault: BaseException) -> Built:
    """The outcome of an order whose build itself raised."""
    told = "".join(traceback.format_exception(fault))
    return Built(order, 0.0, Failure(failures.PAGE, one_line(f"its page could not be made: {fault!r}"), traceback=told))


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max_workers=workers, mp_context=_context(), initializer=_begin_worker, initargs=(dict(os.environ),)
    )


def _context() -> BaseContext:
    """How workers begin. The process that they are forked from has one thread, and lives as long as this one; where it
    cannot be reached (its address in the temporary folder may be too long for a socket), each begins on its own."""
    if sys.platform != "linux":  # as for kernels (kernel_parent)
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    try:
        with _environment(ONE_THREAD):
            forkserver.ensure_running()
    except OSError:
        return multiprocessing.get_context("spawn")
    return context


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """These variables for what starts meanwhile; afterwards all are as before."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _outcome(future: Future[Built], order: Order) -> Built:
    fault = future.exception()
    if fault is None:
        return future.result()
    if isinstance(fault, BrokenProcessPool):
        return Built(order, 0.0, Failure(failures.WORKER_DIED, "its worker process died (killed, or out of memory)"))
    return not_made(order, fault)


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop the pool at once; workers that still run end their kernels on SIGTERM."""
    for process in multiprocessing.active_children():
        process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


def _begin_worker(environment: Mapping[str, str]) -> None:
    """In the worker: the environment of who asked, Ctrl-C left to the parent, the kernel ended on SIGTERM; and it does
    not outlive the parent."""
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def _build(order: Order, nursery: str | None) -> Built:
    """In the worker: only there the libraries that run and write notebooks are needed."""
    from analysis.reporting.build import build

    return build(order, nursery)


def _leave_with(sentinel: int) -> None:
    connection.wait([sentinel])
    _leave(signal.SIGTERM, None)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    kernel = sys.modules.get("analysis.reporting.kernel")  # not there before a worker's first report
    for watch in list(kernel.RUNNING) if kernel else ():
        watch.end_kernel()
    os._exit(1)
