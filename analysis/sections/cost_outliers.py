"""Orders that cost far more than their kind usually does: a short list to look at, no reproach."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from analysis.presentation.blocks import Block, Column, Note, Sentences, table, text_column
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_span, tell_value
from analysis.sections.wording import capital, said
from analysis.statistics.outlying import NAMED_FROM, log_scores

if TYPE_CHECKING:
    from analysis.report import Report

METRIC = "cost_per_order"
MONTHS_LOOKED_AT, MONTHS_COMPARED = 3, 12
ROWS_SHOWN = 5
KIND = ["work_order_type", "service_mode"]


def cost_outliers(report: "Report") -> Block:
    """A section with the orders of the newest three months whose direct cost lies far above that of their kind (type of
    work and service mode, twelve months), on the log scale and against median and MAD.
    """
    missing = report.lacks("outlying orders", "costs.work_order_id", *report.run.missing.get(METRIC, []))
    title = both("Orders that cost far more than their kind")
    if missing is not None:
        return missing
    judged = _judged(report)
    if judged["score"].notna().sum() == 0:
        few = both("Too few orders with a booked cost to know what is usual.")
        return Note(title, few, languages=report.languages)
    newest = judged[judged["is_newest"] & judged["score"].notna()]
    if newest.empty:
        return Note.empty(title, languages=report.languages)
    matters = newest["above"] >= float(judged["cost"].median())
    out = newest[(newest["score"] > NAMED_FROM) & matters].sort_values("above", ascending=False)
    headline = capital(_headline(report, newest, out))
    months = pd.period_range(end=_last_month(report), periods=MONTHS_LOOKED_AT, freq="M")
    about = both(
        "Direct cost against the median of the same type of work and service mode · orders completed {span} · {unit} · "
        "n = {n}",
        span=tell_span(str(months[0]), str(months[-1])),
        unit=report.unit_name,
        n=tell_count(len(newest)),
    )
    words = Sentences(_sentences(newest, out), languages=report.languages)
    parts = (words,) if out.empty else (_table(report, out, headline), words)
    return report.section(headline=headline, subtitle=about, parts=parts)


def _last_month(report: "Report") -> pd.Period:
    return pd.Period(pd.Period(report.period.replace("-Q", "Q")).end_time, freq="M")


def _judged(report: "Report") -> pd.DataFrame:
    """Orders of twelve months with a booked cost: their score among their kind, what of it was unusual, and whether
    they are of the newest three months.
    """
    wanted = ["work_order_id", *KIND, "completed_at", "closed_at", "status", "visits", "is_test", "is_duplicate"]
    orders = report.records("work_orders", wanted)
    counted = ~(orders["is_test"].fillna(False).astype(bool) | orders["is_duplicate"].fillna(False).astype(bool))
    done = orders["completed_at"].fillna(orders["closed_at"].where(orders["status"] == "completed"))
    last = _last_month(report)
    begins = (last - MONTHS_COMPARED + 1).start_time
    orders = orders.assign(done=done, visits=orders["visits"].astype(float))
    orders = orders[counted & done.between(begins, last.end_time)]
    costs = report.records("costs", ["work_order_id", "cost_type", "amount"])
    costs = costs[costs["work_order_id"].isin(orders["work_order_id"])]
    by_type = costs.pivot_table(index="work_order_id", columns="cost_type", values="amount", aggfunc="sum")
    orders = orders.set_index("work_order_id").loc[lambda frame: frame.index.isin(by_type.index)]
    by_type = by_type.reindex(orders.index).fillna(0.0)
    kind = orders[KIND[0]].fillna("unknown").str.cat(orders[KIND[1]].fillna("unknown"), sep="/")
    cost = by_type.sum(axis=1)
    usual = cost.groupby(kind).transform("median")
    above = by_type - by_type.groupby(kind).transform("median")
    by_order = above.to_numpy()
    place = by_order.argmax(axis=1) if by_order.size else np.zeros(0, dtype=int)
    driver = np.asarray(by_type.columns, dtype=object)[place]
    amount = by_type.to_numpy()[np.arange(len(place)), place]
    newest = orders["done"] >= (last - MONTHS_LOOKED_AT + 1).start_time
    return orders.assign(
        cost=cost, usual=usual, above=cost - usual, driver=driver,
        driver_amount=amount, score=log_scores(cost, kind), is_newest=newest,
    ).reset_index()  # fmt: skip


def _headline(report: "Report", newest: pd.DataFrame, out: pd.DataFrame) -> Text:
    if out.empty:
        return both("No order costs far more than its kind usually does")
    unit = report.catalogue[METRIC].unit
    told = {"all": tell_count(len(newest)), "above": tell_value(out["above"].sum(), unit)}
    if len(out) == 1:
        return both("One of {all} orders cost far more than its kind usually does: {above} more", **told)
    return both(
        "{n} of {all} orders cost far more than their kind usually does, together {above} more",
        n=tell_count(len(out)),
        **told,
    )


def _sentences(newest: pd.DataFrame, out: pd.DataFrame) -> tuple[Text, ...]:
    by_chance = len(newest) * stats.norm.sf(NAMED_FROM)
    look = both(
        "Far more: above the middle of their kind by over 3.5 times its usual scatter, and by the cost of a middling "
        "order or more. A high cost is a reason to look, not a reproach: a rare part or a long way explain many."
    )
    if out.empty:
        return (look,)
    return said(look, _say_chance(by_chance))


def _say_chance(expected: float) -> Text:
    """How many orders would lie so far out if costs only scattered; fewer than one is not rounded up to one."""
    if round(expected) < 1:
        return both("Chance alone would put fewer than one of them so far out; a few costly parts are usual.")
    return both(
        "Chance alone would put about {n} of them so far out; a few costly parts are usual and add to that.",
        n=tell_value(round(expected), "n"),
    )


def _table(report: "Report", out: pd.DataFrame, caption: Text) -> Block:
    unit = report.catalogue[METRIC].unit
    frame = out.assign(
        kind=text_column(_kind(report, row) for row in out.to_dict("records")),
        cause=text_column(
            both("{type}: {amount}", type=_cause(report, name), amount=tell_value(amount, unit))
            for name, amount in zip(out["driver"], out["driver_amount"], strict=True)
        ),
    )[["work_order_id", "done", "kind", "cost", "usual", "cause", "visits"]]
    columns = {
        "work_order_id": Column(both("Order"), kind="text"),
        "done": Column(both("Completed"), kind="date"),
        "kind": Column(both("Kind of work"), kind="text"),
        "cost": Column(both("Direct cost"), unit, decimals=0),
        "usual": Column(both("Usual"), unit, decimals=0),
        "cause": Column(both("Most above the usual"), kind="text"),
        "visits": Column(both("Visits"), "n", decimals=0),
    }
    if frame["visits"].isna().all():
        frame, columns = frame.drop(columns="visits"), {k: v for k, v in columns.items() if k != "visits"}
    return table(
        frame,
        columns=columns,
        caption=caption,
        rows_shown=ROWS_SHOWN,
        name="outlying-orders",
        languages=report.languages,
    )


def _cause(report: "Report", name: str) -> Text:
    return capital(report.segment_name("cost_type", name))


def _kind(report: "Report", row: dict) -> Text:
    names = [report.segment_name(by, row[by]) for by in KIND if isinstance(row[by], str)]
    if not names:
        return both("unknown")
    told = names[0] if len(names) == 1 else both("{type}, {mode}", type=names[0], mode=names[1])
    return capital(told)
