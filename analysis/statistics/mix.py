"""Why a ratio moved: because its segments did (rate), or because their shares did (mix). Effects add up to the change
exactly.

Refuses segments that repeat and denominators below 0. Medians do not decompose: use restricted means, or shares done
in time.
Sources: Kitagawa 1955 (two factors); Das Gupta 1993 (any number; the Shapley value of each factor).
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def kitagawa(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The change of Σ numerator / Σ denominator between two periods, split by segment into its rate and its share of
    the whole.

    before, after : frame(segment, numerator, denominator), a row a segment.
        Returns frame(segment, rate_before, rate_after, share_before, share_after, rate_effect, mix_effect): the effects
        of all segments sum to the change. A segment's mix effect is measured against the overall ratio: growing counts
        only as far as the segment differs from it. A segment that is new or gone has no rate to compare, so that it is
        mix alone.
    """
    first, second = _by_segment(before), _by_segment(after)
    segments = first.index.union(second.index, sort=False)
    first, second = first.reindex(segments, fill_value=0.0), second.reindex(segments, fill_value=0.0)
    if not (first["denominator"].sum() > 0 and second["denominator"].sum() > 0):
        raise ValueError("the denominators of both periods must add up to more than 0")
    rate0, share0, overall0 = _rates(first)
    rate1, share1, overall1 = _rates(second)
    rate0, rate1 = np.where(np.isnan(rate0), rate1, rate0), np.where(np.isnan(rate1), rate0, rate1)
    rate0, rate1 = np.nan_to_num(rate0), np.nan_to_num(rate1)
    overall = (overall0 + overall1) / 2
    return pd.DataFrame(
        {
            "segment": segments,
            "rate_before": rate0,
            "rate_after": rate1,
            "share_before": share0,
            "share_after": share1,
            "rate_effect": (rate1 - rate0) * (share0 + share1) / 2,
            "mix_effect": (share1 - share0) * ((rate0 + rate1) / 2 - overall),
        }
    )


def das_gupta(
    before: Mapping[str, ArrayLike],
    after: Mapping[str, ArrayLike],
    *,
    of: Callable[[Mapping[str, Floats]], float] | None = None,
) -> dict[str, float]:
    """The change of a figure made of several factors, split among the factors; the effects sum to the change.

    before, after : factor name → number or vector over segments, the same names in both.
    of : how the factors make the figure; by default the sum over segments of their product.
        Each factor's effect is its mean contribution over all orders in which the factors could have changed.
    """
    if set(before) != set(after):
        raise ValueError(f"both sides need the same factors: {sorted(set(before) ^ set(after))}")
    figure = of or _sum_of_products
    names = list(before)
    values = {
        changed: float(
            figure({name: np.asarray((after if name in changed else before)[name], dtype=float) for name in names})
        )
        for size in range(len(names) + 1)
        for changed in map(frozenset, combinations(names, size))
    }
    return {name: _shapley(name, names, values) for name in names}


def _shapley(name: str, names: list[str], values: Mapping[frozenset[str], float]) -> float:
    others = [other for other in names if other != name]
    total = 0.0
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(names) - size - 1) / factorial(len(names))
        total += weight * sum(
            values[frozenset({*changed, name})] - values[frozenset(changed)] for changed in combinations(others, size)
        )
    return total


def _sum_of_products(factors: Mapping[str, Floats]) -> float:
    product: Floats = np.ones(1)
    for factor in factors.values():
        product = product * factor
    return float(product.sum())


def _rates(frame: pd.DataFrame) -> tuple[Floats, Floats, float]:
    """Each segment's rate (NaN without denominator) and share, and the overall ratio."""
    numerator, denominator = frame["numerator"].to_numpy(dtype=float), frame["denominator"].to_numpy(dtype=float)
    rate = np.divide(numerator, denominator, out=np.full(len(frame), np.nan), where=denominator > 0)
    return rate, denominator / denominator.sum(), float(numerator.sum() / denominator.sum())


def _by_segment(frame: pd.DataFrame) -> pd.DataFrame:
    if frame["segment"].duplicated().any():
        repeated = sorted(frame.loc[frame["segment"].duplicated(), "segment"].astype(str).unique())
        raise ValueError(f"a segment must have one row, these have more: {', '.join(repeated[:3])}")
    if (frame["denominator"] < 0).any():
        raise ValueError("denominators must not be negative")
    return frame.set_index("segment")[["numerator", "denominator"]].astype(float)
