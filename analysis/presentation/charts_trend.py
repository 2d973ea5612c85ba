"""A figure over time: what happened against its usual range, its target and its peers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    TIME_HEIGHT,
    EndLabel,
    Labelled,
    by_time,
    draw_end_labels,
    draw_target,
    empty,
    finish,
    named,
    period_table,
    time_panel,
    trimmed,
    value_text,
    withheld_periods,
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import finite, fmt_period
from analysis.presentation.language import LANGUAGES, Text, both, each, join
from analysis.presentation.page import Note
from analysis.presentation.reach import within_reach
from analysis.presentation.scales import (
    Panel,
    draw_months,
    draw_rows,
    period_name,
    tick_labels,
    value_ticks,
)
from analysis.presentation.tables import Table
from analysis.presentation.theme import THICK, THIN

TOLD_AT_MOST = 6
OF, NEXT = {"en": ": ", "zh": "："}, {"en": "; ", "zh": "；"}

Values = NDArray[np.float64]


def chart_trend(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "n",
    better: str = "none",
    limits: pd.DataFrame | None = None,
    target: float | None = None,
    peers: pd.DataFrame | None = None,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """A metric over time, the newest value named at the end of the line.

    Parameters
    ----------
    data : period or period_start, value; optional low and high (interval), mature (False: drawn hollow and dotted),
        year_ago, reason (why a month has no value).
    unit, better : the metric's; the direction decides the colour of a point beyond the limits.
    limits : period or period_start, low, high and centre (the usual range); optional adjusted (then the main line, the
        observed one behind it) and out (points to mark).
    target : drawn as a dashed, labelled line.
    peers : period or period_start, low, mid, high: the middle of the other units as a band with its median.
    subtitle : measure, unit, period, population; None where the section says it.
    table : the figures to unfold; by default period, value, interval.

    Returns
    -------
    A figure, or a note where no period has a value, or only one, or no two in a row.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    periods, numbers = trimmed(*by_time(data, "value", "low", "high", "year_ago", "mature"), "value")
    if not len(periods):
        return empty(labelled)
    if len(periods) == 1:
        value = value_text(float(numbers["value"].iloc[0]), unit)
        alone = both("One period alone is no trend yet: {value} in {period}.", value=value, period=_whole(periods[0]))
        return Note(title, alone, languages=languages)
    if not (numbers["value"].notna() & numbers["value"].shift().notna()).any():
        return Note(title, _apart(periods, numbers["value"], unit), languages=languages)
    numbers = _joined(numbers, limits, ("low", "high", "centre", "adjusted", "out"), "limit_")
    numbers = _joined(numbers, peers, ("low", "mid", "high"), "peer_")
    known = {str(column): numbers[column].to_numpy() for column in numbers if numbers[column].notna().any()}
    trend = _Trend(periods, known, unit, better, finite(target))
    shown = period_table(
        periods,
        numbers,
        _trend_headers(),
        unit,
        caption=labelled.caption,
        languages=languages,
        withheld=withheld_periods(data),
    )
    return finish(trend.draw, data, height=TIME_HEIGHT, labelled=labelled, table=shown)


@dataclass(frozen=True)
class _Trend:
    periods: pd.PeriodIndex
    known: dict[str, Values]
    unit: str
    better: str
    target: float | None

    def draw(self, sheet: Sheet) -> None:
        ticks = value_ticks(self._ranges(), self.unit)
        captions = self._captions()
        panel = time_panel(sheet, ticks, self.unit, len(self.periods), list(captions.values()))
        draw_rows(sheet, panel, ticks, tick_labels(ticks, self.unit))
        draw_months(sheet, panel, self.periods)
        x = panel.x(np.arange(len(self.periods)))
        labels = self._background(sheet, panel, x, captions)
        labels += draw_target(sheet, panel, self.target, captions.get("target"))
        labels += self._lines(sheet, panel, x, captions)
        draw_end_labels(sheet, panel, labels)

    def _has(self, *columns: str) -> bool:
        return all(column in self.known for column in columns)

    def _ranges(self) -> list[Values]:
        shown = ["value", "year_ago", "limit_adjusted", "peer_low", "peer_high"]
        shown += ["low", "high"] if not self._has("limit_low") and not self._has("peer_mid") else []
        ranges = [self.known[column] for column in shown if self._has(column)]
        ranges.append(np.array([np.nan if self.target is None else self.target]))
        limits = [self.known[column] for column in ("limit_low", "limit_high") if self._has(column)]
        return [*ranges, *(within_reach(limit, ranges) for limit in limits)]

    def _captions(self) -> dict[str, Text]:
        newest = value_text(float(self.known["value"][-1]), self.unit)
        unripe = "mature" in self.known and self.known["mature"][-1] == 0
        captions: dict[str, Text] = {"value": both("{value}, not final", value=newest) if unripe else newest}
        if self._has("limit_adjusted"):
            captions["adjusted"] = both("calendar-adjusted")
        if self._has("limit_low", "limit_high"):
            captions["limits"] = both("usual range")
        if self._has("year_ago"):
            captions["year_ago"] = both("a year ago")
        if self._has("peer_low", "peer_mid", "peer_high"):
            captions["peers"] = both("median of the other units")
        if self.target is not None:
            captions["target"] = named(both("target"), self.target, self.unit)
        return captions

    def _background(self, sheet: Sheet, panel: Panel, x: Values, captions: dict[str, Text]) -> list[EndLabel]:
        known, labels = self.known, []
        if "limits" in captions:
            low, high = (np.clip(known[side], *panel.y_range) for side in ("limit_low", "limit_high"))
            sheet.area(x, panel.y(low), panel.y(high), "band")
            sheet.line(x, panel.y(known.get("limit_centre", np.full(len(x), np.nan))), "g3", width=THIN)
            labels.append(EndLabel(self._range_label(panel, low, high), captions["limits"], "muted"))
        elif "peers" not in captions and self._has("low", "high"):
            sheet.area(x, panel.y(known["low"]), panel.y(known["high"]), "a1", alpha=0.8)
        if "peers" in captions:
            sheet.area(x, panel.y(known["peer_low"]), panel.y(known["peer_high"]), "g1", alpha=0.6)
            sheet.line(x, panel.y(known["peer_mid"]), "c3", width=1.2)
            labels.append(EndLabel(_end(panel, known["peer_mid"]), captions["peers"], "c3"))
        if "year_ago" in captions:
            sheet.line(x, panel.y(known["year_ago"]), "g3", width=1.4)
            labels.append(EndLabel(_end(panel, known["year_ago"]), captions["year_ago"], "muted"))
        return labels

    def _range_label(self, panel: Panel, low: Values, high: Values) -> float:
        # at the edge that lies farther from the newest value, where the other labels are not
        newest, top, bottom = float(panel.y(self.known["value"][-1])), _end(panel, high), _end(panel, low)
        return top + 6 if abs(newest - top) > abs(newest - bottom) else bottom - 6

    def _lines(self, sheet: Sheet, panel: Panel, x: Values, captions: dict[str, Text]) -> list[EndLabel]:
        value, labels = self.known["value"], []
        unripe = (self.known.get("mature", np.ones(len(x))) == 0) & np.isfinite(value)
        main = self.known.get("limit_adjusted", value)
        if "adjusted" in captions:
            sheet.line(x, panel.y(_only(value, ~unripe)), "g4", width=1.1)
            if np.isfinite(main[-1]) and main[-1] != value[-1]:
                labels.append(EndLabel(_end(panel, main), captions["adjusted"], "ink"))
        sheet.line(x, panel.y(_only(main, ~unripe)), "ink", width=THICK)
        if unripe.any():
            with_neighbour = unripe | np.append(unripe[1:], False)
            sheet.line(x, panel.y(_only(value, with_neighbour)), "muted", width=1.4, dash="dot")
            sheet.dots(x[unripe], panel.y(value[unripe]), "muted", hollow=True, size=6.5)
        self._mark_out(sheet, panel, main, x)
        newest = float(panel.y(value[-1]))
        sheet.dots([x[-1]], [newest], "ink", size=7, hollow=bool(unripe[-1]))
        return [*labels, EndLabel(newest, captions["value"], "ink", bold=True)]

    def _mark_out(self, sheet: Sheet, panel: Panel, main: Values, x: Values) -> None:
        out = (self.known.get("limit_out", np.zeros(len(x))) == 1) & np.isfinite(main)
        high = main > self.known.get("limit_centre", np.full(len(x), -np.inf))
        good = high if self.better == "higher" else ~high
        judged = (("good", out & good), ("bad", out & ~good))
        for role, chosen in judged if self.better in ("lower", "higher") else (("flat", out),):
            sheet.dots(x[chosen], panel.y(main[chosen]), role, size=7)


def _apart(periods: pd.PeriodIndex, values: pd.Series, unit: str) -> Text:
    """The figures, newest last, where no line joins any two of them."""
    there = np.flatnonzero(values.notna())[-TOLD_AT_MOST:]
    told = [join((_whole(periods[at]), value_text(float(values.iloc[at]), unit)), OF) for at in there]
    return both("No two periods in a row have a figure, so that no line can be drawn. {told}.", told=join(told, NEXT))


def _whole(period: pd.Period) -> Text:
    return each(lambda language: fmt_period(period_name(period), language))


def _trend_headers() -> dict[str, Text]:
    return {
        "value": both("Value"),
        "low": both("Lower bound"),
        "high": both("Upper bound"),
        "limit_adjusted": both("Calendar effects taken out"),
        "year_ago": both("A year ago"),
    }


def _joined(numbers: pd.DataFrame, other: pd.DataFrame | None, columns: tuple[str, ...], prefix: str) -> pd.DataFrame:
    if other is None or not len(other):
        return numbers
    _, found = by_time(other, *columns)
    return numbers.join(found.add_prefix(prefix))


def _only(values: Values, chosen: NDArray[np.bool_]) -> Values:
    return np.where(chosen, values, np.nan)


def _end(panel: Panel, values: Values) -> float:
    return float(panel.y(values[np.isfinite(values)][-1]))
