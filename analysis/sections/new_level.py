"""Where a unit stands now: the level that its forecast starts on, as the page's other sentences tell it.

A forecast from a level that the page calls past would contradict it. Dates nothing itself: the findings date new
levels, and where they do not, the change on a year speaks for the last twelve months.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.presentation.formatting import common_decimals
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_change, tell_ends_of_change, tell_move
from analysis.sections.wording import say_difference
from analysis.sections.yearly import Moved, is_sure, year_moved
from analysis.statistics.forecasting import Forecast

if TYPE_CHECKING:
    from analysis.report import Report

SHIFT, TREND = "level_shift", "trend"
BACK = 4


def new_levels(report: "Report", card: MetricCard) -> list[pd.Period]:
    """The first months of the levels that the findings date."""
    return [pd.Period(str(since), freq="M") for kind, since in _told(report, card) if kind == SHIFT]


def new_year(report: "Report", card: MetricCard) -> Moved | None:
    """The last twelve months where they differ from the twelve before beyond chance and no finding tells it as a new
    level or a trend."""
    moved = None if _told(report, card) else year_moved(report, card.id)
    return moved if moved is not None and is_sure(report, card.id, moved) else None


def is_told(report: "Report", card: MetricCard) -> bool:
    """Whether a finding, controlled over the whole run, tells of the figure's level or trend: a trend that only its own
    series shows is there in one quiet series of twenty."""
    return bool(_told(report, card))


def say_new_year(year: Moved, card: MetricCard) -> Text:
    """The last twelve months against the twelve before as a clause, beside a trend that is not steady."""
    places = common_decimals([year.change, year.low, year.high])
    return both(
        "no steady trend, but the last 12 months together lie {change} ({interval}) from the 12 before",
        change=tell_move(say_difference(year.change, card.unit, places)),
        interval=tell_ends_of_change(year.low, year.high, card.unit),
    )


def say_trend(change: float, level: float, card: MetricCard, *, sure: bool) -> Text:
    """The trend's change over a year from its level of a year before as a clause (of a share in points, since per cent
    of per cent misleads), and that it is a hint where no finding tells it (`is_told`)."""
    told = tell_change(change * level, "%") if card.unit == "%" else tell_change(change, card.unit, relative=True)
    moved = tell_move(told)
    if sure:
        return both("trend {change} over the last 12 months", change=moved)
    return both("trend {change} over the last 12 months, a hint, not yet sure among all that is watched", change=moved)


def lags_behind(ahead: Forecast, year: Moved) -> bool:
    """Whether a forecast goes more than a quarter of the way back to the year before, as if it had not passed."""
    first = ahead.value[0]
    return bool(np.isfinite(first) and np.sign(year.change) * (year.now["value"] - first) > abs(year.change) / BACK)


def _told(report: "Report", card: MetricCard) -> list[tuple[str, str]]:
    return [
        (one["kind"], one["since"])
        for one in report.findings()
        if one["kind"] in (SHIFT, TREND) and (one["metric"], one["business_unit"]) == (card.id, report.business_unit)
    ]
