"""`due`, `backfill`, `schedule` and `status` as a scheduler calls them; the files they print, tried for real."""

import json
import os
import runpy
import shlex
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from analysis.reporting import command_line, commands, schedule_files
from analysis.reporting import render as rendering
from analysis.reporting.parameters import PROJECT, read_suite

GROUPS = {"monthly": {"every": "month", "workday": 3, "hour": 8}}
LIGHT = """
import sys
from analysis.reporting.command_line import main
code = main(sys.argv[1:])
heavy = {"pandas", "duckdb", "matplotlib", "pyarrow", "nbconvert", "papermill", "jupyter_client"} & set(sys.modules)
print("heavy:", sorted(heavy))
sys.exit(code)
"""


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def world(tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = tiny.World(tmp_path, catch_up_days=20, groups=GROUPS)
    monkeypatch.setattr(rendering, "_build", made.build)
    monkeypatch.setattr(commands, "suite_steps", made.steps)
    monkeypatch.setattr(commands, "read_suite", lambda params: made.suite)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    delivering = ModuleType("analysis.delivery.deliver")
    delivering.deliver = lambda out, items, settings, *, now: made.deliver(out, items, now=now)
    monkeypatch.setitem(sys.modules, "analysis.delivery.deliver", delivering)
    return made


def test_due_says_what_it_did_what_waits_and_what_comes_next(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["due", "--now", "2026-07-02T08:00"]) == 0
    assert capsys.readouterr().out == "nothing was owed; next: monthly 2026-06 at 2026-07-03 08:00 CST\n"
    assert command_line.main(["due", "--now", "2026-07-03T08:00"]) == 0
    assert "monthly 2026-06: waiting: no files at data" in capsys.readouterr().err
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-03T08:30"))
    assert command_line.main(["due", "--now", "2026-07-03T01:00Z", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["published"], told["waiting"], told["next"]["period"]) == (2, [], "2026-07")
    assert command_line.main(["due", "--now", "2026-07-03T10:00"]) == 0
    assert capsys.readouterr().out == "nothing was owed; next: monthly 2026-07 at 2026-08-05 08:00 CST\n"
    assert command_line.main(["due", "--now", "soon"]) == 2
    assert (
        "--now: must be a moment such as 2026-07-03T08:00 or 2026-07-03T00:00Z, got 'soon'" in capsys.readouterr().err
    )
    assert command_line.main(["due", "--now", "2026-08-20T10:00"]) == 1
    assert "monthly 2026-07: skipped: the data end at 2026-07-02 00:00" in capsys.readouterr().err


def test_records_that_cannot_be_read_are_a_mistake_told_once_and_waited_for(
    world: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.faults import UserFault

    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    sound = world._intake

    def broken(source: str, **_: object) -> None:
        raise UserFault("records.csv: line 7 has 3 columns, the header 5")

    world._intake = broken
    assert command_line.main(["due", "--now", "2026-07-03T08:00"]) == 2
    assert command_line.main(["due", "--now", "2026-07-03T09:00"]) == 0
    assert "waiting: cannot be read: records.csv: line 7 has 3 columns" in capsys.readouterr().err.splitlines()[-1]
    world._intake = sound
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-03T06:00"))
    assert command_line.main(["due", "--now", "2026-07-03T10:00"]) == 0
    assert len(world.items) == 2


def test_backfill_and_status_from_the_command_line(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    asked = ["backfill", "--from", "2026-05", "--to", "2026-06"]
    assert command_line.main([*asked, "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "cycle · U01 · 2026-05", "cycle · U02 · 2026-05", "cycle · U01 · 2026-06", "cycle · U02 · 2026-06",
        "4 reports would be rendered",
    ]  # fmt: skip
    assert command_line.main(asked) == 0
    index = str(world.suite.out / "index.html")
    assert capsys.readouterr().out.splitlines() == ["4 published, 0 up to date, 0 failed", index]
    assert command_line.main([*asked, "--only", "all", "--deliver"]) == 0
    assert world.items == []
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"), U01_2026_06="fails", U01_2026_05=2.5)
    assert command_line.main([*asked, "--only", "all", "--deliver"]) == 1
    assert world.told() == ["corrected cycle U01 2026-05 v2", "failed cycle U01 2026-06 v0"]
    capsys.readouterr()
    assert command_line.main(["status"]) == 0
    told = capsys.readouterr().out
    assert "2026-06: 1 published, 1 stale (last run 20" in told
    assert "2026-05: 2 published, 1 corrected (last run 20" in told
    assert "  cycle · U01: stale since 20" in told
    assert "\nnext: monthly 20" in told
    assert command_line.main(["status", "--period", "2026-05", "--json"]) == 0
    facts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["business_unit"], one["version"]) for one in facts] == [("U01", 2), ("U02", 1)]


def test_a_backfill_keeps_quiet_of_what_it_rendered_and_of_nothing_else(world: Any) -> None:
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    assert command_line.main(["render", "--period", "2026-06"]) == 0
    june = ["backfill", "--from", "2026-06", "--to", "2026-06", "--business-unit", "U01"]
    assert command_line.main([*june, "--only", "all"]) == 0
    assert command_line.main(["due", "--now", "2026-07-03T09:00"]) == 0
    assert world.told() == ["published cycle U02 2026-06 v1"]


def test_what_a_backfill_could_not_hand_over_is_told_by_the_next_call(world: Any) -> None:
    world.bring("2026-07-02T00:00:00", at=_at("2026-07-02T06:00"))
    june = ["backfill", "--from", "2026-06", "--to", "2026-06", "--deliver"]
    handing_over = world.deliver
    world.deliver = lambda out, items, *, now: [SimpleNamespace(what="delivery", status="skipped")]
    assert command_line.main(june) == 0
    world.deliver = handing_over
    assert command_line.main(["due", "--now", "2026-07-03T09:00"]) == 0
    assert world.told() == ["published cycle U01 2026-06 v1", "published cycle U02 2026-06 v1"]


def test_what_a_hand_mended_is_no_longer_told_as_failed(
    tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = {"monthly": {"every": "month", "day": 1, "hour": 0}}
    made = tiny.World(tmp_path, catch_up_days=32, groups=groups, correct_for_days=0)
    monkeypatch.setattr(rendering, "_build", made.build)
    monkeypatch.setattr(commands, "suite_steps", made.steps)
    monkeypatch.setattr(commands, "read_suite", lambda params: made.suite)
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    begins = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    month, cutoff, at = f"{begins - timedelta(days=1):%Y-%m}", f"{begins:%Y-%m-%dT00:00:00}", now - timedelta(hours=2)
    made.bring(cutoff, at=at, **{f"U01_{month.replace('-', '_')}": "fails"})
    made.call(now)
    command_line.main(["status"])
    assert f"monthly {month}: failed: 1 reports failed, such as cycle · U01" in capsys.readouterr().out
    made.bring(cutoff, at=at, **{f"U01_{month.replace('-', '_')}": 2.31234})  # as long as "fails"
    assert command_line.main(["render", "--period", month]) == 0
    command_line.main(["status"])
    assert f"monthly {month}" not in capsys.readouterr().out


@pytest.fixture(scope="module")
def idle_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A params folder whose source has not come, and whose schedule owes nothing at the moments asked for."""
    params = tmp_path_factory.mktemp("idle") / "params"
    params.mkdir()
    text = (PROJECT / "params" / "suite.yml").read_text(encoding="utf-8")
    own = text.replace("data:  ", f"data: {params.parent / 'data'}  ").replace("catch_up_days: 62", "catch_up_days: 3")
    (params / "suite.yml").write_text(own, encoding="utf-8")
    return params


def _idle_command(params: Path) -> list[str]:
    return ["due", "--now", "2026-07-20T10:00", "--params", str(params), "--out", str(params.parent / "out")]


def test_a_call_that_owes_nothing_loads_none_of_the_heavy_libraries(idle_project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, *_idle_command(idle_project)],
        cwd=PROJECT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "nothing was owed; next: monthly 2026-07 at 2026-08-05 08:00 CST",
        "heavy: []",
    ]
    assert not (idle_project.parent / "out").exists()


def test_the_line_for_cron_runs_under_sh_with_crons_bare_environment(idle_project: Path) -> None:
    suite = read_suite(idle_project)
    suite.store.mkdir(exist_ok=True)
    given = {"params": idle_project, "out": idle_project.parent / "100% out"}
    line = schedule_files.show("cron", suite, given=given).splitlines()[-1]
    *fields, command = line.split(" ", 5)
    assert fields == ["7", "*", "*", "*", "*"]
    assert "100\\% out" in command
    log = idle_project.parent / "due.log"
    command = command.replace("\\%", "%").replace(shlex.quote(str(suite.store / "due.log")), shlex.quote(str(log)))
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", check=False, capture_output=True, text=True,
        env={"HOME": "/root", "LOGNAME": "root", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) in ((0, "", ""), (1, "", "")), log.read_text()
    assert "next: monthly 2" in log.read_text(encoding="utf-8").splitlines()[-1]


def test_the_files_for_systemd_are_verified_by_systemd(idle_project: Path, tmp_path: Path) -> None:
    text = schedule_files.show("systemd", read_suite(idle_project), given={"params": idle_project})
    parts = {}
    for part in text.split("# /etc/systemd/system/")[1:]:
        name, _, content = part.partition("\n")
        parts[name] = content
        (tmp_path / name).write_text(content)
    assert sorted(parts) == ["after-sales-reports.service", "after-sales-reports.timer"]
    assert "OnCalendar=*-*-* *:07:00" in parts["after-sales-reports.timer"]
    if shutil.which("systemd-analyze") is None:
        assert not os.environ.get("CI"), "systemd-analyze is missing"
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in parts)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "after-sales" in line]
    assert complaints == []
    (tmp_path / "broken.service").write_text(parts["after-sales-reports.service"].replace("oneshot", "onceshot"))
    broken = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "broken.service")], capture_output=True, text=True, check=False
    )
    assert "onceshot" in broken.stderr, "what verifies the files would find a mistake"


class _Dag:
    """What of Airflow's DAG the file uses, with the arguments that Airflow 2.10 and 3 both take."""

    made: ClassVar[list["_Dag"]] = []

    def __init__(
        self, *, dag_id: str, description: str, schedule: str, start_date: datetime, catchup: bool,
        max_active_runs: int, default_args: dict[str, Any],
    ) -> None:  # fmt: skip
        self.about, self.tasks = (dag_id, schedule, catchup, max_active_runs), {}
        assert start_date.tzinfo is not None
        assert default_args["retries"] == 0
        _Dag.made.append(self)

    def __enter__(self) -> "_Dag":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _operator(*, task_id: str, python_callable: Any) -> None:
    _Dag.made[-1].tasks[task_id] = python_callable


def test_the_dag_for_airflow_calls_due_and_fails_on_its_exit_code(
    idle_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"params": idle_project, "out": tmp_path / "out"}
    file = tmp_path / "dag.py"
    file.write_text(schedule_files.show("airflow", read_suite(idle_project), given=given))
    airflow, operators, python = (ModuleType(name) for name in ("airflow", "airflow.operators", "python"))
    airflow.DAG, python.PythonOperator = _Dag, _operator
    for name, module in {"": airflow, ".operators": operators, ".operators.python": python}.items():
        monkeypatch.setitem(sys.modules, f"airflow{name}", module)
    names = runpy.run_path(str(file))
    dag = _Dag.made[-1]
    assert dag.about == ("after_sales_reports", "7 * * * *", False, 1)
    command = names["COMMAND"]
    assert command[1:3] == [str(PROJECT / "run_reports.py"), "due"]
    names["COMMAND"][:] = [sys.executable, "-c", "import sys; sys.exit(3)"]
    dag.tasks["due"]()
    names["COMMAND"][:] = [sys.executable, "-c", "import sys; sys.exit(2)"]
    with pytest.raises(RuntimeError, match="exit code 2"):
        dag.tasks["due"]()


@pytest.mark.prove
def test_the_dag_for_airflow_is_imported_and_run_by_airflow(idle_project: Path, tmp_path: Path) -> None:
    airflow = shutil.which("airflow")
    if airflow is None:
        pytest.skip("no airflow on the PATH; it wants an environment of its own")
    (tmp_path / "dags").mkdir()
    given = {"params": idle_project, "out": tmp_path / "out"}
    (tmp_path / "dags" / "dag.py").write_text(schedule_files.show("airflow", read_suite(idle_project), given=given))
    home = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}

    def run(*arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | home
        done = subprocess.run([airflow, *arguments], capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    run("db", "migrate")
    told = run("dags", "test", "after_sales_reports")
    assert "next: monthly 2" in told
    assert "state=success" in told or "successful" in told
