"""A process as it ran: its steps from top to bottom, how many orders went from one to the next, and how long that took.

Steps that follow the order stand between the boxes; those that skip a step run on the right, those that go back on the
left. Every label has a line of its own, so that none overlaps another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import Labelled, as_text, empty, finish
from analysis.presentation.figure import Figure
from analysis.presentation.language import LANGUAGES, Text, both, join, pick
from analysis.presentation.lettering import shorten, spread, width_of
from analysis.presentation.page import Note
from analysis.presentation.scales import BASELINE
from analysis.presentation.tables import Column, Table, text_column
from analysis.presentation.tables import table as make_table
from analysis.presentation.telling import tell_count
from analysis.presentation.theme import FONT, SMALL

BOX, GAP, TOP = 26.0, 32.0, 8.0
LEFT, RIGHT = 124.0, 312.0  # edges of the boxes; labels stand outside, lanes between
LANE, HEAD, THICKEST, THINNEST = 8.0, 5.0, 5.0, 1.0
LABEL_GAP = 15.0
SKIPPING_LANES, RETURNING_LANES = 5, 3
HOURS = {"h": 1.0, "d": 24.0, "min": 1 / 60}


def chart_process_map(
    data: pd.DataFrame,
    *,
    order: Sequence[str],
    names: dict[str, Text],
    title: Text,
    description: Text,
    unit: str = "h",
    visits: Mapping[str, float] | None = None,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """Steps as boxes, the ways between them as arrows with count and median wait; the thicker the more often.

    Parameters
    ----------
    data : before, after (step ids), count, wait (median, in `unit`); one row a way to draw. A step after itself is
        written into its box.
    order : step ids from the first to the last as the process means them; steps of no row are left out
    names : step id → its name
    visits : step id → how often it was taken, which stands in its box; ways that are not drawn count in it. Without it
        the box says what the drawn ways lead in or out.

    Returns
    -------
    A figure, or a note where there is no way to draw.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    known = data[data["before"].isin(order) & data["after"].isin(order)] if len(data) else data
    if not len(known):
        return empty(labelled)
    there = set(known["before"]) | set(known["after"])
    steps = [step for step in order if step in there]
    figures = make_table(
        known.assign(
            before=text_column(names[step] for step in known["before"]),
            after=text_column(names[step] for step in known["after"]),
        ),
        columns={
            "before": Column(both("From"), kind="text"),
            "after": Column(both("To"), kind="text"),
            "count": Column(both("How often"), "n"),
            "wait": Column(both("Median time between"), unit),
        },
        caption=labelled.caption,
        languages=languages,
    )
    drawing = _Map(
        steps, {step: as_text(names[step]) for step in steps}, known.reset_index(drop=True), unit, visits or {}
    )
    return finish(drawing.draw, data, height=drawing.height, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Way:
    """An arrow beside the boxes: from which row to which, and its label."""

    start: int
    end: int
    count: float
    label: Text

    @property
    def middle(self) -> float:
        return (_centre(self.start) + _centre(self.end)) / 2


@dataclass(frozen=True)
class _Map:
    steps: list[str]
    names: dict[str, Text]
    ways: pd.DataFrame
    unit: str
    visits: Mapping[str, float]

    @property
    def height(self) -> float:
        return TOP + len(self.steps) * (BOX + GAP) - GAP + 8

    def draw(self, sheet: Sheet) -> None:
        rows = {step: row for row, step in enumerate(self.steps)}
        most = float(self.ways["count"].max())
        itself = self.ways[self.ways["before"] == self.ways["after"]].set_index("before")
        for row, step in enumerate(self.steps):
            top = TOP + row * (BOX + GAP)
            sheet.bars([(LEFT, top, RIGHT - LEFT, BOX)], "band")
            self._box(sheet, step, top, itself)
        beside: dict[bool, list[_Way]] = {True: [], False: []}
        for before, after, count, wait in self.ways[["before", "after", "count", "wait"]].to_numpy(object):
            start, end, label = rows[before], rows[after], self._said(float(count), float(wait))
            if end == start + 1:
                self._straight(sheet, start, label, count / most)
            elif end != start:
                beside[end > start].append(_Way(start, end, count, label))
        self._lanes(sheet, beside[True], most, right=True)
        self._lanes(sheet, beside[False], most, right=False)

    def _box(self, sheet: Sheet, step: str, top: float, itself: pd.DataFrame) -> None:
        into, out = (self.ways.loc[self.ways[side] == step, "count"].sum() for side in ("after", "before"))
        again = float(itself["count"].get(step, 0.0))
        count = tell_count(self.visits.get(step, max(float(into), float(out))))
        if again:
            count = both("{count}, {again} of them again", count=count, again=tell_count(again))
        for language in sheet.languages:
            room = RIGHT - LEFT - width_of(pick(count, language), SMALL) - 22
            short = shorten(pick(self.names[step], language), room, FONT, bold=True)
            sheet.text(LEFT + 8, top + BOX / 2 + BASELINE, {language: short}, bold=True)
        sheet.text(RIGHT - 8, top + BOX / 2 + BASELINE, count, anchor="end", role="muted", size=SMALL)

    def _said(self, count: float, wait: float) -> Text:
        return join((tell_count(count), _short_time(wait * HOURS[self.unit])), " · ")

    def _straight(self, sheet: Sheet, row: int, label: Text, weight: float) -> None:
        x, top, bottom = LEFT + 34, TOP + row * (BOX + GAP) + BOX + 2, TOP + (row + 1) * (BOX + GAP) - 2
        width = _width(weight)
        sheet.rule(x, top, x, bottom - HEAD, "c1", width=width)
        _arrow(sheet, x, bottom, 0.0, 1.0, width)
        sheet.text(x + 14, (top + bottom) / 2 + BASELINE, label, size=SMALL)

    def _lanes(self, sheet: Sheet, ways: list[_Way], most: float, *, right: bool) -> None:
        """Each way in the nearest lane that is free along its span; short ones first, so that long ones go outside."""
        most_lanes = SKIPPING_LANES if right else RETURNING_LANES
        ordered = sorted(ways, key=lambda way: (abs(way.end - way.start), way.start))
        taken: list[list[_Way]] = []
        lane_of: dict[int, int] = {}
        for number, way in enumerate(ordered):
            free = next(
                (place for place, lane in enumerate(taken) if not any(_meet(way, other) for other in lane)), None
            )
            if free is None:
                free = len(taken)
                taken.append([])
            taken[free].append(way)
            lane_of[number] = min(free, most_lanes - 1)
        edge, sign = (RIGHT, 1.0) if right else (LEFT, -1.0)
        labels_at = edge + sign * ((min(len(taken), most_lanes) + 1) * LANE + 6)
        places = spread([way.middle for way in ordered], LABEL_GAP, low=TOP + 6, high=self.height - 10)
        for number, way in enumerate(ordered):
            x, width = edge + sign * (lane_of[number] + 1) * LANE, _width(way.count / most)
            down = np.sign(way.end - way.start)
            start, end = _centre(way.start) + 5 * down, _centre(way.end) - 5 * down
            role = "c1" if right else "c2"
            sheet.line([edge, x, x, edge + sign * HEAD], [start, start, end, end], role, width=width)
            _arrow(sheet, edge + sign, end, -sign, 0.0, width, role=role)
            place = places[number]
            sheet.rule(
                x, min(max(place, min(start, end)), max(start, end)), labels_at - sign * 3, place, "g3", width=0.8
            )
            anchor = "start" if right else "end"
            room = (sheet.width - labels_at if right else labels_at) - 2
            for language in sheet.languages:
                short = shorten(pick(way.label, language), room, SMALL)
                sheet.text(labels_at, place + BASELINE, {language: short}, anchor=anchor, size=SMALL)


def _short_time(hours: float) -> Text:
    """A time in as few letters as a label beside an arrow has room for."""
    if np.isnan(hours):
        return both("no time")
    if hours < 1:
        return both("{value} min", value=str(round(hours * 60)))
    if hours < 48:
        return both("{value} h", value=_brief(hours))
    return both("{value} d", value=_brief(hours / 24))


def _brief(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 9.95 else str(round(value))


def _centre(row: int) -> float:
    return TOP + row * (BOX + GAP) + BOX / 2


def _meet(one: _Way, other: _Way) -> bool:
    """Whether two ways would touch in one lane."""
    low, high = sorted((one.start, one.end))
    below, above = sorted((other.start, other.end))
    return low <= above and below <= high


def _width(weight: float) -> float:
    return THINNEST + (THICKEST - THINNEST) * float(np.sqrt(weight))


def _arrow(sheet: Sheet, x: float, y: float, along: float, down: float, width: float, *, role: str = "c1") -> None:
    """An arrow head whose point is at the place, pointing along (−1 left, 1 right) or down."""
    half = HEAD / 2 + width / 2
    if down:
        sheet.area([x - half, x, x + half], [y - HEAD] * 3, [y - HEAD, y, y - HEAD], role)
    else:
        tip, back = x, x - along * HEAD
        sheet.area(sorted((tip, back)), *_wedge(tip, back, y, half), role)


def _wedge(tip: float, back: float, y: float, half: float) -> tuple[list[float], list[float]]:
    """Lower and upper edge from left to right of a head that points sideways."""
    ends = [(tip, 0.0), (back, half)]
    spreads = [part for _, part in sorted(ends)]
    return [y - part for part in spreads], [y + part for part in spreads]
