"""Whether text that is no UTF-8 is Western European: as GB18030 it would read without a fault, and wrongly.

A letter with an accent and the plain letter after it make one Chinese letter, of a kind that Chinese text hardly holds:
its letters end in a byte beyond ASCII. Which encoding it is only a person can say for certain.
"""

import re
from pathlib import Path

from analysis.faults import UserFault

WESTERN = "cp1252"
LOOKED_AT = 4 * 1024**2
MISREAD = 0.5  # of the pairs of bytes that would be Chinese letters and end in a Latin one
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_WORD = re.compile(rb"[A-Za-z]*[\xc0-\xff][A-Za-z]+")


class WesternText(UserFault):
    """Text that is most likely in a Western European encoding."""

    encoding = WESTERN


def refuse_western(path: Path, name: str) -> None:
    """Refuse text that is Chinese only by mistake.

    Raises
    ------
    WesternText : most of what would be Chinese letters are an accented letter and a plain one.
    """
    with path.open("rb") as stream:
        text = stream.read(LOOKED_AT)
    pairs = _PAIR.findall(text)
    latin = sum(pair[1:].isalpha() for pair in pairs)
    word = _WORD.search(text)
    if word and latin >= MISREAD * len(pairs):
        raise WesternText(
            f"{name}: neither UTF-8 nor Chinese, rather Western ({word.group().decode(WESTERN, 'replace')!r}); "
            f"declare `encoding: {WESTERN}` for it under `files:` in the mapping, or save it as UTF-8"
        )
