"""The whole of evaluate: its tables, their keys, what is said where something is missing."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.signals import evaluate

KPI_COLUMNS = {
    *("metric", "business_unit", "period", "value_period", "value", "low", "high", "se", "n", "unit", "better"),
    *(
        "numerator",
        "denominator",
        "immature_share",
        "reason",
        "previous",
        "year_ago",
        "peers",
        "target",
        "target_met",
        "changes",
    ),
    *("signal", "signal_reason", "assurance", "chart"),
}
ADJUSTED_COLUMNS = ["metric", "business_unit", "period_start", "observed", "adjusted", "centre", "low", "high", "out"]
FINDING_KEYS = {
    *("kind", "metric", "business_unit", "segment", "since", "direction", "good", "effect", "q_value"),
    *("weight", "values"),
}


@pytest.fixture
def business(make_world):
    world = make_world(80)
    world.duration("cycle", np.full((4, 36), 3.0), 400)
    world.share("fixed", np.full((4, 36), 0.8), 300, better="higher")
    return world


def _evaluated(world, frame=None, period="2024-12", **context):
    return evaluate(world.frame() if frame is None else frame, world.cards, period=period, **context)


def test_there_is_one_row_per_metric_and_unit_in_the_catalogues_order(business):
    kpis = _evaluated(business).kpis
    assert set(kpis.columns) == KPI_COLUMNS
    assert kpis[["metric", "business_unit"]].drop_duplicates().shape[0] == len(kpis) == 8
    assert kpis["metric"].unique().tolist() == ["cycle", "fixed"]


def test_the_measurements_are_not_touched(business):
    frame = business.frame()
    before = frame.copy()
    _evaluated(business, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_two_runs_agree_to_the_byte(business):
    first, second = _evaluated(business), _evaluated(business)
    assert first.kpis.to_json() == second.kpis.to_json()
    assert json.dumps(first.findings) == json.dumps(second.findings)


def test_nothing_after_the_period_is_looked_at(business):
    frame = business.frame()
    cut = _evaluated(business, frame[frame["period"] <= "2024-06"], period="2024-06")
    pd.testing.assert_frame_equal(_evaluated(business, frame, period="2024-06").kpis, cut.kpis)


def test_immature_months_are_passed_over_and_the_value_period_names_the_newest_mature_one(business):
    frame = business.frame()
    young = (frame["metric"] == "fixed") & (frame["period"] > "2024-10")
    kpis = _evaluated(business, frame.assign(mature=~young)).kpis
    assert kpis.groupby("metric")["value_period"].unique().map(list).to_dict() == {
        "cycle": ["2024-12"],
        "fixed": ["2024-10"],
    }


def test_a_metric_without_a_mature_month_has_its_rows_with_the_reason(business):
    frame = business.frame()
    young = frame["metric"] == "fixed"
    blank = frame.assign(
        mature=~young, value=frame["value"].where(~young), reason=np.where(young, "window not passed", None)
    )
    kpis = _evaluated(business, blank).kpis
    rows = kpis[kpis["metric"] == "fixed"]
    assert len(rows) == 4
    assert rows["value"].isna().all()
    assert set(rows["reason"]) == {"window not passed"}
    assert set(rows["signal"]) == {"insufficient"}


def test_insufficient_says_what_there_is_too_little_of(business):
    frame = business.frame()
    few = (frame["metric"] == "cycle") & (frame["business_unit"] == "U001") & (frame["period"] == "2024-12")
    none = (frame["metric"] == "cycle") & (frame["business_unit"] == "U002") & (frame["period"] == "2024-12")
    new = (frame["metric"] == "cycle") & (frame["business_unit"] == "U003") & (frame["period"] < "2024-09")
    frame.loc[few, "n"] = 3
    frame.loc[none, ["value", "low", "high"]] = np.nan
    frame.loc[none, "reason"] = "not reached"
    kpis = _evaluated(business, frame[~new]).kpis.set_index(["metric", "business_unit"]).loc["cycle"]
    assert kpis["signal_reason"].replace({np.nan: None}).to_dict() == {
        "U000": None,
        "U001": "records",
        "U002": "value",
        "U003": "months",
    }
    assert kpis.loc["U002", "reason"] == "not reached"
    assert (kpis["signal"] == "insufficient").tolist() == [False, True, True, True]


def test_limits_are_provisional_below_twelve_months(make_world):
    world = make_world(81)
    world.duration("cycle", np.full((2, 10), 3.0), 400)
    kpis = _evaluated(world, period="2022-10").kpis
    charts = [json.loads(text) for text in kpis["chart"]]
    assert all(chart["provisional"] for chart in charts)
    assert set(kpis["signal"]) == {"steady"}


def test_quarters_have_their_own_figures_and_monthly_signals(business, read_changes):
    frame = business.frame()
    month = pd.PeriodIndex(frame["period"], freq="M")
    quarters = frame.assign(
        grain="quarter", period=[f"{p.year}-Q{p.quarter}" for p in month], period_start=month.asfreq("Q").to_timestamp()
    )
    quarters = quarters.groupby(["metric", "business_unit", "period"], as_index=False).first()
    signals = _evaluated(business, pd.concat([frame, quarters]), period="2024-Q4", grain="quarter")
    assert set(signals.kpis["value_period"]) == {"2024-Q4"}
    assert set(signals.kpis["signal"]) == {"steady"}
    assert {"previous", "year_ago"} <= set(read_changes(signals.kpis)["versus"])
    chart = json.loads(signals.kpis["chart"].iloc[0])
    assert chart["period"][-1] == "2024-12"


def test_years_are_compared_with_the_year_before(business, read_changes):
    frame = business.frame()
    years = frame.assign(grain="year", period=frame["period"].str[:4])
    years = years.groupby(["metric", "business_unit", "period"], as_index=False).first()
    signals = _evaluated(business, pd.concat([frame, years]), period="2024", grain="year")
    assert set(signals.kpis["value_period"]) == {"2024"}
    assert set(read_changes(signals.kpis)["versus"]) >= {"previous", "peers"}


def test_the_adjusted_table_holds_every_usable_month_with_its_limits(business):
    adjusted = _evaluated(business).adjusted
    assert list(adjusted.columns) == ADJUSTED_COLUMNS
    assert len(adjusted) == 2 * 4 * 36
    assert ((adjusted["low"] < adjusted["centre"]) & (adjusted["centre"] < adjusted["high"])).all()


def test_findings_are_strict_json_with_the_keys_of_results(make_world):
    world = make_world(82)
    truth = np.full((8, 36), 3.0)
    truth[1, 30:] *= 2
    world.duration("cycle", truth, 400)
    findings = _evaluated(world).findings
    json.dumps(findings, allow_nan=False)
    shift = next(found for found in findings if found["kind"] == "level_shift")
    assert set(shift) == FINDING_KEYS
    assert (shift["business_unit"], shift["since"]) == ("U001", "2024-07")
    assert (shift["direction"], shift["good"]) == ("up", False)
    assert shift["effect"]["unit"] == "ratio"
    assert shift["effect"]["low"] < 1.0 < shift["effect"]["high"]


def test_text_columns_may_be_categories_as_parquet_has_them(business):
    frame = business.frame()
    text = dict.fromkeys(("metric", "business_unit", "grain", "period", "breakdown", "segment"), "category")
    plain, coded = _evaluated(business, frame), _evaluated(business, frame.astype(text))
    assert plain.kpis.to_json() == coded.kpis.to_json()


def test_a_part_of_other_figures_is_measured_but_never_called_a_change(make_world):
    """A complaint base that grows steadily is no news: its card says so."""
    world = make_world(81)
    grows = 1000 * 1.02 ** np.arange(36)[None, :] * np.ones((4, 1))
    world.duration("base", grows, 400)
    assert any(found["metric"] == "base" for found in _evaluated(world).findings)

    world.cards["base"] = replace(world.cards["base"], judged=False)
    told = _evaluated(world)
    assert not any(found["metric"] == "base" for found in told.findings)
    assert set(told.kpis["signal"]) == {"insufficient"}
    assert told.kpis["value"].notna().all()
