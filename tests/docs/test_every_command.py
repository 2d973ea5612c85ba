"""Every command of README and docs is carried out as it stands, in a copy of the project on a small sample; the few
that are not are shown by a test of their own, named here.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.reporting.reference import PAGE, render_reference
from analysis.reporting.scaffold import FILES, write_report
from analysis.sample import write_sample
from tests.docs.commands import PAGES, ROOT, blocks_of, change, commands_of, steps_of, words_of

UNIT, ORDERS = "U03", 1_500
TUTORIAL = ROOT / "docs" / "tutorial-first-report.md"
CHINESE = {TUTORIAL: ROOT / "docs/tutorial-first-report.zh.md", ROOT / "README.md": ROOT / "docs/README.zh.md"}
SHOWN_BY = {  # what is not carried out here → the file that does, and words of it
    r"make test": (".ci/run", "make test"),
    r"make \.venv/ready": (".ci/run", "make check"),
    r"make prove": ("pyproject.toml", "run whole by `make prove`"),
    r"make lab.*": ("tests/lab/test_in_jupyterlab.py", "open_lab"),
    r"make docs": ("tests/docs/test_site.py", "build_site"),
    r"make evidence": ("tests/signals/test_planted.py", "benchmarks"),
    r"make cluster-demo|.*tcp://scheduler:8786.*|.*dask scheduler.*": ("tests/reporting/test_cluster.py", "scheduler"),
    r".* due": ("tests/faults/test_due_for_real.py", '"due"'),
    r".* backfill --from 2024-01 --to 2025-12": ("tests/faults/test_schedule_faults.py", "backfill"),
    r".*--mapping tickets": ("tests/docs/test_what_the_docs_say.py", "example_mapping"),
    r".*--mapping helpdesk": ("tests/docs/test_how_to_read_sources.py", "desk.db"),
    r"git (diff|merge)|.*nbdiff .*|make diffs": ("tests/house/test_notebook_diffs.py", "make diffs"),
    r".*--deliver|.* deliver .*": ("tests/delivery/test_deliver.py", "deliver"),
}
FILLED = {"/path/to/folder": "data", "NAME": "tried_out", "/tmp/mails": "mails"}
PLAIN_PAGES = [page for page in PAGES if page not in (TUTORIAL, *CHINESE.values())]
Run = Callable[[str], str]


def shown_by(command: str) -> tuple[str, str] | None:
    return next((place for pattern, place in SHOWN_BY.items() if re.fullmatch(pattern, command)), None)


def test_what_is_not_carried_out_here_is_shown_by_a_file_that_speaks_of_it():
    commands = {command for page in PAGES for command in commands_of(page)}
    assert len(commands) > 40
    assert [p for p in SHOWN_BY if not any(re.fullmatch(p, command) for command in commands)] == [], "no longer told"
    for file, words in SHOWN_BY.values():
        assert words in (ROOT / file).read_text(encoding="utf-8"), file


def test_the_page_of_the_command_line_is_the_parsers_own():
    assert PAGE.read_text(encoding="utf-8") == render_reference()


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_the_chinese_page_tells_the_same_commands_and_changes(page):
    assert commands_of(CHINESE[page]) == commands_of(page)
    for language in ("diff", "python", "yaml"):
        assert blocks_of(CHINESE[page], language) == blocks_of(page, language)


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
    words = ["make", "-o", ".venv/ready", *words[1:]] if words[0] == "make" else words
    author = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    known = os.environ | {"PYTHONPATH": str(project), "PYTHONUTF8": "1"} | author
    done = subprocess.run(words, cwd=project, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.prove
@pytest.mark.parametrize("page", PLAIN_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_is_carried_out(page: Path, run: Run):
    for command in commands_of(page):
        if shown_by(command) is None:
            run(command)


@pytest.mark.prove
def test_the_tutorial_makes_a_report_from_nothing_as_it_stands(project: Path, run: Run):
    printed = ""
    for kind, told in steps_of(TUTORIAL):
        if kind == "change":
            change(project, told)
        elif kind == "cell":
            _add_cell(project / "notebooks/second_visits.ipynb", "## How many visits does a repair take?", told)
        elif shown_by(told) is None:
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
