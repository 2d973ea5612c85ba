"""The report on benchmarks judges only what can be judged, and counts what is not answered as not answered."""

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.areas import benchmarks as area
from analysis.faults import UserFault
from analysis.metrics.cards import read_catalogue
from analysis.metrics.scorecard import Scorecard, ScoreItem, parse_scorecard
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import plain
from analysis.reporting.parameters import PARAMS
from analysis.run_data import RunData
from analysis.sections.best_year import _best, find_best_stretch
from analysis.sections.gaps import comparable, gap_to, gaps_against, step_of
from analysis.sections.opportunity import gain_of
from analysis.sections.scoring import Answer, points_of, sum_up

CATALOGUE = read_catalogue()
SLA, MEDIAN = CATALOGUE["resolution_sla_attainment"], CATALOGUE["repair_cycle_median"]


def item(name: str, weight: float = 10, **more) -> ScoreItem:
    return ScoreItem(id=name, name={"en": name, "zh": name}, weight=weight, **more)


def test_a_gap_to_the_good_side_is_positive_whichever_way_is_better(sample_report):
    gaps = gaps_against(sample_report("benchmarks", "all"), "target")
    assert len(gaps) > 5
    for row in gaps.to_dict("records"):
        better = row["gap"] < 0 if CATALOGUE[row["metric"]].better == "lower" else row["gap"] > 0
        assert better == (row["steps"] > 0) or row["gap"] == 0
        assert row["side"] in ((0, np.sign(row["steps"])) if row["sure"] else (0,))


def test_verdicts_are_the_signals_own(sample_report):
    report = sample_report("benchmarks", "U03")
    for row in gaps_against(report, "peers").to_dict("records"):
        change = next(c for c in yaml.safe_load(report.kpi(row["metric"])["changes"]) if c["versus"] == "peers")
        assert row["sure"] == change["significant"]


def test_a_step_is_what_the_card_calls_worth_acting_on():
    assert step_of(SLA, 80.0) == SLA.worth_acting_on["absolute"]
    assert step_of(MEDIAN, 2.0) == pytest.approx(MEDIAN.worth_acting_on["relative"] * 2.0)


def test_numbers_of_records_are_not_compared_between_units(sample_report):
    metrics = set(gaps_against(sample_report("benchmarks", "U03"), "peers")["metric"])
    assert metrics
    assert not {"backlog", "complaints_open"} & metrics


def test_a_figure_from_outside_of_another_definition_is_shown_and_never_judged(sample_report, words_of):
    said = words_of(area.outside(sample_report("benchmarks", "all"))).split("\n")
    place = said.index("Repair cycle, median")
    assert said[place : place + 8][-3:-1] == ["different", "not judged"]


def test_against_the_outside_the_whole_interval_must_lie_on_one_side():
    year = {"value": 84.0, "low": 82.5, "high": 85.5}
    assert gap_to(SLA, year, 80.0)["sure"]
    assert not gap_to(SLA, year, 83.0)["sure"]


def test_a_gap_in_shares_is_records_and_in_means_time_and_in_medians_nothing():
    assert gain_of(SLA, 5.0, 2_000) == pytest.approx(100)
    assert gain_of(CATALOGUE["repair_cycle_restricted_mean"], 0.5, 2_000) == pytest.approx(1_000)
    assert gain_of(CATALOGUE["complaints_per_1000_units"], 0.2, 50_000) == pytest.approx(10)
    assert gain_of(MEDIAN, 0.5, 2_000) is None
    assert gain_of(CATALOGUE["slow_parts_share"], 5.0, 538_000) is None  # a share of money is no number of records


def test_the_best_twelve_months_end_before_the_last_twelve_begin():
    months = pd.period_range("2023-01", periods=36, freq="M").astype(str)
    value = np.r_[np.full(12, 70.0), np.full(12, 90.0), np.full(12, 80.0)]
    rows = pd.DataFrame(
        {"period": months, "value": value, "numerator": value, "denominator": 100.0, "n": 100, "se": 3.0}
    )
    found = find_best_stretch(rows, SLA)
    assert (found["now"], found["best"], found["first"], found["last"]) == (80, 90, "2024-01", "2024-12")
    assert found["low"] < -10 < found["high"]
    assert find_best_stretch(rows.tail(20), SLA) is None


def test_the_first_year_of_the_data_is_no_best_year_of_what_waits():
    """Orders older than the data are unknown: the share over thirty days climbs from nothing as the data grow old."""
    months = pd.period_range("2023-01", periods=42, freq="M").astype(str)
    old = np.r_[np.linspace(0, 18, 12), np.full(30, 20.0)]
    rows = pd.DataFrame({"period": months, "value": old, "numerator": old, "denominator": 100.0, "n": 100, "se": 4.0})
    card = CATALOGUE["backlog_over_30d_share"]
    found = find_best_stretch(rows, card)
    assert (found["best"], found["first"]) == (20.0, "2024-01")
    assert found["high"] == pytest.approx(1.96 * 4.0 * np.sqrt(2), rel=1e-3)  # the same orders stand at several ends
    assert find_best_stretch(rows.head(35), card) is None


@pytest.mark.parametrize("metric", ["backlog", "complaints_open", "orders_submitted", "after_sales_cost"])
def test_what_grows_with_the_business_has_no_best_year(metric: str):
    months = pd.period_range("2023-01", periods=42, freq="M").astype(str)
    value = np.linspace(200.0, 100.0, 42)
    rows = pd.DataFrame({"period": months, "value": value, "numerator": value, "n": value}).assign(
        denominator=np.nan, se=1.0
    )
    assert _best(rows, CATALOGUE[metric]) is None


def test_points_run_from_none_to_all_in_either_direction():
    up, down = item("a", none_at=50, full_at=90), item("b", none_at=4, full_at=2)
    assert [points_of(up, value) for value in (40, 50, 70, 90, 99)] == [0, 0, 50, 100, 100]
    assert [points_of(down, value) for value in (5, 3, 1)] == [0, 50, 100]


def test_what_is_not_answered_counts_neither_as_nothing_nor_as_full():
    answers = [
        Answer(item("a", 30), 80.0, 0.0, plain("")),
        Answer(item("b", 10), 40.0, 0.0, plain("")),
        Answer(item("c", 60), None, 0.0, plain("–"), plain("nobody has assessed it")),
    ]
    score = sum_up(answers, Scorecard(()))
    assert (score.value, score.answered) == (70.0, 40.0)  # (30 × 80 + 10 × 40) ÷ 40
    assert sum_up(answers[2:], Scorecard(())) is None
    assert sum_up(answers, Scorecard((), deductions=2, merit=True)).value == 69.0


def test_without_a_scorecard_the_page_says_where_it_goes(sample_report, words_of):
    assert "params/scorecard.yml" in words_of(area.scorecard(sample_report("benchmarks", "all")))


def test_the_shipped_scorecard_scores_what_the_data_hold_and_names_no_level_on_too_little(
    sample_report, words_of, monkeypatch
):
    report = sample_report("benchmarks", "all")
    content = yaml.safe_load((PARAMS / "scorecard.yml").read_text(encoding="utf-8"))
    declared = parse_scorecard(content)
    few = Scorecard(tuple(one for one in declared.items if one.metric in ("resolution_sla_attainment", None)))
    monkeypatch.setattr(RunData, "scorecard", few)
    section = area.scorecard(report)
    said = words_of(section)
    assert "1 of 3 items" in section.headline["en"]
    assert "Too little of the weight is answered" in said
    assert "Not scored, and not counted as 0 (2)" in said
    assert "stars" not in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"wieght": 3}, "did you mean 'weight'"),
        ({"weight": -1}, "'weight' must be a number from 0, got -1"),
        ({"points": 120}, "'points' must be a number from 0 to 100, got 120"),
        ({"metric": "nps", "none_at": 5, "full_at": 5}, "two different numbers"),
        ({"metric": "nps", "none_at": 0, "full_at": 50, "points": 3}, "keep one of them"),
    ],
)
def test_a_misspelt_scorecard_is_refused_with_item_and_field(change, told):
    entry = {"id": "x", "name": {"en": "x", "zh": "x"}, "weight": 1, **change}
    with pytest.raises(UserFault, match="item 'x'") as fault:
        parse_scorecard({"items": [entry]})
    assert told in str(fault.value)


def test_names_of_units_stand_on_the_companys_page_only(sample_report, words_of):
    assert "Another unit" not in words_of(area.peers(sample_report("benchmarks", "U03")))
    table = area.peers(sample_report("benchmarks", "all"))
    assert "Median of the units" in words_of(table)


def test_the_market_is_asked_for_and_never_made_up(sample_report, words_of):
    report = sample_report("benchmarks", "all")
    said = words_of(area.market(report))
    assert "as given" in said or "can only be given" in said


def test_a_gap_drawn_at_the_edge_bears_its_own_figure():
    rows = pd.DataFrame({"label": ["Backlog"], "value": [-12.0], "told": [-37.0], "low": [-12.0], "high": [-9.0]})
    words = {"en": "Gaps", "zh": "差距"}
    html = chart_intervals(rows, title=words, description=words, name="gaps", reference=0.0).html("en")
    assert "−37" in html


def test_figures_of_a_handful_of_records_or_that_nobody_judges_stand_in_no_list_of_gaps(sample_report):
    for unit in ("U07", "U10"):
        report = sample_report("benchmarks", unit)
        assert all(CATALOGUE[row["metric"]].judged for row in comparable(report))
        for versus in ("year_ago", "peers"):
            reasons = {report.kpi(metric)["signal_reason"] for metric in gaps_against(report, versus)["metric"]}
            assert "records" not in reasons
