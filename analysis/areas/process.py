"""The report on the process: which way orders go, how they deviate from the norm, where they queue and wait, and what
an hour less in each stage would bring.
"""

from analysis.presentation.blocks import Block, KpiCards, Note
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import both
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import area_told
from analysis.sections.extended import with_more
from analysis.sections.flow import bottleneck as bottleneck_section
from analysis.sections.flow import waiting as waiting_section
from analysis.sections.handoffs import handoff_cycle as handoff_section
from analysis.sections.hour_less import hour_less as hour_less_section
from analysis.sections.measures import measures as measures_section
from analysis.sections.passing import in_passing
from analysis.sections.process_map import deviations
from analysis.sections.process_map import process_map as process_map_section
from analysis.sections.segments import segments as segments_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.wording import said

CARDS = (
    "conformance_rate",
    "handoffs_per_order",
    "handoffs_2plus_share",
    "rework_loops_per_order",
    "flow_efficiency",
    "waiting_share",
    "backlog",
    "cancellation_rate",
)
NORM = "conformance_rate"
BREAKDOWNS = ("product_line", "service_mode", "work_order_type", "channel", "priority", "region", "customer_segment")


def headline(report: Report) -> KpiCards:
    """The key figures: conformance, hand-offs, steps back, flow efficiency, waiting, orders in the process,
    cancellations.
    """
    told = [metric for metric in CARDS if (row := report.kpi(metric)) is not None and not is_missing(row["value"])]
    return report.cards(told)


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "process")


def process_map(report: Report) -> Block:
    """The steps of the year's orders as they ran, and the ways taken most often."""
    return process_map_section(report)


def conformance(report: Report) -> Block:
    """How many orders went by the norm, month by month, and how the others deviate."""
    beside = said(
        *(in_passing(report, metric, dated=True) for metric in ("rework_loops_per_order", "cancellation_rate"))
    )
    return with_more(report, trend_section(report, NORM, peers=False), *deviations(report), sentences=beside)


def bottleneck(report: Report) -> Block:
    """Which stage takes the time, whose queue grows, and whether Little's law holds."""
    return bottleneck_section(report)


def waiting(report: Report) -> Block:
    """Time at work against recorded waits and time of which nothing is recorded."""
    return waiting_section(report)


def handoffs(report: Report) -> Block:
    """How often orders are handed on, and what goes with it: the share completed within 7 days."""
    return handoff_section(report)


def hour_less(report: Report) -> Block:
    """What an hour less in each stage would bring, re-computed."""
    return hour_less_section(report)


def segments(report: Report) -> Block:
    """Where orders leave the norm most: conformance by the first breakdown the data tell apart."""
    breakdown = _telling_breakdown(report)
    if breakdown is not None:
        return segments_section(report, NORM, breakdown)
    return report.lacks("segments", *report.run.missing.get(NORM, [])) or _one_group(report)


def measures(report: Report) -> Block:
    """What was done about the process, and whether it helped."""
    return measures_section(report)


def units(report: Report) -> Block:
    """Conformance of this unit among all units, in a funnel."""
    return units_section(report, NORM)


def _telling_breakdown(report: Report) -> str | None:
    """The first breakdown of which the data hold more than one segment; None where there is no such."""
    for breakdown in BREAKDOWNS:
        if report.segments(NORM, breakdown)["segment"].nunique() > 1:
            return breakdown
    return None


def _one_group(report: Report) -> Note:
    reason = both("All orders are of one kind: there are no groups to compare.")
    return Note(both("Groups of orders beside each other"), reason, languages=report.languages)
