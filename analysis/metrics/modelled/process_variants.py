"""The ways completed orders went: each path of main steps, up to 14 days after the completion, with its median time to
completion; the most frequent ones by name. Segments are the steps joined by ">"; `other` is all other paths, "" all
orders.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import ALL_UNITS
from analysis.metrics.kinds import MINUTES_PER_UNIT
from analysis.metrics.periods import Periods
from analysis.metrics.quantiles import quantile_of_sorted

MONTHS = 12
NAMED, OTHER = 6, "other"
LEFT_OUT = ("departed", "started", "resumed", "escalated", "closed")
"""Steps that do not tell paths apart: they accompany another one, or come after the completion."""


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and path of the orders completed in the twelve months up to the newest period; n: how
    many orders went that way.
    """
    left_out = ", ".join(f"'{event}'" for event in LEFT_OUT)
    rows = con.execute(
        f"""
        SELECT
            business_unit, string_agg(event, '>' ORDER BY event_at, seq) AS path,
            any_value(epoch(completed_at - submitted_at) / 60) AS minutes
        FROM process_events
        WHERE completed_at < period_start({periods.last + 1})
            AND completed_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH
            AND event_at <= completed_at + INTERVAL 14 DAY AND event NOT IN ({left_out})
        GROUP BY business_unit, work_order_id"""
    ).df()
    if rows.empty:
        return pd.DataFrame()
    every = pd.concat([rows, rows.assign(business_unit=ALL_UNITS)], ignore_index=True)
    often = every.groupby(["business_unit", "path"]).size().sort_values(ascending=False, kind="stable")
    named = often.groupby(level=0, sort=False).head(NAMED).index
    kept = pd.MultiIndex.from_frame(every[["business_unit", "path"]]).isin(named)
    by_path = every.assign(breakdown="path", segment=every["path"].where(kept, OTHER))
    told = pd.concat([by_path, every.assign(breakdown="", segment="")], ignore_index=True)
    cell = ["business_unit", "breakdown", "segment"]
    told = told.sort_values([*cell, "minutes"], kind="stable", ignore_index=True)
    cells = told.groupby(cell, as_index=False).agg(n=("minutes", "size"))
    n = cells["n"].to_numpy()
    start = np.concatenate([[0], np.cumsum(n)[:-1]])
    per = MINUTES_PER_UNIT[card.unit]
    value, low, high = quantile_of_sorted(told["minutes"].to_numpy(float) / per, start, n, 0.5)
    return cells.assign(period=periods.last, value=value, low=low, high=high)
