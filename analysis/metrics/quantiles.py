"""Quantiles of plain values, each known in full: a cost, an entry lag, the time to answer a call.

The quantile is the smallest value that the share `at` of the records does not exceed; its interval runs between two
of the records' own values and assumes nothing of their distribution. What may still be running is for durations.py.

Source: order-statistics interval, Conover 1999, Practical Nonparametric Statistics, section 3.2.
"""

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
from scipy import stats

from analysis.metrics.cards import MetricCard
from analysis.metrics.cells import Cells, assign_cells, read_records
from analysis.metrics.figures import NO_BREAKDOWN, Figures, Floats, join_levels
from analysis.metrics.periods import PeriodRange
from analysis.statistics.intervals import CONFIDENCE, normal_quantile

ROUNDING = 1e-9


def measure_quantiles(
    con: duckdb.DuckDBPyConnection, cards: Sequence[MetricCard], *, breakdowns: Sequence[str], periods: PeriodRange
) -> Iterator[tuple[MetricCard, Figures]]:
    """Measure quantile cards that share table and time column in one scan; yields each card's figures, breakdown by
    breakdown."""
    asked = [name for name in breakdowns if any(name in card.breakdowns for card in cards)]
    records = read_records(con, _sql(cards, asked, periods), breakdowns=asked)
    for breakdown in (NO_BREAKDOWN, *asked):
        levels = [assign_cells(records, breakdown, whole_company=whole_company) for whole_company in (False, True)]
        for number, card in enumerate(cards):
            if breakdown in (NO_BREAKDOWN, *card.breakdowns):
                amounts = records.columns[f"amount_{number}"]
                yield card, join_levels([_figures_of(card, amounts, cells) for cells in levels])


def quantile_of_sorted(values: Floats, starts: np.ndarray, n: np.ndarray, at: float) -> tuple[Floats, Floats, Floats]:
    """The quantile of each stretch of sorted values with its interval.

    Parameters
    ----------
    values : (N,) the values, sorted within each stretch
    starts, n : (K,) where each stretch begins and how long it is (1 or more)
    at : the share, between 0 and 1

    Returns
    -------
    value, low, high : (K,); an end beyond the records that there are is NaN
    """
    rank = np.ceil(n * at - ROUNDING).astype(np.int64)  # from 1
    tail = (1 - CONFIDENCE) / 2
    first = stats.binom.ppf(tail, n, at).astype(np.int64)
    last = stats.binom.ppf(1 - tail, n, at).astype(np.int64) + 1
    value = values[starts + np.maximum(rank, 1) - 1]
    low = np.where(first >= 1, values[starts + np.maximum(first, 1) - 1], np.nan)
    high = np.where(last <= n, values[starts + np.minimum(last, n) - 1], np.nan)
    return value, low, high


def _sql(cards: Sequence[MetricCard], breakdowns: Sequence[str], periods: PeriodRange) -> str:
    how = cards[0].how
    amounts = [
        f"CASE WHEN ({card.how.where}) THEN CAST(({card.how.amount}) AS DOUBLE) END AS amount_{number}"
        for number, card in enumerate(cards)
    ]
    return (
        f"SELECT business_unit, period_of({how.time}) AS period, {', '.join([*breakdowns, *amounts])} "
        f"FROM {how.table} WHERE {periods.holds(how.time)}"
    )


def _figures_of(card: MetricCard, amounts: Floats, cells: Cells) -> Figures:
    known = np.isfinite(amounts)
    cell, value = cells.of_record[known], amounts[known]
    order = np.lexsort((value, cell))
    present, starts, n = np.unique(cell[order], return_index=True, return_counts=True)
    found, low, high = quantile_of_sorted(value[order], starts, n, card.how.at)
    se = (high - low) / (2 * normal_quantile(CONFIDENCE))
    return cells.figures(present, n=n.astype(float), value=found, low=low, high=high, se=se)
