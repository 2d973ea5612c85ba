"""What `check` expects of a notebook beyond its parameters: it reads as a table of contents and ends in its record."""

import ast
from collections.abc import Iterator
from importlib.util import find_spec

from analysis.reporting.notebook import Notebook, source_of

CELLS_AT_MOST = 30


def lint(notebook: Notebook) -> list[str]:
    """One line per habit broken: outputs kept, functions or try in a cell, a foreign import, no closing record.

    Parameters
    ----------
    notebook : as `read_notebook` gives it, so its parameters are sound already
    """
    return [f"{notebook.path.name}: {fault}" for fault in _faults(notebook)]


def missing_packages(notebook: Notebook) -> list[str]:
    """Packages that the notebook's cells import and the environment lacks, so that no kernel starts in vain."""
    sources = (source_of(cell) for cell in notebook.cells if cell["cell_type"] == "code")
    trees = (ast.parse(source) for source in sources if _parses(source))
    imports = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return sorted({name for node in imports for name in _modules(node) if find_spec(name) is None})


def _faults(notebook: Notebook) -> Iterator[str]:
    cells = notebook.cells
    if len(cells) > CELLS_AT_MOST:
        yield f"has {len(cells)} cells, at most {CELLS_AT_MOST}; move work into its area module"
    if not (cells and cells[0]["cell_type"] == "markdown" and source_of(cells[0]).startswith("# ")):
        yield "cell 1: must be markdown that starts with '# ' and the report's title"
    areas: set[str] = set()
    code = [(number, cell) for number, cell in enumerate(cells, start=1) if cell["cell_type"] == "code"]
    for number, cell in code:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield f"cell {number}: holds outputs; strip them (`nbstripout`)"
        try:
            tree = ast.parse(source_of(cell))
        except SyntaxError as fault:
            yield f"cell {number}, line {fault.lineno}: not plain Python: {fault.msg}"
            continue
        yield from (f"cell {number}, line {line}: {fault}" for line, fault in _habits(tree))
        areas |= _areas(tree)
    if areas - {notebook.name}:
        others = ", ".join(sorted(areas - {notebook.name}))
        yield f"imports {others}; a notebook imports only its own area, analysis.areas.{notebook.name}"
    if not code or not _is_record(source_of(code[-1][1])):
        yield "its last code cell must be `report.record()`"


def _habits(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, f"defines {node.name}; functions live in the area module"
        elif isinstance(node, ast.Try | ast.TryStar):
            yield node.lineno, "catches errors; a fault must stop the report"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name in _modules(node):
                if find_spec(name) is None:
                    yield node.lineno, f"imports {name}, which is not installed"


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


def _is_record(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    last = body[-1] if body else None
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "record"


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
