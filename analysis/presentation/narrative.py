"""The sentences of a page, generated from figures and findings alone: headline, findings, signals, assurance,
changes.

Words, icons, numbers and chart come from the same values; a property test holds them together. It judges nothing:
what is news was decided
in signals.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.data_model import ALL_UNITS
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.lasting import say_lasting
from analysis.presentation.narrative_findings import SPEAKERS, say_beside
from analysis.presentation.narrative_words import dated, say_certainty, say_change, shown_unit, subject, subject_inside
from analysis.presentation.target_count import count_targets
from analysis.presentation.telling import tell_change, tell_ends_of_change, tell_interval, tell_period, tell_value
from analysis.presentation.verdicts import SURE, say_verdict, verdict_of
from analysis.presentation.waiting import say_waiting

__all__ = [
    "say_assurance",
    "say_card_change",
    "say_certainty",
    "say_change",
    "say_finding",
    "say_headline",
    "say_signal",
]

NEWS = (
    "level_shift",
    "trend",
    "outlier",
    "unit_outlier",
    "intervention_effect",
    "target_missed",
    "forecast_risk",
    "mix_effect",
    "rate_effect",
    "concentration",
    "censoring",
)
OVER_TIME = ("level_shift", "trend", "outlier")
HEADLINE_MONTHS = 12
VIEWS_AT_MOST = 4
ANSWERING = ("survey_response_rate",)  # how many answered, not how content they are


def say_finding(
    found: Mapping[str, Any],
    catalogue: Mapping[str, Any],
    unit_name: Callable[[str], Text] | None = None,
    *,
    short: bool = False,
) -> Text:
    """One finding as one sentence in every language.

    Parameters
    ----------
    found : a finding of signals.evaluate
    catalogue : metric id → card
    unit_name : a unit's id → its name, which then stands in front; None where the page already says whose it is
    short : without interval and certainty, as a headline has it
    """
    named = unit_name(found["business_unit"]) if unit_name is not None and found["business_unit"] != ALL_UNITS else None
    said = SPEAKERS[found["kind"]](found, catalogue[found["metric"]], named, short=short)
    if found.get("beside") and not short:
        said = say_with_views(said, found["beside"], catalogue)
    if named is None or found["kind"] == "unit_outlier":
        return said
    return join([named, said], {"en": ": ", "zh": "："})


def say_with_views(said: Text, views: Sequence[Mapping[str, Any]], catalogue: Mapping[str, Any]) -> Text:
    """A sentence on an event and, after it, the other figures that tell the same (see `events.told_once`)."""
    told = [_say_view(view, catalogue[view["metric"]]) for view in views[:VIEWS_AT_MOST]]
    if len(views) > VIEWS_AT_MOST:
        told.append(both("{n} more figures", n=str(len(views) - VIEWS_AT_MOST)))
    return both("{found} The same shows in: {views}.", found=said, views=join(told, {"en": "; ", "zh": "；"}))


def _say_view(view: Mapping[str, Any], card: Any) -> Text:
    return say_beside(view, card) if view["kind"] == "concentration" else say_waiting(view, card)


def say_headline(
    kpis: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    catalogue: Mapping[str, Any],
    *,
    unit_name: Text | None = None,
    with_units: Callable[[str], Text] | None = None,
    year: Text | None = None,
) -> Text:
    """The h1 of a page: the most consequential news of the last twelve months, or honestly that there is none.

    Parameters
    ----------
    kpis : the unit's rows of the report's metrics, the most important first
    findings : the unit's findings on them, the most consequential first
    unit_name : the unit, named where it is the news itself that it differs from its peers
    with_units : a unit's id → its name, where the page does not say whose the news is: those of units, on the company's
    year : what twelve months tell, said where the month's figures are of too few records to be judged
    """
    for found in findings:
        if is_headline(found):
            named = None if unit_name is None or found["kind"] != "unit_outlier" else (lambda _: unit_name)
            named = with_units or named
            return _bare(say_finding(found, catalogue, named, short=True))
    rows = [row for row in kpis if not is_missing(row.get("value")) and row["metric"] in catalogue]
    moved = next((row for row in rows if row["signal"] in ("worsening", "improving", "unusual")), None)
    if moved is not None:
        return _say_moved(moved, catalogue[moved["metric"]])
    if not rows and any(row.get("reason") == "too few people" for row in kpis):
        return year or both("Too few answers for a figure of this period to be told")
    over_time = [found["values"] for found in findings if found["kind"] in OVER_TIME and not is_headline(found)]
    small = any(values.get("worth") is False for values in over_time)
    older = any(values.get("worth") is not False and not values.get("until") for values in over_time)
    return _say_calm(rows, catalogue, small=small, older=older, year=year)


def say_targets_met(kpis: Sequence[Mapping[str, Any]], catalogue: Mapping[str, Any]) -> Text | None:
    """How many targets are met, for a page on comparisons that has no news; None where none can be judged."""
    count = count_targets(kpis, catalogue)
    if not count.judged:
        return None
    return both("{met} of {all} targets are met", met=str(len(count.met)), all=str(len(count.judged)))


def is_headline(found: Mapping[str, Any]) -> bool:
    """Whether a finding is news that may head a page: recent, and of a size worth acting on."""
    if found["kind"] not in NEWS or found["values"].get("worth") is False or found["values"].get("until"):
        return False
    as_of = found["values"].get("as_of")
    if found["kind"] in ("trend", "concentration") or not found["since"] or not as_of:
        return True
    return _months_between(found["since"], as_of) < HEADLINE_MONTHS


def say_signal(signal: str, *, reason: str | None = None) -> Text:
    """A signal in words; for `insufficient`, what there is too little of (reason: months, records or value)."""
    if signal == "insufficient" and isinstance(reason, str):
        return {
            "months": both("Too few months to say"),
            "records": both("Too few records to say"),
            "value": both("No figure to judge"),
        }.get(reason, both("Too few to say"))
    return {
        "improving": both("Improving"),
        "worsening": both("Worsening"),
        "steady": both("Steady"),
        "unusual": both("Unusual"),
        "insufficient": both("Too few to say"),
    }[signal]


def say_assurance(assurance: str, target: Text | None = None) -> Text | None:
    """What the process promises about its target, in words; None where nothing can be said.

    Parameters
    ----------
    assurance : hits, misses, varies or none
    target : the target as told, e.g. "2 days"
    """
    if assurance == "none" or target is None:
        return None
    return {
        "hits": both("Meets the target of {target}", target=target),
        "misses": both("Misses the target of {target}", target=target),
        "varies": both("Now meets, now misses the target of {target}", target=target),
    }[assurance]


def say_card_change(row: Mapping[str, Any], card: Any, versus: str) -> Text | None:
    """A card's change against previous, year_ago, target or peers, and whether it is real and worth acting on;
    None without one."""
    changes = row.get("changes")
    changes = json.loads(changes) if isinstance(changes, str) else changes or []
    change = next((one for one in changes if one["versus"] == versus and not is_missing(one.get("value"))), None)
    if change is None:
        return None
    told = {
        "change": tell_change(change["value"], card.unit),
        "interval": tell_ends_of_change(change.get("low"), change.get("high"), card.unit),
        "against": _against(versus),
    }
    verdict = verdict_of(change)
    if verdict != SURE:
        return both("{change} {against} ({interval}), {verdict}", **told, verdict=say_verdict(verdict))
    if change.get("worth") is False:
        return both("{change} {against} ({interval}), real but too small to act on", **told)
    return both("{change} {against} ({interval}), a real change", **told)


def _against(versus: str) -> Text:
    return {
        "previous": both("on the period before"),
        "year_ago": both("on a year ago"),
        "target": both("against the target"),
        "peers": both("against the median of the other units"),
    }[versus]


def _say_moved(row: Mapping[str, Any], card: Any) -> Text:
    told = {
        "subject": subject(card),
        "value": tell_value(row["value"], shown_unit(card)),
        "period": tell_period(row["value_period"]),
    }
    lasting = say_lasting(row)
    if lasting is not None:
        return both("{subject} {state}: {value} in {period}", **told, state=lasting)
    if row["signal"] == "improving":
        return both("{subject} outside the usual range, for the better: {value} in {period}", **told)
    if row["signal"] == "worsening":
        return both("{subject} outside the usual range, for the worse: {value} in {period}", **told)
    return both("{subject} outside the usual range: {value} in {period}", **told)


def _say_calm(
    rows: Sequence[Mapping[str, Any]],
    catalogue: Mapping[str, Any],
    *,
    small: bool = False,
    older: bool = False,
    year: Text | None = None,
) -> Text:
    """That nothing has changed (`small`: by enough to act on; `older`: for a year), with a leading figure; `year` where
    none is judged."""
    if not rows:
        return both("There are no figures for this period")
    rows = [row for row in rows if getattr(catalogue[row["metric"]], "judged", True)]
    if not rows:  # forecasts and parts of other figures alone
        return both("No figure of this report can be judged yet")
    if all(row["value"] == 0 and catalogue[row["metric"]].unit == "n" for row in rows):
        return both("Nothing was recorded in {period}", period=tell_period(rows[0]["period"]))
    rows = [row for row in rows if row["metric"] not in ANSWERING] or rows
    steady = [row for row in rows if row["signal"] == "steady"]
    if year is not None and not steady:
        return year
    told = steady or [row for row in rows if not _is_of_few(row, catalogue[row["metric"]])]
    if not told:
        return both("Too few records to judge any figure of this report")
    directed = [row for row in told if catalogue[row["metric"]].better in ("lower", "higher")]
    row = (directed or told)[0]
    card = catalogue[row["metric"]]
    figure = {"subject": subject_inside(card), "value": dated(tell_value(row["value"], shown_unit(card)), row)}
    interval = (
        {} if is_missing(row.get("low")) else {"interval": tell_interval(row["low"], row.get("high"), shown_unit(card))}
    )
    if steady and interval and older:
        return both("Nothing new in the last twelve months; {subject} {value} ({interval})", **figure, **interval)
    if steady and interval and small:
        return both("No change large enough to act on; {subject} {value} ({interval})", **figure, **interval)
    if steady and interval:
        return both("No figure surely outside its usual range; {subject} {value} ({interval})", **figure, **interval)
    if steady:
        return both("No figure surely outside its usual range; {subject} {value}", **figure)
    if any(row.get("signal_reason") == "records" for row in rows):
        lack = both("Too few records to say what changed")
    else:
        lack = both("Too little history to say what changed")
    if interval:
        return both("{lack}; {subject} {value} ({interval})", lack=lack, **figure, **interval)
    return both("{lack}; {subject} {value}", lack=lack, **figure)


def _is_of_few(row: Mapping[str, Any], card: Any) -> bool:
    """Whether the figure rests on fewer records than it is judged from: no page is headed by three customers."""
    return not is_missing(row.get("n")) and row["n"] < getattr(card, "minimum_n", 0)


def _bare(text: Text) -> Text:
    """A headline has no full stop."""
    return {language: words.rstrip(".。") for language, words in text.items()}


def _months_between(first: str, last: str) -> int:
    (y1, m1), (y2, m2) = (map(int, month.split("-")[:2]) for month in (first, last))
    return (y2 - y1) * 12 + m2 - m1
