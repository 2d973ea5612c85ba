"""The report on the repair cycle: how long customers wait, which stage takes the time, what is still open, and what
comes next.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, KpiCards, Note, Sentences, text_column
from analysis.presentation.charts import chart_ageing, chart_survival
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.lasting import is_out_unsure
from analysis.presentation.telling import tell_count, tell_interval, tell_period, tell_value
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import area_told
from analysis.sections.change import change as change_section
from analysis.sections.decomposition import decomposition as decomposition_section
from analysis.sections.measures import measures as measures_section
from analysis.sections.passing import in_passing
from analysis.sections.segments import segments as segments_section
from analysis.sections.stages import stages as stages_section
from analysis.sections.trend import MONTHS_SHOWN
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.wording import capital, said, say_state

CARDS = (
    "repair_cycle_median",
    "repair_cycle_within_7d",
    "repair_cycle_p90",
    "response_sla_attainment",
    "resolution_sla_attainment",
    "backlog",
    "backlog_over_30d_share",
    "clearance_ratio",
)
ADDITIVE = "repair_cycle_restricted_mean"
WITHIN = "repair_cycle_within_7d"
IN_WORKING_HOURS = ("repair_cycle_business_median", "first_response_time_business_median")
FEWEST_MONTHS = 12
AGES = ("0-3", "3-7", "7-15", "15-30", "30-90", ">90")
BREAKDOWNS = ("fault_code", "product_line", "work_order_type", "channel", "priority")


def headline(report: Report) -> KpiCards:
    """The key figures: median and P90 of the cycle, share within 7 days, SLA attainment, backlog and its age,
    clearance.
    """
    return report.cards(CARDS)


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "repair_cycle")


def trend(report: Report) -> Block:
    """The median repair cycle month by month against its usual range, last year, the others and its target."""
    return trend_section(report, "repair_cycle_median")


def stages(report: Report) -> Block:
    """Which stage takes the time: the mean cycle as the sum of its four stages."""
    return stages_section(report)


def open_work(report: Report) -> Block:
    """Share repaired by days since the request, open orders counted as still open, beside what closed orders alone
    would claim; beneath it the same wait in working hours, where a calendar is given.
    """
    curve, median, naive = (
        report.curve("repair_cycle"),
        report.kpi("repair_cycle_median"),
        report.kpi("repair_cycle_closed_only_median"),
    )
    missing = report.lacks("open work", "work_orders.completed_at")
    if missing is not None or curve.empty or median is None:
        return missing or Note.empty(both("Share repaired by days since the request"), languages=report.languages)
    title = _flattery(report, median, naive)
    figure = chart_survival(
        curve,
        title=title,
        unit="d",
        name="open-work",
        since=both("days since the request"),
        description=report.catalogue["repair_cycle_median"].definition,
        median=_figure(median, "value"),
        naive_median=_figure(naive, "value"),
        languages=report.languages,
    )
    within = report.kpi(WITHIN)
    share = (
        None
        if within is None or is_missing(within["value"])
        else both(
            "Within 7 days: {value} ({interval}) of the orders of {period}.",
            value=tell_value(within["value"], "%"),
            interval=tell_interval(within["low"], within["high"], "%"),
            period=tell_period(within["value_period"]),
        )
    )
    tail = _tail(report)
    open_share = median["immature_share"]
    immature = (
        None
        if is_missing(open_share) or not open_share
        else both(
            "{share} of the orders were still open at the cut-off; they count as open, not as fast.",
            share=tell_value(100 * open_share, "%"),
        )
    )
    hours = (in_passing(report, metric) for metric in IN_WORKING_HOURS)
    about = both(
        "Share repaired by days since the request, orders of {period} · {unit}",
        period=tell_period(report.period),
        unit=report.unit_name,
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(figure, Sentences(said(share, tail, immature, *hours), languages=report.languages)),
    )


def promises(report: Report) -> Block:
    """Attainment of the resolution target among all orders that fell due, open ones included; response and
    appointments beside.
    """
    main = (
        "resolution_sla_attainment"
        if report.kpi("resolution_sla_attainment") is not None
        else "response_sla_attainment"
    )
    beside = [metric for metric in ("response_sla_attainment", "appointment_kept_rate") if metric != main]
    return trend_section(report, main, add=said(*(in_passing(report, metric) for metric in beside)))


def backlog(report: Report) -> Block:
    """Open orders at the end of each month by age: how many, how old, and whether they are being cleared."""
    missing, row = report.lacks("backlog", "work_orders.completed_at"), report.kpi("backlog")
    rows = report.segments("backlog", "age_bucket")
    if missing is not None or row is None or rows.empty:
        return missing or Note.empty(both("Backlog by age"), languages=report.languages)
    title = capital(say_state(row, report.catalogue["backlog"]))
    figure = chart_ageing(
        _by_age(report, rows),
        title=title,
        unit="n",
        name="backlog",
        description=report.catalogue["backlog"].definition,
        languages=report.languages,
    )
    old, clearance, days = (
        in_passing(report, metric) for metric in ("backlog_over_30d_share", "clearance_ratio", "days_of_work")
    )
    about = both("Open orders at the end of the month by age · {unit}", unit=report.unit_name)
    return report.section(
        headline=title,
        subtitle=about,
        parts=(figure, Sentences(said(_most_so_far(report), old, clearance, days), languages=report.languages)),
    )


def decomposition(report: Report) -> Block:
    """Trend, season and what comes next, on the median repair cycle."""
    return decomposition_section(report, "repair_cycle_median")


def segments(report: Report) -> Block:
    """Which faults, else which product lines …, are slow: share within 7 days, small ones drawn towards the whole."""
    breakdown = _telling_breakdown(report)
    if breakdown is not None:
        return segments_section(report, WITHIN, breakdown)
    return report.lacks("segments", "work_orders.fault_code") or _one_group(report)


def technicians(report: Report) -> Block:
    """Technicians beside each other with shrinkage: a difference is named only when it is beyond chance."""
    missing = report.lacks("technicians", "work_orders.technician_id")
    mix = both("Technicians have different work (remote or on site, easy or hard); the mix is not taken out here.")
    return missing or segments_section(report, WITHIN, "technician_id", add=(mix,))


def change(report: Report) -> Block:
    """The change of the mean cycle against a year ago, split into performance and mix."""
    breakdown = "product_line" if report.run.store.has("products") else _telling_breakdown(report)
    if breakdown is not None:
        return change_section(report, ADDITIVE, breakdown)
    return report.lacks("change", "work_orders.product_id", "products") or _one_group(report)


def units(report: Report) -> Block:
    """The share within 7 days of this unit among all units, in a funnel."""
    return units_section(report, WITHIN)


def measures(report: Report) -> Block:
    """What was done about the repair cycle, and whether it helped."""
    return measures_section(report)


def _by_age(report: Report, rows: pd.DataFrame) -> pd.DataFrame:
    """Open orders by month and age, youngest first; an age that no open order has counts none."""
    months = report.series("backlog").dropna(subset=["value"])["period"].iloc[-MONTHS_SHOWN:]
    wide = rows.pivot_table(index="period", columns="segment", values="value", aggfunc="sum", sort=False)
    wide = wide.reindex(index=months, columns=[age for age in AGES if age in wide]).fillna(0.0)
    long = wide.rename_axis(index="period").reset_index().melt("period", var_name="segment")
    ranges = {age: both("{range} days", range=age.replace("-", "–").replace(">", "> ")) for age in AGES}
    return long.assign(bucket=text_column(ranges[age] for age in long["segment"]))


def _most_so_far(report: Report) -> Text | None:
    """That more orders are open than at the end of any month shown; None where they are not."""
    history = report.series("backlog")["value"].dropna().iloc[-MONTHS_SHOWN:]
    if len(history) < FEWEST_MONTHS or history.iloc[-1] <= history.iloc[:-1].max():
        return None
    told: dict[str, Text | str] = {
        "months": str(len(history)),
        "usual": tell_count(round(history.iloc[:-1].median())),
    }
    row = report.kpi("backlog") or {}
    if row.get("signal") == "steady" and not is_out_unsure(row):
        return both(
            "The most at any month's end in {months} months, yet within the range that chance allows; usually {usual}.",
            **told,
        )
    return both("The most at any month's end in {months} months; usually {usual}.", **told)


def _flattery(report: Report, median: Mapping[str, Any], naive: Mapping[str, Any] | None) -> Text:
    true = median["value"]
    if is_missing(true):
        return both("Half of the orders are not yet repaired: a median cannot be given")
    if median["n"] < report.catalogue["repair_cycle_median"].minimum_n:
        return both(
            "Too few orders to rely on: half of {n} waited {value} or longer",
            n=tell_count(median["n"]),
            value=tell_value(true, "d"),
        )
    if naive is None or is_missing(naive["value"]):
        return both("Half of the customers wait {value} or longer", value=tell_value(true, "d"))
    if abs(true - naive["value"]) < 0.05 * true:
        return both(
            "Half of the customers wait {value} or longer; closed orders alone would say nearly the same: {naive}",
            value=tell_value(true, "d"),
            naive=tell_value(naive["value"], "d"),
        )
    return both(
        "Half of the customers wait {value} or longer; closed orders alone would claim {naive}",
        value=tell_value(true, "d"),
        naive=tell_value(naive["value"], "d"),
    )


def _tail(report: Report) -> Text | None:
    row = report.kpi("repair_cycle_p90")
    if row is None:
        return None
    if is_missing(row["value"]):
        return both("Nine in ten are not reached yet: too many orders are still open.")
    return both("One in ten waits {value} or longer.", value=tell_value(row["value"], "d"))


def _figure(row: Mapping[str, Any] | None, name: str) -> float:
    return np.nan if row is None or is_missing(row.get(name)) else float(row[name])


def _one_group(report: Report) -> Note:
    reason = both("All orders are of one kind: there are no groups to compare.")
    return Note(both("Groups of orders beside each other"), reason, languages=report.languages)


def _telling_breakdown(report: Report) -> str | None:
    """The first breakdown of which the data hold more than one segment; None where there is no such."""
    for breakdown in BREAKDOWNS:
        if report.segments(WITHIN, breakdown)["segment"].nunique() > 1:
            return breakdown
    return None
