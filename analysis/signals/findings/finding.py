"""One finding: its form (results.md), its direction and effect in words' reach, and its weight by what it touches."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.signals.panel import Panel
from analysis.signals.scales import worth
from analysis.signals.verdicts import number, period_label

Z95 = 1.959963984540054
MOST_RELATIVE = 3.0
RECENT_MONTHS = 12
URGENCY = {True: 0.7, False: 1.0, None: 0.4}
TOO_SMALL = 0.3

Finding = dict[str, Any]


def make_finding(
    kind: str,
    panel: Panel,
    row: int,
    *,
    direction: str,
    effect: Mapping[str, Any],
    q: float,
    weight: float,
    segment: Mapping[str, str] | None = None,
    since: int | None = None,
    values: Mapping[str, Any] | None = None,
    good: bool | None = None,
) -> Finding:
    """A finding as results.md has it, without its text; numbers that are not finite become None.

    Parameters
    ----------
    row : the unit's row in the panel
    since : column of the first month it is about
    weight : records touched, see `touched`
    values : what the sentence needs beyond the effect
    """
    return plain_finding(
        kind,
        panel.metric,
        panel.units[row],
        direction=direction,
        effect=effect,
        q=q,
        weight=weight,
        segment=segment,
        since=None if since is None else period_label(panel.months[since], "month"),
        values=values,
        good=good,
    )


def plain_finding(
    kind: str,
    metric: str,
    business_unit: str,
    *,
    direction: str,
    effect: Mapping[str, Any],
    q: float,
    weight: float,
    segment: Mapping[str, str] | None = None,
    since: str | None = None,
    values: Mapping[str, Any] | None = None,
    good: bool | None = None,
) -> Finding:
    """A finding of a metric that has no panel; `since` as 2025-06."""
    return {
        "kind": kind,
        "metric": metric,
        "business_unit": business_unit,
        "segment": dict(segment or {}),
        "since": since,
        "direction": direction,
        "good": good,
        "effect": {name: number(part) if isinstance(part, (int, float)) else part for name, part in effect.items()},
        "q_value": number(q),
        "weight": round(float(np.nan_to_num(weight)), 3),
        "values": {name: number(part) if isinstance(part, float) else part for name, part in (values or {}).items()},
    }


def effect_between(panel: Panel, before: float, size: float, error: float | None) -> dict[str, Any]:
    """An effect of `size` ± `error` on the metric's scale, starting from the level `before` on that scale, as it
    is told.

    Shares in percentage points, scores in their unit, everything else as a ratio (0.31: 31 % more). Without an
    error there
    is no interval.
    """
    scale = panel.scaled.scale
    reach = Z95 * error if error is not None else 0.0
    ends = [float(scale.inverse(np.array(before + size + turn * reach))) for turn in (0, -1, 1)]
    start = float(scale.inverse(np.array(before)))
    relative = scale.relative and start > 0
    told = [end / start - 1 if relative else end - start for end in ends]
    unit = "ratio" if relative else "pp" if panel.card.unit == "%" else panel.card.unit
    known = error is not None
    return {"value": told[0], "low": min(told) if known else None, "high": max(told) if known else None, "unit": unit}


def levels(panel: Panel, before: float, size: float) -> dict[str, float | None]:
    """The level before and after in the card's unit, and whether the difference is worth acting on."""
    inverse = panel.scaled.scale.inverse
    start, end = float(inverse(np.array(before))), float(inverse(np.array(before + size)))
    return {
        "before": number(start),
        "after": number(end),
        "worth": bool(abs(end - start) >= float(worth(panel.card, start))),
    }


def is_good(direction: str, better: str) -> bool | None:
    """Whether a change in this direction is welcome; None where the metric has no good direction."""
    if better not in ("lower", "higher"):
        return None
    return (direction == "up") == (better == "higher")


def touched(
    panel: Panel, row: int, effect: Mapping[str, Any], *, good: bool | None, age: int = 0, is_worth: bool = True
) -> float:
    """Records a month that an effect touches: how many orders, complaints or customers had it otherwise; older
    news weigh less.

    Parameters
    ----------
    effect : as `effect_between` tells it
    good : bad news weigh most, news without a direction least
    age : months since it began
    is_worth : whether it is at least the smallest change worth acting on
    """
    size = abs(effect["value"]) if effect["value"] is not None and math.isfinite(effect["value"]) else 0.0
    share = (
        size / 100
        if effect["unit"] == "pp"
        else min(size, MOST_RELATIVE)
        if effect["unit"] == "ratio"
        else min(_relative(panel, row, size), 1)
    )
    recent = 1.0 if age < RECENT_MONTHS else RECENT_MONTHS / (age + 1)
    return records_a_month(panel, row) * share * recent * URGENCY[good] * (1.0 if is_worth else TOO_SMALL)


def records_a_month(panel: Panel, row: int) -> float:
    """Records behind the metric in a usual month of the last six: events of rates and counts, else the
    denominator."""
    name = (
        "numerator"
        if panel.scaled.scale.name == "rate" and np.isfinite(panel.figures["numerator"][row, -6:]).any()
        else "n"
    )
    recent = panel.figures[name][row, -6:]
    if not np.isfinite(recent).any():
        recent = panel.value[row, -6:] if panel.card.unit == "n" else recent
    return float(np.nanmedian(recent)) if np.isfinite(recent).any() else 0.0


def _relative(panel: Panel, row: int, size: float) -> float:
    level = np.abs(panel.value[row, -6:])
    usual = float(np.nanmedian(level)) if np.isfinite(level).any() else 0.0
    return size / usual if usual > 0 else 1.0
