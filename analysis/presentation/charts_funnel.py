"""Units against their size, inside what chance alone allows for that size."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    Labelled,
    as_text,
    empty,
    finish,
    floats,
    label_table,
    named,
    number_text,
)
from analysis.presentation.charts_intervals import labelled_rows, row_names
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.lettering import shorten, spread, widest
from analysis.presentation.page import Note
from analysis.presentation.scales import (
    BASELINE,
    Panel,
    draw_columns,
    draw_rows,
    left_room,
    nice_ticks,
    tick_labels,
    value_ticks,
)
from analysis.presentation.tables import Table
from analysis.presentation.theme import SMALL

HEIGHT = 290.0
FURTHER = (28, 42, 60, 80, 110)  # how far off one's own name goes where nothing near is free, and whither
WAYS = ((0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))
NAMED_AT_MOST = 8
NAME_ROOM = 130.0
CAPTION_GAP = 15.0
AVOIDED_AT_MOST = 400
LIMITS = ("low", "high", "low_outer", "high_outer")
Box = tuple[float, float, float, float]


def chart_funnel(
    data: pd.DataFrame,
    *,
    limits: pd.DataFrame,
    title: Text,
    description: Text,
    unit: str = "%",
    better: str = "none",
    centre: float | None = None,
    size_label: Text | None = None,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """Each unit's value against its size, inside what chance alone allows; those outside are marked and named.

    Parameters
    ----------
    data : n (the denominator), value; label (str, Text, or None for an unnamed peer); optional own (True: named, in
        bold) and out (True: outside the limits; without it the outer limits decide).
    limits : n ascending, low, high (the inner limits), optional low_outer and high_outer.
    centre : the overall value.
    better : colours the marks outside: blue on the good side, orange on the bad one.
    size_label : what n counts, such as "work orders"; stands under the axis.

    Returns
    -------
    A figure, or a note where no unit has both a value and a size.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    rows = labelled_rows(data, ("value", "n")).dropna(subset=["n"])
    if not len(rows):
        return empty(labelled)
    edge = _edge(limits, rows["value"], unit)
    rows = rows.assign(out=_outside(data.loc[rows.index], rows, edge))
    funnel = _Funnel(rows, edge, unit, better, None if is_missing(centre) else centre, size_label)
    numbers = {"value": (both("Value"), list(rows["value"]), unit), "n": (both("n"), list(rows["n"]), "n")}
    names = row_names(rows)
    figures = label_table(names, numbers, head=both("Name"), caption=labelled.caption, languages=languages)
    return finish(funnel.draw, data, height=HEIGHT, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Funnel:
    rows: pd.DataFrame
    edge: pd.DataFrame
    unit: str
    better: str
    centre: float | None
    size_label: Text | None

    @property
    def middle(self) -> float:
        return float(self.rows["value"].median()) if self.centre is None else float(self.centre)

    def draw(self, sheet: Sheet) -> None:
        span = float(self.rows["n"].max()) * 1.06 or 1.0
        edge = self.edge[self.edge["n"] <= span]
        captions = self._captions(edge)
        ticks = self._ticks(edge)
        right = sheet.width - widest([text for _, text in captions], SMALL, sheet.languages) - 14
        left = left_room(tick_labels(ticks, self.unit), sheet.languages)
        panel = Panel(left, 12, right, HEIGHT - 44, (0, span), (ticks[0], ticks[-1]))
        draw_rows(sheet, panel, ticks, tick_labels(ticks, self.unit))
        sizes = [size for size in nice_ticks(0, span, about=4) if size <= span]
        said = [number_text(size, "n") for size in sizes]
        draw_columns(sheet, panel, sizes, said)
        axis = self.size_label or both("records in the period")
        sheet.text((panel.left + panel.right) / 2, HEIGHT - 8, axis, anchor="middle", role="muted", size=SMALL)
        self._limits(sheet, panel, edge, captions)
        self._marks(sheet, panel)
        self._names(sheet, panel)

    def _ticks(self, edge: pd.DataFrame) -> list[float]:
        seen = edge[edge["n"] >= self.rows["n"].min() * 0.9]
        return value_ticks([self.rows["value"], *(seen[c] for c in LIMITS if c in seen), [self.middle]], self.unit)

    def _captions(self, edge: pd.DataFrame) -> list[tuple[float, Text]]:
        captions: list[tuple[float, Text]] = []
        if self.centre is not None:
            captions.append((float(self.centre), named(both("overall"), self.centre, self.unit)))
        if len(edge):
            outer = edge["high_outer" if "high_outer" in edge else "high"].iloc[-1]
            captions.append((float(outer), both("limit of chance")))
        return captions

    def _limits(self, sheet: Sheet, panel: Panel, edge: pd.DataFrame, captions: list[tuple[float, Text]]) -> None:
        shown = edge.assign(**{c: edge[c].clip(*panel.y_range) for c in LIMITS if c in edge})
        x = panel.x(shown["n"])
        if "low_outer" in shown:
            sheet.area(x, panel.y(shown["low_outer"]), panel.y(shown["high_outer"]), "band")
        inner = "g1" if "low_outer" in shown else "band"
        sheet.area(x, panel.y(shown["low"]), panel.y(shown["high"]), inner, alpha=0.6)
        if self.centre is not None:
            height = float(panel.y(self.centre))
            sheet.rule(panel.left, height, panel.right, height, "muted")
        heights = [float(panel.y(value)) for value, _ in captions]
        places = spread(heights, CAPTION_GAP, low=panel.top + 8, high=panel.bottom)
        for place, (_, text) in zip(places, captions, strict=True):
            sheet.text(panel.right + 7, place + BASELINE, text, role="muted", size=SMALL)

    def _marks(self, sheet: Sheet, panel: Panel) -> None:
        rows, judged = self.rows, self.better in ("lower", "higher")
        good = (rows["value"] > self.middle) == (self.better == "higher")
        outside = np.where(good, "good", "bad") if judged else np.full(len(rows), "flat")
        roles = np.where(rows["out"], outside, "g4")
        for role in ("g4", "flat", "good", "bad"):
            chosen = rows[roles == role]
            sheet.dots(panel.x(chosen["n"]), panel.y(chosen["value"]), role, size=6 if role == "g4" else 8)
        own = rows[rows["own"]]
        sheet.dots(panel.x(own["n"]), panel.y(own["value"]), "ink", size=9)

    def _names(self, sheet: Sheet, panel: Panel) -> None:
        rows = self.rows
        has_name = np.array([not is_missing(label) for label in rows["label"]])
        marked = rows[(rows["out"] | rows["own"]) & has_name]
        weight = (marked["value"] - self.middle).abs() + marked["own"] * 1e12
        places = zip(panel.x(rows["n"]), panel.y(rows["value"]), strict=True)
        taken = [(float(x) - 5, float(y) - 5, float(x) + 5, float(y) + 5) for x, y in places][:AVOIDED_AT_MOST]
        for index in weight.sort_values(ascending=False, kind="stable").index[:NAMED_AT_MOST]:
            row, own = marked.loc[index], bool(marked.loc[index, "own"])
            name = as_text(row["label"])
            write_name(sheet, panel, (float(panel.x(row["n"])), float(panel.y(row["value"]))), name, taken, own=own)


def _edge(limits: pd.DataFrame, values: pd.Series, unit: str) -> pd.DataFrame:
    edge = pd.DataFrame({c: floats(limits[c]) for c in ("n", *LIMITS) if c in limits}).reindex(
        columns=[c for c in ("n", *LIMITS) if c in limits or c in ("n", "low", "high")]
    )
    lowest, highest = 0.0 if values.min() >= 0 else -np.inf, 100.0 if unit == "%" else np.inf
    clipped = edge.assign(**{c: edge[c].clip(lowest, highest) for c in LIMITS if c in edge})
    return clipped.dropna(subset=["n"]).sort_values("n")


def _outside(data: pd.DataFrame, rows: pd.DataFrame, edge: pd.DataFrame) -> pd.Series:
    if "out" in data:
        return pd.Series([bool(out) and not is_missing(out) for out in data["out"]], index=rows.index)
    if not len(edge):
        return pd.Series(False, index=rows.index)
    low, high = ("low_outer", "high_outer") if "low_outer" in edge else ("low", "high")
    below = rows["value"] < np.interp(rows["n"], edge["n"], edge[low])
    return below | (rows["value"] > np.interp(rows["n"], edge["n"], edge[high]))


def write_name(
    sheet: Sheet, panel: Panel, mark: tuple[float, float], name: Text, taken: list[Box], *, own: bool = False
) -> None:
    """A name beside its mark where it covers nothing; one's own, where nothing near is free, further off with a line to
    its mark. What it takes is added to `taken`.
    """
    text = {language: shorten(said, NAME_ROOM, SMALL, bold=own) for language, said in name.items()}
    wide, (x, y) = widest([text], SMALL, sheet.languages, bold=own), mark
    box = free_place(x, y, wide, panel, taken)
    if box is None and own:
        places = (free_place(x + dx * off, y + dy * off, wide, panel, taken) for off in FURTHER for dx, dy in WAYS)
        box = next((place for place in places if place), None)
        if box:
            sheet.line([x, min(max(x, box[0]), box[2])], [y, box[3] if box[3] < y else box[1]], "muted", width=0.8)
    if box:
        taken.append(box)
        sheet.text(box[0], box[1] + 11, text, size=SMALL, bold=own, halo=True)


def free_place(x: float, y: float, wide: float, panel: Panel, taken: list[Box]) -> Box | None:
    """Where a name so wide fits beside its mark: left, top, right and bottom; None where everything is taken."""
    for dx, dy in (
        (9, 4),
        (-9 - wide, 4),
        (-wide / 2, -9),
        (-wide / 2, 19),
        (6, -8),
        (6, 17),
        (-wide / 2, -22),
        (-wide / 2, 32),
    ):
        box = (x + dx, y + dy - 11, x + dx + wide, y + dy + 3)
        inside = box[0] >= panel.left and box[2] <= panel.right + 4
        inside = inside and box[1] >= panel.top - 8 and box[3] <= panel.bottom
        if inside and not any(_overlap(box, other) for other in taken):
            return box
    return None


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
