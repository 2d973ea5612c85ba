"""Days written 25/03 in some rows and 03/25 in others: whether another column, such as the branch, tells which.

It does where each of its values writes one order only, and each has shown that it does. Half of such days can be read
either way, so that a guess would be wrong and look right.
"""

import re
from collections.abc import Mapping, Sequence

from analysis.intake.proposing.mends import OtherOrder

SHOWN = 2  # days over 12 that each value must have written
_DAY = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-]")
Values = Sequence[str | None]


def day_orders(days: Mapping[str, Values], groups: Mapping[str, Values]) -> tuple[OtherOrder | None, bool]:
    """The rows in the rarer order, and whether the commoner has the day first; None where no column tells.

    Parameters
    ----------
    days : the columns of days, row by row.
    groups : the columns of words that may tell, row by row.
    """
    if not days:
        return None, True
    for name in sorted(groups, key=lambda name: len(set(groups[name]))):
        shown: dict[str, list[int]] = {}
        for values in days.values():
            for text, key in zip(values, groups[name], strict=True):
                if text and (match := _DAY.match(text)):
                    counts = shown.setdefault(key or "", [0, 0])
                    counts[0] += int(match[1]) > 12
                    counts[1] += int(match[2]) > 12
        if "" in shown or not all(min(counts) == 0 and max(counts) >= SHOWN for counts in shown.values()):
            continue
        days_first, months_first = ([key for key, counts in shown.items() if counts[side]] for side in (0, 1))
        if days_first and months_first:
            day_first = sum(c[0] for c in shown.values()) >= sum(c[1] for c in shown.values())
            rare = tuple(sorted(months_first if day_first else days_first))
            order = "month" if day_first else "day"
            said = f"where {name!r} is {' or '.join(rare)} the {order} stands first, elsewhere the other: each shows it"
            return OtherOrder(name, rare, said), day_first
    return None, True
