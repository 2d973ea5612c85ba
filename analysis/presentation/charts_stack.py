"""What a total is made of: stacked over time, the newest period set apart as a bar of its own with every part named."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    LABEL_GAP,
    EndLabel,
    Labelled,
    as_text,
    draw_end_labels,
    empty,
    finish,
    floats,
    number_text,
    period_table,
    value_text,
    when_text,
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import common_decimals, is_currency
from analysis.presentation.language import LANGUAGES, Text, both, pick
from analysis.presentation.lettering import shorten, shorten_middle, widest
from analysis.presentation.page import Note
from analysis.presentation.scales import (
    AXIS_ROOM,
    Panel,
    as_periods,
    draw_months,
    draw_rows,
    left_room,
    tick_labels,
    value_ticks,
)
from analysis.presentation.tables import Table
from analysis.presentation.theme import AGES, FONT, GREYS, SMALL

HEIGHT = 280.0
APART, BAR = 14.0, 34.0
LABEL_ROOM = 222.0
PARTS_AT_MOST = 12
RECENT = 12  # periods by which the largest parts are told
OTHERS = "…"


def chart_stages(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "d",
    highlight: str | None = None,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """Where the time goes: the stages' contributions stacked over time, one stage in colour.

    Parameters
    ----------
    data : period or period_start, stage (str or Text, in the order of the process), value (its contribution, in `unit`,
        not negative). Of more than twelve stages the smallest are drawn as one.
    highlight : the stage (its English name) in colour, the others grey; by default the largest of the newest period.

    Returns
    -------
    A figure, or a note where no stage has a positive value.
    """
    stack = _stack(data, "stage", unit, always=highlight)
    labelled = Labelled(title, description, subtitle, name, table, languages)
    if stack is None:
        return empty(labelled)
    chosen = highlight or str(stack.wide.iloc[-1].fillna(0).idxmax())
    others = [key for key in stack.names if key != chosen]
    colours = dict(zip(others, _ramp(GREYS, len(others)), strict=True)) | {chosen: "c1"}
    return _finished(_Stack(stack.wide, stack.names, unit, colours, chosen), data, labelled)


def chart_ageing(
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
    """How old the open work is: age groups stacked over time, the older the stronger.

    Parameters
    ----------
    data : period or period_start, bucket (str or Text, youngest first), value (how many, not negative).

    Returns
    -------
    A figure, or a note where nothing is open.
    """
    stack = _stack(data, "bucket", unit)
    labelled = Labelled(title, description, subtitle, name, table, languages)
    if stack is None:
        return empty(labelled)
    keys = list(stack.names)
    colours = dict(zip(keys, _ramp(AGES, len(keys)), strict=True))
    return _finished(_Stack(stack.wide, stack.names, unit, colours, keys[-1]), data, labelled)


@dataclass(frozen=True)
class _Stack:
    wide: pd.DataFrame
    names: dict[str, Text]
    unit: str
    colours: dict[str, str]
    chosen: str

    def draw(self, sheet: Sheet) -> None:
        wide, unit = self.wide, self.unit
        ticks = value_ticks([wide.fillna(0).sum(axis=1)], unit, zero=True)
        labels = {key: self._label(key, sheet) for key in self.names}
        room = min(widest(list(labels.values()), FONT, sheet.languages, bold=True), LABEL_ROOM) + 18
        bar, history = sheet.width - room - BAR, len(wide) > 1
        ends = (-0.5, max(len(wide) - 1.5, 0.5))
        left = left_room(tick_labels(ticks, unit), sheet.languages)
        right = bar - APART if history else bar + BAR
        panel = Panel(left, 26, right, HEIGHT - AXIS_ROOM, ends, (ticks[0], ticks[-1]))
        draw_rows(sheet, panel, ticks, tick_labels(ticks, unit))
        if history:
            draw_months(sheet, panel, pd.PeriodIndex(wide.index[:-1]), about=5)
            self._columns(sheet, panel)
        self._newest(sheet, panel, bar, labels)

    def _label(self, key: str, sheet: Sheet) -> Text:
        value, bold = self._figure(float(self.wide[key].iloc[-1])), key == self.chosen
        room = LABEL_ROOM - widest([value], FONT, sheet.languages, bold=bold) - 5
        short = {language: self._short(key, language, room, bold) for language in sheet.languages}
        return {language: f"{short[language]} {value[language]}" for language in sheet.languages}

    def _short(self, key: str, language: str, room: float, bold: bool) -> str:
        name, others = self.names[key][language], (self.names[other][language] for other in self.names if other != key)
        short = shorten(name, room, FONT, bold=bold)
        alike = short != name and any(other.startswith(short.removesuffix("…")) for other in others)
        return shorten_middle(name, room, FONT, bold=bold) if alike else short

    def _figure(self, value: float) -> Text:
        """A part's figure: its name takes the room of the unit, which the whole's figure tells."""
        if is_currency(self.unit):
            return self._value(value)
        return number_text(value, self.unit, decimals=common_decimals(list(self.wide.iloc[-1])))

    def _value(self, value: float) -> Text:
        return value_text(value, self.unit, decimals=common_decimals(list(self.wide.iloc[-1])))

    def _columns(self, sheet: Sheet, panel: Panel) -> None:
        past = self.wide.iloc[:-1].fillna(0)
        pitch = (panel.right - panel.left) / len(past)
        width = pitch * 0.78 if pitch > 5 else pitch
        lefts = panel.left + pitch * (np.arange(len(past)) + 0.5) - width / 2
        floor = np.zeros(len(past))
        for key in self.names:
            top = floor + past[key].to_numpy()
            boxes = zip(lefts, panel.y(floor), panel.y(top), strict=True)
            sheet.bars([(float(x), float(b), width, float(a - b)) for x, a, b in boxes], self.colours[key])
            floor = top

    def _newest(self, sheet: Sheet, panel: Panel, bar: float, labels: dict[str, Text]) -> None:
        newest, floor, ends = self.wide.iloc[-1].fillna(0), 0.0, []
        for key in self.names:
            low, high = float(panel.y(floor)), float(panel.y(floor + newest[key]))
            sheet.bars([(bar, high, BAR, low - high)], self.colours[key])
            sheet.rule(bar, high, bar + BAR, high, "paper", width=1.2)
            if newest[key] > 0:
                ends.append(EndLabel((low + high) / 2, labels[key], bold=key == self.chosen))
            floor += newest[key]
        top = float(panel.y(floor))
        highest = min(top + LABEL_GAP / 2, panel.bottom - LABEL_GAP * len(ends))  # below the total, where there is room
        edge = Panel(panel.left, max(panel.top, highest), bar + BAR, panel.bottom, panel.x_range, panel.y_range)
        draw_end_labels(sheet, edge, ends, most=LABEL_ROOM)
        self._total(sheet, top, bar, len(ends), panel.bottom)
        sheet.rule(bar, panel.bottom, bar + BAR, panel.bottom, "muted", width=0.8)
        when = when_text(self.wide.index[-1])
        sheet.text(bar + BAR / 2, panel.bottom + 18, when, anchor="middle", role="muted", size=SMALL)

    def _total(self, sheet: Sheet, top: float, bar: float, labels: int, bottom: float) -> None:
        """The whole's figure above its bar: over the labels' side, unless they need the room up there."""
        total = self._value(float(self.wide.iloc[-1].sum()))
        free = bottom - top >= LABEL_GAP * labels
        place, anchor = (bar, "start") if free else (bar + BAR, "end")
        sheet.text(place, top - 7, total, anchor=anchor, bold=True, halo=True)


def _stack(data: pd.DataFrame, column: str, unit: str, always: str | None = None) -> _Stack | None:
    values = floats(data["value"]) if len(data) else np.array([])
    if not (values > 0).any():
        return None
    names: dict[str, Text] = {}
    for name in data[column]:
        names.setdefault(pick(name, "en"), as_text(name))
    keys = [pick(name, "en") for name in data[column]]
    flat = pd.DataFrame({"period": as_periods(data), "key": keys, "value": values})
    wide = flat.pivot_table(index="period", columns="key", values="value", aggfunc="sum", min_count=1)
    whole = pd.period_range(wide.index.min(), wide.index.max(), freq=pd.PeriodIndex(wide.index).freq)
    return _Stack(*_largest(wide.reindex(index=whole, columns=list(names)), names, always), unit, {}, "")


def _largest(wide: pd.DataFrame, names: dict[str, Text], always: str | None) -> tuple[pd.DataFrame, dict[str, Text]]:
    """As many parts as can be told apart: the largest in their order, the rest as one after them."""
    if len(names) <= PARTS_AT_MOST:
        return wide, names
    ranked = wide.tail(RECENT).sum().sort_values(ascending=False, kind="stable")
    kept = {*ranked.index[: PARTS_AT_MOST - 1]} | ({always} & {*names})
    shown = [key for key in names if key in kept]
    rest = [key for key in names if key not in kept]
    drawn = wide[shown].assign(**{OTHERS: wide[rest].sum(axis=1, min_count=1)})
    return drawn, {key: names[key] for key in shown} | {OTHERS: both("{n} others", n=len(rest))}


def _finished(stack: _Stack, data: pd.DataFrame, labelled: Labelled) -> Figure:
    figures = period_table(
        pd.PeriodIndex(stack.wide.index),
        stack.wide,
        stack.names,
        stack.unit,
        caption=labelled.caption,
        languages=labelled.languages,
    )
    return finish(stack.draw, data, height=HEIGHT, labelled=labelled, table=figures)


def _ramp(roles: Sequence[str], count: int) -> list[str]:
    if count <= 1:
        return [roles[-1]] * count
    return [roles[round(index * (len(roles) - 1) / (count - 1))] for index in range(count)]
