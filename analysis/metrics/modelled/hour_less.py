"""What an hour less in a stage would bring, by re-computing: every completed order that spent time in the stage
completes up to an hour earlier, nothing else changes. Segments are the stages; "" is an hour less in each of them.

Arithmetic on what happened, no promise: queues would shorten too, and the hour may turn up in the next stage.
The interval is that of batch means (each batch of the orders an estimate of its own; Schmeiser 1982).
"""

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import ALL_UNITS
from analysis.metrics.periods import Periods
from analysis.statistics.survival import KaplanMeier, kaplan_meier

MINUTES_SAVED, MINUTES_PER_DAY = 60.0, 1440.0
WATCHED_DAYS = 30
BATCHES, FEWEST_BATCHES, BATCH_OF = 40, 8, 20
STAGES = ("request_handling", "dispatch", "technician_response", "repair")

Floats = NDArray[np.float64]


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and stage: the change of the share completed within `at` days in percentage points, or
    of the mean time within 30 days in the card's hours saved; n: orders.

    Orders submitted in the twelve months before the newest 30 days: each has been watched for 30 days or has left.
    """
    log = con.execute(
        f"""
        SELECT business_unit, completed_at IS NOT NULL AS event,
            epoch(coalesce(completed_at, left_at, cutoff()) - submitted_at) / 60 AS minutes,
            {", ".join(f"{stage}_minutes AS {stage}" for stage in STAGES)}
        FROM order_paths
        WHERE submitted_at <= cutoff() - INTERVAL {WATCHED_DAYS} DAY
            AND submitted_at > cutoff() - INTERVAL {WATCHED_DAYS} DAY - INTERVAL 12 MONTH
        ORDER BY business_unit, submitted_at, work_order_id"""
    ).df()
    rows = []
    for unit, part in [(ALL_UNITS, log), *log.groupby("business_unit", sort=True)]:
        for stage in ("", *STAGES):
            rows.append({"business_unit": unit, "segment": stage, "n": len(part), **_gain(part, stage, card.how.options)})
    found = pd.DataFrame(rows)
    return found.assign(period=periods.last, breakdown=np.where(found["segment"] == "", "", "stage"))


def _gain(orders: pd.DataFrame, stage: str, options: Mapping[str, float | str]) -> dict[str, float]:
    """The figure after less the figure before, and its interval from batches of the orders."""
    if orders.empty:
        return {"value": np.nan, "low": np.nan, "high": np.nan, "se": np.nan}
    minutes, event = orders["minutes"].to_numpy(float), orders["event"].to_numpy(bool)
    spent = [np.minimum(orders[name].to_numpy(float), MINUTES_SAVED) for name in STAGES if stage in ("", name)]
    sooner = minutes - np.where(event, np.sum(spent, axis=0), 0.0)
    one = np.zeros(len(orders), dtype=np.int64)
    value = float(_difference(minutes, sooner, event, one, 1, options)[0])
    batches = min(BATCHES, len(orders) // BATCH_OF)
    if batches < FEWEST_BATCHES or np.isnan(value):
        return {"value": value, "low": np.nan, "high": np.nan, "se": np.nan}
    batch = np.arange(len(orders)) % batches
    apart = _difference(minutes, sooner, event, batch, batches, options)
    known = apart[~np.isnan(apart)]
    se = float(known.std(ddof=1) / np.sqrt(known.size)) if known.size > 1 else np.nan
    reach = float(stats.t.ppf(0.975, known.size - 1)) * se if known.size > 1 else np.nan
    return {"value": value, "low": max(value - reach, 0.0), "high": value + reach, "se": se}


def _difference(
    minutes: Floats, sooner: Floats, event: NDArray[np.bool_], group: NDArray[np.int64], groups: int,
    options: Mapping[str, float | str],
) -> Floats:  # fmt: skip
    before, after = (
        _figure(kaplan_meier(time, event, group=group, groups=groups), options) for time in (minutes, sooner)
    )
    return after - before if options["measure"] == "share" else before - after


def _figure(curve: KaplanMeier, options: Mapping[str, float | str]) -> Floats:
    at = float(options["at"]) * MINUTES_PER_DAY
    return curve.probability_by(at).value * 100 if options["measure"] == "share" else curve.restricted_mean(at).value / 60
