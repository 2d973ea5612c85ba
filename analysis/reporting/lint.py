"""What `check` expects of a notebook beyond its parameters: it reads as a table of contents, keeps no outputs and ends
in its record. Each line names the file, the cell as one counts in JupyterLab, the rule in brackets and what to do.
What its code may do is in lint_code.py.
"""

import ast
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from analysis.faults import did_you_mean
from analysis.presentation.language import translation_fault
from analysis.reporting.lint_code import Numbered, calls, code_faults, modules, tree_of
from analysis.reporting.notebook import BY_HAND, TAG, Notebook, is_by_hand, source_of, tags_of

CELLS_AT_MOST = 30
LANGUAGE = "python"


def lint(notebook: Notebook) -> list[str]:
    """One line per rule broken: outputs, title, size, thin cells, own area only, questions, closing cell.

    Parameters
    ----------
    notebook : as `read_notebook` gives it, so its parameters are sound already
    """
    cells = list(enumerate(notebook.cells, start=1))
    run = [(number, cell) for number, cell in cells if not is_by_hand(cell)]
    told = (
        _outputs(cells),
        _file(cells, notebook),
        _shape(run, notebook),
        _sections(run),
        code_faults(cells, notebook),
    )
    found = [fault for faults in told for fault in faults]
    return [f"{notebook.path.name}: {fault}" for fault in found]


def untranslated(notebook: Notebook) -> list[str]:
    """One line per markdown cell that a page in Chinese would show in English."""
    told = "add it to analysis/presentation/locale/zh_*.po, or Chinese pages show it as written"
    return [
        f"{notebook.path.name}: cell {number}: {fault} [both-languages]; {told}"
        for number, cell in enumerate(notebook.cells, start=1)
        if cell["cell_type"] == "markdown" and not is_by_hand(cell) and (fault := translation_fault(source_of(cell)))
    ]


def missing_packages(notebook: Notebook) -> list[str]:
    """Packages that the notebook's cells import and the environment lacks, so that no kernel starts in vain."""
    trees = (tree_of(source_of(cell)) for cell in notebook.run_cells if cell["cell_type"] == "code")
    nodes = (node for tree in trees if tree is not None for node in ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return sorted({name for node in imports for name in modules(node) if find_spec(name) is None})


def _outputs(cells: list[Numbered]) -> Iterator[str]:
    for number, cell in cells:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield f"cell {number}: holds outputs [no-outputs]; strip them: make strip"


def _file(cells: list[Numbered], notebook: Notebook) -> Iterator[str]:
    """What JupyterLab keeps beside the text: kernel, ids, tags, pictures, kinds of cells."""
    language = notebook.metadata.get("kernelspec", {}).get("language", LANGUAGE)
    if language != LANGUAGE:
        yield f"is written for {language!r} [kernel]; choose Python 3 in JupyterLab: Kernel, Change Kernel"
    first: dict[str, int] = {}
    for number, cell in cells:
        known = cell.get("id")
        if known is None or known in first:
            told = "has no id" if known is None else f"bears the id of cell {first[known]}"
            yield f"cell {number}: {told} [ids]; open and save the notebook in JupyterLab"
        first.setdefault(str(known), number)
        for tag in tags_of(cell):
            if tag not in (TAG, BY_HAND) and (near := did_you_mean(tag.lower(), (TAG, BY_HAND))):
                yield f"cell {number}: no rule knows the tag {tag!r}{near} [tags]; mend it at the gear, Common Tools"
        if cell.get("attachments"):
            yield f"cell {number}: holds a pasted picture [no-attachments]; pages show what code draws: take it out"
        if cell["cell_type"] == "raw":
            yield f"cell {number}: is a raw cell, which no page shows [no-raw]; make it markdown, or take it out"


def _shape(run: list[Numbered], notebook: Notebook) -> Iterator[str]:
    if len(run) > CELLS_AT_MOST:
        into = f"analysis/areas/{notebook.name}.py"
        yield f"has {len(run)} cells, at most {CELLS_AT_MOST} [few-cells]; move work into {into}"
    titles = [number for number, cell in run if _is_markdown(cell) and source_of(cell).startswith("# ")]
    if not titles or titles[0] != run[0][0]:
        yield "cell 1: is not the title [title-first]; begin with a markdown cell '# ' and the report's title"
    for number in titles[1:]:
        yield f"cell {number}: is a second title [title-first]; ask a question, '## …?'"
    code = [(number, cell) for number, cell in run if cell["cell_type"] == "code" and source_of(cell).strip()]
    closing = [number for number, cell in code if calls(source_of(cell), "report", "record")]
    last = code[-1][0] if code else len(run)
    if not closing:
        yield f"cell {last}: is the last code cell and does not close [closing-cell]; end with `report.record()`"
    for number in (after for after, _ in code if closing and after > closing[0]):
        yield (
            f"cell {number}: comes after `report.record()` in cell {closing[0]} [closing-cell]; move it up, "
            f"or tag it '{BY_HAND}' to keep it for work by hand"
        )


def _sections(run: list[Numbered]) -> Iterator[str]:
    """Question, then answer: neither without the other, and no section twice."""
    shown: dict[str, int] = {}
    for (_, before), (number, cell) in pairwise([(0, {"cell_type": "none"}), *run]):
        source = source_of(cell)
        if cell["cell_type"] == "code" and calls(source, "area") and not calls(source, "area", "headline"):
            if not _asks(before):
                yield (
                    f"cell {number}: a section without a question [question-first]; "
                    "put a markdown cell '## …?' before it"
                )
            if source.strip() in shown:
                yield f"cell {number}: shows what cell {shown[source.strip()]} shows [once]; take one of them out"
            shown.setdefault(source.strip(), number)
        if _asks(cell) and not source.rstrip().splitlines()[0].rstrip().endswith(("?", "？")):
            yield f"cell {number}: asks nothing [question-first]; write the section's question, '## …?'"
    for (number, cell), (_, after) in pairwise([*run, (0, {"cell_type": "none"})]):
        if _asks(cell) and after["cell_type"] != "code":
            yield f"cell {number}: a question that no cell answers [question-first]; put its section after it"


def _is_markdown(cell: Mapping[str, Any]) -> bool:
    return bool(cell["cell_type"] == "markdown")


def _asks(cell: Mapping[str, Any]) -> bool:
    return _is_markdown(cell) and source_of(cell).startswith("## ")
