"""What happened beside what was to be expected, month by month: bars from zero, and a mark with its interval for each
expectation.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    TIME_HEIGHT,
    EndLabel,
    Labelled,
    by_time,
    draw_end_labels,
    empty,
    finish,
    named,
    period_table,
    time_panel,
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.page import Note
from analysis.presentation.scales import Panel, draw_months, draw_rows, tick_labels, value_ticks
from analysis.presentation.tables import Table
from analysis.presentation.theme import THICK

BAR = 0.62  # of the room of a period
NOTHING = 0.5  # pixels of a bar that is zero
ROOM = 0.6  # of a period's room, left of the first bar and right of the last


def chart_expected(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "n",
    expected_label: Text | None = None,
    tone: str = "c1",
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """Bars of what happened, and where each should have ended: a dash, with the interval it was given.

    Parameters
    ----------
    data : period or period_start, value (what happened; NaN where that is still to come), expected; optional low and
        high (the interval of the expectation).
    expected_label : what the dashes are called; by default "expected".
    tone : the colour of the bars; "bad" where more than expected is bad news.

    Returns
    -------
    A figure, or a note where nothing happened and nothing is expected.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    periods, rows = by_time(data, "value", "expected", "low", "high")
    rows = rows.reindex(columns=["value", "expected", "low", "high"])
    if not rows[["value", "expected"]].notna().any().any():
        return empty(labelled)
    label = both("expected") if expected_label is None else expected_label
    drawn = _Expected(periods, rows, unit, label, tone)
    headers = {"value": both("Observed"), "expected": both("Expected"), "low": both("Lower bound")}
    headers |= {"high": both("Upper bound")}
    figures = period_table(periods, rows, headers, unit, caption=labelled.caption, languages=languages)
    return finish(drawn.draw, data, height=TIME_HEIGHT, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Expected:
    periods: pd.PeriodIndex
    rows: pd.DataFrame
    unit: str
    label: Text
    tone: str

    def draw(self, sheet: Sheet) -> None:
        ticks = value_ticks([self.rows[column] for column in self.rows], self.unit, zero=True)
        expected = self.rows["expected"].dropna()
        caption = named(self.label, None if expected.empty else float(expected.iloc[-1]), self.unit)
        panel = time_panel(sheet, ticks, self.unit, len(self.periods), [caption])
        panel = replace(panel, x_range=(-ROOM, len(self.periods) - 1 + ROOM))
        draw_rows(sheet, panel, ticks, tick_labels(ticks, self.unit))
        draw_months(sheet, panel, self.periods)
        pitch = (panel.right - panel.left) / (len(self.periods) - 1 + 2 * ROOM)
        wide = min(pitch * BAR, 40.0)
        x = panel.x(np.arange(len(self.periods)))
        self._bars(sheet, panel, x, wide)
        self._dashes(sheet, panel, x, wide)
        if not expected.empty:
            height = float(panel.y(float(expected.iloc[-1])))
            draw_end_labels(sheet, panel, [EndLabel(height, caption, "ink", bold=True)])

    def _bars(self, sheet: Sheet, panel: Panel, x: np.ndarray, wide: float) -> None:
        ground = float(panel.y(0.0))
        boxes = []
        for place, value in zip(x, self.rows["value"], strict=True):
            if not is_missing(value):
                top = float(panel.y(value))
                boxes.append((float(place) - wide / 2, min(top, ground), wide, max(abs(ground - top), NOTHING)))
        sheet.bars(boxes, self.tone, alpha=0.75)

    def _dashes(self, sheet: Sheet, panel: Panel, x: np.ndarray, wide: float) -> None:
        whiskers, dashes = [], []
        for place, (_, row) in zip(x, self.rows.iterrows(), strict=True):
            if is_missing(row["expected"]):
                continue
            y, at = float(panel.y(row["expected"])), float(place)
            dashes.append((at - wide / 2 - 2, y, at + wide / 2 + 2, y))
            if not is_missing(row["low"]) and not is_missing(row["high"]):
                whiskers.append((at, float(panel.y(row["low"])), at, float(panel.y(row["high"]))))
        sheet.rules(whiskers, "muted", width=1.4)
        sheet.rules(dashes, "ink", width=THICK)
