"""What improvement measures did: for every recorded measure and metric that it names, the change against the units
without it, or, where all had it, against the unit's own past.

Every measure is told, also where nothing can be said; a finding is made only of those that survive the run's control
and stand out among placebos.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.finding import Finding, effect_between, is_good, levels, make_finding, touched
from analysis.signals.judging import Judged
from analysis.signals.panel import Panel
from analysis.signals.verdicts import number, period_label
from analysis.statistics.interrupted_series import interrupted_series
from analysis.statistics.intervention_effects import (
    LEAST_CONTROLS,
    MeasuredEffect,
    Window,
    difference_in_differences,
    why_not,
    window,
)

EVERYONE = ("*", ALL_UNITS)
FULL_MONTH_BY = 5
AGAINST_UNITS, AGAINST_PAST = "other_units", "own_past"
LARGEST_PLACEBO_P = 0.05
EARLIER_TREND = 0.01
UNUSUAL_START = 2.0
PROVEN, HINT, NOTHING, UNKNOWN = "proven", "hint", "nothing", "cannot_tell"


@dataclass(frozen=True)
class Measure:
    """One recorded measure on one metric in one unit (`all`: the company, for measures that every unit had)."""

    intervention_id: str
    business_unit: str
    scope: str
    metric: str
    started_on: pd.Timestamp
    kind: str
    note: str | None


@dataclass(frozen=True)
class _Tried:
    """A measure with what was found, or why nothing can be: before, after, not_measured, no_past."""

    measure: Measure
    one: Judged | None = None
    row: int = -1
    span: Window | None = None
    method: str | None = None
    found: MeasuredEffect | None = None
    own: MeasuredEffect | None = None
    controls: int = 0
    reason: str | None = None


def look_at_measures(judged: Mapping[str, Judged], interventions: pd.DataFrame | None, units: Sequence[str]) -> Looks:
    """All measures with what can be said of them, and the findings among them: pairs of record and finding or None.

    Parameters
    ----------
    judged : metric → its months
    interventions : the canonical table, None where the source has none
    units : business units with records, `all` among them

    A record is one mapping per measure, metric and unit: intervention_id, business_unit, scope, metric, started_on,
    kind, note, status (proven, hint, nothing, cannot_tell), reason, method (other_units, own_past), effect,
    own_effect, values, p, q_value, since, direction, good.
    """
    measures = list(_read(interventions, units))
    tried = [_try(one, judged.get(one.metric), measures) for one in measures]

    def tell(verdicts: Verdicts) -> Iterator[tuple[dict[str, Any], Finding | None]]:
        [(kept, q)] = verdicts
        for one, sure, rate in zip(tried, kept, q, strict=True):
            record = _told(one, bool(sure), float(rate))
            yield record, _finding(one, record) if record["status"] == PROVEN else None

    return Looks([[one.found.p if one.found is not None else np.nan for one in tried]], tell)


def _read(interventions: pd.DataFrame | None, units: Sequence[str]) -> Iterator[Measure]:
    if interventions is None:
        return
    for row in interventions.to_dict("records"):
        started = pd.Timestamp(row["started_on"])
        if pd.isna(started) or not isinstance(row["metrics"], str):
            continue
        named = str(row["business_unit"])
        where = tuple(units) if named in EVERYONE else (named,)
        scope = "*" if named in EVERYONE else named
        for metric in dict.fromkeys(part.strip() for part in row["metrics"].split(";") if part.strip()):
            for unit in where:
                note = row.get("note")
                yield Measure(
                    str(row["intervention_id"]), unit, scope, metric, started, str(row.get("kind") or ""),
                    note if isinstance(note, str) else None,
                )  # fmt: skip


def _try(measure: Measure, one: Judged | None, measures: Sequence[Measure]) -> _Tried:
    if one is None or measure.business_unit not in one.panel.units:
        return _Tried(measure, one, reason="not_measured")
    panel, row = one.panel, one.panel.units.index(measure.business_unit)
    if not panel.usable[row].any():
        return _Tried(measure, one, reason="not_measured")
    span = _span(panel, measure.started_on)
    weights = np.where(panel.usable, one.base.weights, 0.0)
    lacks = why_not(weights[row] > 0, span)
    if lacks is not None:
        return _Tried(measure, one, row, span, reason=lacks)
    season = one.base.columns[row][:, one.base.seasonal]
    own = interrupted_series(panel.scaled.y[row], span, background=season, weights=weights[row])
    controls = [] if measure.scope == "*" else list(_controls(panel, measure, measures, weights, span))
    if len(controls) < LEAST_CONTROLS:
        return _Tried(measure, one, row, span, AGAINST_PAST, own, own, len(controls))
    found = difference_in_differences(
        panel.scaled.y, row, span, controls=controls, weights=weights, own_placebos=_is_first(measure, measures)
    )
    return _Tried(measure, one, row, span, AGAINST_UNITS, found, own, len(controls))


def _span(panel: Panel, started: pd.Timestamp) -> Window:
    """A measure that starts within the first five days holds for the whole month; else its month is left out."""
    at = started.to_period("M").ordinal - panel.months[0].ordinal
    first = at if started.day <= FULL_MONTH_BY else at + 1
    return window(len(panel.months), at - 1, first)


def _controls(
    panel: Panel, measure: Measure, measures: Sequence[Measure], weights: np.ndarray, span: Window
) -> Iterator[int]:
    """Units that had no measure on this metric from the months before until the months after, and enough months."""
    first, last = panel.months[span.before[0]].start_time, panel.months[span.after[-1]].end_time
    touched_units = {
        other.business_unit
        for other in measures
        if other.metric == measure.metric and first <= other.started_on <= last
    }
    for row, unit in enumerate(panel.units):
        if unit not in touched_units | {ALL_UNITS, measure.business_unit} and why_not(weights[row] > 0, span) is None:
            yield row


def _is_first(measure: Measure, measures: Sequence[Measure]) -> bool:
    """Whether no earlier measure on the metric in this unit disturbs its own months before."""
    return not any(
        other.metric == measure.metric
        and other.business_unit == measure.business_unit
        and other.started_on < measure.started_on
        for other in measures
    )


def _told(tried: _Tried, sure: bool, q: float) -> dict[str, Any]:
    measure = tried.measure
    record: dict[str, Any] = {
        **asdict(measure), "started_on": f"{measure.started_on:%Y-%m-%d}", "status": UNKNOWN, "reason": tried.reason,
        "method": tried.method, "effect": None, "own_effect": None, "p": None, "q_value": None, "since": None,
        "direction": None, "good": None, "values": {},
    }  # fmt: skip
    if tried.found is None or tried.own is None or tried.one is None or tried.span is None:
        return record
    panel, found = tried.one.panel, tried.found
    before, after = _levels_of(panel, tried.row, tried.span)
    start = float(panel.scaled.scale.forward(np.array(before)))
    direction = "up" if found.size > 0 else "down"
    bad_start = found.start < -UNUSUAL_START if panel.card.better == "higher" else found.start > UNUSUAL_START
    return record | {
        "status": _status(found, sure),
        "effect": _effect(panel, start, found),
        "own_effect": _effect(panel, start, tried.own),
        "p": number(found.p),
        "q_value": number(q),
        "since": period_label(panel.months[tried.span.after[0]], "month"),
        "direction": direction,
        "good": is_good(direction, panel.card.better),
        "values": {
            **levels(panel, start, found.size),
            "before": number(before),
            "after": number(after),
            "expected": number(_without(panel, after, found.size)),
            "months_before": found.before,
            "months_after": found.after,
            "controls": tried.controls,
            "placebo_p": number(found.placebo_p),
            "placebos": found.placebos,
            "bad_start": bool(bad_start and panel.card.better in ("lower", "higher")),
            "earlier_trend": bool(found.earlier_trend_p < EARLIER_TREND),
            "as_of": period_label(panel.months[-1], "month"),
        },
    }


def _status(found: MeasuredEffect, sure: bool) -> str:
    apart = not np.isfinite(found.placebo_p) or found.placebo_p <= LARGEST_PLACEBO_P
    if sure and apart and found.earlier_trend_p >= EARLIER_TREND:
        return PROVEN
    return HINT if found.low > 0 or found.high < 0 else NOTHING


def _effect(panel: Panel, start: float, found: MeasuredEffect) -> dict[str, Any]:
    """The effect as results.md tells it; its interval from the calibrated one on the metric's scale."""
    told = effect_between(panel, start, found.size, found.se)
    ends = [effect_between(panel, start, end, None)["value"] for end in (found.low, found.high)]
    return {**told, "value": number(told["value"]), "low": number(min(ends)), "high": number(max(ends))}


def _levels_of(panel: Panel, row: int, span: Window) -> tuple[float, float]:
    """The level before and after as it was, on the metric's scale and back: nothing taken out."""
    y = np.where(panel.usable[row], panel.scaled.y[row], np.nan)
    inverse = panel.scaled.scale.inverse
    return float(inverse(np.array(np.nanmean(y[span.before])))), float(inverse(np.array(np.nanmean(y[span.after]))))


def _without(panel: Panel, after: float, size: float) -> float:
    """The level after, had the measure done nothing."""
    scale = panel.scaled.scale
    return float(scale.inverse(scale.forward(np.array(after)) - size))


def _finding(tried: _Tried, record: Mapping[str, Any]) -> Finding:
    assert tried.one is not None  # a proven one has both
    assert tried.span is not None
    panel, values = tried.one.panel, record["values"]
    age = len(panel.months) - 1 - int(tried.span.after[0])
    weight = touched(panel, tried.row, record["effect"], good=record["good"], age=age, is_worth=bool(values["worth"]))
    return make_finding(
        "intervention_effect",
        panel,
        tried.row,
        direction=record["direction"],
        effect=record["effect"],
        q=record["q_value"],
        weight=weight,
        since=int(tried.span.after[0]),
        values={
            **values,
            **{name: record[name] for name in ("intervention_id", "kind", "note", "started_on", "method")},
        },
        good=record["good"],
    )
