"""Several groups beside each other as time goes by: the share of each that has got there, each line named at its
end."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    EndLabel,
    Labelled,
    as_text,
    draw_end_labels,
    empty,
    finish,
    floats,
    label_room,
    number_text,
)
from analysis.presentation.figure import Figure
from analysis.presentation.language import LANGUAGES, Text, both, pick
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
from analysis.presentation.theme import SERIES, SMALL, THICK

HEIGHT = 270.0
LINES_AT_MOST = 4


def chart_curves(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "d",
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """Shares that grow with time, one line per group, its interval as a band.

    Parameters
    ----------
    data : group (str or Text, at most four, in order of appearance), time (in `unit`), value, low, high in per cent; a
        missing value ends its line.

    Returns
    -------
    A figure, or a note where no group has two values.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    numbers = ("time", "value", "low", "high")
    rows = pd.DataFrame({c: floats(data[c]) if c in data else np.nan for c in numbers})
    rows["group"] = [pick(group, "en") for group in data["group"]] if len(data) else []
    names = {pick(group, "en"): as_text(group) for group in data["group"]} if len(data) else {}
    known = rows.dropna(subset=["time", "value"]).groupby("group")["time"].size()
    names = {key: text for key, text in names.items() if known.get(key, 0) > 1}
    if not names:
        return empty(labelled)
    drawn = _Curves(rows.dropna(subset=["time", "value"]), dict(list(names.items())[:LINES_AT_MOST]), unit)
    return finish(drawn.draw, data, height=HEIGHT, labelled=labelled, table=drawn.table(labelled))


@dataclass(frozen=True)
class _Curves:
    rows: pd.DataFrame
    names: dict[str, Text]
    unit: str

    @property
    def end(self) -> float:
        return float(self.rows["time"].max()) or 1.0

    @property
    def times(self) -> list[float]:
        return [time for time in nice_ticks(0, self.end, about=5) if time <= self.end * 1.0001]

    def draw(self, sheet: Sheet) -> None:
        shares = value_ticks([self.rows["value"], self.rows["high"]], "%", zero=True)
        labels = tick_labels(shares, "%")
        right = sheet.width - label_room(list(self.names.values()), sheet.languages)
        panel = Panel(
            left_room(labels, sheet.languages), 12, right, HEIGHT - 44, (0, self.end), (shares[0], shares[-1])
        )
        draw_rows(sheet, panel, shares, labels)
        draw_columns(sheet, panel, self.times, [number_text(time, self.unit) for time in self.times])
        axis = both("{unit} since then", unit=axis_unit(self.unit))
        sheet.text((panel.left + panel.right) / 2, HEIGHT - 8, axis, anchor="middle", role="muted", size=SMALL)
        ends = []
        lines = {key: self.rows[self.rows["group"] == key].sort_values("time") for key in self.names}
        for line in lines.values():  # all bands below all lines: none hides another's line
            sheet.area(panel.x(line["time"]), panel.y(line["low"]), panel.y(line["high"]), "band")
        for role, (key, text) in zip(SERIES, self.names.items(), strict=False):
            line = lines[key]
            sheet.line(panel.x(line["time"]), panel.y(line["value"]), role, width=THICK)
            ends.append(EndLabel(float(panel.y(line["value"].iloc[-1])), text, role))
        draw_end_labels(sheet, panel, ends)

    def table(self, labelled: Labelled) -> Table:
        """Each group's share at the times named along the axis; nothing beyond the end of its line."""
        frame = pd.DataFrame({"time": [time for time in self.times if time > 0]})
        columns = {"time": Column(both("Time"), self.unit)}
        for key, text in self.names.items():
            line = self.rows[self.rows["group"] == key].sort_values("time")
            frame[key] = np.interp(frame["time"], line["time"], line["value"], right=np.nan)
            columns[key] = Column(text, "%")
        return make_table(frame, columns=columns, caption=labelled.caption, languages=labelled.languages)
