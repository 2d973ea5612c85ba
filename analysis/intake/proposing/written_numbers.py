"""Numbers as people write them: with marks of currencies, blanks or commas between thousands, 万, a label behind."""

import re
from collections.abc import Mapping, Sequence

SLIPS = 0.01  # of the values of a column of numbers may be none
FEW_VALUES = 60
_NUMBER = re.compile(
    r"^[-+(]?[¥￥$€£]?\s*[-+]?\d{1,3}([,，]\d{3})*(\.\d+)?[-)]?%?[元円]?$|^[-+]?[¥￥$€£]?\d+(\.\d+)?-?%?[元円]?$|^[-+]?\d+(\.\d+)?[eE][-+]?\d+$"
)
_COMMA = re.compile(r"^[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?-?$")
_SURELY_COMMA = re.compile(r",(\d{1,2}|\d{4,})-?$")
_UNSAID = re.compile(r"[\s€$£]|EUR|CHF")  # \s: a blank between thousands, be it narrow or not to be broken
_MAGNITUDE = re.compile(r"^[¥￥]?\s*([-+]?\d+(\.\d+)?)(万|千|百万|千万|亿)元?$")
_TIMES = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_LABELLED = re.compile(r"^(\d{1,3})(?:\s*[-–—:.=(（：、]\s*(\D.*))?$")


def number_range(texts: Sequence[str]) -> tuple[float, float] | None:
    """The lowest and the highest number; None where the texts are none."""
    values = [value_of(text) for text in texts if _NUMBER.match(text) or _MAGNITUDE.match(text)]
    if not values or len(values) < len(texts) - SLIPS * len(texts):
        return None
    return min(values), max(values)


def is_decimal_comma(texts: Sequence[str]) -> bool:
    """Whether numbers are written 1.234,50: all fit, and some can be nothing else (two digits after the comma)."""
    fits = [bare for text in texts if _COMMA.match(bare := _UNSAID.sub("", text))]
    sure = any(_SURELY_COMMA.search(text) for text in fits)
    return sure and len(fits) >= (1 - SLIPS) * len(texts)


def with_point(text: str) -> str:
    """A number written 1.234,50 as 1234.50."""
    return _UNSAID.sub("", text).replace(".", "").replace(",", ".")


def value_of(text: str) -> float:
    """What a written number is worth."""
    if written := _MAGNITUDE.match(text):
        return float(written.group(1)) * _TIMES[written.group(3)]
    bare = re.sub(r"[^0-9.eE+-]", "", text)
    bare = f"-{bare.strip('-')}" if bare.endswith("-") or text.startswith("(") else bare
    try:
        return float(bare)
    except ValueError:
        return 0.0


def labels_of(counts: Mapping[str, int]) -> dict[int, str]:
    """Number → its label, of values that are whole numbers and now and then a number with words; empty otherwise."""
    found = {text: match for text in counts if (match := _LABELLED.match(text))}
    if (
        not found
        or len(counts) > FEW_VALUES
        or sum(counts[text] for text in found) < (1 - SLIPS) * sum(counts.values())
    ):
        return {}
    labels = {
        int(match.group(1)): match.group(2) or "" for match in sorted(found.values(), key=lambda m: bool(m.group(2)))
    }
    return dict(sorted(labels.items())) if any(labels.values()) else {}
