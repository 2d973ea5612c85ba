"""The company's scorecard travels with the run: read once, checked, and part of what a report is made from."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.faults import UserFault
from analysis.reporting.parameters import PARAMS, Suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import suite_steps
from analysis.run_data import read_run

ORDERS = pd.DataFrame(
    {
        "work_order_id": ["1", "2"],
        "business_unit": ["A", "A"],
        "submitted_at": ["2026-05-03T08:00", "2026-06-03T08:00"],
        "completed_at": ["2026-05-04T08:00", "2026-06-05T08:00"],
        "status": "completed",
    }
)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    source, params = tmp_path / "source", tmp_path / "params"
    source.mkdir()
    params.mkdir()
    ORDERS.to_csv(source / "work_orders.csv", index=False)
    return Suite(params=params, data=str(source), store=tmp_path / "store", period="2026-05")


def prepared(suite: Suite):
    return prepare(suite, steps=suite_steps(), report_progress=lambda *_, **__: None)


def test_a_changed_weight_is_another_run_and_none_at_all_is_no_scorecard(suite):
    bare = prepared(suite)
    assert read_run(bare.folder).scorecard is None
    shutil.copy(PARAMS / "scorecard.yml", suite.params / "scorecard.yml")
    shipped = prepared(suite)
    file = suite.params / "scorecard.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("weight: 12", "weight: 20"), encoding="utf-8")
    changed = prepared(suite)
    assert len({bare.folder, shipped.folder, changed.folder}) == 3
    weights = {item.id: item.weight for item in read_run(changed.folder).scorecard.items}
    assert weights["response"] == 20


def test_a_misspelt_scorecard_stops_the_run_before_anything_is_rendered(suite):
    (suite.params / "scorecard.yml").write_text(
        "items:\n- {id: x, name: {en: x, zh: x}, wieght: 3}\n", encoding="utf-8"
    )
    with pytest.raises(UserFault, match=r"scorecard.yml: item 'x': unknown field 'wieght'"):
        prepared(suite)
