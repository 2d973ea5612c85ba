"""What a course did to the work of those who took it: the change around their course less that of technicians without
one around the same time.

Options: outcome (first_fix, in points: repairs on site fixed at the first visit; work_hours, relative: hours from
arrival to completion; kept_7d, in points: orders completed within 7 days), window in months. Induction does not count:
there is no before. Beside the figure of the unit (its own courses, compared with technicians of the whole company)
stand, by breakdown check: naive (the plain change of the trained), placebo (the same difference one window earlier,
which should be zero), gap_before (trained less others just before: who is sent). n are the courses that count. Fewer
than 8 people trained give no figure: the errors are those of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.statistics.staggered_differences import Difference, as_mapping, staggered_effect

OUTCOMES = {
    "first_fix": ("first_fixes", "field_repairs"),
    "work_hours": ("work_hours", "worked"),
    "kept_7d": ("kept_7d", "promised"),
}
CHECK, NO_COMPARISON, TOO_FEW = "check", "nobody to compare with", "too few technicians"
FEWEST_PEOPLE = 8


@dataclass(frozen=True)
class Panel:
    """Technicians × months: sums above and below the outcome's line, and the months of courses; `unit` of each."""

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    treated: NDArray[np.bool_]
    unit: NDArray[np.object_]


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The card's rows for the newest period, over all courses in the data."""
    outcome = str(card.how.options["outcome"])
    panel = read_panel(con, *OUTCOMES[outcome])
    rows: list[dict[str, object]] = []
    for unit in (*units, ALL_UNITS) if panel is not None else ():
        assert panel is not None
        mine = None if unit == ALL_UNITS else panel.unit == unit
        if mine is not None and not panel.treated[mine].any():
            continue
        window = int(card.how.options.get("window", 3))
        effect = staggered_effect(panel.numerator, panel.denominator, panel.treated, of=mine, window=window)
        scale = 100 / _level(panel, mine) if outcome == "work_hours" else 100.0
        for name, found in as_mapping(effect).items():
            whole = name == "difference"
            cell = {"business_unit": unit, "breakdown": "" if whole else CHECK, "segment": "" if whole else name}
            rows.append({**cell, **_figures(found, scale)})
    columns = ["business_unit", "breakdown", "segment", "value", "low", "high", "se", "n", "reason"]
    return pd.DataFrame(rows, columns=columns).assign(period=periods.last)


def read_panel(con: duckdb.DuckDBPyConnection, top: str, base: str) -> Panel | None:
    """Technicians × months of the outcome; None where there is no order or no course."""
    results = con.execute(
        "SELECT technician_id, business_unit, year(worked_in) * 12 + month(worked_in) - 1 AS month, "
        f"CAST(sum({top}) AS DOUBLE) AS top, CAST(sum({base}) AS DOUBLE) AS base FROM technician_results GROUP BY ALL"
    ).df()
    courses = con.execute(
        "SELECT technician_id, year(finished_at) * 12 + month(finished_at) - 1 AS month FROM courses "
        "WHERE training_kind <> 'pre_job'"
    ).df()
    if results.empty or courses.empty:
        return None
    last = int(results.loc[results["base"] > 0, "month"].max()) if (results["base"] > 0).any() else None
    if last is None:
        return None
    months = np.arange(int(results["month"].min()), last + 1)
    home = results.sort_values("base").groupby("technician_id")["business_unit"].last()
    people = home.index

    def laid_out(name: str) -> NDArray[np.float64]:
        wide = results.pivot_table(index="technician_id", columns="month", values=name, aggfunc="sum")
        return wide.reindex(index=people, columns=months).fillna(0.0).to_numpy(float)

    held = courses.assign(one=1.0).pivot_table(index="technician_id", columns="month", values="one", aggfunc="sum")
    treated = held.reindex(index=people, columns=months).fillna(0.0).to_numpy(float) > 0
    return Panel(laid_out("top"), laid_out("base"), treated, home.to_numpy(object))


def _level(panel: Panel, mine: NDArray[np.bool_] | None) -> float:
    """The outcome over everything, which a relative effect is relative to."""
    chosen = np.ones(len(panel.unit), dtype=bool) if mine is None else mine
    total = panel.denominator[chosen].sum()
    return float(panel.numerator[chosen].sum() / total) if total > 0 else np.nan


def _figures(found: Difference, scale: float) -> dict[str, object]:
    if found.people < FEWEST_PEOPLE:
        nothing = dict.fromkeys(("value", "low", "high", "se"), np.nan)
        return {**nothing, "n": found.dates, "reason": TOO_FEW if found.dates else NO_COMPARISON}
    values = {name: getattr(found, name) * scale for name in ("value", "low", "high", "se")}
    return {**values, "n": found.dates, "reason": NO_COMPARISON if np.isnan(found.value) else None}
