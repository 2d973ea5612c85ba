"""How far a period view can know its curve: up to the first age at which nobody is left although others enter later."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.metrics.delayed_entry import Watched, watch_until_gap


def watched(*rows: tuple[int, int, int, int]) -> Watched:
    """Rows of (cell, entry, time, ended)."""
    cell, entry, time, ended = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Watched(cell, time, ended.astype(bool), entry)


def rows_of(records: Watched) -> list[tuple[int, int, int, int]]:
    columns = (records.cell, records.entry, records.time, records.ended.astype(int))
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_records_without_a_gap_are_left_as_they_are():
    records = watched((0, -1, 5, 1), (0, 3, 9, 0), (0, 8, 20, 1))
    assert rows_of(watch_until_gap(records, cells=1)) == rows_of(records)


def test_the_curve_ends_where_the_last_record_leaves_and_older_ones_enter_later():
    # Nobody is watched between 5 and 8: the order that ended at 5 counts as open there, what enters at 8 is not used.
    records = watched((0, -1, 3, 1), (0, -1, 5, 1), (0, 8, 20, 1))
    assert rows_of(watch_until_gap(records, cells=1)) == [(0, -1, 3, 1), (0, -1, 5, 0)]


def test_a_cell_that_nobody_entered_at_the_beginning_has_no_curve():
    assert rows_of(watch_until_gap(watched((0, 4, 9, 1), (1, -1, 2, 1)), cells=2)) == [(1, -1, 2, 1)]


def test_a_gap_in_one_cell_does_not_cut_another():
    records = watched((0, -1, 5, 1), (0, 9, 12, 1), (1, -1, 30, 1), (1, 9, 12, 1))
    assert rows_of(watch_until_gap(records, cells=2)) == [(0, -1, 5, 0), (1, -1, 30, 1), (1, 9, 12, 1)]


def test_no_records_give_no_records():
    empty = np.zeros(0, dtype=np.int64)
    assert watch_until_gap(Watched(empty, empty, empty.astype(bool), empty), cells=3).cell.size == 0


record = st.tuples(st.integers(0, 2), st.integers(-1, 12), st.integers(0, 8), st.integers(0, 1))


@settings(max_examples=150, deadline=None)
@given(st.lists(record, min_size=1, max_size=12))
def test_it_agrees_with_walking_from_minute_to_minute(drawn: list[tuple[int, int, int, int]]):
    rows = [(cell, entry, entry + 1 + length, ended) for cell, entry, length, ended in drawn]
    expected = []
    for cell in range(3):
        own = [row for row in rows if row[0] == cell]
        limit = None
        for minute in range(-1, 30):
            stays = any(entry < minute < time for _, entry, time, _ in own)
            begins = any(entry == -1 for _, entry, _, _ in own) if minute == -1 else stays
            later = any(entry >= minute for _, entry, _, _ in own if entry >= 0 or minute >= 0)
            if not begins and later and (minute >= 0 or own):
                limit = minute
                break
        for _, entry, time, ended in own:
            if limit is None:
                expected.append((cell, entry, time, ended))
            elif entry < limit:
                expected.append((cell, entry, min(time, limit), ended if time < limit else 0))
    assert rows_of(watch_until_gap(watched(*rows), cells=3)) == sorted(expected)
