"""Words that sentences are made of: how much, how sure, what a metric is called in running text, what a segment is
called.

One ladder for the size of a change, one for its certainty, both tested; nothing here looks at data.
"""

from collections.abc import Mapping
from typing import Any

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, Value, both, each, pick, plain
from analysis.presentation.naming import breakdown_name, segment_name
from analysis.presentation.telling import tell_change, tell_ends_of_change, tell_interval, tell_period

SLIGHT, MODERATE, CONSIDERABLE, SHARP = 0.05, 0.15, 0.30, 0.60
BEYOND_DOUBT, VERY_UNLIKELY = 0.001, 0.01


def say_change(relative: float) -> Text:
    """How much a change is, as a word: the ladder that every sentence uses.

    Parameters
    ----------
    relative : the change as a part of the level before (0.31: 31 % more); its sign does not matter

    Example
    -------
    >>> say_change(0.04)["en"]
    'slightly'
    """
    size = abs(relative)
    if size < SLIGHT:
        return both("slightly")
    if size < MODERATE:
        return both("moderately")
    if size < CONSIDERABLE:
        return both("considerably")
    return both("sharply") if size < SHARP else both("very sharply")


def say_certainty(q: float | None) -> Text | None:
    """How sure a finding is, from the rate of false ones at which it would be called; None where there was no
    test."""
    if q is None or is_missing(q):
        return None
    if q <= BEYOND_DOUBT:
        return both("almost certainly not chance")
    return both("very unlikely to be chance") if q <= VERY_UNLIKELY else both("unlikely to be chance")


def say_effect(effect: dict[str, Any]) -> Text:
    """An effect with its sign: "+31%", "−2.1 pp", "+0.3 days"."""
    unit = effect["unit"]
    if unit == "ratio":
        return tell_change(effect["value"], "%", relative=True)
    return tell_change(effect["value"], "%" if unit == "pp" else unit)


def say_effect_interval(effect: dict[str, Any]) -> Text | None:
    """An effect's 95 % interval in the unit of `say_effect`, open where one end is; None where it has none."""
    if is_missing(effect.get("low")) and is_missing(effect.get("high")):
        return None
    factor = 100 if effect["unit"] == "ratio" else 1
    low, high = (None if is_missing(effect.get(end)) else factor * effect[end] for end in ("low", "high"))
    if effect["unit"] == "ratio":
        return tell_interval(low, high, "%")
    return tell_ends_of_change(low, high, effect["unit"])


def dated(value: Text, row: Mapping[str, Any]) -> Text:
    """A figure with its period where that is not the report's: "21.8% in June 2025" on a page of June 2026."""
    about = row.get("value_period")
    if is_missing(about) or not about or about == row.get("period"):
        return value
    return both("{value} in {period}", value=value, period=tell_period(str(about)))


def subject(card: Any) -> Text:
    """A metric's name as the subject of a sentence: "Repair cycle, median" becomes "Median repair cycle"."""
    return {"en": _in_front(str(card.name["en"])), "zh": str(card.name["zh"])}


def subject_inside(card: Any) -> Text:
    """The same inside a sentence: "median repair cycle"; an abbreviation keeps its capitals."""
    name = subject(card)
    return {
        "en": name["en"] if name["en"][1:2].isupper() else name["en"][:1].lower() + name["en"][1:],
        "zh": name["zh"],
    }


def shown_unit(card: Any) -> str:
    """The unit that a sentence writes after a figure: none where the metric's name says it already ("per 1,000
    …")."""
    return "ratio" if card.unit.startswith("per_") and "per " in card.name["en"] else card.unit


def say_stage(stage: str) -> Text:
    """A stage of the repair cycle: "technician response" / "上门响应"."""
    return {
        "request_handling": both("request handling"),
        "dispatch": both("dispatch"),
        "technician_response": both("technician response"),
        "repair": both("the repair itself"),
        "closing": both("closing"),
    }.get(stage, plain(stage.replace("_", " ")))


def say_segment(segment: Mapping[str, Value]) -> Text:
    """A segment with what it is: "product line Water heaters" / "产品线“Water heaters”"."""
    breakdown, name = next(iter(segment.items()))
    if breakdown == "stage":
        return say_stage(str(name))
    named = segment_name(breakdown, name) if isinstance(name, str) else name
    if breakdown == "in_warranty":
        return each(lambda language: pick(named, language))
    return both("{breakdown} {name}", breakdown=breakdown_name(breakdown), name=named)


def say_month_of_year(month: int) -> Text:
    """A month of the year: "March" / "3月"."""
    english = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ][month - 1]
    return {"en": english, "zh": f"{month}月"}


def sentence(core: Text, *tails: Text | None, aside: Text | None = None) -> Text:
    """One sentence from its parts: core, an aside in brackets, tails after semicolons, and the stop; each language
    its punctuation."""
    told = [tail for tail in tails if tail is not None]
    marks = {"en": (" ({})", "; ", "."), "zh": ("（{}）", "；", "。")}

    def joined(language: str) -> str:
        bracket, divide, stop = marks[language]
        start = core[language] + (bracket.format(aside[language]) if aside is not None else "")
        return divide.join([start, *(tail[language] for tail in told)]) + stop

    return each(joined)


def _in_front(name: str) -> str:
    """The statistic before what it is of: "Repair cycle, mean within 30 days" becomes "Mean repair cycle within 30
    days"."""
    stem, comma, tail = name.rpartition(", ")
    statistic, _, rest = tail.partition(" ")
    if comma and tail == "90th percentile":
        return f"90th percentile of {_lowered(stem)}"
    if comma and tail == "a month":
        return f"Monthly {_lowered(stem)}"
    if comma and statistic in ("median", "mean"):
        return f"{statistic.capitalize()} {_lowered(stem)} {rest}".strip()
    return name


def _lowered(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
