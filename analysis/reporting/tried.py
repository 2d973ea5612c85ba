"""What an analyst tried below a notebook's closing cell and saved: a preview leaves it out and says so. The monthly run
does not: there a section below the closing cell is a mistake.
"""

import json
import shutil
from dataclasses import replace

from analysis.reporting.lint_code import calls
from analysis.reporting.notebook import BY_HAND, is_by_hand, read_notebook, source_of
from analysis.reporting.parameters import Suite

FOLDER = "previewed"


def without_tries(suite: Suite, report: str) -> tuple[Suite, str]:
    """The suite, on a copy of its notebooks in the store where the report's goes on after `report.record()`; and the
    line that says what is left out, or nothing.
    """
    file = suite.notebooks / f"{report}.ipynb"
    if not file.is_file():
        return suite, ""
    cells = read_notebook(file).cells
    closing = next((at for at, cell in enumerate(cells) if calls(source_of(cell), "report", "record")), len(cells))
    tried = [at for at, cell in enumerate(cells) if at > closing and source_of(cell).strip() and not is_by_hand(cell)]
    if not tried:
        return suite, ""
    folder = suite.store / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for notebook in suite.notebooks.glob("*.ipynb"):
        shutil.copy(notebook, folder)
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cells"] = content["cells"][: closing + 1]
    (folder / file.name).write_text(json.dumps(content), encoding="utf-8")
    told = ", ".join(str(at + 1) for at in tried)
    return replace(suite, notebooks=folder), (
        f"{file.name}: left out what comes below `report.record()`, cell {told}; move it up to show it, "
        f"and tag it '{BY_HAND}' or delete it before you commit"
    )
