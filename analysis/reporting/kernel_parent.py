"""What kernels are born into: the variables they see, and the process that has imported everything and forks them.

It loads no library: who starts a run need not know how kernels are talked to.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

RUN_VARIABLE = "AFTER_SALES_RUN"

_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
_PASSED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "WINDIR",
    "COMSPEC",
    "APPDATA",
    "VIRTUAL_ENV",
)
_PASSED_ON_FAMILIES = ("LC_", "PYTHON", "MPL", "FONTCONFIG_", "XDG_", "LD_LIBRARY_", "DYLD_", "CONDA_", "COVERAGE_")
BACKLOG = 128
PARENT_ENVIRONMENT = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a second thread would forbid to fork
    # one heap, which gives back what is freed: pools of a library's own and of each thread cost a kernel some 100 MiB
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
}
AS_A_KERNEL = ("-Xfrozen_modules=off",)  # as ipykernel starts its own; its debugger asks for it
LEAVE_SECONDS = 5.0
LONGEST_ADDRESS = 107  # of a socket in the file system, on Linux (unix(7))


def kernel_environment(run: Path, project: Path) -> dict[str, str]:
    """The variables a kernel sees: the run's folder, one thread for linear algebra, the project's package; no secret.

    Only variables known to be harmless are passed on, so that a database password of the runner never reaches a
    notebook.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _PASSED_ON or name.upper().startswith(_PASSED_ON_FAMILIES)
    }
    paths = [str(project), *kept.get("PYTHONPATH", "").split(os.pathsep)]
    return kept | _ONE_THREAD | {RUN_VARIABLE: str(run), "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@contextmanager
def nursery(environment: Mapping[str, str], *, project: Path) -> Iterator[str | None]:
    """The parent of warm kernels for as long as a run lasts; its address, or None where there is no fork, or where the
    temporary folder's name is too long for the address of a socket.

    Parameters
    ----------
    environment : what the parent sees: that of a kernel
    project : the folder that holds the package `analysis`
    """
    if sys.platform != "linux":  # fork exists on macOS, but its system libraries do not survive it
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="asn-") as folder:
        address = str(Path(folder) / "nursery")
        if len(os.fsencode(address)) > LONGEST_ADDRESS:
            yield None
            return
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(address)
        listener.listen(BACKLOG)
        process = subprocess.Popen(
            [sys.executable, *AS_A_KERNEL, "-m", "analysis.reporting.nursery", str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=project,
            env={**environment, **PARENT_ENVIRONMENT},
            start_new_session=True,
        )
        listener.close()
        try:
            yield address
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(LEAVE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
