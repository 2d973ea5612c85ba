"""The ways completed orders went: each path of main steps, up to 14 days after the completion, with its median time to
completion; the most frequent ones by name. Segments are the steps joined by ">"; `other` is all other paths, "" all
orders.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import Coded, Floats, Ints, code
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
    log = con.sql(
        f"""
        SELECT
            business_unit, string_agg(event, '>' ORDER BY event_at, seq) AS path,
            any_value(epoch(completed_at - submitted_at) / 60) AS minutes
        FROM process_events
        WHERE completed_at < period_start({periods.last + 1})
            AND completed_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH
            AND event_at <= completed_at + INTERVAL 14 DAY AND event NOT IN ({left_out})
        GROUP BY business_unit, work_order_id"""
    ).to_arrow_table()
    if not log.num_rows:
        return pd.DataFrame()
    unit, path = code(log.column("business_unit")), code(log.column("path"))
    minutes = log.column("minutes").to_numpy() / MINUTES_PER_UNIT[card.unit]
    whole = (np.zeros_like(unit.codes), np.array([ALL_UNITS], dtype=object))
    levels = [
        _told(codes, units, path, minutes, by_path)
        for codes, units in (whole, (unit.codes, unit.labels))
        for by_path in (True, False)
    ]
    return pd.concat(levels, ignore_index=True).assign(period=periods.last)


def _told(unit: Ints, units: NDArray[np.object_], path: Coded, minutes: Floats, by_path: bool) -> pd.DataFrame:
    """Median and number of the orders of each unit, and of each of its paths: the most frequent by name, of those as
    frequent the first in the alphabet."""
    names = np.append(path.labels, OTHER) if by_path else np.array([""], dtype=object)
    segment = np.zeros_like(unit)
    if by_path:
        ways, which, often = np.unique(unit * path.labels.size + path.codes, return_inverse=True, return_counts=True)
        of_unit, taken = np.divmod(ways, path.labels.size)
        order = np.lexsort((path.labels[taken].astype(str), -often, of_unit))
        rank = np.empty(order.size, dtype=np.int64)
        rank[order] = np.arange(order.size) - np.searchsorted(of_unit[order], of_unit[order])
        segment = np.where(rank < NAMED, taken, path.labels.size)[which]
    order = np.lexsort((minutes, segment, unit))
    cells, start, n = np.unique((unit * names.size + segment)[order], return_index=True, return_counts=True)
    value, low, high = quantile_of_sorted(minutes[order], start, n, 0.5)
    of_unit, segment = np.divmod(cells, names.size)
    cell = {"business_unit": units[of_unit], "breakdown": "path" if by_path else "", "segment": names[segment]}
    return pd.DataFrame({**cell, "n": n, "value": value, "low": low, "high": high})
