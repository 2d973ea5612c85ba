"""The comparison by the number of work orders: what it keeps where a run was cut short, and what it makes of it."""

import json
from pathlib import Path

import pytest

from analysis.reporting import fingerprints
from benchmarks.scale import measure
from benchmarks.scale_size import FOUND, STEPS, check_room, kept, ratios, told

COST = {"cpu": 4.0, "wall": 5.0, "peak_mib": 300.0}
DONE = {
    "copy": COST,
    "steps": {"intake": {**COST, "cpu": 8.0}, "measure": {**COST, "cpu": 20.0, "peak_mib": 900.4}, "evaluate": COST},
    "reports": [{"cpu": cpu, "wall": 2 * cpu, "peak_mib": 200.0} for cpu in (3.0, 9.0, 4.0)],
    "csv_megabytes": 178,
    "machine": {"cores": 2},
}


def write(folder: Path, found: dict) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FOUND).write_text(json.dumps(found))
    return folder


def test_intake_and_measuring_are_divided_by_the_bare_copy() -> None:
    told = ratios({"intake": 12.0, "measure": 6.0, "evaluate": 99.0}, copy_cpu=6.0)
    assert told == {"ratio_to_copy_cpu": 3.0, "intake_to_copy_cpu": 2.0, "measure_to_copy_cpu": 1.0}


def test_a_size_has_the_peak_of_its_steepest_step_and_the_middle_of_its_reports() -> None:
    found = told(1_000_000, DONE)
    assert (found["peak_mib"], found["report_cpu"], found["report_wall"]) == (900, 4.0, 8.0)
    assert found["ratio_to_copy_cpu"] == 7.0


def test_what_is_done_is_told_again_without_a_step_and_its_data_leave(tmp_path: Path) -> None:
    home = write(tmp_path / "1000", {"code": fingerprints.of_code(""), **DONE})
    (home / "store").mkdir()
    found = measure([1000], work=tmp_path)
    assert [(size["orders"], size["measure_to_copy_cpu"]) for size in found["sizes"]] == [(1000, 5.0)]
    assert found["machine"] == {"cores": 2}
    assert sorted(file.name for file in home.iterdir()) == [FOUND]


def test_of_what_other_code_found_only_the_copy_stays(tmp_path: Path) -> None:
    home = write(tmp_path, {"code": "another", **DONE})
    (home / "store").mkdir()
    (home / STEPS).write_text("{}")
    assert kept(home, code="this") == {"code": "this", "copy": COST}
    assert sorted(file.name for file in home.iterdir()) == [FOUND]


def test_a_size_that_the_disk_does_not_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="GB needed"):
        check_room(10**15, tmp_path)
