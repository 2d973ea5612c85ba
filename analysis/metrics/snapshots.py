"""What is open at the end of each period, and how old it is: backlog, age, share over so many days.

Open at P1 means started before it and not left before it. Every record that was open then counts, also one that has
left since. A share over T days is told once a unit's records reach back T days: before, none could be so old.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.cell_curves import tally
from analysis.metrics.cells import Cells, Records, assign_cells, read_records
from analysis.metrics.durations import MINUTES_PER_DAY
from analysis.metrics.figures import NO_BREAKDOWN, Coded, Figures, Ints, join_levels
from analysis.metrics.kinds import MINUTES_PER_UNIT, Snapshot, scale_of
from analysis.metrics.periods import PeriodRange
from analysis.metrics.spells import minutes_between
from analysis.statistics.intervals import CONFIDENCE, normal_quantile, wilson
from analysis.statistics.survival import kaplan_meier

OPEN = "open_at_an_end"
AGE_BUCKET = "age_bucket"
AGE_LIMITS_DAYS = (3, 7, 15, 30, 90)
AGE_BUCKETS = ("0-3", "3-7", "7-15", "15-30", "30-90", ">90")

Begun = Mapping[str, datetime]


def keep_open(con: duckdb.DuckDBPyConnection, cards: Sequence[MetricCard], *, breakdowns: Sequence[str]) -> Begun:
    """Put the records that were open at the end of some period aside, for `measure_snapshots` of cards that share
    table, start, end and condition: most records never were.

    Returns
    -------
    When the first record of each unit, and of all, began; empty where no card asks for it
    """
    how: Any = cards[0].how
    names = ", ".join(["business_unit", *_asked(cards, breakdowns)])
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {OPEN} AS SELECT {names}, ({how.start}) AS begins, ({how.end}) AS ends "
        f"FROM {how.table} WHERE ({how.where}) AND ({how.start}) IS NOT NULL "
        f"AND coalesce(period_of({how.end}) > period_of({how.start}), true)"
    )
    if not any(card.how.statistic == "share_over" for card in cards):
        return {}
    table = f"{how.table} WHERE ({how.where}) AND ({how.start}) IS NOT NULL"
    begun = dict(con.execute(f"SELECT business_unit, min({how.start}) FROM {table} GROUP BY ALL").fetchall())
    return begun | {ALL_UNITS: min(begun.values(), default=None)}


def measure_snapshots(
    con: duckdb.DuckDBPyConnection,
    cards: Sequence[MetricCard],
    *,
    breakdowns: Sequence[str],
    periods: PeriodRange,
    begun: Begun,
) -> Iterator[tuple[MetricCard, Figures]]:
    """Measure snapshot cards whose records `keep_open` has put aside, in one scan of these periods' ends; yields each
    card's cells, breakdown by breakdown."""
    asked = _asked(cards, breakdowns)
    records = _with_age_bucket(read_records(con, _open_sql(asked, periods), breakdowns=asked))
    whole: dict[str, Figures] = {}
    for breakdown in (NO_BREAKDOWN, *asked, AGE_BUCKET):
        levels = [assign_cells(records, breakdown, whole_company=whole_company) for whole_company in (False, True)]
        labels = list(records.segments[breakdown].labels) if breakdown in asked else []
        for card in cards:
            if breakdown not in (NO_BREAKDOWN, *card.breakdowns):
                continue
            if len(labels) == 1:
                found = whole[card.id].as_segment(breakdown, labels[0])
            else:
                found = join_levels([_figures_of(card, records.columns["minutes"], cells) for cells in levels])
                if card.how.statistic == "share_over":
                    found = found.where(_old_enough(con, card.how, begun, found))
            if breakdown == NO_BREAKDOWN:
                whole[card.id] = found
            yield card, found


def _asked(cards: Sequence[MetricCard], breakdowns: Sequence[str]) -> list[str]:
    return [name for name in breakdowns if any(name in card.breakdowns for card in cards)]


def _old_enough(con: duckdb.DuckDBPyConnection, how: Snapshot, begun: Begun, found: Figures) -> NDArray[np.bool_]:
    """Whether records of the cell's unit could have been open for `at` days at the end of its period."""
    numbers = np.unique(found.period).tolist()
    ends = con.execute("SELECT period_start(number + 1) FROM (SELECT unnest($numbers) AS number)", {"numbers": numbers})
    end_of = dict(zip(numbers, (row[0] for row in ends.fetchall()), strict=True))
    least = timedelta(days=how.at or 0.0)
    old = {
        (unit, period): end_of[period] - first >= least for unit, first in begun.items() if first for period in numbers
    }
    told = [old[cell] for cell in zip(found.unit.texts.tolist(), found.period.tolist(), strict=True)]
    return np.array(told, dtype=np.bool_)


def _open_sql(breakdowns: Sequence[str], periods: PeriodRange) -> str:
    names = ", ".join(["business_unit", *breakdowns])
    since = f"greatest(period_of(begins), {periods.first})"
    until = f"least(coalesce(period_of(ends), {periods.last + 1}), {periods.last + 1})"
    return f"""
        SELECT {names}, period, {minutes_between("begins", "period_start(period + 1)")} AS minutes
        FROM (
            SELECT {names}, begins, unnest(range({since}, {until})) AS period
            FROM {OPEN}
            WHERE begins < period_start({periods.last + 1})
                AND coalesce(ends >= period_start({periods.first + 1}), true)
        )"""


def _with_age_bucket(records: Records) -> Records:
    days = records.columns["minutes"] / MINUTES_PER_DAY
    bucket = Coded(np.searchsorted(AGE_LIMITS_DAYS, days, side="right"), np.array(AGE_BUCKETS, dtype=object))
    return Records(records.period, records.unit, {**records.segments, AGE_BUCKET: bucket}, records.columns)


def _figures_of(card: MetricCard, minutes: Ints, cells: Cells) -> Figures:
    how = card.how
    n = np.bincount(cells.of_record, minlength=cells.count).astype(float)
    present = np.flatnonzero(n > 0)
    if how.statistic == "count":
        return cells.figures(present, n=n[present], value=n[present])
    if how.statistic == "share_over":
        over = np.bincount(cells.of_record[minutes > how.at * MINUTES_PER_DAY], minlength=cells.count)[present].astype(
            float
        )
        share = wilson(over, n[present])
        parts = {name: getattr(share, name) * scale_of(card.unit) for name in ("value", "low", "high", "se")}
        return cells.figures(present, n=n[present], numerator=over, denominator=n[present], **parts)
    told = tally(cells.of_record, minutes, np.ones(minutes.size, dtype=bool))
    ages = kaplan_meier(told.minutes, told.ended, group=told.cell, weight=told.weight, groups=max(cells.count, 1))
    value, low, high = (part[present] / MINUTES_PER_UNIT[card.unit] for part in ages.quantile(how.at))
    se = (high - low) / (2 * normal_quantile(CONFIDENCE))
    return cells.figures(present, n=n[present], value=value, low=low, high=high, se=se)
