"""Two measures of the same rows side by side, each on its own scale: how much it weighs, and how good it is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import Labelled, empty, finish, floats, label_table, value_text
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import common_decimals
from analysis.presentation.language import LANGUAGES, Text, Value, both
from analysis.presentation.lettering import shorten, widest
from analysis.presentation.page import Note
from analysis.presentation.row_labels import row_labels, row_pitch
from analysis.presentation.scales import BASELINE, Panel, draw_columns, nice_ticks, tick_labels
from analysis.presentation.tables import Table
from analysis.presentation.theme import SMALL

TOP, BELOW = 24.0, 26.0
ROWS_AT_MOST = 16
LABEL_ROOM = 140.0
BETWEEN = 22.0


@dataclass(frozen=True)
class Side:
    """One of the two measures: its columns are `<name>`, `<name>_low`, `<name>_high`; `head` stands over its panel."""

    name: str
    head: Text
    unit: str
    reference: float | None = None


def chart_pairs(
    data: pd.DataFrame,
    *,
    left: Side,
    right: Side,
    title: Text,
    description: Text,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """One row per label with two dots, each with its interval, in two panels; a dashed line at each reference.

    Parameters
    ----------
    data : label (str or Text), and for each side its value, low and high; optional tone (good, bad, flat) of the row.
        Rows stand in the order given; at most 16.

    Returns
    -------
    A figure, or a note where no row has both values.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    columns = [f"{side.name}{end}" for side in (left, right) for end in ("", "_low", "_high")]
    rows = pd.DataFrame({c: floats(data[c]) if c in data else np.full(len(data), np.nan) for c in columns})
    rows["label"] = pd.Series(list(data["label"]) if "label" in data else [], dtype=object)
    rows["tone"] = list(data["tone"]) if "tone" in data else "ink"
    rows = rows[rows[left.name].notna() & rows[right.name].notna()][:ROWS_AT_MOST].reset_index(drop=True)
    if rows.empty:
        return empty(labelled)
    numbers = {
        column: (head, list(rows[column]), side.unit)
        for side in (left, right)
        for column, head in _heads(side).items()
        if rows[column].notna().any()
    }
    figures = label_table(
        list(rows["label"]), numbers, head=both("Name"), caption=labelled.caption, languages=languages
    )
    pitch = row_pitch(list(rows["label"]), LABEL_ROOM, languages)
    drawn = _Pairs(rows, left, right, pitch)
    return finish(drawn.draw, data, height=len(rows) * pitch + TOP + BELOW + 6, labelled=labelled, table=figures)


def _heads(side: Side) -> Mapping[str, Text]:
    return {
        side.name: side.head,
        f"{side.name}_low": both("Lower bound"),
        f"{side.name}_high": both("Upper bound"),
    }


@dataclass(frozen=True)
class _Pairs:
    rows: pd.DataFrame
    left: Side
    right: Side
    pitch: float

    def draw(self, sheet: Sheet) -> None:
        names: list[Value] = list(self.rows["label"])
        labels = row_labels(names, LABEL_ROOM, sheet.languages[0])
        said = {side.name: self._said(side) for side in (self.left, self.right)}
        wide = {name: widest(texts, SMALL, sheet.languages) + 8 for name, texts in said.items()}
        start = labels.width + 12
        width = (sheet.width - start - BETWEEN - sum(wide.values())) / 2
        for side in (self.left, self.right):
            ticks = self._ticks(side)
            panel = Panel(start, TOP, start + width, sheet.height - BELOW, (ticks[0], ticks[-1]), (0, 1))
            draw_columns(sheet, panel, ticks, tick_labels(ticks, side.unit))
            self._side(sheet, side, panel, said[side.name], wide[side.name])
            start = panel.right + wide[side.name] + BETWEEN
        for row in range(len(names)):
            labels.draw(sheet, row, self._height(row))

    def _said(self, side: Side) -> list[Text]:
        places = common_decimals(list(self.rows[side.name]))
        unit = side.unit if side.unit == "%" else ""
        return [value_text(value, unit, decimals=places) for value in self.rows[side.name]]

    def _ticks(self, side: Side) -> list[float]:
        known = self.rows[[side.name, f"{side.name}_low", f"{side.name}_high"]].to_numpy(float)
        ends = known[np.isfinite(known)]
        ends = ends if side.reference is None else np.append(ends, side.reference)
        ticks = nice_ticks(float(ends.min()), float(ends.max()), about=2)
        return [tick for tick in ticks if side.unit != "%" or tick <= 100 or ends.max() > 100]

    def _side(self, sheet: Sheet, side: Side, panel: Panel, said: list[Text], wide: float) -> None:
        head: Text = {
            language: shorten(side.head[language], panel.right - panel.left + wide, SMALL)
            for language in sheet.languages
        }
        sheet.text(panel.left, TOP - 10, head, role="muted", size=SMALL)
        if side.reference is not None:
            place = float(panel.x(side.reference))
            sheet.line([place, place], [panel.top, panel.bottom], "muted", width=1.2, dash="dash")
        for role in dict.fromkeys(self.rows["tone"]):
            part = self.rows[self.rows["tone"] == role]
            heights = [self._height(int(row)) for row in part.index]
            low, high = (
                panel.x(part[f"{side.name}_{end}"].fillna(part[side.name]).clip(*panel.x_range))
                for end in ("low", "high")
            )
            lines = [(float(a), y, float(b), y) for a, b, y in zip(low, high, heights, strict=True)]
            sheet.rules(lines, "g4" if role == "ink" else role, width=2)
            sheet.dots(panel.x(part[side.name]), heights, role, size=8)
        for row, text in enumerate(said):
            sheet.text(panel.right + wide, self._height(row) + BASELINE, text, anchor="end", size=SMALL)

    def _height(self, row: int) -> float:
        return TOP + self.pitch * (row + 0.5) + 2
