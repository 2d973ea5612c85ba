"""All findings of a run: gathered, each story told once, most consequential first."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.signals.changes import Comparison
from analysis.signals.false_discoveries import Looks, tell_surviving
from analysis.signals.findings.against_target import look_for_missed_targets
from analysis.signals.findings.between_units import look_for_unit_outliers
from analysis.signals.findings.concentration import look_for_concentrations
from analysis.signals.findings.drivers import look_for_drivers
from analysis.signals.findings.families import EXPOSED_BY, family_of, is_closed_only, primacy
from analysis.signals.findings.finding import Finding
from analysis.signals.findings.gaps import explain_gaps
from analysis.signals.findings.mix import look_for_mix, look_for_rates
from analysis.signals.findings.open_work import look_for_misleading_closed_figures
from analysis.signals.findings.outlook import find_risks
from analysis.signals.findings.over_time import look_for_changes, look_for_seasons
from analysis.signals.findings.stages import explain_by_stage, find_bottlenecks, stage_times
from analysis.signals.judging import EFFECT_RATE, Judged
from analysis.signals.panel import Panel

MONTHS_APART = 3
OVER_TIME = ("level_shift", "trend")


def find(
    measurements: pd.DataFrame,
    judged: Mapping[str, Judged],
    shown: Mapping[str, Panel],
    compared: Mapping[str, list[Comparison]],
    catalogue: Mapping[str, Any],
    measures: Looks,
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Everything that was found in a run, one entry per kind, metric, segment and unit; and every improvement measure
    with what can be said of it.

    Parameters
    ----------
    measurements : the long shape, breakdowns included
    judged : metric → its months, fully looked at
    shown, compared : metric → panel of the reported grain, and its comparisons
    catalogue : metric id → card
    measures : the looks at improvement measures

    All looks of all kinds are controlled together, see false_discoveries.
    """
    own = {metric: one for metric, one in judged.items() if not is_closed_only(one.panel.card)}
    times = stage_times(own)
    looked = [
        look_for_changes(own),
        look_for_seasons(own),
        look_for_unit_outliers(own),
        look_for_missed_targets(shown, compared),
        look_for_mix(measurements, own),
        look_for_rates(measurements, own),
        look_for_concentrations(measurements, own),
        look_for_misleading_closed_figures(judged),
        look_for_drivers(measurements, catalogue),
        measures,
    ]
    changes, seasons, outlying, missed, mix, rates, concentrated, closed, drivers, tried = tell_surviving(
        looked, rate=EFFECT_RATE
    )
    changes = explain_by_stage(tell_once(changes, catalogue), times)
    risks = find_risks(changes, shown, own, compared)
    others = [
        *tell_once(seasons, catalogue),
        *tell_once(explain_gaps(outlying, measurements, own), catalogue),
        *tell_once(missed, catalogue),
        *tell_once([*mix, *rates], catalogue),
        *tell_once_by_segment(concentrated, catalogue),
        *closed,
        *drivers,
        *tell_once(risks, catalogue),
        *find_bottlenecks(times),
        *(found for _, found in tried if found is not None),
    ]
    return ranked([*changes, *others]), [record for record, _ in tried]


def tell_once(findings: Iterable[Finding], catalogue: Mapping[str, Any]) -> list[Finding]:
    """The findings without the shadows that one cause throws on sibling metrics: same unit, family and time, same
    good or bad."""
    found = list(findings)
    keys = primacy({one["metric"] for one in found}, catalogue)
    kept: list[Finding] = []
    for one in sorted(found, key=lambda one: (one["kind"] == "outlier", keys[one["metric"]], one["since"] or "")):
        if not any(_same_story(one, other) for other in kept):
            kept.append(one)
    return kept


def tell_once_by_segment(findings: Iterable[Finding], catalogue: Mapping[str, Any]) -> list[Finding]:
    """Concentrations without shadows: a fault of a product whose share rose is told only where it rose by more
    than the product.

    The segment with the largest excess tells the story; another of the same unit, family and time is kept when its
    rise is
    larger beyond chance.
    """
    found = list(findings)
    keys = primacy({one["metric"] for one in found}, catalogue)
    kept: list[Finding] = []
    for one in sorted(
        found, key=lambda one: (keys[one["metric"]][:2], -one["weight"], keys[one["metric"]], str(one["segment"]))
    ):
        if not any(_shadows(other, one) for other in kept):
            kept.append(one)
    return [one for one in kept if not any(_explains(other, one) for other in kept)]


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Most consequential first; ties in a fixed order, so that two runs on the same data agree to the byte."""
    unique = {
        (one["kind"], one["metric"], str(one["segment"]), one["business_unit"], one["since"]): one for one in findings
    }
    return sorted(
        unique.values(),
        key=lambda one: (-one["weight"], one["kind"], one["metric"], one["business_unit"], str(one["segment"])),
    )


def _same_story(one: Finding, other: Finding) -> bool:
    if one["business_unit"] != other["business_unit"] or family_of(one["metric"]) != family_of(other["metric"]):
        return False
    if None not in (one["good"], other["good"]) and one["good"] != other["good"]:
        return False
    if one["kind"] in OVER_TIME and other["kind"] in OVER_TIME:
        return _same_time(one, other)
    if one["kind"] == "outlier" and other["kind"] in OVER_TIME and other["values"]["until"] is None:
        return one["since"] >= other["since"]
    if one["kind"] != other["kind"]:
        return False
    if one["kind"] == "outlier":
        return one["since"] == other["since"]
    if one["kind"] in ("mix_effect", "rate_effect"):
        return one["segment"] == other["segment"] or one["kind"] == "mix_effect"
    return True


def _explains(other: Finding, one: Finding) -> bool:
    """Whether a steeper rise accounts for at least half of a broader one: a product for its product line."""
    same = one["business_unit"] == other["business_unit"] and family_of(one["metric"]) == family_of(other["metric"])
    return same and other["effect"]["low"] > one["effect"]["high"] and 2 * other["weight"] >= one["weight"]


def _same_time(one: Finding, other: Finding) -> bool:
    """Whether two changes began together; a step within a slow rise is the rise."""
    for slope, change in ((one, other), (other, one)):
        if slope["kind"] == "trend" and change["since"] >= slope["since"]:
            return True
    return _apart(one["since"], other["since"]) <= MONTHS_APART


def _shadows(other: Finding, one: Finding) -> bool:
    """Whether a concentration is told already with another one, of a segment that it lies in or of a sibling
    metric: a part or fault counted among the orders also with a product or batch whose rate rose."""
    if one["business_unit"] != other["business_unit"] or not _same_family(other, one):
        return False
    same_segment = one["segment"] == other["segment"]
    return same_segment or one["effect"]["low"] <= other["effect"]["high"]


def _same_family(leading: Finding, one: Finding) -> bool:
    family, leads = family_of(one["metric"]), family_of(leading["metric"])
    return leads == family or leads == EXPOSED_BY.get(family)


def _apart(one: str, other: str) -> int:
    (y1, m1), (y2, m2) = (map(int, month.split("-")) for month in (one, other))
    return abs((y1 - y2) * 12 + m1 - m2)
