"""The links in a page's header: index, languages, neighbouring periods, other reports, other units.

All are relative, and all lead to pages that are there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from analysis.presentation.formatting import fmt_period
from analysis.presentation.language import Text, pick, words
from analysis.reporting.folders import href, index_file, unit_folder
from analysis.reporting.look import HTML_LANGUAGE, LANGUAGE_NAMES
from analysis.reporting.periods import earlier, later, read_period


@dataclass(frozen=True)
class Place:
    """One report as others link to it."""

    period: str
    business_unit: str
    report: str
    title: Text
    unit_name: Text
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Map:
    """Every page that is there or about to be.

    Parameters
    ----------
    places : by (period, unit, report)
    reports : report names in the order of the index
    languages : of the indexes, the first one without its code in the file's name
    """

    places: Mapping[tuple[str, str, str], Place]
    reports: Sequence[str]
    languages: tuple[str, ...]

    def find(self, period: str, business_unit: str, report: str, language: str) -> Place | None:
        """The place, where it has a page in that language."""
        place = self.places.get((period, business_unit, report))
        return place if place and language in place.languages else None


def make_map(places: Iterable[Place], *, reports: Sequence[str], languages: tuple[str, ...]) -> Map:
    """A map of the places, each report that the order does not name at the end."""
    by_key = {(place.period, place.business_unit, place.report): place for place in places}
    rest = sorted({place.report for place in by_key.values()} - set(reports))
    return Map(by_key, (*reports, *rest), languages)


def navigation(here: Place, known: Map, language: str) -> str:
    """The <nav> of one page."""
    period = read_period(here.period)
    near = [known.find(name, here.business_unit, here.report, language) for name in (earlier(period), later(period))]
    labels = (
        words("Previous: {period}", language, period="{period}"),
        words("Next: {period}", language, period="{period}"),
    )
    reports = [
        found for name in known.reports if (found := known.find(here.period, here.business_unit, name, language))
    ]
    units = [place for place in _same_report(here, known) if language in place.languages]
    parts = [
        _link(href("..", index_file(language, known.languages)), words("All reports", language))
        if language in known.languages
        else "",
        *(
            _link(_to(here, place, language), label.replace("{period}", fmt_period(place.period, language)))
            for place, label in zip(near, labels, strict=True)
            if place
        ),
        _menu(words("Reports of this unit", language), [(p, pick(p.title, language)) for p in reports], here, language),
        _menu(words("Business units", language), [(p, pick(p.unit_name, language)) for p in units], here, language),
    ]
    items = "".join(f"<li>{part}</li>" for part in parts if part)
    return (
        f'<nav class="pages" aria-label="{escape(words("Other pages", language))}"><ul>{items}</ul></nav>'
        + _languages(here, language)
    )


def _languages(here: Place, language: str) -> str:
    """The same page in its other languages, each named in its own."""
    items = "".join(
        f'<li><a href="{href(f"{here.report}.{other}.html")}" lang="{code}" hreflang="{code}">'
        f"{LANGUAGE_NAMES[other]}</a></li>"
        for other in here.languages
        if other != language and (code := HTML_LANGUAGE[other])
    )
    return (
        f'<nav class="languages" aria-label="{escape(words("Languages", language))}"><ul>{items}</ul></nav>'
        if items
        else ""
    )


def _same_report(here: Place, known: Map) -> list[Place]:
    """The report's pages of the period: the company's first, then by unit id."""
    same = [place for place in known.places.values() if place.period == here.period and place.report == here.report]
    return sorted(same, key=lambda place: (place.business_unit != "all", place.business_unit))


def _menu(label: str, entries: Sequence[tuple[Place, str]], here: Place, language: str) -> str:
    if len(entries) < 2:
        return ""
    items = "".join(
        f'<li aria-current="page">{escape(text)}</li>'
        if place == here
        else f"<li>{_link(_to(here, place, language), text)}</li>"
        for place, text in entries
    )
    return f'<details class="menu"><summary>{escape(label)}</summary><ul>{items}</ul></details>'


def _to(here: Place, place: Place, language: str) -> str:
    file = f"{place.report}.{language}.html"
    if place.period != here.period:
        return href("..", "..", place.period, unit_folder(place.business_unit), file)
    if place.business_unit != here.business_unit:
        return href("..", unit_folder(place.business_unit), file)
    return href(file)


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'
