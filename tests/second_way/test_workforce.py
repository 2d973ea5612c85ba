"""The workforce's metrics a second way: plain pandas on the store's records, statsmodels for curves and panels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.statistics.calendar_effects import calendar_regressors
from analysis.statistics.demand_outlook import outlook

UNITS = ("all", "U01", "U06", "U11")
MONTHS = ("2023-02", "2024-05", "2025-02", "2026-06")
NEWEST = "2026-06"
Z = stats.norm.ppf(0.975)
DAY = pd.Timedelta(days=1)
Frame = pd.DataFrame


@pytest.fixture(scope="module")
def records(store: Any, books: Callable[..., Any]) -> dict[str, Frame]:
    """The store's tables of people and parts, and the orders that are measured."""
    names = ("technician_time", "technicians", "training", "incentives", "parts_usage", "visits", "calendar")
    return {name: store.records(name, "all") for name in names} | {"orders": books("all").orders}


@pytest.fixture(scope="module")
def row(measured: Callable[..., Frame]) -> Callable[..., pd.Series]:
    """`row("technician_utilisation", "U01", "2026-06")`: the one measured row."""

    def of(metric: str, unit: str, period: str) -> pd.Series:
        rows = measured(metric)
        rows = rows[(rows["business_unit"] == unit) & (rows["period"] == period) & (rows["breakdown"] == "")]
        assert len(rows) == 1, (metric, unit, period, len(rows))
        return rows.iloc[0]

    return of


def part(frame: Frame, unit: str, column: str | None = None, month: str | None = None) -> Frame:
    """The rows of a unit, of a month by a column."""
    mine = frame if unit == "all" else frame[frame["business_unit"] == unit]
    return mine if column is None else mine[mine[column].dt.strftime("%Y-%m") == month]


def wilson(k: float, n: float) -> tuple[float, float]:
    centre, spread = k + Z**2 / 2, Z * np.sqrt(k * (n - k) / n + Z**2 / 4)
    return 100 * (centre - spread) / (n + Z**2), 100 * (centre + spread) / (n + Z**2)


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("unit", UNITS)
def test_hours_and_days(unit: str, month: str, records: dict[str, Frame], row: Callable[..., pd.Series]):
    days = part(records["technician_time"], unit, "date", month)
    productive = days["travel_hours"].sum() + days["onsite_hours"].sum() + days["remote_hours"].sum()
    assert row("technician_days_worked", unit, month)["value"] == (days["paid_hours"] > 0).sum()
    if days.empty:
        return
    used = row("technician_utilisation", unit, month)["value"]
    assert used == pytest.approx(100 * productive / days["paid_hours"].sum())
    done = part(records["orders"], unit, "completed_at", month)
    assert row("orders_per_technician_day", unit, month)["value"] == pytest.approx(len(done) / len(days))


def work_weights(records: dict[str, Frame]) -> dict[tuple[str, str], float]:
    """Mean hours of a kind of work ÷ those of all, a visit with 8 hours at most, remote from the time sheets."""
    orders = records["orders"]
    done = orders[orders["completed_at"].notna()]
    visits = records["visits"].dropna(subset=["left_at"])
    there = ((visits["left_at"] - visits["arrived_at"]).dt.total_seconds() / 3600).clip(0, 8)
    hours = there + visits["travel_minutes"].fillna(0) / 60
    done = done.assign(hours=done["work_order_id"].map(hours.groupby(visits["work_order_id"]).sum()))
    found: dict[tuple[str, str], list[float]] = {}
    kinds = ["work_order_type", "service_mode"]
    for kind, group in done.fillna(dict.fromkeys(kinds, "unknown")).groupby(kinds):
        known = group["hours"].dropna()
        found[kind] = [known.mean() if len(known) else np.nan, len(group)]
    remote = records["technician_time"]["remote_hours"].sum() / (done["service_mode"] == "remote").sum()
    for kind in found:
        found[kind][0] = remote if kind[1] == "remote" else found[kind][0]
    told = [(hours, n) for hours, n in found.values() if not np.isnan(hours)]
    mean = sum(hours * n for hours, n in told) / sum(n for _, n in told)
    return {kind: 1.0 if np.isnan(hours) else hours / mean for kind, (hours, _) in found.items()}


def test_output_weighed_by_type_of_work(records: dict[str, Frame], row: Callable[..., pd.Series]):
    weights = work_weights(records)
    assert len(set(weights.values())) > 2
    for unit in UNITS:
        done = part(records["orders"], unit, "completed_at", NEWEST)
        kinds = zip(done["work_order_type"].fillna("unknown"), done["service_mode"].fillna("unknown"), strict=True)
        total = sum(weights[kind] for kind in kinds)
        days = len(part(records["technician_time"], unit, "date", NEWEST))
        assert row("standard_orders", unit, NEWEST)["value"] == pytest.approx(total)
        assert row("orders_per_technician_day_adjusted", unit, NEWEST)["value"] == pytest.approx(total / days)


@pytest.mark.parametrize("unit", UNITS)
def test_people_and_their_training(unit: str, records: dict[str, Frame], row: Callable[..., pd.Series]):
    end = pd.Timestamp("2026-07-01")
    people = part(records["technicians"], unit)
    there = people[(people["hired_on"] < end) & ~(people["left_on"] < end)]
    assert row("staff_in_post", unit, NEWEST)["value"] == len(there)
    courses = part(records["training"], unit, "finished_on", NEWEST)
    if len(courses):
        assert row("training_hours", unit, NEWEST)["value"] == pytest.approx(courses["hours"].sum())
    begin = end - pd.DateOffset(years=1)
    left = people["left_on"].between(begin, end, inclusive="left").sum()
    months = 0.0
    for month in pd.date_range(begin, periods=12, freq="MS"):
        close = month + pd.DateOffset(months=1)
        stop, start = people["left_on"].fillna(close).clip(upper=close), people["hired_on"].clip(lower=month)
        months += ((stop - start) / DAY).clip(lower=0).sum() / ((close - month) / DAY)
    year = part(records["training"], unit)
    year = year[year["finished_on"].between(begin, end, inclusive="left")]
    hours = row("training_hours_per_technician", unit, NEWEST)["value"]
    assert hours == pytest.approx(12 * year["hours"].sum() / months)
    found = row("technician_turnover", unit, NEWEST)
    assert found["value"] == pytest.approx(1200 * left / months)
    low = stats.chi2.ppf(0.025, 2 * left) / 2 if left else 0.0
    assert found["low"] == pytest.approx(1200 * low / months)
    assert found["high"] == pytest.approx(1200 * stats.chi2.ppf(0.975, 2 * left + 2) / 2 / months)


@pytest.mark.parametrize("month", ["2024-05", "2025-02", "2026-06"])
def test_certificates(month: str, records: dict[str, Frame], row: Callable[..., pd.Series]):
    training = records["training"].dropna(subset=["certifies_product_line"])
    begin, end = pd.Timestamp(month), pd.Timestamp(month) + pd.DateOffset(months=1)
    valid = training[(training["finished_on"] < end) & (training["finished_on"] >= begin - pd.DateOffset(months=23))]
    held = set(zip(valid["technician_id"], valid["certifies_product_line"], strict=True))
    for unit in UNITS:
        done = part(records["orders"], unit, "completed_at", month).dropna(subset=["technician_id", "product_line"])
        done = done[done["product_line"].isin(training["certifies_product_line"].unique())]
        served = done.groupby(["technician_id", "product_line"]).size()
        certified = [pair in held for pair in served.index]
        found = row("certified_coverage", unit, month)
        if not certified:
            assert np.isnan(found["value"])
            continue
        if month == "2024-05":  # the first course of the sample is of 2022-06 or later: the months before 24 are known
            assert training["finished_on"].min() < pd.Timestamp("2022-07-01")
        assert found["value"] == pytest.approx(100 * np.mean(certified))
        assert (found["low"], found["high"]) == pytest.approx(wilson(sum(certified), len(certified)))
        share = row("certified_work_share", unit, month)["value"]
        assert share == pytest.approx(100 * served[certified].sum() / served.sum())


@pytest.mark.parametrize("unit", UNITS)
def test_parts(unit: str, store: Any, records: dict[str, Frame], row: Callable[..., pd.Series]):
    columns = ["work_order_id", "business_unit", "arrived_at", "submitted_at", "left_at"]
    lines = records["parts_usage"].drop(columns="business_unit").merge(records["orders"][columns], on="work_order_id")
    asked = lines["requested_at"].fillna(lines["arrived_at"]).fillna(lines["submitted_at"])
    now = part(lines.assign(asked=asked), unit, "asked", NEWEST)
    total = row("parts_requested", unit, NEWEST)["value"]
    assert total == pytest.approx(now["quantity"].sum()) if len(now) else np.isnan(total)
    now = now[now["requested_at"].notna()]
    at_hand = (now["available_at"] - now["requested_at"]) < pd.Timedelta(minutes=1)
    if now.empty:
        return
    found = row("parts_first_fill_rate", unit, NEWEST)
    assert found["value"] == pytest.approx(100 * at_hand.mean())
    assert (found["low"], found["high"]) == pytest.approx(wilson(at_hand.sum(), len(now)))
    late = now[~at_hand]
    stop = late["available_at"].fillna(late["left_at"]).fillna(store.cutoff)
    minutes = np.floor((stop - late["requested_at"]) / pd.Timedelta(minutes=1) + 0.5)
    curve = SurvfuncRight(minutes / 1440, late["available_at"].notna())
    reached = curve.surv_times[curve.surv_prob <= 0.5 + 1e-9]  # exactly half counts as reached
    median = row("parts_wait_median", unit, NEWEST)["value"]
    assert median == pytest.approx(reached[0]) if len(reached) else np.isnan(median)


def test_incentives(records: dict[str, Frame], row: Callable[..., pd.Series]):
    for unit in UNITS:
        given = part(records["incentives"], unit, "month", NEWEST)
        assert row("incentives_granted", unit, NEWEST)["value"] == len(given)
        if given["amount"].notna().any():
            assert row("incentive_paid", unit, NEWEST)["value"] == pytest.approx(given["amount"].sum())


@pytest.fixture(scope="module")
def repairs(store: Any, records: dict[str, Frame]) -> Frame:
    """Repairs on site with a technician whose 30 days have passed, and whether each was fixed at the first visit: by
    walking over the later orders of the same appliance."""

    def known(text: object) -> bool:
        return isinstance(text, str)

    orders = records["orders"]
    faults = orders[orders["work_order_type"].fillna("repair") == "repair"]
    same: dict[Any, list[Any]] = {}
    for order in faults.itertuples():
        keys = [("serial", order.serial_no)] if known(order.serial_no) else []
        keys += [("pair", order.customer_id, order.product_id)]
        for key in keys:
            same.setdefault(key, []).append(order)
    fixed = []
    field = faults[faults["service_mode"].ne("remote") & faults["service_mode"].ne("depot") & (faults["visits"] >= 1)]
    field = field[field["completed_at"].notna() & field["technician_id"].notna()]
    field = field[field["completed_at"] + 30 * DAY <= store.cutoff]
    for order in field.itertuples():
        later = same.get(("serial", order.serial_no), []) if known(order.serial_no) else []
        for other in same[("pair", order.customer_id, order.product_id)]:
            if not (known(order.serial_no) and known(other.serial_no)):
                later = [*later, other]
        back = any(
            other.work_order_id != order.work_order_id
            and order.completed_at <= other.submitted_at < order.completed_at + 30 * DAY
            and (other.fault_code == order.fault_code or not known(other.fault_code) or not known(order.fault_code))
            for other in later
        )
        fixed.append(order.visits == 1 and not back)
    kept = field[["business_unit", "technician_id", "completed_at", "product_line", "fault_code"]]
    return kept.assign(fixed=np.array(fixed, dtype=float), month=field["completed_at"].dt.to_period("M"))


def test_training_effect_by_walking_over_the_courses(
    repairs: Frame, records: dict[str, Frame], row: Callable[..., pd.Series]
):
    courses = records["training"][records["training"]["kind"] != "pre_job"]
    months_of = courses["finished_on"].dt.to_period("M")
    taken = set(zip(courses["technician_id"], months_of, strict=True))
    sums = repairs.groupby(["technician_id", "month"])["fixed"].agg(["sum", "count"]).to_dict("index")
    people = sorted(repairs["technician_id"].unique())
    first, last = repairs["month"].min(), repairs["month"].max()

    def share(who: str, months: list[pd.Period]) -> tuple[float, float]:
        cells = [sums.get((who, month), {"sum": 0.0, "count": 0}) for month in months]
        n = sum(cell["count"] for cell in cells)
        return (sum(cell["sum"] for cell in cells) / n if n else np.nan), n

    def change(who: str, at: pd.Period) -> tuple[float, float]:
        (before, n0), (after, n1) = (share(who, [at + step for step in steps]) for steps in ((-3, -2, -1), (1, 2, 3)))
        return after - before, (1 / (1 / n0 + 1 / n1) if n0 and n1 else 0.0)

    top = base = 0.0
    dates = 0
    for at in pd.period_range(first + 3, last - 3, freq="M"):
        around = {who for who in people if any((who, at + step) in taken for step in (-3, -2, -1, 1, 2, 3))}
        treated = [who for who in people if (who, at) in taken and who not in around]
        rest = [who for who in people if (who, at) not in taken and who not in around]
        against = [change(who, at) for who in rest]
        weight = sum(w for _, w in against)
        if not weight:
            continue
        usual = sum(c * w for c, w in against if w) / weight
        for found, w in (change(who, at) for who in treated):
            if w:
                top, base, dates = top + w * (found - usual), base + w, dates + 1
    told = row("training_effect", "all", NEWEST)
    assert told["value"] == pytest.approx(100 * top / base)
    assert told["n"] == dates
    assert told["low"] < told["value"] < told["high"]


def test_months_after_an_incentive_by_dummies(repairs: Frame, records: dict[str, Frame], row: Callable[..., pd.Series]):
    cells = repairs.groupby(["technician_id", "month"])["fixed"].agg(["mean", "count"]).reset_index()
    given = records["incentives"]
    granted = set(zip(given["technician_id"], given["month"].dt.to_period("M"), strict=True))
    months = given["month"].dt.to_period("M")
    cells = cells[cells["month"].between(months.min() + 1, months.max() + 1)]
    after = [(who, month - 1) in granted for who, month in zip(cells["technician_id"], cells["month"], strict=True)]
    dummies = pd.get_dummies(cells[["technician_id", "month"]].astype(str), drop_first=True, dtype=float)
    design = sm.add_constant(dummies.assign(after=np.array(after, dtype=float)))
    fit = sm.WLS(cells["mean"], design, weights=cells["count"]).fit()
    assert row("incentive_association", "all", NEWEST)["value"] == pytest.approx(100 * fit.params["after"])


def test_fix_rate_against_the_same_work(repairs: Frame, measured: Callable[..., Frame]):
    last = repairs["month"].max()
    recent = repairs[repairs["month"] > last - 12].fillna({"product_line": "unknown", "fault_code": "unknown"})
    lines = recent.groupby("product_line")["fixed"].mean()
    kinds = recent.groupby(["product_line", "fault_code"])["fixed"].agg(["sum", "count"])
    usual = (kinds["sum"] + 20 * lines.reindex(kinds.index.get_level_values(0)).to_numpy()) / (kinds["count"] + 20)
    expected = usual.reindex(pd.MultiIndex.from_frame(recent[["product_line", "fault_code"]])).to_numpy()
    gap = 100 * (recent["fixed"] - expected)
    rows = measured("technician_fix_gap")
    for unit in ("U01", "U06"):
        whole = rows[(rows["business_unit"] == unit) & (rows["breakdown"] == "")].iloc[0]
        mine = recent["business_unit"] == unit
        assert whole["value"] == pytest.approx(gap[mine].mean())
        assert whole["se"] == pytest.approx(100 * np.sqrt((expected * (1 - expected))[mine].sum()) / mine.sum())


def test_forecast_and_staff(records: dict[str, Frame], row: Callable[..., pd.Series]):
    orders, sheet, unit = records["orders"], records["technician_time"], "U01"
    mine = part(orders, unit)
    months = pd.period_range("2023-01", NEWEST, freq="M")
    series = mine["submitted_at"].dt.to_period("M").value_counts().reindex(months).fillna(0).astype(float)
    ahead = pd.period_range(months[0], months[-1] + 12, freq="M")
    expected = outlook(series, regressors=calendar_regressors(records["calendar"], ahead))
    found = row("order_forecast", unit, NEWEST)
    assert [found[name] for name in ("value", "low", "high")] == pytest.approx(
        [expected.totals[3].value, expected.totals[3].low, expected.totals[3].high]
    )
    hits = row("order_forecast_hit_share", unit, NEWEST)
    assert (hits["numerator"], hits["denominator"]) == (expected.totals[3].tried.held, expected.totals[3].tried.tested)
    sheet = part(sheet, unit)
    year = sheet[sheet["date"] >= "2025-07-01"]
    year = year[year["date"] < "2026-07-01"].assign(month=lambda t: t["date"].dt.month)
    done = mine["completed_at"].between("2025-07-01", "2026-06-30 23:59:59.999999").sum()
    per_order = year[["travel_hours", "onsite_hours", "remote_hours"]].sum().sum() / done
    by_month = year.groupby("month").agg(
        paid=("paid_hours", "sum"), trained=("training_hours", "sum"), people=("technician_id", "nunique")
    )
    hours = ((by_month["paid"] - by_month["trained"]) / by_month["people"]).loc[[7, 8, 9]].mean()
    load = expected.totals[3].value / 3 * per_order / hours
    assert row("staff_needed", unit, NEWEST)["value"] >= load / 0.85 - 1e-9
    posts = row("staff_in_post", unit, NEWEST)["value"]
    gap = row("staff_gap", unit, NEWEST)["value"]
    assert gap == pytest.approx(posts - row("staff_needed", unit, NEWEST)["value"])
    # Erlang's delay by the sum over states (Gross & Harris), not by the recursion
    people = max(int(np.ceil(row("staff_needed", unit, NEWEST)["value"] - 1e-9)), int(load) + 1)
    terms = [load**k / float(np.prod(range(1, k + 1)) if k else 1) for k in range(people + 1)]
    busy = terms[people] * people / (people - load)
    waits = busy / (sum(terms[:people]) + busy) * np.exp(-(people - load) * (year["paid_hours"].mean()) / per_order)
    assert waits <= 0.05
