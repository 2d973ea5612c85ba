"""A mistake in a cell by hand is one line that names the thing, the near miss and the next step; what is no mistake of
the analyst's keeps its traceback; completion, docstrings, `hasattr` and pickling are as without it.
"""

import inspect
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from analysis import open_report, plain_faults
from analysis.areas import repair_cycle as area
from analysis.exploring.explored import Explored
from analysis.faults import UserFault
from analysis.metrics.cards import read_catalogue
from analysis.plain_faults import IN_LAB, plain_lines
from analysis.report import Report
from analysis.run_data import RunData

REPORT = Report("repair_cycle", "all", "2026-06", ("en",), RunData(Path("no-run"), {}))  # no call here reads it
vars(REPORT.run)["catalogue"] = read_catalogue()
SHOWN = Explored.__new__(Explored)
FORM = "write measure(metric, by=None, *, where=None, period=None)"
NO = "measure: there is no argument"
BUILT = {"report": REPORT, "shown": SHOWN, "area": area, "open_report": open_report}


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ('report.measure("nps", groupby="region")', f"{NO} 'groupby'; did you mean 'by'?; {FORM}"),
        ('report.measure("nps", perod="2026")', f"{NO} 'perod'; did you mean 'period'?; {FORM}"),
        ("report.measure()", f"measure: missing 1 required positional argument: 'metric'; {FORM}"),
        ('report.measure("nps", "region", "x")', f"takes from 2 to 3 positional arguments but 4 were given; {FORM}"),
        ('area.trend(report, by="x")', "trend: there is no argument 'by'; write trend(report)"),
        ('open_report("summary", unit="U01")', "no argument 'unit'; did you mean 'business_unit'?; write open_"),
        ("report.recrods", "Report: there is no 'recrods'; did you mean 'records'"),
        ('report.mesure("nps")', "Report: there is no 'mesure'; did you mean 'measure'?; a dot and the Tab key"),
        ("shown.dat", "Explored: there is no 'dat'; did you mean 'data'?"),
        ("area.trnd(report)", "analysis.areas.repair_cycle: there is no 'trnd'; did you mean 'trend'?"),
        ('shown["value"]', "Explored: no table, list or function; its figures stand in `.data`"),
        ("len(shown)", "Explored: no table, list or function; its figures stand in `.data`"),
        ('area.trend("all")', "trend: report takes a report, as open_report gives it, got 'all'"),
        ("report.records(3)", "records: table takes a text, got 3"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_cell_is_told_in_one_line(cell: str, told: str):
    (line,) = _lines(cell)
    assert told in line


@pytest.mark.parametrize(
    "cell",
    ["{}.nothing", "len(3)", "[].sort(by=1)", "import math\nmath.sqr(2)", "def own(a):\n    pass\nown(b=1)", "1 / 0",
     "report.run.path.nothing", "raise ValueError('mine')"],
)  # fmt: skip
def test_what_is_not_of_the_suite_keeps_its_traceback(cell: str):
    assert _lines(cell) == ()


def test_a_fault_inside_the_suite_keeps_its_traceback():
    assert _lines("report.kpis") == ()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: open_report("repair_cylce"), "report: there is no 'repair_cylce'; did you mean 'repair_cycle'"),
        (lambda: open_report(None), "report: there is no None; there are benchmarks, channels"),
        (lambda: REPORT.series("npps"), "metric: there is no 'npps'; did you mean 'nps'"),
        (lambda: REPORT.kpi("npps"), "did you mean 'nps'"),
        (lambda: REPORT.tells("npps"), "did you mean 'nps'"),
        (lambda: REPORT.units("npps"), "did you mean 'nps'"),
        (lambda: REPORT.adjusted("npps"), "did you mean 'nps'"),
        (lambda: REPORT.cards(["npps"]), "did you mean 'nps'"),
        (lambda: REPORT.cards("nps"), r"metrics: a list of ids, such as \['nps'\]"),
        (lambda: REPORT.findings(metrics=["npps"]), "did you mean 'nps'"),
        (lambda: REPORT.segments("nps", "product"), "nps has no breakdown 'product'; did you mean 'product_line'"),
        (lambda: REPORT.records("work_order"), "did you mean 'work_orders'"),
        (lambda: REPORT.records("work_orders", "visits"), r"columns take a list of names, such as \['visits'\]"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_and_never_with_nothing(call: Callable[[], object], told: str):
    with pytest.raises(UserFault, match=told) as raised:
        call()
    assert len(raised.value.lines) == 1


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv(IN_LAB, "repair_cycle.ipynb")
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.user_ns |= BUILT
    plain_faults.show_faults_plainly()
    yield made
    InteractiveShell.clear_instance()


def test_in_a_kernel_it_is_shown_so_and_nothing_else_is_lost(shell: InteractiveShell, capsys: pytest.CaptureFixture):
    shell.run_cell('report.measure("nps", groupby="region")')
    told = capsys.readouterr().out
    assert "did you mean 'by'?" in told
    assert "Traceback" not in told
    assert len(told.splitlines()) == 1
    shell.run_cell("1 / 0")
    assert "Traceback" in capsys.readouterr().out
    with provisionalcompleter():
        assert [found.text for found in shell.Completer.completions("report.meas", 11)] == ["measure"]
    assert "One metric of this unit" in (inspect.getdoc(shell.user_ns["report"].measure) or "")
    assert "metric" in shell.object_inspect("report.measure")["definition"]


def test_no_name_is_invented():
    assert not hasattr(REPORT, "recrods")
    assert pickle.loads(pickle.dumps(REPORT)).name == "repair_cycle"


def _lines(cell: str) -> tuple[str, ...]:
    with pytest.raises(Exception) as raised:  # whatever the cell raises
        exec(compile(cell, "cell", "exec"), dict(BUILT))
    return plain_lines(raised.value, raised.tb.tb_next)
