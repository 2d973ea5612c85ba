"""Sentences on what lies ahead, what goes with satisfaction, and why a unit lies apart; from the finding's values."""

from collections.abc import Mapping
from typing import Any

from analysis.presentation.language import Text, both
from analysis.presentation.narrative_words import (
    say_certainty,
    say_effect_interval,
    say_segment,
    sentence,
    shown_unit,
    subject,
)
from analysis.presentation.telling import tell_count, tell_period, tell_value

Finding = Mapping[str, Any]
ALL = 95


def driver(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """The aspect that goes most with the overall score; association, never effect."""
    values = found["values"]
    aspect = next(iter(found["segment"].values()))
    core = both(
        "{aspect} goes most with satisfaction: {share} of the differences that the aspects account for, {next_share}"
        " the next one ({answers} answers)",
        aspect=_capital(aspect if isinstance(aspect, dict) else both(str(aspect))),
        share=tell_value(values["share"], "%"),
        next_share=tell_value(values["next_share"], "%"),
        answers=tell_count(values["answers"]),
    )
    interval = say_effect_interval(found["effect"])
    aside = None if interval is None else both("95% interval {interval}", interval=interval)
    return sentence(core) if short else sentence(core, say_certainty(found["q_value"]), aside=aside)


def forecast_risk(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """A target that is met now and will be missed if the slope goes on."""
    values = found["values"]
    core = both(
        "{subject} still meets its target of {target}, but misses it from {period} if it goes on like this:"
        " {expected} expected",
        subject=subject(card),
        target=tell_value(values["target"], shown_unit(card)),
        period=tell_period(values["period"]),
        expected=tell_value(values["expected"], shown_unit(card)),
    )
    return sentence(core) if short else sentence(core, say_certainty(found["q_value"]))


def say_gap(found: Finding, card: Any) -> Text | None:
    """What the distance of a unit from its peers is made of; None where no breakdown tells it."""
    gap = found["values"].get("gap")
    if gap is None:
        return None
    share = 100 * gap["share_of_gap"]
    told = {
        "part": both("all") if share >= ALL else tell_value(round(share), "%"),
        "segment": say_segment({gap["breakdown"]: gap.get("name", gap["segment"])}),
    }
    if gap["kind"] == "mix":
        return both(
            "{part} of the distance comes from a different mix: {segment} makes up {own} of the records,"
            " {others} elsewhere",
            **told,
            own=tell_value(gap["segment_share"], "%"),
            others=tell_value(gap["segment_share_peers"], "%"),
        )
    return both(
        "{part} of the distance comes from {segment}: {own}, {others} elsewhere",
        **told,
        own=tell_value(gap["segment_value"], shown_unit(card)),
        others=tell_value(gap["segment_value_peers"], shown_unit(card)),
    )


def _capital(text: Text) -> Text:
    return {**text, "en": text["en"][:1].upper() + text["en"][1:]}
