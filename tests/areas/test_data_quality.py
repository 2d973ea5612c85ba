"""The report on the data finds what was broken on purpose, dates it, and says what it costs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.areas import data_quality as area
from analysis.metrics.cards import read_catalogue
from analysis.report import Report, open_report
from analysis.sections.data_unlocks import find_unlocks
from analysis.sections.grading import _Evidence, _graded, grade_metrics, read_criteria

CUTOFF = "2026-07-01T00:00:00"
PHONE = "13812345678"


def orders(unit: str, seed: int) -> pd.DataFrame:
    """24 months of 60 orders: the fault code is left empty from January 2026 on, arrivals stand on full quarters."""
    rng = np.random.default_rng(seed)
    months = pd.period_range(end="2026-06", periods=24, freq="M")
    start = np.repeat(months.start_time.to_numpy(), 60)
    submitted = pd.Series(start) + pd.to_timedelta(rng.integers(0, 27 * 1440, len(start)), unit="min")
    arrived = (submitted + pd.to_timedelta(rng.integers(120, 1440, len(start)), unit="min")).dt.floor("15min")
    frame = pd.DataFrame(
        {
            "work_order_id": [f"{unit}{number:05d}" for number in range(len(start))],
            "business_unit": unit,
            "submitted_at": submitted,
            "arrived_at": arrived,
            "completed_at": arrived + pd.to_timedelta(rng.integers(20, 200, len(start)), unit="min"),
            "status": "completed",
            "work_order_type": "repair",
            "fault_code": np.where(submitted < "2026-01-01", rng.choice(["E1", "E2"], len(start)), None),
            "customer_id": [f"C{number % 50}" for number in range(len(start))],
            "channel": "phone",
        }
    )
    late = frame["completed_at"] >= CUTOFF
    return frame[~late]


def soiled() -> dict[str, pd.DataFrame]:
    work = pd.concat([orders(unit, place) for place, unit in enumerate("ABCD")], ignore_index=True)
    place = work.index[work["business_unit"] == "A"][::30][:40]
    work.loc[place, "completed_at"] = work.loc[place, "arrived_at"] - pd.Timedelta(hours=2)
    work.loc[place[0], "work_order_id"] = f"call {PHONE}"
    customers = pd.DataFrame({"customer_id": [f"C{n}" for n in range(25)], "business_unit": "A"})
    meta = pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]})
    return {"work_orders": work, "customers": customers, "meta": meta}


@pytest.fixture(scope="module")
def opened(tables_run: Callable[..., Path]) -> Callable[..., Report]:
    return lambda unit="A": open_report("data_quality", unit, language="en,zh", run=tables_run("soiled", soiled()))


def test_a_field_that_empties_is_named_and_dated(opened, words_of):
    section = area.breaks(opened())
    assert (
        section.headline["en"] == "Work orders: fault code: filled in 0% of the records since January 2026, 100% before"
    )
    assert "故障代码" in section.headline["zh"]
    assert "2026年1月" in words_of(section, "zh")


def test_refused_orders_are_counted_by_reason_and_shown_masked_and_only_the_units_own(opened, words_of):
    section = area.refusals(opened())
    assert section.headline["en"].startswith("40 records refused")
    said = words_of(section)
    assert "completed before arrived" in said
    assert "work_orders.csv" in said
    assert PHONE not in said
    assert "E1" not in said  # only the key and what the reason is about
    assert "No record of this unit was refused" in words_of(area.refusals(opened("B")))


def test_rounded_arrivals_show_and_others_do_not(opened):
    frame = area.rounding(opened()).data
    index = {row["label"]["en"]: row["value"] for row in frame.to_dict("records")}
    assert index["time arrived"] == 500
    assert 80 < index["time submitted"] < 125
    assert area.rounding(opened()).headline["en"].startswith("Rounded by hand: time arrived")


def test_half_of_the_customers_are_unknown_and_the_link_says_so(opened):
    section = area.links(opened())
    assert section.headline["en"].startswith("Weakest link: order to customer; ")
    weakest = section.data.iloc[0]
    assert 45 < weakest["value"] < 55


def test_a_metric_is_graded_by_the_worst_of_what_it_needs(opened):
    graded = grade_metrics(opened()).set_index("metric")
    assert (graded["area"] != "data_quality").all()
    median = graded.loc["repair_cycle_median"]
    assert median["refused"] == pytest.approx(100 * 40 / len(orders("A", 0)), rel=0.02)
    assert (median["grade"], median["weakest"]) == ("B", "refused")
    assert grade_metrics(opened("B")).set_index("metric").loc["repair_cycle_median", "grade"] == "A"


@pytest.mark.parametrize(
    ("criterion", "value", "grade"),
    [("completeness", 98, "A"), ("completeness", 97.9, "B"), ("completeness", 74, "D"), ("refused", 1, "A"),
     ("refused", 1.1, "B"), ("refused", 11, "D"), ("immature", 30, "C"), ("records", 0.4, "D"), ("linkage", 60, "C")],
)  # fmt: skip
def test_the_bounds_of_the_grades_belong_to_the_better_grade(criterion, value, grade):
    assert next(c for c in read_criteria() if c.id == criterion).grade(value) == grade


def test_open_work_lowers_the_grade_of_a_share_of_the_decided_and_not_of_a_time():
    """Shandong, June 2026: 41 % of the orders still open. They are in the median, whose interval is open above."""
    row = {"immature_share": 0.41, "n": 200, "value": 3.7}
    catalogue = read_catalogue()
    graded = {
        metric: _graded(row, catalogue[metric], _Evidence({}, {}, {}), catalogue)["grade"]
        for metric in ("repair_cycle_median", "resolution_rate_7d", "return_rate_60d")
    }
    assert graded == {"repair_cycle_median": "A", "resolution_rate_7d": "A", "return_rate_60d": "D"}


def test_what_a_missing_column_would_unlock_is_read_from_the_catalogue(opened, words_of):
    report = opened()
    frame = find_unlocks(report.run.missing, report.catalogue)
    waiting = {metric for metric, needs in report.run.missing.items() if "complaints" in needs}
    assert waiting
    row = frame.set_index("need").loc["complaints"]
    assert row["alone"] + row["together"] == len(waiting)
    assert "complaints" in words_of(area.unlocks(report))


def test_unlocks_count_what_one_table_alone_would_do_before_what_it_would_do_with_others():
    catalogue = read_catalogue()
    missing = {
        "complaints_received": ["complaints"],
        "complaints_per_1000_units": ["complaints", "base"],
        "backlog": ["x"],
    }
    frame = find_unlocks(missing, catalogue)
    assert frame[["need", "alone", "together"]].to_numpy().tolist() == [
        ["complaints", 1, 1],
        ["x", 1, 0],
        ["base", 0, 1],
    ]


def test_the_sample_is_good_and_the_report_says_so(sample_report, words_of):
    report = sample_report("data_quality", "all")
    assert area.breaks(report).headline["en"] == "No field suddenly fills or empties"
    assert area.rounding(report).headline["en"] == "Times and durations are not noticeably rounded"
    assert "complaint to order" in area.links(report).headline["en"]
