"""A report's notebook as the runner reads it: its title, its typed parameters, and what `check` expects of it.

The parameters cell is read with `ast` and never executed, so that a misspelt or mistyped value is refused before any
kernel starts.
"""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.faults import UserFault, did_you_mean
from analysis.presentation.language import LANGUAGES, words
from analysis.reporting.parameters import Value

TAG = "parameters"
BY_HAND = "skip-execution"  # the tag that nbclient, papermill and nbconvert leave out when they run a notebook
SET_BY_RUNNER = ("business_unit", "period", "language")

CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
_PLAIN = {"str": str, "int": int, "float": float, "bool": bool}


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell: `name: kind = default`.

    Parameters
    ----------
    kinds : types that a value may have; a whole number also passes for a float
    allowed : the only values there are, where the annotation is a Literal
    """

    name: str
    kinds: tuple[type, ...]
    allowed: tuple[Value, ...]
    default: Value

    def fault(self, value: object) -> str:
        """Why a value is refused, or nothing."""
        if self.allowed and not (value is None and type(None) in self.kinds):
            same = any(value == one and type(value) is type(one) for one in self.allowed)
            return "" if same else f"must be one of {list(self.allowed)}"
        fits = type(value) in self.kinds or (type(value) is int and float in self.kinds)
        return "" if fits else f"must be {' or '.join(_spoken(kind) for kind in self.kinds)}"


@dataclass(frozen=True)
class Notebook:
    """One report: the file, its cells, its parameters and what the file says of itself."""

    path: Path
    cells: tuple[Mapping[str, Any], ...]
    parameters: Mapping[str, Parameter]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The report's name everywhere: the file's stem."""
        return self.path.stem

    @property
    def run_cells(self) -> tuple[Mapping[str, Any], ...]:
        """The cells that a run knows: without those that are there for work by hand only."""
        return tuple(cell for cell in self.cells if not is_by_hand(cell))

    @property
    def title_cell(self) -> str:
        """The text of the first markdown cell, which is how translations know it."""
        return next((source_of(cell) for cell in self.cells if cell["cell_type"] == "markdown"), self.name)

    def faults(self, values: Mapping[str, object]) -> list[str]:
        """One line per value that the notebook does not take: unknown names with the nearest right one, wrong types."""
        found = []
        for name, value in values.items():
            if name not in self.parameters:
                found.append(f"{self.path.name}: no parameter {name!r}{did_you_mean(name, self.parameters)}")
            elif fault := self.parameters[name].fault(value):
                found.append(f"{self.path.name}: parameter {name} {fault}, got {value!r}")
        return found


def read_notebooks(folder: Path, names: tuple[str, ...] = ()) -> dict[str, Notebook]:
    """The notebooks of a folder by name, in the order asked for; all of them, by name, when none is asked for.

    Raises
    ------
    UserFault : one line per unknown name or unreadable notebook
    """
    files = {file.stem: file for file in sorted(folder.glob("*.ipynb"))}
    faults = [
        f"report: no notebook {name!r} in {folder.name}/{did_you_mean(name, files)}"
        for name in names
        if name not in files
    ]
    if not files:
        faults.append(f"{folder}: no notebooks there")
    found = {}
    for name in names or files:
        try:
            if name in files:
                found[name] = read_notebook(files[name])
        except UserFault as fault:
            faults += fault.lines
    if faults:
        raise UserFault(faults)
    return found


def read_notebook(path: Path) -> Notebook:
    """One notebook with its parameters.

    Raises
    ------
    UserFault : when the file is no notebook, or its parameters cell is missing, doubled or not `name: type = literal`
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        content = json.loads(text)
        cells = tuple(content["cells"])
    except (ValueError, KeyError, TypeError) as fault:
        if CONFLICT.search(text):
            line = text[: CONFLICT.search(text).start()].count("\n") + 1  # type: ignore[union-attr]
            told = f"take one side: git checkout --ours {path.name}, or --theirs; `make diffs` merges by cells"
            raise UserFault(f"{path.name}: line {line}: git left a conflict [no-conflict]; {told}") from fault
        raise UserFault(
            f"{path.name}: not a notebook ({type(fault).__name__}); open and save it in JupyterLab"
        ) from fault
    tagged = [number for number, cell in enumerate(cells, start=1) if TAG in tags_of(cell)]
    if len(tagged) != 1:
        where = f" (cells {', '.join(map(str, tagged))})" if tagged else ""
        raise UserFault(
            f"{path.name}: must have exactly one cell tagged '{TAG}', has {len(tagged)}{where}; "
            "mend the tags in JupyterLab: the gear at the right, Common Tools, Cell Tags"
        )
    parameters, faults = read_parameters(source_of(cells[tagged[0] - 1]))
    faults += [f"parameter {name!r} is missing" for name in SET_BY_RUNNER if name not in parameters and not faults]
    if faults:
        raise UserFault([f"{path.name}: {fault}" for fault in faults])
    return Notebook(path, cells, parameters, content.get("metadata", {}))


def title_and_question(cell: str) -> tuple[dict[str, str], dict[str, str]]:
    """A notebook's title and its question in every language: the '# ' line of its title cell and what follows it."""
    titles, questions = {}, {}
    for language in LANGUAGES:
        first, _, rest = words(cell, language).strip().partition("\n")
        titles[language], questions[language] = first.removeprefix("# ").strip(), rest.strip()
    return titles, questions


def read_parameters(source: str) -> tuple[dict[str, Parameter], list[str]]:
    """The parameters that a cell declares, and what is wrong with the rest of it.

    Example
    -------
    >>> found, faults = read_parameters('rows: int | None = 10  # how many')
    >>> found["rows"].kinds, found["rows"].default, faults
    ((<class 'int'>, <class 'NoneType'>), 10, [])
    """
    try:
        body = ast.parse(source).body
    except SyntaxError as fault:
        return {}, [f"parameters cell, line {fault.lineno}: {fault.msg}"]
    found: dict[str, Parameter] = {}
    faults = []
    for line in body:
        if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value is not None):
            faults.append(
                f"parameters cell, line {line.lineno}: must read `name: type = value`, got {ast.unparse(line)!r}"
            )
            continue
        try:
            parameter = Parameter(line.target.id, *_annotation(line.annotation), _literal(line.value))
        except ValueError as fault:
            faults.append(f"parameters cell, line {line.lineno}: {fault}")
            continue
        if wrong := parameter.fault(parameter.default):
            faults.append(f"parameters cell, line {line.lineno}: the default of {parameter.name} {wrong}")
        found[parameter.name] = parameter
    return found, faults


def is_by_hand(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is there for work in JupyterLab only: no run executes it, no page shows it, no key counts it."""
    return BY_HAND in tags_of(cell)


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    """A cell's tags, in order."""
    return list(cell.get("metadata", {}).get("tags", ()))


def source_of(cell: Mapping[str, Any]) -> str:
    """A cell's text, which the format keeps as one string or as lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _annotation(node: ast.expr) -> tuple[tuple[type, ...], tuple[Value, ...]]:
    if isinstance(node, ast.Name) and node.id in _PLAIN:
        return (_PLAIN[node.id],), ()
    if isinstance(node, ast.Constant) and node.value is None:
        return (type(None),), ()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        (left, one), (right, other) = _annotation(node.left), _annotation(node.right)
        return left + right, one + other
    if isinstance(node, ast.Subscript) and ast.unparse(node.value).removeprefix("typing.") == "Literal":
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        allowed = tuple(_literal(part) for part in parts)
        return tuple(dict.fromkeys(type(value) for value in allowed)), allowed
    raise ValueError(f"type {ast.unparse(node)!r} is not one of {', '.join(_PLAIN)}, Literal[…] or these with `| None`")


def _literal(node: ast.expr) -> Value:
    try:
        value = ast.literal_eval(node)
    except ValueError as fault:
        raise ValueError(f"value {ast.unparse(node)!r} must be a literal") from fault
    if not (value is None or isinstance(value, str | int | float | bool)):
        raise ValueError(f"value {ast.unparse(node)!r} must be text, a number, True, False or None")
    return value


def _spoken(kind: type) -> str:
    return {str: "text", int: "a whole number", float: "a number", bool: "True or False"}.get(kind, "None")
