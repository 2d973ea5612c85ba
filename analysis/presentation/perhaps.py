"""What may lead a page on which nothing is sure: a figure outside its limits for the worse, called unsure.

A page that is headed by a steady figure while one of its own cards lies outside its range would hide the one thing that
its reader ought to watch. Months on one side of the usual level do not lead: among eight cards one such run is usual.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.presentation.formatting import finite, is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.lasting import is_out_unsure
from analysis.presentation.narrative_words import dated, shown_unit, subject_inside
from analysis.presentation.telling import tell_value

Row = Mapping[str, Any]


def say_perhaps(rows: Sequence[Row], catalogue: Mapping[str, Any]) -> Text | None:
    """The first of the rows whose newest month lies outside its limits on the bad side although the signals, which
    allow for all that is watched, do not call it: as a headline; None where there is none."""
    row = next((row for row in rows if not is_missing(row["value"]) and _is_out_for_the_worse(row)), None)
    if row is None:
        return None
    card = catalogue[row["metric"]]
    return both(
        "No change is sure; {subject} {value} lies outside its usual range for the worse, not yet sure",
        subject=subject_inside(card),
        value=dated(tell_value(row["value"], shown_unit(card)), row),
    )


def _is_out_for_the_worse(row: Row) -> bool:
    if not is_out_unsure(row) or row.get("better") not in ("lower", "higher"):
        return False
    chart = row["chart"]
    told = json.loads(chart) if isinstance(chart, str) else chart
    newest, low, high = (finite((told.get(name) or [None])[-1]) for name in ("adjusted", "low", "high"))
    if newest is None:
        return False
    above, below = (high is not None and newest > high), (low is not None and newest < low)
    return above if row["better"] == "lower" else below
