"""How sure a comparison of two figures is, in words: one rule for every page, cell and card.

The signals decide what is beyond chance, allowing for all that a run compares and for how much a figure swings from
month to month; here their answer becomes a word. Intervals that stand beside figures know only sampling. Where those
leave a difference and the swings do not, the words say so: "within chance" beside two intervals that do not meet would
belie one of them. Judges nothing that the signals did not.
"""

from collections.abc import Mapping
from typing import Any

from analysis.presentation.formatting import finite, is_missing
from analysis.presentation.language import Text, both

SURE, HINT, SEASON, SWINGS, CHANCE, UNKNOWN = "sure", "hint", "season", "swings", "chance", "unknown"
USUAL = "usual"  # of a target: this month alone does not say, the months together do
SEASONAL = 0.05
"""The p-value, season and calendar taken out, from which on a change is not even a hint."""


def verdict_of(change: Mapping[str, Any]) -> str:
    """How sure a comparison is, as the signals made it.

    Parameters
    ----------
    change : versus, value, low, high, significant; p where the signals could give one, `sampled` where the intervals
        beside the two figures leave no difference out
    """
    if change.get("significant"):
        return SURE
    low, high = finite(change.get("low")), finite(change.get("high"))
    if ("p" in change and is_missing(change["p"])) or (low is None and high is None):
        return UNKNOWN
    if is_apart(change):
        p = finite(change.get("p"))
        return SEASON if change.get("versus") == "previous" and p is not None and p >= SEASONAL else HINT
    return SWINGS if change.get("sampled") else CHANCE


def is_apart(change: Mapping[str, Any]) -> bool:
    """Whether the interval of a difference, be it open at one end, leaves 0 out."""
    low, high = finite(change.get("low")), finite(change.get("high"))
    return (low is not None and low > 0) or (high is not None and high < 0)


def say_verdict(verdict: str) -> Text:
    """The verdict as a clause of a sentence."""
    return {
        SURE: both("more than chance would make it"),
        HINT: both("a hint, not yet sure among all that is compared"),
        SEASON: both("no more than chance explains once the season is taken out"),
        SWINGS: both("more than sampling explains, but no more than it usually swings from month to month"),
        CHANCE: both("no more than chance explains"),
        USUAL: both("as is usual for its months"),
        UNKNOWN: both("too little history to tell it from chance"),
    }[verdict]


def word_of(verdict: str) -> Text:
    """The verdict as a word or two beside a figure in a table."""
    return {
        SURE: both("beyond chance"),
        HINT: both("a hint"),
        SEASON: both("within the usual season"),
        SWINGS: both("within the usual swings"),
        CHANCE: both("within chance"),
        USUAL: both("as usual"),
        UNKNOWN: both("too little to say"),
    }[verdict]
