"""What each area's sections tell that may head its report, declared once for the report and for the summary: a unit
that lies outside its funnel for the worse, and where months are few the change on a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.presentation.told import Told
from analysis.sections.units import units_told
from analysis.sections.yearly import year_alone, year_told, years_told

if TYPE_CHECKING:
    from analysis.report import Report


@dataclass(frozen=True)
class Watched:
    """What an area watches between units.

    Parameters
    ----------
    metrics : the first of them that the data can tell is compared
    months : how many months up to the newest count together
    over_years : whether the last twelve months are held against the twelve before, too
    """

    metrics: tuple[str, ...]
    months: int = 1
    over_years: bool = False


WATCHED: Mapping[str, Watched] = {
    "satisfaction": Watched(("csat_top2_share", "ces_easy_share", "nps_promoter_share"), months=12, over_years=True),
    "product_quality": Watched(
        ("repairs_per_100_units", "claims_per_1000_at_12_months", "return_rate_60d", "no_fault_found_rate")
    ),
    "service_cost": Watched(("cost_per_order",)),
    "repair_cycle": Watched(("repair_cycle_within_7d",)),
    "service_quality": Watched(
        ("first_time_fix_rate", "repeat_repair_rate_30d", "any_repeat_repair_rate_30d", "reopen_rate",
         "resolution_rate_7d")
    ),
    "process": Watched(("conformance_rate",)),
    "complaints": Watched(
        ("complaints_per_1000_units", "complaints_per_100_orders", "complaints_per_100_orders_in_period"), months=12
    ),
    "channels": Watched(
        ("channel_switch_rate", "contact_resolution_rate", "first_response_within_4h", "visits_per_order")
    ),
    "workforce": Watched(("parts_first_fill_rate",)),
}  # fmt: skip


def watched(report: "Report", area: str) -> str:
    """The metric by which the area's units are compared: the first that the data can tell, else the first of all."""
    metrics = WATCHED[area].metrics
    return next((metric for metric in metrics if report.tells(metric)), metrics[0])


def area_told(report: "Report", area: str) -> tuple[Told | None, ...]:
    """What the sections of an area tell that may head its report; last what stands in where nothing is news and a month
    holds too few records."""
    return (*_news(report, area), year_alone(report, WATCHED[area].metrics))


def told_by_areas(report: "Report") -> tuple[Told, ...]:
    """What all areas tell in this manner, for the worse first: for the summary."""
    told = [one for area in WATCHED for one in _news(report, area) if one is not None]
    for one in told:
        report.kpi(one.metric)  # what the page names it defines
    return tuple(sorted(told, key=lambda one: bool(one.good)))


def _news(report: "Report", area: str) -> tuple[Told | None, ...]:
    metric, about = watched(report, area), WATCHED[area]
    years = (year_told(report, metric), years_told(report, metric)) if about.over_years else ()
    return (*years, units_told(report, metric, months=about.months))
