"""Run one notebook to its closing cell and hand back what it shows, or say in one line why it did not get there."""

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill import execute_notebook
from papermill.exceptions import PapermillExecutionError

from analysis.reporting import failures, kernel
from analysis.reporting.failures import Failure, ReportFailed, one_line, plain_traceback
from analysis.reporting.kernel_parent import kernel_environment
from analysis.reporting.notebook import is_by_hand
from analysis.reporting.parameters import PROJECT, Limits, Value
from analysis.reporting.readiness import KERNEL

RECORD_MIME = "application/vnd.after-sales.record+json"
INJECTED = "injected-parameters"
_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError", "ArrowMemoryError", "OutOfMemoryException")

_CELL_LINE = re.compile(r"Cell In\[(\d+)\], line (\d+)")
_FILE_LINE = re.compile(r"File (\S*?)(analysis/\S+?\.py):(\d+)")


def execute(
    notebook: Path,
    output: Path,
    *,
    values: Mapping[str, Value],
    run: Path,
    limits: Limits,
    nursery: str | None = None,
    watch: kernel.Watch | None = None,
) -> tuple[NotebookNode, dict[str, Any]]:
    """The executed notebook and what its closing cell recorded.

    Parameters
    ----------
    notebook : the report's notebook; its parameters were checked before
    output : file of the executed notebook, written whole after the run, or as far as it came
    values : for the parameters cell; papermill writes them as literals
    run : folder of the prepared data, which the kernel finds in AFTER_SALES_RUN
    nursery : address of the parent of warm kernels; None for an ordinary kernel
    watch : what is seen while it runs, for a caller who wants to know afterwards

    Raises
    ------
    ReportFailed : a cell raised, asked for input, ran too long or held too much; the kernel died; the closing cell did
        not run
    """
    watch = watch or kernel.Watch(limits)
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    kernel.register()
    try:
        executed = execute_notebook(
            _no_places(notebook),
            _no_places(output),
            parameters=dict(values),
            engine_name=kernel.ENGINE,
            kernel_name=KERNEL,
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=notebook.parent,
            watch=watch,
            environment=kernel_environment(run, PROJECT),
            nursery=nursery,
        )
    except PapermillExecutionError as fault:
        raise ReportFailed(_raised(fault, _injected_before(output, fault.cell_index))) from fault
    except CellTimeoutError as fault:
        raise ReportFailed(_too_long(watch, limits, _number(output, watch.cell_index))) from fault
    except DeadKernelError as fault:
        raise ReportFailed(_died(watch, limits, _number(output, watch.cell_index))) from fault
    except RuntimeError as fault:
        if watch.over_memory:
            raise ReportFailed(_died(watch, limits, _number(output, watch.cell_index))) from fault
        raise ReportFailed(Failure(failures.KERNEL_DIED, one_line(f"the kernel did not start: {fault}"))) from fault
    return executed, closing_record(executed)


def closing_record(executed: NotebookNode) -> dict[str, Any]:
    """What the last code cell recorded.

    Raises
    ------
    ReportFailed : when it recorded nothing, because it never ran or is not `report.record()`
    """
    code = [c for c in executed.cells if c.cell_type == "code" and c.source.strip() and not is_by_hand(c)]
    found = _records_of(code[-1]) if code else []
    if len(found) == 1:
        return found[0]
    if early := next((cell for cell in code[:-1] if _records_of(cell)), None):
        told = "comes after the closing cell `report.record()`; move it up, or tag it 'skip-execution'"
        raise ReportFailed(Failure(failures.INCOMPLETE, told, _seen_as(executed.cells, code[code.index(early) + 1])))
    stopped = next((cell for cell in code if _ended_itself(cell)), None)
    if stopped is not None:
        number = _seen_as(executed.cells, stopped)
        raise ReportFailed(Failure(failures.INCOMPLETE, "the notebook ended itself before its closing cell", number))
    raise ReportFailed(Failure(failures.INCOMPLETE, "the closing cell `report.record()` did not run"))


def _records_of(cell: NotebookNode) -> list[dict[str, Any]]:
    return [output.data[RECORD_MIME] for output in cell.outputs if RECORD_MIME in output.get("data", {})]


def _seen_as(cells: list[NotebookNode], cell: NotebookNode) -> int:
    """A cell's number as the analyst counts, without what papermill put in."""
    return cells.index(cell) + 1 - _injected(cells, cells.index(cell))


def _raised(fault: PapermillExecutionError, injected: int) -> Failure:
    text = plain_traceback(fault.traceback).replace(f"{PROJECT}{os.sep}", "")
    cell = fault.cell_index + 1 - injected
    lines = [int(line) for count, line in _CELL_LINE.findall(text) if int(count) == fault.exec_count]
    line = lines[-1] if lines else None
    if fault.ename == "StdinNotImplementedError":
        reason = "asks for input(), but a report runs without anyone to answer; make it a parameter"
        return Failure(failures.ASKS_INPUT, reason, cell, line, text)
    if fault.ename == "SystemExit":
        return Failure(
            failures.INCOMPLETE, f"the notebook ended itself (exit {one_line(fault.evalue)})", cell, line, text
        )
    if fault.ename in _OUT_OF_MEMORY:
        reason = f"asked for more memory than there is for it: {one_line(f'{fault.ename}: {fault.evalue}')}"
        return Failure(failures.MEMORY, reason, cell, line, text)
    deeper = _FILE_LINE.findall(text)
    where = f" (in {deeper[-1][1]}, line {deeper[-1][2]})" if deeper else ""
    return Failure(
        failures.CELL_ERROR,
        one_line(f"{fault.ename}: {fault.evalue}".replace(f"{PROJECT}{os.sep}", "")) + where,
        cell,
        line,
        text,
    )


def _died(watch: kernel.Watch, limits: Limits, cell: int | None) -> Failure:
    if not watch.over_memory:
        return Failure(failures.KERNEL_DIED, "the kernel died (killed, or out of memory)", cell)
    reason = (
        f"held {watch.peak_megabytes:,} MB of memory, at most {limits.report_megabytes:,} "
        "(limits.report_megabytes of suite.yml)"
    )
    return Failure(failures.MEMORY, reason, cell)


def _too_long(watch: kernel.Watch, limits: Limits, cell: int | None) -> Failure:
    if watch.report_is_over:
        reason = f"the report ran longer than {limits.report_seconds} s (limits.report_seconds of suite.yml)"
        return Failure(failures.REPORT_TIME, reason, cell)
    return Failure(
        failures.CELL_TIME, f"ran longer than {limits.cell_seconds} s (limits.cell_seconds of suite.yml)", cell
    )


def _ended_itself(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" and output.ename == "SystemExit" for output in cell.outputs)


def _number(output: Path, index: int | None) -> int | None:
    """A cell's number as the analyst counts, from the notebook kept as far as it came."""
    if index is None or not output.is_file():
        return None
    return index + 1 - _injected_before(output, index)


def _injected_before(output: Path, index: int) -> int:
    cells = nbformat.read(output, as_version=4).cells if output.is_file() else []
    markers = {"papermill-error-cell-tag"}
    own = [cell for cell in cells if not markers & set(cell.metadata.get("tags", ()))]
    return _injected(own, index)


def _injected(cells: list[NotebookNode], index: int) -> int:
    return sum(INJECTED in cell.metadata.get("tags", ()) for cell in cells[:index])


def _no_places(path: Path) -> str:
    """A path as papermill reads it: it fills {places} in paths, so braces are doubled."""
    return str(path).replace("{", "{{").replace("}", "}}")
