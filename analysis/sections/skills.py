"""Which product lines have too few certified people for the work they bring."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_count, tell_interval, tell_span, tell_value
from analysis.sections.fewest import fewest_technicians
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

SHARE, COVERAGE = "certified_work_share", "certified_coverage"
VALID = pd.DateOffset(months=24)
"""How long a certificate counts; as in the measured table served_lines."""
HALF = 50.0
AT_LEAST = 2  # one certified person alone is on leave some day
SEPARATOR = {"en": ", ", "zh": "、"}


def skills(report: "Report") -> Block:
    """A section with certified technicians in post against those that each product line needs.

    Needed: as many as the line's share of the orders of the last twelve months takes of the technicians in post, two at
    least.
    """
    missing = report.lacks("skills", *report.run.missing.get(SHARE, []))
    rows = recent(report.segments(SHARE, "product_line"))
    posts = report.kpi("staff_in_post")
    title = both("Certified technicians by product line")
    if missing is not None or rows.empty or posts is None or is_missing(posts["value"]):
        return missing or Note.empty(title, languages=report.languages)
    pooled = pool(rows, report.catalogue[SHARE])
    lines = _lines(report, pooled, float(posts["value"]))
    few = lines[lines["certified"] < lines["needed"]]
    judged = posts["value"] >= fewest_technicians(report)
    headline = capital(_headline(report, few) if judged else _too_few(float(posts["value"])))
    named = text_column(capital(report.segment_name("product_line", line)) for line in lines["segment"])
    tone = np.where((lines["certified"] < lines["needed"]) & judged, "bad", "flat")
    figure = chart_intervals(
        lines.assign(label=named, tone=tone)[["label", "value", "low", "high", "n", "tone"]],
        title=headline,
        unit="%",
        name="skills",
        description=report.catalogue[SHARE].definition,
        languages=report.languages,
    )
    about = both(
        "Orders done by technicians certified for their product line, {span} · {unit_name}",
        span=tell_span(rows["period"].min(), rows["period"].max()),
        unit_name=report.unit_name,
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(
            figure,
            Sentences(_sentences(report, lines, judged), languages=report.languages),
            _table(report, lines, named, judged),
        ),
    )


def _lines(report: "Report", pooled: pd.DataFrame, posts: float) -> pd.DataFrame:
    """One row per product line: share of its orders done by certified people, certified people in post, and needed.

    The share needed is of the orders of all lines, those without any certificate included.
    """
    orders = recent(report.segments("orders_completed", "product_line")).groupby("segment")["value"].sum()
    share = pooled["segment"].map(orders).fillna(pooled["denominator"]) / max(float(orders.sum()), 1.0)
    needed = np.maximum(np.ceil(share * posts - 1e-9), min(AT_LEAST, posts))
    certified = pooled["segment"].str.lower().map(_certified_in_post(report)).fillna(0)
    return pooled.assign(orders=pooled["segment"].map(orders), certified=certified, needed=needed)


def _certified_in_post(report: "Report") -> dict[str, int]:
    """Product line (lower case) → technicians in post at the end of the period with a valid certificate for it."""
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    held = report.records("training", ["technician_id", "finished_on", "certifies_product_line"])
    staff = report.records("technicians", ["technician_id", "hired_on", "left_on"])
    there = staff[~(staff["hired_on"] > end) & ~(staff["left_on"] <= end)]["technician_id"]
    held = held[held["finished_on"].between(end - VALID, end) & held["technician_id"].isin(there)]
    by_line = held.dropna(subset=["certifies_product_line"]).groupby(held["certifies_product_line"].str.lower())
    return {str(line): int(count) for line, count in by_line["technician_id"].nunique().items()}


def _headline(report: "Report", few: pd.DataFrame) -> Text:
    if few.empty:
        return both("Every product line with certificates has enough certified technicians")
    worst = few.assign(lack=few["needed"] - few["certified"]).sort_values(["lack", "n"], ascending=False).iloc[0]
    told = {
        "line": report.segment_name("product_line", worst["segment"]),
        "certified": tell_count(worst["certified"]),
        "needed": tell_count(worst["needed"]),
    }
    if len(few) == 1:
        return both("Too few certified for one product line: {line} has {certified} of {needed} needed", **told)
    told["n"] = {language: str(len(few)) for language in ("en", "zh")}
    return both("Too few certified for {n} product lines, most of all {line}: {certified} of {needed} needed", **told)


def _too_few(people: float) -> Text:
    return both(
        "{n} technicians in post: too few to say which product lines lack certified people", n=tell_count(people)
    )


def _sentences(report: "Report", lines: pd.DataFrame, judged: bool) -> tuple[Text, ...]:
    row = report.kpi(COVERAGE)
    covered = None
    if row is not None and not is_missing(row["value"]):
        covered = both(
            "Of the technicians serving a line last month {value} ({interval}) were certified for it.",
            value=tell_value(row["value"], "%"),
            interval=tell_interval(row["low"], row["high"], "%"),
        )
    without = sorted(set(_lines_served(report)) - set(lines["segment"]))
    none = None
    if without:
        names = join((report.segment_name("product_line", line) for line in without), SEPARATOR)
        none = both("No certificate exists for: {lines}.", lines=names)
    rule = both(
        "Needed: the line's share of the orders, of the technicians in post, two at least. A certificate counts for 24 "
        "months."
    )
    return said(covered, _past_them(report, lines) if judged else None, none, rule)


def _lines_served(report: "Report") -> list[str]:
    rows = recent(report.segments("orders_completed", "product_line"))
    return [str(line) for line in rows["segment"].unique()]


def _past_them(report: "Report", lines: pd.DataFrame) -> Text | None:
    """That enough people are certified and the work passes them by: the line of which they do least, under half."""
    served = lines[(lines["certified"] >= lines["needed"]) & (lines["high"] < HALF)]
    if served.empty:
        return None
    least = served.sort_values("value", kind="stable").iloc[0]
    return both(
        "Enough are certified for {line}, yet they do {share} ({interval}) of its orders: the work is not given to "
        "them.",
        line=report.segment_name("product_line", least["segment"]),
        share=tell_value(least["value"], "%"),
        interval=tell_interval(least["low"], least["high"], "%"),
    )


def _table(report: "Report", lines: pd.DataFrame, named: np.ndarray, judged: bool) -> Block:
    verdicts = {True: both("too few people"), False: both("enough people")}
    frame = lines.assign(
        label=named,
        verdict=text_column(
            verdicts[bool(few)] if judged else both("too few to judge") for few in lines["certified"] < lines["needed"]
        ),
    )[["label", "orders", "value", "certified", "needed", "verdict"]]
    columns = {
        "label": Column(both("Product line")),
        "orders": Column(both("Orders"), "n"),
        "value": Column(both("Done by certified"), "%"),
        "certified": Column(both("Certified in post"), "n"),
        "needed": Column(both("Needed"), "n"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    caption = both("Certified technicians by product line")
    return table(frame, columns=columns, caption=caption, name="skills-lines", languages=report.languages)
