"""One monthly series, checked and laid on every month of its span, with numerators, denominators and calendar terms
beside it.

Refuses other frequencies, months that repeat, figures that the kind cannot have, and rates of 0 without their counts. A
month without records is missing, never 0.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.link_scale import check_values, to_link

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MonthlySeries:
    """values : (T,) per one (a share in 0 … 1), NaN where missing; y : the same on the link scale. events, base :
    numerators and denominators where known. months : every month from the first to the last, in order. regressors :
    calendar terms by month."""

    months: pd.PeriodIndex
    kind: str
    values: Floats
    y: Floats
    events: Floats | None
    base: Floats | None
    regressors: pd.DataFrame | None

    @property
    def observed(self) -> int:
        """How many months have a figure."""
        return int(np.isfinite(self.y).sum())

    def constant(self) -> float | None:
        """The one value of all months, or None where they differ."""
        known = self.values[np.isfinite(self.y)]
        return float(known[0]) if known.size and np.ptp(known) <= 1e-12 * max(1.0, float(np.abs(known).max())) else None

    @property
    def counted(self) -> bool:
        """Whether the numerators are whole numbers of events: a rate of money is not a count."""
        return self.events is not None and self.base is not None and _whole(self.events[np.isfinite(self.y)])

    def counts(self) -> tuple[Floats, Floats]:
        """Events and exposure; ValueError where the series has none."""
        if self.events is None or self.base is None:
            raise ValueError(f"a {self.kind} needs its events and exposure")
        return self.events, self.base

    def without_ends(self) -> "MonthlySeries":
        """The months from the first to the last observed one."""
        known = np.flatnonzero(np.isfinite(self.y))
        return self.between(int(known[0]), int(known[-1]) + 1) if known.size else self.between(0, 0)

    def between(self, start: int, stop: int) -> "MonthlySeries":
        """The months at positions start … stop − 1."""
        part = slice(start, stop)
        return replace(
            self,
            months=self.months[part],
            values=self.values[part],
            y=self.y[part],
            events=None if self.events is None else self.events[part],
            base=None if self.base is None else self.base[part],
        )


def monthly_series(
    series: pd.Series,
    *,
    kind: str,
    events: ArrayLike | pd.Series | None = None,
    exposure: ArrayLike | pd.Series | None = None,
    regressors: pd.DataFrame | None = None,
    per: float = 1.0,
) -> MonthlySeries:
    """Check a series on a monthly PeriodIndex, in any order, and lay it on every month of its span.

    events, exposure : arrays in the order of `series`, or Series by month. per : what one unit of the metric stands
        for (100 for per cent).
    """
    months = series.index
    if not isinstance(months, pd.PeriodIndex) or not str(months.freqstr).startswith("M"):
        raise ValueError("the series needs a monthly PeriodIndex")
    if months.has_duplicates:
        raise ValueError(f"months must not repeat: {months[months.duplicated()][0]}")
    full = pd.period_range(months.min(), months.max(), freq="M") if len(months) else months

    def aligned(values: ArrayLike | pd.Series) -> Floats:
        column = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values, dtype=float), index=months)
        return column.reindex(full).to_numpy(dtype=float)

    values = aligned(series) / per
    check_values(values, kind)
    numerator = aligned(events) if events is not None else (values if kind == "count" else None)
    base = aligned(exposure) if exposure is not None else (np.ones(len(full)) if kind == "count" else None)
    known = np.isfinite(values)
    if base is not None:
        known &= base > 0
    if numerator is not None:
        known &= np.isfinite(numerator)
    values = np.where(known, values, np.nan)
    whole = numerator is not None and _whole(numerator[known])
    if kind == "rate" and (base is None or not whole) and np.any(values == 0):
        raise ValueError("a rate of 0 tells nothing without its whole events and its exposure; give both")
    return MonthlySeries(
        full, kind, values, to_link(values, kind, base if whole else None), numerator, base, regressors
    )


def _whole(numbers: Floats) -> bool:
    return bool(np.all(np.abs(numbers - np.rint(numbers)) < 1e-9))
