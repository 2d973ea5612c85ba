"""What the lanes of a comparison render: the same notebooks, with the same cells, for the same units, on one prepared
run. `python -m benchmarks.jobs LANGUAGE` prepares that run where there is none yet.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any


def prepare_run(language: str) -> None:
    """Read, measure and judge the data for a run of pages in that language, where that is not done."""
    from analysis.reporting.parameters import read_suite
    from analysis.reporting.prepare import prepare
    from analysis.reporting.steps import suite_steps

    prepare(replace(read_suite(), languages=(language,)), steps=suite_steps(), report_progress=lambda *_, **__: None)


def as_run(folder: Path) -> dict[str, Path]:
    """The suite's notebooks as a run knows them, written below the folder: without the cells for work by hand, so that
    every lane runs the same cells."""
    import nbformat

    from analysis.reporting.notebook import is_by_hand
    from analysis.reporting.parameters import read_suite
    from analysis.reporting.plan import read_reports

    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, notebook in read_reports(read_suite()).items():
        copy = nbformat.read(notebook.path, as_version=4)
        copy.cells = [cell for cell in copy.cells if not is_by_hand(cell)]
        written[name] = folder / f"{name}.ipynb"
        nbformat.write(copy, written[name])
    return written


def prepared_jobs(reports: int, notebooks: Mapping[str, Path]) -> list[dict[str, Any]]:
    """The reports to render, by the newest prepared run: the notebooks for units spread over all of them, the company
    among them as one of many."""
    from analysis.reporting.parameters import read_suite
    from analysis.run_data import read_run

    suite, run = read_suite(), read_run()
    units = spread(["all", *run.business_units], round(reports / len(notebooks)))
    values = {"period": run.period, "language": "en"}
    return [
        {
            "report": name,
            "business_unit": unit,
            "notebook": str(path),
            "run": str(run.path),
            "parameters": {"business_unit": unit, **values, **suite.parameters.get(name, {})},
        }
        for unit in units
        for name, path in notebooks.items()
    ]


def spread(names: Sequence[str], wanted: int) -> list[str]:
    """So many of the names, evenly over their order, at least one.

    Example
    -------
    >>> spread(["all", "U01", "U02", "U03", "U04"], 2)
    ['U01', 'U03']
    """
    count = min(max(wanted, 1), len(names))
    return [names[int((place + 0.5) * len(names) / count)] for place in range(count)]


if __name__ == "__main__":
    prepare_run(sys.argv[1])
