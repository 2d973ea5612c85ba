"""The pages where a reader starts: one per period and one for the newest, in every language.

They are made from what is published and what failed, never from a plan.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from analysis.data_model import ALL_UNITS
from analysis.presentation.formatting import fmt_date, fmt_period
from analysis.presentation.language import pick, words
from analysis.reporting import fingerprints, ledger
from analysis.reporting.folders import href, index_file
from analysis.reporting.index_list import Older, chosen, day_of, failure_lines, headline_of, listed
from analysis.reporting.index_news import news
from analysis.reporting.index_overview import entry_id, key, overview, unit_id
from analysis.reporting.index_state import note_pages
from analysis.reporting.look import HTML_LANGUAGE, LANGUAGE_NAMES, TEMPLATES, index_stylesheet
from analysis.reporting.periods import earlier, read_period
from analysis.reporting.records import Entry, write_whole

OPEN_AT_MOST = 1  # units whose reports are unfolded from the start: the company's
PERIODS_SHOWN = 6


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
                before=by_period.get(_before(period), ()),
                older=older,
            )
            written |= _write(out, f"{period}/{file}", page)
        newest = periods[0] if periods else None
        page = index_page(
            by_period[newest] if newest else [], language,
            period=newest, periods=periods, languages=languages, reports=reports, folder=(newest,) if newest else (),
            before=by_period.get(_before(newest), ()) if newest else (),
            older=older,
        )  # fmt: skip
        written |= _write(out, file, page)
    note_pages(out, written, languages=languages, reports=reports)
    return out / "index.html"


def index_page(
    entries: Sequence[Entry], language: str,
    *, period: str | None, periods: Sequence[str], languages: tuple[str, ...], reports: Sequence[str],
    folder: tuple[str, ...], before: Sequence[Entry] = (), older: Older = MappingProxyType({}),
) -> str:  # fmt: skip
    """One index page.

    Parameters
    ----------
    folder : how the page reaches the period's folder; nothing from within it
    before : the entries of the period before, for what is new since
    older : (period, unit, report) → the versions that were replaced and are kept
    """
    up = () if folder or not period else ("..",)
    shown = fmt_period(period, language) if period else ""
    heading = words("Reports for {period}", language, period=shown) if period else words("No reports yet.", language)
    ordered = sorted(
        entries,
        key=lambda entry: (entry.business_unit != ALL_UNITS, entry.business_unit, _place(entry.report, reports)),
    )
    units: dict[str, list[Entry]] = {}
    for entry in ordered:
        units.setdefault(entry.business_unit, []).append(entry)
    shown_units = {unit: tuple(own) for unit, own in units.items()}
    latest = news(shown_units, before, language, period=period, folder=folder)
    among = chosen(ordered, older, latest.fresh)
    near, far = _links(language, period=period, periods=periods, languages=languages, up=up)
    shown_lists = {
        unit: listed(own, language, among=among, folder=folder, older=older)
        for unit, own in shown_units.items()
        if any(entry_id(entry) in among for entry in own)
    }
    return _template().render(
        script=_script(),
        script_hash=_hash(_script()),
        earlier=far,
        lede=headline_of(units.get(ALL_UNITS, ()), language, folder),
        news=latest,
        glance=overview(shown_units, language, folder=folder, fresh=latest.fresh, unfolded=among) if units else None,
        key=key(language),
        states=[
            ("worsening", words("worsening", language)),
            ("unusual", words("unusual", language)),
            ("improving", words("improving", language)),
            ("misses", words("misses a target", language)),
            ("new", words("new finding", language)),
            ("behind", words("not up to date", language)),
        ],
        html_language=HTML_LANGUAGE[language],
        css=index_stylesheet(),
        comma="、" if language == "zh" else ", ",
        title=f"{heading} · {words('After-sales reports', language)}" if period else heading,
        heading=heading,
        say=lambda msgid: words(msgid, language),
        links=near,
        other_languages=_other_languages(language, languages),
        status=_status(ordered, language),
        failures=failure_lines(ordered, language),
        units=[
            {
                "id": unit_id(unit),
                "name": pick(units[unit][0].unit_name, language),
                "open": number < OPEN_AT_MOST,
                **told,
            }
            for number, (unit, told) in enumerate(shown_lists.items())
        ],
        made=words(
            "One page per report and unit. Everything here works from a copied folder, without a network.", language
        ),
    )


def _status(entries: Sequence[Entry], language: str) -> list[str]:
    if not entries:
        return []
    published = [entry.published for entry in entries if entry.published]
    cutoffs = [page.data_cutoff_at for page in published if page.data_cutoff_at]
    behind = sum(entry.failed is not None for entry in entries)
    return [
        *([words("Data as of {day}", language, day=fmt_date(day_of(max(cutoffs)), language))] if cutoffs else []),
        words("{n} reports", language, n=len(published)),
        *([words("{n} not up to date", language, n=behind)] if behind else []),
    ]


def _links(
    language: str, *, period: str | None, periods: Sequence[str], languages: tuple[str, ...], up: tuple[str, ...]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Links to the newest period and the next few others; the rest, to fold away."""
    file = index_file(language, languages)
    links = [{"href": href(*up, file), "text": words("Newest", language)}] if up else []
    others = (other for other in periods if other != period or not up)
    links += [{"href": href(*up, other, file), "text": fmt_period(other, language)} for other in others]
    return links[:PERIODS_SHOWN], links[PERIODS_SHOWN:]


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


def _before(period: str) -> str:
    return earlier(read_period(period))


def _place(report: str, reports: Sequence[str]) -> tuple[int, str]:
    return (reports.index(report) if report in reports else len(reports), report)


@lru_cache(maxsize=1)
def _script() -> str:
    return (TEMPLATES / "index.js").read_text(encoding="utf-8").strip()


def _hash(script: str) -> str:
    """The script's name in the content security policy: no other script runs."""
    return "sha256-" + b64encode(sha256(script.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    return environment.get_template("index.html.j2")
