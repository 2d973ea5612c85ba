"""Measurements laid out for comparison: per metric one grid of units × months, on the scale where its noise is even.

It refuses nothing and judges nothing; months that may not be judged (follow-up window not passed, no value) are
holes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals.scales import Scaled, choose_scale

FIGURES = ("value", "low", "high", "se", "numerator", "denominator", "n", "immature_share")
MOST_MONTHS = 72

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """One metric over all units and months.

    Parameters
    ----------
    metric, card : what it is
    units : the business units, `all` among them, in the order of the rows
    months : the months, oldest first, without a gap, in the order of the columns
    figures : arrays (units, months) of the measured figures, by name
    usable : (units, months) whether the month may be judged: mature and with a value
    scaled : the values and standard errors on the metric's scale, NaN where not usable
    """

    metric: str
    card: Any
    units: tuple[str, ...]
    months: pd.PeriodIndex
    figures: Mapping[str, Floats]
    usable: NDArray[np.bool_]
    scaled: Scaled

    @property
    def value(self) -> Floats:
        """(units, months) the measured values in the card's unit."""
        return self.figures["value"]

    @property
    def ample(self) -> NDArray[np.bool_]:
        """(units, months) whether a month has as many records as the card asks for; True where their number is
        unknown."""
        return ~(self.figures["n"] < (self.card.minimum_n or 0))


def read_panels(
    totals: pd.DataFrame,
    catalogue: Mapping[str, Any],
    *,
    last: pd.Period,
    grain: str = "month",
    units: Sequence[str] = (),
) -> dict[str, Panel]:
    """One panel per metric from the totals of one grain up to a period.

    Parameters
    ----------
    totals : the long shape of metrics.measure without breakdowns; rows of other grains and of later periods are
        left out
    catalogue : metric id → card; metrics without a card are left out
    last : the last period that may be looked at
    grain : month, quarter or year
    units : the business units that every panel has a row for; by default those that the totals name
    """
    rows = totals[totals["grain"] == grain]
    return dict(_panels(rows, catalogue, last, tuple(units) or tuple(sorted(totals["business_unit"].unique()))))


def _panels(
    rows: pd.DataFrame, catalogue: Mapping[str, Any], last: pd.Period, units: tuple[str, ...]
) -> Iterator[tuple[str, Panel]]:
    at = period_numbers(rows["period"])
    within = (at <= last.ordinal) & (at > last.ordinal - MOST_MONTHS)
    mature = rows["mature"].to_numpy(dtype=bool) & within
    rows = rows[mature].assign(
        _at=at[mature], _row=pd.Categorical(rows["business_unit"][mature], categories=units).codes
    )
    for metric, part in rows.groupby("metric", sort=True, observed=True):
        if str(metric) in catalogue:
            yield str(metric), _panel(str(metric), catalogue[str(metric)], part, units, str(last.freqstr))


def _panel(metric: str, card: Any, part: pd.DataFrame, units: tuple[str, ...], freq: str) -> Panel:
    at, row = part["_at"].to_numpy(), part["_row"].to_numpy()
    first, newest = int(at.min()), int(at.max())
    shape = (len(units), newest - first + 1)
    figures = {name: _grid(part[name], row, at - first, shape) for name in FIGURES}
    scaled = choose_scale(card.unit, dict(figures))
    usable = np.isfinite(figures["value"]) & np.isfinite(scaled.y)
    scaled = Scaled(scaled.scale, np.where(usable, scaled.y, np.nan), np.where(usable, scaled.s, np.nan))
    months = pd.period_range(pd.Period(ordinal=first, freq=freq), periods=shape[1], freq=freq)
    return Panel(metric, card, units, months, figures, usable, scaled)


def _grid(column: pd.Series, row: NDArray[np.int64], at: NDArray[np.int64], shape: tuple[int, int]) -> Floats:
    grid = np.full(shape, np.nan)
    grid[row, at] = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return grid


def period_numbers(periods: pd.Series) -> NDArray[np.int64]:
    """ "2025-06", "2025-Q2" or "2025" → pandas' ordinal of the period, without building a Period per row."""
    labels, codes = np.unique(periods.to_numpy(dtype=str), return_inverse=True)
    ordinals = np.array([pd.Period(label.replace("-Q", "Q")).ordinal for label in labels], dtype=np.int64)
    return ordinals[codes] if len(ordinals) else np.empty(0, dtype=np.int64)
