"""Commands as a schedule calls them: exit codes, one-line faults, and what stands on standard output."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.presentation.language import missing_translations, translations
from analysis.reporting import command_line, commands
from analysis.reporting.look import TEMPLATES

ROOT = Path(__file__).parents[2]
SEE = "; see run_reports.py --help"
THERE_ARE = "render, sample, check, due, backfill, schedule, map, status, deliver, preview, new, verify, doctor"
COMMANDS = f"(there are {THERE_ARE}){SEE}"


@pytest.fixture
def project(tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    store = tiny.write_store(tmp_path / "made")
    tiny.write_notebook(tmp_path / "notebooks", "sound")
    monkeypatch.setattr(commands, "suite_steps", lambda: tiny.make_steps(store))
    monkeypatch.setattr(commands, "read_suite", lambda params: tiny.make_suite(tmp_path))
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["sign-off"], f"no command 'sign-off' {COMMANDS}"),
        (["due"], "suite.yml: there is no schedule, so nothing is ever owed; see docs/how-to/run-by-itself.md"),
        (["backfill", "--from", "2025-1", "--to", "2025"],
         "period: '2025-1' is none of 2025-06, 2025-Q2, 2025 or last"),
        (["backfill", "--from", "2025-01", "--to", "2025-Q2"],
         "--from 2025-01 is a month, --to 2025-Q2 a quarter; both must be of one kind"),
        (["backfill", "--from", "2025-03", "--to", "2025-02"], "--from 2025-03 lies after --to 2025-02"),
        (["backfill", "--from", "2025-03"], "the following arguments are required: --to" + SEE),
        (["backfill", "--from", "2026-06", "--to", "2026-07"], "period: 2026-07 is not over in the data, which end at "
         "2026-07-05 23:59; the last complete month is 2026-06"),
        (["rendr"], f"no command 'rendr'; did you mean 'render'? {COMMANDS}"),
        (["render", "--perid", "2025"], "no option '--perid'; did you mean '--period'?" + SEE),
        (["render", "--workers", "0"], f"argument --workers: must be a whole number of at least 1, got '0'{SEE}"),
        (["render", "--cluster", "http://x:1"], "argument --cluster: must be the address of a Dask scheduler, such as "
         f"tcp://host:8786, got 'http://x:1'{SEE}"),
        (["render", "--language", "fr"], "--language: must be among en, zh, got 'fr'"),
        (["render", "--period", "2025-13"], "period: '2025-13' is none of 2025-06, 2025-Q2, 2025 or last"),
        (["render", "--business-unit", "U1"], "business_unit: no records of 'U1'; did you mean 'U01'?"),
        (["render", "--report", "soun"], "report: no notebook 'soun' in notebooks/; did you mean 'sound'?"),
        (["render", "--params", "nowhere"], "nowhere: no such params folder; name one with --params"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_2(
    project: Path, arguments: list[str], fault: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "--params" in arguments:
        monkeypatch.undo()
    assert command_line.main(arguments) == 2
    told = capsys.readouterr()
    assert told.err.strip().splitlines()[-1] == fault
    assert "Traceback" not in told.err


def test_dry_run_says_what_would_be_rendered_and_renders_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["render", "--dry-run", "--business-unit", "East"]) == 0
    assert capsys.readouterr().out == "sound · U01 · 2026-06: to render\n1 of 1 would be rendered\n"
    assert not (project / "out").exists()
    assert not list(project.glob("store/measured/*"))
    assert not list(project.glob("store/run/*"))


def test_render_names_the_index_page_last_then_status_and_verify_agree(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["render", "--business-unit", "U01", "--language", "zh,en"]) == 0
    told = capsys.readouterr()
    assert told.out == f"{project / 'out' / 'index.html'}\n"
    assert "[1/1] sound · U01 · 2026-06: built" in told.err
    assert '<html lang="zh-Hans">' in (project / "out" / "index.html").read_text()
    assert command_line.main(["--json", "--business-unit", "U01", "--language", "zh,en"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == {
        "event": "end",
        "published": 0,
        "unchanged": 1,
        "failed": [],
        "index": str(project / "out" / "index.html"),
    }
    assert command_line.main(["status"]) == 0
    assert re.match(r"2026-06: 1 published \(last run .*, .* s\)\n", capsys.readouterr().out)
    assert command_line.main(["verify"]) == 0
    assert capsys.readouterr().out == "7 files of 1 reports are as published\n"
    (project / "out" / "index.html").write_text("x")
    assert command_line.main(["verify"]) == 1
    assert "index.html: changed since it was written" in capsys.readouterr().out


def test_preview_prints_the_path_of_its_one_page(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["preview", "sound", "--business-unit", "South <b>&"]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page == project / "store" / "preview" / "2026-06" / "U02" / "sound.en.html"
    assert "South &lt;b&gt;&amp;" in page.read_text()
    assert not (project / "out").exists()


def test_an_output_folder_that_takes_nothing_is_a_mistake(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "file").write_text("x")
    assert command_line.main(["render", "--out", str(project / "file" / "out")]) == 2
    assert (
        f"out: cannot write into {project / 'file' / 'out'}: Not a directory; choose another with --out"
        in capsys.readouterr().err
    )


def test_check_tells_faults_and_facts(project: Path, tiny: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["check"]) == 2
    told = capsys.readouterr()
    assert "is the last code cell and does not close [closing-cell]; end with `report.record()`" in told.err
    assert "work_orders: 6 rows" in told.out
    assert "4 reports for 2026-06" in told.out


def test_doctor_looks_at_everything(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command_line.main(["doctor"])
    told = capsys.readouterr().out
    assert all(word in told for word in ("Python", "packages", "kernel", "font", "GB free", "clock"))


def test_the_entry_point_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "run_reports.py", "backfill"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


def test_every_word_of_the_frame_is_translated() -> None:
    assert missing_translations([ROOT / "analysis" / "reporting"]) == []
    said = {msgid for file in TEMPLATES.glob("*.j2") for msgid in re.findall(r'say\("([^"]+)"\)', file.read_text())}
    assert said
    assert said <= set(translations("zh"))
