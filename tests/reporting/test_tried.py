"""What was tried below the closing cell of a notebook: a preview leaves it out and says so."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from nbformat import v4

from analysis.reporting.notebook import BY_HAND, read_notebook, source_of
from analysis.reporting.parameters import PROJECT, Suite
from analysis.reporting.tried import without_tries

NAME = "repair_cycle"


@pytest.fixture
def suite_at(tmp_path: Path) -> Callable[..., Suite]:
    """`suite_at("x = 1")`: a suite whose notebook goes on with these cells after its closing one."""

    def make(*tried: str, tags: Sequence[str] = ()) -> Suite:
        home = tmp_path / str(len(list(tmp_path.iterdir())))
        _write(home / "notebooks", tried, list(tags))
        return Suite(notebooks=home / "notebooks", store=home / "store")

    return make


def test_a_preview_leaves_out_what_was_tried_below_the_closing_cell_and_says_which_cells(suite_at):
    suite = suite_at("area.segments(report)", "", "shown = 1")
    before = (suite.notebooks / f"{NAME}.ipynb").read_bytes()
    cells = read_notebook(suite.notebooks / f"{NAME}.ipynb").cells
    previewed, told = without_tries(suite, NAME)
    assert f"below `report.record()`, cell {len(cells) - 2}, {len(cells)}; move it up to show it" in told
    left = read_notebook(previewed.notebooks / f"{NAME}.ipynb").cells
    assert [source_of(cell) for cell in left] == [source_of(cell) for cell in cells[:-3]]
    assert (previewed.notebooks / "summary.ipynb").is_file(), "parameters of other reports are checked against theirs"
    assert (suite.notebooks / f"{NAME}.ipynb").read_bytes() == before


def test_a_notebook_that_ends_with_its_closing_cell_is_rendered_from_where_it_lies(suite_at):
    for suite in (suite_at(), suite_at(""), suite_at("scratch", tags=[BY_HAND])):
        assert without_tries(suite, NAME) == (suite, "")
    assert without_tries(suite, "no_such_report") == (suite, "")


def _write(folder: Path, tried: tuple[str, ...], tags: list[str]) -> None:
    folder.mkdir(parents=True)
    for name in (NAME, "summary"):
        shutil.copy(PROJECT / "notebooks" / f"{name}.ipynb", folder)
    file = folder / f"{NAME}.ipynb"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cells"] += [v4.new_code_cell(source, metadata={"tags": tags}) for source in tried]
    file.write_text(json.dumps(content), encoding="utf-8")
