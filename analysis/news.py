"""What heads a page: the most consequential thing told anywhere on it, and the main points below.

Four places tell: the run's findings, the cards' signals, the sections (which hand over what they tell, see `Told`), and
on the company's page the findings of its units. Something that got worse goes before anything that got better, and
only where none of them tells a thing is a page called calm. It computes no figure and judges none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.eventful import events_of_units, untold, with_rows
from analysis.presentation import narrative, narrative_clusters, narrative_service
from analysis.presentation.events import is_part_of, told_once
from analysis.presentation.language import Text, both, join
from analysis.presentation.narrative_words import subject_inside
from analysis.presentation.perhaps import say_perhaps
from analysis.presentation.told import TARGETS, Item, Told
from analysis.unit_figures import BENCHMARKS, SUMMARY

if TYPE_CHECKING:
    from analysis.report import Report

Finding = Mapping[str, Any]
Row = Mapping[str, Any]

WORKFORCE, PRODUCTS = "workforce", "product_quality"
NEWS_OF = {BENCHMARKS: ("target_missed", "unit_outlier")}  # the only kinds of finding that are a report's own
LEAD = "repair_cycle_median"  # what a quiet page leads with, where the report has it
POINTS_AT_MOST = 6
POINTS_OF_SUMMARY = 5  # besides the sentence on the targets; the others stand under "what changed"
OVER_TIME = ("level_shift", "trend", "outlier")
SEASON = "seasonality"
STANDING = ("bottleneck", "driver", SEASON)  # true every month, and so no news
DEMAND = {"repair_cycle": ("orders_submitted",)}  # how many orders come is no news of how long they take
RECORDED = ("survey_answers", "part_lines_used")  # how much was written down, not how good the service was
ANSWERS = "survey_answers"  # whose customers answer most says nothing of how content they are
WORSE = "worsening"
OWN = "data_quality"  # how well something was written down heads no page that has a figure of service
SEMICOLON = {"en": "; ", "zh": "；"}


def headline(report: "Report", shown: Sequence[str] = (), told: Sequence[Told] = ()) -> Text:
    """The finding of the period in one sentence: the page's h1, and what the index says of the report.

    Parameters
    ----------
    shown : metrics of the page's cards
    told : what its sections tell
    """
    worse = _worsening(report, shown)
    if report.name == SUMMARY and (service := _service(report, worse, told)) is not None:
        return service
    if report.name == WORKFORCE and (shortage := narrative_service.say_shortage(report.kpi_rows)) is not None:
        return shortage
    found = [report.named(one) for one in _own(report, shown) if is_news(report, one) and narrative.is_headline(one)]
    if report.name == BENCHMARKS and not found:
        return _comparisons(report, worse, told)
    if found and found[0]["good"] is False:
        return _short(report, found[0])
    bad = next((one for one in found if one["good"] is False), None)
    if bad is not None and (worse or _for_the_worse(report, told)):
        return _short(report, bad)
    if worse:
        return narrative.say_headline(worse, (), report.catalogue, unit_name=report.unit_name)
    lead = next(iter(_for_the_worse(report, told)), None)
    if lead is not None:
        return lead.headline
    if found:
        return _short(report, found[0])
    return _quiet(report, told, shown)


def points(report: "Report", shown: Sequence[str] = (), told: Sequence[Told] = ()) -> list[Text]:
    """The main points, at most six, the gravest first; of the summary one on the targets before its news."""
    if report.name == SUMMARY:
        year = (one.point for one in told if one.metric == TARGETS)
        targets = narrative_service.say_targets(report.kpi_rows, report.catalogue, *year)
        first = [one.with_unit if report.is_company else one.said for one in summary_news(report, told)]
        return [*([] if targets is None else [targets]), *first[:POINTS_OF_SUMMARY]]
    own = [found for found in _own(report, shown) if found["kind"] != SEASON and not _tells_growth(report, found)]
    clusters, own = _with_views(report, _clusters(report), told_once(own))
    own, moved = with_rows(own, _worsening(report, shown), report.catalogue)
    said = [report.say(found) for found in own]
    for_the_worse = untold(_of_sections(report, told), own, report.business_unit)
    sections = (*clusters, *for_the_worse, *(one for one in told if one.good))
    others = [*moved, *(one.point for one in sections)]
    kept = max(POINTS_AT_MOST - len(others), POINTS_AT_MOST // 2)
    return [*said[:kept], *others, *said[kept:]][:POINTS_AT_MOST]


def findings(
    report: "Report", *, metrics: Iterable[str] | None = None, kinds: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """This unit's findings, news first (`is_news`): of those metrics and kinds, by default all of this report."""
    about = set(report.metrics if metrics is None else metrics)
    kinds = NEWS_OF.get(report.name) if kinds is None else kinds
    wanted = None if kinds is None else set(kinds)
    mine = (f for f in report.run.findings if f["business_unit"] == report.business_unit and f["metric"] in about)
    told = sorted((f for f in mine if wanted is None or f["kind"] in wanted), key=lambda f: not is_news(report, f))
    return told if metrics is not None or wanted is not None else _one_season(report, told)


def is_news(report: "Report", found: Finding) -> bool:
    """Whether a finding may lead: neither what holds every month (bottleneck, season) nor the rise of a mere count
    where a rate with its exposure is known, nor of what was merely recorded, nor of a sum without a good direction:
    more customers are not more complaints per customer, and more sales are no news of service.
    """
    if found["metric"] in DEMAND.get(report.name, ()):
        return False
    return found["kind"] not in STANDING and not _tells_growth(report, found)


def top_news(report: "Report") -> list[dict[str, Any]]:
    """The findings of the summary's news in the order to tell them, each event once; the company's page has its units'
    too."""
    found = report.run.findings if report.is_company else findings(report)
    events = told_once([each for each in found if is_news(report, each)])
    return narrative_service.spread_news(events, report.catalogue)


def summary_news(report: "Report", told: Sequence[Told] = ()) -> list[Item]:
    """All news of the summary in the order to tell them: a fault that piles up, the findings, what the areas' sections
    tell, ahead of the findings for which the main points have no room. A figure of which a finding tells is not told by
    a section again, nor a batch beside its own cluster.

    Parameters
    ----------
    told : what the sections of the areas' own reports tell that heads them
    """
    found = top_news(report)
    beside = untold([one for one in told if one.metric != TARGETS], found, report.business_unit)
    clusters, found = _with_views(report, _untold_clusters(report, found), found)
    sections = [*clusters, *beside]
    items = [
        Item(report.say(one), report.say(one, with_unit=True), one["business_unit"], one["good"], _area(report, one))
        for one in found
    ]
    others = [
        Item(one.point, one.point, report.business_unit, one.good, _area(report, {"metric": one.metric}), one.units)
        for one in sections
    ]
    told_first = [*others[: len(clusters)], *items[: POINTS_OF_SUMMARY - len(clusters)]]
    return [*told_first, *others[len(clusters) :], *items[POINTS_OF_SUMMARY - len(clusters) :]]


def _with_views(
    report: "Report", clusters: Sequence[tuple[str, Told]], found: Sequence[dict[str, Any]]
) -> tuple[list[Told], list[dict[str, Any]]]:
    """The clusters with the findings that are views of them told in their points, and the other findings."""
    said, left = [], list(found)
    for segment, one in clusters:
        own = [each for each in left if each["business_unit"] == report.business_unit and is_part_of(each, segment)]
        left = [each for each in left if each not in own]
        views = [view for each in own for view in (each, *each.get("beside", ()))]
        said.append(replace(one, point=narrative.say_with_views(one.point, views, report.catalogue)) if views else one)
    return said, left


def _area(report: "Report", found: Finding) -> str:
    return report.catalogue[found["metric"]].area if found["metric"] in report.catalogue else report.name


def _untold_clusters(report: "Report", found: Sequence[Finding]) -> list[tuple[str, Told]]:
    """The summary's product or batch whose fault piles up beyond doubt with its segment, where no finding tells it."""
    return [] if any(each["metric"] == narrative_clusters.METRIC for each in found) else _clusters(report)


# -- what is told, by place -------------------------------------------------------------------------------------------


def _own(report: "Report", shown: Sequence[str]) -> list[dict[str, Any]]:
    """The unit's findings on the report's metrics and on those of its cards, whatever area they are of."""
    if report.name in NEWS_OF:
        return findings(report)
    known = findings(report)
    beside = findings(report, metrics=set(shown) - set(report.metrics))
    beside = [found for found in beside if found["kind"] not in STANDING]
    rank = {id(found): place for place, found in enumerate(report.run.findings)}
    return sorted([*known, *beside], key=lambda found: (not is_news(report, found), rank[id(found)]))


def _worsening(report: "Report", shown: Sequence[str]) -> list[Row]:
    """The rows that worsen by the signals: of the cards shown, then of the report's other metrics."""
    place = {metric: position for position, metric in enumerate(shown)}
    about = set(shown) if report.name in (SUMMARY, BENCHMARKS) else {*shown, *report.metrics}
    rows = [row for row in report.kpi_rows if row["metric"] in about and row["signal"] == WORSE]
    rows = [row for row in rows if row["metric"] in place or not _is_mere(report, row["metric"])]
    return sorted(rows, key=lambda row: place.get(row["metric"], len(place)))


def _for_the_worse(report: "Report", told: Sequence[Told]) -> list[Told]:
    """A fault that piles up, what sections tell for the worse, then on the company's page the gravest of its units."""
    return [*(one for _, one in _clusters(report)), *_of_sections(report, told)]


def _of_sections(report: "Report", told: Sequence[Told]) -> list[Told]:
    events, said = events_of_units(report, is_news) if report.name not in (SUMMARY, BENCHMARKS) else ([], [])
    return [*untold([one for one in told if one.good is False], events, report.business_unit), *said]


def _clusters(report: "Report") -> list[tuple[str, Told]]:
    """A product's or batch's fault that this unit's own repairs confirm, with its segment: news of the report on
    products, and of the summary where no finding tells it already."""
    if report.name not in (PRODUCTS, SUMMARY):
        return []
    rows = report.segments(narrative_clusters.METRIC, narrative_clusters.BREAKDOWN)
    found = narrative_clusters.read_clusters(rows, report.period)
    found = found[found["sure"]] if len(found) else found
    if found.empty:
        return []
    said = narrative_clusters.say_found(found.iloc[0], report.segment_name)
    point = both("{found}.", found=said)
    return [(str(found.iloc[0]["segment"]), Told(said, point, good=False, metric=narrative_clusters.METRIC))]


def _service(report: "Report", worse: Sequence[Row], told: Sequence[Told]) -> Text | None:
    worsening = narrative_service.worsening_figures(report.run.rows("kpis")) if report.is_company else {}
    names = narrative_service.named_units(worsening, report.catalogue, report.run.unit_name)
    found = top_news(report)
    lead = next((one for one in found if one["good"] is False and narrative.is_headline(one)), None)
    bad = [one for one in told if one.good is False and one.metric != TARGETS]
    sections = [*(one for _, one in _untold_clusters(report, found)), *bad]
    news = next((one.headline for one in sections), None)
    if lead is not None:
        units = report.run.unit_name if report.is_company else None
        news = narrative.say_headline((), [report.named(lead)], report.catalogue, with_units=units)
    return narrative_service.say_service(report.kpi_rows, report.catalogue, worse_units=names, worse=worse, news=news)


def _comparisons(report: "Report", worse: Sequence[Row], told: Sequence[Told]) -> Text:
    """How many targets are met, and what is worse all the same."""
    targets = narrative.say_targets_met(report.kpi_rows, report.catalogue)
    if targets is None:
        return narrative_service.say_without_targets(report.kpi_rows, report.catalogue, _quiet(report))
    named = [subject_inside(report.catalogue[row["metric"]]) for row in worse]
    parts = [both("worsening: {names}", names=narrative_service.listed(named))] if named else []
    return join([targets, *parts, *(one.headline for one in told if one.good is False)], SEMICOLON)


def _quiet(report: "Report", told: Sequence[Told] = (), shown: Sequence[str] = ()) -> Text:
    """The page's best news, a card of it that is perhaps worse, or honestly that there is none."""
    rows = [row for row in report.kpi_rows if row["metric"] in report.metrics and not _is_mere(report, row["metric"])]
    rows.sort(key=lambda row: (row["metric"] != LEAD, report.catalogue[row["metric"]].area == OWN))
    moved = any(row["signal"] in ("improving", "unusual") and pd.notna(row["value"]) for row in rows)
    news = [one for one in told if one.good is not None]
    if news and not moved:
        return news[0].headline
    found = [report.named(one) for one in findings(report) if is_news(report, one)]
    doubt = None if moved else say_perhaps([row for row in report.kpi_rows if row["metric"] in shown], report.catalogue)
    if doubt is not None and not any(map(narrative.is_headline, found)):
        return doubt
    year = next((one.headline for one in told if one.good is None), None)
    said = narrative.say_headline(rows, found, report.catalogue, unit_name=report.unit_name, year=year)
    demand = [one for one in findings(report) if one["metric"] in DEMAND.get(report.name, ())]
    if moved or any(map(narrative.is_headline, found)) or not any(map(narrative.is_headline, demand)):
        return said
    return both("{said}, the number of orders aside", said=said)


def _short(report: "Report", found: Finding) -> Text:
    return narrative.say_headline((), [found], report.catalogue, unit_name=report.unit_name)


def _one_season(report: "Report", told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings with the first season alone, and none of a mere sum: that July is busy need be said once."""
    seasons = [f for f in told if f["kind"] == SEASON and report.catalogue[f["metric"]].kind != "total"]
    return [f for f in told if f["kind"] != SEASON or f is next(iter(seasons), None)]


def _tells_growth(report: "Report", found: Finding) -> bool:
    return found["metric"] == ANSWERS or (found["kind"] in OVER_TIME and _is_mere(report, found["metric"]))


def _is_mere(report: "Report", metric: str) -> bool:
    """Whether it is a count whose rate is known or that tells what was recorded, or a sum without a good direction."""
    card = report.catalogue[metric]
    mere_count = card.kind == "count" and (metric in RECORDED or card.area in report.areas_with_rates)
    return mere_count or (card.kind == "total" and card.better == "none")
