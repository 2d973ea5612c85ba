"""Why a figure changed: how much is performance (the rate within segments) and how much only the mix of work. Exact
to the last digit.

Sources: Kitagawa 1955; Das Gupta 1993. Medians do not split and are refused by `pooling.parts`.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.small_cells import TOO_FEW_PEOPLE
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_waterfall
from analysis.presentation.formatting import common_decimals
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_span
from analysis.sections.pooling import Z, parts, pool
from analysis.sections.wording import capital, column_unit, say_difference
from analysis.statistics.mix import kitagawa

if TYPE_CHECKING:
    from analysis.report import Report

MONTHS_COMPARED = 3
STEPS_SHOWN = 6
DECIMALS_AT_MOST = 2  # as the chart labels its steps


def change(report: "Report", metric: str, breakdown: str) -> Block:
    """A section that splits the change against the same three months a year ago into rate and mix.

    Parameters
    ----------
    report : the report in hand
    metric : an additive metric (a ratio, a rate, a share within T or a restricted mean)
    breakdown : the segments whose shares and rates are told apart
    """
    card, rows = report.catalogue[metric], report.segments(metric, breakdown)
    missing = report.lacks(f"{metric} by {breakdown}", *report.run.missing.get(metric, []))
    title = both("{name}: what changed by {breakdown}", name=card.name, breakdown=breakdown_name(breakdown))
    now, before = compared_windows(rows)
    if missing is not None or now.empty or before.empty:
        return missing or Note(title, _why_none(rows, breakdown), languages=report.languages)
    split = kitagawa(parts(before, card), parts(now, card))
    beyond = is_beyond_chance(before, now, card)
    span = tell_span(now["period"].min(), now["period"].max())
    headline = capital(_headline(report, split, card, breakdown, span=span, beyond=beyond))
    about = both(
        "{title}: {now} against {before}",
        title=title,
        now=span,
        before=tell_span(before["period"].min(), before["period"].max()),
    )
    figure = chart_waterfall(
        _steps(report, split, breakdown),
        start=(both("a year ago"), _total(before, card)),
        end=(both("now"), _total(now, card)),
        title=headline,
        unit=column_unit(card),
        better=card.better,
        name=f"{metric}-change-{breakdown}",
        description=title,
        table=_table(report, split, card, breakdown, title),
        languages=report.languages,
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences((_sentence(split, card, breakdown),), languages=report.languages)),
    )


def compared_windows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest three mature months and the same months a year before; both empty where the year before is
    incomplete, or a segment of either is withheld: what is left would not add up to the whole.
    """
    known = rows[rows["mature"].astype(bool) & rows["value"].notna()]
    if known.empty:
        return known, known
    months = pd.period_range(end=pd.Period(known["period"].max(), freq="M"), periods=MONTHS_COMPARED, freq="M")
    now, before = (list(span.astype(str)) for span in (months, months - 12))
    if not {*now, *before} <= set(known["period"]) or _withheld(rows)["period"].isin([*now, *before]).any():
        return known.iloc[:0], known.iloc[:0]
    return known[known["period"].isin(now)], known[known["period"].isin(before)]


def _withheld(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["reason"].eq(TOO_FEW_PEOPLE)] if "reason" in rows else rows.iloc[:0]


def _why_none(rows: pd.DataFrame, breakdown: str) -> Text:
    if not _withheld(rows).empty:
        return both(
            "Some figures by {breakdown} rest on too few people to be shown, and without them the parts of a change "
            "would not add up to the whole.",
            breakdown=breakdown_name(breakdown),
        )
    return both(
        "A comparison with a year ago needs figures by {breakdown} for the newest three months and for the same "
        "months a year before.",
        breakdown=breakdown_name(breakdown),
    )


def _total(rows: pd.DataFrame, card: MetricCard) -> float:
    whole = parts(rows, card)
    return float(whole["numerator"].sum() / whole["denominator"].sum())


def _sum(split: pd.DataFrame, *columns: str) -> float:
    return float(split[list(columns)].to_numpy().sum())


def is_beyond_chance(before: pd.DataFrame, now: pd.DataFrame, card: MetricCard, *, errors: float = Z) -> bool:
    """Whether the whole's change is more than chance explains: more than 1.96, or `errors`, of its standard errors."""
    was, is_now = (pool(rows.assign(segment="all"), card).iloc[0] for rows in (before, now))
    error = np.hypot(was["se"], is_now["se"])
    return bool(error > 0 and abs(is_now["value"] - was["value"]) > errors * error)


def _effects(split: pd.DataFrame, card: MetricCard) -> dict[str, Text]:
    """Total, rate and mix as words, with as many decimals as the largest of them asks for."""
    effects = {
        "total": _sum(split, "rate_effect", "mix_effect"),
        "rate": _sum(split, "rate_effect"),
        "mix": _sum(split, "mix_effect"),
    }
    decimals = min(common_decimals(list(effects.values())), DECIMALS_AT_MOST)
    return {name: say_difference(effect, card.unit, decimals) for name, effect in effects.items()}


def _sentence(split: pd.DataFrame, card: MetricCard, breakdown: str) -> Text:
    said, none = {"by": breakdown_name(breakdown), **_effects(split, card)}, both("no change")
    if said["mix"] == none and none not in (said["rate"], said["total"]):
        return both("All of the change of {total} comes from within each {by}; their mix has no part in it.", **said)
    if none in (said["rate"], said["mix"], said["total"]):
        return both("Within each {by}: {rate}; a different mix of them: {mix}.", **said)
    return both(
        "Of the change of {total}, {rate} comes from within each {by} and {mix} from a different mix of them.",
        **said,
    )


def _headline(
    report: "Report", split: pd.DataFrame, card: MetricCard, breakdown: str, *, span: Text, beyond: bool
) -> Text:
    """The change of the months of `span`, where it comes from, and the segment that has most of it."""
    rate, mix = _sum(split, "rate_effect"), _sum(split, "mix_effect")
    said = {"span": span, "by": breakdown_name(breakdown), **_effects(split, card)}
    if not beyond:
        return both("{span}: {total} on a year ago, no more than chance explains", span=span, total=said["total"])
    if abs(mix) >= abs(rate):
        return both("{span}: {total} on a year ago, most of it from a different mix", span=span, total=said["total"])
    told = both("{span}: {total} on a year ago: {rate} from within each {by}, {mix} from their mix", **said)
    if abs(mix) < 0.2 * abs(rate):
        told = both("{span}: {total} on a year ago, nearly all from within each {by}, not from their mix", **said)
    top = split.loc[(split["rate_effect"] * np.sign(rate)).idxmax()]
    decimals = min(common_decimals([rate, mix]), DECIMALS_AT_MOST)
    return both(
        "{told}; most from {segment} ({part})",
        told=told,
        segment=report.segment_name(breakdown, str(top["segment"])),
        part=say_difference(float(top["rate_effect"]), card.unit, decimals),
    )


def _steps(report: "Report", split: pd.DataFrame, breakdown: str) -> pd.DataFrame:
    """The largest effects of performance, the rest of them in one, then the mix: what the waterfall draws."""
    order = split.reindex(split["rate_effect"].abs().sort_values(ascending=False).index)
    most = STEPS_SHOWN if len(order) > STEPS_SHOWN + 1 else len(order)
    shown, rest = order.head(most), order.iloc[most:]
    steps = [
        (capital(report.segment_name(breakdown, segment)), effect)
        for segment, effect in zip(shown["segment"], shown["rate_effect"], strict=True)
    ]
    if len(rest):
        steps.append((both("{n} others", n=str(len(rest))), float(rest["rate_effect"].sum())))
    steps.append((both("mix"), _sum(split, "mix_effect")))
    return pd.DataFrame(steps, columns=["label", "value"])


def _table(report: "Report", split: pd.DataFrame, card: MetricCard, breakdown: str, caption: Text) -> Table:
    frame = split.assign(
        label=text_column(capital(report.segment_name(breakdown, segment)) for segment in split["segment"]),
        share_before=split["share_before"] * 100,
        share_after=split["share_after"] * 100,
        rate_before=split["rate_before"].where(split["share_before"] > 0),  # none there: no figure, not the other's
        rate_after=split["rate_after"].where(split["share_after"] > 0),
    ).sort_values("share_after", ascending=False)
    effects, unit = split[["rate_effect", "mix_effect"]].to_numpy(), column_unit(card)
    decimals = min(common_decimals(list(effects.ravel())), DECIMALS_AT_MOST)
    columns = {
        "label": Column(capital(breakdown_name(breakdown))),
        "share_before": Column(both("Share a year ago"), "%"),
        "share_after": Column(both("Share now"), "%"),
        "rate_before": Column(both("A year ago"), unit),
        "rate_after": Column(both("Now"), unit),
        "rate_effect": Column(
            both("Effect of the {by} itself", by=breakdown_name(breakdown)), unit, kind="change", decimals=decimals
        ),
        "mix_effect": Column(both("Effect of mix"), unit, kind="change", decimals=decimals),
    }
    total = {"rate_effect": _sum(split, "rate_effect"), "mix_effect": _sum(split, "mix_effect")}
    return table(
        frame, columns=columns, caption=caption, total=total, name=f"{card.id}-change", languages=report.languages
    )
