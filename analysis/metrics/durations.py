"""How long things take: spells from start to end, open ones censored, measured by Kaplan–Meier for every cell at once.

A cohort holds the records of the period (by the card's `time`); a period view holds every record that was open during
the period, from the age at which it entered it. Records that ended for another reason are censored when they left.
Nothing open is dropped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.cards import MetricCard
from analysis.metrics.cells import Cells, Records, assign_cells, read_records
from analysis.metrics.delayed_entry import Watched, watch_until_gap
from analysis.metrics.figures import NO_BREAKDOWN, Figures, Floats, Ints, join_levels, reason_where
from analysis.metrics.kinds import MINUTES_PER_UNIT
from analysis.metrics.periods import PeriodRange
from analysis.metrics.spells import Spell, cohort_sql, period_sql, spell_of, spells_of
from analysis.statistics.intervals import CONFIDENCE, normal_quantile
from analysis.statistics.survival import KaplanMeier, kaplan_meier

MINUTES_PER_DAY = 1440.0
NOT_REACHED = "not reached"
WINDOW_NOT_PASSED = "window not passed"
UNDECIDED_AT_MOST = 0.05
TIE = 1e-9
NO_STEP = 1e-9  # below it, in the card's unit, two equal means differ by how they were added up


@dataclass(frozen=True)
class Measured:
    """One spell in one breakdown and level: its curves, cell by cell, and the share of records that are still
    running."""

    cells: Cells
    curves: KaplanMeier
    n: Floats
    minutes: Ints
    ended: NDArray[np.bool_]
    running: NDArray[np.bool_]
    used: NDArray[np.bool_]

    def known_until(self, horizon: float) -> NDArray[np.bool_]:
        """Which records are fully known within `horizon` minutes: they ended, or were watched so long."""
        return self.used & (self.ended | (self.minutes >= horizon))

    def still_running_share(self, horizon: float) -> Floats:
        """Share of each cell's records that are open at the cut-off and younger than `horizon` minutes."""
        young = self.running & self.used & (self.minutes < horizon)
        counts = np.bincount(self.cells.of_record[young], minlength=self.cells.count)
        return counts / np.where(self.n > 0, self.n, np.nan)


def measure_durations(
    con: duckdb.DuckDBPyConnection, cards: Sequence[MetricCard], *, breakdowns: Sequence[str], periods: PeriodRange
) -> Iterator[tuple[MetricCard, Figures]]:
    """Measure duration cards that share table, time column and view, in one scan of the records of these periods.

    Yields each card's figures, breakdown by breakdown. A cell never reaches beyond its period, so that ranges of
    periods can be measured one after the other in bounded memory.
    """
    spells = list(dict.fromkeys(spell for card in cards for spell in spells_of(card)))
    asked = [name for name in breakdowns if any(name in card.breakdowns for card in cards)]
    sql = (period_sql if cards[0].view == "in_period" else cohort_sql)(cards[0].how, spells, asked, periods)
    records = read_records(con, sql, breakdowns=asked)
    for breakdown in (NO_BREAKDOWN, *asked):
        wanted = [card for card in cards if breakdown in (NO_BREAKDOWN, *card.breakdowns)]
        levels = [assign_cells(records, breakdown, whole_company=whole_company) for whole_company in (False, True)]
        measured = [_measure_spells(records, cells, wanted, spells) for cells in levels]
        for card in wanted:
            yield card, join_levels([_figures_of(card, level) for level in measured])


def measure_curves(con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: PeriodRange) -> pd.DataFrame:
    """Survival curves of these periods on the card's grid, units and company: business_unit, period, time, survival,
    low, high, naive.

    `naive` is what closed records alone would claim to be open still.
    """
    spell = spell_of(card.how)
    records = read_records(con, cohort_sql(card.how, [spell], [], periods), breakdowns=[])
    levels = [assign_cells(records, NO_BREAKDOWN, whole_company=whole_company) for whole_company in (False, True)]
    frames = [_curve_frame(card, _measure_spell(records, cells, 0)) for cells in levels if records.size]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _measure_spells(
    records: Records, cells: Cells, cards: Sequence[MetricCard], spells: Sequence[Spell]
) -> dict[Spell, Measured]:
    needed = dict.fromkeys(spell for card in cards for spell in spells_of(card))
    return {spell: _measure_spell(records, cells, spells.index(spell)) for spell in needed}


def _measure_spell(records: Records, cells: Cells, number: int) -> Measured:
    minutes, ended = records.columns[f"minutes_{number}"], records.columns[f"ended_{number}"]
    entry = records.columns.get(f"entry_{number}")
    used = minutes >= 0
    cell, groups = cells.of_record[used], max(cells.count, 1)
    if entry is None:
        cell_of, time, event, weight = _tally(cell, minutes[used], ended[used])
        running = np.bincount(cell[records.columns[f"running_{number}"][used]], minlength=groups)
        curves = _held(kaplan_meier(time, event, group=cell_of, weight=weight, groups=groups), running=running)
    else:
        seen = watch_until_gap(Watched(cell, minutes[used], ended[used], entry[used]), cells=groups)
        curves = kaplan_meier(seen.time, seen.ended, group=seen.cell, entry=seen.entry, groups=groups)
    n = np.bincount(cell, minlength=groups).astype(float)
    return Measured(cells, curves, n, minutes, ended, records.columns[f"running_{number}"], used)


def _held(curves: KaplanMeier, *, running: Ints) -> KaplanMeier:
    """The curves, those whose last record left without its end (cancelled) held at their last height (Gill 1980).

    Only where nothing is still running, so that no later data can tell more, and where that height leaves no more
    than 5 % of the records undecided: otherwise the figure stays unknown.
    """
    filled = curves.start[1:] > curves.start[:-1]
    height = np.where(filled, np.append(curves.survival, 1.0)[curves.start[1:] - 1], 1.0)
    decided = (running == 0) & (height <= UNDECIDED_AT_MOST + TIE)
    return replace(curves, last_time=np.where(decided, np.inf, curves.last_time))


def _tally(cell: Ints, minutes: Ints, ended: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints, Ints]:
    """The distinct (cell, minutes, ended) in this order, and how many records each stands for: packed into integers,
    which sort fast."""
    width = int(minutes.max(initial=0)) + 1
    keys = np.sort((cell * width + minutes) * 2 + ended)
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]][: keys.size])
    weight = np.diff(np.r_[starts, keys.size])
    moment, event = np.divmod(keys[starts], 2)
    return moment // width, moment % width, event, weight


def _figures_of(card: MetricCard, measured: dict[Spell, Measured]) -> Figures:
    how = card.how
    own = measured[spell_of(how)]
    present = np.flatnonzero(own.n > 0)
    value, low, high, se = (part[present] for part in _statistic(card, measured))
    horizon = np.inf if how.statistic == "quantile" else how.at * MINUTES_PER_DAY
    running = np.zeros(1) if card.view == "in_period" else own.still_running_share(horizon)[present]
    reason = reason_where(np.isnan(value), NOT_REACHED if how.statistic == "quantile" else WINDOW_NOT_PASSED)
    return own.cells.figures(
        present,
        reason=reason,
        n=own.n[present],
        value=value,
        low=low,
        high=high,
        se=se,
        immature_share=np.broadcast_to(running, present.shape),
    )


def _statistic(card: MetricCard, measured: dict[Spell, Measured]) -> tuple[Floats, Floats, Floats, Floats]:
    """Value, interval and standard error of every cell, in the card's unit."""
    how = card.how
    own = measured[spell_of(how)]
    if how.statistic == "probability_by":
        estimate = own.curves.probability_by(how.at * MINUTES_PER_DAY)
        return tuple(part * 100 for part in estimate)  # type: ignore[return-value]
    scale = 1 / MINUTES_PER_UNIT[card.unit]
    if how.statistic == "quantile":
        value, low, high = (part * scale for part in own.curves.quantile(how.at))
        return value, low, high, (high - low) / (2 * normal_quantile(CONFIDENCE))
    horizon = how.at * MINUTES_PER_DAY
    mean = own.curves.restricted_mean(horizon)
    if how.statistic == "restricted_mean":
        return tuple(part * scale for part in mean)  # type: ignore[return-value]
    before = measured[spell_of(how, end=how.after)]
    step = (mean.value - before.curves.restricted_mean(horizon).value) * scale
    step = np.where(np.abs(step) < NO_STEP, 0.0, step)
    se = _step_se(own, before, horizon) * scale
    reach = normal_quantile(CONFIDENCE) * se
    return step, step - reach, step + reach, se


def _step_se(own: Measured, before: Measured, horizon: float) -> Floats:
    """Standard error of a step's mean from the records whose part within the horizon is fully known (both milestones,
    or watched so long)."""
    last, first = np.minimum(own.minutes, horizon), np.minimum(before.minutes, horizon)
    known = own.known_until(horizon) & before.known_until(horizon)
    cell, part = own.cells.of_record[known], (last - first)[known]
    n = np.bincount(cell, minlength=own.cells.count)
    total, squares = (np.bincount(cell, weights=part**power, minlength=own.cells.count) for power in (1, 2))
    enough = n > 1
    safe = np.where(enough, n, 2)
    variance = np.maximum(squares - total**2 / safe, 0.0) / (safe - 1)
    return np.where(enough, np.sqrt(variance / safe), np.nan)


def _curve_frame(card: MetricCard, measured: Measured) -> pd.DataFrame:
    curve = card.how.curve or {}
    grid = np.arange(0, curve["to"] + curve["step"] / 2, curve["step"])
    minutes = grid * MINUTES_PER_UNIT[card.unit]
    present = np.flatnonzero(measured.curves.n > 0)
    closed = measured.used & measured.ended
    naive = kaplan_meier(
        measured.minutes[closed],
        np.ones(closed.sum()),
        group=measured.cells.of_record[closed],
        groups=max(measured.cells.count, 1),
    )
    curves, claimed = measured.curves.curve(minutes), naive.curve(minutes)
    cells = measured.cells.figures(np.repeat(present, grid.size))
    return pd.DataFrame(
        {
            "metric": curve["name"],
            "business_unit": cells.unit.texts,
            "period": cells.period,
            "time": np.tile(grid, present.size),
            **{name: getattr(curves, name)[present].ravel() for name in ("survival", "low", "high")},
            "naive": claimed.survival[present].ravel(),
        }
    )
