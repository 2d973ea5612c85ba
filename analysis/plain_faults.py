"""In JupyterLab a user's mistake is shown as its lines, not as a traceback. In a run it keeps its place in the code."""

import os
import sys
from types import TracebackType
from typing import Any

from analysis.faults import UserFault

IN_LAB = "JPY_SESSION_NAME"  # set by a Jupyter server for the kernels that it starts, and by nobody else


def show_faults_plainly() -> None:
    """From here on this kernel shows a `UserFault` as its lines, where a Jupyter server started it."""
    if IN_LAB not in os.environ or "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is not None:
        shell.set_custom_exc((UserFault,), _show)


def _show(shell: Any, kind: type, fault: UserFault, _: TracebackType, tb_offset: int | None = None) -> list[str]:
    lines = [f"\x1b[31m{line}\x1b[0m" for line in fault.lines]
    shell._showtraceback(kind, fault, lines)
    return lines
