"""Whether a report says something else than its last published version, and which of its figures changed.

What counts is what the report says of its unit and period: figures, findings, what is missing. When it was made, from
which files, by which code, and what others' figures were does not make a new version.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

from analysis.reporting import fingerprints
from analysis.reporting.records import Published

SAYS = ("findings", "missing", "headline")
FIGURE = ("metric", "value", "low", "high", "n", "unit", "reason", "signal", "target", "target_met", "value_period")
DIGITS = 9
NOISE = 1e-9


@dataclass(frozen=True)
class Revision:
    """The version that a newly built report is.

    Parameters
    ----------
    version : 1, the last published one where nothing it says changed, or the next
    facts : hash of what the report says
    since : moment that this version was first published; "" for now
    corrections : figures that differ from the version before, as `Published` keeps them
    is_new : whether an older version is to be kept aside
    """

    version: int
    facts: str
    since: str
    corrections: tuple[Mapping[str, Any], ...]
    is_new: bool


def revise(record: Mapping[str, Any], before: Published | None, old: Mapping[str, Any] | None) -> Revision:
    """The revision that a built report's facts are.

    Parameters
    ----------
    record : the built report's JSON in its first language
    before : what is published now, or None
    old : its JSON, or None where the file is gone
    """
    facts = facts_of(record)
    if before is None:
        return Revision(1, facts, "", (), is_new=False)
    if facts == (facts_of(old) if old is not None else before.facts):
        return Revision(before.version, facts, before.since, before.corrections, is_new=False)
    corrections = changed_figures(old["kpis"] if old else (), record["kpis"])
    return Revision(before.version + 1, facts, "", tuple(corrections), is_new=True)


def facts_of(record: Mapping[str, Any]) -> str:
    """Hash of what a report says, its numbers to nine digits."""
    figures = [{name: _rounded(kpi.get(name)) for name in FIGURE} for kpi in record.get("kpis", ())]
    return fingerprints.of_values(figures, [_rounded(record.get(name)) for name in SAYS])


def changed_figures(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The figures whose value changed, came or went, cards first: metric, old, new, unit, card."""
    before = {kpi["metric"]: kpi for kpi in old}
    after = {kpi["metric"]: kpi for kpi in new}
    found = [
        {
            "metric": metric,
            "old": before.get(metric, {}).get("value"),
            "new": after.get(metric, {}).get("value"),
            "unit": (after.get(metric) or before[metric]).get("unit"),
            "card": bool((after.get(metric) or before[metric]).get("card", True)),
        }
        for metric in dict.fromkeys((*after, *before))
        if not _same(before.get(metric, {}).get("value"), after.get(metric, {}).get("value"))
    ]
    return sorted(found, key=lambda change: not change["card"])


def read_facts(folder: Path, report: str, language: str) -> dict[str, Any] | None:
    """A published report's JSON, or None where it cannot be read."""
    try:
        return json.loads((folder / f"{report}.{language}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _same(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return isclose(old, new, rel_tol=NOISE, abs_tol=NOISE * NOISE)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value
