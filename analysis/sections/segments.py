"""Where a metric stands out: its segments with intervals, small ones drawn towards the whole instead of ranked on
noise.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_figure, tell_interval, tell_span
from analysis.sections.fewest import PEOPLE, not_across_units, say_people, too_few_people
from analysis.sections.overall import overall, say_few, say_overall, say_standing_out
from analysis.sections.pooling import (
    effective_counts,
    family,
    has_figure,
    pool,
    segments_with_too_few_people,
    tells_any,
)
from analysis.sections.unlike import are_few, is_told_apart, say_rule, say_spread, say_unlike, told_apart
from analysis.sections.withheld import note_withheld, with_withheld
from analysis.sections.wording import capital, column_unit, said
from analysis.statistics.comparison import benjamini_hochberg
from analysis.statistics.funnels import funnel_limits_estimates, funnel_limits_proportions, funnel_limits_rates
from analysis.statistics.heterogeneity import heterogeneity
from analysis.statistics.shrinkage import Shrunk, shrink_means, shrink_proportions, shrink_rates

if TYPE_CHECKING:
    from analysis.report import Report

MONTHS_POOLED = 12
SEGMENTS_SHOWN = 10
UNNAMED = ("", "unknown")
FALSE_DISCOVERIES = 0.05
ALIKE = 1e-9
UNALIKE = 0.01
"""Chance of such a spread among equal segments below which they are said to differ as a group."""
LIMITS = ("low_warning", "high_warning", "low_alarm", "high_alarm")


def segments(report: "Report", metric: str, breakdown: str, *, add: tuple[Text, ...] = ()) -> Block:
    """A section with the metric by segment over the last twelve months.

    A segment is named as standing out only when it differs from the others beyond chance and over-dispersion, after
    the false discoveries among all its sisters are controlled. The table gives the plain figure and the one drawn
    towards the whole (shrinkage).

    Parameters
    ----------
    report : the report in hand
    metric : an additive metric (a ratio, a rate, a share within T or a restricted mean)
    breakdown : product_line, fault_code, technician_id …
    add : further sentences of the area
    """
    missing = report.lacks(f"{metric} by {breakdown}", *report.run.missing.get(metric, []))
    rows = recent(report.segments(metric, breakdown))
    card = report.catalogue[metric]
    title = both("{name}, by {breakdown}", name=card.name, breakdown=breakdown_name(breakdown))
    if missing is not None or rows.empty:
        return missing or Note.empty(title, languages=report.languages)
    if (apart := not_across_units(report, breakdown)) is not None:
        return Note(title, apart, languages=report.languages)
    pooled, held = pool(rows, card), segments_with_too_few_people(rows, card)
    if pooled.empty:
        return note_withheld(title, report.languages)
    whole = overall(report, metric, rows, held=held)
    judged = judge(pooled, card, centre=whole)
    few_people = too_few_people(report, breakdown, judged["enough"])
    if few_people is not None:
        judged = judged.assign(enough=False, outside=0, compared=False)
    elif int(judged["enough"].sum()) == 1:  # one alone stands apart from nothing
        judged = judged.assign(outside=0, compared=False)
    elif breakdown != PEOPLE and are_few(judged) and not judged["outside"].any() and _unalike(judged):
        judged = told_apart(judged)
    judged = judged.loc[(judged["outside"] == 0).sort_values(kind="stable").index]
    shown = judged.head(max(SEGMENTS_SHOWN, int((judged["outside"] != 0).sum())))
    by = "segment" if breakdown == PEOPLE else "value"  # people in the order of their ids, never of their figures
    shown = shown.sort_values(by, ascending=card.better == "higher" or by == "segment")
    labels = text_column(_label(report, breakdown, segment) for segment in shown["segment"])
    against = say_overall(whole is not None)
    headline = capital(few_people or _headline(report, judged, card, breakdown, against=against))
    figures = _table(report, judged, card, breakdown, title, held=held)
    figure = figures if few_people is not None else chart_intervals(
        shown.assign(label=labels, tone=[_tone(outside, card) for outside in shown["outside"]]),
        title=headline,
        unit=card.unit,
        name=f"{metric}-{breakdown}",
        reference=float(judged.attrs["centre"]),
        reference_label=against,
        description=title,
        languages=report.languages,
        table=figures,
    )  # fmt: skip
    lines = (*(_sentences(judged, held=len(held)) if few_people is None else ()), *add)
    about = both("{title}, {span}", title=title, span=tell_span(rows["period"].min(), rows["period"].max()))
    if few_people is None and len(shown) < len(judged):
        about = both(
            "{about}; {shown} of {all} shown: those that stand out, then those with most records",
            about=about,
            shown=str(len(shown)),
            all=str(len(judged)),
        )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences(lines, languages=report.languages)) if lines else (figure,),
    )


def recent(rows: pd.DataFrame, *, months: int = MONTHS_POOLED) -> pd.DataFrame:
    """The rows of the calendar months up to the newest mature one; segments without a name do not count."""
    known = rows[rows["mature"].astype(bool) & has_figure(rows) & ~rows["segment"].isin(UNNAMED)]
    if known.empty:
        return known
    newest = pd.period_range(end=pd.Period(known["period"].max(), freq="M"), periods=months, freq="M")
    told = known[known["period"].isin(newest.astype(str))]
    return told if tells_any(told) else told.iloc[:0]


def judge(pooled: pd.DataFrame, card: MetricCard, *, centre: float | None = None) -> pd.DataFrame:
    """The pooled segments with `shrunk` figure and interval, `q` against chance among sisters, and `outside`.

    `outside` is −1, 0 or +1 (q below 0.05). The funnel's limits stand beside (`low_warning` … `high_alarm`, and
    `outside_alarm` for the 99.8 % ones), all in the card's unit. The common figure (`centre`, by default that of all
    segments together) stands in `.attrs["centre"]`; `.attrs["differ"]` says whether the segments differ at all.
    """
    scale = scale_of(card.unit, getattr(card.how, "times", 1.0))
    shrunk: Shrunk
    kind = family(pooled, card)
    if kind == "mean":
        scale, middle = 1.0, centre if centre is not None else _whole(pooled)
        shrunk = shrink_means(pooled["value"], pooled["se"], centre=middle)
        funnel = funnel_limits_estimates(pooled["value"], pooled["se"], centre=middle)
    else:
        counts = (pooled["numerator"], pooled["denominator"]) if kind == "rate" else counted(pooled, card)
        base = float(counts[1].sum())
        middle = centre / scale if centre is not None else float(counts[0].sum()) / base if base > 0 else np.nan
        shrunk = (shrink_rates if kind == "rate" else shrink_proportions)(*counts, centre=middle)
        funnel = (funnel_limits_rates if kind == "rate" else funnel_limits_proportions)(*counts, centre=middle)
    q = benjamini_hochberg(np.where(pooled["n"] >= card.minimum_n, funnel.p, np.nan))
    beyond = np.where(
        np.nan_to_num(q, nan=1.0) < FALSE_DISCOVERIES, np.sign(pooled["value"] - funnel.centre * scale), 0
    )
    limits = {name: getattr(funnel, name) * scale for name in LIMITS}
    judged = pooled.assign(
        **_shrunk_columns(shrunk, scale),
        **limits,
        q=q,
        outside=beyond.astype(int),
        outside_alarm=funnel.outside,
        enough=pooled["n"] >= card.minimum_n,
    )
    judged.attrs |= {"centre": funnel.centre * scale, "tau": funnel.tau * scale, "differ": shrunk.differ}
    return judged


def counted(rows: pd.DataFrame, card: MetricCard) -> tuple[pd.Series, pd.Series]:
    """Successes and trials behind shares: those counted, or for a share within T the effective ones."""
    if card.kind != "duration":
        return rows["numerator"], rows["denominator"]
    events, trials = effective_counts(rows["value"], rows["se"], rows["n"])
    return pd.Series(events, index=rows.index), pd.Series(trials, index=rows.index)


def _whole(pooled: pd.DataFrame) -> float:
    """The figure of all segments together: sums over sums, cohort estimates weighted by their records."""
    base = pooled["denominator"].fillna(pooled["n"])
    known = pooled["value"].notna() & (base > 0)
    return float(np.average(pooled["value"][known], weights=base[known])) if known.any() else np.nan


def _shrunk_columns(shrunk: Shrunk, scale: float) -> dict[str, np.ndarray]:
    return {"shrunk": shrunk.value * scale, "shrunk_low": shrunk.low * scale, "shrunk_high": shrunk.high * scale}


def _headline(report: "Report", judged: pd.DataFrame, card: MetricCard, breakdown: str, *, against: Text) -> Text:
    out = judged[judged["outside"] != 0]
    if not judged["enough"].any():
        return both("Too few records to judge any {breakdown}", breakdown=breakdown_name(breakdown))
    if int(judged["enough"].sum()) == 1:
        return both(
            "Only one {breakdown} has records enough: nothing to hold it against", breakdown=breakdown_name(breakdown)
        )
    if breakdown == PEOPLE:
        return say_people(judged, differ=_unalike(judged))
    if is_told_apart(judged):
        return say_unlike(report, judged, card, breakdown)
    if out.empty and _unalike(judged):
        return say_spread(report, judged, card, breakdown)
    if out.empty:
        return both("No {breakdown} stands out beyond chance", breakdown=breakdown_name(breakdown))
    bad = 1 if card.better == "lower" else -1
    worst = out[out["outside"] == bad]
    chosen = worst if len(worst) else out
    top = chosen.loc[(chosen["value"] - judged.attrs["centre"]).abs().mul(np.sqrt(chosen["n"])).idxmax()]
    told = {
        "segment": report.segment_name(breakdown, top["segment"]),
        "value": tell_figure(top["value"], card.unit),
        "centre": tell_figure(judged.attrs["centre"], card.unit),
        "overall": against,
    }
    if len(worst) == 0 and card.better in ("lower", "higher"):
        return both(
            "No {breakdown} stands out for the worse; for the better {segment}: {value} against {centre} {overall}",
            breakdown=breakdown_name(breakdown),
            **told,
        )
    return say_standing_out(len(chosen), told)


def _unalike(judged: pd.DataFrame) -> bool:
    """Whether the segments with records enough lie further apart than equal ones would by chance (Cochran's test)."""
    known = judged[judged["enough"]]
    return heterogeneity(known["value"], known["se"]).p < UNALIKE


def _sentences(judged: pd.DataFrame, *, held: int) -> tuple[Text, ...]:
    small = int((~judged["enough"]).sum())
    alike = (
        None
        if judged.attrs["differ"] or small >= len(judged) - 1 or judged["outside"].any() or _unalike(judged)
        else both("Taken together, the segments differ no more than chance would make them.")
    )
    return said(
        alike,
        say_few(judged["enough"], held),
        say_rule() if is_told_apart(judged) else both(
            "Standing out means: beyond chance and the usual spread of the others, after allowing "
            "for how many are compared."
        ),
    )  # fmt: skip


def _table(
    report: "Report", judged: pd.DataFrame, card: MetricCard, breakdown: str, caption: Text, *, held: list[str]
) -> Table:
    frame = judged.assign(
        label=text_column(_label(report, breakdown, segment) for segment in judged["segment"]),
        interval=intervals(judged),
        verdict=text_column(
            say_verdict(outside, enough) if "compared" not in judged else both("not compared")
            for outside, enough in zip(judged["outside"], judged["enough"], strict=True)
        ),
    )
    frame = with_withheld(frame, [{"label": _label(report, breakdown, segment)} for segment in held])
    columns = {
        "label": Column(capital(breakdown_name(breakdown))),
        "n": Column(both("n"), "n"),
        "value": Column(card.name, column_unit(card)),
        "interval": Column(both("95% interval"), kind="text"),
        **shrunk_column(judged, card),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    return table(
        frame[list(columns)],
        columns=columns,
        caption=caption,
        name=f"{card.id}-{breakdown}",
        languages=report.languages,
    )


def shrunk_column(judged: pd.DataFrame, card: MetricCard) -> dict[str, Column]:
    """The table's column of the figures drawn towards the whole; none where all of a breakdown are drawn to the same
    one: it would repeat the common figure beside figures that differ."""
    of = judged["breakdown"] if "breakdown" in judged else pd.Series("", index=judged.index)
    if "compared" in judged or not (judged["shrunk"].groupby(of).agg(np.ptp) > ALIKE).any():
        return {}
    return {"shrunk": Column(both("Drawn towards the whole"), column_unit(card))}


def _tone(outside: int, card: MetricCard) -> str:
    if not outside or card.better == "none":
        return "flat"
    return "good" if (outside > 0) == (card.better == "higher") else "bad"


def _label(report: "Report", breakdown: str, segment: str) -> Text:
    return capital(report.segment_name(breakdown, segment))


def intervals(rows: pd.DataFrame) -> NDArray[np.object_]:
    """The 95 % intervals as a table's column, without the unit, which stands in the header beside."""
    return text_column(tell_interval(low, high, "") for low, high in zip(rows["low"], rows["high"], strict=True))


def say_verdict(outside: int, enough: bool) -> Text:
    """Whether a figure stands out among its sisters; one that does not is not called alike: no test shows that."""
    if not enough:
        return both("too few")
    return {1: both("high"), -1: both("low"), 0: both("does not stand out")}[outside]
