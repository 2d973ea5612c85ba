"""Where a share stands out over several breakdowns at once: customer segments, product lines, regions, channels judged
as one family, small ones drawn towards the whole.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both, join
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_figure, tell_span
from analysis.sections.overall import overall, say_few, say_overall, say_standing_out
from analysis.sections.pooling import pool
from analysis.sections.segments import (
    FALSE_DISCOVERIES,
    intervals,
    judge,
    recent,
    say_verdict,
    shrunk_column,
)
from analysis.sections.withheld import with_withheld, withheld
from analysis.sections.wording import capital, column_unit, said
from analysis.statistics.comparison import benjamini_hochberg
from analysis.statistics.funnels import funnel_limits_proportions

if TYPE_CHECKING:
    from analysis.report import Report

SHOWN = 8


def standing_out(report: "Report", metric: str, breakdowns: Sequence[str]) -> Block:
    """A section with the segments of several breakdowns over the last twelve months: those that stand out, then those
    with most records.

    Parameters
    ----------
    report : the report in hand
    metric : a share of records
    breakdowns : those of which the data know at least two segments take part
    """
    card = report.catalogue[metric]
    missing = report.lacks(f"{metric} by segment", *report.run.missing.get(metric, []))
    found = {name: recent(report.segments(metric, name)) for name in breakdowns}
    found = {name: rows for name, rows in found.items() if rows["segment"].nunique() > 1 and len(pool(rows, card))}
    title = both("{name} by segment", name=card.name)
    if missing is not None or not found:
        return missing or Note(title, both("The data hold no two groups to compare."), languages=report.languages)
    hidden = withheld(report, found, card)
    told = _centres(report, metric, found, hidden)
    judged = _judged(found, card, told)
    shown = judged.loc[(judged["outside"] == 0).sort_values(kind="stable").index]
    shown = shown.head(max(SHOWN, int((judged["outside"] != 0).sum())))
    shown = shown.sort_values("value", ascending=card.better == "higher", kind="stable")
    headline = capital(_headline(report, judged, card, against=say_overall(None not in told.values())))
    if not judged["enough"].any():
        return Note(title, headline, languages=report.languages)
    periods = pd.concat([rows["period"] for rows in found.values()])
    about = both(
        "{name} by {breakdowns}, {span} · {unit}",
        name=card.name,
        breakdowns=_listed(list(found)),
        span=tell_span(periods.min(), periods.max()),
        unit=report.unit_name,
    )
    figure = chart_intervals(
        shown.assign(label=_labels(report, shown), tone=[_tone(outside, card.better) for outside in shown["outside"]]),
        title=headline,
        unit=card.unit,
        name=f"{metric}-standing-out",
        reference=float(judged.attrs["centre"]),
        reference_label=say_overall(None not in told.values()),
        description=about,
        table=_table(report, judged, card, about, held=hidden),
        languages=report.languages,
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences(_sentences(judged, held=len(hidden)), languages=report.languages)),
    )


def _centres(
    report: "Report", metric: str, found: dict[str, pd.DataFrame], hidden: list[dict[str, Text]]
) -> dict[str, float | None]:
    """Breakdown → the figure of all records in its months; None where that would tell its only withheld segment."""
    return {
        name: overall(report, metric, rows, held=[row for row in hidden if row["of"] == breakdown_name(name)])
        for name, rows in found.items()
    }


def _judged(found: dict[str, pd.DataFrame], card: MetricCard, centres: dict[str, float | None]) -> pd.DataFrame:
    """All segments with their shrunk figures; `outside` after the false discoveries of the whole family are controlled,
    most records first.
    """
    parts = []
    centre = np.nan
    for name, rows in found.items():
        part = judge(pool(rows, card), card, centre=centres[name])
        centre = part.attrs["centre"] if np.isnan(centre) else centre
        p = funnel_limits_proportions(
            part["numerator"], part["denominator"], centre=part.attrs["centre"] / scale_of(card.unit)
        ).p
        part = part.assign(breakdown=name, common=part.attrs["centre"], p=np.where(part["enough"], p, np.nan))
        part.attrs = {}
        parts.append(part)
    judged = pd.concat(parts, ignore_index=True)
    beyond = np.nan_to_num(benjamini_hochberg(judged["p"]), nan=1.0) < FALSE_DISCOVERIES
    judged["outside"] = np.where(beyond, np.sign(judged["value"] - judged["common"]), 0).astype(int)
    judged = judged.sort_values("n", ascending=False, kind="stable").reset_index(drop=True)
    judged.attrs = {"centre": float(centre)}
    return judged


def _headline(report: "Report", judged: pd.DataFrame, card: MetricCard, *, against: Text) -> Text:
    out = judged[judged["outside"] != 0]
    if not judged["enough"].any():
        return both("Too few records to judge any segment")
    if out.empty:
        return both("No segment stands out beyond chance")
    bad = 1 if card.better == "lower" else -1
    worst = out[out["outside"] == bad]
    chosen = worst if len(worst) else out
    top = chosen.loc[((chosen["value"] - chosen["common"]).abs() * np.sqrt(chosen["n"])).idxmax()]
    told = {
        "segment": report.segment_name(top["breakdown"], top["segment"]),
        "value": tell_figure(top["value"], card.unit),
        "centre": tell_figure(top["common"], card.unit),
        "overall": against,
    }
    if len(worst) == 0 and card.better in ("lower", "higher"):
        return both(
            "No segment stands out for the worse; for the better {segment}: {value} against {centre} {overall}", **told
        )
    return say_standing_out(len(chosen), told)


def _sentences(judged: pd.DataFrame, *, held: int) -> tuple[Text, ...]:
    return said(
        say_few(judged["enough"], held),
        both(
            "Standing out means: beyond chance and the usual spread of the others, after allowing "
            "for how many are compared."
        ),
        both("A segment's customers differ in their work too: the mix is not taken out here."),
    )


def _labels(report: "Report", rows: pd.DataFrame) -> np.ndarray:
    return text_column(
        capital(report.segment_name(breakdown, segment))
        for breakdown, segment in zip(rows["breakdown"], rows["segment"], strict=True)
    )


def _listed(breakdowns: list[str]) -> Text:
    return join([breakdown_name(name) for name in breakdowns], {"en": ", ", "zh": "、"})


def _table(report: "Report", judged: pd.DataFrame, card: MetricCard, caption: Text, *, held: list[dict]) -> Table:
    ordered = judged.sort_values(["breakdown", "n"], ascending=[True, False], kind="stable").reset_index(drop=True)
    ordered = ordered.loc[(ordered["outside"] == 0).sort_values(kind="stable").index]
    frame = ordered.assign(
        kind=text_column(capital(breakdown_name(name)) for name in ordered["breakdown"]),
        label=_labels(report, ordered),
        interval=intervals(ordered),
        verdict=text_column(
            say_verdict(int(outside), bool(enough))
            for outside, enough in zip(ordered["outside"], ordered["enough"], strict=True)
        ),
    )
    frame = with_withheld(frame, [{"label": row["label"], "kind": capital(row["of"])} for row in held])
    columns = {
        "label": Column(both("Segment"), kind="text"),
        "kind": Column(both("Grouped by"), kind="text"),
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
        name=f"{card.id}-standing-out-table",
        languages=report.languages,
    )


def _tone(outside: int, better: str) -> str:
    if not outside or better == "none":
        return "flat"
    return "good" if (outside > 0) == (better == "higher") else "bad"
