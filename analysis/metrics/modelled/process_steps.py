"""The directly-follows map: every pair of steps of the newest twelve months with how often it occurred and the median
time between the two, in hours. Segments are "before>after"; without one: all steps together, and n is how many orders.
By activity: how often each step was taken at all, be it first, last or alone, and the median hours since the first one.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import ALL_UNITS, code, in_order
from analysis.metrics.kinds import MINUTES_PER_UNIT
from analysis.metrics.periods import Periods
from analysis.statistics.process_mining import directly_follows

MONTHS = 12


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and pair of steps of the orders submitted in the twelve months up to the newest period;
    n: how often.
    """
    log = con.sql(
        f"""
        SELECT
            business_unit, event,
            row_number() OVER story = 1 AS begins,
            epoch_us(event_at) / 60e6 AS minutes
        FROM process_events
        WHERE submitted_at < period_start({periods.last + 1})
            AND submitted_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH
        WINDOW story AS (PARTITION BY work_order_id ORDER BY event_at, seq)
        ORDER BY work_order_id, event_at, seq"""
    ).to_arrow_table()
    step, units_of = (in_order(code(log.column(name))) for name in ("event", "business_unit"))
    event, names, unit, known = step.codes, step.labels, units_of.codes, units_of.labels
    case = np.cumsum(log.column("begins").to_numpy()).astype(np.int64)
    minutes = log.column("minutes").to_numpy()
    whole = directly_follows(case, event, minutes, np.full(case.size, -1))
    apart = directly_follows(case, event, minutes, unit)
    found = pd.concat([part for part in (whole, apart) if len(part)] or [whole], ignore_index=True)
    if found.empty:
        return pd.DataFrame()
    pairs = [f"{names[a]}>{names[b]}" for a, b in zip(found["before"], found["after"], strict=True)]
    per = MINUTES_PER_UNIT[card.unit]
    steps = pd.DataFrame(
        {
            "business_unit": [ALL_UNITS if place < 0 else known[place] for place in found["group"]],
            "period": periods.last,
            "breakdown": "step",
            "segment": pairs,
            "value": found["wait"].astype(float) / per,
            "low": found["wait_low"].astype(float) / per,
            "high": found["wait_high"].astype(float) / per,
            "n": found["count"].astype(float),
        }
    )
    visits = pd.concat(
        [
            _visits(event, case, minutes, names, level, labels, per)
            for level, labels in ((np.zeros_like(unit), np.array([ALL_UNITS], dtype=object)), (unit, known))
        ]
    ).assign(period=periods.last, breakdown="activity")
    return pd.concat([steps, visits, _whole(case, minutes, unit, known, periods.last, per)], ignore_index=True)


def _visits(
    event: np.ndarray,
    case: np.ndarray,
    minutes: np.ndarray,
    names: np.ndarray,
    unit: np.ndarray,
    units: np.ndarray,
    per: float,
) -> pd.DataFrame:
    """How often each step was taken, the first and the last ones of orders included, and the median time since the
    order's first step.
    """
    first = np.append(True, case[1:] != case[:-1])
    since = (minutes - minutes[first][np.cumsum(first) - 1]) / per
    log = pd.DataFrame({"business_unit": unit, "segment": event, "since": since})
    found = log.groupby(["business_unit", "segment"], as_index=False).agg(
        value=("since", "median"), n=("since", "size")
    )
    named = {"business_unit": units[found["business_unit"]], "segment": names[found["segment"]]}
    return found.assign(**named).astype({"n": float})


def _whole(
    case: np.ndarray, minutes: np.ndarray, unit: np.ndarray, units: np.ndarray, period: int, per: float
) -> pd.DataFrame:
    """All steps of a unit together: the median wait between two, and how many orders they are of."""
    same = case[1:] == case[:-1]
    waits = pd.Series(np.diff(minutes)[same] / per)
    apart = waits.groupby(unit[1:][same]).median()
    orders = pd.Series(case).groupby(unit).nunique().reindex(apart.index)
    told = {"business_unit": units[apart.index.to_numpy()], "value": apart.to_numpy(), "n": orders.to_numpy(float)}
    company = pd.DataFrame({"business_unit": [ALL_UNITS], "value": [waits.median()], "n": [float(case[-1])]})
    return pd.concat([company, pd.DataFrame(told)]).assign(period=period, breakdown="", segment="")
