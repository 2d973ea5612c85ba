"""Claims to come: every unit under warranty with its chance to claim at its age, set to season and recent level.

The forecast is made again at the end of each of the last thirteen months, with what was known then, so that the page
can say how often its intervals held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.modelled._claim_ages import expected_by_age
from analysis.metrics.periods import Periods
from analysis.statistics.claim_forecast import count_to_come, fit_season, measure_scatter

ORIGINS = 13
BACKTEST = "backtest"
LEAST_HISTORY = 12
WINDOW = 36
LEVEL_MONTHS, LINE_MONTHS = 12, 6
STEADY = 25.0  # claims that draw a unit's own level towards its line's
FEWEST_CLAIMS = 10
LINE_CELL = ["business_unit", "product_line", "month"]


@dataclass(frozen=True)
class Records:
    """cells : business_unit, product_line, product_id (categories), month (number), age, units under warranty, claims
    of them. claims : all claims by business_unit, product_line and month with their amounts, those of unknown age too.
    """

    cells: pd.DataFrame
    claims: pd.DataFrame


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Claims (or with `money` their amount) of the next `months` months, forecast at the end of each of the last
    thirteen (or so many `origins`); n: the claims of the twelve months before. The whole has the newest forecast only,
    the breakdown `backtest` all of them.
    """
    records = _read(con)
    last = _month(pd.Timestamp(periods.starts(np.array([periods.last + 1]))[0])) - 1
    begins = records.claims["month"].min() if len(records.claims) else last
    rows = [
        {**row, "period": periods.number(_start(origin))}
        for origin in range(last - int(card.how.options.get("origins", ORIGINS)) + 1, last + 1)
        if origin - begins + 1 >= LEAST_HISTORY and _closes(origin, periods)
        for row in _forecast(records, origin, card.how.options)
    ]
    if not rows:
        return pd.DataFrame()
    found = pd.DataFrame(rows).assign(breakdown=BACKTEST, segment="as then known")
    newest = found[found["period"] == periods.last].assign(breakdown=NO_BREAKDOWN, segment="")
    return pd.concat([newest, found], ignore_index=True)


def _read(con: duckdb.DuckDBPyConnection) -> Records:
    cells = con.execute(
        """
        SELECT business_unit, coalesce(product_line, 'unknown') AS product_line, product_id, month, age,
            sum(units) AS units, sum(claims) AS claims
        FROM (
            SELECT business_unit, product_id, month, age, units_covered AS units, 0 AS claims FROM unit_months
            UNION ALL
            SELECT e.business_unit, u.product_id, date_trunc('month', claimed_at),
                date_diff('month', coalesce(u.sold_on, u.in_service_on, u.shipped_on), claimed_at), 0, 1
            FROM claim_events AS e
            JOIN installed_units AS u ON u.serial_no = e.serial_no
            WHERE claimed_at >= coalesce(u.sold_on, u.in_service_on, u.shipped_on) AND claimed_at <= cutoff()
        )
        LEFT JOIN (SELECT product_id, product_line FROM products) USING (product_id)
        WHERE age >= 0
        GROUP BY ALL
        HAVING sum(units) > 0 OR sum(claims) > 0
        """
    ).df()
    claims = con.execute(
        """
        SELECT business_unit, coalesce(product_line, 'unknown') AS product_line, date_trunc('month',
            claimed_at) AS month, count(*) AS claims,
            count(amount) AS priced, coalesce(sum(amount), 0) AS amount, coalesce(sum(amount * amount), 0) AS squares
        FROM claim_events
        LEFT JOIN (SELECT product_id, product_line FROM products) USING (product_id)
        WHERE claimed_at <= cutoff()
        GROUP BY ALL
        """
    ).df()
    texts = dict.fromkeys(("business_unit", "product_line", "product_id"), "category")
    return Records(_numbered(cells).astype(texts), _numbered(claims))


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    month = pd.to_datetime(frame["month"])
    return frame.assign(month=month.dt.year * 12 + month.dt.month - 1)


def _month(day: pd.Timestamp) -> int:
    return day.year * 12 + day.month - 1


def _start(month: int) -> pd.Timestamp:
    return pd.Timestamp(month // 12, month % 12 + 1, 1)


def _closes(month: int, periods: Periods) -> bool:
    """Whether the month is the last one of its period."""
    return periods.number(_start(month)) != periods.number(_start(month + 1))


def _forecast(records: Records, origin: int, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a business unit and for all, as known at the end of the month `origin`."""
    seen = expected_by_age(records.cells, origin=origin, horizon=int(options["months"]))
    if seen.empty:
        return
    claims = records.claims[records.claims["month"] <= origin]
    lines = _with_season(seen, claims, origin)
    for unit in (ALL_UNITS, *sorted(lines["business_unit"].unique())):
        here, past = (part if unit == ALL_UNITS else part[part["business_unit"] == unit] for part in (claims, lines))
        own = past[past["month"] > origin]
        events = float(here.loc[here["month"] > origin - LEVEL_MONTHS, "claims"].sum())
        mean = float(own["mean"].sum())
        if not mean > 0 or not events:
            continue
        told = count_to_come(mean, events=events, dispersion=_scatter(past, here, origin))
        row = {"business_unit": unit, "n": events, **told._asdict()}
        if options.get("money"):
            row |= _money(own, claims[claims["month"] > origin - LEVEL_MONTHS], told.se)
        yield row


def _with_season(seen: pd.DataFrame, claims: pd.DataFrame, origin: int) -> pd.DataFrame:
    """`fitted`: the base of each unit, line and month times the line's season; `mean`: that
    times the unit's recent level."""
    lines = seen.merge(claims[[*LINE_CELL, "claims"]], how="left", on=LINE_CELL)
    past = lines["month"] <= origin
    lines["claims"] = lines["claims"].fillna(0.0).where(past)
    parts = []
    for _, part in lines.groupby("product_line", sort=False):
        known = part[part["month"] <= origin].groupby("month")[["claims", "base"]].sum()
        season = fit_season(known["claims"], known["base"], known.index.to_numpy() % 12)
        part = part.assign(fitted=part["base"] * season[part["month"].to_numpy() % 12])
        parts.append(part.assign(mean=part["fitted"] * _levels(part, origin)))
    return pd.concat(parts, ignore_index=True)


def _levels(part: pd.DataFrame, origin: int) -> pd.Series:
    """Claims over what age and season give: the line's of the last six months, each unit's of the last twelve drawn
    towards it."""
    line, year = (
        part[(part["month"] > origin - months) & (part["month"] <= origin)] for months in (LINE_MONTHS, LEVEL_MONTHS)
    )
    now = (line["claims"].sum() + 1) / (line["fitted"].sum() + 1)
    usual = max(year["claims"].sum() / max(year["fitted"].sum(), 1e-9), 1e-9)
    own = year.groupby("business_unit")[["claims", "fitted"]].sum()
    against = (own["claims"] + STEADY * usual) / (own["fitted"] + STEADY) / usual
    return part["business_unit"].map(against).fillna(1.0).mul(now)


def _scatter(past: pd.DataFrame, claims: pd.DataFrame, origin: int) -> float:
    """Over-dispersion of the monthly claims of the last two years around age and season."""
    months = range(origin - 2 * LEVEL_MONTHS + 1, origin + 1)
    fitted = past.groupby("month")["fitted"].sum().reindex(months).dropna()
    counted = claims.groupby("month")["claims"].sum().reindex(fitted.index).fillna(0.0)
    whole = fitted.sum()
    return measure_scatter(counted, fitted * counted.sum() / whole) if whole > 0 else 1.0


def _money(own: pd.DataFrame, claims: pd.DataFrame, se: float) -> dict[str, float]:
    """Expected claims of each line × its mean amount; the interval of a sum of so many amounts."""
    sums = claims.groupby("product_line")[["priced", "amount", "squares"]].sum()
    sums = sums[sums["priced"] > 0]
    mean, squares = sums["amount"] / sums["priced"], sums["squares"] / sums["priced"]
    counts = own.groupby("product_line")["mean"].sum()
    amount = mean.reindex(counts.index).fillna(float(sums["amount"].sum() / max(sums["priced"].sum(), 1)))
    square = squares.reindex(counts.index).fillna(float((amount**2).mean()))
    value = float((counts * amount).sum())
    share = value / counts.sum()
    spread = float(np.sqrt((counts * (square - amount**2).clip(lower=0)).sum() + (share * se) ** 2))
    return {"value": value, "low": max(value - 1.96 * spread, 0.0), "high": value + 1.96 * spread, "se": spread}
