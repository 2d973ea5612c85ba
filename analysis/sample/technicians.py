"""The technicians of each business unit: who works when, and how well. Everyone's skill stays the same for life."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.sample.business import UNITS
from analysis.sample.days import MONTH_STARTS, day_number
from analysis.sample.plan import Plan
from analysis.sample.randomness import generator
from analysis.sample.writing import identifiers

TENURE_DAYS = 2_100.0
GRADES = ("junior", "regular", "senior", "expert")


@dataclass(frozen=True)
class Technicians:
    """Everyone who ever worked in one business unit, by number. `skill` is normal(0, 1): higher is better;
    `left_on` inf = still here.
    """

    unit: int
    hired_on: np.ndarray
    left_on: np.ndarray
    skill: np.ndarray

    def at_work(self, month: int) -> np.ndarray:
        """Numbers of those who take on orders in a month: hired before it, and not leaving in it or the next."""
        start, end = MONTH_STARTS[month], MONTH_STARTS[min(month + 2, len(MONTH_STARTS) - 1)]
        found = np.flatnonzero((self.hired_on <= start) & (self.left_on >= end))
        return found if len(found) else np.flatnonzero(self.hired_on == self.hired_on.min())

    @property
    def grade(self) -> np.ndarray:
        """Index into GRADES."""
        return np.searchsorted([-0.9, 0.5, 1.4], self.skill)


def make_technicians(plan: Plan, unit: int) -> Technicians:
    """The staff of a unit: its posts, each held by one person after the other."""
    rng = generator(plan.seed, "technicians", unit)
    opened = day_number(UNITS[unit].opened)
    first = np.maximum(opened, day_number("2019-01-01")) - 20
    end = day_number("2026-07-05")
    hired: list[float] = []
    left: list[float] = []
    for _ in range(int(plan.technicians[unit])):
        start = float(first - rng.integers(0, 700)) if first < day_number("2023-01-01") else float(first)
        while start <= end:
            leaves = start + 90 + rng.exponential(TENURE_DAYS)
            hired.append(start)
            left.append(leaves if leaves <= end else np.inf)
            start = leaves + rng.integers(3, 45)
    skill = np.clip(rng.normal(0.0, 1.0, len(hired)), -2.2, 2.2)
    return Technicians(unit, np.array(hired), np.array(left), skill)


def technician_ids(unit: int, number: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Technician ids such as T03-0042."""
    return identifiers(f"T{UNITS[unit].id[1:]}-", number, width=4, missing=missing)
