"""Records that come under observation late: how far a curve can be known when now and then nobody is watched.

A curve is known up to the age at which the records at risk first run out; what enters after that belongs to no known
level. The step at that very age rests on the last records only and is left out too: they count as open there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Watched:
    """N records as far as their cell's curve is known: cell, time, ended, entry (exclusive; −1 from the beginning)."""

    cell: Ints
    time: Ints
    ended: Flags
    entry: Ints


def watch_until_gap(records: Watched, *, cells: int) -> Watched:
    """The records of cells 0 … cells − 1, cut at the first age at which nobody of their cell is left but others enter.

    A cell of which nobody is watched from the beginning has no known curve and loses all its records.
    """
    order = np.lexsort((records.entry, records.cell))
    cell, time, entry, ended = records.cell[order], records.time[order], records.entry[order], records.ended[order]
    width = int(time.max(initial=0)) + 2
    reached = np.maximum.accumulate(cell * width + time + 1) - cell * width - 1  # last age watched so far in the cell
    first = np.r_[True, cell[1:] != cell[:-1]][: cell.size]
    before = np.where(first, -1, np.r_[-1, reached[:-1]][: cell.size])
    gap = (entry >= before) & ~(first & (entry < 0))
    limit = np.full(cells, np.iinfo(np.int64).max)
    np.minimum.at(limit, cell[gap], before[gap])
    ends_at = limit[cell]
    kept = entry < ends_at
    cut = time >= ends_at
    return Watched(cell[kept], np.minimum(time, ends_at)[kept], (ended & ~cut)[kept], entry[kept])
