"""In which thousands, or which unit of time, a figure reads best, and which one figures side by side share.

Writes no figure: `formatting` does.
"""

import math
from collections.abc import Sequence

Scale = tuple[float, str]
"""What a figure is divided by, and the sign that then stands behind it."""

PLAIN: Scale = (1.0, "")
_SCALES = {"en": ((1e9, "B"), (1e6, "M"), (1e4, "K")), "zh": ((1e8, "亿"), (1e4, "万"))}
_DIVISOR = {"K": 1e3}
_UNSCALED = ("%", "pp")
_ROOM = 100_000  # up to five digits before the sign are read at a glance: "9,800–12,000", "99K–1,200K"
_FINER_TIMES = (("d", "h", 24.0), ("h", "min", 60.0))
_WORTH_A_FINER = 0.1


def scale_of(figure: float, unit: str, language: str) -> Scale:
    """The thousands that one figure is written in: "12.3K" from ten thousand, "1.23万"."""
    if unit in _UNSCALED:
        return PLAIN
    for floor, suffix in _SCALES[language]:
        if abs(figure) >= floor * 0.99995:
            return _DIVISOR.get(suffix, floor), suffix
    return PLAIN


def shared_scale(figures: Sequence[float], unit: str, language: str) -> Scale:
    """The thousands that figures side by side share: "12–15K" would be read as twelve thousand.

    That of the smallest one, unless the largest would need more than five digits in it; nought takes any.
    """
    own = sorted({scale_of(figure, unit, language) for figure in figures if figure}, reverse=True)
    if len(own) < 2:
        return own[0] if own else PLAIN
    largest = max(map(abs, figures))
    middle = {(_DIVISOR.get(suffix, floor), suffix) for floor, suffix in _SCALES[language]} | {PLAIN}
    between = sorted(scale for scale in middle if own[-1][0] <= scale[0] <= own[0][0])
    return next((scale for scale in between if largest / scale[0] < _ROOM), own[0])


def readable_time(value: float | None, unit: str) -> tuple[float | None, str]:
    """A time of less than a tenth of a day or hour in the next smaller unit: "14 minutes", not "0.0097 days"."""
    for larger, smaller, factor in _FINER_TIMES:
        if unit == larger and value is not None and math.isfinite(value) and 0 < abs(value) < _WORTH_A_FINER:
            value, unit = value * factor, smaller
    return value, unit
