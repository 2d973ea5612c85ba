"""What the money is spent on: cost by type over time, the year against the year before, and whether the newest month is
all there.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_stages
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import (
    tell_change,
    tell_ends_of_change,
    tell_move,
    tell_period,
    tell_span,
    tell_value,
)
from analysis.sections.trend import MONTHS_SHOWN
from analysis.sections.wording import capital, said, say_months

if TYPE_CHECKING:
    from analysis.report import Report

TOTAL, RECORDED, LAG = "after_sales_cost", "cost_recorded_share", "cost_entry_lag_p90"
PER_ORDER = ("labour_cost_per_order", "parts_cost_per_order", "logistics_cost_per_order")
MONTHS, TYPES_SHOWN, WELL_RECORDED = 12, 5, 95.0
WORTH_SAYING = 0.5  # points of a share
OTHERS = "__others"


def cost_structure(report: "Report") -> Block:
    """A section with the after-sales cost by type, month by month, and its shares of the last twelve months."""
    title = both("After-sales cost by type")
    missing = report.lacks("structure of the cost", *report.run.missing.get(TOTAL, []))
    rows, whole = report.segments(TOTAL, "cost_type"), report.series(TOTAL).dropna(subset=["value"])
    rows = rows[rows["value"].notna()]
    if missing is not None or rows.empty or whole.empty:
        return missing or Note.empty(title, languages=report.languages)
    rows = rows.assign(segment=rows["segment"].astype(str), period=rows["period"].astype(str))
    told = _year(rows, whole)
    unit = report.catalogue[TOTAL].unit
    year = whole["period"].astype(str).iloc[-MONTHS:]
    headline = capital(_headline(report, told, unit, tell_span(year.iloc[0], year.iloc[-1])))
    about = both(
        "After-sales cost by type and month · {span} · {unit}",
        span=tell_span(str(whole["period"].iloc[-MONTHS_SHOWN:].iloc[0]), str(whole["period"].iloc[-1])),
        unit=report.unit_name,
    )
    figure = chart_stages(
        _drawn(report, rows, told, whole),
        title=headline,
        unit=unit,
        name="cost-structure",
        description=report.catalogue[TOTAL].definition,
        table=_table(report, told, unit, about, months=len(year)),
        languages=report.languages,
    )
    lines = said(_late(report, rows, whole), _per_order(report), _moved(report, told), _lag(report))
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines[:3], languages=report.languages))
    )


def _year(rows: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Amount and share of each type over the newest twelve months and, where they are all known, the twelve before;
    those types' sum, of types gone since too, in `.attrs["before"]`."""
    months = pd.period_range(end=pd.Period(str(whole["period"].max()), freq="M"), periods=MONTHS, freq="M")
    amounts = rows[rows["period"].isin(months.astype(str))].groupby("segment")["value"].sum()
    frame = pd.DataFrame({"amount": amounts, "share": 100 * amounts / amounts.sum()})
    before = (months - MONTHS).astype(str)
    if set(before) <= set(whole["period"].astype(str)):
        earlier = rows[rows["period"].isin(before)].groupby("segment")["value"].sum()
        frame["before"] = earlier.reindex(frame.index).fillna(0.0)
        frame["moved"] = frame["share"] - 100 * frame["before"] / earlier.sum()
        errors = [_share_errors(rows, span.astype(str)).reindex(frame.index) for span in (months, months - MONTHS)]
        frame["error"] = np.sqrt(errors[0] ** 2 + errors[1].fillna(0.0) ** 2)
        frame.attrs["before"] = float(earlier.sum())
    return frame.sort_values("amount", ascending=False, kind="stable").rename_axis("segment").reset_index()


def _share_errors(rows: pd.DataFrame, months: pd.Index) -> pd.Series:
    """Standard error of each type's share of the months' cost, in points: the months are the sample."""
    wide = rows[rows["period"].isin(months)].pivot_table(
        index="period", columns="segment", values="value", aggfunc="sum", observed=True
    )
    wide = wide.reindex(months).fillna(0.0)
    whole = wide.sum(axis=1)
    residual = wide.sub(np.outer(whole, wide.sum() / whole.sum()))
    return 100 * np.sqrt((residual**2).sum() * len(wide) / (len(wide) - 1)) / whole.sum()


def _drawn(report: "Report", rows: pd.DataFrame, told: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """The largest types, the others in one; the largest at the bottom. A credit balance cannot be stacked: 0."""
    types = list(told["segment"])
    most = TYPES_SHOWN if len(types) > TYPES_SHOWN + 1 else len(types)
    place = {name: number for number, name in enumerate(types[:most])}
    months = set(whole["period"].astype(str).iloc[-MONTHS_SHOWN:])
    shown = rows[rows["period"].isin(months)]
    shown = shown.assign(kind=[name if name in place else OTHERS for name in shown["segment"]])
    sums = shown.groupby(["period_start", "period", "kind"], as_index=False)["value"].sum()
    sums = sums.assign(order=sums["kind"].map(place).fillna(most), value=sums["value"].clip(lower=0.0))
    sums = sums.sort_values(["period_start", "order"], kind="stable")
    name = {kind: both("Other types") if kind == OTHERS else _type_name(report, kind) for kind in sums["kind"].unique()}
    return sums.assign(stage=text_column(name[kind] for kind in sums["kind"]))


def _type_name(report: "Report", name: str) -> Text:
    return capital(report.segment_name("cost_type", name))


def _headline(report: "Report", told: pd.DataFrame, unit: str, span: Text) -> Text:
    top = told.iloc[0]
    if len(told) == 1:
        return both(
            "All {total} in {span} are booked as one type of cost ({type}): what for is not told",
            span=span,
            type=report.segment_name("cost_type", top["segment"]),
            total=tell_value(told["amount"].sum(), unit),
        )
    figures = {
        "span": span,
        "total": tell_value(told["amount"].sum(), unit),
        "type": report.segment_name("cost_type", top["segment"]),
        "share": tell_value(top["share"], "%"),
    }
    before = float(told.attrs.get("before", 0.0))
    if not before > 0:
        return both("After-sales cost of {span}: {total}; the largest part is {type}, {share}", **figures)
    return both(
        "After-sales cost of {span}: {total} ({change} on the year before); the largest part is {type}, {share}",
        change=tell_move(tell_change(told["amount"].sum() / before - 1, "%", relative=True)),
        **figures,
    )


def _moved(report: "Report", told: pd.DataFrame) -> Text | None:
    if "moved" not in told:
        return None
    degrees = 2 * (MONTHS - 1)
    many, one = (float(stdtrit(degrees, 1 - 0.025 / looked)) for looked in (len(told), 1))
    sure = told[(told["moved"].abs() >= WORTH_SAYING) & (told["moved"].abs() > many * told["error"])]
    if sure.empty:
        return both("No type's share has moved against the year before by more than it swings from month to month.")
    top = sure.iloc[int(sure["moved"].abs().argmax())]
    reach = one * float(top["error"])
    return both(
        "{type} moved most against the year before: {change} of all cost ({interval}).",
        type=_type_name(report, top["segment"]),
        change=tell_change(top["moved"], "%"),
        interval=tell_ends_of_change(top["moved"] - reach, top["moved"] + reach, "%"),
    )


def _late(report: "Report", rows: pd.DataFrame, whole: pd.DataFrame) -> Text | None:
    """Types that were booked in every one of the twelve months before, and not in the newest: likely still to come."""
    newest = pd.Period(str(whole["period"].max()), freq="M")
    before = pd.period_range(end=newest - 1, periods=MONTHS, freq="M").astype(str)
    counted = rows[rows["period"].isin(before)].groupby("segment")["period"].nunique()
    always = set(counted[counted == MONTHS].index)
    late = sorted(always - set(rows.loc[rows["period"] == str(newest), "segment"]))
    if not late:
        return None
    return both(
        "Not booked yet in {period}, though in every month before: {types}. The month will be restated.",
        period=tell_period(str(newest)),
        types=join([report.segment_name("cost_type", name) for name in late], {"en": ", ", "zh": "、"}),
    )


def _lag(report: "Report") -> Text | None:
    if LAG in report.run.missing:
        return both("How late costs are booked is not recorded: the newest months may still change.")
    row = report.kpi(LAG)
    if row is None or is_missing(row["value"]):
        return None
    return both(
        "Nine in ten bookings are entered within {days}; younger months will be restated.",
        days=tell_value(row["value"], "d"),
    )


def _per_order(report: "Report") -> Text | None:
    """What the cost per order is made of, and how far it is known; None where one of the figures cannot be told."""
    rows = [report.kpi(metric) for metric in PER_ORDER]
    if any(row is None or is_missing(row["value"]) for row in rows):
        return None
    labour, parts, logistics = (
        tell_value(row["value"], report.catalogue[metric].unit)  # type: ignore[index]
        for row, metric in zip(rows, PER_ORDER, strict=True)
    )
    told = both(
        "Per order of {period}: labour {labour}, transport and warehouse {logistics}; parts {parts} a repair.",
        period=tell_period(str(rows[0]["value_period"])),  # type: ignore[index]
        labour=labour,
        logistics=logistics,
        parts=parts,
    )
    known = report.kpi(RECORDED)
    if known is None or is_missing(known["value"]) or known["value"] >= WELL_RECORDED:
        return told
    return both(
        "{told} Only {share} of the completed orders have a cost booked on them.",
        told=told,
        share=tell_value(known["value"], "%"),
    )


def _table(report: "Report", told: pd.DataFrame, unit: str, caption: Text, *, months: int) -> Table:
    frame = told.assign(label=text_column(_type_name(report, name) for name in told["segment"]))
    columns = {
        "label": Column(both("Type of cost"), kind="text"),
        "amount": Column(say_months(months), unit),
        "share": Column(both("Share"), "%"),
    }
    total = {"amount": told["amount"].sum(), "share": 100.0}
    if "moved" in told:
        columns |= {
            "before": Column(both("12 months before"), unit),
            "moved": Column(both("Change of the share"), "%", kind="change"),
        }
        total["before"] = told["before"].sum()
    return table(
        frame[list(columns)],
        columns=columns,
        caption=caption,
        total=total,
        name="cost-types",
        languages=report.languages,
    )
