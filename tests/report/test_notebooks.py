"""Every notebook on the sample, company and unit: its cells run top to bottom and close with a strict record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.faults import UserFault
from analysis.record import MIME, Record
from analysis.report import open_report

REPORTS = ("repair_cycle", "complaints", "data_quality", "benchmarks", "summary")
UNIT = "U03"

# the keys of results.md and what a mail needs to speak of a report; the runner adds title, language, generated_at and
# inputs
RECORD_KEYS = {"schema", "report", "business_unit", "unit_name", "period", "data_cutoff_at", "headline", "kpis",
               "findings", "data_quality", "missing"}  # fmt: skip
KPI_KEYS = {"metric", "name", "value", "low", "high", "n", "unit", "better", "numerator", "denominator",
            "immature_share", "previous", "year_ago", "peers", "target", "target_met", "value_period", "reason",
            "card", "changes", "signal", "signal_reason", "assurance"}  # fmt: skip
FINDING_KEYS = {"kind", "metric", "business_unit", "segment", "since", "direction", "good", "effect", "q_value", "text"}
SIGNALS = {"improving", "worsening", "steady", "unusual", "insufficient"}
VERSUS = {"previous", "year_ago", "target", "peers"}


@pytest.fixture(params=[(name, unit) for name in REPORTS for unit in ("all", UNIT)], ids="-".join)
def shown(request: pytest.FixtureRequest, run_notebook: Callable[..., list[Any]], sample_run: Path) -> list[Any]:
    """What one notebook shows for one unit."""
    return run_notebook(*request.param, sample_run)


def test_the_cells_run_top_to_bottom_and_end_with_a_strict_record(shown: list[Any]):
    *blocks, closing = shown
    assert isinstance(closing, Record)
    for block in blocks:
        bundle = block._repr_mimebundle_()
        assert set(bundle["application/vnd.after-sales.block+json"]["html"]) == {"en", "zh"}
    payload = json.loads(json.dumps(closing._repr_mimebundle_()[MIME], allow_nan=False))
    record = payload["record"]
    assert set(record) == RECORD_KEYS
    assert record["schema"] == "after-sales-report/1"
    for kpi in record["kpis"]:
        assert set(kpi) == KPI_KEYS | ({"series"} if "series" in kpi else set())
        assert set(kpi["name"]) == {"en", "zh"}
        assert kpi["signal"] in SIGNALS
        assert (kpi["value"] is None) == (kpi["reason"] is not None)
        assert {change["versus"] for change in kpi["changes"]} <= VERSUS
    lines = [kpi["series"] for kpi in record["kpis"] if kpi["card"] and "series" in kpi]
    assert lines
    assert all(len(line[side]) in (0, len(line["values"])) for line in lines for side in ("low", "high", "centre"))
    assert not [kpi["metric"] for kpi in record["kpis"] if "series" in kpi and not kpi["card"]]
    for finding in record["findings"]:
        assert set(finding) == FINDING_KEYS
        assert set(finding["text"]) == {"en", "zh"}
    for entry in record["data_quality"]:
        assert set(entry) == {"table", "rows", "quarantined", "reasons"}
    for name, sheet in payload["tables"].items():
        assert name
        assert all(len(row) == len(sheet["columns"]) for row in sheet["rows"])


def test_a_units_page_names_no_peer(run_notebook: Callable[..., list[Any]], sample_run: Path, words_of: Callable):
    manifest = json.loads((Path(_facts(sample_run)["store"]) / "manifest.json").read_text(encoding="utf-8"))
    peers = [entry for entry in manifest["business_units"] if entry["business_unit"] != UNIT]
    for name in REPORTS:
        *blocks, closing = run_notebook(name, UNIT, sample_run)
        for language in ("en", "zh"):
            text = words_of(blocks, language)
            for peer in peers:
                assert peer["business_unit"] not in text
                assert peer["name"][language] not in text
        tables = json.dumps(closing.tables, ensure_ascii=False)
        record = json.dumps(closing.record, ensure_ascii=False)
        for peer in peers:
            for held in (tables, record):
                assert f'"{peer["business_unit"]}"' not in held
                assert peer["name"]["en"] not in held
                assert peer["name"]["zh"] not in held


def test_the_page_of_the_company_names_the_units(
    run_notebook: Callable[..., list[Any]], sample_run: Path, words_of: Callable
):
    text = words_of(run_notebook("summary", "all", sample_run), "zh")
    assert "华东大区" in text
    assert "华北大区" in text


def test_facts_are_the_same_whichever_language_is_asked_for(sample_run: Path):
    records = []
    for language in ("en", "zh", "en,zh"):
        report = open_report("repair_cycle", UNIT, language=language, run=sample_run)
        report.cards(["repair_cycle_median"])
        records.append(report.record().record)
    assert records[0] == records[1] == records[2]


def test_an_unknown_unit_period_or_language_is_refused_in_one_line(sample_run: Path):
    for asked, told in (
        ({"business_unit": "U3"}, "U03"),
        ({"period": "2031-01"}, "2031-01"),
        ({"language": "ze"}, "zh"),
    ):
        with pytest.raises(UserFault, match=told) as fault:
            open_report("summary", run=sample_run, **asked)
        assert len(fault.value.lines) == 1


def test_a_unit_sees_only_its_own_records_and_figures(sample_run: Path):
    report = open_report("summary", UNIT, run=sample_run)
    others = report.units("repair_cycle_within_7d")
    assert set(others["business_unit"].dropna()) == {UNIT}
    assert others.loc[~others["own"].astype(bool), "label"].isna().all()
    whole = open_report("summary", run=sample_run)
    assert (
        0 < len(report.records("work_orders", ["work_order_id"])) < len(whole.records("work_orders", ["work_order_id"]))
    )


def _facts(run: Path) -> dict[str, Any]:
    return json.loads((run / "run_data.json").read_text(encoding="utf-8"))
