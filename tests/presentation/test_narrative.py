"""Sentences: one per finding, in both languages, with words, figures and verdicts that agree."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation import narrative
from analysis.presentation.language import missing_translations
from analysis.presentation.narrative import (
    say_assurance,
    say_card_change,
    say_certainty,
    say_change,
    say_finding,
    say_headline,
    say_signal,
)
from analysis.presentation.narrative_words import say_segment, sentence, subject, subject_inside


@dataclass(frozen=True)
class Card:
    id: str
    name: dict
    unit: str = "d"
    better: str = "lower"
    kind: str = "duration"
    how: object = None
    breakdowns: tuple = field(default=())


CATALOGUE = {
    "repair_cycle_median": Card("repair_cycle_median", {"en": "Repair cycle, median", "zh": "维修周期中位数"}),
    "orders_submitted": Card("orders_submitted", {"en": "Orders submitted", "zh": "新增工单数"}, "n", "none", "count"),
    "late": Card("late", {"en": "Completed within 7 days", "zh": "7天完工率"}, "%", "higher"),
    "survey_response_rate": Card(
        "survey_response_rate", {"en": "Survey response rate", "zh": "调查回收率"}, "%", "higher", "ratio"
    ),
}


def _found(kind="level_shift", metric="repair_cycle_median", effect=0.31, unit="ratio", values=(), **more):
    spread = 0.3 * abs(effect)
    found = {
        "kind": kind,
        "metric": metric,
        "business_unit": "U03",
        "segment": {},
        "since": "2025-04",
        "direction": "up" if effect > 0 else "down",
        "good": effect < 0,
        "effect": {"value": effect, "low": effect - spread, "high": effect + spread, "unit": unit},
        "q_value": 0.0004,
        "weight": 10.0,
        "values": {"before": 2.1, "after": 2.1 * (1 + effect), "worth": True, "until": None, "as_of": "2025-06"},
    }
    found["values"].update(dict(values))
    return found | more


def _row(metric="repair_cycle_median", **more):
    row = {"metric": metric, "value": 2.3, "low": 2.1, "high": 2.5, "value_period": "2025-06", "signal": "steady"}
    return row | {"changes": "[]"} | more


# -- the ladder -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relative", "en", "zh"),
    [
        (0.04, "slightly", "略有"),
        (-0.05, "moderately", "小幅"),
        (0.15, "considerably", "明显"),
        (-0.31, "sharply", "大幅"),
        (0.9, "very sharply", "急剧"),
    ],
)
def test_the_ladder_of_words_for_change(relative, en, zh):
    assert say_change(relative) == {"en": en, "zh": zh}


def test_certainty_follows_the_rate_of_false_findings():
    told = [say_certainty(q)["en"] for q in (0.0005, 0.009, 0.03)]
    assert told == ["almost certainly not chance", "very unlikely to be chance", "unlikely to be chance"]
    assert say_certainty(None) is None


# -- findings ---------------------------------------------------------------------------------------------------------


def test_a_level_shift_says_what_how_much_since_when_against_what_and_how_sure():
    said = {language: text.replace("\u00a0", " ") for language, text in say_finding(_found(), CATALOGUE).items()}
    assert said["en"] == (
        "Median repair cycle rose sharply in April 2025 and stayed there: 2.75 days instead of 2.1 days "
        "(+31%, 95% interval 21.7–40.3%); almost certainly not chance."
    )
    assert said["zh"].replace(" ", "") == (
        "2025年4月起维修周期中位数大幅上升：由2.1天升至2.75天（+31%，95%区间21.7–40.3%）；基本可以排除偶然因素。"
    )


def test_a_change_that_ended_is_told_in_the_past():
    said = say_finding(_found(values={"until": "2025-05"}), CATALOGUE)
    assert "from April 2025 to May 2025" in said["en"]
    assert "2025年4月至2025年5月" in said["zh"]


def test_the_stage_that_explains_a_change_is_named():
    said = say_finding(_found(segment={"stage": "technician_response"}, values={"stage_share": 83.4}), CATALOGUE)
    assert "83% of the change comes from technician response" in said["en"]
    assert "变化的83%来自上门响应环节" in said["zh"]


def test_shares_change_by_points():
    found = _found(metric="late", effect=-7.2, unit="pp", values={"before": 88.0, "after": 80.8})
    said = say_finding(found, CATALOGUE)
    assert "Completed within 7 days fell moderately" in said["en"]
    assert "−7.2 pp" in said["en"].replace("\u00a0", " ")
    assert "个百分点" in said["zh"]


def test_a_unit_is_named_where_asked_and_only_once():
    named = say_finding(_found(), CATALOGUE, lambda unit: {"en": f"Unit {unit}", "zh": f"{unit}单位"})
    assert named["en"].startswith("Unit U03: Median repair cycle")
    assert named["zh"].startswith("U03单位：")
    company = say_finding(_found(business_unit="all"), CATALOGUE, lambda unit: {"en": unit, "zh": unit})
    assert company["en"].startswith("Median repair cycle")


EVERY_KIND = [
    _found(),
    _found("trend"),
    _found("outlier", effect=-0.5, values={"after": 1.05}),
    _found("unit_outlier", values={"value": 3.0, "peers": 2.0, "shrunk": 2.8, "units": 12, "months": 12}),
    _found("target_missed", effect=0.3, unit="d", since=None,
           values={"value": 2.3, "target": 2.0, "missed": 3, "period": "2025-06"}),
    _found("mix_effect", effect=0.2, unit="d", segment={"product_line": "Water heater"},
           values={"change": 0.4, "share_of_change": 0.5, "segment_share_before": 20.0, "segment_share_after": 50.0,
                   "from": "2025-04", "to": "2025-06"}),
    _found("rate_effect", effect=0.4, unit="d", segment={"fault_code": "E2"},
           values={"change": 0.4, "share_of_change": 1.0, "segment_before": 2.0, "segment_after": 3.0,
                   "from": "2025-04", "to": "2025-06"}),
    _found("concentration", metric="orders_submitted", segment={"fault_code": "E2"},
           values={"count": 98.0, "expected": 37.7, "months": 3}),
    _found("concentration", segment={"product_id": "P8"}, values={"value": 3.1, "usual": 1.0}),
    _found("censoring", effect=-0.4, values={"closed_only": 2.0, "value": 3.4, "open_share": 12.0, "months": 3}),
    _found("bottleneck", effect=75.0, unit="%", q_value=None, segment={"stage": "dispatch"},
           values={"mean": 2.5, "total": 3.3, "share": 75.0, "months": 3}),
    _found("intervention_effect", effect=-0.5, since="2025-09",
           values={"expected": 4.2, "started_on": "2025-09-01", "method": "other_units", "bad_start": True}),
    _found("intervention_effect", effect=0.5, since="2025-09",
           values={"expected": 1.4, "started_on": "2025-09-17", "method": "own_past", "bad_start": False}),
    _found("seasonality", metric="orders_submitted", effect=0.6, values={"peak_month": 7, "low_month": 2}),
    _found("forecast_risk", effect=0.3, unit="d", since=None,
           values={"target": 2.5, "expected": 2.8, "period": "2025-08", "value": 2.4}),
    _found("driver", effect=40.0, unit="%", segment={"aspect": "response_speed"},
           values={"share": 40.0, "next_share": 14.0, "answers": 812.0}),
    _found("unit_outlier", values={"value": 3.0, "peers": 2.0, "shrunk": 2.8, "units": 12, "months": 12,
           "gap": {"kind": "mix", "breakdown": "product_line", "segment": "Dryer", "share_of_gap": 0.8,
                   "segment_share": 60.0, "segment_share_peers": 20.0}}),
    _found("unit_outlier", values={"value": 3.0, "peers": 2.0, "shrunk": 2.8, "units": 12, "months": 12,
           "gap": {"kind": "rate", "breakdown": "product_line", "segment": "Dryer", "share_of_gap": 1.2,
                   "segment_value": 6.0, "segment_value_peers": 3.0}}),
]  # fmt: skip


@pytest.mark.parametrize("found", EVERY_KIND, ids=lambda found: found["kind"])
def test_every_kind_has_one_whole_sentence_in_each_language(found):
    for short in (False, True):
        said = say_finding(found, CATALOGUE, short=short)
        assert said["en"].endswith(".")
        assert said["en"][0].isupper()
        assert said["zh"].endswith("。")
        assert said["zh"].count("。") == 1
        for text in said.values():
            assert "{" not in text
            assert "nan" not in text.lower()
            assert "None" not in text


def test_the_closed_only_sentence_names_both_figures():
    said = say_finding(EVERY_KIND[9], CATALOGUE)
    assert "2 days instead of 3.4 days with open work counted" in said["en"].replace("\u00a0", " ")


# -- headlines --------------------------------------------------------------------------------------------------------


def test_the_headline_is_the_first_news_that_is_worth_acting_on():
    small = _found(values={"worth": False})
    old = _found(since="2023-04")
    news = _found(effect=-0.4)
    said = say_headline([_row()], [EVERY_KIND[10], small, old, news], CATALOGUE)
    assert said["en"].startswith("Median repair cycle fell sharply in April 2025")
    assert not said["en"].endswith(".")
    assert "(" not in said["en"]


def test_a_signal_heads_the_page_where_no_finding_does():
    said = say_headline([_row(), _row("late", value=71.0, signal="worsening")], [], CATALOGUE)
    assert said["en"] == "Completed within 7 days outside the usual range, for the worse: 71% in June 2025"
    assert "差于常态范围" in said["zh"]


def test_a_quiet_page_says_that_nothing_changed_with_its_first_figure():
    said = say_headline([_row("orders_submitted", value=400), _row()], [], CATALOGUE)
    assert (
        said["en"].replace("\u00a0", " ")
        == "No figure surely outside its usual range; median repair cycle 2.3 days in June 2025 (2.10–2.50 days)"
    )
    assert said["zh"].startswith("没有指标确认偏离常态范围；维修周期中位数")


def test_how_many_answer_heads_no_page_that_has_a_figure_of_service():
    answered = _row("survey_response_rate", value=31.0)
    said = say_headline([answered, _row(signal="insufficient", signal_reason="records")], [], CATALOGUE)
    assert said["en"].startswith("Too few records to say what changed; median repair cycle")
    assert "survey response rate 31%" in say_headline([answered], [], CATALOGUE)["en"]


def test_a_page_without_enough_history_does_not_claim_that_nothing_changed():
    said = say_headline([_row(signal="insufficient")], [], CATALOGUE)
    assert said["en"].startswith("Too little history to say what changed")
    assert say_headline([_row(value=None)], [], CATALOGUE)["en"] == "There are no figures for this period"


# -- cards ------------------------------------------------------------------------------------------------------------


def test_signals_in_words():
    assert say_signal("worsening") == {"en": "Worsening", "zh": "恶化"}
    assert say_signal("insufficient", reason="months")["en"] == "Too few months to say"
    assert say_signal("insufficient", reason=float("nan"))["en"] == "Too few to say"


def test_assurance_in_words():
    target = {"en": "2 days", "zh": "2天"}
    assert say_assurance("misses", target)["en"] == "Misses the target of 2 days"
    assert say_assurance("none", target) is None
    assert say_assurance("hits") is None


@pytest.mark.parametrize(
    ("significant", "worth", "words"),
    [
        (False, True, "no more than chance explains"),
        (True, False, "real but too small to act on"),
        (True, True, "a real change"),
    ],
)
def test_a_cards_change_says_whether_it_is_real_and_worth_acting_on(significant, worth, words):
    change = {
        "versus": "year_ago",
        "value": -0.4,
        "low": -0.7,
        "high": -0.1 if significant else 0.1,
        "significant": significant,
        "worth": worth,
    }
    said = say_card_change(_row(changes=json.dumps([change])), CATALOGUE["repair_cycle_median"], "year_ago")
    assert said["en"].endswith(words)
    assert said["en"].startswith("−0.4")
    assert say_card_change(_row(), CATALOGUE["repair_cycle_median"], "peers") is None


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "start", "inside"),
    [
        ("Repair cycle, median", "Median repair cycle", "median repair cycle"),
        ("Repair cycle, mean within 30 days", "Mean repair cycle within 30 days", "mean repair cycle within 30 days"),
        ("Repair cycle, 90th percentile", "90th percentile of repair cycle", "90th percentile of repair cycle"),
        ("SLA attainment", "SLA attainment", "SLA attainment"),
        ("Orders submitted", "Orders submitted", "orders submitted"),
    ],
)
def test_names_of_metrics_in_running_text(name, start, inside):
    card = Card("m", {"en": name, "zh": "指标"})
    assert subject(card)["en"] == start
    assert subject_inside(card)["en"] == inside


def test_segments_say_what_they_are():
    assert say_segment({"fault_code": "E2"}) == {"en": "fault E2", "zh": "故障“E2”"}
    assert say_segment({"stage": "dispatch"}) == {"en": "dispatch", "zh": "派工"}
    assert say_segment({"brand_new": "x"})["en"] == "brand new x"


def test_each_language_has_its_own_punctuation():
    core, tail = {"en": "It rose", "zh": "上升"}, {"en": "surely", "zh": "确定"}
    assert sentence(core, tail, aside=tail) == {"en": "It rose (surely); surely.", "zh": "上升（确定）；确定。"}


def test_every_sentence_has_its_chinese():
    folder = Path(narrative.__file__).parent
    assert missing_translations(sorted(folder.glob("narrative*.py"))) == []


def test_a_change_whose_interval_leaves_0_out_is_a_hint_and_not_within_chance():
    change = {"versus": "year_ago", "value": -0.4, "low": -0.7, "high": -0.1, "significant": False, "worth": True}
    said = say_card_change(_row(changes=json.dumps([change])), CATALOGUE["repair_cycle_median"], "year_ago")
    assert said["en"].endswith("a hint, not yet sure among all that is compared")


@pytest.mark.parametrize(
    ("change", "en", "zh"), [(-1.8, "42% of the fall comes", "降幅的42%来自"), (1.8, "rise", "升幅的42%来自")]
)
def test_whose_part_a_segment_has_is_said(change, en, zh):
    found = {
        "kind": "rate_effect", "metric": "late", "business_unit": "all", "segment": {"region": "青岛"},
        "since": None, "direction": "down", "good": False, "q_value": None,
        "effect": {"value": change, "low": None, "high": None, "unit": "pp"},
        "values": {"change": change, "share_of_change": 0.42, "before": 99.2, "after": 99.2 + change,
                   "segment_before": 100.0, "segment_after": 45.0, "from": "2025-04", "to": "2025-06"},
    }  # fmt: skip
    said = say_finding(found, CATALOGUE)
    assert "in April 2025 – June 2025 on the same months a year ago" in said["en"]
    assert en in said["en"]
    assert zh in said["zh"]


def test_a_small_expected_number_keeps_a_decimal_so_that_the_ratio_beside_it_can_be_checked():
    found = {
        "kind": "concentration", "metric": "orders_submitted", "business_unit": "U08", "segment": {"part_id": "P-2"},
        "since": "2026-01", "direction": "up", "good": False, "q_value": 0.001,
        "effect": {"value": 7.75, "low": 2.44, "high": 21.26, "unit": "ratio"},
        "values": {"count": 12, "expected": 1.37},
    }  # fmt: skip
    said = say_finding(found, CATALOGUE)
    assert "12 orders" in said["en"]
    assert "give 1.4" in said["en"], "12 is 775 % more than 1.37, not than 1"


def test_the_months_that_a_figure_is_of_are_named():
    values = {"mean": 2.5, "total": 3.3, "share": 75.0, "months": 3, "as_of": "2025-02"}
    found = _found("bottleneck", effect=75.0, unit="%", q_value=None, segment={"stage": "dispatch"}, values=values)
    assert "over December 2024 – February 2025: " in say_finding(found, CATALOGUE)["en"]
    apart = {"value": 3.0, "peers": 2.0, "shrunk": 2.8, "units": 12, "months": 9, "from": "2024-07", "as_of": "2025-06"}
    assert "over July 2024 – June 2025" in say_finding(_found("unit_outlier", values=apart), CATALOGUE)["en"]


def test_a_month_of_sale_is_not_told_as_a_month_of_the_calendar():
    card = read_catalogue()["claims_per_1000_at_12_months"]
    found = _found("concentration", metric=card.id, segment={"product_line": "Air conditioner"}, since="2025-06",
                   values={"value": 337.0, "usual": 76.4, "months": 1, "as_of": "2025-06"})  # fmt: skip
    said = say_finding(found, {card.id: card})
    assert "stands out among units sold in June 2025: " in said["en"], "later ones are not old enough to tell"
    assert "337 where its past and the other segments give 76.4" in said["en"]
    assert "2025年6月售出的设备" in said["zh"]
    later = {**found, "values": {**found["values"], "as_of": "2025-09"}}
    assert "among units sold in June 2025 – September 2025: " in say_finding(later, {card.id: card})["en"]
    undated = {**found, "values": {"value": 337.0, "usual": 76.4, "months": 1}}
    assert "among units sold since June 2025: " in say_finding(undated, {card.id: card})["en"]
