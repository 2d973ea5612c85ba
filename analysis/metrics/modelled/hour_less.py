"""What an hour less in a stage would bring, by re-computing: every completed order that spent time in the stage
completes up to an hour earlier, nothing else changes. Segments are the stages; "" is an hour less in each of them.

Arithmetic on what happened, no promise: queues would shorten too, and the hour may turn up in the next stage.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import normal_quantile, wilson

MINUTES_SAVED, MINUTES_PER_DAY, MINUTES_PER_HOUR = 60.0, 1440.0, 60.0
WATCHED_DAYS = 30
STAGES = ("request_handling", "dispatch", "technician_response", "repair")


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and stage: the percentage points by which the share completed within `at` days would
    rise, or the hours by which the mean time within `at` days would fall; n: orders.

    Orders submitted in the twelve months before the newest 30 days and not cancelled: each was watched for 30 days, so
    that nothing is censored.
    """
    log = con.execute(
        f"""
        SELECT business_unit, completed_at IS NOT NULL AS done,
            epoch(coalesce(completed_at, cutoff()) - submitted_at) / 60 AS minutes,
            {", ".join(f"{stage}_minutes AS {stage}" for stage in STAGES)}
        FROM order_paths
        WHERE (completed_at IS NOT NULL OR left_at IS NULL)
            AND submitted_at <= cutoff() - INTERVAL {WATCHED_DAYS} DAY
            AND submitted_at > cutoff() - INTERVAL {WATCHED_DAYS} DAY - INTERVAL 12 MONTH"""
    ).df()
    if log.empty:
        return pd.DataFrame()
    rows = []
    for stage in ("", *STAGES):
        gain = _gains(log, stage, card.how.options)
        for unit, part in [(ALL_UNITS, gain), *gain.groupby(log["business_unit"], sort=True)]:
            rows.append({"business_unit": unit, "segment": stage, **_told(part, card.how.options)})
    found = pd.DataFrame(rows)
    return found.assign(period=periods.last, breakdown=np.where(found["segment"] == "", "", "stage"))


def _gains(log: pd.DataFrame, stage: str, options: Mapping[str, Any]) -> pd.Series:
    """What the hour brings each order: 1 where it brings its completion within the days, or the minutes it saves
    within them.
    """
    spent = [np.minimum(log[name].to_numpy(float), MINUTES_SAVED) for name in STAGES if stage in ("", name)]
    minutes, limit = log["minutes"].to_numpy(float), float(options["at"]) * MINUTES_PER_DAY
    sooner = minutes - np.where(log["done"].to_numpy(bool), np.sum(spent, axis=0), 0.0)
    if options["measure"] == "share":
        return pd.Series((minutes > limit) & (sooner <= limit)).astype(float)
    return pd.Series(np.minimum(minutes, limit) - np.minimum(sooner, limit))


def _told(gain: pd.Series, options: Mapping[str, Any]) -> dict[str, float]:
    """The gain of a unit's orders with its interval: Wilson's for a share, the normal one for a mean."""
    if options["measure"] == "share":
        told = wilson(gain.sum(), len(gain))
        parts = {name: 100 * float(getattr(told, name)) for name in ("value", "low", "high", "se")}
        return {"n": len(gain), "numerator": gain.sum(), "denominator": len(gain), **parts}
    value, se = gain.mean() / MINUTES_PER_HOUR, gain.std(ddof=1) / np.sqrt(len(gain)) / MINUTES_PER_HOUR
    reach = normal_quantile() * se
    return {"n": len(gain), "value": value, "low": max(value - reach, 0.0), "high": value + reach, "se": se}
