"""Other ways to render the same reports, to compare the suite with: `python -m benchmarks.lanes LANE JOBS OUT WORKERS`.

commands: papermill's and nbconvert's commands per report · api: papermill's function and one reused exporter per worker
· floor: the same cells, page and workbook as plain functions in one process that has imported everything. JOBS is a
JSON list of {report, business_unit, parameters}; the floor prints what its work took, its imports apart.
"""

import ast
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Job = Mapping[str, Any]


def by_commands(jobs: Sequence[Job], out: Path, workers: int) -> None:
    """Two commands per report, `workers` reports at the same time: what most teams run."""
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda job: _two_commands(job, out), jobs))


def by_api(jobs: Sequence[Job], out: Path, workers: int) -> None:
    """Papermill as a function in a loop with one exporter, in one process per worker."""
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_api_loop, args=(jobs[number::workers], out)) for number in range(workers)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    if any(process.exitcode for process in running):
        raise SystemExit("a worker failed")


def as_functions(jobs: Sequence[Job], out: Path, _workers: int) -> None:
    """No kernel at all: what the reports cost if nothing but their own work were done, once all is imported."""
    from analysis.reporting import page, workbook
    from analysis.reporting.nursery import import_all

    import_all()
    definitions = json.loads((Path(os.environ["AFTER_SALES_RUN"]) / "definitions.json").read_text(encoding="utf-8"))
    start, began, pages = _cpu(), time.monotonic(), []
    for job in jobs:
        name = f"{job['report']}.{job['business_unit']}"
        shown, closing = _run_cells(_notebook(job), job["parameters"])
        title = {"en": job["report"], "zh": job["report"]}
        unit = {"en": job["business_unit"], "zh": job["business_unit"]}
        before = _cpu()
        html = page.render_page(shown, page.About(title, title, unit, closing["record"]["period"], "x.ipynb", ()), "en")
        pages.append({"report": name, "cpu": _cpu() - before, "bytes": len(html.encode())})
        (out / f"{name}.html").write_text(html, encoding="utf-8")
        (out / f"{name}.json").write_text(json.dumps(closing["record"], ensure_ascii=False), encoding="utf-8")
        workbook.write_workbook(
            out / f"{name}.xlsx", closing["record"], closing["tables"], definitions=definitions, provenance=()
        )
    told = {"cpu": _cpu() - start, "wall": time.monotonic() - began, "start_cpu": start, "pages": pages}
    sys.stdout.write(json.dumps(told) + "\n")


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """What the last expression of a cell is, as a kernel would show it."""
    tree = ast.parse(source)
    names["_shown"] = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        kept = ast.Assign([ast.Name("_shown", ast.Store())], tree.body[-1].value)
        tree.body[-1] = ast.fix_missing_locations(ast.copy_location(kept, tree.body[-1]))
    exec(compile(tree, "cell", "exec"), names)
    return names["_shown"]


LANES: dict[str, Callable[[Sequence[Job], Path, int], None]] = {
    "commands": by_commands,
    "api": by_api,
    "floor": as_functions,
}


def _notebook(job: Job) -> Path:
    return Path(job["notebook"])


def _two_commands(job: Job, out: Path) -> None:
    executed = str(out / f"{job['report']}.{job['business_unit']}.ipynb")
    given = [part for name, value in job["parameters"].items() for part in ("-p", name, str(value))]
    for command in (
        ["papermill", str(_notebook(job)), executed, *given, "--no-progress-bar"],
        ["jupyter", "nbconvert", "--to", "html", executed],
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")


def _api_loop(jobs: Sequence[Job], out: Path) -> None:
    import logging

    from nbconvert import HTMLExporter
    from papermill import execute_notebook

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    exporter = HTMLExporter()
    for job in jobs:
        name = f"{job['report']}.{job['business_unit']}"
        executed = execute_notebook(
            str(_notebook(job)), str(out / f"{name}.ipynb"), parameters=dict(job["parameters"]), progress_bar=False
        )
        page, _ = exporter.from_notebook_node(executed)
        (out / f"{name}.html").write_text(page, encoding="utf-8")


def _run_cells(notebook: Path, parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The notebook with what its cells show, run as plain Python, and what its last cell records."""
    import nbformat

    from analysis.record import MIME

    names: dict[str, Any] = {}
    shown = nbformat.read(notebook, as_version=4)
    closing: dict[str, Any] = {}
    for cell in shown.cells:
        if cell.cell_type != "code":
            continue
        value = run_cell(cell.source, names)
        if "parameters" in cell.metadata.get("tags", ()):
            names.update(parameters)
        if hasattr(value, "_repr_mimebundle_"):
            data = value._repr_mimebundle_()
            closing = data.pop(MIME, closing)
            cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
    return shown, closing


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    LANES[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")), Path(sys.argv[3]), int(sys.argv[4]))
