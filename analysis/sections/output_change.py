"""The year's change of an output with and without the mix of work, and whether such changes are usual."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_change, tell_interval

if TYPE_CHECKING:
    from analysis.report import Report

MONTHS_COMPARED = 3
FEWEST_CHANGES = 12
Z = 1.959964


def against_plain(report: "Report", plain: str, adjusted: str) -> Text | None:
    """The last three months against the same a year ago, plain and with the mix of work taken out, beside how much such
    changes usually swing; None where that cannot be told: a change alone would pass for news.

    Parameters
    ----------
    plain, adjusted : two ratios, the latter with the mix of work taken out
    """
    changes = [yearly_change(report.series(metric)) for metric in (plain, adjusted)]
    usual = usual_reach(report.series(adjusted))
    if np.isnan(changes).any() or usual is None:
        return None
    reach = tell_interval(100 * float(np.expm1(-usual)), 100 * float(np.expm1(usual)), "%")
    verdict = both("no more than such changes usually swing (nineteen in twenty lay within {reach})", reach=reach)
    if abs(np.log1p(changes[1])) > usual:
        verdict = both("more than such changes usually swing (nineteen in twenty lay within {reach})", reach=reach)
    return both(
        "The last three months against the same a year ago: {plain} plain, {adjusted} with the mix of work taken out, "
        "{verdict}.",
        plain=tell_change(changes[0], "ratio", relative=True),
        adjusted=tell_change(changes[1], "ratio", relative=True),
        verdict=verdict,
    )


def yearly_change(series: pd.DataFrame) -> float:
    """Relative change of the last three months on the same of the year before, as sums over sums; NaN where unknown."""
    if len(series) < 12 + MONTHS_COMPARED:
        return np.nan
    now, before = series.tail(MONTHS_COMPARED), series.iloc[-12 - MONTHS_COMPARED : -12]
    ratios = [
        part["numerator"].sum() / part["denominator"].sum() for part in (now, before) if part["denominator"].sum() > 0
    ]
    return ratios[0] / ratios[1] - 1 if len(ratios) == 2 and ratios[1] > 0 else np.nan


def usual_reach(series: pd.DataFrame) -> float | None:
    """Within what nineteen in twenty of the yearly changes of three months lay, as a logarithm, judged by those that
    ended before the last three; None where too few are known to say."""
    sums = series[["numerator", "denominator"]].astype(float).rolling(MONTHS_COMPARED).sum().iloc[:-MONTHS_COMPARED]
    known = (sums["numerator"] > 0) & (sums["denominator"] > 0)
    level = np.log((sums["numerator"] / sums["denominator"].where(known)).where(known).to_numpy(float))
    changes = level[12:] - level[:-12]
    changes = changes[np.isfinite(changes)]
    return Z * float(np.sqrt(np.mean(changes**2))) if len(changes) >= FEWEST_CHANGES else None
