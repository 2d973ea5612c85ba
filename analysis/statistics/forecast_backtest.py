"""What forecasts of the past would have said: made again from each earlier month with what was known then, and held
against what came.

An interval that held what came too seldom is widened until it would have held it (`widening`); the coverage told is the
one before. Refuses no series: one that is too short to be tried has no rows.
Sources: rolling origins, Tashman 2000; scaled error, Hyndman & Koehler 2006; widening by the quantile of the scores,
split conformal prediction (Vovk et al. 2005; scaled as in Romano et al. 2019).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.intervals import CONFIDENCE

Floats = NDArray[np.float64]
Made = tuple[Floats, Floats, Floats]
Forecaster = Callable[[pd.Series, int], Made]

FEWEST_TRIALS = 6
POOR_BY = 0.05  # a coverage lower than promised by more than this is poor
WIDEST = 3.0


@dataclass(frozen=True)
class Tried:
    """How an interval did in the past. tested : forecasts that could be held against what came; held : those whose
    interval held it; widened : factor on the interval's halves, 1 where it did as promised or could not be tried.
    scaled_error : mean absolute error over that of "as in the same month a year before" (below 1: better), NaN where
    it cannot be told."""

    tested: int
    held: int
    widened: float
    scaled_error: float

    @property
    def coverage(self) -> float:
        """Share of the forecasts whose interval held what came; NaN without any."""
        return self.held / self.tested if self.tested else np.nan


def roll(
    series: pd.Series, make: Forecaster, *, horizon: int, total: bool, first: int = 12, at_most: int = 24
) -> pd.DataFrame:
    """Forecasts made anew at the end of each earlier month, beside what came.

    Parameters
    ----------
    series : figures by month, in order and without a gap
    make : (history, horizon) → value, low and high: (horizon,), or (1,) each for their total
    total : whether what came is the sum over the horizon (one row an origin) or each month (`horizon` rows)
    first : months of history that the earliest forecast has; at_most : so many newest origins

    Returns
    -------
    origin (the last month known), step (1 … horizon; 0 for a total), actual, value, low, high, scale: the mean
    absolute difference to the same month a year before in the history known then (NaN below 13 months).
    """
    values = series.to_numpy(dtype=float)
    rows: list[pd.DataFrame] = []
    for known in range(max(first, len(values) - horizon - at_most + 1), len(values) - horizon + 1):
        came = values[known : known + horizon]
        value, low, high = make(series.iloc[:known], horizon)
        past = values[:known]
        scale = float(np.abs(past[12:] - past[:-12]).mean()) if known > 12 else np.nan
        rows.append(
            pd.DataFrame(
                {
                    "origin": [series.index[known - 1]] * (1 if total else horizon),
                    "step": [0] if total else np.arange(1, horizon + 1),
                    "actual": [came.sum()] if total else came,
                    "value": value,
                    "low": low,
                    "high": high,
                    "scale": scale,
                }
            )
        )
    columns = ["origin", "step", "actual", "value", "low", "high", "scale"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def held(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each interval held what came."""
    return ((rows["low"] <= rows["actual"]) & (rows["actual"] <= rows["high"])).to_numpy(dtype=bool)


def mase(rows: pd.DataFrame) -> float:
    """Mean absolute scaled error of monthly forecasts: below 1 they beat "as in the same month a year before"."""
    known = rows[rows["scale"].gt(0) & rows["value"].notna()]
    return float((known["actual"] - known["value"]).abs().div(known["scale"]).mean()) if len(known) else np.nan


def widening(rows: pd.DataFrame, *, confidence: float = CONFIDENCE) -> float:
    """Factor on both halves of the interval with which the past would have been held as promised; 1 where it was.

    The score of a past forecast is the distance of what came in halves of its own interval; the factor is the
    ⌈(n + 1)·confidence⌉-th smallest score (the largest where there are fewer), between 1 and WIDEST.
    """
    rows = rows[rows["value"].notna()]
    if len(rows) < FEWEST_TRIALS or held(rows).mean() >= confidence - POOR_BY:
        return 1.0
    off = (rows["actual"] - rows["value"]).to_numpy(dtype=float)
    half = np.where(off > 0, rows["high"] - rows["value"], rows["value"] - rows["low"])
    scores = np.sort(np.abs(off) / np.maximum(half, 1e-9))
    place = min(int(np.ceil((scores.size + 1) * confidence)), scores.size)
    return float(np.clip(scores[place - 1], 1.0, WIDEST))


def tried(rows: pd.DataFrame, *, confidence: float = CONFIDENCE, steps: pd.DataFrame | None = None) -> Tried:
    """How the forecasts in `rows` did; `steps` are the monthly ones for the scaled error, by default `rows`."""
    known = rows[rows["value"].notna()]
    error = mase(known if steps is None else steps)
    return Tried(len(known), int(held(known).sum()), widening(known, confidence=confidence), error)


def widen(value: ArrayLike, low: ArrayLike, high: ArrayLike, factor: float) -> tuple[Floats, Floats]:
    """Both ends of an interval moved out from the value by the factor; the low one not below zero."""
    centre, lower, upper = (np.asarray(part, dtype=float) for part in (value, low, high))
    return np.maximum(centre - factor * (centre - lower), np.minimum(lower, 0.0)), centre + factor * (upper - centre)
