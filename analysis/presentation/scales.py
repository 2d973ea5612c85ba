"""From figures to places on a sheet: round ticks, months along the bottom, a panel with its light grid. No second
axis exists here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.presentation.canvas import Sheet
from analysis.presentation.formatting import common_decimals, fmt_number, fmt_period, unit_label
from analysis.presentation.language import Text, each
from analysis.presentation.lettering import widest
from analysis.presentation.theme import SMALL

BASELINE = 4.2
AXIS_ROOM = 24.0


@dataclass(frozen=True)
class Panel:
    """A rectangle of the sheet with its range of figures; `x` and `y` turn figures into pixels."""

    left: float
    top: float
    right: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    log: bool = False

    def x(self, values: ArrayLike) -> NDArray[np.float64]:
        """Pixels from the left."""
        start, end = self.x_range
        figures = np.asarray(values, float)
        if self.log:
            start, end, figures = math.log(start), math.log(end), np.log(figures)
        return self.left + (figures - start) / ((end - start) or 1.0) * (self.right - self.left)

    def y(self, values: ArrayLike) -> NDArray[np.float64]:
        """Pixels from the top."""
        start, end = self.y_range
        return self.bottom - (np.asarray(values, float) - start) / ((end - start) or 1.0) * (self.bottom - self.top)


def nice_ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round figures that span the range, about so many; a range without width gets one of its own size."""
    if high <= low:
        spread = abs(high) * 0.2 or 1.0
        low, high = low - spread, high + spread
    raw = (high - low) / about
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * multiple for multiple in (1, 2, 2.5, 5, 10) if power * multiple >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * index, 10) + 0.0 for index in range(first, last + 1)]


def value_ticks(values: Sequence[ArrayLike], unit: str, *, zero: bool = False, about: int = 4) -> list[float]:
    """Round ticks for all the values together; from zero for bars, never below zero for what cannot be negative,
    never above 100 %; whole where all of them are counts.
    """
    numbers = np.concatenate([np.ravel(np.asarray(v, float)) for v in values])
    numbers = numbers[np.isfinite(numbers)]
    low, high = (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    ticks = nice_ticks(low, high, about=about)
    if low >= 0:
        ticks = [tick for tick in ticks if tick >= 0]
    if unit == "%" and high <= 100:
        ticks = [tick for tick in ticks if tick <= 100]
    if unit == "n" and len(numbers) and all(number.is_integer() for number in numbers):
        whole = [tick for tick in ticks if tick.is_integer()]  # nobody counts quarters of a technician
        ticks = whole if len(whole) > 1 else [max(low - 1, 0.0) if low >= 0 else low - 1, low, low + 1][low == 0 :]
    return ticks


def tick_labels(ticks: Sequence[float], unit: str, *, unit_on_last: bool = True) -> list[Text]:
    """The ticks written with one precision; the topmost carries the unit."""
    places = _tick_decimals(ticks)
    tails = [unit if unit_on_last and tick == ticks[-1] else "" for tick in ticks]
    return [_tick_label(tick, unit, places, tail) for tick, tail in zip(ticks, tails, strict=True)]


def left_room(labels: Sequence[Text], languages: Sequence[str]) -> float:
    """Pixels that tick labels left of a panel need."""
    return widest(labels, SMALL, languages) + 8


def draw_rows(sheet: Sheet, panel: Panel, ticks: Sequence[float], labels: Sequence[Text]) -> None:
    """Light horizontal gridlines with their figures left of the panel; zero is drawn stronger where it is inside the
    range.
    """
    sheet.rules([(panel.left, float(y), panel.right, float(y)) for y in panel.y(ticks)], "grid")
    for place, label in zip(panel.y(ticks), labels, strict=True):
        sheet.text(panel.left - 6, float(place) + BASELINE, label, anchor="end", role="muted", size=SMALL)


def draw_columns(sheet: Sheet, panel: Panel, ticks: Sequence[float], labels: Sequence[Text]) -> None:
    """Light vertical gridlines with their figures under the panel."""
    sheet.rules([(float(x), panel.top, float(x), panel.bottom) for x in panel.x(ticks)], "grid")
    for place, label in zip(panel.x(ticks), labels, strict=True):
        half = widest([label], SMALL, sheet.languages) / 2
        place = min(max(float(place), half), sheet.width - half)
        sheet.text(place, panel.bottom + 16, label, anchor="middle", role="muted", size=SMALL)


def draw_months(sheet: Sheet, panel: Panel, periods: pd.PeriodIndex, *, about: int = 6) -> None:
    """Periods along the bottom: at most so many, years at their January, each with a small tick. The x range counts
    periods from 0.
    """
    shown = period_ticks(periods, about=about)
    sheet.rule(panel.left, panel.bottom, panel.right, panel.bottom, "muted", width=0.8)
    places = [float(panel.x(index)) for index, _ in shown]
    sheet.rules([(place, panel.bottom, place, panel.bottom + 4) for place in places], "muted", width=0.8)
    for place, (_, label) in zip(places, shown, strict=True):
        half = widest([label], SMALL, sheet.languages) / 2
        sheet.text(
            min(max(place, half), sheet.width - half),
            panel.bottom + 18,
            label,
            anchor="middle",
            role="muted",
            size=SMALL,
        )


def period_ticks(periods: pd.PeriodIndex, *, about: int = 6) -> list[tuple[int, Text]]:
    """(position, label) of the periods to name: Januaries say the year, others the month; quarters and years
    likewise.
    """
    count = len(periods)
    per_year = {"M": 12, "Q": 4}.get(periods.freqstr[:1], 1)
    steps = [s for s in (1, 2, 3, 6, 12, 24, 36, 60, 120) if per_year == 12 or s * per_year % 12 == 0 or s % 12 == 0]
    steps = sorted({max(1, s * per_year // 12) for s in steps})
    step = next((s for s in steps if count / s <= about), steps[-1])
    chosen = [i for i, period in enumerate(periods) if _place_in_year(period, per_year) % step == 0] or [0]
    return [(i, _period_label(periods[i], per_year, alone=i == chosen[0])) for i in chosen]


def as_periods(frame: pd.DataFrame) -> pd.PeriodIndex:
    """The frame's periods: from `period` ("2025-06", "2025-Q2", "2025"), else the months of `period_start`."""
    if isinstance(frame.index, pd.PeriodIndex) and "period" not in frame and "period_start" not in frame:
        return frame.index
    if "period" in frame and isinstance(frame["period"].dtype, pd.PeriodDtype):
        return pd.PeriodIndex(frame["period"])
    if "period" in frame:
        said = [str(period) for period in frame["period"]]
        grain = "Q" if said and "Q" in said[0] else "M" if said and "-" in said[0] else "Y"
        return pd.PeriodIndex([period.replace("-Q", "Q") for period in said], freq=grain)
    return pd.PeriodIndex(pd.to_datetime(frame["period_start"]), freq="M")


def period_name(period: pd.Period) -> str:
    """The period's name as the suite writes it: "2025-06", "2025-Q2", "2025"."""
    kind = period.freqstr[:1]
    return (
        f"{period.year}-Q{period.quarter}"
        if kind == "Q"
        else f"{period.year}-{period.month:02d}"
        if kind == "M"
        else str(period.year)
    )


def axis_unit(unit: str) -> Text:
    """The unit as it stands at an axis: empty for plain counts."""
    return each(lambda language: unit_label(unit, language))


def _tick_label(tick: float, unit: str, places: int, tail: str) -> Text:
    return each(lambda language: _tick(tick, unit, places, tail, language))


def _tick(tick: float, unit: str, places: int, tail: str, language: str) -> str:
    number = fmt_number(tick, "n" if unit in ("%", "pp", "per_1000", "per_100") else unit, language, decimals=places)
    if tail in ("%", "pp"):
        return f"{number}%"
    return number


def _tick_decimals(ticks: Sequence[float]) -> int:
    for places in range(5):
        if all(abs(tick - round(tick, places)) < 1e-9 for tick in ticks):
            return places
    return common_decimals(ticks)


def _place_in_year(period: pd.Period, per_year: int) -> int:
    if per_year == 12:
        return period.year * 12 + period.month - 1
    return period.year * 4 + period.quarter - 1 if per_year == 4 else period.year


def _period_label(period: pd.Period, per_year: int, *, alone: bool) -> Text:
    name = period_name(period)
    first_of_year = _place_in_year(period, per_year) % per_year == 0
    if per_year == 1 or first_of_year:
        return each(lambda language: fmt_period(str(period.year), language))
    if alone:
        return each(lambda language: fmt_period(name, language, short=True))
    return each(lambda language: _part_of_year(name, language))


def _part_of_year(name: str, language: str) -> str:
    said = fmt_period(name, language, short=True)
    return said.rpartition(" ")[0] if language == "en" else said.partition("年")[2]
