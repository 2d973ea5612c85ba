"""Files of one kind, one per month or region, taken together: their rows as one content, their headings under one name.

A family is known by names that differ only in digits and months. Headings that drifted over time are brought together
where they mean the same column; what only some files hold is empty in the others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from analysis.intake.naming import fold
from analysis.intake.proposing.matching import Match, match_table, rank_tables
from analysis.intake.proposing.profiles import profiles_of
from analysis.intake.proposing.samples import ROWS, SampledContent
from analysis.intake.proposing.stages import settle_stamps

ALIKE = 0.5  # of a file's headings that must mean something in the family's table
_VARIES = re.compile(
    r"\d+|(?<![a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?![a-z])|[一二三四五六七八九十]+月", re.I
)


@dataclass(frozen=True)
class Family:
    """Several contents read as one: what the mapping calls it, which files it takes, name → its headings over time."""

    name: str
    files: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    said: str = ""


def join_families(contents: Sequence[SampledContent]) -> tuple[list[SampledContent], dict[str, Family]]:
    """The contents with each family as one of them, and the families by the name of that content."""
    groups: dict[str, list[SampledContent]] = {}
    for content in contents:
        groups.setdefault(_VARIES.sub("#", content.stem.casefold()), []).append(content)
    stems = [content.stem for content in contents]
    found, families = [], {}
    for pattern, group in groups.items():
        joined = _joined(group, stems, pattern) if len(group) > 1 and "#" in pattern else None
        if joined is None:
            found += group
            continue
        content, family = joined
        found.append(content)
        families[content.stem] = family
    return found, families


def _joined(
    group: Sequence[SampledContent], stems: Sequence[str], pattern: str
) -> tuple[SampledContent, Family] | None:
    """The group as one content; None where its files are not of one kind."""
    newest = max(group, key=lambda content: (len(content.columns), content.stem))
    called = {name: [name] for name in newest.columns}
    renamed: dict[str, dict[str, str]] = {}
    meant = _meant(newest, table=None)
    if meant is None:
        return None
    table, own = meant
    for content in group:
        other = _meant(content, table=table)
        if other is None or len(other[1]) < ALIKE * min(len(own), len(content.columns)):
            return None
        by_column = {column: match.heading for column, match in other[1].items()}
        renamed[content.stem] = {}
        for name in content.columns:
            same = next((known for known, heads in called.items() if fold(name) in map(fold, heads)), None)
            columns = [column for column, heading in by_column.items() if heading == name]
            twins = [own[column].heading for column in columns if column in own]
            if same is None and twins and twins[0] not in content.columns:
                same = twins[0]
                called[same] = [*dict.fromkeys([*called[same], name])]
            if same is None:
                called[name] = [name]
            renamed[content.stem][name] = same or name
    name = _name_of(pattern, stems)
    files = _globs(group, stems)
    drift = "; ".join(f"{' or '.join(map(repr, heads))}" for heads in called.values() if len(heads) > 1)
    said = f"{len(group)} files of one kind read as one" + (f"; headings that changed: {drift}" if drift else "")
    joined = replace(newest, rows=sum(content.rows for content in group), columns=_stacked(group, called, renamed))
    joined.content = replace(newest.content, stem=name)
    joined.parts = tuple((content, {v: k for k, v in renamed[content.stem].items()}) for content in group)
    return joined, Family(name, files, {key: tuple(heads) for key, heads in called.items()}, said)


def _meant(content: SampledContent, *, table: str | None) -> tuple[str, Mapping[str, Match]] | None:
    """Which table a content is (or how it fits this one), with the headings of its columns, stamps settled."""
    profiles = profiles_of(content.columns)
    ranked = rank_tables(profiles, called=content.stem)
    if table is None:
        best = ranked[0] if ranked else None
    else:
        best = next((match for match in ranked if match.table.name == table), None)
    if best is None:
        return None
    best = match_table(profiles, best.table, called=content.stem)
    settled = settle_stamps(best.matches, profiles, table=best.table.name) if best.table.order else None
    return best.table.name, (settled.matches if settled else best.matches)


def _stacked(
    group: Sequence[SampledContent], called: Mapping[str, Sequence[str]], renamed: Mapping[str, Mapping[str, str]]
) -> dict[str, list[str | None]]:
    """A sample of all files, column by column under the family's names."""
    most = max(ROWS // len(group), 1)
    columns: dict[str, list[str | None]] = {name: [] for name in called}
    for content in group:
        taken = {own: content.columns[name] for name, own in renamed[content.stem].items()}
        size = len(next(iter(content.columns.values()), ()))
        step = max(size // most, 1)
        for name, values in columns.items():
            values += taken.get(name, [None] * size)[::step]
    return columns


def _name_of(pattern: str, stems: Sequence[str]) -> str:
    name = " ".join(re.sub(r"[#\W_]+", " ", pattern).split()).replace(" ", "_") or "files"
    return f"{name}_all" if name in {stem.casefold() for stem in stems} else name


def _globs(group: Sequence[SampledContent], stems: Sequence[str]) -> tuple[str, ...]:
    """One glob that takes exactly these files; where there is none, their names."""
    own = [content.stem for content in group]
    glob = re.sub(r"\*+", "*", _VARIES.sub("*", own[0]))
    if [stem for stem in stems if fnmatchcase(stem.casefold(), glob.casefold())] == own:
        return (glob,)
    return tuple(own)
