"""A mapping that is another one with a few lines of its own: `extends: zendesk`.

What the file says replaces what the extended one says of the same thing: a column's rule, a source's headings, a line
of `meta`; an empty value takes it away. Refuses a mapping that is not there or that extends itself.
"""

from pathlib import Path
from typing import Any

from analysis.faults import UserFault, did_you_mean
from analysis.intake.strict_yaml import read_yaml

WHOLE = 4  # tables.<table>.columns.<column> and sources.<source>.names.<name> are replaced, not merged
_EITHER = (("from", "select"), ("select", "from"), ("select", "where"))


def mapping_files(path: Path) -> tuple[Path, ...]:
    """The file and those it extends, nearest first.

    Raises
    ------
    UserFault : an extended mapping is not there, or extends the file again.
    """
    found = [path]
    while base := read_yaml(found[-1]).get("extends"):
        file = found[-1].with_name(f"{base}.yml")
        if file in found:
            raise UserFault(f"{path.name}: extends: {base!r} extends itself by way of {found[-1].name}")
        if not file.is_file():
            known = [other.stem for other in file.parent.glob("*.yml")]
            raise UserFault(
                f"{found[-1].name}: extends: no mapping {base!r} beside it in {file.parent}{did_you_mean(base, known)}"
            )
        found.append(file)
    return tuple(found)


def read_extended(path: Path) -> dict[str, Any]:
    """The content of a mapping file over that of the files it extends.

    Raises
    ------
    UserFault : what `mapping_files` and the reader of YAML refuse.
    """
    content: dict[str, Any] = {}
    for file in reversed(mapping_files(path)):
        content = _over(content, read_yaml(file), depth=0)
    content.pop("extends", None)
    return content


def _over(base: dict[str, Any], own: dict[str, Any], *, depth: int) -> dict[str, Any]:
    merged = {key: value for key, value in base.items() if not any(a in own and b == key for a, b in _EITHER)}
    for key, value in own.items():
        before = merged.get(key)
        if value is None and key in merged:
            del merged[key]
        elif isinstance(value, dict) and isinstance(before, dict) and depth < WHOLE - 1:
            merged[key] = _over(before, value, depth=depth + 1)
        else:
            merged[key] = value
    return merged
