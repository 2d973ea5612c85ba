"""How long things take: the share done by each day with the open ones counted, against what closed ones would claim."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.presentation.canvas import Sheet
from analysis.presentation.charting import (
    EndLabel,
    Labelled,
    draw_end_labels,
    empty,
    finish,
    floats,
    label_room,
    number_text,
    value_text,
)
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import finite
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.lettering import widest
from analysis.presentation.page import Note
from analysis.presentation.scales import (
    Panel,
    axis_unit,
    draw_columns,
    draw_rows,
    left_room,
    nice_ticks,
    tick_labels,
)
from analysis.presentation.tables import Column, Table
from analysis.presentation.tables import table as make_table
from analysis.presentation.theme import SMALL, THICK

HEIGHT = 280.0
SHARES = [0.0, 25.0, 50.0, 75.0, 100.0]
NEARLY_ALL = 0.02
SAME = 0.02


def chart_survival(
    data: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    unit: str = "d",
    show: str = "done",
    horizon: float | None = None,
    median: float | None = None,
    naive_median: float | None = None,
    since: Text | None = None,
    subtitle: Text | None = None,
    name: str = "",
    table: Table | None = None,
    languages: tuple[str, ...] = LANGUAGES,
) -> Figure | Note:
    """The share done (or still open) by time since the start, with its interval; dashed, what closed records claim.

    Parameters
    ----------
    data : time (in `unit`), survival (share still open, 0 to 1), low, high; optional naive (the same counting closed
        records only).
    show : "done" draws a rising curve, "open" the falling one.
    horizon : where the time axis ends; by default where 98 % are done, or the last time.
    median, naive_median : the time within which half are done, of all and of the closed records only, as the page tells
        them. Without them the curve's own crossing is named, as "about", since its grid is coarse.
    since : what stands under the time axis: "days since receipt".

    Returns
    -------
    A figure, or a note where fewer than two times have a share.
    """
    labelled = Labelled(title, description, subtitle, name, table, languages)
    columns = [c for c in ("time", "survival", "low", "high", "naive") if c in data]
    curve = pd.DataFrame({c: floats(data[c]) for c in columns})
    if "survival" not in curve or curve[["time", "survival"]].dropna().shape[0] < 2:
        return empty(labelled)
    curve = curve.dropna(subset=["time", "survival"]).sort_values("time").reset_index(drop=True)
    drawn = _Curve(curve, unit, show, horizon or _end(curve), finite(median), finite(naive_median), since)
    return finish(drawn.draw, data, height=HEIGHT, labelled=labelled, table=drawn.table(labelled))


@dataclass(frozen=True)
class _Curve:
    curve: pd.DataFrame
    unit: str
    show: str
    end: float
    median: float | None
    naive_median: float | None
    since: Text | None

    @property
    def times(self) -> list[float]:
        return [time for time in nice_ticks(0, self.end, about=5) if time <= self.end * 1.0001]

    @property
    def shares(self) -> pd.DataFrame:
        open_share = self.curve.drop(columns="time").mul(100)
        return 100 - open_share if self.show == "done" else open_share

    def draw(self, sheet: Sheet) -> None:
        captions: dict[str, Text] = {"all": both("all, open ones too")}
        if "naive" in self.curve and self.curve["naive"].notna().any():
            captions["naive"] = both("closed ones only")
        labels = tick_labels(SHARES, "%")
        right = sheet.width - label_room(list(captions.values()), sheet.languages)
        panel = Panel(left_room(labels, sheet.languages), 12, right, HEIGHT - 44, (0, self.end), (0, 100))
        draw_rows(sheet, panel, SHARES, labels)
        said = [number_text(time, self.unit) for time in self.times]
        draw_columns(sheet, panel, self.times, said)
        axis = self.since or both("{unit} since the start", unit=axis_unit(self.unit))
        sheet.text((panel.left + panel.right) / 2, HEIGHT - 8, axis, anchor="middle", role="muted", size=SMALL)
        self._curves(sheet, panel, captions)
        self._half(sheet, panel)

    def table(self, labelled: Labelled) -> Table:
        """The shares at the times named along the axis."""
        rows = pd.DataFrame({"time": [time for time in self.times if time > 0]})
        for column, shares in self.shares.items():
            rows[column] = np.interp(rows["time"], self.curve["time"], shares.ffill())
        share = both("Share done") if self.show == "done" else both("Share open")
        if self.show == "done" and {"low", "high"} <= set(rows):
            rows[["low", "high"]] = rows[["high", "low"]].to_numpy()
        headers = {"survival": share, "low": both("Lower bound"), "high": both("Upper bound")}
        headers |= {"naive": both("Closed ones only")}
        columns = {"time": Column(both("Time"), self.unit)}
        columns |= {c: Column(header, "%") for c, header in headers.items() if c in rows}
        return make_table(rows, columns=columns, caption=labelled.caption, languages=labelled.languages)

    def _curves(self, sheet: Sheet, panel: Panel, captions: dict[str, Text]) -> None:
        inside = (self.curve["time"] <= self.end * 1.0001).to_numpy()
        x, shown = panel.x(self.curve["time"][inside]), self.shares[inside]
        if "low" in shown and "high" in shown:
            sheet.area(x, panel.y(shown["low"]), panel.y(shown["high"]), "a1")
        labels = [EndLabel(float(panel.y(shown["survival"].iloc[-1])), captions["all"], "ink", bold=True)]
        if "naive" in captions:
            sheet.line(x, panel.y(shown["naive"]), "bad", width=1.6, dash="dash")
            labels.append(EndLabel(float(panel.y(shown["naive"].dropna().iloc[-1])), captions["naive"], "bad"))
        sheet.line(x, panel.y(shown["survival"]), "ink", width=THICK)
        draw_end_labels(sheet, panel, labels)

    def _half(self, sheet: Sheet, panel: Panel) -> None:
        reached = self.median or _time_of_half(self.curve["time"], self.curve["survival"])
        if reached is None or reached > self.end:
            return
        x, y = float(panel.x(reached)), float(panel.y(50))
        sheet.rules([(panel.left, y, x, y), (x, y, x, panel.bottom)], "muted", width=1)
        sheet.dots([x], [y], "ink", size=7)
        lines = [self._half_words(reached)]
        if self.naive_median is not None and abs(self.naive_median - reached) > SAME * reached:
            lines.append(both("(closed ones only: {time})", time=value_text(self.naive_median, self.unit)))
        rising = self.show == "done"
        beside = x + 9 + widest(lines, SMALL, sheet.languages, bold=True) <= sheet.width
        at, anchor = (x + 9, "start") if beside else (x - 9, "end")
        for row, line in enumerate(lines):
            place = y + 19 + 16 * row if rising else y - 12 - 16 * (len(lines) - 1 - row)
            role = "ink" if row == 0 else "bad"
            sheet.text(at, place, line, anchor=anchor, role=role, size=SMALL, bold=row == 0, halo=True)

    def _half_words(self, reached: float) -> Text:
        if self.median is not None:
            return both("half done within {time}", time=value_text(reached, self.unit))
        places = max(0, 1 - math.floor(math.log10(reached))) if reached > 0 else 0
        return both("half done within about {time}", time=value_text(reached, self.unit, decimals=places))


def _end(curve: pd.DataFrame) -> float:
    done = curve.loc[curve["survival"] <= NEARLY_ALL, "time"]
    return float(done.iloc[0] if len(done) else curve["time"].iloc[-1]) or 1.0


def _time_of_half(time: pd.Series, open_share: pd.Series) -> float | None:
    below = np.flatnonzero(open_share.to_numpy() <= 0.5)
    if not len(below):
        return None
    at = int(below[0])
    if at == 0:
        return float(time.iloc[0])
    (t0, t1), (s0, s1) = time.iloc[[at - 1, at]], open_share.iloc[[at - 1, at]]
    if not np.isfinite(s0) or s0 == s1:
        return float(t1)
    return float(t0 + (t1 - t0) * (s0 - 0.5) / (s0 - s1))
