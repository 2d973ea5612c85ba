"""A quotient of parts reckoned over the last twelve months: turnover of the stock, months of claims in a reserve.

Only the newest period and the one a year before it are told: windows of twelve months overlap from month to month, so
that a series of them would look steadier and more trended than the business is. Refuses a window with a missing month.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import PER_YEAR, Periods

MONTHS = 12
TOO_SHORT = "twelve months are not known"


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """One row per unit (and all) for the newest period and the one a year before.

    Options of the card: `table` with its `month` column and, for `numerator` and `denominator`, the `amount` and what
    of it: the `sum` or the `mean` a month over twelve months, or the `last` month's. A part may name a `table` of its
    own. The company is the sum of the units of which both parts are known. Every month of the denominator must be
    known; a month without a row of the numerator counts nothing, since a month without use is one of no use.
    """
    options = card.how.options
    first, second = (_monthly(con, options, part) for part in ("numerator", "denominator"))
    newest = periods.last
    rows = [
        row
        for period in (newest, newest - PER_YEAR[periods.grain])
        for row in _rows(first, second, options, pd.Timestamp(periods.starts(np.array([period + 1]))[0]), period)
    ]
    known = pd.DataFrame(rows, columns=["business_unit", "period", "numerator", "denominator", "n"])
    company = known.groupby("period", as_index=False)[["numerator", "denominator", "n"]].sum()
    told = pd.concat([known, company.assign(business_unit=ALL_UNITS)], ignore_index=True)
    told = told[told["denominator"] > 0]
    value = told["numerator"] / told["denominator"]
    blank = dict.fromkeys(("low", "high", "se"), np.nan)
    whole = told.assign(value=value, breakdown="", segment="", reason=None, **blank)
    lacking = [
        unit for unit in (*units, ALL_UNITS) if unit not in set(told.loc[told["period"] == newest, "business_unit"])
    ]
    if not lacking:
        return whole
    nothing = pd.DataFrame({"business_unit": lacking}).assign(
        period=newest, breakdown="", segment="", n=0.0, reason=TOO_SHORT, **blank, value=np.nan,
        numerator=np.nan, denominator=np.nan,
    )  # fmt: skip
    return pd.concat([part for part in (whole, nothing) if len(part)], ignore_index=True)


def _monthly(con: duckdb.DuckDBPyConnection, options: Mapping[str, Any], part: str) -> pd.DataFrame:
    """The part's amount by unit and month."""
    told = options[part]
    table, month = told.get("table", options["table"]), told.get("month", options["month"])
    return con.execute(
        f"SELECT business_unit, CAST(date_trunc('month', {month}) AS DATE) AS month, "
        f"CAST(sum({told['amount']}) AS DOUBLE) AS amount FROM {table} "
        f"WHERE {month} IS NOT NULL AND {told['amount']} IS NOT NULL GROUP BY ALL"
    ).df()


def _rows(
    first: pd.DataFrame, second: pd.DataFrame, options: Mapping[str, Any], ends: pd.Timestamp, period: int
) -> list[tuple[str, int, float, float, float]]:
    """The units that know all twelve months of the denominator, and whose numerator began before them or with them."""
    begins = ends - pd.DateOffset(months=MONTHS)
    begun = pd.to_datetime(first.groupby("business_unit")["month"].min())
    counted = _within(second, begins, ends).groupby("business_unit")["month"].nunique()
    rows = []
    for unit in counted[counted == MONTHS].index:
        if unit not in begun.index or begun[unit] >= begins + pd.DateOffset(months=1):
            continue
        parts = [
            _of(_within(amounts[amounts["business_unit"] == unit], begins, ends), options[name]["of"], ends)
            for amounts, name in ((first, "numerator"), (second, "denominator"))
        ]
        if np.isfinite(parts).all():
            rows.append((str(unit), period, parts[0], parts[1], float(MONTHS)))
    return rows


def _within(amounts: pd.DataFrame, begins: pd.Timestamp, ends: pd.Timestamp) -> pd.DataFrame:
    months = pd.to_datetime(amounts["month"])
    return amounts[(months >= begins) & (months < ends)]


def _of(amounts: pd.DataFrame, what: str, ends: pd.Timestamp) -> float:
    """The sum, the mean a month, or the last month's amount; NaN where the last month has none."""
    if what == "last":
        last = amounts[pd.to_datetime(amounts["month"]) == ends - pd.DateOffset(months=1)]["amount"]
        return float(last.iloc[0]) if len(last) else np.nan
    total = float(amounts["amount"].sum())
    return total if what == "sum" else total / MONTHS
