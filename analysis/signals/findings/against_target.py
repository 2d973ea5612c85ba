"""Targets missed beyond what chance and the usual ups and downs explain."""

from collections.abc import Iterator, Mapping

import numpy as np

from analysis.signals.changes import Comparison
from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.finding import Finding, make_finding, touched
from analysis.signals.panel import Panel
from analysis.signals.targets import meets
from analysis.signals.verdicts import number


def look_for_missed_targets(shown: Mapping[str, Panel], compared: Mapping[str, list[Comparison]]) -> Looks:
    """A finding per metric and unit whose newest figure misses its target beyond chance, over the whole run.

    Parameters
    ----------
    shown : metric → panel of the grain that is reported
    compared : metric → its comparisons, the one against the target among them
    """
    against = {metric: one for metric, many in compared.items() for one in many if one.versus == "target"}

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        for (metric, one), (kept, q) in zip(against.items(), verdicts, strict=True):
            for row in np.flatnonzero(kept):
                yield _told(shown[metric], one, int(row), float(q[row]))

    return Looks([_one_sided(shown[metric], one) for metric, one in against.items()], tell)


def _one_sided(panel: Panel, one: Comparison) -> np.ndarray:
    met = meets(panel.value[:, -1], one.reference, panel.card.better)
    missed = np.array([hit is False for hit in met])
    told = np.array([hit is not None for hit in met])
    return np.where(told, np.where(missed, one.p / 2, 1.0), np.nan)


def _told(panel: Panel, one: Comparison, row: int, q: float) -> Finding:
    unit = "pp" if panel.card.unit == "%" else panel.card.unit
    ends = {"low": number(one.low[row]), "high": number(one.high[row])}  # open where the figure's own interval is
    effect = {"value": float(one.value[row]), **ends, "unit": unit}
    direction = "up" if one.value[row] > 0 else "down"
    months = panel.value[row]
    values = {
        "value": float(months[-1]),
        "target": float(one.reference[row]),
        "missed": _in_a_row(panel, row, float(one.reference[row])),
        "period": str(panel.months[-1]).replace("Q", "-Q"),
    }
    weight = touched(panel, row, effect, good=False)
    return make_finding(
        "target_missed",
        panel,
        row,
        direction=direction,
        effect=effect,
        q=q,
        weight=weight,
        since=None,
        values=values,
        good=False,
    )


def _in_a_row(panel: Panel, row: int, target: float) -> int:
    """How many periods up to the newest have missed the target without a break, each with as many records as the card
    asks for; periods without a figure are passed over."""
    count = 0
    for value, ample in zip(panel.value[row][::-1], panel.ample[row][::-1], strict=True):
        if not np.isfinite(value):
            continue
        if not ample or (value <= target) == (panel.card.better == "lower") or value == target:
            break
        count += 1
    return count
