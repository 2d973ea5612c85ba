"""A series taken apart into trend, season and what is left over."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    EndLabel,
    Labelled,
    by_time,
    draw_end_labels,
    empty,
    finish,
    label_room,
    period_table,
    trimmed,
    withheld_periods,
)
from analysis.presentation.figure import Figure
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.page import Note
from analysis.presentation.scales import (
    AXIS_ROOM,
    Panel,
    draw_months,
    draw_rows,
    left_room,
    tick_labels,
    value_ticks,
)
from analysis.presentation.tables import Table
from analysis.presentation.theme import SMALL, THICK

TOP, MAIN, PART, GAP = 12.0, 132.0, 62.0, 38.0
REGULAR = ("seasonal", "calendar")  # the parts that repeat themselves
WIDEST = 9.0  # of a bar: the first one ends before the figures left of it


def chart_decomposition(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "n",
    scale: str = "difference",
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """A series as trend, season and what is left over, one under the other on the same months.

    Parameters
    ----------
    data : period or period_start (or a PeriodIndex), observed, trend; optional seasonal, calendar (what working days
        and moving festivals did to each month), provisional (True: dotted), and reason (why a month was not observed).
    scale : "difference" where observed = trend + seasonal + calendar + rest, "factor" where it is their product;
        factors are shown as percent above or below the trend. The rest is taken from the other columns, so that the
        parts always add up to what was observed.

    Returns
    -------
    A figure, or a note where there is no trend to show. Without a season its panel is left out.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    periods, numbers = trimmed(*by_time(data, "observed", "trend", "seasonal", "calendar", "provisional"), "observed")
    if not len(periods) or "trend" not in numbers or numbers["trend"].notna().sum() < 2:
        return empty(labelled)
    series = _Series(periods, numbers, unit, scale)
    height = TOP + MAIN + len(series.parts) * (GAP + PART) + AXIS_ROOM
    headers = {"observed": both("Observed"), "trend": both("Trend")}
    headers |= {"seasonal": both("Season"), "calendar": both("Working days and festivals"), "rest": both("Left over")}
    shown = numbers[["observed", "trend"]].assign(**series.parts)
    percent = dict.fromkeys(series.parts, "%") if scale == "factor" else {}
    figures = period_table(
        periods,
        shown,
        headers,
        unit,
        caption=labelled.caption,
        languages=languages,
        units=percent,
        withheld=withheld_periods(data),
    )
    return finish(series.draw, data, height=height, labelled=labelled, table=figures)


@dataclass(frozen=True)
class _Series:
    periods: pd.PeriodIndex
    numbers: pd.DataFrame
    unit: str
    scale: str

    @cached_property
    def parts(self) -> dict[str, pd.Series]:
        """Season, calendar and rest, in the series' unit or, for factors, in percent of the trend."""
        numbers, factor = self.numbers, self.scale == "factor"
        known = {name: numbers[name] for name in REGULAR if name in numbers and numbers[name].notna().any()}
        if not factor:
            return known | {"rest": numbers["observed"] - numbers["trend"] - sum(known.values())}
        expected = numbers["trend"] * math.prod(known.values())
        known["rest"] = numbers["observed"] / expected.replace(0, np.nan)
        return {name: 100 * (part - 1) for name, part in known.items()}

    def draw(self, sheet: Sheet) -> None:
        ticks = value_ticks([self.numbers["observed"], self.numbers["trend"]], self.unit)
        spread = value_ticks(list(self.parts.values()), "n", zero=True, about=2)
        labels, signs = tick_labels(ticks, self.unit), self._signed(spread)
        captions: dict[str, Text] = {"trend": both("trend"), "observed": both("observed")}
        left = max(left_room(labels, sheet.languages), left_room(signs, sheet.languages))
        right = sheet.width - label_room(list(captions.values()), sheet.languages)
        ends = (0, max(1, len(self.periods) - 1))
        panel = Panel(left, TOP, right, TOP + MAIN, ends, (ticks[0], ticks[-1]))
        draw_rows(sheet, panel, ticks, labels)
        x = panel.x(np.arange(len(self.periods)))
        self._observed_and_trend(sheet, panel, x, captions)
        for part, values in self.parts.items():
            top = panel.bottom + GAP
            panel = Panel(left, top, right, top + PART, ends, (spread[0], spread[-1]))
            draw_rows(sheet, panel, spread, signs)
            sheet.text(left, top - 9, _part_names()[part], role="muted", size=SMALL, bold=True)
            _draw_part(sheet, panel, x, values, part)
        draw_months(sheet, panel, self.periods)

    def _signed(self, ticks: list[float]) -> list[Text]:
        labels = tick_labels(ticks, "%" if self.scale == "factor" else self.unit)
        return [
            {language: f"+{said}" if tick > 0 else said for language, said in label.items()}
            for tick, label in zip(ticks, labels, strict=True)
        ]

    def _observed_and_trend(
        self, sheet: Sheet, panel: Panel, x: NDArray[np.float64], captions: dict[str, Text]
    ) -> None:
        observed, sure = self.numbers["observed"], self.numbers["trend"]
        sheet.line(x, panel.y(observed), "g4", width=1.1)
        ends = {"trend": sure.dropna().iloc[-1], "observed": observed.dropna().iloc[-1]}
        if "provisional" in self.numbers:
            unsure = self.numbers["provisional"].fillna(0).astype(bool)
            edge = unsure | unsure.shift(-1, fill_value=False)
            sheet.line(x, panel.y(sure.where(edge)), "c1", width=THICK, dash="dot")
            sure = sure.where(~unsure)
        sheet.line(x, panel.y(sure), "c1", width=THICK)
        trend = EndLabel(float(panel.y(ends["trend"])), captions["trend"], "c1", bold=True)
        draw_end_labels(
            sheet, panel, [trend, EndLabel(float(panel.y(ends["observed"])), captions["observed"], "muted")]
        )


def _part_names() -> dict[str, Text]:
    return {
        "seasonal": both("Season"),
        "calendar": both("Working days and moving festivals"),
        "rest": both("Left over: neither trend nor season"),
    }


def _draw_part(sheet: Sheet, panel: Panel, x: NDArray[np.float64], values: pd.Series, part: str) -> None:
    zero = float(panel.y(0))
    sheet.rule(panel.left, zero, panel.right, zero, "muted", width=0.8)
    if part in REGULAR:
        sheet.line(x, panel.y(values), "c3", width=1.6)
        return
    width = min(max(1.6, (panel.right - panel.left) / max(1, len(x)) * 0.55), WIDEST)
    tops = [(float(a), float(b)) for a, b in zip(x, panel.y(values), strict=True) if not np.isnan(b)]
    sheet.bars([(a - width / 2, zero, width, b - zero) for a, b in tops], "g4")
