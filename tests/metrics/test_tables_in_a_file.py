"""The measured tables of many orders lie in a file instead of memory: the figures are the same and nothing is left."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from analysis.metrics import measure as measuring
from analysis.metrics import tables_in_a_file
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.store import Store

CUTOFF = "2025-07-05 23:59:59"
METRICS = [
    *("orders_submitted", "visits_per_order", "repair_cycle_median", "backlog", "conformance_rate"),
    *("first_time_fix_rate", "technician_fix_gap", "stage_share_repair", "repair_cycle_median_in_period"),
]


@pytest.fixture
def cards() -> Catalogue:
    whole = read_catalogue()
    return Catalogue({name: whole[name] for name in METRICS})


@pytest.fixture
def store(write_store: Callable[..., Store], business: dict[str, pd.DataFrame]) -> Store:
    return write_store(business, cutoff=CUTOFF)


@pytest.fixture
def in_a_file(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every order is one too many for memory; the files that are attached."""
    attached: list[Path] = []

    def attach(con: duckdb.DuckDBPyConnection, file: Path | None) -> str | None:
        assert file is not None
        attached.append(file)
        return tables_in_a_file.attach(con, file)

    monkeypatch.setattr(tables_in_a_file, "ROWS_IN_MEMORY", 0)
    monkeypatch.setattr(measuring, "attach", attach)
    return attached


def test_tables_in_a_file_give_the_figures_that_tables_in_memory_give(
    store: Store, cards: Catalogue, tmp_path: Path, request: pytest.FixtureRequest
):
    before = measuring.measure(store, cards, out=tmp_path / "memory")
    files = request.getfixturevalue("in_a_file")
    after = measuring.measure(store, cards, out=tmp_path / "file")

    assert files
    assert set(before.read()["metric"]) == set(METRICS)
    pd.testing.assert_frame_equal(after.read(), before.read(), check_exact=True)
    pd.testing.assert_frame_equal(after.curves(), before.curves(), check_exact=True)


def test_the_tables_do_lie_in_the_file_while_it_is_measured(
    store: Store, cards: Catalogue, tmp_path: Path, in_a_file: list[Path], monkeypatch: pytest.MonkeyPatch
):
    there: list[str] = []
    read_beginnings = measuring.read_beginnings

    def look(con: duckdb.DuckDBPyConnection, **given: Any) -> Any:
        there.extend(row[0] for row in con.execute("SELECT database_name FROM duckdb_tables()").fetchall())
        return read_beginnings(con, **given)

    monkeypatch.setattr(measuring, "read_beginnings", look)
    measuring.measure(store, cards, out=tmp_path / "out")

    assert there.count(tables_in_a_file.SCHEMA) > 5
    assert set(there) == {tables_in_a_file.SCHEMA}


def test_nothing_is_left_of_the_file_after_measuring(
    store: Store, cards: Catalogue, tmp_path: Path, in_a_file: list[Path]
):
    measuring.measure(store, cards, out=tmp_path / "out")

    assert in_a_file
    assert not (store.path / "tmp").exists()


def test_nothing_is_left_of_the_file_after_measuring_failed(
    store: Store, cards: Catalogue, tmp_path: Path, in_a_file: list[Path], monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no room is left on the disk")

    monkeypatch.setattr(measuring, "collect_rows", fail)
    with pytest.raises(OSError, match="no room"):
        measuring.measure(store, cards, out=tmp_path / "out")

    assert in_a_file
    assert not list((store.path / "tmp").glob("*"))


def test_what_a_killed_measuring_left_is_taken_away_by_the_next(store: Store, cards: Catalogue, tmp_path: Path):
    left = store.path / "tmp" / "measured-killed"
    left.mkdir(parents=True)
    (left / "held").touch()
    (left / "tables.duckdb").write_bytes(b"half")
    measuring.measure(store, cards, out=tmp_path / "out")

    assert not (store.path / "tmp").exists()


def test_the_file_of_a_living_measuring_is_left_alone(
    store: Store, cards: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tables_in_a_file, "ROWS_IN_MEMORY", 0)
    with tables_in_a_file.room_for_tables(store) as file:
        assert file is not None
        file.write_text("another's")
        measuring.measure(store, cards, out=tmp_path / "out")
        assert file.read_text() == "another's"


def test_an_apostrophe_in_the_store_s_path_is_part_of_its_name(
    store: Store, cards: Catalogue, tmp_path: Path, in_a_file: list[Path]
):
    shutil.move(store.path, moved := tmp_path / "O'Brien's")
    measuring.measure(Store(moved), cards, out=tmp_path / "out")

    assert in_a_file[0].is_relative_to(moved)
