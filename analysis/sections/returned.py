"""What comes back: returns and exchanges by month of sale, their reasons, how soon money is refunded, and what a new
return policy changed.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_trend
from analysis.presentation.formatting import common_decimals, is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_interval, tell_move, tell_period, tell_value
from analysis.sections.enough import FEWEST_WITH_INTERVALS, can_name
from analysis.sections.passing import in_passing
from analysis.sections.segments import UNNAMED
from analysis.sections.trend import MONTHS_SHOWN, subtitle
from analysis.sections.wording import capital, said, say_difference, say_state
from analysis.statistics.comparison import compare_proportions
from analysis.statistics.intervals import multinomial

if TYPE_CHECKING:
    from analysis.report import Report

RATE, EXCHANGES, REFUND = "return_rate_60d", "exchange_rate_60d", "refund_time_median"
COUNT = "returns_received"
YEAR = 12
REASONS_TOLD = 3


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
    lines = said(_reasons(report), _policy(report, card), join(beside, {"en": " ", "zh": ""}) if beside else None)
    about = subtitle(report, RATE, history)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def reason_shares(report: "Report") -> pd.DataFrame:
    """Reasons of the last twelve months, most frequent first: label, n, share, and intervals that hold for all of
    them at once (in %); empty where no reason is known."""
    rows = report.segments(COUNT, "reason")
    rows = rows[~rows["segment"].isin(UNNAMED) & rows["value"].notna()]
    if rows.empty:
        return pd.DataFrame()
    newest = pd.period_range(end=pd.Period(rows["period"].max(), freq="M"), periods=YEAR, freq="M").astype(str)
    recent = rows[rows["period"].isin(newest)]
    counts = recent.groupby("segment", observed=True)["value"].sum().sort_values(ascending=False)
    shares = multinomial(counts.to_numpy(float))
    columns = {name: getattr(shares, name) * 100 for name in ("value", "low", "high")}
    names = text_column(report.segment_name("reason", reason) for reason in counts.index)
    return pd.DataFrame({"label": names, "n": counts.to_numpy(float), **columns})


def _reasons(report: "Report") -> Text | None:
    """The leading reasons in one sentence, each with its interval; None with too few returns to name any."""
    shares = reason_shares(report)
    if shares.empty or not can_name(shares["n"].sum(), fewest=FEWEST_WITH_INTERVALS):
        return None
    months = min(int(report.series(COUNT)["value"].notna().sum()), YEAR)
    told = (
        both(
            "{reason} {share} ({interval})",
            reason=row["label"],
            share=tell_value(row["value"], "%"),
            interval=tell_interval(row["low"], row["high"], "%"),
        )
        for row in shares.head(REASONS_TOLD).to_dict("records")
    )
    listed = join(told, {"en": ", ", "zh": "、"})
    if months < YEAR:
        return both("Reasons of the {months} months known: {reasons}.", months=str(months), reasons=listed)
    return both("Reasons of the last twelve months: {reasons}.", reasons=listed)


def _policy(report: "Report", card: MetricCard) -> Text | None:
    """The year of sales before the newest return policy against the year after, sales that lie between left out."""
    rows = report.segments(COUNT, "policy_version")
    rows = rows[~rows["segment"].isin(UNNAMED) & (rows["value"] > 0)]
    start = _policy_start(report, rows)
    if start is None:
        return None
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
    sure = both("no more than chance explains")
    if found.p < 0.05:
        sure = both("more than sampling alone would make it, as one unit in twenty shows by luck")
    return both(
        "{name} of the sales after the return policy of {period}, against the year before it: {change} ({interval}), "
        "{sure}. A comparison of two years, season and trend not taken out, proves no cause; where the policy stands "
        "among the measures, they are.",
        name=card.name,
        period=tell_period(str(start)),
        change=tell_move(told),
        interval=tell_interval(low, high, "pp"),
        sure=sure,
    )


def _policy_start(report: "Report", rows: pd.DataFrame) -> pd.Period | None:
    """The month from which sales come under the newest policy, by the company's returns: a small unit may have none in
    its first months. None where only one policy is known."""
    if not report.is_company:
        whole = report.run.rows("measurements", metric=COUNT, business_unit="all", breakdown="policy_version")
        rows = whole[whole["segment"].isin(rows["segment"].unique()) & (whole["value"] > 0)]
        rows = rows[rows["period"] <= report.period]
    begun = rows.groupby("segment", observed=True)["period"].min().sort_values()
    return pd.Period(str(begun.iloc[-1]), freq="M") if len(begun) > 1 else None
