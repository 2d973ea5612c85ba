"""The kinds of metric and what each asks for: declared fields, no behaviour.

The kind decides everything downstream: how the figure is measured, its interval, its chart, its sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MINUTES_PER_UNIT = {"d": 1440.0, "h": 60.0}
SCALE = {"%": 100.0, "pp": 100.0, "points": 100.0, "per_100": 100.0, "per_1000": 1000.0}
"""What a quotient is multiplied by to be in a unit; 1 for every other unit."""
EXPRESSIONS = ("time", "start", "end", "until", "after", "where", "numerator", "denominator", "distinct", "amount")


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many records of `table` fall into the period by `time` (or how many different values of `distinct`)."""

    table: str
    time: str
    where: str = "true"
    distinct: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Sum of `numerator` over sum of `denominator`, both row by row (a condition counts 1 or 0), of the records
    `where` holds; `times` as often, such as 12 for a year's worth of a month's figure.

    `signed`: a record's numerator can be below nought (a score less another), and so can the figure.
    """

    table: str
    time: str
    numerator: str
    denominator: str = "true"
    where: str = "true"
    times: float = 1.0
    signed: bool = False


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Events per exposure. The exposure is a named one (`exposure`) or the records themselves (`denominator`, row by
    row)."""

    table: str
    time: str
    numerator: str = "true"
    where: str = "true"
    distinct: str | None = None
    exposure: str | None = None
    denominator: str | None = None
    times: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Duration:
    """Time from `start` to `end`, open records censored at `until` (the record left otherwise) or at the cut-off.

    `statistic`: quantile | probability_by | restricted_mean | restricted_mean_step; `at`: the level, the days, or the
    horizon in days. A step is the restricted mean of `end` less the one of `after`. `curve`: name and grid of a
    survival curve to write.
    """

    table: str
    time: str
    start: str
    end: str
    statistic: str
    at: float
    until: str | None = "left_at"
    where: str = "true"
    after: str | None = None
    closed_only: bool = False
    curve: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The records open at the end of the period: started, not yet left. `statistic`: count | quantile | share_over
    (of age, `at` days)."""

    table: str
    start: str
    end: str
    statistic: str
    at: float | None = None
    where: str = "true"


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of `amount` over the records of the period: money, hours, units. It is what it is and has no interval.

    A record without an amount is left out; without any record there is no figure, and not 0.
    """

    table: str
    time: str
    amount: str
    where: str = "true"


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """The quantile `at` of `amount` over the records of the period, each known in full. What may still be running is a
    Duration."""

    table: str
    time: str
    amount: str
    at: float
    where: str = "true"


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A named function of other metrics of the catalogue: quotient | ratio_of_totals | days_of_work |
    share_of_total."""

    function: str
    of: tuple[str, ...]
    times: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Modelled:
    """Figures that a model of the records gives: modelled/<function>.py measures them from the measured `tables`."""

    function: str
    tables: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


KINDS: dict[str, type] = {
    "count": Count,
    "ratio": Ratio,
    "rate": Rate,
    "duration": Duration,
    "snapshot": Snapshot,
    "total": Total,
    "quantile": Quantile,
    "derived": Derived,
    "modelled": Modelled,
}


def scale_of(unit: str, times: float = 1.0) -> float:
    """What a quotient is multiplied by to be in the unit."""
    return SCALE.get(unit, 1.0) * times
