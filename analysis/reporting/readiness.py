"""What must be there before a run begins: a kernel, the packages that notebooks import, a folder that takes files.

Nothing is started or repaired.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from analysis.faults import UserFault
from analysis.reporting.folders import HIDDEN
from analysis.reporting.notebook import Notebook

KERNEL = "python3"


def check_kernel(notebooks: Mapping[str, Notebook]) -> None:
    """Refuse to begin where the kernel, or a package that a notebook imports, is missing.

    Raises
    ------
    UserFault : one line per missing thing, before any kernel starts
    """
    from analysis.reporting.lint import missing_packages

    faults = [
        f"{notebook.path.name}: package {name} is not installed in {sys.prefix}; install it or remove the import"
        for notebook in notebooks.values()
        for name in missing_packages(notebook)
    ]
    if not _has_kernel():
        faults.append(f"kernel: no Jupyter kernel {KERNEL!r} in {sys.prefix}; install ipykernel there")
    if faults:
        raise UserFault(faults)


def check_writable(out: Path) -> None:
    """Refuse to begin where the output folder cannot be written to.

    Raises
    ------
    UserFault : with the system's reason
    """
    try:
        (out / HIDDEN).mkdir(parents=True, exist_ok=True)
        probe = out / HIDDEN / "probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as fault:
        raise UserFault(
            f"out: cannot write into {out}: {fault.strerror or fault}; choose another with --out"
        ) from fault


def _has_kernel() -> bool:
    """Whether Jupyter knows the kernel; its own client, slow to load, is asked only where no folder has the kernel."""
    from jupyter_core.paths import jupyter_path

    if any((Path(folder) / KERNEL / "kernel.json").is_file() for folder in jupyter_path("kernels")):
        return True
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel:
        return False
    return True
