"""What happened in the last months against the technicians in post: leavers, or hours of training, per person and year.
One figure for the newest period, since windows that overlap would look steadier than they are.

Options: of (leavers, as a share in per cent with the exact Poisson interval; training_hours, a plain quotient), months
(12). n is the mean number in post. No leaver, or no course, in a year with people in post is a zero.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import poisson_exact

MONTHS = 12
SOURCES = {"leavers": ("staff", "left_at", "count(*)"), "training_hours": ("courses", "finished_at", "sum(hours)")}


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The card's rows for the newest period."""
    months, of = int(card.how.options.get("months", MONTHS)), str(card.how.options["of"])
    table, time, amount = SOURCES[of]
    end = pd.Timestamp(periods.starts(np.array([periods.last + 1]))[0])
    span = [end - pd.DateOffset(months=months), end]
    events = con.execute(
        f"SELECT business_unit, CAST({amount} AS DOUBLE) AS events FROM {table} WHERE {time} >= ? AND {time} < ? "
        "GROUP BY ALL",
        span,
    ).df()
    there = con.execute(
        "SELECT business_unit, CAST(sum(units) AS DOUBLE) AS months, count(DISTINCT month) AS known FROM staff_months "
        "WHERE month >= ? AND month < ? GROUP BY ALL",
        span,
    ).df()
    rows = there.merge(events, how="left", on="business_unit").fillna({"events": 0.0})
    rows = rows[rows["months"] > 0]
    if rows.empty:
        return pd.DataFrame(columns=["business_unit", "period", "breakdown", "segment", "value", "n"])
    company = rows[["months", "events"]].sum().to_frame().T.assign(business_unit=ALL_UNITS, known=rows["known"].max())
    rows = pd.concat([rows, company], ignore_index=True)
    count, base = rows["events"].to_numpy(float), rows["months"].to_numpy(float)
    return pd.DataFrame(
        {
            "business_unit": rows["business_unit"],
            "period": periods.last,
            "breakdown": "",
            "segment": "",
            **(_share(count, base) if of == "leavers" else {"value": 12 * count / base}),
            "n": np.rint(base / rows["known"].to_numpy(float)),
            "numerator": count,
            "denominator": base,
        }
    ).reindex(columns=COLUMNS)


COLUMNS = [
    "business_unit",
    "period",
    "breakdown",
    "segment",
    "value",
    "low",
    "high",
    "se",
    "n",
    "numerator",
    "denominator",
]


def _share(leavers: np.ndarray, months: np.ndarray) -> dict[str, np.ndarray]:
    found = poisson_exact(leavers, months)
    return {name: 1200 * getattr(found, name) for name in ("value", "low", "high", "se")}
