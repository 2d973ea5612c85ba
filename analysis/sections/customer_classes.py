"""Customers in classes by how recently, often and much they bought: what each class is worth, and how customers moved
since a year ago.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_heat
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.telling import tell_count, tell_interval, tell_value
from analysis.sections.customers import (
    FEWEST,
    YEAR,
    classes_at,
    customers_at,
    earned_name,
    months_told,
    period_end,
    purchase_days,
    say_too_few,
    says_worth,
)
from analysis.sections.withheld import withhold_small
from analysis.sections.wording import capital, said
from analysis.statistics.customer_classes import CLASSES, movement
from analysis.statistics.intervals import wilson
from analysis.statistics.lifetime_value import conditional_purchases, conditional_value, fit_buying, fit_value

if TYPE_CHECKING:
    from analysis.report import Report


def classes(report: "Report") -> Block:
    """What each class of customers is worth, and where last year's classes are now."""
    title = both("Customers by class: who buys recently, often and much")
    missing = report.lacks("classes", "purchases")
    if missing is not None:
        return missing
    days, end = purchase_days(report), period_end(report)
    now = classes_at(days, end)
    if len(now) < FEWEST:
        return Note(title, say_too_few(), languages=report.languages)
    now = now.join(_expected(days, end)) if says_worth(report) else now.assign(expected=np.nan)
    before = classes_at(days, end - YEAR) if days["day"].min() <= end - 2 * YEAR else now.iloc[:0]
    worth, months = _worth(now), str(months_told(days, end))
    headline = _class_headline(worth, earned_name(report))
    parts: list[Block] = []
    sentences: tuple[Text, ...] = ()
    if len(before) >= FEWEST:
        moved = movement(before["class"], now["class"])
        parts.append(_movement_figure(report, moved, headline))
        sentences = said(_say_movement(before, now))
    valued = both(
        "What is expected of the next 12 months is reckoned by the lifetime value's models, customer by customer."
    )
    parts += [
        Sentences((*sentences, *((valued,) if worth["expected"].notna().any() else ())), languages=report.languages),
        _worth_table(report, worth, title, months),
    ]
    about = both(
        "{title}; purchases of {months} months · {unit} · n = {n}",
        title=title,
        months=months,
        unit=report.unit_name,
        n=tell_count(len(now)),
    )
    return report.section(headline=headline, subtitle=about, parts=parts)


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
        share=100 * sums["customers"] / sums["customers"].sum(),
        earned_share=100 * sums["earned"] / sums["earned"].sum(),
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


def _class_headline(worth: pd.DataFrame, money: Text) -> Text:
    quiet = worth["earned_share"].get("at_risk")
    best = "champions" if "champions" in worth.index else worth.index[int(worth["earned"].to_numpy().argmax())]
    figures = {
        "share": tell_value(float(worth["share"].loc[best]), "%"),
        "earned": tell_value(float(worth["earned_share"].loc[best]), "%"),
        "money": money,
    }
    if quiet is None:
        return both("The best {share} of the customers bring {earned} of the {money}", **figures)
    return both(
        "The best {share} of the customers bring {earned} of the {money}; another {quiet} comes from valuable ones "
        "who have gone quiet",
        **figures,
        quiet=tell_value(float(quiet), "%"),
    )


def _say_movement(before: pd.DataFrame, now: pd.DataFrame) -> Text | None:
    best = before.index[before["class"].isin(["champions", "loyal"])]
    if not len(best):
        return None
    still = now["class"].reindex(best).isin(["champions", "loyal"])
    share = wilson(int(still.sum()), len(best))
    return both(
        "Of last year's champions and loyal customers {share} ({interval}) still are; the others have bought less or "
        "not at all since.",
        share=tell_value(100 * float(share.value), "%"),
        interval=tell_interval(100 * float(share.low), 100 * float(share.high), "%"),
    )


def _movement_figure(report: "Report", moved: pd.DataFrame, headline: Text) -> Block:
    rows = [
        {"row": _numbered(str(before)), "column": plain(_number(str(after))), "value": 100 * share}
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


def _worth_table(report: "Report", worth: pd.DataFrame, caption: Text, months: str) -> Table:
    unit, money = report.catalogue["customer_lifetime_value"].unit, earned_name(report)
    frame = worth.assign(label=text_column(_numbered(str(name)) for name in worth.index)).reset_index(drop=True)
    columns = {
        "label": Column(both("Class"), kind="text"),
        "customers": Column(both("Customers"), "n"),
        "share": Column(both("Share"), "%"),
        "earned_share": Column(both("Share of the {money} of {months} months", money=money, months=months), "%"),
        "expected": Column(both("{money} expected in 12 months, each", money=capital(earned_name(report))), unit),
    }
    if frame["expected"].isna().all():
        del columns["expected"]
    frame = withhold_small(frame, "customers", report, named=["label"])
    return table(frame, columns=columns, caption=caption, name="classes", languages=report.languages)
