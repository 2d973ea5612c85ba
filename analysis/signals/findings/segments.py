"""Measurements by segment, laid out as arrays: what rate, mix and concentration are computed from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.small_cells import TOO_FEW_PEOPLE
from analysis.signals.panel import Panel, period_numbers

Floats = NDArray[np.float64]

UNNAMED = ("", "unknown", "other", "none", "(none)")


@dataclass(frozen=True)
class Segments:
    """One metric by the segments of one breakdown.

    Parameters
    ----------
    panel : the metric's panel, whose units and months these are
    breakdown : what it is broken down by
    names : the segments, in the order of the second axis
    value, numerator, denominator, n : (units, segments, months), NaN where unknown
    withheld : (units, months) whether a segment is withheld for few people; none of its sisters is read then, since
        those that are left are not the whole
    """

    panel: Panel
    breakdown: str
    names: tuple[str, ...]
    value: Floats
    numerator: Floats
    denominator: Floats
    n: Floats
    withheld: NDArray[np.bool_]


def read_segments(
    measurements: pd.DataFrame, panels: Mapping[str, Panel], *, metrics: Sequence[str], months: int
) -> Iterator[Segments]:
    """The newest months of some metrics by each of their breakdowns.

    Parameters
    ----------
    measurements : the long shape, breakdowns included
    panels : metric → panel; its last month is the newest that is read
    metrics : which ones
    months : how many months back
    """
    rows = measurements[
        (measurements["grain"] == "month")
        & (measurements["breakdown"].fillna("") != "")
        & measurements["metric"].isin(list(metrics))
    ]
    for (metric, breakdown), part in rows.groupby(["metric", "breakdown"], sort=True, observed=True):
        panel = panels[str(metric)]
        at = period_numbers(part["period"]) - panel.months[0].ordinal
        newest = len(panel.months)
        within = (at < newest) & (at >= max(newest - months, 0))
        if within.any():
            yield _laid_out(panel, str(breakdown), part[within], at[within])


def is_named(segment: str) -> bool:
    """Whether a segment has a name worth a sentence."""
    return segment.strip().lower() not in UNNAMED


def _laid_out(panel: Panel, breakdown: str, part: pd.DataFrame, at: NDArray[np.int64]) -> Segments:
    code, names = pd.factorize(part["segment"].astype(str), sort=True)
    row = pd.Categorical(part["business_unit"], categories=panel.units).codes
    shape = (len(panel.units), len(names), len(panel.months))
    withheld = np.zeros((shape[0], shape[2]), dtype=bool)
    few = part["reason"].eq(TOO_FEW_PEOPLE).to_numpy(bool) if "reason" in part else np.zeros(len(part), bool)
    withheld[row[few], at[few]] = True
    figures: dict[str, Any] = {"withheld": withheld}
    for name in ("value", "numerator", "denominator", "n"):
        grid = np.full(shape, np.nan)
        grid[row, code, at] = pd.to_numeric(part[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        figures[name] = np.where(withheld[:, None, :], np.nan, grid)
    return Segments(panel, breakdown, tuple(str(name) for name in names), **figures)
