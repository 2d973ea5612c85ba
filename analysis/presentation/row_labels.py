"""The names of a chart's rows: on one line where they fit, else on two smaller ones, and never two rows alike that are
not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.presentation.canvas import Sheet
from analysis.presentation.language import Value, pick
from analysis.presentation.lettering import fold, width_of
from analysis.presentation.scales import BASELINE
from analysis.presentation.theme import FONT, SMALL

ROW, ROW_OF_TWO = 25.0, 33.0
LINE = 13.0


@dataclass(frozen=True)
class RowLabels:
    """Names in one language, each as one or two lines, and the room that the widest takes."""

    lines: Sequence[tuple[str, ...]]
    width: float

    def draw(self, sheet: Sheet, row: int, middle: float, *, bold: bool = False) -> None:
        """The name of a row, at the left edge, around the row's middle."""
        lines = self.lines[row]
        if len(lines) == 1:
            sheet.text(0, middle + BASELINE, lines[0], bold=bold)
            return
        for number, line in enumerate(lines):
            sheet.text(0, middle + BASELINE + LINE * (number - 0.5), line, size=SMALL, bold=bold)


def row_pitch(names: Sequence[Value], room: float, languages: Sequence[str], *, bold: bool = False) -> float:
    """Height of a row: more where a name takes two lines in any of the languages, so that all drawings are alike."""
    short = all(_fits(pick(name, language), room, bold) for name in names for language in languages)
    return ROW if short else ROW_OF_TWO


def row_labels(names: Sequence[Value], room: float, language: str, *, bold: bool = False) -> RowLabels:
    """The names in a language, none wider than the room; `bold` where some of them are drawn so."""
    said = [pick(name, language) for name in names]
    lines = [_lines(text, room, bold) for text in said]
    for row, text in enumerate(said):
        if any(other != text and lines[row] == lines[place] for place, other in enumerate(said) if place != row):
            lines[row] = fold(text, room, SMALL, bold=bold, keep_end=True)
    widths = [
        width_of(line, FONT if len(one) == 1 else SMALL, bold=bold) for one in lines for line in one
    ]  # as each is drawn
    return RowLabels(lines, max(widths, default=0.0))


def _lines(text: str, room: float, bold: bool) -> tuple[str, ...]:
    return (text,) if _fits(text, room, bold) else fold(text, room, SMALL, bold=bold)


def _fits(text: str, room: float, bold: bool) -> bool:
    return width_of(text, FONT, bold=bold) <= room
