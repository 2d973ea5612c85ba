"""What every chart shares: labels at the end of lines, default tables, and the step from a drawn sheet to a figure
block.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.small_cells import TOO_FEW_PEOPLE
from analysis.presentation.block import anchor
from analysis.presentation.canvas import Sheet
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import fmt_number, fmt_period, fmt_value
from analysis.presentation.language import Text, Value, both, each, join, pick
from analysis.presentation.lettering import shorten, shorten_middle, spread, widest
from analysis.presentation.page import Note
from analysis.presentation.scales import AXIS_ROOM, BASELINE, Panel, as_periods, left_room, period_name, tick_labels
from analysis.presentation.svg import to_svg
from analysis.presentation.tables import SUPPRESSED, Column, Table, table
from analysis.presentation.theme import FONT, SMALL

TIME_HEIGHT = 268.0
LABEL_GAP = 15.0
LEADER_FROM = 4.0
LABEL_ROOM = 150.0


@dataclass(frozen=True)
class Labelled:
    """What surrounds any drawing: its title, what a screen reader says, its subtitle, name, table and languages."""

    title: Text
    description: Text
    subtitle: Text | None
    name: str
    table: Table | None
    languages: tuple[str, ...]

    @property
    def caption(self) -> Text:
        """What a table of the drawing's figures is called."""
        return self.subtitle or self.title


@dataclass(frozen=True)
class EndLabel:
    """What a line is called, at the height where it ends."""

    y: float
    text: Text
    role: str = "ink"
    bold: bool = False


def label_room(texts: Sequence[Text], languages: Sequence[str], *, most: float = LABEL_ROOM) -> float:
    """Pixels right of a panel for its end labels."""
    return min(widest(texts, FONT, languages, bold=True), most) + 18 if texts else 10


def draw_end_labels(sheet: Sheet, panel: Panel, labels: Sequence[EndLabel], *, most: float = LABEL_ROOM) -> None:
    """The labels right of the panel, moved apart where they would overlap, shortened where they would leave the
    sheet.
    """
    places = spread([label.y for label in labels], LABEL_GAP, low=panel.top, high=panel.bottom - 2)
    for place, label in zip(places, labels, strict=True):
        text = {k: shorten(label.text[k], most, FONT, bold=label.bold) for k in sheet.languages}
        if abs(place - label.y) > LEADER_FROM:
            sheet.rule(panel.right + 2, label.y, panel.right + 10, place, "g3", width=0.8)
        sheet.text(panel.right + 13, place + BASELINE, text, role=label.role, size=FONT, bold=label.bold)


def finish(
    draw: Callable[[Sheet], None],
    data: pd.DataFrame,
    *,
    height: float,
    labelled: Labelled,
    table: Table,
) -> Figure:
    """The figure block: `draw` puts marks and words on a sheet, once for each language, whose words need their own
    room.
    """
    name = labelled.name or anchor(pick(labelled.title, "en"))[:40]
    svg: dict[str, str] = {}
    for language in labelled.languages:
        sheet = Sheet(height, languages=(language,))
        draw(sheet)
        svg |= to_svg(sheet, title=labelled.title, description=labelled.description, name=name)
    return Figure(
        labelled.title,
        svg,
        data,
        labelled.subtitle,
        labelled.table or table,
        name=name,
        languages=labelled.languages,
    )


def empty(labelled: Labelled) -> Note:
    """What stands in a chart's place when there is nothing to draw."""
    return Note.empty(labelled.title, languages=labelled.languages)


def by_time(data: pd.DataFrame, *columns: str) -> tuple[pd.PeriodIndex, pd.DataFrame]:
    """The frame's periods and number columns in order of time, a row for every period from the first to the last."""
    periods = as_periods(data)
    numbers = pd.DataFrame({c: floats(data[c]) for c in columns if c in data}, index=periods)
    if numbers.empty:
        return periods, numbers
    numbers = numbers[~periods.duplicated(keep="last")].sort_index()
    whole = pd.period_range(numbers.index[0], numbers.index[-1], freq=periods.freq)
    return whole, numbers.reindex(whole)


def withheld_periods(data: pd.DataFrame) -> pd.PeriodIndex:
    """The periods of the frame whose figure is withheld because it is about too few people, by its column `reason`."""
    periods = as_periods(data)
    return periods[(data["reason"] == TOO_FEW_PEOPLE).to_numpy()] if "reason" in data else periods[:0]


def trimmed(periods: pd.PeriodIndex, numbers: pd.DataFrame, column: str) -> tuple[pd.PeriodIndex, pd.DataFrame]:
    """Without the periods before the first figure and after the last one."""
    there = np.flatnonzero(numbers[column].notna().to_numpy()) if column in numbers else np.array([])
    part = slice(int(there[0]), int(there[-1]) + 1) if len(there) else slice(0, 0)
    return periods[part], numbers.iloc[part]


def floats(values: object) -> NDArray[np.float64]:
    """The values as numbers; what is none becomes NaN."""
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def period_table(
    periods: pd.PeriodIndex,
    numbers: pd.DataFrame,
    labels: Mapping[str, Text],
    unit: str,
    *,
    caption: Text,
    languages: tuple[str, ...],
    units: Mapping[str, str] | None = None,
    withheld: pd.PeriodIndex | None = None,
) -> Table:
    """The figures of a chart over time, newest twelve periods on the page; `units` where a column has its own,
    `withheld` the periods whose missing figures are [c], not unknown (see `withheld_periods`).
    """
    kept = [column for column in labels if column in numbers and numbers[column].notna().any()]
    frame = numbers[kept].reset_index(drop=True)
    if withheld is not None and (hidden := periods.isin(withheld)).any():
        few = frame.isna() & hidden[:, None]
        frame = frame.astype(object).mask(few, SUPPRESSED)
    frame.insert(0, "period", [period_name(period) for period in periods])
    own = units or {}
    columns = {"period": Column(both("Period"), kind="period")} | {c: Column(labels[c], own.get(c, unit)) for c in kept}
    return table(frame, columns=columns, caption=caption, newest=True, languages=languages)


def label_table(
    labels: Sequence[Value],
    numbers: Mapping[str, tuple[Text, Sequence[float], str]],
    *,
    head: Text,
    caption: Text,
    languages: tuple[str, ...],
) -> Table:
    """The figures of a chart by label: name → (header, values, unit)."""
    frame = pd.DataFrame({"label": list(labels)} | {name: values for name, (_, values, _) in numbers.items()})
    columns = {"label": Column(head, kind="text")} | {
        name: Column(header, unit) for name, (header, _, unit) in numbers.items()
    }
    return table(frame, columns=columns, caption=caption, languages=languages)


def time_panel(sheet: Sheet, ticks: list[float], unit: str, count: int, captions: list[Text]) -> Panel:
    """A panel for so many periods, with room for tick labels on its left and end labels on its right."""
    left = left_room(tick_labels(ticks, unit), sheet.languages)
    right = sheet.width - label_room(captions, sheet.languages)
    ends = (-0.5, 0.5) if count == 1 else (0, count - 1)
    return Panel(left, 12, right, sheet.height - AXIS_ROOM, ends, (ticks[0], ticks[-1]))


def draw_target(sheet: Sheet, panel: Panel, target: float | None, caption: Text | None) -> list[EndLabel]:
    """The target as a dashed line across the panel, and its label; nothing without a target."""
    if target is None or caption is None:
        return []
    place = float(panel.y(target))
    sheet.rule(panel.left, place, panel.right, place, "muted", width=1.3, dash="dash")
    return [EndLabel(place, caption, "muted")]


def value_text(value: float | None, unit: str, *, decimals: int | None = None) -> Text:
    """A figure with its unit, as a chart says it."""
    return each(lambda language: fmt_value(value, unit, language, decimals=decimals))


def number_text(value: float | None, unit: str, *, decimals: int | None = None) -> Text:
    """A figure without its unit, for axes and cells."""
    return each(lambda language: fmt_number(value, unit, language, decimals=decimals))


def when_text(period: pd.Period) -> Text:
    """A period's short name, for axes."""
    return each(lambda language: fmt_period(period_name(period), language, short=True))


def as_text(value: Value) -> Text:
    """A name as a Text, whether it came as one or reads the same in every language."""
    return each(lambda language: pick(value, language))


def named(label: Text, value: float | None, unit: str) -> Text:
    """A label and its figure: "target 2 days"; without "per 1,000", for which the margin has no room."""
    return join((label, value_text(value, "" if unit in ("per_1000", "per_100") else unit)), " ")


def clipped_labels(
    labels: Sequence[Value], room: float, languages: Sequence[str], size: float = SMALL
) -> tuple[list[Text], float]:
    """The labels shortened to the room, and the width that they then take; names that begin alike keep their ends."""
    short: list[dict[str, str]] = [{} for _ in labels]
    for language in languages:
        said = [pick(label, language) for label in labels]
        cut = [shorten(text, room, size) for text in said]
        for place, text in enumerate(said):
            alike = any(one == cut[place] and other != text for one, other in zip(cut, said, strict=True))
            short[place][language] = shorten_middle(text, room, size) if alike else cut[place]
    return list(short), widest(short, size, languages)
