"""Segments that differ as a group, of which none lies outside the spread of the others: which of them are higher and
which lower than all together.

A few kinds of work that truly differ are no sample of alike ones: two that are high make the spread so wide that
neither is outside it. Each is then held against all records together, chance allowed for and how many are compared.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.metrics.cards import MetricCard
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.narrative_service import listed
from analysis.presentation.telling import tell_figure
from analysis.statistics.comparison import benjamini_hochberg

if TYPE_CHECKING:
    from analysis.report import Report

FALSE_DISCOVERIES = 0.05
FEW = 12
"""With more segments their usual spread is known, and who lies within it does not stand out."""
UNLIKE = "unlike"


def are_few(judged: pd.DataFrame) -> bool:
    """Whether the segments with records enough are too few to have a usual spread."""
    return int(judged["enough"].sum()) <= FEW


def told_apart(judged: pd.DataFrame) -> pd.DataFrame:
    """The judged segments with `outside` by `apart_from_all`, and marked so (see `is_told_apart`)."""
    told = judged.assign(outside=apart_from_all(judged))
    told.attrs = {**judged.attrs, UNLIKE: True}
    return told


def is_told_apart(judged: pd.DataFrame) -> bool:
    """Whether the segments' `outside` is their distance from all the others, not from the spread of these."""
    return bool(judged.attrs.get(UNLIKE))


def apart_from_all(judged: pd.DataFrame) -> pd.Series:
    """(segments,) +1 where a segment with enough records lies above the common figure beyond chance, −1 below, else 0.

    Against the others together, not against a whole that holds the segment itself: its distance from the whole is its
    distance from the others times the others' part, by records.

    Parameters
    ----------
    judged : value, se, n, enough; the common figure in `.attrs["centre"]`
    """
    distance = (judged["value"] - judged.attrs["centre"]).to_numpy(float)
    part = (judged["n"] / judged["n"].sum()).to_numpy(float)
    rest = np.where(part < 1, distance / np.where(part < 1, 1 - part, 1.0), np.nan)
    error: NDArray[np.float64] = (judged["se"] / np.sqrt(np.where(part < 1, 1 - part, 1.0))).to_numpy(float)
    known = judged["enough"].to_numpy(bool) & (error > 0)
    p = np.where(known, 2 * ndtr(-np.abs(rest) / np.where(error > 0, error, 1.0)), np.nan)
    beyond = np.nan_to_num(benjamini_hochberg(p), nan=1.0) < FALSE_DISCOVERIES
    return pd.Series(np.where(beyond, np.sign(distance), 0).astype(int), index=judged.index)


def say_unlike(report: "Report", judged: pd.DataFrame, card: MetricCard, breakdown: str) -> Text:
    """The headline of segments that differ as a group: the ends, and which are higher or lower than all together."""
    told = {**_ends(report, judged, card, breakdown), "centre": tell_figure(judged.attrs["centre"], card.unit)}
    sides = judged["outside"]
    named = {
        side: [report.segment_name(breakdown, name) for name in _farthest_first(judged[sides == side], judged)]
        for side in (1, -1)
    }
    above, below = (listed(names) if names else None for names in (named[1], named[-1]))
    if above is not None and below is not None:
        return both(
            "By {breakdown} from {low} ({first}) to {high} ({last}); beyond chance above the {centre} overall: "
            "{above}; below: {below}",
            **told,
            above=above,
            below=below,
        )
    if above is not None:
        return both(
            "By {breakdown} from {low} ({first}) to {high} ({last}); beyond chance above the {centre} overall: {above}",
            **told,
            above=above,
        )
    if below is not None:
        return both(
            "By {breakdown} from {low} ({first}) to {high} ({last}); beyond chance below the {centre} overall: {below}",
            **told,
            below=below,
        )
    return both(
        "By {breakdown} from {low} ({first}) to {high} ({last}): more than chance, but which of them lie apart cannot "
        "be told",
        **told,
    )


def say_spread(report: "Report", judged: pd.DataFrame, card: MetricCard, breakdown: str) -> Text:
    """The headline of many segments that differ as a group, none outside the spread of the others."""
    return both(
        "By {breakdown} from {low} ({first}) to {high} ({last}): more than chance, but none stands apart from the rest",
        **_ends(report, judged, card, breakdown),
    )


def say_rule() -> Text:
    """What "high" and "low" mean beside segments that are told apart so."""
    return both(
        "High and low mean: apart from all the others together beyond chance, after allowing for how many are "
        "compared; segments so unlike each other have no usual spread."
    )


def _ends(report: "Report", judged: pd.DataFrame, card: MetricCard, breakdown: str) -> dict[str, Text]:
    known = judged[judged["enough"]].sort_values("value")
    return {
        "breakdown": breakdown_name(breakdown),
        "low": tell_figure(known["value"].iloc[0], card.unit),
        "first": report.segment_name(breakdown, known["segment"].iloc[0]),
        "high": tell_figure(known["value"].iloc[-1], card.unit),
        "last": report.segment_name(breakdown, known["segment"].iloc[-1]),
    }


def _farthest_first(rows: pd.DataFrame, judged: pd.DataFrame) -> list[str]:
    far = (rows["value"] - judged.attrs["centre"]).abs()
    return [str(name) for name in rows.loc[far.sort_values(ascending=False, kind="stable").index, "segment"]]
