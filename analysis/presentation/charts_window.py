"""How a share falls the longer one waits and sees: the whole curve over the window, with the windows that figures are
quoted for marked on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import Labelled, empty, finish, floats, number_text, value_text
from analysis.presentation.figure import Figure
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.lettering import widest
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

HEIGHT = 250.0
ROOM_RIGHT = 16.0


def chart_window(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    windows: Sequence[float],
    unit: str = "%",
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """A share by the length of the window in days, with its interval; the windows in use as named points.

    Parameters
    ----------
    data : time (days, 0 = at once), value (in `unit`); optional low, high.
    windows : days to mark and to name with their value; those beyond the data are left out.

    Returns
    -------
    A figure, or a note where fewer than two days have a value.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    columns = [c for c in ("time", "value", "low", "high") if c in data]
    curve = pd.DataFrame({c: floats(data[c]) for c in columns})
    if "value" not in curve or curve[["time", "value"]].dropna().shape[0] < 2:
        return empty(labelled)
    curve = curve.dropna(subset=["time", "value"]).sort_values("time").reset_index(drop=True)
    marks = [window for window in windows if window <= curve["time"].iloc[-1]]
    drawn = _Window(curve, unit, marks)
    return finish(drawn.draw, data, height=HEIGHT, labelled=labelled, table=drawn.table(labelled))


@dataclass(frozen=True)
class _Window:
    curve: pd.DataFrame
    unit: str
    marks: list[float]

    def draw(self, sheet: Sheet) -> None:
        ranges = [self.curve[c].to_numpy() for c in ("value", "low", "high") if c in self.curve]
        ticks = value_ticks(ranges, self.unit)
        labels = tick_labels(ticks, self.unit)
        end = float(self.curve["time"].iloc[-1])
        left = left_room(labels, sheet.languages)
        panel = Panel(left, 12, sheet.width - ROOM_RIGHT, HEIGHT - 44, (0, end), (ticks[0], ticks[-1]))
        draw_rows(sheet, panel, ticks, labels)
        times = [time for time in nice_ticks(0, end, about=6) if time <= end * 1.0001]
        draw_columns(sheet, panel, times, [number_text(time, "d") for time in times])
        axis = both("{unit} since completion", unit=axis_unit("d"))
        sheet.text((panel.left + panel.right) / 2, HEIGHT - 8, axis, anchor="middle", role="muted", size=SMALL)
        x = panel.x(self.curve["time"])
        if {"low", "high"} <= set(self.curve):
            sheet.area(x, panel.y(self.curve["low"]), panel.y(self.curve["high"]), "a1")
        sheet.line(x, panel.y(self.curve["value"]), "ink", width=THICK)
        self._name_windows(sheet, panel)

    def _name_windows(self, sheet: Sheet, panel: Panel) -> None:
        told: Text | None = None
        taken: list[tuple[float, float, float]] = []  # from, to, height of the labels so far
        for window in self.marks:
            value = self._at(window)
            place, height = float(panel.x(window)), float(panel.y(value))
            sheet.dots([place], [height], "ink", size=7)
            anchor = "start" if place < panel.left + 40 else "end" if place > panel.right - 30 else "middle"
            text = value_text(value, self.unit)
            if text == told:  # the same figure again, close by: two labels would lie on each other
                continue
            told = text
            wide = widest([text], SMALL, sheet.languages, bold=True)
            start = place - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            free = (y for y in (height - 11, height + 20) if _is_free(taken, start, start + wide, y))
            line = next(free, None)
            if line is not None:  # else the table below tells it
                taken.append((start, start + wide, line))
                sheet.text(place, line, text, anchor=anchor, size=SMALL, bold=True, halo=True)

    def table(self, labelled: Labelled) -> Table:
        """The values of the windows in use."""
        rows = pd.DataFrame({"time": self.marks})
        for column in self.curve.columns.drop("time"):
            rows[column] = np.interp(rows["time"], self.curve["time"], self.curve[column].ffill())
        headers = {"value": both("Value"), "low": both("Lower bound"), "high": both("Upper bound")}
        columns = {"time": Column(both("Window"), "d")}
        columns |= {c: Column(header, self.unit) for c, header in headers.items() if c in rows}
        return make_table(rows, columns=columns, caption=labelled.caption, languages=labelled.languages)

    def _at(self, window: float) -> float:
        return float(np.interp(window, self.curve["time"], self.curve["value"]))


def _is_free(taken: Sequence[tuple[float, float, float]], start: float, end: float, height: float) -> bool:
    return not any(start < right + 2 and end > left - 2 and abs(height - y) < SMALL + 3 for left, right, y in taken)
