"""Git reads notebooks by cells once `make diffs` was called in a clone, and as plain text where it was not."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A git folder with one of the project's notebooks, the project's attributes and its environment."""
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    shutil.copy(ROOT / "notebooks" / "summary.ipynb", tmp_path)
    (tmp_path / ".venv").symlink_to((ROOT / ".venv").resolve())
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "summary.ipynb", ".gitattributes")
    _git(tmp_path, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm", "As it was")
    content = json.loads((tmp_path / "summary.ipynb").read_text(encoding="utf-8"))
    content["cells"][-1]["source"] = ["report.record()  # closing"]
    content["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["printed by hand"]}]
    (tmp_path / "summary.ipynb").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return tmp_path


def test_without_make_diffs_a_change_of_a_notebook_is_shown_as_text(clone: Path):
    assert '+    "report.record()  # closing"' in _git(clone, "diff")


def test_after_make_diffs_a_change_of_a_notebook_is_shown_by_its_cell(clone: Path):
    if importlib.util.find_spec("nbdime") is None:
        told = "nbdime is not installed here: diffs of notebooks are not looked at (make .venv/ready)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(told)
    recipe = re.search(r"^diffs:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert recipe is not None
    for line in recipe[1].replace("$(BIN)", ".venv/bin").splitlines():
        subprocess.run(line.strip(), shell=True, cwd=clone, check=True)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", _git(clone, "diff"))
    assert "modified" in shown
    assert "+  report.record()  # closing" in shown
    assert '"cell_type"' not in shown
    assert "printed by hand" not in shown, "outputs do not hide what was changed; `check` names them"


def test_make_lab_sets_it_up_in_a_clone_and_make_clean_takes_it_away(clone: Path):
    """What `make` would do, of the recipe's own lines: nothing is prepared or opened here."""
    shutil.copy(ROOT / "Makefile", clone)
    lines = re.search(r"^lab:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert lines is not None
    assert "$(MAKE) --no-print-directory --silent diffs" in lines[1].splitlines()[0]
    (clone / "requirements.lock").touch()
    (clone / "pyproject.toml").touch()
    ready = ["-o", ".venv/ready"]  # the environment is another's, and there
    subprocess.run(["make", "--silent", *ready, "diffs"], cwd=clone, check=True)
    assert "diff.jupyternotebook.command" in _git(clone, "config", "--local", "--list")
    (clone / ".venv").unlink()
    subprocess.run(["make", "--silent", "clean"], cwd=clone, check=True, capture_output=True)
    assert "jupyternotebook" not in _git(clone, "config", "--local", "--list")
    assert "closing" in _git(clone, "diff")


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "--no-pager", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
