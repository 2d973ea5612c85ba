"""All metrics' months, fully looked at: what was searched, what survived the run's control, the charts that allow
for it, the newest month."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals.effects import Effect, Search, refit, search
from analysis.signals.false_discoveries import surviving
from analysis.signals.judgement import Newest, judge_newest
from analysis.signals.limits import Chart, chart, months_of_intervention
from analysis.signals.panel import Panel
from analysis.signals.season import Background, background, calendar_columns

EFFECT_RATE = 0.01


@dataclass(frozen=True)
class Judged:
    """One metric's months, fully looked at.

    Parameters
    ----------
    panel, base, search : the months, what they would be without news, what the search of them found
    effects, q : the finds that survived the run's control, and the rate of false ones at which each would be called
    chart, newest : the control chart that allows for them, and what it says about the newest month
    """

    panel: Panel
    base: Background
    search: Search
    effects: tuple[Effect, ...]
    q: tuple[float, ...]
    chart: Chart
    newest: Newest


def judge(
    panels: Mapping[str, Panel], calendar: pd.DataFrame | None = None, interventions: pd.DataFrame | None = None
) -> dict[str, Judged]:
    """Search every panel for effects, keep those that survive the run, draw the charts that allow for them, judge
    the newest months.

    Parameters
    ----------
    panels : metric → its months, all units
    calendar, interventions : canonical tables, None where the source has none
    """
    searched: dict[str, tuple[Background, Search]] = {}
    columns: dict[tuple[object, object], dict[str, NDArray[np.float64]]] = {}
    for metric, panel in panels.items():
        span = (panel.months[0], panel.months[-1])
        if span not in columns:
            columns[span] = calendar_columns(calendar, panel.months)
        base = background(panel, columns[span])
        searched[metric] = (base, search(panel, base))
    survived = surviving([[effect.p for effect in found.effects] for _, found in searched.values()], rate=EFFECT_RATE)
    return {
        metric: _charted(panels[metric], base, found, kept, q, interventions)
        for (metric, (base, found)), (kept, q) in zip(searched.items(), survived, strict=True)
    }


def _charted(
    panel: Panel,
    base: Background,
    found: Search,
    kept: NDArray[np.bool_],
    q: NDArray[np.float64],
    interventions: pd.DataFrame | None,
) -> Judged:
    order = [number for number in np.argsort([effect.row for effect in found.effects], kind="stable") if kept[number]]
    effects = refit(panel, base, [found.effects[number] for number in order], found)
    drawn = chart(panel, base, effects, found.rho, interventions=months_of_intervention(interventions, panel))
    newest = judge_newest(panel, drawn, looked=found.effects, accepted=effects)
    return Judged(panel, base, found, tuple(effects), tuple(float(q[number]) for number in order), drawn, newest)
