"""Which product, batch or supplier fails in one fault beyond its past, since when, how sure, and how many units it has
touched.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_expected
from analysis.presentation.formatting import fmt_date, is_missing
from analysis.presentation.language import Text, both, each, plain
from analysis.presentation.narrative_clusters import (
    BREAKDOWN,
    FEWEST,
    METRIC,
    name_cluster,
    read_clusters,
    say_found,
    two_figures,
)
from analysis.presentation.telling import tell_count, tell_interval, tell_period, tell_span, tell_value
from analysis.sections.passing import in_passing
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

MONTHS_SHOWN = 18


def fault_clusters(report: "Report") -> Block:
    """A section on the confirmed fault clusters, those that touch most units first; that there is none is a finding."""
    missing = report.lacks("fault clusters", *report.run.missing.get(METRIC, []))
    row = report.kpi(METRIC)
    title = both("Faults that pile up in one product, batch or supplier")
    if missing is not None:
        return missing
    if row is None or is_missing(row["value"]):
        reason = both(
            "At least eighteen months of repair orders with fault codes are needed to tell a pile from chance."
        )
        return Note(title, reason, languages=report.languages)
    rows = report.segments(METRIC, BREAKDOWN)
    clusters = read_clusters(rows[rows["period"] <= report.period], report.period)
    about = both(
        "Repair orders (without follow-ups and repeats within 30 days; one unit can have several) against what past "
        "rates, units in service and their age give, {span} · {unit}",
        span=tell_span(*_span(report)),
        unit=report.unit_name,
    )
    if clusters.empty:
        return report.section(
            headline=both(
                "No product, batch or supplier fails in one fault beyond what its past and its sisters explain"
            ),
            subtitle=about,
            parts=(Sentences(said(_top_three(report), _how_sure()), languages=report.languages),),
        )
    top = clusters.iloc[0]
    headline = _headline(report, top, len(clusters))
    figure = chart_expected(
        _monthly(rows[rows["period"] >= _span(report)[0]], top["segment"]),
        title=headline,
        unit="n",
        name="fault-cluster",
        description=about,
        tone="bad",
        table=_table(report, clusters, about),
        languages=report.languages,
    )
    listed = (_table(report, clusters, about),) if len(clusters) > 1 else ()
    lines = said(_touched(top), _issue(report, top), _across(report, top), _how_sure())
    return report.section(
        headline=headline, subtitle=about, parts=(figure, *listed, Sentences(lines, languages=report.languages))
    )


def _span(report: "Report") -> tuple[str, str]:
    """The months shown: not before the unit's first order."""
    last = pd.Period(report.period.replace("-Q", "Q")).asfreq("M")
    orders = report.series("orders_submitted").dropna(subset=["value"])["period"]
    return max([str(last - MONTHS_SHOWN + 1), *orders.head(1)]), str(last)


def _monthly(rows: pd.DataFrame, segment: str) -> pd.DataFrame:
    own = rows[rows["segment"] == segment].tail(MONTHS_SHOWN)
    return pd.DataFrame(
        {"period": own["period"], "value": own["numerator"], "expected": own["denominator"].map(two_figures)}
    ).reset_index(drop=True)


def _headline(report: "Report", top: pd.Series, count: int) -> Text:
    found = say_found(top, report.segment_name)
    return found if count == 1 else both("{found}; {n} more", found=found, n=str(count - 1))


def _touched(top: pd.Series) -> Text:
    if top["observed"] < FEWEST:
        return both(
            "Repairs: {observed} where {expected} were to be expected; different units so far: {touched}.",
            observed=tell_count(top["observed"]),
            expected=tell_value(two_figures(top["expected"]), "n"),
            touched=tell_count(top["touched"]),
        )
    return both(
        "Repairs: {observed} where {expected} were to be expected ({interval} times as many); different units so "
        "far: {touched}.",
        observed=tell_count(top["observed"]),
        expected=tell_value(two_figures(top["expected"]), "n"),
        interval=tell_interval(two_figures(top["low"]), two_figures(top["high"]), "ratio"),
        touched=tell_count(top["touched"]),
    )


def _across(report: "Report", top: pd.Series) -> Text | None:
    """On a unit's page: that the cluster is the company's, and how many repairs it counts there."""
    if report.is_company:
        return None
    rows = report.run.rows("measurements", metric=METRIC, business_unit="all", breakdown=BREAKDOWN)
    whole = rows[(rows["segment"] == top["segment"]) & rows["value"].notna() & (rows["period"] <= report.period)]
    if whole.empty:
        return both("It is confirmed in this unit alone.")
    return both(
        "It is confirmed over all business units together: {n} repairs since {since}.",
        n=tell_count(whole["numerator"].sum()),
        since=tell_period(str(whole["period"].min())),
    )


def _issue(report: "Report", top: pd.Series) -> Text | None:
    """Whether a quality issue on the product and fault is on record: the company's page only, issues being its own."""
    if not report.is_company or not report.run.store.has("quality_issues", "product_id", "fault_code"):
        return None
    parts = dict(part.split("=", 1) for part in top["segment"].split(";"))
    issues = report.records("quality_issues", ["opened_at", "closed_at", "product_id", "fault_code"])
    begun = pd.Period(top["since"]).start_time
    same = issues[
        (issues["product_id"] == parts.get("product_id"))
        & (issues["fault_code"] == parts.get("fault_code"))
        & ~(issues["closed_at"] < begun)
    ].sort_values("opened_at")
    if same.empty:
        return both("No quality issue about it is on record.")
    issue = same.iloc[-1]
    opened = each(lambda language: fmt_date(issue["opened_at"], language))
    if pd.isna(issue["closed_at"]):
        return both("A quality issue about it has been open since {day}.", day=opened)
    closed = each(lambda language: fmt_date(issue["closed_at"], language))
    return both("A quality issue about it was opened on {day} and closed on {closed}.", day=opened, closed=closed)


def _how_sure() -> Text:
    return both(
        "Every product, batch and supplier was looked at with every fault and every possible beginning of the "
        "last twelve months; at most one such finding in a hundred is a false alarm."
    )


def _top_three(report: "Report") -> Text | None:
    return in_passing(report, "fault_concentration_top3")


def _table(report: "Report", clusters: pd.DataFrame, caption: Text) -> Table:
    frame = clusters.assign(
        label=text_column(capital(name_cluster(segment, report.segment_name)) for segment in clusters["segment"]),
        interval=text_column(
            tell_interval(two_figures(low), two_figures(high), "ratio") if observed >= FEWEST else plain("–")
            for low, high, observed in zip(clusters["low"], clusters["high"], clusters["observed"], strict=True)
        ),
    )
    columns = {
        "label": Column(both("Cluster"), kind="text"),
        "since": Column(both("Since"), kind="period"),
        "observed": Column(both("Repairs"), "n", decimals=0),
        "expected": Column(both("Expected"), "n", decimals=1),
        "value": Column(both("Times as many"), "ratio", decimals=1),
        "interval": Column(both("95% interval"), kind="text"),
        "touched": Column(both("Units touched"), "n", decimals=0),
    }
    return table(frame, columns=columns, caption=caption, name="fault-clusters", languages=report.languages)
