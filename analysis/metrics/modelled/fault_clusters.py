"""Where repairs pile up beyond what the past, the sisters and the age of the units explain: a product, batch or
supplier with one fault.

The expectation of a cell is its units in service by age, times what units of its line fail at that age, times the
fault's own past rate on the product, times what the rest of the line did in the month. The strongest cluster is told
first and taken out, so that a failing batch does not come back as its product and its supplier.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.modelled._fault_cells import Cells, read_cells
from analysis.metrics.periods import Periods
from analysis.statistics.comparison import benjamini_hochberg
from analysis.statistics.concentration import find_rises, measure_dispersion

Floats = NDArray[np.float64]

KINDS = (
    ("product_id", "batch", "fault_code"),
    ("product_id", "fault_code"),
    ("supplier", "fault_code"),
    ("product_id",),
)
NEWEST = 12
FALSE_DISCOVERIES = 0.01
LEAST_RATIO, LEAST_EXCESS = 1.5, 8.0
CLUSTERS_AT_MOST = 6
BREAKDOWN = "fault_cluster"
MONTHS_SHOWN = 24
NOT_BEGUN = "before its beginning"


@dataclass(frozen=True)
class Cluster:
    """A confirmed cluster: its name ("product_id=…;fault_code=…"), first month and which cells belong to it."""

    name: str
    start: int
    of_cells: NDArray[np.bool_]


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Records beyond expectation in confirmed clusters, by month of the last twelve and in all; by cluster from its
    first month on.

    In a cluster's rows numerator and denominator are the repairs and the expected ones of the month, value, low and
    high their ratio since its beginning (1 = as expected; empty in the months before), n the units touched since. A
    business unit's rows hold the company's clusters with its own figures, then its own clusters.
    """
    cells = read_cells(con, end=pd.Timestamp(periods.starts(np.array([periods.last + 1]))[0]))
    if cells is None:
        return pd.DataFrame()
    company = list(_confirmed(_whole(cells)))
    own = list(_confirmed(_without(cells, company)))
    touched = _touched(con, cells, [*company, *own])
    rows = [
        row
        for unit in (ALL_UNITS, *cells.units)
        for cluster in (*company, *(c for c in own if unit in _units_of(cells, c)))
        for row in _rows(cells, cluster, unit, touched)
    ]
    return _by_period(pd.DataFrame(rows), cells, periods)


def _whole(cells: Cells) -> Cells:
    """The company's cells: the units' summed."""
    return replace(cells, frame=cells.frame.assign(business_unit=ALL_UNITS))


def _without(cells: Cells, clusters: Sequence[Cluster]) -> Cells:
    """The cells with those of the clusters emptied."""
    told = np.zeros(len(cells.frame), dtype=bool)
    for cluster in clusters:
        told |= cluster.of_cells
    return replace(cells, k=np.where(told[:, None], 0.0, cells.k), base=np.where(told[:, None], 0.0, cells.base))


def _confirmed(level: Cells) -> Iterator[Cluster]:
    """The clusters of each business unit of the level, strongest first, each found after those before were taken
    out."""
    for _ in range(CLUSTERS_AT_MOST):
        found = _strongest(level)
        yield from found
        if not found:
            return
        level = _without(level, found)


def _strongest(level: Cells) -> list[Cluster]:
    """The most telling confirmed cluster of each business unit that has one."""
    tests = pd.concat([_tests(level, kind) for kind in KINDS], ignore_index=True)
    tests = tests[tests["p"].notna()]
    if tests.empty:
        return []
    passing = (benjamini_hochberg(tests["p"]) < FALSE_DISCOVERIES) & (tests["ratio"] >= LEAST_RATIO)
    passing &= (tests["observed"] - tests["expected"] >= LEAST_EXCESS) & (tests["low"] > 1)
    best = tests[passing].sort_values(["p", "expected"], kind="stable").drop_duplicates("business_unit")
    rows = zip(best["name"], best["start"], best["cells"], strict=True)
    return [Cluster(name, int(start), cells) for name, start, cells in rows]


def _tests(level: Cells, kind: Sequence[str]) -> pd.DataFrame:
    """One row per candidate: business_unit, name, start, observed, expected, ratio, low, p, cells."""
    frame = level.frame
    named = (frame[list(kind)] != "unknown").all(axis=1).to_numpy() & (level.base.sum(axis=1) > 0)
    if not named.any() or ("supplier" in kind and frame.loc[named, "supplier"].nunique() < 2):
        return pd.DataFrame(
            columns=["business_unit", "name", "start", "observed", "expected", "ratio", "low", "p", "cells"]
        )
    candidate, first = _coded(frame[named], ["business_unit", *kind, "product_line"])
    group, _ = _coded(frame, ["business_unit", "product_line"])
    k, base = (_summed(part[named], candidate, len(first)) for part in (level.k, level.base))
    known = _known(frame[named], level.known[named], candidate)
    totals = _summed(level.k, group, group.max() + 1), _summed(level.base, group, group.max() + 1)
    of_candidate = group[named][first]
    quiet = slice(0, max(k.shape[1] - NEWEST, 1))
    arguments = {"group": of_candidate, "totals": totals, "known": known, "newest": NEWEST}
    _, expected = find_rises(k, base, dispersion=1.0, **arguments)
    phi = measure_dispersion(k[:, quiet], expected[:, quiet])
    rises, _ = find_rises(k, base, dispersion=phi, **arguments)
    keys = frame[named].iloc[first]
    names = [
        ";".join(f"{part}={value}" for part, value in zip(kind, row, strict=True))
        for row in keys[list(kind)].to_numpy()
    ]
    masks = pd.Series([None] * len(first), dtype=object)
    place = np.flatnonzero(named)
    for row in np.flatnonzero(np.nan_to_num(rises.p, nan=1.0) < FALSE_DISCOVERIES):
        mask = np.zeros(len(frame), dtype=bool)
        mask[place[candidate == row]] = True
        masks[int(row)] = mask
    columns = {name: getattr(rises, name) for name in ("start", "observed", "expected", "ratio", "low", "p")}
    return pd.DataFrame({"business_unit": keys["business_unit"].to_numpy(), "name": names, **columns, "cells": masks})


def _coded(frame: pd.DataFrame, by: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The group of each row, and the first row of each group."""
    codes: NDArray[np.int64] = np.asarray(frame.groupby(by, sort=False).ngroup(), dtype=np.int64)
    _, first = np.unique(codes, return_index=True)
    return codes, first.astype(np.int64)


def _known(frame: pd.DataFrame, known: Floats, candidate: NDArray[np.int64]) -> Floats:
    """Past records behind the rates of each candidate: those of each of its products and faults once."""
    rests_on = frame[["product_id", "fault_code"]].assign(candidate=candidate, known=known)
    return (
        rests_on.drop_duplicates(["candidate", "product_id", "fault_code"])
        .groupby("candidate")["known"]
        .sum()
        .to_numpy()
    )


def _summed(values: Floats, codes: NDArray[np.int64], count: int) -> Floats:
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, codes, values)
    return total


def _units_of(cells: Cells, cluster: Cluster) -> set[str]:
    return set(cells.frame["business_unit"].to_numpy()[cluster.of_cells])


def _rows(cells: Cells, cluster: Cluster, unit: str, touched: dict[tuple[str, str], float]) -> Iterator[dict]:
    """The cluster month by month in one unit or, for the company's own, in all."""
    frame = cells.frame
    here = np.ones(len(frame), dtype=bool) if unit == ALL_UNITS else (frame["business_unit"] == unit).to_numpy()
    members = cluster.of_cells & here
    line = here & frame["product_line"].isin(frame["product_line"][members]).to_numpy() & ~cluster.of_cells
    base, k = cells.base[members].sum(axis=0), cells.k[members].sum(axis=0)
    others = (cells.k[line].sum(axis=0) + 1) / (cells.base[line].sum(axis=0) + 1)
    expected = base * others
    whole, mean = k[cluster.start :].sum(), max(expected[cluster.start :].sum(), 1e-9)
    if not members.any() or (whole == 0 and unit != ALL_UNITS):
        return
    known = _known(frame[members], cells.known[members], np.zeros(int(members.sum()), dtype=np.int64))
    information = 1 / (1 / max(known.sum(), 0.5) + 1 / max(cells.k[line][:, cluster.start :].sum(), 0.5))
    spread = 1.96 * np.sqrt(1 / max(whole, 1.0) + 1 / information)
    for month in range(max(k.size - MONTHS_SHOWN, 0), k.size):
        begun = month >= cluster.start
        yield {
            "business_unit": unit,
            "month": month,
            "segment": cluster.name,
            "numerator": k[month],
            "denominator": expected[month],
            "value": whole / mean if begun else np.nan,
            "low": whole / mean * np.exp(-spread) if begun else np.nan,
            "high": whole / mean * np.exp(spread) if begun else np.nan,
            "reason": None if begun else NOT_BEGUN,
            "n": touched.get((cluster.name, unit), whole),
        }


def _touched(con: duckdb.DuckDBPyConnection, cells: Cells, clusters: Sequence[Cluster]) -> dict[tuple[str, str], float]:
    """(cluster, unit) → how many different units (appliances) it has touched since its beginning."""
    found: dict[tuple[str, str], float] = {}
    for cluster in clusters:
        parts = [part.split("=", 1) for part in cluster.name.split(";")]
        where = " AND ".join(f"{column} = ?" for column, _ in parts)
        rows = con.execute(
            f"SELECT coalesce(business_unit, '{ALL_UNITS}'), count(DISTINCT coalesce(serial_no, work_order_id)) "
            f"FROM product_faults "
            f"WHERE is_first AND {where} AND submitted_at >= ? AND submitted_at < ? GROUP BY GROUPING SETS "
            f"((business_unit), ())",
            [*(value for _, value in parts), cells.months[cluster.start], cells.end],
        ).fetchall()
        found |= {(cluster.name, unit): float(count) for unit, count in rows}
    return found


def _by_period(rows: pd.DataFrame, cells: Cells, periods: Periods) -> pd.DataFrame:
    """Rows of the period's grain; the whole (no breakdown) sums what is beyond expectation, 0 where no cluster is."""
    months = range(max(len(cells.months) - NEWEST, 0), len(cells.months))  # a cluster may begin in any of them
    grid = pd.MultiIndex.from_product([[ALL_UNITS, *cells.units], months], names=["business_unit", "month"])
    whole = grid.to_frame(index=False).assign(numerator=0.0, denominator=0.0)
    if len(rows):
        begun = rows[rows["value"].notna()]
        summed = begun.groupby(["business_unit", "month"], as_index=False)[["numerator", "denominator"]].sum()
        whole = (
            pd.concat([whole, summed])
            .groupby(["business_unit", "month"], as_index=False)[["numerator", "denominator"]]
            .sum()
        )
    number = np.array([periods.number(month) for month in cells.months])
    keys = ["business_unit", "period", "segment"]
    parts = []
    for frame, breakdown in ((whole.assign(segment="", n=0.0), NO_BREAKDOWN), (rows, BREAKDOWN)):
        if len(frame):
            rules = {"numerator": "sum", "denominator": "sum", "n": "max"}
            rules |= {name: "last" for name in ("value", "low", "high", "reason") if name in frame}
            dated = frame.assign(period=number[frame["month"].to_numpy()])
            parts.append(dated.groupby(keys, as_index=False).agg(rules).assign(breakdown=breakdown))
    found = pd.concat(parts, ignore_index=True)
    excess = found["numerator"] - found["denominator"]
    totals = found["breakdown"] == NO_BREAKDOWN
    found["value"] = np.where(totals, excess, found.get("value", np.nan))
    found["n"] = np.where(totals, np.maximum(found["numerator"], 1.0), found["n"])
    return found.reindex(
        columns=[*keys, "breakdown", "value", "low", "high", "se", "n", "numerator", "denominator", "reason"]
    )
