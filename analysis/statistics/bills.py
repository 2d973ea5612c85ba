"""Why a bill changed: more work, other work, dearer work, and what no work bears. The parts add up exactly.

Source: Das Gupta 1993 (each factor's mean contribution over all orders in which the factors could have changed).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.mix import das_gupta

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bill:
    """What one stretch of months cost: orders and direct cost by segment, what no segment bears, and all of it."""

    orders: pd.Series
    direct: pd.Series
    apart: float
    returns: float
    revenue: float

    @property
    def total(self) -> float:
        """All after-sales cost of the stretch."""
        return float(self.direct.sum()) + self.apart + self.returns

    def factors(self) -> dict[str, Floats]:
        """Number of orders, each segment's share of them, and its direct cost per order."""
        count = float(self.orders.sum())
        rate = np.where(self.orders > 0, self.direct / np.where(self.orders > 0, self.orders, 1.0), np.nan)
        return {"volume": np.array([count]), "mix": self.orders.to_numpy(float) / count, "rate": rate}


@dataclass(frozen=True)
class Split:
    """The parts of a change; they sum to `total`. `rates`: by segment, its cost per order."""

    volume: float
    mix: float
    rates: pd.Series
    apart: float
    returns: float

    @property
    def rate(self) -> float:
        """What comes from the cost per order within the segments."""
        return float(self.rates.sum())

    @property
    def total(self) -> float:
        """The whole change."""
        return self.volume + self.mix + self.rate + self.apart + self.returns


def split_bills(before: Bill, now: Bill) -> Split:
    """The change of the bill: orders × shares × direct cost per order by segment, what is shared, and returns.

    A segment that is new or gone has no rate to compare, so that it is mix alone.
    """
    first, second = before.factors(), now.factors()
    rate0 = np.nan_to_num(np.where(np.isnan(first["rate"]), second["rate"], first["rate"]))
    rate1 = np.nan_to_num(np.where(np.isnan(second["rate"]), first["rate"], second["rate"]))
    size = len(rate0)
    was = {"volume": np.repeat(first["volume"], size), "mix": first["mix"], "rate": rate0}
    is_now = {"volume": np.repeat(second["volume"], size), "mix": second["mix"], "rate": rate1}
    effects = [
        das_gupta(
            {name: each[place] for name, each in was.items()}, {name: each[place] for name, each in is_now.items()}
        )
        for place in range(size)
    ]
    told = pd.DataFrame(effects, index=before.orders.index, columns=["volume", "mix", "rate"])
    return Split(
        float(told["volume"].sum()),
        float(told["mix"].sum()),
        told["rate"],
        now.apart - before.apart,
        now.returns - before.returns,
    )
