"""Who is certified for which product line, unit by unit and month by month, and what share of a line's work would be
theirs if it were shared evenly.

Refuses to judge: a certificate says what somebody may do, not what work there was or how far away it lay.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.sections.segments import recent

if TYPE_CHECKING:
    from analysis.report import Report

SHARE = "certified_work_share"
VALID = pd.DateOffset(months=24)
"""How long a certificate counts; as in the measured table served_lines."""


def certified_at(report: "Report", end: pd.Timestamp) -> pd.DataFrame:
    """One row per unit and product line (lower case) with `certified`: technicians of that unit in post at `end` with a
    valid certificate for the line; lines for which nobody in the unit has one have no row.
    """
    held = report.records("training", ["technician_id", "finished_on", "certifies_product_line"])
    there = _in_post(report, end)
    held = held[held["finished_on"].between(end - VALID, end)].dropna(subset=["certifies_product_line"])
    held = held.assign(line=held["certifies_product_line"].str.lower()).merge(there, on="technician_id")
    return held.groupby(["business_unit", "line"], as_index=False).agg(certified=("technician_id", "nunique"))


def work_by_unit(report: "Report") -> pd.DataFrame:
    """business_unit, segment (product line), period and `orders` by known technicians over the last twelve months; the
    company's by the units in which they were done.
    """
    rows = report.segments(SHARE, "product_line")
    if report.is_company:
        rows = report.run.rows("measurements", metric=SHARE, breakdown="product_line", grain="month")
        rows = rows[(rows["business_unit"] != report.business_unit) & (rows["period"] <= report.period)]
    rows = recent(rows)
    return rows[["business_unit", "segment", "period"]].assign(orders=rows["denominator"].fillna(0.0))


def even_shares(report: "Report") -> dict[str, float]:
    """Product line → per cent of its orders of the last twelve months that the certified would have done if each unit
    had shared each month's orders evenly among its technicians in post: those certified at the end of that month count,
    not those certified by now. NaN without orders.
    """
    work = work_by_unit(report)
    if work.empty:
        return {}
    by_month = []
    for period in work["period"].unique():
        end = pd.Period(str(period), freq="M").end_time
        posts = _in_post(report, end).groupby("business_unit")["technician_id"].nunique().rename("posts")
        by_month.append(certified_at(report, end).merge(posts, on="business_unit").assign(period=period))
    held = pd.concat(by_month, ignore_index=True)
    work = work.assign(line=work["segment"].str.lower()).merge(held, how="left", on=["business_unit", "line", "period"])
    theirs = work["orders"] * (work["certified"] / work["posts"]).fillna(0.0)
    sums = work.assign(theirs=theirs).groupby("segment")[["theirs", "orders"]].sum()
    shares = 100 * sums["theirs"] / sums["orders"].where(sums["orders"] > 0, np.nan)
    return {str(line): float(share) for line, share in shares.items()}


def nobody_certified(report: "Report", end: pd.Timestamp, *, fewest_orders: float) -> pd.DataFrame:
    """business_unit, segment, orders: product lines of which a unit did at least so many orders in twelve months and
    for which none of its technicians in post is certified, most orders first. A count, not an estimate.
    """
    work = work_by_unit(report).groupby(["business_unit", "segment"], as_index=False)["orders"].sum()
    work = work.assign(line=work["segment"].str.lower()).merge(
        certified_at(report, end), how="left", on=["business_unit", "line"]
    )
    bare = work[work["certified"].isna() & (work["orders"] >= fewest_orders)]
    return bare.sort_values("orders", ascending=False)[["business_unit", "segment", "orders"]].reset_index(drop=True)


def _in_post(report: "Report", end: pd.Timestamp) -> pd.DataFrame:
    """technician_id and business_unit of those in post at `end`."""
    staff = report.records("technicians", ["technician_id", "business_unit", "hired_on", "left_on"])
    there = staff[~(staff["hired_on"] > end) & ~(staff["left_on"] <= end)]
    return there[["technician_id", "business_unit"]].drop_duplicates()
