"""A headline says of which months, of which records and of which of them it speaks."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.language import plain
from analysis.sections import change, cost_structure, moved_figures, opportunity, stage_table, stages
from analysis.sections.gap_chart import gap_table
from analysis.sections.gaps import COLUMNS
from analysis.sections.opportunity import _records

CATALOGUE = read_catalogue()
REPORT = SimpleNamespace(
    catalogue=CATALOGUE, languages=("en", "zh"), segment_name=lambda breakdown, segment: plain(segment)
)


def state(signal: str, *, out: bool = False) -> dict[str, object]:
    return {"metric": "nps", "signal": signal, "signal_reason": None, "chart": {"out": [out]}}


@pytest.mark.parametrize(
    ("moved", "unsure", "en", "zh"),
    [
        (0, 0, "Of 5 figures 3 can be judged: none surely left its usual range or level; for 2 there is too little",
         "5项指标中可判断的有3项：没有一项确认偏离常态范围或水平；其余2项数据太少，无法判断"),
        (0, 2, "Of 5 figures 3 can be judged: none surely left its usual range or level (2 perhaps, not yet sure); ",
         "3项：没有一项确认偏离常态范围或水平（2项疑似偏离，尚未确认）"),
        (1, 1, "Of 5 figures 3 can be judged: 1 left its usual range or level (1 perhaps, not yet sure); for 2 ",
         "3项：1项偏离常态范围或水平（1项疑似偏离，尚未确认）"),
    ],
)  # fmt: skip
def test_those_of_too_few_records_are_not_among_those_that_stayed_in_their_range(moved, unsure, en, zh):
    rows = [state("worsening")] * moved + [state("steady", out=True)] * unsure
    rows += [state("steady")] * (3 - len(rows)) + [state("insufficient", out=True)] * 2
    said = moved_figures._headline(rows)
    assert said["en"].startswith(en)
    assert zh in said["zh"]


def costs(**types: tuple[float, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two years of months: of each type the amount of a month before and now."""
    months = pd.period_range(end="2026-06", periods=24, freq="M").astype(str)
    rows = [
        {"segment": name, "period": month, "value": amount}
        for name, (before, now) in types.items()
        for month, amount in zip(months, [before] * 12 + [now] * 12, strict=True)
        if amount
    ]
    return pd.DataFrame(rows), pd.DataFrame({"period": months, "value": 1.0})


def test_the_total_of_the_cost_and_its_rise_come_before_the_largest_part():
    told = cost_structure._year(*costs(labour=(10, 15), parts=(6, 14), premium=(4, 0)))
    said = cost_structure._headline(REPORT, told, "CNY", plain("2026"))
    assert said["en"] == "After-sales cost of 2026: ¥348 (+45% on the year before); the largest part is labour, 51.7%"
    assert said["zh"] == "2026售后成本共¥348（较上一年上升45%）；其中labour最多，占51.7%"


def test_a_year_without_one_before_has_no_rise():
    rows, whole = (part[part["period"] > "2025-06"] for part in costs(labour=(10, 15), parts=(6, 14)))
    said = cost_structure._headline(REPORT, cost_structure._year(rows, whole), "CNY", plain("2026"))
    assert said["en"] == "After-sales cost of 2026: ¥348; the largest part is labour, 51.7%"


def split(rate: dict[str, float], mix: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"segment": list(rate), "rate_effect": list(rate.values()), "mix_effect": [mix] + [0.0] * (len(rate) - 1)}
    )


def test_a_change_names_its_months_its_breakdown_and_the_segment_that_has_most_of_it():
    card = CATALOGUE["repairs_per_100_units"]
    parts = split({"heaters": 2.78, "fridges": -0.45}, 0.05)
    said = change._headline(REPORT, parts, card, "product_line", span=plain("Apr – Jun"), beyond=True)
    assert said["en"].startswith("Apr – Jun: ")
    assert "nearly all from within each product line, not from their mix" in said["en"]
    assert "most from heaters (+2.78" in said["en"]
    assert "各产品线自身水平" in said["zh"]
    assert "各分组" not in said["zh"] + change._sentence(split({"a": 1.0, "b": 2.0}, 0.5), card, "product_line")["zh"]


def test_most_of_a_fall_is_from_the_segment_that_fell_most():
    parts = split({"heaters": -2.0, "fridges": 0.9, "fans": -0.1}, -0.5)
    said = change._headline(
        REPORT, parts, CATALOGUE["repairs_per_100_units"], "product_line", span=plain("May"), beyond=True
    )
    assert "most from heaters (−2" in said["en"]


def test_the_process_tells_the_stages_shares_that_the_repair_cycle_tells(words_of):
    queues = pd.DataFrame({"request_handling": [3.0], "repair": [5.0]}, index=["2026-06"])
    law = pd.DataFrame({"segment": ["repair"], "period": ["2026-06"], "numerator": [5.0], "denominator": [5.0]})
    means = {"request_handling": 0.2, "dispatch": 0.3, "technician_response": 2.2, "repair": 0.3}

    def page(known: dict[str, float]) -> SimpleNamespace:
        rows = {f"stage_mean_{stage}": {"value": value, "value_period": "2026-05"} for stage, value in known.items()}
        spent = {"value": 50.0, "numerator": 2880.0, "n": 2, "value_period": "2026-05"}
        return SimpleNamespace(
            kpi=lambda metric: rows.get(metric, spent if metric.startswith("stage_share") else None),
            segments=lambda *_: law, period="2026-06", languages=("en", "zh"), catalogue=CATALOGUE,
        )  # fmt: skip

    assert stages.stage_parts(page(means))["share"].to_dict() == pytest.approx(
        {stage: 100 * value / 3.0 for stage, value in means.items()}
    )
    shown = stage_table.stage_table(page(means), queues)
    assert shown.data["share"].tolist() == pytest.approx([100 * 0.2 / 3, 10.0])
    assert shown.data["days"].tolist() == [0.2, 0.3]
    assert "as the report on the repair cycle tells them" in words_of(shown)
    bare = stage_table.stage_table(page({"repair": 0.3}), queues)
    assert bare.data["share"].tolist() == [50.0, 50.0], "without the means, all time spent"
    assert "that of cancelled orders until they left" in words_of(bare)
    assert "取消的工单计到取消时" in words_of(bare, "zh")


@pytest.mark.parametrize(
    ("metric", "more", "zh"),
    [
        ("self_service_deflection_rate", "14 such contacts more", "此类联系多14次"),
        ("complaint_upheld_share", "14 such complaints more", "此类投诉多14件"),
        ("first_time_fix_rate", "14 such orders more", "此类工单多14张"),
        ("csat_top2_share", "14 such answers more", "此类答卷多14份"),
        ("complaints_per_1000_units", "14 complaints more", "多14件投诉"),
        ("repairs_per_100_units", "14 repairs more", "多14次修理"),
        ("claims_per_1000_at_3_months", "14 claims more", "多14件索赔"),
        ("part_replacements_per_1000", "14 replaced parts more", "多14件更换备件"),
        ("return_rate_60d", "14 such units more", "此类设备多14台"),
        ("repurchase_rate_365d", "14 such customers more", "此类客户多14位"),
        ("attitude_complaints_per_1000_orders", "14 complaints more", "多14件投诉"),
    ],
)
def test_what_a_gap_of_a_share_stands_for_are_the_records_of_which_its_name_holds(metric, more, zh):
    said = _records(CATALOGUE[metric], plain("14"))[1]
    assert (said["en"], said["zh"]) == (more, zh)


def test_all_figures_of_a_row_of_gaps_are_in_one_unit():
    row = dict.fromkeys(COLUMNS, np.nan) | {"metric": "dispatch_time_median", "value": 0.0983, "reference": 0.0763,
           "gap": 0.022, "gap_low": 0.01, "gap_high": 0.034, "steps": -1.0, "side": 0, "verdict": "chance",
           "period": "2026-06"}  # fmt: skip
    assert CATALOGUE["dispatch_time_median"].unit in ("d", "h")
    gaps = pd.DataFrame([row])
    shown = gap_table(REPORT, gaps, caption=plain("x"), against=plain("median"), name="peers").data.iloc[0]
    told = [shown[name]["en"] for name in ("shown", "against", "difference")]
    unit = "hours" if CATALOGUE["dispatch_time_median"].unit == "d" else "minutes"
    assert all(unit in each for each in told), told
    assert not any("days" in each for each in told)


def test_no_gap_of_the_catalogue_is_told_in_nameless_records():
    told = [card for card in CATALOGUE.values() if card.unit in opportunity.SHARES and card.better != "none"]
    told = [card for card in told if opportunity.gain_of(card, 1.0, 100.0) is not None]
    assert len(told) > 40
    assert not [card.id for card in told if "records" in opportunity._records(card, plain("14"))[0]["en"]]
