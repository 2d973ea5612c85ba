"""What goes with a hand-off: orders handed on beside those that were not. Association, and called that."""

from typing import TYPE_CHECKING

from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_interval, tell_period, tell_value
from analysis.sections.passing import in_passing
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    import pandas as pd

    from analysis.report import Report

METRIC = "within_7d_by_handoffs"
HOW_OFTEN = ("handoffs_per_order", "handoffs_2plus_share")
UNNAMED = "unknown"
FEWEST = 10  # orders below which a group says nothing


def handoff_cycle(report: "Report") -> Block:
    """A section on the share completed within 7 days by how often an order was handed on."""
    missing = report.lacks("hand-offs and cycle", *report.run.missing.get(METRIC, []))
    rows = report.segments(METRIC, "handoffs")
    rows = rows[(rows["period"] == report.period) & rows["value"].notna() & (rows["segment"] != UNNAMED)]
    if missing is None and len(rows) < 2:
        return Note(
            both("Hand-offs and the repair cycle"),
            both("All orders were handed on equally often: there is nothing to compare."),
            languages=report.languages,
        )
    if missing is not None:
        return missing
    rows = rows[(rows["n"] >= FEWEST) | (rows["n"] >= rows["n"].nlargest(2).min())].sort_values("segment")
    title = capital(_headline(report, rows))
    about = both(
        "Orders by how often they were handed on, submitted in the twelve months to {period} · {unit}",
        period=tell_period(report.period),
        unit=report.unit_name,
    )
    figure = chart_intervals(
        rows.assign(label=text_column(capital(report.segment_name("handoffs", part)) for part in rows["segment"])),
        title=title,
        unit="%",
        name="handoff-cycle",
        description=report.catalogue[METRIC].definition,
        languages=report.languages,
    )
    caution = both(
        "No proof that hand-offs cost time: who waits long has more time to be handed on, and hard work is "
        "handed on more "
        "often."
    )
    lines = said(*(in_passing(report, metric, dated=True) for metric in HOW_OFTEN), caution)
    return report.section(headline=title, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages)))


def _headline(report: "Report", rows: "pd.DataFrame") -> Text:
    """The two most frequent groups beside each other."""
    one, other = (row for _, row in rows.nlargest(2, "n").sort_values("segment").iterrows())
    return both(
        "{a}: {value} ({interval}) within 7 days; {b}: {other} ({range})",
        a=report.segment_name("handoffs", one["segment"]),
        value=tell_value(one["value"], "%"),
        interval=tell_interval(one["low"], one["high"], "%"),
        b=report.segment_name("handoffs", other["segment"]),
        other=tell_value(other["value"], "%"),
        range=tell_interval(other["low"], other["high"], "%"),
    )
