"""In JupyterLab a user's mistake is shown as its lines, not as a traceback. In a run it keeps its place in the code.

A misspelt name, an argument that a call of ours does not take and one of the wrong type are such mistakes too. They are
read off the error that Python raised: no `__getattr__` stands in the way of completion, pickling and `hasattr`.
"""

import inspect
import os
import re
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType, TracebackType, UnionType
from typing import Any, get_args, get_origin

from analysis.faults import UserFault, did_you_mean

IN_LAB = "JPY_SESSION_NAME"  # set by a Jupyter server for the kernels that it starts, and by nobody else
OURS = __name__.partition(".")[0]
MEANT = {"groupby": "by", "group_by": "by", "breakdown": "by", "split": "by", "filter": "where", "query": "where",
         "unit": "business_unit", "bu": "business_unit", "month": "period", "date": "period", "vs": "to",
         "against": "to", "lang": "language"}  # fmt: skip
"""What people call an argument of ours where no likeness of spelling leads to it."""
NAMES = {"Report": "a report, as open_report gives it", "str": "a text"}
_CALL = re.compile(r"(?P<name>(?:\w+\.)*\w+)\(\) (?P<told>(?:got|missing|takes) .*)")
_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'")
_NO_SUCH_USE = re.compile(r"'(\w+)' (?:object is not (?:subscriptable|iterable|callable)|has no len\(\))")


def show_faults_plainly() -> None:
    """From here on this kernel shows a mistake in a cell as its lines, where a Jupyter server started it."""
    if IN_LAB not in os.environ or "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is not None:
        shell.set_custom_exc((Exception,), _show)


def plain_lines(fault: BaseException, traceback: TracebackType | None) -> tuple[str, ...]:
    """The lines that tell a mistake in a cell; none where it is another's, or a fault of the suite itself.

    Parameters
    ----------
    fault : what was raised
    traceback : from the cell's frame on
    """
    if isinstance(fault, UserFault):
        return fault.lines
    if traceback is None:
        return ()
    if traceback.tb_next is not None:
        line = _of_key(fault, traceback.tb_next) or _of_types(traceback.tb_next)
    elif isinstance(fault, AttributeError):
        line = _of_attribute(fault)
    else:
        line = _of_call(str(fault), traceback.tb_frame.f_globals) if isinstance(fault, TypeError) else ""
    return (line,) if line else ()


def _show(shell: Any, kind: type, fault: BaseException, traceback: TracebackType, tb_offset: int | None = None) -> Any:
    from_cell: TracebackType | None = traceback
    while from_cell is not None and from_cell.tb_frame.f_globals is not shell.user_ns:
        from_cell = from_cell.tb_next
    lines = [f"\x1b[31m{line}\x1b[0m" for line in plain_lines(fault, from_cell)]
    if not lines:
        shell.showtraceback((kind, fault, traceback), tb_offset=tb_offset, running_compiled_code=True)
        return None
    shell._showtraceback(kind, fault, lines)
    return lines


def _of_attribute(fault: AttributeError) -> str:
    """A name that an object or a module of ours does not have."""
    owner = fault.obj
    said = owner.__name__ if isinstance(owner, ModuleType) else type(owner).__name__
    if not _is_ours(said if isinstance(owner, ModuleType) else type(owner).__module__):
        return ""
    near = did_you_mean(str(fault.name), [name for name in dir(owner) if not name.startswith("_")])
    return f"{said}: there is no {fault.name!r}{near}; a dot and the Tab key list what there is"


def _of_call(told: str, names: Mapping[str, Any]) -> str:
    """A call of ours with an argument that it does not take, or without one that it needs; a result used as a list."""
    if (used := _NO_SUCH_USE.search(told)) and (kind := _find(used[1], names)) is not None:
        frame = "its figures stand in `.data`" if hasattr(kind, "data") else "a dot and the Tab key list what it has"
        return f"{used[1]}: no table, list or function; {frame}"
    called = _CALL.match(told)
    function = _find(called["name"], names) if called is not None else None
    if called is None or not isinstance(function, FunctionType):
        return ""
    takes = [each for each in inspect.signature(function).parameters.values() if each.name != "self"]
    form = f"write {function.__name__}({', '.join(_as_written(takes))})"
    if unknown := _UNKNOWN.search(called["told"]):
        known = [each.name for each in takes]
        meant = MEANT.get(unknown[1])
        near = f"; did you mean {meant!r}?" if meant in known else did_you_mean(unknown[1], known)
        return f"{function.__name__}: there is no argument {unknown[1]!r}{near}; {form}"
    return f"{function.__name__}: {called['told']}; {form}"


def _of_key(fault: BaseException, traceback: TracebackType) -> str:
    """A key that a mapping of ours, asked in the cell, does not have."""
    owner = traceback.tb_frame.f_locals.get("self")
    if not isinstance(fault, KeyError) or not isinstance(owner, Mapping) or not _is_ours(type(owner).__module__):
        return ""
    asked = str(fault.args[0])
    return f"{type(owner).__name__}: there is no {asked!r}{did_you_mean(asked, map(str, owner))}"


def _of_types(traceback: TracebackType) -> str:
    """The first argument of a call of ours, made in the cell, that is of another type than its annotation says."""
    frame = traceback.tb_frame
    if not _is_ours(str(frame.f_globals.get("__name__"))):
        return ""
    function = _find(frame.f_code.co_qualname, {"": sys.modules.get(frame.f_globals["__name__"])})
    if not isinstance(function, FunctionType) or function.__code__ is not frame.f_code:
        return ""
    for each in inspect.signature(function).parameters.values():
        given = frame.f_locals.get(each.name)
        if not _fits(given, each.annotation):
            kind = each.annotation.__name__ if isinstance(each.annotation, type) else f"{each.annotation}"
            takes = re.sub(r"(?:\w+\.)+", "", kind)
            shown = repr(given) if isinstance(given, str | int | float | None) else f"a {type(given).__name__}"
            return f"{function.__name__}: {each.name} takes {NAMES.get(takes, takes)}, got {shown}"
    return ""


def _fits(value: object, annotation: Any) -> bool:
    """Whether a value is of the annotated type; true where the annotation is a text or says more than a type."""
    parts = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    kinds = tuple(get_origin(part) or part for part in parts)
    plain = all(isinstance(kind, type) and kind is not inspect.Parameter.empty for kind in kinds)
    return not plain or isinstance(value, kinds) or (float in kinds and isinstance(value, int))


def _find(name: str, names: Mapping[str, Any]) -> Any:
    """A function or class of ours by its qualified name: of what the cell has first, then of all that is loaded."""
    head, _, rest = name.partition(".")
    for owner in (*names.values(), *(module for known, module in sys.modules.items() if _is_ours(known))):
        if isinstance(owner, ModuleType):
            found = vars(owner).get(head) if _is_ours(owner.__name__) else None
        else:
            kinds = (owner, *type(owner).__mro__)
            found = next((kind for kind in kinds if getattr(kind, "__qualname__", "") == head), None)
        if found is not None and _is_ours(getattr(found, "__module__", "") or ""):
            return getattr(found, rest, None) if rest else found
    return None


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == OURS


def _as_written(takes: list[inspect.Parameter]) -> Iterator[str]:
    """The parameters as a call is written, without their types."""
    star = False
    for each in takes:
        if each.kind is each.KEYWORD_ONLY and not star:
            star = True
            yield "*"
        yield each.name if each.default is each.empty else f"{each.name}={each.default!r}"
