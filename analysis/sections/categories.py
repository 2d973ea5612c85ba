"""What customers complain about: the categories of a year beside those of the year before."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_pareto
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_change, tell_count, tell_span, tell_value
from analysis.sections.segments import MONTHS_POOLED, UNNAMED, judge
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST = 30  # complaints below which no category leads
LEADING = 3  # categories named where the first is not ahead of the second beyond chance
Z95 = 1.96
LISTED = {"en": ", ", "zh": "、"}


def categories(report: "Report") -> Block:
    """A section on the complaints of the last 12 months by category, and whose share has moved against the year
    before.
    """
    rows = report.segments("complaints_received", "category")
    now, before = _two_years(report, rows)
    missing = report.lacks("categories", "complaints.category")
    if missing is not None or now.empty:
        return missing or Note.empty(both("Complaints by category"), languages=report.languages)
    told = _shares(now, before)
    title = capital(_category_headline(report, told))
    span = tell_span(now["period"].min(), now["period"].max())
    about = both(
        "Complaints received by category, {span} · {unit} · n = {n}",
        span=span,
        unit=report.unit_name,
        n=tell_count(told["count"].sum()),
    )
    labels = text_column(category_name(report, segment) for segment in told["segment"])
    figure = chart_pareto(
        pd.DataFrame({"label": labels, "value": told["count"]}),
        title=title,
        unit="n",
        name="categories",
        description=about,
        table=_category_table(report, told, about),
        languages=report.languages,
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(figure, Sentences(said(_moved(report, told)), languages=report.languages)),
    )


def _two_years(report: "Report", rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Complaints with a category of the last twelve months and of the twelve before; the latter empty where the data
    do not reach back so far.
    """
    rows = rows[rows["mature"].astype(bool) & rows["value"].notna() & ~rows["segment"].isin(UNNAMED)]
    whole = report.series("complaints_received").dropna(subset=["value"])["period"]
    if whole.empty:
        return rows.iloc[:0], rows.iloc[:0]
    now = pd.period_range(end=pd.Period(whole.max(), freq="M"), periods=MONTHS_POOLED, freq="M")
    before = now - MONTHS_POOLED
    reaches_back = whole.min() <= str(before[0])
    earlier = rows[rows["period"].isin(before.astype(str))] if reaches_back else rows.iloc[:0]
    return rows[rows["period"].isin(now.astype(str))], earlier


def _shares(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Count and share of each category in both years, largest first; the year before is empty with less than a full
    one.
    """
    count = now.groupby("segment")["value"].sum().sort_values(ascending=False, kind="stable")
    frame = pd.DataFrame({"count": count, "share": 100 * count / count.sum()})
    if len(before):
        earlier = before.groupby("segment")["value"].sum()
        frame["before"] = earlier.reindex(count.index).fillna(0)
        frame["share_before"] = 100 * frame["before"] / earlier.sum()
        frame["moved"] = frame["share"] - frame["share_before"]
    return frame.rename_axis("segment").reset_index()


def _category_headline(report: "Report", told: pd.DataFrame) -> Text:
    top, count = told.iloc[0], told["count"].astype(float)
    if count.sum() < FEWEST:
        return both("Too few complaints to say what they are mostly about: {n}", n=tell_count(count.sum()))
    first, second = count.reindex([0, 1], fill_value=0.0)
    if len(told) > LEADING and first - second <= Z95 * (first + second) ** 0.5:
        leading = [report.segment_name("category", one) for one in told["segment"].head(LEADING)]
        total = told["share"].head(LEADING).sum()
        return both(
            "{share} of the complaints are about {categories}",
            share=tell_value(total, "%"),
            categories=join([join(leading[:-1], LISTED), leading[-1]], {"en": " and ", "zh": "、"}),
        )
    return both(
        "{category} leads with {share} of complaints",
        category=report.segment_name("category", top["segment"]),
        share=tell_value(top["share"], "%"),
    )


def _moved(report: "Report", told: pd.DataFrame) -> Text | None:
    if "moved" not in told:
        return None
    card = report.catalogue["complaint_upheld_share"]
    both_years = told.assign(
        numerator=told["count"],
        denominator=told["count"] + told["before"],
        n=told["count"] + told["before"],
        value=0.0,
        se=float("nan"),
    )
    both_years["value"] = 100 * both_years["numerator"] / both_years["denominator"]
    out = judge(both_years, card)
    out = out[out["outside"] != 0]
    if out.empty:
        return both("No category's share has moved against the year before beyond chance.")
    top = out.iloc[int(out["moved"].abs().argmax())]
    return both(
        "{category} moved most against the year before: {change} of all complaints.",
        category=category_name(report, top["segment"]),
        change=tell_change(top["moved"], "%"),
    )


def _category_table(report: "Report", told: pd.DataFrame, caption: Text) -> Table:
    frame = told.assign(label=text_column(category_name(report, segment) for segment in told["segment"]))
    columns = {
        "label": Column(both("Category"), kind="text"),
        "count": Column(both("Complaints"), "n"),
        "share": Column(both("Share"), "%"),
    }
    if "moved" in told:
        columns |= {
            "share_before": Column(both("A year before"), "%"),
            "moved": Column(both("Change"), "%", kind="change"),
        }
    total = {"count": told["count"].sum(), "share": 100.0}
    return table(
        frame, columns=columns, caption=caption, total=total, name="categories-table", languages=report.languages
    )


def category_name(report: "Report", name: str) -> Text:
    """A category as rows and bars name it."""
    return capital(report.segment_name("category", name))
