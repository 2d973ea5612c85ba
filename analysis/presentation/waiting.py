"""Work that waits, told once: orders that lie show in the backlog, in its age, in how long customers wait and in the
promises kept. Of one unit and time these are views of one event, not news beside each other. It judges nothing.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.presentation.language import Text, both
from analysis.presentation.narrative_words import shown_unit, subject_inside
from analysis.presentation.telling import tell_period, tell_value

Finding = Mapping[str, Any]
Row = Mapping[str, Any]

METRICS = re.compile(
    r"(backlog|days_of_work|clearance_ratio|repair_cycle_|full_resolution_time|resolution_(rate|sla)|"
    r"technician_response_time|stage_mean_)"
)
KINDS = ("level_shift", "trend", "target_missed")
OUTSIDE = "outside"  # a figure that worsens by the signals, of which no finding tells
MONTHS_APART = 3
"""What is held up shows in one figure sooner than in another: promises break before the backlog has grown."""


def is_waiting(found: Finding) -> bool:
    """Whether a finding may be a view of work that waits: for the worse, and not over."""
    told = found["kind"] in KINDS and METRICS.match(found["metric"]) is not None and found.get("good") is False
    return told and not found.get("values", {}).get("until")


def is_same_wait(one: Finding, other: Finding) -> bool:
    """Whether two findings are views of the same waiting: of one unit, begun within three months."""
    if not (is_waiting(one) and is_waiting(other)) or one["business_unit"] != other["business_unit"]:
        return False
    return abs(_began(one) - _began(other)) <= MONTHS_APART


def as_views(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Figures of waiting work that worsen by the signals, as views of an event (`say_waiting`)."""
    return [
        {"kind": OUTSIDE, "metric": row["metric"], "values": {"value": row["value"], "period": row["value_period"]}}
        for row in rows
        if METRICS.match(row["metric"])
    ]


def say_waiting(view: Finding, card: Any) -> Text:
    """One view in few words: the figure, and what it is held against."""
    values, unit = view["values"], shown_unit(card)
    told = {"subject": subject_inside(card), "value": tell_value(values.get("value", values.get("after")), unit)}
    if view["kind"] == OUTSIDE:
        return both("{subject} {value} in {period}", **told, period=tell_period(str(values["period"])))
    if view["kind"] == "target_missed":
        return both("{subject} {value}, target {target}", **told, target=tell_value(values["target"], unit))
    return both("{subject} {value} instead of {before}", **told, before=tell_value(values["before"], unit))


def _began(found: Finding) -> int:
    """The month in which a finding began; of a missed target the first of those missed in a row."""
    values = found["values"]
    begun = found.get("since") or values.get("period") or values.get("as_of")
    year, month = int(str(begun)[:4]), int(str(begun)[5:7])
    return year * 12 + month - (0 if found.get("since") else int(values.get("missed", 1)) - 1)
