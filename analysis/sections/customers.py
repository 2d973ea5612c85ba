"""This unit's customers as they buy: one row per customer and day of purchase, and one per customer as known at a day.

Reads the unit's own records; what is told of other units comes from the measurements only.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.statistics.customer_classes import classify

if TYPE_CHECKING:
    from analysis.report import Report

YEAR = pd.Timedelta(days=365)
CLASS_WINDOW = pd.Timedelta(days=730)
MONTH_DAYS = 365.25 / 12
FEWEST = 50
WORTH = "customer_lifetime_value"
PURCHASE = [
    "business_unit",
    "purchase_id",
    "customer_id",
    "product_id",
    "purchased_at",
    "revenue",
    "margin",
    "channel",
    "personalised",
]


def period_end(report: "Report") -> pd.Timestamp:
    """The first moment after the report's period: what is known by then is what the page may tell."""
    return pd.Period(report.period.replace("-Q", "Q")).end_time.normalize() + pd.Timedelta(days=1)


def silence_days(report: "Report") -> int:
    """G of the churn rate: so many days without a sign count as lost; a year where the data cannot tell."""
    row = report.kpi("silence_limit_days")
    return int(YEAR.days if row is None or is_missing(row["value"]) else row["value"])


def look_ahead(report: "Report") -> pd.Timedelta:
    """How far ahead a ranking of customers looks: a year, or G where customers come back sooner than that."""
    return min(YEAR, pd.Timedelta(days=silence_days(report)))


def earned_name(report: "Report") -> Text:
    """What purchases are reckoned in: margin, or revenue where the data give no margin."""
    return both("margin") if report.run.store.has("purchases", "margin") else both("revenue")


def say_reach(report: "Report") -> Text | None:
    """That old customers pass for new ones, where the data do not say when a customer first bought."""
    if report.run.store.has("customers", "first_purchase_on"):
        return None
    return both(
        "The data do not say when a customer first bought: the first months hold old customers as new ones, who look "
        "more loyal than "
        "new ones are."
    )


def says_worth(report: "Report") -> bool:
    """Whether the page tells a lifetime value: what is reckoned from its models stands or falls with it."""
    return report.tells(WORTH)


def says_chances(report: "Report", days: pd.DataFrame, end: pd.Timestamp) -> bool:
    """Whether the chance of a further purchase may be told: with the lifetime value, whose model of buying it is; or
    where that one lacks something else, with as many new customers and as long a past as the lifetime value asks for.
    """
    if says_worth(report) or days.empty:
        return True
    options = report.catalogue[WORTH].how.options
    fresh = days.loc[days["first_on"] >= days["day"].min(), "customer"].nunique()
    reach = (end - days["day"].min()) / pd.Timedelta(days=MONTH_DAYS)
    return bool(reach >= options["months"] / 3 and fresh >= options["fewest"])


def say_worth_needs(report: "Report") -> Text:
    """What a lifetime value needs, and everything that is reckoned from its models."""
    options = report.catalogue[WORTH].how.options
    return both(
        "A lifetime value needs at least {n} customers whose first purchase is in the data, {repeat} of them with a "
        "second one, and data that span a third of its {months} months.",
        n=str(options["fewest"]),
        repeat="20",
        months=str(options["months"]),
    )


def say_too_few() -> Text:
    """What classes and rankings of customers need."""
    return both(
        "This needs at least {n} customers with two purchases or more, one of them in the last 24 months.",
        n=str(FEWEST),
    )


def purchase_days(report: "Report") -> pd.DataFrame:
    """customer (unit and id in one), customer_id, day, revenue, earned (margin less refunds; revenue where no margin is
    known), first_on, channel, personalised (0, 1 or NaN), product_line: sorted by customer and day, up to the end of
    the period.
    """
    bought = report.records("purchases", PURCHASE).dropna(subset=["customer_id", "purchased_at"])
    bought = bought[bought["purchased_at"] < period_end(report)]
    stated = bought["margin"].notna() & (bought["revenue"] > 0)
    share = 1.0
    if stated.any():
        share = float(bought.loc[stated, "margin"].sum() / bought.loc[stated, "revenue"].sum())
    margin = bought["margin"].fillna(bought["revenue"] * share)
    kept = _kept(report, bought)
    days = pd.DataFrame(
        {
            "customer": bought["business_unit"] + "|" + bought["customer_id"],
            "customer_id": bought["customer_id"],
            "day": bought["purchased_at"].dt.normalize(),
            "revenue": bought["revenue"] * kept,
            "earned": margin * kept,
            "channel": bought["channel"].fillna("unknown"),
            "personalised": bought["personalised"].astype("Float64").astype(float),
            "product_line": _lines(report, bought["product_id"]),
        }
    )[kept > 0]
    whole = days.groupby(["customer", "day"], as_index=False, sort=True).agg(
        customer_id=("customer_id", "first"),
        revenue=("revenue", "sum"),
        earned=("earned", "sum"),
        channel=("channel", "first"),
        personalised=("personalised", "max"),
        product_line=("product_line", "first"),
    )
    return whole.assign(first_on=_first_on(report, whole))


def customers_at(days: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """One row per customer (index) as known at a moment: repeat purchases x, days from the first to the last tx, days
    observed age, mean earned of the repeats, purchases, earned, last day, is_new (first purchase is in the data).
    """
    known = days[days["day"] < moment]
    grouped = known.groupby("customer", sort=True)
    found = grouped.agg(
        customer_id=("customer_id", "first"),
        first=("day", "min"),
        last=("day", "max"),
        purchases=("day", "size"),
        earned=("earned", "sum"),
        first_on=("first_on", "min"),
        channel=("channel", "last"),
        product_line=("product_line", "last"),
    )
    first_earned = known.drop_duplicates("customer").set_index("customer")["earned"]
    x = found["purchases"] - 1
    repeats = (found["earned"] - first_earned) / x.where(x > 0)
    return found.assign(
        x=x.astype(float),
        tx=(found["last"] - found["first"]).dt.days.astype(float),
        age=(moment - found["first"]).dt.days.astype(float),
        first_earned=first_earned,
        repeat_earned=repeats,
        is_new=found["first_on"] >= found["first"],
    )


def classes_at(days: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Class, revenue and earned within the 24 months before the moment, for each customer who bought in them."""
    recent = days[(days["day"] < moment) & (days["day"] >= moment - CLASS_WINDOW)]
    grouped = recent.groupby("customer", sort=True)
    found = grouped.agg(
        last=("day", "max"), purchases=("day", "size"), revenue=("revenue", "sum"), earned=("earned", "sum")
    )
    sorted_in = classify((moment - found["last"]).dt.days, found["purchases"], found["earned"])
    return found.assign(**{"class": sorted_in["class"].to_numpy(dtype=object)})


def months_told(days: pd.DataFrame, moment: pd.Timestamp) -> int:
    """Of how many months, 24 at most, the purchases before the moment are known: sums over "24 months" of a source that
    began a year ago are those of twelve.
    """
    first = max(days["day"].min(), moment - CLASS_WINDOW)
    return max(round((moment - first).days / MONTH_DAYS), 1)


def _kept(report: "Report", bought: pd.DataFrame) -> pd.Series:
    """The share of each purchase that was not refunded."""
    if not report.run.store.has("returns", "purchase_id", "refund"):
        return pd.Series(1.0, index=bought.index)
    back = report.records("returns", ["purchase_id", "kind", "refund", "requested_at"])
    back = back[(back["kind"] == "return") & (back["requested_at"] < period_end(report))]
    refund = bought["purchase_id"].map(back.groupby("purchase_id")["refund"].sum()).fillna(0.0)
    revenue = bought["revenue"].where(bought["revenue"] > 0)
    return (1 - refund / revenue).clip(lower=0.0).fillna(1.0)


def _lines(report: "Report", product: pd.Series) -> pd.Series:
    if not report.run.store.has("products", "product_line"):
        return pd.Series("unknown", index=product.index)
    lines = report.run.store.records("products", "all", columns=["product_id", "product_line"]).dropna()
    return product.map(lines.drop_duplicates("product_id").set_index("product_id")["product_line"]).fillna("unknown")


def _first_on(report: "Report", days: pd.DataFrame) -> pd.Series:
    """The day of each customer's first purchase, by the customers' table where that is earlier."""
    seen = days.groupby("customer")["day"].transform("min")
    if not report.run.store.has("customers", "first_purchase_on"):
        return seen
    told = report.records("customers", ["customer_id", "first_purchase_on"]).drop_duplicates("customer_id")
    earlier = days["customer_id"].map(told.set_index("customer_id")["first_purchase_on"])
    return pd.to_datetime(earlier).where(earlier < seen, seen)
