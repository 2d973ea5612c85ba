"""Names that a vendor gives to files and columns, in several languages and versions, under one name of the mapping.

A mapping's `sources:` says which files stand for one source and under which headings each of its columns may come;
the tables then speak of those names only. Compared without regard to case, blanks, punctuation and full width. Refuses
a source that must be there and is not; a heading that is missing is no fault here, the column is then there without
values.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from analysis.faults import UserFault, did_you_mean
from analysis.intake.sources import Content, Origin

_SOURCE = ("files", "names", "optional", "null")
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]")
KNOWN_BY = 0.5  # of a source's names that a file's headings must hold, when no file bears its name


@dataclass(frozen=True)
class NamedSource:
    """One source of a mapping: globs of the files' stems, name → headings it may have, whether it may be missing, and
    the texts that mean "nothing" in all of its columns."""

    name: str
    files: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: bool = False
    null: tuple[str, ...] = ()

    def found_in(self, headings: Sequence[str]) -> dict[str, str]:
        """Name → the heading that stands for it, for those that are there; earlier headings of the mapping win."""
        exact = {fold(heading): heading for heading in reversed(headings)}
        loose = {fold(_ASIDE.sub("", heading)): heading for heading in reversed(headings)}
        found: dict[str, str] = {}
        for name, called in self.names.items():
            for known in (exact, loose):
                heading = next((known[fold(text)] for text in (*called, name) if fold(text) in known), None)
                if heading is not None and heading not in found.values():
                    found[name] = heading
                    break
        return found


def fold(heading: str) -> str:
    """A heading as it is compared: `Created Time`, `created_time`, `createdTime` are one; full width too."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(character for character in text if character.isalnum())


def named_source(name: str, entry: Any, place: str, faults: list[str]) -> NamedSource:
    """One entry of `sources:`, its mistakes added to `faults`."""
    if not isinstance(entry, dict):
        faults.append(f"{place}: expected `files:` and `names:`, found {type(entry).__name__}")
        return NamedSource(name)
    entry = {"null" if key is None else key: value for key, value in entry.items()}  # YAML reads `null` as nothing
    faults += [f"{place}: unknown key {key!r}{did_you_mean(str(key), _SOURCE)}" for key in entry if key not in _SOURCE]
    names = entry.get("names") or {}
    if not isinstance(names, dict):
        faults.append(f"{place}.names: expected `name: [heading, …]`")
        names = {}
    return NamedSource(
        name,
        tuple(_texts(entry.get("files"))),
        MappingProxyType({str(own): tuple(_texts(called)) for own, called in names.items()}),
        bool(entry.get("optional", False)),
        tuple(_texts(entry.get("null"))),
    )


def adopt(
    sources: Mapping[str, NamedSource],
    contents: Sequence[Content],
    *,
    mapping: str,
    headings_of: Callable[[Content], Sequence[str]],
) -> tuple[Content, ...]:
    """The contents, those that stand for a source of the mapping under its name instead of their own stem.

    By the files' names first; a source that none is named after takes the content whose headings hold most of its
    names, at least half, so that `export (3).csv` is known by what is in it.

    Raises
    ------
    UserFault : a source that is not optional is nowhere; its headings or the files there are named.
    """
    taken: dict[str, str] = {}
    for source in sources.values():
        for content in contents:
            if content.name not in taken and _is_called(content, source):
                taken[content.name] = source.name
    lacking = [source for source in sources.values() if source.name not in taken.values()]
    free = [content for content in contents if content.name not in taken] if lacking else []
    headings = {content.name: headings_of(content) for content in free}
    faults = []
    for source in lacking:
        shares = {
            name: len(source.found_in(found)) / max(len(source.names), 1)
            for name, found in headings.items()
            if name not in taken
        }
        best = max(shares, key=lambda name: shares[name], default=None)
        if best is not None and shares[best] >= KNOWN_BY:
            taken[best] = source.name
        elif not source.optional:
            stems = ", ".join(repr(content.stem) for content in contents[:5])
            faults.append(
                f"{mapping}: sources.{source.name}: no file called {' or '.join(map(repr, source.files))} and none "
                f"with its headings (there are {stems}); is it the right mapping? "
                "`map --data …` says what the source holds"
            )
    if faults:
        raise UserFault(faults)
    return tuple(replace(content, stem=taken.get(content.name, content.stem)) for content in contents)


def under_own_names(origin: Origin, source: NamedSource | None) -> Origin:
    """The origin with the source's names for its columns; a name without a heading is there without values."""
    if source is None or not origin.columns:
        return origin
    heading_of = source.found_in(list(origin.columns))
    taken = [name for name in source.names if name in origin.columns and name not in heading_of.values()]
    heading_of |= {f"{name} (source)": name for name in taken}  # a heading that is another column's name
    name_of = {heading: name for name, heading in heading_of.items()}
    columns = {name_of.get(heading, heading): kind for heading, kind in origin.columns.items()}
    absent = frozenset(name for name in source.names if name not in heading_of)
    return replace(
        origin,
        columns=MappingProxyType({**columns, **dict.fromkeys(sorted(absent), "VARCHAR")}),
        headings=MappingProxyType({name: heading for name, heading in heading_of.items() if name != heading}),
        absent=absent,
        null=source.null,
    )


def named_in(sql: str, names: Collection[str]) -> list[str]:
    """The names that stand in an SQL text as whole words."""
    return [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE)]


def is_there(sources: Mapping[str, NamedSource], contents: Sequence[Content], *, stem: str | None, select: str) -> bool:
    """Whether anything is there for a table that is read from `stem` or by `select`: false where all that it names are
    optional sources without a file."""
    asked = [stem] if stem is not None and stem in sources else named_in(select, sources)
    there = {content.stem for content in contents}
    return not asked or any(name in there or not sources[name].optional for name in asked)


def _is_called(content: Content, source: NamedSource) -> bool:
    stem = content.stem.casefold()
    return any(fnmatchcase(stem, glob.casefold()) for glob in source.files)


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]
