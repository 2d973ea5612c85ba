"""What weighs most, and where: ranked bars with their share of the whole, and a grid of tinted cells."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    Labelled,
    as_text,
    clipped_labels,
    empty,
    finish,
    floats,
    label_table,
    number_text,
    value_text,
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import common_decimals, is_missing
from analysis.presentation.language import LANGUAGES, Text, Value, both, pick
from analysis.presentation.lettering import shorten, widest
from analysis.presentation.page import Note
from analysis.presentation.row_labels import row_labels, row_pitch
from analysis.presentation.scales import BASELINE
from analysis.presentation.tables import Column, Table
from analysis.presentation.tables import table as make_table
from analysis.presentation.theme import FONT, SMALL

CELL, TOP, BAR = 24.0, 20.0, 16.0
LABEL_ROOM = 175.0
COLUMNS_AT_MOST, ROWS_AT_MOST = 13, 20
FAINTEST, STRONGEST = 0.05, 0.55


def chart_pareto(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "n",
    top: int = 10,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """The largest first, as bars from zero, each with its value and the share of the whole reached so far.

    Parameters
    ----------
    data : label (str or Text), value (not negative, such that the sum is the whole).
    top : how many bars of their own; the rest stands in one bar.

    Returns
    -------
    A figure, or a note where nothing is above zero.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    rows = data.assign(value=floats(data["value"])) if len(data) else data
    rows = rows[rows["value"] > 0].sort_values("value", ascending=False, kind="stable") if len(rows) else rows
    if not len(rows):
        return empty(labelled)
    names: list[Value] = list(rows["label"][:top])
    values, rest = [float(value) for value in rows["value"][:top]], rows["value"][top:]
    if len(rest):
        names, values = (
            [*names, both("1 other") if len(rest) == 1 else both("{n} others", n=str(len(rest)))],
            [*values, float(rest.sum())],
        )
    pitch = row_pitch(names, LABEL_ROOM, languages)
    ranked = _Ranked(names, values, unit, len(rest) > 0, pitch)
    numbers = {"value": (both("Value"), values, unit), "share": (both("Share"), ranked.shares, "%")}
    numbers |= {"reached": (both("Reached so far"), list(np.cumsum(ranked.shares)), "%")}
    figures = label_table(names, numbers, head=both("Name"), caption=labelled.caption, languages=languages)
    return finish(ranked.draw, data, height=len(names) * pitch + TOP + 4, labelled=labelled, table=figures)


def chart_heat(
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
    """A grid of figures, the larger the stronger: rows against columns, such as fault by product.

    Parameters
    ----------
    data : row, column (str or Text, in order of first appearance; at most 20 and 13), value; a missing cell
        stays blank.

    Returns
    -------
    A figure, or a note where no cell has a value.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    values = floats(data["value"]) if len(data) else np.array([])
    if not np.isfinite(values).any():
        return empty(labelled)
    grid = pd.DataFrame(
        {
            "row": [pick(r, "en") for r in data["row"]],
            "column": [pick(c, "en") for c in data["column"]],
            "value": values,
        }
    )
    down, across = _names(data["row"], ROWS_AT_MOST), _names(data["column"], COLUMNS_AT_MOST)
    wide = grid.pivot_table(index="row", columns="column", values="value", aggfunc="last", dropna=False)
    wide = wide.reindex(index=list(down), columns=list(across))
    frame = wide.reset_index(drop=True)
    frame.insert(0, "", list(down.values()))
    columns = {"": Column(both("Name"), kind="text")} | {c: Column(head, unit) for c, head in across.items()}
    figures = make_table(frame, columns=columns, caption=labelled.caption, languages=languages)
    heat = _Heat(wide, down, across, unit)
    return finish(heat.draw, data, height=len(down) * CELL + TOP + 4, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Ranked:
    names: list[Value]
    values: list[float]
    unit: str
    has_rest: bool
    pitch: float

    @property
    def shares(self) -> list[float]:
        return [100 * value / sum(self.values) for value in self.values]

    def draw(self, sheet: Sheet) -> None:
        labels = row_labels(self.names, LABEL_ROOM, sheet.languages[0])
        said = [value_text(value, self.unit) for value in self.values]
        reached = [f"{round(share)}%" for share in np.cumsum(self.shares)]
        head = both("so far")
        room = max(widest(reached, FONT, sheet.languages), widest([head], SMALL, sheet.languages)) + 6
        left, right = labels.width + 12, sheet.width - room - widest(said, FONT, sheet.languages) - 20
        sheet.text(sheet.width - 2, 13, head, anchor="end", role="muted", size=SMALL)
        longest = max(self.values)
        boxes = [
            (left, TOP + (row + 0.5) * self.pitch - 8.5, (right - left) * value / longest, BAR)
            for row, value in enumerate(self.values)
        ]
        sheet.bars(boxes[:-1] if self.has_rest else boxes, "c1")
        sheet.bars(boxes[-1:] if self.has_rest else [], "g3")
        sheet.rule(left, TOP, left, TOP + len(boxes) * self.pitch, "muted", width=0.8)
        for row, ((x, y, width, height), value, share) in enumerate(zip(boxes, said, reached, strict=True)):
            base = y + height / 2 + BASELINE
            labels.draw(sheet, row, y + height / 2)
            sheet.text(x + width + 7, base, value)
            sheet.text(sheet.width - 2, base, share, anchor="end", role="muted")


@dataclass(frozen=True)
class _Heat:
    wide: pd.DataFrame
    down: dict[str, Text]
    across: dict[str, Text]
    unit: str

    def draw(self, sheet: Sheet) -> None:
        labels, room = clipped_labels(list(self.down.values()), LABEL_ROOM, sheet.languages, SMALL)
        left = room + 10
        pitch = (sheet.width - left) / len(self.across)
        values = self.wide.to_numpy(float)
        places = common_decimals([value for value in values.ravel() if not is_missing(float(value))])
        for index, name in enumerate(self.across.values()):
            short = {language: shorten(pick(name, language), pitch - 4, SMALL) for language in sheet.languages}
            sheet.text(left + (index + 0.5) * pitch, 14, short, anchor="middle", role="muted", size=SMALL)
        low, high = min(0.0, float(np.nanmin(values))), float(np.nanmax(values))
        for row, label in enumerate(labels):
            sheet.text(0, TOP + (row + 0.5) * CELL + BASELINE, label, size=SMALL)
            for column, value in enumerate(values[row]):
                if not is_missing(float(value)):
                    x, y = left + column * pitch, TOP + row * CELL
                    self._cell(sheet, x, y, pitch, float(value), (value - low) / ((high - low) or 1.0), places)

    def _cell(self, sheet: Sheet, x: float, y: float, pitch: float, value: float, weight: float, places: int) -> None:
        strength = FAINTEST + round(math.sqrt(weight), 1) * (STRONGEST - FAINTEST)
        sheet.bars([(x + 1, y + 1, pitch - 2, CELL - 2)], "a3", alpha=strength)
        said = number_text(value, self.unit, decimals=places)
        sheet.text(x + pitch / 2, y + CELL / 2 + BASELINE, said, anchor="middle", size=SMALL)


def _names(values: pd.Series, most: int) -> dict[str, Text]:
    named: dict[str, Text] = {}
    for value in values:
        named.setdefault(pick(value, "en"), as_text(value))
    return dict(list(named.items())[:most])
