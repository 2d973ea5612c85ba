"""A store is finished or not there; nothing changed, nothing done; what changed gives a new store beside the old."""

import io
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.faults import UserFault
from analysis.intake import intake, sources
from analysis.intake.folders import building_folder

META = "data_cutoff_at\n2024-02-01T00:00:00\n"
HEAD = "work_order_id,business_unit,submitted_at,status\n"
FILES = {"meta.csv": META, "work_orders.csv": HEAD + "1,U01,2024-01-01,open\n"}


def test_an_unchanged_source_is_not_built_again(load, monkeypatch):
    first = load(FILES)
    before = {file: file.stat().st_mtime_ns for file in first.path.rglob("*")}
    monkeypatch.setattr("analysis.intake.build_store", lambda *_, **__: pytest.fail("built again"))
    second = load(FILES)

    assert second.path == first.path
    assert {file: file.stat().st_mtime_ns for file in first.path.rglob("*")} == before


def test_a_changed_source_mapping_or_description_gives_another_store(load):
    first = load(FILES)
    corrected = load({**FILES, "work_orders.csv": HEAD + "1,U01,2024-01-02,open\n"})
    described = load(FILES, units="units: {U01: {name: North}}")

    assert len({first.path, corrected.path, described.path}) == 3
    assert first.records("work_orders", "U01")["submitted_at"].dt.day.tolist() == [1]


def test_after_an_error_nothing_is_left_behind(load, tmp_path):
    with pytest.raises(UserFault):
        load({"meta.csv": META, "work_orders.csv": HEAD + "1,all,2024-01-01,open\n"})

    assert [path.name for path in (tmp_path / "stores").iterdir()] == ["checksums.json"]


def test_nothing_temporary_is_left_in_a_store(load):
    names = {path.name for path in load(FILES).path.iterdir()}

    assert names == {"manifest.json", "tables"}


def test_what_a_dead_process_left_half_built_is_cleared(tmp_path, load):
    dead = "import os, sys; from pathlib import Path; from analysis.intake.folders import building_folder\n"
    dead += "with building_folder(Path(sys.argv[1])) as folder:\n    (folder / 'half').touch(); os._exit(9)"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", dead, str(tmp_path / "stores" / "abc")], cwd=root, check=False)
    assert [path.name for path in (tmp_path / "stores").glob(".building-*/half")]
    load(FILES)

    assert not list((tmp_path / "stores").glob(".building-*"))


def test_what_a_living_process_builds_is_left_alone(tmp_path):
    with building_folder(tmp_path / "one") as first:
        (first / "half").touch()
        with building_folder(tmp_path / "two") as second:
            (second / "manifest.json").touch()
        assert (first / "half").exists()
    assert (tmp_path / "two" / "manifest.json").exists()


def test_whoever_finishes_first_wins(tmp_path):
    target = tmp_path / "same"
    with building_folder(target) as mine:
        (mine / "manifest.json").write_text("mine")
        target.mkdir()
        (target / "manifest.json").write_text("theirs")

    assert (target / "manifest.json").read_text() == "theirs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["same"]


def test_a_source_that_grows_while_it_is_read_is_refused(load, monkeypatch):
    opened = sources.open_content

    def open_and_grow(content, reading, *, temp):
        origin = opened(content, reading, temp=temp)
        with content.file.path.open("a") as stream:
            stream.write("2,U01,2024-01-02,open\n")
        return origin

    monkeypatch.setattr("analysis.intake.keeping.open_content", open_and_grow)
    with pytest.raises(
        UserFault, match=r"work_orders\.csv: changed while it was read; wait until it is complete and run again"
    ):
        load(FILES)


def test_the_source_is_never_written_to(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "work_orders.csv").write_bytes((HEAD + "1,U01,2024-01-01,open\x00\n").encode("utf-16"))
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    os.chmod(source, 0o500)
    intake(str(source), mapping=None, params=tmp_path, store_root=tmp_path / "stores")
    os.chmod(source, 0o700)

    assert {path.name: path.read_bytes() for path in source.iterdir()} == before


def test_a_single_file_is_a_source(tmp_path):
    file = tmp_path / "work_orders.csv"
    file.write_text(HEAD + "1,U01,2024-01-01,open\n")
    store = intake(str(file), mapping=None, params=tmp_path, store_root=tmp_path / "stores")

    assert store.business_units == ["U01"]
    assert store.manifest["sources"][0]["rows"] == 1


def test_progress_is_told_in_words(tmp_path):
    file = tmp_path / "work_orders.csv"
    file.write_text(HEAD + "1,U01,2024-01-01,open\n")
    said: list[str] = []
    intake(str(file), mapping=None, params=tmp_path, store_root=tmp_path / "stores", report_progress=said.append)

    assert said == ["check what changed", "open work_orders.csv", "load work_orders", "count"]


def test_rows_that_come_in_another_order_give_the_same_store_to_the_byte(load):
    orders = [f"{n},U0{n % 3},2024-01-{1 + n % 28:02},open\n" for n in range(400)]
    costs = [f"{n},U0{n % 3},2024-01-0{1 + n % 9},parts,{n / 7:.2f}\n" for n in range(400)]
    found = []
    for step in (1, -1):
        cost_head = "cost_id,business_unit,incurred_on,cost_type,amount\n"
        files = {"work_orders.csv": HEAD + "".join(orders[::step]), "costs.csv": cost_head + "".join(costs[::step])}
        store = load({"meta.csv": META, **files})
        tables = store.path / "tables"
        found.append({file.relative_to(tables): file.read_bytes() for file in sorted(tables.rglob("*.parquet"))})

    assert found[0] == found[1]
    assert store.records("costs", "U01")["cost_id"].tolist() == sorted(str(n) for n in range(400) if n % 3 == 1)


def test_typed_rows_give_the_same_store_as_text_to_the_byte(load):
    columns = {"business_unit": ["U01", "U02"], "name": ["North", "South"], "opened_on": ["2020-01-01", "2021-05-01"]}
    text = "business_unit,name,opened_on\n" + "".join(
        ",".join(row) + "\n" for row in zip(*columns.values(), strict=True)
    )
    typed = pa.table(columns | {"opened_on": pa.array(map(date.fromisoformat, columns["opened_on"]))})
    stream = io.BytesIO()
    pq.write_table(typed, stream)
    found = [
        (load(FILES | told).path / "tables" / "business_units" / "data.parquet").read_bytes()
        for told in ({"business_units.csv": text}, {"business_units.parquet": stream.getvalue()})
    ]

    assert found[0] == found[1]
