"""One report from notebook to a folder of checked files, in a worker process. It touches nothing that readers see.

The folder appears whole or not at all: it is built under another name and renamed when the last file is written.
"""

import json
import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any

import nbformat
from nbformat import NotebookNode

from analysis.presentation.language import Text, both
from analysis.presentation.masking import mask_text
from analysis.reporting import failures, gates
from analysis.reporting.execute import execute
from analysis.reporting.failures import Failure, ReportFailed, mask_traceback, one_line
from analysis.reporting.glance import at_a_glance, card_signals
from analysis.reporting.kernel import Watch
from analysis.reporting.notebook import title_and_question
from analysis.reporting.orders import BUILT, FAILED_NOTEBOOK, Built, Order
from analysis.reporting.page import BLOCK_MIME, About, render_page
from analysis.reporting.sanitizing import mask_html
from analysis.reporting.settled import settled
from analysis.reporting.workbook import write_workbook

PACKAGES = ("pandas", "numpy", "statsmodels", "duckdb", "matplotlib", "papermill", "nbconvert")
TEXT_KEPT = 20_000


def build(order: Order, nursery: str | None = None) -> Built:
    """Run, check and write one report, in a warm kernel where there is a `nursery`. Failures are values, so that one
    report never stops another."""
    started, watch = monotonic(), Watch(order.limits)
    work = order.folder.with_name(f".{order.folder.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        executed, closing = execute(
            order.notebook,
            work / FAILED_NOTEBOOK,
            values=order.values,
            run=order.run,
            limits=order.limits,
            nursery=nursery,
            watch=watch,
        )
        _write(order, work, executed, closing, seconds=monotonic() - started, peak_megabytes=watch.peak_megabytes)
        shutil.rmtree(order.folder, ignore_errors=True)
        work.rename(order.folder)
    except ReportFailed as fault:
        failure = _keep_failed(order, work, fault.failure)
        return Built(order, monotonic() - started, failure, peak_megabytes=watch.peak_megabytes)
    except OSError as fault:
        failure = Failure(failures.PUBLISH, one_line(f"cannot write the built report: {fault.strerror or fault}"))
        return Built(order, monotonic() - started, failure, peak_megabytes=watch.peak_megabytes)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Built(order, monotonic() - started, peak_megabytes=watch.peak_megabytes)


def _write(
    order: Order,
    work: Path,
    executed: NotebookNode,
    closing: Mapping[str, Any],
    *,
    seconds: float,
    peak_megabytes: int | None,
) -> None:
    record, tables = closing.get("record", {}), closing.get("tables", {})
    faults = gates.check_outputs(executed, order.limits)
    faults += gates.check_record(record, report=order.report, business_unit=order.business_unit, period=order.period)
    faults += gates.check_tables(tables, business_unit=order.business_unit)
    _refuse(faults)
    made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    provenance = _provenance(order, made_at, seconds)
    title, question = title_and_question(_title_cell(executed))
    about = About(title, question, order.unit_name, order.period, f"{order.report}.{{language}}.ipynb", provenance)
    notebook = nbformat.writes(_tidied(executed))
    for language in order.languages:
        page = render_page(executed, about, language)
        _refuse(gates.check_page(page, order.limits))
        facts = {
            **settled(record),
            "title": title,
            "language": language,
            "generated_at": made_at,
            "inputs": dict(order.inputs),
        }
        (work / f"{order.report}.{language}.html").write_text(page, encoding="utf-8")
        (work / f"{order.report}.{language}.json").write_text(_strict(facts), encoding="utf-8")
        (work / f"{order.report}.{language}.ipynb").write_text(notebook, encoding="utf-8")
    write_workbook(
        work / f"{order.report}.xlsx", record, tables,
        definitions=_definitions(order.run), provenance=[(label["en"], value) for label, value in provenance],
    )  # fmt: skip
    (work / FAILED_NOTEBOOK).unlink()
    built = {
        "generated_at": made_at,
        "seconds": round(seconds, 2),
        "peak_megabytes": peak_megabytes,
        "title": title,
        "unit_name": dict(order.unit_name),
        "headline": record.get("headline"),
        "data_cutoff_at": record.get("data_cutoff_at"),
        "signals": card_signals(record),
        "glance": at_a_glance(record),
    }
    (work / BUILT).write_text(_strict(built), encoding="utf-8")


def _refuse(faults: list[str]) -> None:
    if faults:
        raise ReportFailed(Failure(failures.GATE, one_line("; ".join(faults))))


def _provenance(order: Order, made_at: str, seconds: float) -> tuple[tuple[Text, str], ...]:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    values = ", ".join(f"{name} = {value!r}" for name, value in order.values.items())
    return (
        (both("Generated at"), made_at),
        (both("Seconds to make"), f"{seconds:.1f}"),
        (both("Parameters"), values),
        (both("Data (fingerprint)"), str(order.inputs.get("data", ""))),
        (both("Code (fingerprint)"), str(order.inputs.get("code", ""))),
        (both("Python and packages"), f"Python {platform.python_version()}, {packages}"),
    )


def _title_cell(executed: NotebookNode) -> str:
    return next((cell.source for cell in executed.cells if cell.cell_type == "markdown"), "")


def _definitions(run: Path) -> dict[str, Any]:
    file = run / "definitions.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _tidied(executed: NotebookNode) -> NotebookNode:
    """The executed notebook without paths of this machine, with endless prints cut and what names a person masked."""
    tidy = NotebookNode(executed)
    for name in ("input_path", "output_path"):
        tidy.metadata.get("papermill", {}).pop(name, None)
    tidy.cells = [_masked(_cut(cell)) for cell in executed.cells]
    return tidy


def _masked(cell: NotebookNode) -> NotebookNode:
    """The cell with its outputs' texts masked; blocks and the record were masked when they were made."""
    if not cell.get("outputs"):
        return cell
    return NotebookNode(cell, outputs=[_masked_output(output) for output in cell.outputs])


def _masked_output(output: NotebookNode) -> NotebookNode:
    if output["output_type"] == "stream":
        return NotebookNode(output, text=mask_text(output["text"]))
    if output["output_type"] == "error":
        return NotebookNode(
            output, evalue=mask_text(output["evalue"]), traceback=[mask_traceback(line) for line in output["traceback"]]
        )
    data = dict(output["data"])
    if "text/plain" in data:
        data["text/plain"] = mask_text(data["text/plain"])
    for kind in ("text/html", "image/svg+xml"):
        if kind in data and BLOCK_MIME not in data:
            data[kind] = mask_html(data[kind])
    return NotebookNode(output, data=NotebookNode(data))


def _cut(cell: NotebookNode) -> NotebookNode:
    if not any(
        output["output_type"] == "stream" and len(output["text"]) > TEXT_KEPT for output in cell.get("outputs", ())
    ):
        return cell
    outputs = [
        NotebookNode(output, text=output["text"][:TEXT_KEPT] + "\n…") if output["output_type"] == "stream" else output
        for output in cell.outputs
    ]
    return NotebookNode(cell, outputs=outputs)


def _keep_failed(order: Order, work: Path, failure: Failure) -> Failure:
    """Leave the failed notebook, its prints cut, where the runner finds it."""
    file = work / FAILED_NOTEBOOK
    if file.is_file():
        file.write_text(nbformat.writes(_tidied(nbformat.read(file, as_version=4))), encoding="utf-8")
    kept = order.folder.with_name(f"{order.folder.name}.failed")
    shutil.rmtree(kept, ignore_errors=True)
    work.rename(kept)
    return (
        failure
        if len(failure.reason) <= failures.AT_MOST * 2
        else replace(failure, reason=failure.reason[: failures.AT_MOST * 2])
    )


def _strict(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=1)
