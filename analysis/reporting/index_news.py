"""What is new in the reports of a period: the findings that those of the period before did not have."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.presentation.language import pick, words
from analysis.reporting.index_overview import SIGNALS, SUMMARY, entry_id, page_address
from analysis.reporting.periods import read_period
from analysis.reporting.records import Entry

NEWS_AT_MOST = 8
MONTHS_OF_LATE = 6


@dataclass(frozen=True)
class News:
    """What an index tells as new.

    Parameters
    ----------
    items : the findings once each, worsening ones first: signal, where, text, href
    more : in words how many more there are
    fresh : report's name on the index → the first of SIGNALS among its new findings
    """

    heading: str
    items: Sequence[Mapping[str, str]]
    more: str
    fresh: Mapping[str, str]


def news(
    units: Mapping[str, Sequence[Entry]],
    before: Sequence[Entry],
    language: str,
    *,
    period: str | None,
    folder: tuple[str, ...],
) -> News:
    """What the reports found that those of the period before did not; where there are none, what began of late.

    Parameters
    ----------
    before : the entries of the period before
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
    return News(
        words("New since the period before", language) if known else words("Begun in the last six months", language),
        found[:NEWS_AT_MOST],
        words("and {n} more, on the units' pages", language, n=more) if more > 0 else "",
        {one["id"]: one["signal"] for one in reversed(found)},
    )


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
    unit, text = pick(entry.unit_name, language), pick(one["text"], language)
    return {
        "id": entry_id(entry),
        "signal": {True: "improving", False: "worsening"}.get(one["good"], "unusual"),
        "where": " · ".join((unit, pick(entry.title, language))),
        "text": re.sub(rf"^{re.escape(unit)}\s*[:：]\s*", "", text),  # the unit stands before it already
        "href": page_address(entry, language, folder),
    }
