"""How one figure became the other: each cause's part of the change, one after the other."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    Labelled,
    empty,
    finish,
    floats,
    label_table,
    value_text,
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import MINUS, common_decimals, fmt_change, fmt_number, is_missing
from analysis.presentation.language import LANGUAGES, Text, Value, both, each, join
from analysis.presentation.lettering import widest
from analysis.presentation.page import Note
from analysis.presentation.row_labels import row_labels, row_pitch
from analysis.presentation.scales import BASELINE, Panel, draw_columns, nice_ticks
from analysis.presentation.tables import Table
from analysis.presentation.theme import FONT, tone

ROW, BAR = 27.0, 16.0
LABEL_ROOM = 180.0


def chart_waterfall(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    start: tuple[Text, float],
    end: tuple[Text, float],
    unit: str = "n",
    better: str = "none",
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """How one figure became the other: each part of the change as a bar, from the first figure at zero to the whole.

    Parameters
    ----------
    data : label (str or Text), value (the part of the change, signed, in `unit`), in the order to show.
    start, end : (name, figure) of the two, such as (June 2025, 2.05) and (June 2026, 2.49).
    better : the metric's direction, which colours each part.

    Returns
    -------
    A figure, or a note where there is no part or one of the two figures is missing.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    rows = data.assign(value=floats(data["value"])).dropna(subset=["value"]) if len(data) else data
    if not len(rows) or is_missing(start[1]) or is_missing(end[1]):
        return empty(labelled)
    pitch = max(ROW, row_pitch(list(rows["label"]), LABEL_ROOM, languages, bold=True))
    steps = _Steps(list(rows["label"]), rows["value"].to_numpy(), start, end, unit, better, pitch)
    numbers = {"value": (both("Part of the change"), [*steps.changes, steps.total], unit)}
    names = [*steps.names, both("Whole change")]
    figures = label_table(names, numbers, head=both("Cause"), caption=labelled.caption, languages=languages)
    return finish(steps.draw, data, height=(len(rows) + 2) * pitch + 34, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Steps:
    names: list[Value]
    changes: NDArray[np.float64]
    start: tuple[Text, float]
    end: tuple[Text, float]
    unit: str
    better: str
    pitch: float

    @property
    def total(self) -> float:
        return float(self.end[1]) - float(self.start[1])

    @property
    def reached(self) -> NDArray[np.float64]:
        return np.concatenate([[0.0], np.cumsum(self.changes)])

    def draw(self, sheet: Sheet) -> None:
        names = [self._figure(self.start), *self.names, self._figure(self.end)]
        labels = row_labels(names, LABEL_ROOM, sheet.languages[0], bold=True)
        changes = [*self.changes, self.total]
        places = common_decimals(changes)
        said = [_signed(change, self.unit, places) for change in changes]
        right = sheet.width - widest(said, FONT, sheet.languages, bold=True) - 12
        ticks = nice_ticks(min(self.reached.min(), self.total), max(self.reached.max(), self.total), about=4)
        panel = Panel(labels.width + 14, 6, right, sheet.height - 26, (ticks[0], ticks[-1]), (0, 1))
        draw_columns(sheet, panel, ticks, [_tick(tick) for tick in ticks])
        self._bars(sheet, panel)
        for row in range(len(names)):
            labels.draw(sheet, row, self._row(panel, row), bold=row in (0, len(names) - 1))
        for row, text in enumerate(said, start=1):
            sheet.text(sheet.width - 2, self._row(panel, row) + BASELINE, text, anchor="end", bold=row == len(said))

    def _row(self, panel: Panel, row: int) -> float:
        return panel.top + self.pitch * (row + 0.5)

    def _figure(self, figure: tuple[Text, float]) -> Text:
        return join((figure[0], value_text(figure[1], self.unit)), ": ")

    def _bars(self, sheet: Sheet, panel: Panel) -> None:
        zero, end = float(panel.x(0)), float(panel.x(self.total))
        sheet.rule(zero, panel.top, zero, panel.bottom, "muted")
        for row, (before, after) in enumerate(pairwise(self.reached), start=1):
            x0, x1 = (float(place) for place in panel.x([before, after]))
            box = (min(x0, x1), self._row(panel, row) - BAR / 2, abs(x1 - x0), BAR)
            sheet.bars([box], tone(self.better, before, after))
            sheet.rule(x1, self._row(panel, row) + BAR / 2, x1, self._row(panel, row + 1) - BAR / 2, "g4", width=0.8)
        last = self._row(panel, len(self.changes) + 1) - BAR / 2
        sheet.bars([(min(zero, end), last, abs(end - zero), BAR)], "g4")


def _signed(value: float, unit: str, decimals: int) -> Text:
    return each(lambda language: "0" if value == 0 else fmt_change(value, unit, language, decimals=decimals))


def _tick(value: float) -> Text:
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return each(lambda language: sign + fmt_number(abs(value), "n", language))
