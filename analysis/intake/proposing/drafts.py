"""A content that looks like no table: the draft of one all the same, with what only a person can say left open.

What the file and its headings speak of says which table; of several columns of times a person says which is which; of
one there is nothing to ask. A content without any time is no draft: it is said what was looked for.
"""

from collections.abc import Mapping
from dataclasses import replace

from analysis.data_model import read_tables
from analysis.intake.proposing.matching import Match, TableMatch, match_table
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.vocabulary import is_called, table_hint, words_of_the_trade
from analysis.intake.undecided import ASK

DRAFTED = ("complaints", "surveys", "interactions", "returns", "work_orders")
BEGINS = {
    "complaints": ("received_at", "the complaint came in"),
    "surveys": ("answered_at", "the answer was given"),
    "interactions": ("started_at", "the contact began"),
    "returns": ("requested_at", "the return was asked for"),
    "work_orders": ("submitted_at", "the customer asked"),
}
ONLY_TIME = "the only column of times"
NO_TIME = "no column of times that can be read: the moment an order, complaint, answer or contact came in is needed"
PARTS = (("day", "dia", "tag", "日"), ("month", "mes", "monat", "月"), ("year", "any", "año", "ano", "jahr", "年"))


def draft(content: SampledContent, profiles: Mapping[str, ColumnProfile]) -> tuple[TableMatch | None, str]:
    """The table that a content may be, its first time settled where there is only one; else what keeps it from any."""
    times = [name for name, told in profiles.items() if told.times is not None]
    if not times:
        return None, in_three_columns(profiles) or NO_TIME
    name = _spoken_of(content, profiles)
    match = match_table(profiles, read_tables()[name], called=content.content.name)
    column, _ = BEGINS[name]
    taken = {found.heading for found in match.matches.values()}
    free = [heading for heading in times if heading not in taken]
    if column not in match.matches and len(free) == 1 and len(times) == 1:
        match = replace(match, matches={**match.matches, column: Match(column, free[0], 0.5, ONLY_TIME)})
    return match, ""


def open_choices(match: TableMatch, profiles: Mapping[str, ColumnProfile]) -> list[ColumnChoice]:
    """What a person has to say of a drafted table before it can be read."""
    name = match.table.name
    column, meant = BEGINS[name]
    taken = {found.heading for found in match.matches.values()}
    choices = []
    if column not in match.matches:
        free = [heading for heading, told in profiles.items() if told.times is not None and heading not in taken]
        several = " or ".join(map(repr, free or [h for h, told in profiles.items() if told.times is not None]))
        choices.append(ColumnChoice(column, None, f"{ASK}which column is when {meant}? {several}", 0.3, "asked"))
    if name == "surveys" and "score" not in match.matches:
        numbers = [h for h, told in profiles.items() if told.numbers is not None and told.numbers[1] <= 100]
        words = [h for h, told in profiles.items() if told.is_words and h not in taken]
        several = " or ".join(map(repr, (numbers or words)[:6]))
        choices.append(ColumnChoice("score", None, f"{ASK}which column is the answer? {several}", 0.3, "asked"))
    return choices


def in_three_columns(profiles: Mapping[str, ColumnProfile]) -> str:
    """What is said of days that stand as day, month and year in a column each; empty where none do."""
    found = [
        next((h for h, told in profiles.items() if told.whole and is_called(h, list(words))), None) for words in PARTS
    ]
    if None in found:
        return ""
    day, month, year = (f'\\"{heading}\\"' for heading in found)
    return (
        f"{found[0]!r}, {found[1]!r} and {found[2]!r} are day, month and year of a date: give it as "
        f"`submitted_at: {{sql: \"TRY_CAST({year} || '-' || {month} || '-' || {day} AS DATE)\"}}`"
    )


def _spoken_of(content: SampledContent, profiles: Mapping[str, ColumnProfile]) -> str:
    """The table that the content's name speaks of, else the one that most headings do, else orders."""
    for name in DRAFTED:
        if table_hint(content.content.name, name):
            return name
    tables = words_of_the_trade()["tables"]
    spoken = {name: sum(is_called(h, tables[name]["names"]) for h in profiles) for name in DRAFTED}
    best = max(DRAFTED, key=lambda name: spoken[name])
    return best if spoken[best] else DRAFTED[-1]
