"""The index's table of all units by all reports, and its list of what is new: both from what the reports said.

A cell shows the worst signal of a report's cards, whether a target is missed, and whether the page is up to date.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.presentation.formatting import fmt_value
from analysis.presentation.icons import assurance_icon, signal_icon
from analysis.presentation.language import pick, words
from analysis.presentation.sparkline import Spark, sparkline
from analysis.reporting.folders import href, unit_folder
from analysis.reporting.periods import read_period
from analysis.reporting.records import Entry

# worst first: what a manager should look at
SIGNALS = ("worsening", "unusual", "improving", "steady", "insufficient")
NEWS_AT_MOST = 8
MONTHS_OF_LATE = 6
SUMMARY = "summary"
_TONES = {"improving": "good", "worsening": "bad"}


def overview(units: Mapping[str, Sequence[Entry]], language: str, *, folder: tuple[str, ...]) -> dict[str, Any] | None:
    """The table: report titles as columns, one row per unit with its line and one cell per report; None for one unit.

    Parameters
    ----------
    units : the entries of each unit, in the order of the rows
    folder : how the index reaches the period's folder
    """
    titles: dict[str, str] = {}
    for own in units.values():
        titles |= {entry.report: pick(entry.title, language) for entry in own}
    lines = {unit: _line(own) for unit, own in units.items()}
    named = [pick(line["name"], language) for line in lines.values() if line]
    common = max(named, key=named.count) if named else ""
    rows = []
    for unit, own in units.items():
        cells = {entry.report: _cell(entry, language, folder) for entry in own}
        line = lines[unit]
        if line is not None and pick(line["name"], language) != common:
            line = None  # lines of different metrics do not stand below each other
        rows.append(
            {
                "id": unit_id(unit),
                "name": pick(own[0].unit_name, language),
                "spark": _spark(line, language) if line else "",
                "value": fmt_value(line["value"], line["unit"], language) if line else "",
                "cells": [cells.get(report) for report in titles],
            }
        )
    return {"titles": list(titles.values()), "line": common, "rows": rows}


def news(
    units: Mapping[str, Sequence[Entry]],
    before: Sequence[Entry],
    language: str,
    *,
    period: str | None,
    folder: tuple[str, ...],
) -> tuple[str, list[dict[str, str]], str]:
    """What the reports found that those of the period before did not; where there are none, what began of late.

    Parameters
    ----------
    before : the entries of the period before

    Returns
    -------
    heading, the findings once each, worsening ones first, and in words how many more there are
    """
    known = {(e.business_unit, e.report): _keys(e) for e in before if e.published and "findings" in e.published.glance}
    told: dict[tuple[str, str], dict[str, str]] = {}
    for unit, own in units.items():
        for entry in sorted(own, key=lambda entry: entry.report == SUMMARY):  # an area's own page tells more of it
            for one in entry.published.glance.get("findings", ()) if entry.published else ():
                earlier_keys = known.get((unit, entry.report))
                fresh = one["key"] not in earlier_keys if earlier_keys is not None else _of_late(one, period)
                if fresh:
                    told.setdefault((unit, one["key"]), _told(entry, one, language, folder))
    found = sorted(told.values(), key=lambda one: SIGNALS.index(one["signal"]))
    more = len(found) - NEWS_AT_MOST
    heading = (
        words("New since the period before", language) if known else words("Begun in the last six months", language)
    )
    rest = words("and {n} more, on the units' pages", language, n=more) if more > 0 else ""
    return heading, found[:NEWS_AT_MOST], rest


def _keys(entry: Entry) -> set[str]:
    return {one["key"] for one in entry.published.glance["findings"]} if entry.published else set()


def _of_late(one: Mapping[str, Any], period: str | None) -> bool:
    """Begun within the last months of the period, where it says since when."""
    if not period or not one.get("since"):
        return False
    return 0 <= _month(read_period(period).last_month) - _month(one["since"]) < MONTHS_OF_LATE


def _month(name: str) -> int:
    return int(name[:4]) * 12 + int(name[5:7])


def _told(entry: Entry, one: Mapping[str, Any], language: str, folder: tuple[str, ...]) -> dict[str, str]:
    signal = {True: "improving", False: "worsening"}.get(one["good"], "unusual")
    unit, text = pick(entry.unit_name, language), pick(one["text"], language)
    return {
        "signal": signal,
        "icon": signal_icon(signal),
        "where": " · ".join((unit, pick(entry.title, language))),
        "text": re.sub(rf"^{re.escape(unit)}\s*[:：]\s*", "", text),  # the unit stands before it already
        "href": page_address(entry, language, folder),
    }


def key(language: str) -> list[dict[str, str]]:
    """What the marks of the table mean."""
    said = {
        "worsening": words("worsening", language),
        "unusual": words("unusual", language),
        "improving": words("improving", language),
        "steady": words("steady", language),
        "insufficient": words("too few records to say", language),
    }
    marks = [{"signal": name, "icon": signal_icon(name), "text": said[name]} for name in SIGNALS]
    return [*marks, {"signal": "none", "icon": assurance_icon("misses"), "text": words("misses a target", language)}]


def states(entry: Entry) -> list[str]:
    """What the filter knows a report by: its worst signal, missed targets, not up to date."""
    found = [worst(entry)] if entry.published else []
    if entry.published and entry.published.glance.get("targets", {}).get("missed"):
        found.append("misses")
    return [*found, "behind"] if entry.failed else found


def worst(entry: Entry) -> str:
    """The first of SIGNALS that any card of the report shows; "steady" only where no card says more."""
    counts = entry.published.signals if entry.published else {}
    return next((name for name in SIGNALS if counts.get(name)), "insufficient")


def unit_id(business_unit: str) -> str:
    """The unit's anchor on the index."""
    return "unit-" + re.sub(r"[^\w-]", "-", unit_folder(business_unit))


def entry_id(entry: Entry) -> str:
    """The report's name on the index, the same in the table and in the list."""
    return f"{unit_id(entry.business_unit)}/{entry.report}"


def page_address(entry: Entry, language: str, folder: tuple[str, ...]) -> str:
    """The report's page in the language, or in its first; empty where none is published."""
    if entry.published is None:
        return ""
    shown = language if language in entry.published.languages else entry.published.languages[0]
    return href(*folder, unit_folder(entry.business_unit), f"{entry.report}.{shown}.html")


def _cell(entry: Entry, language: str, folder: tuple[str, ...]) -> dict[str, str]:
    signal = worst(entry)
    missed = "misses" in states(entry)
    said = {one["signal"]: one["text"] for one in key(language)}
    parts = [pick(entry.title, language), said[signal], *([said["none"]] if missed else [])]
    return {
        "id": entry_id(entry),
        "href": page_address(entry, language, folder),
        "signal": signal,
        "icon": signal_icon(signal),
        "assurance": assurance_icon("misses") if missed else "",
        "text": " · ".join(parts),
        "failed": words("not up to date", language) if entry.failed else "",
    }


def _line(own: Sequence[Entry]) -> Mapping[str, Any] | None:
    drawn = {e.report: e.published.glance["line"] for e in own if e.published and e.published.glance.get("line")}
    return drawn.get(SUMMARY) or next(iter(drawn.values()), None)


def _spark(line: Mapping[str, Any], language: str) -> str:
    return sparkline(Spark(tuple(line["values"]), tone=_TONES.get(line["signal"], "flat")), language)
