"""The rows of a table for segments about too few people: their name, and [c] in place of every figure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.people import FEWEST_PEOPLE
from analysis.metrics.small_cells import TOO_FEW_PEOPLE, too_few
from analysis.presentation.blocks import Note
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.tables import SUPPRESSED
from analysis.sections.pooling import segments_with_too_few_people
from analysis.sections.wording import capital

if TYPE_CHECKING:
    from analysis.report import Report


def withheld(report: "Report", found: Mapping[str, pd.DataFrame], card: MetricCard) -> list[dict[str, Text]]:
    """The segments of several breakdowns that are about too few people: `label` and `of` what they are a segment.

    Parameters
    ----------
    found : breakdown → the metric's months by its segments
    """
    return [
        {"label": capital(report.segment_name(by, segment)), "of": breakdown_name(by)}
        for by, rows in found.items()
        for segment in segments_with_too_few_people(rows, card)
    ]


def withhold_small(frame: pd.DataFrame, people: str, report: "Report", *, named: Sequence[str]) -> pd.DataFrame:
    """The frame of a table with [c] in every figure of the rows about too few people.

    Parameters
    ----------
    people : the column that counts them
    named : the columns that name a row and stay
    """
    fewest = int(report.run.facts.get("fewest_people", FEWEST_PEOPLE))
    few = too_few(frame.assign(n=frame[people]), fewest=fewest)
    figures = [name for name in frame.columns if name not in named]
    return (
        frame.assign(**{name: frame[name].astype(object).mask(few, SUPPRESSED) for name in figures})
        if few.any()
        else frame
    )


def with_withheld(frame: pd.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The frame of a table with a row for each withheld segment at its end.

    Parameters
    ----------
    frame : the rows that are told
    rows : of each withheld segment the columns that name it; the others hold [c]
    """
    if not rows:
        return frame
    held = pd.DataFrame([{name: row.get(name, SUPPRESSED) for name in frame.columns} for row in rows])
    return pd.concat([frame.astype(object), held.astype(object)], ignore_index=True)


def note_of_none(report: "Report", metric: str, title: Text) -> Note:
    """In place of a section on a metric without a figure: that there are too few people to tell, where figures were
    measured and withheld; else that there is nothing.
    """
    if not (report.series(metric)["reason"] == TOO_FEW_PEOPLE).any():
        return Note.empty(title, languages=report.languages)
    why = both(
        "Too few answers: a figure about fewer than {n} people is withheld, and with it one more from which it could "
        "be reckoned.",
        n=str(report.run.facts.get("fewest_people", FEWEST_PEOPLE)),
    )
    return Note(title, why, languages=report.languages)


def note_withheld(title: Text, languages: tuple[str, ...]) -> Note:
    """In place of a section all of whose segments are about too few people."""
    return Note(title, both("[c] too few people to show"), languages=languages)
