"""The report on benchmarks: every figure against its target, its own past, the other units and the outside, what
closing the gaps would bring, and a score from what the data hold.
"""

from typing import Any

import pandas as pd

from analysis.presentation.blocks import Block, Column, KpiCards, Note, Sentences, table, text_column
from analysis.presentation.language import Text, both, join
from analysis.presentation.narrative_service import listed
from analysis.presentation.narrative_words import subject_inside
from analysis.presentation.target_count import count_targets
from analysis.presentation.telling import tell_period, tell_value
from analysis.presentation.told import Told
from analysis.report import Report
from analysis.sections.best_year import best_year as best_year_section
from analysis.sections.gap_chart import FARTHEST, chart_gaps, gap_table
from analysis.sections.gaps import comparable, gaps_against
from analysis.sections.opportunity import opportunity as opportunity_section
from analysis.sections.outside import benchmark_rows
from analysis.sections.outside import market as market_section
from analysis.sections.outside import outside as outside_section
from analysis.sections.peers import peers as peers_section
from analysis.sections.scoring import scorecard as scorecard_section
from analysis.sections.target_years import say_target_years, years_missed
from analysis.sections.wording import said

CARDS_AT_MOST = 8
NAMED = 3


def headline(report: Report) -> KpiCards:
    """The figures that miss their targets most, then those that meet them; those of few records last."""
    against = gaps_against(report, "target")
    metrics = list(against["metric"]) or [row["metric"] for row in comparable(report)]
    few = {row["metric"] for row in comparable(report) if row["n"] < report.catalogue[row["metric"]].minimum_n}
    return report.cards(sorted(metrics, key=lambda metric: metric in few)[:CARDS_AT_MOST])


def told(report: Report) -> tuple[Told | None, ...]:
    """What twelve months together say of the targets, beside the month's count."""
    return (years_missed(report),)


def targets(report: Report) -> Block:
    """Every figure with a target: the gap, its interval, and whether it is beyond chance."""
    missing, gaps = report.lacks("targets", "targets"), gaps_against(report, "target")
    title = both("Figures against their targets")
    told = count_targets(report.kpi_rows, report.catalogue)
    unjudged = both("{few} more cannot be judged: too few records.", few=str(told.few)) if told.few else None
    if missing is None and unjudged is not None and not told.judged:
        return Note(both("No target can be judged: too few records"), unjudged, languages=report.languages)
    if missing is not None or gaps.empty:
        return missing or Note(title, both("No target is set for a figure of this unit."), languages=report.languages)
    counts = {"met": str(len(told.met)), "all": str(len(told.judged))}
    headline = both("{met} of {all} targets are met; no miss is beyond chance", **counts)
    if not told.missed:
        headline = both("All {all} targets are met", all=counts["all"])
    elif told.surely_missed:
        counts["sure"] = str(len(told.surely_missed))
        headline = both("{met} of {all} targets are met; missed by more than chance: {sure}", **counts)
    beside = said(say_target_years(report), unjudged)
    more = Sentences(beside, languages=report.languages) if beside else None
    parts: dict[str, Any] = {"title": title, "against": both("target"), "name": "targets", "more": more}
    return _section(report, gaps, headline=headline, behind_first=True, **parts)


def past(report: Report) -> Block:
    """Every figure against the same period a year ago, and against the best twelve months there were."""
    gaps = gaps_against(report, "year_ago")
    title = both("Figures against the same period a year ago")
    if gaps.empty:
        needs = both("A comparison with a year ago needs more than twelve months of records.")
        return Note(title, needs, languages=report.languages)
    better, worse = (int((gaps["side"] == side).sum()) for side in (1, -1))
    counts = {"better": str(better), "worse": str(worse), "all": str(len(gaps))}
    moved = _moved(report)
    headline = both("Not one of {all} figures differs from a year ago beyond chance", all=str(len(gaps)))
    if moved:
        headline = both(
            "Month beside month not one of {all} figures differs from a year ago beyond chance; by all their months "
            "{n} moved",
            all=str(len(gaps)),
            n=str(len(moved)),
        )
    if better or worse:
        headline = both("Against a year ago, beyond chance: of {all} figures {better} better, {worse} worse", **counts)
    if worse and not better:
        headline = both("Against a year ago {worse} of {all} figures are worse beyond chance, none better", **counts)
    best = best_year_section(report)
    parts: dict[str, Any] = {"title": title, "against": both("a year ago"), "name": "past", "more": best}
    return _section(report, gaps, headline=headline, note=_say_moved(moved), **parts)


def peers(report: Report) -> Block:
    """The unit among the others: median and band of the middle eight in ten; names only on the company's page."""
    return peers_section(report)


def outside(report: Report) -> Block:
    """Industry and competitors, as far as the definitions match; vintage shown."""
    return outside_section(report)


def opportunity(report: Report) -> Block:
    """What closing the gap to the median of the others would mean in a year: orders, complaints, customers, time."""
    return opportunity_section(report)


def scorecard(report: Report) -> Block:
    """A score in the form of GB/T 27922 from what the data hold, with the company's own weights."""
    return scorecard_section(report)


def market(report: Report) -> Block:
    """Market share and the like: shown as given, never computed."""
    return market_section(report)


def unmeasured(report: Report) -> Block:
    """The figures that have neither a target nor a figure from outside."""
    rows = comparable(report)
    title = both("Figures without a target and without a figure from outside")
    if not rows:
        return Note.empty(title, languages=report.languages)
    outside_of = {row["metric"] for row in benchmark_rows(report)}
    bare = [row for row in rows if pd.isna(row["target"]) and row["metric"] not in outside_of]
    headline = both(
        "{n} of {all} figures have neither a target nor a figure from outside", n=str(len(bare)), all=str(len(rows))
    )
    about = both("{title} · {period} · {unit}", title=title, period=tell_period(report.period), unit=report.unit_name)
    note = both("Targets go into the table “targets”, figures from outside into “benchmarks”.")
    if not bare:
        return report.section(headline=headline, subtitle=about, parts=())
    parts = (_bare_table(report, bare, title), Sentences((note,), languages=report.languages))
    return report.section(headline=headline, subtitle=about, parts=parts)


def _bare_table(report: Report, bare: list[dict[str, Any]], title: Text) -> Block:
    cards = [report.catalogue[row["metric"]] for row in bare]
    frame = pd.DataFrame(
        {
            "metric": text_column(card.name for card in cards),
            "value": text_column(tell_value(row["value"], card.unit) for row, card in zip(bare, cards, strict=True)),
            "peers": text_column(tell_value(row["peers"], card.unit) for row, card in zip(bare, cards, strict=True)),
            "why": text_column(card.why for card in cards),
        }
    )
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "value": Column(both("Value"), kind="text"),
        "peers": Column(both("Median of the others"), kind="text"),
        "why": Column(both("Why it matters"), kind="text"),
    }
    return table(
        frame, columns=columns, caption=title, name="without-reference", rows_shown=8, languages=report.languages
    )


def _section(
    report: Report,
    gaps: pd.DataFrame,
    *,
    headline: Text,
    title: Text,
    against: Text,
    name: str,
    more: Block | None = None,
    note: Text | None = None,
    behind_first: bool = False,
) -> Block:
    figures = gap_table(report, gaps, caption=title, against=against, name=name)
    drawn: dict[str, Any] = {
        "title": headline,
        "description": title,
        "against": against,
        "name": name,
        "table": figures,
    }
    figure = chart_gaps(report, gaps, behind_first=behind_first, **drawn)
    about = both("{title} · {period} · {unit}", title=title, period=tell_period(report.period), unit=report.unit_name)
    scale = both(
        "Counted in steps worth acting on, so that days, shares and rates stand on one scale; right of the line is "
        "better."
    )
    edge = both("Gaps of more than {n} steps are drawn at the edge.", n=f"{FARTHEST:g}")
    lines = said(_worst(report, gaps), note, scale, edge if (gaps["steps"].abs() > FARTHEST).any() else None)
    parts = (figure, Sentences(lines, languages=report.languages), *([more] if more is not None else []))
    return report.section(headline=headline, subtitle=about, parts=parts)


def _moved(report: Report) -> list[Text]:
    """The figures that moved beyond chance, judged by all their months and not by two: each with its direction."""
    words = {"improving": both("better"), "worsening": both("worse")}
    return [
        both("{name} ({side})", name=subject_inside(report.catalogue[row["metric"]]), side=words[row["signal"]])
        for row in comparable(report)
        if row["signal"] in words
    ]


def _say_moved(moved: list[Text]) -> Text | None:
    if not moved:
        return None
    return both(
        "A year ago is one month beside one month; judged by all their months these moved beyond chance: {names}.",
        names=listed(moved),
    )


def _worst(report: Report, gaps: pd.DataFrame) -> Text | None:
    behind = gaps[gaps["side"] < 0]
    if behind.empty:
        return both("No figure is worse by more than chance.")
    names = [report.catalogue[metric].name for metric in behind["metric"][:NAMED]]
    return both("Worse beyond chance, widest first: {names}.", names=join(names, {"en": "; ", "zh": "；"}))
