"""Which aspect goes most with satisfaction, where one stands out from all others beyond chance.

Association, never effect. It tells nothing of aspects that cannot be told apart.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.finding import Z95, Finding, plain_finding

METRIC = "csat_driver_share"
BREAKDOWN = "aspect"
STANDING = 0.02  # of the answers: what holds every month is told, and outranks no news


def look_for_drivers(measurements: pd.DataFrame, catalogue: Mapping[str, Any]) -> Looks:
    """Per unit whether the leading aspect's part in the differences of satisfaction exceeds the next one's.

    Parameters
    ----------
    measurements : the long shape, breakdowns included; the newest period's parts with their intervals are read
    catalogue : metric id → card; without the metric there is nothing to look at
    """
    rows = measurements[
        (measurements["metric"] == METRIC)
        & (measurements["breakdown"] == BREAKDOWN)
        & (measurements["grain"] == "month")
        & measurements["value"].notna()
    ]
    rows = rows[rows["period"] == rows["period"].max()] if len(rows) and METRIC in catalogue else rows[:0]
    parts = {str(unit): part.sort_values("value", ascending=False) for unit, part in rows.groupby("business_unit")}

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        [(kept, q)] = verdicts
        for (unit, part), sure, rate in zip(parts.items(), kept, q, strict=True):
            if sure:
                yield _told(unit, part, float(rate))

    return Looks([[_p_of_lead(part) for part in parts.values()]], tell)


def _p_of_lead(part: pd.DataFrame) -> float:
    """One-sided chance of such a lead, for any of the aspects; the two errors added, since parts of a whole move
    against each other."""
    if len(part) < 2 or part[["low", "high"]].head(2).isna().any(axis=None):
        return float("nan")
    error = float((part["high"] - part["low"]).head(2).sum() / (2 * Z95))
    lead = float(part["value"].iloc[0] - part["value"].iloc[1])
    return float(min(len(part) * ndtr(-lead / error), 1.0)) if error > 0 else float("nan")


def _told(unit: str, part: pd.DataFrame, q: float) -> Finding:
    first, second = part.iloc[0], part.iloc[1]
    effect = {"value": first["value"], "low": first["low"], "high": first["high"], "unit": "%"}
    answers = float(np.nan_to_num(first["n"]))
    values = {
        "share": float(first["value"]),
        "next_share": float(second["value"]),
        "next_aspect": str(second["segment"]),
        "aspects": len(part),
        "answers": answers,
    }
    return plain_finding(
        "driver",
        METRIC,
        unit,
        direction="none",
        effect=effect,
        q=q,
        weight=STANDING * answers / 12,
        segment={BREAKDOWN: str(first["segment"])},
        values=values,
    )
