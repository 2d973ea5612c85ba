"""The simulated business as a whole: its plan, and its canonical tables as files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.simulated import contacts, money, orders, people, products, voices
from benchmarks.simulated.calendar import calendar_table, month_starts
from benchmarks.simulated.effects import Effect, Multipliers, multipliers
from benchmarks.simulated.levels import Quiet, level_maker

Tables = Mapping[str, pd.DataFrame]

AHEAD = 3


@dataclass(frozen=True)
class Business:
    """What is simulated.

    Parameters
    ----------
    seed : of everything that is drawn
    orders : (units,) work orders a month in the middle of the history
    months, last : how many months, and the newest complete one
    growth : (units,) growth of installed base, orders and sales a month
    effects : what happens to whom
    quiet : how lively the months are where nothing happens
    complaint_share : complaints per order
    driver : the aspect that makes satisfaction
    without : tables that this business does not keep
    cutoff_days : days of the month after the last that are known already
    """

    seed: int
    orders: tuple[int, ...]
    months: int = 40
    last: str = "2025-08"
    growth: tuple[float, ...] = ()
    effects: tuple[Effect, ...] = ()
    quiet: Quiet = field(default_factory=Quiet)
    complaint_share: float = 0.055
    driver: str = "response_speed"
    without: tuple[str, ...] = ()
    cutoff_days: int = 6

    @property
    def units(self) -> tuple[str, ...]:
        """The units' ids."""
        return tuple(f"N{number:02d}" for number in range(len(self.orders)))

    @property
    def calendar(self) -> pd.PeriodIndex:
        """The months, oldest first, with three after the newest complete one; the cut-off falls in their first."""
        last = pd.Period(self.last, freq="M")
        return pd.period_range(last - self.months + 1, last + AHEAD)

    @property
    def complete(self) -> pd.PeriodIndex:
        """The months that are over at the cut-off."""
        return self.calendar[:-AHEAD]

    @property
    def cutoff(self) -> int:
        """Seconds since 1970 after which nothing is known."""
        return int(month_starts(self.calendar)[-1 - AHEAD]) + self.cutoff_days * 86_400 - 1


@dataclass(frozen=True)
class Drawn:
    """What the parts of the simulation share: generator, months, levels, what is planted and what is true."""

    business: Business
    rng: np.random.Generator
    starts: np.ndarray
    level: Callable[..., np.ndarray]
    planted: Multipliers
    truth: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """(units, months), those ahead included."""
        return len(self.business.orders), len(self.starts) - 1


@dataclass(frozen=True)
class Simulated:
    """A business's canonical tables, and what is true of its units and months: metric → (units, months)."""

    tables: dict[str, pd.DataFrame]
    truth: dict[str, np.ndarray]


def simulate(business: Business) -> Simulated:
    """Every canonical table of the business, by name, with the truth behind it."""
    rng = np.random.default_rng(business.seed)
    months = business.calendar
    units = len(business.orders)
    drawn = Drawn(
        business,
        rng,
        month_starts(months),
        level_maker(rng, units, months, business.quiet),
        multipliers(business.effects, units, len(months)),
    )
    tables: dict[str, pd.DataFrame] = {
        "meta": pd.DataFrame([{"data_cutoff_at": pd.Timestamp(business.cutoff, unit="s"), "currency": "CNY"}]),
        "business_units": pd.DataFrame(
            {"business_unit": business.units, "name": [f"Unit {u}" for u in business.units]}
        ),
        "calendar": calendar_table(months),
        "interventions": _interventions(business, months),
    }
    tables |= products.draw(drawn)
    tables |= orders.draw(drawn, tables)
    tables |= voices.draw(drawn, tables)
    tables |= contacts.draw(drawn, tables)
    tables |= people.draw(drawn, tables)
    tables |= money.draw(drawn, tables)
    tables["work_orders"] = tables["work_orders"].drop(columns=["_unit", "_month", "_done"])
    tables["installed_units"] = tables["installed_units"].drop(columns=["_unit"])
    return Simulated({name: one for name, one in tables.items() if name not in business.without}, drawn.truth)


def write_tables(tables: Tables, folder: Path) -> None:
    """Write each table as Parquet into a folder."""
    for name, frame in tables.items():
        if len(frame):
            frame.to_parquet(folder / f"{name}.parquet", index=False)


def _interventions(business: Business, months: pd.PeriodIndex) -> pd.DataFrame:
    """The measures taken: the ones that work, and one that does nothing."""
    rows = [
        {
            "intervention_id": f"M{number}", "business_unit": business.units[effect.unit],
            "started_on": months[effect.start].start_time, "metrics": "dispatch_time_median;repair_cycle_median",
            "kind": "process", "note": "Dispatch by rules",
        }
        for number, effect in enumerate(business.effects)
        if effect.kind == "dispatch_measure"
    ]  # fmt: skip
    taken = {effect.unit for effect in business.effects}
    idle = next((unit for unit in range(len(business.orders)) if unit not in taken), None)
    if idle is not None:
        rows.append(
            {
                "intervention_id": "M-idle", "business_unit": business.units[idle],
                "started_on": months[-12 - AHEAD].start_time, "metrics": "first_time_fix_rate;repair_cycle_median",
                "kind": "training", "note": "A course that changes nothing",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
