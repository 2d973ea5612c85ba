"""The share of the records that carry one of the few most frequent values of a column: how far a handful of causes
makes the whole. Values that are not known do not count.
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import wilson


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Share of the `top` most frequent values of column `by`, with Wilson's interval.

    Options: `time`, `by`, `top`, `where`, as in the card; the table is the card's first.
    """
    options, table = card.how.options, card.how.tables[0]
    frames = [
        _shares(con, card, breakdown, options, table, periods.last) for breakdown in (NO_BREAKDOWN, *card.breakdowns)
    ]
    found = pd.concat(frames, ignore_index=True)
    share = wilson(found["numerator"], found["denominator"])
    scaled = {name: getattr(share, name) * 100 for name in ("value", "low", "high", "se")}
    return found.assign(**scaled, n=found["denominator"])


def _shares(
    con: duckdb.DuckDBPyConnection, card: MetricCard, breakdown: str, options: dict, table: str, last: int
) -> pd.DataFrame:
    segment = breakdown or "''"
    return con.execute(
        f"""
        WITH counted AS (
            SELECT coalesce(business_unit, '{ALL_UNITS}') AS business_unit, period, segment, value, k
            FROM (
                SELECT business_unit, period_of({options["time"]}) AS period, {segment} AS segment,
                    {options["by"]} AS value, count(*) AS k
                FROM {table}
                WHERE ({options["where"]}) AND {options["by"]} <> 'unknown' AND {segment} <> 'unknown'
                GROUP BY GROUPING SETS ((1, 2, 3, 4), (2, 3, 4))
            )
        ), ranked AS (
            SELECT *, row_number() OVER (PARTITION BY business_unit, period, segment ORDER BY k DESC,
                value) AS place FROM counted
        )
        SELECT
            business_unit, period, '{breakdown}' AS breakdown, segment,
            CAST(sum(k) FILTER (place <= {int(options["top"])}) AS DOUBLE) AS numerator,
            CAST(sum(k) AS DOUBLE) AS denominator
        FROM ranked
        WHERE period <= {last}
        GROUP BY ALL
        """
    ).df()
