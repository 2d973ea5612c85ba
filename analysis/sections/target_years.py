"""Every target judged by twelve months together: what one month leaves open, and what several doubtful misses of one
month are worth.

That eleven of nineteen figures miss their targets in one month proves nothing by its number alone: a process that
stands on its targets misses half of them (a sign test), and figures of one work miss together. Twelve months of each
figure say more, and name which; all of them are controlled together.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from scipy.special import stdtr

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.narrative_service import listed
from analysis.presentation.narrative_words import subject_inside
from analysis.presentation.target_count import comparable_rows
from analysis.presentation.telling import tell_figure
from analysis.presentation.told import TARGETS, Told
from analysis.sections.change import changes_of_months
from analysis.sections.gaps import YEAR, pooled_year
from analysis.statistics.comparison import benjamini_hochberg

if TYPE_CHECKING:
    from analysis.report import Report

RATE = 0.05  # of false ones among the misses called sure
NAMED, NAMED_IN_HEADLINE = 4, 2


@dataclass(frozen=True)
class TargetYears:
    """How many targets have a year to judge them by, and the rows that miss theirs beyond chance, widest first, each
    with its year (value) and target."""

    judged: int
    missed: tuple[dict[str, Any], ...]


def target_years(report: "Report") -> TargetYears:
    """The unit's targets held against the last twelve months of each figure, today's target for all of them.

    The error of a year is the larger of sampling's and of what its months swing, season apart; Student's t with the
    degrees of twelve months; the control is over all targets of the unit.
    """
    return cast(TargetYears, report.once("target years", lambda: _judge(report)))


def years_missed(report: "Report") -> Told | None:
    """What twelve months together miss beyond chance, as what may stand beside the count of the month's targets."""
    years = target_years(report)
    if not years.missed:
        return None
    counts = {"n": str(len(years.missed)), "all": str(years.judged)}
    short, names = (_names(report, years, most=most) for most in (NAMED_IN_HEADLINE, NAMED))
    said = both("over twelve months {n} of {all} are missed beyond chance: {names}", **counts, names=short)
    point = both("Over twelve months {n} of {all} are missed beyond chance: {names}.", **counts, names=names)
    if len(years.missed) == 1:
        said = both("over twelve months one of {all} is missed beyond chance: {names}", **counts, names=short)
        point = both("Over twelve months one of {all} is missed beyond chance: {names}.", **counts, names=names)
    return Told(said, point, good=False, metric=TARGETS)


def say_target_years(report: "Report") -> Text | None:
    """The same as a sentence under the month's targets; None where no target has a year to be judged by."""
    told, years = years_missed(report), target_years(report)
    if told is not None:
        return told.point
    if not years.judged:
        return None
    return both("Over twelve months none of the {all} that have them is missed beyond chance.", all=str(years.judged))


def _judge(report: "Report") -> TargetYears:
    found = [
        {**row, "year": year["value"], "gap": gap, "p": p, "steps": abs(gap) / error}
        for row in comparable_rows(report.kpi_rows, report.catalogue)
        if not is_missing(row["target"])
        and (year := pooled_year(report, row["metric"])) is not None
        and (error := _error(report, row["metric"], year)) > 0
        for gap in [float(year["value"]) - float(row["target"])]
        for p in [float(2 * stdtr(YEAR - 1, -abs(gap) / error))]
    ]
    if not found:
        return TargetYears(0, ())
    q = benjamini_hochberg([one["p"] for one in found])
    missed = [
        one
        for one, rate in zip(found, q, strict=True)
        if rate < RATE and (one["gap"] < 0) == (report.catalogue[one["metric"]].better == "higher")
    ]
    return TargetYears(len(found), tuple(sorted(missed, key=lambda one: -one["steps"])))


def _error(report: "Report", metric: str, year: dict[str, Any]) -> float:
    """The standard error of a year: the larger of sampling's and of what months that differ from those a year before
    give the mean of twelve."""
    swing = changes_of_months(report.series(metric))
    apart = float(swing.std(ddof=1) / np.sqrt(2 * YEAR)) if len(swing) else 0.0
    sampling = float(year["se"])
    return max(sampling, apart) if np.isfinite(sampling) else apart


def _names(report: "Report", years: TargetYears, *, most: int) -> Text:
    most += len(years.missed) == most + 1  # "1 more" tells less than its name
    named = [_named(report, one) for one in years.missed[:most]]
    more = len(years.missed) - most
    return listed([*named, both("{n} more", n=str(more))] if more > 0 else named)


def _named(report: "Report", one: dict[str, Any]) -> Text:
    card = report.catalogue[one["metric"]]
    return both(
        "{name} ({value}, target {target})",
        name=subject_inside(card),
        value=tell_figure(pd.to_numeric(one["year"]), card.unit),
        target=tell_figure(one["target"], card.unit),
    )
