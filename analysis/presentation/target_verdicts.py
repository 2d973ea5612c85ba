"""What a figure's gap to its target is worth in words: met or missed, and how sure.

One rule for every page. The figure's own interval, which stands beside it on cards and in tables, knows only sampling;
the gap's interval also knows how much the figure usually swings from month to month. A verdict never contradicts
either: "within chance" stands where both hold the target, "beyond chance" and "a hint" where both leave it out, and
where only the narrower one does, the usual swings are named as the reason. Where the card says that the process meets
or misses its target, because its months do so one after the other, no sentence calls the newest of them chance.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.verdicts import CHANCE, HINT, SURE, SWINGS, UNKNOWN, USUAL, is_apart, verdict_of, word_of

Row = Mapping[str, Any]

PROMISES = {"hits": True, "misses": False}


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
    """How sure the gap to the target is: sure, hint, swings, chance, usual; unknown where the gap has no interval."""
    gap = gap_to_target(row)
    if gap is None or (is_missing(gap.get("low")) and is_missing(gap.get("high"))):
        return UNKNOWN
    out, sure = leaves_target_out(row), verdict_of(gap) == SURE
    if out and sure and is_apart(gap):
        return SURE
    if keeps_its_side(row):
        return USUAL
    if not out:
        return CHANCE
    return HINT if is_apart(gap) else SWINGS


def keeps_its_side(row: Row) -> bool:
    """Whether the process as a whole meets or misses the target, as the newest figure does."""
    promised = PROMISES.get(str(row.get("assurance")))
    return promised is not None and not is_missing(row.get("target_met")) and promised == bool(row["target_met"])


def beyond_chance(row: Row) -> bool:
    """Whether the gap to the target is larger than chance explains, by the signals' verdict."""
    return sureness(row) == SURE


def leaves_target_out(row: Row) -> bool:
    """Whether the figure's own interval, as printed beside it, leaves the target out; without one, whether the gap's
    does."""
    low, high, target = row.get("low"), row.get("high"), row["target"]
    if is_missing(low) and is_missing(high):
        return is_apart(gap_to_target(row) or {})
    return (not is_missing(low) and low > target) or (not is_missing(high) and high < target)


def target_verdict(row: Row) -> Text | None:
    """A cell's words on a target: met or missed, and whether chance explains it; None where nothing can be judged."""
    if is_missing(row.get("target")) or is_missing(row.get("value")) or is_missing(row.get("target_met")):
        return None
    if has_few_records(row):
        return both("too few records")
    told, met = sureness(row), bool(row["target_met"])
    if told == SURE:
        return both("met, beyond chance") if met else both("missed, beyond chance")
    side = both("met") if met else both("missed")
    return side if told == UNKNOWN else both("{side}, {verdict}", side=side, verdict=word_of(told))
