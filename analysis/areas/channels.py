"""The report on channels: where customers turn, whether they get an answer there, what self-service, the chatbot and
remote help take off the agents, and when people are needed.
"""

from analysis.presentation.blocks import Block, KpiCards, Note
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_value
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import area_told, watched
from analysis.sections.contact_hours import contact_hours as contact_hours_section
from analysis.sections.contacts import by_channel, saved_contacts
from analysis.sections.contacts import channel_mix as channel_mix_section
from analysis.sections.contacts import resolution_by_channel as resolution_section
from analysis.sections.decomposition import decomposition as decomposition_section
from analysis.sections.extended import with_more
from analysis.sections.measures import measures as measures_section
from analysis.sections.passing import in_passing
from analysis.sections.segments import segments as segments_section
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.wording import said

CARDS = (
    "interactions_received",
    "channel_switch_rate",
    "self_service_deflection_rate",
    "bot_containment_rate",
    "remote_resolution_rate",
    "visits_per_order",
    "abandonment_rate",
    "contact_resolution_rate",
    "first_response_within_4h",
)
CARDS_AT_MOST = 8
REMOTE = ("remote_resolution_rate", "remote_resolution_rate_all", "visits_per_order")


def headline(report: Report) -> KpiCards:
    """The key figures: contacts, channel changes, self-service, chatbot, remote help, visits, abandoned calls,
    resolution.
    """
    told = [metric for metric in CARDS if (row := report.kpi(metric)) is not None and not is_missing(row["value"])]
    return report.cards(told[:CARDS_AT_MOST])


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "channels")


def channel_mix(report: Report) -> Block:
    """Contacts by channel, month by month."""
    return channel_mix_section(report)


def decomposition(report: Report) -> Block:
    """Trend, season and what comes next, on the contacts that a person dealt with."""
    return decomposition_section(report, "contacts_with_a_person")


def switching(report: Report) -> Block:
    """How many issues changed channel, and by which channel they began."""
    beside = said(by_channel(report, "channel_switch_rate"), in_passing(report, "contacts_per_issue", dated=True))
    return with_more(
        report,
        trend_section(report, "channel_switch_rate", peers=watched(report, "channels") != "channel_switch_rate"),
        sentences=beside,
    )


def self_service(report: Report) -> Block:
    """Self-service without a contact after it, what it spared, and the chatbot's conversations beside."""
    bot = in_passing(report, "bot_containment_rate", dated=True)
    caution = both("Contained is not solved: a customer who gives up counts as contained.")
    lines = said(saved_contacts(report), _ratio_apart(report), bot, None if bot is None else caution)
    return with_more(report, trend_section(report, "self_service_deflection_rate"), sentences=lines)


def remote(report: Report) -> Block:
    """Cases solved from afar, among those eligible and among all, and the visits that orders took."""
    main = next((metric for metric in REMOTE if report.tells(metric)), REMOTE[0])
    beside = said(*(in_passing(report, metric, dated=True) for metric in REMOTE if metric != main))
    return with_more(report, trend_section(report, main), sentences=beside)


def telephone(report: Report) -> Block:
    """Calls abandoned, how fast the others were answered, and whether questions in the community get an answer."""
    calls = ("answered_within_30s_share", "speed_of_answer_p90")
    forum = ("community_answer_rate_72h", "community_first_reply_median")
    if report.tells(forum[0]) and not report.tells("abandonment_rate"):
        beside = said(in_passing(report, forum[1], dated=True))
        return with_more(report, trend_section(report, forum[0]), sentences=beside)
    lines = (*(in_passing(report, name) for name in calls), *(in_passing(report, name, dated=True) for name in forum))
    return with_more(report, trend_section(report, "abandonment_rate"), sentences=said(*lines))


def resolution(report: Report) -> Block:
    """What each channel resolves, as it stands and at equal work."""
    return resolution_section(report)


def hours(report: Report) -> Block:
    """When customers turn to a person."""
    return contact_hours_section(report)


def segments(report: Report) -> Block:
    """Where remote help works and where it does not: by product line, else fault, channel or region."""
    for metric in ("remote_resolution_rate_all", "channel_switch_rate"):
        for breakdown in ("product_line", "fault_code", "channel", "region"):
            if report.segments(metric, breakdown)["segment"].nunique() > 1:
                return segments_section(report, metric, breakdown)
    reason = both("There are no groups of orders or contacts to compare.")
    return Note(both("Where remote help works"), reason, languages=report.languages)


def measures(report: Report) -> Block:
    """What was introduced (a chatbot, a help page, a rule), and whether it helped."""
    return measures_section(report)


def units(report: Report) -> Block:
    """This unit among all units, by the first of these figures that the data tell."""
    return units_section(report, watched(report, "channels"))


def _ratio_apart(report: Report) -> Text | None:
    row = report.kpi("self_service_ratio")
    if row is None or is_missing(row["value"]):
        return None
    return both(
        "As vendors count, {value} self-service users per customer who turned to a person: a ratio, no share of "
        "solved cases.",
        value=tell_value(row["value"], "ratio"),
    )
