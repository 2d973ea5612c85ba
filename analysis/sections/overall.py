"""What a breakdown's segments are held against: the figure of all records of the same months, those without a segment
and those of segments that are withheld included.

Refuses where that would tell a withheld segment: what is left when all the others are taken off the whole.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.language import Text, both
from analysis.sections.pooling import has_figure, pool

if TYPE_CHECKING:
    from analysis.report import Report


def overall(report: "Report", metric: str, rows: pd.DataFrame, *, held: Sequence[object] = ()) -> float | None:
    """The metric of all records in the months of `rows`, in the card's unit; None where one segment alone is withheld,
    or where the months have no figure together.

    Parameters
    ----------
    rows : the segments' months
    held : the segments of the breakdown that are withheld
    """
    if len(held) == 1:
        return None
    months = report.series(metric).assign(segment="all")
    months = months[months["period"].isin(rows["period"]) & months["mature"].astype(bool) & has_figure(months)]
    if months.empty:
        return None
    whole = pool(months, report.catalogue[metric])
    return float(whole["value"].iloc[0]) if len(whole) and np.isfinite(whole["value"].iloc[0]) else None


def say_overall(told: bool) -> Text:
    """The name of the line that segments are held against: of all records, or only of the groups that are shown."""
    return both("overall") if told else both("of the groups shown")


def say_standing_out(n: int, told: Mapping[str, Text]) -> Text:
    """What stands out, the leading segment by name: where several do, it is not told as if it were the only one."""
    if n == 1:
        return both("{segment} stands out: {value} against {centre} {overall}", **told)
    return both("{n} stand out, most of all {segment}: {value} against {centre} {overall}", n=str(n), **told)


def say_few(enough: pd.Series, held: int) -> Text | None:
    """How many of the segments are not judged, and how many more stand as [c]; together all rows of the table."""
    small = int((~enough.astype(bool)).sum())
    facts = {"n": str(small), "all": str(len(enough)), "held": str(held)}
    if small and held:
        return both("Too few records to be judged: {n} of the {all} with figures; withheld [c]: {held} more.", **facts)
    if held:
        return both("Withheld because of too few people [c]: {held}, beside the {all} with figures.", **facts)
    return both("Too few records to be judged: {n} of {all}.", **facts) if small else None
