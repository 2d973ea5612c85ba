"""What self-service saves: a range from cautious to generous assumptions, since nobody can see the call that was not
made.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_span, tell_value
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

MAIN, CAUTIOUS, GENEROUS = "deflection_saving", "deflection_saving_cautious", "deflection_saving_generous"
PERSON, SELF = "cost_per_contact", "cost_per_self_service_session"
MONTHS = 12


def self_service_saving(report: "Report") -> Block:
    """A section on the saving of the last twelve months by channel, with its assumptions."""
    missing = report.lacks("saving by self-service", *report.run.missing.get(MAIN, []))
    title = both("Saved by self-service")
    known = report.series(MAIN).dropna(subset=["value"])
    if missing is not None or known.empty:
        return missing or Note.empty(title, languages=report.languages)
    year = pd.period_range(end=pd.Period(known["period"].max(), freq="M"), periods=MONTHS, freq="M").astype(str)
    months = year[year.isin(known["period"].astype(str))]
    told = _by_channel(report, months)
    unit = report.catalogue[MAIN].unit
    whole, span = told.iloc[0], tell_span(str(months[0]), str(months[-1]))
    headline = capital(_headline(whole, unit, span))
    shown = told.assign(
        label=text_column(
            both("All channels") if channel == "" else capital(report.segment_name("channel", channel))
            for channel in told["channel"]
        ),
        own=told["channel"] == "",
    )
    about = both(
        "Sessions not followed by a contact with a person within 48 hours, at the mean price of such a contact · "
        "{span} · {unit}; line: from cautious to generous",
        span=span,
        unit=report.unit_name,
    )
    figure = chart_intervals(
        shown,
        title=headline,
        unit=unit,
        name="self-service",
        description=report.catalogue[MAIN].definition,
        table=_table(report, shown, unit, about),
        languages=report.languages,
    )
    lines = said(
        _prices(report),
        both(
            "Cautious: only identified customers whose session is marked as resolved. Generous: every session, as "
            "vendors reckon."
        ),
        both(
            "Not every such session would have been a call, and those who help themselves have easier questions: a "
            "trial would tell, this comparison cannot."
        ),
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _by_channel(report: "Report", months: pd.Index) -> pd.DataFrame:
    """Value, low and high of all channels and of each, and the number of sessions; all channels first."""
    parts = []
    for name, metric in (("value", MAIN), ("low", CAUTIOUS), ("high", GENEROUS)):
        rows = pd.concat(
            [report.series(metric).assign(channel=""), report.segments(metric, "channel").assign(channel=_segment)]
        )
        rows = rows[rows["period"].isin(months) & rows["value"].notna()]
        sums = rows.groupby("channel").agg(amount=("value", "sum"), sessions=("n", "sum"))
        parts.append(sums.rename(columns={"amount": name, "sessions": f"n_{name}"}))
    told = pd.concat(parts, axis=1).fillna({"low": 0.0, "n_low": 0.0}).dropna(subset=["value"])
    told = told.rename_axis("channel").reset_index()
    return told.assign(first=told["channel"] != "").sort_values(["first", "value"], ascending=[True, False])


def _segment(rows: pd.DataFrame) -> pd.Series:
    return rows["segment"].astype(str)


def _headline(whole: pd.Series, unit: str, span: Text) -> Text:
    if whole["value"] <= 0:
        return both("Self-service saved nothing: a session costs as much as a contact with a person")
    return both(
        "Self-service saved about {value} in {span}; between {low} and {high} by what is assumed",
        value=tell_value(whole["value"], unit),
        span=span,
        low=tell_value(whole["low"], unit),
        high=tell_value(whole["high"], unit),
    )


def _prices(report: "Report") -> Text | None:
    rows = [report.kpi(metric) for metric in (PERSON, SELF)]
    if any(row is None or is_missing(row["value"]) for row in rows):
        return None
    person, alone = (
        tell_value(row["value"], report.catalogue[metric].unit)  # type: ignore[index]
        for row, metric in zip(rows, (PERSON, SELF), strict=True)
    )
    return both(
        "A contact with a person costs {person}, a session {alone}; what the tools cost beyond the session is not in "
        "it.",
        person=person,
        alone=alone,
    )


def _table(report: "Report", told: pd.DataFrame, unit: str, caption: Text) -> Table:
    columns = {
        "label": Column(both("Channel"), kind="text"),
        "n_high": Column(both("All sessions"), "n"),
        "n_value": Column(both("not followed by a contact"), "n"),
        "n_low": Column(both("of these resolved and identified"), "n"),
        "low": Column(both("Cautious saving"), unit),
        "value": Column(both("Saving"), unit),
        "high": Column(both("Generous saving"), unit),
    }
    return table(
        told[list(columns)],
        columns=columns,
        caption=caption,
        name="self-service-saving",
        languages=report.languages,
    )
