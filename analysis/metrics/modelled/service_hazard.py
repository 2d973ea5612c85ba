"""How much sooner customers buy again after a bad first service than after a good one, product line, customer segment,
age and earlier purchases held equal: one hazard ratio of the newest period, over all services known by then.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, NO_BREAKDOWN
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import normal_quantile
from analysis.statistics.proportional_hazards import dummies, hazard_ratios

TRAIT = "bad service"
AT_MOST = 4_000
"""Customers a unit's model is fitted on (Efron's ties cost time); a stable sample beyond."""


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The hazard ratio of the next purchase, bad against good service; the company's is the mean of its units',
    weighted by what each can tell, its interval widened where they differ more than chance would make them; where no
    unit alone can tell, all together with a baseline for each. Option
    `days`: how long customers are watched."""
    days = float(card.how.options["days"])
    known = {unit: found for unit in units if (found := _ratio(_records(con, unit, days)))["n"] > 0}
    if not known:
        return pd.DataFrame(columns=[*CELL, "value", "n"])
    sure = [figures for figures in known.values() if np.isfinite(figures["value"])]
    whole = _together(sure) if sure else _ratio(_records(con, None, days))
    told = {**known, ALL_UNITS: whole | {"n": sum(figures["n"] for figures in known.values())}}
    cell = {"period": periods.last, "breakdown": NO_BREAKDOWN, "segment": NO_BREAKDOWN}
    return pd.DataFrame([{"business_unit": unit, **cell, **figures} for unit, figures in told.items()])


def traits_of(records: pd.DataFrame) -> pd.DataFrame:
    """Bad service, product line, segment, age group and earlier purchases as numbers; what is unknown is a group."""
    age = (records["completed_at"].dt.year - records["birth_year"]).astype(float)
    group = np.select(
        [age.isna(), age < 30, age < 45, age < 60], ["unknown", "under 30", "30-44", "45-59"], "60 and over"
    )
    own = pd.DataFrame(
        {
            TRAIT: records["service_experience"].eq("bad_service").to_numpy(float),
            "earlier purchases": np.log1p(records["purchases_before"].to_numpy(float)),
        }
    )
    groups = (
        dummies(records["product_line"], prefix="product line"),
        dummies(records["customer_segment"], prefix="segment"),
        dummies(pd.Series(group), prefix="age"),
    )
    return own.join(groups[0]).join(groups[1]).join(groups[2])


def _records(con: duckdb.DuckDBPyConnection, unit: str | None, days: float) -> pd.DataFrame:
    return con.execute(
        f"""
        SELECT
            business_unit, completed_at, service_experience, purchases_before, product_line, customer_segment,
            birth_year,
            coalesce(next_purchase_at <= known_at + to_days(CAST($days AS INTEGER)), false) AS bought,
            least(date_diff('day', known_at, coalesce(next_purchase_at, cutoff())), $days) AS time
        FROM service_followups
        WHERE is_first AND known_at < cutoff() AND business_unit = coalesce($unit, business_unit)
        ORDER BY hash(work_order_id), work_order_id LIMIT {AT_MOST}
        """,
        {"days": days, "unit": unit},
    ).df()


def _ratio(records: pd.DataFrame) -> dict[str, Any]:
    nothing = {
        "value": np.nan,
        "low": np.nan,
        "high": np.nan,
        "se": np.nan,
        "n": float(len(records)),
        "reason": "too few",
    }
    if records.empty:
        return nothing
    strata = records["business_unit"] if records["business_unit"].nunique() > 1 else None
    found = hazard_ratios(records["time"], records["bought"], traits_of(records), strata=strata)
    row = None if found is None else found.of(TRAIT)
    if row is None:
        return nothing
    return _figures(float(np.log(row["ratio"])), float(row["se"]), float(len(records)))


def _together(known: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Inverse-variance mean of the logarithms; Cochran's Q over its degrees of freedom widens the interval."""
    logs = np.log([unit["value"] for unit in known])
    weights = np.array([(unit["value"] / unit["se"]) ** 2 for unit in known])
    mean = float(weights @ logs / weights.sum())
    spread = float(weights @ (logs - mean) ** 2) / max(len(known) - 1, 1)
    return _figures(mean, float(np.sqrt(max(spread, 1.0) / weights.sum())), np.nan)


def _figures(log: float, se: float, n: float) -> dict[str, Any]:
    reach = normal_quantile() * se
    ratio = float(np.exp(log))
    return {
        "value": ratio,
        "low": np.exp(log - reach),
        "high": np.exp(log + reach),
        "se": ratio * se,
        "n": n,
        "reason": None,
    }
