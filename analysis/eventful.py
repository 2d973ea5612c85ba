"""Which events a page's main points tell, each once: figures and sections that tell of an event that is told already
are its views, and an event of a unit is one point on the company's page. It computes no figure and judges none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.presentation import narrative
from analysis.presentation.events import metrics_of, told_once
from analysis.presentation.language import Text, both
from analysis.presentation.told import Told
from analysis.presentation.waiting import as_views, is_waiting

if TYPE_CHECKING:
    from analysis.report import Report

Finding = Mapping[str, Any]
Row = Mapping[str, Any]


def with_rows(
    events: Sequence[dict[str, Any]], worse: Sequence[Row], catalogue: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[Text]]:
    """The events with the worsening figures that are views of them, and the other figures as sentences of their own;
    of several figures of work that waits one.

    Parameters
    ----------
    events : what the page's findings tell, each once
    worse : the rows that worsen by the signals, the most important first
    """
    told = {metric for event in events for metric in metrics_of(event)}
    rows = [row for row in worse if row["metric"] not in told]
    views = as_views(rows)
    waiting = {view["metric"] for view in views}
    said = [row for row in rows if row["metric"] not in waiting]
    lead = next((event for event in events if is_waiting(event)), None)
    if lead is not None:
        with_views = {**lead, "beside": [*lead.get("beside", ()), *views]} if views else lead
        return [with_views if event is lead else event for event in events], [_moved(row, catalogue) for row in said]
    first = next((row for row in rows if row["metric"] in waiting), None)
    moved = []
    for row in rows:
        if row is first and len(views) > 1:
            moved.append(narrative.say_with_views(_moved(row, catalogue), views[1:], catalogue))
        elif row is first or row in said:
            moved.append(_moved(row, catalogue))
    return list(events), moved


def untold(told: Iterable[Told], events: Sequence[Finding], business_unit: str) -> list[Told]:
    """What sections tell, without that of which an event of the same unit, or of every unit that it names, tells."""
    known = {(event["business_unit"], metric) for event in events for metric in metrics_of(event)}
    return [one for one in told if not all((unit, one.metric) in known for unit in one.units or (business_unit,))]


def events_of_units(
    report: "Report", is_news: Callable[["Report", Finding], bool]
) -> tuple[list[dict[str, Any]], list[Told]]:
    """Unfavourable events of the company's units on the metrics of this report, and of each unit the gravest as what
    may head the page; none on a unit's page."""
    if not report.is_company:
        return [], []
    events = told_once(
        [
            found
            for found in report.run.findings
            if found["business_unit"] != report.business_unit
            and found["metric"] in report.metrics
            and found["good"] is False
            and is_news(report, found)
        ]
    )
    grave: dict[str, dict[str, Any]] = {}
    for event in filter(narrative.is_headline, events):
        grave.setdefault(event["business_unit"], event)
    names = report.run.unit_name
    said = [
        Told(
            narrative.say_headline((), [report.named(event)], report.catalogue, with_units=names),
            report.say(event, with_unit=True),
            good=False,
        )
        for event in grave.values()
    ]
    return list(grave.values()), said


def _moved(row: Row, catalogue: Mapping[str, Any]) -> Text:
    return both("{found}.", found=narrative.say_headline([row], (), catalogue))
