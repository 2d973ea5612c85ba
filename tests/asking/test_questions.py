"""Questions as managers type them: each is read as the tables say, or asked back about; none is read wrongly."""

from pathlib import Path

import pytest

from analysis.asking import near_misses, read_question
from tests.asking.judging import TABLES, entries, shares, verdict

LEAST_RIGHT = {
    "questions_en": 0.97,
    "questions_zh": 0.97,
    "questions_outside": 0.9,
    "questions_blind": 0.7,
    "questions_fresh": 0.9,
    "questions_typed": 0.97,
    "questions_managers": 0.85,
}
"""Share of a table read right below which a change of words has lost something. Wrong readings: none."""


@pytest.mark.parametrize("table", TABLES)
def test_no_question_is_read_wrongly_and_nearly_all_are_read_right(table, vocabulary):
    known = vocabulary()
    verdicts = [(verdict(entry, read_question(entry["q"], known)), entry["q"]) for entry in entries(table)]
    assert [question for said, question in verdicts if said == "wrong"] == []
    assert sum(said == "right" for said, _ in verdicts) >= LEAST_RIGHT[table] * len(verdicts)


def test_the_docs_tell_the_share_of_each_intent_as_it_is(vocabulary):
    """Written anew by `python -m tests.asking`."""
    told = (Path(__file__).parents[2] / "docs" / "how-to" / "explore-and-ask.md").read_text(encoding="utf-8")
    assert [row for row in shares(vocabulary()) if row not in told] == []


@pytest.mark.parametrize("table", TABLES[:2])
def test_the_table_has_questions_enough_and_none_twice(table):
    asked = [entry["q"] for entry in entries(table)]
    assert len(asked) >= 120
    assert len(asked) == len(set(asked))


def test_with_one_word_of_nonsense_no_question_of_the_tables_is_answered(vocabulary):
    """What is not understood is never skipped: the same questions, a foreign word among theirs."""
    known = vocabulary()
    for table in TABLES:
        for entry in entries(table):
            for question in (f"{entry['q']} zorblax", f"飕{entry['q']}"):
                reading = read_question(question, known)
                assert reading.asks == "unknown", question


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        ("custmer satisfaction trend", "customer satisfaction trend"),
        ("客户满意渡趋势", "客户满意度趋势"),
        ("repair cylce in North China", "repair cycle in north china"),
        ("华东上个月的响应怎么样", "华东上个月的首次响应时间中位数怎么样"),
        ("complaint rate in May", "complaints per 100 orders in may"),
    ],
)
def test_what_could_have_been_meant_is_offered_as_a_question_that_is_understood(question, offered, vocabulary):
    known = vocabulary()
    near = [each.question for each in near_misses(read_question(question, known), known)]
    assert offered in [asked.lower() for asked in near]
    assert read_question(offered, known).understood


def test_a_metric_called_by_a_loose_name_tells_its_sisters(vocabulary):
    known = vocabulary()
    near = {each.metric for each in near_misses(read_question("维修周期", known), known)}
    assert {"repair_cycle_p90", "repair_cycle_restricted_mean"} <= near
    assert near_misses(read_question("维修周期 P90", known), known) == ()


def test_on_a_units_report_its_own_figures_are_meant_and_other_units_are_not_spoken_of(vocabulary):
    own = vocabulary("U03")
    assert read_question("NPS last month", own).business_unit == "U03"
    assert read_question("华北的NPS", own).business_unit == "U03"
    for asked in ("NPS in East China", "compare NPS of North China and East China", "各大区NPS排名", "NPS by unit"):
        assert read_question(asked, own).asks == "other_unit", asked
    assert read_question("NPS compared with the other units", own).to == "peers"


@pytest.mark.parametrize(
    ("report_period", "question", "period"),
    [
        ("2026-06", "上个季度NPS", "2026-Q1"),
        ("2026-06", "本季度NPS", "2026-Q2"),
        ("2026-05", "本季度NPS", "2026-04..2026-05"),
        ("2026-01", "NPS last month", "2025-12"),
        ("2026-01", "NPS in November", "2025-11"),
        ("2026-Q2", "NPS last quarter", "2026-Q1"),
        ("2025", "NPS last year", "2024"),
        ("2026-06", "去年同期NPS是多少", "2025-06"),
        ("2026-06", "NPS from January to March", "2026-Q1"),
        ("2026-06", "1到4月的NPS", "2026-01..2026-04"),
        ("2026-02", "前三个月NPS", "2025-12..2026-02"),
        ("2026-06", "NPS 2025-03", "2025-03"),
        ("2026-06", "NPS in 2026", "2026-01..2026-06"),
    ],
)
def test_periods_are_relative_to_the_reports_own(report_period, question, period, vocabulary):
    assert read_question(question, vocabulary(period=report_period)).period == period


def test_a_question_of_another_sort_of_figure_is_asked_back(vocabulary):
    known = vocabulary()
    for asked in ("how many repeat repairs", "what share of complaints", "how long is the NPS", "投诉占比"):
        assert read_question(asked, known).asks == "sort", asked


@pytest.mark.parametrize(
    ("report_period", "question", "period"),
    [
        ("2026-06", "NPS last May", "2026-05"),
        ("2026-06", "NPS last July", "2025-07"),
        ("2026-06", "NPS last June", None),
        ("2026-02", "前三个月NPS", "2025-12..2026-02"),
        ("2026-03", "前三个月NPS", "2026-Q1"),
        ("2026-06", "前三个月NPS", None),
        ("2026-09", "前三季度NPS", "2026-01..2026-09"),
        ("2026-10", "前三季度NPS", None),
        ("2026-10", "2025年前三季度NPS", "2025-01..2025-09"),
        ("2026-10", "NPS in the first two quarters of last year", "2025-01..2025-06"),
    ],
)
def test_words_that_mean_two_periods_are_asked_back_only_where_they_do(report_period, question, period, vocabulary):
    reading = read_question(question, vocabulary(period=report_period))
    assert (reading.asks, reading.period) == (("", period) if period else ("period", report_period))


def test_nothing_is_offered_that_would_not_be_understood(vocabulary):
    known = vocabulary()
    for asked in ("will it rain on Thursday", "what's our stock price", "公司股价多少"):
        assert near_misses(read_question(asked, known), known) == ()
    lost_in = [entry["q"] for entry in entries("questions_typed") if entry.get("asks") == "unknown"]
    for asked in lost_in[::3]:
        reading = read_question(asked, known)
        lost = sum(part.term is None for part in reading.said)
        for near in near_misses(reading, known):
            offered = read_question(near.question, known)
            assert offered.asks in ("", "ambiguous") or sum(part.term is None for part in offered.said) < lost


def test_every_metric_is_found_by_its_own_name_in_both_languages(vocabulary):
    known = vocabulary()
    lost = []
    for card in known.catalogue.values():
        for name in (*card.name.values(), card.id):
            reading = read_question(name, known)
            if reading.metric != card.id or not reading.understood:
                lost.append((name, reading.metric, reading.asks, reading.about))
    assert lost == []
