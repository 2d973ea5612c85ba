"""Whether a source is laid out as one of the shipped or the company's own mappings expects.

By headings alone: a preset is recognised when a file holds nearly all that the preset cannot do without, and most of
what is telling in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.data_model import read_tables
from analysis.faults import UserFault
from analysis.intake.mapping import SourceMapping, TableRule, read_mapping
from analysis.intake.naming import NamedSource, named_in
from analysis.intake.proposing.samples import SampledContent

SURE = 0.7
UNIQUE = 0.98
GENERIC = frozenset({"call_centre", "online_chat", "chinese_work_orders"})


@dataclass(frozen=True)
class Recognised:
    """A mapping that fits: its name, the share of its names that are there, and those that are not, by source."""

    name: str
    share: float
    found: tuple[str, ...]
    lacking: dict[str, tuple[str, ...]]
    extra: dict[str, tuple[str, ...]]


def known_layouts(folder: Path) -> list[SourceMapping]:
    """The sound mappings of a folder that name their sources' headings; the others tell nothing of a layout."""
    found = []
    for file in sorted(folder.glob("*.yml")):
        try:
            rules = read_mapping(file)
        except UserFault:
            continue
        if any(source.names for source in rules.sources.values()):
            found.append(rules)
    return found


def recognise(contents: Sequence[SampledContent], layouts: Sequence[SourceMapping]) -> list[Recognised]:
    """The mappings that the contents fit, best first; of two alike the vendor's before the generic."""
    fits = [fit for rules in layouts if (fit := _fit(rules, contents)) is not None and fit.share >= SURE]
    return sorted(fits, key=lambda fit: (-round(fit.share, 2), fit.name in GENERIC, fit.name))


def _fit(rules: SourceMapping, contents: Sequence[SampledContent]) -> Recognised | None:
    named = {name: source for name, source in rules.sources.items() if source.names}
    required = [source for source in named.values() if not source.optional]
    best: dict[str, tuple[float, SampledContent, dict[str, str]]] = {}
    for source in named.values():
        fits = [
            (len(there) / len(source.names), content, there)
            for content in contents
            if content.columns and (there := source.found_in(list(content.columns)))
        ]
        if fits:
            best[source.name] = max(fits, key=lambda fit: fit[0])
    if not required or any(source.name not in best for source in required):
        return None
    needed = [
        (source, name) for source in required for name in source.names if name in _cannot_do_without(rules, source)
    ]
    if any(name not in best[source.name][2] for source, name in needed):
        return None
    if any(not _is_key(rules, source, best[source.name][1], best[source.name][2]) for source in required):
        return None
    share = sum(best[source.name][0] for source in required) / len(required)
    taken = {name: fit for name, fit in best.items() if fit[0] >= SURE or not rules.sources[name].optional}
    return Recognised(
        rules.name,
        share,
        tuple(
            f"{fit[1].stem} ({len(fit[2])} of {len(rules.sources[name].names)} columns)" for name, fit in taken.items()
        ),
        {name: tuple(n for n in rules.sources[name].names if n not in fit[2]) for name, fit in taken.items()},
        {name: tuple(c for c in fit[1].columns if c not in fit[2].values()) for name, fit in taken.items()},
    )


def _is_key(rules: SourceMapping, source: NamedSource, content: SampledContent, there: dict[str, str]) -> bool:
    """Whether the column that a table's key is read from has a value of its own on every row: a log of updates has the
    same headings and is another thing."""
    for table in rules.tables:
        key = read_tables()[table.table].key
        rule = (table.columns or {}).get(key[0]) if len(key) == 1 else None
        if rule is None or rule.column not in there or not _reads(table, source):
            continue
        if table.table == "work_orders":
            return content.distinct([there[rule.column]]) >= UNIQUE * content.rows
    return True


def _reads(table: TableRule, source: NamedSource) -> bool:
    return table.stem == source.name or bool(table.select and named_in(table.select, [source.name]))


def _cannot_do_without(rules: SourceMapping, source: NamedSource) -> set[str]:
    """The names of a source that a required column is read from, plainly."""
    needed: set[str] = set()
    for table in rules.tables:
        declared = read_tables()[table.table]
        if not _reads(table, source):
            continue
        for name, rule in (table.columns or {}).items():
            required = declared.has(name) and declared.column(name).need == "R"
            if required and rule.column is not None and rule.column in source.names and table.stem:
                needed.add(rule.column)
    return needed
