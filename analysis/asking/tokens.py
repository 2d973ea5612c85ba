"""A question as tokens: a Chinese character each, a word or a number each, with their place in the text. Says nothing
of what they mean.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?%?|[\u4e00-\u9fff]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_KEPT_S = ("ss", "us", "is")
_KEPT = frozenset({"has", "was", "its", "as", "yes", "gas", "ces", "cos", "sms", "news", "nps"})
_LONG_ENOUGH = 3


@dataclass(frozen=True)
class Token:
    """One token: its form for comparing, and its place [start, end) in the normal text."""

    form: str
    start: int
    end: int


def normal(text: str) -> str:
    """The text in one width and one case, so that what looks alike is alike."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("–", "-").replace("—", "-").lower()
    return _THOUSANDS.sub("", plain)


def tokenise(text: str, spellings: Mapping[str, str]) -> list[Token]:
    """The tokens of a normal text; punctuation is none. Words lose the s of the plural and of the genitive.

    Parameters
    ----------
    text : what `normal` gave
    spellings : word → the spelling to take for it
    """
    return [
        Token(_form(found[0], spellings), found.start(), found.end()) for found in _TOKEN.finditer(text) if found[0]
    ]


def is_chinese(form: str) -> bool:
    """Whether a token is a Chinese character."""
    return "\u4e00" <= form[0] <= "\u9fff"


def _form(word: str, spellings: Mapping[str, str]) -> str:
    if word.endswith("n't"):
        return "not"
    word = word.split("'")[0]
    word = spellings.get(word, word)
    if len(word) < _LONG_ENOUGH or not word.endswith("s") or word.endswith(_KEPT_S) or word in _KEPT:
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]
