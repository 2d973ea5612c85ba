"""The report on service cost: what after-sales costs, per order and per appliance, what made it change, and where money
is lost.
"""

from analysis.presentation.blocks import Block, KpiCards
from analysis.presentation.formatting import is_missing
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import area_told
from analysis.sections.cost_change import cost_change
from analysis.sections.cost_groups import cost_groups
from analysis.sections.cost_outliers import cost_outliers
from analysis.sections.cost_quality import cost_quality
from analysis.sections.cost_structure import cost_structure
from analysis.sections.poor_service import poor_service as poor_service_section
from analysis.sections.self_service_saving import self_service_saving
from analysis.sections.spare_parts import spare_parts
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.warranty_cover import warranty_cover

CARDS = (
    "cost_per_order",
    "cost_per_order_median",
    "cost_per_order_p90",
    "cost_per_unit_in_service",
    "after_sales_cost",
    "after_sales_cost_ratio",
    "poor_service_cost_share",
    "warranty_claims_ratio",
    "cost_per_satisfied_answer",
    "cost_per_contact",
)
CARDS_AT_MOST = 8
PER_ORDER = "cost_per_order"
GROUPS = ("product_line", "region", "channel", "customer_segment", "work_order_type", "service_mode")
MIX = ("product_line", "work_order_type", "service_mode", "region", "channel")


def headline(report: Report) -> KpiCards:
    """The key figures: cost per order (mean, median, P90) and per appliance, the bill and its ratio to revenue, poor
    service, warranty claims.
    """
    told = [metric for metric in CARDS if (row := report.kpi(metric)) is not None and not is_missing(row["value"])]
    return report.cards(told[:CARDS_AT_MOST])


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "service_cost")


def trend(report: Report) -> Block:
    """The cost per order month by month against its usual range, last year, the others and its target."""
    return trend_section(report, PER_ORDER, peers=False)


def structure(report: Report) -> Block:
    """What the money is spent on: cost by type over time and against the year before."""
    return cost_structure(report)


def change(report: Report) -> Block:
    """The cost against a year ago as orders, mix, cost per order and what no order bears; and against revenue."""
    return cost_change(report, MIX)


def poor_service(report: Report) -> Block:
    """Where money is lost: repeat orders, goodwill, second visits."""
    return poor_service_section(report)


def outliers(report: Report) -> Block:
    """Orders that cost far more than their kind."""
    return cost_outliers(report)


def groups(report: Report) -> Block:
    """Which products, regions, channels, customers and kinds of work are dear."""
    return cost_groups(report, PER_ORDER, GROUPS)


def parts(report: Report) -> Block:
    """Spare parts: use, turnover, and what lies still."""
    return spare_parts(report)


def warranty(report: Report) -> Block:
    """Warranty claims and accruals against revenue, the reserve, and what suppliers still owe."""
    return warranty_cover(report)


def self_service(report: Report) -> Block:
    """What self-service saves, as a range with its assumptions."""
    return self_service_saving(report)


def quality(report: Report) -> Block:
    """Cost per order against quality by unit, and what measures cost per point of quality."""
    return cost_quality(report)


def units(report: Report) -> Block:
    """The cost per order of this unit among all units, in a funnel."""
    return units_section(report, PER_ORDER)
