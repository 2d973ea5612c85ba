"""The figures on the data a second way: from the source's own files with pandas, not from the store's counts."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis.metrics.cards import read_catalogue
from analysis.store import Store

UNITS = ("all", "U01", "U06", "U11")
MONTHS = ("2023-04", "2024-02", "2025-07", "2026-06")
SEGMENT_MONTHS = ("2024-02", "2025-07")
CHAIN = ("submitted_at", "handled_at", "assigned_at", "arrived_at", "completed_at", "closed_at")
OTHER_STAMPS = ("cancelled_at", "first_response_at", "recorded_at")
DATED = {  # tables kept by unit, with the column that dates their records
    "customers": "first_purchase_on", "installed_units": "in_service_on", "installed_base_monthly": "month",
    "purchases": "purchased_at", "work_orders": "submitted_at", "work_order_events": "event_at",
    "visits": "arrived_at", "complaints": "received_at", "surveys": "sent_at", "returns": "requested_at",
    "warranty_claims": "claimed_at", "quality_issues": "opened_at", "costs": "incurred_on",
    "parts_usage": "requested_at", "parts_stock": "month", "technicians": "hired_on", "technician_time": "date",
    "training": "finished_on", "incentives": "month", "quality_audits": "audited_at", "interactions": "started_at",
    "loyalty_members": "joined_on", "loyalty_transactions": "at", "contracts": "end_on", "warranty_reserve": "month",
}  # fmt: skip
Answer = dict[str, float]
Frame = pd.DataFrame


def share(k: float, n: float) -> Answer:
    """Per cent with Wilson's interval, by statsmodels."""
    if not n:
        return {"value": np.nan, "n": 0}
    low, high = proportion_confint(k, n, method="wilson")
    return {"value": 100 * k / n, "numerator": k, "denominator": n, "n": n, "low": 100 * low, "high": 100 * high}


@pytest.fixture(scope="session")
def raw(store: Store) -> Callable[[str], Frame]:
    """`raw("work_orders")`: the file as it arrived, times parsed, nothing else."""
    folder: Path = store.path.parent.parent / "source"

    @cache
    def read(table: str) -> Frame:
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str)
        stamps = [name for name in frame if name.endswith(("_at", "_on")) or name in ("month", "date", "at")]
        return frame.assign(**{name: pd.to_datetime(frame[name], format="ISO8601") for name in stamps})

    return read


@pytest.fixture(scope="session")
def arrived(raw: Callable[[str], Frame], store: Store) -> Frame:
    """Orders as they arrived, each marked: again (an identical row), contradicts, repeats."""
    rows = raw("work_orders").copy()
    rows["again"] = rows.duplicated(keep="first")
    backwards = [rows[b] < rows[a] for i, a in enumerate(CHAIN) for b in CHAIN[i + 1 :]]
    backwards += [rows[name] < rows["submitted_at"] for name in ("cancelled_at", "first_response_at")]
    rows["contradicts"] = np.logical_or.reduce(backwards) & ~rows["again"]
    unfinished = rows["status"].eq("completed") & rows["completed_at"].isna()
    sound = ~rows["again"] & ~rows["contradicts"] & ~unfinished & (rows["submitted_at"] <= store.cutoff)
    rivals = rows[sound].groupby("work_order_id")["recorded_at"]
    newest, size = rivals.transform("max"), rivals.transform("size")
    tied = rows.loc[sound, "recorded_at"].eq(newest).groupby(rows["work_order_id"]).transform("sum") > 1
    loser = (size > 1) & (tied | rows.loc[sound, "recorded_at"].ne(newest))
    rows["same_key"] = loser.reindex(rows.index, fill_value=False)
    kept = sound & ~rows["same_key"]
    marked = rows["is_duplicate"].eq("true") & kept
    candidates = rows[
        kept & rows[["serial_no", "fault_code"]].notna().all(axis=1) & rows["parent_work_order_id"].isna()
    ]
    candidates = candidates.sort_values(["submitted_at", "work_order_id"])
    day = candidates["submitted_at"].dt.date.rename("day")
    again = candidates.assign(day=day).duplicated(["serial_no", "fault_code", "day"])
    rows["repeats"] = rows["again"] | rows["same_key"] | marked | again.reindex(rows.index, fill_value=False)
    rows["kept"] = kept
    return rows


def of(rows: Frame, unit: str, month: str, time: str) -> Frame:
    there = rows[time].dt.strftime("%Y-%m").eq(month)
    return rows[there if unit == "all" else there & rows["business_unit"].eq(unit)]


def ratios(measured, differences, metric, answer) -> list[str]:
    rows, found = measured(metric), []
    for unit in UNITS:
        for month in MONTHS:
            row = rows[rows["business_unit"].eq(unit) & rows["period"].eq(month) & rows["breakdown"].eq("")]
            found += differences(f"{metric} {unit} {month}", answer(unit, month), row)
    return found


def test_every_metric_of_the_area_has_its_second_way_here():
    told = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{card.id}"' in told for card in read_catalogue().of_area("data_quality"))


def test_orders_with_impossible_times(arrived, measured, differences):
    def answer(unit: str, month: str) -> Answer:
        rows = of(arrived, unit, month, "submitted_at")
        rows = rows[~rows["again"]]
        last = rows[["completed_at", "closed_at", "cancelled_at"]].max(axis=1)
        long = rows["kept"] & (last - rows["submitted_at"] > pd.Timedelta(days=365))
        return share(int((rows["contradicts"] | long).sum()), len(rows))

    assert not ratios(measured, differences, "time_order_error_rate", answer)


def test_duplicate_orders(arrived, measured, differences):
    def answer(unit: str, month: str) -> Answer:
        rows = of(arrived, unit, month, "submitted_at")
        return share(int(rows["repeats"].sum()), len(rows))

    assert not ratios(measured, differences, "duplicate_rate", answer)
    assert arrived["repeats"].sum() > 0


def test_times_at_midnight(arrived, measured, differences):
    def answer(unit: str, month: str) -> Answer:
        rows = of(arrived, unit, month, "submitted_at")
        stamps = rows.loc[rows["kept"], list(CHAIN)].stack()
        at_midnight = int((stamps == stamps.dt.normalize()).sum())
        return {"value": 100 * at_midnight / len(stamps) if len(stamps) else np.nan, "n": int(rows["kept"].sum())}

    assert not ratios(measured, differences, "midnight_share", answer)


def test_records_refused(store, raw, measured, differences):
    kept = {table: store.records(table, "all", columns=["business_unit", at]) for table, at in DATED.items()}
    own = {table: raw(table) for table in ("work_orders", "complaints", "surveys", "costs")}
    came = {table: rows[~rows.duplicated()] for table, rows in own.items()}

    def answer(unit: str, month: str) -> Answer:
        n = {table: len(of(rows, unit, month, DATED[table])) for table, rows in kept.items()}
        all_of = {table: len(of(rows, unit, month, DATED[table])) for table, rows in came.items()}
        refused = sum(all_of[table] - n[table] for table in all_of)
        return share(refused, sum(n.values()) + refused)

    assert not ratios(measured, differences, "quarantine_rate", answer)


def test_orders_not_yet_decided(arrived, measured, differences):
    usable = arrived[arrived["kept"] & ~arrived["is_test"].eq("true") & ~arrived["is_duplicate"].eq("true")]
    rows, found = measured("immature_share"), []
    assert set(rows["period"]) == {"2026-06"}
    for unit in UNITS:
        newest = of(usable, unit, "2026-06", "submitted_at")
        still = newest["completed_at"].isna() & newest["cancelled_at"].isna()
        row = rows[rows["business_unit"].eq(unit) & rows["breakdown"].eq("")]
        found += differences(unit, share(int(still.sum()), len(newest)), row)
    assert not found


def test_entry_lag(store, measured, differences):
    parts = []
    for table, stamps in (
        ("work_orders", [*CHAIN, "cancelled_at", "first_response_at"]),
        ("complaints", ["received_at", "first_reply_at", "resolved_at", "closed_at"]),
    ):
        rows = store.records(table, "all")
        told = rows[stamps].where(rows[stamps].le(rows["recorded_at"], axis=0)).max(axis=1)
        lag = (rows["recorded_at"] - told).dt.total_seconds() / 86400
        parts.append(rows[["business_unit", "recorded_at"]].assign(lag=lag))
    entries = pd.concat(parts).dropna()

    def answer(unit: str, month: str) -> Answer:
        lags = of(entries, unit, month, "recorded_at")["lag"].to_numpy()
        value = np.quantile(lags, 0.9, method="inverted_cdf") if len(lags) else np.nan
        return {"value": value, "n": len(lags)}

    assert not ratios(measured, differences, "entry_lag_p90", answer)


LINKS = {
    "order_customer": ("work_orders", "customer_id", "customers", "customer_id"),
    "order_unit": ("work_orders", "serial_no", "installed_units", "serial_no"),
    "order_product": ("work_orders", "product_id", "products", "product_id"),
    "visit_order": ("visits", "work_order_id", "work_orders", "work_order_id"),
    "complaint_order": ("complaints", "work_order_id", "work_orders", "work_order_id"),
    "return_purchase": ("returns", "purchase_id", "purchases", "purchase_id"),
    "claim_order": ("warranty_claims", "work_order_id", "work_orders", "work_order_id"),
}


@pytest.mark.parametrize("link", LINKS)
def test_records_that_lead_where_they_belong(link, store, measured, differences):
    table, column, other, key = LINKS[link]
    rows, keys = store.records(table, "all"), set(store.records(other, "all")[key])
    figures, found = measured("linkage_rate"), []
    for month in SEGMENT_MONTHS:
        some = of(rows, "all", month, DATED[table])
        row = figures[figures["business_unit"].eq("all") & figures["period"].eq(month) & figures["segment"].eq(link)]
        found += differences(f"{link} {month}", share(int(some[column].isin(keys).sum()), len(some)), row)
    assert not found


@pytest.mark.parametrize("metric", ["linkage_rate", "completeness"])
def test_the_whole_is_the_sum_of_its_links_or_fields(metric, measured):
    rows = measured(metric)
    by = {"linkage_rate": "link", "completeness": "field"}[metric]
    for month in SEGMENT_MONTHS:
        all_of = rows[rows["business_unit"].eq("all") & rows["period"].eq(month)]
        parts = all_of[all_of["breakdown"].eq(by)][["numerator", "denominator"]].sum()
        whole = all_of[all_of["breakdown"].eq("")].iloc[0]
        assert (parts["numerator"], parts["denominator"]) == (whole["numerator"], whole["denominator"])


FIELDS: dict[str, Callable[[Frame], pd.Series]] = {
    "work_orders.fault_code": lambda w: w["work_order_type"].eq("repair") & w["status"].ne("cancelled"),
    "work_orders.arrived_at": lambda w: w["completed_at"].notna() & w["service_mode"].ne("remote"),
    "work_orders.technician_id": lambda w: w[["assigned_at", "arrived_at", "completed_at"]].notna().any(axis=1),
    "work_orders.channel": lambda w: w["work_order_id"].notna(),
    "complaints.first_reply_at": lambda c: c["resolved_at"].notna() | c["closed_at"].notna(),
    "complaints.text": lambda c: c["complaint_id"].notna(),
    "surveys.attitude": lambda s: s["answered_at"].notna() & s["instrument"].eq("csat5"),
    "costs.hours": lambda c: c["cost_type"].eq("labour") & ~c["is_allocated"].fillna(False).astype(bool),
}


@pytest.mark.parametrize("field", FIELDS)
def test_fields_filled(field, store, measured, differences):
    table, column = field.split(".")
    rows = store.records(table, "all")
    ought = rows[FIELDS[field](rows)]
    figures, found = measured("completeness"), []
    for month in SEGMENT_MONTHS:
        some = of(ought, "all", month, DATED[table])
        row = figures[figures["business_unit"].eq("all") & figures["period"].eq(month) & figures["segment"].eq(field)]
        found += differences(f"{field} {month}", share(int(some[column].notna().sum()), len(some)), row)
    assert not found
