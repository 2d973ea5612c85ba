"""What each missing table or column would unlock: the metrics and reports that wait for it, read from the catalogue."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.presentation.blocks import Block, Column, Sentences, table, text_column
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.naming import need_name, report_name
from analysis.sections.wording import said

if TYPE_CHECKING:
    from analysis.report import Report

NAMES_SHOWN = 3


def unlocks(report: "Report") -> Block:
    """Every need that the source does not meet, with what it alone, or with others, would make measurable."""
    frame = find_unlocks(report.run.missing, report.catalogue)
    title = both("What the source lacks, and what it would unlock")
    measured = len(report.catalogue) - len(report.run.missing)
    about = both(
        "{title} · {measured} of {all} metrics of the catalogue can be measured",
        title=title,
        measured=str(measured),
        all=str(len(report.catalogue)),
    )
    if frame.empty:
        whole = both("The source gives every table and column that the catalogue asks for")
        return report.section(headline=whole, subtitle=about, parts=())
    first = frame.iloc[0]
    told: dict[str, Text | str] = {
        "need": _either(first["need"]),
        "alone": str(first["alone"]),
        "together": str(first["together"]),
    }
    headline = both(
        "Most would be gained by {need}; metrics that it gives by itself: {alone}, together with others: {together}",
        **told,
    )
    if not first["together"]:
        headline = both("Most would be gained by {need}; metrics that it gives by itself: {alone}", **told)
    elif not first["alone"]:
        headline = both("Most would be gained by {need}; metrics that it gives with others: {together}", **told)
    shown = frame.assign(
        need=text_column(_either(need) for need in frame["need"]),
        metrics=text_column(_names(metrics, report.catalogue) for metrics in frame["metrics"]),
        reports=text_column(
            join([report_name(area) for area in areas], {"en": ", ", "zh": "、"}) for areas in frame["areas"]
        ),
    )[["need", "alone", "together", "metrics", "reports"]]
    columns = {
        "need": Column(both("Missing"), kind="text"),
        "alone": Column(both("Metrics by itself"), "n"),
        "together": Column(both("With others"), "n"),
        "metrics": Column(both("Such as"), kind="text"),
        "reports": Column(both("Reports"), kind="text"),
    }
    caption = both("Tables and columns that the source does not give, by what they would unlock")
    parts = (
        table(shown, columns=columns, caption=caption, name="unlocks", languages=report.languages),
        Sentences(
            said(
                both("Derived from what each metric of the catalogue says that it needs; “or” means either is enough.")
            ),
            languages=report.languages,
        ),
    )
    return report.section(headline=headline, subtitle=about, parts=parts)


def find_unlocks(missing: Mapping[str, Sequence[str]], catalogue: Mapping[str, MetricCard]) -> pd.DataFrame:
    """One row per unmet need, the most consequential first.

    Parameters
    ----------
    missing : metric → the needs that the source does not meet.

    Returns
    -------
    need, alone (metrics that lack nothing else), together (metrics that lack more), metrics (ids, those first that it
    alone would unlock), areas.
    """
    waiting: dict[str, list[str]] = {}
    for metric, needs in missing.items():
        for need in dict.fromkeys(needs):
            waiting.setdefault(need, []).append(metric)
    rows = []
    for need, metrics in waiting.items():
        alone = [metric for metric in metrics if len(set(missing[metric])) == 1]
        ordered = [*alone, *(metric for metric in metrics if metric not in alone)]
        areas = list(dict.fromkeys(catalogue[metric].area for metric in ordered if metric in catalogue))
        rows.append((need, len(alone), len(metrics) - len(alone), ordered, areas))
    found = pd.DataFrame(rows, columns=["need", "alone", "together", "metrics", "areas"])
    return found.sort_values(["alone", "together", "need"], ascending=[False, False, True]).reset_index(drop=True)


def _either(need: str) -> Text:
    """A need by its name with its code beside; of alternatives any is enough."""
    parts = [both("{name} ({code})", name=need_name(part), code=part) for part in need.split("|")]
    return join(parts, both(" or "))


def _names(metrics: Sequence[str], catalogue: Mapping[str, MetricCard]) -> Text:
    names = [catalogue[metric].name for metric in metrics[:NAMES_SHOWN] if metric in catalogue]
    return join([*names, *([plain("…")] if len(metrics) > NAMES_SHOWN else [])], {"en": "; ", "zh": "；"})
