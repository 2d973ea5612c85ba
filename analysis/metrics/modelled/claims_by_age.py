"""The Nevada chart: claims per 1,000 units by month of sale and months in service, only where the whole month of sale
has reached that age.
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import poisson_exact

DAYS_PER_MONTH = 365 / 12


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Claims within each of `months` after the sale ÷ units sold, by period of sale. There is no figure of the whole:
    an age belongs to each.
    """
    months = [int(month) for month in card.how.options["months"]]
    ages = {f"m{month:02d}": round(month * DAYS_PER_MONTH) for month in months}
    sums = ", ".join(f"count(age) FILTER (age < {days}) AS {name}" for name, days in ages.items())
    wide = con.execute(
        f"""
        WITH sold AS (
            SELECT u.serial_no, u.business_unit, CAST(coalesce(u.sold_on, u.in_service_on,
                u.shipped_on) AS TIMESTAMP) AS sold_at
            FROM installed_units AS u
            JOIN watched_since AS w ON w.business_unit = u.business_unit
            WHERE coalesce(u.sold_on, u.in_service_on, u.shipped_on) BETWEEN w.since AND CAST(cutoff() AS DATE)
        ), aged AS (
            SELECT sold.*, date_diff('day', sold_at, claimed_at) AS age
            FROM sold
            LEFT JOIN claim_events AS e ON e.serial_no = sold.serial_no AND e.claimed_at >= sold.sold_at
        )
        SELECT business_unit, period_of(sold_at) AS period, count(DISTINCT serial_no) AS units, {sums}
        FROM aged
        WHERE period_of(sold_at) <= {periods.last}
        GROUP BY GROUPING SETS ((1, 2), (2))
        """
    ).df()
    if wide.empty:
        return pd.DataFrame()
    wide = wide.assign(business_unit=wide["business_unit"].fillna(ALL_UNITS))
    long = wide.melt(["business_unit", "period", "units"], var_name="segment", value_name="numerator")
    long["segment"] = long["segment"].str[1:]
    ripe = [
        bool(periods.mature(pd.Index([period]).to_numpy(), ages[f"m{segment}"])[0])
        for period, segment in zip(long["period"], long["segment"], strict=True)
    ]
    long = long[ripe].astype({"numerator": float, "units": float})
    rate = poisson_exact(long["numerator"], long["units"])
    scaled = {name: getattr(rate, name) * 1000 for name in ("value", "low", "high", "se")}
    return long.assign(**scaled, denominator=long["units"], n=long["units"], breakdown="months_in_service")
