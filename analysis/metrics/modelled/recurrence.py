"""How soon the same fault of the same unit comes back after a repair: one curve of the newest twelve months."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.periods import PER_YEAR, Periods
from analysis.statistics.survival import kaplan_meier

DAY = 86_400


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """P(same fault again by day d) of the repairs of the last `months` months, for each of `days`; the whole is that
    at `shown`. Kaplan–Meier: repairs not yet watched so long are censored. The newest period only.
    """
    days, months = [*card.how.options["days"]], int(card.how.options["months"])
    first = periods.last - months * PER_YEAR[periods.grain] // 12 + 1
    records = con.execute(
        f"""
        SELECT business_unit,
            epoch(coalesce(least(next_same_fault_at, cutoff()), cutoff()) - completed_at) / {DAY} AS time,
            coalesce(next_same_fault_at <= cutoff(), false) AS again
        FROM product_faults
        WHERE is_first AND can_recur AND completed_at <= cutoff() AND period_of(completed_at) BETWEEN {first} AND
            {periods.last}
        """
    ).df()
    if records.empty:
        return pd.DataFrame()
    parts = [_curves(records.assign(business_unit=ALL_UNITS), days), _curves(records, days)]
    found = pd.concat(parts, ignore_index=True).assign(period=periods.last, breakdown="days")
    shown = found[found["segment"] == _name(card.how.options["shown"])].assign(breakdown=NO_BREAKDOWN, segment="")
    return pd.concat([shown, found], ignore_index=True)


def _curves(records: pd.DataFrame, days: Sequence[float]) -> pd.DataFrame:
    names, group = np.unique(records["business_unit"].to_numpy(dtype=object).astype(str), return_inverse=True)
    fitted = kaplan_meier(records["time"].clip(lower=0), records["again"], group=group, groups=len(names))
    curve = fitted.curve(days)
    columns = {
        "value": 100 * (1 - curve.survival),
        "low": 100 * (1 - curve.high),
        "high": 100 * (1 - curve.low),
    }
    shape = curve.survival.shape
    frame = pd.DataFrame({name: part.ravel() for name, part in columns.items()})
    frame = frame.assign(
        business_unit=np.repeat(names.astype(object), shape[1]),
        segment=np.tile([_name(day) for day in days], shape[0]),
        n=np.repeat(fitted.n, shape[1]),
        se=(frame["high"] - frame["low"]) / 3.92,
    )
    return frame[frame["value"].notna()]


def _name(day: float) -> str:
    """The day as a segment that sorts: "090"."""
    return f"{int(day):03d}"
