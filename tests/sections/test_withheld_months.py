"""Months about too few people are not told, and count in every sum over months: no page's year is another one's."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.exploring.figures import _summed
from analysis.metrics.cards import read_catalogue
from analysis.metrics.small_cells import hide_small_cells
from analysis.presentation.charts import chart_decomposition, chart_trend
from analysis.presentation.language import plain
from analysis.presentation.tables import SUPPRESSED
from analysis.sections import comments
from analysis.sections.best_year import find_best_stretch
from analysis.sections.gap_chart import say_side
from analysis.sections.gaps import gap_to, pooled_year
from analysis.sections.outside import outside
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.year_gaps import years_of

CATALOGUE = read_catalogue()
NPS, SATISFIED, MEDIAN = (CATALOGUE[name] for name in ("nps", "csat_top2_share", "low_score_follow_up_time_median"))
ANSWERS = [9, 11, 8, 9, 9, 3, 7, 7, 9, 6, 13, 3, 9, 5]  # two months of three answers


def measured(card, hits, answers, *, segment: str = "", breakdown: str = "", unit: str = "U05") -> pd.DataFrame:
    """Months up to June 2026 of a share or a score of answers, those of fewer than five withheld as the run does."""
    k, n = np.asarray(hits, float), np.asarray(answers, float)
    months = pd.period_range(end="2026-06", periods=len(n), freq="M")
    scale = 100.0
    rows = pd.DataFrame({"metric": card.id, "business_unit": unit, "breakdown": breakdown, "segment": segment,
                         "grain": "month", "period": months.astype(str), "period_start": months.start_time,
                         "mature": True, "numerator": k, "denominator": n, "n": n, "value": scale * k / n,
                         "se": scale * np.sqrt(np.maximum(k / n * (1 - k / n), 0.01) / n), "low": np.nan,
                         "high": np.nan, "immature_share": 0.0, "reason": None})  # fmt: skip
    return hide_small_cells(rows, CATALOGUE, fewest=5)


def report_of(rows: pd.DataFrame, **more) -> SimpleNamespace:
    of = dict(list(rows.groupby("metric")))
    return SimpleNamespace(
        catalogue=CATALOGUE, series=lambda metric: of.get(metric, rows.iloc[:0]), period="2026-06", **more
    )


def test_the_year_of_the_benchmarks_is_the_year_of_the_area_itself():
    rows = measured(NPS, [2, 8, 5, 3, 0, -2, 2, 0, 3, 3, 10, -3, 7, 1], ANSWERS)
    assert rows["value"].isna().sum() == 2
    year = pooled_year(report_of(rows), "nps")
    assert year["value"] == pytest.approx(100 * 29 / 88)
    assert (year["n"], year["first"]) == (88, "2025-07")
    own = pool(recent(rows.assign(segment="all")), NPS).iloc[0]
    assert [year[name] for name in ("value", "low", "high", "n")] == [
        own[name] for name in ("value", "low", "high", "n")
    ]


def test_a_withheld_month_is_not_told_as_unknown():
    """Under the trend and under the decomposition: three answers are [c], a month without any is [x]."""
    rows = measured(SATISFIED, [n // 2 for n in ANSWERS], ANSWERS)
    rows = rows.assign(value=rows["value"].mask(rows["period"] == "2026-02"))
    shown = chart_trend(rows, title=plain("CSAT"), description=plain("CSAT"), unit="%").table
    told = shown.data.set_index("period")["value"]
    assert list(told[told == SUPPRESSED].index) == ["2025-10", "2026-04"]
    assert told.isna().sum() == 1
    assert "[c] too few people to show · [x] not available" in shown.html("en")
    parts = rows.assign(observed=rows["value"], trend=50.0)
    drawn = chart_decomposition(parts, title=plain("CSAT"), description=plain("CSAT"), unit="%").table.data
    assert list(drawn.loc[drawn["observed"] == SUPPRESSED, "period"]) == ["2025-10", "2026-04"]


def test_no_score_of_recommendation_passes_a_hundred():
    rows = measured(NPS, [1] * 12, [1] * 11 + [9])
    rows["se"] = rows["kept_se"] = 90.0
    year = pooled_year(report_of(rows), "nps")
    assert -100 <= year["low"] < year["value"] < year["high"] <= 100


def test_a_median_has_no_year_where_a_month_of_it_is_withheld():
    rows = measured(MEDIAN, [1] * 12, ANSWERS[-12:])
    rows[["numerator", "denominator", "kept_numerator", "kept_denominator"]] = np.nan
    assert pooled_year(report_of(rows), MEDIAN.id) is None
    assert years_of(rows, {MEDIAN.id: MEDIAN}).empty


def test_a_gap_of_the_year_counts_the_withheld_months():
    rows = measured(SATISFIED, [8, 9, 6, 8, 8, 0, 6, 6, 8, 5, 12, 0], ANSWERS[:12])
    year = years_of(rows, {SATISFIED.id: SATISFIED}).iloc[0]
    assert year["value"] == pytest.approx(100 * 76 / sum(ANSWERS[:12]))
    assert year["n"] == sum(ANSWERS[:12])


def test_the_best_year_before_counts_the_withheld_months():
    answers = [10] * 6 + [4] * 6 + [10] * 12
    rows = measured(SATISFIED, [9] * 6 + [0] * 6 + [5] * 12, answers)
    found = find_best_stretch(rows, SATISFIED)
    assert (found["first"], found["best"]) == ("2024-07", pytest.approx(100 * 54 / 84))


def test_without_an_interval_nothing_is_better_or_worse():
    said = say_side(0, 3.0, gap_to(SATISFIED, {"value": 83.0, "low": np.nan, "high": np.nan}, 80.0)["verdict"])
    assert "chance" not in said["en"]


def test_a_figure_of_nobody_known_how_sure_is_shown_beside_the_outside_and_not_judged(words_of):
    rows = measured(CATALOGUE["csat_mean"], [30] * 12, [9] * 12).assign(se=np.nan, value=4.2)
    given = pd.DataFrame(
        [{"metric": "csat_mean", "label": "industry", "period": "2025", "value": 4.0, "low": np.nan, "high": np.nan,
          "n": 100, "definition_match": "exact", "source": "a paper"}]
    )  # fmt: skip
    shown = SimpleNamespace(parts=())

    def section(**parts):
        shown.parts = parts["parts"]
        return parts["headline"]

    report = report_of(rows, records=lambda *_: given, lacks=lambda *_: None, languages=("en", "zh"), section=section,
                       unit_name=plain("U05"), kpi=lambda metric: None)  # fmt: skip
    headline = outside(report)
    assert "nothing can be judged" in headline["en"]
    assert "not judged" in words_of(list(shown.parts))


def theme_months(**themes: list[tuple[int, int]]) -> pd.DataFrame:
    card = CATALOGUE[comments.NEGATIVE]
    parts = [
        measured(card, *zip(*months, strict=True), segment=name, breakdown="theme").drop(columns="reason")
        for name, months in themes.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_comments_of_withheld_months_count_in_their_theme():
    rows = theme_months(speed=[(0, 5), (0, 7), (3, 4), (2, 3)], attitude=[(0, 6), (2, 3), (1, 3)])
    told = comments._shares(rows).set_index("segment")
    assert list(told.loc["speed", ["numerator", "denominator"]]) == [5, 19]
    assert list(told.loc["attitude", ["numerator", "denominator"]]) == [3, 12]


def test_a_theme_of_too_few_people_is_not_told_even_from_a_year():
    rows = theme_months(
        speed=[(0, 8), (3, 4)], attitude=[(1, 9), (1, 3)], price=[(1, 1), (0, 2)], parts=[(1, 5), (0, 4)]
    )
    assert list(comments._shares(rows)["segment"]) == ["attitude", "speed"]  # and a second, that none can be reckoned


def test_where_no_theme_is_told_the_page_says_that_they_are_too_few():
    whole = pd.Series({"value": 30.0, "numerator": 12.0, "denominator": 40.0})
    rows = recent(theme_months(speed=[(0, 1), (1, 1)], attitude=[(0, 1), (0, 1)]))
    assert rows.empty
    said = comments._headline(report_of(rows), whole, comments._judged(comments._shares(rows), whole))
    assert "too few of each theme" in said["en"]


def test_with_one_theme_of_comments_enough_the_page_says_that_they_are_too_few():
    whole = pd.Series({"value": 27.0, "numerator": 14.0, "denominator": 52.0})
    rows = theme_months(speed=[(0, 8), (3, 4)], attitude=[(1, 5), (1, 3)])
    said = comments._headline(report_of(rows), whole, comments._judged(comments._shares(rows), whole))
    assert said["en"] == "27% of the comments are negative; too few of each theme to compare"
    assert "太少" in said["zh"]


def test_a_stretch_of_months_sums_the_withheld_ones_too_or_says_nothing():
    number, money = CATALOGUE["survey_answers"], CATALOGUE["cost_of_rated_orders"]
    rows = measured(number, [6, 3, 8], [6, 3, 8], segment="East", breakdown="region")
    rows = rows.assign(value=rows["n"].where(rows["n"] > 0))
    assert list(_summed(rows, SimpleNamespace(card=number))["value"]) == [17]
    assert _summed(rows.assign(metric=money.id), SimpleNamespace(card=money)).empty
