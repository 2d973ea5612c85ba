"""Targets: which one holds for a unit and month, whether a figure meets it, and whether the process as a whole
does."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals.limits import Chart
from analysis.signals.panel import Panel

Floats = NDArray[np.float64]

MONTHS_IN_A_ROW = 8


def targets_of(panel: Panel, targets: pd.DataFrame | None, *, month: pd.Period) -> Floats:
    """(units,) the target in force in a month, in the card's unit; NaN where there is none.

    A unit's own target goes before the one for every unit (`*`), the newest `from_month` before older ones;
    where the targets are silent the card's own serves.
    """
    found = np.full(len(panel.units), _own(panel.card))
    if targets is None or not len(targets):
        return found
    rows = targets[targets["metric"] == panel.metric]
    if not len(rows):
        return found
    since = pd.PeriodIndex(rows["from_month"].astype(str).str[:7], freq="M")
    rows = rows[since <= month].assign(_since=since[since <= month].astype("int64")).sort_values("_since")
    newest = rows.groupby("business_unit")["target"].last()
    general = float(newest.get("*", np.nan))
    stated = np.array([float(newest.get(unit, general)) for unit in panel.units])
    return np.where(np.isfinite(stated), stated, found)


def meets(value: Floats, target: Floats, better: str) -> list[bool | None]:
    """Per unit whether the figure is on the target's good side; None without target, figure or good direction."""
    told = np.isfinite(value) & np.isfinite(target) & (better in ("lower", "higher"))
    good = value <= target if better == "lower" else value >= target
    good = good | np.isclose(value, target, rtol=1e-9)  # 0.9 of sums is not always the 0.9 of the target
    return [bool(yes) if known else None for yes, known in zip(good, told, strict=True)]


def assure(panel: Panel, drawn: Chart, target: Floats, met: list[bool | None]) -> list[str]:
    """Per unit what the process promises about the target: hits, misses, varies (now this, now that) or none
    (nothing can be said).

    The whole band of the newest month's limits, or the last eight months, must lie on one side, and the newest figure
    with it: never "hits" while it misses, never "now this, now that" after a year of misses.
    """
    back = panel.scaled.scale.inverse
    low, high = back(drawn.low[:, -1]), back(drawn.high[:, -1])
    lower_is_better = panel.card.better == "lower"
    all_good = high <= target if lower_is_better else low >= target
    all_bad = low > target if lower_is_better else high < target
    ever_bad, ever_good = _always(panel, target, good=False), _always(panel, target, good=True)
    words = []
    for row, hit in enumerate(met):
        if hit is None or not np.isfinite(low[row]):
            words.append("none")
        elif hit and (all_good[row] or ever_good[row]):
            words.append("hits")
        else:
            words.append("misses" if not hit and (all_bad[row] or ever_bad[row]) else "varies")
    return words


def _always(panel: Panel, target: Floats, *, good: bool) -> NDArray[np.bool_]:
    """(units,) whether the newest eight usable months all lie on the target's good (or bad) side."""
    found = np.zeros(len(panel.units), dtype=bool)
    for row, aim in enumerate(target):
        recent = panel.value[row][panel.usable[row]][-MONTHS_IN_A_ROW:]
        if len(recent) == MONTHS_IN_A_ROW and np.isfinite(aim):
            side = recent <= aim if panel.card.better == "lower" else recent >= aim
            found[row] = bool((side == good).all())
    return found


def _own(card: Any) -> float:
    stated = getattr(card, "target", None)
    return float(stated) if isinstance(stated, (int, float)) else np.nan
