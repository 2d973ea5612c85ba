"""Data that lack: every report of every such business still renders, ends with its record and says what it cannot say.

Each business is drawn here and goes through the real intake, measuring and signals.
"""

import json
import re
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.areas import complaints, repair_cycle
from analysis.metrics.chinese import closed_up
from analysis.record import MIME
from analysis.report import open_report
from analysis.sections.decomposition import decomposition

REPORTS = (
    "repair_cycle",
    "complaints",
    "satisfaction",
    "product_quality",
    "service_cost",
    "service_quality",
    "loyalty",
    "process",
    "channels",
    "workforce",
    "benchmarks",
    "data_quality",
    "summary",
)
CUTOFF = "2026-07-01T00:00:00"
SCRIPT, PHONE = "<script>alert('x')</script> <img src=x onerror=alert(1)>", "13812345678"

Tables = dict[str, pd.DataFrame]


def orders(months: int, per_month: int, unit: str = "A", *, seed: int = 1) -> pd.DataFrame:
    """Completed orders of the newest so many months: stamps in order, two faults, two product lines by product."""
    rng = np.random.default_rng(seed)
    periods = pd.period_range(end="2026-06", periods=months, freq="M")
    start = np.repeat(periods.start_time.to_numpy(), per_month)
    submitted = pd.Series(start) + pd.to_timedelta(rng.uniform(0, 27, len(start)), unit="D").round("min")
    frame = pd.DataFrame({"business_unit": unit, "submitted_at": submitted, "status": "completed"})
    frame.insert(0, "work_order_id", [f"{unit}{number:05d}" for number in range(len(frame))])
    at = submitted
    for stamp, mean in (("handled_at", 0.05), ("assigned_at", 0.2), ("arrived_at", 0.8), ("completed_at", 0.3)):
        at = at + pd.to_timedelta(rng.exponential(mean, len(frame)), unit="D").round("min")
        frame[stamp] = at
    late = frame["completed_at"] >= CUTOFF
    frame.loc[late, ["assigned_at", "arrived_at", "completed_at"]] = pd.NaT
    frame.loc[late | (frame["handled_at"] >= CUTOFF), "handled_at"] = pd.NaT
    frame.loc[late, "status"] = "open"
    return frame.assign(
        fault_code=rng.choice(["E1", "E2"], len(frame)), product_id=rng.choice(["P1", "P2"], len(frame))
    )


def complaints_of(work: pd.DataFrame, category: str | None = None) -> pd.DataFrame:
    """A complaint for every eighth order, settled after two days."""
    some = work.iloc[::8]
    received = some["submitted_at"] + pd.Timedelta(days=1)
    kinds = np.where(np.arange(len(some)) % 3 == 0, "attitude", "slow response")
    return pd.DataFrame(
        {
            "complaint_id": "C" + some["work_order_id"],
            "business_unit": some["business_unit"],
            "received_at": received,
            "work_order_id": some["work_order_id"],
            "category": category or kinds,
            "resolved_at": received + pd.Timedelta(days=2),
            "text": f"{SCRIPT} call {PHONE}",
        }
    ).pipe(lambda frame: frame[frame["resolved_at"] < CUTOFF])


def meta() -> pd.DataFrame:
    """The cut-off: the end of June 2026."""
    return pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]})


def one_row() -> Tables:
    return {"work_orders": orders(1, 1)}


def all_null_stamps() -> Tables:
    bare = orders(14, 20).assign(status="open", fault_code=None, product_id=None)
    bare[["handled_at", "assigned_at", "arrived_at", "completed_at"]] = None
    return {"work_orders": bare}


def one_category() -> Tables:
    work = orders(30, 40).assign(fault_code="E1", product_id="P1")
    return {"work_orders": work, "complaints": complaints_of(work, "attitude")}


def no_complaints_table() -> Tables:
    return {"work_orders": orders(26, 40)}


def five_months() -> Tables:
    work = orders(5, 60)
    return {"work_orders": work, "complaints": complaints_of(work)}


def a_unit_opened_last_month() -> Tables:
    """Units A to D with 14 months, N with one."""
    old = [orders(14, 15, unit, seed=place) for place, unit in enumerate("ABCD")]
    work = pd.concat([*old, orders(1, 12, "N", seed=9)], ignore_index=True)
    return {"work_orders": work, "complaints": complaints_of(work)}


BUSINESSES: Mapping[str, Callable[[], Tables]] = {
    made.__name__: made
    for made in (one_row, all_null_stamps, one_category, no_complaints_table, five_months, a_unit_opened_last_month)
}
SHORT = (
    "one_row",
    "all_null_stamps",
    "a_unit_opened_last_month",
)  # through all reports in `make test`; all of them in `make prove`
UNITS = {"a_unit_opened_last_month": ("all", "N")}


def sentences(blocks: list[Any]) -> set[str]:
    """The Chinese sentences of a page, each as one element holds it."""
    html = "".join(block.html("zh") for block in blocks if hasattr(block, "html"))
    texts = (unescape(text).strip() for text in re.findall(r">([^<]+)<", html))
    return {text for text in texts if text.endswith("。")}


@pytest.fixture
def poor_run(tables_run: Callable[..., Path]) -> Callable[[str], Path]:
    """`poor_run("one_row")`: the run of one of the businesses."""
    return lambda name: tables_run(name, BUSINESSES[name]() | {"meta": meta()})


@pytest.mark.parametrize(
    "business", [name if name in SHORT else pytest.param(name, marks=pytest.mark.prove) for name in BUSINESSES]
)
def test_every_report_of_poor_data_renders_and_closes_with_a_strict_record(
    business: str, poor_run: Callable, run_notebook: Callable[..., list[Any]], words_of: Callable
):
    folder = poor_run(business)
    for report in REPORTS:
        for unit in UNITS.get(business, ("A",)):
            *blocks, closing = run_notebook(report, unit, folder)
            record = json.loads(json.dumps(closing._repr_mimebundle_()[MIME], allow_nan=False))["record"]
            for kpi in record["kpis"]:
                assert (kpi["value"] is None) == (kpi["reason"] is not None)
            for language in ("en", "zh"):
                text = words_of(blocks, language)
                assert not {"nan", "NaN", "NaT", "None", "inf"} & set(text.split()), text
            assert sorted(said for said in sentences(blocks) if said != closed_up(said)) == []


def test_a_report_without_its_table_names_it_on_the_page_and_in_the_record(
    poor_run: Callable, run_notebook: Callable[..., list[Any]], words_of: Callable
):
    *blocks, closing = run_notebook("complaints", "A", poor_run("no_complaints_table"))
    assert {entry["needs"] for entry in closing.record["missing"]} >= {"complaints"}
    notes = [block for block in blocks if block.kind == "note"]
    assert len(notes) >= 4
    for language, ask in (("en", "It would need:"), ("zh", "需要补充")):
        assert any(ask in words_of(note, language) and "complaints" in words_of(note, language) for note in notes)


def test_missing_columns_are_named_too(poor_run: Callable):
    report = open_report("complaints", "A", language="en,zh", run=poor_run("no_complaints_table"))
    note = complaints.voices(report)
    assert "complaints.text" in note.html("en")
    assert {"section": "voices", "needs": "complaints.text"} in report.record().record["missing"]


def test_under_24_months_season_and_chance_cannot_be_told_apart(poor_run: Callable):
    report = open_report("repair_cycle", "A", language="en,zh", run=poor_run("five_months"))
    section = decomposition(report, "repair_cycle_median")
    assert "cannot be told apart" in section.headline["en"]
    assert "5 of the 24 months" in section.headline["en"]
    assert "无法区分" in section.headline["zh"]
    assert not [block for block in section.parts if block.kind == "figure" and "seasonal" in block.data]
    assert "too few months" in repair_cycle.trend(report).headline["en"]


def test_five_months_say_what_a_comparison_with_last_year_needs(poor_run: Callable, words_of: Callable):
    report = open_report("repair_cycle", "A", language="en,zh", run=poor_run("five_months"))
    said = words_of(repair_cycle.change(report))
    assert "same months a year before" in said


def test_orders_without_stamps_do_not_pretend_to_be_repaired(poor_run: Callable, words_of: Callable):
    report = open_report("repair_cycle", "A", language="en,zh", run=poor_run("all_null_stamps"))
    assert report.kpi("repair_cycle_median")["value"] is None or np.isnan(report.kpi("repair_cycle_median")["value"])
    said = words_of([repair_cycle.open_work(report), repair_cycle.trend(report)])
    assert "0 days" not in said.replace("\xa0", " ")


def test_a_question_without_its_column_names_the_column(poor_run: Callable):
    report = open_report("repair_cycle", "A", language="en,zh", run=poor_run("all_null_stamps"))
    assert "work_orders.technician_id" in repair_cycle.technicians(report).html("en")
    one_kind = open_report("repair_cycle", "A", language="en,zh", run=poor_run("one_category"))
    assert "no groups to compare" in repair_cycle.segments(one_kind).html("en")


def test_one_order_is_no_basis_for_what_customers_wait(poor_run: Callable):
    report = open_report("repair_cycle", "A", language="en,zh", run=poor_run("one_row"))
    assert repair_cycle.open_work(report).headline["en"].startswith("Too few orders to rely on")


def test_a_unit_opened_last_month_is_compared_with_nobody_and_no_year(poor_run: Callable, words_of: Callable):
    report = open_report("repair_cycle", "N", language="en,zh", run=poor_run("a_unit_opened_last_month"))
    row = report.kpi("repair_cycle_median")
    assert row["signal"] == "insufficient"
    said = words_of([repair_cycle.trend(report), repair_cycle.units(report)])
    assert "too few records" in said
    assert "a year ago" not in said


def test_customers_words_are_masked_and_inert_on_the_page_and_in_the_workbook(
    poor_run: Callable, run_notebook: Callable[..., list[Any]]
):
    *blocks, closing = run_notebook("complaints", "A", poor_run("five_months"))
    html = {language: "".join(block.html(language) for block in blocks) for language in ("en", "zh")}
    for language, label in (("en", "[phone]"), ("zh", "[电话]")):
        assert "<script" not in html[language]
        assert "<img" not in html[language]
        assert PHONE not in html[language]
        assert "&lt;script&gt;" in html[language]
        assert label in html[language]
    assert PHONE not in json.dumps(closing._repr_mimebundle_())


def test_one_category_leads_with_all_complaints_and_is_no_concentration(poor_run: Callable, words_of: Callable):
    report = open_report("complaints", "A", language="en,zh", run=poor_run("one_category"))
    section = complaints.categories(report)
    assert "100%" in section.headline["en"]
    assert "stands out" not in words_of([complaints.segments(report)]).split("\n")[1]
