"""The share of orders completed within some days by how often they were handed on, over the orders of twelve months.
Segments are the numbers of hand-offs.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.metrics.periods import Periods
from analysis.statistics.survival import kaplan_meier

MONTHS, MINUTES_PER_DAY = 12, 1440


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and number of hand-offs, of the orders submitted in the twelve months up to the newest
    period: Kaplan–Meier, open and cancelled orders censored.
    """
    rows = con.execute(
        f"""
        SELECT business_unit, handoffs AS segment, completed_at IS NOT NULL AS event,
            round(epoch(coalesce(completed_at, left_at, cutoff()) - submitted_at) / 60) AS minutes, count(*) AS orders
        FROM order_paths
        WHERE handoff_count IS NOT NULL AND submitted_at < period_start({periods.last + 1})
            AND submitted_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH
        GROUP BY ALL"""
    ).df()
    if rows.empty:
        return pd.DataFrame()
    every = pd.concat([rows, rows.assign(business_unit=ALL_UNITS)], ignore_index=True)
    cells = every.groupby(["business_unit", "segment"], as_index=False).agg(n=("orders", "sum"))
    group = every.groupby(["business_unit", "segment"]).ngroup().to_numpy()
    curves = kaplan_meier(
        every["minutes"].to_numpy(float),
        every["event"].to_numpy(bool),
        group=group,
        weight=every["orders"].to_numpy(),
        groups=len(cells),
    )
    told = curves.probability_by(np.full(len(cells), float(card.how.options["at"]) * MINUTES_PER_DAY))
    parts = {name: getattr(told, name) * scale_of(card.unit) for name in ("value", "low", "high", "se")}
    return cells.assign(period=periods.last, breakdown="handoffs", **parts)
