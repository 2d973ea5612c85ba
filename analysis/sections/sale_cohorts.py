"""Months of sale at the same age: the Nevada chart, the months that stand out, and what a change of design did."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences
from analysis.presentation.charts import chart_heat
from analysis.presentation.formatting import fmt_date, fmt_period
from analysis.presentation.language import Text, both, each
from analysis.presentation.telling import tell_figure, tell_interval, tell_period, tell_span, tell_value
from analysis.sections.passing import in_passing
from analysis.sections.pooling import pool
from analysis.sections.segments import judge
from analysis.sections.wording import said
from analysis.statistics.comparison import compare_rates

if TYPE_CHECKING:
    from analysis.report import Report

METRIC, AT_3, AT_12 = "claims_by_months_in_service", "claims_per_1000_at_3_months", "claims_per_1000_at_12_months"
BY_PRODUCTION = "claims_per_1000_by_production_month"
BREAKDOWN = "months_in_service"
COHORTS_SHOWN = 12
COHORTS_JUDGED = 24
AROUND_CHANGE = 12


def sale_cohorts(report: "Report") -> Block:
    """A section with claims per 1,000 units by month of sale and months in service; cells not yet known are blank."""
    missing = report.lacks("sale cohorts", *report.run.missing.get(METRIC, []))
    rows = report.segments(METRIC, BREAKDOWN)
    rows = rows[rows["value"].notna()]
    if missing is not None or rows.empty:
        return missing or Note.empty(report.catalogue[METRIC].name, languages=report.languages)
    shown = sorted(rows["period"].unique())[-COHORTS_SHOWN:]
    headline, judged = _headline(report)
    about = both(
        "Claims per 1,000 units sold, by month of sale (down) and months in service (across), {span} · {unit}; "
        "blank: not yet known",
        span=tell_span(shown[0], shown[-1]),
        unit=report.unit_name,
    )
    figure = chart_heat(
        _grid(rows[rows["period"].isin(shown)]),
        title=headline,
        unit="n",
        name="sale-cohorts",
        description=about,
        languages=report.languages,
    )
    lines = said(in_passing(report, AT_12, dated=True), _design_change(report), judged)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines[:3], languages=report.languages))
    )


def _grid(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows and columns of the chart in order, figures whole from ten on."""
    ages = sorted(rows["segment"].unique())
    cohorts = sorted(rows["period"].unique())
    known = rows.set_index(["period", "segment"])["value"]
    cells = [
        {
            "row": _short(cohort),
            "column": both("{n} mo.", n=str(int(age))),
            "value": _round(known.get((cohort, age), np.nan)),
        }
        for cohort in cohorts
        for age in ages
    ]
    return pd.DataFrame(cells)


def _short(period: str) -> Text:
    return each(lambda language: fmt_period(period, language, short=True))


def _round(value: float) -> float:
    return value if not np.isfinite(value) else float(round(value))


def _headline(report: "Report") -> tuple[Text, Text | None]:
    """Which month of sale stands out at three months in service, beyond chance and the usual spread of months."""
    card = report.catalogue[AT_3]
    rows = report.series(AT_3)
    rows = rows[rows["mature"].astype(bool) & rows["value"].notna()].tail(COHORTS_JUDGED)
    if len(rows) < 6:
        return both("Too few months of sale have reached three months in service to compare them"), None
    judged = judge(pool(rows.assign(segment=rows["period"].astype(str)), card), card)
    bad = judged[judged["outside"] > 0].sort_values("value", ascending=False)
    centre = judged.attrs["centre"]
    fair = both("Months of sale are compared at three months in service, small ones allowed for.")
    if not judged["enough"].any():
        return both("Too few units are sold a month to tell one month of sale from another"), None
    if bad.empty:
        calm = both(
            "No month of sale stands out at three months in service: {value} claims per 1,000 are usual",
            value=tell_figure(centre, card.unit),
        )
        return calm, fair
    worst = bad.iloc[0]
    return both(
        "Units sold in {period} claim more: {value} per 1,000 after three months against {centre} usually",
        period=tell_period(worst["segment"]),
        value=tell_figure(worst["value"], card.unit),
        centre=tell_figure(centre, card.unit),
    ), fair


def _design_change(report: "Report") -> Text | None:
    """Claims of units made before and after the newest recorded change of design."""
    store = report.run.store
    if not store.has("interventions"):
        return None
    measures = store.records("interventions", "all")
    units = (report.business_unit, "*", "all")
    changes = measures[(measures["kind"] == "product_change") & measures["business_unit"].isin(units)]
    changes = changes[changes["started_on"] <= pd.Period(report.period.replace("-Q", "Q")).end_time]
    if changes.empty:
        return both("No change of design is on record, so there is no before and after of production to compare.")
    change = changes.sort_values("started_on").iloc[-1]
    day = each(lambda language: fmt_date(change["started_on"], language))
    rows = report.series(BY_PRODUCTION)
    rows = rows[rows["mature"].astype(bool) & rows["value"].notna()]
    begun = pd.Period(change["started_on"], freq="M")
    made = pd.PeriodIndex(rows["period"], freq="M")
    after = rows[made > begun].head(AROUND_CHANGE)
    before = rows[made < begun].tail(AROUND_CHANGE)
    if after.empty or before.empty:
        return both(
            "A change of design is on record for {day}; units made on both sides of it are not yet old enough to "
            "compare.",
            day=day,
        )
    return _before_after(before, after, day)


def _before_after(before: pd.DataFrame, after: pd.DataFrame, day: Text) -> Text:
    (k0, n0), (k, n) = (tuple(part[["numerator", "denominator"]].sum()) for part in (before, after))
    found = compare_rates(k, n, k0=k0, exposure0=n0)
    sure = both("more than chance would make it") if found.p < 0.05 else both("no more than chance explains")
    return both(
        "Units made after the change of design of {day} claim {ratio} times as often within three months as "
        "those made before ({interval}), {sure}; season and other changes are in that too.",
        day=day,
        ratio=tell_value(round(float(found.value), 2), "ratio"),
        interval=tell_interval(round(float(found.low), 2), round(float(found.high), 2), "ratio"),
        sure=sure,
    )
