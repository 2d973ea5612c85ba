"""How much of the time of a month's finished orders is that of a few that took very long: a mean that one of them makes
speaks of it, not of the others.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_value

if TYPE_CHECKING:
    from analysis.report import Report

LONG = 30.0  # days: as long as the repair cycle's mean watches an order
WORTH_SAYING = 10.0  # % of all the time
DAY = 86_400.0
COLUMNS = ["submitted_at", "completed_at", "is_test", "is_duplicate"]


def long_orders(report: "Report", period: str) -> Text | None:
    """What orders of over thirty days make of the time of the orders completed in the period, and how long the others
    took; None where they make little of it."""
    orders = report.records("work_orders", COLUMNS)
    left_out = orders[["is_test", "is_duplicate"]].fillna(False).astype(bool).any(axis=1)
    month = pd.Period(period, freq="M")
    done = orders[~left_out & orders["completed_at"].between(month.start_time, month.end_time)]
    return say_long_orders((done["completed_at"] - done["submitted_at"]).dt.total_seconds().dropna() / DAY)


def say_long_orders(days: pd.Series) -> Text | None:
    """The same from how long each order took, in days."""
    long = days[days > LONG]
    if long.empty or len(long) == len(days) or 100 * long.sum() < WORTH_SAYING * days.sum():
        return None
    told = {
        "share": tell_value(100 * float(long.sum() / days.sum()), "%"),
        "rest": tell_value(float(days[days <= LONG].mean()), "d"),
    }
    if len(long) == 1:
        return both(
            "One order took {longest} and makes {share} of that time; the others took {rest} on average.",
            longest=tell_value(float(long.iloc[0]), "d"),
            **told,
        )
    return both(
        "{n} orders that took longer than 30 days make {share} of that time; the others took {rest} on average.",
        n=tell_count(len(long)),
        **told,
    )
