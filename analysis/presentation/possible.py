"""Intervals as far as they can be true: points end at ±100, and the mean of a few scores has none to trust.

Changes no figure; a bound that is taken away is missing (NaN), one that is passed is set to the end of the scale.
"""

import numpy as np
import pandas as pd

FEWEST_SCORES, MOST_POINTS = 10, 100.0
BOUNDED = ("points", "score")


def possible_intervals(rows: pd.DataFrame, units: pd.Series) -> pd.DataFrame:
    """The rows (n, low, high …) with bounds that their units allow.

    Parameters
    ----------
    units : (rows,) the unit of each row's figure: "points", "score", "%" …
    """
    if not {"low", "high", "n"} <= set(rows.columns) or not units.isin(BOUNDED).any():
        return rows
    points = (units == "points").to_numpy()
    few = ((units == "score") & (rows["n"] < FEWEST_SCORES)).to_numpy()
    low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
    low = np.where(few, np.nan, np.where(points, np.maximum(low, -MOST_POINTS), low))
    high = np.where(few, np.nan, np.where(points, np.minimum(high, MOST_POINTS), high))
    return rows.assign(low=low, high=high)
