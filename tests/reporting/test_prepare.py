"""What is done once per run, what is skipped when nothing changed, and what a notebook then finds."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.faults import UserFault
from analysis.reporting.inputs import inputs_by_unit
from analysis.reporting.prepare import plain, prepare


@pytest.fixture
def made(tiny: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    calls: list[str] = []
    store, suite = tiny.write_store(tmp_path / "made"), tiny.make_suite(tmp_path)
    told: list[str] = []

    def run(**changed: object):
        return prepare(
            replace(suite, **changed),
            steps=tiny.make_steps(store, calls),
            report_progress=lambda what, **_: told.append(what),
        )

    return SimpleNamespace(run=run, calls=calls, told=told, folder=tmp_path, store=store, suite=suite)


def test_a_run_leaves_all_that_a_notebook_reads(made: SimpleNamespace) -> None:
    folder = made.run().folder
    names = (
        "run_data.json",
        "measurements.parquet",
        "curves.parquet",
        "missing.json",
        "kpis.parquet",
        "findings.json",
        "adjusted.parquet",
    )
    assert all((folder / name).is_file() for name in names)
    facts = json.loads((folder / "run_data.json").read_text())
    assert facts["schema"] == "after-sales-run/1"
    assert (facts["period"], facts["grain"], facts["languages"]) == ("2026-06", "month", ["en", "zh"])
    assert json.loads((made.suite.store / "current.json").read_text()) == {"run": str(folder)}
    assert json.loads((folder / "findings.json").read_text()) == [{"kind": "trend", "values": {"x": None}}]


def test_an_unchanged_step_is_skipped(made: SimpleNamespace) -> None:
    first = made.run()
    assert made.calls == ["intake", "measure month", "evaluate 2026-06"]
    assert made.run().folder == first.folder
    assert made.calls[3:] == ["intake"]
    made.run(period="2026-05")
    assert made.calls[4:] == ["intake", "evaluate 2026-05"]


def test_a_quarter_is_measured_anew_beside_the_months(made: SimpleNamespace) -> None:
    run = made.run(period="2026-Q2")
    assert made.calls == ["intake", "measure month", "measure quarter", "evaluate 2026-Q2"]
    assert pd.read_parquet(run.folder / "measurements.parquet")["grain"].tolist() == ["month", "quarter"]


def test_without_a_source_the_sample_is_written_once(made: SimpleNamespace) -> None:
    made.run(data=None)
    made.run(data=None)
    assert made.calls.count("sample") == 1
    assert "the sample business" in made.told


def test_a_step_that_fails_leaves_nothing_half_made(made: SimpleNamespace, tiny: SimpleNamespace) -> None:
    def fail(*_: object, **__: object) -> None:
        raise UserFault("no such metric")

    broken = replace(tiny.make_steps(made.store), evaluate=fail)
    with pytest.raises(UserFault, match="no such metric"):
        prepare(made.suite, steps=broken, report_progress=lambda what, **_: None)
    assert list((made.suite.store / "run").iterdir()) == []


def test_a_period_without_data_stops_before_anything_is_measured(made: SimpleNamespace) -> None:
    with pytest.raises(UserFault, match="2031-01 lies ahead of the data"):
        made.run(period="2031-01")
    assert made.calls == ["intake"]


def test_the_order_of_records_does_not_change_a_units_inputs(made: SimpleNamespace, tiny: SimpleNamespace) -> None:
    before = inputs_by_unit(made.store, made.folder / "a")
    other = tiny.write_store(made.folder / "turned", fingerprint="f9")
    file = made.folder / "turned" / "tables" / "work_orders" / "business_unit=U01" / "data.parquet"
    pd.read_parquet(file).iloc[::-1].to_parquet(file, index=False)
    assert inputs_by_unit(other, made.folder / "b") == before
    assert set(before) == {"all", "U01", "U02", "../../x"}


def test_strict_json_has_no_nan_and_no_numpy() -> None:
    value = {
        "a": float("nan"),
        "b": pd.Timestamp("2026-01-01"),
        "c": pd.Series([1, 2]).to_numpy(),
        "d": pd.NaT,
        "e": (True, float("inf")),
    }
    assert plain(value) == {"a": None, "b": "2026-01-01 00:00:00", "c": [1, 2], "d": None, "e": [True, None]}
