"""Work that is left: what a lower cost owes to orders that were not completed, and what waits besides the orders that a
forecast expects.

Costs fall with the orders that are completed. Where those fell because work was left undone, "the cost fell by 40 %"
alone would praise the queue; and who is enough for the orders to come is not enough for those that wait.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_value
from analysis.statistics.bills import Bill

if TYPE_CHECKING:
    from analysis.report import Report

BACKLOG, DAYS, YEAR = "backlog", "days_of_work", 12
SURE = 3.0  # standard errors of a difference of two counts of orders
PART = 0.25  # of the orders not completed that must be open instead, to be worth a sentence
MUCH = 14.0  # days of work that wait


def say_put_off(report: "Report", before: Bill, now: Bill, months: pd.PeriodIndex) -> Text | None:
    """The sentence; None where as many orders were completed, chance allowed for, or the backlog did not grow by a
    quarter of those that were not, or is unknown."""
    done = (float(before.orders.sum()), float(now.orders.sum()))
    fewer = done[0] - done[1]
    if fewer <= SURE * np.sqrt(sum(done)):
        return None
    series = report.series(BACKLOG)
    open_at = dict(zip(series["period"].astype(str), series["value"].astype(float), strict=True))
    ends = [open_at.get(str(months[-1] - back), np.nan) for back in (YEAR, 0)]
    grown = ends[1] - ends[0]
    if not grown >= PART * fewer:
        return None
    return both(
        "{fewer} fewer orders were completed than a year ago, while the open ones grew from {was} to {now}: part of "
        "this cost is put off, not saved.",
        fewer=tell_count(fewer),
        was=tell_count(ends[0]),
        now=tell_count(ends[1]),
    )


def say_waiting(report: "Report") -> Text | None:
    """That much work waits already, which a forecast of new orders leaves out; None below two weeks of it."""
    days, orders = report.kpi(DAYS), report.kpi(BACKLOG)
    if days is None or orders is None or is_missing(days["value"]) or is_missing(orders["value"]):
        return None
    if days["value"] < MUCH:
        return None
    return both(
        "The {n} orders open already, {days} of work at the newest month's pace, come on top.",
        n=tell_count(orders["value"]),
        days=tell_value(days["value"], "d"),
    )
