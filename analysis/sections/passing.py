"""A sister metric in one line: figure, interval, target. For figures that deserve a mention, not a chart."""

from typing import TYPE_CHECKING

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_estimate, tell_period
from analysis.sections.grading import say_unreliable
from analysis.sections.wording import say_target

if TYPE_CHECKING:
    from analysis.report import Report


def in_passing(report: "Report", metric: str, *, dated: bool = False) -> Text | None:
    """One line on a metric, or None where the data cannot tell it; `dated` names the period of an older figure."""
    row, card = report.kpi(metric), report.catalogue.get(metric)
    if row is None or card is None or is_missing(row["value"]):
        return None
    value, interval = tell_estimate(row["value"], row["low"], row["high"], card.unit)
    figure = both("{name}: {value}", name=card.name, value=value)
    if not is_missing(row["low"]) and not is_missing(row["high"]) and interval["en"] != value["en"]:  # both "< 0.1%"
        figure = both(
            "{name}: {value} ({interval})",
            name=card.name,
            value=value,
            interval=interval,
        )
    if dated and row["value_period"] != report.period:
        figure = both("{figure} in {period}", figure=figure, period=tell_period(row["value_period"]))
    target = say_target(row, card) if row["n"] >= card.minimum_n else None
    told = (
        both("{figure}.", figure=figure) if target is None else both("{figure}. {target}", figure=figure, target=target)
    )
    unreliable = say_unreliable(report, metric)
    return told if unreliable is None else join([told, unreliable], {"en": " ", "zh": ""})
