"""The fields of the records: which are poorly filled, which reports suffer from it, and where one suddenly fills or
empties.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.expected import read_expected
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals, chart_small_multiples
from analysis.presentation.language import Text, both, join
from analysis.presentation.naming import report_name
from analysis.presentation.telling import tell_count, tell_period, tell_span, tell_value
from analysis.sections.grading import MONTHS, twelve_months
from analysis.sections.segments import intervals
from analysis.sections.wording import said
from analysis.statistics.intervals import wilson
from analysis.statistics.recording_breaks import Breaks, find_breaks

if TYPE_CHECKING:
    from analysis.report import Report

POOR = 95.0
FIELDS_SHOWN, PANELS, SAID = 12, 6, 3
MONTHS_SEARCHED = 48
OWN = "data_quality"


def fields(report: "Report") -> Block:
    """Every expected field by how often it is filled, emptiest first, with the reports that need it."""
    missing = report.lacks("completeness", *report.run.missing.get("completeness", []))
    rows = report.segments("completeness", "field")
    pooled = twelve_months(rows)
    pooled = pooled[pooled["denominator"] > 0].sort_values(["value", "segment"], kind="stable").reset_index(drop=True)
    title = both("Fields by how often they are filled")
    if missing is not None or pooled.empty:
        return missing or Note.empty(title, languages=report.languages)
    share = wilson(pooled["numerator"], pooled["denominator"])
    pooled = pooled.assign(low=100 * share.low, high=100 * share.high, n=pooled["denominator"])
    pooled = pooled.assign(
        label=text_column(report.segment_name("field", field) for field in pooled["segment"]),
        short=text_column(_short_names(list(pooled["segment"]))),
        reports=text_column(_reports(field, report.catalogue) for field in pooled["segment"]),
        tone=["bad" if value < POOR else "flat" for value in pooled["value"]],
    )
    poor = pooled[pooled["value"] < POOR]
    headline = _headline(pooled, poor)
    shown = pooled.head(FIELDS_SHOWN)
    figure = chart_intervals(
        shown.assign(label=shown["short"]),
        title=headline,
        unit="%",
        name="fields",
        label_room=215.0,
        description=title,
        table=_field_table(report, pooled, title),
        languages=report.languages,
    )
    about = both(
        "{title}, emptiest first · % of the records that ought to have the field · {span} · {unit}",
        title=title,
        span=_span(rows),
        unit=report.unit_name,
    )
    return report.section(
        headline=headline,
        subtitle=about,
        parts=(figure, Sentences(said(*_suffering(poor), _absent(report)), languages=report.languages)),
    )


def breaks(report: "Report") -> Block:
    """Fields that were suddenly filled or emptied: from when to when, before and after."""
    missing = report.lacks("breaks", *report.run.missing.get("completeness", []))
    rows = report.segments("completeness", "field")
    title = both("Breaks in the recording")
    if missing is not None or rows.empty:
        return missing or Note.empty(title, languages=report.languages)
    filled, expected = (_wide(rows, column) for column in ("numerator", "denominator"))
    found = find_breaks(filled.to_numpy(), expected.to_numpy())
    order = [place for place in np.argsort(found.p, kind="stable") if found.found[place]]
    about = both(
        "{title}: % filled by month · {span} · {unit}", title=title, span=_span_of(filled), unit=report.unit_name
    )
    if not order:
        headline = both("No field suddenly fills or empties")
        rule = both(
            "A break is a stretch of months in which a field is filled at least 20 points more or less often than in "
            "the others, beyond chance."
        )
        return report.section(
            headline=headline, subtitle=about, parts=(Sentences((rule,), languages=report.languages),)
        )
    told = [_say_break(report, filled, found, place) for place in order]
    panels = pd.concat([_panel(report, filled, expected, place) for place in order[:PANELS]], ignore_index=True)
    figure = chart_small_multiples(
        panels, title=told[0], description=title, unit="%", name="breaks", languages=report.languages
    )
    more = len(order) - SAID
    rest = both("{n} more fields break; the workbook has all.", n=str(more)) if more > 0 else None
    return report.section(
        headline=told[0],
        subtitle=about,
        parts=(figure, Sentences(said(*told[1:SAID], rest), languages=report.languages)),
    )


def needed_by(field: str, catalogue: Mapping[str, MetricCard]) -> list[MetricCard]:
    """The metrics that need a field, as their cards declare."""
    return [
        card for card in catalogue.values() if card.area != OWN and any(field in need.split("|") for need in card.needs)
    ]


def _short_names(fields: list[str]) -> list[Text]:
    """The fields' own names; with their table only where two tables have a field of the same name."""
    known = [field for field in (read_expected().field(name) for name in fields) if field is not None]
    names = [field.name["en"] for field in known]
    return [field.name if names.count(field.name["en"]) == 1 else field.full_name for field in known]


def _reports(field: str, catalogue: Mapping[str, MetricCard]) -> Text:
    areas = dict.fromkeys(card.area for card in needed_by(field, catalogue))
    if not areas:
        return _no_metric()
    return join([report_name(area) for area in areas], {"en": ", ", "zh": "、"})


def _no_metric() -> Text:
    return both("no metric, only comparisons and texts")


def _headline(pooled: pd.DataFrame, poor: pd.DataFrame) -> Text:
    lowest = pooled.iloc[0]
    value = tell_value(lowest["value"], "%")
    if poor.empty and lowest["value"] >= 100:
        return both("All {n} expected fields are filled in every record", n=str(len(pooled)))
    if poor.empty:
        return both(
            "All {n} expected fields are filled in at least {value} of the records", n=str(len(pooled)), value=value
        )
    return both(
        "{poor} of {n} expected fields are filled in less than 95% of the records; emptiest: {field}, {value}",
        poor=str(len(poor)),
        n=str(len(pooled)),
        field=lowest["label"],
        value=value,
    )


def _suffering(poor: pd.DataFrame) -> list[Text]:
    return [_say_suffering(row) for _, row in poor.head(2).iterrows()]


def _say_suffering(row: pd.Series) -> Text:
    told = {"field": row["label"], "value": tell_value(row["value"], "%"), "n": tell_count(row["n"])}
    if row["reports"] == _no_metric():
        return both("{field}: filled in {value} of {n} records; no metric needs it.", **told)
    return both("{field}: filled in {value} of {n} records; needed by: {reports}.", reports=row["reports"], **told)


def _absent(report: "Report") -> Text | None:
    """Columns that are expected of tables that are there, and that no record of the whole source fills."""
    store = report.run.store
    absent = [
        field for field in read_expected().fields if store.has(field.table) and not store.has(field.table, field.column)
    ]
    if not absent:
        return None
    names = join([field.full_name for field in absent[:6]], {"en": "; ", "zh": "；"})
    return both("Not in the source at all, and so not counted ({n}): {names}.", n=str(len(absent)), names=names)


def _field_table(report: "Report", pooled: pd.DataFrame, caption: Text) -> Table:
    frame = pooled.assign(interval=intervals(pooled))[["label", "n", "value", "interval", "reports"]]
    columns = {
        "label": Column(both("Field"), kind="text"),
        "n": Column(both("Records that ought to have it"), "n"),
        "value": Column(both("Filled"), "%"),
        "interval": Column(both("95% interval"), kind="text"),
        "reports": Column(both("Reports that need it"), kind="text"),
    }
    return table(frame, columns=columns, caption=caption, name="fields", languages=report.languages)


def _wide(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    wide = rows.pivot_table(index="segment", columns="period", values=column, aggfunc="sum", observed=True)
    return wide.fillna(0.0).sort_index(axis=1).iloc[:, -MONTHS_SEARCHED:]


def _panel(report: "Report", filled: pd.DataFrame, expected: pd.DataFrame, place: int) -> pd.DataFrame:
    field = str(filled.index[place])
    base = expected.iloc[place].where(expected.iloc[place] > 0)
    frame = pd.DataFrame({"period": filled.columns, "value": 100 * filled.iloc[place].to_numpy() / base.to_numpy()})
    return frame.assign(panel=text_column([report.segment_name("field", field)] * len(frame)))


def _say_break(report: "Report", filled: pd.DataFrame, found: Breaks, place: int) -> Text:
    months = list(filled.columns)
    start, stop = int(found.start[place]), int(found.stop[place])
    values = {
        "field": report.segment_name("field", str(filled.index[place])),
        "inside": tell_value(100 * found.inside[place], "%"),
        "outside": tell_value(100 * found.outside[place], "%"),
    }
    if stop == len(months):
        since = tell_period(months[start])
        return both("{field}: filled in {inside} of the records since {since}, {outside} before", since=since, **values)
    span = tell_span(months[start], months[stop - 1])
    return both("{field}: filled in {inside} of the records in {span}, {outside} otherwise", span=span, **values)


def _span(rows: pd.DataFrame) -> Text:
    newest = pd.period_range(end=pd.Period(rows["period"].max(), freq="M"), periods=MONTHS, freq="M")
    return tell_span(str(newest[0]), str(newest[-1]))


def _span_of(wide: pd.DataFrame) -> Text:
    return tell_span(str(wide.columns[0]), str(wide.columns[-1]))
