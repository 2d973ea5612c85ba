"""The report on product quality: which products fail, since when, how sure that is, and what will be claimed next."""

from itertools import islice

from analysis.presentation.blocks import Block, KpiCards, Note
from analysis.presentation.language import both
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.against_line import against_line
from analysis.sections.area_news import WATCHED, area_told, watched
from analysis.sections.change import change as change_section
from analysis.sections.claim_forecast import claim_forecast
from analysis.sections.decomposition import decomposition as decomposition_section
from analysis.sections.fault_clusters import fault_clusters
from analysis.sections.product_life import product_life
from analysis.sections.relapse import relapse as relapse_section
from analysis.sections.returned import returned
from analysis.sections.sale_cohorts import sale_cohorts
from analysis.sections.segments import segments as segments_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.wording import said
from analysis.statistics.month_design import SEASON_FROM

CARDS = (
    "repairs_per_100_units",
    "claims_per_1000_at_3_months",
    "claims_per_1000_at_12_months",
    "early_failure_rate_30d",
    "return_rate_60d",
    "exchange_rate_60d",
    "same_fault_recurrence_rate_90d",
    "no_fault_found_rate",
    "faults_reported",
    "returns_received",
)
CARDS_AT_MOST = 8
RATES = ("repairs_per_100_units", "faults_reported")
COMPARED = WATCHED["product_quality"].metrics
BREAKDOWNS = ("product_id", "product_line", "supplier", "channel", "region")


def headline(report: Report) -> KpiCards:
    """The key figures: failures in service and by cohort of sale, returns, the same fault again."""
    return report.cards(list(islice((metric for metric in CARDS if report.tells(metric)), CARDS_AT_MOST)))


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "product_quality")


def clusters(report: Report) -> Block:
    """Which product, batch or supplier fails in one fault beyond its past, since when, and how sure."""
    return fault_clusters(report)


def forecast(report: Report) -> Block:
    """How many claims are to be expected next, what they would cost, and how such forecasts did so far."""
    return claim_forecast(report)


def segments(report: Report) -> Block:
    """Which products fail more than their sisters of the same line; else where another rate stands out."""
    sisters = against_line(report)
    if sisters is not None:
        return sisters
    for metric in COMPARED:
        for breakdown in BREAKDOWNS:
            if report.segments(metric, breakdown)["segment"].nunique() > 1:
                return segments_section(report, metric, breakdown)
    return report.lacks("segments", "work_orders.product_id", "installed_units") or _one_kind(report)


def cohorts(report: Report) -> Block:
    """Months of sale at the same age (Nevada chart), and the units made before and after a change of design."""
    return sale_cohorts(report)


def life(report: Report) -> Block:
    """Whether products fail young, at any age or from wear."""
    return product_life(report)


def returns(report: Report) -> Block:
    """Returns and exchanges by month of sale, their reasons, refunds, and the return policy."""
    return returned(report)


def relapse(report: Report) -> Block:
    """How many repairs come back with the same fault, how often nothing is found, how long issues stay open."""
    return relapse_section(report)


def decomposition(report: Report) -> Block:
    """The repair rate month by month: trend, season and what comes next; with a short history, against its usual
    range. The count alone where no units in service are known.
    """
    rate = _rate(report)
    if report.series(rate)["value"].notna().sum() >= SEASON_FROM:
        return decomposition_section(report, rate)
    bare = both("No units in service are known: a count cannot tell worse products from more products.")
    return trend_section(report, rate, add=said(None if rate == RATES[0] else bare))


def change(report: Report) -> Block:
    """Whether the repair rate changed against a year ago, or only the mix of products in service."""
    for metric in COMPARED[:1]:
        for breakdown in ("product_line", "product_id"):
            if report.segments(metric, breakdown)["segment"].nunique() > 1:
                return change_section(report, metric, breakdown)
    needs = both("A split into rate and mix needs units in service by product.")
    return Note(both("Rate or mix"), needs, languages=report.languages)


def units(report: Report) -> Block:
    """The repair rate of this unit among all units, in a funnel."""
    return units_section(report, watched(report, "product_quality"))


def _rate(report: Report) -> str:
    return next((metric for metric in RATES if report.tells(metric)), RATES[-1])


def _one_kind(report: Report) -> Note:
    reason = both("All records are of one kind: there are no groups to compare.")
    return Note(both("Groups beside each other"), reason, languages=report.languages)
