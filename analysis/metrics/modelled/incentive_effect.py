"""What goes along with an incentive within the same technician: the outcome in months after one less that in months
after none, with every technician's own level and every month's own level taken out.

Not an effect that may be promised: who is rewarded, and when, is not drawn by lot; where a good month is what is
rewarded, the next one is worse by itself (regression to the mean), and what is found is then too low. Option: outcome,
as in training_effect, in points. All kinds together, and material, recognition and promotion apart (breakdown
incentive_kind). n are technician-months. A unit of few technicians has none: errors by person need people.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.modelled.training_effect import OUTCOMES
from analysis.metrics.periods import Periods
from analysis.statistics.two_way_effects import two_way_slopes

KINDS = ("material", "recognition", "promotion")
NOT_MOVING = "no months with and without"
TOO_FEW = "too few technicians"
FEWEST_PEOPLE = 8
FEWEST_MONTHS = 24


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The card's rows for the newest period, over all months in the data."""
    top, base = OUTCOMES[str(card.how.options["outcome"])]
    months = _months(con, top, base)
    rows: list[dict[str, object]] = []
    for unit in (*units, ALL_UNITS):
        mine = months if unit == ALL_UNITS else months[months["business_unit"] == unit]
        if len(mine) < FEWEST_MONTHS:
            continue
        for kind in ("", *KINDS):
            rewarded = mine[list(KINDS)].to_numpy(float)
            given = rewarded.max(axis=1) if not kind else rewarded[:, KINDS.index(kind)]
            found = two_way_slopes(
                mine["top"] / mine["base"], given, mine["technician_id"], mine["month"], weight=mine["base"]
            )
            value, low, high, se = (100 * float(part[0]) for part in (found.value, found.low, found.high, found.se))
            cell = {"business_unit": unit, "breakdown": "incentive_kind" if kind else "", "segment": kind}
            reason = NOT_MOVING if np.isnan(value) else None
            if found.people < FEWEST_PEOPLE:
                value, low, high, se, reason = np.nan, np.nan, np.nan, np.nan, TOO_FEW
            rows.append({**cell, "value": value, "low": low, "high": high, "se": se, "n": found.n, "reason": reason})
    columns = ["business_unit", "breakdown", "segment", "value", "low", "high", "se", "n", "reason"]
    return pd.DataFrame(rows, columns=columns).assign(period=periods.last)


def _months(con: duckdb.DuckDBPyConnection, top: str, base: str) -> pd.DataFrame:
    """Technician-months with work, and which incentives the month before had (months before the first incentive in the
    data are left out)."""
    rewarded = ", ".join(
        f"CAST(count(*) FILTER (i.incentive_kind = '{kind}') > 0 AS INTEGER) AS {kind}" for kind in KINDS
    )
    return con.execute(
        f"""
        WITH worked AS (
            SELECT business_unit, technician_id, worked_in, sum({top}) AS top, sum({base}) AS base
            FROM technician_results GROUP BY ALL HAVING sum({base}) > 0
        )
        SELECT w.business_unit, w.technician_id, w.worked_in AS month, CAST(any_value(w.top) AS DOUBLE) AS top,
            CAST(any_value(w.base) AS DOUBLE) AS base, {rewarded}
        FROM worked AS w
        LEFT JOIN incentive_months AS i
            ON i.technician_id = w.technician_id AND date_trunc('month', i.granted_in) = w.worked_in - INTERVAL 1 MONTH
        WHERE w.worked_in > (SELECT date_trunc('month', min(granted_in)) FROM incentive_months)
            AND w.worked_in <= (SELECT date_trunc('month', max(granted_in)) FROM incentive_months) + INTERVAL 1 MONTH
        GROUP BY w.business_unit, w.technician_id, w.worked_in
        ORDER BY w.business_unit, w.technician_id, w.worked_in
        """
    ).df()
