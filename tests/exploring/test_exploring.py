"""What a cell can ask of a report: figures are those of the run and of the records, near misses are named, a question
in words is answered through the same calls.
"""

import json
from collections.abc import Callable

import pandas as pd
import pytest

from analysis.exploring.explored import Explored
from analysis.faults import UserFault
from analysis.report import Report

Open = Callable[..., Report]
MEDIAN, FIXED, COMPLAINTS = "repair_cycle_median", "first_time_fix_rate", "complaints_received"


@pytest.fixture(scope="module")
def company(sample_report: Open) -> Report:
    return sample_report("summary", "all")


def test_a_measured_figure_is_the_one_of_the_prepared_run(company):
    found = company.measure(MEDIAN)
    newest = company.series(MEDIAN).iloc[-1]
    assert found.data.iloc[-1]["value"] == newest["value"]
    assert found.data.iloc[-1]["period"] == company.period
    assert [card.id for card in found.definition.cards] == [MEDIAN]


def test_a_filtered_figure_by_product_line_is_what_its_own_records_give(company):
    found = company.measure(FIXED, by="product_line", where="in_warranty", period="2026-04")
    records = found.records
    own = records.groupby("by_product_line").agg(good=("metric_numerator", "sum"), n=("metric_denominator", "sum"))
    told = found.data.set_index("segment")
    for line in set(told.index):
        assert told.loc[line, "numerator"] == own.loc[line, "good"]
        assert told.loc[line, "denominator"] == own.loc[line, "n"]
    assert "in_warranty" in found.sql
    assert list(told["value"]) == sorted(told["value"])  # worst first: a rate that should be high


def test_a_quarter_is_measured_anew_and_adds_up_where_sums_add_up(company):
    found = company.measure("orders_completed", period="2026-Q1").data.set_index("period")["value"]
    assert found["2026-Q1"] == found[["2026-01", "2026-02", "2026-03"]].sum()


def test_months_of_a_median_make_no_figure_of_a_longer_stretch(company, words_of):
    found = company.measure(MEDIAN, period="2026-01..2026-05")
    assert "2026-01..2026-05" not in set(found.data["period"])
    assert "do not make one figure" in words_of(found)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda report: report.measure("first_time_fix_rat"), "did you mean 'first_time_fix_rate'"),
        (lambda report: report.measure(FIXED, by="productline"), "did you mean 'product_line'"),
        (lambda report: report.measure(FIXED, where="in_waranty"), "did you mean 'in_warranty'"),
        (lambda report: report.measure(FIXED, where="1; DROP TABLE x"), "plain expression"),
        (lambda report: report.measure(FIXED, where="read_csv('/etc/passwd')"), "not allowed"),
        (lambda report: report.measure("complaints_per_1000_units", where="severity = 'high'"), "cannot be narrowed"),
        (lambda report: report.measure(MEDIAN, period="2026-13"), "write 2026-06"),
        (lambda report: report.measure(MEDIAN, period="2031-01"), "not over"),
        (lambda report: report.compare(MEDIAN, to="U99"), "did you mean"),
        (lambda report: report.compare(MEDIAN, to=None), "None is no period, unit or one of"),
        (lambda report: report.series(MEDIAN, business_unit="U99"), "no records of 'U99'"),
        (lambda report: report.funnel(MEDIAN), "funnel"),
        (lambda report: report.why("no_such"), "no 'no_such'"),
        (lambda report: report.measure("First-time fix"), "did you mean .*'first_time_fix_rate'"),
        (lambda report: report.measure([FIXED, "nps"]), "one id of the catalogue as text"),
        (lambda report: report.measure(FIXED, by=["product_line", "region"]), "one breakdown at a time"),
        (
            lambda report: report.measure(FIXED, where={"product_line": "Tv"}),
            "no record of product_line 'Tv'; did you mean 'TV'",
        ),
        (
            lambda report: report.measure(FIXED, where={"product_line": ["TV"]}),
            "write where=\"product_line IN \\('TV'\\)\"",
        ),
        (lambda report: report.measure(FIXED, where=lambda row: row), "an SQL condition or breakdown → value"),
        (lambda report: report.measure(FIXED, period="last month"), "write 2026-06"),
        (lambda report: report.measure(FIXED, period="2026-05..2026-02"), "ends before it begins"),
        (lambda report: report.compare(MEDIAN, to="yoy"), "did you mean 'year_ago'"),
        (lambda report: report.of("U99"), "no records of 'U99'"),
        (lambda report: report.of("U01", "2026-1"), "write 2026-06"),
        (lambda report: report.ask(None), "a question in words"),
        (lambda report: report.measure("FTF"), "did you mean 'first_time_fix_rate'"),
        (lambda report: report.measure(FIXED, by="product"), "did you mean 'product_id'"),
        (lambda report: report.measure(FIXED, where="product_line = TV"), "a text stands in single quotes"),
        (lambda report: report.measure(FIXED, where="in_warranty & (visits > 1)"), "write AND"),
        (lambda report: report.records("workorders"), "did you mean 'work_orders'"),
        (lambda report: report.records("work_orders", ["visit"]), "no column 'visit'; did you mean 'visits'"),
    ],
)
def test_a_mistake_is_one_line_that_names_what_was_meant(company, call, told):
    with pytest.raises(UserFault, match=told) as fault:
        call(company)
    assert len(fault.value.lines) == 1


def test_counts_are_those_that_pandas_makes_of_the_records(company):
    orders = company.records("work_orders")
    orders = orders[~orders["is_test"].fillna(False) & ~orders["is_duplicate"].fillna(False)]
    done = orders.assign(month=orders["completed_at"].fillna(orders["closed_at"]).dt.to_period("M").astype(str))
    done = done[done["status"] == "completed"]
    may, urgent = done["month"] == "2026-05", done["priority"] == "urgent"
    told = company.measure("orders_completed", "priority", period="2026-05").data.set_index("segment")["value"]
    assert told.to_dict() == done[may].groupby("priority").size().astype(float).to_dict()
    narrow = company.measure("orders_completed", where={"priority": "urgent"}, period=pd.Period("2026-05"))
    assert narrow.data["value"].iloc[-1] == (may & urgent).sum()
    inside = [company.measure("orders_completed", where=where, period="2026-05").data["value"].iloc[-1]
              for where in ("in_warranty", {"in_warranty": True})]  # fmt: skip
    assert inside == [(may & done["in_warranty"].fillna(False).astype(bool)).sum()] * 2
    both = company.compare("orders_completed", "U02", business_unit="East China", period="2026-05").data
    assert both["value"].tolist() == [(may & (done["business_unit"] == unit)).sum() for unit in ("U01", "U02")]
    year = company.measure("orders_completed", period=2025).data["value"].iloc[-1]
    assert year == done["month"].str.startswith("2025").sum()


def test_why_a_count_changed_is_answered_too(company, words_of):
    for asked in (company.why("orders_completed"), company.ask("why did complaints go up in May").result):
        assert "does not split" in words_of(asked)


def test_two_units_stand_beside_each_other_with_their_own_figures(company):
    found = company.compare(MEDIAN, to="U02", business_unit="U01").data.set_index("business_unit")["value"]
    for unit in ("U01", "U02"):
        assert found[unit] == company.series(MEDIAN, business_unit=unit).iloc[-1]["value"]


def test_on_a_units_report_no_other_unit_is_told(sample_report):
    own = sample_report("summary", "U03")
    for call in (lambda: own.compare(MEDIAN, to="U02"), lambda: own.compare(MEDIAN, to="all"), lambda: own.of("U02"),
                 lambda: own.measure(MEDIAN, by="business_unit")):  # fmt: skip
        with pytest.raises(UserFault, match="company"):
            call()
    records = own.measure(FIXED, period="2026-04").records
    assert set(records["business_unit"]) == {"U03"}
    assert own.ask("NPS in East China").result is None


def test_the_effects_of_why_add_up_to_the_change_of_the_segments_together(company):
    found = company.why(MEDIAN)
    assert len(found.data)
    for breakdown, of in found.data.groupby("breakdown"):
        rows = company.segments("repair_cycle_restricted_mean", breakdown)
        rows = rows[rows["mature"].astype(bool) & rows["value"].notna()]
        now = pd.period_range(end=rows["period"].max(), periods=3, freq="M")
        windows = (rows[rows["period"].isin(list(span.astype(str)))] for span in (now - 12, now))
        was, is_now = ((part["value"] * part["n"]).sum() / part["n"].sum() for part in windows)
        assert of[["rate_effect", "mix_effect"]].to_numpy().sum() == pytest.approx(is_now - was, abs=1e-9)


def test_decompose_and_funnel_hand_out_their_frames(company):
    assert {"observed", "trend"} <= set(company.decompose(COMPLAINTS).data)
    assert len(company.funnel(FIXED).data) >= 4


def test_every_answer_shows_itself_in_both_languages_and_stays_strict(company):
    for found in (company.measure(FIXED, by="product_line"), company.compare(MEDIAN), company.why(MEDIAN)):
        assert isinstance(found, Explored)
        json.dumps(found._repr_mimebundle_(), allow_nan=False)
        assert found.html("en") != found.html("zh")


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("华东上个季度维修周期为什么变长", "变化从何而来"),
        ("which products drive complaints this year?", "highest first"),
        ("first time fix in April compared with last year", "Difference"),
        ("积压走势", "积压工单数"),
        ("forecast complaints for next month", "What comes next"),
        ("first time fix of washing machines in warranty", "in_warranty"),
        ("how many complaints will there be in 2027", "not further"),
        ("response last month", "could mean several"),
        ("did first time fix meet its target in April", "known for June 2026"),
        ("customer happyness", "Not understood: “customer”, “happyness”"),
    ],
)
def test_a_question_is_answered_or_asked_back(company, words_of, question, told):
    language = "zh" if "\u4e00" <= question[0] <= "\u9fff" else "en"
    assert told in words_of(company.ask(question), language)


def test_what_cannot_be_had_is_said_in_the_readers_language(company, words_of):
    asked = company.ask("did first time fix meet its target in April")
    assert "这只对2026年6月、且只对整个指标可知。" in words_of(asked, "zh")
    narrow = company.ask("complaints per 1000 units of TVs compared with the target")
    assert "only" not in words_of(narrow.result, "zh")


def test_the_answer_to_which_is_the_table_by_that_breakdown_in_its_order(company):
    answer = company.ask("which products have the most complaints in 2026-05?")
    values = list(answer.data["value"])
    assert values == sorted(values, reverse=True)
    rows = company.segments(COMPLAINTS, "product_id").query("period == '2026-05'")
    assert dict(zip(answer.data["segment"], answer.data["value"], strict=True)) == dict(
        zip(rows["segment"], rows["value"], strict=True)
    )
