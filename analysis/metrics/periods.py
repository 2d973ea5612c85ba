"""Months, quarters and years as whole numbers: half-open [P0, P1) in the unit's local time, and which of them are
complete.

A period's number counts up by one from period to period, so that ranges of periods are ranges of numbers, in SQL and
in numpy alike.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Grain = Literal["month", "quarter", "year"]
PER_YEAR = {"month": 12, "quarter": 4, "year": 1}
PERIOD_OF_SQL = {
    "month": "(year(t) * 12 + month(t) - 1)",
    "quarter": "(year(t) * 4 + quarter(t) - 1)",
    "year": "year(t)",
}
TOLERANCE = pd.Timedelta(minutes=1)  # a cut-off of 23:59:59 closes the day


@dataclass(frozen=True)
class PeriodRange:
    """The periods from `first` to `last`, both included."""

    first: int
    last: int

    def holds(self, time: str) -> str:
        """SQL condition: the moment lies in one of the periods. The column itself is compared, so that a scan skips
        what lies elsewhere."""
        return f"({time}) >= period_start({self.first}) AND ({time}) < period_start({self.last + 1})"


@dataclass(frozen=True)
class Periods:
    """The periods of one grain up to the cut-off.

    Parameters
    ----------
    grain : month, quarter or year
    cutoff : nothing after it is known
    """

    grain: Grain
    cutoff: pd.Timestamp

    @property
    def last(self) -> int:
        """Number of the newest complete period: P1 ≤ cut-off + 1 minute."""
        return self.number(self.cutoff + TOLERANCE) - 1

    def number(self, moment: pd.Timestamp) -> int:
        """The number of the period that holds the moment."""
        per_year = PER_YEAR[self.grain]
        return moment.year * per_year + (moment.month - 1) * per_year // 12

    def starts(self, numbers: NDArray[np.integer]) -> NDArray[np.datetime64]:
        """P0 of each period, as datetime64[D]."""
        months = np.asarray(numbers, dtype=np.int64) * (12 // PER_YEAR[self.grain])
        return (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")

    def keys(self, numbers: NDArray[np.integer]) -> list[str]:
        """The periods' names: 2025-06, 2025-Q2, 2025."""
        years, part = np.divmod(np.asarray(numbers, dtype=np.int64), PER_YEAR[self.grain])
        if self.grain == "month":
            return [f"{year:04d}-{month + 1:02d}" for year, month in zip(years, part, strict=True)]
        if self.grain == "quarter":
            return [f"{year:04d}-Q{quarter + 1}" for year, quarter in zip(years, part, strict=True)]
        return [f"{year:04d}" for year in years]

    def mature(self, numbers: NDArray[np.integer], follow_up_days: int, *, censored: bool = False) -> NDArray[np.bool_]:
        """Whether the follow-up window has passed for the whole period: P1 + window ≤ cut-off + 1 minute.

        Parameters
        ----------
        censored : the figure keeps records in whose window has not passed (Kaplan–Meier), so that half of the period
            watched for the whole window is enough: the middle of the period stands for its end
        """
        numbers = np.asarray(numbers)
        ends = self.starts(numbers + 1)
        if censored:
            ends = ends - (ends - self.starts(numbers)) // 2
        return ends + np.timedelta64(follow_up_days, "D") <= np.datetime64(self.cutoff + TOLERANCE)

    def sql_macros(self) -> list[str]:
        """Macros that the measured tables and the scans speak: cutoff(), period_of(t), period_start(p)."""
        months = 12 // PER_YEAR[self.grain]
        return [
            f"CREATE OR REPLACE TEMP MACRO cutoff() AS TIMESTAMP '{self.cutoff.isoformat(sep=' ')}'",
            f"CREATE OR REPLACE TEMP MACRO period_of(t) AS CAST({PERIOD_OF_SQL[self.grain]} AS INTEGER)",
            "CREATE OR REPLACE TEMP MACRO period_start(p) AS CAST("
            f"make_date(CAST(p * {months} // 12 AS INTEGER), CAST(p * {months} % 12 AS INTEGER) + 1, 1) AS TIMESTAMP)",
        ]
