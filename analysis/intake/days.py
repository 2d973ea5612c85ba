"""A day without a clock among an event's times: not held before the hour of the same day.

A complaint received on the 5th at 14:30 and settled "on the 5th" was not settled at midnight. Such a day is taken for
the latest earlier time of its row on that day, the soonest it can have been; on any other day it stands as written.
"""

from collections.abc import Collection

from analysis.data_model import Table
from analysis.intake.quoting import identifier


def days_within(table: Table, given: Collection[str]) -> dict[str, str]:
    """Column → SQL for its time, for those of `table.order` that follow another given time."""
    chain = [name for name in table.order if name in given]
    return {
        later: _not_before(later, chain[:place])
        for place, later in enumerate(chain)
        if place and table.column(later).type == "datetime"
    }


def _not_before(later: str, earlier: Collection[str]) -> str:
    latest = f"greatest({', '.join(map(identifier, earlier))})" if len(earlier) > 1 else identifier(*earlier)
    return f"CASE WHEN {identifier(later)} = date_trunc('day', {latest}) THEN {latest} ELSE {identifier(later)} END"
