"""How many technicians the orders of the next three months take, and how that compares with those in post.

Work ahead = orders expected × productive hours an order has taken over the last twelve months. People = work ÷ paid
hours a technician worked in the same calendar month of those twelve (training left out; people work longer months in
the season) ÷ the ceiling on their use; in a small unit one more where else too many orders would wait longer than a day
for somebody free (Erlang). The company is the sum of its units: technicians of one unit do not serve another.

Options: figure (needed | gap), ceiling (share of paid hours, 0.85). `needed` comes by month ahead too (month_ahead),
and as what the ceiling alone would ask for (breakdown rule, segment use).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.modelled.demand_forecast import MONTH_AHEAD, outlook_rows
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import CONFIDENCE, normal_quantile
from analysis.statistics.staffing import CEILING, people_needed

MONTHS = 3
HISTORY = 12
FEWEST_MONTHS = 3
RULE = "rule"


@dataclass(frozen=True)
class Work:
    """What an order takes and a technician gives in one unit, over the last twelve months.

    per_order : productive hours; spread : standard error of its logarithm; per_technician : paid hours without training
    by calendar month (1 … 12; 0: the mean, for a month not known); per_day : paid hours of a day worked; there :
    technicians in post; orders : completed.
    """

    per_order: float
    spread: float
    per_technician: Mapping[int, float]
    per_day: float
    there: float
    orders: float

    def hours_in(self, month: str) -> float:
        """Paid hours of a technician in a month ahead: as in the same month of the year before."""
        return self.per_technician.get(int(month[5:7]), self.per_technician[0])


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """The card's rows for the newest period."""
    options = card.how.options
    ceiling, gap = float(options.get("ceiling", CEILING)), options.get("figure", "needed") == "gap"
    coming = outlook_rows(con, "orders", periods=periods, units=units)
    coming = coming[(coming["figure"] == f"total {MONTHS}") & coming["value"].notna()]
    rows: list[dict[str, object]] = []
    for unit, work in _work(con, periods).items():
        mine = coming[(coming["business_unit"] == unit) & coming["breakdown"].isin(["", MONTH_AHEAD])]
        ahead = mine.loc[mine["breakdown"] == MONTH_AHEAD, "segment"]
        for given in mine.to_dict("records"):
            row = {str(name): value for name, value in given.items()}
            whole = row["breakdown"] == ""
            orders = np.array([row["value"], row["low"], row["high"]], dtype=float) / (MONTHS if whole else 1)
            hours = np.mean([work.hours_in(month) for month in (ahead if whole else [row["segment"]])])
            needed = _needed(orders, work, ceiling, hours=float(hours))
            rows.append({**row, **needed, "there": work.there, "n": work.orders})
            if whole:
                by_use = orders[0] * work.per_order / float(hours) / ceiling
                rule = {"breakdown": RULE, "segment": "use", "value": by_use, "low": by_use, "high": by_use}
                rows.append({**row, **rule, "there": work.there, "n": work.orders})
    found = pd.DataFrame(rows, columns=["business_unit", "breakdown", "segment", "value", "low", "high", "there", "n"])
    found = pd.concat([found, _company(found)], ignore_index=True)
    if gap:
        found = found[found["breakdown"] == ""]
        found = found.assign(**{end: found["there"] - found[of] for end, of in _TURNED.items()})
    se = (found["high"] - found["low"]) / (2 * normal_quantile(CONFIDENCE))
    return found.assign(period=periods.last, se=se, numerator=np.nan, denominator=np.nan).drop(columns="there")


_TURNED = {"value": "value", "low": "high", "high": "low"}


def _needed(orders: np.ndarray, work: Work, ceiling: float, *, hours: float) -> dict[str, float]:
    """Technicians for so many orders a month: expected, and both ends with the uncertainty of the hours an order
    takes."""
    value, low, high = np.maximum(orders, 1e-9)
    reach = normal_quantile(CONFIDENCE) * work.spread
    ends = (
        value * np.exp(-np.hypot(np.log(value / max(low, value * 0.05)), reach)),
        value * np.exp(np.hypot(np.log(max(high, value) / value), reach)),
    )
    service = work.per_order / work.per_day
    people = []
    for load in np.array([value, *ends]) * work.per_order / hours:
        people.append(max(people_needed(float(load), service=service, ceiling=ceiling)))
    return dict(zip(("value", "low", "high"), map(float, people), strict=True))


def _company(found: pd.DataFrame) -> pd.DataFrame:
    """The sum of the units; their errors are taken as independent of each other."""
    if found.empty:
        return found
    spread = found.assign(down=(found["value"] - found["low"]) ** 2, up=(found["high"] - found["value"]) ** 2)
    sums = spread.groupby(["breakdown", "segment"], as_index=False)[["value", "down", "up", "there", "n"]].sum()
    ends = {"low": sums["value"] - np.sqrt(sums["down"]), "high": sums["value"] + np.sqrt(sums["up"])}
    return sums.assign(business_unit=ALL_UNITS, **ends)[found.columns]


def _work(con: duckdb.DuckDBPyConnection, periods: Periods) -> dict[str, Work]:
    months = Periods("month", periods.cutoff)
    first, end = months.last - HISTORY + 1, pd.Timestamp(months.starts(np.array([months.last + 1]))[0])
    sheet = con.execute(
        "SELECT business_unit, year(worked_at) * 12 + month(worked_at) - 1 AS month, "
        "sum(productive_hours) AS productive, sum(paid_hours) AS paid, sum(coalesce(training_hours, 0)) AS training, "
        "count(*) AS days, "
        "count(DISTINCT technician_id) AS people FROM technician_days GROUP BY ALL"
    ).df()
    done = con.execute(
        "SELECT business_unit, year(completed_at) * 12 + month(completed_at) - 1 AS month, count(*) AS orders "
        "FROM orders WHERE completed_at IS NOT NULL GROUP BY ALL"
    ).df()
    both = sheet.merge(done, on=["business_unit", "month"])
    both = both[both["month"].between(first, months.last) & both["productive"].gt(0)]
    there = con.execute(
        "SELECT business_unit, count(*) AS there FROM staff WHERE hired_at < ? AND (left_at IS NULL OR left_at >= ?) "
        "GROUP BY ALL",
        [end, end],
    ).df()
    posts = dict(zip(there["business_unit"], there["there"], strict=True))
    return {
        str(unit): _work_of(part, float(posts.get(unit, part["people"].iloc[-1])))
        for unit, part in both.sort_values("month").groupby("business_unit")
        if len(part) >= FEWEST_MONTHS
    }


def _work_of(part: pd.DataFrame, there: float) -> Work:
    sums = part[["productive", "paid", "training", "days", "people", "orders"]].sum()
    hours = ((part["paid"] - part["training"]) / part["people"]).to_numpy(float)
    by_month = {int(month) % 12 + 1: float(of) for month, of in zip(part["month"], hours, strict=True) if of > 0}
    monthly = np.log((part["productive"] / part["orders"]).to_numpy(float))
    return Work(
        per_order=float(sums["productive"] / sums["orders"]),
        spread=float(monthly.std(ddof=1) / np.sqrt(monthly.size)),
        per_technician={0: float((sums["paid"] - sums["training"]) / sums["people"]), **by_month},
        per_day=float(sums["paid"] / sums["days"]),
        there=there,
        orders=float(sums["orders"]),
    )
