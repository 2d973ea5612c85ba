"""Twelve months as one figure: a count is not weighted by itself, and a handful of records scores nothing."""

import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.narrative_service import say_service
from analysis.sections.best_year import _stretches
from analysis.sections.gaps import records_of
from analysis.statistics.demand_outlook import outlook

BACKLOG = [6, 9, 4, 7, 6, 4, 7, 6, 18, 38, 53, 104]  # month-ends; their mean is 21.8, weighted by themselves it is 60


def test_a_year_of_backlogs_is_their_plain_mean():
    months = pd.DataFrame(
        {"value": map(float, BACKLOG), "n": BACKLOG, "numerator": None, "denominator": None, "se": float("nan")}
    )
    value, _ = _stretches(months, read_catalogue()["backlog"])
    assert value[0] == pytest.approx(sum(BACKLOG) / 12)


def test_months_of_a_mean_weigh_their_records():
    assert list(records_of(pd.DataFrame({"value": [2.5, 3.5], "n": [10, 30]}))) == [10, 30]
    assert list(records_of(pd.DataFrame({"value": [4.0, 0.0], "n": [4, 0]}))) == [1, 1]


def row(metric: str, value: float, signal: str = "steady") -> dict:
    return {"metric": metric, "value": value, "low": None, "high": None, "n": 900, "signal": signal, "changes": []}


def test_a_headline_gives_the_figure_that_worsens_and_no_steady_one():
    rows = [row("csat_top2_share", 80.0), row("complaints_per_1000_units", 1.4, "worsening")]
    said = say_service(rows, read_catalogue(), worse=rows[1:])["en"]
    assert said.startswith("Service is worsening: monthly complaints per 1,000 units in service 1.4")
    assert "80" not in said
    assert said.count("complaints") == 1


def test_a_company_is_steady_by_its_own_figures_and_names_the_units_after_them():
    said = say_service([row("csat_top2_share", 80.0)], read_catalogue(), worse_units=[{"en": "Hainan", "zh": "海南"}])
    assert said["en"].startswith("Service is steady as a whole: ")
    assert said["en"].endswith("; worsening in Hainan")


def test_the_sum_of_months_lies_between_the_sums_of_their_bounds():
    # Nine months of few and wild orders, as a unit that has just opened has them.
    series = pd.Series([30.0, 22, 35, 19, 41, 20, 33, 17, 38], index=pd.period_range("2025-10", periods=9, freq="M"))
    found = outlook(series)
    total, months = found.totals[3], found.monthly
    assert total.tried.tested == 0
    assert months.low[:3].sum() <= total.low <= total.value <= total.high <= months.high[:3].sum()
