"""Why a figure is what it is: what the run found about it, which stage and which segments its change against a year
ago comes from.

A median does not split; its restricted mean does, and stands in for it, which is said.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.exploring.asked import check_asked
from analysis.exploring.explored import Explored
from analysis.exploring.measuring import about, compared, hand_out
from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import Derived, Duration, Modelled, Quantile, Snapshot
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name, stage_name
from analysis.presentation.telling import tell_span
from analysis.sections.change import change, compared_windows
from analysis.sections.pooling import parts, pool
from analysis.sections.wording import capital, column_unit, say_difference
from analysis.statistics.mix import kitagawa

if TYPE_CHECKING:
    from analysis.report import Report

SPLIT_BY = ("product_line", "fault_code", "service_mode", "work_order_type", "channel", "priority", "region",
            "category", "cost_type", "supplier", "reason")  # fmt: skip
STAND_IN = {"repair_cycle_median": "repair_cycle_restricted_mean", "repair_cycle_p90": "repair_cycle_restricted_mean"}
STAGES = ("request_handling", "dispatch", "technician_response", "repair")
FINDINGS_SHOWN = 4
EFFECTS = ["breakdown", "segment", "rate_effect", "mix_effect"]


def explained(report: "Report", metric: str, *, period: str | None = None, by: str | None = None) -> Explored:
    """What is known of why a metric of the unit is as it is, for the three months up to the end of the period."""
    asked = check_asked(report, metric, by=by, period=period)
    then = report.of(report.business_unit, str(asked.last))
    card = report.catalogue[STAND_IN.get(metric, metric)]
    against = compared(report, metric, to="year_ago", period=asked.period)
    effects = split_effects(then, card, first=by) if splits(card) else pd.DataFrame(columns=EFFECTS)
    blocks: list[Block] = [*against.parts, Sentences(_told(report, metric, card, effects), languages=report.languages)]
    if card.id in STAND_IN.values():
        blocks += [stage for stage in (_stages(then),) if stage is not None]
    if len(effects):
        blocks.append(change(then, card.id, str(effects["breakdown"].iloc[0])))
    elif not splits(card):
        blocks.append(Note(card.name, both("This figure does not split into segments."), languages=report.languages))
    title = both("{name}: what its change comes from", name=asked.card.name)
    return hand_out(report, asked, title, about(report, asked), blocks, effects)


def splits(card: MetricCard) -> bool:
    """Whether a metric's change splits exactly into segments: quotients of sums, shares within T, restricted means."""
    if isinstance(card.how, Duration):
        return card.how.statistic != "quantile"
    return not isinstance(card.how, Derived | Modelled | Quantile | Snapshot) and card.kind in ("ratio", "rate")


def split_effects(report: "Report", card: MetricCard, *, first: str | None = None) -> pd.DataFrame:
    """One row per breakdown and segment: its rate effect and its mix effect on the change against a year ago, the
    breakdown first in which one segment explains most, or the one asked for.
    """
    found = []
    for breakdown in (by for by in dict.fromkeys((first or SPLIT_BY[0], *SPLIT_BY)) if by in card.breakdowns):
        now, before = compared_windows(report.segments(card.id, breakdown))
        if now.empty or before.empty or now["segment"].nunique() < 2:
            continue
        split = kitagawa(parts(before, card), parts(now, card))
        found.append(split.assign(breakdown=breakdown)[["breakdown", "segment", "rate_effect", "mix_effect"]])
    if not found:
        return pd.DataFrame(columns=EFFECTS)
    effects = pd.concat(found, ignore_index=True)
    size = effects["rate_effect"].abs()
    known = effects["segment"].astype(str).ne("unknown")
    most = size.where(known, 0.0).groupby(effects["breakdown"]).transform("max")
    most = most.mask(effects["breakdown"] == first, np.inf)
    return effects.assign(most=most, size=size).sort_values(
        ["most", "breakdown", "size"], ascending=[False, True, False], kind="stable", ignore_index=True
    )[["breakdown", "segment", "rate_effect", "mix_effect"]]


def _told(report: "Report", metric: str, card: MetricCard, effects: pd.DataFrame) -> tuple[Text, ...]:
    """The run's findings on the metric and its stand-in, then each breakdown's largest part in the change."""
    found = report.findings(metrics=(metric, card.id))[:FINDINGS_SHOWN]
    lines: list[Text] = [report.say(each) for each in found]
    if not lines:
        lines.append(both("The run found nothing out of the ordinary in this figure."))
    if card.id != metric:
        lines.append(both("A median does not split; {name} stands in for it below.", name=card.name))
    for breakdown, of in effects.groupby("breakdown", sort=False):
        top = of[of["segment"].astype(str).ne("unknown")].head(1)
        if len(top) and abs(effect := float(top["rate_effect"].iloc[0])) > 0:
            lines.append(
                both(
                    "Largest part by {breakdown}: {segment}, {change}.",
                    breakdown=breakdown_name(str(breakdown)),
                    segment=report.segment_name(str(breakdown), str(top["segment"].iloc[0])),
                    change=say_difference(float(np.copysign(effect, top["rate_effect"].iloc[0])), card.unit, 2),
                )
            )
    return tuple(lines)


def _stages(report: "Report") -> Table | None:
    """The change of the mean cycle as the sum of its stages' changes."""
    rows: list[dict[str, Any]] = []
    for stage in STAGES:
        metric = f"stage_mean_{stage}"
        if metric not in report.catalogue:
            return None
        series = report.series(metric)
        now, before = compared_windows(series.assign(segment="all"))
        if now.empty or before.empty:
            return None
        card = report.catalogue[metric]
        was, is_now = (float(pool(each, card)["value"].iloc[0]) for each in (before, now))
        rows.append({"stage": stage, "before": was, "now": is_now, "change": is_now - was, "months": now["period"]})
    span = tell_span(rows[0]["months"].min(), rows[0]["months"].max())
    frame = pd.DataFrame(rows).drop(columns="months")
    unit = column_unit(report.catalogue["stage_mean_repair"])
    return table(
        frame.assign(label=text_column(capital(stage_name(stage)) for stage in frame["stage"])),
        columns={
            "label": Column(both("Stage")),
            "before": Column(both("A year ago"), unit),
            "now": Column(both("Now"), unit),
            "change": Column(both("Change"), unit, kind="change"),
        },
        caption=both("The mean cycle by stage, {period} against a year ago", period=span),
        name="why-stages",
        languages=report.languages,
    )
