"""Once per run, for every metric and unit: what the newest figure is, what it differs from, what its months say,
and what was found.

Everything that is called a change here has survived the control of false discoveries over the whole run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.signals.changes import Comparison, compare
from analysis.signals.findings import find
from analysis.signals.findings.interventions import look_at_measures
from analysis.signals.judging import Judged, judge
from analysis.signals.kpis import kpi_table
from analysis.signals.panel import Panel, read_panels
from analysis.signals.targets import targets_of

FREQUENCY = {"month": "M", "quarter": "Q", "year": "Y"}


@dataclass(frozen=True)
class Signals:
    """What a run has to say.

    Parameters
    ----------
    kpis : one row per metric and business unit: the figure, its changes, signal and assurance
    findings : what was found, most consequential first, as in results.md without its text
    adjusted : per metric, unit and month the figure with the calendar effects taken out and its control limits
    measures : every improvement measure with what can be said of its effect (findings/interventions.py)
    """

    kpis: pd.DataFrame
    findings: list[dict[str, Any]]
    adjusted: pd.DataFrame
    measures: list[dict[str, Any]]


def evaluate(
    measurements: pd.DataFrame,
    catalogue: Mapping[str, Any],
    *,
    calendar: pd.DataFrame | None = None,
    targets: pd.DataFrame | None = None,
    interventions: pd.DataFrame | None = None,
    grain: str = "month",
    period: str,
) -> Signals:
    """Judge a whole run.

    Parameters
    ----------
    measurements : the long shape of metrics.measure: all units and `all`, with the monthly rows whatever the grain
    catalogue : metric id → card
    calendar, targets, interventions : canonical tables, None where the source has none
    grain : month, quarter or year: what the figures are about; signals are monthly always
    period : the report's period in that grain, such as 2025-06, 2025-Q2 or 2025

    Returns
    -------
    Signals.
    """
    last = pd.Period(period.replace("-Q", "Q"), freq=FREQUENCY[grain])
    totals = measurements[measurements["breakdown"].fillna("") == ""]
    totals = totals[totals["metric"].isin(list(catalogue))]
    units = tuple(sorted(totals["business_unit"].unique()))
    monthly = read_panels(totals, catalogue, last=last.asfreq("M", "end"), units=units)
    shown = monthly if grain == "month" else read_panels(totals, catalogue, last=last, grain=grain, units=units)
    followed = {metric: panel for metric, panel in monthly.items() if _is_followed(panel, interventions)}
    judged = judge(followed, calendar, interventions)
    compared = {metric: _compare(panel, judged.get(metric), targets, grain) for metric, panel in shown.items()}
    measured = set(totals["metric"].unique())
    metrics = [metric for metric in catalogue if metric in measured]
    kpis = kpi_table(shown, judged, compared, totals, metrics=metrics, grain=grain, period=period)
    measures = look_at_measures(judged, interventions, units)
    told = {metric: panel for metric, panel in shown.items() if metric in judged}
    said = {metric: compared[metric] for metric in told}
    findings, tried = find(measurements, judged, told, said, catalogue, measures)
    return Signals(kpis, findings, _adjusted(judged), tried)


def _is_followed(panel: Panel, interventions: pd.DataFrame | None) -> bool:
    """Whether signals are drawn from a metric: the card says so, or a measure was taken to move it."""
    named = () if interventions is None else interventions["metrics"].dropna().astype(str)
    return getattr(panel.card, "judged", True) or any(panel.metric in text.split(";") for text in named)


def _compare(panel: Panel, one: Judged | None, targets: pd.DataFrame | None, grain: str) -> list[Comparison]:
    target = targets_of(panel, targets, month=panel.months[-1].asfreq("M", "end"))
    months = (one.panel, one.chart) if one is not None else (None, None)
    return compare(panel, *months, grain=grain, at=len(panel.months) - 1, target=target)


def _adjusted(judged: Mapping[str, Judged]) -> pd.DataFrame:
    frames = [_adjusted_of(one) for one in judged.values()]
    columns = ["metric", "business_unit", "period_start", "observed", "adjusted", "centre", "low", "high", "out"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _adjusted_of(one: Judged) -> pd.DataFrame:
    panel, drawn = one.panel, one.chart
    back = panel.scaled.scale.inverse
    units, months = panel.value.shape
    frame = pd.DataFrame(
        {
            "metric": panel.metric,
            "business_unit": np.repeat(np.array(panel.units, dtype=object), months),
            "period_start": np.tile(panel.months.to_timestamp().to_numpy(), units),
            "observed": np.where(panel.usable, panel.value, np.nan).ravel(),
            **{name: back(getattr(drawn, name)).ravel() for name in ("adjusted", "centre", "low", "high")},
            "out": drawn.out.ravel(),
        }
    )
    return frame[panel.usable.ravel()]
