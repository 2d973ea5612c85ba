"""YAML as parameters need it: plain data only, no key twice, faults as lines.

Refuses tags that would build objects (`!!python/…`), duplicate keys and files that are no YAML.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from analysis.faults import UserFault


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping a YAML file holds; an empty file is an empty mapping.

    Raises
    ------
    UserFault : not found, not YAML, a tag that is not plain data, a key twice, or something else than a mapping at the
        top.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise UserFault(f"{path}: cannot be read ({fault})") from fault
    try:
        content = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 -- a subclass of SafeLoader
    except yaml.YAMLError as fault:
        raise UserFault(f"{path}: {_one_line(fault)}") from fault
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserFault(f"{path}: expected keys and values at the top, found {type(content).__name__}")
    return content


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader that does not let a second key silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _one_line(fault: yaml.YAMLError) -> str:
    mark = getattr(fault, "problem_mark", None)
    problem = getattr(fault, "problem", None) or str(fault).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)
