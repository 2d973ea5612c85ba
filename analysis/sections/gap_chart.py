"""Gaps drawn and listed: one row per metric, in steps worth acting on, and the figures behind them in their own
units.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.cards import MetricCard
from analysis.presentation.blocks import Column, Note, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.figure import Figure
from analysis.presentation.formatting import fmt_value
from analysis.presentation.language import Text, both, each, plain
from analysis.presentation.magnitudes import readable_time
from analysis.presentation.telling import tell_ends_of_change, tell_period, tell_value
from analysis.presentation.verdicts import CHANCE, SURE, word_of
from analysis.sections.wording import say_difference

if TYPE_CHECKING:
    from analysis.report import Report

METRICS_SHOWN = 14
LABEL_ROOM = 255.0
FARTHEST = 12.0  # steps: beyond it a gap is drawn at the edge, and its figure stands beside
TONES = {1: "good", 0: "flat", -1: "bad"}


def chart_gaps(
    report: "Report",
    gaps: pd.DataFrame,
    *,
    title: Text,
    description: Text,
    against: Text,
    name: str,
    table: Table,
    names: Sequence[Text] | None = None,
    behind_first: bool = False,
) -> Figure | Note:
    """Dots with intervals around the reference; what is surely better or worse is coloured. `names` where a metric
    stands more than once; `behind_first` where not all can be drawn and those behind must be.
    """
    labels = names or [report.catalogue[metric].name for metric in gaps["metric"]]
    chosen = _chosen(gaps.assign(label=text_column(labels)), behind_first=behind_first)
    drawn = chosen.assign(
        value=chosen["steps"].clip(-FARTHEST, FARTHEST),
        told=chosen["steps"],
        low=chosen["steps_low"].clip(-FARTHEST, FARTHEST),
        high=chosen["steps_high"].clip(-FARTHEST, FARTHEST),
        tone=[TONES[side] for side in chosen["side"]],
    )[["label", "value", "told", "low", "high", "tone"]]
    for metric in chosen["metric"]:
        report.kpi(metric)  # what is drawn is defined at the end of the page
    return chart_intervals(
        drawn,
        label_room=LABEL_ROOM,
        title=title,
        description=description,
        name=name,
        reference=0.0,
        reference_label=against,
        table=table,
        languages=report.languages,
    )


def gap_table(
    report: "Report",
    gaps: pd.DataFrame,
    *,
    caption: Text,
    against: Text,
    name: str,
    extra: Mapping[str, Column] | None = None,
) -> Table:
    """Metric, period, figure, reference, gap with its interval, verdict; every gap of the frame."""
    cards = [report.catalogue[metric] for metric in gaps["metric"]]
    units = units_of_rows(gaps, cards)
    frame = gaps.assign(
        metric=text_column(card.name for card in cards),
        shown=text_column(
            each(partial(fmt_value, value * factor, unit))
            for value, (unit, factor) in zip(gaps["value"], units, strict=True)
        ),
        month=text_column(gaps["span"] if "span" in gaps else map(tell_period, gaps["period"])),
        against=text_column(
            tell_value(value, unit)
            if factor == 1 and unit not in ("d", "h")
            else each(partial(fmt_value, value * factor, unit))
            for value, (unit, factor) in zip(gaps["reference"], units, strict=True)
        ),
        difference=_differences(gaps, units),
        verdict=text_column(map(say_side, gaps["side"], gaps["steps"], gaps["verdict"])),
    )
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "month": Column(both("Period"), kind="text"),
        "shown": Column(both("Value"), kind="text"),
        "against": Column(against, kind="text"),
        "difference": Column(both("Gap with 95% interval"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
        **(extra or {}),
    }
    return table(
        frame[list(columns)],
        columns=columns,
        caption=caption,
        name=name,
        rows_shown=METRICS_SHOWN,
        languages=report.languages,
    )


def units_of_rows(gaps: pd.DataFrame, cards: Sequence[MetricCard]) -> list[tuple[str, float]]:
    """The unit that all figures of a row are told in, and what they are multiplied by for it: hours for all where the
    larger of the figure and its reference is told in hours."""
    found = []
    for row, card in zip(gaps.to_dict("records"), cards, strict=True):
        larger = max(abs(float(row["value"])), abs(float(row["reference"])))
        shown, unit = readable_time(larger, card.unit)
        found.append((unit, float(shown or 0.0) / larger if unit != card.unit else 1.0))
    return found


def say_side(side: int, steps: float, verdict: str = CHANCE) -> Text:
    """Better, worse, or alike as far as chance allows to say, and how sure (`word_of`)."""
    if side:
        return both("better, beyond chance") if side > 0 else both("worse, beyond chance")
    if not steps or np.isnan(steps):
        return both("the same")
    told = both("better") if steps > 0 else both("worse")
    return both("{side}, {verdict}", side=told, verdict=word_of(CHANCE if verdict == SURE else verdict))


def _chosen(gaps: pd.DataFrame, *, behind_first: bool) -> pd.DataFrame:
    """The surest: those worse, then those better, then the widest of the others, those behind before; in the frame's
    order."""
    if len(gaps) <= METRICS_SHOWN:
        return gaps
    behind = (gaps["side"] < 0) | (behind_first & (gaps["steps"] < 0))
    importance = gaps.assign(rank=gaps["side"].abs() * 1000 + gaps["steps"].abs() + behind * 500)
    return gaps.loc[sorted(importance.nlargest(METRICS_SHOWN, "rank").index)]


def _differences(gaps: pd.DataFrame, units: Sequence[tuple[str, float]]) -> NDArray[np.object_]:
    told = []
    for row, (unit, factor) in zip(gaps.to_dict("records"), units, strict=True):
        gap, low, high = (row[name] * factor for name in ("gap", "gap_low", "gap_high"))
        value: Text = say_difference(gap, unit, _decimals(gap))
        if np.isfinite(low) or np.isfinite(high):
            interval = tell_ends_of_change(low, high, unit)
            value = both("{value} ({interval})", value=value, interval=interval)
        told.append(value)
    return text_column(told or [plain("")])[: len(told)]


def _decimals(gap: float) -> int:
    return 0 if abs(gap) >= 100 else 1 if abs(gap) >= 10 else 2
