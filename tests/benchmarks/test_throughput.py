"""The comparison of ways to render: its ratios, its refusal to compare what is not the same, its names."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.costs import ROOT, Cost, descendants
from benchmarks.jobs import as_run, spread
from benchmarks.throughput import (
    DONE,
    LANES,
    ORDER,
    OTHERS,
    Made,
    count,
    done,
    ratios,
    refuse_unequal,
    summary,
)

NAMES = {
    "ratio_to_commands_cpu",
    "ratio_to_commands_wall",
    "ratio_to_api_cpu",
    "ratio_to_floor_cpu",
    "rerun_share_cpu",
}
COSTS = {
    "commands": Cost(cpu=120.0, wall=66.0),
    "api": Cost(cpu=90.0, wall=50.0),
    "suite": Cost(cpu=20.0, wall=11.0),
    "floor": Cost(cpu=16.0, wall=16.5),
    "rerun": Cost(cpu=0.3, wall=0.4),
}
NOTEBOOKS = ROOT / "notebooks"
BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_what_others_take_is_divided_by_the_suites_and_the_suites_by_the_floors() -> None:
    assert ratios(COSTS) == {
        "ratio_to_commands_cpu": 6.0,
        "ratio_to_commands_wall": 6.0,
        "ratio_to_api_cpu": 4.5,
        "ratio_to_floor_cpu": 1.25,
        "rerun_share_cpu": 0.015,
    }


def test_the_json_has_the_names_that_the_goals_are_held_to() -> None:
    assert set(ratios(COSTS)) == NAMES


def stages(**pages: int) -> dict[str, dict]:
    """What a run of two reports leaves behind, each lane's two halves of one page and nine figures."""
    made = {
        f"{lane} {half}": {
            "costs": {lane: {"cpu": 5.0, "wall": 3.0}},
            "made": {lane: {"pages": pages.get(lane, 1), "figures": 9}},
            "pages": [{"report": "process.U01", "cpu": 0.012, "bytes": 90_000}] if lane == "floor" else [],
        }
        for lane in OTHERS
        for half in (0, 1)
    }
    suite = {"costs": {"suite": {"cpu": 4.0, "wall": 2.0}}, "made": {"suite": {"pages": 2, "figures": 18}}}
    rerun = {"costs": {"rerun": {"cpu": 0.1, "wall": 0.1}}}
    parts = {"costs": {}, "whole": {"cpu": [3.0, 3.0], "rerun_cpu": 0.05, "all_reports": 18}}
    family = {"costs": {}, "memory": {"worker_and_kernel_mib": 200}}
    return {**made, "suite": suite, "rerun": rerun, "family": family, "parts": parts}


def test_all_stages_together_are_one_result() -> None:
    found = summary(stages(), reports=2, workers=2)
    assert found["ratio_to_commands_cpu"] == 2.5
    assert found["ratio_to_floor_cpu"] == 0.4
    assert found["figures"] == 18
    assert found["page_conversion_ms_median"] == 12.0
    assert found["worker_and_kernel_mib"] == 200
    assert (found["suite_report_cpu"], found["suite_start_cpu"]) == (1.0, 2.0)
    assert found["reckoned_to_commands_cpu"] == 4.5  # 18 reports at 5 s each, against 2 s and 18 at 1 s
    assert found["reckoned_rerun_share_cpu"] == 0.045  # 0.1 s, and 0.05 s for each of 16 more
    assert {*NAMES, "reports", "lanes", "machine"} <= set(found)
    json.dumps(found, allow_nan=False)


def test_a_result_of_lanes_that_differ_is_refused() -> None:
    with pytest.raises(SystemExit, match="api: 4 pages"):
        summary(stages(api=2), reports=2, workers=2)


def test_a_run_that_was_cut_short_knows_what_it_has_measured(tmp_path: Path) -> None:
    assert done(tmp_path) == {}
    (tmp_path / DONE).write_text(json.dumps(stages()), encoding="utf-8")
    assert set(done(tmp_path)) == set(ORDER)


def test_halves_of_a_lane_add_up_and_the_larger_peak_counts() -> None:
    assert Cost(1.0, 2.0, 300.0) + Cost(3.0, 4.0, 200.0) == Cost(4.0, 6.0, 300.0)


def test_lanes_that_made_the_same_are_compared() -> None:
    refuse_unequal(dict.fromkeys(LANES, Made(pages=13, figures=117)))


@pytest.mark.parametrize("other", [Made(pages=12, figures=117), Made(pages=13, figures=116)])
def test_a_lane_that_made_fewer_pages_or_figures_is_refused(other: Made) -> None:
    made = dict.fromkeys(LANES, Made(pages=13, figures=117)) | {"api": other}
    with pytest.raises(SystemExit, match=rf"api: {other.pages} pages, {other.figures} figures"):
        refuse_unequal(made)


def test_lanes_without_any_figure_are_refused_though_they_are_alike() -> None:
    with pytest.raises(SystemExit, match="did not make the same"):
        refuse_unequal(dict.fromkeys(LANES, Made(pages=13, figures=0)))


def test_pages_are_counted_without_the_index(tmp_path: Path) -> None:
    (tmp_path / "2026-06" / "U01").mkdir(parents=True)
    (tmp_path / "index.html").write_text("<figure>", encoding="utf-8")
    (tmp_path / "2026-06" / "index.html").write_text("<figure>", encoding="utf-8")
    (tmp_path / "2026-06" / "U01" / "process.en.html").write_text(
        '<figure class="chart"></figure><figure>', encoding="utf-8"
    )
    assert count(tmp_path) == Made(pages=1, figures=2)


@pytest.mark.parametrize(
    ("wanted", "chosen"), [(1, ["c"]), (2, ["b", "d"]), (0, ["c"]), (9, ["a", "b", "c", "d", "e"])]
)
def test_units_are_spread_over_all(wanted: int, chosen: list[str]) -> None:
    assert spread(["a", "b", "c", "d", "e"], wanted) == chosen


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_every_lane_runs_the_cells_of_a_run_and_plain_python_can_run_them_all(tmp_path: Path) -> None:
    by_hand = [cell for path in sorted(NOTEBOOKS.glob("*.ipynb")) for cell in code_of(path) if "autoreload" in cell]
    assert by_hand
    written = as_run(tmp_path / "notebooks")
    assert sorted(written) == sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    for name, path in written.items():
        assert len(code_of(path)) == len(code_of(NOTEBOOKS / path.name)) - 1, name
        for cell in code_of(path):
            ast.parse(cell)


def code_of(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_cpu_of_a_grandchild_is_counted_also_when_its_parent_left_before_it() -> None:
    orphaning = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}])"
    program = (
        f"import subprocess, sys; from benchmarks.costs import cost_of; "
        f"print(cost_of([sys.executable, '-c', {orphaning!r}])[0].cpu)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) >= 0.3


def test_a_lane_that_fails_stops_the_comparison_with_what_it_said() -> None:
    program = (
        "from benchmarks.costs import cost_of\nimport sys\ncost_of([sys.executable, '-c', 'sys.exit(\"no room\")'])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "no room" in done.stderr


def test_the_processes_below_one_are_found() -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert parent.pid in descendants(os.getpid())
    finally:
        parent.communicate(b"\n")


@pytest.mark.parametrize("name", ["throughput", "scale", "correction"])
def test_every_benchmark_says_how_it_is_asked(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert f"python -m benchmarks.{name}" in done.stdout
    assert "--json" in done.stdout
