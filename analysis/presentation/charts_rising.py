"""A share that rises with time since a start, such as repairs that came back: a line with its band, on an axis of its
own height.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import Labelled, empty, finish, floats, value_text
from analysis.presentation.figure import Figure
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.page import Note
from analysis.presentation.scales import (
    Panel,
    axis_unit,
    draw_columns,
    draw_rows,
    left_room,
    nice_ticks,
    tick_labels,
    value_ticks,
)
from analysis.presentation.tables import Column, Table
from analysis.presentation.tables import table as make_table
from analysis.presentation.theme import SMALL, THICK

HEIGHT = 240.0


def chart_rising(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "%",
    time_unit: str = "d",
    mark: float | None = None,
    since: Text | None = None,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """The share reached by time since the start, with its interval; it starts at zero.

    Parameters
    ----------
    data : time (in `time_unit`), value, low, high.
    mark : a time whose value is named on the line.
    since : what stands under the time axis: "days since the repair".

    Returns
    -------
    A figure, or a note where fewer than two times have a value.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    columns = ("time", "value", "low", "high")
    curve = pd.DataFrame({c: floats(data[c]) for c in columns if c in data}).reindex(columns=list(columns))
    curve = curve.dropna(subset=["time", "value"]).sort_values("time")
    if len(curve) < 2:
        return empty(labelled)
    headers = {"value": both("Share"), "low": both("Lower bound"), "high": both("Upper bound")}
    shown = {"time": Column(both("Time"), time_unit)} | {c: Column(head, unit) for c, head in headers.items()}
    figures = make_table(curve, columns=shown, caption=labelled.caption, languages=languages)
    start = pd.DataFrame({"time": [0.0], "value": [0.0], "low": [0.0], "high": [0.0]})
    whole = pd.concat([start, curve], ignore_index=True)
    return finish(
        _Rising(whole, unit, time_unit, mark, since).draw, data, height=HEIGHT, labelled=labelled, table=figures
    )


@dataclass(frozen=True)
class _Rising:
    curve: pd.DataFrame
    unit: str
    time_unit: str
    mark: float | None
    since: Text | None

    def draw(self, sheet: Sheet) -> None:
        ticks = value_ticks([self.curve["value"], self.curve["high"]], self.unit, zero=True)
        labels = tick_labels(ticks, self.unit)
        end = float(self.curve["time"].max())
        panel = Panel(
            left_room(labels, sheet.languages), 12, sheet.width - 12, HEIGHT - 44, (0, end), (ticks[0], ticks[-1])
        )
        draw_rows(sheet, panel, ticks, labels)
        times = [time for time in nice_ticks(0, end, about=6) if time <= end * 1.0001]
        draw_columns(sheet, panel, times, tick_labels(times, "n"))
        axis = self.since or both("{unit} since the start", unit=axis_unit(self.time_unit))
        sheet.text((panel.left + panel.right) / 2, HEIGHT - 8, axis, anchor="middle", role="muted", size=SMALL)
        x = panel.x(self.curve["time"])
        sheet.area(x, panel.y(self.curve["low"]), panel.y(self.curve["high"]), "a1")
        sheet.line(x, panel.y(self.curve["value"]), "ink", width=THICK)
        self._mark(sheet, panel)

    def _mark(self, sheet: Sheet, panel: Panel) -> None:
        if self.mark is None or self.mark > self.curve["time"].max():
            return
        value = float(np.interp(self.mark, self.curve["time"], self.curve["value"]))
        x, y = float(panel.x(self.mark)), float(panel.y(value))
        sheet.dots([x], [y], "ink", size=7)
        sheet.text(x, y + 20, value_text(value, self.unit), anchor="middle", bold=True, halo=True)
