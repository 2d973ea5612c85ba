"""The claims that the ages of the units under warranty give, month by month: what expected_claims sets to season and
level.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.reliability import Weibull, fit_weibull_grouped

Floats = NDArray[np.float64]

WINDOW = 36  # months whose claims tell the lives
YEAR = 12
FEWEST_CLAIMS = 10
CELL = ["business_unit", "product_line", "month"]


def expected_by_age(cells: pd.DataFrame, *, origin: int, horizon: int) -> pd.DataFrame:
    """`base` by business unit, product line and month, the `horizon` months after `origin` included: Σ units under
    warranty × (F(t+1) − F(t)) / (1 − F(t)), F the product's Weibull life as known at the end of `origin`. A unit of
    age a is a − ½ to a + ½ months old on average.

    Parameters
    ----------
    cells : business_unit, product_line, product_id (categories), month (number), age (months), units, claims
    """
    known = cells[(cells["month"] <= origin + horizon) & (cells["month"] > origin - WINDOW)]
    known = known[known["month"] - known["age"] <= origin]  # sold by then
    past = known[known["month"] <= origin]
    if past["claims"].sum() < FEWEST_CLAIMS:
        return pd.DataFrame()
    at_risk = pd.concat([known, _to_be_sold(past, origin, horizon)], ignore_index=True)
    products = cells["product_id"].cat.categories
    product = pd.Categorical(at_risk["product_id"], categories=products).codes.astype(np.int64)
    base = at_risk["units"].to_numpy(float) * _chances(past)[product, at_risk["age"].to_numpy(int)]
    summed = at_risk.assign(base=base).groupby(CELL, as_index=False, observed=True)[["base"]].sum()
    return summed.astype(dict.fromkeys(CELL[:2], object))


def _to_be_sold(past: pd.DataFrame, origin: int, horizon: int) -> pd.DataFrame:
    """Units sold in the months to come: as many each month as in the mean of the last twelve; half a month at risk in
    the month of their sale."""
    fresh = past[(past["age"] == 0) & (past["month"] > origin - YEAR)]
    keys = ["business_unit", "product_line", "product_id"]
    monthly = fresh.groupby(keys, as_index=False, observed=True)["units"].sum()
    half = monthly["units"] / YEAR
    ahead = [
        monthly.assign(month=origin + later, age=later - sold, units=half if later == sold else 2 * half)
        for sold in range(1, horizon + 1)
        for later in range(sold, horizon + 1)
    ]
    return pd.concat(ahead, ignore_index=True)


def _chances(past: pd.DataFrame) -> Floats:
    """(products, ages) the chance to claim within the month of that age; with few claims of a product its line's."""
    products, ages = past["product_id"].cat.categories, int(past["age"].max()) + YEAR
    age = np.arange(float(ages))
    start, end = np.maximum(age - 0.5, 0), age + 0.5
    place = past["product_id"].cat.codes.to_numpy(np.int64) * ages + past["age"].to_numpy(int)
    units, claims = (
        np.bincount(place, weights=past[name].to_numpy(float), minlength=len(products) * ages)
        .reshape(-1, ages)
        .astype(float)
        for name in ("units", "claims")
    )
    of_line = (
        past.drop_duplicates("product_id").set_index("product_id")["product_line"].reindex(products).astype(object)
    )
    whole = _fit(start, end, units.sum(axis=0), claims.sum(axis=0))
    chance = np.zeros((len(products), ages))
    for line in of_line.dropna().unique():
        rows = np.flatnonzero((of_line == line).to_numpy())
        line_life = _fit(start, end, units[rows].sum(axis=0), claims[rows].sum(axis=0)) or whole
        for row in rows:
            life = _fit(start, end, units[row], claims[row]) or line_life
            chance[row] = 0.0 if life is None else life.chance_between(start, end)
    return chance


def _fit(start: Floats, end: Floats, units: Floats, claims: Floats) -> Weibull | None:
    if claims.sum() < FEWEST_CLAIMS:
        return None
    return fit_weibull_grouped(start, end, units, np.where(units > 0, claims, 0.0), dispersion=1.0)
