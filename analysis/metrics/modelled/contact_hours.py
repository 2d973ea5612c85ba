"""When customers turn to a person: contacts a week by day of the week and band of two hours, over the newest twelve
months. Segments are "weekday-hour", 1 for Monday, the hour at which the band begins: "1-08".
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import poisson_exact

MONTHS, BAND = 12, 2
ALL_WEEK = ""


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and slot; a slot without contacts is left out. Weeks count from the first contact on."""
    found = con.execute(
        f"""
        WITH span AS (
            SELECT period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH AS begins,
                period_start({periods.last + 1}) AS ends
        ), held AS (
            SELECT business_unit, started_at, isodow(started_at) || '-'
                || lpad(CAST({BAND} * (hour(started_at) // {BAND}) AS VARCHAR), 2, '0') AS slot
            FROM contacts, span
            WHERE with_a_person AND started_at >= begins AND started_at < ends
        ), begun AS (
            SELECT business_unit, greatest(begins, min(started_at)) AS begins, any_value(ends) AS ends
            FROM contacts, span
            WHERE started_at < ends
            GROUP BY business_unit, begins
        )
        SELECT
            coalesce(business_unit, '{ALL_UNITS}') AS business_unit, coalesce(slot, '{ALL_WEEK}') AS segment,
            count(*) AS n, max(epoch(ends - begins)) / 604800 AS weeks
        FROM held
        JOIN begun USING (business_unit)
        GROUP BY GROUPING SETS ((), (slot), (business_unit), (business_unit, slot))"""
    ).df()
    found = found[found["n"] > 0]
    if found.empty:
        return pd.DataFrame()
    weeks = found.groupby("business_unit")["weeks"].transform("max")
    told = poisson_exact(found["n"], weeks)
    return found.assign(
        period=periods.last,
        breakdown=found["segment"].map(lambda slot: "hour_slot" if slot else ""),
        numerator=found["n"],
        denominator=weeks,
        value=told.value,
        low=told.low,
        high=told.high,
        se=told.se,
    )
