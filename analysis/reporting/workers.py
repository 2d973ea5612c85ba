"""Build orders in parallel processes: at most so many at a time, each fault retried only where a retry can help.

A worker that dies takes nobody with it; when this process goes, its workers and their kernels go too.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import connection
from types import FrameType

from analysis.reporting import failures, kernel
from analysis.reporting.build import build
from analysis.reporting.failures import WORTH_A_RETRY, Failure, one_line, with_reason
from analysis.reporting.orders import Built, Order

ATTEMPTS = 2


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
                running[pool.submit(build, order, nursery)] = (order, attempt)
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
        max_workers=workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker
    )


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


def _begin_worker() -> None:
    """In the worker: leave Ctrl-C to the parent, end the kernel on SIGTERM, and do not outlive the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def _leave_with(sentinel: int) -> None:
    connection.wait([sentinel])
    _leave(signal.SIGTERM, None)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    for watch in list(kernel.RUNNING):
        watch.end_kernel()
    os._exit(1)
