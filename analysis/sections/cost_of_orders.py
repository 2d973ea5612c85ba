"""The cost per order of three months against the same a year before: what it is, and whether it moved."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_value
from analysis.sections.change import SURE_AMONG_UNITS, error_of_swings, is_beyond_chance
from analysis.sections.pooling import pool

if TYPE_CHECKING:
    from analysis.report import Report

PER_ORDER = "cost_per_order"


def _windows(report: "Report", months: pd.PeriodIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cost per order of the months and of the same a year before, where its error is known."""
    rows = report.series(PER_ORDER).dropna(subset=["se"])
    now, before = (rows[rows["period"].isin(span.astype(str))] for span in (months, months - 12))
    return now, before


def is_dearer(report: "Report", months: pd.PeriodIndex) -> bool:
    """Whether the cost per order of the two stretches differs by more than chance."""
    now, before = _windows(report, months)
    if now.empty or before.empty:
        return False
    swing = error_of_swings(report.series(PER_ORDER))
    return is_beyond_chance(before, now, report.catalogue[PER_ORDER], swing=swing)


def say_per_order(report: "Report", months: pd.PeriodIndex) -> Text | None:
    """The cost per order of both stretches, mix and shares of shared costs included, and whether it moved."""
    now, before = _windows(report, months)
    if now.empty or before.empty:
        return None
    card, swing = report.catalogue[PER_ORDER], error_of_swings(report.series(PER_ORDER))
    is_now, was = (pool(rows.assign(segment="all"), card).iloc[0]["value"] for rows in (now, before))
    told = {"now": tell_value(is_now, card.unit), "before": tell_value(was, card.unit)}
    if is_beyond_chance(before, now, card, errors=SURE_AMONG_UNITS, swing=swing):
        return both("Cost per order, all in: {now} after {before}, more than chance would make it.", **told)
    if is_beyond_chance(before, now, card, swing=swing):
        return both(
            "Cost per order, all in: {now} after {before}, more than sampling alone would make it, as one comparison "
            "in twenty shows by luck.",
            **told,
        )
    return both("Cost per order, all in: {now} after {before}, no more than chance explains.", **told)
