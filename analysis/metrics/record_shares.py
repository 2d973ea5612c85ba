"""Shares counted by unit, period and segment outside the scans: from counts to the figures of a modelled card.

A share is a sum over a sum, with Wilson's interval; the company is the sum over all records, also those of no unit.
Reads no records.
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.figures import CELL, NO_BREAKDOWN
from analysis.statistics.intervals import wilson

COUNTS = ("business_unit", "period", "segment", "numerator", "denominator")
PER_CENT = 100.0


def tables_of(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables and views that the connection knows, temporary ones included."""
    found = con.execute("SELECT view_name FROM duckdb_views() UNION SELECT table_name FROM duckdb_tables()").fetchall()
    return {row[0] for row in found}


def no_figures() -> pd.DataFrame:
    """What a model gives that had nothing to go by."""
    return pd.DataFrame(columns=[*CELL, "numerator", "denominator", "n", "value", "low", "high", "se"])


def shares(counts: pd.DataFrame, *, breakdown: str, units: Sequence[str]) -> pd.DataFrame:
    """Per cent of each unit and of the company, period by period: over all segments, and segment by segment.

    Parameters
    ----------
    counts : COUNTS, one row per unit, period and segment; rows without anything to count (denominator 0) say nothing.
    breakdown : what the segments are.
    units : the business units that have figures of their own; the records of others count for the company only.
    """
    known = counts[counts["denominator"] > 0]
    if known.empty:
        return no_figures()
    levels = [known[known["business_unit"].isin(list(units))], known.assign(business_unit=ALL_UNITS)]
    parts = [_summed(level, segment=True, breakdown=breakdown) for level in levels]
    parts += [_summed(level, segment=False, breakdown=NO_BREAKDOWN) for level in levels]
    cells = pd.concat(parts, ignore_index=True)
    share = wilson(cells["numerator"], cells["denominator"])
    figures = {name: PER_CENT * getattr(share, name) for name in ("value", "low", "high", "se")}
    return cells.assign(n=cells["denominator"], **figures)


def _summed(counts: pd.DataFrame, *, segment: bool, breakdown: str) -> pd.DataFrame:
    by = ["business_unit", "period", *(["segment"] if segment else [])]
    sums = counts.groupby(by, as_index=False, observed=True)[["numerator", "denominator"]].sum()
    whole = sums if segment else sums.assign(segment=NO_BREAKDOWN)
    return whole.assign(breakdown=breakdown)[[*CELL, "numerator", "denominator"]].astype({"period": "int64"})
