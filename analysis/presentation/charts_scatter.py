"""Two figures of each unit against each other: where those who spend more stand."""

from dataclasses import dataclass

import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import Labelled, as_text, empty, finish, label_table
from analysis.presentation.charts_funnel import Box, write_name
from analysis.presentation.charts_intervals import labelled_rows, row_names
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.page import Note
from analysis.presentation.scales import Panel, draw_columns, draw_rows, left_room, nice_ticks, tick_labels
from analysis.presentation.tables import Table
from analysis.presentation.theme import SMALL

HEIGHT = 290.0


def chart_scatter(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    x_label: Text,
    y_label: Text,
    x_unit: str = "n",
    y_unit: str = "n",
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """One dot for each unit: one figure across, another up. Neither axis need begin at zero.

    Parameters
    ----------
    data : x, y; label (str, Text, or None for an unnamed peer); optional own (True: in bold).
    x_label, y_label : what the axes measure; y's stands above the panel.

    Returns
    -------
    A figure, or a note where no unit has both figures.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    rows = labelled_rows(data.assign(value=data["y"]) if len(data) else data.assign(value=[]), ("value", "x"))
    rows = rows.dropna(subset=["x"])
    if not len(rows):
        return empty(labelled)
    numbers = {"x": (x_label, list(rows["x"]), x_unit), "value": (y_label, list(rows["value"]), y_unit)}
    figures = label_table(row_names(rows), numbers, head=both("Name"), caption=labelled.caption, languages=languages)
    drawn = _Scatter(rows, x_label, y_label, x_unit, y_unit)
    return finish(drawn.draw, data, height=HEIGHT, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Scatter:
    rows: pd.DataFrame
    x_label: Text
    y_label: Text
    x_unit: str
    y_unit: str

    def draw(self, sheet: Sheet) -> None:
        across, up = (nice_ticks(float(self.rows[c].min()), float(self.rows[c].max()), about=4) for c in ("x", "value"))
        left = left_room(tick_labels(up, self.y_unit), sheet.languages)
        panel = Panel(left, 26, sheet.width - 14, HEIGHT - 44, (across[0], across[-1]), (up[0], up[-1]))
        draw_rows(sheet, panel, up, tick_labels(up, self.y_unit))
        draw_columns(sheet, panel, across, tick_labels(across, self.x_unit))
        sheet.text(0, 12, self.y_label, role="muted", size=SMALL)
        middle = (panel.left + panel.right) / 2
        sheet.text(middle, HEIGHT - 8, self.x_label, anchor="middle", role="muted", size=SMALL)
        others, own = self.rows[~self.rows["own"]], self.rows[self.rows["own"]]
        sheet.dots(panel.x(others["x"]), panel.y(others["value"]), "c1" if not len(own) else "g4", size=7)
        sheet.dots(panel.x(own["x"]), panel.y(own["value"]), "ink", size=9)
        self._names(sheet, panel)

    def _names(self, sheet: Sheet, panel: Panel) -> None:
        places = list(zip(panel.x(self.rows["x"]), panel.y(self.rows["value"]), strict=True))
        taken: list[Box] = [(float(x) - 5, float(y) - 5, float(x) + 5, float(y) + 5) for x, y in places]
        for (x, y), (_, row) in zip(places, self.rows.iterrows(), strict=True):
            if is_missing(row["label"]):
                continue
            write_name(sheet, panel, (float(x), float(y)), as_text(row["label"]), taken, own=bool(row["own"]))
