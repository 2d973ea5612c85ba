"""What is open at the end of each period, and how old it is: backlog, age, share over so many days.

Open at P1 means started before it and not left before it. Every record that was open then counts, also one that has
left since. A share over T days is told once a unit's records reach back T days: before, none could be so old.
"""

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from analysis.metrics.cards import MetricCard
from analysis.metrics.cells import Cells, Records, assign_cells, read_records
from analysis.metrics.durations import MINUTES_PER_DAY
from analysis.metrics.figures import ALL_UNITS, NO_BREAKDOWN, Coded, Figures, Ints, join_levels
from analysis.metrics.kinds import MINUTES_PER_UNIT, Snapshot, scale_of
from analysis.metrics.periods import PeriodRange
from analysis.metrics.spells import minutes_between
from analysis.statistics.intervals import CONFIDENCE, normal_quantile, wilson
from analysis.statistics.survival import kaplan_meier

AGE_BUCKET = "age_bucket"
AGE_LIMITS_DAYS = (3, 7, 15, 30, 90)
AGE_BUCKETS = ("0-3", "3-7", "7-15", "15-30", "30-90", ">90")


def measure_snapshots(
    con: duckdb.DuckDBPyConnection, cards: Sequence[MetricCard], *, breakdowns: Sequence[str], periods: PeriodRange
) -> Iterator[tuple[MetricCard, Figures]]:
    """Measure snapshot cards that share table, start, end and condition, in one scan of these periods' ends; yields
    each card's cells, breakdown by breakdown."""
    asked = [name for name in breakdowns if any(name in card.breakdowns for card in cards)]
    records = _with_age_bucket(read_records(con, _open_sql(cards[0].how, asked, periods), breakdowns=asked))
    for breakdown in (NO_BREAKDOWN, *asked, AGE_BUCKET):
        wanted = [card for card in cards if breakdown in (NO_BREAKDOWN, *card.breakdowns)]
        levels = [assign_cells(records, breakdown, whole_company=whole_company) for whole_company in (False, True)]
        for card in wanted:
            found = join_levels([_figures_of(card, records.columns["minutes"], cells) for cells in levels])
            yield card, found if card.how.statistic != "share_over" else found.where(_old_enough(con, card.how, found))


def _old_enough(con: duckdb.DuckDBPyConnection, how: Snapshot, found: Figures) -> NDArray[np.bool_]:
    """Whether records of the cell's unit could have been open for `at` days at the end of its period."""
    table = f"{how.table} WHERE ({how.where}) AND ({how.start}) IS NOT NULL"
    begun = dict(con.execute(f"SELECT business_unit, min({how.start}) FROM {table} GROUP BY ALL").fetchall())
    begun[ALL_UNITS] = min(begun.values(), default=None)
    numbers = np.unique(found.period).tolist()
    ends = con.execute("SELECT period_start(number + 1) FROM (SELECT unnest($numbers) AS number)", {"numbers": numbers})
    end_of = dict(zip(numbers, (row[0] for row in ends.fetchall()), strict=True))
    known = [end_of[period] - begun[unit] for unit, period in zip(found.unit.texts, found.period.tolist(), strict=True)]
    least = 86_400 * (how.at or 0.0)
    return np.array([span.total_seconds() >= least for span in known], dtype=np.bool_)


def _open_sql(how: Snapshot, breakdowns: Sequence[str], periods: PeriodRange) -> str:
    names = ", ".join(["business_unit", *breakdowns])
    begins = f"greatest(period_of({how.start}), {periods.first})"
    ends = f"least(coalesce(period_of({how.end}), {periods.last + 1}), {periods.last + 1})"
    return f"""
        SELECT {names}, period, {minutes_between("begins", "period_start(period + 1)")} AS minutes
        FROM (
            SELECT {names}, ({how.start}) AS begins, unnest(range({begins}, {ends})) AS period
            FROM {how.table}
            WHERE ({how.where}) AND ({how.start}) IS NOT NULL
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
    ages = kaplan_meier(minutes, np.ones(minutes.size), group=cells.of_record, groups=max(cells.count, 1))
    value, low, high = (part[present] / MINUTES_PER_UNIT[card.unit] for part in ages.quantile(how.at))
    se = (high - low) / (2 * normal_quantile(CONFIDENCE))
    return cells.figures(present, n=n[present], value=value, low=low, high=high, se=se)
