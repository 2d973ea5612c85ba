"""What a figure's gap to its target is worth in words: met or missed, and how sure.

One rule for every page. The figure's own interval, which stands beside it on cards and in tables, knows only sampling;
the gap's interval also knows how much the figure usually swings from month to month. A verdict never contradicts
either: "within chance" stands where both hold the target, "beyond chance" and "a hint" where both leave it out, and
where only the narrower one does, the usual swings are named as the reason.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both

Row = Mapping[str, Any]

SURE, HINT, SWINGS, CHANCE, UNKNOWN = "sure", "hint", "swings", "chance", "unknown"


def gap_to_target(row: Row) -> Mapping[str, Any] | None:
    """The row's comparison with its target as the signals made it: value, low, high, significant; None without one."""
    changes = row.get("changes")
    parsed = json.loads(changes) if isinstance(changes, str) else changes or []
    return next((one for one in parsed if one["versus"] == "target"), None)


def has_few_records(row: Row) -> bool:
    """Whether the signals found too few records to say anything of the figure: no comparison is worth a sentence."""
    return row.get("signal") == "insufficient" and row.get("signal_reason") == "records"


def with_target(rows: Iterable[Row]) -> tuple[list[Row], int]:
    """The rows whose target is met or missed, and how many more have too few records for either: to count a target as
    met by six answers is as wrong as to count it as missed by them."""
    told = [row for row in rows if not any(is_missing(row.get(name)) for name in ("target", "value", "target_met"))]
    judged = [row for row in told if not has_few_records(row)]
    return judged, len(told) - len(judged)


def sureness(row: Row) -> str:
    """How sure the gap to the target is: sure, hint, swings, chance, or unknown where the gap has no interval."""
    gap = gap_to_target(row)
    if gap is None or is_missing(gap.get("low")) or is_missing(gap.get("high")):
        return UNKNOWN
    if not leaves_target_out(row):
        return CHANCE
    if not (gap["low"] > 0 or gap["high"] < 0):
        return SWINGS
    return SURE if gap.get("significant") else HINT


def beyond_chance(row: Row) -> bool:
    """Whether the gap to the target is larger than chance explains, by the signals' verdict."""
    return sureness(row) == SURE


def leaves_target_out(row: Row) -> bool:
    """Whether the figure's own interval, as printed beside it, leaves the target out; without one, whether the gap's
    does."""
    low, high, target = row.get("low"), row.get("high"), row["target"]
    if is_missing(low) and is_missing(high):
        gap = gap_to_target(row) or {}
        return (not is_missing(gap.get("low")) and gap["low"] > 0) or (
            not is_missing(gap.get("high")) and gap["high"] < 0
        )
    return (not is_missing(low) and low > target) or (not is_missing(high) and high < target)


def target_verdict(row: Row) -> Text | None:
    """A cell's words on a target: met or missed, and whether chance explains it; None where nothing can be judged."""
    if is_missing(row.get("target")) or is_missing(row.get("value")) or is_missing(row.get("target_met")):
        return None
    if has_few_records(row):
        return both("too few records")
    if row["target_met"]:
        return {
            SURE: both("met, beyond chance"),
            HINT: both("met, a hint"),
            SWINGS: both("met, within the usual swings"),
            CHANCE: both("met, within chance"),
            UNKNOWN: both("met"),
        }[sureness(row)]
    return {
        SURE: both("missed, beyond chance"),
        HINT: both("missed, a hint"),
        SWINGS: both("missed, within the usual swings"),
        CHANCE: both("missed, within chance"),
        UNKNOWN: both("missed"),
    }[sureness(row)]
