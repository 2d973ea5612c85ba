"""What a customer is worth net of service, and whether the models behind that figure fit these customers.

The figure itself is measured once per run; the checks are made here on the unit's own purchases: whether value goes
with frequency, and a hold-out of the newest months.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_waterfall
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, Value, both
from analysis.presentation.telling import tell_count, tell_estimate, tell_interval, tell_value
from analysis.sections.customers import customers_at, period_end, purchase_days, say_worth_needs
from analysis.sections.wording import said
from analysis.statistics.intervals import normal_quantile, poisson_exact
from analysis.statistics.lifetime_value import BuyingModel, conditional_purchases, fit_buying

if TYPE_CHECKING:
    from analysis.report import Report

VALUE = "customer_lifetime_value"
PARTS = ("first_purchase", "later_purchases", "service_cost")
HELD_OUT = 182  # days
STRONG = 0.1  # correlation from which value goes with frequency
OFF = 0.15  # relative error from which a hold-out is missed


@dataclass(frozen=True)
class Checks:
    """How well the models fit: correlation of frequency and value with its interval; purchases of the held-out
    months, expected and seen."""

    correlation: float
    correlation_low: float
    correlation_high: float
    expected: float
    seen: int
    customers: int

    @property
    def misses(self) -> bool:
        """Whether what was held out was missed by more than 15 % and more than chance."""
        if not self.expected > 0:
            return False
        low, high = (float(end) for end in poisson_exact(self.seen, 1.0)[1:3])
        return abs(self.seen / self.expected - 1) > OFF and not low <= self.expected <= high


def worth(report: "Report") -> Block:
    """The lifetime value of a new customer from its parts, and the checks of its assumptions."""
    card, row = report.catalogue[VALUE], report.kpi(VALUE)
    missing = report.lacks("worth", *report.run.missing.get(VALUE, []))
    if missing is not None:
        return missing
    parts = report.segments(VALUE, "value_part")
    parts = parts[parts["period"] == parts["period"].max()].set_index("segment") if len(parts) else parts
    if row is None or is_missing(row["value"]) or not set(PARTS) <= set(parts.index):
        return Note(card.name, say_worth_needs(report), languages=report.languages)
    checks = check(report)
    value, interval = tell_estimate(row["value"], row["low"], row["high"], card.unit)
    headline = both(
        "A new customer is worth {value} ({interval}) over {months} months, net of service",
        value=value,
        interval=interval,
        months=str(card.how.options["months"]),
    )
    if not knows_service(report):
        headline = both(
            "A new customer is worth {value} ({interval}) over {months} months; what service costs is not known",
            value=value,
            interval=interval,
            months=str(card.how.options["months"]),
        )
    figure = chart_waterfall(
        _steps(report, parts),
        start=(both("Start"), 0.0),
        end=(both("Lifetime value"), float(row["value"])),
        title=headline,
        unit=card.unit,
        better="higher",
        name="lifetime-value",
        description=card.definition,
        table=_part_table(report, parts, card.unit, headline),
        languages=report.languages,
    )
    about = both(
        "{name}, discounted at {rate} a year · {unit} · n = {n}",
        name=card.name,
        rate=tell_value(100 * card.how.options["annual_rate"], "%"),
        unit=report.unit_name,
        n=tell_count(row["n"]),
    )
    margin = None
    if not report.run.store.has("purchases", "margin"):
        margin = both("The data give no margin: revenue stands in its place, so that the value is far too high.")
    sentences = said(margin, *_say_checks(checks))
    shown: list[Block] = [figure, Sentences(sentences, languages=report.languages)]
    return report.section(headline=headline, subtitle=about, parts=shown)


def check(report: "Report") -> Checks | None:
    """The checks on this unit's customers whose first purchase is in the data; None where the model cannot be
    fitted."""
    days, end = purchase_days(report), period_end(report)
    now = customers_at(days, end)
    now = now[now["is_new"]]
    model = fit_buying(now["x"], now["tx"], now["age"])
    if model is None:
        return None
    valued = now[(now["x"] > 0) & (now["repeat_earned"] > 0)]
    r, low, high = _correlation(valued["x"], valued["repeat_earned"])
    predicted, seen, customers = _hold_out(days, end)
    return Checks(r, low, high, predicted, seen, customers)


def _hold_out(days: pd.DataFrame, end: pd.Timestamp) -> tuple[float, int, int]:
    """Purchases of the newest 182 days by customers known before them, expected by a model that did not see them; and
    how many there were. NaN where there is no such model."""
    start = end - pd.Timedelta(days=HELD_OUT)
    before = customers_at(days, start)
    before = before[before["is_new"]]
    model: BuyingModel | None = fit_buying(before["x"], before["tx"], before["age"])
    if model is None:
        return np.nan, 0, len(before)
    ahead = conditional_purchases(model.parameters, HELD_OUT, before["x"], before["tx"], before["age"])
    after = days[(days["day"] >= start) & (days["day"] < end)]
    return float(ahead.sum()), int(after["customer"].isin(before.index).sum()), len(before)


def _correlation(x: pd.Series, z: pd.Series) -> tuple[float, float, float]:
    """Pearson's correlation with Fisher's interval; NaN where nothing varies. Ranks would mislead: the mean of few
    skewed values lies lower in rank than that of many, without any dependence."""
    if len(x) < 10 or x.nunique() < 2 or z.nunique() < 2:
        return np.nan, np.nan, np.nan
    r = float(stats.pearsonr(x, z).statistic)
    reach = normal_quantile() / np.sqrt(len(x) - 3)
    middle = np.arctanh(np.clip(r, -0.999, 0.999))
    return r, float(np.tanh(middle - reach)), float(np.tanh(middle + reach))


def _say_checks(checks: Checks | None) -> tuple[Text, ...]:
    if checks is None:
        return ()
    hold_out = None
    if checks.expected > 0:
        figures: dict[str, Value] = {
            "expected": tell_count(checks.expected),
            "seen": tell_count(checks.seen),
            "days": str(HELD_OUT),
        }
        hold_out = both(
            "Put to the test on the newest {days} days, which the model had not seen: {expected} purchases expected, "
            "{seen} made.",
            **figures,
        )
        if checks.misses:
            hold_out = both(
                "Put to the test on the newest {days} days, which the model had not seen, it misses: {expected} "
                "purchases "
                "expected, {seen} made; take the value as a rough one.",
                **figures,
            )
    return said(hold_out, _say_correlation(checks))


def _say_correlation(checks: Checks) -> Text | None:
    if is_missing(checks.correlation):
        return None
    figures: dict[str, Value] = {
        "r": tell_value(checks.correlation, "ratio"),
        "interval": tell_interval(checks.correlation_low, checks.correlation_high, "ratio"),
    }
    if abs(checks.correlation) >= STRONG and checks.correlation_low * checks.correlation_high > 0:
        return both(
            "The model takes value and frequency as independent, but they go together here (correlation {r}, "
            "{interval}): the value of later purchases is off.",
            **figures,
        )
    return None


def _steps(report: "Report", parts: pd.DataFrame) -> pd.DataFrame:
    names = _part_names()
    if not knows_service(report):
        del names["service_cost"]
    return pd.DataFrame(
        {"label": text_column(names.values()), "value": [float(parts["value"].loc[name]) for name in names]}
    )


def knows_service(report: "Report") -> bool:
    """Whether the data tell what serving a customer cost: costs booked on work orders with a customer."""
    return report.run.store.has("costs", "work_order_id") and report.run.store.has("work_orders", "customer_id")


def _part_names() -> dict[str, Text]:
    return {
        "first_purchase": both("First purchase"),
        "later_purchases": both("Later purchases"),
        "service_cost": both("Service"),
    }


def _part_table(report: "Report", parts: pd.DataFrame, unit: str, caption: Text) -> Table:
    names = _part_names()
    told = [name for name in PARTS if name != "service_cost" or knows_service(report)]
    rows = parts.loc[told]
    frame = pd.DataFrame(
        {
            "part": text_column(names[name] for name in told),
            "value": rows["value"].to_numpy(),
            "interval": text_column(
                tell_interval(low, high, "") for low, high in zip(rows["low"], rows["high"], strict=True)
            ),
        }
    )
    columns = {
        "part": Column(both("Part of the value"), kind="text"),
        "value": Column(both("Value"), unit),
        "interval": Column(both("95% interval"), kind="text"),
    }
    total = {"value": float(rows["value"].sum())}
    return table(
        frame, columns=columns, caption=caption, total=total, name="lifetime-value", languages=report.languages
    )
