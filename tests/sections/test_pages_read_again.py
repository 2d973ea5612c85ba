"""Faults that readers of the rendered pages found: each as small as it can be drawn."""

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.formatting import fmt_interval
from analysis.presentation.language import both, plain
from analysis.presentation.naming import name_by_language, segment_name
from analysis.presentation.narrative import say_headline
from analysis.presentation.narrative_service import named_units, say_service, worsening_figures
from analysis.presentation.possible import comparable_years, possible_intervals
from analysis.presentation.telling import tell_change, tell_ends_of_change
from analysis.sample.standards import BENCHMARKS, INTERVENTIONS
from analysis.sections import choosers, comments, contacts, data_rounding, demand, driving
from analysis.sections.contact_hours import say_busiest
from analysis.sections.contacts import resolution_by_channel
from analysis.sections.data_unlocks import _either
from analysis.sections.grading import say_unreliable
from analysis.sections.measures import _what
from analysis.sections.outside import _of_whom
from analysis.sections.unit_states import unit_states
from analysis.statistics.heaping import Heaping
from analysis.statistics.intervals import Estimate
from analysis.statistics.matching import Matched

CATALOGUE = read_catalogue()
UNITS = {"U02": both("North China"), "U09": plain("Shandong")}
LANGUAGES = ("en", "zh")


def kpis(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["business_unit", "metric", "value", "signal"])
    return frame.assign(signal_reason="", low=None, high=None, n=500.0, period="2026-06", value_period="2026-06")


class Pages:
    """As much of a report as a section asks for, from rows drawn here."""

    name, period, languages, is_company, business_unit = "drawn", "2026-06", LANGUAGES, True, "all"
    catalogue, unit_name = CATALOGUE, plain("Whole company")

    def __init__(self, rows: pd.DataFrame, **facts: Any) -> None:
        def chosen(_: str, *, business_unit: str | None = None, metric: str | None = None) -> pd.DataFrame:
            some = rows if business_unit is None else rows[rows["business_unit"] == business_unit]
            return some if metric is None else some[some["metric"] == metric]

        self.rows = rows
        self.run = SimpleNamespace(
            rows=chosen, business_units=list(UNITS), unit_name=UNITS.get, missing={}, grain="month", findings=[]
        )
        self.__dict__.update(facts)

    def kpi(self, metric: str) -> dict[str, Any] | None:
        found = self.rows[(self.rows["metric"] == metric) & (self.rows["business_unit"] == self.business_unit)]
        return None if found.empty else found.iloc[0].to_dict()

    def tells(self, metric: str) -> bool:
        return metric in set(self.rows["metric"])

    def once(self, _: str, make: Callable[[], Any]) -> Any:
        return make()

    def lacks(self, *_: str) -> None:
        return None

    def segment_name(self, _: str, segment: str) -> dict[str, str]:
        return plain(segment)

    def section(self, **parts: Any) -> SimpleNamespace:
        return SimpleNamespace(**parts)


# -- the summary -------------------------------------------------------------------------------------------------------


def test_a_unit_that_a_headline_calls_worsening_stands_so_in_the_table_with_the_figure_that_worsens():
    rows = kpis(
        ("U02", "complaints_per_1000_units", 1.4, "worsening"),
        ("U02", "repair_cycle_median", 2.0, "steady"),
        ("U02", "cost_per_order", 170.0, "steady"),
        ("U09", "complaints_per_1000_units", 2.0, "steady"),
        ("U09", "repair_cycle_median", 3.7, "steady"),
        ("U09", "repair_cycle_within_7d", 71.2, "worsening"),
        ("U09", "orders_submitted", 115.0, "steady"),
    )
    section = unit_states(Pages(rows))
    shown = section.parts[0]
    assert section.headline["en"] == "Key figures worsen beyond chance in 2 of 2 units"
    beside = {row["unit"]["en"]: row["beside"]["en"] for row in shown.data.to_dict("records")}
    assert beside == {"North China": "–", "Shandong": "completed within 7 days 71.2%"}
    assert "beside" in shown.columns
    whole = kpis(("all", "csat_top2_share", 79.4, "steady"))
    named = named_units(worsening_figures(rows), CATALOGUE, UNITS.__getitem__)
    said = say_service(whole.to_dict("records"), CATALOGUE, worse_units=named)
    assert "Shandong (completed within 7 days)" in said["en"]
    assert "Shandong（7天完工率）" in said["zh"]


def test_a_table_of_units_has_no_column_for_what_worsens_besides_where_nothing_does():
    rows = kpis(("U02", "repair_cycle_median", 2.0, "worsening"), ("U09", "repair_cycle_median", 2.0, "steady"))
    section = unit_states(Pages(rows))
    assert "beside" not in section.parts[0].columns
    assert section.headline["en"] == "Key figures worsen beyond chance in 1 of 2 units"


# -- channels ----------------------------------------------------------------------------------------------------------

BANDS = range(0, 24, 2)


def test_of_two_hours_the_busiest_by_chance_are_not_named_alone():
    """As in a unit with 148 contacts a year, and in one with 2,800: the hours that chance does not tell apart come
    together."""
    small = say_busiest(pd.Series([1, 1, 0, 4, 23, 12, 13, 22, 29, 18, 18, 7], index=BANDS))
    assert "8:00–22:00" in small["en"]
    large = say_busiest(pd.Series([27, 20, 25, 103, 333, 416, 295, 428, 394, 349, 346, 134], index=BANDS))
    assert large["en"].startswith("Most people are needed at 10:00–12:00 and 14:00–22:00: 67.4% of the contacts")
    one = say_busiest(pd.Series([10, 10, 10, 10, 10, 500, 10, 10, 10, 10, 10, 10], index=BANDS))
    assert "at 10:00–12:00:" in one["en"]


def test_hours_without_a_peak_have_none():
    even = [70, 66, 81, 75, 62, 71, 69, 80, 74, 73, 60, 77]
    assert say_busiest(pd.Series(even, index=BANDS))["en"] == "No hours of the day stand out beyond chance"


def test_only_channels_that_are_compared_are_drawn_and_the_others_are_named():
    rows = pd.DataFrame(
        {
            "segment": ["web", "store", "app", "chat", "email"],
            "value": [84.5, 83.0, 80.9, 72.4, 20.0],
            "low": [66.0, 73.1, 77.1, 68.9, 10.0],
            "high": [100.0, 93.0, 84.6, 75.9, 30.0],
            "denominator": [5.0, 37.1, 94.6, 93.1, 39.1],
            "numerator": [66.0, 82.0, 81.0, 71.0, 20.0],
            "n": [71.0, 129.0, 461.0, 639.0, 30.0],
        }
    ).assign(period="2026-06", mature=True)

    def given(frame: pd.DataFrame) -> Pages:
        return Pages(kpis(), segments=lambda metric, _: frame if metric == contacts.EQUAL else frame.head(0))

    report = given(rows)
    section = resolution_by_channel(report)
    assert "app 80.9%, chat 72.4%" in section.headline["en"]
    figure, sentences = section.parts
    assert list(figure.data["segment"]) == ["app", "chat"]
    assert list(figure.table.data["label"].map(lambda label: label["en"])) == ["Web", "Store", "App", "Chat", "Email"]
    assert "email (39.1%), store (37.1%), web (5%)" in sentences.items[0]["en"]
    alone = resolution_by_channel(given(rows[rows["segment"] != "app"]))
    assert "nothing to compare" in alone.reason["en"]


def test_an_issue_has_one_contact_at_least():
    rows = pd.DataFrame({"metric": ["contacts_per_issue", "visits_per_order"], "n": 19.0, "low": 0.99, "high": 1.74})
    told = possible_intervals(rows, pd.Series(["n", "n"]))
    assert list(told["low"]) == [1.0, 0.99]


# -- figures of another period, intervals, comparisons -----------------------------------------------------------------


def test_a_headline_dates_a_figure_that_is_older_than_its_page():
    old = kpis(("all", "repurchase_rate_365d", 21.8, "steady")).assign(value_period="2025-06", low=20.1, high=23.6)
    said = say_headline(old.to_dict("records"), (), CATALOGUE)
    assert said["en"].endswith("repurchase within a year 21.8% in June 2025 (20.1–23.6%)")
    assert "一年复购率2025年6月为21.8%" in said["zh"]
    new = say_headline(old.assign(value_period="2026-06").to_dict("records"), (), CATALOGUE)
    assert new["en"].endswith("repurchase within a year 21.8% (20.1–23.6%)")


@pytest.mark.parametrize(
    ("low", "high", "unit", "written"),
    [
        (99.827, 100.0, "%", "99.8–100.0%"),
        (99.984, 100.0, "", "99.98–100.00"),
        (100.0, 100.0, "%", "100–100%"),
        (173.6, 174.4, "CNY", "¥173.6–174.4"),
        (2.11, 2.55, "d", "2.11–2.55 days"),
    ],
)
def test_an_interval_of_some_width_is_never_written_as_one_of_none(low: float, high: float, unit: str, written: str):
    assert fmt_interval(low, high, unit).replace("\u00a0", " ") == written


def test_records_of_every_table_are_not_compared_with_a_year_before_the_first_order():
    measured = pd.DataFrame(
        {
            "metric": ["completeness", "orders_submitted", "orders_submitted"],
            "period_start": pd.to_datetime(["2025-06-01", "2025-09-01", "2025-10-01"]),
            "value": [100.0, 0.0, 18.0],
        }
    )
    changes = json.dumps([{"versus": "previous", "value": 0.5}, {"versus": "year_ago", "value": 0.0}])
    rows = kpis(("U12", "completeness", 100.0, "steady"), ("U12", "csat_top2_share", 80.0, "steady"))
    rows = rows.assign(year_ago=[100.0, 79.0], changes=changes)
    told = comparable_years(rows, measured, CATALOGUE).set_index("metric")
    assert np.isnan(told.loc["completeness", "year_ago"])
    assert [one["versus"] for one in json.loads(told.loc["completeness", "changes"])] == ["previous"]
    assert told.loc["csat_top2_share", "year_ago"] == 79
    older = measured.assign(period_start=measured["period_start"] - pd.DateOffset(years=1))
    assert comparable_years(rows, older, CATALOGUE)["year_ago"].notna().all()


def test_times_that_only_look_rounded_are_said_to_look_so_and_no_more():
    few = Heaping(161, 0.28, 0.2, 140.0, 108.0, 177.0, "rough")
    many = Heaping(9000, 0.26, 0.2, 130.0, 127.0, 133.0, "rough")
    exact = Heaping(9000, 0.2, 0.2, 100.0, 97.0, 103.0, "highly accurate")
    label = plain("time arrived")
    assert data_rounding._headline([(label, exact)])["en"] == "Times and durations are not noticeably rounded"
    perhaps = data_rounding._headline([(label, few), (plain("other"), exact)])
    assert perhaps["en"].startswith("Perhaps rounded by hand, too few values to be sure: time arrived (index 140, 108–")
    assert data_rounding._headline([(plain("other"), few), (label, many)])["en"].startswith(
        "Rounded by hand: time arrived"
    )


def graded_pages(filled: float) -> Pages:
    """A report of which surveys hold the expectation in so many per cent."""
    rows = kpis(("all", "expectation_gap", -0.21, "steady")).assign(immature_share=0.0)
    fields = pd.DataFrame(
        {"segment": ["surveys.expectation"], "numerator": [filled], "denominator": [100.0], "period": ["2026-06"]}
    )
    pages = Pages(rows, segments=lambda metric, by, defined=True: fields if by == "field" else fields.head(0))
    pages.run.store = SimpleNamespace(manifest={"tables": {}})
    return pages


def test_a_figure_that_the_data_report_grades_d_is_told_with_its_grade():
    said = say_unreliable(graded_pages(72.1), "expectation_gap")
    assert said["en"] == "Not to be relied on, grade D: filled 72.1%."
    assert say_unreliable(graded_pages(91.0), "expectation_gap") is None


def test_what_customers_expected_is_told_with_its_grade(monkeypatch: pytest.MonkeyPatch):
    pages = graded_pages(72.1)
    monkeypatch.setattr(driving, "_expected", lambda report: plain("Customers got less than they had expected."))
    aspects = pd.DataFrame({"segment": ["a", "b"], "part": 50.0, "part_low": 45.0, "part_high": 55.0, "good": 80.0})
    said = [line["en"] for line in driving._sentences(pages, aspects)]
    assert said[0] == "Customers got less than they had expected. Not to be relied on, grade D: filled 72.1%."


# -- forecasts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "tested", "ends"),
    [
        (12, 12, "held in 12 of 12 overlapping trials."),
        (7, 12, "held in 7 of 12 overlapping trials: too seldom, so that the twelve months may lie well outside it."),
        (11, 12, "held in 11 of 12 overlapping trials."),
    ],
)
def test_a_forecast_that_did_not_hold_is_said_not_to(held: int, tested: int, ends: str):
    rows = pd.DataFrame(
        {"segment": ["12"], "period": "2026-06", "numerator": float(held), "denominator": float(tested)}
    )
    assert demand._long_record(Pages(kpis(), segments=lambda *_: rows), "parts")["en"].endswith(ends)


# -- comments, cases --------------------------------------------------------------------------------------------------


def test_newest_comments_stand_newest_first_whatever_their_themes(monkeypatch: pytest.MonkeyPatch):
    rows = pd.DataFrame(
        {"comment": ["态度差", "配件没货"], "answered_at": pd.to_datetime(["2026-06-30", "2026-06-10"])}
    )
    monkeypatch.setattr(comments, "_newest_low", lambda report: rows)
    shown = comments._examples(Pages(kpis()), ["parts", "attitude"])
    assert list(shown.data["answered_at"].astype(str)) == ["2026-06-30", "2026-06-10"]


def test_others_counted_quarter_by_quarter_are_called_cases():
    each = Matched(Estimate(*[np.array(0.1)] * 4), Estimate(*[np.array(0.1)] * 4), 20, 18, 17_100)
    shown = choosers._table(Pages(kpis()), {"member": each}, plain("caption"))
    assert shown.columns["others"].label["en"] == "Cases of others like them"
    assert "once in each quarter" in shown.note["en"]


# -- Chinese -----------------------------------------------------------------------------------------------------------


def test_in_chinese_no_sign_stands_between_a_base_and_its_number():
    assert tell_change(0.37, "per_100") == {"en": "+0.37\u00a0per 100", "zh": "+0.37"}
    ends = tell_ends_of_change(-2.04, 0.46, "per_100")
    assert ends == {"en": "−2.04 to 0.46\u00a0per 100", "zh": "−2.04至0.46"}


# -- names in both languages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "english", "chinese"),
    [
        ("青岛", "Qingdao", "青岛"),
        ("Qingdao", "Qingdao", "青岛"),
        ("Germany", "Germany", "德国"),
        ("华北", "North China", "华北"),
        ("Bay area 湾区", "Bay area", "湾区"),
        ("R-17", "R-17", "R-17"),
    ],
)
def test_a_region_is_named_in_the_readers_language(written: str, english: str, chinese: str):
    assert segment_name("region", written) == {"en": english, "zh": chinese}


def test_a_note_and_a_source_that_hold_both_languages_show_the_readers():
    row = {"kind": "staffing", "note": "Weekend shift, ask Mr Miller 周末班，联系王师傅"}
    assert _what(row) == {"en": "Staffing: Weekend shift, ask Mr [name]", "zh": "人员配置：周末班，联系[姓名]师傅"}
    assert _of_whom("Rival one 对手一") == {"en": "Rival one", "zh": "对手一"}


def test_every_name_that_the_sample_gives_holds_both_languages():
    given = [row[-1] for row in (*BENCHMARKS, *INTERVENTIONS)]
    for told in map(name_by_language, given):
        assert not re.search(r"[\u4e00-\u9fff]", told["en"])
        assert not re.search(r"[A-Za-z]{2}", told["zh"])


def test_what_would_unlock_a_metric_is_named_and_its_alternatives_are_said():
    told = _either("work_orders.due_at|sla_policies")
    assert "|" not in told["en"]
    assert told["en"].endswith("(work_orders.due_at) or Service levels (sla_policies)")
    assert "或" in told["zh"]
