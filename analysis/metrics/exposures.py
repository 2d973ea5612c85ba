"""What a rate is reckoned on: units in service, active customers. Events and exposure are summed and divided once.

A unit or month without a known exposure has no rate, and its events do not enter the company's.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, NO_BREAKDOWN, Figures, figures_of
from analysis.metrics.kinds import scale_of
from analysis.metrics.periods import PER_YEAR, Periods
from analysis.statistics.intervals import poisson_exact, wilson

NO_EXPOSURE = "no exposure"
AT_THE_END = ("active_customers",)  # counted at the end of the period; the others add up over its months


def read_exposure(
    con: duckdb.DuckDBPyConnection, name: str, *, breakdowns: Sequence[str], periods: Periods
) -> pd.DataFrame:
    """The exposure by business unit, period, breakdown and segment: the CELL columns and `exposure`.

    A flow (units in service) adds up over the months of the period, and is known only where every month is; one at
    the end (active customers) is that of the last month.
    """
    columns = ", ".join(["business_unit", "month", *breakdowns])
    monthly = con.execute(
        f"SELECT {columns}, period_of(month) AS period, CAST(sum(units) AS DOUBLE) AS exposure FROM {name} "
        f"WHERE period_of(month) <= {periods.last} GROUP BY ALL"
    ).df()
    if name in AT_THE_END:
        monthly = monthly[monthly["month"] == monthly.groupby("period")["month"].transform("max")]
    else:
        known = monthly.groupby(["business_unit", "period"])["month"].transform("nunique")
        monthly = monthly[known == 12 // PER_YEAR[periods.grain]]
    parts = [_by_segment(monthly, breakdown) for breakdown in (NO_BREAKDOWN, *breakdowns)]
    return pd.concat(parts, ignore_index=True)


def rate_by_exposure(card: MetricCard, events: Figures, exposure: pd.DataFrame) -> Figures:
    """Events over exposure, in the card's unit. No event under a known exposure is a rate of zero.

    Parameters
    ----------
    events : `numerator` by cell; the company's own rows are replaced by the sum of the units with an exposure
    exposure : CELL and `exposure`, of the same breakdown and periods
    """
    found = events.frame()
    cells = found.loc[found["business_unit"] != ALL_UNITS, [*CELL, "numerator"]].merge(exposure, how="outer", on=CELL)
    unknown = cells[cells["exposure"].isna() & (cells["breakdown"] == NO_BREAKDOWN)]
    known = cells[cells["exposure"] > 0].fillna({"numerator": 0.0})
    company = known.groupby(CELL[1:], as_index=False)[["numerator", "exposure"]].sum().assign(business_unit=ALL_UNITS)
    rated = pd.concat([known, company], ignore_index=True).rename(columns={"exposure": "denominator"})
    measured = rated.assign(**_estimate(card, rated), n=np.rint(rated["denominator"]), reason=None)
    nothing = unknown.drop(columns="exposure").assign(n=0.0, reason=NO_EXPOSURE)
    whole = pd.concat([part for part in (measured, nothing) if len(part)] or [measured], ignore_index=True)
    return figures_of(whole, events.breakdown)


def _by_segment(monthly: pd.DataFrame, breakdown: str) -> pd.DataFrame:
    keys = ["business_unit", "period", *([breakdown] if breakdown else [])]
    total = monthly.groupby(keys, as_index=False)["exposure"].sum()
    segment = total[breakdown] if breakdown else NO_BREAKDOWN
    return total.assign(breakdown=breakdown, segment=segment)[[*CELL, "exposure"]]


def _estimate(card: MetricCard, cells: pd.DataFrame) -> dict[str, np.ndarray]:
    """Wilson for a share of customers (each counts once), exact Poisson for events per exposure."""
    events, exposure = cells["numerator"].to_numpy(float), cells["denominator"].to_numpy(float)
    share = card.how.distinct is not None and bool((events <= exposure).all())
    estimate = wilson(events, exposure) if share else poisson_exact(events, exposure)
    return {
        name: getattr(estimate, name) * scale_of(card.unit, card.how.times) for name in ("value", "low", "high", "se")
    }
