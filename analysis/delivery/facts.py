"""What a published report says, read from the JSON beside its page and from nothing else.

A file that is about another unit, period or report than its place says is refused: nothing of one unit may reach the
readers of another.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.delivery.items import Item
from analysis.faults import UserFault
from analysis.presentation.language import Text, plain
from analysis.presentation.masking import clean_text

SCHEMA = "after-sales-report/1"
SUMMARY = "summary"
MONTHS_OF_NEWS = 3
_STANDING = ("bottleneck", "seasonality")  # true every month, and so no news


@dataclass(frozen=True)
class Facts:
    """One published report: its item and the content of its JSON."""

    item: Item
    content: Mapping[str, Any]

    @property
    def title(self) -> Text:
        """The report's title in every language."""
        return text_of(self.content.get("title"), self.item.report)

    @property
    def unit_name(self) -> Text:
        """The unit's name in every language."""
        return text_of(self.content.get("unit_name"), self.item.business_unit)

    @property
    def headline(self) -> Text | None:
        """The finding of the period."""
        found = self.content.get("headline")
        return text_of(found, "") if found else None

    @property
    def kpis(self) -> Sequence[Mapping[str, Any]]:
        """Every metric of the report."""
        return self.content["kpis"]

    @property
    def cards(self) -> Sequence[Mapping[str, Any]]:
        """The metrics that the page shows as cards."""
        return [kpi for kpi in self.kpis if kpi.get("card")]

    @cached_property
    def news(self) -> Sequence[Mapping[str, Any]]:
        """Findings that say something new: not what holds every month, and begun in the last three months."""
        return [
            found
            for found in self.content["findings"]
            if found["kind"] not in _STANDING
            and (not found.get("since") or months_between(found["since"], self.item.period) < MONTHS_OF_NEWS)
        ]

    @property
    def has_findings(self) -> bool:
        """Whether there is news, or a card's signal is more than noise."""
        return bool(self.news) or any(kpi.get("signal") in ("worsening", "improving", "unusual") for kpi in self.cards)

    @property
    def is_worsening(self) -> bool:
        """Whether a card worsens, or news is bad."""
        return any(kpi.get("signal") == "worsening" for kpi in self.cards) or any(
            found.get("good") is False for found in self.news
        )

    def metric_name(self, metric: str, known: object = None) -> Text:
        """What a metric is called, here or where it was `known`; its id where nobody says."""
        return next((name_of(kpi) for kpi in self.kpis if kpi["metric"] == metric), text_of(known, metric))

    def language(self, wanted: str) -> str:
        """The page's language nearest to the one wanted."""
        return wanted if wanted in self.item.languages else self.item.languages[0]

    def page(self, language: str) -> Path:
        """The page's file."""
        return self.item.folder / f"{self.item.report}.{self.language(language)}.html"


def read_facts(out: Path, item: Item) -> Facts:
    """The facts of a published item.

    Raises
    ------
    UserFault : where they are missing, unreadable or about something else
    """
    folder = item.folder.resolve()
    if out.resolve() not in folder.parents:
        raise UserFault(f"{_told(item)}: its folder lies outside the output folder")
    file = folder / f"{item.report}.{item.languages[0]}.json" if item.languages else folder / "missing"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UserFault(f"{_told(item)}: {file.name} cannot be read; render it again") from fault
    wanted = {"schema": SCHEMA, "report": item.report, "business_unit": item.business_unit, "period": item.period}
    wrong = [name for name, value in wanted.items() if not isinstance(content, dict) or content.get(name) != value]
    if wrong:
        raise UserFault(f"{_told(item)}: {file.name} is about another {wrong[0].replace('_', ' ')}; not delivered")
    return Facts(item, content)


def link_to(out: Path, file: Path, base_url: str) -> str:
    """Where readers find a file of the output folder: an address, or its place in the folder where there is none."""
    parts = file.resolve().relative_to(out.resolve()).parts
    return base_url + "/".join(quote(part, safe="") for part in parts) if base_url else "/".join(parts)


def in_order(facts: Sequence[Facts]) -> list[Facts]:
    """The summary first, then as given."""
    return sorted(facts, key=lambda each: each.item.report != SUMMARY)


def text_of(value: object, default: str) -> Text:
    """A Text of the JSON without control characters; line ends become spaces."""
    given = (
        value if isinstance(value, Mapping) and "en" in value else plain(value if isinstance(value, str) else default)
    )
    return {language: one_line(said) for language, said in given.items()}


def name_of(kpi: Mapping[str, Any]) -> Text:
    """The name of a metric; its id in the files of an older version of the suite."""
    return text_of(kpi.get("name"), kpi["metric"])


def one_line(text: object) -> str:
    """One line without control characters and without marks that change the direction of writing."""
    return " ".join(clean_text(str(text)).split())


def months_between(since: str, period: str) -> int:
    """Months from the one in which something began to the last one of the period."""
    last = _last_month(period)
    year, month = (int(part) for part in since[:7].split("-"))
    return (last[0] - year) * 12 + last[1] - month


def _last_month(period: str) -> tuple[int, int]:
    year, _, part = period.partition("-")
    return int(year), int(part[1]) * 3 if part.startswith("Q") else int(part or 12)


def _told(item: Item) -> str:
    return f"{item.report} of {item.business_unit} in {item.period}"
