"""Which spare parts run out: the stock of the newest month beside what the next three are expected to take.

A part of which nobody asked for any in twelve months does not run out, whatever its share of the forecast.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Sentences, table
from analysis.presentation.language import both
from analysis.presentation.telling import tell_period

if TYPE_CHECKING:
    from analysis.report import Report

NEED = "parts_demand_forecast"
MONTHS_OF_MOVEMENT = 12
PARTS_SHOWN = 8


def stock_ahead(report: "Report") -> list[Block]:
    """How many parts run out within three months without new deliveries, as expected and where demand is high, and a
    table of those that run out first; nothing where the data give no stock or no forecast.
    """
    need = report.segments(NEED, "part_id")
    need = need[(need["period"] == report.period) & need["value"].gt(0)].rename(columns={"segment": "part_id"})
    need = need[need["part_id"].isin(_moving(report, need["part_id"]))]
    stock = _newest_stock(report)
    if need.empty or stock is None:
        return []
    rows = need.merge(stock, how="inner", on="part_id")
    if rows.empty:
        return []
    rows = rows.assign(cover=3 * rows["quantity"] / rows["value"])
    expected = rows["value"] > rows["quantity"]
    short = rows[expected | (rows["high"] > rows["quantity"])]
    short = short.sort_values(["cover", "value"], ascending=[True, False])
    line = both(
        "Parts in stock that were asked for in the last twelve months: {all}. Without new deliveries expected to run "
        "out within three months: {short}; besides only if demand is high (upper end of its 95% interval): {more}.",
        short=str(int(expected.sum())),
        more=str(len(short) - int(expected.sum())),
        all=str(len(rows)),
    )
    if short.empty:
        return [Sentences((line,), languages=report.languages)]
    columns = {
        "part_id": Column(both("Part")),
        "quantity": Column(both("In stock"), "n"),
        "value": Column(both("Needed in three months"), "n"),
        "high": Column(both("Stock that is enough (97.5%)"), "n"),
        "cover": Column(both("Stock lasts (months)"), "n"),
    }
    shown = short.head(PARTS_SHOWN)[list(columns)].assign(cover=lambda part: part["cover"].round(1))
    caption = both("Parts that run out first, stock of {period}", period=tell_period(str(stock["month"].iloc[0])))
    listed = table(
        shown.reset_index(drop=True), columns=columns, caption=caption, name="demand-stock", languages=report.languages
    )
    return [Sentences((line,), languages=report.languages), listed]


def _moving(report: "Report", parts: pd.Series) -> pd.Series:
    """The parts that somebody asked for in the twelve months up to the period; all, where the data give no dates."""
    if not report.run.store.has("parts_usage", "requested_at"):
        return parts
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    asked = report.records("parts_usage", ["part_id", "requested_at"])
    return asked.loc[
        asked["requested_at"].between(end - pd.DateOffset(months=MONTHS_OF_MOVEMENT), end), "part_id"
    ].drop_duplicates()


def _newest_stock(report: "Report") -> pd.DataFrame | None:
    """Quantity by part at the end of the newest month up to the period; the company's is the sum over its units."""
    if not report.run.store.has("parts_stock", "quantity"):
        return None
    rows = report.records("parts_stock", ["part_id", "month", "quantity"])
    months = pd.PeriodIndex(rows["month"], freq="M")
    kept = months <= pd.Period(report.period.replace("-Q", "Q")).asfreq("M", how="end")
    if not kept.any():
        return None
    newest = months[kept].max()
    return rows[months == newest].groupby("part_id", as_index=False)["quantity"].sum().assign(month=str(newest))
