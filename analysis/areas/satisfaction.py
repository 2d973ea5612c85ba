"""The report on satisfaction: whether customers are satisfied, how sure that is, what goes with it, and who did not
answer.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from analysis.presentation.blocks import Block, KpiCards, Note, Section, Sentences
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.area_news import area_told, watched
from analysis.sections.asking import asking
from analysis.sections.change import change as change_section
from analysis.sections.comments import comments as comments_section
from analysis.sections.decomposition import decomposition as decomposition_section
from analysis.sections.driving import driving
from analysis.sections.segments import recent
from analysis.sections.silence import silence
from analysis.sections.standing_out import standing_out
from analysis.sections.trend import trend as trend_section
from analysis.sections.units import units as units_section
from analysis.sections.wording import said, say_target
from analysis.sections.yearly import over_a_year, year_on_year

CARDS = (
    "csat_top2_share",
    "csat_mean",
    "nps",
    "ces_mean",
    "survey_response_rate",
    "csat_weighted",
    "negative_comment_share",
    "low_score_follow_up_rate",
    "complaint_handling_satisfaction",
    "nps_relationship",
    "satisfaction_index",
    "survey_answers",
)
CARDS_AT_MOST, SENTENCES = 8, 4
SEGMENTS = ("customer_segment", "product_line", "region", "channel", "work_order_type")
CHANGES = ("work_order_type", "product_line", "region", "channel", "method")


def headline(report: Report) -> KpiCards:
    """The key figures: satisfied share and mean, recommendation, effort, response rate, the share weighted for the
    silent, negative comments, follow-up.
    """
    return report.cards(list(islice(filter(report.tells, CARDS), CARDS_AT_MOST)))


def told(report: Report) -> tuple[Told | None, ...]:
    """What the sections tell that may head the page."""
    return area_told(report, "satisfaction")


def trend(report: Report) -> Block:
    """The share of satisfied customers month by month, with the response rate and other questions beside; effort or
    recommendation where satisfaction was not asked.
    """
    main = _main(report)
    beside = said(
        year_on_year(report, main),
        _scales(report, main),
        over_a_year(report, "survey_response_rate", of=both("invitations, whatever they asked")),
    )
    return _with_beside(report, main, said(*beside, over_a_year(report, "nps")))


def decomposition(report: Report) -> Block:
    """Trend, season and what comes next."""
    return decomposition_section(report, _main(report))


def nonresponse(report: Report) -> Block:
    """Who did not answer: the plain share beside the weighted one and the worst and best case."""
    return silence(report)


def methods(report: Report) -> Block:
    """Questionnaire, telephone and review compared at the same mix of work."""
    return asking(report)


def drivers(report: Report) -> Block:
    """Which aspects go with satisfaction, how well they are scored, and where there is most to gain."""
    return driving(report)


def comments(report: Report) -> Block:
    """Themes and mood of the comments, how far the reading can be trusted, and masked examples."""
    return comments_section(report)


def follow_up(report: Report) -> Block:
    """Low scores followed up within seven days, and how content those are whose complaint was handled."""
    beside = said(
        year_on_year(report, "low_score_follow_up_rate"),
        over_a_year(report, "csat_low_share"),
        over_a_year(report, "complaint_handling_satisfaction"),
    )
    return _with_beside(report, "low_score_follow_up_rate", beside)


def segments(report: Report) -> Block:
    """Customer segments, product lines, regions and channels that stand out, judged as one family."""
    return standing_out(report, _main(report), SEGMENTS)


def change(report: Report) -> Block:
    """The change against a year ago: performance, or another mix of work, products …"""
    main = _main(report)
    for breakdown in CHANGES:
        if report.segments(main, breakdown)["segment"].nunique() > 1:
            return change_section(report, main, breakdown)
    return report.lacks("change", *report.run.missing.get(main, [])) or Note(
        both("Rate or mix"),
        both("A split into rate and mix needs answers of at least two kinds."),
        languages=report.languages,
    )


def units(report: Report) -> Block:
    """The share of satisfied customers of this unit among all units over twelve months, in a funnel."""
    return units_section(report, _main(report))


def _main(report: Report) -> str:
    """The question the report leads with: satisfaction, else effort, else recommendation."""
    return watched(report, "satisfaction")


def _with_beside(report: Report, metric: str, beside: tuple[Text, ...]) -> Block:
    """The trend of a metric with its target, its years and its sister figures under it: one month of answers is few."""
    section, row = trend_section(report, metric), report.kpi(metric)
    if not isinstance(section, Section) or section.subtitle is None or row is None:
        return section
    told = said(say_target(row, report.catalogue[metric]) if _enough(report, row) else None, *beside)
    lines = Sentences(told[:SENTENCES], languages=report.languages)
    return report.section(headline=section.headline, subtitle=section.subtitle, parts=(section.parts[0], lines))


def _enough(report: Report, row: Mapping[str, Any]) -> bool:
    return not is_missing(row["n"]) and row["n"] >= report.catalogue[row["metric"]].minimum_n


def _scales(report: Report, metric: str) -> Text | None:
    """That answers on different scales are counted together, where they are."""
    scales = sorted(recent(report.segments(metric, "scale"))["segment"].unique())
    if len(scales) < 2:
        return None
    return both(
        "Answers on {n} scales are counted together ({scales}); the highest levels of each count as satisfied.",
        n=str(len(scales)),
        scales=", ".join(scales),
    )
