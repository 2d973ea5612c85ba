"""How many orders or parts come after the newest complete month, with an interval that was tried on the past.

Options: of (orders | parts), months (summed), figure (total | hits | error). The total comes with its months ahead
(breakdown month_ahead, segments 2026-07 …) and, for parts, with each part's need (breakdown part_id: expected, and as
`high` the stock that is enough in 97.5 of 100 cases).

The outlook of each unit is worked out once a connection and kept in a temporary table, whatever card asks first.
"""

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.coverage import read_coverage
from analysis.metrics.figures import reason_where
from analysis.metrics.periods import Periods
from analysis.statistics.calendar_effects import calendar_regressors
from analysis.statistics.demand_outlook import HORIZONS, Outlook, outlook
from analysis.statistics.forecast_backtest import Tried
from analysis.statistics.intermittent_demand import need_over, part_rates
from analysis.statistics.intervals import CONFIDENCE, normal_quantile, wilson

SOURCES = {"orders": ("orders", "submitted_at", "1"), "parts": ("parts_requests", "asked_at", "quantity")}
MONTH_AHEAD, HORIZON, PART = "month_ahead", "horizon", "part_id"
NO_FORECAST = "history too short"
COLUMNS = ["figure", "business_unit", "breakdown", "segment", "value", "low", "high", "n", "numerator", "denominator"]
PART_MONTHS = 24


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The card's rows for the newest period."""
    options = card.how.options
    rows = outlook_rows(con, str(options["of"]), periods=periods, units=units)
    wanted = f"{options.get('figure', 'total')} {options['months']}"
    found = rows[rows["figure"] == wanted].drop(columns="figure")
    se = (found["high"] - found["low"]) / (2 * normal_quantile(CONFIDENCE))
    return found.assign(period=periods.last, se=se, reason=reason_where(found["value"].isna().to_numpy(), NO_FORECAST))


def outlook_rows(con: duckdb.DuckDBPyConnection, of: str, *, periods: Periods, units: Sequence[str]) -> pd.DataFrame:
    """The outlook of every unit and of the company: COLUMNS, worked out at the first call of a connection."""
    name = f"outlook_of_{of}"
    ((known,),) = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall()
    if known:
        return con.execute(f"SELECT * FROM {name}").df()
    rows = _outlooks(con, of, cutoff=periods.cutoff, units=units)
    con.register("rows_of_outlook", rows)
    con.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM rows_of_outlook")
    con.unregister("rows_of_outlook")
    return con.execute(f"SELECT * FROM {name}").df()


def monthly_sums(
    con: duckdb.DuckDBPyConnection, table: str, time: str, amount: str, *, cutoff: pd.Timestamp
) -> dict[str, pd.Series]:
    """Unit (and `all`) → sums by complete month, from its first whole month on; a month without records is 0."""
    months = Periods("month", cutoff)
    coverage = read_coverage(con, table, time, periods=months)
    if coverage is None:
        return {}
    rows = con.execute(
        f"SELECT business_unit, year({time}) * 12 + month({time}) - 1 AS month, CAST(sum({amount}) AS DOUBLE) AS total "
        f"FROM {table} WHERE {time} IS NOT NULL GROUP BY ALL"
    ).df()
    rows = rows[rows["month"].between(coverage.first_complete, months.last)]
    by_unit = {str(unit): part.set_index("month")["total"] for unit, part in rows.groupby("business_unit")}
    by_unit[ALL_UNITS] = rows.groupby("month")["total"].sum()
    begun = {unit: _first_whole(coverage.first.get(unit, 0), coverage.first_complete) for unit in by_unit}
    return {
        unit: _by_month(sums, max(begun[unit], coverage.filled_from), months.last)
        for unit, sums in by_unit.items()
        if max(begun[unit], coverage.filled_from) <= months.last
    }


def _first_whole(first: int, first_complete: int) -> int:
    """A unit that opens while the others are at work opens midway in its first month."""
    return first_complete if first <= first_complete else first + 1


def _by_month(sums: pd.Series, first: int, last: int) -> pd.Series:
    numbers = list(range(first, last + 1))
    index = pd.PeriodIndex([pd.Period(year=n // 12, month=n % 12 + 1, freq="M") for n in numbers], freq="M")
    return pd.Series(sums.reindex(numbers).fillna(0.0).to_numpy(float), index=index)


def _outlooks(con: duckdb.DuckDBPyConnection, of: str, *, cutoff: pd.Timestamp, units: Sequence[str]) -> pd.DataFrame:
    table, time, amount = SOURCES[of]
    sums = monthly_sums(con, table, time, amount, cutoff=cutoff)
    calendar = _calendar(con)
    parts = _part_months(con, cutoff) if of == "parts" else None
    frames = []
    for unit in (*units, ALL_UNITS):
        if unit not in sums:
            continue
        series = sums[unit]
        ahead = outlook(series, regressors=_regressors(calendar, series.index))
        frames.append(_rows_of(unit, series, ahead))
        if parts is not None and ahead.known:
            frames.append(_parts_of(unit, parts, {m: total.value for m, total in ahead.totals.items()}))
    return pd.concat(frames, ignore_index=True)[COLUMNS] if frames else pd.DataFrame(columns=COLUMNS)


def _rows_of(unit: str, series: pd.Series, ahead: Outlook) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    n = float(series.iloc[-12:].sum())
    cell: dict[str, object] = {"business_unit": unit, "breakdown": "", "segment": "", "n": n}
    ends = [*zip(ahead.monthly.period, ahead.monthly.value, ahead.monthly.low, ahead.monthly.high, strict=True)]
    for months, total in ahead.totals.items():
        rows.append({**cell, "figure": f"total {months}", "value": total.value, "low": total.low, "high": total.high})
        for month, value, low, high in ends[:months]:
            month_cell = {**cell, "breakdown": MONTH_AHEAD, "segment": str(month)}
            rows.append({**month_cell, "figure": f"total {months}", "value": value, "low": low, "high": high})
        held = _held(total.tried)
        rows.append({**cell, **held, "figure": f"hits {months}"})
        horizon = {"figure": f"hits {HORIZONS[0]}", "breakdown": HORIZON, "segment": str(months)}
        rows.append({**cell, **held, **horizon})
        error = {"value": total.tried.scaled_error, "n": total.tried.tested}
        rows.append({**cell, **error, "figure": f"error {months}"})
    return pd.DataFrame(rows, columns=COLUMNS)


def _held(done: Tried) -> dict[str, float]:
    """Share of past forecasts that held, in per cent; nothing where none could be tried."""
    if not done.tested:
        return {"value": np.nan, "n": 0, "numerator": 0, "denominator": 0}
    share = wilson(np.array([done.held]), np.array([done.tested]))
    told = {name: float(getattr(share, name)[0]) * 100 for name in ("value", "low", "high")}
    return {**told, "numerator": done.held, "denominator": done.tested, "n": done.tested}


def _parts_of(unit: str, parts: Mapping[str, pd.DataFrame], totals: Mapping[int, float]) -> pd.DataFrame:
    """Each part's need: its own rate, drawn to the total that the unit's season and trend make."""
    if unit not in parts:
        return pd.DataFrame(columns=COLUMNS)
    wide = parts[unit]
    rates = part_rates(wide.to_numpy(float))
    frames = []
    for months in HORIZONS:
        scaled = rates * totals[months] / max(rates.sum() * months, 1e-9)
        value, enough = need_over(wide.to_numpy(float), scaled, months)
        cell = {"figure": f"total {months}", "business_unit": unit, "breakdown": PART, "segment": wide.columns}
        frames.append(pd.DataFrame({**cell, "value": value, "high": enough, "n": wide.sum().to_numpy(float)}))
    return pd.concat(frames, ignore_index=True).reindex(columns=COLUMNS)


def _part_months(con: duckdb.DuckDBPyConnection, cutoff: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Unit (and `all`) → quantity by month and part, the newest PART_MONTHS months; a month without demand is 0."""
    last = Periods("month", cutoff).last
    rows = con.execute(
        "SELECT business_unit, part_id, year(asked_at) * 12 + month(asked_at) - 1 AS month, "
        "CAST(sum(quantity) AS DOUBLE) AS total FROM parts_requests WHERE asked_at IS NOT NULL GROUP BY ALL"
    ).df()
    rows = rows[rows["month"].between(last - PART_MONTHS + 1, last)]
    if rows.empty:
        return {}
    months = np.arange(max(int(rows["month"].min()), last - PART_MONTHS + 1), last + 1)
    groups = [*rows.groupby("business_unit"), (ALL_UNITS, rows)]
    return {
        str(unit): part.pivot_table(index="month", columns="part_id", values="total", aggfunc="sum")
        .reindex(months)
        .fillna(0.0)
        for unit, part in groups
    }


def _calendar(con: duckdb.DuckDBPyConnection) -> pd.DataFrame | None:
    ((known,),) = con.execute("SELECT count(*) FROM duckdb_views() WHERE view_name = 'calendar'").fetchall()
    return con.execute("SELECT * FROM calendar").df() if known else None


def _regressors(calendar: pd.DataFrame | None, months: pd.Index) -> pd.DataFrame | None:
    """Calendar terms of the months and those ahead; None where the calendar does not reach so far."""
    if calendar is None or calendar.empty:
        return None
    needed = pd.period_range(months.min(), months.max() + max(HORIZONS), freq="M")
    known = pd.PeriodIndex(pd.to_datetime(calendar["date"]), freq="M").unique()
    return calendar_regressors(calendar, needed) if needed.isin(known).all() else None
