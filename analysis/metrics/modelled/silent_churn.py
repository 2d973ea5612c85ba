"""The share of active customers who fell silent in the period: no purchase, no request for service and no running
contract for G days, G being the P90 of the gaps between a customer's purchases and requests in all the data.

Only periods that begin late enough in the unit's data are told: G days in which to see who is active, after a history
of half a year, or of G where that is longer. In a shorter one the long gaps cannot have been seen, so that G comes out
too short and everybody seems to have gone.
The history counts from where purchases and requests both are kept.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, NO_BREAKDOWN
from analysis.metrics.periods import Periods
from analysis.statistics.intervals import wilson

HISTORY = 183  # days in which gaps must have been able to show before G days of silence can be awaited
SHORTEST = 31  # days of silence that mean anything where purchases are counted by the day
QUIET = "no gap between two visits is known"
UNKNOWN = "unknown"
BREAKDOWNS = ("customer_segment", "region", "acquired_via")


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Customers whose silence reached G days in the period ÷ customers active at its start, with Wilson's interval.

    Options: `quantile`, the share of gaps that G covers; `figure: gap` gives G itself, the same for every unit.
    """
    gap, began = silence(con, float(card.how.options["quantile"]))
    if gap is None:
        return pd.DataFrame(columns=[*CELL, "value", "n"])
    awaited = pd.Timedelta(days=gap + max(gap, HISTORY))
    known_from = {unit: periods.number(day + awaited) + 1 for unit, day in began.items()}
    first = min(known_from.values())
    if first > periods.last:
        return pd.DataFrame(columns=[*CELL, "value", "n"])
    if card.how.options.get("figure") == "gap":
        return _gap_rows(gap, periods, [*units, ALL_UNITS], con)
    steps = con.execute(_steps_sql(gap)).df()
    known = [name for name in BREAKDOWNS if name in card.breakdowns and not steps[name].eq(UNKNOWN).all()]
    parts = [
        _rows(steps, level, breakdown, range(first, periods.last + 1))
        for level in ("business_unit", None)
        for breakdown in (NO_BREAKDOWN, *known)
    ]
    told = pd.concat(parts, ignore_index=True)
    return told[told["period"] >= told["business_unit"].map({**known_from, ALL_UNITS: first})]


def silence(con: duckdb.DuckDBPyConnection, quantile: float) -> tuple[int | None, dict[str, pd.Timestamp]]:
    """G in whole days, None where no customer came twice; and the first day of each unit's data."""
    (found,) = con.execute(
        f"""
        SELECT quantile_cont(day - before, {quantile})
        FROM (
            SELECT day, lag(day) OVER (PARTITION BY business_unit, customer_id ORDER BY day) AS before
            FROM customer_activity WHERE counts_as_gap
        )
        """
    ).fetchall()
    # a kind of sign that is recorded later than the others makes customers seem to come to life: the youngest counts
    first = con.execute(
        """
        SELECT business_unit, greatest(min(day) FILTER (bought), min(day) FILTER (asked))
        FROM customer_activity WHERE counts_as_gap GROUP BY ALL
        """
    ).fetchall()
    gap = None if found is None else found[0]
    began = {str(unit): pd.Timestamp(day) for unit, day in first}
    return (None if gap is None else max(int(np.ceil(gap)), SHORTEST)), began


def stock(steps: pd.DataFrame, keys: Sequence[str], periods: range) -> pd.DataFrame:
    """How many are there at the start of each period, and how many leave in it: keys, period, present, left.

    steps : keys, period, arrived, left: the changes of each period
    """
    wide = [
        steps.pivot_table(index="period", columns=list(keys), values=name, aggfunc="sum", fill_value=0.0)
        for name in ("arrived", "left")
    ]
    every = range(min(int(steps["period"].min()), periods.start), periods.stop)
    arrived, left = (part.reindex(every, fill_value=0.0) for part in wide)
    present = (arrived - left).cumsum().shift(1, fill_value=0.0)
    told = [
        part.loc[periods.start :].melt(ignore_index=False, value_name=name).reset_index()
        for part, name in ((present, "present"), (left, "left"))
    ]
    return told[0].merge(told[1], on=[*keys, "period"])


def share_rows(cells: pd.DataFrame, breakdown: str) -> pd.DataFrame:
    """Cells with `numerator` and `denominator` of customers as rows of a model, in per cent."""
    kept = cells[cells["denominator"] > 0]
    share = wilson(kept["numerator"], kept["denominator"])
    figures = {name: getattr(share, name) * 100 for name in ("value", "low", "high", "se")}
    rows = kept.assign(**figures, n=kept["denominator"], breakdown=breakdown)
    return rows.assign(segment=rows[breakdown] if breakdown else NO_BREAKDOWN)[
        [*CELL, "value", "low", "high", "se", "n", "numerator", "denominator"]
    ]


def _rows(steps: pd.DataFrame, level: str | None, breakdown: str, periods: range) -> pd.DataFrame:
    whole = steps if level else steps.assign(business_unit=ALL_UNITS)
    keys = ["business_unit", *([breakdown] if breakdown else [])]
    if whole.empty or not len(periods):
        return pd.DataFrame(columns=[*CELL, "value", "low", "high", "se", "n", "numerator", "denominator"])
    cells = stock(whole, keys, periods).rename(columns={"present": "denominator", "left": "numerator"})
    return share_rows(cells, breakdown)


def _steps_sql(gap: int) -> str:
    """Spells of activity, nearer than G days to each other in one: where they begin and, G days after the last sign,
    end."""
    return f"""
        WITH spaced AS (
            SELECT *,
                max(last_day) OVER (customer ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
                max(last_day) OVER (customer ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS seen,
                lead(day) OVER customer AS next_day
            FROM customer_activity
            WINDOW customer AS (PARTITION BY business_unit, customer_id ORDER BY day)
        ), step AS (
            SELECT *, period_of(day) AS period, 1 AS arrived, 0 AS "left"
            FROM spaced WHERE before IS NULL OR before + {gap} < day
            UNION ALL
            SELECT *, period_of(seen + {gap}), 0, 1
            FROM spaced WHERE (next_day IS NULL OR seen + {gap} < next_day) AND seen + {gap} <= cutoff()
        )
        SELECT
            business_unit, period, {", ".join(BREAKDOWNS)},
            sum(arrived)::DOUBLE AS arrived, sum("left")::DOUBLE AS "left"
        FROM step GROUP BY ALL
    """


def _gap_rows(gap: int, periods: Periods, units: Sequence[str], con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    (found,) = con.execute(
        "SELECT count(*) FROM (SELECT lag(day) OVER (PARTITION BY business_unit, customer_id ORDER BY day) AS before "
        "FROM customer_activity WHERE counts_as_gap) WHERE before IS NOT NULL"
    ).fetchall()
    rows = pd.DataFrame({"business_unit": list(units), "period": periods.last, "breakdown": "", "segment": ""})
    return rows.assign(value=float(gap), n=float(found[0]))
