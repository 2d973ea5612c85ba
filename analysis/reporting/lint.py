"""What `check` expects of a notebook beyond its parameters: it reads as a table of contents, keeps no outputs and ends
in its record. Each line names the file, the cell as one counts in JupyterLab, the rule in brackets and what to do.
"""

import ast
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from analysis.presentation.language import translation_fault
from analysis.reporting.notebook import TAG, Notebook, is_by_hand, source_of, tags_of

CELLS_AT_MOST = 30
LINES_AT_MOST = 15  # of code in one cell; the parameters may take more

Numbered = tuple[int, Mapping[str, Any]]


def lint(notebook: Notebook) -> list[str]:
    """One line per rule broken: outputs, title, size, thin cells, own area only, questions, closing cell.

    Parameters
    ----------
    notebook : as `read_notebook` gives it, so its parameters are sound already
    """
    cells = list(enumerate(notebook.cells, start=1))
    run = [(number, cell) for number, cell in cells if not is_by_hand(cell)]
    found = [*_outputs(cells, notebook), *_shape(run, notebook), *_code(run, notebook), *_by_hand(cells)]
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
    trees = (_tree(source_of(cell)) for cell in notebook.run_cells if cell["cell_type"] == "code")
    nodes = (node for tree in trees if tree is not None for node in ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return sorted({name for node in imports for name in _modules(node) if find_spec(name) is None})


def _outputs(cells: list[Numbered], notebook: Notebook) -> Iterator[str]:
    for number, cell in cells:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield (
                f"cell {number}: holds outputs [no-outputs]; "
                f"strip them: .venv/bin/nbstripout --keep-id notebooks/{notebook.path.name}"
            )


def _shape(run: list[Numbered], notebook: Notebook) -> Iterator[str]:
    if len(run) > CELLS_AT_MOST:
        into = f"analysis/areas/{notebook.name}.py"
        yield f"has {len(run)} cells, at most {CELLS_AT_MOST} [few-cells]; move work into {into}"
    if not (run and run[0][1]["cell_type"] == "markdown" and source_of(run[0][1]).startswith("# ")):
        yield "cell 1: is not the title [title-first]; begin with a markdown cell '# ' and the report's title"
    code = [(number, cell) for number, cell in run if cell["cell_type"] == "code"]
    if not code or not _calls(source_of(code[-1][1]), "report", "record"):
        number = code[-1][0] if code else len(run)
        yield f"cell {number}: is the last code cell and does not close [closing-cell]; end with `report.record()`"
    for (_, before), (number, cell) in pairwise(run):
        section = cell["cell_type"] == "code" and _calls(source_of(cell), "area")
        if section and not _asks(before) and not _calls(source_of(cell), "area", "headline"):
            yield f"cell {number}: a section without a question [question-first]; put a markdown cell '## …?' before it"


def _code(run: list[Numbered], notebook: Notebook) -> Iterator[str]:
    areas: dict[str, int] = {}
    for number, cell in run:
        if cell["cell_type"] != "code":
            continue
        lines = [line for line in source_of(cell).splitlines() if line.strip() and not line.lstrip().startswith("#")]
        if len(lines) > LINES_AT_MOST and TAG not in tags_of(cell):
            yield (
                f"cell {number}: {len(lines)} lines of code, at most {LINES_AT_MOST} [thin-cells]; "
                f"move work into a function of analysis/areas/{notebook.name}.py"
            )
        try:
            tree = ast.parse(source_of(cell))
        except SyntaxError as fault:
            yield (
                f"cell {number}, line {fault.lineno}: {fault.msg} [plain-python]; "
                "magics belong in a cell tagged 'skip-execution', which no run executes"
            )
            continue
        yield from (f"cell {number}, line {line}: {fault}" for line, fault in _habits(tree, notebook))
        areas |= dict.fromkeys(_areas(tree) - areas.keys(), number)
    for area in sorted(areas.keys() - {notebook.name}):
        yield (
            f"cell {areas[area]}: imports analysis.areas.{area} [own-area]; "
            f"a notebook imports its own area alone, analysis.areas.{notebook.name}"
        )


def _by_hand(cells: list[Numbered]) -> Iterator[str]:
    """Names that a cell for work by hand binds and a cell of the run reads: the run would not know them."""
    code = [(number, cell) for number, cell in cells if cell["cell_type"] == "code"]
    trees = [(number, is_by_hand(cell), _tree(_without_magics(cell))) for number, cell in code]
    read = {name for _, aside, tree in trees if tree and not aside for name in _names(tree, ast.Load)}
    for number, aside, tree in trees:
        bound = _names(tree, ast.Store) | _imported(tree) if tree and aside else set()
        for name in sorted(bound & read):
            yield (
                f"cell {number}: defines {name}, which other cells read, but no run executes it [by-hand]; "
                "take the tag 'skip-execution' off, or define it elsewhere"
            )


def _habits(tree: ast.AST, notebook: Notebook) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, f"defines {node.name} [no-functions]; move it to analysis/areas/{notebook.name}.py"
        elif isinstance(node, ast.Try | ast.TryStar):
            yield node.lineno, "catches errors [no-try]; a fault must stop the report: take the try away"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name in _modules(node):
                if find_spec(name) is None:
                    yield node.lineno, f"imports {name}, which is not installed [installed]; add it to pyproject.toml"


def _modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {name.name.split(".")[0] for name in node.names}
    return {node.module.split(".")[0]} if node.module and not node.level else set()


def _areas(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "analysis.areas":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analysis.areas."):
            found.add(str(node.module).split(".")[2])
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[2] for name in node.names if name.name.startswith("analysis.areas.")}
    return found


def _asks(cell: Mapping[str, Any]) -> bool:
    return cell["cell_type"] == "markdown" and source_of(cell).startswith("## ")


def _calls(source: str, owner: str, function: str | None = None) -> bool:
    """Whether a cell's last line is a call of the owner's function; of any of them where none is named."""
    tree = _tree(source)
    last = tree.body[-1] if tree is not None and tree.body else None
    call = last.value if isinstance(last, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return False
    return ast.unparse(call.func.value) == owner and function in (None, call.func.attr)


def _names(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


def _imported(tree: ast.AST) -> set[str]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(name.asname or name.name).split(".")[0] for node in imports for name in node.names}


def _without_magics(cell: Mapping[str, Any]) -> str:
    return "\n".join(line for line in source_of(cell).splitlines() if not line.lstrip().startswith(("%", "!")))


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None
