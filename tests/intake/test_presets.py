"""The presets of params/mappings on their own examples: what they read, and that every report renders from it."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.intake import intake
from analysis.intake.mapping import read_mapping
from analysis.record import MIME
from analysis.reporting.parameters import Suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import suite_steps
from analysis.store import Store
from tests.intake.write_vendor_examples import WRITERS, Case, draw_cases

PARAMS = Path(__file__).resolve().parents[2] / "params"
MAPPINGS, EXAMPLES = PARAMS / "mappings", PARAMS / "mappings" / "examples"
PRESETS = sorted(WRITERS)
REPORTS = sorted(path.stem for path in (PARAMS.parent / "notebooks").glob("*.ipynb"))
ORDERS = [name for name in PRESETS if name not in ("call_centre", "online_chat")]

# which reports a preset's own layout feeds with figures, beside summary, benchmarks and data_quality
FED = {
    "zoho_desk": ("repair_cycle", "service_quality", "process", "satisfaction"),
    "fxiaoke": ("repair_cycle", "process", "satisfaction", "product_quality"),
    "salesforce": ("repair_cycle", "service_quality", "process"),
    "servicenow": ("repair_cycle", "service_quality", "process", "satisfaction"),
    "zendesk": ("repair_cycle", "service_quality", "process", "satisfaction"),
    "jira_service_management": ("repair_cycle", "satisfaction"),
    "freshdesk": ("repair_cycle",),
    "kf5": ("repair_cycle", "satisfaction"),
    "feishu_helpdesk": ("repair_cycle", "satisfaction", "channels"),
    "pingcode": ("repair_cycle", "satisfaction"),
    "call_centre": ("channels", "satisfaction"),
    "online_chat": ("channels", "satisfaction"),
    "chinese_work_orders": ("repair_cycle", "service_cost", "complaints", "satisfaction", "process", "service_quality"),
}


@pytest.fixture(scope="session")
def example(once: Callable[..., Path]) -> Callable[[str], Store]:
    """`example("zendesk")`: the store of a preset's example, built once."""

    def build(name: str) -> Store:
        def make(home: Path) -> Path:
            mapping = MAPPINGS / f"{name}.yml"
            return intake(str(EXAMPLES / name), mapping=mapping, params=PARAMS, store_root=home / "stores").path

        return Store(once(f"preset-{name}", make))

    return build


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    return draw_cases()


def test_every_preset_has_an_example_and_a_line_of_its_own_here():
    named = {path.stem for path in MAPPINGS.glob("*.yml") if read_mapping(path).sources}

    assert named == set(PRESETS) == {path.name for path in EXAMPLES.iterdir()} == set(FED)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_which_names_were_verified_where_and_which_are_assumed(name):
    text = (MAPPINGS / f"{name}.yml").read_text(encoding="utf-8")

    assert "# Where the names come from" in text
    assert "Assumed" in text
    assert "Verified" in text or "Assumed throughout" in text
    assert "# What was decided" in text


@pytest.mark.parametrize("name", PRESETS)
def test_each_heading_of_a_preset_alone_is_known_as_the_column_it_stands_for(name):
    for source in read_mapping(MAPPINGS / f"{name}.yml").sources.values():
        for own, headings in source.names.items():
            for heading in headings:
                found = source.found_in([heading])
                # a heading may serve two names where a vendor uses one word for both; the first takes it
                assert heading in found.values(), f"{name}: {source.name}.{own}: {heading!r}"
        assert any(re.search(r"[\u3400-\u9fff]", h) for hs in source.names.values() for h in hs) or name in (
            "salesforce", "zendesk", "servicenow",
        )  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_an_example_is_read_without_a_row_set_aside(name, example):
    tables = example(name).manifest["tables"]

    assert {table: entry["reasons"] for table, entry in tables.items() if entry.get("quarantined")} == {}
    assert example(name).manifest["timezone"] == "Asia/Shanghai"
    assert len(example(name).business_units) == 3
    assert example(name).has("calendar")


@pytest.mark.parametrize("name", ORDERS)
def test_the_stamps_are_those_of_the_work_whatever_the_vendor_s_layout(name, example, cases):
    # The example was written from drawn cases: what comes back must be them, to the minute.
    found = example(name).records("work_orders", "all").sort_values("submitted_at").reset_index(drop=True)
    told = [case for case in cases if name != "feishu_helpdesk" or case["n"] % 4]
    drawn = pd.DataFrame(told).sort_values("created").reset_index(drop=True)
    minute = {"zoho_desk", "fxiaoke", "chinese_work_orders", "jira_service_management"}

    def same(column: str, expected: pd.Series) -> None:
        ours, theirs = pd.to_datetime(found[column]), pd.to_datetime(expected)
        if name in minute:
            ours, theirs = ours.dt.floor("min"), theirs.dt.floor("min")
        pd.testing.assert_series_equal(ours, theirs, check_names=False, check_dtype=False)

    assert len(found) == len(drawn)
    same("submitted_at", drawn["created"])
    done = found["status"] == "completed"
    ends = (
        drawn["closed"].where(drawn["cancelled"], drawn["solved"])
        if name in ("kf5", "zendesk", "freshdesk")
        else drawn["solved"]
    )
    if name == "feishu_helpdesk":
        ends = drawn["solved"].where(drawn["done"], drawn["closed"])
    same("completed_at", ends.where(done))
    if name not in ("kf5", "zendesk", "freshdesk", "feishu_helpdesk"):
        assert done.tolist() == drawn["done"].tolist()
        assert (found["status"] == "cancelled").tolist() == drawn["cancelled"].astype(bool).tolist()


def test_waiting_and_talking_are_computed_from_the_stamps_of_a_call(example):
    calls = example("call_centre").records("interactions", "all").set_index("interaction_id")

    assert (calls.loc["202600000001", "wait_seconds"], calls.loc["202600000001", "handle_seconds"]) == (42, 191)
    assert calls["abandoned"].mean() == pytest.approx(53 / 480)
    assert not calls["customer_id"].str.contains(r"139\d{8}").any()  # the number itself is kept nowhere


def test_a_scale_that_counts_backwards_is_turned_round(example, cases):
    answers = example("online_chat").records("surveys", "all").set_index("survey_id")["score"]
    drawn = {f"S-C{case['n']:07d}": float(case["score"]) for case in cases if case["score"]}

    assert answers.to_dict() == drawn


@pytest.fixture(scope="session")
def preset_run(once: Callable[..., Path]) -> Callable[[str], Path]:
    """`preset_run("kf5")`: the run of a preset's example, prepared once."""

    def build(name: str) -> Path:
        def make(home: Path) -> Path:
            suite = Suite(
                params=PARAMS,
                data=str(EXAMPLES / name),
                mapping=MAPPINGS / f"{name}.yml",
                store=home / "store",
                languages=("en", "zh"),
            )
            return prepare(suite, steps=suite_steps(), report_progress=lambda *_, **__: None).folder

        return once(f"preset-run-{name}", make)

    return build


def rendered(run_notebook: Callable, report: str, run: Path) -> dict:
    """The record of a report: the notebook ran to its last cell."""
    shown = run_notebook(report, "all", run)
    return shown[-1]._repr_mimebundle_()[MIME]["record"]


@pytest.mark.parametrize(
    "report",
    ["repair_cycle", *(pytest.param(name, marks=pytest.mark.prove) for name in ("service_cost", "data_quality"))],
)
def test_a_chinese_work_order_sheet_renders_its_reports(report, preset_run, run_notebook):
    record = rendered(run_notebook, report, preset_run("chinese_work_orders"))

    assert any(kpi["value"] is not None for kpi in record["kpis"])


@pytest.mark.prove
@pytest.mark.parametrize("name", PRESETS)
def test_every_report_renders_from_a_preset_and_those_it_feeds_have_figures(name, preset_run, run_notebook):
    run = preset_run(name)
    with_figures = {
        report
        for report in REPORTS
        if any(kpi["value"] is not None for kpi in rendered(run_notebook, report, run)["kpis"])
    }

    assert set(FED[name]) | {"summary", "data_quality"} <= with_figures, f"{os.linesep}{name}: {sorted(with_figures)}"
