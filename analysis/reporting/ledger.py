"""The ledger: what is published, what failed, what ran and what the schedule decided, in one SQLite file.

Everything that asks what is there asks here. What it says is true after any kill, by the order of writing: a
publication is announced here before its first file is moved and confirmed after its last, and an announced one is
finished by the next run. Only the holder of the output folder's lock writes. A lost or damaged ledger is rebuilt from
the records beside the published files.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from analysis.reporting.folders import HIDDEN
from analysis.reporting.journal import journal_mode
from analysis.reporting.ledger_rows import Ledger
from analysis.reporting.ledger_tables import TABLES, WRITTEN_FOR
from analysis.reporting.records import Entry, read_old_versions, read_records

__all__ = ["Ledger", "check_whole", "ledger_file", "reading", "rebuild", "writing"]
FILE = "ledger.sqlite3"
PATIENCE_SECONDS = 30.0
_DAMAGED = ("malformed", "not a database", "no such table", "no such column", "corrupt")


class Damaged(Exception):
    """The ledger's file cannot be read as one."""


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
