"""How near a heading comes to what a column is called in English or Chinese, from the words of synonyms.yml.

A heading is compared as a whole, by its words and by its letters; nothing is learned and nothing is looked up outside.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from analysis.data_model import read_tables
from analysis.intake.naming import fold

SAME, WORDS, PART, NEAR = 1.0, 0.9, 0.72, 0.6
_IDLE = frozenset(
    {"the", "a", "of", "at", "on", "in", "dt", "date", "time", "datetime", "timestamp", "ts", "utc", "local", "is"}
    | {
        "has",
        "was",
        "field",
        "custom",
        "col",
        "fld",
        "nr",
        "no",
        "fecha",
        "datum",
        "data",
        "de",
        "del",
        "la",
        "el",
        "du",
    }
)
_SPELT = {
    "canceled": "cancelled",
    "center": "centre",
    "num": "number",
    "nbr": "number",
    "desc": "description",
    "descr": "description",
    "cust": "customer",
    "dept": "department",
    "tech": "technician",
    "qty": "quantity",
    "amt": "amount",
    "wo": "work order",
    "sr": "service request",
    "tkt": "ticket",
    "rcvd": "received",
    "recvd": "received",
    "resp": "response",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[\u3400-\u9fff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_ACCENT = re.compile(r"(?<=[A-Za-z])[\u0300-\u036f]")
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]")
FEWEST_LETTERS = 4


@dataclass(frozen=True)
class Heading:
    """A heading of the source as it is compared: its folded letters, and its words that say something."""

    text: str
    folded: str
    words: tuple[str, ...]
    telling: frozenset[str]


@cache
def words_of_the_trade() -> Mapping[str, Any]:
    """synonyms.yml as it stands."""
    text = files("analysis.intake.proposing").joinpath("synonyms.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def heading(text: str) -> Heading:
    """A heading, ready to be compared; what stands in brackets counts only where nothing else is left."""
    plain = unicodedata.normalize("NFKC", _ASIDE.sub(" ", text)) or text
    if not fold(plain):
        plain = unicodedata.normalize("NFKC", text)
    words = [word.lower() for word in _WORD.findall(_ACCENT.sub("", unicodedata.normalize("NFD", plain)))]
    words = [part for word in words for part in _SPELT.get(word, word).split()]
    telling = frozenset(_singular(word) for word in words if word not in _IDLE)
    return Heading(text, fold(plain), tuple(words), telling)


@cache
def names_of(table: str, column: str) -> tuple[Heading, ...]:
    """What a column of the data model is called: its own name, then the words of synonyms.yml."""
    known = words_of_the_trade()["tables"].get(table, {}).get("columns", {}).get(column, [])
    return tuple(heading(str(name)) for name in dict.fromkeys([column.replace("_", " "), *known]))


def name_score(given: Heading, table: str, column: str) -> float:
    """0 to 1: how sure the heading alone makes that it is this column. Earlier words of the list count a bit more."""
    best = 0.0
    for place, name in enumerate(names_of(table, column)):
        found = _score(given, name) - 0.004 * min(place, 30)
        best = max(best, found)
    return best if best >= SAME - 0.15 or not _speaks_against(given.text, table, column) else 0.5 * best


def is_a_time(given: Heading) -> bool:
    """Whether a heading is what a column of times is called."""
    return any(name_score(given, table, column) >= PART for table, column in _times_of_tables())


@cache
def _times_of_tables() -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, column.name)
        for name in declared_tables()
        for column in read_tables()[name].columns
        if column.type in ("date", "datetime")
    )


@cache
def _speaks_against(text: str, table: str, column: str) -> bool:
    """Whether a heading holds a word that the column is never called by: 客户评价 is no customer."""
    own = "".join(name.folded for name in names_of(table, column))
    return any(is_called(text, [word]) and fold(str(word)) not in own for word in words_of_the_trade()["contrary"])


def table_hint(text: str, table: str) -> float:
    """0 or 1: whether a file or sheet of that name is likely to hold this table."""
    told = heading(text)
    letters = told.folded
    for name in words_of_the_trade()["tables"].get(table, {}).get("names", [table.replace("_", " ")]):
        wanted = heading(str(name))
        if _CHINESE.search(str(name)) and wanted.folded in letters:
            return 1.0
        if wanted.telling and wanted.telling <= told.telling:
            return 1.0
    return 0.0


def is_called(text: str, names: Sequence[str]) -> bool:
    """Whether a heading holds one of these names as its words (or, in Chinese, as a part)."""
    words = [w.lower() for w in _WORD.findall(_ACCENT.sub("", unicodedata.normalize("NFKD", text)))]
    whole = fold(text)
    for name in names:
        wanted = heading(str(name))
        if _CHINESE.search(str(name)):
            if wanted.folded in whole:
                return True
        elif wanted.words and _holds(words, wanted.words):
            return True
    return False


@cache
def declared_tables() -> tuple[str, ...]:
    """The tables that an unknown source is looked through for."""
    aside = {"meta", "business_units", "calendar", "targets", "benchmarks", "interventions", "sla_policies"}
    return tuple(name for name in read_tables() if name not in aside)


def _score(given: Heading, name: Heading) -> float:
    if given.folded == name.folded:
        return SAME
    if not given.folded or not name.folded:
        return 0.0
    if _CHINESE.search(name.folded) or _CHINESE.search(given.folded):
        return _score_letters(given.folded, name.folded)
    if given.telling and given.telling == name.telling:
        return WORDS
    if name.telling and name.telling < given.telling:
        return PART + 0.15 * (len(name.telling) / len(given.telling)) - 0.1 * (len(name.telling) == 1)
    if len(given.telling) > 1 and given.telling < name.telling:
        return NEAR + 0.1 * (len(given.telling) / len(name.telling))
    if name.telling and min(len(given.folded), len(name.folded)) >= FEWEST_LETTERS:
        alike = SequenceMatcher(None, given.folded, name.folded).ratio()
        if alike >= 0.86:
            return NEAR + (alike - 0.86)
    return 0.0


def _score_letters(given: str, name: str) -> float:
    """Chinese has no spaces: a name within a heading counts by how much of it it is."""
    if not (_CHINESE.search(given) and _CHINESE.search(name)):
        return 0.0
    if name in given and len(name) >= 2:
        return PART + 0.2 * len(name) / len(given)
    if given in name and len(given) >= 2:
        return NEAR + 0.1 * len(given) / len(name)
    alike = SequenceMatcher(None, given, name).ratio()
    return NEAR * alike if alike >= 0.75 else 0.0


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    width = len(wanted)
    return any(tuple(words[n : n + width]) == tuple(wanted) for n in range(len(words) - width + 1))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
