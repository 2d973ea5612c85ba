"""What a reader of the report on service cost would notice: sentences agree with figures, and what cannot be told is
said.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.areas import service_cost as area
from analysis.presentation.blocks import Note, Section
from analysis.report import Report, open_report
from analysis.sections import cost_change, cost_quality

CUTOFF = "2026-07-01T00:00:00"
Tables = dict[str, pd.DataFrame]
SECTIONS = (
    area.trend, area.change, area.structure, area.poor_service, area.outliers, area.groups, area.parts, area.warranty,
    area.self_service, area.quality, area.units,
)  # fmt: skip


def part(section: Section, kind: str) -> list:
    return [block for block in section.parts if block.kind == kind]


def meta() -> pd.DataFrame:
    return pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]})


def orders(months: int, per_month: int, *, unit: str = "A", seed: int = 1) -> pd.DataFrame:
    """Completed repairs, on site but every third remote, two product lines."""
    rng = np.random.default_rng(seed)
    start = np.repeat(pd.period_range(end="2026-06", periods=months, freq="M").start_time.to_numpy(), per_month)
    submitted = pd.Series(start) + pd.to_timedelta(rng.uniform(0, 25, len(start)), unit="D").round("min")
    number = np.arange(len(start))
    return pd.DataFrame(
        {
            "work_order_id": [f"{unit}{n:05d}" for n in number],
            "business_unit": unit,
            "submitted_at": submitted,
            "completed_at": submitted + pd.Timedelta(days=2),
            "status": "completed",
            "work_order_type": "repair",
            "fault_code": "F1",
            "serial_no": [f"{unit}S{n}" for n in number],
            "service_mode": np.where(number % 3 == 0, "remote", "onsite"),
            "product_id": np.where(number % 2 == 0, "P1", "P2"),
        }
    )


def booked(work: pd.DataFrame, *, seed: int = 2, factor: np.ndarray | float = 1.0) -> pd.DataFrame:
    """A labour cost for every order, log-normal around 20 (remote) or 90."""
    rng = np.random.default_rng(seed)
    usual = np.where(work["service_mode"] == "remote", 20.0, 90.0)
    return pd.DataFrame(
        {
            "cost_id": "K" + work["work_order_id"],
            "business_unit": work["business_unit"],
            "incurred_on": work["completed_at"].dt.date,
            "cost_type": "labour",
            "amount": (usual * np.exp(rng.normal(0, 0.2, len(work))) * factor).round(2),
            "work_order_id": work["work_order_id"],
        }
    )


def products() -> pd.DataFrame:
    return pd.DataFrame({"product_id": ["P1", "P2"], "product_line": ["TV", "Water heater"]})


@pytest.fixture
def report_of(tables_run: Callable[..., Path]) -> Callable[..., Report]:
    """`report_of("name", tables)`: the report of unit A on tables drawn in the test."""

    def made(name: str, tables: Tables, unit: str = "A") -> Report:
        return open_report("service_cost", unit, language="en,zh", run=tables_run(name, tables | {"meta": meta()}))

    return made


# -- on the sample ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["all", "U03"])
def test_the_parts_of_the_change_add_up_to_it(sample_report: Callable[..., Report], unit: str):
    report = sample_report("service_cost", unit)
    section = area.change(report)
    months = cost_change._compared(report)
    spent = report.series("after_sales_cost").set_index("period")["value"]
    now, before = (spent[[str(month) for month in span]].sum() for span in (months, months - 12))
    assert part(section, "figure")[0].data["value"].sum() == pytest.approx(now - before, abs=1e-6)


def test_the_types_of_cost_add_up_to_the_bill(sample_report: Callable[..., Report]):
    report = sample_report("service_cost")
    by_type = report.segments("after_sales_cost", "cost_type").groupby("period", observed=True)["value"].sum()
    whole = report.series("after_sales_cost").set_index("period")["value"]
    assert by_type.to_numpy() == pytest.approx(whole[by_type.index].to_numpy())
    shares = part(area.structure(report), "figure")[0].table.frame["share"]
    assert shares.sum() == pytest.approx(100)


def test_the_parts_of_poor_service_add_up_to_their_share_of_the_bill(sample_report: Callable[..., Report]):
    report = sample_report("service_cost")
    month = report.series("after_sales_cost")["period"].iloc[-1]
    parts = report.segments("poor_service_cost", "poor_service_part").set_index("period").loc[[month], "value"].sum()
    whole = report.series("after_sales_cost").set_index("period").loc[month, "value"]
    assert report.kpi("poor_service_cost_share")["value"] == pytest.approx(100 * parts / whole)


def test_a_unit_s_page_names_no_other_unit(sample_report: Callable[..., Report], words_of: Callable):
    report = sample_report("service_cost", "U03")
    others = [report.run.unit_name(unit)["en"] for unit in report.run.business_units if unit != "U03"]
    read = words_of([section(report) for section in SECTIONS])
    assert not [name for name in others if name in read]


def test_money_is_said_in_the_currency_of_the_data(sample_report: Callable[..., Report]):
    section = area.trend(sample_report("service_cost"))
    assert "¥" in section.headline["en"]
    assert "money" not in section.headline["en"]


def test_the_saving_lies_between_cautious_and_generous(sample_report: Callable[..., Report]):
    rows = part(area.self_service(sample_report("service_cost")), "figure")[0].data
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    assert rows["value"].iloc[1:].sum() == pytest.approx(rows["value"].iloc[0])


@pytest.mark.prove
def test_a_measure_whose_effect_is_no_more_than_chance_has_no_price_per_point(sample_report: Callable[..., Report]):
    report = sample_report("service_cost")
    for one in cost_quality._measures(report):
        _, _, low, high = one["quality"]
        if low <= 0 <= high and one["ratio"] is not None:  # Fieller's z against the t of few months
            assert abs(one["quality"][0]) > 1.96 * one["quality"][1]


# -- on drawn tables --------------------------------------------------------------------------------------------------


def test_a_planted_dear_order_is_named_with_what_made_it_dear(report_of: Callable[..., Report]):
    work = orders(14, 40)
    costs = booked(work)
    dear = work["work_order_id"].iloc[-3]
    extra = costs[costs["work_order_id"] == dear].assign(cost_id="X1", cost_type="parts", amount=2_400.0)
    section = area.outliers(report_of("dear_order", {"work_orders": work, "costs": pd.concat([costs, extra])}))
    rows = part(section, "table")[0].frame
    assert list(rows["work_order_id"]) == [dear]
    assert rows["cause"].iloc[0]["en"].startswith("Parts")
    assert section.headline["en"].startswith("One of 120 orders")


@pytest.mark.prove
def test_an_order_dear_last_year_is_no_longer_named(report_of: Callable[..., Report]):
    work = orders(14, 40)
    factor = np.where(work.index == 5, 40.0, 1.0)
    section = area.outliers(report_of("dear_once", {"work_orders": work, "costs": booked(work, factor=factor)}))
    assert "No order" in section.headline["en"]


@pytest.mark.prove
def test_a_type_not_booked_yet_is_said_and_no_saving(report_of: Callable[..., Report], words_of: Callable):
    work = orders(14, 40)
    months = pd.period_range(end="2026-05", periods=13, freq="M").end_time.normalize()
    rent = pd.DataFrame({"cost_id": [f"R{n}" for n in range(13)], "business_unit": "A", "incurred_on": months.date})
    rent = rent.assign(cost_type="warehouse", amount=500.0)
    costs = pd.concat([booked(work), rent], ignore_index=True)
    read = words_of(area.structure(report_of("rent_late", {"work_orders": work, "costs": costs})))
    assert "Not booked yet in June 2026, though in every month before: warehouse" in read


@pytest.mark.prove
def test_how_late_bookings_come_is_said_where_it_is_recorded(report_of: Callable[..., Report], words_of: Callable):
    work = orders(14, 40)
    costs = booked(work)
    costs["recorded_at"] = pd.to_datetime(costs["incurred_on"]) + pd.Timedelta(days=9)
    report = report_of("recorded", {"work_orders": work, "costs": costs})
    assert report.kpi("cost_entry_lag_p90")["value"] == 9
    assert "within 9 days" in words_of(area.structure(report)).replace("\xa0", " ")


@pytest.mark.prove
def test_twice_the_orders_at_the_same_cost_is_the_number_of_orders(report_of: Callable[..., Report]):
    old, new = orders(16, 40), orders(3, 40, seed=7)
    new = new.assign(work_order_id="N" + new["work_order_id"])
    work = pd.concat([old, new], ignore_index=True)
    tables = {"work_orders": work, "costs": booked(work), "products": products()}
    section = area.change(report_of("twice", tables))
    assert "above all the number of completed orders" in section.headline["en"]
    assert "no more than chance explains" in part(section, "sentences")[0].items[1]["en"]


@pytest.mark.prove
def test_dearer_orders_are_the_cost_per_order(report_of: Callable[..., Report]):
    work = orders(16, 60)
    factor = np.where(work["completed_at"] >= "2026-01-01", 1.4, 1.0)
    tables = {"work_orders": work, "costs": booked(work, factor=factor), "products": products()}
    section = area.change(report_of("dearer", tables))
    assert "above all the cost per order" in section.headline["en"]
    assert "more than chance would make it" in part(section, "sentences")[0].items[1]["en"]


def test_stock_without_slow_parts_says_so_and_draws_nothing(report_of: Callable[..., Report]):
    stock = pd.DataFrame(
        {"business_unit": "A", "part_id": ["P1", "P2"], "month": "2026-06-01", "quantity": 1, "value": [5.0, 9.0],
         "last_moved_on": "2026-06-20"}
    )  # fmt: skip
    section = area.parts(report_of("moving", {"parts_stock": stock}))
    assert section.headline["en"] == "No part in stock has lain still for 180 days"
    assert not part(section, "figure")


def one_order() -> Tables:
    work = orders(1, 1)
    return {"work_orders": work, "costs": booked(work)}


def costs_alone() -> Tables:
    return {"costs": booked(orders(26, 20)).drop(columns="work_order_id")}


def orders_alone() -> Tables:
    return {"work_orders": orders(26, 20)}


def one_type_one_line() -> Tables:
    work = orders(26, 20).assign(product_id="P1", service_mode="onsite")
    return {"work_orders": work, "costs": booked(work), "products": products()}


def credits_only() -> Tables:
    work = orders(14, 20)
    return {"work_orders": work, "costs": booked(work, factor=-1.0)}


def five_months() -> Tables:
    work = orders(5, 20)
    return {"work_orders": work, "costs": booked(work), "products": products()}


@pytest.mark.prove
@pytest.mark.parametrize("made", [one_order, costs_alone, orders_alone, one_type_one_line, credits_only, five_months])
def test_poor_data_render_in_both_languages_and_say_what_they_cannot(
    made: Callable[[], Tables], tables_run: Callable[..., Path], run_notebook: Callable, words_of: Callable
):
    folder = tables_run(f"cost_{made.__name__}", made() | {"meta": meta()})
    for unit in ("A", "all"):
        *blocks, closing = run_notebook("service_cost", unit, folder)
        json.dumps(closing.record, allow_nan=False)
        for language in ("en", "zh"):
            read = words_of(blocks, language)
            assert not {"nan", "NaN", "NaT", "None", "inf"} & set(re.split(r"[\s,;:()（），；：]+", read)), read


def test_without_costs_every_section_on_cost_names_what_it_needs(report_of: Callable[..., Report]):
    report = report_of("no_costs", orders_alone())
    for section in (
        area.trend,
        area.change,
        area.structure,
        area.poor_service,
        area.outliers,
        area.groups,
        area.quality,
    ):
        note: Any = section(report)
        assert isinstance(note, Note), section
        assert any("costs" in str(need) for need in note.needs), section
    assert "parts_stock" in area.parts(report).needs


def test_a_few_orders_do_not_know_what_is_usual(report_of: Callable[..., Report]):
    work = orders(2, 5)
    note = area.outliers(report_of("few", {"work_orders": work, "costs": booked(work)}))
    assert isinstance(note, Note)
    assert "Too few orders" in note.reason["en"]


def test_five_months_are_compared_with_no_year_ago(report_of: Callable[..., Report]):
    note = area.change(report_of("five", five_months()))
    assert isinstance(note, Note)
    assert "a year ago" in note.reason["en"]
