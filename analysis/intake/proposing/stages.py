"""The stamps of work orders: in the order of the work, with an end where there is one, and a status that agrees.

What would make intake set rows aside (a status without its stamp, stamps out of order) is seen here first, so that the
proposed mapping works on the data it was proposed for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from itertools import pairwise

from analysis.data_model import read_tables
from analysis.intake.proposing.matching import Match
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.values import translate
from analysis.intake.quoting import identifier, literal

ENDS = ("completed_at", "closed_at")
TOO_OFTEN = 0.10
SELDOM = 0.005
UNKNOWN = "unknown"
NOTHING_TOLD = (
    "neither a status nor an end in the source: orders received are counted, nothing is told of cycle, backlog or "
    "completion; {constant: completed} where each row is a finished order"
)


@dataclass(frozen=True)
class Stages:
    """Matches of a table's stamps that stay, what was dropped and why, remarks by column."""

    matches: Mapping[str, Match]
    dropped: Mapping[str, str]
    remarks: Mapping[str, str]


def settle_stamps(
    matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile], *, table: str = "work_orders"
) -> Stages:
    """The stamps in their order: one end is the completion, a stamp that is out of order too often is dropped."""
    kept, dropped, remarks = dict(matches), {}, {}
    if table == "work_orders" and "closed_at" in kept and "completed_at" not in kept:
        kept["completed_at"] = replace(kept.pop("closed_at"), column="completed_at")
        remarks["completed_at"] = "the only end there is, so it is the completion"
    order = [name for name in read_tables()[table].order if name in kept]
    while (worst := _worst_pair(order, kept, profiles)) is not None:
        first, second, share = worst
        loser = second if first == order[0] or kept[second].score <= kept[first].score else first
        if loser == "completed_at" and first != order[0]:
            loser = first
        other = first if loser == second else second
        dropped[kept[loser].heading] = f"looks like {loser}, but is out of order with {other} in {share:.0%} of rows"
        kept.pop(loser)
        order.remove(loser)
    for name in [column for column in order if profiles[kept[column].heading].midnight > 0.9]:
        remarks[name] = "days only (always 00:00): durations from it are whole days"
    for first, second in pairwise(order):
        share = broken_share(profiles[kept[first].heading].moments, profiles[kept[second].heading].moments)
        if share > 0:
            remarks[second] = (
                f"{remarks.get(second, '')} before {first} in {share:.1%} of rows; those are set aside".strip()
            )
    return Stages(kept, dropped, remarks)


def broken_share(first: Sequence[datetime | None], second: Sequence[datetime | None]) -> float:
    """Share of rows with both stamps in which the second lies before the first; a day without a clock does not lie
    before the hours of that day."""
    both = [(a, b) for a, b in zip(first, second, strict=False) if a is not None and b is not None]
    return sum(b < a and b != datetime.combine(a.date(), time()) for a, b in both) / len(both) if both else 0.0


def status_specs(
    status: Match | None,
    end: Match | None,
    closed: Match | None,
    profiles: Mapping[str, ColumnProfile],
    words: Mapping[str, int],
) -> tuple[dict[str, object], str]:
    """What the mapping says of status, completed_at, closed_at and cancelled_at so that they agree, and why.

    Parameters
    ----------
    status, end, closed : the matches of status, completed_at and closed_at.
    words : the status column's values in the whole content.
    """
    stamp = profiles[end.heading].text_sql if end else "NULL"
    if status is None:
        if end is None:
            return {"status": {"constant": UNKNOWN}}, NOTHING_TOLD
        told = f"CASE WHEN {stamp} IS NOT NULL THEN 'completed' ELSE 'open' END"
        return {"status": {"sql": told}}, "no status in the source: told by the completion"
    known, share = translate(words, "status")
    if end is None:
        rest = {"*": UNKNOWN} if share < 1 or profiles[status.heading].filled < 1 else {}
        spec = {"column": status.heading, "values": _only(known, words) | rest}
        return {"status": spec}, "the source has no time of completion; durations cannot be told"
    cancelled = sorted(value for value, meant in known.items() if meant == "cancelled")
    opened = sorted(value for value, meant in known.items() if meant == "open")
    if _agree(status, end, profiles, known) and (closed is None or _agree(status, closed, profiles, known)):
        return {"status": {"column": status.heading, "values": _only(known, words)}}, "words and completion agree"
    name = identifier(status.heading)
    gone = f"{name} IN ({', '.join(map(literal, cancelled))})" if cancelled else ""
    back = f"{name} IN ({', '.join(map(literal, opened))})" if opened else ""
    live = " AND ".join(f"NOT coalesce({part}, false)" for part in (gone, back) if part)
    done = f"{stamp} IS NOT NULL" + (f" AND {live}" if live else "")
    cases = (f"WHEN {gone} THEN 'cancelled' " if gone else "") + f"WHEN {done} THEN 'completed' "
    specs: dict[str, object] = {"status": {"sql": f"CASE {cases}ELSE 'open' END"}}
    if live:
        specs["completed_at"] = f"CASE WHEN {live} THEN {stamp} END"
    if closed is not None:
        specs["closed_at"] = f"CASE WHEN {done} THEN {profiles[closed.heading].text_sql} END"
    if gone and _have_their_end(profiles[status.heading], profiles[end.heading], cancelled):
        specs["cancelled_at"] = f"CASE WHEN {gone} THEN {stamp} END"
    return (
        specs,
        "status and completion do not always agree: an order is completed when it has an end and is not open again",
    )


def status_note(*, with_costs: bool) -> str:
    """What is said where neither a state nor an end is told, and what to write where all work is done."""
    booked = (
        "each row bears a cost: if that says that the work was done"
        if with_costs
        else "where each row is finished work"
    )
    return (
        f"which orders are done is not told; {booked}, write status: {{constant: completed}} (cost per order needs it)"
    )


def _agree(status: Match, end: Match, profiles: Mapping[str, ColumnProfile], known: Mapping[str, str]) -> bool:
    """Whether each word is known and goes with the stamp in nearly all rows of the sample."""
    words, stamps = profiles[status.heading], profiles[end.heading]
    if set(words.common) - set(known) or "cancelled" in known.values():
        return False
    pairs = zip(words.values, stamps.moments, strict=False)
    wrong = sum((known.get(word or "") == "completed") != (moment is not None) for word, moment in pairs if word)
    return wrong <= SELDOM * max(words.counted, 1)


def _have_their_end(words: ColumnProfile, stamps: ColumnProfile, cancelled: Sequence[str]) -> bool:
    """Whether nearly all cancelled orders bear the stamp: where they do not, when they were is not known."""
    ends = [at is not None for word, at in zip(words.values, stamps.moments, strict=False) if word in cancelled]
    return sum(ends) >= (1 - SELDOM) * len(ends)


def _only(known: Mapping[str, str], words: Mapping[str, int]) -> dict[str, str]:
    return {value: known[value] for value in words if value in known}


def _worst_pair(
    order: Sequence[str], kept: Mapping[str, Match], profiles: Mapping[str, ColumnProfile]
) -> tuple[str, str, float] | None:
    pairs = [
        (a, b, broken_share(profiles[kept[a].heading].moments, profiles[kept[b].heading].moments))
        for n, a in enumerate(order)
        for b in order[n + 1 :]
    ]
    worst = max(pairs, key=lambda pair: pair[2], default=None)
    return worst if worst is not None and worst[2] > TOO_OFTEN else None
