"""Cost against quality: do units that spend more serve better, and what did a point of quality cost where a measure was
taken. Association only; where nothing can be told, it says so.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from analysis.metrics.cards import MetricCard
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_scatter
from analysis.presentation.formatting import common_decimals, fmt_change, fmt_date, fmt_interval
from analysis.presentation.language import Text, both, each
from analysis.presentation.telling import tell_span
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.wording import capital, said
from analysis.statistics.association import Association, fieller, spearman

if TYPE_CHECKING:
    from analysis.report import Report

COST = "cost_per_order"
QUALITIES = ("first_time_fix_rate", "csat_top2_share", "repair_cycle_within_7d")
STANDS_FOR = {"repair_cycle_median": "repair_cycle_within_7d", "dispatch_time_median": "repair_cycle_within_7d"}
FEWEST_UNITS, FEWEST_MONTHS, MONTHS = 5, 6, 12


def cost_quality(report: "Report") -> Block:
    """A section with the units' cost per order against a quality figure, both over twelve months, and what each measure
    taken has cost per point of quality.
    """
    title = both("Cost per order and quality of service")
    missing = report.lacks("cost against quality", *report.run.missing.get(COST, []))
    told = [metric for metric in QUALITIES if metric in report.catalogue and report.tells(metric)]
    if missing is not None or not told:
        nothing = both("It needs a quality figure: first-time fixes, satisfaction or the repair cycle.")
        return missing or Note(title, nothing, languages=report.languages)
    costs = _by_unit(report, COST)
    pairs = {metric: costs.merge(_by_unit(report, metric), on="business_unit", suffixes=("", "_q")) for metric in told}
    main = next((metric for metric in told if len(pairs[metric]) >= FEWEST_UNITS), "")
    if not main:
        few = both("A comparison between units needs at least five of them with records.")
        return Note(title, few, languages=report.languages)
    drawn, card, unit = pairs[main], report.catalogue[main], report.catalogue[COST].unit
    own = drawn["business_unit"] == report.business_unit
    named = own | report.is_company
    labels = [
        report.run.unit_name(name) if shown else None for name, shown in zip(drawn["business_unit"], named, strict=True)
    ]
    linked = spearman(drawn["value"], drawn["value_q"])
    headline = capital(_headline(linked, card, len(drawn)))
    points = pd.DataFrame(
        {"x": drawn["value"], "y": drawn["value_q"], "label": pd.Series(labels, dtype=object), "own": own}
    )
    figure = chart_scatter(
        points,
        title=headline,
        description=title,
        x_label=report.catalogue[COST].name,
        y_label=card.name,
        x_unit=unit,
        y_unit=card.unit,
        name="cost-quality",
        languages=report.languages,
    )
    first, last = drawn["first"].min(), drawn["last"].max()
    about = both(
        "{cost} and {quality} by unit · {span} · n = {n} units",
        cost=report.catalogue[COST].name,
        quality=card.name,
        span=tell_span(first, last),
        n=str(len(drawn)),
    )
    links = (_linked(pairs[metric], report.catalogue[metric]) for metric in told)
    measures = pd.DataFrame(list(_measures(report)))
    tells = len(measures) > 0 and measures["ratio"].notna().any()
    lines = said(
        *links,
        both("Harder work can raise the cost and lower the fix rate: even a link would not prove an effect of money."),
        None if tells else _no_measure(report, len(measures)),
    )
    parts: tuple[Block, ...] = (figure, Sentences(lines, languages=report.languages))
    if tells:
        parts = (*parts, _table(report, measures))
    return report.section(headline=headline, subtitle=about, parts=parts)


def _rows(report: "Report", metric: str) -> pd.DataFrame:
    """The metric of all units and the company, month by month up to the period."""
    rows = report.run.rows("measurements", metric=metric, breakdown="", grain="month")
    return rows[rows["period_start"] <= pd.Period(report.period.replace("-Q", "Q")).end_time]


def _by_unit(report: "Report", metric: str) -> pd.DataFrame:
    """The metric of every unit over its newest twelve mature months: business_unit, value, first and last month."""
    rows = _rows(report, metric)
    rows = rows[rows["business_unit"] != "all"]
    rows = recent(rows.assign(segment=rows["business_unit"].astype(str)))
    if rows.empty:
        return pd.DataFrame(columns=["business_unit", "value", "first", "last"])
    card = report.catalogue[metric]
    pooled = pool(rows, card)
    pooled = pooled[pooled["n"] >= card.minimum_n].rename(columns={"segment": "business_unit"})
    return pooled[["business_unit", "value"]].assign(first=rows["period"].min(), last=rows["period"].max())


def _headline(linked: Association | None, card: MetricCard, units: int) -> Text:
    if linked is None:
        return both("Whether dearer units serve better cannot be told: they do not differ")
    if not linked.is_sure:
        return both("No sure link between cost and quality across the {n} units", n=str(units))
    if (linked.value > 0) == (card.better == "higher"):
        return both("Dearer units serve better ({quality})", quality=card.name)
    return both("Dearer units serve worse ({quality})", quality=card.name)


def _interval(linked: Association) -> Text:
    return each(lambda language: fmt_interval(round(linked.low, 2), round(linked.high, 2), "ratio", language))


def _linked(pairs: pd.DataFrame, card: MetricCard) -> Text | None:
    linked = spearman(pairs["value"], pairs["value_q"])
    if linked is None:
        return None
    told = {"quality": card.name, "interval": _interval(linked)}
    if linked.is_sure:
        return both("{quality}: a link beyond chance (rank correlation {interval}).", **told)
    return both("{quality}: no sure link (rank correlation {interval}).", **told)


def _no_measure(report: "Report", known: int) -> Text:
    if known:
        return both(
            "What a point of quality costs cannot be told: after no measure taken ({n} in all) did quality move by "
            "more than chance explains.",
            n=str(known),
        )
    if not report.run.store.has("interventions"):
        return both("What a point of quality costs cannot be told: no measure taken is recorded.")
    return both("What a point of quality costs cannot be told: no recorded measure has six months before and after it.")


def _measures(report: "Report") -> Iterator[dict]:
    """Each measure with a poolable quality figure and six mature months after it: its change of cost and quality."""
    if not report.run.store.has("interventions") or len(report.run.business_units) < 2:
        return
    taken = report.run.store.records("interventions", "all")
    wanted = taken[taken["business_unit"] != "*"]
    wanted = wanted if report.is_company else wanted[wanted["business_unit"] == report.business_unit]
    for one in wanted.sort_values("started_on").to_dict("records"):
        metric = _quality_of(report, str(one["metrics"]))
        if metric is None or one["business_unit"] not in report.run.business_units:
            continue
        start = pd.Period(pd.Timestamp(one["started_on"]), freq="M") + 1
        cost, quality = (_difference(report, name, str(one["business_unit"]), start) for name in (COST, metric))
        if cost is not None and quality is not None:
            yield {**one, "metric": metric, "cost": cost, "quality": quality, "ratio": fieller(*cost[:2], *quality[:2])}


def _quality_of(report: "Report", metrics: str) -> str | None:
    names = [STANDS_FOR.get(name.strip(), name.strip()) for name in metrics.split(";")]
    cards = (report.catalogue.get(name) for name in names)
    return next((c.id for c in cards if c is not None and c.unit == "%" and c.kind in ("ratio", "duration")), None)


def _difference(report: "Report", metric: str, unit: str, start: pd.Period) -> tuple[float, float, float, float] | None:
    """Difference in differences, month by month: the months after the start against the same months a year before, less
    the same of all other units together. Mean, standard error and interval by their spread; None under six months.
    """
    rows = _rows(report, metric)
    rows = rows[rows["mature"].astype(bool)]
    own, others = _monthly(rows, unit)
    gap = own - others
    months = pd.period_range(start, periods=MONTHS, freq="M")
    steps = [gap.get(str(month), np.nan) - gap.get(str(month - 12), np.nan) for month in months]
    known = np.array([step for step in steps if np.isfinite(step)])
    if len(known) < FEWEST_MONTHS:
        return None
    mean, se = float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known)))
    reach = float(stats.t.ppf(0.975, len(known) - 1)) * se
    return mean, se, mean - reach, mean + reach


def _monthly(rows: pd.DataFrame, unit: str) -> tuple[pd.Series, pd.Series]:
    """The unit's figure by month, and that of all others together: the company's less the unit's."""
    parts = {}
    for name in (unit, "all"):
        one = rows[rows["business_unit"] == name].set_index("period")
        weight = one["denominator"].where(one["denominator"].notna(), one["n"]).astype(float)
        parts[name] = (one["value"] * weight, weight)
    (value, weight), (whole, base) = parts[unit], parts["all"]
    rest = (base - weight.reindex(base.index)).where(lambda left: left > 0)
    return value / weight.where(weight > 0), (whole - value.reindex(whole.index)) / rest


def _table(report: "Report", measures: pd.DataFrame) -> Table:
    unit = report.catalogue[COST].unit
    frame = pd.DataFrame(
        {
            "what": text_column(_what(report, one) for one in measures.to_dict("records")),
            "cost": text_column(_change(cost, unit) for cost in measures["cost"]),
            "quality": text_column(_change(quality, "pp") for quality in measures["quality"]),
            "ratio": text_column(_per_point(ratio, unit) for ratio in measures["ratio"]),
        }
    )
    columns = {
        "what": Column(both("Measure taken"), kind="text"),
        "cost": Column(both("Cost per order"), kind="text"),
        "quality": Column(both("Quality"), kind="text"),
        "ratio": Column(both("Cost of a point of quality, per order"), kind="text"),
    }
    caption = both("What measures changed in the year after them, against the other units (95% intervals)")
    return table(frame, columns=columns, caption=caption, name="cost-of-quality", languages=report.languages)


def _what(report: "Report", one: dict) -> Text:
    started = each(lambda language: fmt_date(one["started_on"], language))
    quality = report.catalogue[one["metric"]].name
    if report.is_company:
        name = report.run.unit_name(str(one["business_unit"]))
        return both("{unit}, {date}: {quality}", unit=name, date=started, quality=quality)
    return both("{date}: {quality}", date=started, quality=quality)


def _change(told: tuple[float, float, float, float], unit: str) -> Text:
    value, _, low, high = told
    decimals = common_decimals([value, low, high])
    return each(
        lambda language: (
            f"{fmt_change(value, unit, language, decimals=decimals)} ({fmt_interval(low, high, unit, language)})"
        )
    )


def _per_point(ratio: tuple[float, float, float] | None, unit: str) -> Text:
    if ratio is None:
        return both("cannot be told: quality moved no more than chance explains")
    return each(
        lambda language: f"{fmt_change(ratio[0], unit, language)} ({fmt_interval(ratio[1], ratio[2], unit, language)})"
    )
