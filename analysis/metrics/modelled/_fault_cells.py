"""Repairs and what past rates give for the units in service, by business unit, product, batch, supplier, fault and
month: what fault_clusters looks at.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MONTHS_AT_MOST = 36
LEAST_MONTHS, LEAST_PAST = 18, 6
NEWEST = 12
PRIOR_EVENTS = 4.0  # of the fault's rate in the whole line, that steady a rare one of a product
BAND = (
    "CASE WHEN age < 2 THEN 0 WHEN age < 6 THEN 1 WHEN age < 12 THEN 2 WHEN age < 24 THEN 3 WHEN age < 48 THEN 4 "
    "ELSE 5 END"
)


@dataclass(frozen=True)
class Cells:
    """N cells over T months, oldest first.

    frame : (N,) business_unit, product_line, product_id, batch, supplier, fault_code. k : (N, T) first repair orders.
    base : (N, T) what the past rate gives for the units in service of that age, season not yet in it. known : (N,) past
    repairs of the product and fault,
    which the rate rests on. months : the first days. end : the first day after the last month.
    """

    frame: pd.DataFrame
    k: Floats
    base: Floats
    known: Floats
    months: tuple[pd.Timestamp, ...]
    units: tuple[str, ...]
    end: pd.Timestamp


def read_cells(con: duckdb.DuckDBPyConnection, *, end: pd.Timestamp) -> Cells | None:
    """The cells up to `end`; None where the orders reach back less than eighteen months."""
    faults = _months(_read_faults(con, end))
    if faults.empty or faults["fault_code"].eq("unknown").all():
        return None
    last = (end.year * 12 + end.month) - 2
    first = max(int(faults["number"].min()), last - MONTHS_AT_MOST + 1)
    if last - first + 1 < LEAST_MONTHS:
        return None
    numbers = np.arange(first, last + 1)
    faults = faults[faults["number"].between(first, last)]
    fleet = _read_fleet(con, end, faults)
    fleet = fleet[fleet["number"].between(first, last)]
    past = numbers[: max(numbers.size - NEWEST, LEAST_PAST)][-1]
    weighed = _by_age(fleet, faults, past)
    return _assembled(faults, weighed, numbers, int(past), end)


def _read_faults(con: duckdb.DuckDBPyConnection, end: pd.Timestamp) -> pd.DataFrame:
    return con.execute(
        f"""
        SELECT business_unit, product_line, product_id, batch, supplier, fault_code, month,
            CASE WHEN age < 0 OR age IS NULL THEN -1 ELSE {BAND} END AS band,
            CAST(count(*) AS DOUBLE) AS k
        FROM (SELECT *, date_trunc('month', submitted_at) AS month, date_diff('month', sold_at,
            submitted_at) AS age FROM product_faults)
        WHERE is_first AND product_id <> 'unknown' AND submitted_at < ?
        GROUP BY ALL
        """,
        [end],
    ).df()


def _read_fleet(con: duckdb.DuckDBPyConnection, end: pd.Timestamp, faults: pd.DataFrame) -> pd.DataFrame:
    """Units by business unit, product, batch, age band and month: those installed, else those in service, else one for
    each product that has repairs (then only shares are compared).
    """
    for statement in (
        f"SELECT business_unit, product_id, batch, month, {BAND} AS band, sum(units) AS units FROM unit_months "
        f"WHERE month < ? GROUP BY ALL",
        "SELECT business_unit, product_id, 'unknown' AS batch, month, 0 AS band, sum(units) AS units FROM "
        "units_in_service WHERE month < ? "
        "GROUP BY ALL",
    ):
        found = con.execute(statement, [end]).df()
        if len(found) and found["product_id"].isin(faults["product_id"]).any():
            return _months(found)
    pairs = faults[["business_unit", "product_id"]].drop_duplicates().assign(batch="unknown", band=0, units=1.0)
    return pairs.merge(faults[["month", "number"]].drop_duplicates(), how="cross")


def _months(frame: pd.DataFrame) -> pd.DataFrame:
    month = pd.to_datetime(frame["month"])
    return frame.assign(number=month.dt.year * 12 + month.dt.month - 1)


def _by_age(fleet: pd.DataFrame, faults: pd.DataFrame, past: int) -> pd.DataFrame:
    """Units by business unit, product, batch and month, each weighed with how often units of its line and age failed
    in the past (1 = like the line)."""
    line = faults.drop_duplicates("product_id").set_index("product_id")["product_line"]
    fleet = fleet.assign(product_line=fleet["product_id"].map(line)).dropna(subset=["product_line"])
    keys = ["product_line", "band"]
    risk = fleet[fleet["number"] <= past].groupby(keys)["units"].sum()
    events = (
        faults[(faults["number"] <= past) & (faults["band"] >= 0)]
        .groupby(keys)["k"]
        .sum()
        .reindex(risk.index)
        .fillna(0)
    )
    whole = (events.groupby("product_line").sum() / risk.groupby("product_line").sum()).reindex(risk.index, level=0)
    if fleet["band"].nunique() < 2:
        factor = pd.Series(1.0, index=risk.index)
    else:
        factor = (events + PRIOR_EVENTS) / (risk * whole + PRIOR_EVENTS)
    weight = factor.reindex(pd.MultiIndex.from_frame(fleet[keys])).fillna(1.0).to_numpy()
    weighed = fleet.assign(units=fleet["units"] * weight)
    cell = ["business_unit", "product_line", "product_id", "batch", "number"]
    return weighed.groupby(cell, as_index=False)[["units"]].sum()


def _assembled(faults: pd.DataFrame, fleet: pd.DataFrame, numbers: NDArray, past: int, end: pd.Timestamp) -> Cells:
    rates = _rates(faults, fleet, past)
    own = _own_level(faults, fleet, past)
    cell = ["business_unit", "product_line", "product_id", "batch"]
    units = fleet.pivot_table(index=cell, columns="number", values="units", aggfunc="sum", fill_value=0.0).reindex(
        columns=numbers, fill_value=0.0
    )
    supplier = faults.drop_duplicates("product_id").set_index("product_id")["supplier"]
    whole = units.index.to_frame(index=False).merge(rates, on=["product_line", "product_id"])
    whole = whole.merge(own, how="left", on=["business_unit", "product_line"]).fillna({"own": 1.0})
    placed = units.to_numpy()[units.index.get_indexer(pd.MultiIndex.from_frame(whole[cell]))]
    counted = faults.pivot_table(
        index=[*cell, "fault_code"], columns="number", values="k", aggfunc="sum", fill_value=0.0
    ).reindex(columns=numbers, fill_value=0.0)
    index = pd.MultiIndex.from_frame(whole[[*cell, "fault_code"]])
    extra = counted.index.difference(index)
    k = np.concatenate([counted.reindex(index).fillna(0.0).to_numpy(), counted.reindex(extra).to_numpy()])
    base = np.concatenate(
        [placed * (whole["rate"] * whole["own"]).to_numpy()[:, None], np.zeros((len(extra), numbers.size))]
    )
    frame = pd.concat([whole[[*cell, "fault_code"]], extra.to_frame(index=False)], ignore_index=True)
    known = np.concatenate([whole["known"].to_numpy(), np.zeros(len(extra))])
    months = tuple(pd.Timestamp(int(number) // 12, int(number) % 12 + 1, 1) for number in numbers)
    return Cells(
        frame.assign(supplier=frame["product_id"].map(supplier).fillna("unknown")),
        k, base, known, months, tuple(sorted(frame["business_unit"].unique())), end,
    )  # fmt: skip


def _rates(faults: pd.DataFrame, fleet: pd.DataFrame, past: int) -> pd.DataFrame:
    """The past rate of each fault on each product of its line, drawn towards the fault's rate in the line, and the
    records it rests on."""
    before, units = faults[faults["number"] <= past], fleet[fleet["number"] <= past]
    lines = units.groupby("product_line")["units"].sum().rename("line_units").reset_index()
    of_line = faults.drop_duplicates(["product_line", "fault_code"])[["product_line", "fault_code"]]
    line_k = before.groupby(["product_line", "fault_code"])["k"].sum().rename("line_k").reset_index()
    products = (
        fleet.groupby(["product_line", "product_id"])["units"].sum().reset_index()[["product_line", "product_id"]]
    )
    whole = products.merge(of_line, on="product_line").merge(line_k, how="left").merge(lines, how="left")
    whole = whole.merge(
        before.groupby(["product_id", "fault_code"])["k"].sum().rename("own_k").reset_index(), how="left"
    )
    whole = whole.merge(units.groupby("product_id")["units"].sum().rename("own_units").reset_index(), how="left")
    whole = whole.fillna({"line_k": 0.0, "own_k": 0.0, "own_units": 0.0, "line_units": 0.0})
    line_rate: pd.Series = ((whole["line_k"] + 0.5) / np.maximum(whole["line_units"], 1.0)).clip(lower=1e-9)
    rate = (whole["own_k"] + PRIOR_EVENTS) / (whole["own_units"] + PRIOR_EVENTS / line_rate)
    return whole.assign(rate=rate, known=whole["own_k"] + PRIOR_EVENTS)[
        ["product_line", "product_id", "fault_code", "rate", "known"]
    ]


def _own_level(faults: pd.DataFrame, fleet: pd.DataFrame, past: int) -> pd.DataFrame:
    """How often units of a line fail in a business unit against the company's (climate, use, habits of reporting)."""
    keys = ["business_unit", "product_line"]
    k = faults[faults["number"] <= past].groupby(keys)["k"].sum()
    units = fleet[fleet["number"] <= past].groupby(keys)["units"].sum()
    rate = k.groupby("product_line").sum() / units.groupby("product_line").sum()
    usual = units * rate.reindex(units.index, level=1)
    return ((k.reindex(units.index).fillna(0) + 20) / (usual + 20)).rename("own").reset_index()
