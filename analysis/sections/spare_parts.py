"""Spare parts: what is used, how fast the stock turns over, and which parts lie still."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_pareto
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.telling import tell_count, tell_period, tell_value
from analysis.sections.passing import in_passing
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

SLOW, TURNOVER, PER_REPAIR = "slow_parts_share", "parts_turnover", "parts_cost_per_order"
STILL_DAYS = 180
SHOWN = 6


def spare_parts(report: "Report") -> Block:
    """A section on the stock of parts at the end of the newest month: the parts by value that have not moved for 180
    days.
    """
    title = both("Spare parts in stock")
    missing = report.lacks("spare parts", "parts_stock", *report.run.missing.get(SLOW, []))
    if missing is not None:
        return missing
    stock = _newest_stock(report)
    if stock.empty:
        return Note.empty(title, languages=report.languages)
    slow = stock[stock["idle"] >= STILL_DAYS].sort_values("value", ascending=False)
    unit = report.catalogue["parts_consumed_value"].unit
    headline = capital(_headline(stock, slow, unit))
    about = both(
        "Parts in stock at the end of {period} without a movement for {days} days · {unit} · n = {n}",
        period=tell_period(str(stock["month"].iloc[0])),
        days=str(STILL_DAYS),
        unit=report.unit_name,
        n=tell_count(len(stock)),
    )
    lines = said(
        _turnover(report),
        in_passing(report, PER_REPAIR),
        both("Critical parts kept as an insurance may be among them: take those out before deciding.")
        if len(slow)
        else None,
    )
    sentences = Sentences(lines, languages=report.languages)
    if slow.empty:
        return report.section(headline=headline, subtitle=about, parts=(sentences,))
    figure = chart_pareto(
        pd.DataFrame({"label": text_column(slow["name"]), "value": slow["value"].to_numpy()}),
        title=headline,
        unit=unit,
        top=SHOWN,
        name="slow-parts",
        description=report.catalogue[SLOW].definition,
        table=_table(report, slow, unit, about),
        languages=report.languages,
    )
    return report.section(headline=headline, subtitle=about, parts=(figure, sentences))


def _newest_stock(report: "Report") -> pd.DataFrame:
    """The parts of the newest month end up to the period: name, quantity, value, days without a movement."""
    rows = report.records("parts_stock", ["business_unit", "part_id", "month", "quantity", "value", "last_moved_on"])
    last = pd.Period(report.period.replace("-Q", "Q")).end_time
    months = pd.to_datetime(rows["month"])
    rows = rows.assign(month=months.dt.to_period("M"))[(months <= last) & (rows["value"] > 0)]
    rows = rows[rows["month"] == rows["month"].max()] if len(rows) else rows
    ends = rows["month"].dt.end_time.dt.normalize() if len(rows) else pd.Series(dtype="datetime64[us]")
    idle = (ends - pd.to_datetime(rows["last_moved_on"])).dt.days if len(rows) else pd.Series(dtype=float)
    names = [
        join([plain(part), report.run.unit_name(unit)], " · ") if report.is_company else plain(part)
        for part, unit in zip(rows["part_id"], rows["business_unit"], strict=True)
    ]
    return rows.assign(idle=idle, name=pd.Series(names, index=rows.index, dtype=object))


def _headline(stock: pd.DataFrame, slow: pd.DataFrame, unit: str) -> Text:
    known = stock[stock["idle"].notna()]
    if known.empty:
        return both("When parts moved last is not recorded: what lies still cannot be told")
    if slow.empty:
        return both("No part in stock has lain still for {days} days", days=str(STILL_DAYS))
    return both(
        "{share} of the stock has not moved for {days} days: {value} of {all} in {n} stock items",
        share=tell_value(100 * slow["value"].sum() / known["value"].sum(), "%"),
        days=str(STILL_DAYS),
        value=tell_value(slow["value"].sum(), unit),
        all=tell_value(known["value"].sum(), unit),
        n=tell_count(len(slow)),
    )


def _turnover(report: "Report") -> Text | None:
    row = report.kpi(TURNOVER)
    if row is None or is_missing(row["value"]):
        return None
    now = tell_value(row["value"], "ratio")
    if is_missing(row.get("year_ago")):
        return both("The stock turned over {now} times in the last 12 months.", now=now)
    return both(
        "The stock turned over {now} times in the last 12 months, {before} times in the 12 months before.",
        now=now,
        before=tell_value(row["year_ago"], "ratio"),
    )


def _table(report: "Report", slow: pd.DataFrame, unit: str, caption: Text) -> Table:
    frame = slow.assign(name=text_column(slow["name"]))[["name", "quantity", "value", "idle"]]
    columns = {
        "name": Column(both("Part"), kind="text"),
        "quantity": Column(both("Quantity"), "n"),
        "value": Column(both("Stock value"), unit),
        "idle": Column(both("Without a movement for"), "d", decimals=0),
    }
    return table(frame, columns=columns, caption=caption, name="slow-parts", languages=report.languages)
