"""Which amounts beside an order are what it cost: its parts by kind, so that nothing counts twice.

Taxes, plans and totals of other columns are left out. Where no heading tells a kind, one amount is taken: the net one,
else the total, else the first.
"""

from collections.abc import Mapping, Sequence

from analysis.intake.proposing.profiles import ColumnProfile, numbers_of
from analysis.intake.proposing.values import translate
from analysis.intake.proposing.vocabulary import is_called, words_of_the_trade

ADDS_UP = 0.95  # of the rows in which a total is the sum of the others
CENT = 0.011


def cost_parts(free: Mapping[str, ColumnProfile]) -> tuple[dict[str, str], list[str]]:
    """Heading → kind of cost of the columns to be read, and the amounts that are left out.

    Parameters
    ----------
    free : the columns that nothing else is made of.
    """
    paid = [name for name, told in free.items() if told.numbers and not told.duration and is_amount(name)]
    real = [name for name in paid if not _is(name, "planned") and (_is(name, "net") or not _is(name, "tax"))]
    if any(_is(name, "net") for name in real):
        real = [name for name in real if _is(name, "net") or not _is(name, "gross")]
    kinds = {name: translate({name: 1}, "cost_type")[0].get(name) for name in real}
    total = next((name for name in real if _is_sum(name, real, free)), None)
    if total is not None and any(kinds.values()):
        chosen = [name for name in real if name != total]
    else:
        chosen = [name for name in real if kinds[name]] or _one_of(real)
    return {name: kinds[name] or "other" for name in chosen}, [name for name in paid if name not in chosen]


def is_amount(name: str) -> bool:
    """Whether a heading says that money was spent."""
    words = words_of_the_trade()["costs"]
    return is_called(name, words["paid"]) or name.casefold().split(" ")[0].endswith("kosten")


def _is(name: str, what: str) -> bool:
    return is_called(name, words_of_the_trade()["costs"][what])


def _one_of(names: Sequence[str]) -> list[str]:
    """The one amount to take of several that tell no kind."""
    return sorted(names, key=lambda name: (not _is(name, "net"), not _is(name, "total"), names.index(name)))[:1]


def _is_sum(name: str, names: Sequence[str], free: Mapping[str, ColumnProfile]) -> bool:
    """Whether a column is the sum of two others or more in nearly all rows of the sample."""
    others = [other for other in names if other != name]
    if len(others) < 2:
        return False
    rows = list(zip(numbers_of(free[name]), *(numbers_of(free[other]) for other in others), strict=True))
    told = [(first, sum(part or 0.0 for part in rest)) for first, *rest in rows if first is not None]
    return bool(told) and sum(abs(a - b) <= CENT for a, b in told) >= ADDS_UP * len(told) and any(a for a, _ in told)
