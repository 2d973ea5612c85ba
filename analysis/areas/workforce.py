"""The report on the workforce: whether there are enough people with the right skills and parts, and whether training
pays.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.presentation.blocks import Block, Figure, KpiCards, Note
from analysis.presentation.charts import chart_survival
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.target_verdicts import has_few_records
from analysis.presentation.telling import (
    tell_change,
    tell_count,
    tell_estimate,
    tell_interval,
    tell_period,
    tell_value,
)
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import area_told
from analysis.sections.demand import demand as demand_section
from analysis.sections.extended import with_more
from analysis.sections.output_change import MONTHS_COMPARED, against_plain, yearly_change
from analysis.sections.people import staff as staff_section
from analysis.sections.people import technicians as technicians_section
from analysis.sections.segments import segments as segments_section
from analysis.sections.skills import skills as skills_section
from analysis.sections.training import incentives as incentives_section
from analysis.sections.training import training as training_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.used_hours import USED, say_overbooked, say_stretched, say_use
from analysis.sections.week import week as week_section
from analysis.sections.wording import capital, said

CARDS = (
    "technician_utilisation",
    "staff_gap",
    "orders_per_technician_day_adjusted",
    "certified_coverage",
    "training_effect",
    "training_hours_per_technician",
    "technician_turnover",
    "parts_first_fill_rate",
)
CARDS_AT_MOST = 8
TURNOVER = "technician_turnover"
FILL, WAIT = "parts_first_fill_rate", "parts_wait_median"
PLAIN, ADJUSTED = "orders_per_technician_day", "orders_per_technician_day_adjusted"
FEWEST_TIMED = 8  # parts of which a median wait is told, as of complaints


def headline(report: Report) -> KpiCards:
    """The key figures: use of the people there, people against need, output, skills, training, turnover, parts."""
    few = {row["metric"] for row in report.kpi_rows if row["metric"] == TURNOVER and has_few_records(row)}
    told = [metric for metric in CARDS if report.tells(metric) and metric not in few]  # three people have no turnover
    return report.cards(told[:CARDS_AT_MOST])


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "workforce")


def utilisation(report: Report) -> Block:
    """Productive hours of the hours paid month by month, against the band in which neither people nor work wait."""
    return trend_section(report, USED, add=said(say_overbooked(report), say_use(report), say_stretched(report)))


def demand(report: Report) -> Block:
    """Orders, parts and people of the next 3 and 12 months, with how such forecasts did in the past."""
    return demand_section(report, ("orders", "parts", "staff"))


def productivity(report: Report) -> Block:
    """Orders per technician-day with the mix of work taken out, beside the plain figure."""
    main = ADJUSTED if report.run.missing.get(ADJUSTED) is None else PLAIN
    return trend_section(report, main, add=said(against_plain(report, PLAIN, ADJUSTED) if main == ADJUSTED else None))


def week(report: Report) -> Block:
    """Whether people are at work on the days on which work comes in."""
    return week_section(report)


def skills(report: Report) -> Block:
    """Which product lines have too few certified people."""
    return skills_section(report)


def training(report: Report) -> Block:
    """What courses did to the work, against those without a course, with the checks that keep it honest."""
    return training_section(report)


def incentives(report: Report) -> Block:
    """What was paid, and what can honestly be said of the months after."""
    return incentives_section(report)


def technicians(report: Report) -> Block:
    """Technicians beside each other with the mix of work taken out, drawn towards their common figure."""
    return technicians_section(report)


def staff(report: Report) -> Block:
    """Technicians in post, how many leave, how long they have been there."""
    return staff_section(report)


def parts(report: Report) -> Block:
    """Where parts are missing when asked for, by product line, else by supplier or region; and how long a missing one
    is waited for, open requests counted as open."""
    wait, lines = _wait(report)
    told = _where_missing(report)
    if told is None:
        missing = report.lacks("parts", *report.run.missing.get(WAIT, []))
        if missing is not None or wait is None:
            return missing or Note.empty(both("Wait for missing parts"), languages=report.languages)
        told = report.section(headline=wait.title, subtitle=_wait_about(report), parts=(wait,))
        return with_more(report, told, sentences=lines)
    return with_more(report, told, *(() if wait is None else (wait,)), sentences=lines)


def _where_missing(report: Report) -> Block | None:
    for breakdown in ("product_line", "supplier", "region"):
        if report.segments(FILL, breakdown)["segment"].nunique() > 1:
            return segments_section(report, FILL, breakdown)
    return None


def _wait(report: Report) -> tuple[Figure | Note | None, tuple[Text, ...]]:
    """The curve of the wait for missing parts, and what is to be said with it."""
    curve, row, fill = report.curve("parts_wait"), report.kpi(WAIT), report.kpi(FILL)
    if curve.empty or row is None or is_missing(row["value"]):
        return None, ()
    headline = capital(_parts_headline(row, fill))
    figure = chart_survival(
        curve,
        title=headline,
        unit="d",
        name="parts-wait",
        since=both("days since they were asked for"),
        description=_wait_about(report),
        median=row["value"],
        languages=report.languages,
    )
    still_open = None
    if not is_missing(row["immature_share"]) and row["immature_share"]:
        still_open = both(
            "{share} of the missing parts asked for in {period} were still awaited at the cut-off; they count as open.",
            share=tell_value(100 * row["immature_share"], "%"),
            period=tell_period(row["value_period"]),
        )
    return figure, said(_fill_change(report), still_open)


def _wait_about(report: Report) -> Text:
    return both(
        "Share of missing parts that had arrived by days since they were asked for, {period} · {unit_name}",
        period=tell_period(report.period),
        unit_name=report.unit_name,
    )


def units(report: Report) -> Block:
    """Parts at hand of this unit among all units, in a funnel."""
    return units_section(report, FILL)


# -- sentences --------------------------------------------------------------------------------------------------------


def _parts_headline(row: Mapping[str, Any], fill: Mapping[str, Any] | None) -> Text:
    known = fill is not None and not is_missing(fill["value"])
    share = tell_value(fill["value"], "%") if fill is not None and known else None
    if row["n"] < FEWEST_TIMED:
        few = both("too few were missing to say how long they are waited for: {n}", n=tell_count(row["n"]))
        return few if share is None else both("{share} of parts are at hand; {few}", share=share, few=few)
    value, interval = tell_estimate(row["value"], row["low"], row["high"], "d")
    wait = both("half of the missing ones take {wait} or longer", wait=value)
    if not is_missing(row["low"]) and not is_missing(row["high"]):
        wait = both("{wait} ({interval}, n = {n})", wait=wait, interval=interval, n=tell_count(row["n"]))
    return wait if share is None else both("{share} of parts are at hand; {wait}", share=share, wait=wait)


def _fill_change(report: Report) -> Text | None:
    """Parts at hand over the last three months against the same months a year ago, with the interval of the
    difference."""
    change = yearly_change(report.series(FILL))
    if np.isnan(change):
        return None
    rows = report.series(FILL)
    now, before = rows.tail(MONTHS_COMPARED), rows.iloc[-12 - MONTHS_COMPARED : -12]
    shares = [part["numerator"].sum() / part["denominator"].sum() for part in (now, before)]
    sizes = [part["denominator"].sum() for part in (now, before)]
    difference = shares[0] - shares[1]
    reach = 1.959964 * np.sqrt(sum(share * (1 - share) / size for share, size in zip(shares, sizes, strict=True)))
    return both(
        "Parts at hand in the last three months against the same a year ago: {change} ({interval}).",
        change=tell_change(100 * difference, "%"),
        interval=tell_interval(100 * (difference - reach), 100 * (difference + reach), "pp"),
    )
