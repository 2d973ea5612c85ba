"""A unit among all units: a funnel that allows for size and for the usual spread between units. No league table, no
names of peers.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.small_cells import TOO_FEW_PEOPLE
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_funnel
from analysis.presentation.formatting import is_currency
from analysis.presentation.language import Text, both, join
from analysis.presentation.narrative_words import subject
from analysis.presentation.telling import tell_figure, tell_period, tell_span, tell_value
from analysis.presentation.told import Told
from analysis.sections.overall import say_few
from analysis.sections.pooling import family, pool
from analysis.sections.segments import counted, intervals, judge, recent, say_verdict, shrunk_column
from analysis.sections.wording import capital, column_unit, said

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST_UNITS = 4
Z95, Z998 = 1.959964, 3.090232


def units(report: "Report", metric: str, *, months: int = 1) -> Block:
    """A section that places the unit among the others, or on the company's page all units by name.

    Parameters
    ----------
    report : the report in hand
    metric : an additive metric (a ratio, a rate, a share within T or a restricted mean)
    months : how many months up to the newest mature one count together, where one holds too few records to judge
    """
    missing = report.lacks(f"{metric} by unit", *report.run.missing.get(metric, []))
    card = report.catalogue[metric]
    rows = _units(report, card, months)
    held = int(rows["reason"].eq(TOO_FEW_PEOPLE).sum()) if "reason" in rows else 0
    rows = _told(rows)
    title = both("{name}: all units", name=card.name)
    if missing is not None or len(rows) < FEWEST_UNITS:
        return missing or Note(
            title,
            both("A comparison between units needs at least four of them with records."),
            languages=report.languages,
        )
    judged = _judged(rows, card)
    last = rows["value_period"].mode().iloc[0]
    period = tell_span(rows["first_period"].min(), last) if months > 1 else tell_period(last)
    headline = capital(_headline(report, judged, card, held=held))
    figure = chart_funnel(
        _drawn(judged),
        limits=_limits(judged, card),
        title=headline,
        unit=card.unit,
        better=card.better,
        name=f"{metric}-units",
        description=title,
        centre=float(judged.attrs["centre"]),
        size_label=_size_label(card),
        table=_table(report, judged, card, title),
        languages=report.languages,
    )
    about = both("{title}, {period}; limits widen where a unit has few records", title=title, period=period)
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences(_sentences(report, judged, card, held=held), languages=report.languages)),
    )


def units_told(report: "Report", metric: str, *, months: int = 1) -> Told | None:
    """That the unit, or on the company's page some of them, lies outside the funnel on the bad side, as what may head
    the page; None where none does.
    """
    card = report.catalogue[metric]
    rows = _told(_units(report, card, months, defined=False))
    if len(rows) < FEWEST_UNITS or card.better not in ("lower", "higher"):
        return None
    judged = _judged(rows, card)
    worse = judged[judged["outside"] == (1 if card.better == "lower" else -1)]
    worse = worse if report.is_company else worse[worse["own"]]
    if worse.empty:
        return None
    if report.is_company:
        named = [
            both("{name} {value}", name=label, value=tell_figure(value, card.unit))
            for label, value in zip(worse["label"], worse["value"], strict=True)
        ]
        facts = {"name": subject(card), "names": join(named, {"en": "; ", "zh": "；"})}
        facts["centre"] = tell_figure(judged.attrs["centre"], card.unit)
        told = both("{name} worse than elsewhere beyond chance: {names} ({centre} of all)", **facts)
        if is_cost(card):
            told = both("{name} higher than elsewhere beyond chance: {names} ({centre} of all)", **facts)
    else:
        facts = {"name": subject(card), "value": tell_figure(worse.iloc[0]["value"], card.unit)}
        facts["centre"] = tell_figure(judged.attrs["centre"], card.unit)
        told = both("{name} worse than in other units beyond chance: {value} against {centre} of all", **facts)
        if is_cost(card):
            told = both("{name} higher than in other units beyond chance: {value} against {centre} of all", **facts)
    units = tuple(worse["business_unit"].astype(str)) if report.is_company else ()
    return Told(told, both("{found}.", found=told), good=False, metric=metric, units=units)


def is_cost(card: MetricCard) -> bool:
    """Whether the figure is an amount of money that ought to be low: it is told as high or low, not as good or bad."""
    return card.better == "lower" and (card.unit == "money" or is_currency(card.unit))


def _units(report: "Report", card: MetricCard, months: int, *, defined: bool = True) -> pd.DataFrame:
    return report.units(card.id, defined=defined) if months == 1 else _pooled_units(report, card, months)


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """The units that have a figure and records."""
    return rows[rows["value"].notna() & (rows["n"] > 0)].reset_index(drop=True)


def _judged(rows: pd.DataFrame, card: MetricCard) -> pd.DataFrame:
    """The units with their place in the funnel; `outside` by the outer limits, 0 where records are too few."""
    judged = judge(rows.assign(segment=rows.index.astype(str)), card)
    outside = judged["outside_alarm"].where(judged["enough"], 0)
    return judged.assign(label=rows["label"], own=rows["own"], outside=outside, size=_size(judged, card))


def _pooled_units(report: "Report", card: MetricCard, months: int) -> pd.DataFrame:
    """Every unit's figure over several months; peers are unnamed on a unit's own page, as in `report.units`."""
    last = pd.Period(report.period.replace("-Q", "Q")).end_time
    report.touched.append(card.id)
    known = report.run.rows("measurements", metric=card.id, breakdown="", grain="month")
    known = known[known["period_start"] <= last]
    found = []
    for unit in report.run.store.business_units:
        rows = recent(known[known["business_unit"] == unit].assign(segment=unit), months=months)
        if rows.empty:
            continue
        own = unit == report.business_unit
        label = text_column([report.run.unit_name(unit)]) if own or report.is_company else None
        span = {"first_period": rows["period"].min(), "value_period": rows["period"].max()}
        named = unit if own or report.is_company else None
        found.append(pool(rows, card).drop(columns="segment").assign(business_unit=named, label=label, own=own, **span))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["value", "n"])


def _drawn(judged: pd.DataFrame) -> pd.DataFrame:
    """Size (the denominator where there is one), value, name and verdict of every unit."""
    return judged.assign(n=judged["size"], out=judged["outside"] != 0)[["n", "value", "label", "own", "out"]]


def _size(judged: pd.DataFrame, card: MetricCard) -> pd.Series:
    """What a unit's limits depend on: its exposure or trials; its records for a mean."""
    return judged["n"].astype(float) if family(judged, card) == "mean" else counted(judged, card)[1].astype(float)


def _limits(judged: pd.DataFrame, card: MetricCard) -> pd.DataFrame:
    """The funnel by size. Shares and rates: the units' own limits; estimates: a standard error that shrinks with the
    root of the size.
    """
    names = {"low_warning": "low", "high_warning": "high", "low_alarm": "low_outer", "high_alarm": "high_outer"}
    if family(judged, card) != "mean":
        return (
            judged.assign(n=judged["size"])
            .rename(columns={"low": "_low", "high": "_high"})
            .rename(columns=names)[["n", *names.values()]]
            .sort_values("n")
        )
    size = np.linspace(judged["n"].min() * 0.8, judged["n"].max() * 1.05, 60)
    spread = np.sqrt(float((judged["se"] * np.sqrt(judged["n"])).median()) ** 2 / size + judged.attrs["tau"] ** 2)
    lowest = 0.0 if (judged["value"] >= 0).all() else -np.inf
    drawn = {
        side: np.maximum(judged.attrs["centre"] + z * spread, lowest)
        for side, z in (("low", -Z95), ("high", Z95), ("low_outer", -Z998), ("high_outer", Z998))
    }
    return pd.DataFrame({"n": size, **drawn})


def _size_label(card: MetricCard) -> Text:
    """What the size of a unit is counted in: the exposure of a rate, else records."""
    return {
        "unit_years": both("unit-years in service"),
        "units_in_service": both("unit-months in service"),
        "active_customers": both("active customers"),
    }.get(str(getattr(card.how, "exposure", "")), both("records"))


def _headline(report: "Report", judged: pd.DataFrame, card: MetricCard, *, held: int) -> Text:
    good = -1 if card.better == "lower" else 1
    if report.is_company:
        return _apart(
            card, int((judged["outside"] == -good).sum()), int((judged["outside"] == good).sum()), len(judged)
        )
    if not judged["own"].any():
        return both("This unit has no figure to compare in this period")
    own = judged[judged["own"]].iloc[0]
    told = {
        "name": card.name,
        "value": tell_figure(own["value"], card.unit),
        "centre": tell_figure(judged.attrs["centre"], card.unit),
        "others": both("all units shown") if held else both("all units"),
    }
    if not own["enough"]:
        return both("{name} {value}, {centre} in {others}: too few records to compare", **told)
    if is_cost(card) and own["outside"]:
        verdict = {
            good: both("lower than in the others beyond chance"),
            -good: both("higher than in the others beyond chance"),
        }
        return both("{name} {value}, {centre} in {others}: {verdict}", **told, verdict=verdict[int(own["outside"])])
    verdict = {
        good: both("better than the others beyond chance"),
        -good: both("worse than the others beyond chance"),
        0: both("not apart from the other units beyond chance"),
    }
    return both("{name} {value}, {centre} in {others}: {verdict}", **told, verdict=verdict[int(own["outside"])])


def _apart(card: MetricCard, worse: int, better: int, units: int) -> Text:
    counts = {"worse": str(worse), "better": str(better), "all": str(units)}
    if is_cost(card) and worse and better:
        return both("Apart from the others beyond chance: {worse} of {all} units higher, {better} lower", **counts)
    if is_cost(card) and worse:
        return both("Higher than the others beyond chance: {worse} of {all} units", **counts)
    if is_cost(card) and better:
        return both("Lower than the others beyond chance: {better} of {all} units", **counts)
    if worse and better:
        return both("Apart from the others beyond chance: {worse} of {all} units worse, {better} better", **counts)
    if worse:
        return both("Worse than the others beyond chance: {worse} of {all} units", **counts)
    if better:
        return both("Better than the others beyond chance: {better} of {all} units", **counts)
    return both("No unit stands apart from the others beyond chance")


def _sentences(report: "Report", judged: pd.DataFrame, card: MetricCard, *, held: int) -> tuple[Text, ...]:
    told = judged.loc[judged["enough"], "value"]
    middle = told.quantile([0.1, 0.5, 0.9])
    spread = None
    if len(told) >= FEWEST_UNITS and middle[0.1] < middle[0.5]:
        spread = both(
            "Half of the units are above {median}; eight in ten lie between {low} and {high}.",
            median=tell_value(middle[0.5], card.unit),
            low=tell_value(middle[0.1], card.unit),
            high=tell_value(middle[0.9], card.unit),
        )
    few = say_few(judged["enough"], held)
    out = judged[(judged["outside"] != 0) & judged["label"].notna()]
    if not report.is_company or out.empty:
        return said(spread, few)
    named = both("Outside the limits: {names}.", names=join(out["label"], {"en": "; ", "zh": "；"}))
    return said(spread, named, few)


def _table(report: "Report", judged: pd.DataFrame, card: MetricCard, caption: Text) -> Table:
    ranked = judged.sort_values("n", ascending=False)
    frame = ranked.assign(
        label=text_column(label if isinstance(label, dict) else both("Another unit") for label in ranked["label"]),
        interval=intervals(ranked),
        verdict=text_column(
            say_verdict(outside, enough) for outside, enough in zip(ranked["outside"], ranked["enough"], strict=True)
        ),
    )
    columns = {
        "label": Column(both("Unit")),
        "n": Column(both("n") if card.kind != "rate" else capital(_size_label(card)), "n"),
        "value": Column(card.name, column_unit(card)),
        "interval": Column(both("95% interval"), kind="text"),
        **shrunk_column(judged, card),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    return table(
        frame[list(columns)],
        columns=columns,
        caption=caption,
        rows_shown=14,
        name=f"{card.id}-units",
        languages=report.languages,
    )
