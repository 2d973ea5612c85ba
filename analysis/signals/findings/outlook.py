"""Targets that are met now and will not be much longer: proven slopes in the bad direction, drawn out by a quarter.

It forecasts nothing else: a level that holds bears no risk that the target's own finding would not tell.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from analysis.signals.changes import Comparison
from analysis.signals.effects import RAMP, Effect
from analysis.signals.findings.finding import Finding, make_finding, touched
from analysis.signals.judging import Judged
from analysis.signals.panel import Panel
from analysis.signals.targets import meets
from analysis.signals.verdicts import period_label

AHEAD = 3
RECENT = 3
Z95 = 1.959963984540054
NOT_YET = 0.8  # a risk touches nobody yet


def find_risks(
    changes: list[Finding],
    shown: Mapping[str, Panel],
    judged: Mapping[str, Judged],
    compared: Mapping[str, list[Comparison]],
) -> Iterator[Finding]:
    """A finding per proven trend that, going on for three months, takes a met target away.

    Parameters
    ----------
    changes : findings over time that survived the run's control
    shown, compared : metric → panel of the reported grain, and its comparisons, the one against the target among them
    judged : metric → its months
    """
    for found in changes:
        if found["kind"] != "trend" or found["good"] is not False or found["metric"] not in shown:
            continue
        one, panel = judged[found["metric"]], shown[found["metric"]]
        row = one.panel.units.index(found["business_unit"])
        target = next((each.reference[row] for each in compared[found["metric"]] if each.versus == "target"), np.nan)
        if meets(panel.value[row : row + 1, -1], np.array([target]), panel.card.better) != [True]:
            continue
        for effect in one.effects:
            if effect.row == row and effect.shape == RAMP:
                yield from _risk(one, effect, float(target), found)


def _risk(one: Judged, effect: Effect, target: float, found: Finding) -> Iterator[Finding]:
    panel, row = one.panel, effect.row
    months = len(panel.months)
    known = np.flatnonzero(np.isfinite(one.chart.adjusted[row]))[-RECENT:]
    level, slope = float(one.chart.adjusted[row, known].mean()), effect.size / months
    goal = float(panel.scaled.scale.forward(np.array(target)))
    sign = 1.0 if panel.card.better == "lower" else -1.0
    middle = (months - 1) - float(known.mean())
    for ahead in range(1, AHEAD + 1):
        reach = middle + ahead
        if sign * (level + slope * reach - goal) <= 0:
            continue
        sigma = float(np.nanmedian(one.chart.sigma[row])) * float(one.chart.widen[row])
        error = float(np.hypot(sigma * np.sqrt(1 + 1 / len(known)), effect.error / months * reach))
        ends = [panel.scaled.scale.inverse(np.array(level + slope * reach + turn * Z95 * error)) for turn in (0, -1, 1)]
        told = sorted(float(end) - target for end in ends[1:])
        unit = "pp" if panel.card.unit == "%" else panel.card.unit
        effect_told = {"value": float(ends[0]) - target, "low": told[0], "high": told[1], "unit": unit}
        values = {
            "value": float(panel.value[row, -1]),
            "expected": float(ends[0]),
            "target": target,
            "period": period_label(panel.months[-1] + ahead, "month"),
            "since": found["since"],
        }
        yield make_finding(
            "forecast_risk",
            panel,
            row,
            direction=found["direction"],
            effect=effect_told,
            q=float(found["q_value"]),
            weight=NOT_YET * touched(panel, row, found["effect"], good=False),
            values=values,
            good=False,
        )
        return
