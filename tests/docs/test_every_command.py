"""Every command of README and docs is carried out as it stands, in a copy of the project on a small sample (`prove`);
those of the how-to pages within seconds too, on drawn figures: test_commands_quickly.py.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.reporting.reference import PAGE, render_reference
from analysis.reporting.scaffold import FILES, write_report
from analysis.sample import write_sample
from tests.docs.commands import PAGES, ROOT, blocks_of, change, commands_of, outline_of, quick, steps_of, words_of
from tests.docs.test_commands_quickly import PAGES as QUICK_PAGES
from tests.docs.test_commands_quickly import TICKETS

UNIT, ORDERS = "U03", 1_500
LAB_SECONDS = 600
TUTORIAL = ROOT / "docs" / "tutorial-first-report.md"
CHINESE = {TUTORIAL: ROOT / "docs/tutorial-first-report.zh.md", ROOT / "README.md": ROOT / "docs/README.zh.md"}
QUICKLY = r".*run_reports\.py (due|backfill .*|deliver .*|.*--deliver|check --data postgresql.*)"
"""What test_commands_quickly.py carries out; on real figures it would take hours, or a database server."""
STARTED = {r"make evidence": "benchmarks.evidence", r"make bench": "benchmarks"}
"""What takes twenty minutes and more by itself: it is only seen to start."""
FILLED = {"/path/to/folder": "data", "/path/to/export": "export", "NAME": "tried_out"}
COLLECTED = "--collect-only -q --no-header"  # `make test` inside a test: that it finds every test, and runs none
PLAIN_PAGES = [page for page in PAGES if page not in (TUTORIAL, *CHINESE.values())]
Run = Callable[[str], str]


def is_quick(command: str) -> bool:
    return re.fullmatch(QUICKLY, command) is not None


def test_what_is_carried_out_quickly_only_is_carried_out_there():
    """The commands that are left out below stand on a page whose reader test_commands_quickly.py plays."""
    told = {tuple(words_of(command)) for page in PAGES for command in commands_of(page) if is_quick(command)}
    played = {tuple(words_of(command)) for page in QUICK_PAGES for command in quick(commands_of(ROOT / "docs" / page))}
    assert len(told) >= 7
    assert told <= played


def test_every_command_has_a_place_where_it_is_carried_out():
    commands = {command for page in PAGES for command in commands_of(page)}
    assert len(commands) > 50
    assert [name for name in STARTED if name not in commands] == [], "no longer told"
    unknown = [command for command in commands if not Path(ROOT, words_of(command)[0]).exists()]
    assert {shlex.split(command)[0] for command in unknown} <= {"make", "git"}


def test_the_page_of_the_command_line_is_the_parsers_own():
    assert PAGE.read_text(encoding="utf-8") == render_reference()


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_the_chinese_page_tells_the_same_commands_and_changes(page):
    assert commands_of(CHINESE[page]) == commands_of(page)
    for language in ("diff", "python", "yaml"):
        assert blocks_of(CHINESE[page], language) == blocks_of(page, language)


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_the_chinese_page_has_the_same_parts_leads_to_the_same_pages_and_names_the_same_things(page):
    english, chinese = outline_of(page), outline_of(CHINESE[page])
    assert chinese.levels == english.levels
    assert chinese.leads_to == english.leads_to
    assert chinese.names == english.names


def test_the_changes_of_the_tutorial_fit_what_new_writes_and_make_a_sound_metric(tmp_path: Path):
    for path in (*FILES.values(), "notebooks/x", "params/x", "docs/reference/x", "analysis/metrics/x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "params" / "suite.yml", tmp_path / "params")
    for name in ("__init__", "__main__"):  # what writes the page of all metrics is not wanted here
        (tmp_path / "analysis" / "metrics" / f"{name}.py").write_text("")
    write_report("second_visits", title="Second visits", title_zh="二次上门", root=tmp_path)
    for kind, told in steps_of(TUTORIAL):
        if kind == "change":
            change(tmp_path, told)
    card = read_catalogue(own=tmp_path / "analysis/metrics/catalogue/second_visits.yml")["second_visits_share"]
    check_catalogue(Catalogue({card.id: card}))
    assert card.better == "lower"
    for file in ("analysis/areas/second_visits.py", "tests/areas/test_second_visits.py"):
        compile((tmp_path / file).read_text(encoding="utf-8"), file, "exec")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the project as it stands in the working tree, its settings on a small sample and one unit."""
    copy = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and "baselines" not in name:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (copy / ".venv").symlink_to((ROOT / ".venv").resolve())
    write_sample(copy / "data", work_orders=ORDERS, business_units=(UNIT, "U05", "U06"))
    settings = copy / "params" / "suite.yml"
    text = settings.read_text(encoding="utf-8")
    text = re.sub(r"^data:.*$", f"data: {copy / 'data'}", text, flags=re.M)
    text = re.sub(r"^business_units:.*$", f"business_units: [{UNIT}]", text, flags=re.M)
    settings.write_text(text, encoding="utf-8")
    assert str(copy / "data") in text
    assert f"[{UNIT}]" in text
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "As it stands"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *command], cwd=copy, check=True)
    return copy


@pytest.fixture
def run(project: Path) -> Run:
    return lambda command: _run(project, command)


def _run(project: Path, command: str) -> str:
    for told, meant in FILLED.items():
        command = command.replace(told, meant)
    words = words_of(command)
    if words[0] == "make":
        words = ["make", "-o", ".venv/ready", *words[1:]]
    if "--mapping" in words and words[-1] in ("tickets", "freshdesk"):  # their units are not those of the settings
        words += ["--business-unit", "all"]
    known = os.environ | _environment(project)
    if words[-1] in ("test", "prove"):
        known |= {"PYTEST_ADDOPTS": COLLECTED}
    done = subprocess.run(words, cwd=project, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def _environment(project: Path) -> dict[str, str]:
    author = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {"PYTHONPATH": str(project), "PYTHONUTF8": "1"} | author


@pytest.mark.prove
@pytest.mark.parametrize("page", PLAIN_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_is_carried_out(page: Path, project: Path, run: Run):
    commands = [command for command in commands_of(page) if not is_quick(command)]
    with ExitStack() as leaving:
        commands = _away(commands, project, leaving)
        _write_what_it_shows(page, project, leaving)
        for command in commands:
            if command in STARTED:
                run(f".venv/bin/python -m {STARTED[command]} --help")
            elif command.startswith("make lab"):
                _open_lab(project, command)
            else:
                run(command)


def _write_what_it_shows(page: Path, project: Path, leaving: ExitStack) -> None:
    """The files that the page tells its reader to write, for as long as its commands are carried out."""
    if page.name == "map-your-data.md":
        (project / "export").mkdir(exist_ok=True)
        (project / "export" / "tickets_2025.csv").write_text(TICKETS, encoding="utf-8")
        (project / "params/mappings/tickets.yml").write_text(blocks_of(page, "yaml")[0], encoding="utf-8")
    if page.name == "add-a-metric.md":
        file = project / "params" / "metrics.yml"
        leaving.callback(file.write_text, file.read_text(encoding="utf-8"), encoding="utf-8")
        file.write_text(blocks_of(page, "yaml")[0], encoding="utf-8")


def _away(commands: list[str], project: Path, leaving: ExitStack) -> list[str]:
    """Start what a page runs on other machines, on this one; the rest of its commands, with their address."""
    scheduler = [command for command in commands if "dask scheduler" in command]
    workers = [command for command in commands if "dask worker" in command]
    if not scheduler:
        return commands
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    here = {"tcp://scheduler:8786": f"tcp://127.0.0.1:{port}", "8786": port}
    for command in (*scheduler, *workers):
        for told, meant in here.items():
            command = command.replace(told, meant)
        known = os.environ | _environment(project)
        started = subprocess.Popen(words_of(command), cwd=project, env=known, stderr=subprocess.DEVNULL)
        leaving.callback(_end, started)
    rest = [command for command in commands if command not in (*scheduler, *workers)]
    return [command.replace("tcp://scheduler:8786", here["tcp://scheduler:8786"]) for command in rest]


def _open_lab(project: Path, command: str) -> None:
    """`make lab` until its server answers, then its end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = f"--no-browser --allow-root --ServerApp.port={port} --IdentityProvider.token=x"
    words = ["make", "-o", ".venv/ready", "lab", f"LAB_OPTIONS={options}"]
    assert words_of(command)[:2] == ["make", "lab"]
    known = os.environ | _environment(project)
    lab = subprocess.Popen(words, cwd=project, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + LAB_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/api?token=x"):
            assert lab.poll() is None, "make lab ended by itself"
            assert time.monotonic() < until, "make lab does not answer"
            time.sleep(0.5)
        with urlopen(Request(f"http://127.0.0.1:{port}/api/shutdown?token=x", method="POST"), timeout=10) as told:
            assert told.status == 200
        assert lab.wait(60) == 0
    finally:
        _end(lab)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as told:
            return bool(told.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _end(started: "subprocess.Popen[bytes]") -> None:
    if started.poll() is None:
        started.terminate()
        started.wait(60)


@pytest.mark.prove
def test_the_tutorial_makes_a_report_from_nothing_as_it_stands(project: Path, run: Run):
    printed = ""
    for kind, told in steps_of(TUTORIAL):
        if kind == "change":
            change(project, told)
        elif kind == "cell":
            _add_cell(project / "notebooks/second_visits.ipynb", "## How many visits does a repair take?", told)
        elif not told.startswith("make lab"):  # carried out by the page on notebooks, with the same data
            done = run(told)
            printed = done if "preview" in told else printed
    page = Path(printed.strip().splitlines()[-1])
    facts = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    kpi = next(kpi for kpi in facts["kpis"] if kpi["metric"] == "second_visits_share")
    assert kpi["denominator"] > 0
    assert 0 <= kpi["numerator"] < kpi["denominator"], "second visits among few repairs: there may be none in a month"
    assert "How many visits does a repair take?" in page.read_text(encoding="utf-8")
    assert "<svg" in page.read_text(encoding="utf-8").split("How many visits")[1] or "data:image" in page.read_text()
    assert run("git status --porcelain") == ""


def _add_cell(notebook: Path, question: str, code: str) -> None:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    place = [cell["id"] for cell in content["cells"]].index("definitions")
    made = [
        {"cell_type": "markdown", "id": "ask-own", "metadata": {}, "source": question},
        {"cell_type": "code", "id": "own", "metadata": {}, "source": code, "outputs": [], "execution_count": None},
    ]
    content["cells"][place:place] = made
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
