"""Metrics of satisfaction on surveys small enough to work out by eye."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

Rows = Callable[..., pd.DataFrame]
CUTOFF = "2025-08-01"
JUNE = ("A", "2025-06")


def drawn(text: str, **constants: Any) -> pd.DataFrame:
    """Surveys from a drawing: `-` is empty; ids, unit and question are filled in where the drawing has none."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame([[None if c == "-" else c for c in line] for line in lines], columns=head, dtype=object)
    if "score" in frame:
        frame["score"] = frame["score"].astype(float)
    for name, value in {"business_unit": "A", "instrument": "csat5", **constants}.items():
        frame[name] = frame.get(name, value)
    if "sent_at" not in frame:
        frame["sent_at"] = frame["answered_at"]
    return frame.assign(survey_id=[f"S{number}" for number in range(len(frame))])


def scores(instrument: str, *given: float, **constants: Any) -> pd.DataFrame:
    """So many answers of the 2nd of June, sent the day before."""
    days = {"sent_at": "2025-06-01", "answered_at": "2025-06-02"}
    frame = pd.DataFrame({"score": [float(score) for score in given]})
    return frame.assign(
        instrument=instrument,
        business_unit="A",
        **days,
        **constants,
        survey_id=[f"{instrument}{number}" for number in range(len(given))],
    )


def value(rows: Rows, surveys: pd.DataFrame, metric: str, **more: pd.DataFrame) -> float:
    return rows({"surveys": surveys, **more}, metric, cutoff=CUTOFF).loc[JUNE, "value"]


# -- every answer on its own scale ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instrument", "given", "satisfied", "mean"),
    [
        ("csat5", (1, 2, 3, 4, 5), 40, 3.0),  # 4 and 5 of five
        ("csat3", (1, 2, 3, 3), 50, 3.5),  # the highest of three only: 1, 3, 5, 5 on 1 to 5
        ("csat7", (5, 6, 7, 4), 50, 1 + 4 * (4 + 5 + 6 + 3) / 6 / 4),
        ("csat10", (8, 9, 10, 1), 50, 1 + 4 * (7 + 8 + 9 + 0) / 9 / 4),  # 8 of 10 is not yet satisfied
        ("csat100", (79, 80, 100, 0), 50, 1 + 4 * (0.79 + 0.8 + 1 + 0) / 4),
    ],
)
def test_a_score_is_read_on_the_scale_that_its_question_names(
    rows: Rows, instrument: str, given: tuple[float, ...], satisfied: float, mean: float
):
    surveys = scores(instrument, *given)
    assert value(rows, surveys, "csat_top2_share") == pytest.approx(satisfied)
    assert value(rows, surveys, "csat_mean") == pytest.approx(mean)


def test_the_scale_that_stands_with_the_answer_goes_before_the_name(rows: Rows):
    # 3 of 1–3 is the highest level: satisfied. Read as 3 of 5 it would not be.
    surveys = scores("csat5", 3, 3, 2, scale_min=1.0, scale_max=3.0)
    assert value(rows, surveys, "csat_top2_share") == pytest.approx(200 / 3)


def test_an_unnamed_scale_is_the_narrowest_that_holds_thirty_scores(rows: Rows):
    ten = scores("satisfaction survey", *([8] * 20 + [9] * 9 + [10]))
    assert value(rows, ten, "csat_top2_share") == pytest.approx(100 / 3)
    few = rows({"surveys": ten.head(29)}, "csat_top2_share", cutoff=CUTOFF)
    assert few["value"].isna().all(), "twenty-nine scores do not tell their scale"


def test_a_score_beyond_its_scale_is_not_read(rows: Rows):
    assert value(rows, scores("csat5", 5, 5, 1, 9), "csat_top2_share") == pytest.approx(200 / 3)


def test_effort_on_five_levels_points_the_other_way_and_is_not_read(rows: Rows):
    both = pd.concat([scores("ces7", 7, 4), scores("ces5", 1, 1, 1)])
    assert value(rows, both, "ces_mean") == 5.5
    assert value(rows, both, "ces_easy_share") == 50


@pytest.mark.parametrize(
    ("instrument", "family"),
    [("NPS 2025", "nps"), ("Customer Effort Score 7", "ces"), ("满意度-csat5", "csat"), ("Services panel", "other")],
)
def test_a_question_is_told_by_its_name(rows: Rows, instrument: str, family: str):
    surveys = pd.concat([scores(instrument, 1, 2, work_order_id="W1"), scores("csat5", 5, 5, 5, work_order_id="W1")])
    answers = rows({"surveys": surveys}, "csat_top2_share", cutoff=CUTOFF).loc[JUNE, "n"]
    assert answers == (5 if family == "csat" else 3)
    assert value(rows, surveys, "survey_answers") == 5


# -- recommendation ---------------------------------------------------------------------------------------------------


def test_promoters_less_detractors_with_the_passives_in_the_denominator(rows: Rows):
    # 2 promoters, 1 detractor, 2 passives: (2 − 1) ÷ 5 = +20 points
    surveys = scores("nps", 9, 10, 7, 8, 6, work_order_id="W1")
    assert value(rows, surveys, "nps") == 20
    few = rows({"surveys": scores("nps", 9, 10, 9, 8, work_order_id="W1")}, "nps", cutoff=CUTOFF).loc[JUNE]
    assert (few["value"], few["high"]) == (75, 100)  # ± 1.96 × 25 would end at 124
    assert -100 <= few["low"] < 75
    assert value(rows, surveys, "nps_promoter_share") == 40
    assert value(rows, surveys, "nps_detractor_share") == 20


def test_a_relationship_survey_is_no_transactional_one(rows: Rows):
    about = scores("nps", 9, 9, 9, work_order_id="W1")
    panel = scores("nps", 0, 0).assign(survey_id=["P1", "P2"])
    surveys = pd.concat([about, panel])
    assert value(rows, surveys, "nps") == 100
    assert value(rows, surveys, "nps_relationship") == -100


def test_recommendation_and_effort_are_never_counted_as_satisfaction(rows: Rows):
    surveys = pd.concat([scores("csat5", 5, 1), scores("nps", 10, 10), scores("ces7", 7, 7)])
    assert value(rows, surveys, "csat_top2_share") == 50


# -- dating, windows and who is asked ---------------------------------------------------------------------------------


def test_answers_count_when_they_come_and_invitations_when_they_go_out(rows: Rows):
    surveys = drawn("""
        sent_at    answered_at score
        2025-06-28 2025-07-02  5
        2025-06-28 -           -
        2025-06-03 2025-06-04  1
        2025-06-03 2025-06-30  5
    """)
    answered = rows({"surveys": surveys}, "csat_top2_share", cutoff=CUTOFF)
    assert answered.loc[("A", "2025-06"), "value"] == 50
    assert answered.loc[("A", "2025-07"), "value"] == 100
    # of four invitations of June two were answered within 14 days; the one after 27 days counts as not answered
    response = rows({"surveys": surveys}, "survey_response_rate", cutoff=CUTOFF).loc[JUNE]
    assert (response["value"], response["n"]) == (50, 4)


def test_the_response_rate_waits_until_fourteen_days_have_passed(rows: Rows):
    surveys = drawn("""
        sent_at    answered_at score
        2025-07-10 2025-07-11  5
        2025-07-25 -           -
    """)
    july = rows({"surveys": surveys}, "survey_response_rate", cutoff=CUTOFF).loc[("A", "2025-07")]
    assert (july["value"], july["n"], bool(july["mature"])) == (100, 1, False)
    assert july["immature_share"] == 0.5


def test_a_review_that_nobody_asked_for_is_an_answer_but_no_invitation(rows: Rows):
    surveys = drawn("""
        sent_at    answered_at score method
        2025-06-10 2025-06-10  5     online_review
        2025-06-10 2025-06-12  4     online_review
        2025-06-10 -           -     questionnaire
        2025-06-10 2025-06-10  5     phone_callback
    """)
    assert value(rows, surveys, "csat_top2_share") == 100
    response = rows({"surveys": surveys}, "survey_response_rate", cutoff=CUTOFF).loc[JUNE]
    assert response["n"] == 3
    assert response["value"] == pytest.approx(200 / 3)


def test_surveys_about_test_orders_are_left_out(rows: Rows):
    orders = pd.DataFrame({"work_order_id": ["W1", "W2"], "business_unit": "A", "status": "completed"}).assign(
        submitted_at="2025-06-01", completed_at="2025-06-02", is_test=[True, False]
    )
    surveys = scores("csat5", 1, 5).assign(work_order_id=["W1", "W2"])
    assert value(rows, surveys, "csat_top2_share", work_orders=orders) == 100


def test_a_complaint_survey_stands_apart_from_satisfaction_with_service(rows: Rows):
    surveys = pd.concat([scores("csat5", 5, 5, complaint_id=None), scores("csat5", 1, 1, 5, complaint_id="Q1")])
    surveys = surveys.assign(survey_id=list("abcde"))
    assert value(rows, surveys, "csat_top2_share") == 100
    assert value(rows, surveys, "complaint_handling_satisfaction") == pytest.approx(100 / 3)


# -- who did not answer -----------------------------------------------------------------------------------------------


def test_the_bounds_take_the_silent_as_all_dissatisfied_and_as_all_satisfied(rows: Rows):
    surveys = drawn("""
        sent_at    answered_at score
        2025-06-10 2025-06-11  5
        2025-06-10 2025-06-11  2
        2025-06-10 -           -
        2025-06-10 -           -
    """)
    assert value(rows, surveys, "csat_worst_case") == 25  # 1 of 4
    assert value(rows, surveys, "csat_best_case") == 75  # 1 + 2 silent of 4


def test_weights_lift_the_kind_that_answers_less(rows: Rows):
    # 100 by telephone, 80 answer, all satisfied; 100 by questionnaire, 20 answer, half satisfied. Plain: 90 of 100.
    # Weighted each half stands for 100: 75 %, a little more for the ridge that draws the two towards each other.
    sent = pd.DataFrame({"method": ["phone_callback"] * 100 + ["questionnaire"] * 100})
    sent["score"] = [5.0] * 80 + [np.nan] * 20 + [5.0] * 10 + [1.0] * 10 + [np.nan] * 80
    sent["answered_at"] = np.where(sent["score"].notna(), "2025-06-02", None)
    surveys = sent.assign(
        business_unit="A", instrument="csat5", sent_at="2025-06-01", survey_id=[f"S{n}" for n in range(200)]
    )
    assert value(rows, surveys, "csat_top2_share") == 90
    assert value(rows, surveys, "csat_weighted") == pytest.approx(75, abs=0.5)


def test_where_everybody_answers_the_weights_change_nothing(rows: Rows):
    silent = scores("csat5", 5).assign(business_unit="B", survey_id="B1", answered_at=None, score=None)
    surveys = pd.concat([scores("csat5", 5, 5, 5, 1), silent], ignore_index=True)  # all of A; somebody in B did not
    assert value(rows, surveys, "csat_weighted") == 75


# -- aspects, expectation, index --------------------------------------------------------------------------------------


def test_aspects_are_means_of_those_who_scored_them(rows: Rows):
    surveys = scores("csat5", 5, 4, 3).assign(attitude=[5, 4, None], reliability=[None, None, 2])
    assert value(rows, surveys, "csat_attitude") == 4.5
    assert value(rows, surveys, "csat_reliability") == 2
    assert value(rows, surveys, "aspect_top2_share") == pytest.approx(200 / 3)  # 5 and 4 of 5, 4, 2


def test_the_expectation_gap_is_of_the_same_customers(rows: Rows):
    # (5 − 4) and (3 − 5); the third did not say what was expected
    surveys = scores("csat5", 5, 3, 1).assign(expectation=[4, 5, None])
    assert value(rows, surveys, "expectation_gap") == -0.5


def test_the_index_takes_all_three_questions(rows: Rows):
    # ((10 + 10 + 10) − 3) ÷ 27 = 100; ((1 + 1 + 1) − 3) ÷ 27 = 0; the third lacks one
    surveys = scores("csat5", 5, 1, 3).assign(acsi_overall=[10, 1, 5], acsi_expectation=[10, 1, 5])
    surveys["acsi_ideal"] = [10, 1, None]
    assert value(rows, surveys, "satisfaction_index") == 50


# -- low scores -------------------------------------------------------------------------------------------------------


def test_low_scores_are_bottom_scores_and_detractors_followed_up_within_seven_days(rows: Rows):
    surveys = drawn("""
        instrument answered_at score followed_up_at
        csat5      2025-06-10  2     2025-06-16
        csat5      2025-06-10  1     2025-06-18
        nps        2025-06-10  6     -
        nps        2025-06-10  7     -
        csat5      2025-06-10  3     2025-06-11
        ces7       2025-06-10  1     -
    """)
    followed = rows({"surveys": surveys}, "low_score_follow_up_rate", cutoff=CUTOFF).loc[JUNE]
    assert followed["n"] == 3
    assert followed["value"] == pytest.approx(100 / 3)  # the second came after eight days


# -- comments ---------------------------------------------------------------------------------------------------------


def test_few_comments_are_read_by_words_and_the_unread_do_not_count(rows: Rows):
    surveys = scores("csat5", 1, 5, 3).assign(comment=["太差了，乱收费", "师傅专业，谢谢", "ok"])
    found = rows({"surveys": surveys}, "negative_comment_share", cutoff=CUTOFF).loc[JUNE]
    assert (found["value"], found["n"]) == (50, 2)
    assert value(rows, surveys, "comment_unclassified_share") == pytest.approx(100 / 3)
    assert value(rows, surveys, "comment_reading_accuracy") == 100


def test_a_comment_counts_under_each_of_its_themes(measured: Callable[..., Any]):
    surveys = scores("csat5", 1, 5).assign(comment=["等了一个多星期，乱收费，太差", "收费透明，谢谢"])
    found = measured({"surveys": surveys}, ["negative_comment_share"], cutoff=CUTOFF).read(breakdown="theme")
    june = found[(found["business_unit"] == "A") & (found["period"] == "2025-06")].set_index("segment")
    assert june.loc["price", "value"] == 50
    assert june.loc["speed", "value"] == 100
    assert "tidiness" not in june.index


# -- ways of asking, drivers ------------------------------------------------------------------------------------------


def test_a_way_of_asking_used_for_easier_work_is_not_better(measured: Callable[..., Any]):
    # Repairs: 60 % satisfied by either way; installations: 90 %. The telephone was used for installations.
    kinds = [("repair", "questionnaire", 90, 54), ("repair", "phone_callback", 10, 6)]
    kinds += [("install", "questionnaire", 10, 9), ("install", "phone_callback", 90, 81)]
    orders, surveys = [], []
    for kind, method, asked, happy in kinds:
        ids = [f"{kind}-{method}-{number}" for number in range(asked)]
        orders.append(pd.DataFrame({"work_order_id": ids, "work_order_type": kind}))
        answers = scores("csat5", *([5] * happy + [1] * (asked - happy)), method=method)
        surveys.append(answers.assign(work_order_id=ids, survey_id=ids))
    work = pd.concat(orders).assign(
        business_unit="A", status="completed", submitted_at="2025-06-01", completed_at="2025-06-02"
    )
    tables = {"surveys": pd.concat(surveys), "work_orders": work}
    found = measured(tables, ["csat_method_gap"], cutoff="2025-07-01").read(business_unit="A")
    assert found["segment"].tolist() == ["phone_callback"]
    assert found["value"].iloc[0] == pytest.approx(0, abs=1e-9)
    assert 87 - 63 > 20, "the plain difference"


def test_drivers_are_told_for_the_newest_period_only_and_add_up_to_all_of_it(measured: Callable[..., Any]):
    rng = np.random.default_rng(0)
    surveys = scores("csat5", *rng.integers(1, 6, 300)).assign(
        attitude=rng.integers(1, 6, 300), response_speed=lambda s: np.clip(s["score"] + rng.integers(-1, 2, 300), 1, 5)
    )
    metrics = ["csat_driver_share", "csat_driver_odds", "csat_drivers_explained"]
    found = measured({"surveys": surveys}, metrics, cutoff="2025-07-01").read(business_unit="A")
    share = found[found["metric"] == "csat_driver_share"].set_index("segment")["value"]
    odds = found[found["metric"] == "csat_driver_odds"].set_index("segment")
    assert share.sum() == pytest.approx(100)
    assert share["response_speed"] > 90
    assert odds.loc["response_speed", "low"] > 1 > odds.loc["attitude", "low"]
    assert set(found["period"]) == {"2025-06"}
