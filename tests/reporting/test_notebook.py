"""What a notebook's parameters take and refuse before any kernel starts, and what `check` says of a notebook."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.faults import UserFault
from analysis.reporting.lint import lint, missing_packages, untranslated
from analysis.reporting.notebook import (
    BY_HAND,
    read_notebook,
    read_notebooks,
    read_parameters,
    source_of,
    tags_of,
    title_and_question,
)

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


def test_a_title_cell_is_title_and_question() -> None:
    titles, questions = title_and_question("# Repairs\n\nHow long?")
    assert (titles["en"], questions["en"]) == ("Repairs", "How long?")


AREA = "from analysis.areas import report as area"
CLOSED = ("report.header(area.headline(report))", "report.record()")


def written(tmp_path: Path, *cells: str | tuple[str, str], **changes: object):
    """A notebook of those cells after its title and parameters: code, or ("markdown", text), or (tag, code)."""
    made = [("markdown", "# Repairs", []), ("code", PARAMETERS, ["parameters"])]
    for cell in cells:
        kind, source = cell if isinstance(cell, tuple) else ("code", cell)
        made.append(
            ("markdown", source, []) if kind == "markdown" else ("code", source, [kind] if kind != "code" else [])
        )
    content = {"cells": [_cell(*one) for one in made]}
    for number, change in changes.items():
        content["cells"][int(number.removeprefix("cell_")) - 1] |= change
    file = tmp_path / "report.ipynb"
    file.write_text(json.dumps(content), encoding="utf-8")
    return read_notebook(file)


def _cell(kind: str, source: str, tags: list[str]) -> dict[str, object]:
    outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": "x", "metadata": {"tags": tags}, "source": source, **outputs}


def test_a_notebook_as_it_should_be_has_no_fault(tmp_path: Path) -> None:
    by_hand = ("skip-execution", "%load_ext autoreload\n%autoreload 2")
    asked = (("markdown", "## Where?"), "area.segments(report)")
    assert lint(written(tmp_path, by_hand, AREA, "area.headline(report)", *asked, *CLOSED)) == []


@pytest.mark.parametrize(
    ("cells", "changes", "told"),
    [
        (CLOSED, {"cell_3": {"execution_count": 7}},
         "cell 3: holds outputs [no-outputs]; strip them: .venv/bin/nbstripout --keep-id notebooks/report.ipynb"),
        (CLOSED, {"cell_1": {"source": "Repairs"}},
         "cell 1: is not the title [title-first]; begin with a markdown cell '# ' and the report's title"),
        (("1",) * 28 + CLOSED, {},
         "has 32 cells, at most 30 [few-cells]; move work into analysis/areas/report.py"),
        (("x = 1\n# why\n\n" * 16, *CLOSED), {},
         "cell 3: 16 lines of code, at most 15 [thin-cells]; "
         "move work into a function of analysis/areas/report.py"),
        ((AREA, "area.segments(report)", *CLOSED), {},
         "cell 4: a section without a question [question-first]; put a markdown cell '## …?' before it"),
        (("def summed():\n    return 1", *CLOSED), {},
         "cell 3, line 1: defines summed [no-functions]; move it to analysis/areas/report.py"),
        (("try:\n    x = 1\nfinally:\n    pass", *CLOSED), {},
         "cell 3, line 1: catches errors [no-try]; a fault must stop the report: take the try away"),
        (("from analysis.areas import complaints", *CLOSED), {},
         "cell 3: imports analysis.areas.complaints [own-area]; "
         "a notebook imports its own area alone, analysis.areas.report"),
        (("x = 1\n%time x", *CLOSED), {},
         "cell 3, line 2: invalid syntax [plain-python]; "
         "magics belong in a cell tagged 'skip-execution', which no run executes"),
        (("import nosuchpackage", *CLOSED), {},
         "cell 3, line 1: imports nosuchpackage, which is not installed [installed]; add it to pyproject.toml"),
        (("report.record", ), {},
         "cell 3: is the last code cell and does not close [closing-cell]; end with `report.record()`"),
        ((("skip-execution", "%matplotlib inline\nrate = 2"), "rate * 3", *CLOSED), {},
         "cell 3: defines rate, which other cells read, but no run executes it [by-hand]; "
         "take the tag 'skip-execution' off, or define it elsewhere"),
    ],
)  # fmt: skip
def test_a_fault_put_in_is_named_with_its_cell_its_rule_and_what_to_do(tmp_path: Path, cells, changes, told) -> None:
    assert lint(written(tmp_path, *cells, **changes)) == [f"report.ipynb: {told}"]


def test_all_faults_of_a_notebook_are_told_at_once(tmp_path: Path) -> None:
    notebook = written(tmp_path, "import nosuchpackage\ndef f():\n    pass", cell_3={"execution_count": 1})
    rules = [line.partition("[")[2].partition("]")[0] for line in lint(notebook)]
    assert rules == ["no-outputs", "closing-cell", "installed", "no-functions"]
    assert missing_packages(notebook) == ["nosuchpackage"]


def test_a_question_without_its_chinese_is_named(tmp_path: Path) -> None:
    asked = ("markdown", "## Where is it slow?"), ("markdown", "## Which zorblax?")
    assert untranslated(written(tmp_path, *asked))[1:] == [
        "report.ipynb: cell 4: no Chinese for '## Which zorblax?' [both-languages]; "
        "add it to analysis/presentation/locale/zh_*.po, or Chinese pages show it as written"
    ]


def test_a_cell_for_work_by_hand_leaves_the_key_of_a_report_as_it_is(tmp_path: Path) -> None:
    def cells_of(notebook):
        return [(cell["cell_type"], source_of(cell), tags_of(cell)) for cell in notebook.run_cells]

    plain = cells_of(written(tmp_path, *CLOSED))
    assert cells_of(written(tmp_path, ("skip-execution", "%autoreload 2"), *CLOSED)) == plain
    assert cells_of(written(tmp_path, "1", *CLOSED)) != plain


def test_the_suites_own_notebooks_are_sound() -> None:
    for notebook in read_notebooks(Path(__file__).parents[2] / "notebooks").values():
        assert lint(notebook) == []
        assert untranslated(notebook) == []
        assert [BY_HAND] in [tags_of(cell) for cell in notebook.cells], "autoreload"
