"""What a new customer is worth: the margin of the first purchase, that of the purchases expected after it, less what
service will cost, discounted.

One figure for the newest period and one for the same period a year before, each from what was known at its end. The
parts stand as segments of the breakdown `value_part`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, NO_BREAKDOWN
from analysis.metrics.periods import PER_YEAR, Periods
from analysis.statistics.intervals import normal_quantile
from analysis.statistics.lifetime_value import (
    delta_se,
    discounted_purchases,
    fit_buying,
    fit_value,
    mean_value,
)

MONTH = 365.25 / 12
TOO_FEW = "too few"
PARTS = ("first_purchase", "later_purchases", "service_cost")
FARTHEST = 3.1  # times, a little more than three, the span of the data that a forecast may reach
SMALLEST_Q = 1.05  # of Gamma-Gamma: nearer to 1 its mean is not finite enough to stand for anything


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Options: `months`, the horizon; `annual_rate`, the discount rate; `fewest`, customers below which no figure is
    told."""
    options = card.how.options
    rows: list[dict[str, Any]] = []
    for period in (periods.last - PER_YEAR[periods.grain], periods.last):
        customers = read_customers(con, period + 1)
        for unit in (*units, ALL_UNITS):
            mine = customers if unit == ALL_UNITS else customers[customers["business_unit"] == unit]
            if len(mine):
                rows += _rows({"business_unit": unit, "period": period}, mine, options)
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=[*CELL, "value", "n"])


def read_customers(con: duckdb.DuckDBPyConnection, known_before: int) -> pd.DataFrame:
    """Customers whose first purchase is in the data, as they were known at the start of a period: repeat purchases x,
    days from the first to the last t_x, days observed T, what the first purchase earned, mean of the repeats, service
    cost.
    """
    return con.execute(
        f"""
        WITH known AS (
            SELECT *, row_number() OVER (PARTITION BY business_unit, customer_id ORDER BY day) AS nth
            FROM purchase_days WHERE day < period_start({known_before})
        ), summed AS (
            SELECT
                business_unit, customer_id, min(day) AS first_day, count(*) - 1 AS x,
                date_diff('day', min(day), max(day)) AS tx,
                date_diff('day', min(day), CAST(period_start({known_before}) AS DATE)) AS age,
                sum(earned) FILTER (WHERE nth = 1) AS first_earned,
                avg(earned) FILTER (WHERE nth > 1) AS repeat_earned
            FROM known GROUP BY ALL
            HAVING min(day) = min(first_on)
        ), cost AS (
            SELECT s.business_unit, s.customer_id, sum(c.amount) AS cost
            FROM summed AS s
            JOIN service_cost_days AS c USING (business_unit, customer_id)
            WHERE c.day >= s.first_day AND c.day < period_start({known_before})
            GROUP BY ALL
        )
        SELECT summed.*, coalesce(cost.cost, 0) AS cost
        FROM summed LEFT JOIN cost USING (business_unit, customer_id)
        ORDER BY business_unit, customer_id
        """
    ).df()


def value_parts(customers: pd.DataFrame, options: Mapping[str, Any]) -> dict[str, tuple[float, float]] | None:
    """Value and standard error of each of PARTS for a new customer; None where the models cannot be fitted, or would
    have to see farther than three times the span of the data."""
    x, tx, age = (customers[name].to_numpy(float) for name in ("x", "tx", "age"))
    if len(customers) < options["fewest"] or age.max(initial=0) * FARTHEST < options["months"] * MONTH:
        return None
    buying, value = fit_buying(x, tx, age), fit_value(x, customers["repeat_earned"])
    if buying is None:
        return None
    monthly = (1 + options["annual_rate"]) ** (1 / 12) - 1

    def purchases(parameters: np.ndarray) -> float:
        return discounted_purchases(parameters, steps=options["months"], step=MONTH, rate=monthly)

    count, count_se = purchases(buying.parameters), delta_se(purchases, buying)
    worth, worth_se = _worth(customers, value)
    later = count * worth
    first = customers["first_earned"].to_numpy(float)
    annuity = float((1 / (1 + monthly) ** np.arange(1, options["months"] + 1)).sum())
    months = age / MONTH
    rate = customers["cost"].sum() / months.sum() if months.sum() > 0 else 0.0
    rate_se = np.sqrt(((customers["cost"] - rate * months) ** 2).sum()) / months.sum() if months.sum() > 0 else 0.0
    return {
        "first_purchase": (float(first.mean()), float(first.std(ddof=1) / np.sqrt(len(first)))),
        "later_purchases": (later, float(np.hypot(worth * count_se, count * worth_se))),
        "service_cost": (-float(rate * annuity), float(rate_se * annuity)),
    }


def _worth(customers: pd.DataFrame, value: Any) -> tuple[float, float]:
    """The mean of a repeat purchase: Gamma-Gamma's where it is finite, else the plain mean over customers."""
    if value is not None and value.q > SMALLEST_Q:
        return value.mean, delta_se(mean_value, value)
    means = customers["repeat_earned"].dropna()
    return float(means.mean()), float(means.std(ddof=1) / np.sqrt(len(means)))


def _rows(cell: dict[str, Any], customers: pd.DataFrame, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    whole = {**cell, "breakdown": NO_BREAKDOWN, "segment": NO_BREAKDOWN, "n": float(len(customers))}
    parts = value_parts(customers, options)
    if parts is None or not np.isfinite([value for value, _ in parts.values()]).all():
        return [whole | {"value": np.nan, "reason": TOO_FEW}]
    value, se = sum(part for part, _ in parts.values()), float(np.sqrt(sum(error**2 for _, error in parts.values())))
    segments = [
        {**cell, "breakdown": "value_part", "segment": name, "n": whole["n"], **_estimate(part, error)}
        for name, (part, error) in parts.items()
    ]
    return [whole | _estimate(float(value), se), *segments]


def _estimate(value: float, se: float) -> dict[str, float]:
    reach = normal_quantile() * se
    return {"value": value, "low": value - reach, "high": value + reach, "se": se}
