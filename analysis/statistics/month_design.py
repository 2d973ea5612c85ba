"""The columns with which a monthly series is explained: level, trend, Fourier season and calendar terms.

Refuses periods that are not in order or repeat: a model would read them as another history, without any error.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SEASON_FROM = 24  # months before a season can be told from chance
SECOND_PAIR_FROM = 60


@dataclass(frozen=True)
class MonthDesign:
    """columns : (T, P) intercept, trend, season (2 per pair), calendar terms, in this order; seasonal : (P,) True for
    the last two kinds.

    The calendar terms are centred and scaled to standard deviation 1, so that one penalty suits all columns.
    """

    columns: Floats
    seasonal: NDArray[np.bool_]
    names: tuple[str, ...]


def month_design(
    months: pd.PeriodIndex, *, pairs: int, regressors: pd.DataFrame | ArrayLike | None = None
) -> MonthDesign:
    """Design of a regression on `months` (monthly or quarterly periods, gaps allowed) with `pairs` Fourier pairs of
    the year.

    regressors : (T, K), rows as months; a DataFrame indexed by period is matched by its index. A missing value counts
        as its column's mean, a column that does not vary is left out.
    """
    positions = check_months(months)
    angle = 2 * np.pi * (months.month.to_numpy() - 1) / 12
    waves = {f"{wave.__name__}{pair}": wave(pair * angle) for pair in range(1, pairs + 1) for wave in (np.sin, np.cos)}
    season = {
        name: column for name, column in waves.items() if np.abs(column).max() > 1e-9
    }  # none is left of sin 2θ in quarters
    terms, term_names = _scaled_terms(regressors, months)
    trend = (positions - positions.mean()) / max(np.ptp(positions), 1)
    columns = np.column_stack([np.ones(len(months)), trend, *season.values(), *terms])
    names = ("level", "trend", *season, *term_names)
    return MonthDesign(columns, np.arange(len(names)) >= 2, names)


def months_ahead(months: pd.PeriodIndex, horizon: int) -> pd.PeriodIndex:
    """The periods given, and `horizon` more after the last."""
    return pd.period_range(months[0], periods=len(months) + horizon, freq=months.freq)


def fourier_pairs(observed_months: int, *, quarterly: bool = False) -> int:
    """How many Fourier pairs a series of this many observed months can bear: none below 24, two from 60. Quarters take
    two at once, since four of them need no more than three waves."""
    if observed_months < SEASON_FROM:
        return 0
    return 1 if observed_months < SECOND_PAIR_FROM and not quarterly else 2


def months_per_period(months: pd.PeriodIndex) -> int:
    """1 for monthly periods, 3 for quarterly, 12 for yearly ones."""
    letter = str(months.freqstr)[0]
    if letter not in "MQY":
        raise ValueError(f"periods must be months, quarters or years, not {months.freqstr!r}")
    return {"M": 1, "Q": 3, "Y": 12}[letter]


def check_months(months: pd.PeriodIndex) -> Floats:
    """The periods as whole numbers; ValueError where they are not in order or repeat."""
    if not isinstance(months, pd.PeriodIndex):
        raise TypeError(f"months must be a PeriodIndex, not {type(months).__name__}")
    if not months.is_monotonic_increasing or months.has_duplicates:
        raise ValueError("months must be in order and must not repeat")
    return np.asarray(months.asi8, dtype=float)


def _scaled_terms(
    regressors: pd.DataFrame | ArrayLike | None, months: pd.PeriodIndex
) -> tuple[list[Floats], list[str]]:
    if regressors is None:
        return [], []
    if isinstance(regressors, pd.DataFrame):
        matched = regressors.reindex(months) if isinstance(regressors.index, pd.PeriodIndex) else regressors
    else:
        matched = pd.DataFrame(np.asarray(regressors, dtype=float)).add_prefix("term")
    if len(matched) != len(months):
        raise ValueError(f"regressors have {len(matched)} rows for {len(months)} months")
    filled = matched.astype(float).fillna(matched.astype(float).mean())
    spread = filled.std(ddof=0)
    kept = [name for name in filled.columns if spread[name] > 1e-12]
    return [((filled[name] - filled[name].mean()) / spread[name]).to_numpy() for name in kept], [
        str(name) for name in kept
    ]
