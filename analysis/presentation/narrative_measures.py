"""The sentence on an improvement measure: what stands now, against what would have been without it, and by which
yardstick.
"""

from collections.abc import Mapping
from typing import Any

from analysis.presentation.language import Text, Value, both
from analysis.presentation.narrative_words import (
    say_certainty,
    say_change,
    say_effect,
    say_effect_interval,
    sentence,
    shown_unit,
    subject_inside,
)
from analysis.presentation.telling import tell_period, tell_value

Finding = Mapping[str, Any]


def intervention_effect(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """What a measure did, against what would have been without it."""
    values = found["values"]
    told: dict[str, Value] = {
        "subject": subject_inside(card),
        "since": tell_period(values["started_on"][:7]),
        "much": say_change(values["after"] / values["expected"] - 1) if values["expected"] else say_change(1.0),
        "after": tell_value(values["after"], shown_unit(card)),
        "expected": tell_value(values["expected"], shown_unit(card)),
    }
    if found["effect"]["value"] > 0:
        core = both(
            "After the measure of {since} {subject} stands {much} higher than without it: {after}"
            " instead of {expected}",
            **told,
        )
    else:
        core = both(
            "After the measure of {since} {subject} stands {much} lower than without it: {after} instead of {expected}",
            **told,
        )
    if short:
        return sentence(core)
    yardstick = (
        both("judged by the units without it")
        if values["method"] == "other_units"
        else both("judged by its own past alone")
    )
    start = (
        both("the months before were unusually bad, so part of it may be the way back to usual")
        if values["bad_start"] and found["good"]
        else None
    )
    return sentence(core, yardstick, start, say_certainty(found["q_value"]), aside=_aside(found))


def _aside(found: Finding) -> Text:
    change, interval = say_effect(found["effect"]), say_effect_interval(found["effect"])
    return change if interval is None else both("{change}, 95% interval {interval}", change=change, interval=interval)
