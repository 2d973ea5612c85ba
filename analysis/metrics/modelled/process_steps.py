"""The directly-follows map: every pair of steps of the newest twelve months with how often it occurred and the median
time between the two, in hours. Segments are "before>after"; without one: all steps together, and n is how many orders.
By activity: how often each step was taken at all, be it first, last or alone, and the median hours since the first one.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import ALL_UNITS
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
    within = (
        f"submitted_at < period_start({periods.last + 1}) "
        f"AND submitted_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH"
    )
    names, known = (_texts(con, column, within) for column in ("event", "business_unit"))
    log = con.sql(
        f"""
        SELECT
            CAST(list_position({_list(known)}, business_unit) - 1 AS SMALLINT) AS unit,
            CAST(list_position({_list(names)}, event) - 1 AS SMALLINT) AS event,
            row_number() OVER story = 1 AS begins,
            epoch_us(event_at) / 60e6 AS minutes
        FROM process_events
        WHERE {within}
        WINDOW story AS (PARTITION BY work_order_id ORDER BY event_at, seq)
        ORDER BY work_order_id, event_at, seq"""
    ).to_arrow_table()
    event, unit, minutes = (log.column(name).to_numpy() for name in ("event", "unit", "minutes"))
    case = np.cumsum(log.column("begins").to_numpy(), dtype=np.int32)
    whole = directly_follows(case, event, minutes, np.full(case.size, -1, dtype=np.int8))
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
    begins = np.append(True, case[1:] != case[:-1])[: case.size]
    visits = pd.concat(
        [
            _visits(event, begins, minutes, names, level, labels, per)
            for level, labels in ((np.zeros(unit.size, dtype=np.int16), [ALL_UNITS]), (unit, known))
        ]
    ).assign(period=periods.last, breakdown="activity")
    return pd.concat([steps, visits, _whole(begins, minutes, unit, known, periods.last, per)], ignore_index=True)


def _visits(
    event: np.ndarray,
    begins: np.ndarray,
    minutes: np.ndarray,
    names: Sequence[str],
    unit: np.ndarray,
    units: Sequence[str],
    per: float,
) -> pd.DataFrame:
    """How often each step was taken, the first and the last ones of orders included, and the median time since the
    order's first step.
    """
    since = (minutes - minutes[begins][np.cumsum(begins, dtype=np.int32) - 1]) / per
    cells, count, median = _medians(unit.astype(np.int32) * len(names) + event, since)
    places = [divmod(int(cell), len(names)) for cell in cells]
    told = {"business_unit": [units[of] for of, _ in places], "segment": [names[step] for _, step in places]}
    return pd.DataFrame({**told, "value": median, "n": count.astype(float)})


def _whole(
    begins: np.ndarray, minutes: np.ndarray, unit: np.ndarray, units: Sequence[str], period: int, per: float
) -> pd.DataFrame:
    """All steps of a unit together: the median wait between two, and how many orders they are of."""
    same = ~begins[1:]
    waits = np.diff(minutes)[same] / per
    orders = np.bincount(unit[begins], minlength=len(units)).astype(float)
    places, _, median = _medians(unit[1:][same], waits)
    told = {"business_unit": [units[of] for of in places], "value": median, "n": orders[places]}
    _, _, company = _medians(np.zeros(waits.size, dtype=np.int8), waits)
    first = pd.DataFrame({"business_unit": [ALL_UNITS], "value": company, "n": [orders.sum()]})
    return pd.concat([first, pd.DataFrame(told)]).assign(period=period, breakdown="", segment="")


def _medians(cell: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cells that there are, how many values each has, and their median."""
    order = np.lexsort((values, cell))
    ordered = values[order]
    cells, start, count = np.unique(cell[order], return_index=True, return_counts=True)
    return cells, count, (ordered[start + (count - 1) // 2] + ordered[start + count // 2]) / 2


def _texts(con: duckdb.DuckDBPyConnection, column: str, within: str) -> list[str]:
    """The texts of a column in order: numbers stand for them, of which there may be tens of millions."""
    rows = con.execute(f"SELECT DISTINCT {column} FROM process_events WHERE {within} ORDER BY 1").fetchall()
    return [str(row[0]) for row in rows]


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]::VARCHAR[]"
