"""Which spare parts could run out: the stock of the newest month beside what the next three may take."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Sentences, table
from analysis.presentation.language import both
from analysis.presentation.telling import tell_period

if TYPE_CHECKING:
    from analysis.report import Report

NEED = "parts_demand_forecast"
PARTS_SHOWN = 8


def stock_ahead(report: "Report") -> list[Block]:
    """How many parts could run out within three months without new deliveries, and a table of those that run out first;
    nothing where the data give no stock or no forecast.
    """
    need = report.segments(NEED, "part_id")
    need = need[(need["period"] == report.period) & need["value"].gt(0)].rename(columns={"segment": "part_id"})
    stock = _newest_stock(report)
    if need.empty or stock is None:
        return []
    rows = need.merge(stock, how="inner", on="part_id")
    if rows.empty:
        return []
    rows = rows.assign(short=rows["high"] - rows["quantity"], cover=3 * rows["quantity"] / rows["value"])
    short = rows[rows["short"] > 0].sort_values(["cover", "value"], ascending=[True, False])
    line = both(
        "Without new deliveries the stock of {short} of {all} parts could run out within three months "
        "(chance above 2.5%).",
        short=str(len(short)),
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
