"""Every metric of complaints a second way: plain pandas on the store's records, SurvfuncRight for the curves."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.metrics.cards import read_catalogue

Answer = dict[str, float]
AREA = "complaints"
UNITS = ("all", "U01", "U06", "U11")
MONTHS = ("2023-01", "2024-05", "2025-01", "2025-02", "2026-05", "2026-06")
SEGMENT_MONTHS = ("2024-02", "2025-07")
LATER_GRAINS = ("2023-Q1", "2025-Q1", "2026-Q2", "2023", "2025")
Z = stats.norm.ppf(0.975)
MONTH = pd.Timedelta(days=30)


def wilson(k: float, n: float) -> tuple[float, float]:
    """Wilson 1927, as shares."""
    centre, spread = k + Z**2 / 2, Z * np.sqrt(k * (n - k) / n + Z**2 / 4)
    return (centre - spread) / (n + Z**2), (centre + spread) / (n + Z**2)


def garwood(k: float) -> tuple[float, float]:
    """Garwood 1936: the exact interval of a Poisson count."""
    return (stats.chi2.ppf(0.025, 2 * k) / 2 if k else 0.0), stats.chi2.ppf(0.975, 2 * k + 2) / 2


def share(k: int, n: int) -> Answer:
    if not n:
        return {"value": np.nan, "n": 0}
    low, high = wilson(k, n)
    return {"value": 100 * k / n, "numerator": k, "denominator": n, "n": n, "low": 100 * low, "high": 100 * high}


def rate(k: float, exposure: float, scale: float) -> Answer:
    if not exposure:
        return {"value": np.nan}
    low, high = garwood(k)
    found = {"value": scale * k / exposure, "numerator": k, "denominator": exposure, "n": exposure}
    return {**found, "low": scale * low / exposure, "high": scale * high / exposure}


def received(b: Any, p: Any) -> pd.DataFrame:
    return b.complaints[p.holds(b.complaints["received_at"])]


def settling(b: Any, p: Any) -> Any:
    return b.cohort(received(b, p), "received_at", "settled_at", None)


def per_units(b: Any, p: Any) -> Answer:
    """Only business units whose base is known for every month of the period."""
    months = b.base[b.base["month"].isin(p.months)]
    known = months.groupby("business_unit")["month"].nunique().eq(len(p.months))
    known = known[known].index
    k = int(received(b, p)["business_unit"].isin(known).sum())
    return rate(k, float(months.loc[months["business_unit"].isin(known), "units_in_service"].sum()), 1000)


def per_orders(b: Any, p: Any) -> Answer:
    """Orders completed in the period whose 30 days have passed (C3), and the complaints about them until then."""
    o = b.orders[p.holds(b.orders["completed_at"]) & (b.orders["completed_at"] + MONTH <= b.cutoff)]
    return rate(o["linked_complaints"].sum(), len(o), 100)


def per_orders_in_period(b: Any, p: Any) -> Answer:
    k, n = len(received(b, p)), int(p.holds(b.orders["completed_at"]).sum())
    if not n:
        return {"value": np.nan}
    answer = {"value": 100 * k / n, "numerator": k, "denominator": n, "n": n}
    if k:
        low, high = wilson(k, k + n)
        answer |= {"low": 100 * low / (1 - low), "high": 100 * high / (1 - high)}
    return answer


def complaining_customers(b: Any, p: Any) -> Answer:
    """A customer of two business units counts in each."""
    pair = ["business_unit", "customer_id"]
    recent = b.seen[(b.seen["at"] >= p.end - pd.DateOffset(months=12)) & (b.seen["at"] < p.end)]
    complained = received(b, p).dropna(subset="customer_id")
    return share(len(complained.drop_duplicates(pair)), len(recent.drop_duplicates(pair)))


def marked(column: str) -> Callable[..., Answer]:
    def way(b: Any, p: Any) -> Answer:
        known = received(b, p)[column].dropna()
        return share(int(known.astype(bool).sum()), len(known))

    return way


def still_open(b: Any, p: Any) -> Answer:
    n = len(b.open_ages(b.complaints, "received_at", "settled_at", p))
    return {"value": n, "n": n}


def goodman(k: int, total: int, classes: int) -> tuple[float, float]:
    """Goodman 1965: simultaneous intervals of a multinomial's shares."""
    a = stats.chi2.ppf(1 - 0.05 / classes, 1)
    spread = np.sqrt(a * (a + 4 * k * (total - k) / total))
    return 100 * (a + 2 * k - spread) / (2 * (total + a)), 100 * (a + 2 * k + spread) / (2 * (total + a))


def first_reply(b: Any, p: Any) -> Answer:
    return b.cohort(received(b, p), "received_at", "first_reply_at", "settled_at").quantile(0.5, per_day=24)


def complaints(b: Any, p: Any) -> Answer:
    return {"value": len(received(b, p)), "n": len(received(b, p))}


WAYS: dict[str, Callable[..., Answer]] = {
    "complaints_received": complaints,
    "complaints_per_1000_units": per_units,
    "complaints_per_100_orders": per_orders,
    "complaints_per_100_orders_in_period": per_orders_in_period,
    "complaining_customer_rate": complaining_customers,
    "complaint_resolution_7d": lambda b, p: settling(b, p).by(7),
    "complaint_resolution_15d": lambda b, p: settling(b, p).by(15),
    "complaint_resolution_30d": lambda b, p: settling(b, p).by(30),
    "complaint_resolution_time_median": lambda b, p: settling(b, p).quantile(0.5),
    "complaint_first_reply_time_median": first_reply,
    "external_complaint_share": marked("is_external"),
    "complaint_upheld_share": marked("is_justified"),
    "complaints_open": still_open,
}
BY_SEGMENT_ONLY = ("complaint_mix_share",)
OF_THE_AREA = [card.id for card in read_catalogue().of_area(AREA) if card.id not in BY_SEGMENT_ONLY]


@pytest.mark.parametrize("metric", OF_THE_AREA)
def test_a_second_way_comes_to_the_same_by_unit_and_month(metric, books, measured, period, differences):
    assert metric in WAYS, f"{metric} has no second way"
    rows = measured(metric)
    found = [
        line
        for unit in UNITS
        for month in MONTHS
        for line in differences(
            f"{unit} {month}",
            WAYS[metric](books(unit), period(month)),
            rows[rows["business_unit"].eq(unit) & rows["period"].eq(month) & rows["breakdown"].eq("")],
        )
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("metric", [name for name in OF_THE_AREA if read_catalogue()[name].breakdowns])
def test_a_second_way_comes_to_the_same_by_segment(metric, catalogue, books, measured, period, differences):
    breakdown = catalogue[metric].breakdowns[0]
    rows, whole = measured(metric), books("all")
    source = whole.complaints if breakdown in whole.complaints else whole.orders
    found = [
        line
        for segment in source[breakdown].dropna().unique()
        for month in SEGMENT_MONTHS
        for line in differences(
            f"{segment} {month}",
            WAYS[metric](books(segment, breakdown), period(month)),
            rows[
                rows["business_unit"].eq("all")
                & rows["period"].eq(month)
                & rows["segment"].eq(segment)
                & rows["breakdown"].eq(breakdown)
            ],
        )
    ]
    assert not found, "\n" + "\n".join(found)


def test_a_second_way_comes_to_the_same_complaint_mix(books, measured, period, differences):
    rows, whole, found = measured("complaint_mix_share"), books("all"), []
    classes = whole.complaints["category"].dropna().unique()
    for month in SEGMENT_MONTHS:
        about = received(whole, period(month))
        for name in classes:
            k, total = int(about["category"].eq(name).sum()), len(about)
            expected = {"value": 100 * k / total, "numerator": k, "denominator": total, "n": total}
            expected["low"], expected["high"] = goodman(k, total, len(classes))
            row = rows[rows["business_unit"].eq("all") & rows["period"].eq(month) & rows["segment"].eq(name)]
            found += differences(f"{name} {month}", expected, row[row["breakdown"].eq("category")])
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "metric", ["complaints_per_1000_units", "complaints_per_100_orders", "complaining_customer_rate"]
)
def test_a_second_way_comes_to_the_same_by_quarter_and_year(metric, books, measured, period, differences):
    found = []
    for name in LATER_GRAINS:
        rows = measured(metric, "quarter" if "Q" in name else "year")
        for unit in UNITS:
            row = rows[rows["business_unit"].eq(unit) & rows["period"].eq(name) & rows["breakdown"].eq("")]
            found += differences(f"{unit} {name}", WAYS[metric](books(unit), period(name)), row)
    assert not found, "\n" + "\n".join(found)
