"""The share of the loyalty programme's members who bought or moved points within the twelve months up to the end of the
period.
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, NO_BREAKDOWN
from analysis.metrics.modelled.silent_churn import share_rows, stock
from analysis.metrics.periods import Periods

WINDOW = 365


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Active members ÷ members at the end of the period, with Wilson's interval. Nothing is told of the first year of
    a unit's data: who moved points before it is not known."""
    began = con.execute(
        "SELECT business_unit, min(day) FROM member_activity WHERE NOT is_joining GROUP BY ALL"
    ).fetchall()
    known_from = {str(unit): periods.number(pd.Timestamp(day) + pd.Timedelta(days=WINDOW)) for unit, day in began}
    if not known_from:
        return pd.DataFrame(columns=[*CELL, "value", "n"])
    members = con.execute(
        'SELECT business_unit, period_of(day) AS period, count(*)::DOUBLE AS arrived, 0.0 AS "left" '
        "FROM member_activity WHERE is_joining GROUP BY ALL"
    ).df()
    active = con.execute(_steps_sql()).df()
    first = min(known_from.values())
    asked = range(first + 1, periods.last + 2)  # what is there at the start of the next period
    if not len(asked):
        return pd.DataFrame(columns=[*CELL, "value", "n"])
    parts = []
    for whole in (False, True):
        level = [steps.assign(business_unit=ALL_UNITS) if whole else steps for steps in (members, active)]
        there, busy = (
            stock(steps, ["business_unit"], asked)[["business_unit", "period", "present"]] for steps in level
        )
        cells = there.rename(columns={"present": "denominator"}).merge(busy, how="left", on=["business_unit", "period"])
        cells = cells.rename(columns={"present": "numerator"}).fillna({"numerator": 0.0})
        parts.append(share_rows(cells.assign(period=cells["period"] - 1), NO_BREAKDOWN))
    told = pd.concat(parts, ignore_index=True)
    return told[told["period"] >= told["business_unit"].map({**known_from, ALL_UNITS: first})]


def _steps_sql() -> str:
    """When members begin to be active and when, twelve months after the last sign, they cease to be."""
    return f"""
        WITH spaced AS (
            SELECT business_unit, customer_id, day,
                lag(day) OVER (PARTITION BY business_unit, customer_id ORDER BY day) AS before,
                lead(day) OVER (PARTITION BY business_unit, customer_id ORDER BY day) AS next_day
            FROM (SELECT DISTINCT business_unit, customer_id, day FROM member_activity WHERE NOT is_joining)
        ), step AS (
            SELECT business_unit, period_of(day) AS period, 1 AS arrived, 0 AS "left"
            FROM spaced WHERE before IS NULL OR before + {WINDOW} < day
            UNION ALL
            SELECT business_unit, period_of(day + {WINDOW}), 0, 1 FROM spaced
            WHERE (next_day IS NULL OR day + {WINDOW} < next_day) AND day + {WINDOW} <= cutoff()
        )
        SELECT business_unit, period, sum(arrived)::DOUBLE AS arrived, sum("left")::DOUBLE AS "left"
        FROM step GROUP BY ALL
    """
