"""How failures depend on age, product by product: early failures, chance at any age, or wear."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_interval, tell_period, tell_value
from analysis.sections.passing import in_passing
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

SHAPE, WITHIN = "life_shape", "failures_within_24_months"
ROWS_SHOWN = 8


def product_life(report: "Report") -> Block:
    """A section with the Weibull shape of each product (else product line), and the share that fails in 24 months."""
    missing = report.lacks("product life", *report.run.missing.get(SHAPE, []))
    lives = _lives(report)
    if missing is not None or lives.empty:
        reason = both("A life needs at least twenty repairs of a product whose units and days of sale are known.")
        return missing or Note(report.catalogue[SHAPE].name, reason, languages=report.languages)
    headline = _headline(lives)
    about = both(
        "Weibull shape of repairs over age, all unit-months watched up to {period}; below 1 early failures, "
        "above 1 wear · {unit}",
        period=tell_period(report.period),
        unit=report.unit_name,
    )
    shown = pd.concat([lives[lives["kind"] != 0], lives[lives["kind"] == 0]]).head(ROWS_SHOWN)
    figure = chart_intervals(
        shown.sort_values("value"),
        title=headline,
        unit="ratio",
        name="product-life",
        reference=1.0,
        reference_label=both("any age alike"),
        description=about,
        table=_table(report, lives, about),
        languages=report.languages,
    )
    late = both(
        "Units sold before the data begin enter at the age they had then; units still in service count as far as "
        "they have been watched."
    )
    lines = said(_most(lives), in_passing(report, "early_failure_rate_30d", dated=True), late)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _lives(report: "Report") -> pd.DataFrame:
    """One row per product (product line where products are not told apart): shape, interval, kind (−1 early, 0 none to
    tell, +1 wear), share that fails within 24 months."""
    for breakdown in ("product_id", "product_line"):
        shape, within = (report.segments(metric, breakdown) for metric in (SHAPE, WITHIN))
        shape = shape[shape["value"].notna() & (shape["segment"] != "unknown") & (shape["period"] == report.period)]
        if shape.empty:
            continue
        within = (
            within[within["period"] == report.period]
            .set_index("segment")[["value", "low", "high"]]
            .add_prefix("within_")
        )
        rows = shape.join(within, on="segment").sort_values("n", ascending=False, kind="stable").reset_index(drop=True)
        kind = (rows["low"] > 1).astype(int) - (rows["high"] < 1).astype(int)
        labels = text_column(capital(report.segment_name(breakdown, segment)) for segment in rows["segment"])
        return rows.assign(kind=kind, label=labels)[
            ["label", "period", "n", "value", "low", "high", "kind", "within_value", "within_low", "within_high"]
        ]
    return pd.DataFrame()


def _headline(lives: pd.DataFrame) -> Text:
    early, wear, all_of = (lives["kind"] == -1).sum(), (lives["kind"] == 1).sum(), len(lives)
    if wear and all_of == 1:
        return both("{name} wears out with age", name=lives["label"].iloc[0])
    if wear:
        names = join(lives.loc[lives["kind"] == 1, "label"].head(3), {"en": ", ", "zh": "、"})
        return both("{wear} of {n} products wear out with age: {names}", wear=str(wear), n=str(all_of), names=names)
    if early:
        return both(
            "Failing somewhat more often when new than later: {early} of {n} products; none shows wear",
            early=str(early),
            n=str(all_of),
        )
    return both("No product fails more when young or when old than chance would make it")


def _most(lives: pd.DataFrame) -> Text | None:
    """The product that fails most within 24 months, with its interval, and how many chance may set in its place."""
    known = lives[lives["within_value"].notna()].sort_values("within_value")
    if len(known) < 2:
        return None
    top = known.iloc[-1]
    near = int((known["within_high"].iloc[:-1] >= top["within_low"]).sum())
    if near:
        return both(
            "Highest share that fails within 24 months: {product}, {value} ({interval}); products whose intervals "
            "overlap with it: {n}.",
            product=top["label"],
            value=tell_value(top["within_value"], "%"),
            interval=tell_interval(top["within_low"], top["within_high"], "%"),
            n=str(near),
        )
    return both(
        "Most likely to fail within 24 months: {product}, {value} ({interval}).",
        product=top["label"],
        value=tell_value(top["within_value"], "%"),
        interval=tell_interval(top["within_low"], top["within_high"], "%"),
    )


def _table(report: "Report", lives: pd.DataFrame, caption: Text) -> Table:
    verdicts = {-1: both("early failures"), 0: both("any age alike"), 1: both("wear")}
    frame = lives.assign(
        interval=text_column(
            tell_interval(round(low, 2), round(high, 2), "")
            for low, high in zip(lives["low"], lives["high"], strict=True)
        ),
        verdict=text_column(verdicts[int(kind)] for kind in lives["kind"]),
        within_interval=text_column(
            tell_interval(low, high, "") for low, high in zip(lives["within_low"], lives["within_high"], strict=True)
        ),
    )
    columns = {
        "label": Column(both("Product"), kind="text"),
        "n": Column(both("Repairs"), "n"),
        "value": Column(both("Shape"), "ratio", decimals=2),
        "interval": Column(both("95% interval"), kind="text"),
        "verdict": Column(both("Failures come as"), kind="text"),
        "within_value": Column(both("Fail within 24 months"), "%", decimals=1),
        "within_interval": Column(both("95% interval, %"), kind="text"),
    }
    return table(frame, columns=columns, caption=caption, name="product-life", languages=report.languages)
