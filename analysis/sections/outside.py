"""Figures from outside, as the company gives them (table `benchmarks`): industry and competitors, and what has no own
figure, such as the market share.

A figure of another definition is shown and never judged; how old it is stands beside it. Nothing here is looked up.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.naming import name_by_language
from analysis.presentation.telling import tell_estimate, tell_interval, tell_value
from analysis.presentation.verdicts import HINT
from analysis.sections.gap_chart import chart_gaps, say_side
from analysis.sections.gaps import gap_to, pooled_year, rows_of, sorted_gaps
from analysis.sections.wording import said

if TYPE_CHECKING:
    from analysis.report import Report

JUDGED = ("exact", "similar")
COLUMNS = ("metric", "label", "period", "value", "low", "high", "n", "definition_match", "source")
COMPETITOR = re.compile(r"competitor\s+(?P<name>\S.*)", re.IGNORECASE)


def benchmark_rows(report: "Report") -> list[dict[str, Any]]:
    """The rows of the table `benchmarks`, as given."""
    rows = report.records("benchmarks", COLUMNS)
    return rows_of(rows)


def outside(report: "Report") -> Block:
    """Every figure from outside whose metric the unit has, beside the unit's own twelve months."""
    missing = report.lacks("outside", "benchmarks")
    title = both("Figures beside industry and competitors")
    given = [row for row in benchmark_rows(report) if row["metric"] in report.catalogue]
    beside = [found for row in given if (found := _beside(report, row)) is not None]
    if missing is not None or not beside:
        reason = both("No figure from outside has a figure of this unit beside it.")
        return missing or Note(title, reason, languages=report.languages)
    gaps = sorted_gaps(pd.DataFrame(beside))
    judged = gaps[gaps["judged"]].reset_index(drop=True)
    better, worse = (int((judged["side"] == side).sum()) for side in (1, -1))
    headline = _say_counts(len(judged), better, worse)
    if judged.empty:
        headline = both("No figure from outside has the same definition: nothing can be judged")
    figures = _table(report, gaps, title)
    about = both(
        "{title} · own figures: the last twelve months, or those there are · {unit}", title=title, unit=report.unit_name
    )
    notes = said(
        both(
            "“Similar” definitions are judged, with reserve; “different” ones are shown and never judged, nor are "
            "figures of which neither more nor less is better."
        ),
        both(
            "The interval is that of the own figure. Where it meets the range that the source gives, better or worse "
            "is no more than a hint."
        ),
    )
    shown = _drawn(report, judged, headline, title, figures) if len(judged) else figures
    return report.section(
        headline=headline, subtitle=about, parts=(shown, Sentences(notes, languages=report.languages))
    )


def market(report: "Report") -> Block:
    """Market share and other figures that no service record holds: as given, or what they would need."""
    rows = [row for row in benchmark_rows(report) if row["metric"] not in report.catalogue]
    title = both("Market share, brand and the like")
    if not rows:
        reason = both(
            "Service records do not hold the market: a market share, a brand's standing or a competitor's moves can "
            "only be given. Rows of the table “benchmarks” with a metric such as market_share would be shown here as "
            "they are."
        )
        return Note(title, reason, languages=report.languages)
    frame = pd.DataFrame(
        {
            "metric": text_column(plain(str(row["metric"]).replace("_", " ")) for row in rows),
            "label": text_column(_of_whom(str(row["label"])) for row in rows),
            "period": [str(row["period"]) for row in rows],
            "value": text_column(tell_value(row["value"], "") for row in rows),
            "source": text_column(name_by_language(str(row["source"])) for row in rows),
        }
    )
    columns = {
        "metric": Column(both("What"), kind="text"),
        "label": Column(both("Of whom"), kind="text"),
        "period": Column(both("As of"), kind="text"),
        "value": Column(both("Value"), kind="text"),
        "source": Column(both("Source"), kind="text"),
    }
    headline = both("{n} figures of the market, as given", n=str(len(rows)))
    note = both("Shown as given: no record of the service could confirm or explain them.")
    parts = (
        table(frame, columns=columns, caption=title, name="market", languages=report.languages),
        Sentences((note,), languages=report.languages),
    )
    return report.section(headline=headline, subtitle=title, parts=parts)


def _beside(report: "Report", row: dict[str, Any]) -> dict[str, Any] | None:
    """The unit's figure beside one row: the last twelve months, or those that it has. Without an interval it is shown
    and not judged.
    """
    card = report.catalogue[row["metric"]]
    year = pooled_year(report, card.id, whole=False)
    if is_missing(row["value"]) or year is None:
        return None
    gap = _unless_in_range(gap_to(card, year, float(row["value"])), year, row)
    sure_how = not (is_missing(year["low"]) or is_missing(year["high"]))
    judged = row["definition_match"] in JUDGED and card.better != "none" and year["n"] >= card.minimum_n and sure_how
    return {
        "metric": card.id,
        **{name: year[name] for name in ("value", "low", "high", "n")},
        "period": year["last"],
        **gap,
        "sure": gap["sure"] and judged,
        "judged": judged,
        "label": str(row["label"]),
        "match": str(row["definition_match"]),
        "vintage": str(row["period"]),
        "source": str(row["source"]),
        "range": (row["low"], row["high"]),
    }


def _say_counts(judged: int, better: int, worse: int) -> Text:
    if not better and not worse:
        return both("Of {judged} comparisons whose definitions match, none differs beyond chance", judged=str(judged))
    parts = [
        *([both("{n} better", n=str(better))] if better else []),
        *([both("{n} worse", n=str(worse))] if worse else []),
    ]
    return both(
        "Of {judged} comparisons whose definitions match, beyond chance: {parts}",
        judged=str(judged),
        parts=join(parts, {"en": ", ", "zh": "、"}),
    )


def _unless_in_range(gap: dict[str, Any], year: Mapping[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The gap, not sure where the range that the source gives for its figure meets the own interval: others like it do
    as well."""
    ends = (row["low"], row["high"], year["low"], year["high"])
    if not gap["sure"] or any(is_missing(end) for end in ends):
        return gap
    meets = row["low"] <= year["high"] and row["high"] >= year["low"]
    return {**gap, "sure": False, "verdict": HINT} if meets else gap


def _drawn(report: "Report", judged: pd.DataFrame, headline: Text, title: Text, figures: Table) -> Block:
    return chart_gaps(
        report,
        judged,
        title=headline,
        description=title,
        against=both("figure from outside"),
        name="outside",
        table=figures,
        names=[
            both("{label} · {name}", name=report.catalogue[metric].name, label=_of_whom(label))
            for metric, label in zip(judged["metric"], judged["label"], strict=True)
        ],
    )


def _table(report: "Report", gaps: pd.DataFrame, caption: Text) -> Table:
    rows = rows_of(gaps)
    units = [report.catalogue[row["metric"]].unit for row in rows]
    frame = pd.DataFrame(
        {
            "metric": text_column(report.catalogue[row["metric"]].name for row in rows),
            "own": text_column(_own(row, unit) for row, unit in zip(rows, units, strict=True)),
            "label": text_column(_of_whom(row["label"]) for row in rows),
            "outside": text_column(_given(row, unit) for row, unit in zip(rows, units, strict=True)),
            "vintage": [row["vintage"] for row in rows],
            "match": text_column(_match(row["match"]) for row in rows),
            "verdict": text_column(
                say_side(row["side"], row["steps"], row["verdict"]) if row["judged"] else both("not judged")
                for row in rows
            ),
            "source": text_column(name_by_language(row["source"]) for row in rows),
        }
    )
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "own": Column(both("Own, up to 12 months"), kind="text"),
        "label": Column(both("Of whom"), kind="text"),
        "outside": Column(both("From outside"), kind="text"),
        "vintage": Column(both("As of"), kind="text"),
        "match": Column(both("Definition"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
        "source": Column(both("Source"), kind="text"),
    }
    return table(frame, columns=columns, caption=caption, name="outside", rows_shown=14, languages=report.languages)


def _of_whom(label: str) -> Text:
    """Whose figure it is; the common words in both languages, names as they stand."""
    common = {"industry": both("industry"), "best in class": both("best in class"), "average": both("average")}
    rival = COMPETITOR.fullmatch(label.strip())
    if rival:
        return both("competitor {name}", name=rival["name"])
    return common.get(label.strip().lower(), name_by_language(label.strip()))


def _own(row: dict[str, Any], unit: str) -> Text:
    value, interval = tell_estimate(row["value"], row["low"], row["high"], unit)
    if is_missing(row["low"]) or is_missing(row["high"]):
        return value
    return both("{value} ({interval})", value=value, interval=interval)


def _given(row: dict[str, Any], unit: str) -> Text:
    value, (low, high) = tell_value(row["reference"], unit), row["range"]
    if is_missing(low) or is_missing(high):
        return value
    return both("{value} (range {interval})", value=value, interval=tell_interval(low, high, unit))


def _match(match: str) -> Text:
    return {"exact": both("the same"), "similar": both("similar"), "different": both("different")}.get(
        match, plain(match)
    )
