"""How wide words are on a drawing, measured with an installed Chinese font, and where labels go so that they do not
overlap.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate, takewhile
from pathlib import Path

import matplotlib as mpl
import pylopdf_fonts_zh_cn
from matplotlib.ft2font import FT2Font, LoadFlags

from analysis.presentation.language import LANGUAGES, Text, pick

_UNIT = 100.0
_BOLDER = 1.1


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Width of the text in pixels at a font size.

    Readers' fonts differ: each character counts as wide as the wider of an installed Chinese font and a wide Latin
    one. What both lack (an emoji) counts one em, a combining mark nothing.
    """
    return sum(map(_advance, text)) * size / _UNIT * (_BOLDER if bold else 1.0)


def widest(
    texts: Sequence[Text | str], size: float, languages: Sequence[str] = LANGUAGES, *, bold: bool = False
) -> float:
    """Width of the widest of the texts over the languages; 0 for none."""
    return max(
        (width_of(pick(text, language), size, bold=bold) for text in texts for language in languages), default=0.0
    )


def shorten(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or as much of it as fits the width, ended by "…"."""
    if width_of(text, size, bold=bold) <= room:
        return text
    return text[: _fitting(text, room - width_of("…", size, bold=bold), size, bold)].rstrip() + "…"


def shorten_middle(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or as much of its beginning and its end as fits the width, with "…" between."""
    if width_of(text, size, bold=bold) <= room:
        return text
    half = (room - width_of("…", size, bold=bold)) / 2
    head, tail = _fitting(text, half, size, bold), _fitting(text[::-1], half, size, bold)
    return f"{text[:head].rstrip()}…{text[len(text) - tail :].lstrip()}"


def fold(text: str, room: float, size: float, *, bold: bool = False, keep_end: bool = False) -> tuple[str, ...]:
    """The text on at most two lines of the width, broken between words where there are any; what does not fit is cut.

    Parameters
    ----------
    keep_end : cut before the end rather than at it, where beginnings are alike
    """
    if width_of(text, size, bold=bold) <= room:
        return (text,)
    most = _fitting(text, room, size, bold)
    space = text.rfind(" ", 0, most + 1)
    first = text[:space] if space > 0 and space >= most / 2 else text[:most]
    rest = text[len(first) :].strip()
    if not keep_end or width_of(rest, size, bold=bold) <= room:
        return first.rstrip(), shorten(rest, room, size, bold=bold)
    kept = _fitting(rest[::-1], room - width_of("…", size, bold=bold), size, bold)
    return first.rstrip(), "…" + rest[len(rest) - kept :].lstrip()


def spread(places: Sequence[float], gap: float, *, low: float, high: float) -> list[float]:
    """The places moved as little as needed to stand at least `gap` apart between `low` and `high`; order kept.

    Where there is no room for all, they stand evenly over the whole range.
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    if len(order) > 1 and gap * (len(order) - 1) > high - low:
        even = (high - low) / (len(order) - 1)
        return [low + even * order.index(i) for i in range(len(places))]
    groups: list[list[int]] = []
    for index in order:
        groups.append([index])
        while (
            len(groups) > 1
            and _top(groups[-1], places, gap, low, high) < _bottom(groups[-2], places, gap, low, high) + gap - 1e-9
        ):
            last = groups.pop()
            groups[-1] += last
    moved = [0.0] * len(places)
    for group in groups:
        start = _top(group, places, gap, low, high)
        for step, index in enumerate(group):
            moved[index] = start + step * gap
    return moved


def _fitting(text: str, room: float, size: float, bold: bool = False) -> int:
    """How many of the first characters stand within the width."""
    most = room * _UNIT / size / (_BOLDER if bold else 1.0)
    return sum(1 for _ in takewhile(lambda wide: wide <= most, accumulate(map(_advance, text))))


def _top(group: Sequence[int], places: Sequence[float], gap: float, low: float, high: float) -> float:
    height = gap * (len(group) - 1)
    middle = sum(places[i] for i in group) / len(group)
    return min(max(middle - height / 2, low), high - height)


def _bottom(group: Sequence[int], places: Sequence[float], gap: float, low: float, high: float) -> float:
    return _top(group, places, gap, low, high) + gap * (len(group) - 1)


@lru_cache(maxsize=8192)
def _advance(char: str) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn"):
        return 0.0
    known = [font for font in _fonts() if font.get_char_index(ord(char))]
    if not known:
        return _UNIT if unicodedata.east_asian_width(char) in "WF" else 0.62 * _UNIT
    return max(font.load_char(ord(char), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 for font in known)


@cache
def _fonts() -> tuple[FT2Font, ...]:
    latin = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    fonts = FT2Font(pylopdf_fonts_zh_cn.sans_path()), FT2Font(str(latin))
    for font in fonts:
        font.set_size(_UNIT, 72)
    return fonts
