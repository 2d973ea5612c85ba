"""The same figure for many segments: small panels side by side, all on one scale."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    Labelled,
    as_text,
    by_time,
    empty,
    finish,
    floats,
    period_table,
    value_text,
    when_text,
)
from analysis.presentation.figure import Figure
from analysis.presentation.language import LANGUAGES, Text, pick, plain
from analysis.presentation.lettering import shorten
from analysis.presentation.page import Note
from analysis.presentation.scales import (
    Panel,
    as_periods,
    draw_rows,
    left_room,
    tick_labels,
    value_ticks,
)
from analysis.presentation.tables import Table
from analysis.presentation.theme import SMALL

PANELS_AT_MOST, ACROSS = 12, 3
HEIGHT, ABOVE, BETWEEN = 74.0, 38.0, 20.0


def chart_small_multiples(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "n",
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """The same figure for many segments, each in a small panel of its own, all on one scale.

    Parameters
    ----------
    data : panel (the segment's name, str or Text), period or period_start, value. At most twelve panels, in order of
        appearance.

    Returns
    -------
    A figure, or a note where no segment has a value.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    kept = data[~np.isnan(floats(data["value"]))] if len(data) else data
    if not len(kept):
        return empty(labelled)
    keys = np.array([pick(panel, "en") for panel in kept["panel"]])
    everywhere = as_periods(kept)
    whole = pd.period_range(everywhere.min(), everywhere.max(), freq=everywhere.freq)
    parts = {key: kept[keys == key] for key in list(dict.fromkeys(keys))[:PANELS_AT_MOST]}
    wide = pd.DataFrame({key: by_time(part, "value")[1]["value"].reindex(whole) for key, part in parts.items()})
    names = {key: as_text(part["panel"].iloc[0]) for key, part in parts.items()}
    figures = period_table(whole, wide, names, unit, caption=labelled.caption, languages=languages)
    height = math.ceil(len(parts) / ACROSS) * (HEIGHT + ABOVE) + 22
    return finish(_Grid(wide, names, unit).draw, data, height=height, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Grid:
    wide: pd.DataFrame
    names: dict[str, Text]
    unit: str

    def draw(self, sheet: Sheet) -> None:
        ticks = value_ticks([self.wide.to_numpy()], self.unit, about=2)
        labels = tick_labels(ticks, self.unit)
        left = left_room(labels, sheet.languages)
        room = (sheet.width - left - 4 - (ACROSS - 1) * BETWEEN) / ACROSS
        ends = (0, max(1, len(self.wide) - 1))
        for place, key in enumerate(self.names):
            row, column = divmod(place, ACROSS)
            edge, top = left + column * (room + BETWEEN), row * (HEIGHT + ABOVE) + 34
            panel = Panel(edge, top, edge + room, top + HEIGHT, ends, (ticks[0], ticks[-1]))
            draw_rows(sheet, panel, ticks, labels if column == 0 else [plain("")] * len(ticks))
            self._panel(sheet, panel, self.wide[key], self.names[key])
            if place + ACROSS >= self.wide.shape[1]:
                self._ends(sheet, panel)

    def _panel(self, sheet: Sheet, panel: Panel, values: pd.Series, name: Text) -> None:
        newest, end = values.dropna().iloc[-1], np.flatnonzero(values.notna())[-1]
        sheet.line(panel.x(np.arange(len(values))), panel.y(values), "c1")
        sheet.dots(panel.x([float(end)]), panel.y([newest]), "c1", size=5.5)
        room = panel.right - panel.left
        short = {language: shorten(said, room, SMALL, bold=True) for language, said in name.items()}
        sheet.text(panel.left, panel.top - 20, short, size=SMALL, bold=True)
        sheet.text(panel.left, panel.top - 5, value_text(newest, self.unit), size=SMALL, role="muted")

    def _ends(self, sheet: Sheet, panel: Panel) -> None:
        for place, period, hang in (
            (panel.left, self.wide.index[0], "start"),
            (panel.right, self.wide.index[-1], "end"),
        ):
            sheet.text(place, panel.bottom + 15, when_text(period), anchor=hang, size=SMALL, role="muted")
