"""How many more customers come back after a good first service than after a bad one: the difference of two
Kaplan–Meier shares, in points.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, NO_BREAKDOWN, code, in_order
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import normal_quantile
from analysis.statistics.survival import kaplan_meier


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Share active again within `days` after a good service less that after a bad one, by period of the service; those
    whose window still runs are censored. Option `fewest`: services of each kind below which no gap is told."""
    days, fewest = float(card.how.options["days"]), int(card.how.options["fewest"])
    found = con.sql(
        """
        SELECT business_unit, period_of(completed_at) AS period, service_experience = 'good_service' AS is_good,
            next_activity_at IS NOT NULL AS came,
            date_diff('second', known_at, coalesce(next_activity_at, cutoff())) / 86400.0 AS time
        FROM service_followups WHERE is_first AND known_at <= cutoff()
        """
    ).to_arrow_table()
    if not found.num_rows:
        return pd.DataFrame(columns=[*CELL, "value", "n"])
    unit = in_order(code(found.column("business_unit")))
    records = found.drop_columns("business_unit").to_pandas()
    apart = _gaps(records.assign(business_unit=unit.codes), days, fewest)
    whole = _gaps(records.assign(business_unit=0), days, fewest)
    named = [apart.assign(business_unit=unit.labels[apart["business_unit"]]), whole.assign(business_unit=ALL_UNITS)]
    return pd.concat(named, ignore_index=True)


def _gaps(records: pd.DataFrame, days: float, fewest: int) -> pd.DataFrame:
    cell = records.groupby(["business_unit", "period"], sort=True)
    number = cell.ngroup().to_numpy()
    cells = cell.size().index.to_frame(index=False)
    group = number * 2 + records["is_good"].to_numpy(int)
    curves = kaplan_meier(records["time"], records["came"], group=group, groups=2 * len(cells))
    share = curves.probability_by(days)
    value, se, n = (np.asarray(part).reshape(-1, 2) for part in (share.value, share.se, curves.n))
    gap, error = 100 * (value[:, 1] - value[:, 0]), 100 * np.hypot(se[:, 0], se[:, 1])
    enough = n.min(axis=1) >= fewest
    gap, error = np.where(enough, gap, np.nan), np.where(enough & (error > 0), error, np.nan)
    reach = normal_quantile() * error
    reason = np.full(len(gap), None, dtype=object)
    reason[np.isnan(gap)] = np.where(enough, "window not passed", "too few")[np.isnan(gap)]
    return cells.assign(
        breakdown=NO_BREAKDOWN,
        segment=NO_BREAKDOWN,
        value=gap,
        low=gap - reach,
        high=gap + reach,
        se=error,
        n=n.sum(axis=1),
        reason=reason,
    )
