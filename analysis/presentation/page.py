"""The parts of a page that are words: header, sections, sentences, empty states, provenance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, ClassVar
from unicodedata import east_asian_width

import pandas as pd

from analysis.presentation.block import Block, Nested, shown
from analysis.presentation.formatting import fmt_date, fmt_period, fmt_value
from analysis.presentation.language import LANGUAGES, Text, Value, both, each, join, pick, words
from analysis.presentation.masking import clean_text
from analysis.presentation.naming import need_name
from analysis.presentation.origin import Traced
from analysis.presentation.tables import Table

MOST_POINTS = 6
SHORT_HEADLINE = 90  # letters that stand on two lines of a desk; a Chinese character is as wide as two
DOUBTFUL_SHARE = 1.0


@dataclass(frozen=True)
class Header(Block):
    """The top of a page: what happened, how sure, as of when.

    Parameters
    ----------
    headline : the one h1, the finding of the period.
    kicker : report · business unit · period, small above the headline; None where the page's template prints it.
    status : data as of, completeness, data-quality verdict: short phrases on one line.
    points : main points, most important first; only the first six are shown.
    alert : a banner under the headline, such as "Partial data: …"; None for none.
    """

    kind: ClassVar[str] = "header"
    headline: Text
    kicker: Text | None = None
    status: Sequence[Text] = ()
    points: Sequence[Text] = ()
    alert: Text | None = None

    @property
    def data(self) -> pd.DataFrame:
        return _frame_of(self.points, self.languages)

    def html(self, language: str) -> str:
        kicker = f'<p class="kicker">{shown(self.kicker, language)}</p>' if self.kicker else ""
        alert = f'<p class="alert" role="note">{shown(self.alert, language)}</p>' if self.alert else ""
        status = "".join(f"<li>{shown(part, language)}</li>" for part in self.status)
        points = "".join(f"<li>{shown(point, language)}</li>" for point in self.points[:MOST_POINTS])
        return (
            f'<header class="report-header">{kicker}{_headline(shown(self.headline, language))}'
            + (f'<ul class="status">{status}</ul>' if status else "")
            + alert
            + (
                f'<h2 class="label">{words("Main points", language)}</h2><ul class="points">{points}</ul>'
                if points
                else ""
            )
            + "</header>"
        )


@dataclass(frozen=True)
class Sentences(Block):
    """Short findings as bullets, one sentence each; at most three read well under a chart."""

    kind: ClassVar[str] = "sentences"
    items: Sequence[Text]

    @property
    def data(self) -> pd.DataFrame:
        return _frame_of(self.items, self.languages)

    def html(self, language: str) -> str:
        items = "".join(f"<li>{shown(item, language)}</li>" for item in self.items)
        return f'<ul class="sentences">{items}</ul>' if items else ""


@dataclass(frozen=True)
class Section(Traced):
    """One question answered: a headline that states the finding, a statistical subtitle, then chart, sentences, tables.

    A figure, table or note whose title equals the headline does not repeat it. `subtitle` says measure, unit, period,
    population. `question` is printed small above the headline. `level` is the heading's level: 2 by itself, 3 under a
    notebook's own h2.
    """

    kind: ClassVar[str] = "section"
    headline: Text
    subtitle: Text | None = None
    parts: Sequence[Block] = ()
    question: Text | None = field(default=None, kw_only=True)
    level: int = field(default=2, kw_only=True)

    @property
    def data(self) -> pd.DataFrame:
        frames = [part.data for part in self.parts if len(part.data)]
        return frames[0] if frames else pd.DataFrame()

    def html(self, language: str) -> str:
        question = f'<p class="question">{shown(self.question, language)}</p>' if self.question else ""
        subtitle = f'<p class="subtitle">{shown(self.subtitle, language)}</p>' if self.subtitle else ""
        head = f"{question}<h{self.level}>{shown(self.headline, language)}</h{self.level}>{subtitle}"
        return f'<section class="finding">{head}{"".join(self._part(part, language) for part in self.parts)}</section>'

    def _part(self, part: Block, language: str) -> str:
        if not isinstance(part, Nested):
            return part.html(language)
        return part.inside(self._said(part, language), self.level, language)

    def _said(self, part: Block, language: str) -> Text:
        """What a part need not say again: the headline, or its caption where the subtitle begins with that."""
        if not isinstance(part, Table) or not self.subtitle:
            return self.headline
        repeated = pick(self.subtitle, language).startswith(pick(part.caption, language))
        return part.caption if repeated else self.headline


@dataclass(frozen=True)
class Note(Nested):
    """A composed empty state: what cannot be shown, why, and what it would need. Never a blank chart."""

    kind: ClassVar[str] = "note"
    title: Text
    reason: Text | None = None
    needs: Sequence[Value] = ()

    @classmethod
    def missing(
        cls, needs: Sequence[str], *, title: Text | None = None, languages: tuple[str, ...] = LANGUAGES
    ) -> "Note":
        """The note for a section whose tables or columns ("parts_usage", "work_orders.fault_code") the data do not
        have.
        """
        return cls(title or both("The data cannot answer this yet"), None, tuple(needs), languages=languages)

    @classmethod
    def empty(cls, title: Text, *, languages: tuple[str, ...] = LANGUAGES) -> "Note":
        """The note that stands where a chart or table has nothing to show."""
        return cls(title, both("There are no figures for this unit and period."), languages=languages)

    def html(self, language: str) -> str:
        return self.inside({}, 1, language)

    def inside(self, headline: Text, level: int, language: str) -> str:
        title = "" if headline == self.title else f'<p class="note-title">{shown(self.title, language)}</p>'
        reason = f"<p>{shown(self.reason, language)}</p>" if self.reason else ""
        needs = ("；" if language == "zh" else "; ").join(_need(need, language) for need in self.needs)
        gap = "" if language == "zh" else " "
        ask = f"<p>{words('It would need:', language)}{gap}{needs}</p>" if needs else ""
        return f'<div class="note">{title}{reason}{ask}</div>'


def _need(need: Value, language: str) -> str:
    """A table or column by its name with its code beside, or alternatives ("work_orders.due_at|sla_policies")."""
    parts = pick(need, language).split("|")
    begin, end = ("（", "）") if language == "zh" else (" (", ")")
    named = (f"{shown(need_name(part), language)}{begin}<code>{shown(part, language)}</code>{end}" for part in parts)
    return words(" or ", language).join(named)


@dataclass(frozen=True)
class Provenance(Block):
    """Where the page comes from: parameters, inputs, versions, as label and value; tables (rows excluded by reason)
    below.
    """

    kind: ClassVar[str] = "provenance"
    facts: Sequence[tuple[Text, Value]]
    parts: Sequence[Block] = ()

    @property
    def data(self) -> pd.DataFrame:
        return pd.DataFrame(
            [(pick(label, "en"), pick(value, "en")) for label, value in self.facts], columns=["fact", "value"]
        )

    def html(self, language: str) -> str:
        facts = "".join(
            f"<div><dt>{shown(label, language)}</dt><dd>{_verbatim(value, language)}</dd></div>"
            for label, value in self.facts
        )
        parts = "".join(part.html(language) for part in self.parts)
        title = words("Where these figures come from", language)
        return f'<section class="provenance"><h2>{title}</h2><dl class="facts">{facts}</dl>{parts}</section>'


def header(
    *,
    headline: Text,
    points: Sequence[Text],
    manifest: Mapping[str, Any],
    business_unit: str,
    period: str,
    unit_name: Text | None = None,
    report: str = "",
    alert: Text | None = None,
    partial: bool = False,
    languages: tuple[str, ...] = LANGUAGES,
) -> Header:
    """The header of a report, its status line read from the store's manifest: data as of, completeness, rows set
    aside.

    Parameters
    ----------
    partial : whether the runner's notice above the page calls the data partial: the period is then not called complete
    """
    cutoff, end = pd.Timestamp(manifest["data_cutoff_at"]), pd.Period(period.replace("-Q", "Q")).end_time
    over = end <= cutoff + pd.Timedelta(minutes=1)
    complete = over and not partial
    about = each(lambda language: fmt_period(period, language))
    unfinished = both(
        "Partial data: {period} is not over in the data, which end on {day}.",
        period=about,
        day=each(lambda language: fmt_date(cutoff, language)),
    )
    return Header(
        headline,
        join((unit_name, about), " · ") if unit_name else about,
        (
            both("Data as of {day}", day=each(lambda language: fmt_date(cutoff, language))),
            _completeness(manifest, about, end) if complete else both("{period} is not complete", period=about),
            _quality(manifest, business_unit),
        ),
        points,
        alert or (None if over or partial else unfinished),
        languages=languages,
    )


def _completeness(manifest: Mapping[str, Any], period: Text, end: pd.Timestamp) -> Text:
    """That the period is complete; or up to which day there are records, where those of its last days are missing: no
    reader knows whether nothing happened then or it was not handed over."""
    newest = pd.Timestamp(manifest.get("last_event_at") or end)
    if newest.normalize() >= end.normalize():
        return both("{period} is complete", period=period)
    return both(
        "{period} has records up to {day}", period=period, day=each(lambda language: fmt_date(newest, language))
    )


def _quality(manifest: Mapping[str, Any], business_unit: str) -> Text:
    tables = manifest["tables"].values()
    counted = [t if business_unit == "all" else t.get("by_unit", {}).get(business_unit, {}) for t in tables]
    aside, rows = (sum(int(c.get(name) or 0) for c in counted) for name in ("quarantined", "rows"))
    if not aside:
        return both("no records set aside")
    share = 100 * aside / (rows + aside)
    said = each(lambda language: fmt_value(share, "%", language))
    if share < DOUBTFUL_SHARE:
        return both("{share} of records set aside as faulty; grades of the figures: data quality report", share=said)
    return both("data doubtful: {share} of records set aside as faulty", share=said)


def _headline(said: str) -> str:
    """The one h1; a finding of several parts is set smaller, so that the main points stay in sight below it."""
    wide = sum(2 if east_asian_width(char) in "WF" else 1 for char in said)
    return f'<h1 class="long">{said}</h1>' if wide > SHORT_HEADLINE else f"<h1>{said}</h1>"


def _frame_of(texts: Sequence[Text], languages: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({language: [pick(text, language) for text in texts] for language in languages})


def _verbatim(value: Value, language: str) -> str:
    return escape(clean_text(pick(value, language)))  # fingerprints look like personal codes, and are ours
