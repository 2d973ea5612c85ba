"""Every metric of loyalty a second way: plain pandas on the store's records, SurvfuncRight and PHReg for the curves, a
direct likelihood with scipy for lifetime value.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.store import Store

UNITS = ("all", "U01", "U06")
MONTHS = ("2024-02", "2025-01", "2025-05")
DAY = pd.Timedelta(days=1)
Z = stats.norm.ppf(0.975)
Frame = pd.DataFrame


def wilson(k: float, n: float) -> tuple[float, float]:
    """Wilson 1927, in per cent."""
    centre, spread = k + Z**2 / 2, Z * np.sqrt(k * (n - k) / n + Z**2 / 4)
    return 100 * (centre - spread) / (n + Z**2), 100 * (centre + spread) / (n + Z**2)


@pytest.fixture(scope="module")
def figures(of_area: Callable[[str], Frame]) -> Frame:
    return of_area("loyalty")


@pytest.fixture(scope="module")
def told(figures: Frame) -> Callable[..., pd.Series]:
    def read(metric: str, unit: str, month: str, segment: str = "") -> pd.Series:
        rows = figures[figures["metric"].eq(metric) & figures["business_unit"].eq(unit) & figures["period"].eq(month)]
        return rows[rows["segment"].eq(segment)].iloc[0]

    return read


@pytest.fixture(scope="module")
def days(store: Store) -> Frame:
    """Customer, day, first day ever, earned; a day of which all was refunded left out."""
    bought, back = store.records("purchases", "all"), store.records("returns", "all")
    refund = back[back["kind"] == "return"].groupby("purchase_id")["refund"].sum()
    kept = (1 - bought["purchase_id"].map(refund).fillna(0) / bought["revenue"]).clip(lower=0)
    bought = bought.assign(day=bought["purchased_at"].dt.normalize(), earned=bought["margin"] * kept)[kept > 0]
    found = bought.groupby(["business_unit", "customer_id", "day"], as_index=False)["earned"].sum()
    first = store.records("customers", "all").set_index("customer_id")["first_purchase_on"]
    seen = found.groupby("customer_id")["day"].transform("min")
    return found.assign(first_on=np.minimum(pd.to_datetime(found["customer_id"].map(first)).fillna(seen), seen))


@pytest.fixture(scope="module")
def orders(store: Store) -> Frame:
    o = store.records("work_orders", "all")
    return o[~o["is_test"].eq(True) & ~o["is_duplicate"].eq(True)].reset_index(drop=True)


def of(unit: str, frame: Frame) -> Frame:
    return frame if unit == "all" else frame[frame["business_unit"] == unit]


def in_month(moments: pd.Series, month: str) -> pd.Series:
    return moments.dt.to_period("M").astype(str) == month


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(
    ("metric", "window", "new"),
    [
        ("repurchase_rate_365d", 365, False),
        ("repurchase_rate_180d", 180, False),
        ("second_purchase_rate_365d", 365, True),
    ],
)
def test_repurchase(metric: str, window: int, new: bool, month: str, unit: str, days: Frame, store: Store, told: Any):
    mine = of(unit, days).sort_values(["customer_id", "day"])
    mine = mine.assign(next_day=mine.groupby("customer_id")["day"].shift(-1))
    start = mine[in_month(mine["day"], month)].drop_duplicates("customer_id")
    start = start[start["day"] == start["first_on"]] if new else start
    row = told(metric, unit, month)
    assert row["n"] == len(start)
    if not len(start):
        return
    time = (start["next_day"].fillna(store.cutoff) - start["day"]) / DAY
    curve = SurvfuncRight(time, start["next_day"].notna())
    reached = curve.surv_times <= window
    assert row["value"] == pytest.approx(100 * (1 - (curve.surv_prob[reached][-1] if reached.any() else 1)), abs=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_retention_after_12_months(unit: str, days: Frame, orders: Frame, told: Any):
    mine, month = of(unit, days), "2024-11"
    came = mine[(mine["day"] == mine["first_on"]) & in_month(mine["day"], month)]
    signs = {customer: set(group) for customer, group in mine.groupby("customer_id")["day"]}
    for customer, submitted in of(unit, orders)[["customer_id", "submitted_at"]].dropna().itertuples(index=False):
        signs.setdefault(customer, set()).add(submitted.normalize())
    there = sum(
        any(275 <= (sign - first).days <= 365 for sign in signs[customer])
        for customer, first in zip(came["customer_id"], came["day"], strict=True)
    )
    row = told("retention_rate_12m", unit, month)
    assert (row["numerator"], row["denominator"]) == (there, len(came))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("month", ["2026-05", "2026-06"])
def test_falling_silent(unit: str, month: str, days: Frame, orders: Frame, store: Store, told: Any):
    signs = pd.concat(
        [
            days[["business_unit", "customer_id", "day"]],
            orders[["business_unit", "customer_id"]].assign(day=orders["submitted_at"].dt.normalize()),
        ]
    ).dropna()
    keys = ["business_unit", "customer_id"]
    visits = signs.drop_duplicates().sort_values([*keys, "day"])
    gaps = visits.groupby(keys)["day"].diff().dt.days.dropna()
    limit = int(np.ceil(gaps.quantile(0.9)))
    assert told("silence_limit_days", unit, "2026-06")["value"] == limit
    held = store.records("contracts", "all")
    held = held[held["start_on"] <= store.cutoff]
    begin, end = pd.Timestamp(month), pd.Timestamp(month) + pd.offsets.MonthBegin()
    last = {}  # customer -> days covered by a sign, as (from, until)
    for *customer, day in of(unit, visits)[[*keys, "day"]].itertuples(index=False):
        last.setdefault(tuple(customer), []).append((day, day))
    for *customer, start, stop in of(unit, held)[[*keys, "start_on", "end_on"]].itertuples(index=False):
        begins, ends = pd.Timestamp(start), min(pd.Timestamp(stop), store.cutoff.normalize())
        last.setdefault(tuple(customer), []).append((begins, max(begins, ends)))
    active = lost = 0
    for signs_of in last.values():
        before = [until for start, until in signs_of if start < begin]
        if not before or max(before) + limit * DAY < begin:
            continue
        active += 1
        silent = max(before)
        later = sorted((start, until) for start, until in signs_of if begin <= start < end)
        for start, until in later:
            if start > silent + limit * DAY:
                break
            silent = max(silent, until)
        lost += silent + limit * DAY < end and silent + limit * DAY >= begin
    row = told("churn_rate", unit, month)
    assert (row["denominator"], row["numerator"]) == (active, lost)
    if active:
        assert (row["low"], row["high"]) == pytest.approx(wilson(lost, active))


@pytest.mark.parametrize("unit", UNITS)
def test_falling_silent_is_told_after_twice_the_silence(
    unit: str, days: Frame, orders: Frame, figures: Frame, told: Any
):
    """After twice the silence, or it and half a year; counted from where purchases and requests both are kept."""
    limit = int(told("silence_limit_days", unit, "2026-06")["value"])
    asked = orders.dropna(subset=["customer_id"]).groupby("business_unit")["submitted_at"].min().dt.normalize()
    began = np.maximum(days.groupby("business_unit")["day"].min(), asked)
    first = (began.min() if unit == "all" else began[unit]) + (limit + max(limit, 183)) * DAY
    rows = figures[figures["metric"].eq("churn_rate") & figures["business_unit"].eq(unit) & figures["segment"].eq("")]
    months = rows.loc[rows["value"].notna(), "period"].astype(str)
    assert months.min() == str(first.to_period("M") + 1)


@pytest.mark.parametrize("unit", UNITS)
def test_contracts_not_renewed(unit: str, store: Store, told: Any):
    ended = of(unit, store.records("contracts", "all"))
    ended = ended[in_month(pd.to_datetime(ended["end_on"]), "2025-01")]
    row = told("contract_churn_rate", unit, "2025-01")
    assert row["n"] == len(ended)
    if len(ended):
        assert row["numerator"] == (~ended["renewed"].astype(bool)).sum()


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("month", MONTHS)
def test_recommending(unit: str, month: str, days: Frame, store: Store, told: Any):
    customers = of(unit, store.records("customers", "all"))
    sent = customers[in_month(pd.to_datetime(customers["first_purchase_on"]), month)]["referred_by"].dropna()
    coded = of(unit, store.records("purchases", "all"))
    coded = coded[in_month(coded["purchased_at"], month)]["referral_code"].dropna()
    row = told("referral_rate", unit, month)
    assert row["numerator"] == len(set(sent) | set(coded))
    new = of(unit, days)
    new = new[(new["day"] == new["first_on"]) & in_month(new["day"], month)]["customer_id"]
    about = customers.set_index("customer_id").reindex(new)
    referred = about["referred_by"].notna() | about["acquired_via"].eq("referral")
    row = told("referred_customer_share", unit, month)
    assert (row["numerator"], row["denominator"]) == (referred.sum(), len(new))
    asked = of(unit, store.records("surveys", "all"))
    asked = asked[(asked["instrument"] == "nps") & in_month(asked["answered_at"], month)]
    row = told("recommendation_intent", unit, month)
    assert row["n"] == len(asked)
    if len(asked):
        assert row["value"] == pytest.approx(100 * (asked["score"] >= 9).mean())


@pytest.mark.parametrize("unit", UNITS)
def test_the_programme(unit: str, days: Frame, store: Store, told: Any):
    month, end = "2025-05", pd.Timestamp("2025-06-01")
    points = of(unit, store.records("loyalty_transactions", "all"))
    moved = points[in_month(points["at"], month)].groupby("kind")["points"].sum()
    assert unit != "all" or {"issue", "redeem"} <= set(moved.index)  # of a small unit there may be none
    if "issue" in moved:
        assert told("points_issued", unit, month)["value"] == moved["issue"]
    if {"issue", "redeem"} <= set(moved.index):
        rate = told("points_redemption_rate", unit, month)["value"]
        assert rate == pytest.approx(100 * moved["redeem"] / moved["issue"])
    joined = of(unit, store.records("loyalty_members", "all")).set_index("customer_id")["joined_on"]
    joined = pd.to_datetime(joined[pd.to_datetime(joined) < end])
    seen = pd.concat(
        [
            of(unit, days)[["customer_id", "day"]],
            points[["customer_id"]].assign(day=points["at"].dt.normalize()),
        ]
    )
    seen = seen[seen["customer_id"].isin(joined.index) & (seen["day"] < end) & (seen["day"] >= end - 365 * DAY)]
    active = seen[seen["day"] >= seen["customer_id"].map(joined)]["customer_id"].nunique()
    row = told("programme_active_rate", unit, month)
    assert (row["numerator"], row["denominator"]) == (active, len(joined))


@pytest.fixture(scope="module")
def services(orders: Frame, days: Frame, store: Store) -> Frame:
    """Completed repairs of each customer, the first of every month, with how the first one of all went."""
    o = orders.assign(
        completed_at=orders["completed_at"].fillna(orders["closed_at"].where(orders["status"] == "completed"))
    )
    done = o[
        o["completed_at"].notna()
        & o["customer_id"].notna()
        & o["work_order_type"].fillna("unknown").isin(["repair", "unknown"])
    ]
    done = done.sort_values(["completed_at", "work_order_id"])
    done = done.assign(
        is_first=~done.duplicated(["business_unit", "customer_id"]), month=done["completed_at"].dt.to_period("M")
    )
    done = done.drop_duplicates(["business_unit", "customer_id", "month"])
    done = done.assign(known_at=done["completed_at"] + 30 * DAY)
    surveys, complaints = store.records("surveys", "all"), store.records("complaints", "all")
    limit = surveys["instrument"].map({"csat5": 2, "nps": 6, "ces7": 3})
    low = surveys[(surveys["score"] <= limit)][["work_order_id", "answered_at"]].merge(
        done[["work_order_id", "known_at"]]
    )
    low = set(low[low["answered_at"] <= low["known_at"]]["work_order_id"])
    upset = complaints[["work_order_id", "received_at"]].merge(done[["work_order_id", "known_at"]])
    upset = set(upset[upset["received_at"] < upset["known_at"]]["work_order_id"])
    same = (
        done[["work_order_id", "serial_no", "completed_at", "known_at"]]
        .dropna()
        .merge(o[["work_order_id", "serial_no", "submitted_at"]].dropna(), on="serial_no", suffixes=("", "_later"))
    )
    same = same[(same["submitted_at"] > same["completed_at"]) & (same["submitted_at"] <= same["known_at"])]
    bad = (
        (done["completed_at"] > done["submitted_at"] + 7 * DAY)
        | done["visits"].gt(1)
        | done["reopens"].gt(0)
        | done["escalated"].eq(True)
        | done["work_order_id"].isin(low | upset | set(same["work_order_id"]))
    )
    asked = o[o["customer_id"].notna()].sort_values(["serial_no", "submitted_at"])
    before = asked.groupby("serial_no")["completed_at"].shift(1)
    fresh = asked[before.isna() | (asked["submitted_at"] > before + 90 * DAY)]
    signs: dict[tuple[str, str], list[pd.Timestamp]] = {}
    for unit, customer, at in fresh[["business_unit", "customer_id", "submitted_at"]].itertuples(index=False):
        signs.setdefault((unit, customer), []).append(at)
    for unit, customer, at in days[["business_unit", "customer_id", "day"]].itertuples(index=False):
        signs.setdefault((unit, customer), []).append(at)
    nexts = [
        min((at for at in signs[(unit, customer)] if at > known), default=pd.NaT)
        for unit, customer, known in zip(done["business_unit"], done["customer_id"], done["known_at"], strict=True)
    ]
    return done.assign(bad=bad, next_at=pd.Series(nexts, index=done.index, dtype="datetime64[us]"))


@pytest.mark.parametrize("unit", UNITS)
def test_lost_after_a_service(unit: str, services: Frame, told: Any):
    for month in ("2024-02", "2025-01"):
        mine = of(unit, services)
        mine = mine[mine["month"].astype(str) == month]
        lost = mine["next_at"].isna() | (mine["next_at"] > mine["known_at"] + 365 * DAY)
        row = told("post_service_churn_rate", unit, month)
        assert (row["numerator"], row["denominator"]) == (lost.sum(), len(mine))
        first = mine["is_first"]
        for segment, chosen in (("bad_service", first & mine["bad"]), ("good_service", first & ~mine["bad"])):
            if chosen.any():
                row = told("post_service_churn_rate", unit, month, segment)
                assert (row["numerator"], row["denominator"]) == (lost[chosen].sum(), chosen.sum())


def test_the_gap_after_good_and_bad_service(services: Frame, store: Store, told: Any):
    month = "2024-02"
    mine = services[services["is_first"] & (services["month"].astype(str) == month)]
    share = {}
    for bad, group in mine.groupby("bad"):
        time = (group["next_at"].fillna(store.cutoff) - group["known_at"]) / DAY
        curve = SurvfuncRight(time, group["next_at"].notna())
        share[bad] = 1 - curve.surv_prob[curve.surv_times <= 365][-1]
    row = told("post_service_retention_gap", "all", month)
    assert row["n"] == len(mine)
    if min(mine["bad"].sum(), (~mine["bad"]).sum()) >= 15:
        assert row["value"] == pytest.approx(100 * (share[False] - share[True]), abs=1e-6)


def likelihood(logs: np.ndarray, x: np.ndarray, tx: np.ndarray, t: np.ndarray) -> float:
    """Fader, Hardie & Lee 2005, formula (6), customer by customer."""
    r, alpha, a, b = np.exp(logs)
    common = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) - special.betaln(a, b)
    stays = common + special.betaln(a, b + x) - (r + x) * np.log(alpha + t)
    leaves = common + special.betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx)
    return -float(np.logaddexp(stays, np.where(x > 0, leaves, -np.inf)).sum())


def worth_likelihood(logs: np.ndarray, x: np.ndarray, z: np.ndarray) -> float:
    p, q, gamma = np.exp(logs)
    beta_prime = stats.betaprime(p * x, q, scale=gamma / x)
    return -float(beta_prime.logpdf(z).sum())


def test_lifetime_value(days: Frame, store: Store, told: Any):
    end = pd.Timestamp("2026-07-01")
    known = days[days["day"] < end]
    keys = ["business_unit", "customer_id"]
    new = known.groupby(keys).filter(lambda group: group["day"].min() == group["first_on"].iloc[0])
    grouped = new.sort_values("day").groupby(keys)["day"]
    x = (grouped.size() - 1).to_numpy(float)
    tx, t = ((part / DAY).to_numpy() / 30.4375 for part in (grouped.max() - grouped.min(), end - grouped.min()))
    fit = optimize.minimize(
        likelihood, [0.0, 1.0, 0.0, 1.0], (x, tx, t), method="Nelder-Mead", options={"maxiter": 4000}
    )
    r, alpha, a, b = np.exp(fit.x)
    at = np.arange(37.0)
    bought = (
        (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + at)) ** r * special.hyp2f1(r, b, a + b - 1, at / (alpha + at)))
    )
    discount = 1.1 ** (-np.arange(1, 37) / 12)
    first = new.sort_values("day").drop_duplicates(keys)
    repeats = (
        new.sort_values("day")[new.sort_values("day").duplicated(keys)].groupby(keys)["earned"].agg(["size", "mean"])
    )
    repeats = repeats[repeats["mean"] > 0]
    fit = optimize.minimize(
        worth_likelihood,
        [0.5, 1.0, 6.0],
        (repeats["size"].to_numpy(float), repeats["mean"].to_numpy()),
        method="Nelder-Mead",
    )
    p, q, gamma = np.exp(fit.x)
    costs = store.records("costs", "all").dropna(subset=["work_order_id"])
    who = store.records("work_orders", "all").set_index("work_order_id")[["customer_id", "is_test"]]
    costs = costs.join(who, on="work_order_id")
    costs = costs[~costs["is_test"].eq(True) & (pd.to_datetime(costs["incurred_on"]) < end)]
    since = costs["customer_id"].map(grouped.min().droplevel(0))
    spent = costs[pd.to_datetime(costs["incurred_on"]) >= since]["amount"].sum()
    parts = {
        "first_purchase": first["earned"].mean(),
        "later_purchases": (np.diff(bought) * discount).sum() * p * gamma / (q - 1),
        "service_cost": -spent / t.sum() * discount.sum(),
    }
    row = told("customer_lifetime_value", "all", "2026-06")
    assert row["n"] == len(x)
    for name, value in parts.items():
        assert told("customer_lifetime_value", "all", "2026-06", name)["value"] == pytest.approx(value, rel=2e-3)
    assert row["value"] == pytest.approx(sum(parts.values()), rel=2e-3)
    assert row["low"] < row["value"] < row["high"]


def test_the_hazard_ratio_finds_no_effect_where_the_sample_holds_none(figures: Frame):
    rows = figures[figures["metric"].eq("post_service_hazard_ratio")].set_index("business_unit")
    assert rows.loc["all", "low"] < 1 < rows.loc["all", "high"]
