"""What a reader of the loyalty report would notice."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.areas import loyalty
from analysis.report import open_report
from analysis.sections.at_risk import _ranked, backtest, masked_id
from analysis.sections.choosers import compare
from analysis.sections.customers import months_told, purchase_days
from analysis.sections.worth import check

CUTOFF = "2026-07-01T00:00:00"


def shop(*, effect: float = 1.0, n: int = 1_500, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Customers with rates of their own who leave for good by chance; after bad service they buy `effect` as fast."""
    rng = np.random.default_rng(seed)
    start, days = pd.Timestamp("2023-01-01"), 1_277
    rate, leave, first = rng.gamma(1.2, 1 / 200, n), rng.beta(0.8, 2.0, n), rng.uniform(0, days, n)
    served = first + rng.uniform(1, 60, n)
    bad = rng.random(n) < 0.4
    rows = []
    for who in range(n):
        at, there = first[who], True
        while at < days and there:
            rows.append((f"C{who:05d}", start + pd.Timedelta(days=float(at))))
            slow = effect if bad[who] and at > served[who] else 1.0
            at += rng.exponential(1 / (rate[who] * slow))
            there = rng.random() > leave[who]
    bought = pd.DataFrame(rows, columns=["customer_id", "purchased_at"]).assign(business_unit="A")
    bought["purchased_at"] = bought["purchased_at"].dt.round("min")
    bought["purchase_id"] = [f"P{number:06d}" for number in range(len(bought))]
    bought["margin"] = rng.gamma(4, 50, len(bought)).round(2)
    bought["revenue"] = (bought["margin"] * 4).round(2)
    submitted = (start + pd.to_timedelta(served, unit="D")).round("min")
    orders = pd.DataFrame(
        {
            "work_order_id": [f"W{who:05d}" for who in range(n)],
            "business_unit": "A",
            "customer_id": [f"C{who:05d}" for who in range(n)],
            "submitted_at": submitted,
            "completed_at": submitted + pd.to_timedelta(np.where(bad, 9, 1), unit="D"),
            "status": "completed",
            "work_order_type": "repair",
        }
    )
    customers = pd.DataFrame(
        {
            "customer_id": [f"C{who:05d}" for who in range(n)],
            "business_unit": "A",
            "first_purchase_on": (start + pd.to_timedelta(first, unit="D")).date,
        }
    )
    meta = pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]})
    orders = orders[orders["completed_at"] < CUTOFF]
    return {"purchases": bought, "work_orders": orders, "customers": customers, "meta": meta}


@pytest.fixture(scope="module")
def slow_after_bad(tables_run: Callable[..., Path]) -> Path:
    return tables_run("loyalty-effect", shop(effect=0.4))


def test_the_sample_holds_no_effect_of_the_programme_and_the_page_finds_none(sample_report: Callable):
    found = compare(sample_report("loyalty", "all"))
    member = found["member"]
    assert float(member.raw.value) > 0.02  # whoever joins has just bought
    assert member.matched.low < 0 < member.matched.high


def test_a_real_effect_of_bad_service_is_found(tables_run: Callable[..., Path]):
    run = tables_run("loyalty-strong-effect", shop(effect=0.3, n=5_000))
    report = open_report("loyalty", "A", language="en,zh", run=run)
    row = report.kpi("post_service_hazard_ratio")
    assert row["high"] < 1  # nearer to 1 than 0.3: who has left for good is slow after any service
    section = loyalty.after_service(report)
    assert "more slowly after bad service" in section.html("en")
    assert "against expectation" not in section.headline["en"]
    assert "更慢" in section.html("zh")


def test_customers_drawn_from_the_model_pass_its_checks_and_can_be_ranked(slow_after_bad: Path):
    report = open_report("loyalty", "A", language="en,zh", run=slow_after_bad)
    checks = check(report)
    assert checks is not None
    assert not checks.misses
    assert checks.correlation_low < 0 < checks.correlation_high
    days = purchase_days(report)
    test = backtest(days, pd.Timestamp("2026-07-01"))
    assert test is not None
    assert test.area.low > 0.6


def test_headline_and_card_of_the_lifetime_value_tell_the_same_figure(sample_report: Callable):
    report = sample_report("loyalty", "all")
    row = report.kpi("customer_lifetime_value")
    section = loyalty.worth(report)
    assert f"{row['value']:,.0f}" in section.headline["en"].replace("¥", "")
    parts = report.segments("customer_lifetime_value", "value_part")
    parts = parts[parts["period"] == parts["period"].max()]
    assert parts["value"].sum() == pytest.approx(row["value"])


def test_customers_at_risk_are_masked_unless_asked_for(sample_report: Callable, words_of: Callable):
    report = sample_report("loyalty", "all")
    masked, full = words_of(loyalty.at_risk(report)), words_of(loyalty.at_risk(report, show_customer_ids=True))
    assert "•••" in masked
    assert not any(f"C{unit:02d}-0" in masked for unit in range(1, 13))
    assert any(f"C{unit:02d}-0" in full for unit in range(1, 13))
    assert (masked_id("C01-0001234"), masked_id("12")) == ("•••234", "•••")


def test_an_immature_cell_of_the_heat_map_is_blank_and_not_zero(sample_report: Callable):
    figure = next(part for part in loyalty.cohorts(sample_report("loyalty", "all")).parts if part.kind == "figure")
    newest = figure.data[figure.data["cohort"] == figure.data["cohort"].max()]
    assert newest["value"].isna().any()
    assert not (newest.loc[newest["value"].notna(), "value"] == 0).any()


def test_what_brand_stories_do_is_said_to_be_unknown(sample_report: Callable, words_of: Callable):
    report = sample_report("loyalty", "all")
    assert "brand stories" in words_of(loyalty.choosers(report))
    assert "品牌故事" in words_of(loyalty.choosers(report), "zh")


def test_without_a_margin_the_page_speaks_of_revenue(tables_run: Callable[..., Path], words_of: Callable):
    tables = shop()
    tables["purchases"] = tables["purchases"].drop(columns="margin")
    report = open_report("loyalty", "A", language="en,zh", run=tables_run("loyalty-revenue", tables))
    assert "revenue stands in its place" in words_of(loyalty.worth(report))
    assert "of the revenue" in loyalty.classes(report).headline["en"]
    assert "what service costs is not known" in loyalty.worth(report).headline["en"]


@pytest.mark.parametrize(("first", "months"), [("2020-01-01", 24), ("2024-12-01", 12), ("2025-11-20", 1)])
def test_sums_over_24_months_are_said_of_the_months_that_the_data_hold(first: str, months: int):
    days = pd.DataFrame({"day": pd.to_datetime([first, "2025-11-25"])})
    assert months_told(days, pd.Timestamp("2025-12-01")) == months


def test_what_is_at_stake_is_a_year_s_worth_where_the_data_hold_one_year():
    # Sixty customers buy for 100 every two months, in data of one year and of two: a year is worth the same.
    def stake(years: int) -> float:
        made = [
            (f"A|C{who}", f"C{who}", pd.Timestamp("2025-12-01") - pd.Timedelta(days=365 * years - 61 * n - who))
            for who in range(60)
            for n in range(6 * years - 1)
        ]
        days = pd.DataFrame(made, columns=["customer", "customer_id", "day"])
        days = days.assign(revenue=100.0, earned=100.0, channel="x", product_line="y")
        days = days.assign(first_on=days.groupby("customer")["day"].transform("min"))
        ranked = _ranked(days, pd.Timestamp("2025-12-01"), pd.Timedelta(days=365))
        return float((ranked["stake"] / ranked["lost"]).median())

    assert stake(1) == pytest.approx(500, rel=0.02)
    assert stake(2) == pytest.approx(550, rel=0.02)
