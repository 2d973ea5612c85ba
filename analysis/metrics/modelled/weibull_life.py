"""The life of products: a Weibull intensity of repairs over age, from all unit-months watched."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.statistics.reliability import Weibull, fit_weibull_grouped

FEWEST_FAILURES = 20
EMPTY = "too few failures"


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Shape β, or the chance in % to fail within so many `months`, by product line and product; the newest period only.

    Ages are months since the month of sale (a unit of age a is a − ½ to a + ½ months old on average), units watched
    from the first month of their business unit's data on: those sold before enter at the age they had.
    """
    end = str(periods.starts(np.array([periods.last + 1]))[0])
    lived = con.execute(
        f"""
        SELECT business_unit, product_line, product_id, age, sum(units) AS units, sum(events) AS events
        FROM (
            SELECT m.business_unit, m.product_id, m.age, m.units,
                0 AS events FROM unit_months AS m WHERE m.month < DATE '{end}'
            UNION ALL
            SELECT business_unit, product_id, date_diff('month', sold_at, submitted_at), 0, 1
            FROM product_faults
            WHERE is_first AND submitted_at >= sold_at AND submitted_at < DATE '{end}'
        )
        LEFT JOIN (SELECT product_id, coalesce(product_line,
            'unknown') AS product_line FROM products) USING (product_id)
        GROUP BY ALL
        """
    ).df()
    lived = lived[lived["age"] >= 0]
    rows = [
        {**row, "business_unit": unit, "period": periods.last, "breakdown": breakdown, "segment": segment}
        for level in (lived.assign(business_unit=ALL_UNITS), lived)
        for breakdown in card.breakdowns
        for (unit, segment), part in level[level[breakdown].notna()].groupby(["business_unit", breakdown])
        if (row := _figure(part, card)) is not None
    ]
    return pd.DataFrame(rows)


def _figure(part: pd.DataFrame, card: MetricCard) -> dict[str, float] | None:
    ages = part.groupby("age", as_index=False)[["units", "events"]].sum()
    ages = ages[ages["units"] > 0]
    if ages["events"].sum() < FEWEST_FAILURES:
        return None
    life = fit_weibull_grouped((ages["age"] - 0.5).clip(lower=0), ages["age"] + 0.5, ages["units"], ages["events"])
    return None if life is None else _told(life, card)


def _told(life: Weibull, card: MetricCard) -> dict[str, float]:
    options = card.how.options
    scale = 100.0 if card.unit == "%" else 1.0
    shown = life.shape_interval() if options["figure"] == "shape" else life.failed_by(float(options["months"]))
    return {**{name: float(getattr(shown, name)) * scale for name in shown._fields}, "n": life.events}
