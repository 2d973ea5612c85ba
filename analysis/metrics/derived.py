"""Metrics that are a named function of others: a quotient of two counts or of two totals, days of work in the backlog,
the share of each segment.

They work on measured figures, never on records; what one of the parts cannot tell, they cannot either.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, NO_BREAKDOWN, Figures, figures_of, reason_where
from analysis.metrics.kinds import scale_of
from analysis.metrics.periods import Periods
from analysis.metrics.scan import quotient
from analysis.statistics.intervals import Estimate, multinomial, poisson_exact

NOTHING_TO_DIVIDE_BY = "nothing to divide by"


def derive(card: MetricCard, parts: Mapping[str, pd.DataFrame], *, periods: Periods) -> Iterator[Figures]:
    """The figures of a derived card, breakdown by breakdown, from the completed figures of what it is made of."""
    found = [parts[name] for name in card.how.of]
    for breakdown in (NO_BREAKDOWN, *card.breakdowns):
        cells = [part.loc[part["breakdown"] == breakdown, [*CELL, "value"]] for part in found]
        if all(len(part) for part in cells):
            yield from FUNCTIONS[card.how.function](card, cells, breakdown, periods)


def _quotient(card: MetricCard, parts: list[pd.DataFrame], breakdown: str, _: Periods) -> Iterator[Figures]:
    cells = _side_by_side(parts, breakdown)
    numerator, denominator = cells["x"].to_numpy(float), cells["y"].to_numpy(float)
    yield _finished(card, cells, numerator, denominator, quotient(numerator, denominator))


def _ratio_of_totals(card: MetricCard, parts: list[pd.DataFrame], breakdown: str, _: Periods) -> Iterator[Figures]:
    """Two sums over each other, such as cost over revenue: it is what it is; how steady it is, its months tell."""
    first, second = parts
    cells = first.rename(columns={"value": "x"}).merge(second.rename(columns={"value": "y"}), how="inner", on=CELL)
    cells = cells.dropna(subset=["x", "y"]).reset_index(drop=True)
    if cells.empty:
        return
    numerator, denominator = cells["x"].to_numpy(float), cells["y"].to_numpy(float)
    known = denominator > 0
    value = np.where(known, numerator / np.where(known, denominator, 1.0), np.nan)
    untold = np.full(len(cells), np.nan)
    yield _finished(card, cells, numerator, denominator, Estimate(value, untold, untold, untold))


def _days_of_work(card: MetricCard, parts: list[pd.DataFrame], breakdown: str, periods: Periods) -> Iterator[Figures]:
    """Open records over the mean number completed a day; the interval is that of the number completed."""
    cells = _side_by_side(parts, breakdown)
    numbers, work, completed = cells["period"].to_numpy(), cells["x"].to_numpy(float), cells["y"].to_numpy(float)
    days = (periods.starts(numbers + 1) - periods.starts(numbers)).astype(float)
    pace = poisson_exact(completed, days)
    known = completed > 0
    value, low, high = (
        np.where(known, work / np.where(known, p, 1.0), np.nan) for p in (pace.value, pace.high, pace.low)
    )
    se = value / np.sqrt(np.where(known, completed, 1.0))
    yield _finished(card, cells, work, completed / days, Estimate(value, low, high, se))


def _share_of_total(card: MetricCard, parts: list[pd.DataFrame], breakdown: str, _: Periods) -> Iterator[Figures]:
    """Each segment's share of the unit's records of the period, with simultaneous intervals over the segments; absent
    is 0 of them. Without a breakdown there is nothing to share."""
    if breakdown == NO_BREAKDOWN:
        return
    index, columns = CELL[:2], "segment"
    wide = parts[0].pivot_table(index=index, columns=columns, values="value", aggfunc="sum", fill_value=0.0)
    counts = wide.to_numpy(float)
    share = multinomial(counts)
    cells = wide.index.to_frame(index=False)
    rows = cells.loc[cells.index.repeat(counts.shape[1])].reset_index(drop=True)
    rows = rows.assign(breakdown=breakdown, segment=np.tile(wide.columns.to_numpy(dtype=object), len(wide)))
    total = np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape)
    flat = Estimate(*(part.ravel() for part in share))
    yield _finished(card, rows, counts.ravel(), total.ravel(), flat)


FUNCTIONS: dict[str, Callable[[MetricCard, list[pd.DataFrame], str, Periods], Iterator[Figures]]] = {
    "quotient": _quotient,
    "ratio_of_totals": _ratio_of_totals,
    "days_of_work": _days_of_work,
    "share_of_total": _share_of_total,
}


def _side_by_side(parts: list[pd.DataFrame], breakdown: str) -> pd.DataFrame:
    """x and y of every cell. In a segment that the other part knows, a count that is absent is 0."""
    first, second = parts
    cells = first.rename(columns={"value": "x"}).merge(second.rename(columns={"value": "y"}), how="outer", on=CELL)
    filled = cells.fillna({"x": 0.0, "y": 0.0}) if breakdown else cells.dropna(subset=["x", "y"])
    return filled.reset_index(drop=True)


def _finished(
    card: MetricCard, cells: pd.DataFrame, numerator: np.ndarray, denominator: np.ndarray, estimate: Estimate
) -> Figures:
    scale = scale_of(card.unit, card.how.times)
    parts = {name: getattr(estimate, name) * scale for name in ("value", "low", "high", "se")}
    n = np.rint(denominator) if card.how.function != "days_of_work" else np.rint(cells["y"])
    reason = reason_where(np.isnan(estimate.value), NOTHING_TO_DIVIDE_BY)
    return figures_of(
        cells.assign(numerator=numerator, denominator=denominator, n=n, reason=reason, **parts),
        cells["breakdown"].iloc[0],
    )
