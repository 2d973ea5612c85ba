"""What a metric is: one card of data, read from the catalogue's YAML files. Refuses cards that are incomplete or
misspelt.

Nothing is measured here and no expression is run; check.py does that on empty tables.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analysis.faults import UserFault, did_you_mean
from analysis.metrics.card_rules import wrong_values
from analysis.metrics.chinese import closed_up
from analysis.metrics.kinds import EXPRESSIONS, KINDS, Derived

CATALOGUE = Path(__file__).with_name("catalogue")
OWN_AREA = "own"
Text = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MetricCard:
    """One metric: what it is called, what it means, how it is measured, which way is good and what it takes to say
    anything.

    `worth_acting_on` is the smallest change worth acting on: {"relative": 0.1} or {"absolute": 2.0} in the card's unit.
    `follow_up_days` > 0: a record counts only after that many days; `needs`: "table" or "table.column", alternatives
    joined by "|". Not `judged`: a part of other figures or a curve over segments, which no signal and no finding is
    drawn from. `how` holds the fields of its kind (one of KINDS); values are in `unit` (86.3 for 86.3 %).
    """

    id: str
    number: str
    area: str
    name: Text
    kind: str
    unit: str
    better: str
    minimum_n: int
    worth_acting_on: Mapping[str, float]
    view: str
    definition: Text
    why: Text
    caveats: Text
    source: str
    reviewed_on: date
    needs: tuple[str, ...]
    how: Any
    breakdowns: tuple[str, ...] = ()
    follow_up_days: int = 0
    judged: bool = True

    @property
    def table(self) -> str | None:
        """The measured table, None for a derived metric."""
        return getattr(self.how, "table", None)


@dataclass(frozen=True)
class Catalogue(Mapping[str, MetricCard]):
    """All cards by id, in the order of the files."""

    cards: Mapping[str, MetricCard] = field(default_factory=dict)

    def __getitem__(self, metric: str) -> MetricCard:
        return self.cards[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def of_area(self, area: str) -> tuple[MetricCard, ...]:
        """The cards of one report, in the order of its file."""
        return tuple(card for card in self.cards.values() if card.area == area)


def read_catalogue(own: Path | None = None, *, currency: str | None = None) -> Catalogue:
    """The suite's metrics and, when `own` names a file, the company's own (params/metrics.yml).

    `currency`, an ISO code, takes the place of the unit `money`.

    Raises `UserFault` with one line per fault: unknown or missing field, wrong value, a text in one language only, an
    id twice.
    """
    faults: list[str] = []
    cards: dict[str, MetricCard] = {}
    read = [*_suite_files(), *([_read_file(own, own=True)] if own is not None else [])]
    for file, found, wrong in read:
        faults += wrong
        for card in found:
            if card.id in cards:
                taken = cards[card.id].area
                faults.append(f"{file}: metric {card.id!r} exists already in the area {taken!r}; choose another id")
            else:
                cards[card.id] = card
    faults += _loose_references(cards)
    if faults:
        raise UserFault(faults)
    return Catalogue({name: _in_currency(card, currency) for name, card in cards.items()})


@cache
def _suite_files() -> tuple[tuple[str, list[MetricCard], list[str]], ...]:
    """The suite's own files, read once in a process: their names, cards and faults."""
    return tuple(_read_file(file, own=False) for file in sorted(CATALOGUE.glob("*.yml")))


def _read_file(file: Path, *, own: bool) -> tuple[str, list[MetricCard], list[str]]:
    faults: list[str] = []
    return file.name, _cards_of(file, faults, own=own), faults


def _in_currency(card: MetricCard, currency: str | None) -> MetricCard:
    return replace(card, unit=currency) if currency and card.unit == "money" else card


def _cards_of(file: Path, faults: list[str], *, own: bool) -> list[MetricCard]:
    content = _read_yaml(file, faults)
    if content is None:
        return []
    defaults, entries = content.get("defaults") or {}, content.get("metrics") or []
    if set(content) - {"defaults", "metrics"} or not isinstance(defaults, dict) or not isinstance(entries, list):
        faults.append(f"{file.name}: must hold `metrics:` (a list of cards) and may hold `defaults:` (fields)")
        return []
    wrong = [number for number, entry in enumerate(entries, start=1) if not isinstance(entry, dict)]
    faults += [f"{file.name}: card {number} must be fields with values" for number in wrong]
    area = {"area": OWN_AREA if own else file.stem}
    cards = [_card({**area, **defaults, **entry}, file.name, faults) for entry in entries if isinstance(entry, dict)]
    return [card for card in cards if card is not None]


def _read_yaml(file: Path, faults: list[str]) -> dict[str, Any] | None:
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        faults.append(f"{file.name}: cannot be read as YAML: {' '.join(str(error).split())}")
        return None
    if content is not None and not isinstance(content, dict):
        faults.append(f"{file.name}: must hold `metrics:` (a list of cards), got {type(content).__name__}")
        return None
    return content


def _card(entry: Mapping[str, Any], file: str, faults: list[str]) -> MetricCard | None:
    where = f"{file}: metric {entry.get('id', '?')!r}"
    kind = KINDS.get(str(entry.get("kind")))
    if kind is None:
        faults.append(f"{where}: 'kind' must be one of {', '.join(KINDS)}, got {entry.get('kind')!r}")
        return None
    general = {f.name: f for f in fields(MetricCard) if f.name != "how"}
    special = {f.name: f for f in fields(kind)}
    known = {**general, **special}
    lines = [f"unknown field {name!r}{did_you_mean(str(name), known)}" for name in entry if name not in known]
    lines += [f"the field {name!r} is missing" for name, f in known.items() if _is_required(f) and name not in entry]
    values = {name: _plain(name, value) for name, value in entry.items()}
    lines += [] if lines else wrong_values(values)
    faults += [f"{where}: {line}" for line in lines]
    if lines:
        return None
    how = kind(**{name: value for name, value in values.items() if name in special})
    return MetricCard(how=how, **{name: value for name, value in values.items() if name in general})


def _is_required(item: "Field[Any]") -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _plain(name: str, value: Any) -> Any:
    """Lists as tuples; an unquoted `true` of YAML is the expression 'true'; Chinese text as it is set."""
    if isinstance(value, dict) and isinstance(value.get("zh"), str):
        return {**value, "zh": closed_up(value["zh"])}
    if isinstance(value, bool) and name in EXPRESSIONS:
        return str(value).lower()
    if name == "number":
        return str(value)
    return tuple(value) if isinstance(value, list) else value


def _loose_references(cards: Mapping[str, MetricCard]) -> Iterator[str]:
    derived = ((card, name) for card in cards.values() if isinstance(card.how, Derived) for name in card.how.of)
    for card, name in derived:
        if name not in cards:
            yield f"metric {card.id!r}: {name!r} in 'of' is not in the catalogue{did_you_mean(name, cards)}"
        elif isinstance(cards[name].how, Derived):
            yield f"metric {card.id!r}: {name!r} in 'of' is derived itself; name the metrics that it is made of"
