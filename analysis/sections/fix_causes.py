"""Why a repair was not fixed the first time, and what separates the orders that were from those that were not."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_intervals, chart_pareto
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_change, tell_count, tell_interval, tell_span, tell_value
from analysis.sections.by_segments import compare_segments
from analysis.sections.pooling import pool
from analysis.sections.segments import MONTHS_POOLED, recent
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

FIXED, ONE_VISIT, WAIT = "first_time_fix_rate", "single_visit_rate", "parts_wait"
REPEATED, MODE = "repeat_repair_rate_30d", "service_mode"
WAITED = "waited"
TRAITS = ("fault_code", "product_line", "in_warranty", "priority", "channel", "customer_segment", "region")
TRAITS_SHOWN = 10


def fix_causes(report: "Report") -> Block:
    """A section that splits the orders not fixed the first time by what went wrong (wait for a part, another visit,
    came back), and shows the traits that differ between fixed and unfixed orders beyond chance.
    """
    missing = report.lacks("causes", *report.run.missing.get(FIXED, []))
    title = both("Orders not fixed the first time")
    if missing is not None:
        return missing
    card, rows = report.catalogue[FIXED], _window(report)
    failed = failures(report, rows)
    if failed.empty:
        return Note.empty(title, languages=report.languages)
    total, orders = failed["value"].sum(), rows["denominator"].sum()
    top = failed.iloc[int(failed["value"].to_numpy().argmax())]
    headline = both(
        "{share} were not fixed the first time; most often: {cause} ({part} of them)",
        share=tell_value(100 * total / orders, "%"),
        cause=top["label"],
        part=tell_value(100 * top["value"] / total, "%"),
    )
    about = both(
        "Repairs on site not fixed the first time, by what went wrong, {span} · {unit} · {n} of {all} orders",
        span=tell_span(rows["period"].min(), rows["period"].max()),
        unit=report.unit_name,
        n=tell_count(total),
        all=tell_count(orders),
    )
    bars = chart_pareto(
        failed.assign(label=text_column(capital(label) for label in failed["label"])),
        title=headline,
        unit="n",
        name="fix-causes",
        description=card.definition,
        languages=report.languages,
    )
    traits, sentence = _traits(report)
    lines = said(sentence, _by_mode(report), _not_why())
    parts = [bars, traits, Sentences(lines, languages=report.languages)]
    return report.section(headline=headline, subtitle=about, parts=tuple(part for part in parts if part is not None))


def failures(report: "Report", rows: pd.DataFrame) -> pd.DataFrame:
    """label, value: orders of those months that were not fixed the first time, by the first thing that went wrong; the
    parts add up to all of them.
    """
    failed = rows["denominator"].sum() - rows["numerator"].sum()
    single = report.series(ONE_VISIT)
    single = single[single["period"].isin(rows["period"])]
    again = single["denominator"].sum() - single["numerator"].sum()
    parts: list[tuple[Text, float]] = [(both("the same fault came back"), failed - again)]
    waits = report.segments(ONE_VISIT, WAIT)
    waits = waits[waits["period"].isin(rows["period"])]
    if waits["segment"].isin([WAITED]).any():
        short = waits[waits["segment"] == WAITED]
        waited = short["denominator"].sum() - short["numerator"].sum()
        parts += [(both("a part was missing"), waited), (both("another visit, no part"), again - waited)]
    else:
        parts.append((both("a further visit was needed"), again))
    frame = pd.DataFrame({"label": text_column(label for label, _ in parts), "value": [value for _, value in parts]})
    return frame[frame["value"] > 0].reset_index(drop=True)


def _window(report: "Report") -> pd.DataFrame:
    """The newest twelve months of which the first-time fix is known."""
    rows = report.series(FIXED)
    known = rows[rows["mature"].astype(bool) & (rows["denominator"] > 0)]
    return known.tail(MONTHS_POOLED)


def compared_traits(report: "Report") -> pd.DataFrame:
    """Every segment of every trait against the rest, as `compare_segments` has it; empty where there is none."""
    card = report.catalogue[FIXED]
    rows = {name: recent(report.segments(FIXED, name)) for name in TRAITS}
    told = {name: found for name, found in rows.items() if found["segment"].nunique() > 1}
    if not told:
        return pd.DataFrame()
    return compare_segments({name: pool(found, card) for name, found in told.items()}, card)


def _traits(report: "Report") -> tuple[Block | None, Text | None]:
    """The traits beyond chance as differences from the rest with intervals, worst first; a sentence where none is."""
    judged = compared_traits(report)
    if judged.empty or not judged["enough"].any():
        return None, both("Too few records to tell what separates fixed orders from the others.")
    out = judged[judged["outside"] != 0]
    if out.empty:
        return None, both(
            "Among {n} faults, product lines and other traits none separates fixed orders from the others beyond"
            " chance.",
            n=tell_count(len(judged)),
        )
    most = (out["difference"].abs() * np.sqrt(out["n"])).sort_values(ascending=False).index[:TRAITS_SHOWN]
    shown = out.loc[most].sort_values("difference")
    card = report.catalogue[FIXED]
    labels = text_column(
        both(
            "{breakdown}: {segment}",
            breakdown=capital(breakdown_name(by)),
            segment=report.segment_name(by, segment),
        )
        for by, segment in zip(shown["breakdown"], shown["segment"], strict=True)
    )
    drawn = pd.DataFrame(
        {
            "label": labels,
            "value": shown["difference"].to_numpy(),
            "low": shown["diff_low"].to_numpy(),
            "high": shown["diff_high"].to_numpy(),
            "n": shown["n"].to_numpy(),
            "tone": np.where(shown["outside"] > 0, "good", "bad"),
        }
    )
    worst = shown.iloc[0]
    title = both("What separates fixed orders: first-time fix against the rest, in percentage points")
    figure = chart_intervals(
        drawn,
        title=title,
        unit="pp",
        reference=0.0,
        reference_label=None,
        name="fix-traits",
        description=card.definition,
        languages=report.languages,
    )
    if worst["outside"] > 0:
        return figure, None
    return figure, both(
        "Furthest below the rest: {segment}, {difference}; traits that differ beyond chance: {n} of {all}.",
        segment=report.segment_name(worst["breakdown"], worst["segment"]),
        difference=tell_change(worst["difference"], "%"),
        n=str(len(out)),
        all=str(len(judged)),
    )


def _by_mode(report: "Report") -> Text | None:
    """Whether repairs on site, in the workshop and remote come back equally often; None where they are of one mode."""
    card, rows = report.catalogue[REPEATED], recent(report.segments(REPEATED, MODE))
    if rows["segment"].nunique() < 2:
        return None
    judged = compare_segments({MODE: pool(rows, card)}, card)
    out = judged[judged["outside"] != 0]
    if not judged["enough"].any():
        return None
    if out.empty:
        return both("Repairs on site, in the workshop and remote come back equally often, chance allowed for.")
    top = out.iloc[int(out["difference"].to_numpy().argmax())]
    return both(
        "{mode}: {value} of the repairs came back with the same fault within 30 days, {difference} against the others "
        "({interval}), more than chance would make it.",
        interval=tell_interval(top["diff_low"], top["diff_high"], "pp"),
        mode=capital(report.segment_name(MODE, top["segment"])),
        value=tell_value(top["value"], card.unit),
        difference=tell_change(top["difference"], card.unit),
    )


def _not_why() -> Text:
    return both(
        "Traits go together (a fault, its product, its part): each is compared alone, which shows where, not why."
    )
