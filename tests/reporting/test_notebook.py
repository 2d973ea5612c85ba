"""What a notebook's parameters take and refuse before any kernel starts."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.faults import UserFault
from analysis.reporting.notebook import read_notebook, read_notebooks, read_parameters, title_and_question

PARAMETERS = 'business_unit: str = "all"\nperiod: str = "last"\nlanguage: str = "en"'
MORE = """
rows_shown: int = 10  # how many
share: float = 0.5
chart: Literal["bars", "dots"] = "bars"
only: str | None = None
fast: bool = False
"""


@pytest.fixture
def notebook(tiny: SimpleNamespace, tmp_path: Path):
    return read_notebook(tiny.write_notebook(tmp_path, "report", parameters=tiny.PARAMETERS + MORE))


@pytest.mark.parametrize(
    ("name", "value"),
    [("rows_shown", 3), ("share", 0.1), ("share", 1), ("chart", "dots"), ("only", None), ("only", "x"), ("fast", True)],
)
def test_a_value_of_the_declared_type_is_taken(notebook, name: str, value: object) -> None:
    assert notebook.faults({name: value}) == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("rows_show", 3, "report.ipynb: no parameter 'rows_show'; did you mean 'rows_shown'?"),
        ("x=1; import os", 3, "report.ipynb: no parameter 'x=1; import os'"),
        ("rows_shown", "3", "report.ipynb: parameter rows_shown must be a whole number, got '3'"),
        ("rows_shown", True, "report.ipynb: parameter rows_shown must be a whole number, got True"),
        ("rows_shown", [3], "report.ipynb: parameter rows_shown must be a whole number, got [3]"),
        ("fast", 1, "report.ipynb: parameter fast must be True or False, got 1"),
        ("chart", "pie", "report.ipynb: parameter chart must be one of ['bars', 'dots'], got 'pie'"),
        ("only", 4, "report.ipynb: parameter only must be text or None, got 4"),
    ],
)
def test_an_unknown_misspelt_or_mistyped_value_is_refused(notebook, name: str, value: object, fault: str) -> None:
    assert notebook.faults({name: value}) == [fault]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("x = 1", "parameters cell, line 1: must read `name: type = value`, got 'x = 1'"),
        ("import os", "parameters cell, line 1: must read `name: type = value`, got 'import os'"),
        ("x: int = len('a')", "parameters cell, line 1: value \"len('a')\" must be a literal"),
        ("x: int = 'a'", "parameters cell, line 1: the default of x must be a whole number"),
        (
            "x: list = 1",
            "parameters cell, line 1: "
            "type 'list' is not one of str, int, float, bool, Literal[…] or these with `| None`",
        ),
        ("x: int = [1]", "parameters cell, line 1: value '[1]' must be text, a number, True, False or None"),
        ("x: int = ", "parameters cell, line 1: invalid syntax"),
    ],
)
def test_a_parameters_cell_holds_typed_literals_only(source: str, fault: str) -> None:
    assert read_parameters(source)[1] == [fault]


def test_a_notebook_needs_exactly_one_parameters_cell(tiny: SimpleNamespace, tmp_path: Path) -> None:
    file = tiny.write_notebook(tmp_path, "report")
    content = json.loads(file.read_text())
    content["cells"][2]["metadata"]["tags"] = ["parameters"]
    file.write_text(json.dumps(content))
    with pytest.raises(
        UserFault, match=r"report\.ipynb: must have exactly one cell tagged 'parameters', has 2 \(cells 2, 3\); mend"
    ):
        read_notebook(file)


def test_the_parameters_that_a_run_sets_must_be_there(tiny: SimpleNamespace, tmp_path: Path) -> None:
    file = tiny.write_notebook(tmp_path, "report", parameters='business_unit: str = "all"')
    with pytest.raises(UserFault) as told:
        read_notebook(file)
    assert told.value.lines == (
        "report.ipynb: parameter 'period' is missing",
        "report.ipynb: parameter 'language' is missing",
    )


def test_an_unknown_report_is_named_with_the_nearest(tiny: SimpleNamespace, tmp_path: Path) -> None:
    tiny.write_notebook(tmp_path, "repair_cycle")
    with pytest.raises(UserFault, match="did you mean 'repair_cycle'"):
        read_notebooks(tmp_path, ("repair_cylce",))


def test_a_broken_file_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("{")
    with pytest.raises(UserFault, match=r"x\.ipynb: not a notebook"):
        read_notebooks(tmp_path)


def test_a_conflict_that_git_left_is_told_with_its_line_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text('{"cells": [\n<<<<<<< HEAD\n]}\n=======\n>>>>>>> theirs\n')
    with pytest.raises(UserFault, match=r"x\.ipynb: line 2: git left a conflict \[no-conflict\]; take one side"):
        read_notebooks(tmp_path)


def test_a_title_cell_is_title_and_question() -> None:
    titles, questions = title_and_question("# Repairs\n\nHow long?")
    assert (titles["en"], questions["en"]) == ("Repairs", "How long?")
