"""How many records it takes before one of several is named: the largest of a few is chance.

Declared once, for every section that says which channel, hour or reason leads; what is judged against others has its
own test, and its own least number of records.
"""

FEWEST_TO_NAME = 30
"""Records behind a statement of the kind "X leads": with 30 a share of a half is known to within 18 points; with one or
two records per group whoever comes first is drawn by lot."""
FEWEST_WITH_INTERVALS = 10
"""Records behind shares that are listed with their intervals, which say themselves how little is known."""
FEWEST_OF_HOURS = 100
"""Contacts behind "most come at …": a day has twelve bands of two hours, about eight contacts each."""


def can_name(records: float, *, fewest: int = FEWEST_TO_NAME) -> bool:
    """Whether so many records bear the name of a leader; missing counts as none."""
    return bool(records >= fewest)
