"""Customers in five equal parts by how recently, how often and for how much they bought, and the classes that these
make.

Ties are broken by the other two, so that equal customers are cut by what tells them apart and not by their place in a
file. Source: Hughes 1994 (recency, frequency, monetary value).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

CLASSES = ("champions", "loyal", "promising", "middle", "at_risk", "dormant")
PARTS = 5


def quintiles(values: pd.Series, *others: pd.Series) -> NDArray[np.int64]:
    """1 (lowest fifth) to 5 (highest fifth) of each value; ties by `others`, then by the order of the rows.

    With fewer than five rows the parts are as even as can be; no rows give none.
    """
    frame = pd.DataFrame({place: series.to_numpy(float) for place, series in enumerate((values, *others))})
    order = frame.sort_values(list(frame.columns), kind="stable").index.to_numpy()
    rank = np.empty(len(frame), dtype=np.int64)
    rank[order] = np.arange(len(frame))
    return rank * PARTS // max(len(frame), 1) + 1


def classify(recency: ArrayLike, frequency: ArrayLike, monetary: ArrayLike) -> pd.DataFrame:
    """R, F, M (1 to 5, 5 is best) and the class of each customer.

    Champions bought lately (R 4-5) and often or much (mean of F and M from 3.5); loyal ones the same with R 3,
    at_risk with R 1-2. The others are promising (R 4-5), middle (R 3) or dormant (R 1-2).

    Parameters
    ----------
    recency : (N,) days since the last purchase; frequency : purchases; monetary : what they earned.
    """
    days, often, much = (pd.Series(np.asarray(part, float)) for part in (recency, frequency, monetary))
    r, f, m = quintiles(-days, often, much), quintiles(often, much, -days), quintiles(much, often, -days)
    valuable = (f + m) / 2 >= 3.5
    names = np.select(
        [valuable & (r >= 4), valuable & (r == 3), valuable, r >= 4, r == 3],
        ["champions", "loyal", "at_risk", "promising", "middle"],
        "dormant",
    )
    return pd.DataFrame({"r": r, "f": f, "m": m, "class": names})


def movement(before: pd.Series, now: pd.Series, *, gone: str = "gone") -> pd.DataFrame:
    """Share (0 to 1) of each earlier class that is in each class now; a customer without a class now is `gone`.

    before, now : class by customer id
    """
    joined = now.reindex(before.index).fillna(gone)
    counts = pd.crosstab(before.to_numpy(dtype=object), joined.to_numpy(dtype=object))
    counts = counts.reindex(index=[c for c in CLASSES if c in counts.index])
    counts = counts.reindex(columns=[c for c in (*CLASSES, gone) if c in counts.columns])
    return counts.div(counts.sum(axis=1), axis=0)
