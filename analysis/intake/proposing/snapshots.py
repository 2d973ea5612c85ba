"""Several rows per order, one per update or per day it was looked at: the newest row of each, and when it ended.

Where no column says when an order ended, the first row in which it stands as ended says it, as finely as the rows were
taken.
"""

from collections.abc import Mapping

from analysis.intake.proposing.logs import moment_sql, newest_rows_sql, update_column
from analysis.intake.proposing.matching import Match
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.values import translate
from analysis.intake.quoting import identifier, literals

MOSTLY = 0.9
ENDS = {"completed": "completed_at", "cancelled": "cancelled_at"}


def newest_of_each(
    content: SampledContent, matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile]
) -> tuple[str, list[ColumnChoice], str]:
    """A SELECT of the newest row of each order, what is made of the rows before it, and what has to be said."""
    newest = update_column(profiles)
    told = profiles.get(newest or "")
    case = matches["work_order_id"].heading
    by = newest or "its place in the file"
    note = f"several rows per order: the newest by {by} is taken; the steps between are not read"
    state = matches.get("status")
    if {"completed_at", "closed_at"} & matches.keys() or state is None or told is None or told.times is None:
        return newest_rows_sql(content.stem, case, newest, told), [], note
    known, _ = translate(content.values_of(state.heading), "status")
    words = {end: [word for word, meant in known.items() if meant == end] for end in ENDS}
    if not words["completed"]:
        return newest_rows_sql(content.stem, case, newest, told), [], note
    ended = [word for end in ENDS for word in words[end]]
    select = newest_rows_sql(content.stem, case, newest, told, state=state.heading, ended=ended)
    began = moment_sql(matches["submitted_at"].heading, profiles[matches["submitted_at"].heading])
    why, when = f"the first {newest!r} since when it stands as ended", "ended_at"
    if told.midnight > MOSTLY:
        why, when = f"{why}; days only: taken for noon", "ended_at + INTERVAL 12 HOUR"
    choices = [
        ColumnChoice(
            column,
            newest,
            {
                "sql": f"CASE WHEN {identifier(state.heading)} IN ({literals(words[end])}) "
                f"THEN greatest({when}, {began}) END"
            },
            0.55,
            why,
        )
        for end, column in ENDS.items()
        if words[end]
    ]
    spec = {"column": state.heading, "values": known}
    choices.append(ColumnChoice("status", state.heading, spec, state.score, "as the newest row says"))
    note = (
        f"one row per order and time it was looked at: the newest by {by} is taken. An order that is left out of the "
        "later rows without an end counts as open"
    )
    return select, choices, note
