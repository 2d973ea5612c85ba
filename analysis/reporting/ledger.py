"""The ledger: what is published, what failed, what ran and what the schedule decided, in one SQLite file.

Everything that asks what is there asks here. What it says is true after any kill, by the order of writing: a
publication is announced here before its first file is moved and confirmed after its last, and an announced one is
finished by the next run. Only the holder of the output folder's lock writes. A lost or damaged ledger is rebuilt from
the records beside the published files.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.reporting.folders import HIDDEN
from analysis.reporting.journal import journal_mode
from analysis.reporting.ledger_tables import TABLES, WRITTEN_FOR
from analysis.reporting.records import (
    Entry,
    Failed,
    Published,
    published_from,
    read_old_versions,
    read_records,
    to_json,
)

FILE = "ledger.sqlite3"
PATIENCE_SECONDS = 30.0
_DAMAGED = ("malformed", "not a database", "no such table", "no such column", "corrupt")


class Damaged(Exception):
    """The ledger's file cannot be read as one."""


@dataclass(frozen=True)
class Ledger:
    """The open ledger. Readers get one that cannot write."""

    connection: sqlite3.Connection

    def entry(self, *, period: str, business_unit: str, report: str) -> Entry | None:
        """What is known of a report, or None."""
        return next(iter(self._entries(period, business_unit, report)), None)

    def entries(self, period: str | None = None) -> list[Entry]:
        """Every report of a period, or of all, ordered by period, unit and report."""
        return self._entries(period, None, None)

    def keep(self, entry: Entry, *, told: bool = False) -> None:
        """Write down a report's newest publication and its last failure, where there is one.

        Parameters
        ----------
        told : whoever is to hear of this publication has heard; a version once told stays told
        """
        place = (entry.period, entry.business_unit, entry.report)
        if entry.published is not None:
            self.connection.execute(
                "INSERT INTO publications VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET body = excluded.body, told = max(told, excluded.told)",
                (*place, entry.published.version, to_json(entry.published), told),
            )
        if entry.failed is None:
            self.connection.execute("DELETE FROM failures WHERE (period, business_unit, report) = (?, ?, ?)", place)
        else:
            self.connection.execute(
                "INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "told = max(excluded.told, told AND reason = excluded.reason), "
                "body = excluded.body, reason = excluded.reason",
                (*place, entry.failed.reason, to_json(entry.failed), told),
            )

    def announce(self, entry: Entry, staging: str) -> None:
        """Say that a publication's files, whole and synced in `staging`, are about to be moved in."""
        if entry.published is None:
            raise ValueError(f"{entry.report} of {entry.business_unit}: there is nothing to publish")
        self.connection.execute(
            "INSERT OR REPLACE INTO announced VALUES (?, ?, ?, ?, ?)",
            (entry.period, entry.business_unit, entry.report, staging, to_json(entry.published)),
        )

    def confirm(self, entry: Entry) -> None:
        """Say that all its files are in place."""
        self.keep(entry)
        self.withdraw(entry)

    def withdraw(self, entry: Entry) -> None:
        """Forget an announced publication."""
        place = (entry.period, entry.business_unit, entry.report)
        self.connection.execute("DELETE FROM announced WHERE (period, business_unit, report) = (?, ?, ?)", place)

    def announced(self) -> list[tuple[Entry, str]]:
        """Publications that were cut short, each with its staging folder."""
        rows = self.connection.execute("SELECT period, business_unit, report, body, staging FROM announced")
        return [
            (Entry(report, unit, period, published_from(json.loads(body))), staging)
            for period, unit, report, body, staging in rows
        ]

    def old_versions(self, period: str | None = None) -> dict[tuple[str, str, str], list[Published]]:
        """(period, unit, report) → the versions that a newer one replaced and that are still kept, newest first."""
        rows = self.connection.execute(
            "SELECT period, business_unit, report, body FROM publications AS p WHERE (?1 IS NULL OR period = ?1) "
            "AND version < (SELECT max(version) FROM publications AS q WHERE (q.period, q.business_unit, q.report) = "
            "(p.period, p.business_unit, p.report)) ORDER BY version DESC",
            (period,),
        )
        found: dict[tuple[str, str, str], list[Published]] = {}
        for *place, body in rows:
            found.setdefault((place[0], place[1], place[2]), []).append(published_from(json.loads(body)))
        return found

    def forget_version(self, entry: Entry, version: int) -> None:
        """Drop a version that is pruned."""
        self.connection.execute(
            "DELETE FROM publications WHERE (period, business_unit, report, version) = (?, ?, ?, ?)",
            (entry.period, entry.business_unit, entry.report, version),
        )

    def note_run(self, run: Mapping[str, Any]) -> None:
        """Write down a run: command, period, host, process, when, how long, how many, from which data."""
        names = ("command", "period", "started_at", "seconds", "host", "process", "published", "unchanged", "failed",
                 "data", "prepared")  # fmt: skip
        self.connection.execute(
            f"INSERT INTO runs ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            [run.get(name) for name in names],
        )

    def runs(self, period: str | None = None, *, newest: int = 100) -> list[dict[str, Any]]:
        """The last runs, newest first."""
        rows = self.connection.execute(
            "SELECT * FROM runs WHERE (?1 IS NULL OR period = ?1) ORDER BY number DESC LIMIT ?2", (period, newest)
        )
        return [dict(zip([column[0] for column in rows.description], row, strict=True)) for row in rows]

    def read_fact(self, name: str) -> str | None:
        """A fact about the ledger itself, such as when it was rebuilt."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def write_fact(self, name: str, value: str) -> None:
        """Write such a fact down."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _entries(self, period: str | None, business_unit: str | None, report: str | None) -> list[Entry]:
        asked = (period, business_unit, report)
        chosen = "(?1 IS NULL OR period = ?1) AND (?2 IS NULL OR business_unit = ?2) AND (?3 IS NULL OR report = ?3)"
        found: dict[tuple[str, str, str], Entry] = {}
        columns = "SELECT period, business_unit, report, body"
        newest = f"{columns}, max(version) FROM publications WHERE {chosen} GROUP BY 1, 2, 3"
        for of, unit, name, body, _ in self.connection.execute(newest, asked):
            found[(of, unit, name)] = Entry(name, unit, of, published_from(json.loads(body)))
        for of, unit, name, body in self.connection.execute(f"{columns} FROM failures WHERE {chosen}", asked):
            known = found.get((of, unit, name), Entry(name, unit, of))
            found[(of, unit, name)] = replace(known, failed=Failed(**json.loads(body)))
        return [found[place] for place in sorted(found)]


def ledger_file(out: Path) -> Path:
    """Where an output folder's ledger lies."""
    return out / HIDDEN / FILE


@contextmanager
def reading(out: Path) -> Iterator[Ledger]:
    """The ledger for one look. Where it is lost or damaged: what a rebuilt one would say, and nothing is written."""
    with closing(_open_to_read(out)) as connection:
        yield Ledger(connection)


@contextmanager
def writing(out: Path) -> Iterator[Ledger]:
    """The ledger for one change, which is there whole or not at all when the body ends.

    Raises
    ------
    OSError : the disk is full, or the folder takes nothing
    """
    file = ledger_file(out)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(_open_to_write(file)) as connection:
            try:
                ready = _is_ready(connection)
            except Damaged:
                ready = None
            if ready:
                yield from _within_change(connection)
                return
        if ready is None:
            _set_aside(file)
        with closing(_open_to_write(file)) as connection:
            _make(connection)
            _rebuild(connection, out)
            yield from _within_change(connection)
    except sqlite3.OperationalError as fault:
        raise OSError(f"{file}: {fault}") from fault


def _within_change(connection: sqlite3.Connection) -> Iterator[Ledger]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield Ledger(connection)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def check_whole(out: Path) -> str | None:
    """Why the ledger is not sound, or None; a missing one is sound, as it is made from the records."""
    file = ledger_file(out)
    if not file.is_file():
        return None
    try:
        with closing(_open_to_write(file)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            return None if found == "ok" and _is_ready(connection) is not None else str(found)
    except (sqlite3.DatabaseError, Damaged) as fault:
        return str(fault)


def rebuild(out: Path) -> None:
    """Set the ledger aside and make it anew from the records."""
    _set_aside(ledger_file(out))
    with writing(out):
        pass


def _open_to_write(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)
    try:
        journal_mode(connection, file.parent)
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass  # a damaged file: whoever asks next is told so
    return connection


def _open_to_read(out: Path) -> sqlite3.Connection:
    file = ledger_file(out)
    for form in ("?mode=rw", "?mode=ro", "?mode=ro&immutable=1"):
        if not file.is_file():
            break
        try:
            connection = sqlite3.connect(
                f"{file.absolute().as_uri()}{form}", uri=True, timeout=PATIENCE_SECONDS, isolation_level=None
            )
        except sqlite3.OperationalError:
            continue
        try:
            connection.execute("PRAGMA query_only = 1")
            if _is_ready(connection):
                return connection
        except (sqlite3.OperationalError, Damaged):
            pass
        connection.close()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _make(connection)
    _rebuild(connection, out)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _is_ready(connection: sqlite3.Connection) -> bool:
    """Whether the tables of this version are there; False for a file that is empty or of another version."""
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == WRITTEN_FOR:
            connection.execute("SELECT count(*) FROM publications").fetchone()
        return bool(version == WRITTEN_FOR)
    except sqlite3.DatabaseError as fault:
        if isinstance(fault, sqlite3.OperationalError) and not any(word in str(fault) for word in _DAMAGED):
            raise
        raise Damaged(str(fault)) from fault


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {WRITTEN_FOR}")
    connection.execute("COMMIT")


def _rebuild(connection: sqlite3.Connection, out: Path) -> None:
    """From the records. What was published counts as told: nobody gets the same mail twice because a file was lost."""
    book = Ledger(connection)
    connection.execute("BEGIN IMMEDIATE")
    for entry in _known(out):
        book.keep(entry, told=True)
    connection.execute("COMMIT")


def _known(out: Path) -> Iterable[Entry]:
    """Old versions first, without their failures, so that what is newest is written last."""
    yield from (replace(entry, failed=None) for entry in read_old_versions(out))
    yield from read_records(out)


def _set_aside(file: Path) -> None:
    """Keep a damaged ledger for whoever wants to know why; its journal belongs to it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        part = file.with_name(file.name + ending)
        if part.exists():
            os.replace(part, file.with_name(f"{file.name}.damaged{ending}"))
