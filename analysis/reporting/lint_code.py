"""What `check` expects of the code in a notebook's cells: it opens its own report as the run asks, calls sections that
there are, shows them, knows every name it reads, and leaves functions, files and questions to others.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from analysis.faults import did_you_mean
from analysis.reporting.notebook import SET_BY_RUNNER, TAG, Notebook, is_by_hand, source_of, tags_of

LINES_AT_MOST = 15  # of code in one cell; the parameters may take more
STOPS = ("input", "breakpoint", "exit", "quit", "sys.exit", "os._exit")
PLACE = re.compile(r"(?:/(?:home|Users|root|tmp|mnt|media|var|opt)/|~/|[A-Za-z]:[\\/]\w|\\\\\w)")
KNOWN = frozenset({*dir(builtins), "display", "get_ipython"})

Numbered = tuple[int, Mapping[str, Any]]


def code_faults(cells: list[Numbered], notebook: Notebook) -> Iterator[str]:
    """One line per rule broken in a code cell, without the file: place, what is wrong, the rule, what to do.

    Parameters
    ----------
    cells : all cells with their numbers, as one counts them in JupyterLab
    """
    code = [(number, cell) for number, cell in cells if cell["cell_type"] == "code"]
    run = [(number, cell) for number, cell in code if not is_by_hand(cell)]
    area = _area_of(notebook)
    for number, cell in run:
        source = source_of(cell)
        if not source.strip():
            yield f"cell {number}: is empty [no-empty-cells]; take it out"
            continue
        lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        if len(lines) > LINES_AT_MOST and TAG not in tags_of(cell):
            yield (
                f"cell {number}: {len(lines)} lines of code, at most {LINES_AT_MOST} [thin-cells]; "
                f"move work into a function of analysis/areas/{notebook.name}.py"
            )
        try:
            tree = ast.parse(source)
        except SyntaxError as fault:
            yield (
                f"cell {number}, line {fault.lineno}: {fault.msg} [plain-python]; "
                "magics belong in a cell tagged 'skip-execution', which no run executes"
            )
            continue
        yield from (f"cell {number}, line {line}: {fault}" for line, fault in _habits(tree, cell, notebook, area))
        if hidden := _hidden(tree, source):
            yield f"cell {number}: {hidden}"
    yield from _names_unknown(run, code)
    yield from _by_hand(code)


def calls(source: str, owner: str, function: str | None = None) -> bool:
    """Whether a cell's last line is a call of the owner's function; of any of them where none is named."""
    tree = tree_of(source)
    last = tree.body[-1] if tree is not None and tree.body else None
    return _is_call(last.value if isinstance(last, ast.Expr) else None, owner, function)


def tree_of(source: str) -> ast.Module | None:
    """A cell's code as Python reads it; None where it is none."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The packages that a statement imports, by their first name."""
    if isinstance(node, ast.Import):
        return {name.name.split(".")[0] for name in node.names}
    return {node.module.split(".")[0]} if node.module and not node.level else set()


def _habits(
    tree: ast.Module, cell: Mapping[str, Any], notebook: Notebook, area: frozenset[str] | None
) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, _function(node.name, notebook)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            yield node.lineno, _function(ast.unparse(node.targets[0]), notebook)
        elif isinstance(node, ast.Try | ast.TryStar):
            yield node.lineno, "catches errors [no-try]; a fault must stop the report: take the try away"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, fault) for fault in _imports(node, notebook))
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, fault) for fault in _called(node, notebook))
        elif isinstance(node, ast.Attribute) and area is not None and ast.unparse(node.value) == "area":
            if node.attr not in area:
                where = f"analysis/areas/{notebook.name}.py"
                near = did_you_mean(node.attr, area)
                yield node.lineno, f"{where} has no {node.attr!r}{near} [known-sections]; mend the name, or write it"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and PLACE.match(node.value):
            told = "a run knows the mapped data alone: map the file, then report.records(…)"
            yield node.lineno, f"names a place of this machine, {node.value!r} [no-places]; {told}"
        elif (
            isinstance(node, ast.Name) and node.id in SET_BY_RUNNER and not _is_read(node) and TAG not in tags_of(cell)
        ):
            told = "take it out: every unit's page would show the same"
            yield node.lineno, f"sets {node.id}, which the run sets [set-by-runner]; {told}"


def _function(name: str, notebook: Notebook) -> str:
    return f"defines {name} [no-functions]; move it to analysis/areas/{notebook.name}.py"


def _imports(node: ast.Import | ast.ImportFrom, notebook: Notebook) -> Iterator[str]:
    for name in sorted(modules(node)):
        if find_spec(name) is None:
            yield f"imports {name}, which is not installed [installed]; add it to pyproject.toml"
    own = f"from analysis.areas import {notebook.name} as area"
    for area in sorted(_areas(node)):
        if area != notebook.name:
            told = f"a notebook imports its own area alone, analysis.areas.{notebook.name}"
            yield f"imports analysis.areas.{area} [own-area]; {told}"
        elif [ast.unparse(node), node.names[0].asname] != [own, "area"]:
            yield f"imports its area in parts or by another name [own-area]; write `{own}`"


def _areas(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {name.name.split(".")[2] for name in node.names if name.name.startswith("analysis.areas.")}
    if node.module == "analysis.areas":
        return {name.name for name in node.names}
    return {str(node.module).split(".")[2]} if (node.module or "").startswith("analysis.areas.") else set()


def _called(node: ast.Call, notebook: Notebook) -> Iterator[str]:
    name = ast.unparse(node.func)
    if name in STOPS:
        yield f"calls {name}() [no-stops]; nobody sits before a run: take it out"
    if name != "open_report":
        return
    given = [ast.unparse(each) for each in [*node.args, *(word.value for word in node.keywords)]]
    right = f'open_report("{notebook.name}", {", ".join(SET_BY_RUNNER)})'
    first = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else notebook.name
    if first != notebook.name:
        yield f"opens the report {first!r} [own-report]; write `{right}`"
    elif missing := [each for each in SET_BY_RUNNER if each not in given]:
        yield f"opens a report whatever {' and '.join(missing)} the run asks for [own-report]; write `{right}`"


def _hidden(tree: ast.Module, source: str) -> str:
    """Why a section's result does not reach the page, or nothing."""
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and source.rstrip().endswith(";"):
        return "ends with ';', which keeps what it makes off the page [shown]; take the ';' off"
    if isinstance(last, ast.Assign) and _is_call(last.value, "area"):
        told = ast.unparse(last.targets[0])
        return f"keeps its section in {told} and shows nothing [shown]; end with `{told}`, or take it out"
    return ""


def _names_unknown(run: list[Numbered], code: list[Numbered]) -> Iterator[str]:
    """Names that a cell reads and no cell up to it binds, as a run from top to bottom would find them."""
    trees = [(number, tree_of(source_of(cell))) for number, cell in run]
    nodes = [node for _, tree in trees if tree is not None for node in ast.walk(tree)]
    if any(tree is None for _, tree in trees) or any(
        isinstance(node, ast.alias) and node.name == "*" for node in nodes
    ):
        return
    by_hand = {name for _, cell in code if is_by_hand(cell) for name in _bound_in(tree_of(_without_magics(cell)))}
    bound: set[str] = set()
    for at, (number, tree) in enumerate(trees):
        bound |= _bound_in(tree)
        read = {node.id: node.lineno for node in ast.walk(tree or ast.Module([], [])) if _is_read(node)}  # type: ignore[attr-defined]
        for name in sorted(read.keys() - bound - KNOWN - by_hand):
            later = next((after for after, other in trees[at + 1 :] if name in _bound_in(other)), None)
            told = f"which only cell {later} sets" if later else "which no cell sets"
            step = "move that cell up" if later else "set it before, or take it out"
            yield f"cell {number}, line {read[name]}: reads {name}, {told} [known-names]; {step}"


def _by_hand(code: list[Numbered]) -> Iterator[str]:
    """Names that a cell for work by hand binds and a cell of the run reads: the run would not know them."""
    trees = [(number, is_by_hand(cell), tree_of(_without_magics(cell))) for number, cell in code]
    read = {node.id for _, aside, tree in trees if tree and not aside for node in ast.walk(tree) if _is_read(node)}  # type: ignore[attr-defined]
    for number, aside, tree in trees:
        for name in sorted(_bound_in(tree) & read if aside else ()):
            yield (
                f"cell {number}: defines {name}, which other cells read, but no run executes it [by-hand]; "
                "take the tag 'skip-execution' off, or define it elsewhere"
            )


def _bound_in(tree: ast.Module | None) -> set[str]:
    """What a cell gives a name to: assignments, imports, definitions, arguments."""
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(name.asname or name.name).split(".")[0] for name in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _is_call(call: ast.expr | None, owner: str, function: str | None = None) -> bool:
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return False
    return ast.unparse(call.func.value) == owner and function in (None, call.func.attr)


def _area_of(notebook: Notebook) -> frozenset[str] | None:
    """The names that the notebook's area module has at its top level; None where there is no such file."""
    file = notebook.path.resolve().parent.parent / "analysis" / "areas" / f"{notebook.name}.py"
    tree = tree_of(file.read_text(encoding="utf-8")) if file.is_file() else None
    return None if tree is None else frozenset(_bound_in(ast.Module(tree.body, [])))


def _without_magics(cell: Mapping[str, Any]) -> str:
    return "\n".join(line for line in source_of(cell).splitlines() if not line.lstrip().startswith(("%", "!")))
