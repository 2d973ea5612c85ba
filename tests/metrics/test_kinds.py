"""The kinds of metric that add up, rank or model: what each makes of a few records drawn here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from analysis.faults import UserFault
from analysis.metrics import modelled
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.metrics.quantiles import quantile_of_sorted

CUTOFF = "2025-08-01"
CARD = {
    "number": "X",
    "unit": "money",
    "better": "lower",
    "minimum_n": 1,
    "worth_acting_on": {"relative": 0.1},
    "view": "event",
    "table": "orders",
    "time": "submitted_at",
    "reviewed_on": pd.Timestamp("2026-01-01").date(),
    "source": "Test",
    "needs": ["work_orders.visits", "work_orders.completed_at|work_orders.closed_at"],
    **{field: {"en": "x", "zh": "x"} for field in ("name", "definition", "why", "caveats")},
}
VISITS = {**CARD, "id": "visit_total", "kind": "total", "amount": "visits"}
REOPENS = {**CARD, "id": "reopen_total", "kind": "total", "amount": "reopens", "needs": ["work_orders.reopens"]}
PLACELESS = {key: value for key, value in CARD.items() if key not in ("table", "time")}


def catalogue(tmp_path: Path, *cards: dict[str, Any]) -> Catalogue:
    file = tmp_path / "metrics.yml"
    file.write_text(yaml.safe_dump({"metrics": list(cards)}), encoding="utf-8")
    return read_catalogue(file)


def orders(visits: list[float | None], unit: str = "A", reopens: list[int] | None = None) -> pd.DataFrame:
    days = pd.date_range("2025-07-01 08:00", periods=len(visits), freq="h")
    frame = pd.DataFrame({"business_unit": unit, "submitted_at": days, "visits": visits, "status": "open"})
    frame["reopens"] = reopens if reopens is not None else 0
    return frame.assign(work_order_id=[f"{unit}{n}" for n in range(len(visits))], completed_at=pd.NaT)


def july(measured: Any, metric: str, unit: str) -> pd.Series:
    rows = measured.read(metric=metric, breakdown="", business_unit=unit)
    return rows[rows["period"] == "2025-07"].iloc[0]


def test_a_total_adds_what_is_known_and_has_no_interval(tmp_path: Path, measured: Callable[..., Any]):
    known = catalogue(tmp_path, VISITS)
    two = pd.concat([orders([1, 2, None]), orders([4], "B")])
    found = measured({"work_orders": two}, ["visit_total"], cutoff=CUTOFF, catalogue=known)

    assert [july(found, "visit_total", unit)["value"] for unit in ("A", "B", "all")] == [3, 4, 7]
    assert july(found, "visit_total", "A")["n"] == 2
    assert np.isnan(july(found, "visit_total", "A")["low"])


def test_a_total_of_nothing_is_unknown_and_not_zero(tmp_path: Path, measured: Callable[..., Any]):
    known = catalogue(tmp_path, VISITS)
    two = pd.concat([orders([None, None]), orders([4], "B")])
    row = july(measured({"work_orders": two}, ["visit_total"], cutoff=CUTOFF, catalogue=known), "visit_total", "A")

    assert np.isnan(row["value"])
    assert row["reason"] == "no records"


def test_totals_over_each_other_divide_once_and_times_multiplies(tmp_path: Path, measured: Callable[..., Any]):
    ratio = {**PLACELESS, "id": "visits_per_reopen", "kind": "derived", "function": "ratio_of_totals", "needs": []}
    ratio |= {"of": ["visit_total", "reopen_total"], "times": 12, "unit": "ratio"}
    known = catalogue(tmp_path, VISITS, REOPENS, ratio)
    two = pd.concat([orders([1, 2, 3], reopens=[1, 0, 1]), orders([10], "B", reopens=[4]), orders([5], "C")])
    metrics = ["visit_total", "reopen_total", "visits_per_reopen"]
    found = measured({"work_orders": two}, metrics, cutoff=CUTOFF, catalogue=known)

    assert july(found, "visits_per_reopen", "A")["value"] == pytest.approx(12 * 6 / 2)
    assert july(found, "visits_per_reopen", "all")["value"] == pytest.approx(12 * 21 / 6)  # never the mean of ratios
    assert july(found, "visits_per_reopen", "C")["reason"] == "nothing to divide by"


def test_a_quantile_is_a_value_of_the_records_with_an_interval_between_two_of_them(
    tmp_path: Path, measured: Callable[..., Any]
):
    card = {**CARD, "id": "visits_median", "kind": "quantile", "amount": "visits", "at": 0.5}
    known = catalogue(tmp_path, card)
    values = [7, 1, 3, 5, 9, 2, 8, 4, 6, 10]
    row = july(
        measured({"work_orders": orders([*values, None])}, ["visits_median"], cutoff=CUTOFF, catalogue=known),
        "visits_median",
        "A",
    )

    assert (row["value"], row["low"], row["high"], row["n"]) == (5, 2, 9, 10)  # 95 % for n = 10: 2nd to 9th value


def test_the_interval_of_a_quantile_holds_what_it_promises():
    rng = np.random.default_rng(4)
    n, runs = 40, 4_000
    values = np.sort(rng.lognormal(size=(runs, n)), axis=1).ravel()
    _, low, high = quantile_of_sorted(values, np.arange(runs) * n, np.full(runs, n), 0.9)
    truth = stats.lognorm(1).ppf(0.9)
    held = ((low <= truth) | np.isnan(low)) & ((truth <= high) | np.isnan(high))

    assert 0.945 <= held.mean() <= 0.985  # discrete ranks hold a little more than 95 %


def test_a_model_s_figures_take_their_place_among_the_measured_ones(
    tmp_path: Path, measured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    def longest(con: Any, card: Any, *, periods: Any, units: Any) -> pd.DataFrame:
        worst = con.execute("SELECT business_unit, max(visits) AS value, count(*) AS n FROM orders GROUP BY 1").df()
        return worst.assign(period=periods.last, breakdown="", segment="", value=worst["value"] * card.how.options["k"])

    card = {**PLACELESS, "id": "worst_order", "kind": "modelled", "function": "longest", "tables": ["orders"]}
    known = catalogue(tmp_path, {**card, "options": {"k": 2}})
    monkeypatch.setattr(modelled, "find_model", lambda function: {"longest": longest}[function])
    row = july(
        measured({"work_orders": orders([1, 4])}, ["worst_order"], cutoff=CUTOFF, catalogue=known), "worst_order", "A"
    )

    assert (row["value"], row["n"]) == (8, 2)


def test_a_model_that_does_not_exist_is_refused_before_anything_is_measured(tmp_path: Path):
    card = {**PLACELESS, "id": "crystal_ball", "kind": "modelled", "function": "guess", "tables": ["orderz"]}
    with pytest.raises(UserFault) as fault:
        check_catalogue(catalogue(tmp_path, card))

    assert "'function' names no model: 'guess'" in str(fault.value)
    assert "'tables' names no measured table: 'orderz'; did you mean 'orders'" in str(fault.value)


def test_money_takes_the_currency_of_the_data(tmp_path: Path):
    file = tmp_path / "metrics.yml"
    file.write_text(yaml.safe_dump({"metrics": [VISITS]}), encoding="utf-8")

    assert read_catalogue(file, currency="CNY")["visit_total"].unit == "CNY"
    assert read_catalogue(file)["visit_total"].unit == "money"
