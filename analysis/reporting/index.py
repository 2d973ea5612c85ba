"""The pages where a reader starts: one per period and one for the newest, in every language.

They are made from what is published and what failed, never from a plan.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from analysis.presentation.formatting import fmt_date, fmt_period
from analysis.presentation.icons import signal_icon
from analysis.presentation.language import pick, words
from analysis.reporting import fingerprints, ledger
from analysis.reporting.folders import HIDDEN, href, index_file, unit_folder
from analysis.reporting.look import HTML_LANGUAGE, LANGUAGE_NAMES, TEMPLATES, stylesheet
from analysis.reporting.notices import correction, version_told
from analysis.reporting.reasons import say_failure
from analysis.reporting.records import Entry, Published, strict_json, write_whole

Older = Mapping[tuple[str, str, str], Sequence[Published]]
COMPANY = "all"
PAGES = "pages.json"
# worst first: what a manager should look at
SIGNALS = ("worsening", "unusual", "improving")


def write_indexes(out: Path, *, languages: tuple[str, ...], reports: Sequence[str]) -> Path:
    """Write every index page and return the one that a reader opens first.

    Parameters
    ----------
    languages : the first one gives index.html, the others index.<language>.html
    reports : report names in the order they are shown; others follow by name
    """
    by_period: dict[str, list[Entry]] = {}
    with ledger.reading(out) as book:
        entries, older = book.entries(), book.old_versions()
    for entry in entries:
        by_period.setdefault(entry.period, []).append(entry)
    periods = sorted(by_period, key=_newest_first, reverse=True)
    written: dict[str, str] = {}
    for language in languages:
        file = index_file(language, languages)
        for period in periods:
            page = index_page(
                by_period[period],
                language,
                period=period,
                periods=periods,
                languages=languages,
                reports=reports,
                folder=(),
                older=older,
            )
            written |= _write(out, f"{period}/{file}", page)
        newest = periods[0] if periods else None
        page = index_page(
            by_period[newest] if newest else [], language,
            period=newest, periods=periods, languages=languages, reports=reports, folder=(newest,) if newest else (),
            older=older,
        )  # fmt: skip
        written |= _write(out, file, page)
    write_whole(out / HIDDEN / PAGES, strict_json(written))
    return out / "index.html"


def index_page(
    entries: Sequence[Entry], language: str,
    *, period: str | None, periods: Sequence[str], languages: tuple[str, ...], reports: Sequence[str],
    folder: tuple[str, ...], older: Older = MappingProxyType({}),
) -> str:  # fmt: skip
    """One index page.

    Parameters
    ----------
    folder : how the page reaches the period's folder; nothing from within it
    older : (period, unit, report) → the versions that were replaced and are kept
    """
    up = () if folder or not period else ("..",)
    shown = fmt_period(period, language) if period else ""
    heading = words("Reports for {period}", language, period=shown) if period else words("No reports yet.", language)
    ordered = sorted(
        entries, key=lambda entry: (entry.business_unit != COMPANY, entry.business_unit, _place(entry.report, reports))
    )
    units: dict[str, list[Entry]] = {}
    for entry in ordered:
        units.setdefault(entry.business_unit, []).append(entry)
    return _template().render(
        html_language=HTML_LANGUAGE[language],
        css=stylesheet(),
        title=f"{heading} · {words('After-sales reports', language)}" if period else heading,
        heading=heading,
        say=lambda msgid: words(msgid, language),
        links=_links(language, period=period, periods=periods, languages=languages, up=up),
        other_languages=_other_languages(language, languages),
        status=_status(ordered, language),
        failures=[_failure_line(entry, language) for entry in ordered if entry.failed],
        units=[
            {
                "id": f"unit-{unit_folder(unit)}",
                "name": pick(own[0].unit_name, language),
                "reports": [_told(entry, language, folder, older) for entry in own],
            }
            for unit, own in units.items()
        ],
        made=words(
            "One page per report and unit. Everything here works from a copied folder, without a network.", language
        ),
    )


def pages_changed(out: Path, pages: Mapping[str, str]) -> list[str]:
    """One line per index page that is gone or is not what was written."""
    found = []
    for name, digest in pages.items():
        file = out / name
        if not file.is_file():
            found.append(f"{name}: missing")
        elif fingerprints.of_file(file) != digest:
            found.append(f"{name}: changed since it was written")
    return found


def _told(entry: Entry, language: str, folder: tuple[str, ...], older: Older) -> dict[str, Any]:
    published = entry.published
    shown = (
        language if published and language in published.languages else published.languages[0] if published else language
    )
    address = href(*folder, unit_folder(entry.business_unit), f"{entry.report}.{shown}.html") if published else ""
    return {
        "state": entry.status,
        "title": pick(entry.title, language),
        "href": address,
        "headline": pick(published.headline, language) if published and published.headline else "",
        "signals": _signals(published.signals if published else {}, language),
        "note": _failure(entry, language) if entry.failed else "",
        "correction": correction(published, language) if published and published.version > 1 else "",
        "versions": _versions(entry, language, folder, older),
    }


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
    told = [{"name": name, "icon": signal_icon(name), "text": spoken[name]} for name in SIGNALS if counts.get(name)]
    if told or not counts:
        return told
    quiet = "steady" if counts.get("steady") else "insufficient"
    text = words("steady", language) if quiet == "steady" else words("too few records to say", language)
    return [{"name": quiet, "icon": signal_icon(quiet), "text": text}]


def _failure_line(entry: Entry, language: str) -> str:
    return f"{pick(entry.unit_name, language)} · {pick(entry.title, language)}: {_failure(entry, language)}"


def _failure(entry: Entry, language: str) -> str:
    failed = entry.failed
    if failed is None:
        return ""
    day = fmt_date(_day(failed.failed_at), language)
    reason = say_failure(failed, language)
    if entry.published is None:
        return words("Failed on {day}: {reason}", language, day=day, reason=reason)
    older = fmt_date(_day(entry.published.published_at), language)
    return words(
        "Failed on {day}: {reason}. The page of {older} is shown.", language, day=day, reason=reason, older=older
    )


def _status(entries: Sequence[Entry], language: str) -> list[str]:
    if not entries:
        return []
    published = [entry.published for entry in entries if entry.published]
    cutoffs = [page.data_cutoff_at for page in published if page.data_cutoff_at]
    behind = sum(entry.failed is not None for entry in entries)
    return [
        *([words("Data as of {day}", language, day=fmt_date(_day(max(cutoffs)), language))] if cutoffs else []),
        words("{n} reports", language, n=len(published)),
        *([words("{n} not up to date", language, n=behind)] if behind else []),
    ]


def _links(
    language: str, *, period: str | None, periods: Sequence[str], languages: tuple[str, ...], up: tuple[str, ...]
) -> list[dict[str, str]]:
    """Links to the newest period and to every other one."""
    file = index_file(language, languages)
    links = [{"href": href(*up, file), "text": words("Newest", language)}] if up else []
    others = (other for other in periods if other != period or not up)
    return links + [{"href": href(*up, other, file), "text": fmt_period(other, language)} for other in others]


def _other_languages(language: str, languages: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"href": index_file(other, languages), "text": LANGUAGE_NAMES[other], "language": HTML_LANGUAGE[other]}
        for other in languages
        if other != language
    ]


def _write(out: Path, name: str, page: str) -> dict[str, str]:
    file = out / name
    if not file.is_file() or file.read_text(encoding="utf-8") != page:
        write_whole(file, page)
    return {name: fingerprints.of_file(file)}


def _newest_first(period: str) -> tuple[str, int]:
    """Years before the quarters and months that they end with: 2025 > 2025-Q4 > 2025-12."""
    if "Q" in period:
        return (f"{period[:4]}-{int(period[-1]) * 3:02d}", 1)
    return (period, 0) if "-" in period else (f"{period}-12", 2)


def _place(report: str, reports: Sequence[str]) -> tuple[int, str]:
    return (reports.index(report) if report in reports else len(reports), report)


def _day(moment: str) -> datetime:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).replace(tzinfo=None)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    return environment.get_template("index.html.j2")
