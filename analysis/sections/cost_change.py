"""Why a total cost changed: more work, other work, dearer work, and what is shared. Exact to the last coin; and why the
same cost weighs more or less against revenue.

Source: Das Gupta 1993 (each factor's mean contribution over all orders in which the factors could have changed).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_waterfall
from analysis.presentation.formatting import common_decimals
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_change, tell_span, tell_value
from analysis.sections.change import MONTHS_COMPARED, is_beyond_chance
from analysis.sections.pooling import pool
from analysis.sections.wording import capital, said, say_difference
from analysis.statistics.bills import Bill, Split, split_bills
from analysis.statistics.mix import das_gupta

if TYPE_CHECKING:
    from analysis.report import Report

TOTAL, DIRECT, SHARED, RETURNS = "after_sales_cost", "direct_order_cost", "shared_cost", "return_cost"
ORDERS, REVENUE, PER_ORDER = "orders_completed", "product_revenue", "cost_per_order"
STEPS_SHOWN = 4
HARDLY = 0.015  # of the cost a year ago: a part of it that is no news
SURE_AMONG_UNITS = 3.0  # standard errors: of the comparisons of all units one in twenty lies beyond 1.96 by luck


def cost_change(report: "Report", breakdowns: tuple[str, ...]) -> Block:
    """A section on the cost of the newest three months against the same months a year ago.

    Parameters
    ----------
    report : the report in hand
    breakdowns : of orders; the first of which the data know more than one segment tells the mix
    """
    missing = report.lacks("change", *report.run.missing.get(TOTAL, []), *report.run.missing.get(ORDERS, []))
    title = both("After-sales cost: what changed on a year ago")
    months = _compared(report)
    if missing is not None or months is None:
        return missing or Note(
            title,
            both(
                "A comparison needs costs and completed orders of the newest three months and of the same a year ago."
            ),
            languages=report.languages,
        )
    breakdown = next((name for name in breakdowns if report.segments(ORDERS, name)["segment"].nunique() > 1), "")
    now, before = _bill(report, months, breakdown), _bill(report, months - 12, breakdown)
    now, before = _aligned(now, before)
    split = split_bills(before, now)
    headline = capital(_headline(report, split, before, months))
    unit = report.catalogue[TOTAL].unit
    figure = chart_waterfall(
        _steps(report, split, breakdown),
        start=(both("a year ago"), before.total),
        end=(both("now"), now.total),
        title=headline,
        unit=unit,
        better="lower",
        name="cost-change",
        description=title,
        table=_table(report, before, now, split, breakdown, title),
        languages=report.languages,
    )
    about = both(
        "{title}: {now} against {before}",
        title=title,
        now=tell_span(str(months[0]), str(months[-1])),
        before=tell_span(str(months[0] - 12), str(months[-1] - 12)),
    )
    lines = said(
        _split_line(report, split, breakdown), _per_order(report, months), _against_revenue(report, before, now)
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _compared(report: "Report") -> pd.PeriodIndex | None:
    """The newest three months of which costs and completed orders are known, now and a year before."""
    known = [set(report.series(name).dropna(subset=["value"])["period"].astype(str)) for name in (TOTAL, ORDERS)]
    both_known = known[0] & known[1]
    if not both_known:
        return None
    months = pd.period_range(end=pd.Period(max(both_known), freq="M"), periods=MONTHS_COMPARED, freq="M")
    wanted = {str(month) for month in months} | {str(month - 12) for month in months}
    return months if wanted <= both_known else None


def _bill(report: "Report", months: pd.PeriodIndex, breakdown: str) -> Bill:
    """Sums over the months. Direct costs of a segment without orders are borne apart, with what is shared."""
    total, returns, revenue, count = (_sum(report.series(name), months) for name in (TOTAL, RETURNS, REVENUE, ORDERS))
    if breakdown:
        orders, direct = (_by_segment(report.segments(name, breakdown), months) for name in (ORDERS, DIRECT))
        orders = orders[orders > 0]
    else:
        orders, direct = (pd.Series({"": value}) for value in (count, _sum(report.series(DIRECT), months)))
    direct = direct.reindex(orders.index).fillna(0.0)
    return Bill(orders, direct, total - returns - float(direct.sum()), returns, revenue)


def _aligned(now: Bill, before: Bill) -> tuple[Bill, Bill]:
    segments = now.orders.index.union(before.orders.index, sort=False)
    return tuple(  # type: ignore[return-value]
        Bill(
            bill.orders.reindex(segments).fillna(0.0),
            bill.direct.reindex(segments).fillna(0.0),
            bill.apart,
            bill.returns,
            bill.revenue,
        )
        for bill in (now, before)
    )


def _sum(rows: pd.DataFrame, months: pd.PeriodIndex) -> float:
    return float(rows.loc[rows["period"].isin(months.astype(str)), "value"].sum())


def _by_segment(rows: pd.DataFrame, months: pd.PeriodIndex) -> pd.Series:
    chosen = rows[rows["period"].isin(months.astype(str))]
    return chosen.groupby(chosen["segment"].astype(str))["value"].sum()


def _headline(report: "Report", split: Split, before: Bill, months: pd.PeriodIndex) -> Text:
    words = _amounts(report, split)
    share = tell_change(split.total / before.total, "%", relative=True) if before.total > 0 else None
    total = words["total"] if share is None else both("{total} ({share})", total=words["total"], share=share)
    span = tell_span(str(months[0]), str(months[-1]))
    parts = {"volume": split.volume, "rate": split.rate, "mix": split.mix, "apart": split.apart + split.returns}
    largest = max(parts, key=lambda name: abs(parts[name]))
    named = {
        "volume": both("the number of completed orders"),
        "rate": both("the cost per order"),
        "mix": both("other kinds of work"),
        "apart": both("costs that no order bears"),
    }
    if share is not None and max(abs(split.total), abs(parts[largest])) < HARDLY * before.total:
        return both(
            "After-sales cost of {span} as a year ago ({share}): no part of it moved by {limit} or more",
            span=span,
            share=share,
            limit=tell_value(100 * HARDLY, "%"),
        )
    if parts[largest] * split.total < 0:  # the others outweigh it: nothing happened "above all" because of it
        return both(
            "After-sales cost of {span} {total} on a year ago; the largest part, {name} ({part}), is outweighed by the "
            "others",
            span=span,
            total=total,
            name=named[largest],
            part=words[largest],
        )
    if largest == "rate" and not _dearer_beyond_chance(report, months):
        return both(
            "After-sales cost of {span} {total} on a year ago, above all the cost per order ({part}), which moved no "
            "more than chance explains",
            span=span,
            total=total,
            part=words["rate"],
        )
    return both(
        "After-sales cost of {span} {total} on a year ago, above all {name} ({part})",
        span=span,
        total=total,
        name=named[largest],
        part=words[largest],
    )


def _amounts(report: "Report", split: Split) -> dict[str, Text]:
    unit = report.catalogue[TOTAL].unit
    effects = {
        "total": split.total,
        "volume": split.volume,
        "mix": split.mix,
        "rate": split.rate,
        "apart": split.apart + split.returns,
    }
    decimals = common_decimals(list(effects.values()))
    return {name: say_difference(effect, unit, decimals) for name, effect in effects.items()}


def _windows(report: "Report", months: pd.PeriodIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cost per order of the months and of the same a year before, where its error is known."""
    rows = report.series(PER_ORDER).dropna(subset=["se"])
    now, before = (rows[rows["period"].isin(span.astype(str))] for span in (months, months - 12))
    return now, before


def _dearer_beyond_chance(report: "Report", months: pd.PeriodIndex) -> bool:
    """Whether the cost per order of the two stretches differs by more than chance."""
    now, before = _windows(report, months)
    return bool(len(now) and len(before)) and is_beyond_chance(before, now, report.catalogue[PER_ORDER])


def _per_order(report: "Report", months: pd.PeriodIndex) -> Text | None:
    """The cost per order of both stretches, mix and shares of shared costs included, and whether it moved."""
    now, before = _windows(report, months)
    if now.empty or before.empty:
        return None
    card = report.catalogue[PER_ORDER]
    is_now, was = (pool(rows.assign(segment="all"), card).iloc[0]["value"] for rows in (now, before))
    told = {"now": tell_value(is_now, card.unit), "before": tell_value(was, card.unit)}
    if is_beyond_chance(before, now, card, errors=SURE_AMONG_UNITS):
        return both("Cost per order, all in: {now} after {before}, more than chance would make it.", **told)
    if is_beyond_chance(before, now, card):
        return both(
            "Cost per order, all in: {now} after {before}, more than sampling alone would make it, as one comparison "
            "in twenty shows by luck.",
            **told,
        )
    return both("Cost per order, all in: {now} after {before}, no more than chance explains.", **told)


def _split_line(report: "Report", split: Split, breakdown: str) -> Text:
    words = _amounts(report, split)
    if not breakdown:
        return both(
            "More or fewer orders: {volume}; cost per order: {rate}; costs that no order bears "
            "(shared, returns): {apart}.",
            **words,
        )
    return both(
        "More or fewer orders: {volume}; a different mix by {breakdown}: {mix}; cost per order within it: {rate}; "
        "costs that no order bears (shared, returns): {apart}.",
        breakdown=breakdown_name(breakdown),
        **words,
    )


def _against_revenue(report: "Report", before: Bill, now: Bill) -> Text | None:
    """Why the ratio to revenue moved: the cost's part and the revenue's part, which sum to the change."""
    if not (before.revenue > 0 and now.revenue > 0 and before.total > 0 and now.total > 0):
        return None
    ratio = {"before": 100 * before.total / before.revenue, "now": 100 * now.total / now.revenue}
    effects = das_gupta(
        {"cost": before.total, "revenue": before.revenue},
        {"cost": now.total, "revenue": now.revenue},
        of=_percent,
    )
    decimals = max(1, common_decimals(list(effects.values())))
    return both(
        "Against revenue: {now} after {before}; of the change {cost} comes from cost and {revenue} from revenue.",
        now=tell_value(ratio["now"], "%"),
        before=tell_value(ratio["before"], "%"),
        cost=say_difference(effects["cost"], "%", decimals),
        revenue=say_difference(effects["revenue"], "%", decimals),
    )


def _percent(factors: Mapping[str, Any]) -> float:
    return float(100 * factors["cost"] / factors["revenue"])


def _steps(report: "Report", split: Split, breakdown: str) -> pd.DataFrame:
    """Orders, mix, the largest effects of the cost per order, the rest of them in one, then what no order bears."""
    steps: list[tuple[Text, float]] = [(both("number of orders"), split.volume)]
    if not breakdown:
        steps.append((both("cost per order"), split.rate))
    else:
        steps.append((both("mix of work"), split.mix))
        order = split.rates.reindex(split.rates.abs().sort_values(ascending=False).index)
        most = STEPS_SHOWN if len(order) > STEPS_SHOWN + 1 else len(order)
        for segment, effect in order.head(most).items():
            name = report.segment_name(breakdown, str(segment))
            steps.append((both("{segment}, per order", segment=name), float(effect)))
        if len(order) > most:
            rest = order.iloc[most:]
            steps.append((both("{n} others, per order", n=str(len(rest))), float(rest.sum())))
    steps.append((both("shared costs"), split.apart))
    if split.returns:
        steps.append((both("handling of returns"), split.returns))
    return pd.DataFrame([(capital(name), value) for name, value in steps], columns=["label", "value"])


def _table(report: "Report", before: Bill, now: Bill, split: Split, breakdown: str, caption: Text) -> Table:
    unit = report.catalogue[TOTAL].unit
    names = [
        capital(report.segment_name(breakdown, str(segment))) if breakdown else capital(both("all orders"))
        for segment in now.orders.index
    ]
    frame = pd.DataFrame(
        {
            "label": text_column(names),
            "orders_before": before.orders.to_numpy(),
            "orders_now": now.orders.to_numpy(),
            "rate_before": before.factors()["rate"],
            "rate_now": now.factors()["rate"],
            "effect": split.rates.to_numpy(),
        }
    ).sort_values("orders_now", ascending=False)
    columns = {
        "label": Column(capital(breakdown_name(breakdown)) if breakdown else both("Kind of work"), kind="text"),
        "orders_before": Column(both("Orders a year ago"), "n"),
        "orders_now": Column(both("Orders now"), "n"),
        "rate_before": Column(both("Direct cost per order a year ago"), unit),
        "rate_now": Column(both("Direct cost per order now"), unit),
        "effect": Column(both("Effect of the cost per order"), unit, kind="change"),
    }
    total = {"orders_before": before.orders.sum(), "orders_now": now.orders.sum(), "effect": split.rate}
    return table(frame, columns=columns, caption=caption, total=total, name="cost-change", languages=report.languages)
