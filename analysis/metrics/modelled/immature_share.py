"""How much of the newest period is not yet decided: orders still open at the cut-off. For the newest period only, since
older ones have had more time.
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.metrics.record_shares import shares


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Orders submitted in the newest period and still open at the cut-off ÷ orders submitted in it, in per cent."""
    counts = con.execute(f"""
        SELECT business_unit, {periods.last} AS period, product_line AS segment,
            count(*) FILTER (left_at IS NULL) AS numerator, count(*) AS denominator
        FROM orders WHERE period_of(submitted_at) = {periods.last} GROUP BY ALL""").df()
    return shares(counts, breakdown="product_line", units=units)
