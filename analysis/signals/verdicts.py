"""From control charts to the words of a card: improving, worsening, steady, unusual, insufficient.

A signal needs a broken rule, survival in the run's control and a size worth acting on; nothing else makes one.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.signals.false_discoveries import surviving
from analysis.signals.judging import Judged
from analysis.signals.limits import FIRM_POINTS, LEAST_POINTS, Chart
from analysis.signals.panel import Panel

SIGNAL_RATE = 0.05
CHART_MONTHS = 24

Floats = NDArray[np.float64]


def signals_of(judged: Mapping[str, Judged]) -> dict[str, list[tuple[str, str | None]]]:
    """Per metric and unit the signal of the newest month and, where it is `insufficient`, why (months, records or
    value)."""
    lacks = {metric: [_lacks(one, row) for row in range(len(one.panel.units))] for metric, one in judged.items()}
    p = [np.where([lack is None for lack in lacks[metric]], one.newest.p, np.nan) for metric, one in judged.items()]
    told: dict[str, list[tuple[str, str | None]]] = {}
    for (metric, one), (kept, _) in zip(judged.items(), surviving(p, rate=SIGNAL_RATE), strict=True):
        side = np.where(kept & one.newest.worth, one.newest.side, 0)
        told[metric] = [
            (_word(int(side[row]), one.panel.card.better, lack), lack) for row, lack in enumerate(lacks[metric])
        ]
    return told


def chart_of(panel: Panel, drawn: Chart, row: int) -> dict[str, Any]:
    """The limits of the last 24 months in the card's unit, with the months they belong to."""
    back = panel.scaled.scale.inverse
    show = slice(max(len(panel.months) - CHART_MONTHS, 0), None)
    lines = {
        name: [number(value) for value in back(getattr(drawn, name)[row, show])]
        for name in ("adjusted", "centre", "low", "high")
    }
    return {
        "period": [period_label(month, "month") for month in panel.months[show]],
        **lines,
        "out": [bool(out) for out in drawn.out[row, show]],
        "kind": panel.scaled.scale.chart,
        "provisional": bool(drawn.points[row] < FIRM_POINTS),
    }


def number(value: float) -> float | None:
    """A float that JSON can hold, None for what is not a number."""
    return float(value) if math.isfinite(value) else None


def period_label(period: Any, grain: str) -> str:
    """2025-06, 2025-Q2 or 2025."""
    return {
        "month": f"{period.year}-{period.month:02d}",
        "quarter": f"{period.year}-Q{period.quarter}",
        "year": str(period.year),
    }[grain]


def _lacks(one: Judged, row: int) -> str | None:
    panel, drawn = one.panel, one.chart
    if not panel.usable[row, -1]:
        return "value"
    if not panel.ample[row, -1]:
        return "records"
    return "months" if drawn.points[row] < LEAST_POINTS or not np.isfinite(drawn.centre[row, -1]) else None


def _word(side: int, better: str, lack: str | None) -> str:
    if lack is not None:
        return "insufficient"
    if side == 0:
        return "steady"
    if better not in ("lower", "higher"):
        return "unusual"
    return "improving" if (side > 0) == (better == "higher") else "worsening"
