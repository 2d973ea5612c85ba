"""The share of satisfied customers with every answer weighing for those like its sender who did not answer.

One model of the whole company says how likely each kind of invitation (work, channel, region, product line, method,
length of the repair, unit, year) is to be answered; an answer weighs one over that. Invitations of the period whose
fourteen days have passed; what the traits do not explain, the weights do not repair.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.coverage import read_coverage
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.periods import Periods
from analysis.statistics.nonresponse import inverse_weights, response_propensities, weighted_share

TRAITS = ("unit", "work_order_type", "channel", "region", "product_line", "method", "cycle", "year")
RAREST = 30  # invitations of a category; rarer ones stand together
KINDS_AT_MOST = 20_000
INVITED = """
    SELECT
        business_unit, period_of(sent_at) AS period, business_unit AS unit,
        work_order_type, channel, region, product_line, method, CAST(year(sent_at) AS VARCHAR) AS year,
        CASE WHEN cycle_days < 1 THEN 'under 1' WHEN cycle_days < 3 THEN '1-3' WHEN cycle_days < 7 THEN '3-7'
            WHEN cycle_days >= 7 THEN 'over 7' ELSE 'unknown' END AS cycle,
        count(*) AS invited,
        count(*) FILTER (WHERE answered_in_time) AS answered,
        count(*) FILTER (WHERE answered_in_time AND is_top) AS satisfied
    FROM survey_answers
    WHERE family = 'csat' AND occasion <> 'complaint' AND invited AND scale_to IS NOT NULL
        AND sent_at + INTERVAL 14 DAY <= cutoff()
    GROUP BY ALL
    ORDER BY ALL
"""


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """One row per unit (and `all`) × period with an answer: weighted share in %, its interval; numerator and
    denominator are sums of weights, n the answers.
    """
    cells = con.execute(INVITED).df()
    coverage = read_coverage(con, "survey_answers", "sent_at", periods=periods)
    if cells.empty or coverage is None:
        return cells.head(0)
    cells = cells.assign(weight=_weights(cells))
    cells = cells[cells["period"] >= coverage.first_complete]
    company = cells.assign(business_unit=ALL_UNITS)
    found = pd.concat([cells, company], ignore_index=True).groupby(["business_unit", "period"])
    told = pd.DataFrame([_row(part) for _, part in found])
    return told[told["n"] > 0] if len(told) else told


def _weights(cells: pd.DataFrame) -> np.ndarray:
    """The weight of an answer of each cell, from the propensities of the kinds of invitation it belongs to."""
    traits = pd.DataFrame({name: _without_rare(cells[name], cells["invited"]) for name in TRAITS})
    kinds = cells[["answered", "invited"]].groupby([traits[name] for name in TRAITS], sort=True).sum().reset_index()
    learnt = kinds.nlargest(KINDS_AT_MOST, "invited", keep="first") if len(kinds) > KINDS_AT_MOST else kinds
    propensity = response_propensities(learnt[list(TRAITS)], learnt["answered"], learnt["invited"])
    level = float(kinds["answered"].sum() / kinds["invited"].sum())
    found = traits.merge(learnt[list(TRAITS)].assign(propensity=propensity), how="left", on=list(TRAITS))
    return inverse_weights(found["propensity"].fillna(level if level > 0 else np.nan))


def _without_rare(values: pd.Series, invited: pd.Series) -> pd.Series:
    held = invited.groupby(values).transform("sum")
    return values.astype(str).where(held >= RAREST, "rare")


def _row(cells: pd.DataFrame) -> dict[str, object]:
    told = weighted_share(cells["satisfied"], cells["answered"], cells["weight"])
    total = float((cells["weight"] * cells["answered"]).sum())
    return {
        "business_unit": cells["business_unit"].iloc[0],
        "period": int(cells["period"].iloc[0]),
        "breakdown": NO_BREAKDOWN,
        "segment": NO_BREAKDOWN,
        "numerator": total * told.value,
        "denominator": total,
        "n": float(cells["answered"].sum()),
        "value": 100 * told.value,
        "low": 100 * told.low,
        "high": 100 * told.high,
        "se": 100 * told.se,
    }
