"""Where figures of closed records alone mislead: they look well while open work grows old.

Compares each closed-only median with the one that keeps open records in, over the newest three months.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.signals.chance import t_tail
from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.families import is_closed_only
from analysis.signals.findings.finding import Finding, make_finding, touched
from analysis.signals.judging import Judged
from analysis.signals.scales import LOG
from analysis.signals.verdicts import number

Floats = NDArray[np.float64]

MONTHS = 3
LEAST_GAP = 0.15
SAME = ("start", "end", "statistic", "at", "where", "table")


def look_for_misleading_closed_figures(judged: Mapping[str, Judged]) -> Looks:
    """Units whose closed-only figure is clearly lower than the one that counts open work, over the whole run."""
    pairs = [
        (closed, full)
        for closed in judged.values()
        if is_closed_only(closed.panel.card)
        for full in _siblings(closed, judged)
    ]
    tested = [_gap(closed, full) for closed, full in pairs]

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        for (closed, full), (gap, error, _), (kept, q) in zip(pairs, tested, verdicts, strict=True):
            for row in np.flatnonzero(kept & (np.nan_to_num(gap) < np.log(1 - LEAST_GAP))):
                yield _told(closed, full, int(row), float(gap[row]), float(error[row]), float(q[row]))

    return Looks([p for _, _, p in tested], tell)


def _siblings(closed: Judged, judged: Mapping[str, Judged]) -> list[Judged]:
    """The metrics that differ from a closed-only one by nothing but the open records they count."""
    return [
        one
        for one in judged.values()
        if not is_closed_only(one.panel.card) and _same(one.panel.card, closed.panel.card)
        if one.panel.scaled.scale is closed.panel.scaled.scale is LOG
    ]


def _same(card: Any, closed: Any) -> bool:
    alike = all(getattr(card.how, name, None) == getattr(closed.how, name, None) for name in SAME)
    return alike and (card.view, card.unit) == (closed.view, closed.unit)


def _gap(closed: Judged, full: Judged) -> tuple[Floats, Floats, Floats]:
    """(units,) mean log ratio closed-only to full over the newest months, its error, and its one-sided chance."""
    (y1, s1), (y0, s0) = (_newest(one) for one in (closed, full))
    gap = np.mean(y1 - y0, axis=1)
    error = np.sqrt(np.mean(s1**2 + s0**2, axis=1) / MONTHS)
    known = np.isfinite(gap) & (np.nan_to_num(error) > 0)
    p = np.where(known, t_tail(np.where(known, gap / np.where(known, error, 1.0), 0.0), 1e6) / 2, np.nan)
    return gap, error, np.where(known & (gap > 0), 1.0, p)


def _newest(one: Judged) -> tuple[Floats, Floats]:
    return one.panel.scaled.y[:, -MONTHS:], one.panel.scaled.s[:, -MONTHS:]


def _told(closed: Judged, full: Judged, row: int, gap: float, error: float, q: float) -> Finding:
    effect = {
        "value": np.exp(gap) - 1,
        "low": np.exp(gap - 1.96 * error) - 1,
        "high": np.exp(gap + 1.96 * error) - 1,
        "unit": "ratio",
    }
    panel = full.panel
    values = {
        "closed_only": _typical(closed, row), "value": _typical(full, row), "closed_only_metric": closed.panel.metric,
        "open_share": 100 * float(np.nan_to_num(panel.figures["immature_share"][row, -1])), "months": MONTHS,
        "as_of": str(panel.months[-1]),
    }  # fmt: skip
    weight = 0.8 * touched(panel, row, effect, good=False)
    return make_finding(
        "censoring", panel, row, direction="down", effect=effect, q=q, weight=weight, values=values, good=False
    )


def _typical(one: Judged, row: int) -> float | None:
    return number(float(np.exp(np.mean(one.panel.scaled.y[row, -MONTHS:]))))
