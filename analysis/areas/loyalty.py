"""The report on loyalty: do customers come back, who is leaving, what is a customer worth net of service, and does
service matter for it?
"""

from itertools import islice

from analysis.presentation.blocks import Block, KpiCards, Note
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_value
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.after_service import after_service as after_service_section
from analysis.sections.at_risk import at_risk as at_risk_section
from analysis.sections.choosers import choosers as choosers_section
from analysis.sections.customer_classes import classes as classes_section
from analysis.sections.leavers import SILENCE_LIMIT, say_silence_needs
from analysis.sections.leavers import leavers as leavers_section
from analysis.sections.passing import in_passing
from analysis.sections.pooling import pool
from analysis.sections.returning import cohorts as cohorts_section
from analysis.sections.returning import cohorts_told, repurchase_curves
from analysis.sections.segments import FALSE_DISCOVERIES, judge, recent
from analysis.sections.segments import segments as segments_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.wording import said
from analysis.sections.worth import worth as worth_section

CARDS = (
    "repurchase_rate_365d",
    "repurchase_rate_180d",
    "retention_rate_12m",
    "churn_rate",
    "contract_churn_rate",
    "customer_lifetime_value",
    "post_service_churn_rate",
    "referral_rate",
    "programme_active_rate",
    "recommendation_intent",
    "second_purchase_rate_365d",
)
CARDS_AT_MOST = 8
SILENT = "churn_rate"
RETURNS = ("repurchase_rate_365d", "repurchase_rate_180d")
BREAKDOWNS = ("customer_segment", "product_line", "acquired_via", "channel", "region")


def headline(report: Report) -> KpiCards:
    """The key figures: buying again, retention, silence, contracts, lifetime value, what follows service, referrals,
    programme.
    """
    told = (metric for metric in CARDS if (metric not in RETURNS or metric == _return(report)) and report.tells(metric))
    return report.cards(list(islice(told, CARDS_AT_MOST)))


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return (cohorts_told(report),)


def trend(report: Report) -> Block:
    """The share that buys again, month by month."""
    return trend_section(report, _return(report))


def curves(report: Report) -> Block:
    """How many have bought again by days since the purchase: after the first, the second, later ones."""
    return repurchase_curves(report)


def cohorts(report: Report) -> Block:
    """Customers by the quarter they first bought in, and how many of them were there again quarter by quarter."""
    return cohorts_section(report)


def leaving(report: Report) -> Block:
    """The share of active customers who fall silent, with the silence that counts; contracts not renewed beside."""
    row = report.kpi(SILENCE_LIMIT)
    limit = None
    if not report.tells(SILENT) and report.run.missing.get(SILENT) is None:
        return Note(report.catalogue[SILENT].name, say_silence_needs(report), languages=report.languages)
    if row is not None and not is_missing(row["value"]):
        limit = both(
            "Silent means no purchase, no request and no running contract for {days}: nine in ten gaps between "
            "visits are shorter.",
            days=tell_value(row["value"], "d"),
        )
    return trend_section(report, SILENT, add=said(limit, in_passing(report, "contract_churn_rate", dated=True)))


def worth(report: Report) -> Block:
    """What a new customer is worth over 36 months net of service, and whether the models behind it fit."""
    return worth_section(report)


def classes(report: Report) -> Block:
    """Customers by how recently, often and much they bought; what the classes are worth, how customers moved."""
    return classes_section(report)


def at_risk(report: Report, *, show_customer_ids: bool = False) -> Block:
    """The customers with most margin at stake, and how good the same ranking was in the past."""
    return at_risk_section(report, show_customer_ids=show_customer_ids)


def leavers(report: Report) -> Block:
    """What customers who fell silent have in common, against those who did not."""
    return leavers_section(report)


def after_service(report: Report) -> Block:
    """Customers lost after good and after bad service, plain and with like compared with like."""
    return after_service_section(report)


def choosers(report: Report) -> Block:
    """Programme, community and personalised offers: what can honestly be said of them."""
    return choosers_section(report)


def segments(report: Report) -> Block:
    """Where customers come back more or less: the breakdown that tells most, and those that tell nothing."""
    metric = _return(report)
    card = report.catalogue[metric]
    surest: dict[str, float] = {}
    for breakdown in BREAKDOWNS:
        rows = recent(report.segments(metric, breakdown))
        if rows["segment"].nunique() > 1:
            least = judge(pool(rows, card), card)["q"].min()
            surest[breakdown] = 1.0 if is_missing(least) else float(least)
    if not surest:
        needs = both("A comparison of groups needs customers or purchases of more than one kind, watched for a year.")
        return report.lacks("segments", "purchases") or Note(
            both("Groups of customers beside each other"), needs, languages=report.languages
        )
    sure = {breakdown: q for breakdown, q in surest.items() if q < FALSE_DISCOVERIES}
    shown = min(sure or surest, key=lambda breakdown: (sure.get(breakdown, 1.0), BREAKDOWNS.index(breakdown)))
    alike = [breakdown for breakdown in surest if breakdown != shown and breakdown not in sure]
    return segments_section(report, metric, shown, add=said(_say_alike(alike)))


def _return(report: Report) -> str:
    """The share that buys again within a year; within half a year where nobody has been watched for longer."""
    return next((metric for metric in RETURNS if report.tells(metric)), RETURNS[0])


def _say_alike(alike: list[str]) -> Text | None:
    if not alike:
        return None
    names = join([breakdown_name(breakdown) for breakdown in alike], {"en": ", ", "zh": "、"})
    return both("Nothing stands out by {names}.", names=names)
