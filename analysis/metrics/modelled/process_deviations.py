"""How completed orders deviate from the norm path: the share handed on, going back, escalated, and without each
required step. Segments are the kinds of deviation; "" is the share with any of them.
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import wilson

MONTHS = 12


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and kind of deviation, of the orders completed in the twelve months up to the newest
    period whose 14 days have passed.
    """
    steps = con.execute("SELECT event, bit FROM process_norm WHERE len(modes) > 0 ORDER BY place").fetchall()
    kinds = {
        "": "NOT conforms",
        "handed_on": "handoff_count > 0",
        "went_back": "loops > 0",
        "escalated": "was_escalated",
    }
    kinds |= {f"without_{event}": f"(skipped & {bit}) > 0" for event, bit in steps}
    counts = ", ".join(f'count(*) FILTER ({sql}) AS "{name or "any"}"' for name, sql in kinds.items())
    wide = con.execute(
        f"""
        SELECT coalesce(business_unit, '{ALL_UNITS}') AS business_unit, count(*) AS denominator, {counts}
        FROM order_paths
        WHERE conforms IS NOT NULL AND completed_at + INTERVAL 14 DAY <= cutoff()
            AND completed_at < period_start({periods.last + 1})
            AND completed_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH
        GROUP BY GROUPING SETS ((), (business_unit))"""
    ).df()
    wide = wide[wide["denominator"] > 0]
    if wide.empty:
        return pd.DataFrame()
    long = wide.melt(["business_unit", "denominator"], var_name="segment", value_name="numerator")
    told = wilson(long["numerator"], long["denominator"])
    parts = {name: getattr(told, name) * scale_of(card.unit) for name in ("value", "low", "high", "se")}
    segment = long["segment"].replace("any", "")
    return long.assign(
        period=periods.last,
        segment=segment,
        breakdown=segment.where(segment == "", "deviation"),
        n=long["denominator"],
        **parts,
    )
