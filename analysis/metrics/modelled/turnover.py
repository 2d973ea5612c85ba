"""Technicians who left in the last months against those in post: one figure for the newest period, since windows that
overlap would look steadier than they are.

Option: months (12). Exact Poisson interval; n is the mean number in post.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import ALL_UNITS
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import poisson_exact

MONTHS = 12


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The card's rows for the newest period."""
    months = int(card.how.options.get("months", MONTHS))
    end = pd.Timestamp(periods.starts(np.array([periods.last + 1]))[0])
    begin = end - pd.DateOffset(months=months)
    left = con.execute(
        "SELECT business_unit, count(*) AS leavers FROM staff WHERE left_at >= ? AND left_at < ? GROUP BY ALL",
        [begin, end],
    ).df()
    there = con.execute(
        "SELECT business_unit, CAST(sum(units) AS DOUBLE) AS months, count(DISTINCT month) AS known FROM staff_months "
        "WHERE month >= ? AND month < ? GROUP BY ALL",
        [begin, end],
    ).df()
    rows = there.merge(left, how="left", on="business_unit").fillna({"leavers": 0.0})
    rows = rows[rows["months"] > 0]
    if rows.empty:
        return pd.DataFrame(columns=["business_unit", "period", "breakdown", "segment", "value", "n"])
    company = rows[["months", "leavers"]].sum().to_frame().T.assign(business_unit=ALL_UNITS, known=rows["known"].max())
    rows = pd.concat([rows, company], ignore_index=True)
    leavers, base = rows["leavers"].to_numpy(float), rows["months"].to_numpy(float)
    found = poisson_exact(leavers, base)
    figures = {name: 1200 * getattr(found, name) for name in ("value", "low", "high", "se")}
    return pd.DataFrame(
        {
            "business_unit": rows["business_unit"],
            "period": periods.last,
            "breakdown": "",
            "segment": "",
            **figures,
            "n": np.rint(base / rows["known"].to_numpy(float)),
            "numerator": leavers,
            "denominator": base,
        }
    )
