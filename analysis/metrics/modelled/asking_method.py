"""How much more satisfied the customers seem whom one way of asking reached, at the same mix of work: a difference
between ways of asking, never of performance. The twelve months up to the newest complete period, unit by unit.

Each method is compared with the questionnaire (else with the method that has most answers) within unit, type of work
and product line (Mantel–Haenszel).
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import PER_YEAR, Periods
from analysis.statistics.stratified import stratified_difference

BREAKDOWN = "method"
REFERENCE = "questionnaire"
FEWEST = 10  # answers of each side
STRATA = ("business_unit", "work_order_type", "product_line")
ANSWERED = """
    SELECT
        business_unit, work_order_type, product_line, method,
        count(*) AS answers, count(*) FILTER (WHERE is_top) AS satisfied
    FROM survey_answers
    WHERE family = 'csat' AND occasion <> 'complaint' AND position IS NOT NULL AND method <> 'unknown'
        AND answered_at IS NOT NULL AND period_of(answered_at) BETWEEN ? AND ?
    GROUP BY ALL
    ORDER BY ALL
"""


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """One row per unit (and `all`) × method but the reference, in the newest period: percentage points."""
    first = periods.last - PER_YEAR[periods.grain] + 1
    answered = con.execute(ANSWERED, [first, periods.last]).df()
    rows: list[dict[str, Any]] = []
    for unit in (ALL_UNITS, *units):
        own = answered if unit == ALL_UNITS else answered[answered["business_unit"] == unit]
        rows += [{"business_unit": unit, "period": periods.last, **row} for row in _differences(own)]
    return pd.DataFrame(rows)


def reference_method(answers: pd.Series) -> str:
    """The method that the others are compared with, from answers by method."""
    return REFERENCE if answers.get(REFERENCE, 0) else str(answers.idxmax())


def _differences(answered: pd.DataFrame) -> list[dict[str, Any]]:
    if answered["method"].nunique() < 2:
        return []
    reference = reference_method(answered.groupby("method")["answers"].sum())
    wide = answered.pivot_table(
        index=list(STRATA), columns="method", values=["satisfied", "answers"], aggfunc="sum", fill_value=0
    )
    rows = []
    for method in (name for name in answered["method"].unique() if name != reference):
        found = stratified_difference(
            wide["satisfied"][method],
            wide["answers"][method],
            k0=wide["satisfied"][reference],
            n0=wide["answers"][reference],
        )
        if min(found.n, found.n0) < FEWEST:
            continue
        figures = {name: 100 * getattr(found, name) for name in ("value", "low", "high", "se")}
        rows.append({"breakdown": BREAKDOWN, "segment": method, "n": found.n, **figures})
    return rows
