"""The Kaplan–Meier curves of every cell of a stretch of records: spell by spell, breakdown by breakdown, for the units
and for the company.

Records that share cell, minutes and end are counted once (a tally). Tallies add up: those of breakdowns with few
segments follow from one tally by all of them together, those of the company from the units'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.metrics.cells import Cells, Records, assign_cells, few_together
from analysis.metrics.delayed_entry import Watched, watch_until_gap
from analysis.metrics.figures import NO_BREAKDOWN, Floats, Ints
from analysis.metrics.spells import Spell
from analysis.statistics.survival import KaplanMeier, kaplan_meier

UNDECIDED_AT_MOST = 0.05
TIE = 1e-9

Flags = NDArray[np.bool_]


class Tally(NamedTuple):
    """How many records share cell, minutes and end; in this order."""

    cell: Ints
    minutes: Ints
    ended: Flags
    weight: Ints


class Sums(NamedTuple):
    """Of a figure of some records, by cell: how many, their sum and the sum of their squares."""

    n: Floats
    total: Floats
    squares: Floats


@dataclass(frozen=True)
class SpellRecords:
    """One spell of N records: minutes, whether they ended, which are known at all and which are open at the cut-off;
    `entry` where they came under observation late."""

    minutes: Ints
    ended: Flags
    used: Ints
    running: Ints
    entry: Ints | None

    def known_until(self, horizon: float) -> Flags:
        """Which records are fully known within `horizon` minutes: they ended, or were watched so long."""
        return (self.minutes >= 0) & (self.ended | (self.minutes >= horizon))


@dataclass(frozen=True)
class Measured:
    """One spell in one breakdown and level: its curves and number of records, cell by cell."""

    cells: Cells
    spell: SpellRecords
    curves: KaplanMeier
    n: Floats

    def still_running_share(self, horizon: float) -> Floats:
        """Share of each cell's records that are open at the cut-off and younger than `horizon` minutes."""
        young = self.spell.running[self.spell.minutes[self.spell.running] < horizon]
        counts = np.bincount(self.cells.of(young), minlength=self.cells.count)
        return counts / np.where(self.n > 0, self.n, np.nan)


class CellCurves:
    """The curves of a stretch of records, worked out as they are asked for."""

    def __init__(self, records: Records, spells: Sequence[Spell], breakdowns: Sequence[str]) -> None:
        self._records = records
        self._number = {spell: number for number, spell in enumerate(spells)}
        self._size = {name: records.segments[name].labels.size for name in breakdowns}
        cells = assign_cells(records, NO_BREAKDOWN, whole_company=False).count
        self._few = few_together(self._size, cells=cells, records=records.size)
        self._spells: dict[Spell, SpellRecords] = {}
        self._tallies: dict[tuple[Spell, str], Tally] = {}
        self._measured: dict[tuple[Spell, str, bool], Measured] = {}

    def spell(self, spell: Spell) -> SpellRecords:
        """The records' times of a spell."""
        if spell not in self._spells:
            number, columns = self._number[spell], self._records.columns
            minutes, entry = columns[f"minutes_{number}"], columns.get(f"entry_{number}")
            used, running = minutes >= 0, columns[f"running_{number}"]
            self._spells[spell] = SpellRecords(
                minutes, columns[f"ended_{number}"], np.flatnonzero(used), np.flatnonzero(used & running), entry
            )
        return self._spells[spell]

    def measured(self, spell: Spell, breakdown: str, *, whole_company: bool) -> Measured:
        """A spell's curves of each cell."""
        key = (spell, breakdown, whole_company)
        if key not in self._measured:
            cells, told = assign_cells(self._records, breakdown, whole_company=whole_company), self.spell(spell)
            self._measured[key] = self._tallied(spell, cells) if told.entry is None else _entered_late(told, cells)
        return self._measured[key]

    def forget(self) -> None:
        """Let go of what one breakdown was measured with; the tallies that others follow from stay."""
        self._measured.clear()
        self._tallies = {key: kept for key, kept in self._tallies.items() if key[1] == NO_BREAKDOWN}

    def sums(self, figure: Floats, rows: Ints, breakdown: str, *, whole_company: bool) -> Sums:
        """Whole numbers that some records (`rows`) have, added up by cell."""
        cells = assign_cells(self._records, breakdown, whole_company=whole_company)
        fine = self._fine(breakdown, rows)
        by_cell = [np.bincount(fine, weights=weights) for weights in (None, figure, figure**2)]
        there = np.flatnonzero(by_cell[0])
        place = self._coarse(there, cells)
        n, total, squares = (
            np.bincount(place, weights=part[there], minlength=cells.count).astype(float) for part in by_cell
        )
        return Sums(n, total, squares)

    def _tallied(self, spell: Spell, cells: Cells) -> Measured:
        told = self.spell(spell)
        key = (spell, NO_BREAKDOWN if cells.breakdown in self._few else cells.breakdown)
        if key not in self._tallies:
            fine = self._fine(cells.breakdown, told.used)
            self._tallies[key] = tally(fine, told.minutes[told.used], told.ended[told.used])
        fine_tally = self._tallies[key]
        cell = self._coarse(fine_tally.cell, cells)
        found = fine_tally if cell is fine_tally.cell else tally(cell, *fine_tally[1:])
        running = np.bincount(cells.of(told.running), minlength=cells.count)
        groups = max(cells.count, 1)
        curves = kaplan_meier(found.minutes, found.ended, group=found.cell, weight=found.weight, groups=groups)
        n = np.bincount(found.cell, weights=found.weight, minlength=groups).astype(float)
        return Measured(cells, told, _held(curves, running=running), n)

    def _fine(self, breakdown: str, rows: Ints) -> Ints:
        """The cells of units, of the breakdown or of all those with few segments together."""
        if breakdown not in (NO_BREAKDOWN, *self._few):
            return assign_cells(self._records, breakdown, whole_company=False).of(rows)
        cell = assign_cells(self._records, NO_BREAKDOWN, whole_company=False).of(rows)
        for name in self._few:
            cell = cell * self._size[name] + self._records.segments[name].codes[rows]
        return cell

    def _coarse(self, fine: Ints, cells: Cells) -> Ints:
        """The breakdown's cell of each fine one."""
        found = fine
        if cells.breakdown in (NO_BREAKDOWN, *self._few):
            segment = np.zeros_like(fine)
            for name in reversed(self._few):
                if self._size[name] == 1:
                    continue
                found, code = np.divmod(found, self._size[name])
                if name == cells.breakdown:
                    segment = code
            if found is not fine and cells.segments.size > 1:
                found = found * cells.segments.size + segment
        return cells.of_units(found) if cells.whole_company else found


def tally(cell: Ints, minutes: Ints, ended: Flags, weight: Ints | None = None) -> Tally:
    """The distinct (cell, minutes, ended) in this order, and how many records each stands for: packed into integers,
    which sort fast."""
    width = int(minutes.max(initial=0)) + 1
    keys = (cell * width + minutes) * 2 + ended
    if weight is None:
        keys = np.sort(keys)
    else:
        order = np.argsort(keys)
        keys, weight = keys[order], weight[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]][: keys.size])
    if weight is None:
        weight = np.diff(np.r_[starts, keys.size])
    else:
        weight = np.add.reduceat(weight, starts) if starts.size else weight
    moment, event = np.divmod(keys[starts], 2)
    return Tally(*np.divmod(moment, width), event.astype(bool), weight)


def _entered_late(told: SpellRecords, cells: Cells) -> Measured:
    groups = max(cells.count, 1)
    cell, entry = cells.of(told.used), (told.entry if told.entry is not None else told.minutes)[told.used]
    seen = watch_until_gap(Watched(cell, told.minutes[told.used], told.ended[told.used], entry), cells=groups)
    curves = kaplan_meier(seen.time, seen.ended, group=seen.cell, entry=seen.entry, groups=groups)
    return Measured(cells, told, curves, np.bincount(cell, minlength=groups).astype(float))


def _held(curves: KaplanMeier, *, running: Ints) -> KaplanMeier:
    """The curves, those whose last record left without its end (cancelled) held at their last height (Gill 1980).

    Only where nothing is still running, so that no later data can tell more, and where that height leaves no more
    than 5 % of the records undecided: otherwise the figure stays unknown.
    """
    filled = curves.start[1:] > curves.start[:-1]
    height = np.where(filled, np.append(curves.survival, 1.0)[curves.start[1:] - 1], 1.0)
    decided = (running == 0) & (height <= UNDECIDED_AT_MOST + TIE)
    return replace(curves, last_time=np.where(decided, np.inf, curves.last_time))
