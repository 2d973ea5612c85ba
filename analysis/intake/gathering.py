"""The files and contents of a source, whatever it is: a folder or file, or a database whose rows are fetched first.

Refuses what `sources` and `databases` refuse. After it, a table of a database is a Parquet file like any other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.faults import UserFault
from analysis.intake.binding import contents_for
from analysis.intake.checksums import SourceFile
from analysis.intake.databases import fetch_extracts, is_address, read_address
from analysis.intake.mapping import SourceMapping, of_folder
from analysis.intake.naming import adopt, is_there
from analysis.intake.sources import Content, find_extracts, find_files, list_contents

_CHECKSUMS = "checksums.json"


@dataclass(frozen=True)
class Gathered:
    """A source's files, and on demand what is in them."""

    files: tuple[SourceFile, ...]
    contents: Callable[[], tuple[Content, ...]]


def gather(
    source: str, rules: SourceMapping | None, *, store_root: Path, report_progress: Callable[[str], None]
) -> Gathered:
    """What a source consists of, its files with their checksums; from a database, what the mapping needs of it.

    Raises
    ------
    UserFault : no such source; a database that does not answer; a mapping that names what is not there.
    """
    known = store_root / _CHECKSUMS
    if not is_address(source):
        if rules is not None and rules.database is not None:
            raise UserFault(f"{rules.name}: `database:` has a meaning only where data is a database's address")
        files = find_files(source, known=known)
        return Gathered(files, lambda: list_contents(files))
    address = read_address(source)
    found = fetch_extracts(
        address,
        rules.database if rules is not None else None,
        mapping=rules.name if rules is not None else "",
        pick=lambda names: _needed(names, rules),
        keep=store_root,
        report_progress=report_progress,
    )
    extracts = find_extracts(found, known=known)
    return Gathered(extracts, lambda: tuple(Content(file.name, file.name, file, "parquet") for file in extracts))


def gather_all(source: str, *, keep: Path) -> tuple[Content, ...]:
    """Everything in a source, whatever a mapping may make of it; from a database all its tables, fetched to `keep`.

    Raises
    ------
    UserFault : no such source; a database that does not answer.
    """
    if not is_address(source):
        return list_contents(find_files(source))
    found = fetch_extracts(read_address(source), None, mapping="", pick=list, keep=keep, report_progress=lambda _: None)
    return tuple(Content(file.name, file.name, file, "parquet") for file in find_extracts(found))


def _needed(names: Sequence[str], rules: SourceMapping | None) -> list[str]:
    """The tables and queries that some table of the mapping reads; all faults at once."""
    nowhere = SourceFile(Path(), "", 0, 0, "")
    contents = [Content(name, name, nowhere, "parquet") for name in names]
    mapping = rules or of_folder(names)
    if mapping.sources:  # by name only: the headings of a database's tables are not read before they are needed
        contents = list(adopt(mapping.sources, contents, mapping=mapping.name, headings_of=lambda _: ()))
    optional = [source.name for source in mapping.sources.values() if source.optional]
    needed: dict[str, None] = {}
    faults: list[str] = []
    for rule in mapping.tables:
        if not is_there(mapping.sources, contents, stem=rule.stem, select=rule.select or ""):
            continue
        try:
            found = contents_for(rule, contents, mapping=mapping.name, optional=optional)
            needed |= dict.fromkeys(content.name for content in found)
        except UserFault as fault:
            faults += fault.lines
    if faults:
        raise UserFault(faults)
    return list(needed)
