"""What a reader of the process report would notice: sentences agree with figures, and what is not known is said."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.areas import process as area
from analysis.presentation.blocks import Note
from analysis.report import Report, open_report
from analysis.sections.stages import STAGES

CUTOFF = "2026-07-01T00:00:00"
SECTIONS = (
    "process_map", "conformance", "bottleneck", "waiting", "handoffs", "hour_less", "segments", "units",
)  # fmt: skip


def orders(months: int, per_month: int, *, seed: int = 1) -> pd.DataFrame:
    """Completed orders with all stamps and hand-offs; no recorded steps."""
    rng = np.random.default_rng(seed)
    start = np.repeat(pd.period_range(end="2026-06", periods=months, freq="M").start_time.to_numpy(), per_month)
    at = pd.Series(start) + pd.to_timedelta(rng.uniform(0, 26, len(start)), unit="D").round("min")
    frame = pd.DataFrame({"business_unit": "A", "submitted_at": at, "status": "completed"})
    frame.insert(0, "work_order_id", [f"W{n:05d}" for n in range(len(frame))])
    for stamp, days in (("handled_at", 0.05), ("assigned_at", 0.2), ("arrived_at", 0.8), ("completed_at", 0.3)):
        at = at + pd.to_timedelta(rng.exponential(days, len(frame)), unit="D").round("min")
        frame[stamp] = at
    return frame.assign(reassignments=rng.integers(0, 2, len(frame)))[frame["completed_at"] < CUTOFF]


@pytest.fixture
def drawn(tables_run: Callable[..., Path]) -> Callable[[str, dict[str, pd.DataFrame]], Report]:
    meta = pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]})
    return lambda name, tables: open_report(
        "process", "all", language="en,zh", run=tables_run(f"process-{name}", tables | {"meta": meta})
    )


def test_every_section_says_something_of_the_sample_in_both_languages(sample_report, words_of):
    report = sample_report("process", "U01")
    for name in SECTIONS:
        block = getattr(area, name)(report)
        assert not isinstance(block, Note), name
        for language in ("en", "zh"):
            assert not re.search(r"\bnan\b|\{\w+\}", words_of([block], language)), name
        assert re.search(r"[\u4e00-\u9fff]", words_of([block], "zh"))


def test_the_map_says_how_much_it_shows_and_counts_what_the_metric_counts(sample_report, words_of):
    report = sample_report("process")
    said = words_of([area.process_map(report)], "en").replace("\xa0", " ")
    share = float(re.search(r"arrows drawn are ([\d.]+)%", said)[1])
    assert 95 <= share <= 100
    edges = report.segments("step_wait_median", "step")
    longest = edges.set_index("segment").loc["assigned>departed"]
    assert f"from “assigned” to “set off” half of the orders take {longest['value']:.1f} hours" in said


def test_the_ways_add_up_to_all_completed_orders(sample_report):
    frame = next(part for part in area.process_map(sample_report("process")).parts if part.kind == "table").data
    assert frame["share"].sum() == pytest.approx(100)
    assert frame["longer"].iloc[0] == 0


def test_the_stages_of_the_bottleneck_add_up_and_its_headline_names_the_largest(sample_report, words_of):
    report = sample_report("process")
    section = area.bottleneck(report)
    shares = {stage: report.kpi(f"stage_share_{stage}")["value"] for stage in STAGES}
    assert sum(shares.values()) == pytest.approx(100)
    assert max(shares, key=shares.get) == "technician_response"
    means = {stage: report.kpi(f"stage_mean_{stage}")["value"] for stage in STAGES}
    part = 100 * means["technician_response"] / sum(means.values())  # as the repair cycle tells it
    assert section.headline["en"].startswith(f"Technician response takes {part:.1f}")
    table = next(part for part in section.parts if part.kind == "table")
    assert table.total["queue"] == report.kpi("stage_queue")["value"]


def test_a_neglected_backlog_is_the_longest_queue(sample_report, words_of):
    said = words_of([area.bottleneck(sample_report("process", "U09"))], "en")
    assert "its queue is the longest in" in said


def test_an_hour_less_is_called_arithmetic_and_never_a_promise(sample_report, words_of):
    said = words_of([area.hour_less(sample_report("process"))], "en")
    assert "Arithmetic on what happened, not a promise" in said
    assert "An hour less in all four stages" in said


def test_hand_offs_are_no_cause(sample_report, words_of):
    assert "No proof that hand-offs cost time" in words_of([area.handoffs(sample_report("process"))], "en")


def test_stamps_alone_make_a_map_that_says_so_and_no_waits(drawn, words_of):
    report = drawn("stamps", {"work_orders": orders(14, 40)})
    assert "no recorded steps" in words_of([area.process_map(report)], "en")
    assert "work_order_events" in words_of([area.waiting(report)], "en")
    assert "Technician response takes" in words_of([area.bottleneck(report)], "en")


def test_a_source_with_completions_only_says_what_it_would_need(drawn, words_of):
    bare = orders(14, 30).drop(columns=["handled_at", "assigned_at", "arrived_at", "reassignments"])
    report = drawn("bare", {"work_orders": bare})
    assert isinstance(area.conformance(report), Note)
    assert isinstance(area.handoffs(report), Note)
    assert "work_orders.reassignments" in words_of([area.handoffs(report)], "en")
    assert "No order was left in the process" in words_of([area.bottleneck(report)], "en")
    newest = bare.index[-1:]
    bare.loc[newest, ["status", "completed_at"]] = ["open", None]
    report = drawn("bare-open", {"work_orders": bare})
    assert "Most orders wait in the stage repair: 1" in words_of([area.bottleneck(report)], "en")


def test_orders_all_handed_on_alike_are_no_comparison(drawn, words_of):
    report = drawn("alike", {"work_orders": orders(14, 30).assign(reassignments=1)})
    assert "nothing to compare" in words_of([area.handoffs(report)], "en")


def test_five_months_are_too_few_to_call_a_queue_long(drawn, words_of):
    work = orders(5, 40)
    work.loc[work.index[-1:], ["status", "completed_at"]] = ["open", None]
    report = drawn("young", {"work_orders": work})
    assert "Too few months to say whether a queue is longer than usual" in words_of([area.bottleneck(report)], "en")


def test_on_a_unit_s_page_no_other_unit_is_named(sample_report, words_of):
    report = sample_report("process", "U03")
    said = words_of([getattr(area, name)(report) for name in SECTIONS], "en")
    others = {report.run.unit_name(unit)["en"] for unit in report.run.business_units} - {report.unit_name["en"]}
    assert not [name for name in others if name in said]
