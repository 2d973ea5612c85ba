"""Measure, and measure against: one metric of a unit and period, by a breakdown, narrowed by a condition, or beside
another period, unit, target.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.exploring.asked import BY_UNIT, Asked, Where, check_asked, find_period, meant_by
from analysis.exploring.explored import Explored
from analysis.exploring.figures import read_figures, read_history
from analysis.exploring.records import read_records, say_sql
from analysis.exploring.untold import Untold
from analysis.faults import UserFault, did_you_mean
from analysis.metrics.cards import MetricCard
from analysis.metrics.small_cells import TOO_FEW_PEOPLE
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_trend
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, plain
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_figure, tell_period, tell_span
from analysis.sections.wording import capital, column_unit, say_change, say_difference, say_target

if TYPE_CHECKING:
    from analysis.report import Report

MONTHS_SHOWN = 37
Z = 1.959963984540054
VERSUS = ("year_ago", "previous", "target", "peers")
ORDERS = ("high", "low", "worst", "best")


def measured(
    report: "Report",
    metric: str,
    *,
    by: str | None = None,
    where: Where = None,
    period: str | None = None,
    order: str | None = None,
    count: int | None = None,
) -> Explored:
    """A metric of the unit: its figure of the period with its months, or by segment."""
    asked = check_asked(report, metric, by=by, where=where, period=period)
    history = read_history(report, asked)
    figures = read_figures(report, asked, history)
    card, split = asked.card, asked.by is not None and asked.segment is None
    if split:
        figures = _ordered(figures, card, order)
        figures = figures if count is None else figures.head(count)
    frame = figures if split else pd.concat([_months(history, asked), figures]).drop_duplicates("period", keep="last")
    title = _title(report, asked, where)
    headline = title if split else _headline(figures, asked, title)
    parts: list[Block] = [_by_segment(report, asked, figures, title)] if split else _over_time(report, asked, history)
    if len(figures) and not figures["mature"].astype(bool).all():
        parts.insert(0, Sentences((_still_young(asked, history),), languages=report.languages))
    if figures.empty or figures["value"].isna().all():
        parts.insert(0, Note(title, _why_none(asked, figures), languages=report.languages))
    return hand_out(report, asked, headline, about(report, asked), parts, frame.reset_index(drop=True))


def compared(
    home: "Report",
    metric: str,
    *,
    to: str,
    where: Where = None,
    period: str | None = None,
    business_unit: str | None = None,
) -> Explored:
    """A metric of the unit and period beside another period, another unit, its target or its peers.

    Parameters
    ----------
    home : the report in hand, which decides what units may be told
    business_unit : whose metric it is; by default the report's own
    """
    report = home.of(business_unit or home.business_unit)
    asked = check_asked(report, metric, where=where, period=period)
    own = where is None and asked.period == report.period
    if to in ("target", "peers"):
        if not own:
            line = f"to: {to} is known for the report's own period {report.period} and without a filter"
            known = tell_period(report.period)
            raise Untold(line, both("This is known for {period} and for the whole figure only.", period=known))
        return _judged(report, asked, to)
    sides = [(report, asked), _other_side(home, report, metric, to, where, asked)]
    rows = pd.concat([_side(*side) for side in sides], ignore_index=True)
    kpi = report.kpi(metric) if own and to in ("year_ago", "previous") else None
    told = say_change(kpi, asked.card, to) if kpi is not None and kpi["value_period"] == report.period else None
    title = _title(report, asked, where)
    text = told or _difference(rows, asked.card)
    shown = table(
        rows,
        columns=_columns(asked.card, rows, {"label": Column(both("Unit")), "when": Column(both("Period"))}),
        caption=title,
        languages=report.languages,
    )
    young = [side[1] for side, mature in zip(sides, rows["mature"], strict=True) if not mature]
    lines = [*([text] if text else []), *(_young(side) for side in young)]
    parts: list[Block] = [*([Sentences(lines, languages=report.languages)] if lines else []), shown]
    return hand_out(report, asked, title, about(report, asked), parts, rows.drop(columns=["label", "when"]))


def hand_out(
    report: "Report", asked: Asked, headline: Text, subtitle: Text, parts: Sequence[Block], frame: pd.DataFrame
) -> Explored:
    """The section with its frame, its definition, its records and its SQL."""
    made = report.section(headline=headline, subtitle=subtitle, parts=parts)
    return Explored(
        headline=made.headline,
        subtitle=made.subtitle,
        parts=made.parts,
        languages=report.languages,
        frame=frame,
        card=asked.card,
        statement=say_sql(report, asked),
        read_records=lambda: read_records(report, asked),
    )


def about(report: "Report", asked: Asked) -> Text:
    """Measure, period and unit: what stands small under the headline."""
    when = tell_span(str(asked.first), str(asked.last)) if asked.grain == "range" else tell_period(asked.period)
    return both("{name} · {period} · {unit}", name=asked.card.name, period=when, unit=report.unit_name)


def _judged(report: "Report", asked: Asked, to: str) -> Explored:
    """Against the target or the other units' median, by the verdict of the run's signals."""
    row = report.kpi(asked.card.id)
    told = None if row is None else say_target(row, asked.card) if to == "target" else say_change(row, asked.card, to)
    title = _title(report, asked, None)
    unknown = both("The data hold no target for it.") if to == "target" else both("There is nothing to compare with.")
    parts: list[Block] = [Sentences((told,), languages=report.languages)] if told else [Note(title, unknown)]
    frame = pd.DataFrame([{} if row is None else {name: row.get(name) for name in ("metric", "value", to, "n")}])
    return hand_out(report, asked, title, about(report, asked), parts, frame)


def _other_side(
    home: "Report", report: "Report", metric: str, to: str, where: Where, asked: Asked
) -> tuple["Report", Asked]:
    units = [ALL_UNITS, *report.run.business_units]
    named = {name.casefold(): unit for unit in units for name in (unit, *report.run.unit_name(unit).values())}
    to = named.get(str(to).casefold(), to)
    months = (asked.last - asked.first).n + 1
    if to in ("year_ago", "previous"):
        step = 12 if to == "year_ago" else months
        first, last = asked.first - step, asked.last - step
        period = {"month": str(first), "quarter": f"{first.year}-Q{first.quarter}", "year": str(first.year)}
        return report, check_asked(report, metric, where=where, period=period.get(asked.grain, f"{first}..{last}"))
    if to in units:
        if not home.is_company and to != home.business_unit:
            raise Untold(
                "to: other units stand by name on the company's pages only; compare with 'peers'",
                both("Other units stand by name in the company's report only; here the median of the others is told."),
            )
        return home.of(to), check_asked(report, metric, where=where, period=asked.period)
    try:
        find_period(report, str(to))
    except UserFault:
        known = (*VERSUS, *units)
        near = meant_by(report, str(to), "to", known) or did_you_mean(str(to), known)
        raise UserFault(f"to: {to!r} is no period, unit or one of {', '.join(VERSUS)}{near}") from None
    return report, check_asked(report, metric, where=where, period=to)


def _side(report: "Report", asked: Asked) -> pd.DataFrame:
    figures = read_figures(report, asked, read_history(report, asked))
    if figures.empty:
        figures = pd.DataFrame([dict.fromkeys(("value", "low", "high", "se"), np.nan) | {"n": 0, "mature": True}])
    return figures.head(1).assign(
        business_unit=report.business_unit,
        period=asked.period,
        label=text_column([report.unit_name]),
        when=text_column([about(report, asked) if asked.grain == "range" else tell_period(asked.period)]),
    )


def _difference(rows: pd.DataFrame, card: MetricCard) -> Text | None:
    """The difference of two sides, and whether it is more than chance: one comparison by itself, its season in it."""
    (here, there), errors = rows["value"].astype(float), rows["se"].astype(float)
    if np.isnan([here, there]).any():
        return None
    told, error = say_difference(here - there, card.unit, 2), float(np.hypot(*errors))
    if not error > 0 or np.isnan(error):
        return both("Difference: {change}; chance cannot be told from it.", change=told)
    if abs(here - there) > Z * error:
        return both("Difference: {change}, more than chance would make it in one comparison.", change=told)
    return both("Difference: {change}, no more than chance explains.", change=told)


def _months(history: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    shown = max(MONTHS_SHOWN, (asked.last - asked.first).n + 1)
    return history.sort_values("period_start").tail(shown)[["period", "numerator", "denominator", "n", "value", "low",
                                                            "high", "se", "mature", "reason"]]  # fmt: skip


def _over_time(report: "Report", asked: Asked, history: pd.DataFrame) -> list[Block]:
    shown = history.sort_values("period_start").tail(max(MONTHS_SHOWN, (asked.last - asked.first).n + 1))
    if shown["value"].notna().sum() < 2:
        return []
    figure = chart_trend(
        shown,
        title=asked.card.name,
        description=asked.card.definition,
        unit=asked.card.unit,
        better=asked.card.better,
        name=f"{asked.card.id}-explored",
        languages=report.languages,
    )
    return [figure]


def _by_segment(report: "Report", asked: Asked, figures: pd.DataFrame, title: Text) -> Table:
    by = str(asked.by)
    names = [
        report.run.unit_name(part) if by == BY_UNIT else report.segment_name(by, part)
        for part in figures["segment"].astype(str)
    ]
    label = both("unit") if by == BY_UNIT else breakdown_name(by)
    return table(
        figures.assign(label=text_column(capital(name) for name in names)),
        columns=_columns(asked.card, figures, {"label": Column(capital(label))}),
        caption=title,
        name=f"{asked.card.id}-by-{by}",
        languages=report.languages,
    )


def _columns(card: MetricCard, rows: pd.DataFrame, first: dict[str, Column]) -> dict[str, Column]:
    """The columns of a table of figures; no bounds where the metric has none."""
    unit = column_unit(card)
    bounds = {"low": Column(both("Lower bound"), unit), "high": Column(both("Upper bound"), unit)}
    known = {name: column for name, column in bounds.items() if rows[name].notna().any()}
    counted = {} if card.kind == "count" else {"n": Column(both("Records"), "n")}
    return {**first, "value": Column(capital(card.name), unit), **known, **counted}


def _ordered(figures: pd.DataFrame, card: MetricCard, order: str | None) -> pd.DataFrame:
    """Segments by value: worst first unless told otherwise; by the metric's own good direction."""
    if order is not None and order not in ORDERS:
        raise UserFault(f"order: {order!r} is not one of {', '.join(ORDERS)}{did_you_mean(order, ORDERS)}")
    worst_is_low = card.better == "higher"
    rising = {"high": False, "low": True, "best": not worst_is_low}.get(order or "", worst_is_low)
    named = figures[figures["segment"].astype(str).ne("unknown")]
    return named.sort_values("value", ascending=rising, kind="stable", na_position="last").reset_index(drop=True)


def _title(report: "Report", asked: Asked, where: Where) -> Text:
    name: Text = asked.card.name
    if asked.segment is not None:
        name = both("{name}: {segment}", name=name, segment=report.segment_name(*asked.segment))
    elif where:
        name = both("{name}: {segment}", name=name, segment=plain(_said(where)))
    if asked.by is not None and asked.segment is None:
        by = both("unit") if asked.by == BY_UNIT else breakdown_name(asked.by)
        return both("{name}, by {breakdown}", name=name, breakdown=by)
    return name


def _said(where: Any) -> str:
    return where if isinstance(where, str) else ", ".join(f"{name} = {value}" for name, value in where.items())


def _headline(figures: pd.DataFrame, asked: Asked, title: Text) -> Text:
    if figures.empty or is_missing(figures["value"].iloc[0]):
        return title
    return both("{name}: {value}", name=title, value=tell_figure(float(figures["value"].iloc[0]), asked.card.unit))


def _still_young(asked: Asked, history: pd.DataFrame) -> Text:
    """That the follow-up window of the period has not passed, and which month is the newest that can be told."""
    known = history.loc[history["mature"].astype(bool) & history["value"].notna(), "period"].astype(str)
    if known.empty:
        return _young(asked)
    return both("{said} The newest full month is {full}.", said=_young(asked), full=tell_period(known.max()))


def _young(asked: Asked) -> Text:
    return both(
        "Provisional: {days} days have not yet passed since all records of {period}.",
        days=str(asked.card.follow_up_days),
        period=tell_period(asked.period) if asked.grain != "range" else tell_span(str(asked.first), str(asked.last)),
    )


def _why_none(asked: Asked, figures: pd.DataFrame) -> Text:
    if asked.grain == "range":
        return both("Months of this metric do not make one figure of a longer stretch; they stand by themselves below.")
    if len(figures) and (figures["reason"] == TOO_FEW_PEOPLE).any():
        return both("[c] too few people to show")
    return both("There are no figures for this unit and period.")
