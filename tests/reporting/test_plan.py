"""Which reports a run makes, where they go, and when one of them is the same as before."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.faults import UserFault
from analysis.reporting.folders import href, report_folder, unit_folder
from analysis.reporting.plan import choose_units, make_plan, read_reports, unit_names
from analysis.reporting.prepare import prepare

EVIL_UNITS = [
    "../../x",
    "a/b",
    "CON",
    "con.txt",
    ".",
    "..",
    "",
    "维修" * 45,
    "{x.__class__}",
    "a\x00b",
    "x\\y",
    "failed",
    "~",
    "-rf",
]


@pytest.fixture
def planned(tiny: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    store = tiny.write_store(tmp_path / "made")
    tiny.write_notebook(tmp_path / "notebooks", "repair_cycle", parameters=tiny.PARAMETERS + "rows_shown: int = 10\n")
    tiny.write_notebook(tmp_path / "notebooks", "complaints")
    suite = tiny.make_suite(tmp_path)

    def plan(store=store, suite=suite):
        notebooks = read_reports(suite)
        return make_plan(
            suite, prepare(suite, steps=tiny.make_steps(store), report_progress=lambda what, **_: None), notebooks
        )

    return SimpleNamespace(plan=plan, suite=suite, folder=tmp_path, tiny=tiny)


def test_every_report_of_every_unit_the_company_first(planned: SimpleNamespace) -> None:
    told = [(order.business_unit, order.report) for order in planned.plan()]
    units = ["all", "../../x", "U01", "U02"]
    assert told == [(unit, report) for unit in units for report in ("complaints", "repair_cycle")]


def test_values_of_the_suite_reach_the_notebook(planned: SimpleNamespace) -> None:
    suite = replace(planned.suite, parameters={"repair_cycle": {"rows_shown": 5}}, business_units=("华东",))
    orders = {order.report: order.values for order in planned.plan(suite=suite)}
    assert orders["repair_cycle"] == {"business_unit": "U01", "period": "2026-06", "language": "en,zh", "rows_shown": 5}
    assert "rows_shown" not in orders["complaints"]


def test_values_that_a_notebook_does_not_take_stop_the_run(planned: SimpleNamespace) -> None:
    wrong = {"repair_cycle": {"rows_show": 5, "period": "2025-01"}, "complaints": {"api_key": "x"}, "repair_cycl": {}}
    with pytest.raises(UserFault) as told:
        planned.plan(suite=replace(planned.suite, parameters=wrong))
    assert told.value.lines == (
        "parameters: no report 'repair_cycl'; did you mean 'repair_cycle'?",
        "parameters: repair_cycle: period is set by the run itself",
        "repair_cycle.ipynb: no parameter 'rows_show'; did you mean 'rows_shown'?",
        "parameters: complaints: 'api_key' looks like a secret; keep it in the environment",
        "complaints.ipynb: no parameter 'api_key'",
    )


def test_units_are_chosen_by_id_or_by_name() -> None:
    names = {
        "all": {"en": "Whole company", "zh": "全公司"},
        "U01": {"en": "East", "zh": "华东"},
        "U02": {"en": "South", "zh": "华南"},
    }
    assert choose_units((), names) == ["all", "U01", "U02"]
    assert choose_units(("华南", "all", "u01"), names) == ["all", "U01", "U02"]
    with pytest.raises(UserFault) as told:
        choose_units(("U3", "Souht"), names)
    assert told.value.lines[1] == "business_unit: no records of 'Souht'; did you mean 'South'?"


def test_units_without_a_row_are_not_planned() -> None:
    units = [{"business_unit": "U01", "name": {"en": "East", "zh": None}, "rows": {"work_orders": 1}}]
    units.append({"business_unit": "U02", "name": None, "rows": {"work_orders": 0}})
    assert unit_names({"business_units": units}) == {
        "all": {"en": "Whole company", "zh": "全公司"},
        "U01": {"en": "East", "zh": "East"},
    }


def test_the_same_inputs_give_the_same_keys(planned: SimpleNamespace) -> None:
    assert [order.key for order in planned.plan()] == [order.key for order in planned.plan()]
    assert len({order.key for order in planned.plan()}) == 8


def test_one_units_late_correction_changes_that_unit_and_the_company_only(planned: SimpleNamespace) -> None:
    before = {order.told(): order.key for order in planned.plan()}
    corrected = planned.tiny.write_store(planned.folder / "corrected", fingerprint="f2", late=1)
    after = {order.told(): order.key for order in planned.plan(store=corrected)}
    assert {name.split(" · ")[1] for name in before if before[name] != after[name]} == {"all", "U01"}


def test_a_changed_notebook_changes_its_own_reports_only(planned: SimpleNamespace) -> None:
    before = {order.told(): order.key for order in planned.plan()}
    planned.tiny.write_notebook(planned.folder / "notebooks", "complaints", "x = 1")
    after = {order.told(): order.key for order in planned.plan()}
    assert {name.split(" · ")[0] for name in before if before[name] != after[name]} == {"complaints"}


@pytest.mark.parametrize("unit", EVIL_UNITS)
def test_a_units_folder_never_leads_outside(tmp_path: Path, unit: str) -> None:
    folder = unit_folder(unit)
    assert folder == Path(folder).name
    assert not folder.startswith((".", "-"))
    assert len(folder.encode()) <= 160
    report_folder(tmp_path, "2026-06", unit).mkdir(parents=True)
    assert [path.parent for path in (tmp_path / "2026-06").iterdir()] == [tmp_path / "2026-06"]


def test_no_two_units_share_a_folder() -> None:
    assert len({unit_folder(unit).casefold() for unit in EVIL_UNITS}) == len(EVIL_UNITS)
    assert unit_folder("U03") == "U03"


def test_units_that_differ_only_in_case_are_refused(planned: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(planned.tiny.UNITS, "u01", ("east", "东"))
    store = planned.tiny.write_store(planned.folder / "case", fingerprint="f3")
    with pytest.raises(UserFault, match="'U01' and 'u01' differ only in case; map them to one id"):
        planned.plan(store=store)


def test_links_are_quoted() -> None:
    assert href("..", "维修 #1", 'a"b.html') == "../%E7%BB%B4%E4%BF%AE%20%231/a%22b.html"
