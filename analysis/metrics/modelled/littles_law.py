"""Little's law by stage: the mean number of orders in a stage over what arrivals and the time of those who left would
make it (L over λW), over the newest twelve months. Segments are the stages.

1 where a stage is in balance. Above 1: orders sit in it that have not left, so that the times of those who did are too
good. Source: Little 1961, and Little & Graves 2008 for finite windows.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods

MONTHS = 12


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and stage: numerator L, denominator λW, both in orders; n: orders that entered."""
    found = con.execute(
        f"""
        WITH span AS (
            SELECT
                period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH AS begins,
                period_start({periods.last + 1}) AS ends
        )
        SELECT
            coalesce(business_unit, '{ALL_UNITS}') AS business_unit, stage AS segment,
            count(*) FILTER (entered_at >= begins) AS n,
            count(*) FILTER (passed_at >= begins AND passed_at < ends) AS passed,
            sum(epoch(passed_at - entered_at)) FILTER (passed_at >= begins AND passed_at < ends) AS time_of_passed,
            sum(epoch(least(coalesce(passed_at, ends), ends) - greatest(entered_at, begins))) AS time_within,
            any_value(epoch(ends - begins)) AS seconds
        FROM stage_spells, span
        WHERE entered_at < ends AND coalesce(passed_at, ends) > begins
        GROUP BY GROUPING SETS ((stage), (business_unit, stage))"""
    ).df()
    if found.empty:
        return pd.DataFrame()
    passed = found["passed"].where(found["passed"] > 0)
    held = found["time_within"] / found["seconds"]
    expected = found["n"] / found["seconds"] * found["time_of_passed"] / passed
    return found.assign(
        period=periods.last,
        breakdown="stage",
        numerator=held,
        denominator=expected,
        value=np.where(expected > 0, held / expected.where(expected > 0), np.nan),
        low=np.nan,
        high=np.nan,
        se=np.nan,
        reason=np.where((expected > 0).to_numpy(), None, "nothing to divide by"),  # type: ignore[call-overload]
    )[[
        "business_unit", "period", "breakdown", "segment", "numerator", "denominator", "value", "low", "high", "se",
        "n", "reason",
    ]]  # fmt: skip
