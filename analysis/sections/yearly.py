"""Twelve months of a metric together, where one month holds too few records: the figure, and the change on a year."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.formatting import common_decimals, is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_estimate, tell_interval
from analysis.sections.pooling import pool
from analysis.sections.segments import MONTHS_POOLED, recent
from analysis.sections.wording import say_difference
from analysis.statistics.comparison import compare_estimates

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST_MONTHS = 6  # of the year before


def over_a_year(report: "Report", metric: str) -> Text | None:
    """One line on a metric over the last twelve months; None where the data cannot tell it or hold too few records."""
    rows = recent(report.series(metric).assign(segment="all"))
    card = report.catalogue[metric]
    if rows.empty:
        return None
    year = pool(rows, card).iloc[0]
    if year["n"] < card.minimum_n or is_missing(year["low"]) or is_missing(year["high"]):
        return None
    value, interval = tell_estimate(year["value"], year["low"], year["high"], card.unit)
    return both(
        "{name} over twelve months: {value} ({interval}, n = {n}).",
        name=card.name,
        value=value,
        interval=interval,
        n=tell_count(year["n"]),
    )


def year_on_year(report: "Report", metric: str) -> Text | None:
    """The last twelve months against the twelve before, and whether that is more than chance; without a year before the
    twelve months alone.
    """
    known = report.series(metric).assign(segment="all")
    rows, card = recent(known), report.catalogue[metric]
    if rows.empty:
        return None
    months = pd.period_range(end=pd.Period(rows["period"].max(), freq="M"), periods=MONTHS_POOLED, freq="M")
    earlier = recent(known[known["period"].isin((months - MONTHS_POOLED).astype(str))])
    if len(earlier) < FEWEST_MONTHS or len(rows) < FEWEST_MONTHS:
        return over_a_year(report, metric)
    now, before = (pool(part, card).iloc[0] for part in (rows, earlier))
    if min(now["n"], before["n"]) < card.minimum_n or is_missing(now["se"]) or is_missing(before["se"]):
        return over_a_year(report, metric)
    moved = compare_estimates(now["value"], now["se"], value0=before["value"], se0=before["se"])
    value, interval = tell_estimate(now["value"], now["low"], now["high"], card.unit)
    low, high = float(moved.low), float(moved.high)
    change = {
        "value": value,
        "interval": interval,
        "change": say_difference(float(moved.value), card.unit, common_decimals([float(moved.value), low, high])),
        "ends": tell_interval(low, high, "pp" if card.unit == "%" else card.unit),
    }
    if low > 0 or high < 0:
        return both(
            "Twelve months together: {value} ({interval}), against the twelve before {change} ({ends}), "
            "more than chance would make it.",
            **change,
        )
    return both(
        "Twelve months together: {value} ({interval}), against the twelve before {change} ({ends}), "
        "no more than chance explains.",
        **change,
    )
