"""What the index tells of each report: its headline and signals, what failed and why, what was corrected.

Of a business with very many reports only those are listed that ask most for a look; the table of the index has them
all.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from analysis.presentation.formatting import fmt_date
from analysis.presentation.language import pick, words
from analysis.reporting.folders import href, unit_folder
from analysis.reporting.index_overview import SUMMARY, entry_id, page_address, states
from analysis.reporting.notices import correction, version_told
from analysis.reporting.reasons import say_failure
from analysis.reporting.records import Entry, Published

Older = Mapping[tuple[str, str, str], Sequence[Published]]
EVERY_AT_MOST = 260  # twenty units with all reports; a page of more is slow on a phone
ASKING_AT_MOST, FAILURES_AT_MOST = 80, 6
# what asks for a look, most urgent first
ASKING = ("behind", "worsening", "new", "misses", "unusual", "improving")


def chosen(entries: Sequence[Entry], older: Older, fresh: Collection[str]) -> frozenset[str]:
    """Names of the reports that are listed: all of them where they are few, else those that ask most for a look.

    A report whose replaced versions are kept is always among them: nothing else leads there.

    Parameters
    ----------
    older : (period, unit, report) → the versions that were replaced and are kept
    fresh : names of the reports with new findings
    """
    if len(entries) <= EVERY_AT_MOST:
        return frozenset(entry_id(entry) for entry in entries)
    always = {entry_id(entry) for entry in entries if (entry.period, entry.business_unit, entry.report) in older}
    places = {entry_id(entry): _urgency(entry, fresh) for entry in entries}
    asking = sorted((name for name, place in places.items() if place < len(ASKING)), key=places.__getitem__)
    return frozenset({*always, *asking[:ASKING_AT_MOST]})


def listed(
    entries: Sequence[Entry], language: str, *, among: Collection[str], folder: tuple[str, ...], older: Older
) -> dict[str, Any]:
    """One unit's reports as the page lists them.

    Parameters
    ----------
    entries : the unit's, in the order shown
    among : names of the reports that are listed
    folder : how the index reaches the period's folder
    """
    told = [entry for entry in entries if entry_id(entry) in among]
    others = len(entries) - len(told)
    return {
        "headline": _headline(entries, language),
        "reports": [_told(entry, language, folder, older) for entry in told],
        "others": words("{n} more, in the table above", language, n=others) if others else "",
    }


def headline_of(entries: Sequence[Entry], language: str, folder: tuple[str, ...]) -> dict[str, str] | None:
    """What a unit's summary found, with the address of its page; None without one."""
    found = next((e for e in entries if e.report == SUMMARY and e.published and e.published.headline), None)
    if found is None or found.published is None or not found.published.headline:
        return None
    return {
        "name": pick(found.unit_name, language),
        "href": page_address(found, language, folder),
        "text": pick(found.published.headline, language),
    }


def failure_lines(entries: Sequence[Entry], language: str) -> list[str]:
    """Which reports failed, when and why; the first few, and how many more there are."""
    failed = [entry for entry in entries if entry.failed]
    more = len(failed) - FAILURES_AT_MOST
    rest = [words("and {n} more, marked ✕ in the table", language, n=more)] if more > 0 else []
    return [*(_failure_line(entry, language) for entry in failed[:FAILURES_AT_MOST]), *rest]


def _failure_line(entry: Entry, language: str) -> str:
    where = " · ".join((pick(entry.unit_name, language), pick(entry.title, language)))
    return f"{where}{'：' if language == 'zh' else ': '}{_failure(entry, language)}"


def day_of(moment: str) -> datetime:
    """A moment of the records as a day to be told."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).replace(tzinfo=None)


def _urgency(entry: Entry, fresh: Collection[str]) -> int:
    found = {*states(entry), *(["new"] if entry_id(entry) in fresh else [])}
    return next((place for place, state in enumerate(ASKING) if state in found), len(ASKING))


def _told(entry: Entry, language: str, folder: tuple[str, ...], older: Older) -> dict[str, Any]:
    published = entry.published
    return {
        "id": entry_id(entry),
        "state": entry.status,
        "title": pick(entry.title, language),
        "href": page_address(entry, language, folder),
        "headline": pick(published.headline, language) if published and published.headline else "",
        "signals": _signals(published.signals if published else {}, language),
        "note": _failure(entry, language) if entry.failed else "",
        "correction": correction(published, language) if published and published.version > 1 else "",
        "versions": _versions(entry, language, folder, older),
    }


def _headline(own: Sequence[Entry], language: str) -> str:
    """What the unit's summary found, to read while its reports are folded."""
    found = headline_of(own, language, ())
    return found["text"] if found else ""


def _versions(entry: Entry, language: str, folder: tuple[str, ...], older: Older) -> list[dict[str, str]]:
    """Links to the versions that the newest replaced."""
    place, name = (*folder, unit_folder(entry.business_unit), "versions"), f"{entry.report}.{language}.html"
    return [
        {"href": href(*place, str(old.version), name), "text": version_told(old, language)}
        for old in older.get((entry.period, entry.business_unit, entry.report), ())
        if language in old.languages
    ]


def _signals(counts: Mapping[str, int], language: str) -> list[dict[str, str]]:
    spoken = {
        "worsening": words("{n} worsening", language, n=counts.get("worsening", 0)),
        "unusual": words("{n} unusual", language, n=counts.get("unusual", 0)),
        "improving": words("{n} improving", language, n=counts.get("improving", 0)),
    }
    told = [{"name": name, "text": text} for name, text in spoken.items() if counts.get(name)]
    if told or not counts:
        return told
    quiet = "steady" if counts.get("steady") else "insufficient"
    text = words("steady", language) if quiet == "steady" else words("too few records to say", language)
    return [{"name": quiet, "text": text}]


def _failure(entry: Entry, language: str) -> str:
    failed = entry.failed
    if failed is None:
        return ""
    day = fmt_date(day_of(failed.failed_at), language)
    reason = say_failure(failed, language)
    if entry.published is None:
        return words("Failed on {day}: {reason}", language, day=day, reason=reason)
    older = fmt_date(day_of(entry.published.published_at), language)
    return words(
        "Failed on {day}: {reason}. The page of {older} is shown.", language, day=day, reason=reason, older=older
    )
