"""Faults of a run (rows R1 to R7 and R9 to R12): put into real notebooks, real kernels and real file systems.

Kills of the runner itself (R8) are in test_killed_runs.py.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from analysis.faults import UserFault
from analysis.reporting import command_line, commands, failures, kernel, readiness
from analysis.reporting.execute import execute
from analysis.reporting.failures import ReportFailed
from analysis.reporting.parameters import Limits
from analysis.reporting.publish import verify
from analysis.reporting.render import render
from analysis.reporting.run_record import read_entries

LIMITS = Limits(cell_seconds=12, report_seconds=20, report_megabytes=500, printed_kilobytes=100, free_megabytes=1)
MEMORY = {"eats": 'held = []\nwhile True:\n    held.append(b"x" * 20_000_000)', "asks_giant": "bytearray(10**15)"}
NOTEBOOKS = {
    "sound": 'import sys\nprint("told to stderr", file=sys.stderr)\nvalue = 1',
    "raises": "ok = 1\n1 / 0  # here",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "leaves": "import sys\nsys.exit(0)",
    "asks": 'name = input("who?")',
    "prints": 'print("x" * 20_000_000)',
    "boxes": 'import matplotlib.pyplot as plt\nplt.title("\\U0001039f")\nplt.show()',
    "eats_in_child": "import subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'held = b\"x\" * 900_000_000; input()'], stdin=subprocess.PIPE)",
    **MEMORY,
}
HANGS = """
import subprocess, time
children = [subprocess.Popen(["sleep", "600"], start_new_session=apart) for apart in (False, True)]
open({file!r}, "w").write(" ".join(str(child.pid) for child in children))
time.sleep(600)
"""
SLOW = "import time\ntime.sleep(8)"


@pytest.fixture(scope="module")
def faulty(tiny: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two runs by the command line: `raises` and `sound` in good health, then every fault beside them."""
    folder = tmp_path_factory.mktemp("faulty")
    notebooks, store = folder / "notebooks", tiny.write_store(folder / "made")
    tiny.write_notebook(notebooks, "raises")
    suite = tiny.make_suite(folder, limits=LIMITS, business_units=("U01",))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(commands, "suite_steps", lambda: tiny.make_steps(store))
        patched.setattr(commands, "read_suite", lambda params: suite)
        patched.setattr(command_line.signal, "signal", lambda *_: None)
        assert _said(["render"])[0] == 0
        good = _files(suite.out / "2026-06" / "U01")
        for name, cell in NOTEBOOKS.items():
            tiny.write_notebook(notebooks, name, cell)
        tiny.write_notebook(notebooks, "hangs", HANGS.format(file=str(folder / "children")))
        tiny.write_notebook(notebooks, "slow", *[SLOW] * 3)
        tiny.write_notebook(notebooks, "silent", closing=False)
        code, told = _said(["render"])
    run = json.loads((suite.out / "2026-06" / "run.json").read_text(encoding="utf-8"))
    return SimpleNamespace(
        code=code, told=told, good=good, out=suite.out, page=suite.out / "2026-06" / "U01", folder=folder,
        aside=suite.out / "2026-06" / "failed" / "U01", report={one["report"]: one for one in run["reports"]},
        children=[int(pid) for pid in (folder / "children").read_text().split()],
    )  # fmt: skip


def _said(arguments: list[str]) -> tuple[int, str]:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        code = command_line.main(arguments)
    return code, told.getvalue()


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_r1_a_cell_that_raises_fails_its_report_alone_and_the_last_good_page_stays(faulty: SimpleNamespace, witness):
    assert faulty.code == 1
    assert "raises · U01 · 2026-06: failed: cell 4, line 2: ZeroDivisionError: division by zero" in faulty.told
    assert {name: content for name, content in _files(faulty.page).items() if name in faulty.good} == faulty.good
    assert (faulty.report["raises"]["status"], faulty.report["sound"]["status"]) == ("stale", "published")
    assert "ZeroDivisionError: division by zero" in (faulty.aside / "raises.txt").read_text()
    cells = json.loads((faulty.aside / "raises.ipynb").read_text())["cells"]
    assert any(output["output_type"] == "error" for cell in cells for output in cell.get("outputs", []))
    witness(
        "R1",
        injected="`1 / 0` in the second line of a cell of one of 13 reports; a good version was published before",
        happened=f"exit code {faulty.code}; told 'raises · U01 · 2026-06: cell 4, line 2: ZeroDivisionError'; its "
        f"{len(faulty.good)} published files are byte-identical; notebook and traceback kept aside; others published",
    )


def test_r2_a_killed_kernel_is_tried_once_more_and_only_it(faulty: SimpleNamespace, witness):
    failed = {name: report["failed"] for name, report in faulty.report.items() if report["failed"]}
    assert failed["killed"]["reason"] == "cell 4: the kernel died (killed, or out of memory); 2 attempts"
    assert failed["killed"]["kind"] == failures.KERNEL_DIED
    assert {name: report["attempts"] for name, report in failed.items() if report["attempts"] > 1} == {"killed": 2}
    assert faulty.report["sound"]["status"] == "published"
    witness(
        "R2",
        injected="SIGKILL of the kernel by its own cell, at each attempt",
        happened=f"2 attempts, then 'the kernel died (killed, or out of memory)'; the other {len(failed) - 1} failures "
        "were tried once; the sound report was published",
    )


def test_r3_a_report_that_eats_memory_is_ended_at_its_limit_and_its_peak_is_kept(faulty: SimpleNamespace, witness):
    for name in ("eats", "eats_in_child"):
        failed = faulty.report[name]["failed"]
        assert (failed["kind"], failed["attempts"]) == (failures.MEMORY, 1)
        assert 500 <= failed["peak_megabytes"] < 1500  # told in whole megabytes
        assert "MB of memory, at most 500 (limits.report_megabytes of suite.yml)" in failed["reason"]
    giant = faulty.report["asks_giant"]["failed"]
    assert (giant["kind"], giant["attempts"], giant["cell"]) == (failures.MEMORY, 1, 4)
    assert 0 < faulty.report["sound"]["peak_megabytes"] < 500
    witness(
        "R3",
        injected="cells that fill memory without end, in the kernel and in a child of it, and one that asks for 1 PB; "
        "limit 500 MB, warm kernels",
        happened=f"ended at {faulty.report['eats']['failed']['peak_megabytes']} and "
        f"{faulty.report['eats_in_child']['failed']['peak_megabytes']} MB measured from outside, kind 'memory', one "
        f"attempt each; the giant request failed in its cell; the sound report's peak of "
        f"{faulty.report['sound']['peak_megabytes']} MB stands in run.json",
    )


@pytest.mark.parametrize("name", MEMORY)
def test_r3_a_cold_kernel_has_the_same_limit(name: str, tiny: SimpleNamespace, tmp_path: Path, witness):
    notebook, watch = tiny.write_notebook(tmp_path / "notebooks", name, MEMORY[name]), kernel.Watch(LIMITS)
    values = {"business_unit": "U01", "period": "2026-06", "language": "en"}
    with pytest.raises(ReportFailed) as failed:
        execute(notebook, tmp_path / "out.ipynb", values=values, run=tmp_path, limits=LIMITS, watch=watch)
    assert failed.value.failure.kind == failures.MEMORY
    assert failed.value.failure.cell == 4
    witness(
        "R3",
        injected=f"`{name}` in an ordinary kernel instead of a forked one",
        happened=f"failed (memory) at {watch.peak_megabytes} MB seen",
    )


def test_r4_a_hang_ends_at_the_cells_or_the_reports_limit_and_leaves_no_process(
    faulty: SimpleNamespace, settled, witness
):
    hangs, slow = (faulty.report[name]["failed"] for name in ("hangs", "slow"))
    assert (hangs["kind"], hangs["reason"]) == (
        failures.CELL_TIME,
        "cell 4: ran longer than 12 s (limits.cell_seconds of suite.yml)",
    )
    assert slow["kind"] == failures.REPORT_TIME
    assert "the report ran longer than 20 s (limits.report_seconds of suite.yml)" in slow["reason"]
    assert len(faulty.children) == 2
    assert settled(lambda: not any(map(_alive, faulty.children)))
    witness(
        "R4",
        injected="a cell that sleeps 600 s beside two children, one in a session of its own; three cells of 8 s "
        "each; limits 12 s a cell, 20 s a report",
        happened=f"'{hangs['reason']}' and '{slow['reason']}'; both children gone",
    )


def _alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_r5_a_report_whose_closing_cell_did_not_run_is_not_published(faulty: SimpleNamespace, witness):
    leaves, silent = (faulty.report[name]["failed"] for name in ("leaves", "silent"))
    assert leaves["reason"] == "cell 4: the notebook ended itself before its closing cell"
    assert silent["reason"] == "the closing cell `report.record()` did not run"
    assert leaves["kind"] == silent["kind"] == failures.INCOMPLETE
    assert not list(faulty.page.glob("leaves.*")) + list(faulty.page.glob("silent.*"))
    witness(
        "R5",
        injected="`sys.exit(0)` half-way through; a notebook without its closing cell",
        happened=f"failed (incomplete): '{leaves['reason']}'; no file of either published",
    )


def test_r6_input_fails_at_once_and_says_what_to_do(faulty: SimpleNamespace, witness):
    failed = faulty.report["asks"]["failed"]
    assert failed["kind"] == failures.ASKS_INPUT
    assert "cell 4, line 1: asks for input(), but a report runs without anyone to answer" in failed["reason"]
    witness("R6", injected="`input()` in a cell", happened=f"failed at once: '{failed['reason']}'")


@pytest.mark.parametrize("missing", ["package", "kernel"])
def test_r7_a_missing_package_or_kernel_stops_the_run_before_any_unit(
    missing: str, tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, witness
):
    calls: list[str] = []
    tiny.write_notebook(tmp_path / "notebooks", "sound")
    if missing == "package":
        tiny.write_notebook(tmp_path / "notebooks", "needy", "import nosuchpackage")
    else:
        monkeypatch.setattr(readiness, "KERNEL", "nosuchkernel")
    suite, steps = tiny.make_suite(tmp_path), tiny.make_steps(tiny.write_store(tmp_path / "made"), calls)
    with pytest.raises(UserFault) as fault:
        render(suite, steps=steps, progress=tiny.Silent())
    told = fault.value.lines[0]
    assert f"nosuch{missing}" in told
    assert "install" in told
    assert calls == []
    assert not suite.out.exists()
    witness(
        "R7",
        injected=f"a {missing} that is not installed is asked for",
        happened=f"'{told.split(' in /')[0]}'; no data read, no output folder made, no kernel started",
    )


def test_r9_a_disk_full_while_publishing_leaves_the_good_page_and_the_next_run_publishes_without_a_kernel(
    faulty: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path, small_disk, witness
):
    out = small_disk("out", 16)
    project, good = _project(tiny, tmp_path, out=out), _give_good_page(faulty, out)
    ballast = f"open({str(out / 'ballast')!r}, 'wb').write(b'x' * {_free(out) - 30_000})"
    tiny.write_notebook(project.notebooks, "sound", project.counts, ballast)
    outcome = project.render()
    assert _free(out) < 60_000
    assert outcome.failed[0] == (
        f"sound · U01 · 2026-06: cannot write into {out}: No space left on device; the built page is kept"
    )
    assert _files(out / "2026-06" / "U01") == good
    assert verify(out, read_entries(out)) == []
    assert not list((out / ".after_sales" / "staging").glob("*"))
    (out / "ballast").unlink()
    assert (project.render().published, project.executions()) == (1, 1)
    assert _files(out / "2026-06" / "U01").keys() == good.keys()
    assert _files(out / "2026-06" / "U01") != good
    witness(
        "R9",
        injected="an output disk of 16 MB (tmpfs) filled to its last 30 KB by the report's own cell",
        happened="'No space left on device; the built page is kept'; the 7 good files byte-identical and verified, no "
        "staging left; with room again the next run published without starting a kernel",
    )


@pytest.mark.prove
def test_r9_a_disk_full_while_a_report_is_built_leaves_the_good_page(
    faulty: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path, small_disk, witness
):
    store = small_disk("store", 16)
    project = _project(tiny, tmp_path, store=store)
    good = _give_good_page(faulty, project.suite.out)
    ballast = f"import subprocess\nsubprocess.run(['dd', 'if=/dev/zero', 'of={store / 'ballast'}', 'bs=4k'])"
    tiny.write_notebook(project.notebooks, "sound", project.counts, ballast)
    outcome = project.render()
    assert _free(store) == 0
    assert outcome.failed == ("sound · U01 · 2026-06: cannot write the built report: No space left on device",)
    assert _files(project.suite.out / "2026-06" / "U01") == good
    assert verify(project.suite.out, read_entries(project.suite.out)) == []
    witness(
        "R9",
        injected="the store's disk of 16 MB filled to the last byte while a report is made",
        happened="'cannot write the built report: No space left on device'; the good files byte-identical and verified",
    )


def test_r9_too_little_room_is_refused_before_anything_begins(
    tiny: SimpleNamespace, tmp_path: Path, small_disk, witness
):
    out = small_disk("out", 16)
    project = _project(tiny, tmp_path, out=out, limits=Limits(free_megabytes=1000))
    with pytest.raises(UserFault) as fault:
        project.render()
    told = fault.value.lines[0]
    assert told.startswith(f"disk: {out} has 17 MB free, 1,000 MB are needed for what must stay free")
    assert project.calls == []
    many = _project(tiny, tmp_path, out=out, business_units=("U01", "U02", "../../x"), limits=Limits(free_megabytes=12))
    with pytest.raises(UserFault, match="has 17 MB free, 18 MB are needed for 3 reports and what must stay free"):
        many.render()
    assert (many.executions(), list(out.glob("2026*"))) == (0, [])
    witness(
        "R9",
        injected="an output disk of 16 MB for a run that needs 18 MB, and for one that asks for 1,000 MB to spare",
        happened="refused with the figures before any data was read, and before any report was made",
    )


@pytest.mark.parametrize("how", ["read-only", pytest.param("gone", marks=pytest.mark.prove)])
def test_r10_an_output_folder_that_takes_nothing_keeps_the_built_page_for_the_next_run(
    how: str, faulty: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path, small_disk, witness
):
    out = small_disk("out", 16)
    project, good = _project(tiny, tmp_path, out=out), _give_good_page(faulty, out)
    period, elsewhere = out / "2026-06", _made(tmp_path / "elsewhere")
    breaks = {
        "read-only": [f"mount --bind {period} {period}", f"mount -o remount,ro,bind {period}"],
        "gone": [f"mount --move {out} {elsewhere}", f"rmdir {out}", f"touch {out}"],
    }
    mends = {
        "read-only": [f"umount {period}"],
        "gone": [f"rm {out}", f"mkdir {out}", f"mount --move {elsewhere} {out}"],
    }
    subprocess.run(["mount", "--make-private", str(out)], check=True)
    tiny.write_notebook(
        project.notebooks, "sound", project.counts, f"import os\nassert not os.system({_shell(breaks[how])!r})"
    )
    try:
        outcome = project.render()
    finally:
        subprocess.run(_shell(mends[how]), shell=True, check=True)
    assert f"cannot write into {out}" in outcome.failed[0]
    assert "the built page is kept" in outcome.failed[0]
    assert _files(out / "2026-06" / "U01") == good
    again = project.render()  # what was announced already is finished before the plan is made, and counts as unchanged
    assert (again.published + again.unchanged, again.failed, project.executions()) == (1, (), 1)
    assert _files(out / "2026-06" / "U01") != good
    assert verify(out, read_entries(out)) == []
    witness(
        "R10",
        injected=f"the output folder becomes {how} while the report runs: its file system is "
        + ("remounted" if how == "read-only" else "moved away and a file stands in its place"),
        happened=f"failed (publish): '{outcome.failed[0].split(': ', 1)[1].replace(str(out), 'OUT')}'; the good files "
        "are untouched; the next run published the built page, and the notebook was not run again",
    )


def test_r11_twenty_megabytes_printed_are_cut_and_the_cell_is_named(faulty: SimpleNamespace, witness):
    failed = faulty.report["prints"]["failed"]
    assert failed["reason"].startswith("cell 4 prints 20.0 MB, at most 100 KB")
    assert failed["kind"] == failures.GATE
    kept = (faulty.aside / "prints.ipynb").stat().st_size
    assert kept < 100_000
    assert not list(faulty.page.glob("prints.*"))
    witness(
        "R11",
        injected="a cell that prints 20 MB",
        happened=f"'{failed['reason']}'; not published; the notebook kept aside has {kept / 1000:.0f} KB",
    )


def test_r12_a_missing_glyph_is_an_error_and_stderr_never_stands_on_a_page(faulty: SimpleNamespace, witness):
    failed = faulty.report["boxes"]["failed"]
    assert "cell 4 draws characters that its font lacks" in failed["reason"]
    assert failed["kind"] == failures.GATE
    pages = sorted(faulty.page.glob("sound.*.html"))
    assert len(pages) == 2
    assert not any("told to stderr" in page.read_text(encoding="utf-8") for page in pages)
    witness(
        "R12",
        injected="a chart with a character that no font here has (Old Persian); a cell that writes to stderr",
        happened=f"the chart's report failed: '{failed['reason']}'; the other's pages do not hold what it wrote",
    )


def _project(tiny: SimpleNamespace, folder: Path, **changed: Any) -> SimpleNamespace:
    """A project of one report whose cell counts its executions, and a way to render it."""
    log, calls = folder / "executions", []
    counts = f"with open({str(log)!r}, 'a') as log:\n    log.write('x')"
    tiny.write_notebook(folder / "notebooks", "sound", counts)
    suite = tiny.make_suite(folder, **{"business_units": ("U01",), "limits": LIMITS, "workers": 1, **changed})
    steps = tiny.make_steps(tiny.write_store(folder / "made"), calls)
    return SimpleNamespace(
        suite=suite, notebooks=folder / "notebooks", calls=calls, counts=counts,
        render=lambda: render(suite, steps=steps, progress=tiny.Silent()),
        executions=lambda: len(log.read_text()) if log.is_file() else 0,
    )  # fmt: skip


def _give_good_page(faulty: SimpleNamespace, out: Path) -> dict[str, bytes]:
    """What an earlier run published of `sound`: its files, and the record of them."""
    for name in (Path("2026-06") / "U01", Path(".after_sales") / "records" / "2026-06" / "U01"):
        shutil.copytree(faulty.out / name, out / name, ignore=lambda _, names: [n for n in names if "sound" not in n])
    return _files(out / "2026-06" / "U01")


def _shell(commands: list[str]) -> str:
    return " && ".join(commands)


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _made(folder: Path) -> Path:
    os.makedirs(folder)
    return folder
