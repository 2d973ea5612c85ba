"""Who of the valuable customers is about to leave: a ranking by money and chance, and how good the same ranking was in
the past.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, Value, both, plain
from analysis.presentation.telling import tell_count, tell_interval, tell_value
from analysis.sections.customers import (
    FEWEST,
    YEAR,
    classes_at,
    customers_at,
    earned_name,
    look_ahead,
    months_told,
    period_end,
    purchase_days,
    say_too_few,
    say_worth_needs,
    says_chances,
)
from analysis.sections.wording import capital, said
from analysis.statistics.intervals import Estimate
from analysis.statistics.lifetime_value import fit_buying, probability_of_purchase
from analysis.statistics.ranking import Lift, area_under_curve, lift

if TYPE_CHECKING:
    from analysis.report import Report

LISTED = 6
KEPT = 3  # characters of an id that stay when it is masked
NO_USE, HARDLY = 0.5, 0.6  # areas under the curve


@dataclass(frozen=True)
class Backtest:
    """How good last year's ranking was: area under the curve, share lost among the tenth ranked highest, customers."""

    area: Estimate
    lift: Lift
    customers: int


def at_risk(report: "Report", *, show_customer_ids: bool = False) -> Block:
    """The customers with most margin at stake, ranked by what they earned a year times the chance that they buy no
    more; and how good the same ranking was a year ago.
    """
    title = both("Customers at risk: what they earned, and how likely they are gone")
    missing = report.lacks("customers at risk", "purchases")
    if missing is not None:
        return missing
    days, end = purchase_days(report), period_end(report)
    if not says_chances(report, days, end):
        needs = both(
            "The chance that a customer buys no more comes from the lifetime value's model, and is not told where that "
            "is not. {needs}",
            needs=say_worth_needs(report),
        )
        return Note(title, needs, languages=report.languages)
    ahead = look_ahead(report)
    ranked = _ranked(days, end, ahead)
    if ranked is None:
        return Note(title, say_too_few(), languages=report.languages)
    test = backtest(days, end, ahead)
    top = ranked.head(max(len(ranked) // 10, 1))
    months = str(months_told(days, end))
    headline = _headline(
        test,
        months=months,
        stake=tell_value(float(top["earned_24m"].sum()), report.catalogue["customer_lifetime_value"].unit),
        share=tell_value(100 * float(top["earned_24m"].sum() / ranked["earned_24m"].sum()), "%"),
    )
    made = both(
        "Ranked by yearly {money} of the last {months} months × chance of no purchase in the next {days} days; "
        "only customers "
        "with two purchases or more, since nothing tells whether a one-time buyer has left.",
        days=str(ahead.days),
        months=months,
        money=earned_name(report),
    )
    masked = None if show_customer_ids else both("Customer ids are masked.")
    return report.section(
        headline=headline,
        subtitle=both("{title} · {unit} · n = {n}", title=title, unit=report.unit_name, n=tell_count(len(ranked))),
        parts=(
            _risk_table(report, ranked, title, months=months, ahead=ahead, show_customer_ids=show_customer_ids),
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
    """Customers with two purchases or more, one of them in the last 24 months, most at stake first: chance of no
    purchase within `ahead`, earned in 24 months, stake. None with fewer than fifty of them or without a model."""
    known = customers_at(days, moment)
    fresh = known[known["is_new"]]
    model = fit_buying(fresh["x"], fresh["tx"], fresh["age"])
    recent = classes_at(days, moment)
    chosen = known[(known["x"] > 0) & known.index.isin(recent.index)]
    if model is None or len(chosen) < FEWEST:
        return None
    buys = probability_of_purchase(model.parameters, ahead.days, chosen["x"], chosen["tx"], chosen["age"])
    earned = recent["earned"].reindex(chosen.index)
    found = chosen.assign(lost=1 - buys, earned_24m=earned, stake=(1 - buys) * earned * 12 / months_told(days, moment))
    return found.sort_values(["stake", "customer_id"], ascending=[False, True])


def _headline(test: Backtest | None, *, months: str, stake: Text, share: Text) -> Text:
    """What the tenth with most at stake earned; first of all that leavers cannot be told, where the past shows it."""
    if test is None or is_missing(float(test.area.value)) or test.area.value >= HARDLY:
        return both(
            "The tenth of the repeat customers with most at stake earned {stake} in {months} months, {share} of "
            "what all repeat customers brought",
            months=months,
            stake=stake,
            share=share,
        )
    return both(
        "Purchases hardly tell who will leave; the tenth of the repeat customers with most at stake earned {stake} in "
        "{months} months, {share} of what all repeat customers brought",
        months=months,
        stake=stake,
        share=share,
    )


def _say_backtest(test: Backtest | None, ahead: pd.Timedelta) -> Text:
    if test is None or is_missing(float(test.area.value)):
        return both("The data do not reach back far enough to test such a ranking on the past.")
    figures: dict[str, Value] = {
        "days": str(ahead.days),
        "area": tell_value(float(test.area.value), "ratio"),
        "interval": tell_interval(float(test.area.low), float(test.area.high), "ratio"),
        "top": tell_value(100 * float(test.lift.top.value), "%"),
        "top_interval": tell_interval(100 * float(test.lift.top.low), 100 * float(test.lift.top.high), "%"),
        "all": tell_value(100 * test.lift.all, "%"),
    }
    if is_missing(float(test.area.low)) or test.area.low <= NO_USE:
        return both(
            "Made {days} days ago, the chances would have told leavers from others no better than a coin. Use the list "
            "for the money in it, not for who will leave.",
            **figures,
        )
    if test.area.value < HARDLY:
        return both(
            "Made {days} days ago, the chances told leavers from others hardly better than a coin: of the tenth with "
            "the highest chance {top} ({top_interval}) bought no more, of all {all}. Use the list for the money in it.",
            **figures,
        )
    return both(
        "Made {days} days ago, the chances told leavers from others with an area under the curve of {area} "
        "({interval}; 0.5 is a coin): "
        "of the tenth ranked highest {top} ({top_interval}) bought no more, of all {all}.",
        **figures,
    )


def _risk_table(
    report: "Report", ranked: pd.DataFrame, caption: Text, *, months: str, ahead: pd.Timedelta, show_customer_ids: bool
) -> Table:
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
        "earned": Column(both("{money} of {months} months", money=capital(earned_name(report)), months=months), unit),
        "lost": Column(both("Chance of no purchase in {days} days", days=str(ahead.days)), "%"),
        "stake": Column(both("Earned a year × that chance"), unit),
    }
    return table(frame, columns=columns, caption=caption, name="at-risk", languages=report.languages)


def masked_id(customer: str) -> str:
    """All but the last three characters as dots; the whole of an id that is no longer."""
    return "•••" + customer[-KEPT:] if len(customer) > KEPT else "•••"
