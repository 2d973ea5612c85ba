"""How many people a comparison of people needs: with two or three, one is told by the others."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.language import Text, both

if TYPE_CHECKING:
    from analysis.report import Report

PEOPLE = "technician_id"
DECLARED_BY, UNLESS_DECLARED = "technician_fix_gap", 4


def fewest_technicians(report: "Report") -> int:
    """How many technicians with records enough a comparison of them needs, as the catalogue declares it."""
    card = report.catalogue.get(DECLARED_BY)
    return int(card.how.options.get("fewest_technicians", UNLESS_DECLARED)) if card else UNLESS_DECLARED


def too_few_people(report: "Report", breakdown: str, enough: pd.Series) -> Text | None:
    """What stands in place of a verdict where the segments are people and too few of them have records enough; None
    where they may be judged. Where they may not, their figures are told and not drawn beside each other."""
    if breakdown != PEOPLE or int(enough.sum()) >= fewest_technicians(report):
        return None
    if not enough.any():
        return both("None of {n} technicians has enough records to be compared", n=str(len(enough)))
    return both(
        "Too few technicians to compare: {n} with enough records, {fewest} are needed",
        n=str(int(enough.sum())),
        fewest=str(fewest_technicians(report)),
    )
