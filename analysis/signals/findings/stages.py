"""The stages of the repair cycle: which one takes the most time, and which one explains a change of the whole.

Restricted means of the stages add up to the cycle's, so shares of them are shares of the time; medians would not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.signals.findings.families import STAGE_MEAN, STAGES, family_of, stage_of
from analysis.signals.findings.finding import Finding, make_finding, records_a_month
from analysis.signals.judging import Judged
from analysis.signals.panel import Panel

Floats = NDArray[np.float64]

RECENT = 3
BEFORE = 12
LEAST_STAGES = 2
NEAR = 2
EXPLAINS = 0.5
CYCLE = "repair_cycle"
BEFORE_ARRIVAL, AFTER_ARRIVAL = "technician_response", "repair"


@dataclass(frozen=True)
class StageTimes:
    """Mean time by stage, all units: what each adds to the cycle.

    Parameters
    ----------
    stages : their names
    one : the judged metric of each
    """

    stages: tuple[str, ...]
    one: tuple[Judged, ...]


def stage_times(judged: Mapping[str, Judged]) -> StageTimes:
    """The stage means among the judged metrics."""
    found = {metric.removeprefix(STAGE_MEAN): one for metric, one in judged.items() if metric.startswith(STAGE_MEAN)}
    return StageTimes(tuple(found), tuple(found.values()))


def find_bottlenecks(times: StageTimes) -> Iterator[Finding]:
    """Per unit the stage that takes the largest share of the cycle, over those of the newest three months that have
    records. Not where arrivals are unknown and what follows them leads: the way there is part of it, and it is no
    longer "the repair itself".
    """
    if len(times.stages) < LEAST_STAGES:
        return
    recent = np.stack([_mean(one.panel) for one in times.one])
    for row in np.flatnonzero(np.isfinite(recent).all(axis=0) & (recent.sum(axis=0) > 0)):
        leader = int(recent[:, row].argmax())
        if times.stages[leader] == AFTER_ARRIVAL and BEFORE_ARRIVAL not in times.stages:
            continue
        panel = times.one[leader].panel
        share = 100 * float(recent[leader, row] / recent[:, row].sum())
        values = {
            "share": share, "mean": float(recent[leader, row]), "total": float(recent[:, row].sum()),
            "months": RECENT - int(_known(panel)[row].argmax()),
            "as_of": str(panel.months[-1]),
            "stages": {stage: float(mean) for stage, mean in zip(times.stages, recent[:, row], strict=True)},
        }  # fmt: skip
        effect = {"value": share, "low": None, "high": None, "unit": "%"}
        weight = 0.05 * records_a_month(panel, int(row)) * share / 100
        segment = {"stage": times.stages[leader]}
        yield make_finding(
            "bottleneck",
            panel,
            int(row),
            direction="none",
            effect=effect,
            q=float("nan"),
            weight=weight,
            segment=segment,
            values=values,
        )


def explain_by_stage(findings: list[Finding], times: StageTimes) -> list[Finding]:
    """Changes of the cycle with the stage that explains them as their segment; the stage's own finding of the same
    change is told with it.

    Parameters
    ----------
    findings : changes over time, one per family
    """
    if len(times.stages) < LEAST_STAGES:
        return findings
    told: list[Finding] = []
    shadows: set[int] = set()
    for found in findings:
        if family_of(found["metric"]) == CYCLE and found["kind"] in ("level_shift", "trend"):
            explained = _explained(found, times)
            shadows |= {id(other) for other in findings if explained and _same_change(other, found, explained[0])}
            told.append(_with_stage(found, *explained) if explained else found)
        else:
            told.append(found)
    return [found for found in told if id(found) not in shadows]


def _explained(found: Finding, times: StageTimes) -> tuple[str, float, float, float] | None:
    """Stage, its part of the change, its mean before and after; None where no stage carries at least half of it."""
    panel = times.one[0].panel
    row = panel.units.index(found["business_unit"])
    before, after = (
        np.array([_around(one, row, found["since"], later=later) for one in times.one]) for later in (False, True)
    )
    moved = after - before
    if not np.isfinite(moved).all() or moved.sum() == 0:
        return None
    share = moved / moved.sum()
    leader = int(share.argmax())
    slower = (found["good"] is False) == (moved.sum() > 0)
    if share[leader] < EXPLAINS or not slower:
        return None
    return times.stages[leader], float(share[leader]), float(before[leader]), float(after[leader])


def _with_stage(found: Finding, stage: str, share: float, before: float, after: float) -> Finding:
    values = found["values"] | {"stage_share": 100 * min(share, 1.0), "stage_before": before, "stage_after": after}
    return found | {"segment": {"stage": stage}, "values": values}


def _same_change(other: Finding, found: Finding, stage: str) -> bool:
    """Whether a stage's finding is the change that the cycle's tells already, or its echo: orders held up in one
    stage do
    not reach the next ones, whose times then look short.
    """
    own = stage_of(other["metric"])
    if own is None or other["business_unit"] != found["business_unit"]:
        return False
    if other["good"] != found["good"]:
        later = STAGES.index(own) > STAGES.index(stage) if stage in STAGES else False
        return later and found["good"] is False and _months(other["since"]) >= _months(found["since"]) - NEAR
    near = abs(_months(other["since"]) - _months(found["since"])) <= NEAR
    return own == stage and other["kind"] in ("level_shift", "trend") and near


def _around(one: Judged, row: int, since: str, *, later: bool) -> float:
    """A stage's mean in days in the months from `since` on (`later`), or in up to twelve before."""
    panel = one.panel
    at = next((column for column, month in enumerate(panel.months) if str(month) == since), None)
    if at is None:
        return float("nan")
    window = slice(at, None) if later else slice(max(at - BEFORE, 0), at)
    months = panel.scaled.scale.inverse(one.chart.adjusted[row, window])
    return float(np.nanmean(months)) if np.isfinite(months).any() else float("nan")


def _months(period: str) -> int:
    year, month = period.split("-")
    return 12 * int(year) + int(month)


def _mean(panel: Panel) -> Floats:
    """(units,) the stage's mean over the newest three months: of their orders, not of their means."""
    value, orders, known = panel.value[:, -RECENT:], panel.figures["n"][:, -RECENT:], _known(panel)
    weight = np.where(known, orders, 0.0)
    total = (weight * np.where(known, value, 0.0)).sum(axis=1)
    return np.divide(total, weight.sum(axis=1), out=np.full(len(value), np.nan), where=known.any(axis=1))


def _known(panel: Panel) -> NDArray[np.bool_]:
    """(units, months) which of the newest three months have orders."""
    return np.isfinite(panel.value[:, -RECENT:]) & (panel.figures["n"][:, -RECENT:] > 0)
