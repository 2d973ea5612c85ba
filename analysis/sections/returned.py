"""What comes back: returns and exchanges by month of sale, their reasons, how soon money is refunded, and what a new
return policy changed.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals, chart_trend
from analysis.presentation.formatting import common_decimals, is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_interval, tell_period, tell_value
from analysis.sections.passing import in_passing
from analysis.sections.segments import UNNAMED, intervals
from analysis.sections.trend import MONTHS_SHOWN, subtitle
from analysis.sections.wording import capital, said, say_difference, say_state
from analysis.statistics.comparison import compare_proportions
from analysis.statistics.intervals import multinomial

if TYPE_CHECKING:
    from analysis.report import Report

RATE, EXCHANGES, REFUND = "return_rate_60d", "exchange_rate_60d", "refund_time_median"
COUNT = "returns_received"
YEAR = 12


def returned(report: "Report") -> Block:
    """A section with the return rate by month of sale, the reasons of the last twelve months, and the policy."""
    missing = report.lacks("returns", *report.run.missing.get(RATE, []))
    row, history = report.kpi(RATE), report.series(RATE)
    history = history[history["mature"].astype(bool)].tail(MONTHS_SHOWN)
    card = report.catalogue[RATE]
    if missing is not None or row is None or history["value"].notna().sum() == 0:
        return missing or Note.empty(card.name, languages=report.languages)
    headline = capital(say_state(row, card))
    figure = chart_trend(
        history,
        title=headline,
        unit=card.unit,
        better=card.better,
        name=RATE,
        target=None if is_missing(row.get("target")) else float(row["target"]),
        description=card.definition,
        languages=report.languages,
    )
    beside = said(in_passing(report, EXCHANGES, dated=True), in_passing(report, REFUND, dated=True))
    lines = said(_policy(report, card), *beside)
    reasons = _reasons(report)
    parts = (figure, *(() if reasons is None else (reasons,)), Sentences(lines, languages=report.languages))
    return report.section(headline=headline, subtitle=subtitle(report, RATE, history), parts=parts)


def _reasons(report: "Report") -> Block | None:
    """Shares of the reasons over the last twelve months, with intervals that hold for all of them at once."""
    rows = report.segments(COUNT, "reason")
    rows = rows[~rows["segment"].isin(UNNAMED) & rows["value"].notna()]
    if rows.empty:
        return None
    newest = pd.period_range(end=pd.Period(rows["period"].max(), freq="M"), periods=YEAR, freq="M").astype(str)
    counts = (
        rows[rows["period"].isin(newest)].groupby("segment", observed=True)["value"].sum().sort_values(ascending=False)
    )
    shares = multinomial(counts.to_numpy(float))
    names = text_column(capital(report.segment_name("reason", reason)) for reason in counts.index)
    columns = {name: getattr(shares, name) * 100 for name in ("value", "low", "high")}
    frame = pd.DataFrame({"label": names, "n": counts.to_numpy(float), **columns})
    title = both(
        "Reasons of the returns and exchanges of the last twelve months: {reason} leads with {share} ({interval})",
        reason=report.segment_name("reason", counts.index[0]),
        share=tell_value(columns["value"][0], "%"),
        interval=tell_interval(columns["low"][0], columns["high"][0], "%"),
    )
    return chart_intervals(
        frame,
        title=title,
        unit="%",
        name="return-reasons",
        description=title,
        table=_reason_table(report, frame, title),
        languages=report.languages,
    )


def _reason_table(report: "Report", frame: pd.DataFrame, caption: Text) -> Table:
    columns = {
        "label": Column(both("Reason"), kind="text"),
        "n": Column(both("n"), "n"),
        "value": Column(both("Share"), "%"),
        "interval": Column(both("95% interval"), kind="text"),
    }
    told = frame.assign(interval=intervals(frame))
    return table(told, columns=columns, caption=caption, name="return-reasons", languages=report.languages)


def _policy(report: "Report", card: MetricCard) -> Text | None:
    """The year of sales before the newest return policy against the year after, sales that lie between left out."""
    rows = report.segments(COUNT, "policy_version")
    rows = rows[~rows["segment"].isin(UNNAMED) & (rows["value"] > 0)]
    begun = rows.groupby("segment", observed=True)["period"].min().sort_values()
    if len(begun) < 2:
        return None
    start = pd.Period(str(begun.iloc[-1]), freq="M")
    sold = report.series(RATE)
    sold = sold[sold["mature"].astype(bool) & sold["value"].notna()]
    months = pd.PeriodIndex(sold["period"], freq="M")
    between = int(np.ceil(card.follow_up_days / 30))  # their windows lie under both policies
    before = sold[(months < start - between) & (months >= start - between - YEAR)]
    after = sold[(months >= start) & (months < start + YEAR)]
    if before.empty or after.empty:
        return None
    (k0, n0), (k, n) = (tuple(part[["numerator", "denominator"]].sum()) for part in (before, after))
    found = compare_proportions(k, n, k0=k0, n0=n0)
    change, low, high = (100 * float(part) for part in (found.value, found.low, found.high))
    told = say_difference(change, "%", common_decimals([change, low, high]))
    sure = both("more than chance would make it") if found.p < 0.05 else both("no more than chance explains")
    return both(
        "Sales after the return policy of {period} against the year before it: {change} ({interval}), {sure}. A "
        "comparison of two years proves no cause.",
        period=tell_period(str(start)),
        change=told,
        interval=tell_interval(low, high, "pp"),
        sure=sure,
    )
