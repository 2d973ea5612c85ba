"""What a notebook holds in its hand: one report of one unit and period — its figures, its findings, its record. It
draws and measures nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import news
from analysis.exploring import Exploring
from analysis.faults import UserFault, did_you_mean
from analysis.plain_faults import show_faults_plainly
from analysis.presentation import blocks, narrative
from analysis.presentation.blocks import Block, Definitions, Header, KpiCards, Note, Section, kpi_card, text_column
from analysis.presentation.cards import Kpi
from analysis.presentation.house_style import use_house_style
from analysis.presentation.language import LANGUAGES, Text
from analysis.presentation.naming import segment_name
from analysis.presentation.possible import ORDERS, comparable_years, possible_intervals
from analysis.presentation.tables import SUPPRESSED
from analysis.record import Record, build_record
from analysis.run_data import COMPANY, OwnFigures, RunData, check_unit, read_run

ON_ALL_METRICS = (news.SUMMARY, news.BENCHMARKS)
OWN_CARDS = 4  # of the company's own metrics on a page; the workbook has all


def open_report(
    name: str, business_unit: str = COMPANY, period: str = "last", language: str = "en", *, run: Path | None = None
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
    UserFault : for an unknown unit, period or language, or when nothing is prepared yet
    """
    use_house_style()
    show_faults_plainly()
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
class Report(Exploring):
    """One report in the making. What its sections show is collected for the record and the workbook."""

    name: str
    business_unit: str
    period: str
    languages: tuple[str, ...]
    run: RunData
    _shown: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    _cards: list[Kpi] = field(default_factory=list, repr=False)
    _card_of: dict[str, Kpi] = field(default_factory=dict, repr=False)
    _lacking: list[dict[str, str]] = field(default_factory=list, repr=False)
    _used: dict[str, None] = field(default_factory=dict, repr=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False)
    touched: list[str] = field(default_factory=list, repr=False)  # metrics read since the last block was made
    _news: tuple[Sequence[str], Sequence[news.Told]] = field(default=((), ()), repr=False)

    # -- figures ------------------------------------------------------------------------------------------------------

    @property
    def catalogue(self) -> Mapping[str, Any]:
        """Metric id → its card: definition, unit, direction, caveats."""
        return self.run.catalogue

    @property
    def is_company(self) -> bool:
        """Whether the report is about the whole company, where units stand by name."""
        return self.business_unit == COMPANY

    @cached_property
    def unit_name(self) -> Text:
        """The unit's name in both languages."""
        return self.run.unit_name(self.business_unit)

    @cached_property
    def kpis(self) -> pd.DataFrame:
        """One row per metric of this unit: value, interval, changes, target, signal; indexed by metric."""
        rows = self.run.rows("kpis", business_unit=self.business_unit)
        return comparable_years(self._possible(rows), self._own.whole(ORDERS), self.catalogue).set_index(
            "metric", drop=False
        )

    @cached_property
    def kpi_rows(self) -> list[dict[str, Any]]:
        """The rows of `kpis` as mappings, in order."""
        return [{str(name): value for name, value in row.items()} for row in self.kpis.to_dict("records")]

    def kpi(self, metric: str) -> Mapping[str, Any] | None:
        """The unit's row of one metric, or None where the data cannot tell it."""
        self._uses(metric)
        return next((row for row in self.kpi_rows if row["metric"] == metric), None)

    def tells(self, metric: str) -> bool:
        """Whether the data give this unit a figure of the metric."""
        return any(row["metric"] == metric and pd.notna(row["value"]) for row in self.kpi_rows)

    def series(self, metric: str, *, business_unit: str | None = None) -> pd.DataFrame:
        """The metric month by month up to the period, with its interval: the measurements' long shape, oldest first."""
        self._uses(metric)
        unit = self.business_unit if business_unit is None else business_unit
        rows = (
            self._own.whole(metric)
            if unit == self.business_unit
            else self.run.rows("measurements", metric=metric, business_unit=unit, breakdown="")
        )
        return self._possible(self._until_period(rows[rows["grain"] == "month"]))

    def segments(self, metric: str, breakdown: str, *, defined: bool = True) -> pd.DataFrame:
        """The metric by segment of a breakdown, month by month up to the period; `defined`: the page defines it."""
        if defined:
            self._uses(metric)
        rows = self._own.by_segment(metric)
        return self._until_period(rows[(rows["breakdown"] == breakdown) & (rows["grain"] == "month")])

    def units(self, metric: str) -> pd.DataFrame:
        """Every unit's kpi row, `label` the name to show, `own` this report's unit; peers unnamed on a unit's page."""
        self._uses(metric)
        rows = self.run.rows("kpis", metric=metric)
        rows = rows[rows["business_unit"] != COMPANY].reset_index(drop=True)
        own = rows["business_unit"] == self.business_unit
        labels = text_column(
            self.run.unit_name(unit) if mine or self.is_company else {}
            for unit, mine in zip(rows["business_unit"], own, strict=True)
        )
        shown = rows.assign(label=labels, own=own)
        shown["label"] = shown["label"].where(own | self.is_company, None)
        return shown if self.is_company else shown.assign(business_unit=rows["business_unit"].where(own, None))

    def once(self, what: str, make: Callable[[], Any]) -> Any:
        """What several sections of the page reckon with, made by the first that asks for it."""
        if what not in self._made:
            self._made[what] = make()
        return self._made[what]

    def curve(self, name: str) -> pd.DataFrame:
        """Share still open by time since the start, with its interval; `name` as in the catalogue (repair_cycle)."""
        return self.run.rows("curves", metric=name, business_unit=self.business_unit, period=self.period)

    def adjusted(self, metric: str) -> pd.DataFrame:
        """The series with the calendar effects taken out, with the control limits that judge it."""
        return self._until_period(self.run.rows("adjusted", metric=metric, business_unit=self.business_unit))

    def records(self, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """This unit's own records of a canonical table, for analysis by hand; other units' records are out of reach."""
        return self.run.store.records(table, self.business_unit, columns=columns)

    @cached_property
    def product_names(self) -> dict[str, str]:
        """Product id → its name, where the data give names."""
        if not self.run.store.has("products", "name"):
            return {}
        products = self.run.store.records("products", COMPANY, columns=["product_id", "name"]).dropna()
        return dict(zip(products["product_id"], products["name"], strict=True))

    @property
    def headline(self) -> Text:
        """The finding of the period in one sentence: the page's h1, and what the index says of the report."""
        return news.headline(self, *self._news)

    def segment_name(self, breakdown: str, segment: str) -> Text:
        """A segment of a breakdown as a reader says it: a product by its name, known values in both languages."""
        return segment_name(breakdown, segment, products=self.product_names if breakdown == "product_id" else None)

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
        return news.findings(self, metrics=metrics, kinds=kinds)

    def is_news(self, found: Mapping[str, Any]) -> bool:
        """Whether a finding may lead a page (see `news.is_news`)."""
        return news.is_news(self, found)

    @cached_property
    def top_news(self) -> list[dict[str, Any]]:
        """The summary's news in the order to tell them; the company's page has its units' too."""
        return news.top_news(self)

    @cached_property
    def areas_with_rates(self) -> set[str]:
        """The areas of which a rate with its exposure is told: their counts alone are no news."""
        told = {row["metric"] for row in self.kpi_rows if pd.notna(row["value"])}
        return {card.area for card in self.catalogue.values() if card.kind == "rate" and card.id in told}

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that this report is about: its own catalogue file; the summary's and the benchmarks' are all."""
        return tuple(card.id for card in self.catalogue.values() if self.name in (*ON_ALL_METRICS, card.area))

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
            languages=self.languages,
        )

    def cards(self, metrics: Sequence[str]) -> KpiCards:
        """KPI cards of the metrics that the data can tell, in the order given, then the company's own of this page."""
        asked = dict.fromkeys((*metrics, *self._own_cards()))
        self._cards = [card for card in map(self._card, asked) if card is not None]
        return KpiCards(
            self._cards, languages=self.languages, origin=self.origin([card.metric for card in self._cards])
        )

    def section(self, *, headline: Text, subtitle: Text, parts: Sequence[Block]) -> Section:
        """One section: the finding, what is measured, then figures, sentences and tables."""
        for part in parts:
            if len(part.data):
                self._shown.setdefault(self._sheet(part), part.data)
            figures = getattr(part, "table", None)
            if (
                figures is not None and (figures.data == SUPPRESSED).to_numpy().any()
            ):  # the workbook says what is withheld
                self._shown.setdefault(self._sheet(figures), figures.data)
        headline = {**headline, "en": headline["en"][:1].upper() + headline["en"][1:]}
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
        return build_record(self, cards=self._cards, lacking=self._lacking, tables=self._shown)

    # -- helpers ------------------------------------------------------------------------------------------------------

    @cached_property
    def _own(self) -> OwnFigures:
        return OwnFigures(self.run, self.business_unit)

    def _card(self, metric: str) -> Kpi | None:
        """One metric's card, made once: the header and the section below it show the same."""
        if metric not in self._card_of and (row := self.kpi(metric)) is not None:
            months = self.series(metric)
            months = months[months["mature"].astype(bool)]  # no half-followed month
            self._card_of[metric] = kpi_card(row, self.catalogue[metric], history=months)
        return self._card_of.get(metric)

    def _own_cards(self) -> list[str]:
        """The first own metrics of this area, on the summary of all areas, that have a figure."""
        mine = (metric for metric in self.run.own_metrics if self.name in (news.SUMMARY, self.catalogue[metric].area))
        return [metric for metric in mine if self.tells(metric)][:OWN_CARDS]

    def _uses(self, metric: str) -> None:
        self._used.setdefault(metric)
        self.touched.append(metric)

    def _possible(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with no bound of an interval beyond what the metric's unit can be."""
        return possible_intervals(rows, rows["metric"].astype(str).map(self._unit_of))

    @cached_property
    def _unit_of(self) -> dict[str, str]:
        return {metric: card.unit for metric, card in self.catalogue.items()}

    def _until_period(self, rows: pd.DataFrame) -> pd.DataFrame:
        last = pd.Period(self.period.replace("-Q", "Q")).end_time
        return rows[rows["period_start"] <= last].sort_values("period_start", kind="stable").reset_index(drop=True)

    def _sheet(self, part: Block) -> str:
        return getattr(part, "name", "") or f"table_{len(self._shown) + 1}"
