"""The report on satisfaction as a reader meets it: sentences that agree with the figures, and honest words where the
answers say little.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.areas import satisfaction as area
from analysis.report import open_report
from analysis.sections.segments import recent

CUTOFF = "2026-07-01T00:00:00"
PHONE = "13812345678"
SECTIONS = ("trend", "nonresponse", "drivers", "comments", "follow_up", "segments", "change", "methods",
            "decomposition", "units")  # fmt: skip
ASPECTS = ("response_speed", "problem_solving", "attitude", "service_quality")

Tables = dict[str, pd.DataFrame]


def surveys(
    months: int, per_month: int, *, unit: str = "A", instrument: str = "csat5", answering: float = 0.5, seed: int = 1
) -> pd.DataFrame:
    """Invitations of the newest so many months, half of them answered within three days by satisfied and others."""
    rng = np.random.default_rng(seed)
    start = np.repeat(pd.period_range(end="2026-06", periods=months, freq="M").start_time.to_numpy(), per_month)
    n = len(start)
    sent = pd.Series(start) + pd.to_timedelta(rng.uniform(0, 25, n), unit="D").round("min")
    answers = rng.random(n) < answering
    felt = rng.normal(3.9, 1.1, n)
    frame = pd.DataFrame({"survey_id": [f"{unit}{instrument}{number}" for number in range(n)], "sent_at": sent})
    frame = frame.assign(business_unit=unit, instrument=instrument)
    frame["answered_at"] = (sent + pd.Timedelta(days=2)).where(answers)
    frame["score"] = np.where(answers, np.clip(np.round(felt), 1, 5), np.nan)
    for place, name in enumerate(ASPECTS):
        heard = felt * (0.4 + 0.2 * place) + rng.normal(0, 0.8, n) + 1.5
        frame[name] = np.where(answers, np.clip(np.round(heard), 1, 5), np.nan)
    low = answers & (frame["score"] <= 2)
    frame["followed_up_at"] = (frame["answered_at"] + pd.Timedelta(days=1)).where(low & (rng.random(n) < 0.6))
    days = rng.integers(1, 60, n)
    words = [
        f"等了{d}天，态度太差，请致电 {PHONE}" if f < 2.5 else f"{d}天内就来了，师傅专业"
        for f, d in zip(felt, days, strict=True)
    ]
    frame["comment"] = np.where(answers & (rng.random(n) < 0.4), words, None)
    return frame


def _meta() -> pd.DataFrame:
    return pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]})


def silent_elsewhere(table: pd.DataFrame) -> pd.DataFrame:
    """The table with one invitation of unit B that nobody answered: without any, a source does not know of silence."""
    row = table.head(1).assign(business_unit="B", survey_id="silent", answered_at=None, score=None)
    return pd.concat([table, row], ignore_index=True)


def one_answer() -> Tables:
    asked = surveys(1, 1, answering=1.1).assign(sent_at="2026-05-01", answered_at="2026-05-02")
    return {"surveys": silent_elsewhere(asked)}


def few_answers() -> Tables:
    """Twelve of some fifty customers answered, never fewer than five were asked in a month."""
    table = surveys(3, 18, answering=-1).reset_index(drop=True)
    told = table.index % 4 == 0
    table["answered_at"] = (table["sent_at"] + pd.Timedelta(days=2)).where(told)
    return {"surveys": silent_elsewhere(table.assign(score=np.where(told, 5.0, np.nan)))}


def one_answer_elsewhere() -> Tables:
    """Unit A has answers enough every month; unit B has one, so that A's months are withheld with B's."""
    table = surveys(14, 40)
    answered = table[table["answered_at"].notna()]
    lone = answered.groupby(answered["sent_at"].astype(str).str[:7]).head(1)
    return {"surveys": pd.concat([table, lone.assign(business_unit="B", survey_id="b" + lone["survey_id"])])}


def nobody_answered() -> Tables:
    return {"surveys": surveys(14, 30, answering=-1)}


def everybody_answered() -> Tables:
    return {"surveys": silent_elsewhere(surveys(14, 30, answering=1.1))}


def answers_alone() -> Tables:
    return {"surveys": surveys(14, 30, answering=1.1)}


def all_alike() -> Tables:
    table = surveys(14, 30)
    given = table["answered_at"].notna()
    for name in ("score", *ASPECTS):
        table[name] = np.where(given, 5.0, np.nan)
    return {"surveys": table.assign(comment=None, followed_up_at=None, method="questionnaire")}


def recommendation_only() -> Tables:
    table = surveys(14, 40, instrument="nps")
    return {"surveys": table.assign(score=table["score"] * 2, work_order_id=table["survey_id"])}


def two_scales() -> Tables:
    five, ten = surveys(14, 40), surveys(14, 40, instrument="csat10", seed=2)
    return {"surveys": pd.concat([five, ten.assign(score=ten["score"] * 2)], ignore_index=True)}


def two_methods() -> Tables:
    """Enough of all: two units, three years, two ways of asking of which the telephone finds more satisfaction."""
    table = pd.concat([surveys(36, 60), surveys(36, 40, unit="B", seed=5)], ignore_index=True)
    by_phone = np.arange(len(table)) % 2 == 0
    table["method"] = np.where(by_phone, "phone_callback", "questionnaire")
    table["score"] = (table["score"] + np.where(by_phone, 1, 0)).clip(upper=5)
    return {"surveys": table}


def bare_columns() -> Tables:
    kept = ["survey_id", "business_unit", "instrument", "sent_at", "answered_at", "score"]
    return {"surveys": surveys(14, 30)[kept]}


BUSINESSES = {made.__name__: made for made in (one_answer, few_answers, one_answer_elsewhere, nobody_answered,
              everybody_answered, answers_alone, all_alike, recommendation_only, two_scales, two_methods,
              bare_columns)}  # fmt: skip


@pytest.fixture
def run_of(tables_run: Callable[..., Path]) -> Callable[[str], Path]:
    """`run_of("one_answer")`: the run of one of the businesses."""
    return lambda name: tables_run(f"satisfaction_{name}", BUSINESSES[name]() | {"meta": _meta()})


@pytest.fixture
def report_of(run_of: Callable[[str], Path]) -> Callable[..., Any]:
    return lambda name, unit="A": open_report("satisfaction", unit, language="en,zh", run=run_of(name))


@pytest.mark.prove
@pytest.mark.parametrize("business", BUSINESSES)
def test_every_section_of_such_surveys_says_something_and_nothing_that_is_none(
    business: str, run_of: Callable, run_notebook: Callable[..., list[Any]], words_of: Callable
):
    *blocks, closing = run_notebook("satisfaction", "A", run_of(business))
    assert closing.record["report"] == "satisfaction"
    for language in ("en", "zh"):
        for block in blocks:
            text = words_of(block, language)
            assert text.strip()
            assert not {"nan", "NaN", "NaT", "None", "inf"} & set(text.split()), text
            assert "{" not in text


def test_without_surveys_each_section_names_the_table(tables_run: Callable[..., Path], words_of: Callable):
    work = pd.DataFrame({"work_order_id": ["W1"], "business_unit": "A", "submitted_at": ["2026-06-01"]})
    run = tables_run("satisfaction_no_surveys", {"work_orders": work.assign(status="open"), "meta": _meta()})
    report = open_report("satisfaction", "A", language="en,zh", run=run)
    for name in SECTIONS:
        assert "surveys" in words_of(getattr(area, name)(report)), name
    assert {"surveys"} <= {entry["needs"].split(".")[0] for entry in report.record().record["missing"]}


def test_missing_columns_are_named_by_the_sections_that_need_them(report_of: Callable, words_of: Callable):
    report = report_of("bare_columns")
    needs = {"drivers": "surveys.response_speed", "comments": "surveys.comment", "follow_up": "surveys.followed_up_at",
             "methods": "surveys.method"}  # fmt: skip
    for name, column in needs.items():
        assert column in words_of(getattr(area, name)(report)), name
    assert "answered" in words_of(area.nonresponse(report))


def test_one_answer_is_no_basis_for_all_customers(report_of: Callable, words_of: Callable):
    """One answer is too few to be told, and not the same as none."""
    report = report_of("one_answer")
    for section in (area.nonresponse(report), area.trend(report)):
        assert section.reason["en"].startswith("Too few answers: a figure about fewer than 5 people is withheld")
        assert "There are no figures" not in words_of(section)
    assert report.header().headline["en"] == "Too few answers for a figure of this period to be told"


def test_a_few_answers_are_counted_and_not_taken_for_all_customers(report_of: Callable):
    said = area.nonresponse(report_of("few_answers"))
    sent = report_of("few_answers").records("surveys", ["sent_at", "answered_at"])
    passed = sent[sent["sent_at"].astype(str) < "2026-06"]  # of June the fourteen days have not passed
    count = int(passed["answered_at"].notna().sum())
    assert 0 < count < 30
    assert said.reason["en"] == f"Too few answers to speak for all: {count}"
    assert f"（{count}份）" in said.reason["zh"]


def test_a_unit_withheld_for_anothers_single_answer_is_told_over_the_year(report_of: Callable, words_of: Callable):
    report = report_of("one_answer_elsewhere")
    withheld = report.series("csat_worst_case")
    assert withheld["value"].isna().any(), "a month of A is withheld with B's"
    answers = report.records("surveys", ["sent_at", "answered_at"])
    section = area.nonresponse(report)
    said = words_of(section)
    assert "There are no figures" not in said
    year = answers[answers["sent_at"].astype(str).str[:7].between("2025-06", "2026-05")]
    assert f"{year['answered_at'].notna().sum()} of {len(year)} invitations to the satisfaction question" in said


def test_where_nobody_answered_no_satisfaction_is_told(report_of: Callable, words_of: Callable):
    report = report_of("nobody_answered")
    said = words_of([getattr(area, name)(report) for name in SECTIONS])
    assert "0% of them satisfied" not in said
    assert not report.tells("csat_top2_share")


def test_where_everybody_answered_there_are_no_silent_to_guess_about(report_of: Callable, words_of: Callable):
    section = area.nonresponse(report_of("everybody_answered"))
    assert section.headline["en"].startswith("Everybody asked has answered")
    assert "Weights repair" not in words_of(section)


def test_a_list_of_answers_alone_does_not_say_that_everybody_answered(report_of: Callable, words_of: Callable):
    said = words_of(area.nonresponse(report_of("answers_alone")))
    assert "Everybody asked has answered" not in said
    assert "surveys.answered_at=null" in said


def test_answers_that_are_all_alike_drive_nothing(report_of: Callable, words_of: Callable):
    assert "answers that differ" in words_of(area.drivers(report_of("all_alike")))


def test_one_way_of_asking_cannot_be_compared(report_of: Callable, words_of: Callable):
    assert "Only one way of asking has enough answers to compare: questionnaire." in words_of(
        area.methods(report_of("all_alike"))
    )


def test_a_business_that_asks_only_for_recommendation_leads_with_it(report_of: Callable):
    report = report_of("recommendation_only")
    assert area.trend(report).headline["en"].startswith("Promoters (9–10)")
    assert not report.tells("csat_top2_share")


def test_answers_on_two_scales_are_said_to_be_counted_together(report_of: Callable, words_of: Callable):
    assert "Answers on 2 scales are counted together (1–10, 1–5)" in words_of(area.trend(report_of("two_scales")))
    assert "scales are counted together" not in words_of(area.trend(report_of("two_methods")))


def test_the_headline_of_the_silent_is_their_figures(report_of: Callable):
    report = report_of("two_methods")
    worst, best = (recent(report.series(f"csat_{end}_case").assign(segment="all")) for end in ("worst", "best"))
    asked, satisfied = worst["denominator"].sum(), worst["numerator"].sum()
    answered = asked - (best["numerator"].sum() - satisfied)
    told = [float(figure) for figure in re.findall(r"([\d.]+)%", area.nonresponse(report).headline["en"])]
    expected = [answered / asked, satisfied / answered, satisfied / asked, best["numerator"].sum() / asked]
    assert told == pytest.approx([100 * share for share in expected], abs=0.051)
    assert told[2] <= told[1] * told[0] / 100 + 0.1 <= told[3], "the bounds hold those who answered"


def test_a_difference_by_telephone_is_said_as_a_way_of_asking(report_of: Callable, words_of: Callable):
    section = area.methods(report_of("two_methods"))
    assert section.headline["en"].startswith("Telephone call: ")
    assert "more satisfied answers than by questionnaire for the same work" in section.headline["en"]
    assert "not how well they were served" in words_of(section)
    assert "电话回访的满意率比问卷高" in section.headline["zh"]


def test_drivers_are_ordered_by_what_there_is_to_gain_and_called_association(report_of: Callable, words_of: Callable):
    section = area.drivers(report_of("two_methods"))
    drawn = section.parts[0].data
    gain = drawn["part"] * (100 - drawn["good"])
    assert gain.is_monotonic_decreasing
    assert drawn["part"].sum() == pytest.approx(100)
    assert "Association, not effect" in words_of(section)


def test_comments_say_how_far_they_are_read_rightly_and_show_no_number(report_of: Callable, words_of: Callable):
    section = area.comments(report_of("two_methods"))
    for language, mark in (("en", "[phone]"), ("zh", "[电话]")):
        said = words_of(section, language)
        assert PHONE not in said
        assert mark in said
    assert re.search(r"the reading is right for [\d.]+% of comments", words_of(section))


def test_a_units_page_names_no_other_unit(report_of: Callable, words_of: Callable):
    said = words_of([getattr(area, name)(report_of("two_methods")) for name in SECTIONS])
    assert "Another unit" in said or "at least four" in said
    assert not re.search(r"\bB\b", said)


def test_low_scores_of_the_last_week_do_not_count_as_not_followed_up(tables_run: Callable[..., Path]):
    asked = surveys(14, 300)
    times = ["sent_at", "answered_at", "followed_up_at"]
    asked[times] += pd.Timedelta(days=3)  # answers come up to the last day of June
    run = tables_run("satisfaction_low_scores", {"surveys": asked, "meta": _meta()})
    report = open_report("satisfaction", "A", language="en,zh", run=run)
    section = area.follow_up(report)
    row = report.kpi("low_score_follow_up_rate")
    assert row["value_period"] < report.period, "the newest month is not mature at the cut-off"
    assert "May 2026" in section.headline["en"]


@pytest.mark.parametrize("unit", ["all", "U01", "U12"])
def test_the_sample_gives_a_page_of_ten_sections_in_both_languages(
    unit: str, sample_run: Path, run_notebook: Callable[..., list[Any]], words_of: Callable
):
    *blocks, closing = run_notebook("satisfaction", unit, sample_run)
    assert closing.record["headline"]["en"]
    assert len(blocks) == len(SECTIONS) + 3 + len(["title"]) - 1  # header, key figures, definitions
    for block in blocks:
        assert not re.search(r"[A-Za-z]{4,} [a-z]{3,} [a-z]{3,}", _chinese(words_of(block, "zh")))


def _chinese(text: str) -> str:
    """The Chinese words without what customers wrote and the sources of methods."""
    return "\n".join(line for line in text.splitlines() if re.search(r"[\u4e00-\u9fff]", line))
