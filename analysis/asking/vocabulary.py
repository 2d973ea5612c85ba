"""What a question may speak of: metrics by their names and synonyms in both languages, units, breakdowns and their
values, and the words that shape a question. The words are data, in words/*.yml.

Refuses words that name no metric or breakdown of the catalogue; gives one phrase no two meanings silently.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analysis.asking.lexicon import Lexicon, Term
from analysis.data_model import ALL_UNITS
from analysis.faults import UserFault, did_you_mean
from analysis.metrics.cards import Catalogue

WORDS = Path(__file__).with_name("words")
BY_UNIT = "business_unit"
PLAIN_KINDS = ("why", "how_come", "forecast", "trend", "compare", "company", "which", "place", "each", "per", "rank",
               "direction", "level", "amount", "negation", "expectation", "too_fine", "conjunction",
               "filler")  # fmt: skip
SUFFIXES = re.compile(
    r"(大区|分公司|服务中心|事业部|区域公司|公司|区域|片区|区)$|( china| region| branch| division| office)$"
)
WIDE = frozenset({"全国", "china", "中国", "all", "national"})  # a region that is no one unit's
OPEN = ("product_line", "product_id", "region", "supplier", "customer_segment", "fault_code", "technician_id", "batch",
        "category", "channel", "cost_type")  # fmt: skip

Text = Mapping[str, str]


@dataclass(frozen=True)
class Unit:
    """A business unit by its id, its names, its region, and other names in use."""

    id: str
    name: Text
    region: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """Everything a question on one report may speak of.

    Parameters
    ----------
    lexicon : phrase → what it means
    catalogue : metric id → card
    unclear : metrics that a word could mean → what sets them apart
    units : id → its name
    period : the report's period, 2025-06, 2025-Q2 or 2025
    business_unit : whose report it is; on a unit's report no other unit is spoken of
    of_time : words such as "longest" that are said of times alone
    """

    lexicon: Lexicon
    catalogue: Catalogue
    unclear: Mapping[tuple[str, ...], Text]
    units: Mapping[str, Text]
    period: str
    business_unit: str = ALL_UNITS
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_time: frozenset[str] = frozenset()


def make_vocabulary(
    catalogue: Catalogue,
    *,
    units: Iterable[Unit] = (),
    values: Mapping[str, Mapping[str, Text]] | None = None,
    period: str,
    business_unit: str = ALL_UNITS,
) -> Vocabulary:
    """The vocabulary of a report.

    Parameters
    ----------
    catalogue : the suite's cards and the company's own: a metric added there can be asked for by its name at once
    units : the business units
    values : breakdown → value → its name, as the data hold them
    period, business_unit : the report's
    """
    grammar, units = _words("grammar"), tuple(units)
    spellings = {str(wrong): str(right) for wrong, right in grammar["spellings"].items()}
    lexicon = Lexicon(spellings, frozenset(map(str, (*grammar["light"]["en"], *grammar["light"]["zh"]))))
    _add_units(lexicon, units)
    unclear = _add_metrics(lexicon, catalogue)
    _add_breakdowns(lexicon, catalogue, values or {})
    _add_compounds(lexicon, catalogue)
    _add_grammar(lexicon, grammar)
    names = {unit.id: unit.name for unit in units}
    of_time = frozenset(_phrases(grammar["of_time"]))
    return Vocabulary(lexicon, catalogue, unclear, names, period, business_unit, _families(catalogue), of_time)


@cache
def _words(name: str) -> Any:
    return yaml.load((WORDS / f"{name}.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _phrases(entry: Mapping[str, Sequence[Any]]) -> list[str]:
    return [str(phrase) for language in ("en", "zh") for phrase in entry.get(language, ())]


def _add_units(lexicon: Lexicon, units: Sequence[Unit]) -> None:
    """Ids, names, what is left of a name without its kind of unit, and the region where no other unit has it; a shorter
    name that two units share is none.
    """
    short: dict[str, set[str]] = {}
    kinds = _words("grammar")["unit_kinds"]
    for unit in units:
        for name in {unit.id, *unit.name.values(), *unit.aliases}:
            lexicon.add(name, Term("unit", unit.id))
        for kind in kinds["en"]:
            lexicon.add(f"{unit.name['en']} {kind}", Term("unit", unit.id))
        for name in unit.name.values():
            if (stem := SUFFIXES.sub("", name.lower()).strip()) and stem != name.lower() and len(stem) > 1:
                short.setdefault(stem, set()).add(unit.id)
    for unit in units:
        if unit.region and unit.region.lower() not in short:
            short.setdefault(unit.region.lower(), set()).update(o.id for o in units if o.region == unit.region)
    for stem, owners in short.items():
        if len(owners) == 1 and stem not in WIDE:
            kinds_of = ("", *kinds["zh"]) if not stem.isascii() else ("", *(f" {kind}" for kind in kinds["en"]))
            for kind in kinds_of:  # as people call it: 华东分公司 of 华东大区, "the East China branch"
                lexicon.add(f"{stem}{kind}", Term("unit", next(iter(owners))))


def _add_metrics(lexicon: Lexicon, catalogue: Catalogue) -> dict[tuple[str, ...], Text]:
    synonyms, faults = _words("metrics"), []
    for card in catalogue.values():
        for name in (*card.name.values(), card.id, card.id.replace("_", " ")):
            lexicon.add(name, Term("metric", (card.id,)))
    for metric, entry in synonyms.items():
        if metric not in catalogue:
            faults.append(f"metrics.yml: {metric!r} is no metric{did_you_mean(metric, catalogue)}")
        for phrase in _phrases(entry):
            lexicon.add(phrase, Term("metric", (metric,)))
    unclear = {}
    for entry in _words("unclear"):
        meant = tuple(entry["means"])
        faults += [f"unclear.yml: {name!r} is no metric" for name in meant if name not in catalogue]
        unclear[meant] = entry["because"]
        for phrase in _phrases(entry):
            lexicon.add(phrase, Term("metric", meant))
    if faults:
        raise UserFault(faults)
    return unclear


def _add_breakdowns(lexicon: Lexicon, catalogue: Catalogue, values: Mapping[str, Mapping[str, Text]]) -> None:
    words = _words("breakdowns")
    known = {name for card in catalogue.values() for name in card.breakdowns} | {BY_UNIT}
    faults = [
        f"breakdowns.yml: {name!r} is no breakdown{did_you_mean(name, known)}"
        for name in (*words["names"], *words["values"])
        if name not in known
    ]
    if faults:
        raise UserFault(faults)
    for breakdown, entry in words["names"].items():
        for phrase in _phrases(entry):
            lexicon.add(phrase, Term("breakdown", breakdown))
    for breakdown, of in words["values"].items():
        for value, entry in of.items():
            for phrase in _phrases(entry):
                lexicon.add(phrase, Term("value", (breakdown, value)))
                if breakdown == "channel":  # what is said about the app did not come through it
                    for about in words["about"]:
                        lexicon.add(f"{about}{phrase}", Term("topic", phrase))
    for breakdown, held in values.items():
        for value, name in held.items():
            for phrase in {value, *name.values()}:
                if breakdown in OPEN and (len(phrase) > 2 or not phrase.isascii()):
                    lexicon.add(phrase, Term("value", (breakdown, value)))


def _add_compounds(lexicon: Lexicon, catalogue: Catalogue) -> None:
    """Phrases that say two things at once: a metric, a breakdown or an order in one."""
    for entry in _words("compounds"):
        metric = entry.get("metric")
        if metric is not None and metric not in catalogue:
            raise UserFault(f"compounds.yml: {metric!r} is no metric{did_you_mean(metric, catalogue)}")
        parts = [Term(kind, entry[kind]) for kind in ("breakdown", "order", "which") if kind in entry]
        parts += [Term("metric", (metric,))] if metric is not None else []
        for phrase in _phrases(entry):
            lexicon.add(phrase, Term("compound", tuple(parts)))


def _add_grammar(lexicon: Lexicon, grammar: Mapping[str, Any]) -> None:
    for versus, entry in grammar["to"].items():
        for phrase in _phrases(entry):
            lexicon.add(phrase, Term("to", versus))
    for asked, entry in grammar["asked_as"].items():
        for phrase in _phrases(entry):
            lexicon.add(phrase, Term("asked_as", asked))
    for entry in grammar["advice"].values():
        for phrase in (f"{how} {do}" for how in entry["how"] for do in entry["do"]):
            lexicon.add(phrase, Term("advice"))
        for phrase in entry["whole"]:
            lexicon.add(phrase, Term("advice"))
    for order, entry in grammar["order"].items():
        for phrase in _phrases(entry):
            lexicon.add(phrase, Term("order", order))
    for kind in PLAIN_KINDS:
        for phrase in _phrases(grammar[kind]):
            lexicon.add(phrase, Term(kind))


def _families(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Metric → its sisters: those whose English names begin alike, such as the median and the 90th percentile."""
    by_head: dict[tuple[str, str], list[str]] = {}
    for card in catalogue.values():
        head = re.split(r",| \(| within | older | at ", card.name["en"])[0].casefold()
        by_head.setdefault((card.area, head), []).append(card.id)
    return {
        metric: tuple(other for other in group if other != metric)
        for group in by_head.values()
        if len(group) > 1
        for metric in group
    }
