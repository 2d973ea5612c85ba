"""Every area on one table: its leading figure, how sure that is, what it was a year ago, the target, the verdict, the
news. The answer to "how good is our service?", by the same catalogue and signals as the areas' own reports.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation import narrative
from analysis.presentation.blocks import Block, Column, table
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, plain
from analysis.presentation.lasting import is_out_unsure, say_unsure
from analysis.presentation.naming import report_name
from analysis.presentation.target_verdicts import target_verdict
from analysis.presentation.telling import tell_estimate, tell_period, tell_value
from analysis.presentation.told import Item
from analysis.presentation.verdicts import SURE, verdict_of, word_of
from analysis.sections.wording import capital, change_against, say_difference

if TYPE_CHECKING:
    from analysis.report import Report

# what each area is judged by: the first of its metrics that the data can tell
AREAS = {
    "satisfaction": ("csat_top2_share", "nps", "csat_mean", "ces_mean"),
    "product_quality": ("repairs_per_100_units", "return_rate_60d", "early_failure_rate_30d", "returns_received"),
    "service_cost": ("cost_per_order", "after_sales_cost_ratio", "cost_per_unit_in_service", "after_sales_cost"),
    "repair_cycle": ("repair_cycle_median", "repair_cycle_within_7d", "resolution_sla_attainment"),
    "service_quality": ("first_time_fix_rate", "repeat_repair_rate_30d", "resolution_rate_7d", "reopen_rate"),
    "loyalty": ("repurchase_rate_365d", "churn_rate", "retention_rate_12m", "contract_churn_rate"),
    "process": ("flow_efficiency", "handoffs_per_order", "conformance_rate", "rework_loops_per_order"),
    "complaints": ("complaints_per_1000_units", "complaints_per_100_orders", "complaint_resolution_7d",
                   "complaints_received"),
    "channels": ("self_service_deflection_rate", "remote_resolution_rate", "bot_containment_rate",
                 "interactions_received"),
    "workforce": ("technician_utilisation", "parts_first_fill_rate", "orders_per_technician_day_adjusted",
                  "technician_turnover"),
    "data_quality": ("completeness", "time_order_error_rate", "linkage_rate", "entry_lag_p90"),
}  # fmt: skip
LEADS = tuple(dict.fromkeys(metric for metrics in AREAS.values() for metric in metrics))


def leading_figures(report: "Report") -> list[str]:
    """The areas' leading figures that the data tell, those on the data themselves apart."""
    return [metric for metric in LEADS if report.tells(metric) and metric not in AREAS["data_quality"]]


def areas_at_a_glance(report: "Report", news: Sequence[Item]) -> Block:
    """How good the service is, area by area: the leading figure, how sure it is, what it was a year ago, the target,
    and how many of the page's news are of the area."""
    leads = {area: _lead(report, metrics) for area, metrics in AREAS.items()}
    rows = [_area_row(report, area, metric, news) for area, metric in leads.items()]
    told = [report.kpi(metric) for metric in leads.values() if metric is not None]
    worse = len({one.area for one in news if one.good is False} & set(leads))
    title = _areas_headline([row for row in told if row is not None], len(rows), worse)
    columns = {
        "area": Column(both("Area"), kind="text"),
        "metric": Column(both("Judged by"), kind="text"),
        "value": Column(both("Value"), kind="text"),
        "change": Column(both("Against a year ago"), kind="text"),
        "target": Column(both("Target"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
        "news": Column(both("News"), "n"),
    }
    about = both(
        "Leading figure of each area with its 95% interval, up to {period}; verdict: against its own usual range,"
        " season and chance allowed for",
        period=tell_period(report.period),
    )
    whole = table(
        pd.DataFrame(rows), columns=columns, caption=title, rows_shown=14, name="areas", languages=report.languages
    )
    return report.section(headline=title, subtitle=about, parts=(whole,))


def _lead(report: "Report", metrics: Sequence[str]) -> str | None:
    return next((metric for metric in metrics if report.tells(metric)), None)


def _areas_headline(told: Sequence[Mapping[str, Any]], areas: int, worse: int) -> Text:
    """The verdict over all areas: which of them have news for the worse, then what their leading figures say. Eleven
    leading figures within their range are no answer to "how good is it?" where other figures of the areas got worse."""
    if not told:
        return both("No area has a figure yet")
    judged = sum(row["signal"] != "insufficient" for row in told)
    if not judged:
        counts = {"n": str(len(told)), "all": str(areas)}
        return both("{n} of {all} areas have a figure; none has the months to be judged", **counts)
    leading = _say_leading([row["signal"] for row in told], judged)
    if not worse:
        return capital(leading)
    counts = {"worse": str(worse), "all": str(areas)}
    return both("News for the worse in {worse} of {all} areas; {leading}", **counts, leading=leading)


def _say_leading(signals: Sequence[str], judged: int) -> Text:
    worse, better = signals.count("worsening"), signals.count("improving")
    if not (worse or better) and judged == 1:
        return both("the one leading figure that can be judged is not surely outside its usual range")
    if not (worse or better):
        return both(
            "no leading figure is surely outside its usual range, of {n} areas that can be judged", n=str(judged)
        )
    return both(
        "leading figures worse than usual: {worse}, better: {better}, of {n} areas that can be judged",
        worse=str(worse),
        better=str(better),
        n=str(judged),
    )


def _area_row(report: "Report", area: str, metric: str | None, news: Sequence[Item]) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(("value", "change", "target"), plain("–"))
    about = {"area": capital(report_name(area)), "news": sum(one.area == area for one in news)}
    row = None if metric is None else report.kpi(metric)
    if metric is None or row is None:
        return {**about, **blank, "metric": plain("–"), "verdict": both("no data")}
    card = report.catalogue[metric]
    value, interval = tell_estimate(row["value"], row["low"], row["high"], card.unit)
    known = not is_missing(row["low"]) and not is_missing(row["high"])
    change, target = change_against(row, "year_ago"), row["target"]
    return {
        **about,
        "metric": card.name,
        "value": both("{value} ({interval})", value=value, interval=interval) if known else value,
        "change": blank["change"] if change is None or is_missing(change["value"]) else _change(change, card.unit),
        "target": blank["target"] if is_missing(target) else _target(row, tell_value(target, card.unit)),
        "verdict": _verdict(row),
    }


def _verdict(row: Mapping[str, Any]) -> Text:
    if is_out_unsure(row):
        return say_unsure(row)
    return narrative.say_signal(row["signal"], reason=row["signal_reason"])


def _change(change: Mapping[str, Any], unit: str) -> Text:
    told = say_difference(change["value"], unit, 2 if abs(change["value"]) < 10 else 0)
    verdict = verdict_of(change)
    if verdict == SURE or not round(abs(change["value"]), 2):
        return told
    return both("{change}, {verdict}", change=told, verdict=word_of(verdict))


def _target(row: Mapping[str, Any], target: Text) -> Text:
    verdict = target_verdict(row)
    return target if verdict is None else both("{target} · {verdict}", target=target, verdict=verdict)
