"""How many contacts each channel resolves, as if all channels had the same work: direct standardisation over product
line and fault, the newest twelve months. Segments are the channels.
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.metrics.periods import Periods
from analysis.statistics.standardisation import standardised_shares

MONTHS = 12


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """A row a unit (and `all`) and channel; numerator: the share as it stands, denominator: the share of all work that
    the channel's strata stand for. n: contacts.
    """
    counts = con.execute(
        f"""
        SELECT business_unit, channel AS "group", product_line || '|' || fault_code AS stratum,
            count(*) FILTER (resolved) AS events, count(*) AS trials
        FROM contacts
        WHERE resolved IS NOT NULL AND work_order_id IS NOT NULL
            AND started_at < period_start({periods.last + 1})
            AND started_at >= period_start({periods.last + 1}) - INTERVAL {MONTHS} MONTH
        GROUP BY ALL"""
    ).df()
    if counts.empty:
        return pd.DataFrame()
    company = counts.groupby(["group", "stratum"], as_index=False)[["events", "trials"]].sum()
    parts = [(ALL_UNITS, company), *counts.groupby("business_unit", sort=True)]
    told = pd.concat([standardised_shares(part).assign(business_unit=unit) for unit, part in parts])
    known = told[told["value"].notna()].rename_axis("segment").reset_index()
    scale = scale_of(card.unit)
    return pd.DataFrame(
        {
            "business_unit": known["business_unit"],
            "period": periods.last,
            "breakdown": "channel",
            "segment": known["segment"],
            **{name: known[name] * scale for name in ("value", "low", "high", "se")},
            "numerator": known["crude"] * scale,
            "denominator": known["covered"] * scale,
            "n": known["trials"].astype(float),
        }
    )
