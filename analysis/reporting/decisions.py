"""What became of each thing that the schedule owed, as rows of the ledger; and who has still to be told of what."""

import json
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

from analysis.reporting.ledger import Ledger
from analysis.reporting.moments import read
from analysis.reporting.records import Entry, Failed, published_from

WAITING, DONE, PARTIAL, SKIPPED, FAILED = "waiting", "done", "partial", "skipped", "failed"
FINAL = frozenset({DONE, PARTIAL, SKIPPED})


@dataclass(frozen=True)
class Decision:
    """What was decided of one occasion.

    Parameters
    ----------
    name, occasion, period : the group, its occasion and the logical period
    state : waiting, done, partial (rendered from data that do not reach the period's end), skipped or failed
    decided_at : moment, in UTC
    attempts, next_try_at : of a failed one; without a next try it waits for other data, or for a hand
    seen : the source's signature when it was decided
    """

    name: str
    occasion: str
    period: str
    state: str
    decided_at: str
    reason: str | None = None
    attempts: int = 0
    next_try_at: str | None = None
    seen: str | None = None
    told: bool = False

    def holds(self, now: datetime) -> bool:
        """False for what was decided at a moment that is still to come: the clock was wrong then."""
        return self.state in (DONE, PARTIAL) or read(self.decided_at) <= now


def read_decisions(book: Ledger) -> dict[tuple[str, str], Decision]:
    """(group, occasion) → its decision."""
    rows = book.connection.execute("SELECT * FROM occasions")
    names = [column[0] for column in rows.description]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return {(one["name"], one["occasion"]): Decision(**{**one, "told": bool(one["told"])}) for one in found}


def write_decision(book: Ledger, decision: Decision) -> None:
    """Write one down, in place of an earlier one."""
    book.connection.execute("INSERT OR REPLACE INTO occasions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(decision))


def read_reach(book: Ledger, source: str, signature: str) -> str | None:
    """How far a source of this signature reached when it was last read, or None for one that was not read yet."""
    row = book.connection.execute(
        "SELECT reaches FROM looks WHERE source = ? AND signature = ?", (source, signature)
    ).fetchone()
    return row[0] if row else None


def write_reach(book: Ledger, source: str, signature: str, reaches: str, *, now: str) -> None:
    """Remember how far the source reaches: a moment, or why it cannot be read."""
    book.connection.execute(
        "INSERT OR REPLACE INTO looks (source, signature, first_seen_at, reaches) VALUES (?, ?, ?, ?)",
        (source, signature, now, reaches),
    )


def untold(book: Ledger, periods: Collection[str]) -> list[tuple[Entry, bool]]:
    """Reports of these periods that somebody has still to hear of: published or failed, with whether an earlier
    version was told."""
    if not periods:
        return []
    marks = ", ".join("?" * len(periods))
    found = []
    for period, unit, report, body, before in book.connection.execute(
        "SELECT period, business_unit, report, body, "
        "(SELECT max(told) FROM publications AS q WHERE (q.period, q.business_unit, q.report) = "
        "(p.period, p.business_unit, p.report) AND q.version < p.version) FROM publications AS p "
        f"WHERE told = 0 AND period IN ({marks}) AND version = (SELECT max(version) FROM publications AS q "
        "WHERE (q.period, q.business_unit, q.report) = (p.period, p.business_unit, p.report)) ORDER BY 1, 2, 3",
        [*periods],
    ):
        found.append((Entry(report, unit, period, published_from(json.loads(body))), bool(before)))
    for period, unit, report, body in book.connection.execute(
        f"SELECT period, business_unit, report, body FROM failures WHERE told = 0 AND period IN ({marks}) "
        "ORDER BY 1, 2, 3",
        [*periods],
    ):
        found.append((Entry(report, unit, period, failed=Failed(**json.loads(body))), False))
    return found


def mark_told(book: Ledger, entries: Iterable[Entry]) -> None:
    """Nobody needs to hear of these again."""
    for entry in entries:
        table = "failures" if entry.failed else "publications"
        book.connection.execute(
            f"UPDATE {table} SET told = 1 WHERE (period, business_unit, report) = (?, ?, ?)",
            (entry.period, entry.business_unit, entry.report),
        )
