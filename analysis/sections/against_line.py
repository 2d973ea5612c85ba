"""Products against the other products of their line: an air conditioner is not compared with a rice cooker."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_interval, tell_span, tell_value
from analysis.sections.pooling import pool
from analysis.sections.segments import FALSE_DISCOVERIES, recent, say_verdict
from analysis.sections.wording import capital, said
from analysis.statistics.comparison import benjamini_hochberg, compare_rates
from analysis.statistics.funnels import funnel_limits_rates

if TYPE_CHECKING:
    from analysis.report import Report

METRIC = "repairs_per_100_units"
ROWS_SHOWN = 8
FEWEST_PRODUCTS = 2


def against_line(report: "Report") -> Block | None:
    """A section with the repair rate of each product as a multiple of its line's other products, over the last twelve
    months; None where the data do not give rates by product and product lines."""
    rows = recent(report.segments(METRIC, "product_id"))
    if rows.empty or not report.run.store.has("products", "product_line"):
        return None
    judged = _judged(report, rows)
    if len(judged) < FEWEST_PRODUCTS:
        return None
    card = report.catalogue[METRIC]
    headline = _headline(judged)
    about = both(
        "{name} of each product as a multiple of the other products of its line, {span} · {unit}",
        name=card.name,
        span=tell_span(rows["period"].min(), rows["period"].max()),
        unit=report.unit_name,
    )
    out = judged["outside"] != 0
    shown = pd.concat([judged[out], judged[~out]]).head(max(ROWS_SHOWN, int(out.sum())))
    figure = chart_intervals(
        shown.sort_values("value", ascending=False),
        title=headline,
        unit="ratio",
        name="against-line",
        reference=1.0,
        reference_label=both("like its line"),
        log=True,
        description=about,
        table=_table(report, judged, about),
        languages=report.languages,
    )
    fair = both(
        "Standing out means: beyond chance and the usual spread of the others, after allowing for how many are "
        "compared."
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences(said(_above_unjudged(judged), fair), languages=report.languages)),
    )


def _judged(report: "Report", rows: pd.DataFrame) -> pd.DataFrame:
    """One row per product that has sisters: repairs, ratio to their rate with interval, and whether it stands out."""
    products = report.run.store.records("products", "all", columns=["product_id", "product_line"])
    line = products.dropna().set_index("product_id")["product_line"]
    pooled = pool(rows, report.catalogue[METRIC])
    pooled = pooled.assign(line=pooled["segment"].astype(str).map(line)).dropna(subset=["line"])
    sums = pooled.groupby("line")[["numerator", "denominator"]].transform("sum")
    others_k, others_n = sums["numerator"] - pooled["numerator"], sums["denominator"] - pooled["denominator"]
    known = (others_k > 0) & (others_n > 0)
    pooled, others_k, others_n = pooled[known], others_k[known], others_n[known]
    if pooled.empty:
        return pooled
    found = compare_rates(pooled["numerator"], pooled["denominator"], k0=others_k, exposure0=others_n)
    expected = (pooled["denominator"] * others_k / others_n).to_numpy(float)
    weighed = expected / (1 + expected / others_k.to_numpy(float))  # the sisters' rate is itself uncertain
    funnel = funnel_limits_rates(weighed * found.value, weighed, centre=1.0)
    enough = pooled["n"].to_numpy() >= report.catalogue[METRIC].minimum_n
    q = benjamini_hochberg(np.where(enough, funnel.p, np.nan))
    outside = np.where(np.nan_to_num(q, nan=1.0) < FALSE_DISCOVERIES, np.sign(found.value - 1), 0).astype(int)
    labels = text_column(capital(report.segment_name("product_id", segment)) for segment in pooled["segment"])
    tone = np.select([outside > 0, outside < 0], ["bad", "good"], "flat")
    told = pooled.assign(rate=pooled["value"], value=found.value, low=found.low, high=found.high)
    told = told.assign(outside=outside, enough=enough, label=labels, tone=tone)
    return told.sort_values("n", ascending=False, kind="stable").reset_index(drop=True)


def _headline(judged: pd.DataFrame) -> Text:
    worse = judged[judged["outside"] > 0]
    if not judged["enough"].any():
        return both("Too few units in service to judge any product")
    if worse.empty:
        return both("No product that can be judged fails more than the others of its line beyond chance")
    top = worse.sort_values("value").iloc[-1]
    return both(
        "{product} fails {ratio} times as often as the others of its line ({interval})",
        product=top["label"],
        ratio=tell_value(round(top["value"], 2), "ratio"),
        interval=tell_interval(round(top["low"], 2), round(top["high"], 2), "ratio"),
    )


def _above_unjudged(judged: pd.DataFrame) -> Text | None:
    """The products of too few units to be judged whose own interval lies above their line all the same."""
    above = judged[~judged["enough"] & (judged["low"] > 1)].sort_values("value", ascending=False)
    if above.empty:
        return None
    named = [
        both(
            "{product} {ratio} times ({interval})",
            product=row["label"],
            ratio=tell_value(round(row["value"], 2), "ratio"),
            interval=tell_interval(round(row["low"], 2), round(row["high"], 2), "ratio"),
        )
        for row in above.to_dict("records")
    ]
    return both(
        "Too few units in service to be judged, yet above its line: {named}.",
        named=join(named, {"en": "; ", "zh": "；"}),
    )


def _table(report: "Report", judged: pd.DataFrame, caption: Text) -> Table:
    judged = judged.loc[(judged["outside"] == 0).sort_values(kind="stable").index]  # what stands out is first
    frame = judged.assign(
        interval=text_column(
            tell_interval(round(low, 2), round(high, 2), "")
            for low, high in zip(judged["low"], judged["high"], strict=True)
        ),
        verdict=text_column(
            say_verdict(outside, enough) for outside, enough in zip(judged["outside"], judged["enough"], strict=True)
        ),
    )
    columns = {
        "label": Column(both("Product"), kind="text"),
        "numerator": Column(both("Repairs"), "n", decimals=0),
        "rate": Column(report.catalogue[METRIC].name, "", decimals=1),
        "value": Column(both("Times its line"), "ratio", decimals=2),
        "interval": Column(both("95% interval"), kind="text"),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    return table(frame, columns=columns, caption=caption, name="against-line", languages=report.languages)
