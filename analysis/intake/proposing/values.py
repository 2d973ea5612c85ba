"""What a source's words mean in ours: states, channels, kinds of order, yes and no, levels of satisfaction.

A word that is not known stays as it is where the data model takes any word; where it takes only its own, it is left
open for the reader to decide.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from analysis.data_model import Column
from analysis.intake.naming import fold
from analysis.intake.proposing.vocabulary import words_of_the_trade

KNOWN = 0.8  # share of rows whose word must be known
_WORDS = re.compile(r"[^\W\d_]+")
_LEADING = re.compile(r"^\W*(\d+|[A-Ga-g])\W*[-–.:：、]\W*")


def meaning(value: str, kind: str) -> str | None:
    """Which of ours a word of the source is (`kind`: a list of `words` in synonyms.yml); None when it is not known."""
    lists = words_of_the_trade()["words"][kind]
    whole = fold(_LEADING.sub("", value)) or fold(value)
    if kind == "status" and {fold(part) for part in _WORDS.findall(value)} & _called_off():
        return "cancelled"
    for target, words in lists.items():
        if any(fold(str(word)) == whole for word in words):
            return str(target)
    for target, words in lists.items():
        if any(len(fold(str(word))) >= 3 and whole.startswith(fold(str(word))) for word in words):
            return str(target)
    for target, words in lists.items():
        if any(_is_within(fold(str(word)), whole) for word in words):
            return str(target)
    return None


@cache
def _called_off() -> frozenset[str]:
    """Words that make any state one of a cancelled order, wherever they stand in it: `Closed - void`, `MMAB LÖVM`."""
    return frozenset(fold(str(word)) for word in words_of_the_trade()["words"]["status"]["cancelled"])


def event_of(activity: str) -> str | None:
    """Which step of a work order an activity's name speaks of; None when it says nothing that is known."""
    text = re.sub(r"[\s_\-]+", " ", activity.casefold())
    for event, words in words_of_the_trade()["words"]["event"].items():
        if any(str(word).casefold() in text for word in words):
            return str(event)
    return None


def translate(values: Mapping[str, int], kind: str) -> tuple[dict[str, str], float]:
    """Word of the source → ours, for those that are known, and the share of rows that they cover."""
    found = {value: meant for value in values if (meant := meaning(value, kind)) is not None}
    total = sum(values.values())
    return found, (sum(values[value] for value in found) / total if total else 0.0)


def yes_or_no(values: Sequence[str]) -> dict[str, bool] | None:
    """The words of a column that says yes or no; None when it says something else."""
    sides = {True: words_of_the_trade()["words"]["yes"], False: words_of_the_trade()["words"]["no"]}
    found: dict[str, bool] = {}
    for value in values:
        said = [side for side, words in sides.items() if value.casefold() in {str(word).casefold() for word in words}]
        if len(said) != 1:
            return None
        found[value] = said[0]
    return found


def kind_of_words(column: Column) -> str | None:
    """The list of words that a column of the data model is told in, if there is one."""
    name = column.name if column.name in words_of_the_trade()["words"] else None
    return name if column.allowed or name in ("status",) else None


def _is_within(word: str, text: str) -> bool:
    chinese = bool(re.search(r"[\u3400-\u9fff]", word))
    return (len(word) >= 2 and chinese and word in text) or (len(word) >= 5 and word in text)
