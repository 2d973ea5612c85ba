"""What only a person can decide, left open in a proposed mapping: a value that begins with `ASK:` holds the question.

A mapping with an open question is refused with the question itself, so that no figure rests on a guess nobody saw.
"""

from collections.abc import Iterator
from typing import Any

ASK = "ASK: "


def questions_in(spec: Any) -> Iterator[str]:
    """The questions left open anywhere in a value of a mapping."""
    if isinstance(spec, str):
        if spec.startswith(ASK.strip()):
            yield spec.removeprefix(ASK.strip()).strip()
    elif isinstance(spec, dict):
        for value in spec.values():
            yield from questions_in(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from questions_in(value)
