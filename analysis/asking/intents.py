"""What a question wants, from the kinds of words in it: a value, a trend, a comparison, a reason, the
top, a forecast.
"""

from collections.abc import Sequence
from itertools import pairwise

from analysis.asking.lexicon import Said, Term

INTENTS = ("value", "trend", "compare", "why", "top", "forecast")


def terms_of(said: Sequence[Said], kind: str) -> list[Term]:
    """The terms of a kind, in order."""
    return [part.term for part in said if part.term is not None and part.term.kind == kind]


def has(said: Sequence[Said], *kinds: str) -> bool:
    """Whether a word of one of the kinds was said."""
    return any(part.term is not None and part.term.kind in kinds for part in said)


def intent_of(said: Sequence[Said], *, ahead: bool, by: bool, units: int) -> str:
    """The intent, strongest sign first.

    Parameters
    ----------
    ahead : a period after the report's was named
    by : a breakdown was named
    units : how many units were named
    """
    if has(said, "why") or _asks_how_come(said):
        return "why"
    if has(said, "forecast") or ahead:
        return "forecast"
    if has(said, "order", "rank") or (has(said, "which", "place") and by):
        return "top"
    if has(said, "to") or (has(said, "compare") and not (by and units < 2)):
        return "compare"
    if has(said, "trend", "direction"):
        return "trend"
    return "value"


def clash_of(said: Sequence[Said], intent: str) -> tuple[str, ...]:
    """The kinds of words that ask for two things at once, of which an answer would silently drop one: how the worst
    developed, why what comes next is as it is, how two units developed.
    """
    if intent == "top" and has(said, "trend"):
        return "order", "rank", "trend"
    if intent == "why" and has(said, "forecast"):
        return "why", "forecast"
    if intent == "compare" and has(said, "trend") and len(set(terms_of(said, "unit"))) > 1:
        return "compare", "trend"
    return ()


def _asks_how_come(said: Sequence[Said]) -> bool:
    """Whether a "how" stands before a change: 怎么升了 asks for the reason, 怎么样 does not."""
    kinds = [part.term.kind for part in said if part.term is not None]
    return any(before == "how_come" and after in ("direction", "level") for before, after in pairwise(kinds))
