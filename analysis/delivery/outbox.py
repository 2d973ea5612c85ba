"""What was sent to whom, and what waits: one SQLite file beside the ledger. Each message goes at most once.

It cannot be rebuilt from the published files: whoever removes it sends everything anew. A message is noted as
"sending" before the server can have taken it and as "sent" once it has said so; what a dead process left as "sending"
was perhaps taken, becomes "unknown" and is never sent again by itself.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from analysis.delivery.items import Item, Outcome, Sent
from analysis.faults import UserFault

FILE = Path(".after_sales") / "outbox.sqlite"
WAIT_SECONDS = 10.0
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=10), timedelta(hours=6)
_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, target TEXT NOT NULL, channel TEXT NOT NULL, what TEXT NOT NULL, units TEXT NOT NULL,
    status TEXT NOT NULL, reason TEXT, attempts INTEGER NOT NULL DEFAULT 0, queued_at TEXT NOT NULL,
    next_at TEXT NOT NULL, changed_at TEXT NOT NULL, payload BLOB
);
CREATE TABLE IF NOT EXISTS told (
    target TEXT NOT NULL, business_unit TEXT NOT NULL, period TEXT NOT NULL, report TEXT NOT NULL,
    version INTEGER NOT NULL, message TEXT NOT NULL REFERENCES messages (id),
    PRIMARY KEY (target, business_unit, period, report, version)
);
CREATE TABLE IF NOT EXISTS states (
    key TEXT PRIMARY KEY, state TEXT NOT NULL, period TEXT NOT NULL, since TEXT NOT NULL, told_at TEXT NOT NULL
);
"""
Told = tuple[str, str, str, int]  # business unit, period, report, version


class Busy(Exception):
    """Another delivery holds the outbox."""


@dataclass(frozen=True)
class Message:
    """One message, ready to go.

    Parameters
    ----------
    id : the same for the same recipient, reports and versions
    target : an address, or a room's id
    what : as outcomes name it
    units : the business units it tells of, none for a run's failures told to an owner
    payload : the mail, or a chat's text as JSON; dropped once it is sent
    """

    id: str
    target: str
    channel: str
    what: str
    units: tuple[str, ...]
    payload: bytes
    attempts: int = 0
    queued_at: str = ""


@dataclass(frozen=True)
class State:
    """What was last told of one thing that is watched: an alert, or a report that fails."""

    state: str
    period: str
    since: str
    told_at: str


@contextmanager
def open_outbox(out: Path) -> Iterator["Outbox"]:
    """The outbox of an output folder, held by this process alone until the `with` ends; freed by the system if it dies.

    Raises
    ------
    Busy : when another delivery holds it
    UserFault : when it cannot be read; it is never replaced by an empty one
    """
    file = out / FILE
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))  # addresses and waiting mails are not for every reader
        connection = sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as fault:
        raise UserFault(f"{file}: cannot be opened ({fault}); nothing is sent") from fault
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA auto_vacuum = FULL")  # attached pages do not swell the file for good
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        connection.executescript(_TABLES)
        yield Outbox(connection)
    except sqlite3.OperationalError as fault:
        if "locked" in str(fault) or "busy" in str(fault):
            raise Busy from fault
        raise UserFault(f"{file}: {fault}; nothing more is sent") from fault
    except sqlite3.DatabaseError as fault:
        raise UserFault(
            f"{file}: is damaged ({fault}). What was sent is known only there: without it everything is sent anew; "
            "restore it from a backup, or move it away if that is acceptable"
        ) from fault
    finally:
        connection.close()


@contextmanager
def copy_of_outbox(out: Path) -> Iterator["Outbox"]:
    """A copy in memory, for a dry run: it knows what was sent, and forgets what it is told."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        if (out / FILE).is_file():
            with _reader(out) as source:
                source.backup(connection)
        connection.executescript(_TABLES)
        yield Outbox(connection)
    finally:
        connection.close()


def read_outcomes(out: Path, *, statuses: Sequence[str] = ("queued", "unknown", "refused")) -> list[Outcome]:
    """What the outbox knows of its messages, oldest first; empty where there is none.

    Raises
    ------
    UserFault : when it is held or cannot be read
    """
    if not (out / FILE).is_file():
        return []
    with _reader(out) as connection:
        marks = ",".join("?" * len(statuses))
        rows = connection.execute(
            f"SELECT target, what, status, reason FROM messages WHERE status IN ({marks}) ORDER BY queued_at, id",
            list(statuses),
        )
        return [Outcome(*row) for row in rows]


@contextmanager
def _reader(out: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{(out / FILE).resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS)
    try:
        yield connection
    except sqlite3.Error as fault:
        raise UserFault(f"{out / FILE}: cannot be read now ({fault}); a delivery may be under way") from fault
    finally:
        connection.close()


class Outbox:
    """Messages, what they told, and the states of what is watched. Every method is one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is done inside is kept as a whole or not at all."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def recover(self, now: datetime) -> list[Outcome]:
        """Mark as unknown what a process that died was sending."""
        rows = self._connection.execute("SELECT id, target, what FROM messages WHERE status = 'sending'").fetchall()
        reason = "the process ended while the server had it; not sent again"
        for message, *_ in rows:
            self.settle(message, "unknown", reason, now)
        return [Outcome(target, what, "unknown", reason) for _, target, what in rows]

    def was_told(self, target: str, item: Item) -> bool:
        """Whether this version of the report went to the target, waits to go or was refused by its server."""
        row = self._connection.execute(
            "SELECT 1 FROM told WHERE target = ? AND business_unit = ? AND period = ? AND report = ? AND version = ?",
            (target, item.business_unit, item.period, item.report, item.version),
        ).fetchone()
        return row is not None

    def earlier_message(self, target: str, item: Item) -> str:
        """The id of the newest message that told the target of an earlier version, unless it was refused; else ""."""
        row = self._connection.execute(
            "SELECT m.id FROM told t JOIN messages m ON m.id = t.message WHERE t.target = ? AND t.business_unit = ? "
            "AND t.period = ? AND t.report = ? AND t.version < ? AND m.status <> 'refused' "
            "ORDER BY t.version DESC LIMIT 1",
            (target, item.business_unit, item.period, item.report, item.version),
        ).fetchone()
        return row[0] if row else ""

    def put(self, message: Message, told: Sequence[Told], now: datetime) -> bool:
        """Queue a message; False where it stands there already."""
        moment = now.isoformat()
        added = self._connection.execute(
            "INSERT OR IGNORE INTO messages (id, target, channel, what, units, status, queued_at, next_at, changed_at, "
            "payload) VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)",
            (
                message.id, message.target, message.channel, message.what, json.dumps(message.units), moment, moment,
                moment, message.payload,
            ),
        ).rowcount  # fmt: skip
        for one in told:
            self._connection.execute(
                "INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?, ?, ?)", (message.target, *one, message.id)
            )
        return bool(added)

    def due(self, now: datetime) -> list[Message]:
        """What is to be sent now, oldest first, without the content.

        A target's later message waits for its earlier one, so that a correction never overtakes what it corrects.
        """
        rows = self._connection.execute(
            "SELECT id, target, channel, what, units, attempts, queued_at, next_at FROM messages "
            "WHERE status = 'queued' ORDER BY queued_at, rowid"
        ).fetchall()
        found, waiting = [], set()
        for message, target, channel, what, units, attempts, queued_at, next_at in rows:
            if target in waiting or datetime.fromisoformat(next_at) > now:
                waiting.add(target)
                continue
            named = tuple(json.loads(units))
            found.append(Message(message, target, channel, what, named, b"", attempts, queued_at))
        return found

    def payload(self, message: str) -> bytes:
        """The content of a message that waits. One at a time: with pages attached, all together may be large."""
        return self._connection.execute("SELECT payload FROM messages WHERE id = ?", (message,)).fetchone()[0]

    def sending(self, message: str, now: datetime) -> None:
        """Note, before the server can have taken the message, that it may."""
        self._connection.execute(
            "UPDATE messages SET status = 'sending', attempts = attempts + 1, changed_at = ? WHERE id = ?",
            (now.isoformat(), message),
        )

    def settle(self, message: str, status: Sent, reason: str | None, now: datetime) -> None:
        """Note what became of a message for good; its content is dropped."""
        self._connection.execute(
            "UPDATE messages SET status = ?, reason = ?, changed_at = ?, payload = NULL WHERE id = ?",
            (status, reason, now.isoformat(), message),
        )

    def again(self, message: Message, reason: str, now: datetime) -> None:
        """Keep a message that was not taken for a later call, each time a longer while later."""
        pause = min(FIRST_RETRY * 2 ** min(message.attempts, 10), LONGEST_RETRY)
        self._connection.execute(
            "UPDATE messages SET status = 'queued', reason = ?, attempts = ?, next_at = ?, changed_at = ? WHERE id = ?",
            (reason, message.attempts + 1, (now + pause).isoformat(), now.isoformat(), message.id),
        )

    def state(self, key: str) -> State | None:
        """What was last told of a thing that is watched."""
        row = self._connection.execute(
            "SELECT state, period, since, told_at FROM states WHERE key = ?", (key,)
        ).fetchone()
        return State(*row) if row else None

    def states(self, beginning: str) -> list[tuple[str, State]]:
        """Everything watched whose key begins like this."""
        rows = self._connection.execute(
            "SELECT key, state, period, since, told_at FROM states WHERE substr(key, 1, ?) = ?",
            (len(beginning), beginning),
        ).fetchall()
        return [(key, State(*rest)) for key, *rest in rows]

    def set_state(self, key: str, state: State | None) -> None:
        """Remember it, or forget it."""
        if state is None:
            self._connection.execute("DELETE FROM states WHERE key = ?", (key,))
            return
        self._connection.execute(
            "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?)",
            (key, state.state, state.period, state.since, state.told_at),
        )
