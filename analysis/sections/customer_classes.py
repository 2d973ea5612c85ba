"""Customers in classes by how recently, often and much they bought: what each class is worth, and how customers moved
since a year ago; and who of the valuable ones is about to leave.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_heat
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.telling import tell_count, tell_interval, tell_value
from analysis.sections.customers import YEAR, classes_at, customers_at, look_ahead, period_end, purchase_days
from analysis.sections.wording import capital, said
from analysis.statistics.customer_classes import CLASSES, movement
from analysis.statistics.intervals import Estimate, wilson
from analysis.statistics.lifetime_value import (
    conditional_purchases,
    conditional_value,
    fit_buying,
    fit_value,
    probability_of_purchase,
)
from analysis.statistics.ranking import Lift, area_under_curve, lift

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST = 50
LISTED = 10
KEPT = 3  # characters of an id that stay when it is masked
NO_USE, HARDLY = 0.5, 0.6  # areas under the curve


@dataclass(frozen=True)
class Backtest:
    """How good last year's ranking was: area under the curve, share lost among the tenth ranked highest, customers."""

    area: Estimate
    lift: Lift
    customers: int


def classes(report: "Report") -> Block:
    """What each class of customers is worth, and where last year's classes are now."""
    title = both("Customers by class: who buys recently, often and much")
    missing = report.lacks("classes", "purchases")
    if missing is not None:
        return missing
    days, end = purchase_days(report), period_end(report)
    now = classes_at(days, end)
    if len(now) < FEWEST:
        return Note(title, _too_few(), languages=report.languages)
    now = now.join(_expected(days, end))
    before = classes_at(days, end - YEAR) if days["day"].min() <= end - 2 * YEAR else now.iloc[:0]
    worth = _worth(now)
    headline = _class_headline(worth)
    parts: list[Block] = []
    sentences: tuple[Text, ...] = ()
    if len(before) >= FEWEST:
        moved = movement(before["class"], now["class"])
        parts.append(_movement_figure(report, moved, headline))
        sentences = said(_say_movement(before, now))
    valued = both("The margin expected in the next 12 months is that of the lifetime value's models, customer by customer.")
    parts += [
        Sentences((*sentences, *((valued,) if worth["expected"].notna().any() else ())), languages=report.languages),
        _worth_table(report, worth, title),
    ]
    about = both(
        "{title}; purchases of 24 months · {unit} · n = {n}",
        title=title,
        unit=report.unit_name,
        n=tell_count(len(now)),
    )
    return report.section(headline=headline, subtitle=about, parts=parts)


def at_risk(report: "Report", *, show_customer_ids: bool = False) -> Block:
    """The customers with most margin at stake, ranked by what they earned a year times the chance that they buy no more;
    and how good the same ranking was a year ago.
    """
    title = both("Customers at risk: what they earned, and how likely they are gone")
    missing = report.lacks("customers at risk", "purchases")
    if missing is not None:
        return missing
    days, end = purchase_days(report), period_end(report)
    ahead = look_ahead(report)
    ranked = _ranked(days, end, ahead)
    if ranked is None:
        return Note(title, _too_few(), languages=report.languages)
    test = backtest(days, end, ahead)
    top = ranked.head(max(len(ranked) // 10, 1))
    headline = both(
        "The tenth of the customers most at risk earned {stake} in the last 24 months, {share} of all",
        stake=tell_value(float(top["earned_24m"].sum()), report.catalogue["customer_lifetime_value"].unit),
        share=tell_value(100 * float(top["earned_24m"].sum() / ranked["earned_24m"].sum()), "%"),
    )
    made = both(
        "Ranked by yearly margin of the last 24 months × chance of no purchase in the next {days} days (BG/NBD); only customers "
        "with two purchases or more, since nothing tells whether a one-time buyer has left.",
        days=str(ahead.days),
    )
    masked = None if show_customer_ids else both("Customer ids are masked; the parameter show_customer_ids shows them.")
    return report.section(
        headline=headline,
        subtitle=both("{title} · {unit} · n = {n}", title=title, unit=report.unit_name, n=tell_count(len(ranked))),
        parts=(
            _risk_table(report, ranked, title, show_customer_ids=show_customer_ids),
            Sentences(said(made, _say_backtest(test, ahead), masked), languages=report.languages),
        ),
    )


def backtest(days: pd.DataFrame, end: pd.Timestamp, ahead: pd.Timedelta = YEAR) -> Backtest | None:
    """The ranking as it would have been a year (or G days) ago against what then happened; None where it could not have
    been made."""
    then = _ranked(days, end - ahead, ahead)
    if then is None:
        return None
    since = days[(days["day"] >= end - ahead) & (days["day"] < end)]
    lost = ~then.index.isin(since["customer"])
    return Backtest(area_under_curve(then["lost"], lost), lift(then["lost"], lost), len(then))


def _ranked(days: pd.DataFrame, moment: pd.Timestamp, ahead: pd.Timedelta) -> pd.DataFrame | None:
    """Customers with two purchases or more, one of them in the last 24 months, most at stake first: chance of no purchase
    within `ahead`, earned in 24 months, stake. None with fewer than fifty of them or without a model."""
    known = customers_at(days, moment)
    fresh = known[known["is_new"]]
    model = fit_buying(fresh["x"], fresh["tx"], fresh["age"])
    recent = classes_at(days, moment)
    chosen = known[(known["x"] > 0) & known.index.isin(recent.index)]
    if model is None or len(chosen) < FEWEST:
        return None
    buys = probability_of_purchase(model.parameters, ahead.days, chosen["x"], chosen["tx"], chosen["age"])
    earned = recent["earned"].reindex(chosen.index)
    found = chosen.assign(lost=1 - buys, earned_24m=earned, stake=(1 - buys) * earned / 2)
    return found.sort_values(["stake", "customer_id"], ascending=[False, True])


def _expected(days: pd.DataFrame, end: pd.Timestamp) -> pd.Series:
    """Margin expected of each customer in the next 12 months; empty where the models cannot be fitted."""
    known = customers_at(days, end)
    fresh = known[known["is_new"]]
    buying, value = fit_buying(fresh["x"], fresh["tx"], fresh["age"]), fit_value(fresh["x"], fresh["repeat_earned"])
    if buying is None or value is None or value.q <= 1:
        return pd.Series(np.nan, index=known.index, name="expected")
    count = conditional_purchases(buying.parameters, 365, known["x"], known["tx"], known["age"])
    each = conditional_value(value.parameters, known["x"], known["repeat_earned"])
    return pd.Series(count * each, index=known.index, name="expected")


def _worth(now: pd.DataFrame) -> pd.DataFrame:
    sums = now.groupby("class").agg(
        customers=("revenue", "size"), earned=("earned", "sum"), expected=("expected", "mean")
    )
    sums = sums.reindex([name for name in CLASSES if name in sums.index])
    return sums.assign(
        share=100 * sums["customers"] / sums["customers"].sum(), earned_share=100 * sums["earned"] / sums["earned"].sum()
    )


def class_name(name: str) -> Text:
    """A class as a reader says it: "champions" / "核心客户"."""
    return {
        "champions": both("champions"),
        "loyal": both("loyal"),
        "promising": both("promising"),
        "middle": both("in the middle"),
        "at_risk": both("valuable but quiet"),
        "dormant": both("dormant"),
        "gone": both("gone"),
    }[name]


def _class_headline(worth: pd.DataFrame) -> Text:
    quiet = worth.loc["at_risk"] if "at_risk" in worth.index else None
    best = worth.loc["champions"] if "champions" in worth.index else worth.loc[worth["earned"].idxmax()]
    figures = {
        "share": tell_value(float(best["share"]), "%"),
        "earned": tell_value(float(best["earned_share"]), "%"),
    }
    if quiet is None:
        return both("The best {share} of the customers bring {earned} of the margin", **figures)
    return both(
        "The best {share} of the customers bring {earned} of the margin; another {quiet} comes from valuable ones who have gone quiet",
        **figures,
        quiet=tell_value(float(quiet["earned_share"]), "%"),
    )


def _say_movement(before: pd.DataFrame, now: pd.DataFrame) -> Text | None:
    best = before.index[before["class"].isin(["champions", "loyal"])]
    if not len(best):
        return None
    still = now["class"].reindex(best).isin(["champions", "loyal"])
    share = wilson(int(still.sum()), len(best))
    return both(
        "Of last year's champions and loyal customers {share} ({interval}) still are; the others have bought less or not at all since.",
        share=tell_value(100 * float(share.value), "%"),
        interval=tell_interval(100 * float(share.low), 100 * float(share.high), "%"),
    )


def _say_backtest(test: Backtest | None, ahead: pd.Timedelta) -> Text:
    if test is None or is_missing(float(test.area.value)):
        return both("The data do not reach back far enough to test such a ranking on the past.")
    figures = {
        "days": str(ahead.days),
        "area": tell_value(float(test.area.value), "ratio"),
        "interval": tell_interval(float(test.area.low), float(test.area.high), "ratio"),
        "top": tell_value(100 * float(test.lift.top.value), "%"),
        "top_interval": tell_interval(100 * float(test.lift.top.low), 100 * float(test.lift.top.high), "%"),
        "all": tell_value(100 * test.lift.all, "%"),
    }
    if is_missing(float(test.area.low)) or test.area.low <= NO_USE:
        return both(
            "Made {days} days ago, the chances would have told no more than a coin: area under the curve {area} ({interval}). Use the list "
            "for the margin in it, not for who will leave.",
            **figures,
        )
    if test.area.value < HARDLY:
        return both(
            "Made {days} days ago, the chances told leavers from others hardly better than a coin (area under the curve {area}, {interval}): of the "
            "tenth ranked highest {top} ({top_interval}) bought no more, of all {all}. Use the list for the margin in it.",
            **figures,
        )
    return both(
        "Made {days} days ago, the chances told leavers from others with an area under the curve of {area} ({interval}; 0.5 is a coin): "
        "of the tenth ranked highest {top} ({top_interval}) bought no more, of all {all}.",
        **figures,
    )


def _movement_figure(report: "Report", moved: pd.DataFrame, headline: Text) -> Block:
    rows = [
        {"row": _numbered(before), "column": plain(_number(after)), "value": 100 * share}
        for before, line in moved.iterrows()
        for after, share in line.items()
    ]
    about = both(
        "Where the customers of each class a year ago (rows) are now (columns), per cent; 7: no purchase in 24 months"
    )
    return chart_heat(
        pd.DataFrame({name: text_column(r[name] for r in rows) for name in ("row", "column")}).assign(
            value=[row["value"] for row in rows]
        ),
        title=headline,
        subtitle=about,
        description=about,
        unit="%",
        name="class-movement",
        languages=report.languages,
    )


def _number(name: str) -> str:
    return str((*CLASSES, "gone").index(name) + 1)


def _numbered(name: str) -> Text:
    return join([_number(name), capital(class_name(name))], " ")


def _worth_table(report: "Report", worth: pd.DataFrame, caption: Text) -> Table:
    unit = report.catalogue["customer_lifetime_value"].unit
    frame = worth.assign(label=text_column(_numbered(str(name)) for name in worth.index)).reset_index(drop=True)
    columns = {
        "label": Column(both("Class"), kind="text"),
        "customers": Column(both("Customers"), "n"),
        "share": Column(both("Share"), "%"),
        "earned_share": Column(both("Share of the margin of 24 months"), "%"),
        "expected": Column(both("Margin expected in 12 months, each"), unit),
    }
    if frame["expected"].isna().all():
        del columns["expected"]
    return table(frame, columns=columns, caption=caption, name="classes", languages=report.languages)


def _risk_table(report: "Report", ranked: pd.DataFrame, caption: Text, *, show_customer_ids: bool) -> Table:
    unit = report.catalogue["customer_lifetime_value"].unit
    listed = ranked.head(LISTED)
    names = [str(name) if show_customer_ids else masked_id(str(name)) for name in listed["customer_id"]]
    frame = pd.DataFrame(
        {
            "customer": text_column(plain(name) for name in names),
            "last": listed["last"].to_numpy(),
            "purchases": listed["purchases"].to_numpy(),
            "earned": listed["earned_24m"].to_numpy(),
            "lost": 100 * listed["lost"].to_numpy(),
            "stake": listed["stake"].to_numpy(),
        }
    )
    columns = {
        "customer": Column(both("Customer"), kind="text"),
        "last": Column(both("Last purchase"), kind="date"),
        "purchases": Column(both("Purchases"), "n"),
        "earned": Column(both("Margin of 24 months"), unit),
        "lost": Column(both("Chance of no further purchase"), "%"),
        "stake": Column(both("At stake a year"), unit),
    }
    return table(frame, columns=columns, caption=caption, name="at-risk", languages=report.languages)


def masked_id(customer: str) -> str:
    """All but the last three characters as dots; the whole of an id that is no longer."""
    return "•••" + customer[-KEPT:] if len(customer) > KEPT else "•••"


def _too_few() -> Text:
    return both(
        "This needs at least {n} customers with two purchases or more, one of them in the last 24 months.", n=str(FEWEST)
    )
