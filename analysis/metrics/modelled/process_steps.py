"""The directly-follows map: every pair of steps of the newest twelve months with how often it occurred and the median
time between the two, in hours. Segments are "before>after"; without one: all steps together, and n is how many orders.
By activity: how often each step was taken at all, be it first, last or alone, and the median hours since the first one.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import MINUTES_PER_UNIT
from analysis.metrics.periods import Periods
from analysis.statistics.process_mining import follows

MONTHS = 12
COMPANY = -1  # the place of all units
BEGINS, SINCE_BEGIN = -1, -2  # in the place of a step before


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and pair of steps of the orders submitted in the twelve months up to the newest period;
    n: how often.
    """
    within = (
        f"submitted_at < period_start({periods.last + 1}) "
        f"AND submitted_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH"
    )
    names, known = (_texts(con, column, within) for column in ("event", "business_unit"))
    log = con.sql(_tallies_sql(names, known, within)).to_arrow_table()
    unit, event, before, minutes, count = (log.column(name).to_numpy() for name in log.column_names)
    per, pair = MINUTES_PER_UNIT[card.unit], before >= 0
    company = np.full_like(unit, COMPANY)
    every, counted = np.concatenate([company, unit]), np.tile(count, 2)
    both = np.tile(pair, 2)
    left, entered, waited = (np.tile(part[pair], 2) for part in (before, event, minutes))
    edges = follows(every[both], left, entered, waited, counted[both])
    if edges.empty:
        return pd.DataFrame()
    steps = pd.DataFrame(
        {
            "business_unit": _named(edges["group"], known),
            "breakdown": "step",
            "segment": [f"{names[a]}>{names[b]}" for a, b in zip(edges["before"], edges["after"], strict=True)],
            "value": edges["wait"].astype(float) / per,
            "low": edges["wait_low"].astype(float) / per,
            "high": edges["wait_high"].astype(float) / per,
            "n": edges["count"].astype(float),
        }
    )
    since = np.tile(before == SINCE_BEGIN, 2)
    taken = follows(every[since], *(np.tile(event, 2)[since],) * 2, np.tile(minutes / per, 2)[since], counted[since])
    visits = pd.DataFrame(
        {
            "business_unit": _named(taken["group"], known),
            "breakdown": "activity",
            "segment": [names[step] for step in taken["before"]],
            "value": taken["wait"],
            "n": taken["count"].astype(float),
        }
    )
    none = np.zeros_like(every)[both]
    waits = follows(every[both], none, none, np.tile(minutes[pair] / per, 2), counted[both])
    begun = np.tile(before == BEGINS, 2)
    orders = np.bincount(every[begun] - COMPANY, weights=counted[begun])
    whole = pd.DataFrame(
        {
            "business_unit": _named(waits["group"], known),
            "breakdown": "",
            "segment": "",
            "value": waits["wait"],
            "n": orders[waits["group"] - COMPANY],
        }
    )
    return pd.concat([steps, visits, whole], ignore_index=True).assign(period=periods.last)


def _tallies_sql(names: Sequence[str], known: Sequence[str], within: str) -> str:
    """How many steps share unit, step, the step before and the minutes since that; beside (`before` SINCE_BEGIN) those
    that share the minutes since the order's first step; BEGINS: the first steps themselves. Units and steps by their
    place in the lists.

    Of tens of millions of steps only what differs leaves the database.
    """
    return f"""
        WITH step AS (
            SELECT
                CAST(list_position({_list(known)}, business_unit) - 1 AS SMALLINT) AS unit,
                CAST(list_position({_list(names)}, event) - 1 AS SMALLINT) AS event,
                epoch_us(event_at) / 60e6 AS minutes, work_order_id, event_at, seq
            FROM process_events
            WHERE {within}
        ), told AS MATERIALIZED (
            SELECT unit, event, coalesce(lag(event) OVER story, {BEGINS}) AS before,
                minutes - lag(minutes) OVER story AS wait, minutes - first_value(minutes) OVER story AS since
            FROM step
            WINDOW story AS (PARTITION BY work_order_id ORDER BY event_at, seq)
        )
        SELECT unit, event, before, coalesce(wait, 0.0) AS minutes, count(*) AS count FROM told GROUP BY ALL
        UNION ALL
        SELECT unit, event, CAST({SINCE_BEGIN} AS SMALLINT), since, count(*) FROM told GROUP BY ALL"""


def _named(places: pd.Series, units: Sequence[str]) -> list[str]:
    return [ALL_UNITS if place == COMPANY else units[place] for place in places]


def _texts(con: duckdb.DuckDBPyConnection, column: str, within: str) -> list[str]:
    """The texts of a column in order: numbers stand for them, of which there may be tens of millions."""
    rows = con.execute(f"SELECT DISTINCT {column} FROM process_events WHERE {within} ORDER BY 1").fetchall()
    return [str(row[0]) for row in rows]


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]::VARCHAR[]"
