"""How much sooner or later something happens with a trait than without it, other traits held equal: Cox regression.

Ties after Efron (many events fall on one day). Refuses negative times; a trait that everybody or nobody has is left
out and named, never estimated. Fitted by statsmodels.
Sources: Cox 1972; Efron 1977; Grambsch & Therneau 1994 for the check of proportionality.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special
from statsmodels.duration.hazard_regression import PHReg

from analysis.statistics.intervals import CONFIDENCE, normal_quantile

FEWEST_EVENTS_A_TRAIT = 10
COMMON = 0.005  # a 0/1 trait is kept where at least this share of the records has it, and lacks it


@dataclass(frozen=True)
class HazardRatios:
    """`table`: trait, ratio, low, high, se (of the logarithm), p; `left_out`: traits that do not vary; `n`,
    `events`."""

    table: pd.DataFrame
    left_out: tuple[str, ...]
    n: int
    events: int

    def of(self, trait: str) -> pd.Series | None:
        """The row of one trait, None where it was left out."""
        row = self.table[self.table["trait"] == trait]
        return row.iloc[0] if len(row) else None


def hazard_ratios(
    time: ArrayLike, event: ArrayLike, traits: pd.DataFrame, *, strata: ArrayLike | None = None
) -> HazardRatios | None:
    """Hazard ratios with Wald's interval on the logarithm; None with fewer than ten events for each trait kept.

    Parameters
    ----------
    time, event : (N,) time watched, > 0 or 0, and whether it ended in the event.
    traits : (N, k) numbers; 0/1 traits that under half a per cent have, or lack, are left out.
    strata : (N,) groups with a baseline of their own, such as business units.
    """
    times, events = np.asarray(time, float), np.asarray(event, bool)
    if times.size and (not np.isfinite(times).all() or (times < 0).any()):
        raise ValueError("times must be known and not negative")
    kept = [str(name) for name in traits if _varies(traits[name].to_numpy(float))]
    left_out = tuple(str(name) for name in traits if str(name) not in kept)
    if not kept or events.sum() < FEWEST_EVENTS_A_TRAIT * len(kept):
        return None
    x = traits[kept].to_numpy(float)
    model = PHReg(
        times, x, status=events.astype(int), ties="efron", strata=None if strata is None else np.asarray(strata)
    )
    found = model.fit(disp=0)
    beta, se = np.asarray(found.params, float), np.asarray(found.bse, float)
    reach = normal_quantile(CONFIDENCE) * se
    table = pd.DataFrame(
        {
            "trait": kept,
            "ratio": np.exp(beta),
            "low": np.exp(beta - reach),
            "high": np.exp(beta + reach),
            "se": se,
            "p": 2 * special.ndtr(-np.abs(beta / se)),
        }
    )
    return HazardRatios(table, left_out, int(times.size), int(events.sum()))


def dummies(
    values: Sequence[object] | pd.Series, *, prefix: str, unnamed: Sequence[str] = ("unknown",)
) -> pd.DataFrame:
    """0/1 columns for every value but the most frequent, `unnamed` ones together in a column of their own."""
    column = pd.Series(list(values), dtype=object).fillna("unknown").astype(str)
    reference = column.value_counts().index[0] if len(column) else ""
    named = [value for value in sorted(set(column)) if value != reference]
    return pd.DataFrame({f"{prefix}={value}": (column == value).astype(float) for value in named})


def proportionality(time: ArrayLike, event: ArrayLike, trait: ArrayLike, *, at: float) -> tuple[float, float, float]:
    """(ratio before `at`, ratio after `at`, p of their difference) of one 0/1 trait: whether one ratio may stand for
    the whole time. NaN where either part has fewer than ten events."""
    times, events, x = np.asarray(time, float), np.asarray(event, bool), np.asarray(trait, float)
    early = (np.minimum(times, at), events & (times <= at), x)
    late_rows = times > at
    late = (times[late_rows] - at, events[late_rows], x[late_rows])
    found = [hazard_ratios(t, e, pd.DataFrame({"trait": v})) for t, e, v in (early, late)]
    rows: list[NDArray | pd.Series | None] = [None if each is None else each.of("trait") for each in found]
    if rows[0] is None or rows[1] is None:
        return np.nan, np.nan, np.nan
    before, after = (pd.Series(row) for row in rows)
    z = (np.log(before["ratio"]) - np.log(after["ratio"])) / np.hypot(before["se"], after["se"])
    return float(before["ratio"]), float(after["ratio"]), float(2 * special.ndtr(-abs(z)))


def _varies(values: NDArray[np.float64]) -> bool:
    if not values.size or np.ptp(values) == 0:
        return False
    if np.isin(values, (0.0, 1.0)).all():
        return COMMON <= values.mean() <= 1 - COMMON
    return True
