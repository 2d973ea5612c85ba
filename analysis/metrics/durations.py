"""How long things take: spells from start to end, open ones censored, measured by Kaplan–Meier for every cell at once.

A cohort holds the records of the period (by the card's `time`); a period view holds every record that was open during
the period, from the age at which it entered it. Records that ended for another reason are censored when they left.
Nothing open is dropped.
"""

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.cell_curves import CellCurves, Measured, tally
from analysis.metrics.cells import read_records
from analysis.metrics.figures import NO_BREAKDOWN, Figures, Floats, join_levels, reason_where
from analysis.metrics.kinds import MINUTES_PER_UNIT
from analysis.metrics.periods import PeriodRange
from analysis.metrics.spells import cohort_sql, period_sql, spell_of, spells_of
from analysis.statistics.intervals import CONFIDENCE, normal_quantile
from analysis.statistics.survival import kaplan_meier

MINUTES_PER_DAY = 1440.0
NOT_REACHED = "not reached"
WINDOW_NOT_PASSED = "window not passed"
NO_STEP = 1e-9  # below it, in the card's unit, two equal means differ by how they were added up


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
    curves = CellCurves(records, spells, asked)
    whole: dict[str, Figures] = {}
    for breakdown in (NO_BREAKDOWN, *asked):
        for card in cards:
            if breakdown == NO_BREAKDOWN:
                whole[card.id] = join_levels([_figures_of(card, curves, breakdown, level) for level in (False, True)])
                yield card, whole[card.id]
            elif breakdown in card.breakdowns and records.segments[breakdown].labels.size == 1:
                yield card, whole[card.id].as_segment(breakdown, records.segments[breakdown].labels[0])
            elif breakdown in card.breakdowns:
                yield card, join_levels([_figures_of(card, curves, breakdown, level) for level in (False, True)])
        curves.forget()


def measure_curves(con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: PeriodRange) -> pd.DataFrame:
    """Survival curves of these periods on the card's grid, units and company: business_unit, period, time, survival,
    low, high, naive.

    `naive` is what closed records alone would claim to be open still.
    """
    spell = spell_of(card.how)
    records = read_records(con, cohort_sql(card.how, [spell], [], periods), breakdowns=[])
    curves, levels = CellCurves(records, [spell], []), ((False, True) if records.size else ())
    frames = [_curve_frame(card, curves.measured(spell, NO_BREAKDOWN, whole_company=level)) for level in levels]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _figures_of(card: MetricCard, curves: CellCurves, breakdown: str, whole_company: bool) -> Figures:
    how = card.how
    own = curves.measured(spell_of(how), breakdown, whole_company=whole_company)
    present = np.flatnonzero(own.n > 0)
    value, low, high, se = (part[present] for part in _statistic(card, own, curves))
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


def _statistic(card: MetricCard, own: Measured, curves: CellCurves) -> tuple[Floats, Floats, Floats, Floats]:
    """Value, interval and standard error of every cell, in the card's unit."""
    how = card.how
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
    where = {"breakdown": own.cells.breakdown, "whole_company": own.cells.whole_company}
    before = curves.measured(spell_of(how, end=how.after), **where)
    step = (mean.value - before.curves.restricted_mean(horizon).value) * scale
    step = np.where(np.abs(step) < NO_STEP, 0.0, step)
    se = _step_se(own, before, horizon, curves) * scale
    reach = normal_quantile(CONFIDENCE) * se
    return step, step - reach, step + reach, se


def _step_se(own: Measured, before: Measured, horizon: float, curves: CellCurves) -> Floats:
    """Standard error of a step's mean from the records whose part within the horizon is fully known (both milestones,
    or watched so long)."""
    rows = np.flatnonzero(own.spell.known_until(horizon) & before.spell.known_until(horizon))
    part = np.minimum(own.spell.minutes[rows], horizon) - np.minimum(before.spell.minutes[rows], horizon)
    n, total, squares = curves.sums(part, rows, own.cells.breakdown, whole_company=own.cells.whole_company)
    enough = n > 1
    safe = np.where(enough, n, 2)
    variance = np.maximum(squares - total**2 / safe, 0.0) / (safe - 1)
    return np.where(enough, np.sqrt(variance / safe), np.nan)


def _curve_frame(card: MetricCard, measured: Measured) -> pd.DataFrame:
    curve = card.how.curve or {}
    grid = np.arange(0, curve["to"] + curve["step"] / 2, curve["step"])
    minutes = grid * MINUTES_PER_UNIT[card.unit]
    present = np.flatnonzero(measured.curves.n > 0)
    told = measured.spell
    closed = told.used[told.ended[told.used]]
    done = tally(measured.cells.of(closed), told.minutes[closed], told.ended[closed])
    groups = max(measured.cells.count, 1)
    naive = kaplan_meier(done.minutes, done.ended, group=done.cell, weight=done.weight, groups=groups)
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
