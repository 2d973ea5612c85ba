"""The index's table of all units by all reports, from what the reports said.

A cell shows the worst signal of a report's cards, whether a target is missed, whether it has found anything new, and
whether the page is up to date.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analysis.presentation.formatting import common_decimals, fmt_number, unit_label
from analysis.presentation.language import pick, words
from analysis.presentation.sparkline import Spark, sparkline
from analysis.reporting.folders import href, unit_folder
from analysis.reporting.records import Entry

# worst first: what a manager should look at
SIGNALS = ("worsening", "unusual", "improving", "steady", "insufficient")
SUMMARY = "summary"
_TONES = {"improving": "good", "worsening": "bad"}


def overview(
    units: Mapping[str, Sequence[Entry]],
    language: str,
    *,
    folder: tuple[str, ...],
    fresh: Mapping[str, str],
    unfolded: Collection[str],
) -> dict[str, Any]:
    """The table: report titles as columns, one row per unit with its line and one cell per report.

    Parameters
    ----------
    units : the entries of each unit, in the order of the rows
    folder : how the index reaches the period's folder
    fresh : reports with new findings (index_news.py), by their name on the index
    unfolded : the reports that are listed below the table, by their name on the index
    """
    titles: dict[str, str] = {}
    for own in units.values():
        titles |= {entry.report: pick(entry.title, language) for entry in own}
    lines = {unit: _line(own) for unit, own in units.items()}
    named = [pick(line["name"], language) for line in lines.values() if line]
    common = max(named, key=named.count) if named else ""
    kept = {unit: line for unit, line in lines.items() if line and pick(line["name"], language) == common}
    places = common_decimals([line["value"] for line in kept.values() if line["value"] is not None])
    rows = []
    for unit, own in units.items():
        cells = {entry.report: _cell(entry, language, folder, fresh) for entry in own}
        line = kept.get(unit)  # lines of different metrics do not stand below each other
        rows.append(
            {
                "id": unit_id(unit),
                "name": pick(own[0].unit_name, language),
                "href": _unit_address(unit, own, language, folder, unfolded),
                "spark": _spark(line, language) if line else "",
                "value": fmt_number(line["value"], line["unit"], language, decimals=places) if line else "",
                "cells": [cells.get(report) for report in titles],
            }
        )
    unit = next((unit_label(line["unit"], language) for line in kept.values()), "")
    return {"titles": list(titles.values()), "line": common, "line_unit": unit, "rows": rows}


def key(language: str) -> list[dict[str, str]]:
    """What the marks of the table mean."""
    return [{"mark": mark, "text": text} for mark, text in _meanings(language).items()]


def _meanings(language: str) -> dict[str, str]:
    return {
        "worsening": words("worsening", language),
        "unusual": words("unusual", language),
        "improving": words("improving", language),
        "steady": words("steady", language),
        "insufficient": words("too few records to say", language),
        "misses": words("misses a target", language),
        "fresh": words("new finding", language),
    }


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


def _unit_address(
    unit: str, own: Sequence[Entry], language: str, folder: tuple[str, ...], unfolded: Collection[str]
) -> str:
    """The unit's list below the table; where it has none, its first page."""
    if any(entry_id(entry) in unfolded for entry in own):
        return f"#{unit_id(unit)}"
    return next((address for entry in own if (address := page_address(entry, language, folder))), "")


def _cell(entry: Entry, language: str, folder: tuple[str, ...], fresh: Mapping[str, str]) -> dict[str, str]:
    name, meant = entry_id(entry), _meanings(language)
    found = [*states(entry), *(["new"] if name in fresh else [])]
    marks = [worst(entry), *(mark for mark in ("misses", "new") if mark in found)]
    parts = [pick(entry.title, language), *(meant["fresh" if mark == "new" else mark] for mark in marks)]
    return {
        "id": name,
        "href": page_address(entry, language, folder),
        "states": " ".join(found),
        "marks": " ".join([*marks, *([_TONES.get(fresh[name], "flat")] if name in fresh else [])]),
        "text": " · ".join(parts),
        "failed": words("not up to date", language) if entry.failed else "",
    }


def _line(own: Sequence[Entry]) -> Mapping[str, Any] | None:
    drawn = {e.report: e.published.glance["line"] for e in own if e.published and e.published.glance.get("line")}
    return drawn.get(SUMMARY) or next(iter(drawn.values()), None)


def _spark(line: Mapping[str, Any], language: str) -> str:
    return sparkline(Spark(tuple(line["values"]), tone=_TONES.get(line["signal"], "flat")), language)
