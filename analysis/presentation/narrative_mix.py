"""What a change on a year ago comes from: other shares of the segments, or one segment's own figure."""

from collections.abc import Mapping
from typing import Any

from analysis.presentation.language import Text, both
from analysis.presentation.narrative_words import say_segment, sentence, shown_unit, subject
from analysis.presentation.telling import tell_span, tell_value

Finding = Mapping[str, Any]
ALL = 95


def mix_effect(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """How much of a change comes from other shares of the segments."""
    values = found["values"]
    moved = both(
        "{part} of the {change} comes from a different mix: {segment} now makes up {after} of the records, {before} a "
        "year ago",
        part=_part(values),
        change=_rise_or_fall(values),
        segment=say_segment(found["segment"]),
        before=tell_value(values["segment_share_before"], "%"),
        after=tell_value(values["segment_share_after"], "%"),
    )
    return sentence(_year_change(found, card), moved)


def rate_effect(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """Which segment's own figure carries a change."""
    values = found["values"]
    moved = both(
        "{part} of the {change} comes from {segment}, where it went from {before} to {after}",
        part=_part(values),
        change=_rise_or_fall(values),
        segment=say_segment(found["segment"]),
        before=tell_value(values["segment_before"], shown_unit(card)),
        after=tell_value(values["segment_after"], shown_unit(card)),
    )
    return sentence(_year_change(found, card), moved)


def _year_change(found: Finding, card: Any) -> Text:
    values = found["values"]
    told = {
        "subject": subject(card),
        "before": tell_value(values["before"], shown_unit(card)),
        "after": tell_value(values["after"], shown_unit(card)),
        "span": tell_span(values["from"], values["to"]),
    }
    if values["change"] > 0:
        return both("{subject} rose from {before} to {after} in {span} on the same months a year ago", **told)
    return both("{subject} fell from {before} to {after} in {span} on the same months a year ago", **told)


def _rise_or_fall(values: Mapping[str, Any]) -> Text:
    return both("rise") if values["change"] > 0 else both("fall")


def _part(values: Mapping[str, Any]) -> Text:
    share = 100 * values["share_of_change"]
    return both("all") if share >= ALL else tell_value(round(share), "%")
