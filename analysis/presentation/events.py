"""One event told once: findings that are several views of the same thing become one, with the others beside it.

A product line that fails shows in its orders, in its repairs per unit in service and in its claims: three findings, one
event. The view that knows its exposure leads, because more sales alone do not raise it; nothing is judged here anew.
Orders that lie show in many figures, too (see waiting.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.presentation.waiting import is_same_wait, is_waiting

Finding = Mapping[str, Any]

CONCENTRATION = "concentration"
MONTHS_APART = 3
"""Views of one event may begin so far apart: units are sold before they fail, and repaired before they are claimed."""


def told_once(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings in their order, those of one event as one at the place of the first: its leading view with the
    others as `beside`. Of one event are concentrations of the same unit and segment that began within three months, and
    findings on work that waits of the same unit and time; of one figure the first view stands for all."""
    events: list[list[Finding]] = []
    for found in findings:
        known = next((event for event in events if _is_same(event[0], found)), None)
        if known is None:
            events.append([found])
        else:
            known.append(found)
    return [_event(event) for event in events]


def is_part_of(found: Finding, segment: str) -> bool:
    """Whether a finding on a batch is a view of a fault cluster: `segment` as "product_id=…;batch=…;fault_code=…"."""
    batch = found["segment"].get("batch") if found["kind"] == CONCENTRATION else None
    return batch is not None and f"batch={batch}" in segment.split(";")


def metrics_of(event: Finding) -> set[str]:
    """The figures of which an event tells, in any of its views."""
    return {event["metric"], *(view["metric"] for view in event.get("beside", ()))}


def _is_same(one: Finding, other: Finding) -> bool:
    if is_same_wait(one, other):
        return True
    if any(found["kind"] != CONCENTRATION or not found.get("since") for found in (one, other)):
        return False
    same = one["business_unit"] == other["business_unit"] and dict(one["segment"]) == dict(other["segment"])
    return same and abs(_month(one["since"]) - _month(other["since"])) <= MONTHS_APART


def _event(views: Sequence[Finding]) -> dict[str, Any]:
    lead = next((view for view in views if "usual" in view.get("values", {})), views[0])
    others = [view for view in views if view is not lead]
    if is_waiting(lead):
        others = list({view["metric"]: view for view in reversed(others) if view["metric"] != lead["metric"]}.values())
        others.reverse()
    return {**lead, "beside": others} if others else dict(lead)


def _month(name: str) -> int:
    return int(name[:4]) * 12 + int(name[5:7])
