"""Which product lines have too few certified people for the work they bring.

Who is certified is a count of everyone in post: no sample, so that three people are told as plainly as thirty.
"""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_count, tell_interval, tell_period, tell_span, tell_value
from analysis.sections.certified import SHARE, certified_at, even_shares, nobody_certified
from analysis.sections.fewest import fewest_technicians
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

COVERAGE = "certified_coverage"
AT_LEAST = 2  # one certified person alone is on leave some day
BARE_NAMED = 3
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
    bare = nobody_certified(report, _end(report), fewest_orders=report.catalogue[SHARE].minimum_n)
    below = bare if len(few) else bare.iloc[:0]  # else the headline says it
    headline = capital(_headline(report, few, bare))
    named = text_column(capital(report.segment_name("product_line", line)) for line in lines["segment"])
    tone = np.where(lines["certified"] < lines["needed"], "bad", "flat")
    figure = chart_intervals(
        lines.assign(label=named, tone=tone, n=lines["denominator"])[["label", "value", "low", "high", "n", "tone"]],
        title=headline,
        unit="%",
        name="skills",
        description=report.catalogue[SHARE].definition,
        languages=report.languages,
    )
    about = both(
        "Orders done by technicians certified for their product line, {span} · {unit_name} · n: orders by known "
        "technicians",
        span=tell_span(rows["period"].min(), rows["period"].max()),
        unit_name=report.unit_name,
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(
            figure,
            Sentences(_sentences(report, lines, below, float(posts["value"])), languages=report.languages),
            _table(report, lines, named),
        ),
    )


def _lines(report: "Report", pooled: pd.DataFrame, posts: float) -> pd.DataFrame:
    """One row per product line: share of its orders done by certified people, certified people in post, and needed.

    The share needed is of the orders of all lines, those without any certificate included.
    """
    orders = recent(report.segments("orders_completed", "product_line")).groupby("segment")["value"].sum()
    share = pooled["segment"].map(orders).fillna(pooled["denominator"]) / max(float(orders.sum()), 1.0)
    needed = np.maximum(np.ceil(share * posts - 1e-9), min(AT_LEAST, posts))
    held = certified_at(report, _end(report)).groupby("line")["certified"].sum()
    certified = pooled["segment"].str.lower().map(held).fillna(0)
    return pooled.assign(certified=certified, needed=needed)


def _end(report: "Report") -> pd.Timestamp:
    return pd.Period(report.period.replace("-Q", "Q")).end_time


def _headline(report: "Report", few: pd.DataFrame, bare: pd.DataFrame) -> Text:
    if few.empty and len(bare) and report.is_company:
        return both(
            "In the company as a whole enough are certified for every product line, but some units have nobody: "
            "{where}",
            where=_where_bare(report, bare),
        )
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


def _where_bare(report: "Report", bare: pd.DataFrame) -> Text:
    """The lines with orders and nobody certified, on the company's page with their units."""
    told = [_one_bare(report, row) for row in bare.head(BARE_NAMED).to_dict("records")]
    names = join(told, SEPARATOR)
    more = len(bare) - len(told)
    return both("{names} and {n} more", names=names, n=str(more)) if more else names


def _one_bare(report: "Report", row: Mapping[Hashable, Any]) -> Text:
    line = both(
        "{line} ({orders} orders in twelve months)",
        line=report.segment_name("product_line", row["segment"]),
        orders=tell_count(row["orders"]),
    )
    if not report.is_company:
        return line
    return both("{unit}: {line}", unit=report.run.unit_name(row["business_unit"]), line=line)


def _sentences(report: "Report", lines: pd.DataFrame, bare: pd.DataFrame, posts: float) -> tuple[Text, ...]:
    row = report.kpi(COVERAGE)
    covered = None
    if row is not None and not is_missing(row["value"]):
        covered = both(
            "Of the technicians serving a line in {period} {value} ({interval}) were certified for it.",
            period=tell_period(row["value_period"]),
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
    nobody = both("Nobody in post is certified for {lines}.", lines=_where_bare(report, bare)) if len(bare) else None
    past = (
        _past_them(report, lines) if posts >= fewest_technicians(report) else None
    )  # of few, one's absence is a year's
    return said(covered, nobody, past, none, rule)


def _lines_served(report: "Report") -> list[str]:
    rows = recent(report.segments("orders_completed", "product_line"))
    return [str(line) for line in rows["segment"].unique()]


def _past_them(report: "Report", lines: pd.DataFrame) -> Text | None:
    """That enough people are certified and the work passes them by: the line of which those certified in each month did
    least of what an even share of that month's orders would have been, beyond chance."""
    served = lines.assign(even=lines["segment"].map(even_shares(report)))
    served = served[(served["certified"] >= served["needed"]) & (served["high"] < served["even"])]
    if served.empty:
        return None
    least = served.assign(part=served["value"] / served["even"]).sort_values("part", kind="stable").iloc[0]
    return both(
        "Enough are certified for {line}, yet in twelve months they did {share} ({interval}) of its orders; an even "
        "share of the work of each month among those in post would have been {even}.",
        line=report.segment_name("product_line", least["segment"]),
        share=tell_value(least["value"], "%"),
        interval=tell_interval(least["low"], least["high"], "%"),
        even=tell_value(least["even"], "%"),
    )


def _table(report: "Report", lines: pd.DataFrame, named: np.ndarray) -> Block:
    verdicts = {True: both("too few certified"), False: both("enough certified")}
    frame = lines.assign(
        label=named,
        verdict=text_column(
            both("nobody certified") if not certified else verdicts[certified < needed]
            for certified, needed in zip(lines["certified"], lines["needed"], strict=True)
        ),
    )[["label", "denominator", "value", "certified", "needed", "verdict"]]
    columns = {
        "label": Column(both("Product line")),
        "denominator": Column(both("Orders by known technicians"), "n"),
        "value": Column(both("Done by certified"), "%"),
        "certified": Column(both("Certified in post"), "n"),
        "needed": Column(both("Needed"), "n"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    caption = both("Certified technicians by product line")
    return table(frame, columns=columns, caption=caption, name="skills-lines", languages=report.languages)
