"""What `check` says of a notebook: every fault with file, cell, rule and the next step, all at once."""

import json
from pathlib import Path

import nbformat.v4 as v4
import pytest

from analysis.reporting.execute import RECORD_MIME, closing_record
from analysis.reporting.failures import ReportFailed
from analysis.reporting.lint import lint, missing_packages, untranslated
from analysis.reporting.notebook import BY_HAND, Notebook, read_notebook, read_notebooks, source_of, tags_of

PARAMETERS = 'business_unit: str = "all"\nperiod: str = "last"\nlanguage: str = "en"'
OPENED = 'report = open_report("report", business_unit, period, language)'
OPEN = f"from analysis import open_report\nfrom analysis.areas import report as area\n{OPENED}"
ASK = ("markdown", "## Where is it slow?")
SHOW = "area.segments(report)"
END = ("report.header(area.headline(report))", "report.record()")
IMPORT = "write `from analysis.areas import report as area`"
OPENS_OWN = 'write `open_report("report", business_unit, period, language)`'
MAGIC = "magics belong in a cell tagged 'skip-execution', which no run executes"
SAME = "take it out: every unit's page would show the same"
DATA = "a run knows the mapped data alone: map the file, then report.records(…)"
Cell = str | tuple[str, str]


def written(tmp_path: Path, *cells: Cell, opened: str = OPEN, **changes: dict) -> Notebook:
    """A notebook of those cells after its title, its parameters and `opened`: code, ("markdown", text) or (tag, code);
    cell_4={…} changes the fourth, metadata={…} what the file says of itself.
    """
    made = [("markdown", "# Repairs", []), ("code", PARAMETERS, ["parameters"])]
    for cell in (opened, *cells) if opened else cells:
        kind, source = cell if isinstance(cell, tuple) else ("code", cell)
        plain = kind in ("code", "markdown", "raw")
        made.append((kind if plain else "code", source, [] if plain else [kind]))
    content = {"cells": [_cell(*one) | {"id": f"id-{place}"} for place, one in enumerate(made)]}
    content["metadata"] = changes.pop("metadata", {})
    for number, change in changes.items():
        content["cells"][int(number.removeprefix("cell_")) - 1] |= change
    file = tmp_path / "notebooks" / "report.ipynb"
    file.parent.mkdir()
    file.write_text(json.dumps(content), encoding="utf-8")
    return read_notebook(file)


def _cell(kind: str, source: str, tags: list[str]) -> dict[str, object]:
    outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {"tags": tags}, "source": source, **outputs}


def test_a_notebook_as_it_should_be_has_no_fault(tmp_path: Path) -> None:
    by_hand = ("skip-execution", "%load_ext autoreload\n%autoreload 2")
    own = "import pandas as pd\n\nrows = [part for part in pd.Series([1])]\npd.DataFrame({'n': rows})"
    assert (
        lint(written(tmp_path, by_hand, "area.headline(report)", ASK, SHOW, ("markdown", "## Own?"), own, *END)) == []
    )


@pytest.mark.parametrize(
    ("cells", "changes", "told"),
    [
        (END, {"cell_4": {"execution_count": 7}}, "cell 4: holds outputs [no-outputs]; strip them: make strip"),
        (END, {"cell_1": {"source": "Repairs"}},
         "cell 1: is not the title [title-first]; begin with a markdown cell '# ' and the report's title"),
        ((("markdown", "# Once more"), *END), {}, "cell 4: is a second title [title-first]; ask a question, '## …?'"),
        (("1",) * 28 + END, {}, "has 33 cells, at most 30 [few-cells]; move work into analysis/areas/report.py"),
        (("x = 1\n# why\n\n" * 16, *END), {},
         "cell 4: 16 lines of code, at most 15 [thin-cells]; move work into a function of analysis/areas/report.py"),
        ((SHOW, *END), {},
         "cell 4: a section without a question [question-first]; put a markdown cell '## …?' before it"),
        ((("markdown", "### Where is it slow?"), SHOW, *END), {},
         "cell 5: a section without a question [question-first]; put a markdown cell '## …?' before it"),
        ((("markdown", "## Slow parts"), SHOW, *END), {},
         "cell 4: asks nothing [question-first]; write the section's question, '## …?'"),
        ((ASK, ("markdown", "## And why?"), SHOW, *END), {},
         "cell 4: a question that no cell answers [question-first]; put its section after it"),
        ((ASK, SHOW, ("markdown", "## Again?"), SHOW, *END), {},
         "cell 7: shows what cell 5 shows [once]; take one of them out"),
        (("", *END), {}, "cell 4: is empty [no-empty-cells]; take it out"),
        ((("raw", "to do"), *END), {},
         "cell 4: is a raw cell, which no page shows [no-raw]; make it markdown, or take it out"),
        ((ASK, SHOW, *END), {"cell_4": {"attachments": {"a.png": {}}}},
         "cell 4: holds a pasted picture [no-attachments]; pages show what code draws: take it out"),
        (END, {"cell_4": {"id": "id-2"}},
         "cell 4: bears the id of cell 3 [ids]; open and save the notebook in JupyterLab"),
        ((("skip-excution", "1"), *END), {},
         "cell 4: no rule knows the tag 'skip-excution'; did you mean 'skip-execution'? [tags]; "
         "mend it at the gear, Common Tools"),
        (END, {"metadata": {"kernelspec": {"name": "ir", "language": "R"}}},
         "is written for 'R' [kernel]; choose Python 3 in JupyterLab: Kernel, Change Kernel"),
        (("def summed():\n    return 1", *END), {},
         "cell 4, line 1: defines summed [no-functions]; move it to analysis/areas/report.py"),
        (("x = 1\nshare = lambda part: part / x", *END), {},
         "cell 4, line 2: defines share [no-functions]; move it to analysis/areas/report.py"),
        (("try:\n    x = 1\nfinally:\n    pass", *END), {},
         "cell 4, line 1: catches errors [no-try]; a fault must stop the report: take the try away"),
        (("from analysis.areas import complaints", *END), {},
         "cell 4, line 1: imports analysis.areas.complaints [own-area]; "
         "a notebook imports its own area alone, analysis.areas.report"),
        (("from analysis.areas.report import trend", *END), {},
         f"cell 4, line 1: imports its area in parts or by another name [own-area]; {IMPORT}"),
        (("from analysis.areas import report as own", *END), {},
         f"cell 4, line 1: imports its area in parts or by another name [own-area]; {IMPORT}"),
        (("x = 1\n%time x", *END), {}, f"cell 4, line 2: invalid syntax [plain-python]; {MAGIC}"),
        (("!pip install x", *END), {}, f"cell 4, line 1: invalid syntax [plain-python]; {MAGIC}"),
        (("import nosuchpackage", *END), {},
         "cell 4, line 1: imports nosuchpackage, which is not installed [installed]; add it to pyproject.toml"),
        (("report.record", ), {},
         "cell 4: is the last code cell and does not close [closing-cell]; end with `report.record()`"),
        ((*END, "report.kpis"), {},
         "cell 6: comes after `report.record()` in cell 5 [closing-cell]; move it up, or tag it 'skip-execution' "
         "to keep it for work by hand"),
        (('report = open_report("complaints", business_unit, period, language)', *END), {},
         f"cell 4, line 1: opens the report 'complaints' [own-report]; {OPENS_OWN}"),
        (('report = open_report("report", "U03", period, language)', *END), {},
         f"cell 4, line 1: opens a report whatever business_unit the run asks for [own-report]; {OPENS_OWN}"),
        (('business_unit = "U03"', *END), {},
         f"cell 4, line 1: sets business_unit, which the run sets [set-by-runner]; {SAME}"),
        (("rate * 3", "rate = 2", *END), {},
         "cell 4, line 1: reads rate, which only cell 5 sets [known-names]; move that cell up"),
        (("x = 1\nrate * x", *END), {},
         "cell 4, line 2: reads rate, which no cell sets [known-names]; set it before, or take it out"),
        ((ASK, "area.segments(report);", *END), {},
         "cell 5: ends with ';', which keeps what it makes off the page [shown]; take the ';' off"),
        ((ASK, "shown = area.segments(report)", *END), {},
         "cell 5: keeps its section in shown and shows nothing [shown]; end with `shown`, or take it out"),
        (("breakpoint()", *END), {},
         "cell 4, line 1: calls breakpoint() [no-stops]; nobody sits before a run: take it out"),
        (("import pandas as pd\npd.read_csv('/home/ann/parts.csv')", *END), {},
         f"cell 4, line 2: names a place of this machine, '/home/ann/parts.csv' [no-places]; {DATA}"),
        ((("skip-execution", "%matplotlib inline\nrate = 2"), "rate * 3", *END), {},
         "cell 4: defines rate, which other cells read, but no run executes it [by-hand]; "
         "take the tag 'skip-execution' off, or define it elsewhere"),
    ],
)  # fmt: skip
def test_a_fault_put_in_is_named_with_its_cell_its_rule_and_what_to_do(tmp_path: Path, cells, changes, told) -> None:
    assert lint(written(tmp_path, *cells, **changes)) == [f"report.ipynb: {told}"]


def test_a_section_that_the_area_does_not_have_is_named_with_the_nearest(tmp_path: Path) -> None:
    area = tmp_path / "analysis" / "areas" / "report.py"
    area.parent.mkdir(parents=True)
    area.write_text("from x import told\n\n\ndef headline(report): ...\n\n\ndef segments(report): ...\n")
    asked = ("area.headline(report)", ASK, "area.segmnets(report)", ("markdown", "## Told?"), "area.told(report)")
    assert lint(written(tmp_path, *asked, *END)) == [
        "report.ipynb: cell 6, line 1: analysis/areas/report.py has no 'segmnets'; did you mean 'segments'? "
        "[known-sections]; mend the name, or write it"
    ]


def test_all_faults_of_a_notebook_are_told_at_once(tmp_path: Path) -> None:
    cell = "import nosuchpackage\ndef f():\n    pass"
    notebook = written(tmp_path, cell, opened="", cell_3={"execution_count": 1})
    rules = [line.partition("[")[2].partition("]")[0] for line in lint(notebook)]
    assert rules == ["no-outputs", "closing-cell", "installed", "no-functions"]
    assert missing_packages(notebook) == ["nosuchpackage"]


def test_a_question_without_its_chinese_is_named(tmp_path: Path) -> None:
    asked = ("markdown", "## Where is it slow?"), ("markdown", "## Which zorblax?")
    assert untranslated(written(tmp_path, *asked, opened=""))[1:] == [
        "report.ipynb: cell 4: no Chinese for '## Which zorblax?' [both-languages]; "
        "add it to analysis/presentation/locale/zh_*.po, or Chinese pages show it as written"
    ]


def test_a_cell_for_work_by_hand_leaves_the_key_of_a_report_as_it_is(tmp_path: Path) -> None:
    def cells_of(*cells: Cell) -> list:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return [(cell["cell_type"], source_of(cell), tags_of(cell)) for cell in written(folder, *cells).run_cells]

    plain = cells_of(*END)
    assert cells_of(("skip-execution", "%autoreload 2"), *END) == plain
    assert cells_of("1", *END) != plain


def test_a_run_names_the_cell_that_comes_after_the_closing_one() -> None:
    """What an analyst tried below the last cell and saved: the record is there, and not at the end."""
    record = v4.new_code_cell(
        "report.record()", outputs=[v4.new_output("display_data", data={RECORD_MIME: {"record": {}}})]
    )
    injected = v4.new_code_cell("period = 1", metadata={"tags": ["injected-parameters"]})
    executed = v4.new_notebook(cells=[injected, record, v4.new_code_cell("area.segments(report)")])
    with pytest.raises(ReportFailed, match=r"^cell 2: comes after the closing cell `report.record\(\)`; move it up"):
        closing_record(executed)
    executed.cells[-1].metadata["tags"] = [BY_HAND]
    assert closing_record(executed) == {"record": {}}


def test_the_suites_own_notebooks_are_sound() -> None:
    for notebook in read_notebooks(Path(__file__).parents[2] / "notebooks").values():
        assert lint(notebook) == []
        assert untranslated(notebook) == []
        assert [BY_HAND] in [tags_of(cell) for cell in notebook.cells], "autoreload"
