"""What is likely to come: the past as a line, the forecast dashed with its interval hatched."""

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
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.lettering import widest
from analysis.presentation.page import Note
from analysis.presentation.scales import Panel, draw_months, draw_rows, tick_labels, value_ticks
from analysis.presentation.tables import Table
from analysis.presentation.theme import FONT, THICK


def chart_forecast(
    data: pd.DataFrame,
    *,
    forecast: pd.DataFrame,
    title: Text,
    description: Text,
    unit: str = "n",
    target: float | None = None,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """What happened and what is likely to come: the past as a line, the forecast dashed with its hatched interval.

    Parameters
    ----------
    data : period or period_start, value: the past.
    forecast : period or period_start, value, low, high: the periods to come.

    Returns
    -------
    A figure, or a note where either of the two has no value.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    past_periods, past = trimmed(*by_time(data, "value"), "value")
    next_periods, coming = trimmed(*by_time(forecast, "value", "low", "high"), "value")
    if not len(past_periods) or not len(next_periods):
        return empty(labelled)
    periods = pd.period_range(past_periods[0], max(past_periods[-1], next_periods[-1]), freq=past_periods.freq)
    outlook = _Outlook(
        periods,
        past["value"].reindex(periods),
        _fan(past, coming, periods),
        unit,
        None if is_missing(target) else target,
    )
    headers = {"value": both("Forecast"), "low": both("Lower bound"), "high": both("Upper bound")}
    shown = period_table(next_periods, coming, headers, unit, caption=labelled.caption, languages=languages)
    return finish(outlook.draw, forecast, height=TIME_HEIGHT, labelled=labelled, table=shown)


@dataclass(frozen=True)
class _Outlook:
    periods: pd.PeriodIndex
    past: pd.Series
    fan: pd.DataFrame
    unit: str
    target: float | None

    def draw(self, sheet: Sheet) -> None:
        fan, past, unit = self.fan, self.past, self.unit
        ticks = value_ticks([past, *(fan[c] for c in fan), [np.nan if self.target is None else self.target]], unit)
        last, end = past.dropna().iloc[-1], fan["value"].dropna().iloc[-1]
        coming, aim = named(both("forecast"), end, unit), named(both("target"), self.target, unit)
        panel = time_panel(sheet, ticks, unit, len(self.periods), [coming] if self.target is None else [coming, aim])
        draw_rows(sheet, panel, ticks, tick_labels(ticks, unit))
        draw_months(sheet, panel, self.periods)
        labels = draw_target(sheet, panel, self.target, aim)
        x = panel.x(np.arange(len(self.periods)))
        sheet.area(x, panel.y(fan["low"]), panel.y(fan["high"]), "c1", alpha=0.5, hatch="///")
        sheet.line(x, panel.y(fan["value"]), "c1", width=THICK, dash="dash")
        sheet.line(x, panel.y(past), "ink", width=THICK)
        here, height = x[self.periods.get_loc(past.last_valid_index())], float(panel.y(last))
        sheet.dots([here], [height], "ink", size=7)
        self._now(sheet, panel, x, value_text(last, unit), float(here), height)
        draw_end_labels(sheet, panel, [*labels, EndLabel(float(panel.y(end)), coming, "c1", bold=True)])

    def _now(self, sheet: Sheet, panel: Panel, x: NDArray[np.float64], now: Text, here: float, height: float) -> None:
        """The newest figure before its point, above or below the line there, whichever is nearer; after it where a past
        of few months leaves no room before.
        """
        wide = widest([now], FONT, sheet.languages, bold=True)
        if wide > here - 6:
            sheet.text(here + 6, height - 9, now, bold=True, halo=True)
            return
        known = self.past.notna().to_numpy()
        line, left = panel.y(self.past[known]), here - 9 - wide
        entering = np.interp(left, x[known], line)  # a steep line comes in between two months
        under = [*line[(x[known] >= left) & (x[known] <= here)], entering]
        above, below = min(under) - 9, max(under) + 18
        place = below if below - height < height - above and below < panel.bottom - 2 else above
        sheet.text(here - 6, max(place, FONT), now, anchor="end", bold=True, halo=True)


def _fan(past: pd.DataFrame, coming: pd.DataFrame, periods: pd.PeriodIndex) -> pd.DataFrame:
    # the fan opens at the last known value, so that past and forecast join
    fan = coming.reindex(columns=["value", "low", "high"]).reindex(periods)
    fan.loc[past["value"].last_valid_index()] = past["value"].dropna().iloc[-1]
    return fan
