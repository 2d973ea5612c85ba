"""What a reader of the report on product quality would notice: sentences that agree with the figures, nothing claimed
from too little, nothing immature compared.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.areas import product_quality as area
from analysis.report import Report, open_report
from analysis.sections.returned import reason_shares

CUTOFF = "2026-07-01T00:00:00"
LANGUAGES = "en,zh"
BATCH, FAULT = "B-25B", "E2"
Tables = dict[str, pd.DataFrame]


def fleet(rng: np.random.Generator, units: int = 2_400) -> pd.DataFrame:
    """Units of two products of one line and one of another, sold evenly from 2022 on; batches by half-year."""
    sold = pd.Timestamp("2022-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 1640, units)).astype(int), unit="D")
    product = rng.choice(["P1", "P2", "P3"], units, p=[0.4, 0.3, 0.3])
    half = np.where(sold.month <= 6, "A", "B")
    return pd.DataFrame(
        {
            "serial_no": [f"S{n:05d}" for n in range(units)],
            "product_id": product,
            "business_unit": rng.choice(["A", "B"], units),
            "batch": [f"B-{year % 100}{part}" for year, part in zip(sold.year, half, strict=True)],
            "produced_on": sold - pd.Timedelta(days=30),
            "sold_on": sold,
            "in_service_on": sold,
            "warranty_end_on": sold + pd.Timedelta(days=730),
        }
    )


def orders_of(units: pd.DataFrame, rng: np.random.Generator, *, failing: bool) -> pd.DataFrame:
    """Repairs at random from January 2024 on, one in four a year; with `failing`, P1's batch of late 2025 in one fault
    since February 2026."""
    watched_from = np.maximum(units["sold_on"].to_numpy(), np.datetime64("2024-01-01"))
    exposure = (np.datetime64(CUTOFF[:10]) - watched_from) / np.timedelta64(1, "D")
    count = rng.poisson(0.25 * exposure / 365)
    place = np.repeat(np.arange(len(units)), count)
    at = watched_from[place] + (rng.random(place.size) * exposure[place] * 86400).astype("timedelta64[s]")
    fault = rng.choice(["E1", "E2", "E3"], place.size, p=[0.5, 0.3, 0.2])
    if failing:
        own = np.flatnonzero((units["product_id"] == "P1") & (units["batch"] == BATCH))
        more = rng.choice(own, 60)
        place = np.concatenate([place, more])
        begun = np.datetime64("2026-02-01T00:00:00")
        at = np.concatenate(
            [at.astype("datetime64[s]"), begun + (rng.random(60) * 149 * 86400).astype("timedelta64[s]")]
        )
        fault = np.concatenate([fault, np.repeat(FAULT, 60)])
    work = units.iloc[place][["serial_no", "product_id", "business_unit"]].reset_index(drop=True)
    submitted = pd.Series(at).dt.floor("min")
    done = submitted + pd.Timedelta(days=1)
    late = done >= CUTOFF
    return work.assign(
        work_order_id=[f"W{n:05d}" for n in range(len(work))],
        submitted_at=submitted,
        completed_at=done.mask(late),
        status=np.where(late, "open", "completed"),
        work_order_type="repair",
        fault_code=fault,
        resolution_code=pd.Series(rng.choice(["fixed", "no_fault"], len(work), p=[0.9, 0.1])).mask(late),
    )


def claims_of(work: pd.DataFrame) -> pd.DataFrame:
    """A claim of 100 three days after most completions."""
    done = work[work["completed_at"].notna()].iloc[::2]
    claims = pd.DataFrame(
        {
            "claim_id": "C" + done["work_order_id"],
            "business_unit": done["business_unit"],
            "claimed_at": done["completed_at"] + pd.Timedelta(days=3),
            "serial_no": done["serial_no"],
            "product_id": done["product_id"],
            "amount": 100.0,
        }
    )
    return claims[claims["claimed_at"] < CUTOFF]


def purchases_of(units: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A purchase a unit, one in twenty sent back after a week; a new policy from January 2025 on that changes
    nothing."""
    bought = units.assign(purchase_id="B" + units["serial_no"], customer_id="K" + units["serial_no"], revenue=500.0)
    bought = bought.rename(columns={"sold_on": "purchased_at"})[
        ["purchase_id", "customer_id", "business_unit", "product_id", "purchased_at", "revenue"]
    ]
    sent = bought[rng.random(len(bought)) < 0.05]
    asked = sent["purchased_at"] + pd.Timedelta(days=7)
    back = pd.DataFrame(
        {
            "return_id": "R" + sent["purchase_id"],
            "business_unit": sent["business_unit"],
            "kind": rng.choice(["return", "exchange"], len(sent), p=[0.8, 0.2]),
            "requested_at": asked,
            "purchase_id": sent["purchase_id"],
            "product_id": sent["product_id"],
            "reason": rng.choice(["defective", "changed mind"], len(sent)),
            "refunded_at": asked + pd.Timedelta(days=5),
            "policy_version": np.where(asked < "2025-01-01", "old", "new"),
        }
    )
    return bought, back[back["refunded_at"] < CUTOFF]


def business(*, failing: bool, seed: int = 4, **more: pd.DataFrame) -> Tables:
    rng = np.random.default_rng(seed)
    units = fleet(rng)
    work = orders_of(units, rng, failing=failing)
    bought, back = purchases_of(units, rng)
    products = pd.DataFrame(
        {"product_id": ["P1", "P2", "P3"], "product_line": ["pumps", "pumps", "fans"], "supplier": ["X", "Y", "Z"]}
    )
    return {
        "meta": pd.DataFrame({"data_cutoff_at": [CUTOFF], "timezone": ["Asia/Shanghai"], "currency": ["CNY"]}),
        "products": products, "installed_units": units, "work_orders": work, "warranty_claims": claims_of(work),
        "purchases": bought, "returns": back, **more,
    }  # fmt: skip


def measure_taken(kind: str, day: str) -> pd.DataFrame:
    row = {"intervention_id": "I1", "business_unit": "*", "started_on": day, "metrics": "repairs_per_100_units"}
    return pd.DataFrame([{**row, "kind": kind}])


@pytest.fixture
def report(tables_run: Callable[..., Path]) -> Callable[..., Report]:
    """`report("failing")`: the report of a business, taken in and measured once a session."""
    made = {
        "failing": lambda: business(failing=True),
        "quiet": lambda: business(failing=False),
        "changed": lambda: business(failing=False, interventions=measure_taken("product_change", "2025-03-10")),
        "trained": lambda: business(failing=False, interventions=measure_taken("training", "2025-03-10")),
    }

    def of(name: str, unit: str = "all") -> Report:
        run = tables_run(f"product_quality_{name}", made[name]())
        return open_report("product_quality", unit, language=LANGUAGES, run=run)

    return of


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.?\d*", text)]


def test_the_failing_batch_is_named_with_its_fault_and_its_month(report: Callable, words_of: Callable):
    section = area.clusters(report("failing"))
    assert BATCH in section.headline["en"]
    assert FAULT in section.headline["en"]
    assert "February 2026" in section.headline["en"]
    assert "2026年2月" in section.headline["zh"]


def test_the_failing_batch_does_not_come_back_as_its_product_and_supplier(report: Callable):
    found = report("failing").segments("fault_cluster_excess", "fault_cluster")
    assert set(found["segment"]) == {f"product_id=P1;batch={BATCH};fault_code={FAULT}"}


def test_the_sentence_on_the_cluster_agrees_with_its_figures(report: Callable, words_of: Callable):
    opened = report("failing")
    rows = opened.segments("fault_cluster_excess", "fault_cluster")
    begun = rows[rows["value"].notna()]
    said = words_of(area.clusters(opened))
    assert f"Repairs: {begun['numerator'].sum():.0f} where" in said
    assert f"different units so far: {begun['n'].iloc[-1]:.0f}" in said


def test_the_page_of_a_unit_leads_with_the_cluster_that_its_own_repairs_confirm(report: Callable):
    opened = report("failing", "A")
    section = area.clusters(opened)
    assert "times the repairs to be expected" in section.headline["en"]
    heading = opened.headline["en"]
    assert heading == section.headline["en"] or "No figure surely outside" not in heading
    assert any(BATCH in point["en"] for point in opened.header().points)


def test_a_quiet_business_says_that_nothing_piles_up(report: Callable, words_of: Callable):
    section = area.clusters(report("quiet"))
    assert section.headline["en"].startswith("No product, batch or supplier")
    assert "stands out" not in section.headline["en"]


def test_a_unit_reads_its_own_repairs_of_a_company_wide_cluster(report: Callable, words_of: Callable):
    whole, own = report("failing"), report("failing", "A")
    count = {name: _observed(one) for name, one in (("all", whole), ("A", own))}
    said = words_of(area.clusters(own))
    assert count["A"] < count["all"]
    assert f"over all business units together: {count['all']:.0f} repairs" in said


def _observed(opened: Report) -> float:
    rows = opened.segments("fault_cluster_excess", "fault_cluster")
    return rows.loc[rows["value"].notna(), "numerator"].sum()


def test_the_forecast_says_how_its_past_did_and_that_agrees_with_the_chart(report: Callable, words_of: Callable):
    section = area.forecast(report("quiet"))
    figure = next(part for part in section.parts if part.kind == "figure")
    drawn = figure.data.dropna(subset=["value", "expected"])
    held = ((drawn["value"] >= drawn["low"]) & (drawn["value"] <= drawn["high"])).sum()
    assert f"last {len(drawn)} months: what came lay within the 95% interval in {held} of them" in words_of(section)
    assert held >= len(drawn) - 3


def test_the_forecast_costs_what_its_claims_cost(report: Callable):
    opened = report("quiet")
    claims, money = (opened.kpi(f"expected_{name}_next_quarter")["value"] for name in ("claims", "claim_cost"))
    assert money == pytest.approx(100 * claims)  # each claim is 100


def test_the_forecast_of_a_steady_business_is_near_what_its_rate_gives(report: Callable):
    """About 600 claims in 30 months, growing with the units under warranty: the next three months' forecast lies near
    the last three months' claims."""
    opened = report("quiet")
    last = opened.series("claims_received")["value"].tail(3).sum()
    row = opened.kpi("expected_claims_next_quarter")
    assert row["low"] <= last <= row["high"]


def test_cells_of_the_nevada_chart_that_are_not_yet_known_are_blank_not_zero(report: Callable):
    section = area.cohorts(report("quiet"))
    grid = next(part for part in section.parts if part.kind == "figure").data
    newest = grid[[row == grid["row"].iloc[-1] for row in grid["row"]]]
    assert newest["value"].isna().sum() >= 4
    assert not (grid["value"].fillna(1) < 0).any()


def test_the_newest_months_of_sale_are_not_drawn_before_their_sixty_days_have_passed(report: Callable):
    section = area.returns(report("quiet"))
    figure = next(part for part in section.parts if part.kind == "figure")
    assert figure.data["period"].max() == "2026-04"


def test_a_policy_that_changed_nothing_is_not_called_a_success(report: Callable, words_of: Callable):
    said = words_of(area.returns(report("quiet")))
    assert "no more than chance explains" in said
    assert "proves no cause" in said


def test_reasons_of_returns_add_up_and_the_leader_is_told_first(report: Callable, words_of: Callable):
    opened = report("quiet")
    shares = reason_shares(opened)
    assert shares["value"].sum() == pytest.approx(100)
    assert ((shares["low"] < shares["value"]) & (shares["value"] < shares["high"])).all()
    said = words_of(area.returns(opened)).replace("\xa0", " ")
    assert f"Reasons of the last twelve months: {shares['label'].iloc[0]['en']}" in said


def test_failures_at_any_age_alike_are_called_neither_young_nor_worn(report: Callable):
    lives = report("quiet").segments("life_shape", "product_id")
    assert len(lives) == 3
    assert ((lives["low"] <= 1.05) & (lives["high"] >= 0.95)).all()


@pytest.mark.prove
def test_without_a_change_of_design_nothing_is_split_by_one(report: Callable, words_of: Callable):
    assert "No change of design is on record" in words_of(area.cohorts(report("trained")))


@pytest.mark.prove
def test_a_change_of_design_that_changed_nothing_says_so_with_its_interval(report: Callable, words_of: Callable):
    said = words_of(area.cohorts(report("changed")))
    assert "10 March 2025" in said
    assert "no more than chance explains" in said
    assert "season and other changes are in that too" in said


def test_products_are_compared_with_the_others_of_their_line(report: Callable):
    section = area.segments(report("failing"))
    figure = next(part for part in section.parts if part.kind == "figure")
    labels = {label["en"] for label in figure.data["label"]}
    assert labels <= {"P1", "P2"}  # P3 is alone in its line
    assert figure.data.set_index(figure.data["label"].map(lambda label: label["en"]))["value"]["P1"] > 1


def test_a_relapse_curve_rises_and_names_what_the_card_names(report: Callable, words_of: Callable):
    section = area.relapse(report("failing"))
    curve = next(part for part in section.parts if part.kind == "figure").data
    assert curve["value"].is_monotonic_increasing
    value = float(report("failing").kpi("same_fault_recurrence_by_days")["value"])
    assert numbers(section.headline["en"])[0] == pytest.approx(value, rel=0.01)


def test_every_section_speaks_both_languages_without_a_hole(report: Callable, run_notebook: Any, words_of: Callable):
    opened = report("failing", "B")
    for section in (area.clusters, area.forecast, area.segments, area.cohorts, area.life, area.returns,
                    area.relapse, area.decomposition, area.change, area.units):  # fmt: skip
        for language in ("en", "zh"):
            text = words_of(section(opened), language)
            assert not {"nan", "NaN", "NaT", "None", "inf"} & set(text.split()), section.__name__
