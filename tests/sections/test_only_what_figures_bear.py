"""Sentences and tables that once said more than their figures bear: each says no more now."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.formatting import fmt_count, fmt_interval
from analysis.presentation.language import both, plain
from analysis.presentation.narrative_clusters import read_clusters, say_found
from analysis.presentation.narrative_service import say_targets
from analysis.presentation.possible import possible_intervals
from analysis.sections import (
    after_service,
    change,
    comments,
    contacts,
    decomposition,
    moved_figures,
    poor_service,
    product_life,
)
from analysis.sections.enough import FEWEST_OF_HOURS, FEWEST_TO_NAME, can_name
from analysis.sections.segments import _headline, _sentences, judge, shrunk_column
from analysis.statistics.decomposition import decompose

CATALOGUE = read_catalogue()
FIX = CATALOGUE["first_time_fix_rate"]
REPORT = SimpleNamespace(segment_name=lambda _, segment: plain(segment), languages=("en", "zh"))


def judged(*rows: tuple[str, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["segment", "numerator", "denominator"])
    share = frame["numerator"] / frame["denominator"]
    error = 100 * np.sqrt(share * (1 - share) / frame["denominator"])
    return judge(frame.assign(n=frame["denominator"], value=100 * share, low=np.nan, high=np.nan, se=error), FIX)


# -- segments ----------------------------------------------------------------------------------------------------------


def test_a_table_has_no_column_that_repeats_the_common_figure_in_every_row():
    alike = judged(("a", 800, 1000), ("b", 802, 1000), ("c", 799, 1000), ("d", 801, 1000))
    apart = judged(("a", 900, 1000), ("b", 700, 1000), ("c", 800, 1000), ("d", 850, 1000))
    assert shrunk_column(alike, FIX) == {}
    assert set(shrunk_column(apart, FIX)) == {"shrunk"}


def test_three_technicians_of_whom_one_stands_out_are_not_said_to_be_alike():
    found = judged(("a", 330, 383), ("b", 283, 382), ("c", 297, 388))
    assert found["outside"].any()
    assert not any("no more than chance" in line["en"] for line in _sentences(found))


def test_what_is_better_is_no_answer_to_where_it_is_worse():
    found = judged(("a", 387, 428), ("b", 368, 466), ("c", 339, 412), ("d", 319, 406))
    found["outside"] = [1, 0, 0, 0]
    said = _headline(REPORT, found, found, FIX, "technician_id")
    assert said["en"].startswith("No technician stands out for the worse; for the better a: ")
    assert "明显较好" in said["zh"]


def test_a_small_theme_that_is_nearly_all_negative_is_named():
    themes = pd.DataFrame({"segment": ["parts", "speed"], "numerator": [14.0, 7.0], "denominator": [16.0, 83.0]})
    themes["value"] = 100 * themes["numerator"] / themes["denominator"]
    found = comments._judged(themes, pd.Series({"numerator": 62.0, "denominator": 290.0})).set_index("segment")
    assert found.loc["parts", "tone"] == "bad"


@pytest.mark.parametrize(("counts", "named"), [((2, 1, 1), False), ((60, 20, 10), True)])
def test_no_channel_is_named_from_one_or_two_contacts(counts: tuple[int, ...], named: bool):
    newest = pd.Series(counts, ["phone", "app", "web"], dtype=float)
    said = contacts._leader(REPORT, pd.DataFrame({"period": ["2026-06"]}), newest)["en"]
    assert said.startswith("Phone takes" if named else "Too few contacts in June 2026 to say which channel leads: 4")


def test_a_leader_needs_its_records():
    assert [can_name(n) for n in (FEWEST_TO_NAME - 1, FEWEST_TO_NAME, float("nan"))] == [False, True, False]
    assert not can_name(FEWEST_TO_NAME, fewest=FEWEST_OF_HOURS)


# -- change, season, life ----------------------------------------------------------------------------------------------


def test_a_segment_without_records_has_no_figure_of_its_own():
    split = pd.DataFrame(
        {
            "segment": ["a", "b"], "share_before": [0.8, 0.2], "share_after": [1.0, 0.0], "rate_before": [70.0, 66.7],
            "rate_after": [72.0, 66.7], "rate_effect": [1.0, 0.0], "mix_effect": [0.5, 0.1],
        }
    )  # fmt: skip
    shown = change._table(REPORT, split, FIX, "product_line", both("now")).data.set_index("share_after")
    assert np.isnan(shown.loc[0.0, "rate_after"])
    assert shown.loc[0.0, "rate_before"] == pytest.approx(66.7)


@pytest.mark.parametrize(("season", "named"), [(True, True), (False, False)])
def test_a_month_mattered_most_only_where_the_calendar_matters(season: bool, named: bool):
    months = pd.period_range("2024-01", periods=24, freq="M")
    parts = SimpleNamespace(calendar=pd.Series(np.r_[1.1, np.ones(23)], months), scale="factor", seasonal_found=season)
    assert ("mattered most" in decomposition._calendar(parts)["en"]) == named


@pytest.mark.parametrize("years", [3, 6])
def test_the_month_of_the_headline_is_the_one_in_which_the_printed_season_peaks(years: int):
    months = pd.period_range("2019-04", periods=12 * years + 5, freq="M")
    rng = np.random.default_rng(3)
    festival = pd.DataFrame({"festival_days": np.where(months.month == 2, 7.0 * (months.year % 2), 0.0)}, index=months)
    size = 0.25 * np.cos(2 * np.pi * (months.month.to_numpy() - 7) / 12) + 0.6 * festival["festival_days"] / 7
    series = pd.Series(np.exp(3 + size + 0.04 * rng.standard_normal(len(months))), index=months)
    parts = decompose(series, kind="duration", regressors=festival)
    drawn = decomposition._drawn(parts).tail(12)
    assert parts.seasonal_found
    printed = pd.Period(drawn.loc[drawn["seasonal"].idxmax(), "period"], freq="M")
    assert printed.month == decomposition._peak(parts)
    by_month = pd.Series(drawn["seasonal"].to_numpy(), [pd.Period(period, "M").month for period in drawn["period"]])
    np.testing.assert_allclose(by_month.sort_index(), parts.seasonal_by_month, rtol=1e-9)
    assert decomposition._drawn(parts)["calendar"].max() > 1.2  # the festival stands in its own column


def lives(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["label", "within_value", "within_low", "within_high"])
    return frame.assign(label=[plain(name) for name in frame["label"]])


def test_the_product_that_fails_most_is_not_named_alone_where_others_lie_as_high_by_chance():
    said = product_life._most(lives(("a", 28.9, 26.3, 31.7), ("b", 28.3, 25.1, 31.8), ("c", 12.8, 10.5, 15.6)))
    assert "overlap with it: 1." in said["en"]
    alone = product_life._most(lives(("a", 28.9, 26.3, 31.7), ("c", 12.8, 10.5, 15.6)))
    assert alone["en"].startswith("Most likely to fail")
    assert product_life._most(lives(("a", 28.9, 26.3, 31.7))) is None


def test_a_month_without_goodwill_cost_nothing_and_is_not_unknown():
    months = ["2026-05", "2026-05", "2026-06"]
    parts = {"segment": ["repeat_order", "goodwill", "repeat_order"], "value": [10.0, 5.0, 7.0]}
    rows = pd.DataFrame(
        {"period": months, "period_start": pd.to_datetime([f"{month}-01" for month in months]), **parts}
    )
    whole = poor_service._every_part(rows).set_index(["period", "segment"])["value"]
    assert whole["2026-06", "goodwill"] == 0


def test_a_hazard_ratio_barely_off_one_is_a_hint_among_many_units():
    row, card = {"value": 1.3, "low": 1.003, "high": 1.68}, CATALOGUE["post_service_hazard_ratio"]
    assert "a hint" in after_service._say_ratio(row, card)["en"]
    assert "faster after bad" in after_service._say_ratio({"value": 1.6, "low": 1.3, "high": 1.97}, card)["en"]


def test_a_figure_with_too_few_records_has_not_moved():
    changes = [{"versus": "year_ago", "value": -57.8, "significant": True}]
    row = {"signal": "insufficient", "changes": changes}
    assert moved_figures._rank(row) == moved_figures.STEADY
    assert moved_figures._rank(row | {"signal": "steady"}) < moved_figures.STEADY


# -- clusters, targets, figures ----------------------------------------------------------------------------------------


def cluster_of(observed: float, expected: float, low: float) -> pd.Series:
    facts = {"segment": "batch=B1", "period": "2026-06", "numerator": observed, "denominator": expected, "n": observed}
    rows = pd.DataFrame([facts | {"value": observed / expected, "low": low, "high": 210.0}])
    return read_clusters(rows, "2026-06").iloc[0]


def test_one_repair_is_not_twenty_six_times_the_expected():
    one, many = cluster_of(1, 0.038, 3.0), cluster_of(21, 0.8, 16.0)
    assert "too few to tell (1)" in say_found(one, REPORT.segment_name)["en"]
    assert "26 times" in say_found(many, REPORT.segment_name)["en"]


def test_many_missed_targets_are_not_called_chance_one_by_one():
    row = {"metric": FIX.id, "target": 82.0, "target_met": False, "changes": [], "value": 70.0}
    said = say_targets([row, row | {"target_met": True}], CATALOGUE)
    assert said["en"] == "1 of 2 targets are met; no single miss is sure, allowing for all that is compared."


def test_no_interval_passes_the_end_of_its_scale():
    rows = pd.DataFrame({"n": [5.0, 2.0, 40.0], "low": [-76.0, 75.2, 80.0], "high": [116.0, 104.0, 90.0]})
    told = possible_intervals(rows, pd.Series(["points", "score", "score"]))
    assert told.loc[0, "high"] == 100
    assert np.isnan(told.loc[1, "high"])
    assert (told.loc[2, "low"], told.loc[2, "high"]) == (80, 90)


def test_an_intervals_end_near_all_is_a_number():
    assert fmt_interval(99.8, 99.963, "%") == "99.80–99.96%"
    assert fmt_interval(0.08, 2.56, "%") == "0.08–2.56%"


def test_expected_orders_are_whole():
    assert (fmt_count(99.3), fmt_count(0.81), fmt_count(12_345)) == ("99", "0.81", "12.3K")


def test_no_space_stands_between_wan_and_what_it_counts():
    pattern = "Over the next twelve months: {value} orders ({interval})."
    said = both(pattern, value={"en": "21K", "zh": "2.1万"}, interval="1–2")
    assert "2.1万张工单" in said["zh"]


def test_a_sum_of_losses_is_neither_good_nor_bad_and_two_records_are_no_news():
    card = CATALOGUE["poor_service_cost"]
    assert (card.better, card.minimum_n) == ("none", 10)  # it falls with the orders completed; the share is judged
    assert CATALOGUE["poor_service_cost_share"].better == "lower"
