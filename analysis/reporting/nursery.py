"""The parent of warm kernels: imports what every report needs once, then forks a clean child per report.

    python -m analysis.reporting.nursery DESCRIPTOR

It serves the listening Unix socket that its owner hands it. A client sends one line of JSON, {"argv": […], "env": {…},
"cwd": "…"}, and gets a line {"pid": n} for the kernel that was forked, later {"exit": code} when that has ended;
{"refused": why} when it cannot fork safely. A client that goes away takes its kernel with it, and so does the owner,
whose pipe is this process's standard input. It runs one thread only, reads no data and renders nothing.
"""

import gc
import json
import os
import random
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from analysis.reporting import NOT_NEEDED

LIBRARIES = (
    "numpy",
    "pandas",
    "pyarrow.dataset",
    "scipy.stats",
    "scipy.optimize",
    "matplotlib.figure",
    "matplotlib.pyplot",
    "seaborn",
    "statsmodels.api",
    "statsmodels.tsa.seasonal",
    "duckdb",
    "yaml",
    "babel.numbers",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",  # a kernel imports the debugger's hundred modules before its first cell
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "tornado.queues",
    "pandas.core.methods.to_dict",
    "pandas.core.reshape.reshape",
)
SET_BY_LIBRARIES = {"PYDEVD_USE_FRAME_EVAL": "NO"}  # by the debugger, when a kernel of its own imports it
OUR_PACKAGES = ("statistics", "metrics", "signals", "presentation", "sections", "areas")
KERNEL_OPTIONS = {"display.max_columns": 20}  # pandas decides by the terminal at import; a kernel has none
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def main(descriptor: int) -> None:
    """Import, then serve until the owner goes away. Requests that come while importing wait."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in NOT_NEEDED:
        sys.modules.pop(name, None)  # a notebook may need it, as in any kernel
    listener = socket.socket(fileno=descriptor)
    import_all()
    gc.collect()
    gc.freeze()
    _Nursery(listener).serve()


def import_all() -> None:
    """Import the libraries and every module of ours that a notebook can reach, and read what the package declares; no
    backend of pyplot is chosen by it."""
    for name in LIBRARIES:
        import_module(name)
    import analysis

    import_module("analysis.report")
    for package in OUR_PACKAGES:
        for module in iter_modules([str(Path(analysis.__path__[0]) / package)]):
            if module.name != "__main__":
                import_module(f"analysis.{package}.{module.name}")
    from analysis.data_model import read_tables
    from analysis.metrics.cards import read_catalogue
    from analysis.metrics.expected import read_expected
    from analysis.presentation.formatting import fmt_value
    from analysis.presentation.language import LANGUAGES, translations

    read_tables()
    read_catalogue()
    read_expected()
    for language in LANGUAGES:  # words and how figures are written; no font, whose open file children would share
        translations(language)
        fmt_value(1.5, "d", language)
    import pandas

    for option, value in KERNEL_OPTIONS.items():
        pandas.set_option(option, value)


class _Nursery:
    """The kernels that are alive, by process, each with the connection of the client that asked for it."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.selector = selectors.DefaultSelector()
        self.kernels: dict[int, socket.socket] = {}
        self.woken, self.wake = os.pipe()
        for end in (self.woken, self.wake):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Answer until the owner's pipe closes; then every kernel ends."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self.selector.register(self.woken, selectors.EVENT_READ, self._reap)
        self.selector.register(sys.stdin.fileno(), selectors.EVENT_READ, None)
        try:
            while True:
                for key, _ in self.selector.select():
                    if key.data is None:
                        return
                    key.data(key.fileobj)
        finally:
            for pid in self.kernels:
                _kill(pid)

    def _accept(self, _: Any) -> None:
        connection, _address = self.listener.accept()
        with connection.makefile("rb") as lines:
            line = lines.readline()
        if not line:
            connection.close()
            return
        request = json.loads(line)
        reason = unsafe_to_fork()
        if reason:
            _tell(connection, {"refused": reason})
            connection.close()
            return
        born = time.monotonic()
        pid = os.fork()
        if pid == 0:
            self._forget_parent()
            _become_kernel(request, parent=os.getppid(), born=born)
        self.kernels[pid] = connection
        self.selector.register(connection, selectors.EVENT_READ, lambda _: self._client_left(pid))
        _tell(connection, {"pid": pid})

    def _client_left(self, pid: int) -> None:
        """Nothing more is ever sent by a client: what can be read is that it has gone."""
        _kill(pid)
        self.selector.unregister(self.kernels[pid])

    def _reap(self, _: Any) -> None:
        with suppress(BlockingIOError):
            os.read(self.woken, 4096)
        while self.kernels:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            connection = self.kernels.pop(pid)
            with suppress(KeyError, ValueError):
                self.selector.unregister(connection)
            _tell(connection, {"exit": os.waitstatus_to_exitcode(status)})
            connection.close()

    def _forget_parent(self) -> None:
        """In the child: close what belongs to the parent and take the signals back."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.selector.close()
        for connection in (self.listener, *self.kernels.values()):
            connection.close()
        for end in (self.woken, self.wake):
            os.close(end)


def unsafe_to_fork() -> str | None:
    """Why a fork would not give a clean child: another thread runs, or a chart backend is already chosen."""
    threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
    if threads != 1:
        return f"{threads} threads run in the parent of the kernels"
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and getattr(pyplot, "_backend_mod", None) is not None:
        return "a chart backend was chosen in the parent of the kernels"
    return None


def _become_kernel(request: dict[str, Any], *, parent: int, born: float) -> None:
    """In the child: a process group of its own that dies with its parent, the client's environment, then the kernel."""
    code = 1
    try:
        os.setsid()
        _die_with(parent)
        os.environ.clear()
        os.environ.update(request["env"])
        for name, value in SET_BY_LIBRARIES.items():
            os.environ.setdefault(name, value)
        time.tzset()
        os.chdir(request["cwd"])
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
        _fresh_randomness()
        _follow_environment()
        code = _run_kernel([*request["argv"], f"--IPKernelApp.parent_handle={parent}"])
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, the child must never fall back into the parent's loop
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _run_kernel(argv: list[str]) -> int:
    import atexit

    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher.py", *argv]
    try:
        IPKernelApp.launch_instance(argv=argv)
    finally:
        atexit._run_exitfuncs()
    return 0


def _fresh_randomness() -> None:
    """Every child its own random streams, as a fresh interpreter has."""
    import numpy

    random.seed()
    numpy.random.seed()


def _follow_environment() -> None:
    """What libraries read from the environment when they were imported."""
    backend = os.environ.get("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    dict.__setitem__(sys.modules["matplotlib"].rcParams, "backend", backend)
    known = set(sys.path)
    added = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part and part not in known]
    sys.path[:0] = added


def _die_with(parent: int) -> None:
    """The kernel ends when its parent does, however that ended."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _kill(pid: int) -> None:
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)


def _tell(connection: socket.socket, message: dict[str, Any]) -> None:
    with suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
    os._exit(0)  # nothing to save, and libraries have only complaints to make at the end
