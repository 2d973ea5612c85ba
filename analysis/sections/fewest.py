"""What a comparison of people may say: how many it needs, that it names nobody, and that it stays within a unit."""

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
        return both("Not one of {n} technicians has enough records to be compared", n=str(len(enough)))
    return both(
        "Too few technicians to compare: {n} with enough records, {fewest} are needed",
        n=str(int(enough.sum())),
        fewest=str(fewest_technicians(report)),
    )


def not_across_units(report: "Report", breakdown: str) -> Text | None:
    """What stands in place of a comparison of people from several units; None where there is one unit, or no people.

    A unit whose work is held up has technicians who all look slow: on the company's page its queue would be told as
    theirs.
    """
    if breakdown != PEOPLE or not report.is_company or len(report.run.business_units) < 2:
        return None
    return both(
        "Technicians of different units are not held against each other: the staffing, distances and queues of their "
        "unit would be told as theirs. Each unit's report compares its own."
    )


def say_people(judged: pd.DataFrame, *, differ: bool) -> Text:
    """The headline on people, by number and never by name: a table may be looked up, a headline is an accusation.

    Parameters
    ----------
    judged : one row per technician with `outside` (−1, 0, +1)
    differ : whether they lie further apart than chance would make them, as a group
    """
    out = int((judged["outside"] != 0).sum())
    if out:
        return both("{n} of {all} technicians differ from the others beyond chance", n=str(out), all=str(len(judged)))
    if differ:
        return both("Technicians differ by more than chance, but nobody stands apart from the rest")
    return both("No difference between technicians beyond chance")
