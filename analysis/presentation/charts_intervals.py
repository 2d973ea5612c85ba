"""Segments one under the other, each with how sure its value is, against a value to compare with."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    named,
    value_text,
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import common_decimals, is_missing
from analysis.presentation.language import LANGUAGES, Text, Value, both
from analysis.presentation.lettering import widest
from analysis.presentation.page import Note
from analysis.presentation.row_labels import row_labels, row_pitch
from analysis.presentation.scales import BASELINE, Panel, draw_columns, nice_ticks, tick_labels
from analysis.presentation.tables import Table
from analysis.presentation.theme import FONT, SMALL

ROWS_AT_MOST = 24
LABEL_ROOM = 165.0
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
PLAIN_RATIOS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)


def chart_intervals(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "n",
    reference: float | None = None,
    reference_label: Text | None = None,
    log: bool = False,
    label_room: float = LABEL_ROOM,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """One row per segment: its value as a dot, how sure as a line; a dashed line for what to compare with.

    Parameters
    ----------
    data : label (str, Text, or None for an unnamed peer), value, low, high; optional told (the figure written where the
        dot stands at the edge instead), own (True: in bold), tone (good,
        bad, flat), n. Rows stand in the order given; at most 24.
    reference, reference_label : the value to compare with, such as the company's, or 1 for ratios.
    log : a logarithmic axis, for ratios around 1; rows that are not positive are left out.
    label_room : pixels that a name may take before it is shortened.

    Returns
    -------
    A figure, or a note where no row has a value.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    rows = labelled_rows(data, ("value", "low", "high", "n", "told"))[:ROWS_AT_MOST]
    rows = rows[rows["value"] > 0] if log else rows
    if not len(rows):
        return empty(labelled)
    names = row_names(rows)
    pitch = row_pitch(names, label_room, languages, bold=True)
    drawn = _Rows(rows, unit, None if is_missing(reference) else reference, reference_label, log, label_room, pitch)
    numbers = {"value": (both("Value"), list(rows["value"]), unit)}
    numbers |= {"low": (both("Lower bound"), list(rows["low"]), unit)}
    numbers |= {"high": (both("Upper bound"), list(rows["high"]), unit)}
    numbers |= {"n": (both("n"), list(rows["n"]), "n")} if rows["n"].notna().any() else {}
    figures = label_table(names, numbers, head=both("Name"), caption=labelled.caption, languages=languages)
    return finish(drawn.draw, data, height=len(rows) * pitch + drawn.top + 32, labelled=labelled, table=figures)


def labelled_rows(data: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The frame's rows with a value: the number columns (NaN where absent), label, own and tone filled in."""
    numbers = {c: floats(data[c]) if c in data else np.full(len(data), np.nan) for c in columns}
    rows = pd.DataFrame(numbers, index=data.index)
    labels = list(data["label"]) if "label" in data else [None] * len(data)
    rows["label"] = pd.Series(labels, index=data.index, dtype=object)
    rows["own"] = [bool(own) and not is_missing(own) for own in data["own"]] if "own" in data else False
    rows["tone"] = ["ink" if is_missing(tone) else tone for tone in data["tone"]] if "tone" in data else "ink"
    return rows[rows["value"].notna()]


def row_names(rows: pd.DataFrame) -> list[Value]:
    """The rows' labels; a peer without a name is "another unit"."""
    return [both("another unit") if is_missing(label) else label for label in rows["label"]]


@dataclass(frozen=True)
class _Rows:
    rows: pd.DataFrame
    unit: str
    reference: float | None
    reference_label: Text | None
    log: bool
    label_room: float
    pitch: float

    @property
    def top(self) -> float:
        return 6.0 if self.reference is None or self.reference_label is None else 24.0

    def draw(self, sheet: Sheet) -> None:
        rows, unit = self.rows, self.unit
        labels = row_labels(row_names(rows), self.label_room, sheet.languages[0], bold=True)
        figures = rows["told"].fillna(rows["value"])
        places = common_decimals(list(figures))
        said = [value_text(value, unit, decimals=places) for value in figures]
        right = sheet.width - widest(said, FONT, sheet.languages, bold=True) - 14
        ticks = self._ticks()
        panel = Panel(
            labels.width + 14, self.top, right, sheet.height - 26, (ticks[0], ticks[-1]), (0, 1), log=self.log
        )
        draw_columns(sheet, panel, ticks, tick_labels(ticks, unit))
        self._reference(sheet, panel)
        self._marks(sheet, panel)
        for row, value in enumerate(said):
            own = bool(rows["own"].iloc[row])
            labels.draw(sheet, row, self._middle(panel, row), bold=own)
            sheet.text(sheet.width - 2, self._middle(panel, row) + BASELINE, value, anchor="end", bold=own)

    def _ticks(self) -> list[float]:
        ends = [self.rows[side].dropna() for side in ("value", "low", "high")]
        everything = np.concatenate([*ends, [] if self.reference is None else [self.reference]])
        if self.log:
            return _ratio_ticks(everything)
        ticks = nice_ticks(float(everything.min()), float(everything.max()), about=4)
        return [tick for tick in ticks if self.unit != "%" or tick <= 100 or everything.max() > 100]

    def _reference(self, sheet: Sheet, panel: Panel) -> None:
        if self.reference is None:
            return
        x = float(panel.x(self.reference))
        sheet.line([x, x], [panel.top, panel.bottom], "muted", width=1.2, dash="dash")
        if self.reference_label:
            at_nothing = self.reference == 0  # differences: the line needs no figure
            text = self.reference_label if at_nothing else named(self.reference_label, self.reference, self.unit)
            half = widest([text], SMALL, sheet.languages) / 2
            place = min(max(x, half), sheet.width - half)
            sheet.text(place, panel.top - 8, text, anchor="middle", role="muted", size=SMALL)

    def _marks(self, sheet: Sheet, panel: Panel) -> None:
        for role in dict.fromkeys(self.rows["tone"]):
            chosen = np.flatnonzero((self.rows["tone"] == role).to_numpy())
            part, heights = self.rows.iloc[chosen], [self._middle(panel, int(row)) for row in chosen]
            low, high = (panel.x(_inside(part[side].fillna(part["value"]), panel)) for side in ("low", "high"))
            lines = [(float(a), y, float(b), y) for a, b, y in zip(low, high, heights, strict=True)]
            sheet.rules(lines, "g4" if role == "ink" else role, width=2)
            sheet.dots(panel.x(part["value"]), heights, role, size=8)

    def _middle(self, panel: Panel, row: int) -> float:
        return panel.top + self.pitch * (row + 0.5) + 2


def _inside(values: pd.Series, panel: Panel) -> pd.Series:
    return values.clip(*panel.x_range)


def _ratio_ticks(values: NDArray[np.float64]) -> list[float]:
    values = values[values > 0]
    low, high = values.min(), values.max()
    first = max((ratio for ratio in RATIOS if ratio <= low), default=RATIOS[0])
    last = min((ratio for ratio in RATIOS if ratio >= high and ratio > first), default=RATIOS[-1])
    inside = [ratio for ratio in RATIOS if first < ratio < last]
    return [first, *(ratio for ratio in inside if len(inside) <= 4 or ratio in PLAIN_RATIOS), last]
