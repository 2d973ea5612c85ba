"""From sampled contents to a proposed mapping: which table each content is, its columns, and what they need besides.

Each content is one table of the data model, except that answers, costs and product lines beside an order become tables
of their own, and logs are folded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.data_model import Table, read_tables
from analysis.intake.proposing.about import meta_of, side_by_side
from analysis.intake.proposing.amounts import amount_remark, amount_sql
from analysis.intake.proposing.answers import answered_only_if_scored, survey_choices, times_of_answers
from analysis.intake.proposing.beside import tables_beside
from analysis.intake.proposing.changes import find_change_log, fold_changes
from analysis.intake.proposing.codebooks import with_their_labels
from analysis.intake.proposing.currencies import asked_of, several_currencies
from analysis.intake.proposing.drafts import DRAFTED, draft, open_choices
from analysis.intake.proposing.families import join_families
from analysis.intake.proposing.left_over import left_over
from analysis.intake.proposing.logs import find_event_log, fold_events, is_update_log
from analysis.intake.proposing.long_answers import are_below_each_other, long_choices
from analysis.intake.proposing.matching import Match, TableMatch, match_table, rank_tables
from analysis.intake.proposing.profiles import ColumnProfile, profiles_of
from analysis.intake.proposing.proposal import ColumnChoice, Proposal, TableChoice, Unused
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.snapshots import newest_of_each
from analysis.intake.proposing.specs import choice_of, examples_of, with_formats
from analysis.intake.proposing.stages import UNKNOWN, settle_stamps, status_note, status_specs
from analysis.intake.proposing.trade import (
    cost_type_choice,
    interaction_choices,
    missing_key,
    purchase_choices,
    returned_lines,
)
from analysis.intake.proposing.vocabulary import table_hint
from analysis.intake.quoting import identifier
from analysis.intake.undecided import ASK

NOT_EVENTS = ("products", "customers", "installed_units", "technicians")
OF_LOGS = ("work_orders", "work_order_events", "interactions", "complaints")
STAMPED = ("work_orders", "complaints", "interactions", "returns", "visits")
Profiles = Mapping[str, ColumnProfile]


def propose(contents: Sequence[SampledContent]) -> Proposal:
    """The mapping of a source, as well as its headings and values tell."""
    readable = [content for content in contents if content.columns and not content.fault and content.rows]
    unused = [Unused(content.stem, "", content.fault or "no rows") for content in contents if content not in readable]
    readable, families = join_families(readable)
    profiles: dict[str, Profiles] = {content.stem: profiles_of(content.columns) for content in readable}
    profiles, lists = with_their_labels(readable, profiles)
    unused += [Unused(stem, "", "a list of codes: it says what the numbers of other files mean") for stem in lists]
    readable = [content for content in readable if content.stem not in lists]
    tables: list[TableChoice] = []
    notes: list[str] = []
    for content, match, aside in _with_drafts(_allotted(readable, profiles), profiles):
        if match is None:
            unused.append(Unused(content.stem, "", aside))
            continue
        made, dropped = _tables_of(content, match, profiles[content.stem])
        taken = {table.table for table in tables}
        tables += [table for table in made if table.table not in taken]
        unused += left_over(content.stem, profiles[content.stem], made, dropped)
    if not tables:
        notes.append("nothing in the source looks like a table of the data model; see docs/reference/data_model.md")
    blanks = {c.stem: tuple(sorted({b for p in profiles[c.stem].values() for b in p.blanks})) for c in readable}
    return Proposal(
        tuple(tables),
        tuple(unused),
        meta_of(readable, profiles),
        (*(family.said for family in families.values()), *notes),
        {k: v for k, v in blanks.items() if v},
        families,
        {content.stem: content.reading for content in readable if content.reading},
    )


def _allotted(
    contents: Sequence[SampledContent], profiles: Mapping[str, Profiles]
) -> list[tuple[SampledContent, TableMatch | None, str]]:
    """Each content with the table it is taken for: the surest first, no table twice, else why it is left out."""
    ranked = {content.stem: rank_tables(profiles[content.stem], called=content.content.name) for content in contents}
    best = sorted(contents, key=lambda content: -max((match.total for match in ranked[content.stem]), default=0.0))
    given: dict[str, SampledContent] = {}
    found = []
    for content in best:
        choice, why = None, side_by_side(content.columns) or "looks like no table of the data model"
        for match in ranked[content.stem][:3]:
            other = given.get(match.table.name)
            if other is None:
                choice = match
                given[match.table.name] = content
                break
            shared = set(content.columns) & set(other.columns)
            if len(shared) >= 0.7 * len(content.columns):
                glob = _glob(other.stem, content.stem)
                why = f"the same kind of rows as {other.stem!r}: one of them is read (`from: {glob}` reads both)"
                break
            why = f"looks like {match.table.name}, as {other.stem!r} does more"
        found.append((content, choice, why))
    return found


def _with_drafts(
    allotted: Sequence[tuple[SampledContent, TableMatch | None, str]], profiles: Mapping[str, Profiles]
) -> list[tuple[SampledContent, TableMatch | None, str]]:
    """The same; where none of them holds anything that happened, drafts of what does, for a person to complete."""
    if any(match is not None and match.table.time_column in match.matches for _, match, _ in allotted):
        return list(allotted)
    found = []
    for content, match, aside in allotted:
        drafted, lacking = draft(content, profiles[content.stem])
        if drafted is not None and match is not None and match.table.name in NOT_EVENTS and not _may_happen(content):
            drafted, lacking = match, ""
        found.append((content, drafted or match, aside if side_by_side(content.columns) else lacking or aside))
    return found


def _may_happen(content: SampledContent) -> bool:
    """Whether a content's name does not speak of things rather than of events: products, machines, customers."""
    return not any(table_hint(content.content.name, name) for name in NOT_EVENTS)


def _tables_of(
    content: SampledContent, match: TableMatch, profiles: Profiles
) -> tuple[list[TableChoice], dict[str, str]]:
    """The tables made of one content, and headings that were dropped with the reason."""
    if match.table.name in OF_LOGS and (changed := find_change_log(content, profiles)):
        return fold_changes(changed, content, profiles, called=_one_unit(content)), {}
    if match.table.name in OF_LOGS and (log := find_event_log(content, profiles)):
        return fold_events(log, content, profiles), {}
    if match.table.name == "work_order_events":
        match = match_table(profiles, read_tables()["work_orders"], called=content.content.name)
    return _plain_table(content, match, profiles)


def _plain_table(
    content: SampledContent, match: TableMatch, profiles: Profiles
) -> tuple[list[TableChoice], dict[str, str]]:
    table, name = match.table, match.table.name
    settled = settle_stamps(match.matches, profiles, table=name) if name in STAMPED else None
    matches = dict(settled.matches if settled else match.matches)
    remarks = dict(settled.remarks if settled else {})
    if "product_id" in matches:
        matches["product_id"] = _finer(matches["product_id"], content, matches)
    select, notes = None, []
    choices: list[ColumnChoice] = []
    extra: list[TableChoice] = []
    key = None
    if len(table.key) == 1:
        if name == "work_orders" and is_update_log(content, match, profiles):
            select, ends, note = newest_of_each(content, matches, profiles)
            choices += ends
            notes.append(note)
        else:
            key, numbered, said = missing_key(content, name, matches.get(table.key[0]), profiles)
            notes += said
            select = f"SELECT * FROM {identifier(content.stem)}" if numbered else None
    made_up, where = _besides(content, name, matches, profiles, notes, extra)
    choices += [key] if key and key.column not in {choice.column for choice in made_up} else []
    ended = {choice.column for choice in choices}
    choices += [choice for choice in made_up if choice.column not in ended]
    done = {choice.column for choice in choices}
    for column in table.columns:
        if column.name in done or column.name not in matches:
            continue
        chosen = matches[column.name]
        words = content.values_of(chosen.heading) if column.allowed or column.name == "status" else None
        told = profiles[chosen.heading]
        choice = choice_of(column, chosen, told, words=words, remark=remarks.get(column.name, ""))
        if column.type in ("int", "float", "money") and (remark := amount_remark(told)):
            choice = replace(choice, spec={"sql": amount_sql(told)}, why=f"{choice.why}; {remark}")
        if column.type == "money" and (mixed := several_currencies(told, profiles)):
            choice = replace(choice, spec=f"{ASK}{asked_of(mixed, chosen.heading)}", confidence=0.3)
        choices.append(choice)
    if name in DRAFTED:
        given = {choice.column for choice in choices}
        choices += [choice for choice in open_choices(match, profiles) if choice.column not in given]
    choices += _required(table, {choice.column for choice in choices}, content)
    if where and select:
        select, where = f"{select} WHERE {where}", None
    order = {column.name: place for place, column in enumerate(table.columns)}
    main = TableChoice(
        name,
        content.stem,
        tuple(sorted(choices, key=lambda c: order[c.column])),
        select=select,
        where=where,
        notes=tuple(notes),
    )
    beside = tables_beside(content, main, profiles)
    if any(choice.spec == {"constant": UNKNOWN} for choice in main.columns if choice.column == "status"):
        unknown = status_note(with_costs=any(table.table == "costs" for table in beside))
        main = replace(main, notes=(*main.notes, unknown))
    return [main, *extra, *beside], dict(settled.dropped if settled else {})


def _finer(product: Match, content: SampledContent, matches: Mapping[str, Match]) -> Match:
    """The finer of two headings that may be the product, where each of its values has one value of the coarser: that
    one is then the line."""
    taken = {match.heading for match in matches.values()}
    for other in product.instead:
        if other in taken:
            continue
        own, finer = content.distinct([product.heading]), content.distinct([other])
        if own < finer and content.distinct([product.heading, other]) <= 1.1 * finer:
            why = f"{product.why}; finer than {product.heading!r}, which groups it"
            return Match("product_id", other, product.score - 0.05, why, (product.heading,))
    return product


def _besides(
    content: SampledContent, name: str, matches: dict, profiles: Profiles, notes: list[str], extra: list[TableChoice]
) -> tuple[list[ColumnChoice], str | None]:
    """What a table of this kind needs beyond its matched columns."""
    if name == "work_orders":
        return _order_status(content, matches, profiles), None
    if name == "surveys" and "score" not in matches:
        return [], None
    if name == "surveys" and are_below_each_other(content, matches):
        choices, where = long_choices(matches, profiles)
        return [*times_of_answers(matches, profiles), *choices], where
    if name == "surveys":
        choices, said = survey_choices(matches, profiles, headings=list(profiles))
        notes += said
        if "answered_at" in matches:
            choices = answered_only_if_scored(
                choices, profiles[matches["score"].heading], profiles[matches["answered_at"].heading]
            )
        return choices, None
    if name == "purchases":
        choices, where = purchase_choices(matches, profiles)
        back = returned_lines(content.stem, matches, profiles)
        extra += [back] if back else []
        return choices, where
    if name == "costs" and "cost_type" not in matches:
        return [cost_type_choice(matches["amount"].heading if "amount" in matches else content.stem)], None
    if name == "interactions":
        return interaction_choices(content.stem, matches, profiles), None
    return [], None


def _order_status(content: SampledContent, matches: dict, profiles: Profiles) -> list[ColumnChoice]:
    status, end, closed = (matches.get(name) for name in ("status", "completed_at", "closed_at"))
    words = content.values_of(status.heading) if status else {}
    specs, why = status_specs(status, end, closed, profiles, words)
    choices = []
    for column, spec in specs.items():
        source = {"status": status, "closed_at": closed}.get(column, end)
        if isinstance(spec, str):
            spec = with_formats({"sql": spec}, profiles[source.heading]) if source else {"sql": spec}
        confidence = min(source.score, 0.75 if column == "cancelled_at" else 1.0) if source else 0.6
        told = f"{source.why}; {why}" if source else why
        examples = examples_of(profiles[source.heading]) if source else ()
        choices.append(ColumnChoice(column, source.heading if source else None, spec, confidence, told, examples))
        if column == "cancelled_at" and "cancelled_at" in matches:
            choices.pop()
    return choices


def _required(table: Table, given: set[str], content: SampledContent) -> list[ColumnChoice]:
    """What is required and nowhere: a constant to be put right, where one does no harm."""
    unit = _one_unit(content)
    constants = {
        "business_unit": unit,
        "category": "not told",
        "product_line": "not told",
        "kind": "return",
        "quantity": 1,
    }
    return [
        ColumnChoice(
            column.name,
            None,
            {"constant": constants[column.name]},
            0.3,
            "not found in the source: one value for all rows",
        )
        for column in table.columns
        if column.need == "R" and column.name not in given and column.name in constants
    ]


def _one_unit(content: SampledContent) -> str:
    """A name for the single unit of a content that names none."""
    name = re.sub(r"[^\w]+", " ", content.stem).strip()[:40]
    return name if name and name.casefold() != "all" else "one unit"


def _glob(first: str, second: str) -> str:
    same = next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    return f"{first[:same]}*"
