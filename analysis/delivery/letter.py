"""What one message says in one language, before anyone knows whether it becomes HTML, text or a chat line.

Every figure and sentence comes from the published facts; nothing is computed here but the difference of a correction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from analysis.delivery.facts import Facts, in_order, link_to, name_of, one_line
from analysis.presentation.card_values import kpi_card
from analysis.presentation.cards import TONES, Change, Kpi, assurance_words
from analysis.presentation.formatting import finite, fmt_change, fmt_date, fmt_period, fmt_value
from analysis.presentation.language import pick, words
from analysis.presentation.narrative import say_signal
from analysis.presentation.sparkline import Spark

CARDS_AT_MOST = 8
POINTS_AT_MOST = 6
CORRECTIONS_AT_MOST = 10
SUBJECT_AT_MOST = 150
# a shape beside the words, so that colour is never alone; an arrow would be read as up or down
MARKS = {"improving": "✓", "worsening": "!", "unusual": "◇", "steady": "○", "insufficient": "…"}


@dataclass(frozen=True)
class Card:
    """One key figure in words; `verdict` and `assurance` are what the page says of it."""

    label: str
    value: str
    unit: str
    about: str
    verdict: str
    tone: str
    mark: str
    assurance: str
    changes: tuple[str, ...]
    spark: Spark | None


@dataclass(frozen=True)
class ReportLine:
    """One report: its title, its finding, and where it stands.

    `href` is empty where there is no address to click on; `place` is then its place in the output folder.
    """

    title: str
    headline: str
    href: str
    place: str
    file: Path | None = None
    note: str = ""


@dataclass(frozen=True)
class Letter:
    """A message in one language: subject, kicker, heading, corrected figures, what changed, key figures, reports,
    closing lines."""

    language: str
    subject: str
    kicker: str
    heading: str
    status: str = ""
    corrections: tuple[str, ...] = ()
    points_title: str = ""
    points: tuple[str, ...] = ()
    cards_title: str = ""
    cards: tuple[Card, ...] = ()
    reports_title: str = ""
    reports: tuple[ReportLine, ...] = ()
    closing: tuple[str, ...] = ()


def write_letter(out: Path, facts: Sequence[Facts], *, language: str, base_url: str, corrected: bool = False) -> Letter:
    """The summary of a unit's reports of one period; as a correction it says so first and names the changed figures.

    Parameters
    ----------
    facts : of one unit and period, at least one
    """
    ordered = in_order(facts)
    lead = ordered[0]
    unit, period = pick(lead.unit_name, language), fmt_period(lead.item.period, language)
    found = pick(lead.headline, language) if lead.headline else words("The reports are ready", language)
    kicker = f"{unit} · {period}"
    subject = f"{kicker}: {found}" if language == "en" else f"{kicker}：{found}"
    if corrected:
        subject = words("Corrected: {subject}", language, subject=subject)
    points = [each for one in ordered for each in _moved(one, language)]
    return Letter(
        language=language,
        subject=shortened(subject, SUBJECT_AT_MOST),
        kicker=words("Correction · {kicker}", language, kicker=kicker) if corrected else kicker,
        heading=found,
        status=_status(lead, language),
        corrections=_corrections(ordered, language) if corrected else (),
        points_title=words("What changed", language),
        points=tuple(dict.fromkeys(points))[:POINTS_AT_MOST],
        cards_title=words("Key figures", language),
        cards=tuple(_card(kpi, lead.item.period, language) for kpi in lead.cards[:CARDS_AT_MOST]),
        reports_title=words("Reports", language),
        reports=tuple(_report(out, each, language, base_url, ordered) for each in ordered),
        closing=_closing(language, corrected=corrected),
    )


def shortened(text: str, most: int) -> str:
    """The text, cut at a word where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut).rstrip(" ,;；，、") + "…"


def _status(facts: Facts, language: str) -> str:
    cutoff = facts.content.get("data_cutoff_at")
    return words("Data as of {day}", language, day=fmt_date(str(cutoff)[:10], language)) if cutoff else ""


def _moved(facts: Facts, language: str) -> list[str]:
    """The news of a report: its findings, then the changes of its cards that are more than chance."""
    said = [one_line(pick(found["text"], language)) for found in facts.news if found.get("text")]
    for kpi in facts.cards:
        for change in _kpi(kpi, facts.item.period).changes:
            if change.significant:
                told = {"metric": name_of(kpi), "amount": change.amount, "versus": change.versus}
                said.append(words("{metric}: {amount} {versus}", language, **told))
    return said


def _card(kpi: Mapping[str, Any], period: str, language: str) -> Card:
    shown = _kpi(kpi, period)
    target = pick(shown.target, language) if shown.target else ""
    assurance = ""
    if shown.target and shown.assurance and not shown.reason:
        assurance = pick(assurance_words(shown.target)[shown.assurance], language)
    elif target:
        assurance = words("Target {target}", language, target=target)
    return Card(
        label=pick(shown.label, language),
        value=pick(shown.value, language),
        unit=pick(shown.unit, language),
        about=pick(shown.about, language) if shown.about else "",
        verdict=pick(shown.reason if shown.reason else say_signal(shown.signal, reason=shown.lack or None), language),
        tone=TONES.get(shown.signal, "flat"),
        mark=MARKS[shown.signal],
        assurance=assurance,
        changes=() if shown.reason else tuple(_change(change, language) for change in shown.changes),
        spark=shown.spark,
    )


def _change(change: Change, language: str) -> str:
    told = words("{amount} {versus}", language, amount=change.amount, versus=change.versus)
    return words("{change} (clear)", language, change=told) if change.significant else told


def _kpi(kpi: Mapping[str, Any], period: str) -> Kpi:
    """The card that the page shows, made again from the published facts by the page's own code."""
    stand_in: Any = SimpleNamespace(
        id=kpi["metric"], name=name_of(kpi), unit=kpi.get("unit") or "n", better=kpi.get("better") or "none", kind=""
    )
    row = {**kpi, "period": period}
    card = kpi_card(row, stand_in)
    return Kpi(**{**vars(card), "spark": _spark(kpi, TONES.get(card.signal, "flat"))})


def _spark(kpi: Mapping[str, Any], tone: str) -> Spark | None:
    series = kpi.get("series")
    if not isinstance(series, Mapping):
        return None
    sides: dict[str, Any] = {side: tuple(series.get(side) or ()) for side in ("values", "low", "high", "centre", "out")}
    return Spark(**sides, target=finite(kpi.get("target")), tone=tone)


def _report(out: Path, facts: Facts, language: str, base_url: str, ordered: Sequence[Facts]) -> ReportLine:
    file = facts.page(language)
    headline = pick(facts.headline, language) if facts.headline and facts is not ordered[0] else ""
    return ReportLine(
        title=pick(facts.title, language),
        headline=headline,
        href=link_to(out, file, base_url) if base_url else "",
        place=link_to(out, file, ""),
        file=file,
    )


def _corrections(ordered: Sequence[Facts], language: str) -> tuple[str, ...]:
    """The figures that read otherwise than they did, each once though several reports tell it; how many are new, how
    many are gone."""
    changed = {one["metric"]: (one, facts) for facts in ordered for one in facts.item.corrections}
    sides = [(finite(one.get("old")) is None, finite(one.get("new")) is None) for one, _ in changed.values()]
    told = [line for one, facts in changed.values() if (line := _corrected(one, facts, language))]
    first, gone = sides.count((True, False)), sides.count((False, True))
    counts = [words("figures told for the first time: {n}", language, n=first)] if first else []
    counts += [words("figures no longer told: {n}", language, n=gone)] if gone else []
    return (*_at_most(told, CORRECTIONS_AT_MOST, language), *counts) or (
        words("No figure of the period changed; what is said of it did.", language),
    )


def _corrected(correction: Mapping[str, Any], facts: Facts, language: str) -> str:
    """Which figure a correction changed, from what to what, and by how much; empty where none stands on either side, or
    both read the same."""
    unit = str(correction.get("unit") or "n")
    old, new = finite(correction.get("old")), finite(correction.get("new"))
    told: dict[str, Any] = {
        "metric": facts.metric_name(str(correction["metric"]), correction.get("name")),
        "old": fmt_value(old, unit, language),
        "new": fmt_value(new, unit, language),
    }
    if old is None or new is None or told["old"] == told["new"]:
        return ""
    return words(
        "{metric}: {new}, was {old} ({change})", language, **told, change=fmt_change(new - old, unit, language)
    )


def _at_most(lines: Iterable[str], most: int, language: str) -> tuple[str, ...]:
    """The first lines, and how many more there are: the page has them all."""
    said = tuple(lines)
    return said if len(said) <= most else (*said[:most], words("and {n} more", language, n=len(said) - most))


def _closing(language: str, *, corrected: bool) -> tuple[str, ...]:
    said = [words("Sent automatically by the after-sales reports.", language)]
    if corrected:
        said.insert(0, words("Earlier figures of this period are replaced by these.", language))
    return tuple(said)
