"""Which rule of the control chart the newest month breaks, in words: a month outside its limits is one thing, months on
end on one side of the usual level another. "Outside its usual range" beside a point drawn inside it would be false.

Reads the months and limits that the signals keep with a figure; judges nothing that they did not.
"""

import json
from collections.abc import Mapping
from typing import Any

from analysis.presentation.formatting import finite
from analysis.presentation.language import Text, both

FEWEST_IN_A_ROW = 2


def is_out_unsure(row: Mapping[str, Any]) -> bool:
    """Whether the newest month breaks a rule of its chart although the signals, which allow for all that the run
    watches, call it steady: one page must not say "within" beside a point that is not.
    """
    flags = _chart(row).get("out") or []
    return row.get("signal") == "steady" and bool(flags and flags[-1]) and not _is_none_called_high(row)


def say_unsure(row: Mapping[str, Any]) -> Text:
    """The verdict on a figure that breaks a rule of its chart, but not surely (`is_out_unsure`)."""
    lasting = say_lasting(row)
    if lasting is None:
        return both("Outside its range, not yet sure")
    capital = {language: words[:1].upper() + words[1:] for language, words in lasting.items()}
    return both("{state}, not yet sure", state=capital)


def say_lasting(row: Mapping[str, Any]) -> Text | None:
    """For how many months on end the figure has been better or worse than usual, where its newest month lies inside its
    limits and only the months together say something; None where that month lies outside them, or no limits are known.

    Parameters
    ----------
    row : a row of the run's kpis: better, and chart with adjusted, centre, low and high by month
    """
    side, months = _newest_side(_chart(row))
    if not side or _is_none_called_high(row):
        return None
    better = row.get("better")
    level = _level(side, months)
    if better not in ("lower", "higher"):
        return level
    good = (side > 0) == (better == "higher")
    return both("{level} (better)", level=level) if good else both("{level} (worse)", level=level)


def _level(side: int, months: int) -> Text:
    """On which side it lies: of a cost, "worse" alone does not tell a reader that it is high."""
    if months < FEWEST_IN_A_ROW:
        return both("above its usual level") if side > 0 else both("below its usual level")
    if side > 0:
        return both("above its usual level for {n} months in a row", n=str(months))
    return both("below its usual level for {n} months in a row", n=str(months))


def _is_none_called_high(row: Mapping[str, Any]) -> bool:
    """A month without a single case, of which only the calendar's correction lies above the usual level: "0%, above its
    usual level" would be false whatever the correction says."""
    return finite(row.get("value")) == 0 and _newest_side(_chart(row))[0] > 0


def _chart(row: Mapping[str, Any]) -> Mapping[str, Any]:
    chart = row.get("chart")
    parsed = json.loads(chart) if isinstance(chart, str) and chart else chart
    return parsed if isinstance(parsed, Mapping) else {}


def _newest_side(chart: Mapping[str, Any]) -> tuple[int, int]:
    """The side of the usual level on which the newest month lies inside its limits, and for how many months on end it
    has been that; 0 and 0 where the month lies outside its limits or cannot be told."""
    lines = [list(chart.get(name) or []) for name in ("adjusted", "centre", "low", "high")]
    if not all(lines) or len({len(line) for line in lines}) > 1:
        return 0, 0
    told = [[finite(value) for value in line] for line in lines]
    newest, centre, low, high = (line[-1] for line in told)
    if newest is None or centre is None or newest == centre:
        return 0, 0
    if (low is not None and newest < low) or (high is not None and newest > high):
        return 0, 0
    side = 1 if newest > centre else -1
    months = 0
    for value, level in zip(reversed(told[0]), reversed(told[1]), strict=True):
        if value is None or level is None or (value - level) * side <= 0:
            break
        months += 1
    return side, months
