"""Intervals as far as they can be true: points end at ±100, an issue has one contact at least, people are whole, and
the mean of a few scores has none to trust.

Changes no figure; a bound that is taken away is missing (NaN), one that is passed is set to the end of the scale.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

FEWEST_SCORES, MOST_POINTS = 10, 100.0
ORDERS, ALL_TABLES = "orders_submitted", "data_quality"
LEAST = {"contacts_per_issue": 1.0}
"""What a figure cannot be below because no record of it is: an issue is counted from its first contact on."""
BOUNDED = ("points", "score")
PEOPLE = {"staff_needed": np.ceil, "staff_gap": np.floor}
"""People are whole: part of one who is needed is one more, part of one who is missing is one missing."""
SETTLED = 1e-9


def possible_intervals(rows: pd.DataFrame, units: pd.Series) -> pd.DataFrame:
    """The rows (n, low, high …) with bounds that their units, and where there is a `metric` their metrics, allow.

    Parameters
    ----------
    units : (rows,) the unit of each row's figure: "points", "score", "%" …
    """
    least = rows["metric"].map(LEAST) if "metric" in rows else pd.Series(np.nan, index=rows.index)
    people = rows["metric"].isin(list(PEOPLE)).to_numpy() if "metric" in rows else np.zeros(len(rows), dtype=bool)
    bounded = units.isin(BOUNDED).any() or least.notna().any() or people.any()
    if not {"low", "high", "n"} <= set(rows.columns) or not bounded:
        return rows
    points = (units == "points").to_numpy()
    few = ((units == "score") & (rows["n"] < FEWEST_SCORES)).to_numpy()
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    low = np.where(few, np.nan, np.where(points, np.maximum(low, -MOST_POINTS), low))
    high = np.where(few, np.nan, np.where(points, np.minimum(high, MOST_POINTS), high))
    for metric, whole in PEOPLE.items():
        chosen = people & (rows["metric"] == metric).to_numpy() if people.any() else people
        slack = -SETTLED if whole is np.ceil else SETTLED
        low, high = np.where(chosen, whole(low + slack), low), np.where(chosen, whole(high + slack), high)
    return rows.assign(low=np.fmax(low, np.where(np.isnan(low), np.nan, least.to_numpy(float))), high=high)


def comparable_years(rows: pd.DataFrame, measured: pd.DataFrame, catalogue: Mapping[str, Any]) -> pd.DataFrame:
    """The key figures without a comparison with a year before the unit's first order, of the metrics that count
    records of whatever table: what customers bought before a unit opened is no year of its records.

    Parameters
    ----------
    rows : metric, value_period, year_ago, changes (JSON) …, one a metric
    measured : the unit's measurements; without any orders counted all rows stay as they are
    """
    begun = measured.loc[(measured["metric"] == ORDERS) & (measured["value"] > 0), "period_start"].min()
    if pd.isna(begun):
        return rows
    early = [
        metric in catalogue and catalogue[metric].area == ALL_TABLES and _a_year_before(about) < begun
        for metric, about in zip(rows["metric"], rows["value_period"], strict=True)
    ]
    lost = pd.Series(early, index=rows.index, dtype=bool)
    return rows.assign(
        year_ago=rows["year_ago"].mask(lost), changes=rows["changes"].mask(lost, rows["changes"].map(_without_year))
    )


def _a_year_before(period: str) -> pd.Timestamp:
    return pd.Period(period.replace("-Q", "Q")).start_time - pd.DateOffset(years=1)


def _without_year(changes: object) -> object:
    if not isinstance(changes, str):
        return changes
    return json.dumps([change for change in json.loads(changes) if change["versus"] != "year_ago"])
