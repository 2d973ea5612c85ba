"""The command `map`: what a source holds, what maps to what, which reports that feeds; a mapping to edit.

Writes one new file and never over an existing one. Renders nothing, and keeps no rows.
"""

import argparse
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.data_model.needs import alternatives, unmet
from analysis.faults import UserFault
from analysis.intake.gathering import gather_all
from analysis.intake.mapping import SourceMapping, read_mapping
from analysis.intake.naming import adopt
from analysis.intake.proposing import (
    Proposal,
    Recognised,
    SampledContent,
    known_layouts,
    mapping_text,
    open_samples,
    propose,
    recognise,
)
from analysis.metrics.cards import MetricCard, read_catalogue
from analysis.presentation.masking import mask_text
from analysis.reporting.parameters import PARAMS, read_suite

OK, MISTAKE = 0, 2
ROOT = Path(__file__).resolve().parents[2]
FROM_ANYTHING = ("data_quality",)
SHOWN, WIDTH = 3, 34
OF_EVERYTHING = "summary, benchmarks and data_quality render from whatever is there"


@dataclass(frozen=True)
class Feed:
    """How far a mapping feeds one report: metrics it can measure of all, and what would bring most of the others."""

    report: str
    measured: int
    metrics: int
    lacking: tuple[str, ...]


def map(asked: argparse.Namespace) -> int:
    """Look at a source, suite.yml's unless another is named, and propose a mapping; with the name of one that exists,
    say how it fits."""
    params = getattr(asked, "params", PARAMS)
    folder = params / "mappings"
    source, known = _source_of(asked, params)
    known = _named(getattr(asked, "mapping", None), folder) or known
    with TemporaryDirectory() as keep, open_samples(gather_all(source, keep=Path(keep))) as contents:
        held = list(_held(contents))
        if known is not None:
            return _say([*held, *_fit_lines(read_mapping(known), contents)])
        fits = recognise(contents, known_layouts(folder))
        proposal = propose(contents)
    lines = [*held, *_recognised_lines(fits, source), *_proposal_lines(proposal)]
    if not proposal.tables:
        return _say([*lines, *proposal.notes], MISTAKE)
    feeds = [feed_line(feed) for feed in feeds_of(proposal, read_catalogue())]
    if fits and not hasattr(asked, "mapping"):
        return _say([*lines, "", "nothing written; for a mapping of your own, name it: --mapping NAME"])
    name = _new_name(getattr(asked, "mapping", None) or _name_of(source), folder)
    about = ["", "Reports (metrics that can be measured of all):", *feeds, OF_EVERYTHING]
    text = mapping_text(proposal, name=name, source=Path(source).name, mask=mask_text, also=about)
    file = folder / f"{name}.yml"
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as stream:
        stream.write(text)
    if not proposal.questions:
        read_mapping(file)
    fed = ["", "reports:", *(f"  {line}" for line in feeds), f"  {OF_EVERYTHING}", ""]
    return _say([*lines, *fed, *_next(file, name, source, proposal.questions)])


def feeds_of(given: Proposal | Mapping[str, Iterable[str]], catalogue: Mapping[str, MetricCard]) -> list[Feed]:
    """For each report of an area how many of its metrics the tables and columns given allow, and what lacks most."""
    has = given.has if isinstance(given, Proposal) else _has(given)
    own = {
        card.id: unmet(card.needs, lambda needs: [need for need in needs if not _is_met(need, has)])
        for card in catalogue.values()
    }
    lacks = {card.id: _of_parts(card, catalogue, own) for card in catalogue.values()}
    feeds = []
    for area in dict.fromkeys(card.area for card in catalogue.values() if card.area not in FROM_ANYTHING):
        cards = [card for card in catalogue.values() if card.area == area]
        missing = [need for card in cards for need in lacks[card.id]]
        commonest = sorted(dict.fromkeys(missing), key=lambda need: -missing.count(need))
        measured = sum(not lacks[card.id] for card in cards)
        feeds.append(Feed(area, measured, len(cards), tuple(commonest[:SHOWN])))
    return feeds


def feed_line(feed: Feed) -> str:
    """One line on one report: fed, in part, or not and why."""
    lacking = ", ".join(need.replace("|", " or ") for need in feed.lacking)
    if not feed.measured:
        return f"{feed.report}: not fed; it needs {lacking}"
    rest = f"; the others need {lacking}" if lacking else ""
    return f"{feed.report}: {feed.measured} of {feed.metrics} metrics{rest}"


def _of_parts(card: MetricCard, catalogue: Mapping[str, MetricCard], own: Mapping[str, list[str]]) -> list[str]:
    parts = getattr(card.how, "of", ()) or ()
    return [*own[card.id], *(need for part in parts if part in own for need in own[part])]


def _is_met(need: str, has: Callable[[str], bool]) -> bool:
    """Whether the columns for it are there; which values they hold is not known before the data are read."""
    return any(has(part.bare) for part in alternatives(need))


def _has(given: Mapping[str, Iterable[str]]) -> Callable[[str], bool]:
    columns = {table: set(names) for table, names in given.items()}

    def has(need: str) -> bool:
        table, _, column = need.partition(".")
        return table in columns and (not column or column in columns[table])

    return has


def _held(contents: Sequence[SampledContent]) -> Iterator[str]:
    for content in contents:
        what = content.fault or f"{content.rows:,} rows, {len(content.columns)} columns"
        yield f"{content.content.name}: {what}"
        yield from (f"  {note}" for note in (content.origin.notes if content.origin else ()))


def _recognised_lines(fits: Sequence[Recognised], source: str) -> Iterator[str]:
    for fit in fits[:2]:
        yield ""
        yield f"looks like {fit.name} ({fit.share:.0%} of its columns are there: {'; '.join(fit.found)})"
        for name, lacking in fit.lacking.items():
            if lacking:
                yield f"  not there in {name}: {', '.join(lacking)}"
        yield f"  try it: {_command('render', source, fit.name)}"


def _proposal_lines(proposal: Proposal) -> Iterator[str]:
    if proposal.tables:
        yield from ("", *proposal.notes) if proposal.notes else ()
    for table in proposal.tables:
        yield ""
        yield f"{table.table}, from {table.stem}" + (" (folded or filtered by a SELECT)" if table.select else "")
        for choice in table.columns:
            told = choice.source if choice.source is not None else "(made up)"
            shown = ", ".join(mask_text(example[:24]) for example in choice.examples[:2])
            yield f"  {choice.column:<22} {told[:WIDTH]:<{WIDTH}} {choice.sure:<7} {shown}".rstrip()
        yield from (f"  note: {note}" for note in table.notes)
    if proposal.unused:
        yield ""
        yield "not used:"
    for entry in proposal.unused:
        subject = f"{entry.stem}.{entry.heading}" if entry.heading else entry.stem
        yield f"  {subject}: {entry.why}"


def _fit_lines(rules: SourceMapping, contents: Sequence[SampledContent]) -> Iterator[str]:
    """How a mapping that exists fits the source: what each of its sources or tables finds."""
    headings = {content.content.name: list(content.columns) for content in contents}
    if rules.sources:
        found = adopt(
            rules.sources,
            [content.content for content in contents],
            mapping=rules.name,
            headings_of=lambda content: headings[content.name],
        )
        for content in found:
            source = rules.sources.get(content.stem)
            if source is not None:
                there = source.found_in(headings[content.name])
                lacking = [name for name in source.names if name not in there]
                extra = [heading for heading in headings[content.name] if heading not in there.values()]
                yield f"{content.name} is {source.name}: {len(there)} of {len(source.names)} columns"
                yield f"  not there: {', '.join(lacking) or 'nothing'}"
                yield f"  not read: {', '.join(extra) or 'nothing'}"
    given = {table.table: tuple(table.columns or ()) for table in rules.tables}
    given |= {"calendar": ("date",)} if "calendar" in rules.meta else {}
    yield from (feed_line(feed) for feed in feeds_of(given, read_catalogue()))


def _source_of(asked: argparse.Namespace, params: Path) -> tuple[str, Path | None]:
    """The source to look at, and the mapping that suite.yml reads it with where the command names neither."""
    if getattr(asked, "data", None) is not None:
        return asked.data, None
    suite = read_suite(params)
    if suite.data is None:
        raise UserFault("map: name the source with --data PATH, or as `data:` in suite.yml (it names none)")
    return suite.data, None if hasattr(asked, "mapping") else suite.mapping


def _named(mapping: str | None, folder: Path) -> Path | None:
    if mapping is None:
        return None
    for file in (folder / f"{mapping}.yml", Path(mapping)):
        if file.is_file():
            return file
    if "/" in mapping or mapping.endswith(".yml"):
        raise UserFault(f"map: --mapping {mapping!r} is no file; give a plain name for the mapping to write")
    return None


def _new_name(name: str, folder: Path) -> str:
    """The name, numbered where a mapping bears it already."""
    number = 1
    while (folder / f"{name}{'' if number == 1 else f'_{number}'}.yml").exists():
        number += 1
    return name if number == 1 else f"{name}_{number}"


def _name_of(source: str) -> str:
    stem = Path(source).name.split(".")[0]
    return "_".join("".join(c if c.isalnum() else " " for c in stem).split()).lower() or "source"


def _command(command: str, source: str, mapping: str) -> str:
    return f".venv/bin/python run_reports.py {command} --data {shlex.quote(source)} --mapping {shlex.quote(mapping)}"


def _next(file: Path, name: str, source: str, questions: Sequence[str]) -> list[str]:
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    asked = ["decide first, in the lines with ASK (nothing is read before):", *(f"  {line}" for line in questions), ""]
    return [
        *(asked if questions else []),
        f"written: {shown}; lines with CHECK are guesses",
        f"  {_command('check', source, name)}",
        f"  {_command('render', source, name)}",
    ]


def _say(lines: Iterable[str], code: int = OK) -> int:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    return code
