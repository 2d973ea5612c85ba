"""What was planted in the sample: each story as data, and the factor it puts on the rates. Tests and manuals read
STORIES.

A factor of 1 is no story. Nothing else in the sample changes a unit's behaviour over time, but season, festivals
and slow growth.
"""

from dataclasses import dataclass

import numpy as np

from analysis.sample.days import LAST_FULL_MONTH, MONTH_LABELS, month_number


@dataclass(frozen=True)
class Story:
    """A planted change: what changes, where, from which month until which, and by how much (`size` as `measure`
    says).
    """

    id: str
    kind: str
    business_unit: str
    metrics: tuple[str, ...]
    first: str
    last: str
    size: float
    measure: str
    text: str


# fmt: off
STORIES = (
    Story("slow_response", "level shift", "U03", ("technician_response_time_median", "repair_cycle_median"),
          "2026-02", "2026-06", 1.5, "factor on the time from assignment to arrival",
          "Technicians of U03 take half as long again to arrive from 2026-02 on."),
    Story("slow_line_grows", "mix shift", "U05", ("repair_cycle_median",),
          "2025-03", "2026-06", 3.0, "factor on the orders for water heaters at the end, growing month by month",
          "U05 serves ever more water heaters for landlords; they take longest, but no product line got slower."),
    Story("failing_batch", "failing batch", "*", ("repairs_per_100_units", "complaints_per_1000_units"),
          "2026-01", "2026-06", 0.05, "additional repairs per unit of the batch and month",
          "Washer-dryers (P08) of the second half of 2025, batch P08-B25S2, fail with WM-E21 from 2026-01 on."),
    Story("faster_dispatch", "intervention", "U07", ("dispatch_time_median",),
          "2025-09", "2026-06", 0.5, "factor on the time from handling to assignment",
          "Automatic dispatch halves the dispatch time of U07 from 2025-09 on."),
    Story("growing_complaints", "growth", "U02", ("complaints_per_1000_units", "complaints_received"),
          "2025-07", "2026-06", 0.045, "growth per month",
          "Complaints of U02 grow by 4.5 % a month over the last year."),
    Story("neglected_backlog", "neglect", "U09", ("backlog", "repair_cycle_within_7d", "backlog_over_30d_share"),
          "2026-03", "2026-06", 0.32, "share of the orders that nobody works on",
          "U09 leaves a third of the orders of the last four months lying; the times of closed orders look fine."),
    Story("complaint_spike", "spike", "U04", ("complaints_per_1000_units",),
          "2026-03", "2026-03", 3.0, "factor on complaints",
          "Three times the usual complaints in U04 in one month, and back."),
)
# fmt: on
QUIET_UNITS = ("U01", "U06", "U08", "U10", "U11")
"""Units in which nothing is planted but the failing batch."""

SLOW_LINE = 3
"""Water heaters, as an index into products.LINES."""
BATCH_PRODUCT = "P08"
BATCH_SOLD = ("2025-07", "2025-12")
BATCH_FAULT = "WM-E21"


def story(name: str) -> Story:
    """The story of that id."""
    return next(found for found in STORIES if found.id == name)


def active(name: str, unit: str, month: int) -> bool:
    """Whether a story is under way in a unit and month; one that has lasted to the last complete month goes on
    after it.
    """
    told = story(name)
    last = month_number(told.last)
    ends = last if last < LAST_FULL_MONTH else len(MONTH_LABELS)
    return told.business_unit in ("*", unit) and month_number(told.first) <= month <= ends


def response_factor(unit: str, month: int) -> float:
    """Factor on the technician response time of orders submitted in the month."""
    return story("slow_response").size if active("slow_response", unit, month) else 1.0


def dispatch_factor(unit: str, month: int) -> float:
    """Factor on the dispatch time of orders submitted in the month."""
    return story("faster_dispatch").size if active("faster_dispatch", unit, month) else 1.0


def neglected_share(unit: str, month: int) -> float:
    """Share of the orders submitted in the month that are left lying."""
    return story("neglected_backlog").size if active("neglected_backlog", unit, month) else 0.0


def batch_failures(month: int) -> float:
    """Additional repairs per unit of the failing batch in the month."""
    return story("failing_batch").size if active("failing_batch", "*", month) else 0.0


def complaint_factors(unit: str) -> np.ndarray:
    """Factor on complaints received, for each month of the axis."""
    factors = np.ones(len(MONTH_LABELS))
    growth, spike = story("growing_complaints"), story("complaint_spike")
    if unit == growth.business_unit:
        first = month_number(growth.first)
        factors[first:] = (1.0 + growth.size) ** np.minimum(np.arange(len(factors) - first) + 1, 12)
    if unit == spike.business_unit:
        factors[month_number(spike.first)] = spike.size
    return factors


def request_factors(unit: str, line: int) -> np.ndarray:
    """Factor on the orders for a product line, for each month of the axis: the mix shift of one unit's water
    heaters.
    """
    told = story("slow_line_grows")
    factors = np.ones(len(MONTH_LABELS))
    if unit == told.business_unit and line == SLOW_LINE:
        first, last = month_number(told.first), LAST_FULL_MONTH
        ramp = np.clip((np.arange(len(factors)) - first + 1) / (last - first + 1), 0.0, 1.0)
        factors = 1.0 + ramp * (told.size - 1.0)
    return factors
