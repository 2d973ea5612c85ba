"""Rows of a prepared run: what is asked for, in the order of the file, however the file is read."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.run_data import OwnFigures, RunData

MEASURED = pd.DataFrame(
    [
        (unit, metric, breakdown, segment, grain, value)
        for unit in ("U01", "U02", "all")
        for breakdown, segments in (("", ("",)), ("channel", ("phone", "app")))
        for metric in ("first_time_fix_rate", "orders")
        for segment in segments
        for grain in ("month", "quarter")
        for value in (1.0, None)
    ],
    columns=["business_unit", "metric", "breakdown", "segment", "grain", "value"],
).assign(period_start="2026-06-01", row=lambda rows: range(len(rows)))


@pytest.fixture
def run(tmp_path: Path) -> RunData:
    silent = (MEASURED["metric"] == "orders") & (MEASURED["business_unit"] == "U02")
    rows = MEASURED.assign(value=MEASURED["value"].mask(silent))
    rows.to_parquet(tmp_path / "measurements.parquet", index=False, row_group_size=7)
    MEASURED.head(9).to_parquet(tmp_path / "kpis.parquet", index=False)
    return RunData(tmp_path, {})


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"business_unit": "U02"},
        {"business_unit": "U02", "breakdown": ""},
        {"metric": "orders", "breakdown": "", "grain": "month"},
        {"breakdown": "", "grain": "month"},
        {"breakdown": ""},
        {"metric": "orders", "breakdown": "channel"},
        {"metric": "nowhere", "breakdown": ""},
    ],
)
def test_the_rows_asked_for_come_in_the_order_of_the_file(run: RunData, asked: dict[str, str]) -> None:
    wanted = MEASURED
    for column, value in asked.items():
        wanted = wanted[wanted[column] == value]
    for _ in range(2):  # the second time from what is held
        assert list(run.rows("measurements", **asked)["row"]) == list(wanted["row"])


def test_a_small_table_is_filtered_on_every_column(run: RunData) -> None:
    assert len(run.rows("kpis", breakdown="channel", metric="orders")) == 0
    assert len(run.rows("kpis", breakdown="")) == 8
    assert len(run.rows("kpis")) == 9


def test_a_period_begins_on_a_moment_whether_read_or_held(run: RunData) -> None:
    for asked in ({"business_unit": "U01"}, {"breakdown": ""}):
        assert run.rows("measurements", **asked)["period_start"].dtype.kind == "M"


def test_a_metric_without_any_figure_of_the_unit_is_not_told(run: RunData) -> None:
    assert run.told("U01") == {"first_time_fix_rate", "orders"}
    assert run.told("U02") == {"first_time_fix_rate"}


def test_a_units_own_figures_are_those_of_the_file(run: RunData) -> None:
    own = OwnFigures(run, "U02")
    mine = MEASURED[MEASURED["business_unit"] == "U02"]
    whole = mine[(mine["metric"] == "orders") & (mine["breakdown"] == "")]
    assert list(own.whole("orders")["row"]) == list(whole["row"])
    assert list(own.by_segment("orders")["row"]) == list(mine[mine["metric"] == "orders"]["row"])
    assert own.whole("nowhere").empty
    assert list(own.whole("nowhere").columns) == list(own.whole("orders").columns)
