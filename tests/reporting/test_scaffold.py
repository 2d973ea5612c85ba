"""A new report's files are sound as written; in a copy of the project it passes `check` and renders at once."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from analysis.faults import UserFault
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.presentation import language
from analysis.reporting.lint import lint
from analysis.reporting.notebook import read_notebook
from analysis.reporting.scaffold import FILES, write_report

ROOT = Path(__file__).parents[2]
FOLDERS = ("analysis", "notebooks", "params", "tests", "docs")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The folders that a new report is written to, and a project's command that writes the page of metrics."""
    root = tmp_path_factory.mktemp("project")
    for path in (*FILES.values(), "notebooks/x", "params/x", "docs/reference/x"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "params" / "suite.yml", root / "params")
    (root / "analysis" / "metrics" / "__main__.py").write_text("")
    (root / "analysis" / "metrics" / "__init__.py").write_text("")
    write_report("field_parts", title="Field parts", title_zh="现场备件", root=root)
    return root


def test_the_new_catalogue_can_be_measured_and_is_worded_in_both_languages(project):
    file = project / "analysis/metrics/catalogue/field_parts.yml"
    card = read_catalogue(own=file)["field_parts_share"]
    check_catalogue(Catalogue({card.id: card}))
    assert card.name == {"en": "Field parts: repairs among completed orders", "zh": "现场备件：完工工单中维修占比"}


def test_the_new_notebook_reads_as_the_others_and_calls_what_its_area_has(project):
    notebook = read_notebook(project / "notebooks/field_parts.ipynb")
    assert [fault for fault in lint(notebook) if "not installed" not in fault] == []
    area = ast.parse((project / "analysis/areas/field_parts.py").read_text(encoding="utf-8"))
    functions = {node.name for node in area.body if isinstance(node, ast.FunctionDef)}
    cells = ["".join(cell["source"]) for cell in notebook.cells if cell["cell_type"] == "code"]
    called = {cell.split("(")[0].removeprefix("area.") for cell in cells if cell.startswith("area.")}
    assert called == functions
    ast.parse((project / "tests/areas/test_field_parts.py").read_text(encoding="utf-8"))


def test_every_question_of_the_new_notebook_has_its_chinese(project, monkeypatch):
    monkeypatch.setattr(language, "LOCALE_FOLDER", project / "analysis/presentation/locale")
    language.translations.cache_clear()
    try:
        assert language.missing_translations([project / "notebooks"]) == []
    finally:
        monkeypatch.undo()
        language.translations.cache_clear()


def test_the_new_report_is_named_last_in_the_settings(project):
    suite = yaml.safe_load((project / "params/suite.yml").read_text(encoding="utf-8"))
    assert suite["reports"][-1] == "field_parts"
    assert len(suite["reports"]) == len(set(suite["reports"])) > 10


@pytest.mark.parametrize(
    ("name", "title", "told"),
    [
        ("field_parts", None, "there already"),
        ("Parts!", None, "lower-case"),
        ("own", None, "lower-case"),
        ("class", None, "lower-case"),
        ("spare", 'a "quoted" title', "without quotes"),
    ],
)
def test_what_cannot_be_is_refused_before_a_file_is_written(project, name, title, told):
    before = sorted(path for path in project.rglob("*") if path.is_file())
    with pytest.raises(UserFault, match=told):
        write_report(name, title=title, root=project)
    assert sorted(path for path in project.rglob("*") if path.is_file()) == before


@pytest.mark.prove
def test_in_a_copy_of_the_project_a_new_report_passes_check_its_own_test_and_renders(tmp_path):
    copy = tmp_path / "copy"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "baselines"))
    for file in ("run_reports.py", "pyproject.toml"):
        shutil.copy(ROOT / file, copy / file)
    data = str(copy / "data")

    def run(*arguments: str) -> str:
        known = os.environ | {"PYTHONPATH": str(copy)}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=copy, env=known, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    run("run_reports.py", "sample", "--out", data, "--work-orders", "1500")
    run("run_reports.py", "new", "field_parts", "--title", "Field parts", "--title-zh", "现场备件")
    run("run_reports.py", "check", "--data", data, "--report", "field_parts")
    page = Path(run("run_reports.py", "preview", "field_parts", "--data", data).strip().splitlines()[-1])
    assert "Field parts" in page.read_text(encoding="utf-8")
    facts = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert "field_parts_share" in {kpi["metric"] for kpi in facts["kpis"] if kpi["value"] is not None}
    chinese = page.with_name(page.name.replace(".en.", ".zh."))
    assert "现场备件：走势如何？" in chinese.read_text(encoding="utf-8")
    run(
        "-m",
        "pytest",
        "-q",
        "tests/areas/test_field_parts.py",
        "tests/house/test_languages.py",
        "tests/house/test_import_rules.py",
    )
