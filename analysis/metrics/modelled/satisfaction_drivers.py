"""What goes with the overall score: the share of its differences that each aspect accounts for, and the odds of a
better score that go with one point more. The twelve months up to the newest complete period, unit by unit.

`options.figure`: share (LMG shares of R², by aspect), explained (R²) or odds (ordered logit, by aspect). Association,
never effect: customers who are content score everything higher.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.periods import PER_YEAR, Periods
from analysis.statistics.drivers import MOST_ANSWERS_FITTED, driver_shares, ordered_logit

ASPECTS = (
    "response_speed",
    "problem_solving",
    "attitude",
    "service_quality",
    "feedback_handling",
    "accessibility",
    "transparency",
    "reliability",
)
BREAKDOWN = "aspect"
COVERAGE = 0.5  # of the answers with any aspect; an aspect scored less often is left out
SEED = 20251122
SCORED = f"""
    SELECT business_unit, score_of_5, {", ".join(ASPECTS)}
    FROM survey_answers
    WHERE family = 'csat' AND occasion <> 'complaint' AND position IS NOT NULL AND answered_at IS NOT NULL
        AND period_of(answered_at) BETWEEN ? AND ? AND coalesce({", ".join(ASPECTS)}) IS NOT NULL
    ORDER BY answered_at, survey_id
"""


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """One row per unit (and `all`), for share and odds one per aspect, all in the newest period."""
    first = periods.last - PER_YEAR[periods.grain] + 1
    scored = con.execute(SCORED, [first, periods.last]).df()
    rows: list[dict[str, Any]] = []
    for unit in (ALL_UNITS, *units):
        own = scored if unit == ALL_UNITS else scored[scored["business_unit"] == unit]
        rows += [
            {"business_unit": unit, "period": periods.last, **row}
            for row in _figures(own.tail(MOST_ANSWERS_FITTED), card.how.options["figure"])
        ]
    return pd.DataFrame(rows)


def _figures(scored: pd.DataFrame, figure: str) -> list[dict[str, Any]]:
    aspects = scored[[name for name in ASPECTS if len(scored) and scored[name].notna().mean() >= COVERAGE]]
    if aspects.shape[1] < 2:
        return []
    if figure == "odds":
        return _odds(scored["score_of_5"], aspects)
    found = driver_shares(scored["score_of_5"], aspects, rng=np.random.default_rng(SEED))
    if found is None:
        return []
    if figure == "explained":
        return [{"breakdown": NO_BREAKDOWN, "segment": NO_BREAKDOWN, "value": 100 * found.r2, "n": found.n}]
    return [
        {
            "breakdown": BREAKDOWN,
            "segment": name,
            "value": 100 * share,
            "low": 100 * low,
            "high": 100 * high,
            "n": found.n,
        }
        for name, share, low, high in zip(found.names, found.share, found.low, found.high, strict=True)
    ]


def _odds(score: pd.Series, aspects: pd.DataFrame) -> list[dict[str, Any]]:
    fitted = ordered_logit(score, aspects)
    if fitted is None:
        return []
    return [
        {
            "breakdown": BREAKDOWN,
            "segment": name,
            "value": odds,
            "low": low,
            "high": high,
            "se": odds * se,
            "n": fitted.n,
        }
        for name, odds, low, high, se in zip(fitted.names, fitted.odds, fitted.low, fitted.high, fitted.se, strict=True)
    ]
