"""Sentences and tables that once said more than their figures bear: each says no more now."""

import re
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
    against_line,
    change,
    comments,
    contacts,
    data_fields,
    decomposition,
    demand,
    driving,
    fewest,
    forecast_basis,
    hour_less,
    leavers,
    moved_figures,
    outside,
    overall,
    poor_service,
    process_map,
    product_life,
)
from analysis.sections.enough import FEWEST_OF_HOURS, FEWEST_TO_NAME, can_name
from analysis.sections.fewest import not_across_units
from analysis.sections.overall import say_overall
from analysis.sections.pooling import pool
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
    assert not any("no more than chance" in line["en"] for line in _sentences(found, held=0))


def test_what_is_better_is_no_answer_to_where_it_is_worse():
    found = judged(("a", 387, 428), ("b", 368, 466), ("c", 339, 412), ("d", 319, 406))
    found["outside"] = [1, 0, 0, 0]
    said = _headline(REPORT, found, FIX, "region", against=say_overall(True))
    assert said["en"].startswith("No region stands out for the worse; for the better a: ")
    assert "明显较好" in said["zh"]


def test_people_are_counted_and_never_named_in_a_headline():
    found = judged(("a", 387, 428), ("b", 280, 466), ("c", 339, 412), ("d", 319, 406))
    for beyond, said in (
        ([0, -1, 0, 0], "1 of 4 technicians differ from the others beyond chance"),
        ([0, 0, 0, 0], "Technicians differ by more than chance, but nobody stands apart from the rest"),
    ):
        found["outside"] = beyond
        assert _headline(REPORT, found, FIX, "technician_id", against=say_overall(True))["en"] == said


def test_people_of_several_units_are_not_held_against_each_other():
    """A unit whose work is held up has technicians who all look slow."""
    company = SimpleNamespace(is_company=True, run=SimpleNamespace(business_units=["A", "B"]))
    alone = SimpleNamespace(is_company=True, run=SimpleNamespace(business_units=["A"]))
    assert "told as theirs" in not_across_units(company, "technician_id")["en"]
    assert not_across_units(company, "region") is None
    assert not_across_units(alone, "technician_id") is None
    assert not_across_units(SimpleNamespace(is_company=False), "technician_id") is None


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
    april = pd.DataFrame({"period": ["2026-04"], "period_start": pd.to_datetime(["2026-04-01"])})
    whole = poor_service._every_part(rows, april).set_index(["period", "segment"])["value"]
    assert whole["2026-06", "goodwill"] == 0
    assert whole["2026-04"].tolist() == [0, 0]  # costs are known, and none was of poor service


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


# -- one base, one count, the whole ------------------------------------------------------------------------------------


def gains(**stages: tuple[float, float, float]) -> pd.DataFrame:
    rows = [(stage, *figures) for stage, figures in stages.items()]
    return pd.DataFrame(rows, columns=["segment", "value", "low", "high"]).sort_values("value", ascending=False)


def test_stages_whose_intervals_overlap_tie_and_none_of_them_is_recommended():
    tie = gains(dispatch=(0.89, 0.4, 1.8), repair=(0.89, 0.4, 1.8), technician_response=(0.86, 0.4, 1.8))
    said = hour_less._gain_headline(tie, 3)
    assert said["en"].startswith("The stages tie: an hour less in any one of them would bring 0.86–0.89\xa0pp within")
    assert "各环节不分上下" in said["zh"]
    two = gains(dispatch=(0.9, 0.8, 1.0), repair=(0.85, 0.75, 0.95), request_handling=(0.2, 0.1, 0.3))
    assert hour_less._gain_headline(two, 7)["en"].startswith("dispatch, repair tie: an hour less in any of them")
    assert hour_less._gain_headline(two, 7)["en"].endswith("less in request handling")
    alone = gains(dispatch=(0.9, 0.8, 1.0), repair=(0.3, 0.2, 0.4))
    assert hour_less._gain_headline(alone, 3)["en"].startswith("An hour less in dispatch would bring most: 0.9\xa0pp")
    assert "no sure difference" in hour_less._gain_headline(tie, None)["en"]


def test_a_median_stands_inside_the_interval_that_is_printed_beside_it():
    edges = pd.DataFrame(
        [("assigned", "started", 40, 0.0667, 0.0667, 0.0667), ("created", "closed", 9, 0.249, 0.245, 0.2516)],
        columns=["before", "after", "count", "wait", "low", "high"],
    )
    shown = process_map._edge_table(REPORT, edges.assign(dependency=1.0), both("x")).html("en")
    rows = re.findall(r"<td[^>]*>([\d.]+)</td><td[^>]*>([\d.]+)–([\d.]+)</td>", re.sub(r"\s*\n\s*", "", shown))
    assert len(rows) == 2
    assert all(float(low) <= float(wait) <= float(high) for wait, low, high in rows)


def share_months(segment: str, hits: float, n: float, **more: float) -> pd.DataFrame:
    row = {"segment": segment, "period": "2026-06", "numerator": hits, "denominator": n, "n": n, "mature": True}
    return pd.DataFrame([row | {"value": 100 * hits / n, "se": np.nan} | more])


def held_against(series: pd.DataFrame) -> SimpleNamespace:
    return SimpleNamespace(series=lambda _: series, catalogue={FIX.id: FIX})


def test_segments_are_held_against_all_records_those_without_a_segment_and_withheld_ones_included():
    groups = pd.concat([share_months("a", 80, 100), share_months("b", 40, 100)])  # of 260 records, 60 lie elsewhere
    report = held_against(share_months("", 180, 260).drop(columns="segment"))
    assert overall.overall(report, FIX.id, groups, held=["c", "d"]) == pytest.approx(100 * 180 / 260)
    found = judge(groups.assign(low=0.0, high=0.0, se=1.0), FIX, centre=100 * 180 / 260)
    assert found.attrs["centre"] == pytest.approx(100 * 180 / 260)


def test_the_whole_is_not_told_where_it_would_tell_the_one_segment_that_is_withheld():
    report = held_against(share_months("", 180, 260).drop(columns="segment"))
    assert overall.overall(report, FIX.id, share_months("a", 80, 100), held=["c"]) is None
    assert say_overall(False)["en"] == "of the groups shown"


def test_those_not_judged_and_those_withheld_add_up_to_the_rows_of_the_table():
    told = overall.say_few(pd.Series([False] * 16 + [True] * 6), 4)
    assert told["en"] == "Too few records to be judged: 16 of the 22 with figures; withheld [c]: 4 more."
    assert "22项中，16项" in told["zh"]
    assert overall.say_few(pd.Series([True]), 0) is None


def test_shrunk_figures_lie_between_their_own_and_the_whole_that_the_page_names():
    found = judge(pd.concat([share_months(name, hits, 200) for name, hits in zip("abcde", (190, 150, 160, 40, 170),
                  strict=True)]).assign(low=0.0, high=0.0, se=1.0), FIX, centre=60.0)  # fmt: skip
    assert found.attrs["centre"] == pytest.approx(60)
    assert ((found["shrunk"] - 60).abs() < (found["value"] - 60).abs()).all()


def test_a_share_of_orders_and_a_cost_keep_their_intervals_above_nought():
    certified, cost = CATALOGUE["certified_work_share"], CATALOGUE["cost_per_order"]
    few = share_months("tv", 1, 20).assign(se=4.0, value=5.0, n=9)
    assert 0 < pool(few, certified)["low"].item() < 5 < pool(few, certified)["high"].item() < 100
    dear = share_months("e", 301_160, 40).assign(se=5_621.0, value=7_529.0, n=40)
    assert pool(dear, cost)["low"].item() == pytest.approx(7529 / np.exp(1.959964 * 5621 / 7529), rel=1e-5)


def test_two_or_three_technicians_are_not_compared_and_the_page_says_how_many_it_takes():
    report = SimpleNamespace(catalogue=CATALOGUE)
    three, four = pd.Series([True, True, True, False]), pd.Series([True] * 4)
    assert fewest.too_few_people(report, "technician_id", four) is None
    assert fewest.too_few_people(report, "product_line", three) is None
    none = fewest.too_few_people(report, "technician_id", pd.Series([False] * 3))
    assert none["en"] == "Not one of 3 technicians has enough records to be compared", (
        "and so they are not drawn either"
    )
    said = fewest.too_few_people(report, "technician_id", three)
    assert said["en"] == "Too few technicians to compare: 3 with enough records, 4 are needed"


def test_a_forecast_from_nine_months_does_not_claim_that_nothing_changes():
    def about(months: int) -> str:
        past = pd.DataFrame({"value": [30.0] * months})
        report = SimpleNamespace(period="2026-06", unit_name=plain("Hainan"), series=lambda _: past)
        return forecast_basis.say_basis(report, ["orders_submitted"])["en"]

    assert about(9).startswith("Forecast after June 2026 from 9 months of history, too few to know a season")
    assert "if nothing changes" in about(30)


def test_falling_silent_is_not_told_of_ten_weeks_and_the_page_says_what_it_takes(monkeypatch):
    calls = pd.DataFrame({"customer": ["u|1"], "day": [pd.Timestamp("2016-02-29")]})
    monkeypatch.setattr(leavers, "_signs", lambda _: calls)
    report = SimpleNamespace(period="2016-04", kpi=lambda _: None)
    said = leavers.say_silence_needs(report)
    assert "takes 214 days of purchases or requests at least. The data hold 62" in said["en"]
    known = SimpleNamespace(period="2016-04", kpi=lambda _: {"value": 570.0})
    assert "1,140 days of both; the data of this unit hold 62" in leavers.say_silence_needs(known)["en"]


@pytest.mark.parametrize(
    ("gap", "said"), [(20, "Nobody of this unit was active"), (111, "from the first whole period")]
)
def test_data_that_reach_far_enough_are_not_said_to_be_too_short(monkeypatch, gap, said):
    """Lebanon: 294 days are needed, 308 are there, and its one customer bought once."""
    once = pd.DataFrame({"customer": ["u|1"], "day": [pd.Timestamp("2011-01-25")]})
    monkeypatch.setattr(leavers, "_signs", lambda _: once)
    report = SimpleNamespace(period="2011-11", kpi=lambda _: {"value": float(gap)})
    told = leavers.say_silence_needs(report)["en"]
    assert said in told
    assert "takes" not in told


def test_a_change_is_not_split_where_a_segment_is_withheld():
    months = pd.period_range("2025-01", "2026-06", freq="M").astype(str)
    rows = pd.DataFrame([(month, segment) for month in months for segment in ("A", "B")], columns=["period", "segment"])
    rows = rows.assign(mature=True, value=80.0, reason="")
    now, before = change.compared_windows(rows)
    assert (len(now), len(before)) == (6, 6)

    held = (rows["period"] == "2025-05") & (rows["segment"] == "B")
    withheld = rows.assign(value=rows["value"].mask(held), reason=rows["reason"].mask(held, "too few people"))
    assert [len(part) for part in change.compared_windows(withheld)] == [0, 0], "what is left is not the whole"
    assert "too few people" in change._why_none(withheld, "service_type")["en"]


# -- what a reader of the Chinese pages stumbled over ------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high", "sure"), [(36.0, 42.0, True), (18.0, 45.0, False), (None, None, True)])
def test_a_figure_inside_the_range_of_its_benchmark_is_not_surely_better(low, high, sure):
    year = pd.Series({"low": 44.0, "high": 57.0})
    told = outside._unless_in_range({"sure": True, "verdict": "sure"}, year, {"low": low, "high": high})
    assert (told["sure"], told["verdict"]) == (sure, "sure" if sure else "hint")
    assert outside._say_counts(6, 0, 2)["zh"] == "口径可比的对比6项，其中确有差别的：2项更差"


def test_the_aspect_with_most_to_gain_is_not_set_above_those_that_tie_with_it():
    """13.4 × 19.6 % = 2.63 against 14.7 × 17.6 % = 2.59: no more than the errors of the parts."""
    told = pd.DataFrame({"segment": ["speed", "quality", "attitude"], "part": [13.4, 14.7, 2.0],
                         "part_low": [9.4, 11.0, 1.5], "part_high": [18.5, 19.3, 2.5], "good": [80.4, 82.4, 91.1],
                         "good_low": [72.0, 74.2, 84.0], "good_high": [87.0, 88.4, 95.3]})  # fmt: skip
    told["gain"] = told["part"] * (100 - told["good"]) / 100
    assert driving._tied(told) == 1
    assert driving._gain(REPORT, told)["en"] == "speed has most to gain, though not surely more than one other"
    assert driving._gain(REPORT, told.drop(index=1))["zh"] == "speed的提升空间最大"


def test_the_forecast_of_staff_says_how_many_open_orders_it_leaves_out():
    said = [demand._left_out(SimpleNamespace(kpi=lambda _, row=row: row)) for row in (None, {"value": 104.0})]
    assert [one["zh"] for one in said] == ["不含现有积压工单。", "现有积压104单另需人手，未计入。"]


def test_a_product_too_rare_to_be_judged_is_named_where_it_lies_above_its_line():
    frame = pd.DataFrame({"label": [plain("dryer"), plain("fridge")], "value": [4.38, 1.2], "low": [1.8, 0.4],
                          "high": [10.8, 3.7], "enough": False, "outside": 0})  # fmt: skip
    assert against_line._above_unjudged(frame)["en"].endswith("yet above its line: dryer 4.38 times (1.8–10.8).")
    assert against_line._above_unjudged(frame.assign(enough=True)) is None


def test_a_field_that_no_metric_needs_is_not_said_to_be_needed():
    row = {"label": plain("Complaint: text"), "value": 57.1, "n": 7, "reports": data_fields._no_metric()}
    assert data_fields._say_suffering(row)["zh"] == "“Complaint: text”：7条记录中填写了57.1%；不涉及指标。"
