"""One metric over several breakdowns in one table: each segment against the rest of its breakdown, small ones drawn
towards the whole, marked only where the difference is beyond chance among all that the table compares.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.presentation.blocks import Block, Column, Note, Sentences, table, text_column
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_change, tell_count, tell_interval, tell_span
from analysis.sections.overall import overall, say_few
from analysis.sections.pooling import Z, family, pool
from analysis.sections.segments import FALSE_DISCOVERIES, counted, judge, recent, shrunk_column
from analysis.sections.withheld import with_withheld, withheld
from analysis.sections.wording import capital, column_unit, said
from analysis.statistics.comparison import benjamini_hochberg, compare_estimates, compare_proportions, compare_rates

if TYPE_CHECKING:
    from analysis.report import Report

BREAKDOWNS = ("customer_segment", "product_line", "region", "channel")
ROWS_SHOWN, ROWS_AT_MOST, ROWS_ALIKE = 8, 12, 5
POOLS = ("ratio", "rate", "duration", "derived")


def by_segments(report: "Report", metric: str, breakdowns: Sequence[str] = BREAKDOWNS) -> Block:
    """A section with the metric by segment of several breakdowns over the last twelve months.

    A segment is compared with all other segments of its breakdown together. The false discoveries among all rows of the
    table are controlled at 5 %. A difference beyond chance that is smaller than the card's smallest change worth
    acting on is called slight.

    Parameters
    ----------
    report : the report in hand
    metric : an additive metric (a ratio, a rate, a share within T or a restricted mean)
    breakdowns : those the data do not give, or give with a single segment, are left out
    """
    missing = report.lacks(f"{metric} by segment", *report.run.missing.get(metric, []))
    card = report.catalogue[metric]
    title = both("{name}: segments beside each other", name=card.name)
    if missing is not None:
        return missing
    if card.kind not in POOLS or (card.kind == "duration" and card.how.statistic == "quantile"):
        return Note(
            title, both("Months of this figure do not add up to a figure by segment."), languages=report.languages
        )
    rows = {name: recent(report.segments(metric, name)) for name in breakdowns}
    rows = {name: found for name, found in rows.items() if found["segment"].nunique() > 1 and len(pool(found, card))}
    if not rows:
        return Note(
            title,
            both("The data name no customer segment, product line, region or channel to compare."),
            languages=report.languages,
        )
    held = withheld(report, rows, card)
    judged = compare_segments(
        {name: pool(found, card) for name, found in rows.items()},
        card,
        centre=overall(report, metric, pd.concat(list(rows.values())), held=_alone(held)),
    )
    months = pd.concat(list(rows.values()))["period"]
    headline = capital(_headline(report, judged, card))
    about = both(
        "{name} by segment, {span} · {unit} · {n} segments compared",
        name=card.name,
        span=tell_span(months.min(), months.max()),
        unit=report.unit_name,
        n=tell_count(len(judged)),
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(
            _table(report, judged, card, title, held=held),
            Sentences(_sentences(judged, card, held=len(held)), languages=report.languages),
        ),
    )


def _alone(held: list[dict[str, Text]]) -> list[dict[str, Text]]:
    """The withheld segments that are the only one of their breakdown: one of them keeps the whole untold."""
    kinds = [row["of"]["en"] for row in held]
    return [row for row in held if kinds.count(row["of"]["en"]) == 1][:1]


def compare_segments(pooled: dict[str, pd.DataFrame], card: MetricCard, *, centre: float | None = None) -> pd.DataFrame:
    """Every segment of every breakdown with its shrunk figure and its difference from the rest of the breakdown.

    Parameters
    ----------
    pooled : breakdown → one row per segment, as `pooling.pool` gives them
    card : the metric's card
    centre : the figure of all records, towards which small segments are drawn; by default that of all segments together

    Returns
    -------
    breakdown, segment, n, value, low, high, shrunk, shrunk_low, shrunk_high (card's unit), difference, diff_low,
    diff_high (segment minus rest, card's unit), q (within this table), enough, outside (−1, 0, 1), slight; those that
    stand out first, then those with most records.
    """
    parts = [frame.assign(breakdown=name).join(_against_rest(frame, card)) for name, frame in pooled.items()]
    whole = pd.concat(parts, ignore_index=True)
    shrunk = judge(whole, card, centre=centre)[["shrunk", "shrunk_low", "shrunk_high"]]
    enough = (whole["n"] >= card.minimum_n) & (whole["n_rest"] >= card.minimum_n) & whole["p"].notna()
    q = benjamini_hochberg(np.where(enough, whole["p"], np.nan))
    beyond = np.nan_to_num(q, nan=1.0) < FALSE_DISCOVERIES
    outside = np.where(beyond, np.sign(whole["difference"]), 0).astype(int)
    slight = whole["difference"].abs() < _worth(card, whole["rest"])
    judged = whole.join(shrunk).assign(q=q, enough=enough, outside=outside, slight=slight)
    return judged.iloc[np.lexsort((-judged["n"].to_numpy(), judged["outside"].to_numpy() == 0))].reset_index(drop=True)


def _against_rest(pooled: pd.DataFrame, card: MetricCard) -> pd.DataFrame:
    """(segments,) figure of the rest, difference with interval and its chance; the interval by Newcombe or by squares
    of both intervals' arms (Zou and Donner 2008)."""
    kind, scale = family(pooled, card), scale_of(card.unit, getattr(card.how, "times", 1.0))
    if kind == "rate":
        events, base = pooled["numerator"], pooled["denominator"]
        rest = (events.sum() - events, base.sum() - base)
        told = compare_rates(events, base, k0=rest[0], exposure0=rest[1])
        value = rest[0] / rest[1].where(rest[1] > 0) * scale
        found = _by_normal(pooled["value"], pooled["se"], value, np.sqrt(np.maximum(rest[0], 1)) / rest[1] * scale)
        return found.assign(p=told.p, n_rest=pooled["n"].sum() - pooled["n"])
    if kind == "share":
        events, trials = counted(pooled, card)
        rest = (events.sum() - events, trials.sum() - trials)
        told = compare_proportions(events, trials, k0=rest[0], n0=rest[1])
        parts = {"difference": told.value, "diff_low": told.low, "diff_high": told.high}
        frame = pd.DataFrame({name: part * scale for name, part in parts.items()}, index=pooled.index)
        value = scale * rest[0] / rest[1].where(rest[1] > 0)
        return frame.assign(rest=value, p=told.p, n_rest=pooled["n"].sum() - pooled["n"])
    weight = pooled["n"] if card.kind == "duration" else pooled["denominator"]
    total, spread = weight * pooled["value"], (weight * pooled["se"]) ** 2
    others = (weight.sum() - weight).where(lambda left: left > 0)
    value, error = (total.sum() - total) / others, np.sqrt((spread.sum() - spread).clip(lower=0)) / others
    found = _by_normal(pooled["value"], pooled["se"], value, error)
    told = compare_estimates(pooled["value"], pooled["se"], value0=value, se0=error)
    return found.assign(p=told.p, n_rest=pooled["n"].sum() - pooled["n"])


def _by_normal(value: pd.Series, se: pd.Series, rest: pd.Series, rest_se: pd.Series) -> pd.DataFrame:
    reach = Z * np.hypot(se, rest_se)
    difference = value - rest
    return pd.DataFrame(
        {"difference": difference, "diff_low": difference - reach, "diff_high": difference + reach, "rest": rest}
    )


def _worth(card: MetricCard, rest: pd.Series) -> pd.Series:
    smallest = card.worth_acting_on
    return rest.abs() * smallest["relative"] if "relative" in smallest else rest * 0 + smallest["absolute"]


def _headline(report: "Report", judged: pd.DataFrame, card: MetricCard) -> Text:
    if not judged["enough"].any():
        return both("Too few records to tell segments apart")
    out = judged[judged["outside"] != 0]
    if out.empty:
        return both("No segment differs from the rest beyond chance")
    if out["slight"].all():
        return both("Segments differ beyond chance, but by less than is worth acting on")
    weighed = out[~out["slight"]]
    bad = 1 if card.better == "lower" else -1
    chosen = weighed[weighed["outside"] == bad] if card.better in ("lower", "higher") else weighed
    chosen = chosen if len(chosen) else weighed
    top = chosen.loc[(chosen["difference"].abs() * np.sqrt(chosen["n"])).idxmax()]
    return both(
        "{segment} ({breakdown}): {difference} against the rest, beyond chance",
        segment=report.segment_name(top["breakdown"], top["segment"]),
        breakdown=breakdown_name(top["breakdown"]),
        difference=tell_change(top["difference"], card.unit),
    )


def _sentences(judged: pd.DataFrame, card: MetricCard, *, held: int) -> tuple[Text, ...]:
    differ = judge(judged, card).attrs["differ"] or judged["outside"].any() or not judged["enough"].any()
    return said(
        None if differ else both("Taken together, the segments differ no more than chance would make them."),
        say_few(judged["enough"], held),
        both(
            "Each segment is compared with the rest of its breakdown; segments have different work, "
            "so a difference shows where to look, not why."
        ),
    )


def _table(report: "Report", judged: pd.DataFrame, card: MetricCard, caption: Text, *, held: list[dict]) -> Block:
    frame = judged.assign(
        label=text_column(
            capital(report.segment_name(breakdown, segment))
            for breakdown, segment in zip(judged["breakdown"], judged["segment"], strict=True)
        ),
        of=text_column(capital(breakdown_name(breakdown)) for breakdown in judged["breakdown"]),
        interval=text_column(_intervals(judged, "low", "high")),
        diff_interval=text_column(_intervals(judged, "diff_low", "diff_high")),
        verdict=text_column(say_segment_verdict(row, card) for row in judged.to_dict("records")),
    )
    frame = with_withheld(frame, held)
    columns = {
        "label": Column(both("Segment")),
        "of": Column(both("Grouped by"), kind="text"),
        "n": Column(both("n"), "n"),
        "value": Column(card.name, column_unit(card)),
        "interval": Column(both("95% interval"), kind="text"),
        **shrunk_column(judged, card),
        "difference": Column(both("Against the rest"), column_unit(card), kind="change"),
        "diff_interval": Column(both("95% interval of the difference"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    standing = int((judged["outside"] != 0).sum())
    shown = min(max(ROWS_SHOWN, standing), ROWS_AT_MOST) if standing else ROWS_ALIKE
    return table(
        frame[list(columns)],
        columns=columns,
        caption=caption,
        rows_shown=shown,
        name=f"{card.id}-segments",
        languages=report.languages,
    )


def _intervals(rows: pd.DataFrame, low: str, high: str) -> Iterator[Text]:
    return (tell_interval(a, b, "") for a, b in zip(rows[low], rows[high], strict=True))


def say_segment_verdict(row: dict, card: MetricCard) -> Text:
    """Whether a segment differs from the rest, in words: better, worse, slightly so, not for sure, too few."""
    if not row["enough"]:
        return both("too few")
    if not row["outside"]:
        return both("no sure difference")
    if card.better not in ("lower", "higher"):
        return both("higher than the rest") if row["outside"] > 0 else both("lower than the rest")
    good = (row["outside"] > 0) == (card.better == "higher")
    if row["slight"]:
        return both("slightly better") if good else both("slightly worse")
    return both("better than the rest") if good else both("worse than the rest")
