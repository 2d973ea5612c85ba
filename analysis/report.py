"""What a notebook holds in its hand: one report of one unit and period — its figures, its findings, its record. It
draws and measures nothing; what it looks up stands in `unit_figures`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis import news
from analysis.data_model import ALL_UNITS
from analysis.exploring import Exploring
from analysis.faults import UserFault, did_you_mean
from analysis.plain_faults import show_faults_plainly
from analysis.presentation import blocks, narrative
from analysis.presentation.blocks import Block, Definitions, Header, KpiCards, Note, Section, kpi_card
from analysis.presentation.cards import Kpi
from analysis.presentation.house_style import use_house_style
from analysis.presentation.language import LANGUAGES, Text
from analysis.presentation.sheets import Sheets
from analysis.record import Record, build_record
from analysis.run_data import PROJECT, check_unit, read_run
from analysis.unit_figures import SUMMARY, UnitFigures

OWN_CARDS = 4  # of the company's own metrics on a page; the workbook has all


def open_report(
    name: str, business_unit: str = ALL_UNITS, period: str = "last", language: str = "en", *, run: Path | None = None
) -> "Report":
    """Open one report of one unit and period on the prepared data.

    Parameters
    ----------
    name : the notebook's stem, such as repair_cycle
    business_unit : a unit's id, or "all" for the whole company
    period : 2026-06, 2026-Q2, 2026, or "last", the period that the data were prepared for
    language : "en", "zh" or both, "en,zh"; the first one is what the notebook shows
    run : a prepared run's folder; by default the one the runner names, by hand the newest

    Raises
    ------
    UserFault : for an unknown report, unit, period or language, or when nothing is prepared yet
    """
    use_house_style()
    show_faults_plainly()
    known = sorted(notebook.stem for notebook in (PROJECT / "notebooks").glob("*.ipynb"))
    if name not in known and not Path(f"{name}.ipynb").is_file():  # a notebook of one's own lies beside
        raise UserFault(f"report: there is no {name!r}{did_you_mean(str(name), known)}; there are {', '.join(known)}")
    data = read_run(run)
    languages = tuple(part.strip() for part in language.split(","))
    for asked in languages:
        if asked not in LANGUAGES:
            raise UserFault(f"language: {asked!r} is not one of {', '.join(LANGUAGES)}{did_you_mean(asked, LANGUAGES)}")
    if period not in ("last", data.period):
        raise UserFault(
            f"period: the data are prepared for {data.period}, not {period!r}; "
            f"run `python run_reports.py check --period {period}` first"
        )
    return Report(name, check_unit(data, business_unit), data.period, languages, data)


@dataclass
class Report(UnitFigures, Exploring):
    """One report in the making. What its sections show is collected for the record and the workbook."""

    _sheets: Sheets = field(default_factory=Sheets, repr=False)
    _cards: list[Kpi] = field(default_factory=list, repr=False)
    _card_of: dict[str, Kpi] = field(default_factory=dict, repr=False)
    _lacking: list[dict[str, str]] = field(default_factory=list, repr=False)
    _news: tuple[Sequence[str], Sequence[news.Told]] = field(default=((), ()), repr=False)

    # -- findings -----------------------------------------------------------------------------------------------------

    @property
    def headline(self) -> Text:
        """The finding of the period in one sentence: the page's h1, and what the index says of the report."""
        return news.headline(self, *self._news)

    def say(self, found: Mapping[str, Any], *, with_unit: bool = False) -> Text:
        """A finding as one sentence in every language, with the unit's name in front where the page does not say it."""
        return narrative.say_finding(self.named(found), self.catalogue, self.run.unit_name if with_unit else None)

    def named(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The finding with its segments by name instead of by code; stages keep their ids."""
        names = {by: part if by == "stage" else self.segment_name(by, part) for by, part in found["segment"].items()}
        gap = found["values"].get("gap")
        if gap is None:
            return {**found, "segment": names}
        told = {**gap, "name": self.segment_name(gap["breakdown"], gap["segment"])}
        return {**found, "segment": names, "values": {**found["values"], "gap": told}}

    def findings(
        self, *, metrics: Iterable[str] | None = None, kinds: Iterable[str] | None = None
    ) -> list[dict[str, Any]]:
        """This unit's findings, news first (`is_news`): of those metrics and kinds, by default all of this report."""
        self._check_metrics(() if metrics is None else metrics)
        return news.findings(self, metrics=metrics, kinds=kinds)

    def is_news(self, found: Mapping[str, Any]) -> bool:
        """Whether a finding may lead a page (see `news.is_news`)."""
        return news.is_news(self, found)

    @cached_property
    def top_news(self) -> list[dict[str, Any]]:
        """The summary's news in the order to tell them; the company's page has its units' too."""
        return news.top_news(self)

    # -- blocks -------------------------------------------------------------------------------------------------------

    def header(self, cards: KpiCards | None = None, told: Iterable[news.Told | None] = ()) -> Header:
        """Kicker, the finding of the period as the only h1, the status of the data, and at most six main points.

        Parameters
        ----------
        cards : the key figures that the page shows, whose verdicts may head it
        told : what its sections tell that may; None for a section that tells nothing of the kind
        """
        shown = [] if cards is None else [card.metric for card in cards.cards]
        self._news = (shown, [one for one in told if one is not None])
        self.touched.clear()  # what was read to find the news is no section's
        return blocks.header(
            report=self.name,
            unit_name=self.unit_name,
            period=self.period,
            headline=self.headline,
            points=news.points(self, *self._news),
            manifest=self.run.store.manifest,
            business_unit=self.business_unit,
            partial=bool(self.run.facts.get("partial")),
            languages=self.languages,
        )

    def cards(self, metrics: Sequence[str]) -> KpiCards:
        """KPI cards of the metrics that the data can tell, in the order given, then the company's own of this page."""
        self._check_metrics(metrics)
        asked = dict.fromkeys((*metrics, *self._own_cards()))
        self._cards = [card for card in map(self._card, asked) if card is not None]
        return KpiCards(
            self._cards, languages=self.languages, origin=self.origin([card.metric for card in self._cards])
        )

    def section(self, *, headline: Text, subtitle: Text, parts: Sequence[Block]) -> Section:
        """One section: the finding, what is measured, then figures, sentences and tables."""
        headline = {**headline, "en": headline["en"][:1].upper() + headline["en"][1:]}
        for part in parts:
            self._sheets.add(part, headline)
        return Section(
            headline=headline, subtitle=subtitle, parts=tuple(parts), languages=self.languages, origin=self.origin()
        )

    def lacks(self, section: str, *needs: str) -> Note | None:
        """An empty state that names the tables or columns a section would need; None when the data have them."""
        missing = self.run.store.missing(needs)
        self._lacking += [{"section": section, "needs": need} for need in missing]
        return Note.missing(missing, languages=self.languages) if missing else None

    def definitions(self) -> Definitions:
        """What each metric of the page means that has a figure for this unit, and where the figures come from."""
        told = self.run.told(self.business_unit)
        used = [self.catalogue[metric] for metric in self._used if metric in self.catalogue and metric in told]
        return Definitions(
            used, manifest=self.run.store.manifest, business_unit=self.business_unit, languages=self.languages
        )

    def record(self) -> Record:
        """The report's facts for machines: the closing cell; without it the runner takes the report as unfinished."""
        return build_record(self, cards=self._cards, lacking=self._lacking, tables=self._sheets.all())

    # -- helpers ------------------------------------------------------------------------------------------------------

    def _card(self, metric: str) -> Kpi | None:
        """One metric's card, made once: the header and the section below it show the same."""
        if metric not in self._card_of and (row := self.kpi(metric)) is not None:
            months = self.series(metric)
            months = months[months["mature"].astype(bool)]  # no half-followed month
            self._card_of[metric] = kpi_card(row, self.catalogue[metric], history=months)
        return self._card_of.get(metric)

    def _own_cards(self) -> list[str]:
        """The first own metrics of this area, on the summary of all areas, that have a figure."""
        mine = (metric for metric in self.run.own_metrics if self.name in (SUMMARY, self.catalogue[metric].area))
        return [metric for metric in mine if self.tells(metric)][:OWN_CARDS]
