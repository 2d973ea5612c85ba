"""What sections say about one figure: its state, its change, its interval. Words follow the signals' verdicts and
never judge by themselves.
"""

import json
from collections.abc import Mapping
from typing import Any

from analysis.metrics.cards import MetricCard
from analysis.presentation.formatting import common_decimals, is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.lasting import is_out_unsure, say_lasting
from analysis.presentation.target_verdicts import gap_to_target, sureness
from analysis.presentation.telling import tell_change, tell_ends_of_change, tell_figure, tell_period, tell_value
from analysis.presentation.verdicts import CHANCE, UNKNOWN, is_apart, say_verdict, verdict_of


def say_state(row: Mapping[str, Any], card: MetricCard) -> Text:
    """The headline of a trend: the newest mature figure and whether it is news."""
    if is_missing(row.get("value")):
        about = row["period"] if is_missing(row.get("value_period")) else row["value_period"]
        return both("{name}: no figure can be given for {period}", name=card.name, period=tell_period(about))
    too_few = both("too few records to say whether that is usual")
    if not is_missing(row.get("n")) and row["n"] >= card.minimum_n:
        too_few = both("too few months to say whether that is usual")
    verdict = {
        "improving": both("better than its usual range"),
        "worsening": both("worse than its usual range"),
        "unusual": both("outside its usual range"),
        "steady": both("within its usual range"),
    }.get(row["signal"], too_few)
    lasting = say_lasting(row)
    if row["signal"] in ("improving", "worsening", "unusual") and lasting is not None:
        verdict = lasting
    if is_out_unsure(row) and lasting is None:
        verdict = both("outside its usual range, not yet sure among all that is watched")
    elif is_out_unsure(row):
        verdict = both("{state}, not yet sure among all that is watched", state=lasting)
    return both(
        "{name}: {value} in {period}, {verdict}",
        name=card.name,
        value=tell_figure(row["value"], card.unit),
        period=tell_period(row["value_period"]),
        verdict=verdict,
    )


def say_months(months: int) -> Text:
    """The newest months that are added up, as many as are known: a unit's first year has no twelve."""
    return both("Last {months} months", months=str(months))


def say_target(row: Mapping[str, Any], card: MetricCard) -> Text | None:
    """Whether the figure meets its target, the gap with its interval, and whether that is more than chance; None
    without a target or a good direction.

    The interval is the gap's, which allows for the usual swings from month to month and is wider than a card's.
    """
    if card.better == "none" or is_missing(row.get("target")) or is_missing(row.get("value")):
        return None
    target, gap = tell_value(row["target"], card.unit), gap_to_target(row)
    verdict = both("The target of {target} is met", target=target)
    if not row.get("target_met"):
        verdict = both("The target of {target} is missed", target=target)
    told = sureness(row)
    if told == UNKNOWN or gap is None or row["value"] == row["target"]:
        return both("{verdict}.", verdict=verdict)
    if told == CHANCE and is_apart(gap):  # the figure's own interval holds the target
        gap = {**gap, "low": None, "high": None}
    return both("{verdict}: {change}, {why}.", verdict=verdict, change=_with_interval(gap, card), why=say_verdict(told))


def say_change(row: Mapping[str, Any], card: MetricCard, versus: str) -> Text | None:
    """The change against the period before, a year ago or the other units, with its interval, and if it is news."""
    change = change_against(row, versus)
    if change is None or is_missing(change.get("value")):
        return None
    told = _with_interval(change, card)
    against = {
        "previous": both("Against the month before: {change}", change=told),
        "year_ago": both("Against the same period a year ago: {change}", change=told),
        "peers": both("Against the median of the other units: {change}", change=told),
    }[versus]
    return both("{against}, {verdict}.", against=against, verdict=say_verdict(verdict_of(change)))


def say_difference(value: float, unit: str, decimals: int) -> Text:
    """A difference with as many decimals as the figures beside it; one that they round away is no change."""
    return tell_change(value if round(abs(value), decimals) else 0.0, unit, decimals=decimals)


def change_against(row: Mapping[str, Any], versus: str) -> Mapping[str, Any] | None:
    """The row's comparison with previous, year_ago, target or peers, where the signals made one."""
    changes = row.get("changes")
    parsed = json.loads(changes) if isinstance(changes, str) else changes
    return next((change for change in parsed if change["versus"] == versus), None) if parsed is not None else None


def said(*texts: Text | None) -> tuple[Text, ...]:
    """The sentences that could be said, in order."""
    return tuple(text for text in texts if text is not None)


def capital(text: Text) -> dict[str, str]:
    """The text with a capital at its start, as headlines and the names of rows and bars have it."""
    return {language: words[:1].upper() + words[1:] for language, words in text.items()}


def column_unit(card: MetricCard) -> str:
    """The unit to set beside the metric's name; none where the name already says "per 1,000"."""
    return "" if card.unit in ("per_1000", "per_100") else card.unit


def _with_interval(change: Mapping[str, Any], card: MetricCard) -> Text:
    figures = [change.get(name) for name in ("value", "low", "high")]
    told: Text = say_difference(change["value"], card.unit, common_decimals(figures))
    if is_missing(change.get("low")) and is_missing(change.get("high")):
        return told
    return both(
        "{value} ({interval})", value=told, interval=tell_ends_of_change(change["low"], change["high"], card.unit)
    )
