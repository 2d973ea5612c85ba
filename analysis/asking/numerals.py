"""Small numbers in a question, such as the 5 of "top 5": digits, English words, Chinese numerals up to twelve."""

import re

from analysis.asking.lexicon import Term
from analysis.asking.moment_words import number_of

_DIGITS = re.compile(r"(?<![\d.])\d{1,3}(?![\d.%])")
_WORDS = re.compile(r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b")
_CHINESE = re.compile(r"十[一二]?|[一二两三四五六七八九]")


def find_numbers(text: str) -> list[tuple[int, int, Term]]:
    """Every number of a normal text with its place."""
    return [
        (found.start(), found.end(), Term("number", number_of(found[0])))
        for pattern in (_DIGITS, _WORDS, _CHINESE)
        for found in pattern.finditer(text)
    ]
